/* stack.c - see stack.h */

#include "classify/stack.h"

#include "classify/bundle.h"
#include "classify/bytegram.h"
#include "classify/ngram.h"

#define STACK_MAGIC	0x5d57acc1u

struct sl_stack {
	unsigned		 magic;
	char			 id[17];
	struct sl_ngram_model	*ngram;
	struct sl_combiner	*combiner;
};

static int
open_ngram(struct sl_stack *stack, struct sl_slice bytes)
{
	return sl_ngram_model_open(bytes, &stack->ngram);
}

static int
open_combiner(struct sl_stack *stack, struct sl_slice bytes)
{
	return sl_combiner_open(bytes, &stack->combiner, NULL);
}

static const struct part {
	const char	*section;
	int		(*open)(struct sl_stack *stack, struct sl_slice bytes);
} parts[] = {
	{ SL_STACK_NGRAM, open_ngram },
	{ SL_STACK_COMBINER, open_combiner },
};

static int
open_parts(struct sl_stack *stack, const struct sl_bundle *bundle, struct sl_buf *why)
{
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		struct sl_slice bytes = sl_bundle_section(bundle, parts[i].section);
		int r = bytes.len == 0 ? 0 : parts[i].open(stack, bytes);

		if (r != 0) {
			if (why != NULL)
				sl_buf_addf(why, "%s: ", parts[i].section);
			return r;
		}
	}
	return 0;
}

int
sl_stack_open(struct sl_slice bytes, struct sl_stack **stack_out, struct sl_buf *why)
{
	struct sl_stack *stack = sl_xzalloc(sizeof(*stack));
	struct sl_bundle bundle;
	int r = sl_bundle_open(&bundle, bytes);

	stack->magic = STACK_MAGIC;
	if (r == 0) {
		memcpy(stack->id, bundle.id, sizeof(stack->id));
		r = open_parts(stack, &bundle, why);
	} else if (r == SL_ERR_SYNTAX && bytes.len >= 8 && memcmp(bytes.ptr, "SLMODELS", 8) != 0) {
		r = open_ngram(stack, bytes);
		if (r == 0)
			memcpy(stack->id, sl_ngram_model_id(stack->ngram), sizeof(stack->id));
	}
	if (r != 0)
		sl_stack_close(&stack);
	*stack_out = stack;
	return r;
}

void
sl_stack_close(struct sl_stack **stack)
{
	if (*stack == NULL)
		return;
	SL_CHECK(*stack, STACK_MAGIC);
	sl_ngram_model_close(&(*stack)->ngram);
	sl_combiner_close(&(*stack)->combiner);
	SL_OBJ_FREE(stack, STACK_MAGIC);
}

const char *
sl_stack_id(const struct sl_stack *stack)
{
	SL_CHECK(stack, STACK_MAGIC);
	return stack->id;
}

const struct sl_combiner *
sl_stack_combiner(const struct sl_stack *stack)
{
	SL_CHECK(stack, STACK_MAGIC);
	return stack->combiner;
}

void
sl_stack_listen(const struct sl_stack *stack, struct sl_panel *panel)
{
	SL_CHECK(stack, STACK_MAGIC);
	if (stack->ngram != NULL) {
		sl_panel_add(panel, &sl_ngram_classifier, stack->ngram);
		sl_panel_add(panel, &sl_bytegram_classifier, stack->ngram);
	}
}
