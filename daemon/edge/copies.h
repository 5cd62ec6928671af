/*
 * copies.h - the policy's `copy`: a message goes to an address of the tenant's beside its recipients
 *
 * Not stored and sent later, but given to the next hop in the same transaction as the message itself, under an envelope that
 * the sender has not named: the copy's recipient is there or the sender is told 451, as of any other recipient. What is
 * kept or refused is given to the copy's recipient alone. The next hop decides whether it takes the address; if it refuses
 * it for good, the message goes its way without a copy, which is logged and recorded: a wrong address must not stop mail.
 */
#ifndef EDGE_COPIES_H
#define EDGE_COPIES_H

#include "sl/base.h"

#define COPIES_MAX	16u	/* of one message: a class asks for one */

struct session;

struct copies {
	struct sl_slice	to[COPIES_MAX];		/* mailboxes, in the classes' policies */
	size_t		len;
	bool		missed;			/* asked for, but the next hop had begun to be given the message */
};

/* Which copies the rulings ask for (not of what is deferred: it comes again), each address once and none that is given the message anyway. */
void	copies_gather(struct session *s);
/* Name them to the next hop. The message has not been begun. Returns 0 or SL_ERR_FULL (the arena). */
SL_MUST_USE int	copies_add(struct session *s);

#endif
