/*
 * stack.h - everything that judges by what was learned, opened together
 *
 * One file (bundle.h) holds the models and the combiner that was trained with them; a single n-gram model is taken
 * too, and then weighs as it says itself. The edge, `sluicectl score` and its like, and training's
 * own checks all open it here, so that they judge alike.
 *
 * An opened stack is read-only; any number of messages may be at work. Nothing is copied but the combiner.
 */
#ifndef SL_STACK_H
#define SL_STACK_H

#include "classify/combine.h"
#include "classify/panel.h"
#include "sl/buf.h"

#define SL_STACK_NGRAM		"ngram"		/* sections of the bundle */
#define SL_STACK_COMBINER	"combiner"

struct sl_stack;

/* Open the models' file; the bytes are kept and must outlive the stack. Returns 0, or SL_ERR_TRUNCATED,
 * SL_ERR_SYNTAX (not models, or damaged), SL_ERR_VERSION, after adding to `why` (may be NULL) which part. */
SL_MUST_USE int		 sl_stack_open(struct sl_slice bytes, struct sl_stack **stack_out, struct sl_buf *why);
void			 sl_stack_close(struct sl_stack **stack);	/* NULL is fine */
const char		*sl_stack_id(const struct sl_stack *stack);	/* of the file: short hash, for the record */
/* NULL: there is none (classifiers weigh as they say themselves). */
const struct sl_combiner *sl_stack_combiner(const struct sl_stack *stack);
/* Let the models listen. */
void			 sl_stack_listen(const struct sl_stack *stack, struct sl_panel *panel);

#endif
