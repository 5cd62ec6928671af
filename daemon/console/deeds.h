/*
 * deeds.h - what is asked for by mail to an action address, and done
 *
 * An edge has judged the mail (COMMAND); here it is held against the rules (digest/command.h), and when it is to be done it is on the
 * disk, once for its id, before the edge hears 250. Then it is done, whatever dies meanwhile:
 *	open > the vault is asked what it knows of the message > the policy is asked again > done > ended, in the audit trail
 *	     > the answer is at the courier > answered
 * Each step can be done again: a release for a mailbox is one by its token, a deletion and a list entry come to the same twice, an answer
 * has the deed's token. What fails for now is tried again, up to DEEDS_AGAIN_MAX_S apart; the vault or the courier may be away for long.
 *
 * A report opens the message, with an entry in the trail, and an edge is told what it was, as from `sluicectl quarantine report`; one after the
 * other. Where it cannot be opened or no edge answers it is noted all the same, and the trail says that nothing was learned.
 *
 * A message that was kept for several is released for him who asks alone, and stays held for the others; deleted by one of them it is
 * gone from his lists. When all have it, it is marked as released.
 *
 * Memory: DEEDS_OPEN_MAX at once, more are deferred; 1 MiB of the message that is being reported.
 */
#ifndef CONSOLE_DEEDS_H
#define CONSOLE_DEEDS_H

#include "digest/wire.h"
#include "digests.h"

#define DEEDS_OPEN_MAX		10000u
#define DEEDS_AGAIN_MAX_S	60u

struct deeds;

struct deeds_options {
	struct sl_loop	*loop;
	struct console	*console;
	struct ways	*ways;
	struct digests	*digests;
	/* Hand a correction (ipc/correction.h, a ticket of 0 in front) to an edge; NULL: nobody learns. */
	bool		(*correct)(void *ctx, struct sl_slice payload);
	void		*ctx;
};
struct deeds	*deeds_new(const struct deeds_options *options);	/* and take up those that are open */
void		 deeds_free(struct deeds **deeds);

/* Mail to an action address. `text`: of the reply, borrowed until the next call. */
void		 deeds_command(struct deeds *deeds, const struct sl_digest_request *request, struct sl_digest_response *response_out);
/* An edge has answered a correction. */
void		 deeds_corrected(struct deeds *deeds, struct sl_slice payload);
/* The courier has finished a release for one mailbox. False: this cannot be noted now. */
bool		 deeds_settled(struct deeds *deeds, const struct sl_courier_settled *settled);
void		 deeds_tidy(struct deeds *deeds);	/* now and then: forget those whose day is over */

#endif
