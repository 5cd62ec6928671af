/* lists.c - see lists.h */

#include "replay/lists.h"

#include <stdio.h>

#include "policy/list_line.h"

static struct sl_slice
next_word(struct sl_slice *text, unsigned char end)
{
	const unsigned char *at = text->len == 0 ? NULL : memchr(text->ptr, end, text->len);
	struct sl_slice word = sl_slice(text->ptr, at == NULL ? text->len : (size_t)(at - text->ptr));

	*text = sl_slice_from(*text, SL_MIN(word.len + 1, text->len));
	return word;
}

static bool
read_owner(struct sl_slice line, struct sl_replay_lists *out)
{
	static const struct { const char *word; enum sl_policy_by by; } words[] = { { "operator", SL_BY_OPERATOR },
		{ "partner", SL_BY_PARTNER }, { "tenant", SL_BY_TENANT }, { "user", SL_BY_USER } };
	struct sl_slice word;
	uint64_t owner = 0;
	size_t i = 0;

	if (!sl_slice_eq(next_word(&line, ' '), SL_SLICE_LIT("list")))
		return false;
	word = next_word(&line, ' ');
	while (i < SL_COUNT(words) && !sl_slice_eq(word, sl_slice_str(words[i].word)))
		i++;
	if (i == SL_COUNT(words))
		return false;
	out->by = words[i].by;
	if (out->by != SL_BY_OPERATOR && sl_slice_to_u64(next_word(&line, ' '), UINT32_MAX, &owner) != 0)
		return false;
	out->owner = (uint32_t)owner;
	if (line.len > SL_LIST_KEY_MAX || (line.len > 0) != (out->by == SL_BY_USER))
		return false;
	snprintf(out->user, sizeof(out->user), SL_SLICE_FMT, SL_SLICE_ARG(line));
	return true;
}

static const char *
read_entry(struct sl_slice line, struct sl_replay_lists *out)
{
	static const char remove[] = "remove ";
	struct sl_list_entry entry = { .flags = 0 };
	bool empty = false;
	const char *wrong;

	if (line.len > strlen(remove) && memcmp(line.ptr, remove, strlen(remove)) == 0)
		wrong = sl_list_key_read(sl_slice_from(line, strlen(remove)), &entry.key);
	else
		wrong = sl_list_line_read(line, &entry, &empty);
	if (wrong != NULL || empty)
		return wrong;
	if (out->len == SL_REPLAY_ENTRIES_MAX)
		return "too many entries are tried at once";
	out->entries[out->len].key = entry.key;
	out->entries[out->len++].flags = entry.flags;
	if (entry.flags != 0)
		sl_list_filter_add(&out->filter, &entry.key);
	return NULL;
}

const char *
sl_replay_lists_read(struct sl_slice text, struct sl_replay_lists *out)
{
	const char *wrong = NULL;

	memset(out, 0, sizeof(*out));
	if (text.len == 0)
		return NULL;
	if (!read_owner(next_word(&text, '\n'), out))
		return "it does not say whose list it is";
	while (text.len > 0 && wrong == NULL)
		wrong = read_entry(next_word(&text, '\n'), out);
	return wrong;
}

static bool
is_user(const struct sl_replay_lists *lists, const struct sl_snapshot *snapshot, struct sl_slice recipient,
    const struct sl_snapshot_recipient *at)
{
	struct sl_snapshot_recipient user;

	if (sl_slice_ieq(recipient, sl_slice_str(lists->user)))
		return true;
	/* Of recipients with lists the class is the user. */
	return at->has_lists && sl_snapshot_recipient(snapshot, sl_slice_str(lists->user), &user) && user.has_lists &&
	    user.class_id == at->class_id;
}

bool
sl_replay_lists_hold(const struct sl_replay_lists *lists, const struct sl_snapshot *snapshot, struct sl_slice recipient,
    const struct sl_snapshot_recipient *at)
{
	struct sl_snapshot_tenant tenant;

	switch (lists->len == 0 ? SL_BY_COUNT : lists->by) {
	case SL_BY_OPERATOR:
		return true;
	case SL_BY_PARTNER:
		return sl_snapshot_tenant(snapshot, at->tenant, &tenant) && tenant.partner == lists->owner;
	case SL_BY_TENANT:
		return at->tenant == lists->owner;
	case SL_BY_USER:
		return at->tenant == lists->owner && is_user(lists, snapshot, recipient, at);
	case SL_BY_DOMAIN:
	case SL_BY_GROUP:
	case SL_BY_COUNT:
		break;
	}
	return false;
}

static bool
is_key(const struct sl_list_key *key, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	if (key->kind != kind)
		return false;
	if (kind == SL_LIST_NETWORK)
		return key->bits == bits && text.len == sizeof(key->address) && memcmp(key->address, text.ptr, text.len) == 0;
	return sl_slice_eq(sl_slice(key->text, key->len), text);
}

unsigned
sl_replay_lists_flags(void *ctx, enum sl_list_kind kind, struct sl_slice key, unsigned bits, unsigned flags)
{
	const struct sl_replay_lists *lists = ctx;

	for (size_t i = 0; i < lists->len; i++)
		if (is_key(&lists->entries[i].key, kind, key, bits))
			flags = lists->entries[i].flags;	/* what is said last counts */
	return flags;
}
