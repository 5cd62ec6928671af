/*
 * refusals.h - recipients of a transaction that were not accepted, with what they were answered and why: for the record
 *
 * The first SL_RECORD_REFUSED_MAX are kept, the others counted, so that who tries a dictionary cannot fill a record.
 *
 * Memory: in the transaction's arena, 1.5 KiB once there is one, and for each at most REFUSALS_MAILBOX_MAX and
 * REFUSALS_TEXT_MAX bytes. Where the arena is full, they are counted.
 */
#ifndef EDGE_REFUSALS_H
#define EDGE_REFUSALS_H

#include "answer.h"
#include "record/record.h"
#include "sl/arena.h"

#define REFUSALS_MAILBOX_MAX	512	/* longer ones have no place in it */
#define REFUSALS_TEXT_MAX	300	/* of an answer; the rest is cut */

struct refusals {
	struct sl_record_refused items[SL_RECORD_REFUSED_MAX];
	size_t			 len;
	unsigned		 more;		/* than these */
	unsigned		 answered;	/* of all: who got an answer ... */
	bool			 for_good;	/* ... and somebody a 5yz */
};

struct refusal {			/* all but the tenant's name are copied */
	enum sl_record_why	why;
	enum sl_policy_by	list;		/* of LIST */
	struct sl_slice		mailbox;	/* "": what was named is none */
	const char		*tenant;	/* lives as long as the transaction; NULL: nobody's */
};

/* `*refusals` is made when it is NULL. `answer` NULL: there was none. */
void	refusals_add(struct refusals **refusals, struct sl_arena *arena, const struct refusal *refusal, const struct answer *answer);
/* How many there were; NULL is none. */
unsigned refusals_count(const struct refusals *refusals);
/* The first tenant of any of them; NULL: all were nobody's. */
const char *refusals_tenant(const struct refusals *refusals);
/* Members of a record's line, whose tenant is that one ("": it has none). */
void	refusals_record(const struct refusals *refusals, const char *tenant, struct sl_buf *out);

#endif
