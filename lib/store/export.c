/* export.c - a tenant as JSON, users and lists as CSV; see exchange.h */

#include "store/exchange.h"

#include <stdio.h>
#include <time.h>

#include "db_i.h"
#include "store/csv.h"
#include "store/grants.h"
#include "store/walk.h"

struct export {
	struct sl_store	*store;
	struct sl_buf	*out;
	const char	*comma;
	int64_t		 domain;	/* whose name is in `domain_name` */
	char		 domain_name[DOMAIN_MAX + 1];
	struct sl_buf	 name;
};

/* ---- JSON ---- */

static void
add_text(struct sl_buf *out, const char *before, struct sl_slice text)
{
	sl_buf_add_str(out, before);
	sl_buf_add_json(out, text);
}

static void
next(struct export *e)
{
	sl_buf_addf(e->out, "%s\n  {", e->comma);
	e->comma = ",";
}

static void
list_of(struct export *e, const char *name)
{
	sl_buf_addf(e->out, ",\n \"%s\":[", name);
	e->comma = "";
}

/* A domain's name; rows come domain by domain. */
static int
domain_of(struct export *e, int64_t domain)
{
	int r = 0;

	if (e->domain == domain)
		return 0;
	sl_buf_reset(&e->name);
	r = sl_store_name(e->store, (struct sl_node){ SL_LEVEL_DOMAIN, domain }, &e->name);
	if (r == 0)
		snprintf(e->domain_name, sizeof(e->domain_name), "%s", sl_buf_cstr(&e->name) + strlen("domain:"));
	e->domain = domain;
	return r;
}

static int
on_tenant(void *ctx, const struct sl_tenant_row *row)
{
	struct export *e = ctx;

	add_text(e->out, "{\"sluice_tenant\":1,\n \"name\":", row->name);
	sl_buf_addf(e->out, ",\"state\":\"%s\",\"recipients\":\"%s\",\"discover_days\":%u", sl_tenant_state_word(row->settings.state),
	    sl_tenant_users_word(row->settings.users), row->settings.discover_days);
	return 0;
}

static int
on_route(void *ctx, const struct sl_route_row *row)
{
	struct export *e = ctx;

	next(e);
	add_text(e->out, "\"host\":", row->route.host);
	sl_buf_addf(e->out, ",\"port\":%u,\"tls\":\"%s\"}", row->route.port, sl_route_tls_word(row->route.tls));
	return 0;
}

static int
on_domain(void *ctx, const struct sl_domain_row *row)
{
	struct export *e = ctx;
	int r = 0;

	next(e);
	add_text(e->out, "\"name\":", row->name);
	if (row->alias_of != 0 && (r = domain_of(e, row->alias_of)) == 0)
		add_text(e->out, ",\"alias_of\":", sl_slice_str(e->domain_name));
	sl_buf_add_str(e->out, "}");
	return r;
}

static int
on_group(void *ctx, const struct sl_group_row *row)
{
	struct export *e = ctx;
	int r = domain_of(e, row->domain);

	next(e);
	add_text(e->out, "\"domain\":", sl_slice_str(e->domain_name));
	add_text(e->out, ",\"name\":", row->name);
	sl_buf_add_str(e->out, "}");
	return r;
}

static int
on_user(void *ctx, const struct sl_user_row *row)
{
	struct export *e = ctx;
	int r = domain_of(e, row->domain);

	next(e);
	sl_buf_reset(&e->name);
	sl_buf_addf(&e->name, "%.*s@%s", SL_SLICE_ARG(row->local), e->domain_name);
	add_text(e->out, "\"address\":", sl_buf_slice(&e->name));
	sl_buf_reset(&e->name);
	if (r == 0 && row->group != 0) {
		r = sl_store_name(e->store, (struct sl_node){ SL_LEVEL_GROUP, row->group }, &e->name);
		add_text(e->out, ",\"group\":", sl_slice_str(strrchr(sl_buf_cstr(&e->name), '/') + 1));
	}
	sl_buf_addf(e->out, ",\"source\":\"%s\",\"seen\":%lld}", sl_user_source_word(row->source), (long long)row->seen_at);
	return r;
}

static int
add_node(struct export *e, const char *before, struct sl_node node)
{
	int r;

	sl_buf_reset(&e->name);
	r = sl_store_name(e->store, node, &e->name);
	add_text(e->out, before, sl_buf_slice(&e->name));
	return r;
}

static int
on_list(void *ctx, const struct sl_list_row *row)
{
	struct export *e = ctx;
	int r;

	next(e);
	r = add_node(e, "\"at\":", row->node);
	sl_buf_addf(e->out, ",\"kind\":\"%s\"", sl_entry_kind_word(row->entry.kind));
	add_text(e->out, ",\"value\":", row->entry.value);
	sl_buf_addf(e->out, ",\"unauthenticated\":%s,\"subdomains\":%s,\"either\":%s",
	    (row->entry.options & SL_ENTRY_UNAUTHENTICATED) != 0 ? "true" : "false",
	    (row->entry.options & SL_ENTRY_SUBDOMAINS) != 0 ? "true" : "false",
	    (row->entry.options & SL_ENTRY_EITHER) != 0 ? "true" : "false");
	add_text(e->out, ",\"note\":", row->entry.note);
	sl_buf_addf(e->out, ",\"expires\":%lld,\"added\":%lld", (long long)row->entry.expires_at, (long long)row->entry.added_at);
	add_text(e->out, ",\"added_by\":", row->entry.added_by);
	sl_buf_add_str(e->out, "}");
	return r;
}

/* All versions, oldest first. */
static int
export_layers(struct export *e, int64_t tenant)
{
	struct db_query query;
	int r;

	list_of(e, "policies");
	db_query(&e->store->db, &query, "SELECT level, node, at, account, note, text FROM layer WHERE tenant = ?"
	    " ORDER BY tenant, level, node, name, version", "i", tenant);
	while ((r = db_row(&query)) == SL_DONE) {
		next(e);
		r = add_node(e, "\"at\":", (struct sl_node){ (enum sl_level)db_int(&query, 0), db_int(&query, 1) });
		if (r != 0)
			break;
		sl_buf_addf(e->out, ",\"time_us\":%lld", (long long)db_int(&query, 2));
		add_text(e->out, ",\"account\":", db_text(&query, 3));
		add_text(e->out, ",\"note\":", db_text(&query, 4));
		add_text(e->out, ",\"text\":", db_text(&query, 5));
		sl_buf_add_str(e->out, "}");
	}
	db_end(&query);
	sl_buf_add_str(e->out, "]");
	return r;
}

static int
export_grants(struct export *e, int64_t tenant)
{
	struct db_query query;
	int r;

	list_of(e, "grants");
	db_query(&e->store->db, &query, "SELECT level, node, role, account FROM access WHERE tenant = ? ORDER BY level, node, role,"
	    " account", "i", tenant);
	while ((r = db_row(&query)) == SL_DONE) {
		next(e);
		r = add_node(e, "\"at\":", (struct sl_node){ (enum sl_level)db_int(&query, 0), db_int(&query, 1) });
		if (r != 0 || db_int(&query, 2) >= SL_ROLE_COUNT)
			break;
		sl_buf_addf(e->out, ",\"role\":\"%s\"", sl_role_word((enum sl_role)db_int(&query, 2)));
		add_text(e->out, ",\"account\":", db_text(&query, 3));
		sl_buf_add_str(e->out, "}");
	}
	db_end(&query);
	sl_buf_add_str(e->out, "]");
	return r < 0 ? r : 0;
}

static int
on_key(void *ctx, const struct sl_tenant_key *key)
{
	struct export *e = ctx;

	next(e);
	sl_buf_add_str(e->out, "\"public\":\"");
	for (size_t i = 0; i < sizeof(key->public_key); i++)
		sl_buf_addf(e->out, "%02x", key->public_key[i]);
	sl_buf_addf(e->out, "\",\"holder\":\"%s\"}", sl_key_holder_word(key->holder));
	return 0;
}

int
sl_store_export(struct sl_store *store, struct sl_node tenant, struct sl_buf *json)
{
	static const struct { const char *name; struct sl_walk walk; } parts[] = {
		{ "routes", { .route = on_route } }, { "domains", { .domain = on_domain } }, { "groups", { .group = on_group } },
		{ "users", { .user = on_user } }, { "lists", { .list = on_list } }, { "keys", { .key = on_key } },
	};
	struct export e = { .store = store, .out = json };
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(tenant.level == SL_LEVEL_TENANT && !store->grouped && store->depth == 0);
	sl_buf_init(&e.name, 1024);
	r = db_run(&store->db, "BEGIN", "");		/* all of one moment */
	if (r == 0) {
		r = sl_store_walk(store, &(struct sl_walk){ .tenant = on_tenant }, &e, tenant, NULL);
		for (size_t i = 0; i < SL_COUNT(parts) && r == 0; i++) {
			list_of(&e, parts[i].name);
			r = sl_store_walk(store, &parts[i].walk, &e, tenant, NULL);
			sl_buf_add_str(json, "]");
		}
		if (r == 0)
			r = export_layers(&e, tenant.id);
		if (r == 0)
			r = export_grants(&e, tenant.id);
		sl_buf_add_str(json, "}\n");
		sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
	}
	sl_buf_fini(&e.name);
	return r == 0 && json->overflow ? db_fail(&store->db, SL_ERR_TOO_LONG, "the tenant does not fit") : r;
}

/* ---- CSV ---- */

static int
user_to_csv(void *ctx, const struct sl_user_row *row)
{
	struct export *e = ctx;
	int r = domain_of(e, row->domain);

	sl_buf_reset(&e->name);
	sl_buf_addf(&e->name, "%.*s@%s", SL_SLICE_ARG(row->local), e->domain_name);
	sl_csv_field(e->out, sl_buf_slice(&e->name), true);
	sl_buf_reset(&e->name);
	if (r == 0 && row->group != 0) {
		r = sl_store_name(e->store, (struct sl_node){ SL_LEVEL_GROUP, row->group }, &e->name);
		sl_csv_field(e->out, sl_slice_str(strrchr(sl_buf_cstr(&e->name), '/') + 1), false);
	} else {
		sl_buf_add_byte(e->out, ',');
	}
	sl_csv_field(e->out, sl_slice_str(sl_user_source_word(row->source)), false);
	sl_csv_end(e->out);
	return r;
}

int
sl_store_users_to_csv(struct sl_store *store, struct sl_node node, struct sl_buf *csv)
{
	struct export e = { .store = store, .out = csv };
	int r;

	SL_CHECK(store, DB_MAGIC);
	sl_buf_init(&e.name, 1024);
	sl_buf_add_str(csv, "address,group,source\r\n");
	r = sl_store_walk(store, &(struct sl_walk){ .user = user_to_csv }, &e, node, NULL);
	sl_buf_fini(&e.name);
	return r == 0 && csv->overflow ? db_fail(&store->db, SL_ERR_TOO_LONG, "the users do not fit") : r;
}

static int
entry_to_csv(void *ctx, const struct sl_store_entry *entry)
{
	struct export *e = ctx;
	struct sl_buf options;
	time_t expires = (time_t)entry->expires_at;
	char date[32] = "";
	struct tm tm;

	if (entry->expires_at != 0 && gmtime_r(&expires, &tm) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sl_csv_field(e->out, sl_slice_str(sl_entry_kind_word(entry->kind)), true);
	sl_csv_field(e->out, entry->value, false);
	sl_buf_init(&options, 100);
	sl_entry_options_print(entry->options, &options);
	sl_csv_field(e->out, sl_buf_slice(&options), false);
	sl_buf_fini(&options);
	sl_csv_field(e->out, entry->note, false);
	sl_csv_field(e->out, sl_slice_str(date), false);
	sl_csv_end(e->out);
	return 0;
}

int
sl_store_lists_to_csv(struct sl_store *store, struct sl_node node, struct sl_buf *csv)
{
	struct export e = { .store = store, .out = csv };
	int r;

	SL_CHECK(store, DB_MAGIC);
	sl_buf_add_str(csv, "kind,value,options,note,expires\r\n");
	r = sl_store_list_walk(store, node, sl_slice(NULL, 0), entry_to_csv, &e);
	return r == 0 && csv->overflow ? db_fail(&store->db, SL_ERR_TOO_LONG, "the list does not fit") : r;
}
