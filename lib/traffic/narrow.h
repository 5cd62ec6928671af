/*
 * narrow.h - a record line as somebody may see it who does not see all recipients
 *
 * A transaction may name recipients of several tenants, and a user shares messages with others. What is left of the line is what concerns the
 * recipients that are his: their addresses, what decided on them, what became of it for them. Others are neither named nor counted, nor what was
 * decided for them; where the line sums up, it sums up anew. Of a message that none of his recipients was accepted for there is the
 * envelope alone. What concerns nobody of his is nothing.
 *
 *	kept as they are	time, id, session, client, helo, tls, mail_from; and, if somebody of his was accepted, what is of the message:
 *				bytes, message_id, evidence and all that is judged, auth, facts
 *	his recipients alone	rcpt_to, refused, classes (with places in rcpt_to as it is now), rcpt_tried
 *	of his alone		outcome, verdict, action: the line's where one of his fared so, else as the first of his fared
 *	if one of his fared	next_hop, subject_tagged, the steps of the next hop in ms; in next_hop the address only with `routes`
 *	as the whole
 *	with `whole` alone	copies, copy
 *	if nobody is left out	the text of the final reply, which may name others; ms and ended of what came to nothing
 *	never			refused_more: nobody knows whose they were. If nobody else is left out, refused_unnamed says that there were some
 *
 * A member that is not known here is left out, as is a whole line that says something twice.
 * A recipient that was not accepted is of the tenant that it names ("": of none), else of the line's; where `why` says that it is nobody's, of none.
 *
 * Pure, linear in the line times the classes. Memory: as much as the line, and what it takes for RECIPIENTS.
 */
#ifndef SL_TRAFFIC_NARROW_H
#define SL_TRAFFIC_NARROW_H

#include "sl/buf.h"

#define SL_TRAFFIC_NARROW_RECIPIENTS	10000u	/* of a line; one that names more is left out */

struct sl_traffic_view {
	/* Is this recipient, of that tenant (never ""), his? */
	bool	(*sees)(void *ctx, struct sl_slice tenant, struct sl_slice mailbox);
	void	*ctx;
	bool	 whole;		/* he sees whole tenants: what policies have copied, too */
	bool	 routes;	/* and where their next hops are */
};

/* Add what is left of a line. False: nothing, and `out` is as it was. */
bool	sl_traffic_narrow(struct sl_slice line, const struct sl_traffic_view *view, struct sl_buf *out);

#endif
