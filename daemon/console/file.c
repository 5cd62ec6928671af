/* file.c - see file.h */

#include "file.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy_change.h"
#include "sl/log.h"
#include "store/file.h"
#include "store/layers.h"
#include "store/tree.h"
#include "store/walk.h"

#define ACCOUNT		"settings file"
#define DAY_MS		UINT64_C(86400000)
#define ARENA_MAX	((size_t)64 << 20)
#define ERRORS_MAX	4000

/* ---- what the section says, as the tenant's policy ---- */

static void
layer_row(struct sl_policy_layer *layer, const struct sl_policy_setting *row, const struct sl_policy *values)
{
	memcpy(sl_policy_value_at(&layer->values, row), sl_policy_value(values, row), row->size);
	layer->set |= UINT64_C(1) << (row - sl_policy_settings);
}

/* What its section does not speak of is as it is without a console: so that having one changes no mail's fate. Said once; from then on
 * it is the tenant's own to change. */
static void
layer_first(struct sl_policy_layer *layer)
{
	static const char *const delivered[] = { "attachments.programs", "attachments.macros", "attachments.encrypted",
		"attachments.deceptive", "attachments.unreadable" };
	static const struct sl_policy nothing;	/* SL_ACTION_DELIVER */

	for (size_t i = 0; i < SL_COUNT(delivered); i++)
		layer_row(layer, sl_policy_setting_find(sl_slice_str(delivered[i])), &nothing);
}

static unsigned
keep_days(const struct sl_settings *settings)
{
	return (unsigned)SL_MIN(SL_MAX((settings->quarantine.keep_ms + DAY_MS - 1) / DAY_MS, UINT64_C(1)), UINT64_C(365));
}

static int
layer_says(struct sl_policy_layer *layer, const struct sl_tenant *tenant, uint64_t was, struct sl_arena *arena, struct sl_buf *errors)
{
	int r = 0;

	for (int i = 0; i < SL_SAYS_COUNT && r == 0; i++) {
		struct sl_slice path = sl_slice_str(sl_tenant_says_path((enum sl_tenant_says)i));
		const char *says = tenant->says[i];

		if (says != NULL && *says != '\0')
			r = sl_policy_layer_set(layer, path, sl_slice_str(says), SL_BY_TENANT, arena, errors);
		else if ((was >> i & 1) != 0)
			r = sl_policy_layer_unset(layer, path);
	}
	return r;
}

static uint64_t
says_of(const struct sl_tenant *tenant)
{
	uint64_t says = 0;

	for (int i = 0; i < SL_SAYS_COUNT; i++)
		says |= (uint64_t)(tenant->says[i] != NULL && *tenant->says[i] != '\0') << i;
	return says;
}

static int
make_layer(const struct sl_settings *settings, const struct sl_tenant *tenant, const struct sl_tenant_file *was,
    struct sl_arena *arena, struct sl_policy_layer *layer, struct sl_buf *errors)
{
	struct sl_policy *said = sl_xzalloc(sizeof(*said));
	uint64_t rows = sl_tenant_policy_rows();

	sl_tenant_policy(tenant, arena, said);
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if ((rows >> i & 1) != 0)
			layer_row(layer, &sl_policy_settings[i], said);
	said->quarantine.days = keep_days(settings);
	layer_row(layer, sl_policy_setting_find(SL_SLICE_LIT("quarantine.days")), said);
	sl_free(said);
	return layer_says(layer, tenant, was->says, arena, errors);
}

static int
make_canonical(struct file_known *known, struct sl_slice text, struct sl_buf *error)
{
	enum sl_policy_by by = SL_BY_TENANT;
	int r;

	if (text.len > 0 && sl_slice_eq(sl_buf_slice(&known->text), text))
		return 0;
	sl_buf_reset(&known->text);
	sl_buf_reset(&known->canonical);
	r = policy_text_check(&by, text, &known->canonical, error);
	if (r == 0)
		sl_buf_add_slice(&known->text, text);
	return r;
}

int
file_policy(const struct sl_settings *settings, const struct sl_tenant *tenant, const struct sl_tenant_file *was,
    struct file_known *known, struct sl_slice before, struct sl_buf *after, struct sl_buf *error)
{
	struct sl_policy_layer *layer = sl_xzalloc(sizeof(*layer));
	char template[SL_NAME_MAX + 1];
	struct sl_arena arena;
	struct sl_buf text;
	int r;

	sl_arena_init(&arena, ARENA_MAX);
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	/* What another version wrote and this one does not read is said anew. */
	if (policy_text_read(before, SL_BY_TENANT, &arena, template, layer, error) != 0) {
		memset(layer, 0, sizeof(*layer));
		template[0] = '\0';
	}
	sl_buf_reset(error);
	if (before.len == 0)
		layer_first(layer);
	r = make_layer(settings, tenant, was, &arena, layer, error);
	if (r == 0) {
		policy_text_print(template, layer, &text);
		r = text.overflow ? SL_ERR_SYNTAX : make_canonical(known, sl_buf_slice(&text), error);
	}
	if (r == 0)
		sl_buf_add_slice(after, sl_buf_slice(&known->canonical));
	if (r != 0 && error->len == 0)
		sl_buf_addf(error, "its policy is longer than %zu bytes", SL_LAYER_TEXT_MAX);
	sl_buf_fini(&text);
	sl_arena_fini(&arena);
	sl_free(layer);
	return r == 0 ? 0 : SL_ERR_SYNTAX;
}

/* ---- taking over ---- */

struct taken {			/* a tenant that is new, or says something else than last time */
	const struct sl_tenant	*tenant;
	struct sl_node		 node;
	struct sl_tenant_file	 was;
	uint64_t		 mark;
};

struct taking {
	struct sl_store		*store;
	struct sl_actor		 actor;
	const struct sl_settings *settings;
	const char		*path;
	const char		**names;	/* of all its tenants, sorted */
	struct taken		*items;
	size_t			 len;
	size_t			 added, changed, gone, left_out;
	struct file_known	 known;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
left_out(struct taking *t, const struct sl_tenant *tenant, const char *subject, const char *why)
{
	t->left_out++;
	sl_log(SL_LOG_ERROR, "%s, line %u: tenant %s is not taken over, and has no lists, digests and reports: %s%s", t->path,
	    tenant->line, tenant->name, subject, why);
}

/* May it have this domain? Not if it is a tenant's that the file does not have; one of who is gone from the file comes along. */
static int
domain_free(struct taking *t, const struct sl_tenant *tenant, const char *name, bool *free_out)
{
	struct sl_node domain, owner;
	struct sl_tenant_file file;
	int r = sl_store_domain_owner(t->store, sl_slice_str(name), &domain, &owner);

	*free_out = true;
	if (r == SL_ERR_NOT_FOUND)
		return 0;
	if (r == SL_ERR_SYNTAX) {
		*free_out = false;
		left_out(t, tenant, name, " is no domain to the database");
		return 0;
	}
	if (r == 0)
		r = sl_store_file_get(t->store, owner, &file);
	if (r == 0 && file.in == SL_TENANT_NOT_IN_FILE) {
		*free_out = false;
		left_out(t, tenant, name, " is a domain of a tenant that the console has by itself: remove it there, or here");
	}
	return r;
}

static int
domains_free(struct taking *t, const struct sl_tenant *tenant, bool *free_out)
{
	int r = 0;

	*free_out = true;
	for (size_t i = 0; r == 0 && i < tenant->domains_len && *free_out; i++)
		r = domain_free(t, tenant, tenant->domains[i], free_out);
	return r;
}

/* By its name letter by letter: what the database would find besides is another's. */
static int
find_tenant(struct taking *t, struct sl_slice name, struct sl_node *out)
{
	int r = sl_store_find(t->store, SL_LEVEL_TENANT, name, out);
	struct sl_tenant_file file;
	struct sl_buf text;

	if (r != 0)
		return r == SL_ERR_SYNTAX ? SL_ERR_NOT_FOUND : r;
	sl_buf_init(&text, 1024);
	r = sl_store_name(t->store, *out, &text);
	if (r == 0)
		r = sl_store_file_get(t->store, *out, &file);
	if (r == 0 && file.in != SL_TENANT_NOT_IN_FILE && !sl_slice_eq(sl_slice_from(sl_buf_slice(&text), strlen("tenant:")), name))
		r = SL_ERR_NOT_FOUND;
	sl_buf_fini(&text);
	return r;
}

/* Has a section before this one the same name? */
static bool
is_second(const struct taking *t, const struct sl_tenant *tenant)
{
	const char *const *at = bsearch(&tenant->name, t->names, t->settings->tenants_len, sizeof(*t->names), by_name);
	size_t i = (size_t)(at - t->names);

	if ((i == 0 || strcmp(t->names[i - 1], tenant->name) != 0) &&
	    (i + 1 == t->settings->tenants_len || strcmp(t->names[i + 1], tenant->name) != 0))
		return false;
	for (const struct sl_tenant *other = t->settings->tenants; other < tenant; other++)
		if (strcmp(other->name, tenant->name) == 0)
			return true;
	return false;
}

static int
find_or_add(struct taking *t, const struct sl_tenant *tenant, struct taken *out, bool *skip_out)
{
	struct sl_slice name = sl_slice_str(tenant->name);
	int r = find_tenant(t, name, &out->node);
	bool is_free = true;

	*skip_out = true;
	out->mark = sl_settings_tenant_mark(t->settings, tenant);
	if (r == 0)
		r = sl_store_file_get(t->store, out->node, &out->was);
	if (r == 0 && out->was.in == SL_TENANT_NOT_IN_FILE) {
		left_out(t, tenant, "", "the console has a tenant of that name by itself: remove one of them");
		return 0;
	}
	if (r == 0 && out->was.in == SL_TENANT_IN_FILE && out->was.mark == out->mark)
		return 0;
	if (is_second(t, tenant)) {
		left_out(t, tenant, "", "another section has the same name");
		return 0;
	}
	if (r == SL_ERR_NOT_FOUND || r == 0) {
		bool is_new = r != 0;

		r = domains_free(t, tenant, &is_free);
		if (r != 0 || !is_free)
			return r;
		t->added += is_new;
		t->changed += !is_new;
		r = is_new ? sl_store_file_tenant_add(t->store, &t->actor, name, &out->node) : 0;
		*skip_out = false;
	}
	return r;
}

struct dropping {
	const struct sl_tenant	*tenant;
	struct sl_node		*nodes;
	size_t			 len;
};

static int
on_domain(void *ctx, const struct sl_domain_row *row)
{
	struct dropping *d = ctx;
	bool stays = false;

	for (size_t i = 0; i < d->tenant->domains_len && !stays; i++)
		stays = sl_slice_eq(row->name, sl_slice_str(d->tenant->domains[i]));
	if (!stays) {
		d->nodes = sl_xrealloc(d->nodes, (d->len + 1) * sizeof(*d->nodes));
		d->nodes[d->len++] = (struct sl_node){ SL_LEVEL_DOMAIN, row->id };
	}
	return 0;
}

/* Domains that the section has no more. They go before any come: one may go from tenant to tenant. */
static int
drop_domains(struct taking *t, const struct taken *taken)
{
	static const struct sl_walk walk = { .domain = on_domain };
	struct dropping dropping = { .tenant = taken->tenant };
	int r = sl_store_walk(t->store, &walk, &dropping, taken->node, NULL);

	for (size_t i = 0; r == 0 && i < dropping.len; i++)
		r = sl_store_remove(t->store, &t->actor, dropping.nodes[i]);
	sl_free(dropping.nodes);
	return r;
}

static int
add_domain(struct taking *t, const struct taken *taken, const char *name)
{
	struct sl_node domain, owner;
	int r = sl_store_domain_owner(t->store, sl_slice_str(name), &domain, &owner);

	if (r == 0 && owner.id == taken->node.id)
		return 0;
	if (r == 0)		/* of one that is gone from the file: it was looked at (domains_free) */
		r = sl_store_remove(t->store, &t->actor, domain);
	else if (r == SL_ERR_NOT_FOUND)
		r = 0;
	return r != 0 ? r : sl_store_domain_add(t->store, &t->actor, taken->node, sl_slice_str(name),
	    (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &domain);
}

static unsigned
port_of(const struct sl_endpoint *endpoint)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&endpoint->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&endpoint->address;

	return ntohs(endpoint->address.ss_family == AF_INET6 ? in6->sin6_port : in4->sin_port);
}

static int
set_routes(struct taking *t, const struct taken *taken)
{
	const struct sl_tenant *tenant = taken->tenant;
	struct sl_route routes[SL_ROUTES_MAX];
	size_t len = SL_MIN(tenant->next_hops_len, (size_t)SL_ROUTES_MAX);

	for (size_t i = 0; i < len; i++)
		routes[i] = (struct sl_route){ sl_slice_str(tenant->next_hops[i].host), port_of(&tenant->next_hops[i]),
			(enum sl_route_tls)tenant->next_hop_tls };
	return sl_store_routes_set(t->store, &t->actor, taken->node, routes, len);
}

/* It is canonical (file_policy). */
static int
as_it_is(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

static int
set_layer(struct taking *t, const struct taken *taken, struct sl_buf *error)
{
	struct sl_buf before, after;
	int64_t version;
	int r;

	sl_buf_init(&before, SL_LAYER_TEXT_MAX);
	sl_buf_init(&after, SL_LAYER_TEXT_MAX);
	r = sl_store_layer_get(t->store, taken->node, sl_slice("", 0), SL_LAYER_ANY, &before, NULL);
	if (r == SL_ERR_NOT_FOUND)
		r = 0;
	if (r == 0)
		r = file_policy(t->settings, taken->tenant, &taken->was, &t->known, sl_buf_slice(&before), &after, error);
	if (r == 0 && !sl_slice_eq(sl_buf_slice(&before), sl_buf_slice(&after)))
		r = sl_store_layer_set(t->store, &t->actor, taken->node, sl_slice("", 0), sl_buf_slice(&after), SL_LAYER_ANY,
		    as_it_is, NULL, &version);
	sl_buf_fini(&before);
	sl_buf_fini(&after);
	return r;
}

static int
set_state(struct taking *t, struct sl_node tenant, enum sl_tenant_state state)
{
	struct sl_tenant_settings settings;
	int r = sl_store_tenant_get(t->store, tenant, &settings);

	if (r != 0 || settings.state == state)
		return r;
	settings.state = state;
	return sl_store_tenant_set(t->store, &t->actor, tenant, &settings);
}

/* The mark comes last, and only if all of it is there: edges believe it. */
static int
take(struct taking *t, const struct taken *taken)
{
	const struct sl_tenant *tenant = taken->tenant;
	struct sl_tenant_file file = { SL_TENANT_IN_FILE, taken->mark, says_of(tenant) };
	int r = set_state(t, taken->node, SL_TENANT_ON);
	struct sl_buf error;

	sl_buf_init(&error, ERRORS_MAX);
	for (size_t i = 0; r == 0 && i < tenant->domains_len; i++)
		r = add_domain(t, taken, tenant->domains[i]);
	if (r == 0)
		r = set_routes(t, taken);
	if (r == 0)
		r = set_layer(t, taken, &error);
	if (r == SL_ERR_SYNTAX || r == SL_ERR_TOO_LONG || r == SL_ERR_EXISTS) {
		left_out(t, tenant, error.len > 0 ? sl_buf_cstr(&error) : sl_store_error(t->store), "");
		file.mark = 0;
		r = 0;
	}
	sl_buf_fini(&error);
	return r != 0 ? r : sl_store_file_set(t->store, &t->actor, taken->node, &file);
}

struct leaving {
	struct taking	*taking;
	struct sl_node	*nodes;
	size_t		 len;
};

static int
on_known(void *ctx, struct sl_node tenant, struct sl_slice name)
{
	struct leaving *l = ctx;
	char *text = sl_xmemdup(name.ptr, name.len);
	const char *key = text;

	if (l->taking->settings->tenants_len == 0 ||
	    bsearch(&key, l->taking->names, l->taking->settings->tenants_len, sizeof(key), by_name) == NULL) {
		l->nodes = sl_xrealloc(l->nodes, (l->len + 1) * sizeof(*l->nodes));
		l->nodes[l->len++] = tenant;
	}
	sl_free(text);
	return 0;
}

/* Those that the file has no more are turned off, and keep what is theirs. */
static int
retire(struct taking *t)
{
	struct leaving leaving = { .taking = t };
	struct sl_tenant_file file;
	int r = sl_store_file_tenants(t->store, on_known, &leaving);

	for (size_t i = 0; r == 0 && i < leaving.len; i++) {
		r = set_state(t, leaving.nodes[i], SL_TENANT_OFF);
		if (r == 0)
			r = sl_store_file_get(t->store, leaving.nodes[i], &file);
		file.in = SL_TENANT_GONE_FROM_FILE;
		file.mark = 0;
		if (r == 0)
			r = sl_store_file_set(t->store, &t->actor, leaving.nodes[i], &file);
		t->gone += r == 0;
	}
	sl_free(leaving.nodes);
	return r;
}

static int
take_all(struct taking *t)
{
	int r = retire(t);

	for (size_t i = 0; r == 0 && i < t->settings->tenants_len; i++) {
		struct taken *taken = &t->items[t->len];
		bool skip;

		*taken = (struct taken){ .tenant = &t->settings->tenants[i] };
		r = find_or_add(t, taken->tenant, taken, &skip);
		if (r == 0 && !skip) {
			r = drop_domains(t, taken);
			t->len++;
		}
	}
	for (size_t i = 0; r == 0 && i < t->len; i++)
		r = take(t, &t->items[i]);
	return r;
}

int
file_take_over(struct console *console, const struct sl_settings *settings, const char *path)
{
	struct taking t = { .store = console->store, .actor = { SL_SLICE_LIT(ACCOUNT), sl_slice_str(path) }, .settings = settings, .path = path };
	size_t len = settings->tenants_len;
	int r = sl_store_begin(console->store);

	if (r != 0)
		return r;
	sl_buf_init(&t.known.text, SL_LAYER_TEXT_MAX);
	sl_buf_init(&t.known.canonical, SL_LAYER_TEXT_MAX);
	t.names = sl_xzalloc(SL_MAX(len, (size_t)1) * sizeof(*t.names));
	t.items = sl_xzalloc(SL_MAX(len, (size_t)1) * sizeof(*t.items));
	for (size_t i = 0; i < len; i++)
		t.names[i] = settings->tenants[i].name;
	if (len > 1)
		qsort(t.names, len, sizeof(*t.names), by_name);
	r = take_all(&t);
	if (r == 0)
		r = sl_store_commit(console->store);
	else
		sl_store_rollback(console->store);
	if (r == 0 && t.added + t.changed + t.gone > 0) {
		sl_log(SL_LOG_NOTICE, "tenants of %s: %zu are new, %zu have changed, %zu are gone, %zu are left out", path, t.added, t.changed,
		    t.gone, t.left_out);
		console_changed(console);
	}
	sl_buf_fini(&t.known.text);
	sl_buf_fini(&t.known.canonical);
	sl_free(t.names);
	sl_free(t.items);
	return r;
}

/* ---- what verbs may not change ---- */

static const struct sl_tenant *
section_of(const struct console *console, struct sl_slice name)
{
	const struct sl_settings *s = console->settings;
	const struct sl_tenant *tenant = s == NULL ? NULL : sl_settings_tenant(s, name);

	if (tenant != NULL && sl_slice_eq(sl_slice_str(tenant->name), name))
		return tenant;
	for (size_t i = 0; s != NULL && i < s->tenants_len; i++)
		if (sl_slice_eq(sl_slice_str(s->tenants[i].name), name))
			return &s->tenants[i];
	return NULL;
}

void
file_place(const struct console *console, struct sl_slice tenant, const struct sl_tenant_file *file, struct sl_buf *out)
{
	const struct sl_tenant *section = file->in == SL_TENANT_IN_FILE ? section_of(console, tenant) : NULL;

	if (file->in == SL_TENANT_NOT_IN_FILE)
		return;
	if (file->in == SL_TENANT_GONE_FROM_FILE)
		sl_buf_add_str(out, "no longer in the settings file");
	else if (section == NULL)
		sl_buf_add_str(out, "the settings file");
	else
		sl_buf_addf(out, "%s, line %u", console->settings_path, section->line);
}

/* Its tenant, and whether the file has it. */
static int
file_of(struct request *request, struct sl_node node, struct sl_node *tenant, struct sl_tenant_file *file)
{
	struct sl_access_path path;
	int r = sl_store_path(request->store, node, &path);

	*file = (struct sl_tenant_file){ SL_TENANT_NOT_IN_FILE, 0, 0 };
	*tenant = (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] };
	return r != 0 || tenant->id == 0 ? r : sl_store_file_get(request->store, *tenant, file);
}

static int
refuse_by_file(struct request *request, struct sl_node tenant, const struct sl_tenant_file *file, const char *what)
{
	struct sl_buf name, place;
	int r;

	sl_buf_init(&name, 1024);
	sl_buf_init(&place, 8192);
	r = sl_store_name(request->store, tenant, &name);
	if (r == 0) {
		file_place(request->console, sl_slice_from(sl_buf_slice(&name), strlen("tenant:")), file, &place);
		r = refuse(request, SL_ERR_REFUSED, "%s: %s in %s: change it there, and reload", sl_buf_cstr(&name), what,
		    sl_buf_cstr(&place));
	}
	sl_buf_fini(&name);
	sl_buf_fini(&place);
	return r;
}

int
file_refuses(struct request *request, struct sl_node node, const char *what)
{
	struct sl_tenant_file file;
	struct sl_node tenant;
	int r = file_of(request, node, &tenant, &file);

	return r != 0 || file.in != SL_TENANT_IN_FILE ? r : refuse_by_file(request, tenant, &file, what);
}

int
file_refuses_rows(struct request *request, struct sl_node node, uint64_t rows)
{
	/* What the file's own words say, beside policies. */
	static const char *const own[] = { "quarantine.days", "message.size", "message.window" };
	uint64_t said = sl_tenant_policy_rows();
	struct sl_tenant_file file;
	struct sl_node tenant;
	char what[100];
	int r = node.level != SL_LEVEL_TENANT ? 0 : file_of(request, node, &tenant, &file);

	if (r != 0 || node.level != SL_LEVEL_TENANT || file.in != SL_TENANT_IN_FILE)
		return r;
	for (size_t i = 0; i < SL_COUNT(own); i++)
		said |= UINT64_C(1) << (sl_policy_setting_find(sl_slice_str(own[i])) - sl_policy_settings);
	for (int i = 0; i < SL_SAYS_COUNT; i++)
		if ((file.says >> i & 1) != 0)
			said |= UINT64_C(1) << (sl_policy_setting_find(sl_slice_str(sl_tenant_says_path((enum sl_tenant_says)i))) -
			    sl_policy_settings);
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if ((rows & said) >> i & 1) {
			snprintf(what, sizeof(what), "%s is", sl_policy_settings[i].path);
			return refuse_by_file(request, tenant, &file, what);
		}
	return 0;
}
