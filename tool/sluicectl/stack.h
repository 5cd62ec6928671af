/*
 * stack.h - all classifiers and the combiner, opened from files, to judge messages with
 *
 * What judges here is what judges in an edge, as far as a file can show it: there is no session, so
 * nobody asks who sent the message.
 */
#ifndef SLUICECTL_STACK_H
#define SLUICECTL_STACK_H

#include "classify/stack.h"

#define STACK_ARENA_MAX_BYTES	((size_t)1 << 20)	/* of a message's arena */

struct stack;

struct stack_files {		/* paths; NULL: judge without */
	const char	*model;		/* models with their combiner, or one n-gram model */
	const char	*own, *tenant;	/* what tenants know, and whose mail it is: both or neither */
	const char	*rules;		/* a snapshot of rules of our own, signed by anybody or nobody */
};

/* Is neither of --own and --tenant without the other? Says so if it is. */
bool		stack_files_sound(const char *command, const struct stack_files *files);

/* Returns 0, or 1 after saying, in the name of `command`, which file is not what it should be. */
SL_MUST_USE int	stack_open(const char *command, const struct stack_files *files, struct stack **stack_out);
void		stack_close(struct stack **stack);	/* NULL is fine */
/* Judge a message, line ends CRLF. The verdict's sentences lie in the arena. */
void		stack_judge(const struct stack *stack, struct sl_slice message, struct sl_arena *arena,
		    struct sl_verdict *verdict_out);
/* What the files are, for records and reports; static or of the stack. */
const char	*stack_model_id(const struct stack *stack);	/* "none" of NULL */
const struct sl_combiner *stack_combiner(const struct stack *stack);	/* NULL: none */

/* The classifier that gives evidence of a name: for summing up. Static. */
const char	*stack_classifier_of(const struct stack *stack, const char *evidence);

#endif
