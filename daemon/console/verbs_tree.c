/* verbs_tree.c - partners, tenants, routes, domains, groups, users; see console.h */

#include "console.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "file.h"
#include "hosts.h"
#include "store/exchange.h"
#include "store/grants.h"
#include "store/tree.h"
#include "store/walk.h"

/* ---- targets ---- */

int
at_operator(struct request *request, struct sl_node *out)
{
	*out = SL_NODE_OPERATOR;
	return 0;
}

/* The partner that is named, or the operator. */
static int
at_partner(struct request *request, struct sl_node *out)
{
	struct sl_slice partner = arg(request, "partner");

	return partner.len == 0 ? at_operator(request, out) : sl_store_find(request->store, SL_LEVEL_PARTNER, partner, out);
}

static int
at_named_partner(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_PARTNER, arg(request, "partner"), out);
}

int
at_tenant(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_TENANT, arg(request, "tenant"), out);
}

static int
at_domain(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_DOMAIN, arg(request, "domain"), out);
}

static int
at_group(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_GROUP, arg(request, "group"), out);
}

static int
at_user(struct request *request, struct sl_node *out)
{
	return sl_store_find(request->store, SL_LEVEL_USER, arg(request, "user"), out);
}

/* Where a new user belongs: the domain of the address. */
static int
at_users_domain(struct request *request, struct sl_node *out)
{
	struct sl_slice user = arg(request, "user");
	const unsigned char *at = user.len > 0 ? memrchr(user.ptr, '@', user.len) : NULL;

	if (at == NULL)
		return refuse(request, SL_ERR_SYNTAX, "a user is an address: anna@example.com");
	return sl_store_find(request->store, SL_LEVEL_DOMAIN, sl_slice_from(user, (size_t)(at - user.ptr) + 1), out);
}

static int
tenant_of(struct request *request, struct sl_node node, struct sl_node *out)
{
	struct sl_access_path path;
	int r = sl_store_path(request->store, node, &path);

	*out = (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] };
	return r;
}

static int
remove_target(struct request *request)
{
	struct sl_node target = request->target;
	struct sl_buf name;
	int r = target.level == SL_LEVEL_TENANT ? file_refuses(request, target, "it is") :
	    target.level == SL_LEVEL_DOMAIN ? file_refuses(request, target, "its domains are") : 0;

	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	r = sl_store_name(request->store, request->target, &name);
	if (r == 0)
		r = sl_store_remove(request->store, &request->actor, request->target);
	if (r == 0)
		say(request, "%s is removed", sl_buf_cstr(&name));
	sl_buf_fini(&name);
	return r;
}

/* ---- partners ---- */

static int
partner_add(struct request *request)
{
	struct sl_node node;
	int r = sl_store_partner_add(request->store, &request->actor, arg(request, "name"), &node);

	if (r == 0)
		say(request, "partner %.*s is added", SL_SLICE_ARG(arg(request, "name")));
	return r;
}

static int
partner_row(void *ctx, const struct sl_partner_row *partner)
{
	json_t *row = new_row(ctx);

	if (row != NULL)
		row_text(row, "partner", partner->name);
	return row == NULL;
}

static int
partner_list(struct request *request)
{
	int r = sl_store_walk(request->store, &(struct sl_walk){ .partner = partner_row }, request, SL_NODE_OPERATOR, NULL);

	return SL_MIN(r, 0);
}

/* ---- tenants ---- */

static int
routes_of(struct request *request, struct sl_route routes[SL_ROUTES_MAX], size_t *len)
{
	const json_t *list = arg_list(request, "route"), *one;
	struct sl_slice word = arg(request, "tls");
	enum sl_route_tls tls = SL_ROUTE_TLS_OPPORTUNISTIC;
	size_t i;

	if (json_array_size(list) < 1 || json_array_size(list) > SL_ROUTES_MAX)
		return refuse(request, SL_ERR_SYNTAX, "name 1 to %d next hops", SL_ROUTES_MAX);
	if (word.len > 0 && !sl_route_tls_find(word, &tls))
		return refuse(request, SL_ERR_SYNTAX, "--tls is off, opportunistic, require or verify");
	json_array_foreach(list, i, one) {
		const char *text = json_string_value(one);

		if (text == NULL || sl_route_parse(sl_slice_str(text), &routes[i]) != 0)
			return refuse(request, SL_ERR_SYNTAX, "\"%.200s\" is no next hop: HOST, HOST:PORT or [IPv6]:PORT",
			    text != NULL ? text : "");
		routes[i].tls = tls;
	}
	*len = json_array_size(list);
	return 0;
}

static int
tenant_make(struct request *request, const struct sl_route *routes, size_t len)
{
	struct sl_slice domain = arg(request, "domain"), name = arg(request, "name");
	struct sl_node tenant, node;
	int r = sl_store_tenant_add(request->store, &request->actor, request->target, name.len > 0 ? name : domain, &tenant);

	if (r == 0)
		r = sl_store_routes_set(request->store, &request->actor, tenant, routes, len);
	if (r == 0)
		r = policy_begin_with(request, tenant, arg(request, "level"), arg(request, "quarantine"));
	return r != 0 ? r : sl_store_domain_add(request->store, &request->actor, tenant, domain,
	    (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node);
}

/* A tenant, its route and its first domain, or none of them. */
static int
tenant_add(struct request *request)
{
	struct sl_route routes[SL_ROUTES_MAX];
	size_t len = 0;
	int r = routes_of(request, routes, &len);

	if (r == 0)
		r = sl_store_begin(request->store);
	if (r != 0)
		return r;
	r = tenant_make(request, routes, len);
	if (r != 0) {
		if (request->error.len == 0)
			refuse(request, r, "%s", sl_store_error(request->store));
		sl_store_rollback(request->store);
		return r;
	}
	r = sl_store_commit(request->store);
	if (r == 0)
		say(request, "tenant %.*s is added%s", SL_SLICE_ARG(arg(request, "domain")), request->console->keeps ||
		    sl_slice_eq(arg(request, "level"), SL_SLICE_LIT("perimeter")) ? "" : "; sluice.yaml has no quarantine.directory: "
		    "what its policy would keep is refused");
	return r;
}

static int
tenant_row(void *ctx, const struct sl_tenant_row *tenant)
{
	struct request *request = ctx;
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_text(row, "tenant", tenant->name);
	if (tenant->partner != 0)
		row_node(request, row, "partner", (struct sl_node){ SL_LEVEL_PARTNER, tenant->partner });
	else
		row_text(row, "partner", sl_slice(NULL, 0));
	row_text(row, "state", sl_slice_str(sl_tenant_state_word(tenant->settings.state)));
	row_text(row, "recipients", sl_slice_str(sl_tenant_users_word(tenant->settings.users)));
	row_text(row, "file", sl_slice_str(tenant->file.in == SL_TENANT_IN_FILE ? "yes" :
	    tenant->file.in == SL_TENANT_GONE_FROM_FILE ? "gone" : ""));
	return 0;
}

static int
tenant_list(struct request *request)
{
	int r = sl_store_walk(request->store, &(struct sl_walk){ .tenant = tenant_row }, request, request->target, NULL);

	return SL_MIN(r, 0);
}

static int
show_row(struct request *request, const char *what, struct sl_slice value)
{
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_text(row, "what", sl_slice_str(what));
	row_text(row, "value", value);
	return 0;
}

static int
show_tenant(void *ctx, const struct sl_tenant_row *tenant)
{
	const struct request *request = ctx;
	struct sl_buf place;
	char days[32];

	snprintf(days, sizeof(days), "%u", tenant->settings.discover_days);
	show_row(ctx, "tenant", tenant->name);
	sl_buf_init(&place, 8192);
	file_place(request->console, tenant->name, &tenant->file, &place);
	if (place.len > 0)
		show_row(ctx, "file", sl_buf_slice(&place));
	sl_buf_fini(&place);
	show_row(ctx, "state", sl_slice_str(sl_tenant_state_word(tenant->settings.state)));
	show_row(ctx, "recipients", sl_slice_str(sl_tenant_users_word(tenant->settings.users)));
	return show_row(ctx, "discover_days", sl_slice_str(days));
}

/* What is known of a name's address. */
static void
add_address(const struct request *request, struct sl_slice name, struct sl_buf *out)
{
	const struct host *host = request->console->hosts == NULL ? NULL : hosts_find(request->console->hosts, name);
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN] = "";
	bool v4;

	if (host == NULL)
		return;
	v4 = memcmp(host->address, mapped, sizeof(mapped)) == 0;
	inet_ntop(v4 ? AF_INET : AF_INET6, host->address + (v4 ? 12 : 0), text, sizeof(text));
	if (!host->known)
		sl_buf_add_str(out, host->asked ? ", being looked up" : ", CANNOT BE LOOKED UP: mail is deferred");
	else if (host->failing_s != 0)
		sl_buf_addf(out, ", CANNOT BE LOOKED UP: used is what it was, %s", text);
	else
		sl_buf_addf(out, ", at %s", text);
}

static int
show_route(void *ctx, const struct sl_route_row *row)
{
	bool colon = memchr(row->route.host.ptr, ':', row->route.host.len) != NULL;
	struct sl_buf text;
	int r;

	sl_buf_init(&text, 1000);
	sl_buf_addf(&text, "%s%.*s%s:%u tls %s", colon ? "[" : "", SL_SLICE_ARG(row->route.host), colon ? "]" : "",
	    row->route.port, sl_route_tls_word(row->route.tls));
	add_address(ctx, row->route.host, &text);
	r = show_row(ctx, "next_hop", sl_buf_slice(&text));
	sl_buf_fini(&text);
	return r;
}

static int
show_domain(void *ctx, const struct sl_domain_row *domain)
{
	return show_row(ctx, domain->alias_of != 0 ? "alias" : "domain", domain->name);
}

static int
tenant_show(struct request *request)
{
	static const struct sl_walk walk = { .tenant = show_tenant, .route = show_route, .domain = show_domain };
	int r = sl_store_walk(request->store, &walk, request, request->target, NULL);

	return SL_MIN(r, 0);
}

static int
route_show(struct request *request)
{
	static const struct sl_walk walk = { .route = show_route };
	int r = sl_store_walk(request->store, &walk, request, request->target, NULL);

	return SL_MIN(r, 0);
}

struct counted {
	struct request	*request;
	int64_t		 tenants, domains, users;
};

static int
count_tenant(void *ctx, const struct sl_tenant_row *row)
{
	((struct counted *)ctx)->tenants++;
	return 0;
}

static int
count_domain(void *ctx, const struct sl_domain_row *row)
{
	((struct counted *)ctx)->domains++;
	return 0;
}

static int
count_user(void *ctx, const struct sl_user_row *row)
{
	((struct counted *)ctx)->users++;
	return 0;
}

static void
show_number(struct request *request, const char *what, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	show_row(request, what, sl_slice_str(text));
}

static int
partner_show(struct request *request)
{
	static const struct sl_walk walk = { .tenant = count_tenant, .domain = count_domain, .user = count_user };
	struct counted counted = { .request = request };
	int r = sl_store_walk(request->store, &walk, &counted, request->target, NULL);

	if (r != 0)
		return r;
	show_row(request, "partner", arg(request, "partner"));
	show_number(request, "tenants", counted.tenants);
	show_number(request, "domains", counted.domains);
	show_number(request, "users", counted.users);
	return 0;
}

static int
show_user(void *ctx, const struct sl_user_row *user)
{
	struct request *request = ctx;
	struct sl_buf name;
	json_t *row;

	sl_buf_init(&name, 1024);
	if (sl_store_name(request->store, (struct sl_node){ SL_LEVEL_USER, user->id }, &name) == 0)
		show_row(request, "user", sl_buf_slice(&name));
	sl_buf_reset(&name);
	if (user->group != 0 && sl_store_name(request->store, (struct sl_node){ SL_LEVEL_GROUP, user->group }, &name) == 0)
		show_row(request, "group", sl_buf_slice(&name));
	show_row(request, "source", sl_slice_str(sl_user_source_word(user->source)));
	row = user->seen_at != 0 ? new_row(request) : NULL;
	if (row != NULL) {
		row_text(row, "what", SL_SLICE_LIT("seen"));
		row_time(row, "value", user->seen_at * 1000000);
	}
	sl_buf_fini(&name);
	return 0;
}

static int
user_show(struct request *request)
{
	static const struct sl_walk walk = { .user = show_user };
	int r = sl_store_walk(request->store, &walk, request, request->target, NULL);

	return SL_MIN(r, 0);
}

/* One that was the settings file's, and is turned on here, is the database's from now on. */
static int
leave_file(struct request *request)
{
	struct sl_tenant_file file;
	int r = sl_store_file_get(request->store, request->target, &file);

	if (r != 0 || file.in != SL_TENANT_GONE_FROM_FILE)
		return r;
	file = (struct sl_tenant_file){ SL_TENANT_NOT_IN_FILE, 0, 0 };
	return sl_store_file_set(request->store, &request->actor, request->target, &file);
}

static int
tenant_set(struct request *request)
{
	struct sl_slice state = arg(request, "state"), users = arg(request, "recipients"), days = arg(request, "discover-days");
	struct sl_tenant_settings settings;
	uint64_t number;
	int r = sl_store_tenant_get(request->store, request->target, &settings);

	if (r == 0 && state.len > 0)
		r = file_refuses(request, request->target, "its `mode` is");
	if (r != 0)
		return r;
	if (state.len > 0 && !sl_tenant_state_find(state, &settings.state))
		return refuse(request, SL_ERR_SYNTAX, "--state is on, monitor, pass-through or off");
	if (users.len > 0 && !sl_tenant_users_find(users, &settings.users))
		return refuse(request, SL_ERR_SYNTAX, "--recipients is any, discover or listed");
	if (days.len > 0) {
		if (sl_slice_to_u64(days, 3650, &number) != 0)
			return refuse(request, SL_ERR_SYNTAX, "--discover-days is a number from 1 to 3650");
		settings.discover_days = (unsigned)number;
	}
	r = sl_store_tenant_set(request->store, &request->actor, request->target, &settings);
	if (r == 0 && state.len > 0 && settings.state != SL_TENANT_OFF)
		r = leave_file(request);
	if (r == 0)
		say(request, "tenant %.*s is set", SL_SLICE_ARG(arg(request, "tenant")));
	return r;
}

static int
tenant_export(struct request *request)
{
	struct sl_buf json;
	int r;

	sl_buf_init(&json, SL_EXCHANGE_MAX / 2);	/* as a string in the reply it grows */
	r = sl_store_export(request->store, request->target, &json);
	if (r == 0)
		json_object_set_new(request->reply, "text", json_stringn((const char *)json.data, json.len));
	sl_buf_fini(&json);
	return r;
}

/* A file can be made up: a grant in it is worth what whoever brings it may grant himself. */
static bool
may_grant(void *ctx, struct sl_slice account, enum sl_role role, struct sl_node at)
{
	struct request *request = ctx;
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_request asked;
	struct sl_access_path path;
	size_t len;

	return sl_store_grants_of(request->store, request->actor.account, grants, &len) == 0 &&
	    sl_store_grant_request(request->store, request->actor.account, account, role, at, &path, &asked) == 0 &&
	    sl_access_may_grant(grants, len, &asked) == SL_GRANT_OK;
}

static int
tenant_import(struct request *request)
{
	struct sl_node tenant;
	struct sl_buf name;
	size_t refused;
	int r = sl_store_begin(request->store);

	if (r != 0)
		return r;
	r = sl_store_import(request->store, &request->actor, request->target, arg(request, "file"), may_grant, request, &tenant,
	    &refused);
	if (r == 0)
		r = policy_without_copies(request, tenant);
	if (r != 0) {
		if (request->error.len == 0)
			refuse(request, r, "%s", sl_store_error(request->store));
		sl_store_rollback(request->store);
		return r;
	}
	r = sl_store_commit(request->store);
	if (r != 0)
		return r;
	sl_buf_init(&name, 1024);
	r = sl_store_name(request->store, tenant, &name);
	if (refused > 0)
		say(request, "%s is there again, without %zu grants of the file that are not yours to give: its administrator gives "
		    "them", sl_buf_cstr(&name), refused);
	else
		say(request, "%s is there again", sl_buf_cstr(&name));
	sl_buf_fini(&name);
	return r;
}

static int
route_set(struct request *request)
{
	struct sl_route routes[SL_ROUTES_MAX];
	size_t len = 0;
	int r = routes_of(request, routes, &len);

	if (r == 0)
		r = file_refuses(request, request->target, "its next hops are");
	if (r == 0)
		r = sl_store_routes_set(request->store, &request->actor, request->target, routes, len);
	if (r == 0)
		say(request, "tenant %.*s has %zu next hops", SL_SLICE_ARG(arg(request, "tenant")), len);
	return r;
}

/* ---- domains, groups, users ---- */

static int
domain_add(struct request *request)
{
	struct sl_node alias_of = { SL_LEVEL_DOMAIN, 0 }, node;
	struct sl_slice alias = arg(request, "alias-of");
	int r = alias.len > 0 ? sl_store_find(request->store, SL_LEVEL_DOMAIN, alias, &alias_of) : 0;

	if (r == 0)
		r = file_refuses(request, request->target, "its domains are");
	if (r == 0)
		r = sl_store_domain_add(request->store, &request->actor, request->target, arg(request, "domain"), alias_of, &node);
	if (r == 0)
		say(request, "domain %.*s is added", SL_SLICE_ARG(arg(request, "domain")));
	return r;
}

static int
domain_row(void *ctx, const struct sl_domain_row *domain)
{
	struct request *request = ctx;
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_text(row, "domain", domain->name);
	if (domain->alias_of != 0)
		row_node(request, row, "alias_of", (struct sl_node){ SL_LEVEL_DOMAIN, domain->alias_of });
	else
		row_text(row, "alias_of", sl_slice(NULL, 0));
	return 0;
}

static int
domain_list(struct request *request)
{
	int r = sl_store_walk(request->store, &(struct sl_walk){ .domain = domain_row }, request, request->target, NULL);

	return SL_MIN(r, 0);
}

static int
group_add(struct request *request)
{
	struct sl_node node;
	int r = sl_store_group_add(request->store, &request->actor, request->target, arg(request, "name"), &node);

	if (r == 0)
		say(request, "group %.*s is added", SL_SLICE_ARG(arg(request, "name")));
	return r;
}

static int
group_row(void *ctx, const struct sl_group_row *group)
{
	struct request *request = ctx;
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_text(row, "group", group->name);
	row_node(request, row, "domain", (struct sl_node){ SL_LEVEL_DOMAIN, group->domain });
	return 0;
}

static int
group_list(struct request *request)
{
	int r = sl_store_walk(request->store, &(struct sl_walk){ .group = group_row }, request, request->target, NULL);

	return SL_MIN(r, 0);
}

static int
user_add(struct request *request)
{
	struct sl_new_user user = { arg(request, "user"), arg(request, "group") };
	struct sl_node tenant;
	int r = tenant_of(request, request->target, &tenant);

	if (r == 0)
		r = sl_store_users_add(request->store, &request->actor, tenant, SL_USER_EXPLICIT, &user, 1, NULL);
	if (r == 0)
		say(request, "user %.*s is added", SL_SLICE_ARG(user.address));
	return r;
}

/* Into a group of the user's domain, by its name; without one: into none. */
static int
user_set(struct request *request)
{
	struct sl_node group = { SL_LEVEL_GROUP, 0 }, domain;
	struct sl_access_path path;
	struct sl_slice name = arg(request, "group");
	struct sl_buf text;
	int r = sl_store_path(request->store, request->target, &path);

	sl_buf_init(&text, 1024);
	domain = (struct sl_node){ SL_LEVEL_DOMAIN, path.id[SL_LEVEL_DOMAIN] };
	if (r == 0 && name.len > 0) {
		r = sl_store_name(request->store, domain, &text);
		sl_buf_addf(&text, "/%.*s", SL_SLICE_ARG(name));
		sl_buf_consume(&text, strlen("domain:"));
		if (r == 0)
			r = sl_store_find(request->store, SL_LEVEL_GROUP, sl_buf_slice(&text), &group);
	}
	if (r == 0)
		r = sl_store_user_set_group(request->store, &request->actor, request->target, group);
	if (r == 0)
		say(request, "user %.*s is in %s", SL_SLICE_ARG(arg(request, "user")), name.len > 0 ? sl_buf_cstr(&text) :
		    "no group");
	sl_buf_fini(&text);
	return r;
}

static int
user_row(void *ctx, const struct sl_user_row *user)
{
	struct request *request = ctx;
	json_t *row = new_row(request);

	if (row == NULL)
		return SL_DONE;
	row_node(request, row, "user", (struct sl_node){ SL_LEVEL_USER, user->id });
	if (user->group != 0)
		row_node(request, row, "group", (struct sl_node){ SL_LEVEL_GROUP, user->group });
	else
		row_text(row, "group", sl_slice(NULL, 0));
	row_text(row, "source", sl_slice_str(sl_user_source_word(user->source)));
	row_time(row, "seen", user->seen_at * 1000000);
	return 0;
}

static int
user_list(struct request *request)
{
	int r = sl_store_walk(request->store, &(struct sl_walk){ .user = user_row }, request, request->target, NULL);

	return SL_MIN(r, 0);
}

static int
user_import(struct request *request)
{
	size_t rows;
	int r = sl_store_users_from_csv(request->store, &request->actor, request->target, arg(request, "file"),
	    arg_flag(request, "replace"), &rows);

	if (r == 0)
		say(request, "%zu users are imported", rows);
	return r;
}

const struct handler handlers_tree[] = {
	{ SL_VERB_PARTNER_ADD, at_operator, partner_add },
	{ SL_VERB_PARTNER_LIST, at_operator, partner_list },
	{ SL_VERB_PARTNER_SHOW, at_named_partner, partner_show },
	{ SL_VERB_PARTNER_REMOVE, at_named_partner, remove_target },
	{ SL_VERB_TENANT_ADD, at_partner, tenant_add },
	{ SL_VERB_TENANT_LIST, at_partner, tenant_list },
	{ SL_VERB_TENANT_SHOW, at_tenant, tenant_show },
	{ SL_VERB_TENANT_SET, at_tenant, tenant_set },
	{ SL_VERB_TENANT_REMOVE, at_tenant, remove_target },
	{ SL_VERB_TENANT_EXPORT, at_tenant, tenant_export },
	{ SL_VERB_TENANT_IMPORT, at_partner, tenant_import },
	{ SL_VERB_ROUTE_SHOW, at_tenant, route_show },
	{ SL_VERB_ROUTE_SET, at_tenant, route_set },
	{ SL_VERB_DOMAIN_ADD, at_tenant, domain_add },
	{ SL_VERB_DOMAIN_LIST, at_tenant, domain_list },
	{ SL_VERB_DOMAIN_REMOVE, at_domain, remove_target },
	{ SL_VERB_GROUP_ADD, at_domain, group_add },
	{ SL_VERB_GROUP_LIST, at_tenant, group_list },
	{ SL_VERB_GROUP_REMOVE, at_group, remove_target },
	{ SL_VERB_USER_ADD, at_users_domain, user_add },
	{ SL_VERB_USER_LIST, at_tenant, user_list },
	{ SL_VERB_USER_IMPORT, at_tenant, user_import },
	{ SL_VERB_USER_SHOW, at_user, user_show },
	{ SL_VERB_USER_SET, at_user, user_set },
	{ SL_VERB_USER_REMOVE, at_user, remove_target },
};
const size_t handlers_tree_len = SL_COUNT(handlers_tree);
