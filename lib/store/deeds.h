/*
 * deeds.h - what was asked for by mail to an action address, until it is done and its day is over; see store.h
 *
 * A deed is taken on once: its id stays until the day is over up to which the address was good, so that it is known that it
 * was used. It is open until it is known what came of it, then until that was answered:
 *	sl_store_deed_add > SL_DEED_OPEN > sl_store_deed_end > SL_DEED_ENDED > sl_store_deed_answered > SL_DEED_ANSWERED
 * sl_store_deed_end writes the audit entry, in one transaction with the end: the account is the mailbox.
 */
#ifndef SL_STORE_DEEDS_H
#define SL_STORE_DEEDS_H

#include "store/store.h"

#define SL_DEED_ID_BYTES	16u
#define SL_DEED_TEXT_MAX	1000u	/* bytes of each text; longer ones are cut */

enum sl_deed_state {		/* numbers are the file's */
	SL_DEED_OPEN = 0,
	SL_DEED_ENDED = 1,	/* the answer has not been handed on */
	SL_DEED_ANSWERED = 2,
};

struct sl_deed {
	unsigned char		id[SL_DEED_ID_BYTES], message[SL_DEED_ID_BYTES];
	enum sl_deed_state	state;
	unsigned		verb, outcome;	/* the caller's */
	uint32_t		day;		/* since 1970 */
	int64_t			at_us, tenant;
	struct sl_slice		mailbox, in_reply_to, trace;
	struct sl_slice		author, subject, said;	/* of the message; what the next hop said */
};

/* Take one on. *first_out: false, it was taken on before, and nothing has changed. On the disk when it returns. */
SL_MUST_USE int	sl_store_deed_add(struct sl_store *store, const struct sl_deed *deed, bool *first_out);
/* It has ended so: verb, outcome, author, subject and said are noted, and the audit entry (`word`, `detail`) is written. `note`: of the actor. */
SL_MUST_USE int	sl_store_deed_end(struct sl_store *store, const struct sl_deed *deed, struct sl_slice word, struct sl_slice detail,
		    struct sl_slice note);
SL_MUST_USE int	sl_store_deed_answered(struct sl_store *store, const unsigned char id[SL_DEED_ID_BYTES]);
/* Those that are not answered, the first asked for first. Borrowed for the call; 0 to go on. */
typedef int	sl_deed_each(void *ctx, const struct sl_deed *deed);
SL_MUST_USE int	sl_store_deeds(struct sl_store *store, sl_deed_each *each, void *ctx);
/* The same of a message, from one mailbox ("": from any), in any state. */
SL_MUST_USE int	sl_store_deeds_of(struct sl_store *store, int64_t tenant, const unsigned char message[SL_DEED_ID_BYTES],
		    struct sl_slice mailbox, sl_deed_each *each, void *ctx);
/* Forget those answered whose day is over. */
SL_MUST_USE int	sl_store_deeds_purge(struct sl_store *store, uint32_t today, size_t *count_out);

#endif
