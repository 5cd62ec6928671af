/* groups.c - see groups.h */

#include "policy/groups.h"

#include "policy/numbers.h"
#include "policy/words.h"

#include <stdio.h>

struct sl_groups {
	unsigned			 magic;
	const struct sl_content_groups	*all;
	struct sl_words			*words;
	uint32_t			*group_of;	/* of each word's number */
	uint32_t			*first_pattern;	/* of each group: its number among all */
	size_t				 words_len, patterns_len;
	uint32_t			 numbers;	/* that any group looks for */
};
#define GROUPS_MAGIC	0x6709095eu

struct sl_groups_run {
	const struct sl_groups	*groups;
	struct sl_words_run	 words;
	struct sl_numbers	 numbers;
	unsigned char		*seen;		/* a bit for each word, then each pattern */
	unsigned		*hits;		/* of each group */
};

/* ---- compiling */

struct sl_groups *
sl_groups_new(const struct sl_content_groups *all)
{
	struct sl_groups *g = sl_xzalloc(sizeof(*g));
	struct sl_words_phrase *phrases;
	size_t n = 0;

	g->magic = GROUPS_MAGIC;
	g->all = all;
	g->first_pattern = sl_xzalloc((all->len + 1) * sizeof(*g->first_pattern));
	for (size_t i = 0; i < all->len; i++) {
		g->words_len += all->items[i].words.len;
		g->first_pattern[i] = (uint32_t)g->patterns_len;
		g->patterns_len += all->items[i].patterns.len;
		g->numbers |= all->items[i].numbers;
	}
	g->group_of = sl_xzalloc((g->words_len + 1) * sizeof(*g->group_of));
	phrases = sl_xzalloc((g->words_len + 1) * sizeof(*phrases));
	for (size_t i = 0; i < all->len; i++)
		for (size_t j = 0; j < all->items[i].words.len; j++) {
			phrases[n] = (struct sl_words_phrase){ all->items[i].words.items[j], (uint32_t)n };
			g->group_of[n++] = (uint32_t)i;
		}
	g->words = sl_words_new(phrases, n);
	sl_free(phrases);
	if (g->words == NULL)
		sl_groups_free(&g);
	return g;
}

void
sl_groups_free(struct sl_groups **groups)
{
	if (*groups != NULL) {
		sl_words_free(&(*groups)->words);
		sl_free((*groups)->group_of);
		sl_free((*groups)->first_pattern);
	}
	SL_OBJ_FREE(groups, GROUPS_MAGIC);
}

const struct sl_content_groups *
sl_groups_all(const struct sl_groups *groups)
{
	SL_CHECK(groups, GROUPS_MAGIC);
	return groups->all;
}

/* ---- running */

/* Count what was not counted before. */
static void
hit_once(struct sl_groups_run *run, size_t bit, size_t group)
{
	if ((run->seen[bit / 8] >> (bit % 8) & 1) != 0)
		return;
	run->seen[bit / 8] |= (unsigned char)(1u << (bit % 8));
	run->hits[group]++;
}

static void
on_word(void *ctx, uint32_t id)
{
	struct sl_groups_run *run = ctx;

	hit_once(run, id, run->groups->group_of[id]);
}

static void
on_number(void *ctx, enum sl_content_number kind, struct sl_slice number)
{
	struct sl_groups_run *run = ctx;
	const struct sl_content_groups *all = run->groups->all;

	for (size_t i = 0; i < all->len; i++)
		if ((all->items[i].numbers >> kind & 1) != 0 && run->hits[i] < SL_GROUPS_HITS_MAX)
			run->hits[i]++;
}

struct sl_groups_run *
sl_groups_run_new(const struct sl_groups *g, struct sl_arena *arena)
{
	struct sl_groups_run *run = sl_arena_alloc(arena, sizeof(*run));

	SL_CHECK(g, GROUPS_MAGIC);
	if (run == NULL)
		return NULL;
	run->groups = g;
	run->seen = sl_arena_alloc(arena, (g->words_len + g->patterns_len) / 8 + 1);
	run->hits = sl_arena_alloc(arena, (g->all->len + 1) * sizeof(*run->hits));
	if (run->seen == NULL || run->hits == NULL)
		return NULL;
	sl_words_run_init(&run->words, g->words, on_word, run);
	sl_numbers_init(&run->numbers, g->numbers, on_number, run);
	return run;
}

void
sl_groups_text(struct sl_groups_run *run, struct sl_slice utf8)
{
	if (run->groups->words_len > 0)
		sl_words_feed(&run->words, utf8);
	if (run->groups->numbers != 0)
		sl_numbers_feed(&run->numbers, utf8);
}

void
sl_groups_text_end(struct sl_groups_run *run)
{
	sl_words_end(&run->words);
	sl_numbers_end(&run->numbers);
}

void
sl_groups_pattern(struct sl_groups_run *run, size_t group, size_t pattern)
{
	const struct sl_groups *g = run->groups;

	SL_ASSERT(group < g->all->len && pattern < g->all->items[group].patterns.len);
	hit_once(run, g->words_len + g->first_pattern[group] + pattern, group);
}

unsigned
sl_groups_hits(const struct sl_groups_run *run, size_t group)
{
	SL_ASSERT(group < run->groups->all->len);
	return run->hits[group];
}

bool
sl_groups_demand_of(const struct sl_content_groups *all, const unsigned *hits, char reason[SL_GROUPS_REASON_MAX],
    struct sl_demand *demand, bool *copy_out)
{
	const struct sl_content_group *strongest = NULL;

	*copy_out = false;
	for (size_t i = 0; i < all->len; i++) {
		const struct sl_content_group *group = &all->items[i];

		if (hits[i] < group->at_least)
			continue;
		if (group->action == SL_ACTION_COPY)
			*copy_out = true;
		else if (group->action > SL_ACTION_DELIVER && (strongest == NULL || group->action > strongest->action))
			strongest = group;
	}
	if (strongest == NULL)
		return false;
	snprintf(reason, SL_GROUPS_REASON_MAX, "It contains what the recipient does not take (" SL_SLICE_FMT ")",
	    SL_SLICE_ARG(strongest->name));
	*demand = (struct sl_demand){ strongest->action, "content", strongest->action == SL_ACTION_DEFER ? "4.7.1" : "5.7.1",
		reason };
	return true;
}

bool
sl_groups_demand(const struct sl_groups_run *run, char reason[SL_GROUPS_REASON_MAX], struct sl_demand *demand,
    bool *copy_out)
{
	return sl_groups_demand_of(run->groups->all, run->hits, reason, demand, copy_out);
}
