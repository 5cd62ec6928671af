/* plan.c - see plan.h */

#include "plan.h"

/* A key's place, or where it would be. */
static size_t
find(const struct plan *plan, int64_t key)
{
	size_t low = 0, high = plan->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (plan->items[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
plan_set(struct plan *plan, int64_t key, int64_t next_s)
{
	size_t at = find(plan, key);

	if (at < plan->len && plan->items[at].key == key) {
		plan->items[at].next_s = next_s;
		return;
	}
	if (plan->len == plan->size) {
		plan->size = SL_MAX(plan->size * 2, (size_t)64);
		plan->items = sl_xrealloc(plan->items, plan->size * sizeof(*plan->items));
	}
	memmove(plan->items + at + 1, plan->items + at, (plan->len - at) * sizeof(*plan->items));
	plan->items[at] = (struct planned){ key, next_s };
	plan->len++;
}

void
plan_remove(struct plan *plan, int64_t key)
{
	size_t at = find(plan, key);

	if (at >= plan->len || plan->items[at].key != key)
		return;
	memmove(plan->items + at, plan->items + at + 1, (plan->len - at - 1) * sizeof(*plan->items));
	plan->len--;
}

bool
plan_due(const struct plan *plan, int64_t now_s, int64_t *key_out)
{
	const struct planned *due = NULL;

	for (size_t i = 0; i < plan->len; i++)
		if (plan->items[i].next_s <= now_s && (due == NULL || plan->items[i].next_s < due->next_s))
			due = &plan->items[i];
	if (due != NULL)
		*key_out = due->key;
	return due != NULL;
}

void
plan_fini(struct plan *plan)
{
	sl_free(plan->items);
	*plan = (struct plan){ 0 };
}
