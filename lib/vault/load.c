/* load.c - what the header slots say, at start: see vault_i.h */

#include "vault_i.h"

#include <stdlib.h>

#define BATCH	64u		/* slots read at once: 256 KiB */

struct brief {			/* a header without its record: a million of them are held at once */
	unsigned char	id[SL_VAULT_ID_BYTES];
	int64_t		received_us;
	uint64_t	token;
	struct day_key	*key;
	struct extent	*extents;
	uint32_t	slot, generation, blocks;
	unsigned char	state, extents_len;
};

struct loading {
	struct sl_vault	*vault;
	struct brief	*briefs;
	size_t		 len, size;
	uint32_t	*gone;		/* slots of days that are over, and older copies */
	size_t		 gone_len, gone_size;
};

static void
gone_add(struct loading *l, uint32_t slot)
{
	if (l->gone_len == l->gone_size) {
		l->gone_size = SL_MAX(l->gone_size * 2, (size_t)64);
		l->gone = sl_xrealloc(l->gone, l->gone_size * sizeof(*l->gone));
	}
	l->gone[l->gone_len++] = slot;
}

static void
brief_add(struct loading *l, const struct header *h, uint32_t slot, struct day_key *key)
{
	if (l->len == l->size) {
		l->size = SL_MAX(l->size * 2, (size_t)64);
		l->briefs = sl_xrealloc(l->briefs, l->size * sizeof(*l->briefs));
	}
	l->briefs[l->len] = (struct brief){ .received_us = h->received_us, .token = h->token, .key = key, .slot = slot,
		.generation = h->generation, .blocks = (uint32_t)(h->sealed_bytes / EXTENT_BLOCK), .state = h->state,
		.extents_len = (unsigned char)h->extents_len,
		.extents = sl_xmemdup(h->extents, h->extents_len * sizeof(*h->extents)) };
	memcpy(l->briefs[l->len++].id, h->id, SL_VAULT_ID_BYTES);
}

static void
slot_load(struct loading *l, uint32_t slot, const unsigned char *bytes, struct header *h)
{
	struct sl_vault *vault = l->vault;
	unsigned char id[HEADER_KEY_ID_BYTES];
	struct day_key *key;

	if (header_free(bytes))
		return;
	header_key_id(bytes, vault->head.slot_key, id);
	key = id_table_find(&vault->day_keys, id);
	if (key != NULL && key->destroyed) {
		vault->stats.expired_late++;
		gone_add(l, slot);
	} else if (key == NULL || header_read(bytes, slot, key->key, h) != 0) {
		vault->stats.torn++;	/* nobody was promised it; its slot is free */
	} else {
		brief_add(l, h, slot, key);
	}
}

static int
slots_scan(struct loading *l)
{
	struct slots *slots = &l->vault->headers;
	unsigned char *batch = sl_xmalloc(BATCH * HEADER_BYTES);
	struct header *h = sl_xmalloc(sizeof(*h));
	int r = 0;

	for (uint32_t at = 0; r == 0 && at < slots->taken.count; at += BATCH) {
		uint32_t n = SL_MIN(slots->taken.count - at, BATCH);

		r = slots_read(slots, at, n, batch);
		for (uint32_t i = 0; r == 0 && i < n; i++)
			slot_load(l, at + i, batch + (size_t)i * HEADER_BYTES, h);
	}
	sl_free(h);
	sl_free(batch);
	return r;
}

/* Those of one message together, the newest copy first. */
static int
by_id(const void *a, const void *b)
{
	const struct brief *x = a, *y = b;
	int order = memcmp(x->id, y->id, sizeof(x->id));

	if (order != 0)
		return order;
	return x->generation > y->generation ? -1 : x->generation < y->generation;
}

static int
by_time(const void *a, const void *b)
{
	const struct brief *x = a, *y = b;

	return x->received_us < y->received_us ? -1 : x->received_us > y->received_us;
}

static void
doubles_drop(struct loading *l)
{
	size_t kept = 0;

	if (l->len > 0)
		qsort(l->briefs, l->len, sizeof(*l->briefs), by_id);
	for (size_t i = 0; i < l->len; i++) {
		if (kept > 0 && memcmp(l->briefs[i].id, l->briefs[kept - 1].id, SL_VAULT_ID_BYTES) == 0) {
			l->vault->stats.doubled++;
			gone_add(l, l->briefs[i].slot);
			sl_free(l->briefs[i].extents);
		} else {
			l->briefs[kept++] = l->briefs[i];
		}
	}
	l->len = kept;
}

static void
briefs_enter(struct loading *l)
{
	struct sl_vault *vault = l->vault;
	struct header *h = sl_xzalloc(sizeof(*h));

	if (l->len > 0)
		qsort(l->briefs, l->len, sizeof(*l->briefs), by_time);
	for (size_t i = 0; i < l->len; i++) {
		const struct brief *b = &l->briefs[i];

		bits_set(&vault->headers.taken, b->slot, true);
		if (!extents_claim(&vault->bodies, b->extents, b->extents_len)) {
			vault->stats.damaged++;	/* its slot stays taken, for who may want to look */
			sl_free(b->extents);
			continue;
		}
		memcpy(h->id, b->id, SL_VAULT_ID_BYTES);
		h->received_us = b->received_us;
		h->token = b->token;
		h->state = b->state;
		h->generation = b->generation;
		h->sealed_bytes = (uint64_t)b->blocks * EXTENT_BLOCK;
		h->extents_len = b->extents_len;
		memcpy(h->extents, b->extents, b->extents_len * sizeof(*b->extents));
		(void)message_add(vault, h, b->slot, b->key);
		sl_free(b->extents);
	}
	sl_free(h);
}

/* Finish what a crash cut short: older copies, and what lies under keys that are gone. A disk that cannot be written is no
 * reason not to read. */
static void
gone_erase(struct loading *l)
{
	struct sl_vault *vault = l->vault;
	struct day_key *key = id_table_next(&vault->day_keys, NULL);
	int r = 0;

	for (size_t i = 0; i < l->gone_len && r == 0; i++)
		r = slots_erase(&vault->headers, l->gone[i]);
	if (r == 0)
		r = slots_sync(&vault->headers);
	while (key != NULL && r == 0) {
		struct day_key *next = id_table_next(&vault->day_keys, key);

		if (key->destroyed)
			r = day_key_forget(vault, &key);
		key = next;
	}
	if (r == 0)
		r = slots_sync(&vault->keys);
	if (r == 0)
		r = slots_sync(&vault->pairs);
}

int
headers_load(struct sl_vault *vault)
{
	struct loading l = { .vault = vault };
	int r;

	vault->headers = (struct slots){ .disk = vault->disk, .file = SL_DISK_HEADERS, .slot_bytes = HEADER_BYTES,
		.in_order = vault->settings.in_order };
	r = slots_open(&vault->headers);
	if (r == 0)
		r = slots_scan(&l);
	if (r == 0) {
		doubles_drop(&l);
		briefs_enter(&l);
		gone_erase(&l);
	} else {
		for (size_t i = 0; i < l.len; i++)
			sl_free(l.briefs[i].extents);
	}
	sl_free(l.briefs);
	sl_free(l.gone);
	return r;
}
