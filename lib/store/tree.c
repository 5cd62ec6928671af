/* tree.c - partners, tenants, routes, domains, groups; removing nodes; see tree.h */

#include "store/tree.h"

#include <arpa/inet.h>

#include "db_i.h"
#include "smtp/address.h"
#include "store/walk.h"

#define NAME_MAX_TEXT	(DOMAIN_MAX + LOCAL_MAX + 32)

/* What a change was done to, by name; kept in `name` until change_end. */
static int
target(struct sl_store *store, struct change *change, struct sl_node node, struct sl_buf *name)
{
	int r;

	change->node = node;
	sl_buf_reset(name);
	r = node_tenant(store, node, &change->tenant);
	if (r == 0)
		r = sl_store_name(store, node, name);
	change->target = sl_buf_slice(name);
	return r;
}

static int
exists(struct sl_store *store, int r, const char *what, const char *name)
{
	return r == SL_ERR_EXISTS ? db_fail(&store->db, r, "there is a %s %s already", what, name) : r;
}

/* ---- partners and tenants ---- */

int
sl_store_partner_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice name,
    struct sl_node *partner_out)
{
	struct change change = { .actor = actor, .verb = "partner.add", .kinds = SL_CHANGE_PARTNER };
	char normal[SL_NAME_MAX + 1];
	struct sl_buf text;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&text, NAME_MAX_TEXT);
	r = node_name_check(store, name, "partner", normal);
	if (r == 0)
		r = exists(store, db_run(&store->db, "INSERT INTO partner (name) VALUES (?)", "s", sl_slice_str(normal)),
		    "partner", normal);
	*partner_out = (struct sl_node){ SL_LEVEL_PARTNER, db_last_id(&store->db) };
	if (r == 0)
		r = target(store, &change, *partner_out, &text);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	return r;
}

int
sl_store_tenant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node above, struct sl_slice name,
    struct sl_node *tenant_out)
{
	struct change change = { .actor = actor, .verb = "tenant.add", .kinds = SL_CHANGE_TENANT };
	struct sl_tenant_settings s = SL_TENANT_SETTINGS_DEFAULT;
	char normal[DOMAIN_MAX + 1];
	struct sl_access_path path;
	struct sl_buf text;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(above.level == SL_LEVEL_OPERATOR || above.level == SL_LEVEL_PARTNER);
	sl_buf_init(&text, NAME_MAX_TEXT);
	r = sl_store_path(store, above, &path);
	if (r == 0)
		r = node_domain_check(store, name, normal);
	if (r == 0)
		r = exists(store, db_run(&store->db, "INSERT INTO tenant (partner, name, state, users, discover_days)"
		    " VALUES (?, ?, ?, ?, ?)", "nsiii", above.id, sl_slice_str(normal), (int64_t)s.state,
		    (int64_t)s.users, (int64_t)s.discover_days), "tenant", normal);
	*tenant_out = (struct sl_node){ SL_LEVEL_TENANT, db_last_id(&store->db) };
	if (r == 0)
		r = target(store, &change, *tenant_out, &text);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	return r;
}

int
sl_store_tenant_get(struct sl_store *store, struct sl_node tenant, struct sl_tenant_settings *out)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	db_query(&store->db, &query, "SELECT state, users, discover_days FROM tenant WHERE id = ?", "i", tenant.id);
	r = db_row(&query);
	if (r == SL_DONE)
		*out = (struct sl_tenant_settings){ (enum sl_tenant_state)db_int(&query, 0),
			(enum sl_tenant_users)db_int(&query, 1), (unsigned)db_int(&query, 2) };
	db_end(&query);
	return r == SL_DONE ? 0 : r == 0 ? db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no such tenant") : r;
}

int
sl_store_tenant_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
    const struct sl_tenant_settings *s)
{
	struct change change = { .actor = actor, .verb = "tenant.set", .kinds = SL_CHANGE_TENANT };
	struct sl_buf text, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT && s->state < SL_TENANT_STATE_COUNT && s->users < SL_TENANT_USERS_COUNT);
	sl_buf_init(&text, NAME_MAX_TEXT);
	sl_buf_init(&detail, 256);
	r = target(store, &change, tenant, &text);
	if (r == 0 && (s->discover_days < 1 || s->discover_days > 3650))
		r = db_fail(&store->db, SL_ERR_SYNTAX, "users are found within 1 to 3650 days");
	if (r == 0)
		r = db_run(&store->db, "UPDATE tenant SET state = ?, users = ?, discover_days = ? WHERE id = ?", "iiii",
		    (int64_t)s->state, (int64_t)s->users, (int64_t)s->discover_days, tenant.id);
	sl_buf_addf(&detail, "{\"state\":\"%s\",\"users\":\"%s\",\"discover_days\":%u}", sl_tenant_state_word(s->state),
	    sl_tenant_users_word(s->users), s->discover_days);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

/* ---- routes ---- */

static bool
is_host(struct sl_slice host)
{
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];

	if (host.len == 0 || host.len > DOMAIN_MAX)
		return false;
	if (sl_smtp_domain_ok(host, false))
		return true;
	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	return inet_pton(AF_INET6, text, address) == 1;
}

int
sl_route_parse(struct sl_slice text, struct sl_route *out)
{
	struct sl_slice host = text, port = { NULL, 0 };
	const unsigned char *end;
	uint64_t number = 25;

	if (text.len > 0 && text.ptr[0] == '[') {
		end = memchr(text.ptr, ']', text.len);
		if (end == NULL)
			return SL_ERR_SYNTAX;
		host = sl_slice(text.ptr + 1, (size_t)(end - text.ptr) - 1);
		port = sl_slice_from(text, host.len + 2);
	} else if (text.len > 0 && (end = memchr(text.ptr, ':', text.len)) != NULL &&
	    memchr(end + 1, ':', text.len - (size_t)(end - text.ptr) - 1) == NULL) {
		host = sl_slice(text.ptr, (size_t)(end - text.ptr));	/* one colon: a port; more: IPv6 */
		port = sl_slice_from(text, host.len);
	}
	if (port.len > 0 && (port.ptr[0] != ':' || sl_slice_to_u64(sl_slice_from(port, 1), 65535, &number) != 0))
		return SL_ERR_SYNTAX;
	*out = (struct sl_route){ host, (unsigned)number, SL_ROUTE_TLS_OPPORTUNISTIC };
	return is_host(host) && number > 0 ? 0 : SL_ERR_SYNTAX;
}

static int
route_insert(struct sl_store *store, struct sl_node tenant, size_t place, const struct sl_route *route,
    struct sl_buf *detail)
{
	bool colon = route->host.len > 0 && memchr(route->host.ptr, ':', route->host.len) != NULL;

	if (!is_host(route->host) || route->port == 0 || route->port > 65535)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" port %u is no next hop", SL_SLICE_ARG(route->host), route->port);
	SL_ASSERT(route->tls < SL_ROUTE_TLS_COUNT);
	sl_buf_addf(detail, "%s\"%s%.*s%s:%u %s\"", place > 0 ? "," : "", colon ? "[" : "", SL_SLICE_ARG(route->host),
	    colon ? "]" : "", route->port, sl_route_tls_word(route->tls));
	return db_run(&store->db, "INSERT INTO route (tenant, place, host, port, tls) VALUES (?, ?, ?, ?, ?)", "iisii", tenant.id,
	    (int64_t)place, route->host, (int64_t)route->port, (int64_t)route->tls);
}

int
sl_store_routes_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
    const struct sl_route *routes, size_t len)
{
	struct change change = { .actor = actor, .verb = "route.set", .kinds = SL_CHANGE_ROUTE };
	struct sl_buf text, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	sl_buf_init(&text, NAME_MAX_TEXT);
	sl_buf_init(&detail, 8192);
	r = target(store, &change, tenant, &text);
	if (r == 0 && (len < 1 || len > SL_ROUTES_MAX))
		r = db_fail(&store->db, SL_ERR_SYNTAX, "a route has 1 to %d next hops", SL_ROUTES_MAX);
	if (r == 0)
		r = db_run(&store->db, "DELETE FROM route WHERE tenant = ?", "i", tenant.id);
	sl_buf_add_str(&detail, "{\"next_hops\":[");
	for (size_t i = 0; i < len && r == 0; i++)
		r = route_insert(store, tenant, i, &routes[i], &detail);
	sl_buf_add_str(&detail, "]}");
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

/* ---- domains and groups ---- */

/* An alias leads to a domain of the same tenant that is none itself. */
static int
alias_check(struct sl_store *store, struct sl_node tenant, struct sl_node alias_of)
{
	int64_t owner;
	int r;

	if (alias_of.id == 0)
		return 0;
	r = db_number(&store->db, &owner, "SELECT iif(alias_of IS NULL, tenant, 0) FROM domain WHERE id = ?", "i", alias_of.id);
	if (r == SL_ERR_NOT_FOUND || (r == 0 && owner != tenant.id))
		return db_fail(&store->db, SL_ERR_SYNTAX, "an alias is one of a domain of the same tenant that is no alias itself");
	return r;
}

int
sl_store_domain_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant, struct sl_slice name,
    struct sl_node alias_of, struct sl_node *domain_out)
{
	struct change change = { .actor = actor, .verb = "domain.add", .kinds = SL_CHANGE_DOMAIN };
	char normal[DOMAIN_MAX + 1];
	struct sl_buf text, detail;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT);
	sl_buf_init(&text, NAME_MAX_TEXT);
	sl_buf_init(&detail, 1024);
	r = target(store, &change, tenant, &text);
	if (r == 0)
		r = node_domain_check(store, name, normal);
	if (r == 0)
		r = alias_check(store, tenant, alias_of);
	if (r == 0)
		r = exists(store, db_run(&store->db, "INSERT INTO domain (tenant, name, alias_of) VALUES (?, ?, ?)", "isn",
		    tenant.id, sl_slice_str(normal), alias_of.id), "domain", normal);
	*domain_out = (struct sl_node){ SL_LEVEL_DOMAIN, db_last_id(&store->db) };
	if (r == 0 && alias_of.id != 0) {
		sl_buf_add_str(&detail, "{\"alias_of\":\"");
		r = sl_store_name(store, alias_of, &detail);
		sl_buf_add_str(&detail, "\"}");
	}
	if (r == 0)
		r = target(store, &change, *domain_out, &text);
	change.detail = sl_buf_slice(&detail);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	sl_buf_fini(&detail);
	return r;
}

int
sl_store_group_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node domain, struct sl_slice name,
    struct sl_node *group_out)
{
	struct change change = { .actor = actor, .verb = "group.add", .kinds = SL_CHANGE_GROUP };
	char normal[SL_NAME_MAX + 1];
	struct sl_buf text;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	SL_ASSERT(domain.level == SL_LEVEL_DOMAIN);
	sl_buf_init(&text, NAME_MAX_TEXT);
	r = target(store, &change, domain, &text);
	if (r == 0)
		r = node_no_alias(store, domain);
	if (r == 0)
		r = node_name_check(store, name, "group", normal);
	if (r == 0)
		r = exists(store, db_run(&store->db, "INSERT INTO node_group (domain, name) VALUES (?, ?)", "is", domain.id,
		    sl_slice_str(normal)), "group", normal);
	*group_out = (struct sl_node){ SL_LEVEL_GROUP, db_last_id(&store->db) };
	if (r == 0)
		r = target(store, &change, *group_out, &text);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	return r;
}

/* ---- removing ---- */

static int
in_the_way(struct sl_store *store, const char *sql, struct sl_node node, const char *what)
{
	int64_t count;
	int r = db_number(&store->db, &count, sql, "i", node.id);

	return r != 0 ? r : count == 0 ? 0 : db_fail(&store->db, SL_ERR_BUSY, "it still has %lld %s", (long long)count, what);
}

/* What hangs at nodes has no foreign key: of the tenant all at once, else of the node and those below it. Each statement finds
 * its rows by their key: with alternatives in one, SQLite reads all of the tenant's. */
int
node_remove_hanging(struct sl_store *store, struct sl_node node, int64_t tenant)
{
	static const char *const of_tenant[] = {
		"DELETE FROM list WHERE tenant = ?", "DELETE FROM layer WHERE tenant = ?",
		"DELETE FROM access WHERE tenant = ?",
	};
	static const char *const of_node[] = {
		"DELETE FROM list WHERE tenant = ? AND level = ? AND node = ?",
		"DELETE FROM layer WHERE tenant = ? AND level = ? AND node = ?",
		"DELETE FROM access WHERE +tenant = ? AND level = ? AND node = ?",
	};
#define IN_DOMAIN(level, from)	" level = " level " AND node IN (SELECT id FROM " from " WHERE domain = ?2)"
	static const char *const of_domain[] = {
		"DELETE FROM list WHERE tenant = ?1 AND" IN_DOMAIN("4", "node_group"),
		"DELETE FROM list WHERE tenant = ?1 AND" IN_DOMAIN("5", "user"),
		"DELETE FROM layer WHERE tenant = ?1 AND" IN_DOMAIN("4", "node_group"),
		"DELETE FROM layer WHERE tenant = ?1 AND" IN_DOMAIN("5", "user"),
		"DELETE FROM access WHERE +tenant = ?1 AND" IN_DOMAIN("4", "node_group"),
		"DELETE FROM access WHERE +tenant = ?1 AND" IN_DOMAIN("5", "user"),
	};
	int r = 0;

	_Static_assert(SL_LEVEL_GROUP == 4 && SL_LEVEL_USER == 5, "numbers in IN_DOMAIN");
	if (node.level == SL_LEVEL_TENANT) {
		for (size_t i = 0; i < SL_COUNT(of_tenant) && r == 0; i++)
			r = db_run(&store->db, of_tenant[i], "i", node.id);
		return r;
	}
	for (size_t i = 0; i < SL_COUNT(of_node) && r == 0; i++)
		r = db_run(&store->db, of_node[i], "iii", tenant, (int64_t)node.level, node.id);
	for (size_t i = 0; i < SL_COUNT(of_domain) && r == 0 && node.level == SL_LEVEL_DOMAIN; i++)
		r = db_run(&store->db, of_domain[i], "ii", tenant, node.id);
	return r;
}

static int
remove_node(struct sl_store *store, struct sl_node node)
{
	switch (node.level) {
	case SL_LEVEL_PARTNER:
		return db_run(&store->db, "DELETE FROM partner WHERE id = ?", "i", node.id);
	case SL_LEVEL_TENANT:
		return db_run(&store->db, "DELETE FROM tenant WHERE id = ?", "i", node.id);
	case SL_LEVEL_DOMAIN:
		return db_run(&store->db, "DELETE FROM domain WHERE id = ?", "i", node.id);
	case SL_LEVEL_GROUP:
		return db_run(&store->db, "DELETE FROM node_group WHERE id = ?", "i", node.id);
	case SL_LEVEL_USER:
		return db_run(&store->db, "DELETE FROM user WHERE id = ?", "i", node.id);
	case SL_LEVEL_OPERATOR: case SL_LEVELS_COUNT:
		break;
	}
	SL_UNREACHABLE("the operator is not removed");
}

int
sl_store_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_node node)
{
	static const struct { const char *verb; unsigned kinds; } removes[SL_LEVELS_COUNT] = {
		[SL_LEVEL_PARTNER] = { "partner.remove", SL_CHANGE_PARTNER },
		[SL_LEVEL_TENANT] = { "tenant.remove", SL_CHANGE_TENANT },
		[SL_LEVEL_DOMAIN] = { "domain.remove", SL_CHANGE_DOMAIN },
		[SL_LEVEL_GROUP] = { "group.remove", SL_CHANGE_GROUP },
		[SL_LEVEL_USER] = { "user.remove", SL_CHANGE_USER },
	};
	struct change change = { .actor = actor, .verb = removes[node.level].verb, .kinds = removes[node.level].kinds };
	struct sl_buf text;
	int r = change_begin(store, actor);

	if (r != 0)
		return r;
	sl_buf_init(&text, NAME_MAX_TEXT);
	r = target(store, &change, node, &text);
	if (r == 0 && node.level == SL_LEVEL_PARTNER)
		r = in_the_way(store, "SELECT count(*) FROM tenant WHERE partner = ?", node, "tenants");
	if (r == 0 && node.level == SL_LEVEL_DOMAIN)
		r = in_the_way(store, "SELECT count(*) FROM domain WHERE alias_of = ?", node, "aliases");
	if (r == 0 && node.level == SL_LEVEL_TENANT)	/* or they would be in the way of their domains */
		r = db_run(&store->db, "DELETE FROM domain WHERE tenant = ? AND alias_of IS NOT NULL", "i", node.id);
	if (r == 0)
		r = change_users(store, node, &change);
	if (r == 0)
		r = node_remove_hanging(store, node, change.tenant);
	if (r == 0)
		r = remove_node(store, node);
	r = change_end(store, r, &change);
	sl_buf_fini(&text);
	return r;
}
