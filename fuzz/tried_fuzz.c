/*
 * tried_fuzz.c - what of policies is asked of the reader of records, and the list entries that are tried: read whole or not at all
 *
 * The first byte chooses: a question as it comes over the channel (what was read packs to what reads the same, and nothing shorter
 * is one), or the text of lists (each entry answers for its own key, the last one of several, and for no other owner's).
 */

#include "replay/lists.h"
#include "replay_run.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_question(const struct replay_question *a, const struct replay_question *b)
{
	SL_ASSERT(a->since_us == b->since_us && a->limit == b->limit && a->doubted == b->doubted && a->has_over == b->has_over &&
	    a->changed_is_over == b->changed_is_over && a->everybody == b->everybody && a->tenants_len == b->tenants_len);
	SL_ASSERT(memcmp(a->tenants, b->tenants, a->tenants_len * sizeof(*a->tenants)) == 0);
	SL_ASSERT(sl_slice_eq(a->tenant, b->tenant) && sl_slice_eq(a->text, b->text) && sl_slice_eq(a->lists, b->lists));
}

static void
try_question(struct sl_slice bytes)
{
	struct replay_question first, again;
	struct sl_buf out;

	if (replay_question_unpack(bytes, &first) != 0)
		return;
	sl_buf_init(&out, SIZE_MAX / 2);
	replay_question_pack(&first, &out);
	SL_ASSERT(out.len == bytes.len);
	SL_ASSERT(replay_question_unpack(sl_buf_slice(&out), &again) == 0);
	same_question(&first, &again);
	sl_free((void *)(uintptr_t)again.tenants);
	SL_ASSERT(replay_question_unpack(sl_slice(out.data, out.len - 1), &again) != 0 && again.tenants == NULL);
	sl_buf_fini(&out);
	sl_free((void *)(uintptr_t)first.tenants);
}

static unsigned
asked(struct sl_replay_lists *lists, const struct sl_list_key *key, unsigned flags)
{
	bool network = key->kind == SL_LIST_NETWORK;

	return sl_replay_lists_flags(lists, key->kind, network ? sl_slice(key->address, sizeof(key->address)) :
	    sl_slice(key->text, key->len), key->bits, flags);
}

static void
try_lists(struct sl_slice text)
{
	struct sl_replay_lists lists;
	struct sl_list_key other;
	bool there = false;

	if (sl_replay_lists_read(text, &lists) != NULL || lists.len == 0)
		return;
	SL_ASSERT(lists.len <= SL_REPLAY_ENTRIES_MAX && memchr(lists.user, '\0', sizeof(lists.user)) != NULL);
	SL_ASSERT(asked(&lists, &lists.entries[lists.len - 1].key, ~0u) == lists.entries[lists.len - 1].flags);
	SL_ASSERT(sl_list_key_read(SL_SLICE_LIT("never@written.invalid"), &other) == NULL);
	for (size_t i = 0; i < lists.len; i++)
		there |= strcmp(lists.entries[i].key.text, other.text) == 0;
	SL_ASSERT(there || asked(&lists, &other, 5) == 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		try_question(sl_slice(data + 1, size - 1));
	else
		try_lists(sl_slice(data + 1, size - 1));
	return 0;
}
