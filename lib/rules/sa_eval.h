/*
 * sa_eval.h - SpamAssassin's eval functions, those that need no network
 *
 * A rule `header X eval:check_for_to_in_subject('user')` calls a function by name with arguments; here it is
 * given the view of the message. What a function is, follows SpamAssassin 4.0.1's plugins.
 */
#ifndef SL_RULES_SA_EVAL_H
#define SL_RULES_SA_EVAL_H

#include "rules/sa_view.h"

typedef bool sl_sa_eval_function(struct sl_sa_view *view, const char *const *arguments, size_t arguments_len);

struct sl_sa_eval {
	const char		*name;
	sl_sa_eval_function	*function;	/* NULL: not supported */
	const char		*reason;	/* if it is not, why: "needs the network" */
};

/* NULL: the name is not known at all. A literal. */
const struct sl_sa_eval *sl_sa_eval_find(const char *name);
/* In alphabetic order; ends with a row whose name is NULL. */
extern const struct sl_sa_eval sl_sa_eval_functions[];

#endif
