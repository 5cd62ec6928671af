/*
 * reach.h - what of a tenant's kept mail is somebody's to look at and to act upon
 *
 * Who has a role for the whole tenant reaches all of it. Who has one at a domain, a group or a user of it reaches a message as far as it was
 * kept for recipients there, and of users only what their policy lets them do by digests as well (rights.h).
 *
 * Limits: recipients for whom the record had no room (some sixty are in it) are nobody's here; who has a message for more is shown by digests.
 */
#ifndef CONSOLE_REACH_H
#define CONSOLE_REACH_H

#include "digests.h"
#include "store/grants.h"

struct reach {
	struct sl_store		*store;
	struct sl_compile	*compile;	/* NULL: not needed so far */
	struct sl_policy_effective *effective;
	struct sl_node		 tenant;
	struct sl_access_grant	 grants[SL_GRANTS_MAX];
	size_t			 len;
	enum sl_verb		 verb;
	bool			 whole;		/* all of the tenant's */
};
/* Of an account by a verb. 0; SL_ERR_REFUSED: he has nothing there (or there is no such tenant); or the store's error. In any case
 * reach_fini. */
int	reach_find(struct sl_store *store, struct sl_slice account, struct sl_slice tenant, enum sl_verb verb, struct reach *out);
void	reach_fini(struct reach *reach);
/* May he do it for that recipient of a message that was kept for `cause`? Then the recipient's mailbox, as digests write it. */
bool	reach_has(struct reach *reach, struct sl_slice recipient, enum sl_cause cause, char mailbox_out[SL_DIGEST_MAILBOX_MAX + 1]);

/* What of a message is his. */
struct reached {
	bool		any;		/* something */
	bool		all;		/* and nobody else's */
	/* For each mailbox, with its length: name and spellings, as sl_kept_choice has `recipients`. */
	struct sl_buf	mailboxes;
	struct sl_buf	items;		/* of the entry, without recipients that are not his, and what could name them */
};
void	reached_init(struct reached *reached);
void	reached_fini(struct reached *reached);
/* Look at an entry; what cannot be opened is nobody's. */
void	reach_entry(struct reach *reach, const struct sl_kept_entry *entry, struct reached *reached);

#endif
