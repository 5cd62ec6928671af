/* compile.c - a tenant, and all of them; see compile.h */

#include "compile_i.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/layers.h"
#include "store/lists.h"

#define TEXTS_MAX	((size_t)1 << 31)	/* bytes: names and addresses of one tenant */

struct sl_compile *
sl_compile_new(const struct sl_compile_options *options)
{
	struct sl_compile *c = sl_xzalloc(sizeof(*c));

	c->magic = COMPILE_MAGIC;
	c->options = *options;
	c->chains = sl_chains_new();
	sl_buf_init(&c->error, 2048);
	sl_buf_init(&c->problems, 65536);
	sl_buf_init(&c->scratch, SL_LAYER_TEXT_MAX);
	sl_buf_init(&c->names, 65536);
	sl_buf_init(&c->tenant.texts, TEXTS_MAX);
	return c;
}

static void
said_forget(struct tenant *t)
{
	for (size_t i = 0; i < t->said_len; i++)
		sl_free(t->said[i].text);
	t->said_len = 0;
}

void
sl_compile_free(struct sl_compile **compile)
{
	struct sl_compile *c = *compile;

	if (c == NULL)
		return;
	SL_CHECK(c, COMPILE_MAGIC);
	said_forget(&c->tenant);
	sl_free(c->tenant.said);
	sl_free(c->tenant.spoke);
	sl_free(c->tenant.domains);
	sl_free(c->tenant.groups);
	sl_free(c->tenant.users);
	sl_buf_fini(&c->tenant.texts);
	sl_buf_fini(&c->error);
	sl_buf_fini(&c->problems);
	sl_buf_fini(&c->scratch);
	sl_buf_fini(&c->names);
	sl_free(c->policies);
	sl_chains_free(&c->chains);
	SL_OBJ_FREE(compile, COMPILE_MAGIC);
}

const char *
sl_compile_error(const struct sl_compile *c)
{
	SL_CHECK(c, COMPILE_MAGIC);
	return sl_buf_cstr(&((struct sl_compile *)(uintptr_t)c)->error);
}

struct sl_slice
sl_compile_problems(const struct sl_compile *c)
{
	SL_CHECK(c, COMPILE_MAGIC);
	return sl_buf_slice(&c->problems);
}

size_t
sl_compile_policies(const struct sl_compile *c)
{
	SL_CHECK(c, COMPILE_MAGIC);
	return c->policies_len;
}

static void *
grow(void *array, size_t len, size_t *size, size_t each)
{
	if (len < *size)
		return array;
	*size = SL_MAX(*size * 2, (size_t)16);
	return sl_xrealloc(array, *size * each);
}

/* ---- policies ---- */

static unsigned
variant_of(const struct sl_tenant_settings *settings)
{
	unsigned mode = settings->state == SL_TENANT_MONITOR ? 1 : settings->state == SL_TENANT_PASS ? 2 : 0;

	return mode * 2 + (settings->users == SL_TENANT_USERS_LISTED);
}

/* The writer's number of a chain's policy. */
static int
policy_of(struct sl_compile *c, uint32_t chain, uint32_t *out)
{
	static const enum sl_mode modes[] = { SL_MODE_FILTER, SL_MODE_MONITOR, SL_MODE_PASS_THROUGH };
	unsigned variant = variant_of(&c->tenant.settings);
	struct sl_snapshot_chain described;
	size_t at = (size_t)chain * VARIANTS + variant, size = c->policies_size;
	int r;

	if (at >= size) {
		size = SL_MAX(size * 2, sl_chains_len(c->chains) * VARIANTS);
		c->policies = sl_xrealloc(c->policies, size * sizeof(*c->policies));
		memset(c->policies + c->policies_size, 0, (size - c->policies_size) * sizeof(*c->policies));
		c->policies_size = size;
	}
	if (c->policies[at] == 0) {
		r = sl_chains_describe(c->chains, chain, &described);
		described.mode = modes[variant / 2];
		described.shield = variant % 2 == 1;
		if (r == 0)
			r = sl_snapshot_writer_chain(c->options.writer, &described, out);
		if (r != 0)
			return compile_fail(c, r, "a policy cannot be written: %s", sl_strerror(r));
		c->policies[at] = *out + 1;
		c->policies_len++;
	}
	*out = c->policies[at] - 1;
	return 0;
}

/* ---- what a tenant's nodes say ---- */

static int
compare_node(struct sl_node a, struct sl_node b)
{
	if (a.level != b.level)
		return a.level < b.level ? -1 : 1;
	return a.id < b.id ? -1 : a.id > b.id;
}

static int
compare_said(const void *a, const void *b)
{
	return compare_node(((const struct said *)a)->node, ((const struct said *)b)->node);
}

void
compile_said_add(struct tenant *t, struct sl_node node, struct sl_slice text)
{
	t->said = grow(t->said, t->said_len, &t->said_size, sizeof(*t->said));
	t->said[t->said_len++] = (struct said){ node, sl_xmemdup(text.len > 0 ? text.ptr : (const unsigned char *)"", text.len),
		text.len };
}

static int
on_layer(void *ctx, const struct sl_layer_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;
	struct sl_slice instead;

	if (row->node.level >= SL_LEVEL_GROUP) {
		t->spoke = grow(t->spoke, t->spoke_len, &t->spoke_size, sizeof(*t->spoke));
		t->spoke[t->spoke_len++] = row->node;
	}
	if (row->name.len == 0 && row->text.len > 0 && !compile_instead(c, row->node, row->name, &instead))
		compile_said_add(&c->tenant, row->node, row->text);
	return 0;
}

/* What its nodes say, of levels up to `to`. */
int
compile_said_read(struct sl_compile *c, int64_t tenant, enum sl_level to)
{
	const struct sl_compile_instead *instead = c->options.instead;
	int64_t of = 0;
	struct sl_access_path path;
	int r = sl_store_tenant_layers(c->options.store, tenant, SL_LEVEL_TENANT, to, on_layer, c);

	if (r == 0 && instead != NULL && instead->node.level >= SL_LEVEL_TENANT) {
		r = sl_store_path(c->options.store, instead->node, &path);
		of = r == 0 ? path.id[SL_LEVEL_TENANT] : 0;
	}
	if (of == tenant && instead->node.level >= SL_LEVEL_GROUP) {
		c->tenant.spoke = grow(c->tenant.spoke, c->tenant.spoke_len, &c->tenant.spoke_size, sizeof(*c->tenant.spoke));
		c->tenant.spoke[c->tenant.spoke_len++] = instead->node;
	}
	if (of == tenant && instead->text.len > 0)
		compile_said_add(&c->tenant, instead->node, instead->text);
	return r;
}

static void
said_sort(struct tenant *t)
{
	if (t->said_len > 1)
		qsort(t->said, t->said_len, sizeof(*t->said), compare_said);
}

/* The chain at a node whose parent has `chain`. */
static int
chain_at(struct sl_compile *c, uint32_t chain, struct sl_node node, uint32_t *out)
{
	const struct said key = { .node = node }, *said;

	*out = chain;
	if (c->tenant.said_len == 0)
		return 0;
	said = bsearch(&key, c->tenant.said, c->tenant.said_len, sizeof(key), compare_said);
	return said == NULL ? 0 : compile_link(c, chain, node, c->tenant.row.partner, sl_slice(said->text, said->len), out);
}

/* ---- rows of a tenant, in the order of a walk ---- */

static uint32_t
keep_text(struct tenant *t, struct sl_slice text)
{
	uint32_t at = (uint32_t)t->texts.len;

	sl_buf_add_slice(&t->texts, text);
	return at;
}

struct sl_slice
compile_text(const struct tenant *t, uint32_t at, size_t len)
{
	return sl_slice(t->texts.data + at, len);
}

static int
on_tenant(void *ctx, const struct sl_tenant_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;

	t->there = row->settings.state != SL_TENANT_OFF;
	if (!t->there)
		return SL_DONE;
	if (row->id > UINT32_MAX || row->partner > UINT32_MAX)
		return compile_fail(c, SL_ERR_FULL, "the numbers of tenants are used up");
	t->settings = row->settings;
	t->row.id = (uint32_t)row->id;
	t->row.partner = (uint32_t)row->partner;
	t->row.file_mark = row->file.in == SL_TENANT_IN_FILE ? row->file.mark : 0;
	keep_text(t, row->name);
	t->name_len = (uint32_t)row->name.len;
	return chain_at(c, sl_chains_start(c->chains, t->row.partner), (struct sl_node){ SL_LEVEL_TENANT, row->id }, &t->chain);
}

static int
on_route(void *ctx, const struct sl_route_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;

	if (t->routes_len == SL_ROUTES_MAX)
		return 0;
	t->hosts[t->routes_len] = keep_text(t, row->route.host);
	t->routes[t->routes_len++] = row->route;
	return 0;
}

/* An IP address as it is written, or what is known of a name. */
static void
hop_address(struct sl_compile *c, struct sl_slice host, unsigned char out[16])
{
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, 16);
	if (host.len < sizeof(text)) {
		memcpy(text, host.ptr, host.len);
		text[host.len] = '\0';
		if (inet_pton(AF_INET6, text, out) == 1)
			return;
		if (inet_pton(AF_INET, text, out + 12) == 1) {
			memset(out + 10, 0xff, 2);
			return;
		}
	}
	if (c->options.address == NULL || !c->options.address(c->options.ctx, host, out))
		memset(out, 0, 16);
}

/* All that stands before its domains is there. */
static int
write_tenant(struct sl_compile *c)
{
	struct tenant *t = &c->tenant;
	char texts[SL_ROUTES_MAX][300];
	int r;

	t->written = true;
	t->row.name = compile_text(t, 0, t->name_len);
	t->row.hops_len = t->routes_len;
	t->row.hop_tls = 0;
	for (size_t i = 0; i < t->routes_len; i++) {
		struct sl_snapshot_hop *hop = &t->row.hops[i];
		struct sl_slice host = compile_text(t, t->hosts[i], t->routes[i].host.len);
		bool colon = memchr(host.ptr, ':', host.len) != NULL;

		snprintf(texts[i], sizeof(texts[i]), "%s" SL_SLICE_FMT "%s:%u", colon ? "[" : "", SL_SLICE_ARG(host),
		    colon ? "]" : "", t->routes[i].port);
		hop->text = sl_slice_str(texts[i]);
		hop->host = host;
		hop->port = (uint16_t)t->routes[i].port;
		hop_address(c, host, hop->address);
		t->row.hop_tls = SL_MAX(t->row.hop_tls, (uint32_t)t->routes[i].tls);	/* the strictest: they are in order */
	}
	r = policy_of(c, t->chain, &t->row.policy);
	if (r != 0)
		return r;
	r = sl_snapshot_writer_tenant(c->options.writer, &t->row);
	return r == 0 ? 0 : compile_fail(c, r, "tenant " SL_SLICE_FMT ": %s", SL_SLICE_ARG(t->row.name), sl_strerror(r));
}

/* A policy that is the parent's is not said again. */
static int
own_policy(struct sl_compile *c, bool own, uint32_t chain, uint32_t *out)
{
	*out = SL_SNAPSHOT_INHERIT;
	return own ? policy_of(c, chain, out) : 0;
}

static const struct domain *
domain_find(const struct tenant *t, int64_t id)
{
	size_t from = 0, to = t->domains_len;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (t->domains[mid].id == id)
			return &t->domains[mid];
		if (t->domains[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

static int
on_domain(void *ctx, const struct sl_domain_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;
	const struct domain *alias = row->alias_of == 0 ? NULL : domain_find(t, row->alias_of);
	struct sl_slice alias_name = sl_slice("", 0);
	struct domain *d;
	uint32_t policy;
	int r = t->written ? 0 : write_tenant(c);

	if (r != 0)
		return r;
	t->domains = grow(t->domains, t->domains_len, &t->domains_size, sizeof(*t->domains));
	if (alias != NULL)
		alias = domain_find(t, row->alias_of);		/* it may have moved */
	d = &t->domains[t->domains_len++];
	*d = (struct domain){ .id = row->id, .name = keep_text(t, row->name), .name_len = (uint32_t)row->name.len };
	r = chain_at(c, t->chain, (struct sl_node){ SL_LEVEL_DOMAIN, row->id }, &d->chain);
	d->own = d->chain != t->chain;
	if (alias != NULL) {
		alias_name = compile_text(t, alias->name, alias->name_len);
		d->chain = alias->chain;
		d->own = alias->own;
	}
	if (r == 0)
		r = own_policy(c, d->own, d->chain, &policy);
	if (r != 0)
		return r;
	r = sl_snapshot_writer_domain(c->options.writer, t->row.id, row->name, alias_name, policy);
	return r == 0 ? 0 : compile_fail(c, r, "domain " SL_SLICE_FMT ": %s", SL_SLICE_ARG(row->name), sl_strerror(r));
}

static int
on_group(void *ctx, const struct sl_group_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;
	const struct domain *d = domain_find(t, row->domain);
	struct group *g;
	uint32_t policy;
	int r;

	if (d == NULL || row->id > UINT32_MAX)
		return compile_fail(c, SL_ERR_DAMAGED, "group " SL_SLICE_FMT " has no domain", SL_SLICE_ARG(row->name));
	t->groups = grow(t->groups, t->groups_len, &t->groups_size, sizeof(*t->groups));
	g = &t->groups[t->groups_len++];
	g->id = row->id;
	r = chain_at(c, d->chain, (struct sl_node){ SL_LEVEL_GROUP, row->id }, &g->chain);
	g->own = g->chain != d->chain;
	if (r == 0)
		r = own_policy(c, g->own, g->chain, &policy);
	if (r != 0)
		return r;
	r = sl_snapshot_writer_group(c->options.writer, t->row.id, (uint32_t)row->id, policy);
	return r == 0 ? 0 : compile_fail(c, r, "group " SL_SLICE_FMT ": %s", SL_SLICE_ARG(row->name), sl_strerror(r));
}

static int
compare_group(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct group *
group_find(struct tenant *t, int64_t id)
{
	const struct group key = { .id = id };

	if (!t->groups_sorted && t->groups_len > 1)
		qsort(t->groups, t->groups_len, sizeof(*t->groups), compare_group);
	t->groups_sorted = true;
	return t->groups_len == 0 ? NULL : bsearch(&key, t->groups, t->groups_len, sizeof(key), compare_group);
}

int
compile_user(void *ctx, const struct sl_user_row *row)
{
	struct sl_compile *c = ctx;
	struct tenant *t = &c->tenant;
	const struct domain *d = domain_find(t, row->domain);
	const struct group *g = row->group == 0 ? NULL : group_find(t, row->group);
	uint32_t above, chain, policy, at = (uint32_t)t->texts.len, len;
	int r;

	if (d == NULL)
		return compile_fail(c, SL_ERR_DAMAGED, "user " SL_SLICE_FMT " has no domain", SL_SLICE_ARG(row->local));
	above = g != NULL ? g->chain : d->chain;
	r = chain_at(c, above, (struct sl_node){ SL_LEVEL_USER, row->id }, &chain);
	if (r == 0)
		r = own_policy(c, chain != above, chain, &policy);
	if (r != 0)
		return r;
	len = (uint32_t)row->local.len + 1 + d->name_len;
	sl_buf_add_slice(&t->texts, row->local);
	sl_buf_add_byte(&t->texts, '@');
	for (uint32_t i = 0; i < d->name_len; i++)	/* from the same buffer, which may move */
		sl_buf_add_byte(&t->texts, t->texts.data[d->name + i]);
	t->users = grow(t->users, t->users_len, &t->users_size, sizeof(*t->users));
	t->users[t->users_len++] = (struct user){ row->id, at, len };
	r = sl_snapshot_writer_user(c->options.writer, t->row.id, compile_text(t, at, len), g != NULL ? (uint32_t)g->id : 0, policy);
	return r == 0 ? 0 : compile_fail(c, r, "user " SL_SLICE_FMT ": %s", SL_SLICE_ARG(compile_text(t, at, len)), sl_strerror(r));
}

static int
compare_user(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct sl_slice
user_find(struct tenant *t, int64_t id)
{
	const struct user key = { .id = id }, *user;

	if (!t->users_sorted && t->users_len > 1)
		qsort(t->users, t->users_len, sizeof(*t->users), compare_user);
	t->users_sorted = true;
	user = t->users_len == 0 ? NULL : bsearch(&key, t->users, t->users_len, sizeof(key), compare_user);
	return user == NULL ? sl_slice("", 0) : compile_text(t, user->address, user->address_len);
}

/* ---- lists ---- */

/* A value as the store keeps it is its key's text already; networks alone are read. NULL, or what is wrong. */
static const char *
entry_key(const struct sl_store_entry *entry, struct sl_list_key *key)
{
	bool below = entry->type == SL_ENTRY_BELOW;
	struct sl_slice text = sl_slice_from(entry->value, below ? 2 : 0);

	if (entry->type == SL_ENTRY_NETWORK || text.len == 0 || text.len > SL_LIST_KEY_MAX)
		return sl_list_key_read(entry->value, key);
	key->kind = below ? SL_LIST_BELOW : entry->type == SL_ENTRY_ADDRESS ? SL_LIST_ADDRESS : SL_LIST_DOMAIN;
	key->len = text.len;
	memcpy(key->text, text.ptr, text.len);
	key->text[text.len] = '\0';
	return NULL;
}

int
compile_entry(struct sl_compile *c, struct sl_node node, enum sl_policy_by by, uint32_t owner, struct sl_slice address,
    const struct sl_store_entry *entry)
{
	struct sl_list_entry out = { .expires_s = entry->expires_at,
		.flags = (entry->kind == SL_ENTRY_ALLOW ? SL_LIST_ALLOW : SL_LIST_DENY) |
		    ((entry->options & SL_ENTRY_UNAUTHENTICATED) != 0 ? SL_LIST_UNAUTHENTICATED : 0u) |
		    ((entry->options & SL_ENTRY_EITHER) != 0 ? SL_LIST_EITHER : 0u) };
	const char *wrong = entry_key(entry, &out.key);
	char below[SL_LIST_KEY_MAX + 3];
	int r;

	if (wrong != NULL) {
		sl_buf_reset(&c->scratch);
		sl_buf_addf(&c->scratch, "list entry " SL_SLICE_FMT ": %s", SL_SLICE_ARG(entry->value), wrong);
		compile_problem(c, node, sl_buf_slice(&c->scratch));
		return 0;
	}
	r = sl_snapshot_writer_entry(c->options.writer, by, owner, address, &out);
	if (r == 0 && (entry->options & SL_ENTRY_SUBDOMAINS) != 0 && out.key.kind == SL_LIST_DOMAIN) {
		snprintf(below, sizeof(below), "*.%s", out.key.text);
		if (sl_list_key_read(sl_slice_str(below), &out.key) == NULL)
			r = sl_snapshot_writer_entry(c->options.writer, by, owner, address, &out);
	}
	return r == 0 ? 0 : compile_fail(c, r, "list entry " SL_SLICE_FMT ": %s", SL_SLICE_ARG(entry->value), sl_strerror(r));
}

/* Domains and groups have no lists of their own: the console refuses them. */
static int
on_list(void *ctx, const struct sl_list_row *row)
{
	struct sl_compile *c = ctx;
	struct sl_slice user;

	if (row->node.level == SL_LEVEL_TENANT)
		return compile_entry(c, row->node, SL_BY_TENANT, c->tenant.row.id, sl_slice("", 0), &row->entry);
	if (row->node.level != SL_LEVEL_USER)
		return 0;
	user = user_find(&c->tenant, row->node.id);
	return user.len == 0 ? 0 : compile_entry(c, row->node, SL_BY_USER, c->tenant.row.id, user, &row->entry);
}

struct listing {
	struct sl_compile	*compile;
	struct sl_node		 node;
};

static int
on_entry(void *ctx, const struct sl_store_entry *entry)
{
	struct listing *l = ctx;

	return compile_entry(l->compile, l->node, l->node.level == SL_LEVEL_OPERATOR ? SL_BY_OPERATOR : SL_BY_PARTNER,
	    (uint32_t)l->node.id, sl_slice("", 0), entry);
}

/* The store's sentence, where there is none of ours. */
int
compile_store_failed(struct sl_compile *c, int r)
{
	if (r < 0 && c->error.len == 0)
		compile_fail(c, r, "%s", *sl_store_error(c->options.store) != '\0' ? sl_store_error(c->options.store) : sl_strerror(r));
	return r;
}

int
sl_compile_list(struct sl_compile *c, struct sl_node node)
{
	struct listing listing = { c, node };
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	SL_ASSERT(node.level == SL_LEVEL_OPERATOR || node.level == SL_LEVEL_PARTNER);
	r = sl_snapshot_writer_list(c->options.writer, node.level == SL_LEVEL_OPERATOR ? SL_BY_OPERATOR : SL_BY_PARTNER,
	    (uint32_t)node.id);
	if (r == 0)
		r = sl_store_list_walk(c->options.store, node, sl_slice("", 0), on_entry, &listing);
	return compile_store_failed(c, r == SL_ERR_NOT_FOUND ? 0 : r);
}

/* ---- a tenant ---- */

int
compile_id_add(struct ids *ids, int64_t id)
{
	ids->ids = grow(ids->ids, ids->len, &ids->size, sizeof(*ids->ids));
	ids->ids[ids->len++] = id;
	return 0;
}

void
compile_begin(struct sl_compile *c, int64_t id)
{
	struct tenant *t = &c->tenant;

	said_forget(t);
	t->domains_len = t->groups_len = t->users_len = t->routes_len = t->spoke_len = 0;
	t->there = t->written = t->groups_sorted = t->users_sorted = false;
	t->row = (struct sl_snapshot_tenant){ 0 };
	t->id = id;
	sl_buf_reset(&t->texts);
}

/* What is said was read. Returns SL_DONE when it is written, 0 when there is nothing of it to write. */
int
compile_write(struct sl_compile *c, int64_t id, const struct sl_walk *walk)
{
	int r;

	said_sort(&c->tenant);
	r = compile_presets(c);
	if (r == 0)
		r = sl_store_walk(c->options.store, walk, c, (struct sl_node){ SL_LEVEL_TENANT, id }, NULL);
	if (r == SL_DONE || r == SL_ERR_NOT_FOUND)
		return 0;			/* off, or not there */
	if (r == 0 && c->tenant.there && !c->tenant.written)
		r = write_tenant(c);		/* it has no domain yet */
	if (r == 0 && c->tenant.texts.overflow)
		r = compile_fail(c, SL_ERR_FULL, "tenant %lld has too many users", (long long)id);
	return r != 0 ? compile_store_failed(c, r) : c->tenant.there ? SL_DONE : 0;
}

const struct sl_walk compile_without_users = { .tenant = on_tenant, .route = on_route, .domain = on_domain, .group = on_group };
static const struct sl_walk all_of_it = { .tenant = on_tenant, .route = on_route, .domain = on_domain, .group = on_group,
	.user = compile_user, .list = on_list };

static int
tenant_compile(struct sl_compile *c, int64_t id)
{
	int r;

	compile_begin(c, id);
	r = compile_said_read(c, id, SL_LEVEL_USER);
	return r == 0 ? compile_write(c, id, &all_of_it) : compile_store_failed(c, r);
}

int
sl_compile_tenant(struct sl_compile *c, int64_t tenant)
{
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	sl_buf_reset(&c->error);
	r = tenant_compile(c, tenant);
	if (r == 0 && tenant <= UINT32_MAX)
		r = sl_snapshot_writer_gone(c->options.writer, (uint32_t)tenant);
	return SL_MIN(r, 0);
}

/* ---- everything ---- */

static int
on_tenant_id(void *ctx, const struct sl_tenant_row *row)
{
	return compile_id_add(ctx, row->id);
}

static int
on_partner_id(void *ctx, const struct sl_partner_row *row)
{
	return compile_id_add(ctx, row->id);
}

static int
above(struct sl_compile *c, struct sl_node node)
{
	int r = sl_compile_list(c, node);

	return r == 0 ? sl_compile_speaker(c, node) : r;
}

int
sl_compile_whole(struct sl_compile *c)
{
	static const struct sl_walk tenants = { .tenant = on_tenant_id }, partners = { .partner = on_partner_id };
	struct ids ids = { 0 };
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	sl_buf_reset(&c->error);
	r = above(c, SL_NODE_OPERATOR);
	if (r == 0)
		r = compile_store_failed(c, sl_store_walk(c->options.store, &partners, &ids, SL_NODE_OPERATOR, NULL));
	for (size_t i = 0; i < ids.len && r == 0; i++)
		r = above(c, (struct sl_node){ SL_LEVEL_PARTNER, ids.ids[i] });
	ids.len = 0;
	if (r == 0)
		r = compile_store_failed(c, sl_store_walk(c->options.store, &tenants, &ids, SL_NODE_OPERATOR, NULL));
	for (size_t i = 0; i < ids.len && r >= 0; i++)
		r = tenant_compile(c, ids.ids[i]);
	sl_free(ids.ids);
	return SL_MIN(r, 0);
}

/* ---- one node, for people ---- */

/* A name for each source that has come since. */
static void
name_sources(struct sl_compile *c, struct sl_node node, size_t len, uint32_t offsets[SL_POLICY_SOURCES_MAX], size_t *named)
{
	while (*named < len) {
		offsets[(*named)++] = (uint32_t)c->names.len;
		if (node.level == SL_LEVEL_OPERATOR || sl_store_name(c->options.store, node, &c->names) != 0)
			sl_buf_add_str(&c->names, sl_level_word(node.level));
		sl_buf_add_byte(&c->names, '\0');
	}
}

int
sl_compile_effective(struct sl_compile *c, struct sl_node node, struct sl_policy_effective *out,
    struct sl_policy_source sources[SL_POLICY_SOURCES_MAX], const char *names[SL_POLICY_SOURCES_MAX], size_t *len_out)
{
	struct sl_access_path path;
	uint32_t chain = SL_CHAIN_EMPTY, offsets[SL_POLICY_SOURCES_MAX];
	size_t named = 0;
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	sl_buf_reset(&c->error);
	sl_buf_reset(&c->names);
	r = compile_store_failed(c, sl_store_path(c->options.store, node, &path));
	for (int l = SL_LEVEL_OPERATOR; r == 0 && l <= (int)node.level; l++) {
		struct sl_node at = { (enum sl_level)l, path.id[l] };
		struct sl_slice instead;
		struct sl_buf text;

		if (l != SL_LEVEL_OPERATOR && at.id == 0)
			continue;	/* no partner, no group */
		sl_buf_init(&text, SL_LAYER_TEXT_MAX);
		if (compile_instead(c, at, sl_slice("", 0), &instead))
			sl_buf_add_slice(&text, instead);
		else
			r = sl_store_layer_get(c->options.store, at, sl_slice("", 0), SL_LAYER_ANY, &text, NULL);
		r = r == SL_ERR_NOT_FOUND ? 0 : compile_store_failed(c, r);
		/* What the operator builds on is his own template, not that of a partner who has one of the same name. */
		if (r == 0)
			r = compile_push(c, chain, at, l == SL_LEVEL_OPERATOR ? 0 : path.id[SL_LEVEL_PARTNER], sl_buf_slice(&text),
			    &chain);
		sl_buf_fini(&text);
		if (r == 0) {
			sl_chains_resolve(c->chains, chain, out, sources, len_out);
			name_sources(c, at, *len_out, offsets, &named);
		}
	}
	for (size_t i = 0; r == 0 && i < *len_out; i++)
		names[i] = (const char *)c->names.data + offsets[i];
	return r;
}

const struct sl_policy *
sl_compile_preset(const struct sl_compile *c, uint32_t level)
{
	SL_CHECK(c, COMPILE_MAGIC);
	SL_ASSERT(level < SL_LEVEL_COUNT);
	return &sl_chains_presets(c->chains)->level[level];
}
