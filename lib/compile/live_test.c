/*
 * live_test.c - what a change is compiled to, over the whole of before, is what everything compiles to anew
 *
 * Random trees with something said at every level: locks, levels, narrowing, lists, templates that are there, that come
 * later or are hidden by a partner's of the same name, and texts that nobody understands. Then random changes of every
 * kind that the store knows, in rounds: above and below tenants; users, groups, domains, aliases and tenants that come and
 * go and come again, move, are found by mail and forgotten. What changed is what the store says of it, as the console hears
 * it. After each round every recipient that there is, was or may be is found through whole and over as in a new whole: whose
 * he is, whether he is known, what lists say, his policy; and that is what people are told of his node (which is resolved
 * from texts, in another way).
 */

#include "compile/compile.h"
#include "store/store_test_i.h"

#include <sys/mman.h>

#include "policy/text/policy_text.h"
#include "store/exchange.h"
#include "store/layers.h"
#include "store/lists.h"

#define SEEDS		10
#define ROUNDS		6
#define TENANTS		5
#define PARTS_MAX	4000

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "of this test....";
static const char *const templates[] = { "gold", "silver", "tin" };
static const char *const partners[] = { "acme", "zeta" };

static const char *const texts[] = {
	"", "level: perimeter\n", "level: maximum\n", "level: standard\nlocks: [level]\n", "mode: monitor\n", "mode: pass-through\n",
	"spam: {tag: 0.6}\n", "spam: {tag: 0.7, quarantine: 0.9}\nlocks: [spam]\n", "subject_tag: \"[a]\"\n",
	"subject_tag: \"[b]\"\nlocks: [subject_tag, mode]\n", "refusal_text: go away\n", "recipients: {shield: known}\n",
	"quarantine: {days: 3}\n", "quarantine: {days: 30}\n", "quarantine: {users_see: [spam]}\n", "lists: {users: none}\n",
	"attachments: {programs: refuse}\n", "attachments: {programs: tag, macros: refuse}\nlocks: [attachments.macros]\n",
	"authentication: {trusted_sealers: [a.example]}\n",
	"authentication: {trusted_sealers: [a-sealer-of-a-long-name.example, and-another-of-a-long-name.example, third.example]}\n",
	"content: {groups: [{name: words, words: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa], action: tag}]}\n",
	"content: {groups: [{name: words, words: [bbb], action: refuse}]}\nlocks: [content.groups]\n",
	"digest: {days: [mon, thu], language: de}\n", "no_such_setting: 1\n", "spam: {tag: 7}\n", "template: a\ntemplate: b\n",
};

/* Who may be a recipient: these of each of these, with a tenant's number. */
static const char *const locals[] = { "u0", "u1", "u2", "u3", "u4", "u1+x", "nobody" };
static const char *const domains[] = { "t%d.example", "x%d.example", "alias%d.example", "a.w%d.example", "b.w%d.example" };
#define USERS	5	/* of `locals` */

struct state {
	struct fixture	 f;
	uint64_t	 random;
	size_t		 shown;
	int		 whole_fd;
	/* Since the whole was made: */
	int64_t		 since;
	struct sl_compile_part parts[PARTS_MAX];
	struct sl_compile_gone gone[PARTS_MAX];
	int64_t		 changed[PARTS_MAX], all[PARTS_MAX], speakers[8], listing[8];
	size_t		 parts_len, gone_len, changed_len, all_len, speakers_len, listing_len;
	size_t		 partly;	/* tenants that were compiled so */
};

static unsigned
below(struct state *s, unsigned bound)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random >> 20) % bound;
}

static int
as_it_is(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

/* Something, perhaps on a template. */
static void
say(struct state *s, struct sl_node node, const char *name)
{
	char text[512];
	int64_t version;
	bool builds = *name == '\0' && below(s, 3) == 0;

	snprintf(text, sizeof(text), "%s%s%s%s", builds ? "template: " : "", builds ? templates[below(s, 3)] : "", builds ? "\n" : "",
	    texts[below(s, SL_COUNT(texts))]);
	OK(&s->f, sl_store_layer_set(s->f.store, &anna, node, S(name), S(text), SL_LAYER_ANY, as_it_is, NULL, &version));
}

/* A node by its name with a tenant's number in it; false: there is none. */
static bool
find(struct state *s, struct sl_node *out, const char *format, int i)
{
	char text[128];

	snprintf(text, sizeof(text), format, i);
	return sl_store_find_text(s->f.store, S(text), out) == 0;
}

/* Some domain, alias or user of a tenant, or one that may come. */
static const char *
some_domain(struct state *s, int i, char out[64])
{
	snprintf(out, 64, domains[below(s, 10) < 6 ? 0 : below(s, SL_COUNT(domains))], i);
	return out;
}

static const char *
some_address(struct state *s, int i, char out[96])
{
	char domain[64];

	snprintf(out, 96, "%s@%s", locals[below(s, USERS)], some_domain(s, i, domain));
	return out;
}

static bool
some_user(struct state *s, int i, struct sl_node *out)
{
	char address[96], text[128];

	snprintf(text, sizeof(text), "user:%s", some_address(s, i, address));
	return sl_store_find_text(s->f.store, S(text), out) == 0;
}

/* ---- changes: each may find that there is nothing it could be done to ---- */

static void
may(struct state *s, int r)
{
	if (r != 0 && r != SL_ERR_NOT_FOUND && r != SL_ERR_EXISTS && r != SL_ERR_BUSY && r != SL_ERR_SYNTAX)
		fail_msg("%s (%s)", sl_strerror(r), sl_store_error(s->f.store));
}

static void
list(struct state *s, struct sl_node node)
{
	static const char *const values[] = { "a.example", "*.b.example", "192.0.2.0/24" };
	struct sl_slice value = S(values[below(s, SL_COUNT(values))]);
	struct sl_store_entry entry = { .kind = below(s, 2) == 0 ? SL_ENTRY_ALLOW : SL_ENTRY_DENY, .value = value };

	if (below(s, 3) == 0)
		may(s, sl_store_list_remove(s->f.store, &anna, node, &value, 1));
	else
		OK(&s->f, sl_store_list_add(s->f.store, &anna, node, &entry, 1, NULL));
}

static void
change_said(struct state *s, int i, struct sl_node tenant)
{
	struct sl_node node = tenant;

	switch (below(s, 5)) {
	case 0:
		break;
	case 1:
		if (!find(s, &node, below(s, 2) == 0 ? "domain:t%d.example" : "domain:x%d.example", i))
			return;
		break;
	case 2: case 3:
		if (!find(s, &node, below(s, 2) == 0 ? "group:t%d.example/sales" : "group:x%d.example/staff", i))
			return;
		break;
	default:
		if (!some_user(s, i, &node))
			return;
	}
	say(s, node, "");
}

static void
change_list(struct state *s, int i, struct sl_node tenant)
{
	struct sl_node node = tenant;

	if (below(s, 3) == 0 || some_user(s, i, &node))
		list(s, node);
}

static void
add_users(struct state *s, int i, struct sl_node tenant)
{
	char addresses[3][96];
	struct sl_new_user users[3];
	size_t n = 1 + below(s, SL_COUNT(users));

	for (size_t u = 0; u < n; u++)
		users[u] = (struct sl_new_user){ S(some_address(s, i, addresses[u])), below(s, 3) == 0 ? S("") : below(s, 2) == 0 ? S("sales") :
		    S("staff") };
	may(s, sl_store_users_add(s->f.store, &anna, tenant, SL_USER_EXPLICIT, users, n, NULL));
}

static void
remove_user(struct state *s, int i, struct sl_node tenant)
{
	struct sl_node user;

	if (some_user(s, i, &user))
		OK(&s->f, sl_store_remove(s->f.store, &anna, user));
}

/* Found by mail, and now and then forgotten. */
static void
find_users(struct state *s, int i, struct sl_node tenant)
{
	struct sl_tenant_settings settings = { SL_TENANT_ON, SL_TENANT_USERS_DISCOVER, 1 };
	char address[96];
	struct sl_slice seen = S(some_address(s, i, address));
	size_t n;

	if (below(s, 2) == 0)
		OK(&s->f, sl_store_tenant_set(s->f.store, &anna, tenant, &settings));
	if (below(s, 3) == 0)
		test_now_s += 90000;
	OK(&s->f, below(s, 3) == 0 ? sl_store_users_expire(s->f.store, &anna, &n) : sl_store_users_seen(s->f.store, &anna, &seen, 1, &n));
}

static void
set_group(struct state *s, int i, struct sl_node tenant)
{
	struct sl_node user, group = { SL_LEVEL_GROUP, 0 };

	if (!some_user(s, i, &user))
		return;
	if (below(s, 3) != 0)
		(void)find(s, &group, below(s, 2) == 0 ? "group:t%d.example/sales" : "group:x%d.example/staff", i);
	may(s, sl_store_user_set_group(s->f.store, &anna, user, group));	/* it may be of another domain */
}

static void
change_group(struct state *s, int i, struct sl_node tenant)
{
	bool sales = below(s, 2) == 0;
	struct sl_node domain, group;

	if (find(s, &group, sales ? "group:t%d.example/sales" : "group:x%d.example/staff", i))
		OK(&s->f, sl_store_remove(s->f.store, &anna, group));
	else if (find(s, &domain, sales ? "domain:t%d.example" : "domain:x%d.example", i))
		OK(&s->f, sl_store_group_add(s->f.store, &anna, domain, S(sales ? "sales" : "staff"), &group));
}

/* A domain of a tenant comes, goes, or goes to another. */
static void
change_domain(struct state *s, int i, struct sl_node tenant)
{
	static const char *const names[] = { "t%d.example", "x%d.example", "alias%d.example", "*.w%d.example", "a.w%d.example" };
	struct sl_node domain, to = { SL_LEVEL_DOMAIN, 0 };
	size_t which = below(s, SL_COUNT(names));
	char name[64], text[80];

	snprintf(name, sizeof(name), names[which], i);
	snprintf(text, sizeof(text), "domain:%s", name);
	if (sl_store_find_text(s->f.store, S(text), &domain) == 0 && (which != 0 || below(s, 4) == 0))
		may(s, sl_store_remove(s->f.store, &anna, domain));
	if (which == 2)
		(void)find(s, &to, below(s, 2) == 0 ? "domain:t%d.example" : "domain:x%d.example", i);
	if (below(s, 3) == 0)
		(void)find(s, &tenant, "tenant:t%d.example", (i + 1) % TENANTS);
	if (below(s, 3) != 0)
		may(s, sl_store_domain_add(s->f.store, &anna, tenant, S(name), to, &domain));
}

static void
set_tenant(struct state *s, int i, struct sl_node tenant)
{
	struct sl_tenant_settings settings = { (enum sl_tenant_state)below(s, SL_TENANT_STATE_COUNT),
		(enum sl_tenant_users)below(s, SL_TENANT_USERS_COUNT), 90 };

	OK(&s->f, sl_store_tenant_set(s->f.store, &anna, tenant, &settings));
}

static void
set_route(struct state *s, int i, struct sl_node tenant)
{
	struct sl_route route;

	assert_int_equal(sl_route_parse(below(s, 2) == 0 ? S("192.0.2.7:2525") : S("mx.internal"), &route), 0);
	OK(&s->f, sl_store_routes_set(s->f.store, &anna, tenant, &route, 1));
}

static void
import_users(struct state *s, int i, struct sl_node tenant)
{
	char csv[200];
	size_t rows;

	snprintf(csv, sizeof(csv), "address,group\nu%u@t%d.example,sales\nu%u@t%d.example,\n", below(s, USERS), i, below(s, USERS), i);
	may(s, sl_store_users_from_csv(s->f.store, &anna, tenant, S(csv), below(s, 2) == 0, &rows));
}

static void
add_tenant_number(struct state *s, int i)
{
	static const char *const partners_of[] = { "", "acme", "zeta" };
	struct sl_node above = SL_NODE_OPERATOR, tenant;
	char name[64];
	struct sl_route route;

	if (i % 3 != 0) {
		snprintf(name, sizeof(name), "partner:%s", partners_of[i % 3]);
		above = node_of(&s->f, name);
	}
	snprintf(name, sizeof(name), "t%d.example", i);
	assert_int_equal(sl_route_parse(S("mx.internal"), &route), 0);
	OK(&s->f, sl_store_tenant_add(s->f.store, &anna, above, S(name), &tenant));
	OK(&s->f, sl_store_routes_set(s->f.store, &anna, tenant, &route, 1));
	may(s, sl_store_domain_add(s->f.store, &anna, tenant, S(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &above));
	for (unsigned n = below(s, 4); n > 0; n--)
		add_users(s, i, tenant);
}

static void
remove_tenant(struct state *s, int i, struct sl_node tenant)
{
	if (below(s, 3) != 0)
		return;
	OK(&s->f, sl_store_remove(s->f.store, &anna, tenant));
	if (below(s, 2) == 0)
		add_tenant_number(s, i);
}

static void
change_tenant(struct state *s, int i)
{
	static void (*const changes[])(struct state *s, int i, struct sl_node tenant) = { change_said, change_said, change_said,
		change_list, change_list, add_users, add_users, remove_user, remove_user, find_users, find_users, set_group, set_group,
		change_group, change_group, change_domain, change_domain, set_tenant, set_route, import_users, remove_tenant };
	struct sl_node tenant;

	if (find(s, &tenant, "tenant:t%d.example", i))
		changes[below(s, SL_COUNT(changes))](s, i, tenant);
	else
		add_tenant_number(s, i);
}

static void
change_above(struct state *s)
{
	char name[64];
	struct sl_node node = SL_NODE_OPERATOR;

	snprintf(name, sizeof(name), "partner:%s", partners[below(s, 2)]);
	if (below(s, 3) != 0)
		node = node_of(&s->f, name);
	if (below(s, 4) == 0)
		list(s, node);
	else
		say(s, node, below(s, 2) == 0 ? "" : templates[below(s, 3)]);
}

static void
grow_tree(struct state *s)
{
	struct sl_node node;

	for (size_t i = 0; i < SL_COUNT(partners); i++)
		OK(&s->f, sl_store_partner_add(s->f.store, &anna, S(partners[i]), &node));
	for (unsigned n = below(s, 8); n > 0; n--)
		change_above(s);
	for (int i = 0; i < TENANTS; i++)
		add_tenant_number(s, i);
	for (unsigned n = 20 + below(s, 40); n > 0; n--)
		change_tenant(s, (int)below(s, TENANTS));
}

static void
change_some(struct state *s)
{
	for (unsigned n = below(s, 3); n > 0; n--)
		change_above(s);
	for (unsigned n = 1 + below(s, 6); n > 0; n--)
		change_tenant(s, (int)below(s, TENANTS));
}

/* ---- what changed, as the store says it ---- */

static void
remember(int64_t *ids, size_t *len, int64_t id)
{
	for (size_t i = 0; i < *len; i++)
		if (ids[i] == id)
			return;
	ids[(*len)++] = id;
}

static int
on_change(void *ctx, const struct sl_change *change)
{
	struct state *s = ctx;
	size_t n;

	assert_true(s->parts_len + SL_COMPILE_CHANGE_PARTS <= PARTS_MAX && s->gone_len < PARTS_MAX);
	s->since = change->number;
	if (change->tenant == 0) {
		if ((change->kinds & SL_CHANGE_LAYER) != 0)
			remember(s->speakers, &s->speakers_len, change->node.id);
		if ((change->kinds & SL_CHANGE_LIST) != 0)
			remember(s->listing, &s->listing_len, change->node.id);
		return 0;
	}
	remember(s->changed, &s->changed_len, change->tenant);
	if (!sl_compile_change(change, s->parts + s->parts_len, &n))
		remember(s->all, &s->all_len, change->tenant);
	s->parts_len += n;
	if (change->was.len > 0)
		s->gone[s->gone_len++] = (struct sl_compile_gone){ change->tenant, { sl_xmemdup(change->was.ptr, change->was.len), change->was.len } };
	return 0;
}

static void
forget(struct state *s)
{
	for (size_t i = 0; i < s->gone_len; i++)
		sl_free((void *)(uintptr_t)s->gone[i].address.ptr);
	s->parts_len = s->gone_len = s->changed_len = s->all_len = s->speakers_len = s->listing_len = 0;
}

static bool
has(const int64_t *ids, size_t len, int64_t id)
{
	for (size_t i = 0; i < len; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static int
compile_changed(struct state *s, struct sl_compile *c, int64_t tenant)
{
	struct sl_compile_part *parts = sl_xmalloc(PARTS_MAX * sizeof(*parts));
	struct sl_compile_gone *gone = sl_xmalloc(PARTS_MAX * sizeof(*gone));
	size_t parts_len = 0, gone_len = 0;
	int r;

	for (size_t i = 0; i < s->parts_len; i++)
		if (s->parts[i].tenant == tenant)
			parts[parts_len++] = s->parts[i];
	for (size_t i = 0; i < s->gone_len; i++)
		if (s->gone[i].tenant == tenant)
			gone[gone_len++] = s->gone[i];
	if (has(s->all, s->all_len, tenant) || !sl_snapshot_file_has(s->whole_fd, (uint32_t)tenant) || below(s, 8) == 0) {
		r = sl_compile_tenant(c, tenant);
	} else {
		r = sl_compile_tenant_partly(c, tenant, parts, parts_len, gone, gone_len);
		s->partly++;
	}
	sl_free(parts);
	sl_free(gone);
	return r;
}

/* ---- compiling ---- */

static struct sl_node
above_tenants(int64_t id)
{
	return (struct sl_node){ id == 0 ? SL_LEVEL_OPERATOR : SL_LEVEL_PARTNER, id };
}

static void
compile_over(struct state *s, struct sl_compile *c)
{
	for (size_t i = 0; i < s->changed_len; i++)
		if (compile_changed(s, c, s->changed[i]) != 0)
			fail_msg("%s", sl_compile_error(c));
	for (size_t i = 0; i < s->speakers_len; i++)
		assert_int_equal(sl_compile_speaker(c, above_tenants(s->speakers[i])), 0);
	for (size_t i = 0; i < s->listing_len; i++)
		assert_int_equal(sl_compile_list(c, above_tenants(s->listing[i])), 0);
}

static struct sl_snapshot *
compile(struct state *s, const struct sl_snapshot *under, int *fd_out)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct sl_compile_options options = { .store = s->f.store };
	struct sl_snapshot_counts counts;
	struct sl_snapshot *snapshot;
	struct sl_compile *c;
	struct sl_buf wrong;

	options.writer = sl_snapshot_writer_new(fd, s->f.directory, salt, S(""));
	c = sl_compile_new(&options);
	if (under != NULL)
		compile_over(s, c);
	else if (sl_compile_whole(c) != 0)
		fail_msg("%s", sl_compile_error(c));
	sl_compile_free(&c);
	sl_buf_init(&wrong, 1000);
	if (sl_snapshot_writer_finish(options.writer, &counts, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_buf_fini(&wrong);
	sl_snapshot_writer_free(&options.writer);
	OK(&s->f, under == NULL ? sl_snapshot_open(fd, &snapshot) : sl_snapshot_open_over(fd, under, &snapshot));
	if (fd_out != NULL)
		*fd_out = fd;
	else
		close(fd);
	return snapshot;
}

/* ---- comparing ---- */

/* What lists say of some senders, as text behind the policy. */
static void
add_lists(const struct sl_snapshot *snapshot, const struct sl_snapshot_recipient *r, struct sl_buf *out)
{
	static const char *const senders[] = { "x@a.example", "x@y.b.example", "x@c.example" };

	for (size_t i = 0; i < SL_COUNT(senders); i++) {
		struct sl_list_found found[SL_BY_COUNT];
		struct sl_list_sender from;
		unsigned char client[16];
		struct sl_list_question question = { &from, &from, false, client };

		sl_list_sender_read(S(senders[i]), &from);
		assert_true(sl_list_client_read(S(i == 0 ? "198.51.100.1" : "192.0.2.9"), client));
		sl_snapshot_find(snapshot, r, &question, test_now_s, found);
		for (int by = 0; by < SL_BY_COUNT; by++)
			sl_buf_addf(out, " %u %u %u", found[by].deny.flags, found[by].allow_from.flags, found[by].allow_client.flags);
	}
	sl_buf_addf(out, " %d %d", r->is_user, r->has_lists);
}

/* Whose he is. */
static void
add_tenant_of(const struct sl_snapshot *snapshot, const struct sl_snapshot_recipient *r, struct sl_buf *out)
{
	struct sl_snapshot_tenant tenant;

	assert_true(sl_snapshot_tenant(snapshot, r->tenant, &tenant));
	sl_buf_addf(out, " " SL_SLICE_FMT " %u %u %zu " SL_SLICE_FMT, SL_SLICE_ARG(tenant.name), tenant.id, tenant.partner, tenant.hops_len,
	    SL_SLICE_ARG(tenant.hops[0].text));
}

/* False: he is nobody's. */
static bool
effective(const struct sl_snapshot *snapshot, const char *address, struct sl_buf *out, struct sl_buf *lists)
{
	struct sl_snapshot_recipient r;
	struct sl_policy policy;
	struct sl_arena arena;

	sl_buf_reset(out);
	sl_buf_reset(lists);
	if (!sl_snapshot_recipient(snapshot, S(address), &r))
		return false;
	sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
	assert_int_equal(sl_snapshot_policy(snapshot, r.policy, &arena, &policy), 0);
	sl_policy_pack(&policy, out);
	add_lists(snapshot, &r, lists);
	add_tenant_of(snapshot, &r, lists);
	sl_arena_fini(&arena);
	return true;
}

/* Packed policies that should be the same: fails with what differs. */
static void
assert_equal(struct sl_buf *a, struct sl_buf *b, int seed, const char *address, const char *what)
{
	struct sl_policy x, y;
	struct sl_arena arena;
	struct sl_buf text;

	if (sl_slice_eq(sl_buf_slice(a), sl_buf_slice(b)))
		return;
	sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
	sl_buf_init(&text, 65536);
	assert_int_equal(sl_policy_unpack(sl_buf_slice(a), &arena, &x), 0);
	assert_int_equal(sl_policy_unpack(sl_buf_slice(b), &arena, &y), 0);
	sl_policy_diff(&y, &x, &text);
	fail_msg("seed %d: %s is not %s: %s", seed, address, what, sl_buf_cstr(&text));
}

/* What people are told, and what holds for the whole tenant on top. */
static void
told(struct state *s, const char *text, struct sl_buf *out)
{
	struct sl_compile_options options = { .store = s->f.store };
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	const char *names[SL_POLICY_SOURCES_MAX];
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_compile *c = sl_compile_new(&options);
	struct sl_tenant_settings settings;
	struct sl_access_path path;
	size_t len;

	OK(&s->f, sl_store_path(s->f.store, node_of(&s->f, text), &path));
	OK(&s->f, sl_store_tenant_get(s->f.store, (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] }, &settings));
	assert_int_equal(sl_compile_effective(c, node_of(&s->f, text), e, sources, names, &len), 0);
	if (settings.state == SL_TENANT_MONITOR && e->policy.mode == SL_MODE_FILTER)
		e->policy.mode = SL_MODE_MONITOR;
	if (settings.state == SL_TENANT_PASS)
		e->policy.mode = SL_MODE_PASS_THROUGH;
	if (settings.users == SL_TENANT_USERS_LISTED)
		e->policy.recipients.shield = SL_SHIELD_KNOWN;
	sl_buf_reset(out);
	sl_policy_pack(&e->policy, out);
	sl_compile_free(&c);
	sl_free(e);
}

struct pictures {
	const struct sl_snapshot *live, *anew, *before;
	struct sl_buf	 a, b, lists, lists_anew;
	int		 seed;
};

static void
assert_same_for(struct state *s, struct pictures *p, const char *address, bool is_told)
{
	char node[128];
	struct sl_node there;
	bool found = effective(p->live, address, &p->a, &p->lists);

	if (found != effective(p->anew, address, &p->b, &p->lists_anew))
		fail_msg("seed %d: %s is %s", p->seed, address, found ? "found, and should not be" : "not found");
	if (!sl_slice_eq(sl_buf_slice(&p->lists), sl_buf_slice(&p->lists_anew)))
		fail_msg("seed %d: of %s:%s, anew:%s", p->seed, address, sl_buf_cstr(&p->lists), sl_buf_cstr(&p->lists_anew));
	if (found)
		assert_equal(&p->a, &p->b, p->seed, address, "that of everything anew");
	if (found && is_told) {
		snprintf(node, sizeof(node), "user:%s", address);
		if (sl_store_find_text(s->f.store, S(node), &there) != 0)
			snprintf(node, sizeof(node), "domain:%s", strchr(address, '@') + 1);
		told(s, node, &p->b);
		assert_equal(&p->a, &p->b, p->seed, address, "what people are told");
	}
	(void)effective(p->before, address, &p->b, &p->lists_anew);
	s->shown += !sl_slice_eq(sl_buf_slice(&p->a), sl_buf_slice(&p->b)) ||
	    !sl_slice_eq(sl_buf_slice(&p->lists), sl_buf_slice(&p->lists_anew));
}

static void
assert_same(struct state *s, int seed, const struct sl_snapshot *live, const struct sl_snapshot *before)
{
	struct sl_snapshot *anew = compile(s, NULL, NULL);
	struct pictures p = { .live = live, .anew = anew, .before = before, .seed = seed };

	sl_buf_init(&p.a, SL_POLICY_PACKED_MAX);
	sl_buf_init(&p.b, SL_POLICY_PACKED_MAX);
	sl_buf_init(&p.lists, 4096);
	sl_buf_init(&p.lists_anew, 4096);
	for (int i = 0; i < TENANTS; i++) {
		for (size_t d = 0; d < SL_COUNT(domains); d++) {
			for (size_t u = 0; u < SL_COUNT(locals); u++) {
				char domain[64], address[96];

				snprintf(domain, sizeof(domain), domains[d], i);
				snprintf(address, sizeof(address), "%s@%s", locals[u], domain);
				assert_same_for(s, &p, address, d == 0 && strchr(address, '+') == NULL);
			}
		}
	}
	sl_buf_fini(&p.a);
	sl_buf_fini(&p.b);
	sl_buf_fini(&p.lists);
	sl_buf_fini(&p.lists_anew);
	sl_snapshot_close(&anew);
}

static void
a_change_anywhere_is_what_everything_anew_is(void **state)
{
	size_t shown = 0, partly = 0;

	for (int seed = 1; seed <= SEEDS; seed++) {
		struct state *s = sl_xzalloc(sizeof(*s));
		struct sl_snapshot *whole, *over;

		s->random = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15);
		fixture_init(&s->f);
		grow_tree(s);
		OK(&s->f, sl_store_change(s->f.store, &s->since));
		whole = compile(s, NULL, &s->whole_fd);
		assert_same(s, seed, whole, whole);
		assert_int_equal(s->shown, 0);
		for (int round = 0; round < ROUNDS; round++) {
			change_some(s);
			OK(&s->f, sl_store_changes(s->f.store, s->since, on_change, s));
			over = compile(s, whole, NULL);
			assert_same(s, seed, over, whole);
			sl_snapshot_close(&over);
		}
		shown += s->shown;
		partly += s->partly;
		forget(s);
		sl_snapshot_close(&whole);
		close(s->whole_fd);
		fixture_fini(&s->f);
		sl_free(s);
	}
	assert_true(shown > (size_t)SEEDS * ROUNDS);	/* the changes did change something */
	assert_true(partly > (size_t)SEEDS * ROUNDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_anywhere_is_what_everything_anew_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
