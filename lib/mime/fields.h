/*
 * fields.h - cut a streaming message into header fields and body (RFC 5322, 2.2)
 *
 * A push parser over decoded bytes (dots removed, line ends CRLF): fed in any cuts it gives
 * each header field whole, folded as sent, then the body. A field longer than the limit is
 * given cut, with `cut` set; the header ends at the first empty line, or, as mail programs
 * do, at the first line that cannot be a field (then that line is body).
 *
 * What is a field: a name of printable ASCII (33 to 126, no colon), white space or none, a
 * colon; and all following lines that begin with white space, blank ones too (RFC 5322, 4.5.3,
 * 4.2). A name as long as the limit is no name. What follows from this, as in Postfix:
 *  - a line without a colon, with white space inside the name, with an 8-bit name or with no
 *    name ends the header, and so does white space at the message's very beginning;
 *  - a message that ends before its empty line has a header all the same, not `proper`.
 * The line that mailbox files put in front ("From someone Thu Jan 1 ...", '>' before it or not)
 * is given as a field with an empty name and the whole line as its value, so that nothing it
 * says is out of sight; it can stand only before the first field, and is not folded. "From :"
 * is no such line but a field.
 *
 * A line ends at LF; a CR before it belongs to the line end. In text decoded by smtp/data.h
 * there is no other LF; where there is (BINARYMIME, a file), mail programs read it so.
 *
 * Memory: one field, at most field_max_bytes, only while it is incomplete at a cut; a field that
 * lies whole in one buffer, with the first byte of the line after it, is not copied. Cuts change
 * nothing but the lengths of the body's pieces.
 */
#ifndef SL_MIME_FIELDS_H
#define SL_MIME_FIELDS_H

#include "sl/buf.h"

struct sl_fields;

/* NULL members are not called. */
struct sl_fields_sink {
	/* name: without colon and white space around it. value: after the colon, folds as sent,
	 * without the final CRLF. Both borrowed for the call. The limit counts name, colon and
	 * value. Both lie in one run of memory: the field as sent, which signatures cover, is
	 * name.ptr up to value.ptr + value.len. */
	void	(*field)(void *ctx, struct sl_slice name, struct sl_slice value, bool cut);
	/* The header is over; `proper`: by an empty line. Called once, also at finish. */
	void	(*header_end)(void *ctx, bool proper);
	/* Never empty. */
	void	(*body)(void *ctx, struct sl_slice bytes);
};

/* `sink` and `ctx` are kept. field_max_bytes is at least 1. Never NULL. */
struct sl_fields *sl_fields_new(size_t field_max_bytes, const struct sl_fields_sink *sink, void *ctx);
void	sl_fields_free(struct sl_fields **fields);	/* NULL is fine */
void	sl_fields_feed(struct sl_fields *fields, const unsigned char *data, size_t len);
/* No more comes: gives what is still open. After it only _free may be called. */
void	sl_fields_finish(struct sl_fields *fields);

#endif
