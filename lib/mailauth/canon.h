/*
 * canon.h - the two forms in which DKIM and ARC hash a message (RFC 6376, 3.4)
 *
 * The body is a push parser: fed in any cuts, it passes on the canonical bytes, most of them
 * as they lie in the input. Only CRLF ends a line; a bare CR or LF is a byte like others.
 *
 * Memory: fixed. A pass that changes nothing (no trailing or doubled white space) costs a
 * vector scan and no copy.
 */
#ifndef SL_MAILAUTH_CANON_H
#define SL_MAILAUTH_CANON_H

#include "sl/base.h"

enum sl_canon {
	SL_CANON_SIMPLE,
	SL_CANON_RELAXED,
};

/* Takes canonical bytes, borrowed for the call. */
typedef void sl_canon_sink(void *ctx, const unsigned char *data, size_t len);

struct sl_canon_body {			/* embedded; fields are private */
	enum sl_canon	 canon;
	sl_canon_sink	*sink;
	void		*ctx;		/* kept */
	uint64_t	 empty_lines;	/* held back: they count only if text follows */
	bool		 text;		/* the line has bytes that were passed on */
	bool		 any;		/* so has the body */
	bool		 space;		/* white space, held back (relaxed) */
	bool		 cr;		/* a CR, held back */
	unsigned	 out_len;
	unsigned char	 out[512];	/* small pieces, to be passed on together */
};

void	sl_canon_body_init(struct sl_canon_body *body, enum sl_canon canon, sl_canon_sink *sink, void *ctx);
void	sl_canon_body_feed(struct sl_canon_body *body, const unsigned char *data, size_t len);
/* No more input: a last line without CRLF gets one, a simple body that is empty becomes one CRLF. */
void	sl_canon_body_finish(struct sl_canon_body *body);

/* Write the canonical form of `field` ("Name: value", folds as sent, no final CRLF) and, with
 * `line_end`, a CRLF. `out` has room for field.len + 2 octets. Returns the length. */
size_t	sl_canon_field(enum sl_canon canon, struct sl_slice field, bool line_end, unsigned char *out);

#endif
