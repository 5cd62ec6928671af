/*
 * wide.h - numbers and texts as Windows writes them, and addresses in texts
 */
#ifndef HELPER_WIDE_H
#define HELPER_WIDE_H

#include "inspect.h"

static inline unsigned
le16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static inline uint32_t
le32(const unsigned char *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t
le64(const unsigned char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* UTF-16LE as UTF-8 without control bytes, up to a NUL or `max` bytes. */
void	wide_text(struct sl_slice utf16, size_t max, struct sl_buf *out);
/* What can be read in bytes of unknown form: runs of 4 letters and more, of bytes and of UTF-16. */
void	visible_text(struct sl_slice bytes, size_t max, struct sl_buf *out);
/* The next http, https, ftp address or UNC path at or after *at. Bytes, as found. */
bool	next_url(struct sl_slice text, size_t *at, struct sl_slice *url_out);
/* All of them are links. */
void	find_urls(struct inspection *in, enum sl_deep_source from, struct sl_slice text);
/* The first place of `word` (lower case) in `text`, ASCII case ignored; NULL: none. */
const unsigned char *find_word(struct sl_slice text, const char *word);

#endif
