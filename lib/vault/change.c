/* change.c - marking, keeping, deleting, expiring, and moving about: see vault/vault.h */

#include "vault_i.h"

#include <stdlib.h>

/* Past three quarters the file of headers grows, so that a random place is quickly found and says little. */
#define ROOM_NUMERATOR		3u
#define ROOM_DENOMINATOR	4u

struct rewrite {
	struct message	*message;
	struct day_key	*key;		/* NULL: the one it has */
	int		 state;		/* -1: the one it has */
	uint32_t	 slot;		/* the new one */
};

/* Write one message's header anew, into a free slot from `from` on. */
static int
slot_rewrite(struct sl_vault *vault, struct rewrite *w, uint32_t from)
{
	unsigned char slot[HEADER_BYTES];
	struct message *m = w->message;
	struct day_key *key = w->key == NULL ? m->key : w->key;
	struct header h;
	int r = slots_read(&vault->headers, m->slot, 1, slot);

	if (r == 0)
		r = header_read(slot, m->slot, m->key->key, &h);
	if (r != 0)
		return r;
	w->slot = slots_take(&vault->headers, from);
	if (w->slot == BITS_NONE)
		return SL_ERR_NO_SPACE;
	h.generation = m->generation + 1;
	if (w->state >= 0)
		h.state = (unsigned char)w->state;
	header_write(&h, w->slot, vault->head.slot_key, key->link.id, key->key, slot);
	r = slots_write(&vault->headers, w->slot, slot);
	return r == 0 ? 0 : vault_fail(vault, r);
}

/* The new copy is on the disk: it holds. The old one becomes zeros; should a crash undo that, its generation is lower. */
static int
slot_replace(struct sl_vault *vault, const struct rewrite *w)
{
	struct message *m = w->message;
	int r = slots_erase(&vault->headers, m->slot);

	slots_give(&vault->headers, m->slot);
	m->slot = w->slot;
	m->generation++;
	if (w->state >= 0)
		m->state = (unsigned char)w->state;
	if (w->key != NULL)
		message_set_key(m, w->key);
	return r;
}

/* Write all anew, as one: those that were written when one failed are kept. `sync_old`: the old copies must be gone, too. */
static int
rewrite_all(struct sl_vault *vault, struct rewrite *list, size_t len, uint32_t from, bool sync_old)
{
	size_t done = 0;
	int r = 0, r2;

	while (done < len && (r = slot_rewrite(vault, &list[done], from)) == 0)
		done++;
	if (vault->failed)
		return r;
	r2 = slots_sync(&vault->headers);
	for (size_t i = 0; i < done && r2 == 0; i++)
		r2 = slot_replace(vault, &list[i]);
	if (r2 == 0 && sync_old)
		r2 = slots_sync(&vault->headers);
	return r2 != 0 ? vault_fail(vault, r2) : r;
}

/* The file has grown from `old` slots on: each message moves into the new part with the chance that it had been put there. */
static int
spread(struct sl_vault *vault, uint32_t old)
{
	uint32_t all = vault->headers.taken.count, moving = 0;
	struct rewrite *list = sl_xmalloc(SL_MAX(all - old, 1u) * sizeof(*list));
	int r;

	for (struct message *m = id_table_next(&vault->messages, NULL); m != NULL && moving < all - old;
	    m = id_table_next(&vault->messages, m))
		if (bits_random(all) >= old)
			list[moving++] = (struct rewrite){ .message = m, .state = -1 };
	r = rewrite_all(vault, list, moving, old, false);
	vault->stats.moved += moving;
	sl_free(list);
	return r;
}

int
headers_room(struct sl_vault *vault, size_t count)
{
	struct slots *slots = &vault->headers;
	int r = 0;

	/* A file that a crash left with a few slots has no three quarters to speak of. */
	while (r == 0 && (slots->taken.used + count + SLOTS_KEPT > slots->taken.count ||
	    ((uint64_t)slots->taken.used + count) * ROOM_DENOMINATOR > (uint64_t)slots->taken.count * ROOM_NUMERATOR)) {
		uint32_t old = slots->taken.count;
		uint64_t room;

		r = vault->disk->room(vault->disk->ctx, SL_DISK_HEADERS, &room);
		if (r == 0 && room < vault->settings.reserve_bytes + (uint64_t)vault->settings.slots_step * HEADER_BYTES)
			r = SL_ERR_NO_SPACE;
		if (r == 0)
			r = slots_grow(slots, vault->settings.slots_step);
		if (r == 0 && !vault->settings.in_order)
			r = spread(vault, old);
	}
	return r;
}

/* The tenant's messages among `ids`, each once. Returns how many; the caller frees. */
static size_t
messages_find(struct sl_vault *vault, struct sl_slice name, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    struct message ***list_out)
{
	struct tenant *tenant = tenant_find(vault, name);
	struct message **list = sl_xmalloc(SL_MAX(len, (size_t)1) * sizeof(struct message *));
	struct id_table seen = { 0 };
	struct id_link *links = sl_xzalloc(SL_MAX(len, (size_t)1) * sizeof(*links));
	size_t n = 0;

	for (size_t i = 0; i < len && tenant != NULL; i++) {
		struct message *m = message_find(vault, tenant, ids[i]);

		if (m == NULL || id_table_find(&seen, ids[i]) != NULL)
			continue;
		memcpy(links[n].id, ids[i], sizeof(links[n].id));
		id_table_add(&seen, &links[n]);
		list[n++] = m;
	}
	id_table_fini(&seen);
	sl_free(links);
	*list_out = list;
	return n;
}

/* As many at a time as there are free slots: on a full disk, a few. */
static int
change_all(struct sl_vault *vault, struct message **list, size_t len, struct day_key *key, int state, bool sync_old)
{
	struct rewrite *rewrites = sl_xmalloc(SL_MAX(len, (size_t)1) * sizeof(*rewrites));
	size_t n = 0;
	int r;

	for (size_t i = 0; i < len; i++)
		if ((key != NULL && list[i]->key != key) || (state >= 0 && list[i]->state != state))
			rewrites[n++] = (struct rewrite){ list[i], key, state, 0 };
	r = n == 0 ? 0 : headers_room(vault, n);
	if (r == SL_ERR_NO_SPACE && !vault->failed)
		r = 0;
	for (size_t i = 0, chunk; i < n && r == 0; i += chunk) {
		const struct bits *taken = &vault->headers.taken;

		chunk = SL_MIN(n - i, (size_t)SL_MAX(taken->count - taken->used, 1u));
		r = rewrite_all(vault, rewrites + i, chunk, 0, sync_old);
	}
	sl_free(rewrites);
	return r;
}

int
sl_vault_mark(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    enum sl_vault_state state, size_t *count_out)
{
	struct message **list;
	int r;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	if (vault->failed)
		return SL_ERR_SYSTEM;
	*count_out = messages_find(vault, tenant, ids, len, &list);
	r = change_all(vault, list, *count_out, NULL, (int)state, false);
	sl_free(list);
	return r;
}

/* Move those in front that are under a day's key that ends before `day`. Returns how many. */
static size_t
short_lived_first(struct message **list, size_t len, uint32_t day)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (list[i]->key->day < day) {
			struct message *m = list[i];

			list[i] = list[n];
			list[n++] = m;
		}
	return n;
}

static int
release(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    uint32_t until_day, enum sl_vault_state state, size_t *count_out)
{
	struct message **list;
	struct day_key *key;
	size_t shorter;
	int r = 0;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	if (vault->failed)
		return SL_ERR_SYSTEM;
	if (until_day < vault->today)
		return SL_ERR_REFUSED;
	*count_out = messages_find(vault, tenant, ids, len, &list);
	shorter = short_lived_first(list, *count_out, until_day);
	if (shorter > 0) {
		r = day_key_get(vault, list[0]->tenant, until_day, &key);
		if (r == 0 && (r = slots_sync(&vault->keys)) != 0)
			(void)vault_fail(vault, r);
		if (r == 0)
			r = change_all(vault, list, shorter, key, (int)state, true);
	}
	if (r == 0)
		r = change_all(vault, list + shorter, *count_out - shorter, NULL, (int)state, false);
	sl_free(list);
	return r;
}

int
sl_vault_release(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    uint32_t until_day, size_t *count_out)
{
	return release(vault, tenant, ids, len, until_day, SL_VAULT_RELEASING, count_out);
}

int
sl_vault_release_part(struct sl_vault *vault, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES],
    uint32_t until_day, size_t *count_out)
{
	enum sl_vault_state state;
	int r = sl_vault_state(vault, tenant, id, &state);

	*count_out = r == 0;
	if (r != 0 || state == SL_VAULT_RELEASING || state == SL_VAULT_RELEASED)
		return r;
	return release(vault, tenant, (const void *)id, 1, until_day, SL_VAULT_PARTLY, count_out);
}

int
sl_vault_keep(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    uint32_t expiry_day, size_t *count_out)
{
	struct message **list;
	struct day_key *key;
	int r = 0;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	if (vault->failed)
		return SL_ERR_SYSTEM;
	if (expiry_day < vault->today)
		return SL_ERR_REFUSED;
	*count_out = messages_find(vault, tenant, ids, len, &list);
	if (*count_out > 0) {
		r = day_key_get(vault, list[0]->tenant, expiry_day, &key);
		if (r == 0 && (r = slots_sync(&vault->keys)) != 0)
			(void)vault_fail(vault, r);
		/* An old copy under a key that is to live longer must not outlive the message. */
		if (r == 0)
			r = change_all(vault, list, *count_out, key, -1, true);
	}
	sl_free(list);
	return r;
}

/* The headers become zeros, and that is synced; only then the bodies' blocks are free. */
static int
erase_all(struct sl_vault *vault, struct message **list, size_t len)
{
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++)
		r = slots_erase(&vault->headers, list[i]->slot);
	if (r == 0)
		r = slots_sync(&vault->headers);
	if (r != 0)
		return vault_fail(vault, r);
	for (size_t i = 0; i < len; i++) {
		slots_give(&vault->headers, list[i]->slot);
		extents_give(&vault->bodies, list[i]->extents, list[i]->extents_len);
		message_remove(vault, &list[i]);
	}
	extents_return(&vault->bodies);
	return 0;
}

int
sl_vault_delete(struct sl_vault *vault, struct sl_slice tenant, const unsigned char (*ids)[SL_VAULT_ID_BYTES], size_t len,
    size_t *count_out)
{
	struct message **list;
	int r = 0;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	if (vault->failed)
		return SL_ERR_SYSTEM;
	*count_out = messages_find(vault, tenant, ids, len, &list);
	if (*count_out > 0)
		r = erase_all(vault, list, *count_out);
	if (r == 0)
		vault->stats.deleted += *count_out;
	sl_free(list);
	return r;
}

/* First the keys, on the disk, of all days that are over. */
static int
days_destroy(struct sl_vault *vault, uint32_t today, size_t *messages_out)
{
	int r = 0;

	for (struct day_key *key = id_table_next(&vault->day_keys, NULL); key != NULL && r == 0;
	    key = id_table_next(&vault->day_keys, key)) {
		if (key->day >= today)
			continue;
		for (struct message *m = key->newest; m != NULL; m = m->key_older)
			(*messages_out)++;
		if (!key->destroyed)
			r = day_key_destroy(vault, key);
	}
	return r != 0 ? r : slots_sync(&vault->keys);
}

/* Then what they opened, and at last what says that they were there. */
static int
days_clear(struct sl_vault *vault, size_t messages)
{
	struct message **list = sl_xmalloc(SL_MAX(messages, (size_t)1) * sizeof(struct message *));
	struct day_key *key, *next;
	size_t n = 0;
	int r;

	for (key = id_table_next(&vault->day_keys, NULL); key != NULL; key = id_table_next(&vault->day_keys, key))
		for (struct message *m = key->destroyed ? key->newest : NULL; m != NULL; m = m->key_older)
			list[n++] = m;
	SL_ASSERT(n == messages);
	r = erase_all(vault, list, n);
	sl_free(list);
	for (key = id_table_next(&vault->day_keys, NULL); key != NULL && r == 0; key = next) {
		next = id_table_next(&vault->day_keys, key);
		if (key->destroyed)
			r = day_key_forget(vault, &key);
	}
	return r != 0 ? r : slots_sync(&vault->keys);
}

int
sl_vault_expire(struct sl_vault *vault, uint32_t today, size_t *count_out)
{
	int r;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	if (sl_vault_flush(vault) != 0 || vault->failed)
		return SL_ERR_SYSTEM;
	vault->today = SL_MAX(vault->today, today);
	r = days_destroy(vault, today, count_out);
	if (r == 0)
		r = days_clear(vault, *count_out);
	if (r != 0)
		return vault_fail(vault, r);
	vault->stats.expired += *count_out;
	return 0;
}
