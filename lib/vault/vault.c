/* vault.c - the vault's life: see vault/vault.h */

#include "vault/vault.h"

#include <sodium.h>

#include "sl/log.h"
#include "vault_i.h"

#define SLOTS_STEP	1024u
#define BODY_MAX_BYTES	((uint64_t)256 << 20)

int
vault_fail(struct sl_vault *vault, int result)
{
	if (!vault->failed)
		sl_log(SL_LOG_ERROR, "the vault takes nothing more: its disk failed (%s)", sl_strerror(result));
	vault->failed = true;
	return result;
}

bool
sl_vault_has_failed(const struct sl_vault *vault)
{
	SL_CHECK(vault, VAULT_MAGIC);
	return vault->failed;
}

int
sl_vault_open(const struct sl_disk *disk, const unsigned char master[SL_VAULT_MASTER_BYTES],
    const struct sl_vault_settings *settings, struct sl_vault **vault_out)
{
	struct sl_vault *vault = sl_xzalloc(sizeof(*vault));
	int r;

	SL_ASSERT(sodium_init() >= 0);
	vault->magic = VAULT_MAGIC;
	vault->disk = disk;
	vault->settings = *settings;
	if (vault->settings.slots_step == 0)
		vault->settings.slots_step = SLOTS_STEP;
	if (vault->settings.body_max_bytes == 0)
		vault->settings.body_max_bytes = BODY_MAX_BYTES;
	memcpy(vault->master, master, sizeof(vault->master));
	vault->waiting_end = &vault->waiting;
	vault->bodies = (struct extents){ .disk = disk, .reserve_bytes = settings->reserve_bytes,
		.step = settings->blocks_step == 0 ? EXTENTS_STEP : settings->blocks_step };
	r = head_open(vault);
	if (r == 0)
		r = tenants_load(vault);
	if (r == 0)
		r = day_keys_load(vault);
	if (r == 0)
		r = extents_open(&vault->bodies);
	if (r == 0)
		r = headers_load(vault);
	if (r != 0)
		sl_vault_close(&vault);
	*vault_out = vault;
	return r;
}

/* Commits that wait end without a word: their `done` belongs to who is going. */
static void
waiting_drop(struct sl_vault *vault)
{
	vault->failed = true;		/* nothing is given back: nothing more is written */
	while (vault->waiting != NULL) {
		struct sl_vault_append *a = vault->waiting;

		vault->waiting = append_next(a);
		sl_vault_append_free(&a);
	}
}

void
sl_vault_close(struct sl_vault **vaultp)
{
	struct sl_vault *vault = *vaultp;
	void *next;

	if (vault == NULL)
		return;
	SL_CHECK(vault, VAULT_MAGIC);
	waiting_drop(vault);
	for (struct message *m = id_table_next(&vault->messages, NULL); m != NULL; m = next) {
		next = id_table_next(&vault->messages, m);
		sl_free(m->extents);
		sl_free(m);
	}
	for (struct day_key *key = id_table_next(&vault->day_keys, NULL); key != NULL; key = next) {
		next = id_table_next(&vault->day_keys, key);
		sl_zero(key, sizeof(*key));
		sl_free(key);
	}
	for (struct tenant *tenant = id_table_next(&vault->tenants, NULL); tenant != NULL; tenant = next) {
		next = id_table_next(&vault->tenants, tenant);
		tenant_free(tenant);
	}
	id_table_fini(&vault->messages);
	id_table_fini(&vault->day_keys);
	id_table_fini(&vault->tenants);
	bits_fini(&vault->headers.taken);
	bits_fini(&vault->keys.taken);
	bits_fini(&vault->pairs.taken);
	bits_fini(&vault->bodies.taken);
	bits_fini(&vault->bodies.holes);
	sl_zero(&vault->head, sizeof(vault->head));
	sl_zero(vault->master, sizeof(vault->master));
	SL_OBJ_FREE(vaultp, VAULT_MAGIC);
}

int
sl_vault_rotate(struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES])
{
	SL_CHECK(vault, VAULT_MAGIC);
	return vault->failed ? SL_ERR_SYSTEM : head_rotate(vault, master);
}

bool
sl_vault_master_is(const struct sl_vault *vault, const unsigned char master[SL_VAULT_MASTER_BYTES])
{
	unsigned char differs = 0;

	SL_CHECK(vault, VAULT_MAGIC);
	for (size_t i = 0; i < SL_VAULT_MASTER_BYTES; i++)
		differs |= (unsigned char)(vault->master[i] ^ master[i]);
	return differs == 0;
}

void
sl_vault_stats(const struct sl_vault *vault, struct sl_vault_stats *stats_out)
{
	SL_CHECK(vault, VAULT_MAGIC);
	*stats_out = vault->stats;
	stats_out->tenants = vault->tenants.count;
	stats_out->day_keys = vault->day_keys.count;
	stats_out->slots = vault->headers.taken.count;
	stats_out->slots_free = vault->headers.taken.count - vault->headers.taken.used;
	stats_out->blocks = vault->bodies.taken.count;
	stats_out->blocks_free = vault->bodies.taken.count - vault->bodies.taken.used;
}
