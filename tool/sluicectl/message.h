/*
 * message.h - a file as the message it holds
 *
 * A line in front that is no header field, with one behind it, is no part of the message: a
 * mailbox's `From ` line, or what a tool that kept the file had to say. It is dropped. Line ends
 * become CRLF, as they are on the wire.
 */
#ifndef SLUICECTL_MESSAGE_H
#define SLUICECTL_MESSAGE_H

#include "sl/buf.h"

#define MESSAGE_MAX_BYTES	((size_t)1 << 30)

/* Read all of `path` ("-": standard input) into out, as it is. Returns 0 or SL_ERR_SYSTEM (errno
 * says why), SL_ERR_TOO_LONG. */
SL_MUST_USE int	file_read(const char *path, struct sl_buf *out);
/* The message that a file's bytes hold: without the line in front, else as they are. */
struct sl_slice	message_in(struct sl_slice bytes);
/* The message that bytes hold, as it is on the wire; `out` may overflow. */
void		message_wire(struct sl_slice bytes, struct sl_buf *out);
/* Read a file, and give the message in it as it is on the wire. Results as above. */
SL_MUST_USE int	message_read(const char *path, struct sl_buf *out);
/* What went wrong, in words; static or errno's. */
const char	*file_error(int result);

#endif
