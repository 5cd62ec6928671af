/*
 * policy_change.h - what is to be changed of what a node says: settings one by one, or a text
 *
 * Settings are "path=value" as in policy_text.h, and two more kinds for who types them: an action of a category
 * alone (spam.quarantine=0.9: the others stay what they are), and template=NAME. Which template and level are taken
 * first, wherever they stand.
 */
#ifndef CONSOLE_POLICY_CHANGE_H
#define CONSOLE_POLICY_CHANGE_H

#include "console.h"
#include "policy/text/policy_text.h"

struct policy_change {
	struct sl_node	 node;
	struct sl_slice	 name;			/* of a template that is changed; "": the node's own */
	struct sl_buf	 before, after;		/* texts as the store has them */
	struct sl_arena	 arena;			/* of the layers' values */
	struct sl_policy_layer old, new;
	char		 old_template[SL_NAME_MAX + 1], new_template[SL_NAME_MAX + 1];
};

/* Work it out by the request's arguments `set`, `unset`, `lock`, `unlock` (lists), `file` (a text that takes the place of all).
 * 0, or an SL_ERR_*, said. In any case policy_change_fini. */
int	policy_change_make(struct request *request, struct sl_node node, struct sl_slice name, struct policy_change *out);
void	policy_change_fini(struct policy_change *change);
/* Make it so; a new version. */
int	policy_change_store(struct request *request, struct policy_change *change, int64_t *version_out);
/* What it does, in lines. */
void	policy_change_diff(const struct policy_change *change, struct sl_buf *out);
/* May he who asks change that: is nothing of it the settings file's to say, and may he have copies made, if this does? 0, or
 * SL_ERR_REFUSED, said. */
int	policy_change_allowed(struct request *request, const struct policy_change *change);

/* verbs_policy.c: is something to be changed at all? */
bool	policy_says_something(const struct request *request);
/* verbs_simulate.c */
int	policy_simulate(struct request *request);

/* A text as the store has it: its template, and its layer. */
int	policy_text_read(struct sl_slice text, enum sl_policy_by by, struct sl_arena *arena, char template_out[SL_NAME_MAX + 1],
	    struct sl_policy_layer *layer_out, struct sl_buf *errors);
void	policy_text_print(const char *template, const struct sl_policy_layer *layer, struct sl_buf *out);
/* sl_layer_check of the store. */
int	policy_text_check(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error);

#endif
