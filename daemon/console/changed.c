/* changed.c - see changed.h */

#include "changed.h"

#include <stdlib.h>

#include "job.h"

/* ---- sets ---- */

bool
set_add(struct set *set, int64_t id)
{
	size_t from = 0, to = set->len;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (set->ids[mid] == id)
			return false;
		if (set->ids[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	if (set->len == set->size) {
		set->size = SL_MAX(set->size * 2, (size_t)16);
		set->ids = sl_xrealloc(set->ids, set->size * sizeof(*set->ids));
	}
	memmove(set->ids + from + 1, set->ids + from, (set->len - from) * sizeof(*set->ids));
	set->ids[from] = id;
	set->len++;
	return true;
}

bool
set_has(const struct set *set, int64_t id)
{
	size_t from = 0, to = set->len;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (set->ids[mid] == id)
			return true;
		if (set->ids[mid] < id)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

void
set_fini(struct set *set)
{
	sl_free(set->ids);
	*set = (struct set){ 0 };
}

void
set_copy(struct set *to, const struct set *from)
{
	for (size_t i = 0; i < from->len; i++)
		set_add(to, from->ids[i]);
}

/* ---- parts ---- */

static int
compare_parts(const void *a, const void *b)
{
	const struct sl_compile_part *x = a, *y = b;

	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void
parts_sort(struct parts *parts)
{
	size_t n = 0;

	if (parts->len > 1)
		qsort(parts->items, parts->len, sizeof(*parts->items), compare_parts);
	for (size_t i = 0; i < parts->len; i++)
		if (n == 0 || compare_parts(&parts->items[n - 1], &parts->items[i]) != 0)
			parts->items[n++] = parts->items[i];
	parts->len = n;
}

bool
parts_add(struct parts *parts, const struct sl_compile_part *part)
{
	if (parts->len == parts->size) {
		parts_sort(parts);	/* what comes again and again needs no room */
		if (parts->len >= JOB_PARTS_MAX)
			return false;
		parts->size = SL_MIN(SL_MAX(parts->len * 2, (size_t)16), (size_t)JOB_PARTS_MAX);
		parts->items = sl_xrealloc(parts->items, parts->size * sizeof(*parts->items));
	}
	parts->items[parts->len++] = *part;
	return true;
}

void
parts_copy(struct parts *to, const struct parts *from)
{
	for (size_t i = 0; i < from->len; i++)
		(void)parts_add(to, &from->items[i]);
}

static int
compare_gone(const void *a, const void *b)
{
	const struct sl_compile_gone *x = a, *y = b;

	return x->tenant < y->tenant ? -1 : x->tenant > y->tenant;
}

void
gone_sort(struct gone *gone)
{
	if (gone->len > 1)
		qsort(gone->items, gone->len, sizeof(*gone->items), compare_gone);
}

bool
gone_add(struct gone *gone, int64_t tenant, struct sl_slice address)
{
	if (gone->len >= JOB_PARTS_MAX || gone->bytes + address.len > JOB_GONE_BYTES)
		return false;
	if (gone->len == gone->size) {
		gone->size = SL_MAX(gone->size * 2, (size_t)16);
		gone->items = sl_xrealloc(gone->items, gone->size * sizeof(*gone->items));
	}
	gone->items[gone->len++] = (struct sl_compile_gone){ tenant, { sl_xmemdup(address.ptr, address.len), address.len } };
	gone->bytes += address.len;
	return true;
}

void
gone_reset(struct gone *gone)
{
	for (size_t i = 0; i < gone->len; i++)
		sl_free((void *)(uintptr_t)gone->items[i].address.ptr);
	gone->len = gone->bytes = 0;
}

void
parts_fini(struct parts *parts)
{
	sl_free(parts->items);
	*parts = (struct parts){ 0 };
}

void
gone_fini(struct gone *gone)
{
	gone_reset(gone);
	sl_free(gone->items);
	*gone = (struct gone){ 0 };
}
