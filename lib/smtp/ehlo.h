/* ehlo.h - a server's capabilities as its EHLO reply lists them (RFC 5321, 4.1.1.1) */
#ifndef SL_SMTP_EHLO_H
#define SL_SMTP_EHLO_H

#include "smtp/reply.h"

enum {
	SL_SMTP_CAP_PIPELINING	= 1 << 0,	/* RFC 2920 */
	SL_SMTP_CAP_SIZE	= 1 << 1,	/* RFC 1870 */
	SL_SMTP_CAP_8BITMIME	= 1 << 2,	/* RFC 6152 */
	SL_SMTP_CAP_STARTTLS	= 1 << 3,	/* RFC 3207 */
	SL_SMTP_CAP_ENHANCED	= 1 << 4,	/* ENHANCEDSTATUSCODES, RFC 2034 */
	SL_SMTP_CAP_SMTPUTF8	= 1 << 5,	/* RFC 6531 */
	SL_SMTP_CAP_CHUNKING	= 1 << 6,	/* RFC 3030 */
	SL_SMTP_CAP_BINARYMIME	= 1 << 7,	/* RFC 3030 */
	SL_SMTP_CAP_DSN		= 1 << 8,	/* RFC 3461 */
	SL_SMTP_CAP_XCLIENT	= 1 << 9,
	SL_SMTP_CAP_XFORWARD	= 1 << 10,
	SL_SMTP_CAP_AUTH	= 1 << 11,	/* RFC 4954 */
	SL_SMTP_CAP_PRDR	= 1 << 12,
};

struct sl_smtp_caps {
	unsigned	flags;		/* SL_SMTP_CAP_* */
	uint64_t	size_bytes;	/* of SIZE; 0: no limit named */
	struct sl_slice	name;		/* how the server calls itself: first word of the first line;
					 * borrowed from the reply */
};

/* Read a 250 reply to EHLO. Keywords are compared without case; "AUTH=..." (old form) counts.
 * Unknown ones and broken lines are passed over. */
void	sl_smtp_caps_parse(const struct sl_smtp_reply *reply, struct sl_smtp_caps *caps_out);

#endif
