/* append.c - adding: the body as it comes, its header when many are written at once; see vault/vault.h */

#include "vault_i.h"

#define APPEND_MAGIC	0x7a01a99du
#define FIRST_BLOCKS	16u		/* of a body whose size is not known; each further run is as long as all before */

struct sl_vault_append {
	unsigned		 magic;
	struct sl_vault		*vault;
	struct tenant		*tenant;
	struct sl_vault_append	*next;		/* that waits */
	uint64_t		 hint_bytes;
	uint64_t		 room_bytes;	/* of the extents */
	int			 result;
	uint32_t		 day, slot;
	struct day_key		*key;
	sl_vault_done		*done;
	void			*ctx;
	struct header		 header;	/* its sealed_bytes: what has been written */
};

int
sl_vault_append_new(struct sl_vault *vault, struct sl_slice name, uint64_t hint_bytes,
    struct sl_vault_append **append_out)
{
	struct sl_vault_append *a;
	struct tenant *tenant;

	SL_CHECK(vault, VAULT_MAGIC);
	*append_out = NULL;
	if (vault->failed)
		return SL_ERR_SYSTEM;
	tenant = tenant_find(vault, name);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	if (tenant->limit_messages != 0 && tenant->messages + tenant->adding_messages >= tenant->limit_messages)
		return SL_ERR_QUOTA;
	a = sl_xzalloc(sizeof(*a));
	a->magic = APPEND_MAGIC;
	a->vault = vault;
	a->tenant = tenant;
	a->hint_bytes = hint_bytes;
	sl_random(a->header.id, sizeof(a->header.id));
	tenant->adding_messages++;
	*append_out = a;
	return 0;
}

struct sl_vault_append *
append_next(const struct sl_vault_append *append)
{
	SL_CHECK(append, APPEND_MAGIC);
	return append->next;
}

/* Its end, whatever it was. `give`: the extents are nobody's. */
static void
append_end(struct sl_vault_append **append, bool give)
{
	struct sl_vault_append *a = *append;

	a->tenant->adding_messages--;
	a->tenant->adding_bytes -= a->header.sealed_bytes;
	if (give && !a->vault->failed)
		extents_give(&a->vault->bodies, a->header.extents, a->header.extents_len);
	sl_zero(&a->header, sizeof(a->header));
	SL_OBJ_FREE(append, APPEND_MAGIC);
}

void
sl_vault_append_free(struct sl_vault_append **append)
{
	if (*append != NULL) {
		SL_CHECK(*append, APPEND_MAGIC);
		append_end(append, true);
	}
}

/* Another run of blocks. */
static int
append_room(struct sl_vault_append *a)
{
	struct header *h = &a->header;
	uint64_t have = a->room_bytes / EXTENT_BLOCK;
	uint64_t want = SL_MAX(have, (uint64_t)FIRST_BLOCKS);
	int r;

	if (h->extents_len == EXTENTS_MAX)
		return SL_ERR_NO_SPACE;
	if (a->hint_bytes > a->room_bytes)
		want = (a->hint_bytes - a->room_bytes + EXTENT_BLOCK - 1) / EXTENT_BLOCK;
	r = extents_take(&a->vault->bodies, (uint32_t)SL_MIN(want, (uint64_t)1 << 20), &h->extents[h->extents_len]);
	if (r == 0)
		a->room_bytes += (uint64_t)h->extents[h->extents_len++].count * EXTENT_BLOCK;
	return r;
}

static int
append_check(struct sl_vault_append *a, size_t len)
{
	const struct tenant *t = a->tenant;
	uint64_t bytes = t->blocks * EXTENT_BLOCK + t->adding_bytes;

	if (a->vault->failed)
		return SL_ERR_SYSTEM;
	if (len > a->vault->settings.body_max_bytes - a->header.sealed_bytes)
		return SL_ERR_TOO_LONG;
	return t->limit_bytes != 0 && bytes + len > t->limit_bytes ? SL_ERR_QUOTA : 0;
}

int
sl_vault_append_feed(struct sl_vault_append *append, struct sl_slice bytes)
{
	struct header *h = &append->header;
	int r;

	SL_CHECK(append, APPEND_MAGIC);
	SL_ASSERT(append->result == 0);
	r = append_check(append, bytes.len);
	while (r == 0 && bytes.len > 0) {
		size_t n = (size_t)SL_MIN((uint64_t)bytes.len, append->room_bytes - h->sealed_bytes);

		if (n == 0) {
			r = append_room(append);
			continue;
		}
		r = extents_write(&append->vault->bodies, h->extents, h->extents_len, h->sealed_bytes, bytes.ptr, n);
		if (r != 0)
			break;
		h->sealed_bytes += n;
		append->tenant->adding_bytes += n;
		bytes = sl_slice_from(bytes, n);
	}
	append->result = r;
	return r;
}

void
sl_vault_append_token(struct sl_vault_append *append, uint64_t token)
{
	SL_CHECK(append, APPEND_MAGIC);
	append->header.token = token;
}

/* Give back the blocks behind the body's end. */
static void
append_trim(struct sl_vault_append *a)
{
	struct header *h = &a->header;
	uint64_t blocks = h->sealed_bytes / EXTENT_BLOCK;

	for (size_t i = 0; i < h->extents_len; i++) {
		struct extent *e = &h->extents[i], behind;

		if (blocks >= e->count) {
			blocks -= e->count;
			continue;
		}
		behind = (struct extent){ e->start + (uint32_t)blocks, e->count - (uint32_t)blocks };
		extents_give(&a->vault->bodies, &behind, 1);
		e->count = (uint32_t)blocks;
		blocks = 0;
	}
	while (h->extents_len > 0 && h->extents[h->extents_len - 1].count == 0)
		h->extents_len--;
}

int
sl_vault_append_commit(struct sl_vault_append **append, const unsigned char record[SL_SEAL_RECORD_BYTES],
    int64_t received_us, uint32_t expiry_day, sl_vault_done *done, void *ctx)
{
	struct sl_vault_append *a = *append;
	uint64_t bytes = a->header.sealed_bytes;

	SL_CHECK(a, APPEND_MAGIC);
	SL_ASSERT(a->result == 0);
	*append = NULL;
	/* Whoever sends other sizes does not pad: that would show in the store. */
	if (a->vault->failed || bytes < SL_SEAL_BODY_MIN || sl_seal_bucket(bytes) != bytes || expiry_day < a->vault->today) {
		int r = a->vault->failed ? SL_ERR_SYSTEM : expiry_day < a->vault->today ? SL_ERR_REFUSED : SL_ERR_SYNTAX;

		append_end(&a, true);
		return r;
	}
	append_trim(a);
	memcpy(a->header.record, record, SL_SEAL_RECORD_BYTES);
	a->header.received_us = received_us;
	a->header.state = SL_VAULT_HELD;
	a->day = expiry_day;
	a->done = done;
	a->ctx = ctx;
	*a->vault->waiting_end = a;
	a->vault->waiting_end = &a->next;
	return 0;
}

bool
sl_vault_waits(const struct sl_vault *vault)
{
	SL_CHECK(vault, VAULT_MAGIC);
	return vault->waiting != NULL;
}

/* Write the headers of those whose keys and bodies are on the disk. A slot that cannot be written may still come to be
 * there: then nobody knows what is on the disk. */
static int
slots_fill(struct sl_vault *vault, struct sl_vault_append *list)
{
	unsigned char slot[HEADER_BYTES];
	int r = 0;

	for (struct sl_vault_append *a = list; a != NULL && r == 0; a = a->next) {
		if (a->result != 0)
			continue;
		a->slot = BITS_NONE;
		if (vault->headers.taken.count - vault->headers.taken.used > SLOTS_KEPT)
			a->slot = slots_take(&vault->headers, 0);
		if (a->slot == BITS_NONE) {
			a->result = SL_ERR_NO_SPACE;
			continue;
		}
		header_write(&a->header, a->slot, vault->head.slot_key, a->key->link.id, a->key->key, slot);
		r = slots_write(&vault->headers, a->slot, slot);
	}
	return r != 0 ? r : slots_sync(&vault->headers);
}

static int
list_write(struct sl_vault *vault, struct sl_vault_append *list)
{
	size_t count = 0;
	int r;

	for (struct sl_vault_append *a = list; a != NULL; a = a->next)
		count++;
	r = headers_room(vault, count);
	if (r != 0 && vault->failed)
		return r;		/* else: there may be free ones yet */
	for (struct sl_vault_append *a = list; a != NULL; a = a->next)
		a->result = day_key_get(vault, a->tenant, a->day, &a->key);
	r = slots_sync(&vault->keys);
	if (r == 0)
		r = extents_sync(&vault->bodies);
	if (r == 0)
		r = slots_fill(vault, list);
	return r != 0 ? vault_fail(vault, r) : 0;
}

int
sl_vault_flush(struct sl_vault *vault)
{
	struct sl_vault_append *list, *next;
	int r;

	SL_CHECK(vault, VAULT_MAGIC);
	list = vault->waiting;
	if (list == NULL)
		return 0;
	vault->waiting = NULL;
	vault->waiting_end = &vault->waiting;
	r = vault->failed ? SL_ERR_SYSTEM : list_write(vault, list);
	vault->stats.flushes++;
	for (struct sl_vault_append *a = list; a != NULL; a = next) {
		unsigned char id[SL_VAULT_ID_BYTES];
		int result = r != 0 ? r : a->result;
		sl_vault_done *done = a->done;
		void *ctx = a->ctx;

		next = a->next;
		memcpy(id, a->header.id, sizeof(id));
		if (result == 0) {	/* here the vault has taken over: it is on the disk */
			(void)message_add(vault, &a->header, a->slot, a->key);
			vault->stats.added++;
		}
		append_end(&a, result != 0);
		done(ctx, result, id);
	}
	return r;
}
