/*
 * keys.c - the file of keys: the vault's head, twice, and a key for each tenant and day
 *
 * A head, at 0 and at 4,096, one of them in use, the other zeros:
 *	0	8	"SLVAULT1"
 *	8	8	generation: of two that open the higher one holds
 *	16	24	nonce
 *	40	128+16	under the master key: slot key, entry key, service key, name key; the 40 bytes are authenticated with it
 * From 8,192 on, entries of 128 bytes:
 *	0	24	nonce
 *	24	88+16	under the entry key; the entry's number is authenticated with it:
 *		0	1	1: a key; 2: it has been destroyed
 *		4	4	day of expiry	8	16	the key's id	24	16	the tenant's id
 *		56	32	the key; zeros when destroyed
 * An entry that says "destroyed" stays until the header slots under it are erased, so that a crash in between is finished later.
 */

#include "vault_i.h"

#include <sodium.h>

#include "seal/le_i.h"
#include "vault/identity.h"

#define HEAD_BYTES	4096u
#define HEAD_SECRETS	128u
#define HEAD_CLEAR	40u
#define ENTRIES_AT	(2 * HEAD_BYTES)
#define ENTRY_BYTES	128u
#define ENTRY_PLAIN	88u
#define ENTRIES_STEP	512u		/* 64 KiB */
#define ENTRIES_BATCH	512u
#define NONCE_BYTES	24u
#define TAG_BYTES	crypto_aead_xchacha20poly1305_ietf_ABYTES

enum { ENTRY_KEY = 1, ENTRY_DESTROYED = 2 };

_Static_assert(NONCE_BYTES + ENTRY_PLAIN + TAG_BYTES == ENTRY_BYTES, "layout");

static const char head_magic[8] = { 'S', 'L', 'V', 'A', 'U', 'L', 'T', '1' };

/* Read the head at `place`. Returns 0, SL_ERR_NOT_FOUND: none is there, SL_ERR_LOCKED, or an error of the disk. */
static int
head_read(struct sl_vault *vault, uint32_t place, struct head *head_out)
{
	unsigned char bytes[HEAD_CLEAR + HEAD_SECRETS + TAG_BYTES], secrets[HEAD_SECRETS];
	int r = vault->disk->read(vault->disk->ctx, SL_DISK_KEYS, (uint64_t)place * HEAD_BYTES, bytes, sizeof(bytes));

	if (r == SL_ERR_TRUNCATED)
		return SL_ERR_NOT_FOUND;
	if (r != 0)
		return r;
	if (memcmp(bytes, head_magic, sizeof(head_magic)) != 0)
		return SL_ERR_NOT_FOUND;
	head_out->place = place;
	head_out->generation = le_get(bytes + 8, 8);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(secrets, NULL, NULL, bytes + HEAD_CLEAR, HEAD_SECRETS + TAG_BYTES,
	    bytes, HEAD_CLEAR, bytes + 16, vault->master) != 0)
		return SL_ERR_LOCKED;
	memcpy(head_out->slot_key, secrets, 32);
	memcpy(head_out->entry_key, secrets + 32, 32);
	memcpy(head_out->service_key, secrets + 64, 32);
	memcpy(head_out->name_key, secrets + 96, 32);
	sl_zero(secrets, sizeof(secrets));
	return 0;
}

static int
head_write(struct sl_vault *vault, const struct head *head, const unsigned char *master)
{
	unsigned char bytes[HEAD_BYTES] = { 0 }, secrets[HEAD_SECRETS];
	int r;

	memcpy(bytes, head_magic, sizeof(head_magic));
	le_put(bytes + 8, head->generation, 8);
	sl_random(bytes + 16, NONCE_BYTES);
	memcpy(secrets, head->slot_key, 32);
	memcpy(secrets + 32, head->entry_key, 32);
	memcpy(secrets + 64, head->service_key, 32);
	memcpy(secrets + 96, head->name_key, 32);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + HEAD_CLEAR, NULL, secrets, sizeof(secrets), bytes,
	    HEAD_CLEAR, NULL, bytes + 16, master) == 0);
	sl_zero(secrets, sizeof(secrets));
	r = vault->disk->write(vault->disk->ctx, SL_DISK_KEYS, (uint64_t)head->place * HEAD_BYTES, bytes, sizeof(bytes));
	return r != 0 ? r : vault->disk->sync(vault->disk->ctx, SL_DISK_KEYS);
}

static int
head_erase(struct sl_vault *vault, uint32_t place)
{
	static const unsigned char zeros[HEAD_BYTES];
	int r = vault->disk->write(vault->disk->ctx, SL_DISK_KEYS, (uint64_t)place * HEAD_BYTES, zeros, sizeof(zeros));

	return r != 0 ? r : vault->disk->sync(vault->disk->ctx, SL_DISK_KEYS);
}

bool
sl_vault_sizes_unused(const uint64_t bytes[SL_DISK_FILE_COUNT])
{
	return bytes[SL_DISK_HEADERS] == 0 && bytes[SL_DISK_BODIES] == 0 && bytes[SL_DISK_TENANTS] == 0 &&
	    bytes[SL_DISK_KEYS] <= ENTRIES_AT;
}

/* Has anything been stored? Before the head is on the disk nothing is. */
static int
head_new(struct sl_vault *vault)
{
	struct head *head = &vault->head;
	uint64_t bytes[SL_DISK_FILE_COUNT];

	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		int r = vault->disk->size(vault->disk->ctx, (enum sl_disk_file)i, &bytes[i]);

		if (r != 0)
			return r;
	}
	if (!sl_vault_sizes_unused(bytes))
		return SL_ERR_DAMAGED;
	*head = (struct head){ .generation = 1 };
	sl_random(head->slot_key, 32);
	sl_random(head->entry_key, 32);
	sl_random(head->service_key, 32);
	sl_random(head->name_key, 32);
	return head_write(vault, head, vault->master);
}

int
head_open(struct sl_vault *vault)
{
	struct head found[2] = { { 0 }, { 0 } };
	int r[2], use, result;

	for (uint32_t i = 0; i < 2; i++) {
		r[i] = head_read(vault, i, &found[i]);
		if (r[i] != 0 && r[i] != SL_ERR_NOT_FOUND && r[i] != SL_ERR_LOCKED)
			return r[i];
	}
	if (r[0] != 0 && r[1] != 0) {
		result = head_new(vault);
		return result == SL_ERR_DAMAGED && (r[0] == SL_ERR_LOCKED || r[1] == SL_ERR_LOCKED) ? SL_ERR_LOCKED : result;
	}
	use = r[0] != 0 || (r[1] == 0 && found[1].generation > found[0].generation);
	vault->head = found[use];
	/* An older one is what a rotation left when it was cut short. One that is newer and does not open was never used. */
	if (r[!use] != SL_ERR_NOT_FOUND && found[!use].generation < found[use].generation)
		(void)head_erase(vault, (uint32_t)!use);	/* a disk that cannot be written is no reason not to read */
	sl_zero(found, sizeof(found));
	return 0;
}

int
head_rotate(struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES])
{
	struct head next = vault->head;
	int r;

	next.place = !next.place;
	next.generation++;
	r = head_write(vault, &next, master);
	if (r == 0)
		r = head_erase(vault, vault->head.place);
	if (r == 0) {
		vault->head = next;
		memcpy(vault->master, master, sizeof(vault->master));
	}
	sl_zero(&next, sizeof(next));
	return r != 0 ? vault_fail(vault, r) : 0;
}

/* --- days --- */

static void
entry_beside(uint32_t slot, unsigned char out[24])
{
	memcpy(out, "sluice day's key 1..", 20);
	le_put(out + 20, slot, 4);
}

static int
entry_write(struct sl_vault *vault, const struct day_key *key)
{
	unsigned char plain[ENTRY_PLAIN] = { 0 }, entry[ENTRY_BYTES], ad[24];

	plain[0] = key->destroyed ? ENTRY_DESTROYED : ENTRY_KEY;
	le_put(plain + 4, key->day, 4);
	memcpy(plain + 8, key->link.id, 16);
	memcpy(plain + 24, key->tenant->link.id, 16);
	memcpy(plain + 56, key->key, 32);
	sl_random(entry, NONCE_BYTES);
	entry_beside(key->slot, ad);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(entry + NONCE_BYTES, NULL, plain, sizeof(plain), ad, sizeof(ad),
	    NULL, entry, vault->head.entry_key) == 0);
	sl_zero(plain, sizeof(plain));
	return slots_write(&vault->keys, key->slot, entry);
}

static struct day_key *
day_key_add(struct sl_vault *vault, const unsigned char id[16], struct tenant *tenant, uint32_t day, uint32_t slot)
{
	struct day_key *key = sl_xzalloc(sizeof(*key));

	memcpy(key->link.id, id, 16);
	key->tenant = tenant;
	key->day = day;
	key->slot = slot;
	key->next = tenant->keys;
	tenant->keys = key;
	id_table_add(&vault->day_keys, &key->link);
	return key;
}

static void
day_key_drop(struct sl_vault *vault, struct day_key **keyp)
{
	struct day_key *key = *keyp, **k = &key->tenant->keys;

	SL_ASSERT(key->newest == NULL);
	while (*k != key)
		k = &(*k)->next;
	*k = key->next;
	id_table_remove(&vault->day_keys, &key->link);
	sl_zero(key, sizeof(*key));
	sl_free(key);
	*keyp = NULL;
}

int
day_key_get(struct sl_vault *vault, struct tenant *tenant, uint32_t day, struct day_key **key_out)
{
	struct day_key *key = tenant->keys;
	unsigned char id[16];
	uint32_t slot;
	int r;

	while (key != NULL && (key->day != day || key->destroyed))
		key = key->next;
	*key_out = key;
	if (key != NULL)
		return 0;
	slot = slots_take(&vault->keys, 0);
	if (slot == BITS_NONE) {
		r = slots_grow(&vault->keys, ENTRIES_STEP);
		if (r != 0)
			return r;
		slot = slots_take(&vault->keys, 0);
	}
	sl_random(id, sizeof(id));
	key = day_key_add(vault, id, tenant, day, slot);
	sl_random(key->key, sizeof(key->key));
	r = entry_write(vault, key);
	if (r != 0) {
		slots_give(&vault->keys, slot);
		day_key_drop(vault, &key);
	}
	*key_out = key;
	return r;
}

int
day_key_destroy(struct sl_vault *vault, struct day_key *key)
{
	key->destroyed = true;
	sl_zero(key->key, sizeof(key->key));
	return entry_write(vault, key);
}

int
day_key_forget(struct sl_vault *vault, struct day_key **key)
{
	int r = slots_erase(&vault->keys, (*key)->slot);

	slots_give(&vault->keys, (*key)->slot);
	day_key_drop(vault, key);
	return r;
}

/* One entry of the file. What does not open was torn: a new one that nothing is under, or an old one in its destruction. */
static void
entry_load(struct sl_vault *vault, uint32_t slot, const unsigned char *entry)
{
	unsigned char plain[ENTRY_PLAIN], ad[24];
	struct day_key *key;

	if (sodium_is_zero(entry, ENTRY_BYTES))
		return;
	entry_beside(slot, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, entry + NONCE_BYTES, ENTRY_BYTES - NONCE_BYTES, ad,
	    sizeof(ad), entry, vault->head.entry_key) != 0) {
		slots_clean(&vault->keys, slot);
		return;
	}
	bits_set(&vault->keys.taken, slot, true);
	key = day_key_add(vault, plain + 8, tenant_of_id(vault, plain + 24), (uint32_t)le_get(plain + 4, 4), slot);
	key->destroyed = plain[0] != ENTRY_KEY;
	if (!key->destroyed)
		memcpy(key->key, plain + 56, 32);
	sl_zero(plain, sizeof(plain));
}

int
day_keys_load(struct sl_vault *vault)
{
	unsigned char *batch = sl_xmalloc(ENTRIES_BATCH * ENTRY_BYTES);
	int r;

	vault->keys = (struct slots){ .disk = vault->disk, .file = SL_DISK_KEYS, .base = ENTRIES_AT,
		.slot_bytes = ENTRY_BYTES };
	r = slots_open(&vault->keys);
	for (uint32_t at = 0; r == 0 && at < vault->keys.taken.count; at += ENTRIES_BATCH) {
		uint32_t n = SL_MIN(vault->keys.taken.count - at, ENTRIES_BATCH);

		r = slots_read(&vault->keys, at, n, batch);
		for (uint32_t i = 0; r == 0 && i < n; i++)
			entry_load(vault, at + i, batch + i * ENTRY_BYTES);
	}
	sl_zero(batch, ENTRIES_BATCH * ENTRY_BYTES);
	sl_free(batch);
	return r;
}
