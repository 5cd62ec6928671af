/* keys.c - keys of tenants; see keys.h */

#include "store/keys.h"

#include <stdio.h>

#include "db_i.h"
#include "store/walk.h"

static int
wrapped_check(struct sl_store *store, struct sl_slice wrapped)
{
	return wrapped.len > 0 && wrapped.len <= SL_KEY_WRAPPED_MAX ? 0
	    : db_fail(&store->db, SL_ERR_SYNTAX, "a wrapped key has 1 to %d bytes", SL_KEY_WRAPPED_MAX);
}

/* `detail` is for the audit trail: a key's number and holder, nothing of the key. */
static int
key_change_end(struct sl_store *store, struct change *change, int r, int64_t id, enum sl_key_holder holder)
{
	struct sl_buf name;
	char detail[128];

	sl_buf_init(&name, 1024);
	change->node = (struct sl_node){ SL_LEVEL_TENANT, change->tenant };
	change->kinds = SL_CHANGE_KEY;
	if (r == 0)
		r = sl_store_name(store, change->node, &name);
	change->target = sl_buf_slice(&name);
	snprintf(detail, sizeof(detail), "{\"key\":%lld,\"holder\":\"%s\"}", (long long)id, sl_key_holder_word(holder));
	change->detail = sl_slice_str(detail);
	r = change_end(store, r, change);
	sl_buf_fini(&name);
	return r;
}

int
sl_store_key_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
    const struct sl_tenant_key *key, int64_t *id_out)
{
	struct change change = { .actor = actor, .verb = "key.create", .tenant = tenant.id };
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT && key->holder < SL_KEY_HOLDER_COUNT);
	r = wrapped_check(store, key->wrapped);
	if (r == 0)
		r = db_run(&store->db, "UPDATE tenant_key SET current = 0 WHERE tenant = ? AND current = 1", "i", tenant.id);
	if (r == 0) {
		r = db_run(&store->db, "INSERT INTO tenant_key (tenant, public, wrapped, holder, current, added)"
		    " SELECT id, ?2, ?3, ?4, 1, ?5 FROM tenant WHERE id = ?1", "ibbii", tenant.id,
		    sl_slice(key->public_key, SL_KEY_PUBLIC_BYTES), key->wrapped, (int64_t)key->holder, store_now_us(store));
		if (r == 0 && db_changed(&store->db) == 0)
			r = db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no such tenant");
	}
	*id_out = db_last_id(&store->db);
	return key_change_end(store, &change, r, *id_out, key->holder);
}

static int
key_tenant(struct sl_store *store, int64_t id, struct change *change)
{
	int r = db_number(&store->db, &change->tenant, "SELECT tenant FROM tenant_key WHERE id = ?", "i", id);

	return r == SL_ERR_NOT_FOUND ? db_fail(&store->db, r, "there is no such key") : r;
}

int
sl_store_key_rewrap(struct sl_store *store, const struct sl_actor *actor, int64_t id, struct sl_slice wrapped,
    enum sl_key_holder holder)
{
	struct change change = { .actor = actor, .verb = "key.take" };
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(holder < SL_KEY_HOLDER_COUNT);
	r = key_tenant(store, id, &change);
	if (r == 0)
		r = wrapped_check(store, wrapped);
	if (r == 0)
		r = db_run(&store->db, "UPDATE tenant_key SET wrapped = ?, holder = ? WHERE id = ?", "bii", wrapped, (int64_t)holder, id);
	return key_change_end(store, &change, r, id, holder);
}

int
sl_store_key_remove(struct sl_store *store, const struct sl_actor *actor, int64_t id)
{
	struct change change = { .actor = actor, .verb = "key.remove" };
	int64_t holder = 0;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	r = key_tenant(store, id, &change);
	if (r == 0)
		r = db_number(&store->db, &holder, "SELECT holder FROM tenant_key WHERE id = ?", "i", id);
	if (r == 0)
		r = db_run(&store->db, "DELETE FROM tenant_key WHERE id = ? AND current = 0", "i", id);
	if (r == 0 && db_changed(&store->db) == 0)
		r = db_fail(&store->db, SL_ERR_BUSY, "it is the tenant's current key");
	return key_change_end(store, &change, r, id, (enum sl_key_holder)(holder & 1));
}

int
sl_store_keys(struct sl_store *store, struct sl_node tenant, sl_key_each *each, void *ctx)
{
	struct sl_tenant_key key;
	struct db_query query;
	struct sl_slice public_key;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	db_query(&store->db, &query, "SELECT id, public, wrapped, holder, current, added FROM tenant_key WHERE tenant = ?"
	    " ORDER BY id DESC", "i", tenant.id);
	while ((r = db_row(&query)) == SL_DONE) {
		key = (struct sl_tenant_key){ .id = db_int(&query, 0), .tenant = tenant, .wrapped = db_text(&query, 2),
			.holder = (enum sl_key_holder)db_int(&query, 3), .current = db_int(&query, 4) != 0,
			.added_at_us = db_int(&query, 5) };
		public_key = db_text(&query, 1);
		memcpy(key.public_key, public_key.ptr, SL_MIN(public_key.len, sizeof(key.public_key)));
		r = each(ctx, &key);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}
