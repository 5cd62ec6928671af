/*
 * tenants.c - the file of tenants: their key pairs, wrapped; and what vault.h offers of tenants
 *
 * Slots of 512 bytes:
 *	0	24	nonce
 *	24	472+16	under the vault's entry key; the slot's number is authenticated with it:
 *		0	4	version, 1
 *		4	4	serial: which of the tenant's pairs, the highest is in use
 *		8	4	generation: of two slots for one pair the higher one holds
 *		12	1	length of the name	13	128	name
 *		144	132	the pair, wrapped (seal/box.h)
 */

#include "vault_i.h"

#include <sodium.h>

#include "seal/le_i.h"

#define PAIR_BYTES	512u
#define PAIR_PLAIN	472u
#define PAIRS_STEP	128u		/* 64 KiB */
#define NONCE_BYTES	24u
#define TAG_BYTES	crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(NONCE_BYTES + PAIR_PLAIN + TAG_BYTES == PAIR_BYTES, "layout");

struct pair_entry {
	uint32_t	serial, generation;
	struct sl_slice	name;		/* points into `plain` */
	unsigned char	plain[PAIR_PLAIN];
};

static void
pair_beside(uint32_t slot, unsigned char out[24])
{
	memcpy(out, "sluice tenant 1.....", 20);
	le_put(out + 20, slot, 4);
}

static int
pair_write(struct sl_vault *vault, const struct tenant *tenant, const struct pair *pair)
{
	unsigned char plain[PAIR_PLAIN] = { 0 }, slot[PAIR_BYTES], ad[24];

	le_put(plain, 1, 4);
	le_put(plain + 4, pair->serial, 4);
	le_put(plain + 8, pair->generation, 4);
	plain[12] = (unsigned char)tenant->name.len;
	memcpy(plain + 13, tenant->name.ptr, tenant->name.len);
	memcpy(plain + 144, pair->wrapped, SL_SEAL_WRAPPED_BYTES);
	sl_random(slot, NONCE_BYTES);
	pair_beside(pair->slot, ad);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(slot + NONCE_BYTES, NULL, plain, sizeof(plain), ad, sizeof(ad),
	    NULL, slot, vault->head.entry_key) == 0);
	sl_zero(plain, sizeof(plain));
	return slots_write(&vault->pairs, pair->slot, slot);
}

static bool
pair_read(struct sl_vault *vault, uint32_t slot, const unsigned char *bytes, struct pair_entry *out)
{
	unsigned char ad[24];

	pair_beside(slot, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out->plain, NULL, NULL, bytes + NONCE_BYTES, PAIR_BYTES - NONCE_BYTES,
	    ad, sizeof(ad), bytes, vault->head.entry_key) != 0 || le_get(out->plain, 4) != 1 ||
	    out->plain[12] == 0 || out->plain[12] > SL_SEAL_TENANT_MAX)
		return false;
	out->serial = (uint32_t)le_get(out->plain + 4, 4);
	out->generation = (uint32_t)le_get(out->plain + 8, 4);
	out->name = sl_slice(out->plain + 13, out->plain[12]);
	return true;
}

static void
tenant_id(const struct sl_vault *vault, struct sl_slice name, unsigned char id[16])
{
	SL_ASSERT(crypto_generichash(id, 16, name.ptr, name.len, vault->head.name_key, 32) == 0);
}

struct tenant *
tenant_of_id(struct sl_vault *vault, const unsigned char id[16])
{
	struct tenant *tenant = id_table_find(&vault->tenants, id);

	if (tenant == NULL) {
		tenant = sl_xzalloc(sizeof(*tenant));
		memcpy(tenant->link.id, id, 16);
		id_table_add(&vault->tenants, &tenant->link);
	}
	return tenant;
}

struct tenant *
tenant_find(const struct sl_vault *vault, struct sl_slice name)
{
	unsigned char id[16];
	struct tenant *tenant;

	if (name.len == 0 || name.len > SL_SEAL_TENANT_MAX)
		return NULL;
	tenant_id(vault, name, id);
	tenant = id_table_find(&vault->tenants, id);
	return tenant != NULL && tenant->pairs != NULL ? tenant : NULL;
}

static void
pair_free(struct pair **pair)
{
	sl_zero(*pair, sizeof(**pair));
	sl_free(*pair);
	*pair = NULL;
}

void
tenant_free(struct tenant *tenant)
{
	struct pair *next;

	for (struct pair *p = tenant->pairs; p != NULL; p = next) {
		next = p->next;
		pair_free(&p);
	}
	sl_free((void *)(uintptr_t)tenant->name.ptr);
	sl_free(tenant);
}

const struct sl_seal_pair *
tenant_pair(const struct tenant *tenant, const unsigned char *record)
{
	unsigned char id[SL_SEAL_KEY_ID_BYTES];

	for (const struct pair *p = tenant->pairs; p != NULL; p = p->next) {
		if (!p->open)
			continue;
		sl_seal_key_id(p->keys.public, id);
		if (memcmp(id, record + 1, sizeof(id)) == 0)
			return &p->keys;
	}
	return NULL;
}

bool
tenant_pair_locked(const struct tenant *tenant, const unsigned char *record)
{
	unsigned char id[SL_SEAL_KEY_ID_BYTES];
	struct sl_seal_wrapped head;

	for (const struct pair *p = tenant->pairs; p != NULL; p = p->next) {
		if (p->open || sl_seal_wrapped_read(p->wrapped, &head) != 0)
			continue;
		sl_seal_key_id(head.public, id);
		if (memcmp(id, record + 1, sizeof(id)) == 0)
			return true;
	}
	return false;
}

bool
tenant_locked(const struct tenant *tenant)
{
	for (const struct pair *p = tenant->pairs; p != NULL; p = p->next)
		if (p->open)
			return false;
	return true;
}

/* Open what the service holds. */
static void
pair_open(struct sl_vault *vault, const struct tenant *tenant, struct pair *pair)
{
	struct sl_seal_wrapped head;

	if (sl_seal_wrapped_read(pair->wrapped, &head) == 0 && head.mode == SL_SEAL_SERVICE)
		pair->open = sl_seal_unwrap(pair->wrapped, tenant->name, vault->head.service_key, &pair->keys) == 0;
}

static bool
same_public(const struct pair *pair, const unsigned char *wrapped)
{
	struct sl_seal_wrapped a, b;

	return sl_seal_wrapped_read(pair->wrapped, &a) == 0 && sl_seal_wrapped_read(wrapped, &b) == 0 &&
	    memcmp(a.public, b.public, sizeof(a.public)) == 0;
}

/* Put in, the highest serial first. */
static void
pair_insert(struct tenant *tenant, struct pair *pair)
{
	struct pair **at = &tenant->pairs;

	while (*at != NULL && (*at)->serial > pair->serial)
		at = &(*at)->next;
	pair->next = *at;
	*at = pair;
}

static void
tenant_name(struct sl_vault *vault, struct tenant *tenant, struct sl_slice name)
{
	if (tenant->name.ptr == NULL)
		tenant->name = sl_slice(sl_xmemdup(name.ptr, name.len), name.len);
}

/* One slot at start. Of two for one pair the older goes. */
static void
pair_load(struct sl_vault *vault, uint32_t slot, const struct pair_entry *entry)
{
	unsigned char id[16];
	const unsigned char *wrapped = entry->plain + 144;
	struct tenant *tenant;
	struct pair *pair;

	tenant_id(vault, entry->name, id);
	tenant = tenant_of_id(vault, id);
	tenant_name(vault, tenant, entry->name);
	bits_set(&vault->pairs.taken, slot, true);
	for (pair = tenant->pairs; pair != NULL && !same_public(pair, wrapped);)
		pair = pair->next;
	if (pair != NULL) {
		uint32_t old = entry->generation > pair->generation ? pair->slot : slot;

		slots_clean(&vault->pairs, old);
		slots_give(&vault->pairs, old);
		if (old == slot)
			return;
	} else {
		pair = sl_xzalloc(sizeof(*pair));
		pair->serial = entry->serial;
		pair_insert(tenant, pair);
	}
	pair->slot = slot;
	pair->generation = entry->generation;
	memcpy(pair->wrapped, wrapped, SL_SEAL_WRAPPED_BYTES);
	pair_open(vault, tenant, pair);
}

int
tenants_load(struct sl_vault *vault)
{
	unsigned char bytes[PAIR_BYTES];
	struct pair_entry entry;
	int r;

	vault->pairs = (struct slots){ .disk = vault->disk, .file = SL_DISK_TENANTS, .slot_bytes = PAIR_BYTES };
	r = slots_open(&vault->pairs);
	for (uint32_t i = 0; r == 0 && i < vault->pairs.taken.count; i++) {
		r = slots_read(&vault->pairs, i, 1, bytes);
		if (r == 0 && pair_read(vault, i, bytes, &entry))
			pair_load(vault, i, &entry);
	}
	sl_zero(&entry, sizeof(entry));
	return r;
}

/* Write a pair into a new slot and sync; then the one before becomes zeros, synced too: a passphrase that was changed must
 * not go on opening. On failure the vault may have either. */
static int
pair_save(struct sl_vault *vault, struct tenant *tenant, struct pair *pair, bool replaces)
{
	uint32_t old = pair->slot, slot = slots_take(&vault->pairs, 0);
	int r = 0;

	if (slot == BITS_NONE) {
		r = slots_grow(&vault->pairs, PAIRS_STEP);
		if (r != 0)
			return r;
		slot = slots_take(&vault->pairs, 0);
	}
	pair->slot = slot;
	r = pair_write(vault, tenant, pair);
	if (r == 0)
		r = slots_sync(&vault->pairs);
	if (r == 0 && replaces) {
		r = slots_erase(&vault->pairs, old);
		if (r == 0)
			r = slots_sync(&vault->pairs);
		slots_give(&vault->pairs, old);
	}
	return r == 0 ? 0 : vault_fail(vault, r);
}

/* A pair for a tenant, who may be new. */
static int
pair_put(struct sl_vault *vault, struct sl_slice name, const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES])
{
	unsigned char id[16];
	struct tenant *tenant;
	struct pair *pair;
	bool replaces;
	int r;

	if (vault->failed)
		return SL_ERR_SYSTEM;
	if (name.len == 0 || name.len > SL_SEAL_TENANT_MAX)
		return SL_ERR_SYNTAX;
	tenant_id(vault, name, id);
	tenant = tenant_of_id(vault, id);
	tenant_name(vault, tenant, name);
	for (pair = tenant->pairs; pair != NULL && !same_public(pair, wrapped);)
		pair = pair->next;
	replaces = pair != NULL;
	if (!replaces) {
		pair = sl_xzalloc(sizeof(*pair));
		pair->serial = tenant->pairs == NULL ? 1 : tenant->pairs->serial + 1;
	}
	pair->generation++;
	memcpy(pair->wrapped, wrapped, SL_SEAL_WRAPPED_BYTES);
	r = pair_save(vault, tenant, pair, replaces);
	if (r != 0 && !replaces) {
		pair_free(&pair);
		return r;
	}
	if (!replaces)
		pair_insert(tenant, pair);
	if (r == 0 && !pair->open)
		pair_open(vault, tenant, pair);
	return r;
}

int
sl_vault_tenant_new(struct sl_vault *vault, struct sl_slice tenant, unsigned char public_out[SL_SEAL_KEY_BYTES])
{
	unsigned char wrapped[SL_SEAL_WRAPPED_BYTES];
	struct sl_seal_pair pair;

	SL_CHECK(vault, VAULT_MAGIC);
	if (tenant.len == 0 || tenant.len > SL_SEAL_TENANT_MAX)
		return SL_ERR_SYNTAX;
	sl_seal_pair_new(&pair);
	sl_seal_wrap(&pair, tenant, NULL, vault->head.service_key, wrapped);
	memcpy(public_out, pair.public, sizeof(pair.public));
	sl_zero(&pair, sizeof(pair));
	return pair_put(vault, tenant, wrapped);
}

int
sl_vault_tenant_put(struct sl_vault *vault, struct sl_slice tenant, const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES])
{
	struct sl_seal_wrapped head;
	int r = sl_seal_wrapped_read(wrapped, &head);

	SL_CHECK(vault, VAULT_MAGIC);
	if (r != 0)
		return r;
	return head.mode == SL_SEAL_PASSPHRASE ? pair_put(vault, tenant, wrapped) : SL_ERR_SYNTAX;
}

int
sl_vault_tenant_get(struct sl_vault *vault, struct sl_slice name, struct sl_seal_wrapped *wrapped_out)
{
	struct tenant *tenant;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	return tenant == NULL ? SL_ERR_NOT_FOUND : sl_seal_wrapped_read(tenant->pairs->wrapped, wrapped_out);
}

int
sl_vault_tenant_pair(const struct sl_vault *vault, struct sl_slice name, size_t n, struct sl_seal_wrapped *wrapped_out,
    bool *open_out, size_t *count_out)
{
	const struct tenant *tenant;
	const struct pair *found = NULL;

	SL_CHECK(vault, VAULT_MAGIC);
	*count_out = 0;
	tenant = tenant_find(vault, name);
	for (const struct pair *p = tenant == NULL ? NULL : tenant->pairs; p != NULL; p = p->next)
		if ((*count_out)++ == n)
			found = p;
	if (found == NULL)
		return SL_ERR_NOT_FOUND;
	*open_out = found->open;
	return sl_seal_wrapped_read(found->wrapped, wrapped_out);
}

int
sl_vault_unlock(struct sl_vault *vault, struct sl_slice name, const unsigned char key[SL_SEAL_KEY_BYTES])
{
	struct tenant *tenant;
	int r = SL_ERR_LOCKED;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	for (struct pair *p = tenant->pairs; p != NULL; p = p->next) {
		struct sl_seal_pair keys;

		if (sl_seal_unwrap(p->wrapped, tenant->name, key, &keys) != 0)
			continue;
		p->keys = keys;
		p->open = true;
		r = 0;
		sl_zero(&keys, sizeof(keys));
	}
	return r;
}

void
sl_vault_lock(struct sl_vault *vault, struct sl_slice name)
{
	struct tenant *tenant;
	struct sl_seal_wrapped head;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	for (struct pair *p = tenant == NULL ? NULL : tenant->pairs; p != NULL; p = p->next) {
		if (sl_seal_wrapped_read(p->wrapped, &head) != 0 || head.mode == SL_SEAL_SERVICE)
			continue;
		sl_zero(&p->keys, sizeof(p->keys));
		p->open = false;
	}
}

int
sl_vault_tenant_limits(struct sl_vault *vault, struct sl_slice name, uint64_t messages, uint64_t bytes)
{
	struct tenant *tenant;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	tenant->limit_messages = messages;
	tenant->limit_bytes = bytes;
	return 0;
}

int
sl_vault_tenant_usage(struct sl_vault *vault, struct sl_slice name, struct sl_vault_usage *usage_out)
{
	struct tenant *tenant;

	SL_CHECK(vault, VAULT_MAGIC);
	tenant = tenant_find(vault, name);
	if (tenant == NULL)
		return SL_ERR_NOT_FOUND;
	*usage_out = (struct sl_vault_usage){ tenant->messages, tenant->blocks * EXTENT_BLOCK };
	return 0;
}
