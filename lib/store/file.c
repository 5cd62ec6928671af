/* file.c - tenants of the settings file; see file.h */

#include "store/file.h"

#include "db_i.h"
#include "store/tree.h"
#include "store/walk.h"

#define NAME_BYTES_MAX	255	/* as snapshots have it */

static int
target(struct sl_store *store, struct change *change, struct sl_node node, struct sl_buf *name)
{
	int r = sl_store_name(store, node, name);

	change->node = node;
	change->tenant = node.id;
	change->target = sl_buf_slice(name);
	return r;
}

int
sl_store_file_tenant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice name, struct sl_node *tenant_out)
{
	struct change change = { .actor = actor, .verb = "tenant.add", .kinds = SL_CHANGE_TENANT,
		.detail = SL_SLICE_LIT("{\"settings_file\":\"in\"}") };
	struct sl_buf text;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&text, 1024);
	r = name.len == 0 ? db_fail(&store->db, SL_ERR_SYNTAX, "a tenant has a name") :
	    node_text_check(store, name, NAME_BYTES_MAX, "a tenant's name");
	if (r == 0)
		r = db_run(&store->db, "INSERT INTO tenant (partner, name, state, users, discover_days, file) VALUES (NULL, ?, ?, ?, ?, ?)",
		    "siiii", name, (int64_t)SL_TENANT_ON, (int64_t)SL_TENANT_USERS_DISCOVER, (int64_t)SL_DISCOVER_DAYS,
		    (int64_t)SL_TENANT_IN_FILE);
	if (r == SL_ERR_EXISTS)
		r = db_fail(&store->db, r, "there is a tenant %.*s already", SL_SLICE_ARG(name));
	*tenant_out = (struct sl_node){ SL_LEVEL_TENANT, db_last_id(&store->db) };
	if (r == 0)
		r = target(store, &change, *tenant_out, &text);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	return r;
}

int
sl_store_file_get(struct sl_store *store, struct sl_node tenant, struct sl_tenant_file *out)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	db_query(&store->db, &query, "SELECT file, file_mark, file_says FROM tenant WHERE id = ?", "i", tenant.id);
	r = db_row(&query);
	if (r == SL_DONE)
		*out = (struct sl_tenant_file){ (enum sl_tenant_in_file)db_int(&query, 0), (uint64_t)db_int(&query, 1),
			(uint64_t)db_int(&query, 2) };
	db_end(&query);
	return r == SL_DONE ? 0 : r == 0 ? db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no such tenant") : r;
}

int
sl_store_file_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant, const struct sl_tenant_file *file)
{
	static const char *const words[] = { [SL_TENANT_NOT_IN_FILE] = "no", [SL_TENANT_IN_FILE] = "in",
		[SL_TENANT_GONE_FROM_FILE] = "gone" };
	struct change change = { .actor = actor, .verb = "tenant.set", .kinds = SL_CHANGE_TENANT };
	struct sl_buf text, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT && file->in < SL_COUNT(words));
	sl_buf_init(&text, 1024);
	sl_buf_init(&detail, 256);
	r = target(store, &change, tenant, &text);
	if (r == 0)
		r = db_run(&store->db, "UPDATE tenant SET file = ?, file_mark = ?, file_says = ? WHERE id = ?", "iiii",
		    (int64_t)file->in, (int64_t)file->mark, (int64_t)file->says, tenant.id);
	sl_buf_addf(&detail, "{\"settings_file\":\"%s\"}", words[file->in]);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

int
sl_store_domain_owner(struct sl_store *store, struct sl_slice domain, struct sl_node *domain_out, struct sl_node *tenant_out)
{
	struct sl_access_path path;
	int r = sl_store_find(store, SL_LEVEL_DOMAIN, domain, domain_out);

	if (r == 0)
		r = sl_store_path(store, *domain_out, &path);
	if (r == 0)
		*tenant_out = (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] };
	return r;
}

int
sl_store_file_tenants(struct sl_store *store, sl_store_file_each *each, void *ctx)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT id, name FROM tenant WHERE file = ? ORDER BY id", "i", (int64_t)SL_TENANT_IN_FILE);
	while ((r = db_row(&query)) == SL_DONE &&
	    (r = each(ctx, (struct sl_node){ SL_LEVEL_TENANT, db_int(&query, 0) }, db_text(&query, 1))) == 0)
		;
	db_end(&query);
	return r;
}
