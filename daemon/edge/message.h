/*
 * message.h - the message in flight: from the wire into the hold window
 *
 * Bytes are checked (the line rule), the header is filtered (forged copies of our own fields
 * are taken out: X-Sluice-*, and Authentication-Results that speak for us) and both wait, in wire form, for the verdict. The decoded bytes go to a sink
 * as they pass: what is judged and what the next hop reads are the same. In the default mode
 * the body is never copied: the window points into the chunks that were read.
 *
 * Memory: the window, whose size the caller bounds by not reading on, and a fixed state.
 */
#ifndef EDGE_MESSAGE_H
#define EDGE_MESSAGE_H

#include "mime/strip.h"
#include "sl/chunk.h"
#include "smtp/data.h"

typedef void message_sink(void *ctx, const unsigned char *data, size_t len);

struct message {
	struct sl_chunk_pool	*pool;
	bool			 normalise;
	const char		*authserv_id;	/* ours; NULL: Authentication-Results are left alone */
	bool			 head_done;	/* the header's empty line has passed */
	bool			 complete;	/* the final dot has been read, and closes the window */
	unsigned char		 head_match;	/* how much of CRLF CRLF the wire shows */
	struct sl_smtp_data	 scanner;
	struct sl_strip		 strip;
	struct sl_smtp_stuff	 stuff;
	struct sl_chain		 head;		/* wire form, not handed on yet */
	struct sl_chain		 body;
	uint64_t		 wire_bytes;	/* read so far, dots and terminator included */
	uint64_t		 head_bytes;
	message_sink		*sink;
	void			*ctx;
};

/* `authserv_id` is kept. */
void	message_init(struct message *m, struct sl_chunk_pool *pool, bool normalise,
	    size_t line_max_bytes, const char *authserv_id, message_sink *sink, void *ctx);
void	message_clear(struct message *m);		/* let go of everything; fine on a zero-filled one */
/* Take bytes that lie in `chunk`. *used_out: how many belong to the message. Returns SL_MORE,
 * SL_DONE, SL_ERR_BARE_CR, SL_ERR_BARE_LF, SL_ERR_NUL, SL_ERR_TOO_LONG. */
SL_MUST_USE int	message_feed(struct message *m, struct sl_chunk *chunk, const unsigned char *data,
		    size_t len, size_t *used_out);
size_t	message_held(const struct message *m);		/* bytes in the window */
/* Move at most `len` bytes from the front of the window to `to`. */
void	message_take(struct message *m, struct sl_chain *to, size_t len);
/* How many bytes of wire form the header has, its empty line with them. (With the final dot, if there is no body.) */
size_t	message_head_wire_bytes(const struct message *m);
/* Put `tag` and a space in front of the subject's text; the header must be in the window still. A
 * message without Subject is left alone. False: the header is not there any more. */
bool	message_tag_subject(struct message *m, const char *tag);

#endif
