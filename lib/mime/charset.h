/*
 * charset.h - text of any charset to UTF-8, in pieces
 *
 * Labels are read as mail programs read them: case, quotes, white space and an RFC 2231
 * language suffix ("us-ascii*en") do not matter, and the names mean what the Encoding
 * Standard (encoding.spec.whatwg.org) says: "iso-8859-1" is windows-1252, "gb2312" is GBK.
 * UTF-8, UTF-16, UTF-32, ASCII and the single-byte charsets are decoded here; the rest (ISO-2022,
 * EUC, GB18030, Big5, UTF-7, ...) by ICU's converters.
 *
 * What comes out is always valid UTF-8: a byte that means nothing becomes U+FFFD, and is
 * counted. UTF-16 and UTF-32 without a byte order mark are guessed from the first unit.
 *
 * Memory: fixed, a few hundred bytes and, for ICU charsets, one converter (about 1 KiB).
 * Chunks: where the input is cut changes nothing.
 */
#ifndef SL_MIME_CHARSET_H
#define SL_MIME_CHARSET_H

#include "sl/buf.h"

struct sl_charset;		/* opaque, static */
struct sl_charset_decoder;

/* Takes UTF-8, borrowed for the call, cut at character boundaries. */
typedef void sl_charset_sink(void *ctx, struct sl_slice utf8);

/* The charset a label names, or NULL if no program would know it. */
const struct sl_charset *sl_charset_find(struct sl_slice label);
/* For text whose charset is not told, or unknown: UTF-8, and windows-1252 for what is not. */
const struct sl_charset *sl_charset_unlabelled(void);
/* The name in lower case ("windows-1252"); a literal. */
const char	*sl_charset_name(const struct sl_charset *charset);

/* Open the converters that are loaded on first use, so that none is opened after a process
 * has given up its rights. */
void	sl_charset_preload(void);

/* `sink` and `ctx` are kept. `charset` may be NULL: as sl_charset_unlabelled(). */
struct sl_charset_decoder *sl_charset_decoder_new(const struct sl_charset *charset,
	    sl_charset_sink *sink, void *ctx);
void	sl_charset_decoder_free(struct sl_charset_decoder **decoder);
void	sl_charset_feed(struct sl_charset_decoder *decoder, struct sl_slice bytes);
/* No more input: a character begun and not ended becomes U+FFFD. */
void	sl_charset_finish(struct sl_charset_decoder *decoder);
/* How many U+FFFD were written in place of bytes that mean nothing. */
uint64_t sl_charset_bad(const struct sl_charset_decoder *decoder);

/* All at once: append `bytes` as UTF-8 to `out`. Returns how many characters were bad. */
uint64_t sl_charset_convert(const struct sl_charset *charset, struct sl_slice bytes,
	    struct sl_buf *out);

#endif
