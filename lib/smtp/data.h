/*
 * data.h - the text of a DATA command as it arrives (RFC 5321, 4.5.2): the line rule,
 * the end of data, dot decoding, at the speed of a copy
 *
 * Only CRLF ends a line and only CRLF.CRLF ends the text. A bare CR, bare LF or NUL is an
 * error (the default), or settled in the whole message (`normalise`: CR and LF become CRLF,
 * NUL is dropped). In the default mode the bytes on the wire *are* the message: what was
 * consumed may be passed on as it is, and the last three wire bytes (".CRLF") are no part
 * of it. In normalise mode only what the sink is given is the message.
 *
 * Memory: fixed. Cuts change neither the sink's bytes nor the result. A block of 64 bytes is
 * checked at once with bit masks, so the common case has no branch per line.
 */
#ifndef SL_SMTP_DATA_H
#define SL_SMTP_DATA_H

#include "sl/base.h"

/* Takes decoded bytes (dots removed), borrowed for the call; in the default mode they lie in
 * the buffer being fed, or are a static literal for a byte held back from the buffer before. */
typedef void sl_smtp_data_sink(void *ctx, const unsigned char *data, size_t len);

struct sl_smtp_data {
	unsigned char		state;
	bool			normalise;
	size_t			line_max_bytes;	/* without CRLF; 0: any */
	size_t			line_bytes;	/* of the line being read */
	sl_smtp_data_sink	*sink;		/* NULL: no decoded bytes are wanted */
	void			*ctx;
};

/* `ctx` is kept. */
void	sl_smtp_data_init(struct sl_smtp_data *d, bool normalise, size_t line_max_bytes,
	    sl_smtp_data_sink *sink, void *ctx);
/* Feed bytes. *used_out: how many were consumed. Returns SL_MORE (all consumed), SL_DONE
 * (data[*used_out] starts the next command), SL_ERR_BARE_CR, SL_ERR_BARE_LF, SL_ERR_NUL or
 * SL_ERR_TOO_LONG (a line). After an error only sl_smtp_data_skip may be called. */
SL_MUST_USE int	sl_smtp_data_feed(struct sl_smtp_data *d, const unsigned char *data, size_t len,
		    size_t *used_out);
/* After an error: look on for the end of data (CRLF.CRLF alone), passing nothing to the sink, so
 * that the refusal can be given where the sender waits for it. SL_MORE or SL_DONE. */
SL_MUST_USE int	sl_smtp_data_skip(struct sl_smtp_data *d, const unsigned char *data, size_t len,
		    size_t *used_out);

/* The other direction: add the dots to decoded bytes (all line ends CRLF). */
struct sl_smtp_stuff {
	unsigned char	state;		/* zero-filled is the start of a text */
};
typedef void sl_smtp_stuff_sink(void *ctx, const unsigned char *data, size_t len);
void	sl_smtp_stuff_feed(struct sl_smtp_stuff *s, const unsigned char *data, size_t len,
	    sl_smtp_stuff_sink *sink, void *ctx);
/* The end: gives ".CRLF" to the sink, with a CRLF before it if the text did not end in one. */
void	sl_smtp_stuff_finish(struct sl_smtp_stuff *s, sl_smtp_stuff_sink *sink, void *ctx);

#endif
