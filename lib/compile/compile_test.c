/* compile_test.c - what an edge finds of what the database says */

#include "compile/compile.h"
#include "store/store_test_i.h"

#include <sys/mman.h>

#include "policy/text/policy_text.h"
#include "store/layers.h"

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "of this test....";

static int
as_it_is(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

static void
say(struct fixture *f, const char *node, const char *name, const char *text)
{
	int64_t version;

	OK(f, sl_store_layer_set(f->store, &anna, node_of(f, node), S(name), S(text), SL_LAYER_ANY, as_it_is, NULL, &version));
}

static void
list(struct fixture *f, const char *node, enum sl_entry_kind kind, const char *value, unsigned options)
{
	struct sl_store_entry entry = { .kind = kind, .value = S(value), .options = options };

	OK(f, sl_store_list_add(f->store, &anna, node_of(f, node), &entry, 1, NULL));
}

static void
users(struct fixture *f, const char *tenant, const char *address, const char *group)
{
	struct sl_new_user user = { S(address), S(group) };

	OK(f, sl_store_users_add(f->store, &anna, node_of(f, tenant), SL_USER_EXPLICIT, &user, 1, NULL));
}

static bool
address_of(void *ctx, struct sl_slice host, unsigned char out[16])
{
	memset(out, 0, 16);
	out[15] = 7;
	return sl_slice_eq(host, S("mx.internal"));
}

/* Two customers, one of a partner's, with something said at every level. */
static void
fill(struct fixture *f)
{
	struct sl_node partner, node, tenant;
	struct sl_route routes[3];

	OK(f, sl_store_partner_add(f->store, &anna, S("acme"), &partner));
	tenant = add_tenant(f, partner, "one.example");
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S("alias.example"), node_of(f, "domain:one.example"), &node));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S("*.sub.example"), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node));
	users(f, "tenant:one.example", "anna@one.example", "sales");
	users(f, "tenant:one.example", "bert@one.example", "sales");
	users(f, "tenant:one.example", "carl@one.example", "");
	tenant = add_tenant(f, SL_NODE_OPERATOR, "two.example");
	assert_int_equal(sl_route_parse(S("[2001:db8::1]:2525"), &routes[0]), 0);
	assert_int_equal(sl_route_parse(S("192.0.2.1"), &routes[1]), 0);
	assert_int_equal(sl_route_parse(S("not.known"), &routes[2]), 0);
	routes[1].tls = SL_ROUTE_TLS_REQUIRE;
	OK(f, sl_store_routes_set(f->store, &anna, tenant, routes, 3));
	say(f, "operator", "", "subject_tag: \"[operator]\"\n");
	say(f, "operator", "gold", "level: maximum\nrefusal_text: gold\n");
	say(f, "partner:acme", "", "refusal_text: \"ask acme\"\n");
	say(f, "partner:acme", "gold", "level: perimeter\nrefusal_text: acme's gold\n");
	say(f, "tenant:one.example", "", "template: gold\nmode: monitor\n");
	say(f, "domain:one.example", "", "subject_tag: \"[domain]\"\n");
	say(f, "group:one.example/sales", "", "subject_tag: \"[sales]\"\n");
	say(f, "user:anna@one.example", "", "spam: {tag: 0.6}\n");
	say(f, "tenant:two.example", "", "template: gold\n");
	list(f, "operator", SL_ENTRY_DENY, "evil.example", SL_ENTRY_SUBDOMAINS);
	list(f, "partner:acme", SL_ENTRY_ALLOW, "192.0.2.0/24", 0);
	list(f, "tenant:one.example", SL_ENTRY_ALLOW, "friend@x.example", SL_ENTRY_UNAUTHENTICATED | SL_ENTRY_EITHER);
	list(f, "user:anna@one.example", SL_ENTRY_DENY, "*.spam.example", 0);
}

struct compiled {
	int			 fd;
	struct sl_snapshot	*snapshot;
	char			 problems[4096];
	size_t			 policies;
};

static void
compile(struct fixture *f, const struct sl_compile_instead *instead, const struct sl_snapshot *under, const int64_t *tenants,
    size_t len, struct compiled *out)
{
	struct sl_compile_options options = { .store = f->store, .address = address_of, .instead = instead };
	struct sl_snapshot_counts counts;
	struct sl_compile *c;
	struct sl_buf wrong;

	out->fd = memfd_create("snapshot", MFD_CLOEXEC);
	assert_true(out->fd >= 0);
	options.writer = sl_snapshot_writer_new(out->fd, f->directory, salt, S("change 1"));
	OK(f, sl_store_view_begin(f->store));
	c = sl_compile_new(&options);
	if (under == NULL && sl_compile_whole(c) != 0)
		fail_msg("%s", sl_compile_error(c));
	for (size_t i = 0; i < len; i++)
		if (sl_compile_tenant(c, tenants[i]) != 0)
			fail_msg("%s", sl_compile_error(c));
	if (under != NULL)
		OK(f, sl_compile_list(c, SL_NODE_OPERATOR));
	sl_store_view_end(f->store);
	snprintf(out->problems, sizeof(out->problems), SL_SLICE_FMT, SL_SLICE_ARG(sl_compile_problems(c)));
	out->policies = sl_compile_policies(c);
	sl_compile_free(&c);
	sl_buf_init(&wrong, 1000);
	if (sl_snapshot_writer_finish(options.writer, &counts, &wrong) != 0)
		fail_msg("%s", sl_buf_cstr(&wrong));
	sl_buf_fini(&wrong);
	sl_snapshot_writer_free(&options.writer);
	OK(f, under == NULL ? sl_snapshot_open(out->fd, &out->snapshot) : sl_snapshot_open_over(out->fd, under, &out->snapshot));
}

static void
compiled_fini(struct compiled *c)
{
	sl_snapshot_close(&c->snapshot);
	close(c->fd);
}

/* What holds for a recipient: "tenant mode level subject_tag refusal_text spam_tag known", or "nobody's". */
static void
assert_recipient(const struct compiled *c, const char *address, const char *expected)
{
	struct sl_snapshot_recipient r;
	struct sl_snapshot_tenant tenant;
	struct sl_policy policy;
	struct sl_arena arena;
	char is[400] = "nobody's";

	sl_arena_init(&arena, 1 << 20);
	if (sl_snapshot_recipient(c->snapshot, S(address), &r)) {
		assert_true(sl_snapshot_tenant(c->snapshot, r.tenant, &tenant));
		assert_int_equal(sl_snapshot_policy(c->snapshot, r.policy, &arena, &policy), 0);
		snprintf(is, sizeof(is), SL_SLICE_FMT " %u %u " SL_SLICE_FMT " " SL_SLICE_FMT " %.2f %s%s", SL_SLICE_ARG(tenant.name),
		    policy.mode, policy.level, SL_SLICE_ARG(policy.subject_tag), SL_SLICE_ARG(policy.refusal_text),
		    policy.category[SL_SPAM].at[SL_ACTION_TAG], r.is_user ? "known" : "unknown",
		    policy.recipients.shield == SL_SHIELD_KNOWN ? " shielded" : "");
	}
	sl_arena_fini(&arena);
	assert_string_equal(is, expected);
}

static unsigned
asked(const struct compiled *c, const char *recipient, const char *sender, const char *client, enum sl_policy_by by)
{
	struct sl_list_found found[SL_BY_COUNT];
	struct sl_snapshot_recipient r;
	struct sl_list_sender from;
	unsigned char address[16];
	struct sl_list_question question = { &from, &from, false, sl_list_client_read(S(client), address) ? address : NULL };

	sl_list_sender_read(S(sender), &from);
	assert_true(sl_snapshot_recipient(c->snapshot, S(recipient), &r));
	sl_snapshot_find(c->snapshot, &r, &question, test_now_s, found);
	return found[by].deny.flags | found[by].allow_from.flags | found[by].allow_client.flags;
}

static void
every_level_is_heard_in_its_order(void **state)
{
	struct fixture f;
	struct compiled c;
	struct sl_snapshot_tenant t;
	struct sl_snapshot_recipient r;

	fixture_init(&f);
	fill(&f);
	compile(&f, NULL, NULL, NULL, 0, &c);
	assert_string_equal(c.problems, "");
	assert_recipient(&c, "anna@one.example", "one.example 1 0 [sales] acme's gold 0.60 known");
	assert_recipient(&c, "ANNA@alias.example", "one.example 1 0 [sales] acme's gold 0.60 known");
	assert_recipient(&c, "bert@one.example", "one.example 1 0 [sales] acme's gold 2.00 known");
	assert_recipient(&c, "carl@one.example", "one.example 1 0 [domain] acme's gold 2.00 known");
	assert_recipient(&c, "dora@one.example", "one.example 1 0 [domain] acme's gold 2.00 unknown");
	assert_recipient(&c, "x@a.sub.example", "one.example 1 0 [operator] acme's gold 2.00 unknown");
	assert_recipient(&c, "x@two.example", "two.example 0 2 [operator] gold 2.00 unknown");
	assert_recipient(&c, "x@three.example", "nobody's");
	assert_int_equal(asked(&c, "carl@one.example", "a@evil.example", "", SL_BY_OPERATOR), SL_LIST_DENY);
	assert_int_equal(asked(&c, "x@two.example", "a@b.evil.example", "", SL_BY_OPERATOR), SL_LIST_DENY);
	assert_int_equal(asked(&c, "carl@one.example", "", "192.0.2.9", SL_BY_PARTNER), SL_LIST_ALLOW);
	assert_int_equal(asked(&c, "x@two.example", "", "192.0.2.9", SL_BY_PARTNER), 0);
	assert_int_equal(asked(&c, "carl@one.example", "friend@x.example", "", SL_BY_TENANT),
	    SL_LIST_ALLOW | SL_LIST_UNAUTHENTICATED | SL_LIST_EITHER);
	assert_int_equal(asked(&c, "anna@one.example", "a@b.spam.example", "", SL_BY_USER), SL_LIST_DENY);
	assert_int_equal(asked(&c, "bert@one.example", "a@b.spam.example", "", SL_BY_USER), 0);
	assert_true(sl_snapshot_recipient(c.snapshot, S("x@two.example"), &r) && sl_snapshot_tenant(c.snapshot, r.tenant, &t));
	assert_int_equal(t.hops_len, 3);
	assert_true(sl_slice_eq(t.hops[0].text, S("[2001:db8::1]:2525")) && t.hops[0].port == 2525 && t.hops[0].address[0] == 0x20);
	assert_true(t.hops[1].address[11] == 0xff && t.hops[1].address[12] == 192 && t.hops[1].port == 25);
	assert_true(sl_slice_eq(t.hops[2].host, S("not.known")) && t.hops[2].address[15] == 0);
	assert_int_equal(t.hop_tls, SL_ROUTE_TLS_REQUIRE);
	assert_true(sl_slice_eq(sl_snapshot_note(c.snapshot), S("change 1")));
	compiled_fini(&c);
	fixture_fini(&f);
}

static void
a_tenants_state_holds_for_all_of_it(void **state)
{
	static const struct { enum sl_tenant_state state; enum sl_tenant_users users; const char *anna, *dora; } rows[] = {
		{ SL_TENANT_ON, SL_TENANT_USERS_LISTED, "one.example 1 0 [sales] acme's gold 0.60 known shielded",
		    "one.example 1 0 [domain] acme's gold 2.00 unknown shielded" },
		{ SL_TENANT_MONITOR, SL_TENANT_USERS_DISCOVER, "one.example 1 0 [sales] acme's gold 0.60 known",
		    "one.example 1 0 [domain] acme's gold 2.00 unknown" },
		{ SL_TENANT_PASS, SL_TENANT_USERS_ANY, "one.example 2 0 [sales] acme's gold 0.60 known",
		    "one.example 2 0 [domain] acme's gold 2.00 unknown" },
		{ SL_TENANT_OFF, SL_TENANT_USERS_ANY, "nobody's", "nobody's" },
	};
	struct fixture f;
	struct compiled c;

	fixture_init(&f);
	fill(&f);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_tenant_settings settings = { rows[i].state, rows[i].users, 90 };

		OK(&f, sl_store_tenant_set(f.store, &anna, node_of(&f, "tenant:one.example"), &settings));
		compile(&f, NULL, NULL, NULL, 0, &c);
		assert_recipient(&c, "anna@one.example", rows[i].anna);
		assert_recipient(&c, "dora@one.example", rows[i].dora);
		assert_recipient(&c, "x@two.example", "two.example 0 2 [operator] gold 2.00 unknown");
		compiled_fini(&c);
	}
	fixture_fini(&f);
}

/* What a few tenants compile to alone, over the rest, is what all of them compile to. */
static void
a_change_is_compiled_over_the_whole(void **state)
{
	struct fixture f;
	struct compiled whole, over, again;
	struct sl_node two, three;
	int64_t changed[3];
	const struct compiled *both[] = { &over, &again };

	fixture_init(&f);
	fill(&f);
	compile(&f, NULL, NULL, NULL, 0, &whole);
	two = node_of(&f, "tenant:two.example");
	OK(&f, sl_store_remove(f.store, &anna, two));
	three = add_tenant(&f, SL_NODE_OPERATOR, "three.example");
	say(&f, "tenant:three.example", "", "template: gold\nspam: {tag: 0.7}\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "user:anna@one.example")));
	OK(&f, sl_store_list_remove(f.store, &anna, SL_NODE_OPERATOR, &(struct sl_slice){ (const unsigned char *)"evil.example", 12 }, 1));
	changed[0] = two.id;
	changed[1] = three.id;
	changed[2] = node_of(&f, "tenant:one.example").id;
	compile(&f, NULL, whole.snapshot, changed, 3, &over);
	compile(&f, NULL, NULL, NULL, 0, &again);
	assert_recipient(&whole, "x@two.example", "two.example 0 2 [operator] gold 2.00 unknown");
	for (size_t i = 0; i < SL_COUNT(both); i++) {
		assert_recipient(both[i], "x@two.example", "nobody's");
		assert_recipient(both[i], "x@three.example", "three.example 0 2 [operator] gold 0.70 unknown");
		assert_recipient(both[i], "anna@one.example", "one.example 1 0 [domain] acme's gold 2.00 unknown");
		assert_recipient(both[i], "bert@one.example", "one.example 1 0 [sales] acme's gold 2.00 known");
		assert_int_equal(asked(both[i], "bert@one.example", "a@evil.example", "", SL_BY_OPERATOR), 0);
		assert_int_equal(asked(both[i], "bert@one.example", "friend@x.example", "", SL_BY_TENANT),
		    SL_LIST_ALLOW | SL_LIST_UNAUTHENTICATED | SL_LIST_EITHER);
	}
	compiled_fini(&over);
	compiled_fini(&again);
	compiled_fini(&whole);
	fixture_fini(&f);
}

static void
users_who_say_nothing_cost_no_policy(void **state)
{
	struct fixture f;
	struct compiled c;

	fixture_init(&f);
	fill(&f);
	for (int i = 0; i < 300; i++) {
		char name[64];

		snprintf(name, sizeof(name), "t%d.example", i);
		add_tenant(&f, SL_NODE_OPERATOR, name);
		snprintf(name, sizeof(name), "tenant:t%d.example", i);
		say(&f, name, "", i % 2 == 0 ? "template: gold\n" : "level: perimeter\n");
	}
	compile(&f, NULL, NULL, NULL, 0, &c);
	/* one.example: itself, domain, group, anna; the gold ones, with two.example; the others */
	assert_int_equal(c.policies, 6);
	compiled_fini(&c);
	fixture_fini(&f);
}

/* A policy that cannot be read, and a template that is not there, are told and say nothing. */
static void
what_is_not_understood_is_told(void **state)
{
	struct fixture f;
	struct compiled c;

	fixture_init(&f);
	fill(&f);
	say(&f, "tenant:two.example", "", "template: silver\nsubject_tag: \"[two]\"\n");
	say(&f, "domain:one.example", "", "no_such_setting: 1\n");
	say(&f, "user:anna@one.example", "", "template: a\ntemplate: b\n");
	compile(&f, NULL, NULL, NULL, 0, &c);
	assert_non_null(strstr(c.problems, "tenant:two.example: there is no template silver\n"));
	assert_non_null(strstr(c.problems, "domain:one.example: policy:1:1: "));
	assert_non_null(strstr(c.problems, "user:anna@one.example: name one template"));
	assert_recipient(&c, "x@two.example", "two.example 0 1 [two]  0.80 unknown");
	assert_recipient(&c, "anna@one.example", "one.example 1 0 [sales] acme's gold 2.00 known");
	compiled_fini(&c);
	fixture_fini(&f);
}

/* A text that is tried out stands for the store's, wherever in the tree, and the store keeps its own. */
static void
a_policy_can_be_tried_out(void **state)
{
	static const struct { const char *node, *name, *text, *anna, *two; } rows[] = {
		{ "operator", "", "subject_tag: \"[new]\"\n", "one.example 1 0 [sales] acme's gold 0.60 known",
		    "two.example 0 2 [new] gold 2.00 unknown" },
		{ "operator", "gold", "refusal_text: new\n", "one.example 1 0 [sales] acme's gold 0.60 known",
		    "two.example 0 1 [operator] new 0.80 unknown" },
		{ "partner:acme", "gold", "refusal_text: new\n", "one.example 1 1 [sales] new 0.60 known",
		    "two.example 0 2 [operator] gold 2.00 unknown" },
		{ "tenant:one.example", "", "", "one.example 0 1 [sales] ask acme 0.60 known",
		    "two.example 0 2 [operator] gold 2.00 unknown" },
		{ "user:anna@one.example", "", "spam: {tag: 0.9}\n", "one.example 1 0 [sales] acme's gold 0.90 known",
		    "two.example 0 2 [operator] gold 2.00 unknown" },
		{ "user:carl@one.example", "", "spam: {tag: 0.9}\n", "one.example 1 0 [sales] acme's gold 0.60 known",
		    "two.example 0 2 [operator] gold 2.00 unknown" },
	};
	struct fixture f;
	struct compiled c;

	fixture_init(&f);
	fill(&f);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_compile_instead instead = { node_of(&f, rows[i].node), S(rows[i].name), S(rows[i].text) };

		compile(&f, &instead, NULL, NULL, 0, &c);
		assert_recipient(&c, "anna@one.example", rows[i].anna);
		assert_recipient(&c, "x@two.example", rows[i].two);
		compiled_fini(&c);
	}
	compile(&f, NULL, NULL, NULL, 0, &c);
	assert_recipient(&c, "anna@one.example", "one.example 1 0 [sales] acme's gold 0.60 known");
	compiled_fini(&c);
	fixture_fini(&f);
}

static void
a_nodes_policy_is_told_with_who_says_what(void **state)
{
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	const char *names[SL_POLICY_SOURCES_MAX];
	struct sl_compile_options options = { 0 };
	struct sl_compile *c;
	struct fixture f;
	struct sl_buf text;
	size_t len;

	fixture_init(&f);
	fill(&f);
	options.store = f.store;
	c = sl_compile_new(&options);
	sl_buf_init(&text, 65536);
	assert_int_equal(sl_compile_effective(c, node_of(&f, "user:anna@one.example"), e, sources, names, &len), 0);
	assert_int_equal(len, 7);
	assert_string_equal(names[0], "operator");
	assert_string_equal(names[1], "partner:acme");
	assert_string_equal(names[2], "tenant:one.example");
	assert_string_equal(names[6], "user:anna@one.example");
	sl_policy_show(e, sources, names, true, &text);
	assert_non_null(strstr(sl_buf_cstr(&text), "group:one.example/sales"));
	assert_int_equal(sl_compile_effective(c, (struct sl_node){ SL_LEVEL_USER, 99 }, e, sources, names, &len), SL_ERR_NOT_FOUND);
	sl_buf_fini(&text);
	sl_compile_free(&c);
	sl_free(e);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_is_heard_in_its_order),
		cmocka_unit_test(a_tenants_state_holds_for_all_of_it),
		cmocka_unit_test(a_change_is_compiled_over_the_whole),
		cmocka_unit_test(users_who_say_nothing_cost_no_policy),
		cmocka_unit_test(what_is_not_understood_is_told),
		cmocka_unit_test(a_policy_can_be_tried_out),
		cmocka_unit_test(a_nodes_policy_is_told_with_who_says_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
