/*
 * list_test_i.h - a list as tests have it: entries in a row, each probe looks at all
 */
#ifndef SL_POLICY_LIST_TEST_I_H
#define SL_POLICY_LIST_TEST_I_H

#include "check.h"
#include "policy/list.h"

struct plain_list {
	struct sl_list_entry	entries[16];
	size_t			len, probes;
	struct sl_list_filter	filter;
};

static inline void
plain_add(struct plain_list *list, const char *text, unsigned flags)
{
	struct sl_list_entry *entry = &list->entries[list->len++];

	assert_true(list->len <= SL_COUNT(list->entries));
	assert_null(sl_list_key_read(sl_slice_str(text), &entry->key));
	entry->flags = flags;
	sl_list_filter_add(&list->filter, &entry->key);
}

static inline unsigned
plain_probe(void *ctx, enum sl_list_kind kind, struct sl_slice key, unsigned bits)
{
	struct plain_list *list = ctx;
	unsigned flags = 0;

	list->probes++;
	for (size_t i = 0; i < list->len; i++) {
		const struct sl_list_key *k = &list->entries[i].key;
		struct sl_slice own = kind == SL_LIST_NETWORK ? sl_slice(k->address, 16) : sl_slice(k->text, k->len);

		if (k->kind == kind && k->bits == bits && sl_slice_eq(own, key))
			flags |= list->entries[i].flags;
	}
	return flags;
}

#endif
