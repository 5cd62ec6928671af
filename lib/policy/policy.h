/*
 * policy.h - from a verdict to what is done: one pure function, for edges and for replaying
 *
 * A ruling follows from the verdict, a tenant's thresholds, what is asked for because of who sent the
 * message (or did not), and whether an engine failed whose failing defers. Nothing else: a record of these
 * gives the same ruling again (record/record.h).
 *
 * Memory: none.
 */
#ifndef SL_POLICY_H
#define SL_POLICY_H

#include "classify/classify.h"

#define SL_ACTIONS(X)								\
	X(DELIVER, "deliver")							\
	X(TAG, "tag")		/* a header; the subject too if the tenant asked */	\
	X(COPY, "copy")		/* to an address beside: never instead of the others */	\
	X(QUARANTINE, "quarantine")	/* 250 when the vault has it on disk */		\
	X(DEFER, "defer")	/* 451 */					\
	X(REFUSE, "refuse")	/* 550 */

enum sl_action {		/* weakest first: the strongest that applies is done, and COPY beside it */
#define SL_ACTION_ENUM(name, word) SL_ACTION_##name,
	SL_ACTIONS(SL_ACTION_ENUM)
#undef SL_ACTION_ENUM
	SL_ACTION_COUNT,
};
const char	*sl_action_word(enum sl_action action);		/* "deliver"; static */
/* Returns false if no action is called that. */
bool		 sl_action_find(struct sl_slice word, enum sl_action *action_out);

#define SL_THRESHOLD_NEVER	2.0

struct sl_policy_category {
	double	at[SL_ACTION_COUNT];	/* done from this probability on; above 1: never */
};
/* Nothing is ever done: `at` is SL_THRESHOLD_NEVER but for DELIVER. */
void	sl_policy_category_clear(struct sl_policy_category *category);

enum sl_mode {
	SL_MODE_FILTER,		/* judge and act */
	SL_MODE_MONITOR,	/* judge and record, change nothing */
	SL_MODE_PASS_THROUGH,	/* a pure proxy */
};

/* What a policy speaks of: the categories that classifiers judge, by the same word, and what is found without a
 * probability. Least grave first: of two that ask for the same action, the last gives the reason. */
#define SL_CAUSES(X)								\
	X(BULK, "bulk", SL_BULK)						\
	X(MALFORMED, "malformed", SL_MALFORMED)					\
	X(SPAM, "spam", SL_SPAM)						\
	X(CONTENT, "content", SL_CATEGORY_COUNT)	/* a content group's words, patterns, numbers */	\
	X(AUTHENTICATION, "authentication", SL_CATEGORY_COUNT)	/* not from whom it says */	\
	X(ATTACHMENT, "attachment", SL_CATEGORY_COUNT)	/* a file that the policy does not want */	\
	X(PHISH, "phish", SL_PHISH)						\
	X(MALWARE, "malware", SL_MALWARE)

enum sl_cause {
#define SL_CAUSE_ENUM(name, word, category) SL_CAUSE_##name,
	SL_CAUSES(SL_CAUSE_ENUM)
#undef SL_CAUSE_ENUM
	SL_CAUSE_COUNT,
};
#define SL_CAUSE_BIT(name)	(1u << SL_CAUSE_##name)
const char	*sl_cause_word(enum sl_cause cause);		/* "attachment"; static */
bool		 sl_cause_find(struct sl_slice word, enum sl_cause *cause_out);
enum sl_category sl_cause_category(enum sl_cause cause);	/* SL_CATEGORY_COUNT: none, it has no probability */
enum sl_cause	 sl_cause_of(enum sl_category category);

struct sl_ruling {
	enum sl_action		 action;	/* never COPY */
	bool			 copy;		/* and a copy goes to the policy's address */
	bool			 enforced;	/* false in monitor mode: `action` is what would be done */
	enum sl_category	 category;	/* the reason, if action is not DELIVER or `copy` */
	bool			 engine_failed;	/* the reason is an engine's fail mode */
	const char		*word;		/* "clean", "spam", ... for headers and records */
	const char		*reason;	/* not a category's: the sender is not who it claims; or NULL */
	const char		*enhanced;	/* of the reply that gives this reason */
};

/* By the verdict. NULL: there is none. `engine_failed`: one whose failing defers. `enforced` is the caller's. */
void	sl_rule(const struct sl_policy_category policy[SL_CATEGORY_COUNT], const struct sl_verdict *verdict,
	    bool engine_failed, struct sl_ruling *ruling_out);

/* Has anything been said about this category? Without evidence the prior is no verdict. */
bool	sl_rule_judged(const struct sl_verdict *verdict, enum sl_category category);
/* What a ruling that does something is for. */
enum sl_cause	sl_cause_of_ruling(const struct sl_ruling *ruling);

/* What is asked for apart from the verdict. */
#define SL_DEMANDS_MAX	8

struct sl_demand {
	enum sl_action	 action;
	const char	*word;		/* "forged" */
	const char	*enhanced;	/* "5.7.1" */
	const char	*reason;	/* a sentence for the sender */
};

/* Let a demand prevail if it is graver than what the ruling says already; then true. COPY is added to any ruling. */
bool	sl_rule_demand(struct sl_ruling *ruling, const struct sl_demand *demand);

#endif
