/*
 * live_test.c - what a change is compiled to, over the whole of before, is what everything compiles to anew
 *
 * Random trees with something said at every level: locks, levels, narrowing, lists, templates that are there, that come
 * later or are hidden by a partner's of the same name, and texts that nobody understands. Then random changes, above and
 * below tenants, in rounds: after each the policy of every recipient through whole and over is that of a new whole, and
 * that which people are told of his node (which is resolved from texts, in another way).
 */

#include "compile/compile.h"
#include "store/store_test_i.h"

#include <sys/mman.h>

#include "policy/text/policy_text.h"
#include "store/layers.h"
#include "store/lists.h"

#define SEEDS	12
#define ROUNDS	4
#define TENANTS	6
#define USERS	5

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

struct state {
	struct fixture	 f;
	uint64_t	 random;
	struct sl_node	 tenants[TENANTS];
	char		 recipients[TENANTS * (USERS + 2)][72];
	char		 nodes[TENANTS * (USERS + 2)][96];
	size_t		 recipients_len, shown;
	int64_t		 changed[TENANTS], speakers[3];		/* since the whole */
	int64_t		 users[TENANTS * USERS];
	size_t		 changed_len, speakers_len, users_len;
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

static struct sl_node
found(struct state *s, const char *format, const char *a)
{
	char text[128];

	snprintf(text, sizeof(text), format, a);
	return node_of(&s->f, text);
}

/* ---- trees ---- */

static void
add_recipient(struct state *s, const char *address, const char *node)
{
	snprintf(s->recipients[s->recipients_len], sizeof(*s->recipients), "%s", address);
	snprintf(s->nodes[s->recipients_len++], sizeof(*s->nodes), "%s", node);
}

static void
grow_tenant(struct state *s, int i)
{
	struct sl_tenant_settings settings = { SL_TENANT_ON, SL_TENANT_USERS_ANY, 90 };
	char name[32], address[72], node[96];
	struct sl_node above = SL_NODE_OPERATOR;

	snprintf(name, sizeof(name), "t%d.example", i);
	if (i % 3 != 0)
		above = found(s, "partner:%s", partners[i % 3 - 1]);
	s->tenants[i] = add_tenant(&s->f, above, name);
	settings.state = below(s, 4) == 0 ? SL_TENANT_MONITOR : below(s, 6) == 0 ? SL_TENANT_PASS : SL_TENANT_ON;
	settings.users = below(s, 3) == 0 ? SL_TENANT_USERS_LISTED : SL_TENANT_USERS_ANY;
	OK(&s->f, sl_store_tenant_set(s->f.store, &anna, s->tenants[i], &settings));
	snprintf(address, sizeof(address), "nobody@%s", name);
	snprintf(node, sizeof(node), "domain:%s", name);
	add_recipient(s, address, node);
	for (int u = 0; u < USERS; u++) {
		struct sl_new_user user;

		snprintf(address, sizeof(address), "u%d@%s", u, name);
		user = (struct sl_new_user){ S(address), u % 2 == 0 ? S("sales") : S("") };
		OK(&s->f, sl_store_users_add(s->f.store, &anna, s->tenants[i], SL_USER_EXPLICIT, &user, 1, NULL));
		snprintf(node, sizeof(node), "user:%s", address);
		add_recipient(s, address, node);
	}
}

static void
remember(int64_t *ids, size_t *len, int64_t id)
{
	for (size_t i = 0; i < *len; i++)
		if (ids[i] == id)
			return;
	ids[(*len)++] = id;
}

/* An entry comes, or goes. */
static void
list(struct state *s, struct sl_node node)
{
	static const char *const values[] = { "a.example", "*.b.example", "192.0.2.0/24" };
	struct sl_slice value = S(values[below(s, SL_COUNT(values))]);
	struct sl_store_entry entry = { .kind = below(s, 2) == 0 ? SL_ENTRY_ALLOW : SL_ENTRY_DENY, .value = value };

	int r;

	if (below(s, 3) == 0) {
		r = sl_store_list_remove(s->f.store, &anna, node, &value, 1);
		assert_true(r == 0 || r == SL_ERR_NOT_FOUND);
	} else {
		OK(&s->f, sl_store_list_add(s->f.store, &anna, node, &entry, 1, NULL));
	}
}

/* His list, or his group. */
static void
change_user(struct state *s, struct sl_node user, int tenant)
{
	char name[64];

	snprintf(name, sizeof(name), "t%d.example/sales", tenant);
	remember(s->users, &s->users_len, user.id);
	if (below(s, 2) == 0)
		list(s, user);
	else
		OK(&s->f, sl_store_user_set_group(s->f.store, &anna, user, below(s, 2) == 0 ? found(s, "group:%s", name) :
		    (struct sl_node){ SL_LEVEL_GROUP, 0 }));
}

/* Some node of a tenant says something else. */
static void
change_tenant(struct state *s, int i)
{
	char name[64];

	snprintf(name, sizeof(name), "t%d.example", i);
	switch (below(s, 7)) {
	case 0:
		say(s, s->tenants[i], "");
		return;
	case 1:
		say(s, found(s, "domain:%s", name), "");
		return;
	case 2:
		snprintf(name, sizeof(name), "t%d.example/sales", i);
		say(s, found(s, "group:%s", name), "");
		return;
	case 3:
		list(s, s->tenants[i]);
		return;
	case 4:
		snprintf(name, sizeof(name), "u%u@t%d.example", below(s, USERS), i);
		say(s, found(s, "user:%s", name), "");
		return;
	default:
		snprintf(name, sizeof(name), "u%u@t%d.example", below(s, USERS), i);
		change_user(s, found(s, "user:%s", name), i);
	}
}

static int64_t
change_above(struct state *s)
{
	struct sl_node node = below(s, 3) == 0 ? SL_NODE_OPERATOR : found(s, "partner:%s", partners[below(s, 2)]);

	say(s, node, below(s, 2) == 0 ? "" : templates[below(s, 3)]);
	return node.id;
}

static void
grow_tree(struct state *s)
{
	struct sl_node node;

	for (size_t i = 0; i < SL_COUNT(partners); i++)
		OK(&s->f, sl_store_partner_add(s->f.store, &anna, S(partners[i]), &node));
	for (unsigned n = below(s, 8); n > 0; n--)
		(void)change_above(s);
	for (int i = 0; i < TENANTS; i++)
		grow_tenant(s, i);
	for (unsigned n = below(s, 24); n > 0; n--)
		change_tenant(s, (int)below(s, TENANTS));
	s->users_len = 0;		/* who changed since the whole */
}

static void
change_some(struct state *s)
{
	for (unsigned n = 1 + below(s, 3); n > 0; n--)
		remember(s->speakers, &s->speakers_len, change_above(s));
	for (unsigned n = below(s, 3); n > 0; n--) {
		int i = (int)below(s, TENANTS);

		change_tenant(s, i);
		remember(s->changed, &s->changed_len, s->tenants[i].id);
	}
}

/* ---- compiling ---- */

static struct sl_snapshot *
compile(struct state *s, const struct sl_snapshot *under)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct sl_compile_options options = { .store = s->f.store };
	struct sl_snapshot_counts counts;
	struct sl_snapshot *snapshot;
	struct sl_compile *c;
	struct sl_buf wrong;

	options.writer = sl_snapshot_writer_new(fd, s->f.directory, salt, S(""));
	c = sl_compile_new(&options);
	if (under == NULL && sl_compile_whole(c) != 0)
		fail_msg("%s", sl_compile_error(c));
	for (size_t i = 0; under != NULL && i < s->changed_len; i++)
		assert_int_equal(below(s, 3) == 0 ? sl_compile_tenant(c, s->changed[i])
		    : sl_compile_tenant_partly(c, s->changed[i], s->users, s->users_len), 0);
	for (size_t i = 0; under != NULL && i < s->speakers_len; i++)
		assert_int_equal(sl_compile_speaker(c, (struct sl_node){ s->speakers[i] == 0 ? SL_LEVEL_OPERATOR : SL_LEVEL_PARTNER,
		    s->speakers[i] }), 0);
	sl_compile_free(&c);
	sl_buf_init(&wrong, 1000);
	if (sl_snapshot_writer_finish(options.writer, &counts, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_buf_fini(&wrong);
	sl_snapshot_writer_free(&options.writer);
	OK(&s->f, under == NULL ? sl_snapshot_open(fd, &snapshot) : sl_snapshot_open_over(fd, under, &snapshot));
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

static void
effective(const struct sl_snapshot *snapshot, const char *address, struct sl_buf *out, struct sl_buf *lists)
{
	struct sl_snapshot_recipient r;
	struct sl_policy policy;
	struct sl_arena arena;

	sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
	assert_true(sl_snapshot_recipient(snapshot, S(address), &r));
	assert_int_equal(sl_snapshot_policy(snapshot, r.policy, &arena, &policy), 0);
	sl_buf_reset(out);
	sl_policy_pack(&policy, out);
	sl_buf_reset(lists);
	add_lists(snapshot, &r, lists);
	sl_arena_fini(&arena);
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

static void
assert_same(struct state *s, int seed, const struct sl_snapshot *live, const struct sl_snapshot *before)
{
	struct sl_snapshot *anew = compile(s, NULL);
	struct sl_buf a, b, lists, lists_anew;

	sl_buf_init(&a, SL_POLICY_PACKED_MAX);
	sl_buf_init(&b, SL_POLICY_PACKED_MAX);
	sl_buf_init(&lists, 4096);
	sl_buf_init(&lists_anew, 4096);
	for (size_t i = 0; i < s->recipients_len; i++) {
		effective(live, s->recipients[i], &a, &lists);
		effective(anew, s->recipients[i], &b, &lists_anew);
		if (!sl_slice_eq(sl_buf_slice(&lists), sl_buf_slice(&lists_anew)))
			fail_msg("seed %d: lists of %s:%s, anew:%s", seed, s->recipients[i], sl_buf_cstr(&lists), sl_buf_cstr(&lists_anew));
		assert_equal(&a, &b, seed, s->recipients[i], "that of everything anew");
		told(s, s->nodes[i], &b);
		assert_equal(&a, &b, seed, s->recipients[i], "what people are told");
		effective(before, s->recipients[i], &b, &lists);
		s->shown += !sl_slice_eq(sl_buf_slice(&a), sl_buf_slice(&b));
	}
	sl_buf_fini(&a);
	sl_buf_fini(&b);
	sl_buf_fini(&lists);
	sl_buf_fini(&lists_anew);
	sl_snapshot_close(&anew);
}

static void
a_change_anywhere_is_what_everything_anew_is(void **state)
{
	size_t shown = 0;

	for (int seed = 1; seed <= SEEDS; seed++) {
		struct state s = { .random = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) };
		struct sl_snapshot *whole, *over;

		fixture_init(&s.f);
		grow_tree(&s);
		whole = compile(&s, NULL);
		assert_same(&s, seed, whole, whole);
		assert_int_equal(s.shown, 0);
		for (int round = 0; round < ROUNDS; round++) {
			change_some(&s);
			over = compile(&s, whole);
			assert_same(&s, seed, over, whole);
			sl_snapshot_close(&over);
		}
		shown += s.shown;
		sl_snapshot_close(&whole);
		fixture_fini(&s.f);
	}
	assert_true(shown > (size_t)SEEDS * ROUNDS);	/* the changes did change something */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_anywhere_is_what_everything_anew_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
