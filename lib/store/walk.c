/*
 * walk.c - everything, or a part, in order; what has changed; see walk.h
 *
 * Each kind is one statement with three arguments: the tenants' first and last number, the partner (0: any), and for
 * what lies below domains the first and last number of these. So the plan is the same range scan for all and for one.
 */

#include "store/walk.h"

#include "db_i.h"

/* Which rows belong to a node. */
struct part {
	struct sl_store		*store;
	const struct sl_walk	*walk;
	void			*ctx;
	struct sl_access_path	 at;
	int64_t			 tenant_from, tenant_to, domain_from, domain_to;
};

static void
part_init(struct part *p)
{
	int64_t tenant = p->at.id[SL_LEVEL_TENANT], domain = p->at.id[SL_LEVEL_DOMAIN];

	p->tenant_from = p->at.level >= SL_LEVEL_TENANT ? tenant : 0;
	p->tenant_to = p->at.level >= SL_LEVEL_TENANT ? tenant : INT64_MAX;
	p->domain_from = p->at.level >= SL_LEVEL_DOMAIN ? domain : 0;
	p->domain_to = p->at.level >= SL_LEVEL_DOMAIN ? domain : INT64_MAX;
}

/* Of a partner: rows whose tenant is one of its. */
#define OF_PARTNER(tenant) "(?3 = 0 OR " tenant " IN (SELECT id FROM tenant WHERE partner = ?3))"

static int64_t
partner_of(const struct part *p)
{
	return p->at.level == SL_LEVEL_PARTNER ? p->at.id[SL_LEVEL_PARTNER] : 0;
}

/* Give each row to `row`, until that says otherwise. */
static int
walk_rows(struct part *p, struct db_query *query, int (*row)(struct part *p, const struct db_query *query))
{
	int r;

	while ((r = db_row(query)) == SL_DONE) {
		r = row(p, query);
		if (r != 0)
			break;
	}
	db_end(query);
	return r;
}

/* ---- rows ---- */

static int
partner_row(struct part *p, const struct db_query *q)
{
	struct sl_partner_row row = { db_int(q, 0), db_text(q, 1) };

	return p->walk->partner(p->ctx, &row);
}

static int
tenant_row(struct part *p, const struct db_query *q)
{
	struct sl_tenant_row row = { db_int(q, 0), db_int(q, 1), db_text(q, 2), { (enum sl_tenant_state)db_int(q, 3),
		(enum sl_tenant_users)db_int(q, 4), (unsigned)db_int(q, 5) }, { (enum sl_tenant_in_file)db_int(q, 6),
		(uint64_t)db_int(q, 7), (uint64_t)db_int(q, 8) } };

	return p->walk->tenant(p->ctx, &row);
}

static int
route_row(struct part *p, const struct db_query *q)
{
	struct sl_route_row row = { db_int(q, 0), (unsigned)db_int(q, 1), { db_text(q, 2), (unsigned)db_int(q, 3),
		(enum sl_route_tls)db_int(q, 4) } };

	return p->walk->route(p->ctx, &row);
}

static int
key_row(struct part *p, const struct db_query *q)
{
	struct sl_tenant_key row = { .tenant = { SL_LEVEL_TENANT, db_int(q, 0) }, .id = db_int(q, 1), .wrapped = db_text(q, 3),
		.holder = (enum sl_key_holder)db_int(q, 4), .current = true, .added_at_us = db_int(q, 5) };
	struct sl_slice public_key = db_text(q, 2);

	if (public_key.len != sizeof(row.public_key))
		return db_fail(&p->store->db, SL_ERR_DAMAGED, "key %lld is damaged", (long long)row.id);
	memcpy(row.public_key, public_key.ptr, public_key.len);
	return p->walk->key(p->ctx, &row);
}

static int
domain_row(struct part *p, const struct db_query *q)
{
	struct sl_domain_row row = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_text(q, 3) };

	return p->walk->domain(p->ctx, &row);
}

static int
group_row(struct part *p, const struct db_query *q)
{
	struct sl_group_row row = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_text(q, 3) };

	return p->at.level < SL_LEVEL_GROUP || row.id == p->at.id[SL_LEVEL_GROUP] ? p->walk->group(p->ctx, &row) : 0;
}

static int
user_row(struct part *p, const struct db_query *q)
{
	struct sl_user_row row = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3), db_text(q, 4),
		(enum sl_user_source)db_int(q, 5), db_int(q, 6) };

	if (p->at.level == SL_LEVEL_GROUP && row.group != p->at.id[SL_LEVEL_GROUP])
		return 0;
	return p->at.level < SL_LEVEL_USER || row.id == p->at.id[SL_LEVEL_USER] ? p->walk->user(p->ctx, &row) : 0;
}

/* Lists and layers of a node below a tenant: those of all the tenant are looked through, whose they are asked. */
static bool
hangs_below(struct part *p, struct sl_node node)
{
	struct sl_access_path path;

	if (p->at.level == SL_LEVEL_PARTNER && node.level == SL_LEVEL_PARTNER)
		return node.id == p->at.id[SL_LEVEL_PARTNER];
	if (p->at.level == SL_LEVEL_PARTNER && node.level == SL_LEVEL_OPERATOR)
		return false;
	if (p->at.level <= SL_LEVEL_TENANT)
		return true;
	return sl_store_path(p->store, node, &path) == 0 && sl_access_covers(&p->at, &path);
}

static int
list_row(struct part *p, const struct db_query *q)
{
	struct sl_list_row row = { { (enum sl_level)db_int(q, 1), db_int(q, 2) }, db_int(q, 0), { .value = db_text(q, 3),
		.kind = (enum sl_entry_kind)db_int(q, 4), .type = (enum sl_entry_type)db_int(q, 5),
		.options = (unsigned)db_int(q, 6), .note = db_text(q, 7), .expires_at = db_int(q, 8),
		.added_at = db_int(q, 9), .added_by = db_text(q, 10) } };

	if (row.entry.expires_at > 0 && row.entry.expires_at <= store_now_us(p->store) / 1000000)
		return 0;
	return hangs_below(p, row.node) ? p->walk->list(p->ctx, &row) : 0;
}

static int
layer_row(struct part *p, const struct db_query *q)
{
	struct sl_layer_row row = { { (enum sl_level)db_int(q, 1), db_int(q, 2) }, db_int(q, 0), db_text(q, 3), db_int(q, 4),
		db_text(q, 5) };

	return hangs_below(p, row.node) ? p->walk->layer(p->ctx, &row) : 0;
}

/* ---- kinds ---- */

static int
walk_upper(struct part *p)
{
	struct db_query q;
	int r = 0;

	if (p->walk->partner != NULL && p->at.level <= SL_LEVEL_PARTNER) {
		db_query(&p->store->db, &q, "SELECT id, name FROM partner WHERE ?1 = 0 OR id = ?1 ORDER BY id", "i", partner_of(p));
		r = walk_rows(p, &q, partner_row);
	}
	if (r == 0 && p->walk->tenant != NULL && p->at.level <= SL_LEVEL_TENANT) {
		db_query(&p->store->db, &q, "SELECT id, partner, name, state, users, discover_days, file, file_mark, file_says FROM tenant"
		    " WHERE id BETWEEN ?1 AND ?2 AND (?3 = 0 OR partner = ?3) ORDER BY id", "iii", p->tenant_from, p->tenant_to,
		    partner_of(p));
		r = walk_rows(p, &q, tenant_row);
	}
	if (r == 0 && p->walk->route != NULL && p->at.level <= SL_LEVEL_TENANT) {
		db_query(&p->store->db, &q, "SELECT tenant, place, host, port, tls FROM route WHERE tenant BETWEEN ?1 AND ?2 AND "
		    OF_PARTNER("tenant") " ORDER BY tenant, place", "iii", p->tenant_from, p->tenant_to, partner_of(p));
		r = walk_rows(p, &q, route_row);
	}
	if (r == 0 && p->walk->key != NULL && p->at.level <= SL_LEVEL_TENANT) {
		db_query(&p->store->db, &q, "SELECT tenant, id, public, wrapped, holder, added FROM tenant_key"
		    " WHERE tenant BETWEEN ?1 AND ?2 AND " OF_PARTNER("tenant") " AND current = 1 ORDER BY tenant, id", "iii",
		    p->tenant_from, p->tenant_to, partner_of(p));
		r = walk_rows(p, &q, key_row);
	}
	return r;
}

static int
walk_domains(struct part *p)
{
	struct db_query q;
	int r = 0;

	if (p->walk->domain != NULL && p->at.level <= SL_LEVEL_DOMAIN) {
		db_query(&p->store->db, &q, "SELECT id, tenant, alias_of, name FROM domain WHERE tenant BETWEEN ?1 AND ?2 AND "
		    OF_PARTNER("tenant") " AND id BETWEEN ?4 AND ?5 ORDER BY tenant, id", "iiiii", p->tenant_from, p->tenant_to,
		    partner_of(p), p->domain_from, p->domain_to);
		r = walk_rows(p, &q, domain_row);
	}
	if (r == 0 && p->walk->group != NULL && p->at.level <= SL_LEVEL_GROUP) {
		db_query(&p->store->db, &q, "SELECT g.id, g.domain, d.tenant, g.name FROM domain d CROSS JOIN node_group g"
		    " ON g.domain = d.id WHERE d.tenant BETWEEN ?1 AND ?2 AND " OF_PARTNER("d.tenant")
		    " AND d.id BETWEEN ?4 AND ?5 ORDER BY d.tenant, d.id, g.name", "iiiii", p->tenant_from, p->tenant_to,
		    partner_of(p), p->domain_from, p->domain_to);
		r = walk_rows(p, &q, group_row);
	}
	if (r == 0 && p->walk->user != NULL) {
		db_query(&p->store->db, &q, "SELECT u.id, u.domain, d.tenant, u.in_group, u.local, u.source, u.seen FROM domain d"
		    " CROSS JOIN user u ON u.domain = d.id WHERE d.tenant BETWEEN ?1 AND ?2 AND " OF_PARTNER("d.tenant")
		    " AND d.id BETWEEN ?4 AND ?5 ORDER BY d.tenant, d.id, u.local", "iiiii", p->tenant_from, p->tenant_to,
		    partner_of(p), p->domain_from, p->domain_to);
		r = walk_rows(p, &q, user_row);
	}
	return r;
}

static int
walk_hanging(struct part *p)
{
	int64_t above = partner_of(p) != 0 ? 0 : -1;	/* a partner's own stand under no tenant */
	struct db_query q;
	int r = 0;

	if (p->walk->list != NULL) {
		db_query(&p->store->db, &q, "SELECT tenant, level, node, value, kind, type, options, note, expires, added, added_by"
		    " FROM list WHERE tenant BETWEEN ?1 AND ?2 AND (tenant = ?4 OR " OF_PARTNER("tenant") ")"
		    " ORDER BY tenant, level, node, value", "iiii", p->tenant_from, p->tenant_to, partner_of(p), above);
		r = walk_rows(p, &q, list_row);
	}
	if (r == 0 && p->walk->layer != NULL) {
		/* The newest version of each: max() takes the row along with it. */
		db_query(&p->store->db, &q, "SELECT tenant, level, node, name, max(version), text FROM layer"
		    " WHERE tenant BETWEEN ?1 AND ?2 AND (tenant = ?4 OR " OF_PARTNER("tenant") ")"
		    " GROUP BY tenant, level, node, name ORDER BY tenant, level, node, name", "iiii", p->tenant_from,
		    p->tenant_to, partner_of(p), above);
		r = walk_rows(p, &q, layer_row);
	}
	return r;
}

int
sl_store_walk(struct sl_store *store, const struct sl_walk *walk, void *ctx, struct sl_node node, int64_t *change_out)
{
	struct part part = { .store = store, .walk = walk, .ctx = ctx };
	bool own = sqlite3_get_autocommit(store->db.handle) != 0;	/* a walk within a change sees that change */
	int r;

	SL_CHECK(store, DB_MAGIC);
	store->db.error[0] = '\0';
	r = own ? db_run(&store->db, "BEGIN", "") : 0;
	if (r != 0)
		return r;
	r = sl_store_path(store, node, &part.at);
	part_init(&part);
	if (r == 0 && change_out != NULL)
		r = sl_store_change(store, change_out);
	if (r == 0)
		r = walk_upper(&part);
	if (r == 0)
		r = walk_domains(&part);
	if (r == 0)
		r = walk_hanging(&part);
	if (own)
		sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);	/* nothing was written */
	return r;
}

/* ---- some users ---- */

static int
give_users(struct db_query *q, sl_user_each *each, void *ctx, size_t *len_out)
{
	int r;

	*len_out = 0;
	while ((r = db_row(q)) == SL_DONE) {
		struct sl_user_row row = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3), db_text(q, 4),
			(enum sl_user_source)db_int(q, 5), db_int(q, 6) };

		(*len_out)++;
		r = each(ctx, &row);
		if (r != 0)
			break;
	}
	db_end(q);
	return r;
}

#define USER_COLUMNS "SELECT u.id, u.domain, d.tenant, u.in_group, u.local, u.source, u.seen FROM user u JOIN domain d ON d.id = u.domain"

int
sl_store_user_row(struct sl_store *store, int64_t user, sl_user_each *each, void *ctx)
{
	struct db_query query;
	size_t len;
	int r;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, USER_COLUMNS " WHERE u.id = ?", "i", user);
	r = give_users(&query, each, ctx, &len);
	return r == 0 && len == 0 ? db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no user %lld", (long long)user) : r;
}

int
sl_store_group_users(struct sl_store *store, int64_t group, sl_user_each *each, void *ctx)
{
	struct db_query query;
	size_t len;

	SL_CHECK(store, DB_MAGIC);
	db_query(&store->db, &query, USER_COLUMNS " WHERE u.in_group = ? ORDER BY u.id", "i", group);
	return give_users(&query, each, ctx, &len);
}

int
sl_store_tenant_layers(struct sl_store *store, int64_t tenant, enum sl_level from, enum sl_level to, sl_layer_each *each, void *ctx)
{
	struct db_query q;
	int r;

	SL_CHECK(store, DB_MAGIC);
	/* The newest version of each: max() takes the row along with it. */
	db_query(&store->db, &q, "SELECT tenant, level, node, name, max(version), text FROM layer WHERE tenant = ?1 AND level BETWEEN"
	    " ?2 AND ?3 GROUP BY level, node, name ORDER BY level, node, name", "iii", tenant, (int64_t)from, (int64_t)to);
	while ((r = db_row(&q)) == SL_DONE) {
		struct sl_layer_row row = { { (enum sl_level)db_int(&q, 1), db_int(&q, 2) }, db_int(&q, 0), db_text(&q, 3),
			db_int(&q, 4), db_text(&q, 5) };

		r = each(ctx, &row);
		if (r != 0)
			break;
	}
	db_end(&q);
	return r;
}

/* ---- changes ---- */

int
sl_store_change(struct sl_store *store, int64_t *last_out)
{
	SL_CHECK(store, DB_MAGIC);
	return db_number(&store->db, last_out, "SELECT ifnull(max(number), 0) FROM change", "");
}

int
sl_store_changes(struct sl_store *store, int64_t since, sl_change_each *each, void *ctx)
{
	int64_t oldest, expected = since + 1;
	struct sl_change change;
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	r = db_number(&store->db, &oldest, "SELECT ifnull(min(number), 1) FROM change", "");
	if (r == 0 && expected < oldest)
		return db_fail(&store->db, SL_ERR_NOT_FOUND, "changes from so long ago are no longer kept");
	if (r != 0)
		return r;
	db_query(&store->db, &query, "SELECT number, kinds, level, node, tenant, was FROM change WHERE number > ? ORDER BY number", "i",
	    since);
	while ((r = db_row(&query)) == SL_DONE) {
		change = (struct sl_change){ db_int(&query, 0), (unsigned)db_int(&query, 1), { (enum sl_level)db_int(&query, 2),
			db_int(&query, 3) }, db_int(&query, 4), db_text(&query, 5) };
		r = each(ctx, &change);
		if (r != 0)
			break;
	}
	db_end(&query);
	return r;
}
