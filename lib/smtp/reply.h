/*
 * reply.h - replies: reading the next hop's, writing ours (RFC 5321, 4.2; RFC 2034, 3463)
 *
 * Reply code, enhanced status and text travel as three fields, never as one string.
 */
#ifndef SL_SMTP_REPLY_H
#define SL_SMTP_REPLY_H

#include "sl/buf.h"

#define SL_SMTP_REPLY_MAX	8192	/* bytes of one reply, all its lines (EHLO may be long) */
#define SL_SMTP_REPLY_LINE_MAX	512	/* bytes we write in a line, CRLF counted (4.5.3.1.5) */

/* An answer of our own: what a check or a handler decided. */
struct sl_smtp_status {
	int		 code;		/* 220 ... 559 */
	const char	*enhanced;	/* "5.1.1", or NULL (EHLO, 220, 354 have none) */
	const char	*text;
};

/* A reply that was read. Slices point into the input. */
struct sl_smtp_reply {
	int		code;		/* 200 ... 599 */
	struct sl_slice	enhanced;	/* of the first line, "5.1.1"; empty if there is none or its
					 * class differs from the code's */
	struct sl_slice	raw;		/* all lines with their CRLFs */
};

/* Read the reply at the front of `in`. Returns
 *   SL_DONE        *reply_out is set, *used_out its length;
 *   SL_MORE        it is not complete;
 *   SL_ERR_SYNTAX  it is no reply: not three digits 2yz-5yz, a separator other than SP or '-'
 *                  (a bare code without text is fine), codes that differ between lines, a bare
 *                  CR, a NUL; a bare LF as line end is accepted from a next hop that sends it;
 *   SL_ERR_TOO_LONG  over SL_SMTP_REPLY_MAX.
 * After an error the connection cannot be used again. */
SL_MUST_USE int	sl_smtp_reply_parse(struct sl_slice in, struct sl_smtp_reply *reply_out,
		    size_t *used_out);

/* The lines' texts in turn: code, separator and, where the line repeats it, reply->enhanced
 * removed. Start with *position 0. Returns false after the last. */
bool	sl_smtp_reply_line(const struct sl_smtp_reply *reply, size_t *position,
	    struct sl_slice *text_out);

/* Write a reply. `text` may have several lines parted by '\n'; a line too long for
 * SL_SMTP_REPLY_LINE_MAX is broken at a space; bytes that would break a line (CR, NUL, other
 * controls) become '?', HT and bytes above 0x7f stay. `enhanced` NULL or "" writes none, else it
 * is in each line (RFC 2034, 3); `code` is 200 to 599. */
void	sl_smtp_reply_write(struct sl_buf *out, int code, const char *enhanced, struct sl_slice text);

#endif
