/* picture.c - a snapshot and those of its policies that are in use; see replay_i.h */

#include "replay_i.h"

#define SLOTS	(2 * SL_REPLAY_POLICIES_MAX)

void
picture_init(struct picture *p, const struct sl_snapshot *snapshot)
{
	*p = (struct picture){ .snapshot = snapshot };
	sl_arena_init(&p->arena, SL_REPLAY_POLICY_BYTES);
	p->slots = sl_xzalloc(SLOTS * sizeof(*p->slots));
}

void
picture_fini(struct picture *p)
{
	sl_arena_fini(&p->arena);
	sl_free(p->slots);
}

/* Those in use come again soon enough. */
static void
forget_all(struct picture *p)
{
	memset(p->slots, 0, SLOTS * sizeof(*p->slots));
	sl_arena_reset(&p->arena);
	p->len = 0;
}

static struct kept **
slot_of(struct picture *p, uint32_t id)
{
	size_t at = id * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (SLOTS - 1);

	while (p->slots[at] != NULL && p->slots[at]->id != id)
		at = (at + 1) & (SLOTS - 1);
	return &p->slots[at];
}

/* Part the rules that facts answer from the others. */
static bool
part_rules(struct picture *p, struct kept *kept)
{
	const struct sl_attachment_rules *all = &kept->policy.attachments.rules;
	struct sl_attachment_rule *seen;
	size_t n = 0;

	kept->seen = kept->policy;
	kept->has_names = false;
	for (size_t i = 0; i < all->len; i++)
		kept->has_names |= !sl_files_rule_sees(&all->items[i]);
	if (!kept->has_names)
		return true;
	seen = sl_arena_alloc(&p->arena, all->len * sizeof(*seen));
	for (size_t i = 0; seen != NULL && i < all->len; i++)
		if (sl_files_rule_sees(&all->items[i]))
			seen[n++] = all->items[i];
	kept->seen.attachments.rules = (struct sl_attachment_rules){ seen, n };
	return seen != NULL;
}

static const struct kept *
unpack(struct picture *p, uint32_t id)
{
	struct kept *kept = sl_arena_alloc(&p->arena, sizeof(*kept));

	if (kept == NULL || sl_snapshot_policy(p->snapshot, id, &p->arena, &kept->policy) != 0 || !part_rules(p, kept))
		return NULL;
	kept->id = id;
	*slot_of(p, id) = kept;
	p->len++;
	return kept;
}

const struct kept *
picture_policy(struct picture *p, uint32_t id)
{
	const struct kept *kept = *slot_of(p, id);

	if (kept != NULL)
		return kept;
	if (p->len == SL_REPLAY_POLICIES_MAX)
		forget_all(p);
	kept = unpack(p, id);
	if (kept != NULL || p->len == 0)
		return kept;
	forget_all(p);		/* perhaps the arena was full */
	return unpack(p, id);
}
