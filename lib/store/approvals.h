/*
 * approvals.h - what one person has asked for and a second one is to approve; see store.h
 *
 * A request as it came, with who asked and about which node. It is open until somebody decides or its time is over; deciding is done
 * once. Asking and deciding are entries of the audit trail of the node it is about, with the request's number.
 *
 * Limits: a request's arguments are kept in clear for SL_APPROVAL_KEEP_DAYS, so none that takes a secret may come here.
 */
#ifndef SL_STORE_APPROVALS_H
#define SL_STORE_APPROVALS_H

#include "store/store.h"

#define SL_APPROVAL_HOURS	24
#define SL_APPROVAL_KEEP_DAYS	30
#define SL_APPROVAL_ARGS_MAX	((size_t)1 << 20)
#define SL_APPROVALS_OPEN_MAX	1000	/* at once; of one account a tenth */

#define SL_APPROVAL_STATES(X)							\
	X(OPEN, "open")								\
	X(APPROVED, "approved")							\
	X(REFUSED, "refused")							\
	X(EXPIRED, "expired")

enum sl_approval_state {
#define SL_APPROVAL_ENUM(name, word) SL_APPROVAL_##name,
	SL_APPROVAL_STATES(SL_APPROVAL_ENUM)
#undef SL_APPROVAL_ENUM
	SL_APPROVAL_STATE_COUNT,
};
const char	*sl_approval_state_word(enum sl_approval_state state);

struct sl_approval {		/* borrowed */
	int64_t			number;
	enum sl_approval_state	state;		/* OPEN and over its time is EXPIRED */
	int64_t			asked_us, expires_us, decided_us;
	struct sl_slice		account, verb, args, note;	/* who asked for what; args: a JSON object */
	struct sl_slice		decided_by;
	struct sl_node		node;
	struct sl_slice		target;		/* its name, as it was then */
};

/* SL_ERR_FULL: there are too many that are open; SL_ERR_TOO_LONG: its arguments are. */
SL_MUST_USE int	sl_store_approval_ask(struct sl_store *store, const struct sl_actor *actor, struct sl_node node, struct sl_slice verb,
		    struct sl_slice args, int64_t *number_out);
typedef int	sl_approval_each(void *ctx, const struct sl_approval *approval);
/* One; SL_ERR_NOT_FOUND. `each` is called while nothing may be changed. */
SL_MUST_USE int	sl_store_approval_get(struct sl_store *store, int64_t number, sl_approval_each *each, void *ctx);
/* All, newest first. */
SL_MUST_USE int	sl_store_approvals(struct sl_store *store, sl_approval_each *each, void *ctx);
/* APPROVED or REFUSED, if it is open still; else SL_ERR_NOT_FOUND. */
SL_MUST_USE int	sl_store_approval_decide(struct sl_store *store, const struct sl_actor *actor, int64_t number,
		    enum sl_approval_state state);
/* Forget those that are long over. */
SL_MUST_USE int	sl_store_approvals_tidy(struct sl_store *store);

#endif
