/*
 * buf.h - a byte buffer that grows at the end, up to a limit
 *
 * Made for replies, headers, log lines and messages between processes: written whole,
 * then taken. Passing the limit sets `overflow` and drops what did not fit, so a writer
 * can add freely and look once at the end. An empty buffer holds no memory.
 */
#ifndef SL_BUF_H
#define SL_BUF_H

#include "sl/base.h"

struct sl_buf {
	unsigned char	*data;
	size_t		 len;
	size_t		 size_bytes;	/* allocated */
	size_t		 max_bytes;
	bool		 overflow;	/* something did not fit */
};

void	sl_buf_init(struct sl_buf *buf, size_t max_bytes);
void	sl_buf_fini(struct sl_buf *buf);	/* zeroes and frees */
void	sl_buf_reset(struct sl_buf *buf);	/* empty again, memory kept */

void	sl_buf_add(struct sl_buf *buf, const void *data, size_t len);
void	sl_buf_add_slice(struct sl_buf *buf, struct sl_slice s);
void	sl_buf_add_str(struct sl_buf *buf, const char *s);
void	sl_buf_add_byte(struct sl_buf *buf, unsigned char c);
void	sl_buf_addf(struct sl_buf *buf, const char *format, ...) SL_PRINTF(2, 3);
void	sl_buf_vaddf(struct sl_buf *buf, const char *format, va_list ap) SL_PRINTF(2, 0);
/* A number with that many decimals (at most 6), as %.*f has it, or with its sign, %+.*f: many times faster. */
void	sl_buf_add_fixed(struct sl_buf *buf, double value, unsigned decimals, bool sign);
void	sl_buf_consume(struct sl_buf *buf, size_t len);	/* drop from the front */
/* A JSON string with its quotes; invalid UTF-8 and control bytes are escaped (RFC 8259, 7). */
void	sl_buf_add_json(struct sl_buf *buf, struct sl_slice s);

/* What it holds; valid until the next change. */
struct sl_slice	sl_buf_slice(const struct sl_buf *buf);
/* The same as text, with a NUL behind it. */
const char	*sl_buf_cstr(struct sl_buf *buf);

#endif
