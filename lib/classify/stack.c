/* stack.c - see stack.h */

#include "classify/stack.h"

#include "classify/bulk.h"
#include "classify/bundle.h"
#include "classify/bytegram.h"
#include "classify/ngram.h"
#include "classify/structure.h"
#include "classify/token.h"

#define STACK_MAGIC	0x5d57acc1u

struct sl_stack {
	unsigned		 magic;
	char			 id[17];
	struct sl_ngram_model	*ngram;
	struct sl_token_model	*token;
	struct sl_combiner	*combiner;
	struct sl_lookalike	*brands;
	struct sl_hostlist	*shorteners, *hosting, *freemail;
	struct sl_links_model	 links;
	struct sl_drift_expectation *rates;
};

static int
open_ngram(struct sl_stack *stack, struct sl_slice bytes)
{
	return sl_ngram_model_open(bytes, &stack->ngram);
}

static int
open_token(struct sl_stack *stack, struct sl_slice bytes)
{
	return sl_token_model_open(bytes, &stack->token);
}

static int
open_combiner(struct sl_stack *stack, struct sl_slice bytes)
{
	return sl_combiner_open(bytes, &stack->combiner, NULL);
}

static int
open_brands(struct sl_stack *stack, struct sl_slice bytes)
{
	size_t line;

	return sl_lookalike_read(bytes, stack->links.fold, &stack->brands, &line);
}

static int
open_shorteners(struct sl_stack *stack, struct sl_slice bytes)
{
	size_t skipped;

	stack->shorteners = sl_hostlist_read(bytes, &skipped);
	return 0;
}

static int
open_hosting(struct sl_stack *stack, struct sl_slice bytes)
{
	size_t skipped;

	stack->hosting = sl_hostlist_read(bytes, &skipped);
	return 0;
}

static int
open_freemail(struct sl_stack *stack, struct sl_slice bytes)
{
	size_t skipped;

	stack->freemail = sl_hostlist_read(bytes, &skipped);
	return 0;
}

static int
open_rates(struct sl_stack *stack, struct sl_slice bytes)
{
	stack->rates = sl_xmalloc(sizeof(*stack->rates));
	return sl_drift_read(bytes, stack->rates, NULL);
}

static const struct section {
	const char	*name;
	int		(*open)(struct sl_stack *stack, struct sl_slice bytes);
} sections[SL_STACK_SECTION_COUNT] = {
#define OPEN(id)	[SL_STACK_##id]
	OPEN(NGRAM) = { "ngram", open_ngram },
	OPEN(TOKEN) = { "token", open_token },
	OPEN(COMBINER) = { "combiner", open_combiner },
	OPEN(BRANDS) = { "brands", open_brands },
	OPEN(SHORTENERS) = { "shorteners", open_shorteners },
	OPEN(HOSTING) = { "hosting", open_hosting },
	OPEN(FREEMAIL) = { "freemail", open_freemail },
	OPEN(RATES) = { "rates", open_rates },
#undef OPEN
};

const char *
sl_stack_section_name(enum sl_stack_section section)
{
	SL_ASSERT(section < SL_STACK_SECTION_COUNT);
	return sections[section].name;
}

static int
open_sections(struct sl_stack *stack, const struct sl_bundle *bundle, struct sl_buf *why)
{
	for (size_t i = 0; i < SL_COUNT(sections); i++) {
		struct sl_slice bytes = sl_bundle_section(bundle, sections[i].name);
		int r = bytes.len == 0 ? 0 : sections[i].open(stack, bytes);

		if (r != 0) {
			if (why != NULL)
				sl_buf_addf(why, "%s: ", sections[i].name);
			return r;
		}
	}
	return 0;
}

static void
surround(struct sl_stack *stack, const struct sl_stack_around *around)
{
	if (around == NULL)
		return;
	stack->links.suffix = around->suffix;
	stack->links.fold = around->fold;
	stack->links.listed = around->listed;
}

int
sl_stack_open(struct sl_slice bytes, const struct sl_stack_around *around, struct sl_stack **stack_out,
    struct sl_buf *why)
{
	struct sl_stack *stack = sl_xzalloc(sizeof(*stack));
	struct sl_bundle bundle;
	int r = sl_bundle_open(&bundle, bytes);

	stack->magic = STACK_MAGIC;
	surround(stack, around);
	if (r == 0) {
		memcpy(stack->id, bundle.id, sizeof(stack->id));
		r = open_sections(stack, &bundle, why);
	} else if (r == SL_ERR_SYNTAX && bytes.len >= 8 && memcmp(bytes.ptr, "SLMODELS", 8) != 0) {
		r = open_ngram(stack, bytes);
		if (r == 0)
			memcpy(stack->id, sl_ngram_model_id(stack->ngram), sizeof(stack->id));
	}
	stack->links.brands = stack->brands;
	stack->links.shorteners = stack->shorteners;
	stack->links.hosting = stack->hosting;
	stack->links.freemail = stack->freemail;
	if (r != 0)
		sl_stack_close(&stack);
	*stack_out = stack;
	return r;
}

void
sl_stack_close(struct sl_stack **stack)
{
	struct sl_stack *s = *stack;

	if (s == NULL)
		return;
	SL_CHECK(s, STACK_MAGIC);
	sl_ngram_model_close(&s->ngram);
	sl_token_model_close(&s->token);
	sl_combiner_close(&s->combiner);
	sl_lookalike_free(&s->brands);
	sl_hostlist_free(&s->shorteners);
	sl_hostlist_free(&s->hosting);
	sl_hostlist_free(&s->freemail);
	sl_free(s->rates);
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

const struct sl_drift_expectation *
sl_stack_rates(const struct sl_stack *stack)
{
	SL_CHECK(stack, STACK_MAGIC);
	return stack->rates;
}

void *
sl_stack_listen(const struct sl_stack *stack, struct sl_panel *panel)
{
	SL_CHECK(stack, STACK_MAGIC);
	if (stack->ngram != NULL) {
		sl_panel_add(panel, &sl_ngram_classifier, stack->ngram);
		sl_panel_add(panel, &sl_bytegram_classifier, stack->ngram);
	}
	if (stack->token != NULL)
		sl_panel_add(panel, &sl_token_classifier, stack->token);
	sl_panel_add(panel, &sl_structure_classifier, NULL);
	sl_panel_add(panel, &sl_bulk_classifier, NULL);
	return sl_panel_add(panel, &sl_links_classifier, &stack->links);
}
