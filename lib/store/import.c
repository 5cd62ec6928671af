/*
 * import.c - a tenant from JSON; see exchange.h
 *
 * Made of the calls that an administrator would make, in one change: each checks what it is given as it always does.
 */

#include <jansson.h>

#include "db_i.h"
#include "store/exchange.h"
#include "store/grants.h"
#include "store/layers.h"
#include "store/walk.h"

#define DEPTH_MAX	8	/* nested; ours are 3 deep */

struct import {
	struct sl_store		*store;
	const struct sl_actor	*actor;
	sl_import_grant		*may_grant;	/* NULL: anything */
	void			*ctx;
	size_t			 refused;	/* grants that were passed over */
	struct sl_node		 tenant;
	size_t			 row;		/* within the list at hand, for messages */
	const char		*list;
};

/* Brackets open at once; those within strings do not count. jansson goes as deep as they do. */
static bool
is_deep(struct sl_slice text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > DEPTH_MAX)
			return true;
	}
	return false;
}

/* ---- members ---- */

static struct sl_slice
text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value)) : sl_slice("", 0);
}

static int64_t
number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));	/* 0 where it is none */
}

static bool
is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static int
wrong(struct import *im, const char *what)
{
	return db_fail(&im->store->db, SL_ERR_SYNTAX, "%s, number %zu: %s", im->list, im->row + 1, what);
}

/* A node of this tenant, and no other. */
static int
node_at(struct import *im, const json_t *object, struct sl_node *out)
{
	int64_t tenant;
	int r = sl_store_find_text(im->store, text_of(object, "at"), out);

	if (r == 0)
		r = node_tenant(im->store, *out, &tenant);
	return r != 0 ? r : tenant == im->tenant.id ? 0 : wrong(im, "it is not of this tenant");
}

/* ---- rows ---- */

static int
import_domain(struct import *im, const json_t *row)
{
	struct sl_node alias_of = { SL_LEVEL_DOMAIN, 0 }, domain;
	struct sl_slice alias = text_of(row, "alias_of");
	int r = alias.len > 0 ? sl_store_find(im->store, SL_LEVEL_DOMAIN, alias, &alias_of) : 0;

	return r != 0 ? r : sl_store_domain_add(im->store, im->actor, im->tenant, text_of(row, "name"), alias_of, &domain);
}

static int
import_group(struct import *im, const json_t *row)
{
	struct sl_node domain, group;
	int64_t tenant;
	int r = sl_store_find(im->store, SL_LEVEL_DOMAIN, text_of(row, "domain"), &domain);

	if (r == 0)
		r = node_tenant(im->store, domain, &tenant);
	if (r == 0 && tenant != im->tenant.id)
		r = wrong(im, "it is not of this tenant");
	return r != 0 ? r : sl_store_group_add(im->store, im->actor, domain, text_of(row, "name"), &group);
}

static int
import_user(struct import *im, const json_t *row)
{
	struct sl_new_user user = { text_of(row, "address"), text_of(row, "group") };
	enum sl_user_source source;
	struct sl_node node;
	int r;

	if (!sl_user_source_find(text_of(row, "source"), &source))
		return wrong(im, "its source is not known");
	r = sl_store_users_add(im->store, im->actor, im->tenant, source, &user, 1, NULL);
	if (r == 0 && number_of(row, "seen") != 0 &&
	    (r = sl_store_find(im->store, SL_LEVEL_USER, user.address, &node)) == 0)
		r = db_run(&im->store->db, "UPDATE user SET seen = ? WHERE id = ?", "ii", number_of(row, "seen"), node.id);
	return r;
}

static int
import_entry(struct import *im, const json_t *row)
{
	struct sl_store_entry entry = { .value = text_of(row, "value"), .note = text_of(row, "note"),
		.options = (is_true(row, "unauthenticated") ? SL_ENTRY_UNAUTHENTICATED : 0u) |
		    (is_true(row, "subdomains") ? SL_ENTRY_SUBDOMAINS : 0u) |
		    (is_true(row, "either") ? SL_ENTRY_EITHER : 0u),
		.expires_at = number_of(row, "expires"), .added_at = number_of(row, "added"),
		.added_by = text_of(row, "added_by") };
	struct sl_node node;
	int r;

	if (!sl_entry_kind_find(text_of(row, "kind"), &entry.kind))
		return wrong(im, "it is neither allow nor deny");
	if ((r = node_at(im, row, &node)) != 0 || (r = node_no_alias(im->store, node)) != 0)
		return r;
	return list_entry_put(im->store, node, im->tenant.id, &entry);
}

static int
import_layer(struct import *im, const json_t *row)
{
	struct sl_slice text = text_of(row, "text");
	struct sl_node node;
	int r;

	if ((r = node_at(im, row, &node)) != 0 || (r = node_no_alias(im->store, node)) != 0 ||
	    (r = node_text_check(im->store, text, SL_LAYER_TEXT_MAX, "the policy")) != 0)
		return r;
	return db_run(&im->store->db, "INSERT INTO layer (tenant, level, node, name, version, text, at, account, note)"
	    " SELECT ?1, ?2, ?3, '', ifnull(max(version), 0) + 1, ?4, ?5, ?6, ?7 FROM layer WHERE tenant = ?1 AND level = ?2"
	    " AND node = ?3 AND name = ''", "iiisiss", im->tenant.id, (int64_t)node.level, node.id, text,
	    number_of(row, "time_us"), text_of(row, "account"), text_of(row, "note"));
}

static int
import_grant(struct import *im, const json_t *row)
{
	struct sl_node node;
	enum sl_role role;
	int r;

	if (!sl_role_find(text_of(row, "role"), &role))
		return wrong(im, "its role is not known");
	r = node_at(im, row, &node);
	if (r == 0 && im->may_grant != NULL && !im->may_grant(im->ctx, text_of(row, "account"), role, node)) {
		im->refused++;
		return 0;
	}
	return r != 0 ? r : sl_store_grant_add(im->store, im->actor, text_of(row, "account"), role, node);
}

/* ---- the whole ---- */

static int
import_routes(struct import *im, const json_t *list)
{
	struct sl_route routes[SL_ROUTES_MAX];
	const json_t *row;
	size_t i;

	im->list = "routes";
	if (json_array_size(list) == 0)
		return 0;
	if (json_array_size(list) > SL_ROUTES_MAX)
		return db_fail(&im->store->db, SL_ERR_TOO_LONG, "there are more than %d next hops", SL_ROUTES_MAX);
	json_array_foreach(list, i, row) {
		int64_t port = number_of(row, "port");

		im->row = i;
		routes[i] = (struct sl_route){ .host = text_of(row, "host"), .port = port > 0 && port < 65536 ? (unsigned)port : 0 };
		if (!sl_route_tls_find(text_of(row, "tls"), &routes[i].tls))
			return wrong(im, "its tls is not known");
	}
	return sl_store_routes_set(im->store, im->actor, im->tenant, routes, json_array_size(list));
}

static int
import_settings(struct import *im, const json_t *root)
{
	struct sl_tenant_settings s = SL_TENANT_SETTINGS_DEFAULT;
	int64_t days = number_of(root, "discover_days");

	if (!sl_tenant_state_find(text_of(root, "state"), &s.state) || !sl_tenant_users_find(text_of(root, "recipients"), &s.users))
		return db_fail(&im->store->db, SL_ERR_SYNTAX, "the tenant's state or recipients are not known");
	s.discover_days = days > 0 && days < 100000 ? (unsigned)days : 0;
	return sl_store_tenant_set(im->store, im->actor, im->tenant, &s);
}

static int
import_all(struct import *im, const json_t *root, struct sl_node above)
{
	static const struct { const char *name; int (*row)(struct import *im, const json_t *row); } lists[] = {
		{ "domains", import_domain }, { "groups", import_group }, { "users", import_user }, { "lists", import_entry },
		{ "policies", import_layer }, { "grants", import_grant },
	};
	const json_t *row;
	int r;

	if (number_of(root, "sluice_tenant") != SL_EXCHANGE_FORMAT)
		return db_fail(&im->store->db, SL_ERR_VERSION, "it is no tenant as this program exports them");
	if ((r = sl_store_tenant_add(im->store, im->actor, above, text_of(root, "name"), &im->tenant)) != 0 ||
	    (r = import_settings(im, root)) != 0 || (r = import_routes(im, json_object_get(root, "routes"))) != 0)
		return r;
	for (size_t i = 0; i < SL_COUNT(lists) && r == 0; i++) {
		im->list = lists[i].name;
		json_array_foreach(json_object_get(root, lists[i].name), im->row, row)
			if ((r = lists[i].row(im, row)) != 0)
				break;
	}
	return r;
}

int
sl_store_import(struct sl_store *store, const struct sl_actor *actor, struct sl_node above, struct sl_slice json,
    sl_import_grant *may_grant, void *ctx, struct sl_node *tenant_out, size_t *refused_out)
{
	struct change change = { .actor = actor, .verb = "tenant.import", .kinds = SL_CHANGE_TENANT };
	struct import im = { .store = store, .actor = actor, .may_grant = may_grant, .ctx = ctx };
	struct sl_buf name;
	json_error_t error;
	json_t *root;
	int r;

	*tenant_out = (struct sl_node){ SL_LEVEL_TENANT, 0 };
	*refused_out = 0;
	if (json.len > SL_EXCHANGE_MAX || is_deep(json))
		return db_fail(&store->db, SL_ERR_TOO_LONG, "it is too long or too deeply nested for a tenant");
	r = change_begin(store, actor);
	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	root = json_loadb((const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root))
		r = db_fail(&store->db, SL_ERR_SYNTAX, "it is no JSON: line %d: %s", root == NULL ? error.line : 1,
		    root == NULL ? error.text : "no object");
	else
		r = import_all(&im, root, above);
	change.node = im.tenant;
	change.tenant = im.tenant.id;
	if (r == 0)
		r = sl_store_name(store, im.tenant, &name);
	change.target = sl_buf_slice(&name);
	r = change_end(store, r, &change);
	if (r == 0) {
		*tenant_out = im.tenant;
		*refused_out = im.refused;
	}
	json_decref(root);
	sl_buf_fini(&name);
	return r;
}
