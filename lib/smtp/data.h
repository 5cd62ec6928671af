/*
 * data.h - the text of a DATA command as it arrives (RFC 5321, 4.5.2): the line rule,
 * the end of data, dot decoding, at the speed of a copy
 *
 * Only CRLF ends a line and only CRLF.CRLF ends the text (the CRLF of the DATA command counts
 * as the first one, so a text that opens with ".CRLF" is the empty message). A bare CR, bare LF
 * or NUL is an error (the default), or settled in the whole message (`normalise`). In the
 * default mode the bytes on the wire *are* the message: what was consumed may be passed on as
 * it is, but for the few last bytes that sl_smtp_data_unsettled counts, and the last three wire
 * bytes (".CRLF") are no part of it. In normalise mode only what the sink is given is the
 * message.
 *
 * What the sink is given: a dot that opens a line is never given, whatever follows it. Nor is a
 * CR after such a dot until the next byte shows that it does not belong to the end of data. All
 * else is given in the feed that brought it, the CRLF before the final dot too (it ends the
 * message's last line), so at every instant the sink has seen a prefix of the message and
 * nothing of its end mark. A CR may be the last byte it sees before SL_ERR_BARE_CR.
 *
 * Normalise, looking at the bytes on the wire from left to right:
 *  - CRLF ends a line. CR before any other byte becomes CRLF, LF after any other byte becomes
 *    CRLF: CR CR LF is two line ends, LF LF two, LF CR two, LF CR LF two. A CR at a cut waits
 *    for the next byte as everywhere (the sink has it; its LF follows in either case).
 *  - NUL is dropped, and parts what stands at its sides: CR NUL LF is two line ends.
 *  - Only CRLF.CRLF, five bytes in a row, ends the text. A dot is at a line start only right
 *    after a CRLF; there it is taken away, before a bare CR or LF too (CRLF . LF is an empty
 *    line). A dot after a bare CR or LF, or after NUL, is content: it stays, and the encoder
 *    (sl_smtp_stuff_feed) doubles it where it opens a line by then.
 *
 * A line's length is that of its content: without CRLF, without a dot that is taken away
 * (RFC 5321, 4.5.3.1.6), without NULs dropped.
 *
 * Memory: fixed. Cuts change neither the sink's bytes nor the result nor where it is reached. A
 * block of 64 bytes is checked at once with bit masks, so the common case has no branch per
 * line. Worst case (dots at every line start) about one sink call per line.
 */
#ifndef SL_SMTP_DATA_H
#define SL_SMTP_DATA_H

#include "sl/base.h"

/* Takes decoded bytes (dots removed), borrowed for the call; never 0 of them. In the default
 * mode they always lie in the buffer being fed, and there is one call per feed but where a dot
 * was removed; in normalise mode an added CR or LF is a static literal. */
typedef void sl_smtp_data_sink(void *ctx, const unsigned char *data, size_t len);

struct sl_smtp_data {
	unsigned char		state;
	unsigned char		kernel;		/* how a block is looked at: chosen for the CPU */
	bool			normalise;
	bool			failed;		/* only sl_smtp_data_skip from here on */
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
 * SL_ERR_TOO_LONG (a line); for an error data[*used_out] is the byte that shows it (after a bare
 * CR: the byte that is not LF), not consumed. After an error only sl_smtp_data_skip may be
 * called, from that byte on; after SL_DONE nothing but a new init. */
SL_MUST_USE int	sl_smtp_data_feed(struct sl_smtp_data *d, const unsigned char *data, size_t len,
		    size_t *used_out);
/* After an error, or whenever the rest is not wanted: look on for the end of data (CRLF.CRLF
 * alone), passing nothing to the sink, so that the refusal can be given where the sender waits
 * for it. SL_MORE or SL_DONE. Once begun, _feed may not be called again. */
SL_MUST_USE int	sl_smtp_data_skip(struct sl_smtp_data *d, const unsigned char *data, size_t len,
		    size_t *used_out);
/* How many of the last bytes consumed must not be passed on yet: 0, 1 (a CR, or a dot that opens
 * a line) or 2 (such a dot and CR). They may be a bare CR or the beginning of the end of data. */
size_t	sl_smtp_data_unsettled(const struct sl_smtp_data *d);

/* The other direction: add the dots to decoded bytes (all line ends CRLF). */
struct sl_smtp_stuff {
	unsigned char	state;		/* zero-filled is the start of a text */
};
typedef void sl_smtp_stuff_sink(void *ctx, const unsigned char *data, size_t len);
/* The sink's bytes are borrowed for the call and lie in `data`; never 0 of them. */
void	sl_smtp_stuff_feed(struct sl_smtp_stuff *s, const unsigned char *data, size_t len,
	    sl_smtp_stuff_sink *sink, void *ctx);
/* The end: gives ".CRLF" to the sink, with a CRLF before it if the text did not end in one (an
 * empty text needs none). */
void	sl_smtp_stuff_finish(struct sl_smtp_stuff *s, sl_smtp_stuff_sink *sink, void *ctx);

#endif
