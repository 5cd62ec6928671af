/*
 * fields.h - cut a streaming message into header fields and body (RFC 5322, 2.2)
 *
 * A push parser over decoded bytes (dots removed, line ends CRLF): fed in any cuts it gives
 * each header field whole, folded as sent, then the body. A field longer than the limit is
 * given cut, with `cut` set; the header ends at the first empty line, or, as mail programs
 * do, at the first line that cannot be a field (then that line is body).
 *
 * Memory: one field, at most field_max_bytes, only while it is incomplete at a cut.
 */
#ifndef SL_MIME_FIELDS_H
#define SL_MIME_FIELDS_H

#include "sl/buf.h"

struct sl_fields;

struct sl_fields_sink {
	/* name: without colon and white space around it. value: after the colon, folds as sent,
	 * without the final CRLF. Both borrowed for the call. */
	void	(*field)(void *ctx, struct sl_slice name, struct sl_slice value, bool cut);
	/* The header is over; `proper`: by an empty line. Called once, also at finish. */
	void	(*header_end)(void *ctx, bool proper);
	void	(*body)(void *ctx, struct sl_slice bytes);
};

/* `sink` and `ctx` are kept. */
struct sl_fields *sl_fields_new(size_t field_max_bytes, const struct sl_fields_sink *sink, void *ctx);
void	sl_fields_free(struct sl_fields **fields);
void	sl_fields_feed(struct sl_fields *fields, const unsigned char *data, size_t len);
void	sl_fields_finish(struct sl_fields *fields);

#endif
