/*
 * line.h - cut command and reply lines out of what has arrived (RFC 5321, 2.3.8)
 *
 * Only CRLF ends a line. A bare CR, a bare LF or a NUL is reported, never repaired.
 * Stateless: give it everything that has arrived and not been used.
 */
#ifndef SL_SMTP_LINE_H
#define SL_SMTP_LINE_H

#include "sl/base.h"

/* Find the line at the front of `in`. Returns
 *   SL_DONE   *line_out is the line without its CRLF (borrowed), *used_out its length with it;
 *   SL_MORE   the line is not complete yet and not longer than max_bytes (CRLF counted);
 *   SL_ERR_TOO_LONG, SL_ERR_BARE_CR, SL_ERR_BARE_LF, SL_ERR_NUL: *used_out is the length up to
 *   and with the first LF in `in` (all of `in` if there is none), to be skipped.
 * A CR as the last byte of `in` is SL_MORE. Errors are told as soon as they are seen, the first
 * one in the line, wherever the input was cut. After an error whose bytes to skip do not end in
 * LF the rest of the same line is still to come: a caller that goes on has to skip it up to and
 * with its LF, or a part of a refused line would be taken for a command. */
SL_MUST_USE int	sl_smtp_line(struct sl_slice in, size_t max_bytes, struct sl_slice *line_out,
		    size_t *used_out);

#endif
