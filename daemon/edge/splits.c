/* splits.c - see splits.h */

#include "splits.h"

#include <string.h>

struct slot {
	uint64_t	key;
	uint64_t	until_s;	/* 0: nothing is here */
};

#define SLOTS	(SPLITS_BYTES / sizeof(struct slot))

struct splits {
	struct slot	*slots;
	struct slot	*own;		/* NULL: they are shared */
};

struct splits *
splits_new(void *shared)
{
	struct splits *s = sl_xzalloc(sizeof(*s));

	s->own = shared == NULL ? sl_xzalloc(SPLITS_BYTES) : NULL;
	s->slots = shared != NULL ? shared : s->own;
	return s;
}

void
splits_free(struct splits **splits)
{
	if (*splits == NULL)
		return;
	sl_free((*splits)->own);
	sl_free(*splits);
	*splits = NULL;
}

/* Who guesses a key only has his own mail split: no secret is needed. */
static uint64_t
key_of(const char *client, struct sl_slice sender)
{
	return sl_hash(client, strlen(client)) * 0x9e3779b97f4a7c15u ^ sl_hash_lower(sender);
}

static void
note(struct splits *s, uint64_t key, int64_t now_s)
{
	struct slot *slot = &s->slots[key % SLOTS];

	__atomic_store_n(&slot->key, key, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->until_s, (uint64_t)now_s + SPLITS_SECONDS, __ATOMIC_RELAXED);
}

static bool
has(const struct splits *s, uint64_t key, int64_t now_s)
{
	const struct slot *slot = &s->slots[key % SLOTS];

	return __atomic_load_n(&slot->key, __ATOMIC_RELAXED) == key &&
	    __atomic_load_n(&slot->until_s, __ATOMIC_RELAXED) > (uint64_t)now_s;
}

void
splits_note(struct splits *s, const char *client, struct sl_slice sender, int64_t now_s)
{
	note(s, key_of(client, sender), now_s);
}

bool
splits_has(const struct splits *s, const char *client, struct sl_slice sender, int64_t now_s)
{
	return has(s, key_of(client, sender), now_s);
}

void
splits_note_told(struct splits *s, uint64_t token, int64_t now_s, bool at_any_cost)
{
	const struct slot *slot = &s->slots[token % SLOTS];

	if (has(s, token, now_s) || (!at_any_cost && __atomic_load_n(&slot->until_s, __ATOMIC_RELAXED) > (uint64_t)now_s))
		return;
	note(s, token, now_s);
}

int64_t
splits_told(const struct splits *s, uint64_t token, int64_t now_s)
{
	const struct slot *slot = &s->slots[token % SLOTS];

	return has(s, token, now_s) ? (int64_t)__atomic_load_n(&slot->until_s, __ATOMIC_RELAXED) - SPLITS_SECONDS : 0;
}

void
splits_forget_told(struct splits *s, uint64_t token)
{
	struct slot *slot = &s->slots[token % SLOTS];

	if (__atomic_load_n(&slot->key, __ATOMIC_RELAXED) == token)
		__atomic_store_n(&slot->until_s, 0, __ATOMIC_RELAXED);
}
