/* grants.c - roles of accounts; see grants.h */

#include "store/grants.h"

#include "db_i.h"

#define ACCOUNT_MAX	254

/* What a change of grants begins with. */
static int
grant_begin(struct sl_store *store, struct sl_slice account, enum sl_role role, struct sl_node node,
    struct change *change, struct sl_buf *name, struct sl_buf *detail)
{
	int r;

	SL_ASSERT(role < SL_ROLE_COUNT && node.level < SL_LEVELS_COUNT);
	change->node = node;
	if (account.len == 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "an account has a name");
	if ((r = node_text_check(store, account, ACCOUNT_MAX, "the account")) != 0 ||
	    (r = node_tenant(store, node, &change->tenant)) != 0 || (r = sl_store_name(store, node, name)) != 0)
		return r;
	change->target = sl_buf_slice(name);
	sl_buf_addf(detail, "{\"role\":\"%s\",\"account\":", sl_role_word(role));
	sl_buf_add_json(detail, account);
	sl_buf_add_str(detail, "}");
	change->detail = sl_buf_slice(detail);
	return 0;
}

static int
grant_insert(struct sl_store *store, const struct sl_actor *actor, struct sl_slice account, enum sl_role role,
    struct sl_node node, int64_t tenant)
{
	int64_t count;
	int r;

	if ((sl_role_levels(role) & 1u << node.level) == 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "the role %s is not given at a %s", sl_role_word(role),
		    sl_level_word(node.level));
	r = db_number(&store->db, &count, "SELECT count(*) FROM access WHERE account = ?", "s", account);
	if (r == 0 && count >= SL_GRANTS_MAX)
		return db_fail(&store->db, SL_ERR_FULL, "an account has at most %d roles", SL_GRANTS_MAX);
	if (r == 0)
		r = db_run(&store->db, "INSERT INTO access (account, role, level, node, tenant, added, added_by)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)", "siiiiis", account, (int64_t)role, (int64_t)node.level, node.id, tenant,
		    store_now_us(store), actor->account);
	return r == SL_ERR_EXISTS ? db_fail(&store->db, r, "the account has that role there already") : r;
}

int
sl_store_grant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice account, enum sl_role role,
    struct sl_node node)
{
	struct change change = { .actor = actor, .verb = "grant.add" };
	struct sl_buf name, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	sl_buf_init(&detail, 4096);
	r = grant_begin(store, account, role, node, &change, &name, &detail);
	if (r == 0)
		r = grant_insert(store, actor, account, role, node, change.tenant);
	r = change_end(store, r, &change);
	sl_buf_fini(&name);
	sl_buf_fini(&detail);
	return r;
}

int
sl_store_grant_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_slice account, enum sl_role role,
    struct sl_node node)
{
	struct change change = { .actor = actor, .verb = "grant.remove" };
	struct sl_buf name, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	sl_buf_init(&detail, 4096);
	r = grant_begin(store, account, role, node, &change, &name, &detail);
	if (r == 0)
		r = db_run(&store->db, "DELETE FROM access WHERE account = ? AND role = ? AND level = ? AND node = ?", "siii", account,
		    (int64_t)role, (int64_t)node.level, node.id);
	if (r == 0 && db_changed(&store->db) == 0)
		r = db_fail(&store->db, SL_ERR_NOT_FOUND, "the account has no such role there");
	r = change_end(store, r, &change);
	sl_buf_fini(&name);
	sl_buf_fini(&detail);
	return r;
}

/* ---- reading ---- */

int
sl_store_grants_of(struct sl_store *store, struct sl_slice account, struct sl_access_grant grants[SL_GRANTS_MAX],
    size_t *len_out)
{
	struct db_query query;
	size_t len = 0;
	int r;

	SL_CHECK(store, DB_MAGIC);
	*len_out = 0;
	db_query(&store->db, &query, "SELECT role, level, node FROM access WHERE account = ? ORDER BY role, level, node", "s", account);
	while ((r = db_row(&query)) == SL_DONE && len < SL_GRANTS_MAX) {
		struct sl_node node = { (enum sl_level)db_int(&query, 1), db_int(&query, 2) };

		grants[len].role = (enum sl_role)db_int(&query, 0);
		if (grants[len].role >= SL_ROLE_COUNT || node.level >= SL_LEVELS_COUNT)
			continue;		/* of a later program: counts for nothing here */
		r = sl_store_path(store, node, &grants[len].at);
		if (r != 0 && r != SL_ERR_NOT_FOUND)
			break;
		len += r == 0;
	}
	db_end(&query);
	*len_out = r < 0 && r != SL_ERR_NOT_FOUND ? 0 : len;
	return r < 0 && r != SL_ERR_NOT_FOUND ? r : 0;
}

int
sl_store_grant_request(struct sl_store *store, struct sl_slice asker, struct sl_slice account, enum sl_role role,
    struct sl_node node, struct sl_access_path *path, struct sl_access_request *request)
{
	int64_t held = 0, others = 0;
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	if ((r = sl_store_path(store, node, path)) != 0 || (r = db_number(&store->db, &others, "SELECT count(*) FROM access WHERE"
	    " level = ? AND node = ? AND role = ?", "iii", (int64_t)node.level, node.id, (int64_t)role)) != 0)
		return r;
	db_query(&store->db, &query, "SELECT DISTINCT role FROM access WHERE account = ?", "s", account);
	while ((r = db_row(&query)) == SL_DONE)
		held |= 1 << db_int(&query, 0);
	db_end(&query);
	*request = (struct sl_access_request){ .role = role, .at = path, .to_oneself = sl_slice_eq(asker, account),
		.is_first = others == 0, .holds = (unsigned)held };
	return r;
}

int
sl_store_grants_at(struct sl_store *store, struct sl_node node, sl_grant_each *each, void *ctx)
{
	struct sl_grant_row row;
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, "SELECT account, role, added, added_by FROM access WHERE level = ? AND node = ?"
	    " ORDER BY account, role", "ii", (int64_t)node.level, node.id);
	while ((r = db_row(&query)) == SL_DONE) {
		row = (struct sl_grant_row){ db_text(&query, 0), (enum sl_role)db_int(&query, 1), node, db_int(&query, 2),
			db_text(&query, 3) };
		r = row.role < SL_ROLE_COUNT ? each(ctx, &row) : 0;
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}
