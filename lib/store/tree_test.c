/* tree_test.c - the tree, lists, policies, grants and keys: kept as they should be, walked in order, removed whole */

#include "db_i.h"
#include "store/grants.h"
#include "store/layers.h"
#include "store_test_i.h"

/* Accepts what has no "bad" in it, and ends it with a line end. */
static int
check_text(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	if (text.len >= 3 && memmem(text.ptr, text.len, "bad", 3) != NULL) {
		sl_buf_add_str(error, "line 1: bad");
		return SL_ERR_SYNTAX;
	}
	sl_buf_add_slice(canonical, text);
	if (text.len > 0)
		sl_buf_add_byte(canonical, '\n');
	return 0;
}

static void
add_users(struct fixture *f, struct sl_node tenant, const char *address, const char *group)
{
	struct sl_new_user user = { S(address), S(group) };

	OK(f, sl_store_users_add(f->store, &anna, tenant, SL_USER_EXPLICIT, &user, 1, NULL));
}

static void
add_entry(struct fixture *f, const char *node, enum sl_entry_kind kind, const char *value, unsigned options, int64_t expires)
{
	struct sl_store_entry entry = { .kind = kind, .value = S(value), .options = options, .note = S("n"), .expires_at = expires };

	OK(f, sl_store_list_add(f->store, &anna, node_of(f, node), &entry, 1, NULL));
}

static int64_t
set_layer(struct fixture *f, const char *node, const char *name, const char *text)
{
	int64_t version;

	OK(f, sl_store_layer_set(f->store, &anna, node_of(f, node), S(name), S(text), SL_LAYER_ANY, check_text, NULL, &version));
	return version;
}

/* Two partners' and the operator's own tenants, with something of everything. */
static void
build(struct fixture *f)
{
	struct sl_tenant_key key = { .public_key = { 0xab }, .wrapped = S("wrapped"), .holder = SL_KEY_SERVICE };
	struct sl_node partner, one, two, domain;
	int64_t id;

	OK(f, sl_store_partner_add(f->store, &anna, S("Acme"), &partner));
	one = add_tenant(f, partner, "One.Example.");
	two = add_tenant(f, SL_NODE_OPERATOR, "two.example");
	OK(f, sl_store_domain_add(f->store, &anna, one, S("b\xc3\xbc" "cher.example"), node_of(f, "domain:one.example"), &domain));
	add_users(f, one, "Anna@one.example", "Sales");
	add_users(f, one, "\"bert\"@B\xc3\x9c" "CHER.example", "");
	add_users(f, two, "\"carl the great\"@two.example", "");
	OK(f, sl_store_key_add(f->store, &anna, one, &key, &id));
	add_entry(f, "operator", SL_ENTRY_DENY, "192.0.2.0/24", 0, 0);
	add_entry(f, "partner:acme", SL_ENTRY_ALLOW, "Friend.Example", SL_ENTRY_SUBDOMAINS, 0);
	add_entry(f, "tenant:one.example", SL_ENTRY_ALLOW, "Boss@Partner.Example", SL_ENTRY_UNAUTHENTICATED, test_now_s + 100);
	add_entry(f, "user:anna@xn--bcher-kva.example", SL_ENTRY_DENY, "2001:DB8::1", 0, 0);
	set_layer(f, "operator", "", "a 1");
	set_layer(f, "operator", "strict", "a 9");
	set_layer(f, "partner:acme", "", "p 1");
	set_layer(f, "tenant:one.example", "", "b 1");
	set_layer(f, "tenant:one.example", "", "b 2");
	set_layer(f, "group:one.example/sales", "", "c 1");
	OK(f, sl_store_grant_add(f->store, &anna, S("anna"), SL_ROLE_TENANT_ADMINISTRATOR, one));
}

static const char all[] =
    "partner acme\n"
    "tenant one.example of 1 on any 90\n"
    "tenant two.example of 0 on any 90\n"
    "route 1.0 mx.internal 25 opportunistic\n"
    "route 2.0 mx.internal 25 opportunistic\n"
    "key of 1 ab wrapped service\n"
    "domain one.example of 1 alias of 0\n"
    "domain xn--bcher-kva.example of 1 alias of 1\n"
    "domain two.example of 2 alias of 0\n"
    "group sales in 1\n"
    "user anna in 1 group 1 explicit\n"
    "user bert in 1 group 0 explicit\n"
    "user \"carl the great\" in 2 group 0 explicit\n"
    "list operator:0 deny network 192.0.2.0/24 0 \"n\" 0 by anna\n"
    "list partner:1 allow domain friend.example 2 \"n\" 0 by anna\n"
    "list tenant:1 allow address boss@partner.example 1 \"n\" 1700000100 by anna\n"
    "list user:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n"
    "layer operator:0  1 \"a 1\n\"\n"
    "layer operator:0 strict 1 \"a 9\n\"\n"
    "layer partner:1  1 \"p 1\n\"\n"
    "layer tenant:1  2 \"b 2\n\"\n"
    "layer group:1  1 \"c 1\n\"\n";

static void
everything_is_walked_in_order_and_names_are_normal(void **state)
{
	struct fixture f;

	fixture_init(&f);
	build(&f);
	assert_walk(&f, SL_NODE_OPERATOR, all);
	sl_store_close(&f.store);
	fixture_open(&f);
	assert_walk(&f, SL_NODE_OPERATOR, all);
	OK(&f, sl_store_check(f.store));
	fixture_fini(&f);
}

static void
a_part_is_walked_alone(void **state)
{
	struct fixture f;

	fixture_init(&f);
	build(&f);
	assert_walk(&f, node_of(&f, "tenant:two.example"),
	    "tenant two.example of 0 on any 90\n" "route 2.0 mx.internal 25 opportunistic\n"
	    "domain two.example of 2 alias of 0\n" "user \"carl the great\" in 2 group 0 explicit\n");
	assert_walk(&f, node_of(&f, "partner:acme"),
	    "partner acme\n" "tenant one.example of 1 on any 90\n" "route 1.0 mx.internal 25 opportunistic\n"
	    "key of 1 ab wrapped service\n"
	    "domain one.example of 1 alias of 0\n" "domain xn--bcher-kva.example of 1 alias of 1\n"
	    "group sales in 1\n" "user anna in 1 group 1 explicit\n" "user bert in 1 group 0 explicit\n"
	    "list partner:1 allow domain friend.example 2 \"n\" 0 by anna\n"
	    "list tenant:1 allow address boss@partner.example 1 \"n\" 1700000100 by anna\n"
	    "list user:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n"
	    "layer partner:1  1 \"p 1\n\"\n" "layer tenant:1  2 \"b 2\n\"\n" "layer group:1  1 \"c 1\n\"\n");
	assert_walk(&f, node_of(&f, "group:one.example/sales"),
	    "group sales in 1\n" "user anna in 1 group 1 explicit\n"
	    "list user:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n" "layer group:1  1 \"c 1\n\"\n");
	assert_walk(&f, node_of(&f, "user:anna@one.example"),
	    "user anna in 1 group 1 explicit\n" "list user:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n");
	fixture_fini(&f);
}

static void
what_has_expired_is_not_walked_and_then_removed(void **state)
{
	struct fixture f;
	size_t removed;

	fixture_init(&f);
	build(&f);
	test_now_s += 100;
	assert_walk(&f, node_of(&f, "tenant:one.example"),
	    "tenant one.example of 1 on any 90\n" "route 1.0 mx.internal 25 opportunistic\n" "key of 1 ab wrapped service\n"
	    "domain one.example of 1 alias of 0\n" "domain xn--bcher-kva.example of 1 alias of 1\n"
	    "group sales in 1\n" "user anna in 1 group 1 explicit\n" "user bert in 1 group 0 explicit\n"
	    "list user:1 deny network 2001:db8::1 0 \"n\" 0 by anna\n"
	    "layer tenant:1  2 \"b 2\n\"\n" "layer group:1  1 \"c 1\n\"\n");
	OK(&f, sl_store_lists_expire(f.store, &anna, &removed));
	assert_int_equal(removed, 1);
	OK(&f, sl_store_lists_expire(f.store, &anna, &removed));
	assert_int_equal(removed, 0);
	fixture_fini(&f);
}

static void
a_removed_tenant_leaves_nothing_but_the_audit_trail(void **state)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct fixture f;
	struct sl_node node, again;
	size_t len;

	fixture_init(&f);
	build(&f);
	node = node_of(&f, "tenant:one.example");
	GIVES(&f, SL_ERR_BUSY, sl_store_remove(f.store, &anna, node_of(&f, "partner:acme")));
	GIVES(&f, SL_ERR_BUSY, sl_store_remove(f.store, &anna, node_of(&f, "domain:one.example")));
	OK(&f, sl_store_remove(f.store, &anna, node));
	assert_walk(&f, SL_NODE_OPERATOR,
	    "partner acme\n" "tenant two.example of 0 on any 90\n" "route 2.0 mx.internal 25 opportunistic\n"
	    "domain two.example of 2 alias of 0\n" "user \"carl the great\" in 2 group 0 explicit\n"
	    "list operator:0 deny network 192.0.2.0/24 0 \"n\" 0 by anna\n"
	    "list partner:1 allow domain friend.example 2 \"n\" 0 by anna\n"
	    "layer operator:0  1 \"a 1\n\"\n" "layer operator:0 strict 1 \"a 9\n\"\n" "layer partner:1  1 \"p 1\n\"\n");
	OK(&f, sl_store_grants_of(f.store, S("anna"), grants, &len));
	assert_int_equal(len, 0);
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_find_text(f.store, S("user:anna@one.example"), &again));
	again = add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	assert_int_not_equal(again.id, node.id);	/* a number never comes to mean another */
	assert_walk(&f, again, "tenant one.example of 0 on any 90\n" "route 3.0 mx.internal 25 opportunistic\n"
	    "domain one.example of 3 alias of 0\n");
	OK(&f, sl_store_check(f.store));
	fixture_fini(&f);
}

static void
a_removed_domain_takes_along_what_hangs_below_it(void **state)
{
	struct fixture f;
	struct sl_node two;

	fixture_init(&f);
	build(&f);
	two = node_of(&f, "tenant:two.example");
	add_entry(&f, "domain:two.example", SL_ENTRY_DENY, "x.example", 0, 0);
	add_entry(&f, "user:\"carl the great\"@two.example", SL_ENTRY_DENY, "y.example", 0, 0);
	add_entry(&f, "tenant:two.example", SL_ENTRY_DENY, "z.example", 0, 0);
	set_layer(&f, "user:\"Carl the great\"@two.example", "", "u");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "domain:two.example")));
	assert_walk(&f, two, "tenant two.example of 0 on any 90\n" "route 2.0 mx.internal 25 opportunistic\n"
	    "list tenant:2 deny domain z.example 0 \"n\" 0 by anna\n");
	fixture_fini(&f);
}

/* ---- names and values ---- */

static const struct { const char *value; enum sl_entry_type type; const char *normal; } values[] = {
	{ "Anna@Example.COM", SL_ENTRY_ADDRESS, "anna@example.com" },
	{ "@example.com", SL_ENTRY_DOMAIN, "example.com" },
	{ "*.Example.com", SL_ENTRY_BELOW, "*.example.com" },
	{ "EXAMPLE.com", SL_ENTRY_DOMAIN, "example.com" },
	{ "M\xc3\x9cnchen.example", SL_ENTRY_DOMAIN, "xn--mnchen-3ya.example" },
	{ "192.0.2.1", SL_ENTRY_NETWORK, "192.0.2.1" },
	{ "192.0.2.128/25", SL_ENTRY_NETWORK, "192.0.2.128/25" },
	{ "0.0.0.0/0", SL_ENTRY_NETWORK, "0.0.0.0/0" },
	{ "2001:DB8:0:0::/33", SL_ENTRY_NETWORK, "2001:db8::/33" },
	{ "192.0.2.255/25", 0, NULL }, { "2001:db8::5/33", 0, NULL },
	{ "192.0.2.1/33", 0, NULL }, { "2001:db8::/129", 0, NULL }, { "192.0.2.1/", 0, NULL }, { "", 0, NULL },
	{ "a b.example", 0, NULL }, { "a@", 0, NULL }, { "a@[192.0.2.1]", 0, NULL }, { "a b@example.com", 0, NULL },
	{ "-", 0, NULL }, { "a..b", 0, NULL }, { "*.", 0, NULL },
};

static void
values_of_lists_say_what_they_are(void **state)
{
	for (size_t i = 0; i < SL_COUNT(values); i++) {
		char out[SL_ENTRY_VALUE_MAX + 1];
		enum sl_entry_type type;
		size_t len;
		const char *wrong = sl_entry_value(S(values[i].value), &type, out, &len);

		if (values[i].normal == NULL) {
			if (wrong == NULL)
				fail_msg("\"%s\" became \"%s\"", values[i].value, out);
			continue;
		}
		if (wrong != NULL)
			fail_msg("\"%s\" is refused: %s", values[i].value, wrong);
		assert_string_equal(out, values[i].normal);
		assert_int_equal(type, values[i].type);
		assert_null(sl_entry_value(S(values[i].normal), &type, out, &len));	/* normal stays normal */
		assert_string_equal(out, values[i].normal);
	}
}

static const struct { const char *text, *host; unsigned port; } routes[] = {
	{ "mx.internal", "mx.internal", 25 }, { "mx.internal:2525", "mx.internal", 2525 }, { "192.0.2.1:26", "192.0.2.1", 26 },
	{ "[2001:db8::1]:27", "2001:db8::1", 27 }, { "[2001:db8::1]", "2001:db8::1", 25 }, { "2001:db8::1", "2001:db8::1", 25 },
	{ "", NULL, 0 }, { "mx:0", NULL, 0 }, { "mx:65536", NULL, 0 }, { "mx:", NULL, 0 }, { "[2001:db8::1", NULL, 0 },
	{ "[2001:db8::1]27", NULL, 0 }, { "a b", NULL, 0 }, { "[]", NULL, 0 }, { ":25", NULL, 0 },
};

static void
next_hops_are_read(void **state)
{
	for (size_t i = 0; i < SL_COUNT(routes); i++) {
		struct sl_route route;
		int r = sl_route_parse(S(routes[i].text), &route);

		if ((r == 0) != (routes[i].host != NULL))
			fail_msg("\"%s\": %s", routes[i].text, sl_strerror(r));
		if (r != 0)
			continue;
		assert_true(sl_slice_eq(route.host, S(routes[i].host)));
		assert_int_equal(route.port, routes[i].port);
	}
}

static void
what_is_wrong_is_refused_whole_and_said(void **state)
{
	struct sl_new_user users[] = { { S("new@one.example"), S("") }, { S("no address"), S("") } };
	struct sl_store_entry entries[] = { { .kind = SL_ENTRY_DENY, .value = S("a.example") },
		{ .kind = SL_ENTRY_DENY, .value = S("a.example"), .options = SL_ENTRY_UNAUTHENTICATED } };
	struct sl_actor nobody = { .account = S("") };
	struct sl_node one, node;
	struct fixture f;
	int64_t version;
	size_t bad;

	fixture_init(&f);
	build(&f);
	one = node_of(&f, "tenant:one.example");
	GIVES(&f, SL_ERR_EXISTS, sl_store_tenant_add(f.store, &anna, SL_NODE_OPERATOR, S("TWO.example"), &node));
	assert_string_equal(sl_store_error(f.store), "there is a tenant two.example already");
	GIVES(&f, SL_ERR_EXISTS, sl_store_domain_add(f.store, &anna, one, S("two.example"),
	    (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_domain_add(f.store, &anna, one, S("not a domain"),
	    (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_domain_add(f.store, &anna, one, S("three.example"), node_of(&f, "domain:two.example"),
	    &node));	/* another tenant's */
	GIVES(&f, SL_ERR_SYNTAX, sl_store_group_add(f.store, &anna, node_of(&f, "domain:xn--bcher-kva.example"), S("x"), &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_partner_add(f.store, &anna, S("-x"), &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_partner_add(f.store, &nobody, S("x"), &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_users_add(f.store, &anna, one, SL_USER_EXPLICIT, users, 2, &bad));
	assert_int_equal(bad, 1);
	users[1].address = S("new@two.example");	/* another tenant's */
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_users_add(f.store, &anna, one, SL_USER_EXPLICIT, users, 2, &bad));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_list_add(f.store, &anna, one, entries, 2, &bad));
	assert_int_equal(bad, 1);
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_list_remove(f.store, &anna, one, (struct sl_slice[]){ S("boss@partner.example"),
	    S("x.example") }, 2));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_layer_set(f.store, &anna, one, S(""), S("bad"), SL_LAYER_ANY, check_text, NULL,
	    &version));
	assert_string_equal(sl_store_error(f.store), "line 1: bad");
	GIVES(&f, SL_ERR_SYNTAX, sl_store_layer_set(f.store, &anna, one, S("template"), S("x"), SL_LAYER_ANY, check_text, NULL,
	    &version));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_grant_add(f.store, &anna, S("x"), SL_ROLE_OPERATOR, one));
	GIVES(&f, SL_ERR_EXISTS, sl_store_grant_add(f.store, &anna, S("anna"), SL_ROLE_TENANT_ADMINISTRATOR, one));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_remove(f.store, &anna, (struct sl_node){ SL_LEVEL_TENANT, 99 }));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_find_text(f.store, S("tenant"), &node));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_find_text(f.store, S("group:one.example"), &node));
	assert_walk(&f, SL_NODE_OPERATOR, all);
	fixture_fini(&f);
}

static void
calls_made_one_are_kept_or_undone_together(void **state)
{
	struct sl_node node;
	struct fixture f;

	fixture_init(&f);
	build(&f);
	OK(&f, sl_store_begin(f.store));
	OK(&f, sl_store_partner_add(f.store, &anna, S("beta"), &node));
	GIVES(&f, SL_ERR_EXISTS, sl_store_partner_add(f.store, &anna, S("acme"), &node));	/* undoes itself alone */
	sl_store_rollback(f.store);
	assert_walk(&f, SL_NODE_OPERATOR, all);
	OK(&f, sl_store_begin(f.store));
	OK(&f, sl_store_partner_add(f.store, &anna, S("beta"), &node));
	GIVES(&f, SL_ERR_EXISTS, sl_store_partner_add(f.store, &anna, S("acme"), &node));
	OK(&f, sl_store_commit(f.store));
	node_of(&f, "partner:beta");
	fixture_fini(&f);
}

/* ---- users that are found ---- */

static void
users_are_found_by_mail_and_forgotten_after_their_window(void **state)
{
	struct sl_slice seen[] = { S("dora@one.example"), S("emil@xn--bcher-kva.example"), S("x@two.example"), S("x@other.example"),
		S("anna@one.example"), S("nonsense") };
	struct sl_tenant_settings settings = { SL_TENANT_ON, SL_TENANT_USERS_DISCOVER, 10 };
	struct sl_tenant_settings got;
	struct sl_node one, node;
	struct fixture f;
	size_t count;

	fixture_init(&f);
	build(&f);
	one = node_of(&f, "tenant:one.example");
	OK(&f, sl_store_users_seen(f.store, &anna, seen, SL_COUNT(seen), &count));
	assert_int_equal(count, 0);	/* no tenant discovers */
	OK(&f, sl_store_tenant_set(f.store, &anna, one, &settings));
	OK(&f, sl_store_tenant_get(f.store, one, &got));
	assert_memory_equal(&got, &settings, sizeof(got));
	OK(&f, sl_store_users_seen(f.store, &anna, seen, SL_COUNT(seen), &count));
	assert_int_equal(count, 2);
	node_of(&f, "user:emil@one.example");
	add_entry(&f, "user:dora@one.example", SL_ENTRY_DENY, "x.example", 0, 0);
	test_now_s += 6 * 86400;
	OK(&f, sl_store_users_seen(f.store, &anna, seen + 1, 1, &count));
	assert_int_equal(count, 0);
	test_now_s += 5 * 86400;	/* dora: 11 days, emil: 5; anna was given by hand */
	OK(&f, sl_store_users_expire(f.store, &anna, &count));
	assert_int_equal(count, 1);
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_find_text(f.store, S("user:dora@one.example"), &node));
	node_of(&f, "user:emil@one.example");
	node_of(&f, "user:anna@one.example");
	OK(&f, sl_store_check(f.store));
	fixture_fini(&f);
}

static void
a_user_moves_between_groups_of_its_domain(void **state)
{
	struct sl_node user, group, other;
	struct sl_access_path path;
	struct fixture f;

	fixture_init(&f);
	build(&f);
	user = node_of(&f, "user:bert@one.example");
	OK(&f, sl_store_group_add(f.store, &anna, node_of(&f, "domain:one.example"), S("Support"), &group));
	OK(&f, sl_store_group_add(f.store, &anna, node_of(&f, "domain:two.example"), S("sales"), &other));
	OK(&f, sl_store_user_set_group(f.store, &anna, user, group));
	OK(&f, sl_store_path(f.store, user, &path));
	assert_int_equal(path.id[SL_LEVEL_PARTNER], 1);
	assert_int_equal(path.id[SL_LEVEL_GROUP], group.id);
	GIVES(&f, SL_ERR_SYNTAX, sl_store_user_set_group(f.store, &anna, user, other));
	OK(&f, sl_store_remove(f.store, &anna, group));
	OK(&f, sl_store_path(f.store, user, &path));
	assert_int_equal(path.id[SL_LEVEL_GROUP], 0);
	fixture_fini(&f);
}

/* ---- policies in versions ---- */

static int
history_line(void *ctx, const struct sl_layer_version *v)
{
	sl_buf_addf(ctx, "%lld %.*s \"%.*s\"\n", (long long)v->version, SL_SLICE_ARG(v->account), SL_SLICE_ARG(v->text));
	return 0;
}

static void
a_policy_has_versions_that_are_compared_and_taken_back(void **state)
{
	struct sl_node one;
	struct fixture f;
	struct sl_buf out;
	int64_t version;

	fixture_init(&f);
	build(&f);
	sl_buf_init(&out, 65536);
	one = node_of(&f, "tenant:one.example");
	assert_int_equal(set_layer(&f, "tenant:one.example", "", "b 2"), 2);	/* the same: no version */
	assert_int_equal(set_layer(&f, "tenant:one.example", "", "a 1\nb 3\nc 4"), 3);
	GIVES(&f, SL_ERR_BUSY, sl_store_layer_set(f.store, &anna, one, S(""), S("x"), 2, check_text, NULL, &version));
	OK(&f, sl_store_layer_diff(f.store, one, S(""), 1, 3, &out));
	assert_string_equal(sl_buf_cstr(&out), "- b 1\n+ a 1\n+ b 3\n+ c 4\n");
	OK(&f, sl_store_layer_take_back(f.store, &anna, one, S(""), 1, &version));
	assert_int_equal(version, 4);
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_layer_take_back(f.store, &anna, one, S(""), 9, &version));
	sl_buf_reset(&out);
	OK(&f, sl_store_layer_history(f.store, one, S(""), history_line, &out));
	assert_string_equal(sl_buf_cstr(&out), "4 anna \"b 1\n\"\n3 anna \"a 1\nb 3\nc 4\n\"\n2 anna \"b 2\n\"\n1 anna \"b 1\n\"\n");
	sl_buf_reset(&out);
	OK(&f, sl_store_layer_get(f.store, one, S(""), SL_LAYER_ANY, &out, &version));
	assert_string_equal(sl_buf_cstr(&out), "b 1\n");
	assert_int_equal(version, 4);
	sl_buf_fini(&out);
	fixture_fini(&f);
}

static const struct { const char *from, *to, *diff; } diffs[] = {
	{ "", "", "" }, { "a\n", "a\n", "" }, { "", "a\n", "+ a\n" }, { "a\n", "", "- a\n" },
	{ "a\nb\nc\n", "a\nx\nc\n", "- b\n+ x\n" }, { "a\nb\n", "b\na\n", "- a\n+ a\n" },
	{ "a\nb\nc\nd\n", "b\nd\ne\n", "- a\n- c\n+ e\n" }, { "a", "a\nb", "+ b\n" },
};

static void
differences_are_those_of_lines(void **state)
{
	struct sl_buf out, from, to;

	sl_buf_init(&out, (size_t)1 << 22);
	for (size_t i = 0; i < SL_COUNT(diffs); i++) {
		sl_buf_reset(&out);
		sl_layer_diff(S(diffs[i].from), S(diffs[i].to), &out);
		assert_string_equal(sl_buf_cstr(&out), diffs[i].diff);
	}
	sl_buf_init(&from, (size_t)1 << 22);
	sl_buf_init(&to, (size_t)1 << 22);
	for (int i = 0; i < 50000; i++) {	/* far more than is compared line by line: bounded, and still a change */
		sl_buf_addf(&from, "a%d\n", i);
		sl_buf_addf(&to, "b%d\n", i);
	}
	sl_buf_reset(&out);
	sl_layer_diff(sl_buf_slice(&from), sl_buf_slice(&to), &out);
	assert_int_equal(out.len, from.len + to.len + 4 * 50000);
	sl_buf_fini(&out);
	sl_buf_fini(&from);
	sl_buf_fini(&to);
}

/* ---- grants, keys, changes ---- */

static void
grants_are_what_lib_access_wants(void **state)
{
	struct sl_access_grant grants[SL_GRANTS_MAX];
	struct sl_access_request request;
	struct sl_access_path path;
	struct sl_node one, user;
	struct fixture f;
	size_t len;

	fixture_init(&f);
	build(&f);
	one = node_of(&f, "tenant:one.example");
	user = node_of(&f, "user:bert@one.example");
	OK(&f, sl_store_grants_of(f.store, S("anna"), grants, &len));
	assert_int_equal(len, 1);
	OK(&f, sl_store_path(f.store, user, &path));
	assert_true(sl_access_allowed(grants, len, SL_VERB_USER_REMOVE, &path));
	OK(&f, sl_store_path(f.store, node_of(&f, "tenant:two.example"), &path));
	assert_false(sl_access_allowed(grants, len, SL_VERB_TENANT_SHOW, &path));
	OK(&f, sl_store_grant_request(f.store, S("anna"), S("bert"), SL_ROLE_QUARANTINE_MANAGER, one, &path, &request));
	assert_int_equal(sl_access_may_grant(grants, len, &request), SL_GRANT_OK);
	assert_true(request.is_first);
	OK(&f, sl_store_grant_request(f.store, S("x"), S("anna"), SL_ROLE_TENANT_ADMINISTRATOR, one, &path, &request));
	assert_false(request.is_first);
	assert_int_equal(request.holds, SL_TA);
	OK(&f, sl_store_grant_add(f.store, &anna, S("bert"), SL_ROLE_USER, user));
	OK(&f, sl_store_remove(f.store, &anna, user));
	OK(&f, sl_store_grants_of(f.store, S("bert"), grants, &len));
	assert_int_equal(len, 0);	/* gone with its node */
	OK(&f, sl_store_grant_remove(f.store, &anna, S("anna"), SL_ROLE_TENANT_ADMINISTRATOR, one));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_grant_remove(f.store, &anna, S("anna"), SL_ROLE_TENANT_ADMINISTRATOR, one));
	fixture_fini(&f);
}

static int
key_line(void *ctx, const struct sl_tenant_key *key)
{
	sl_buf_addf(ctx, "%lld %.*s %s %d\n", (long long)key->id, SL_SLICE_ARG(key->wrapped), sl_key_holder_word(key->holder),
	    key->current);
	return 0;
}

static void
a_tenant_has_one_current_key_and_older_ones(void **state)
{
	struct sl_tenant_key key = { .public_key = { 1 }, .wrapped = S("second"), .holder = SL_KEY_TENANT };
	struct sl_node one;
	struct fixture f;
	struct sl_buf out;
	int64_t id;

	fixture_init(&f);
	build(&f);
	sl_buf_init(&out, 4096);
	one = node_of(&f, "tenant:one.example");
	OK(&f, sl_store_key_add(f.store, &anna, one, &key, &id));
	OK(&f, sl_store_key_rewrap(f.store, &anna, 1, S("other"), SL_KEY_TENANT));
	OK(&f, sl_store_keys(f.store, one, key_line, &out));
	assert_string_equal(sl_buf_cstr(&out), "2 second tenant 1\n1 other tenant 0\n");
	GIVES(&f, SL_ERR_BUSY, sl_store_key_remove(f.store, &anna, 2));
	OK(&f, sl_store_key_remove(f.store, &anna, 1));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_key_remove(f.store, &anna, 1));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_key_add(f.store, &anna, (struct sl_node){ SL_LEVEL_TENANT, 77 }, &key, &id));
	sl_buf_fini(&out);
	fixture_fini(&f);
}

static int
change_line(void *ctx, const struct sl_change *change)
{
	sl_buf_addf(ctx, "%u %s:%lld of %lld%s%.*s\n", change->kinds, sl_level_word(change->node.level), (long long)change->node.id,
	    (long long)change->tenant, change->was.len > 0 ? " was " : "", SL_SLICE_ARG(change->was));
	return 0;
}

static void
a_compiler_hears_what_has_changed(void **state)
{
	int64_t since, walked;
	struct fixture f;
	struct sl_buf out;

	fixture_init(&f);
	build(&f);
	sl_buf_init(&out, 1 << 20);
	OK(&f, sl_store_change(f.store, &since));
	assert_true(since > 0);
	OK(&f, sl_store_walk(f.store, &dump, &out, SL_NODE_OPERATOR, &walked));
	assert_int_equal(walked, since);
	sl_buf_reset(&out);
	OK(&f, sl_store_changes(f.store, since, change_line, &out));
	assert_string_equal(sl_buf_cstr(&out), "");
	add_entry(&f, "user:anna@one.example", SL_ENTRY_DENY, "q.example", 0, 0);
	set_layer(&f, "operator", "", "a 2");
	OK(&f, sl_store_grant_add(f.store, &anna, S("x"), SL_ROLE_OPERATOR, SL_NODE_OPERATOR));	/* not the edges' business */
	set_layer(&f, "operator", "", "a 2");							/* nothing changed */
	OK(&f, sl_store_changes(f.store, since, change_line, &out));
	assert_string_equal(sl_buf_cstr(&out), "128 user:1 of 1\n256 operator:0 of 0\n");
	sl_buf_fini(&out);
	fixture_fini(&f);
}

/* What has come since, as lines; and from then on what comes next. */
static void
assert_heard(struct fixture *f, int64_t *since, const char *expected)
{
	struct sl_buf out;

	sl_buf_init(&out, 1 << 20);
	OK(f, sl_store_changes(f->store, *since, change_line, &out));
	assert_string_equal(sl_buf_cstr(&out), expected);
	OK(f, sl_store_change(f->store, since));
	sl_buf_fini(&out);
}

/* Users are numbered: 1 anna, in group 1 which says something, 2 bert, 3 carl, of another tenant. */
static void
a_compiler_hears_which_users_changed(void **state)
{
	static char names[CHANGE_USERS_MAX + 1][32];
	static struct sl_new_user many[CHANGE_USERS_MAX + 1];
	const struct sl_tenant_settings found = { SL_TENANT_ON, SL_TENANT_USERS_DISCOVER, 10 };
	struct sl_slice seen = S("found@two.example");
	struct fixture f;
	int64_t since;
	size_t count;

	fixture_init(&f);
	build(&f);
	OK(&f, sl_store_change(f.store, &since));
	add_users(&f, node_of(&f, "tenant:one.example"), "dora@one.example", "sales");
	assert_heard(&f, &since, "64 user:4 of 1\n");
	add_users(&f, node_of(&f, "tenant:one.example"), "emil@one.example", "new");
	assert_heard(&f, &since, "64 user:5 of 1\n32 tenant:1 of 1\n");	/* and a group */
	add_users(&f, node_of(&f, "tenant:one.example"), "dora@one.example", "new");	/* is there: another group */
	assert_heard(&f, &since, "64 user:4 of 1\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "group:one.example/new")));	/* it never said anything */
	assert_heard(&f, &since, "32 group:2 of 1\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "group:one.example/sales")));
	assert_heard(&f, &since, "64 user:1 of 1\n32 group:1 of 1\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "user:dora@one.example")));
	assert_heard(&f, &since, "64 user:4 of 1 was dora@one.example\n");
	OK(&f, sl_store_tenant_set(f.store, &anna, node_of(&f, "tenant:two.example"), &found));
	OK(&f, sl_store_users_seen(f.store, &anna, &seen, 1, &count));
	assert_heard(&f, &since, "2 tenant:2 of 2\n64 user:7 of 2\n");
	test_now_s += 11 * 86400;
	OK(&f, sl_store_users_expire(f.store, &anna, &count));
	assert_heard(&f, &since, "64 user:7 of 2 was found@two.example\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "domain:two.example")));
	assert_heard(&f, &since, "64 user:3 of 2 was \"carl the great\"@two.example\n16 domain:2 of 2\n");
	for (size_t i = 0; i < SL_COUNT(many); i++) {
		snprintf(names[i], sizeof(names[i]), "m%zu@one.example", i);
		many[i] = (struct sl_new_user){ S(names[i]), S("many") };
	}
	OK(&f, sl_store_users_add(f.store, &anna, node_of(&f, "tenant:one.example"), SL_USER_EXPLICIT, many, SL_COUNT(many), NULL));
	assert_heard(&f, &since, "96 tenant:1 of 1\n");		/* all of it */
	set_layer(&f, "group:one.example/many", "", "x 1");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "group:one.example/many")));
	assert_heard(&f, &since, "256 group:3 of 1\n96 group:3 of 1\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "domain:xn--bcher-kva.example")));	/* an alias: nobody's */
	assert_heard(&f, &since, "16 domain:3 of 1\n");
	OK(&f, sl_store_remove(f.store, &anna, node_of(&f, "domain:one.example")));
	assert_heard(&f, &since, "80 domain:1 of 1\n");
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_walked_in_order_and_names_are_normal),
		cmocka_unit_test(a_part_is_walked_alone),
		cmocka_unit_test(what_has_expired_is_not_walked_and_then_removed),
		cmocka_unit_test(a_removed_tenant_leaves_nothing_but_the_audit_trail),
		cmocka_unit_test(a_removed_domain_takes_along_what_hangs_below_it),
		cmocka_unit_test(values_of_lists_say_what_they_are),
		cmocka_unit_test(next_hops_are_read),
		cmocka_unit_test(what_is_wrong_is_refused_whole_and_said),
		cmocka_unit_test(calls_made_one_are_kept_or_undone_together),
		cmocka_unit_test(users_are_found_by_mail_and_forgotten_after_their_window),
		cmocka_unit_test(a_user_moves_between_groups_of_its_domain),
		cmocka_unit_test(a_policy_has_versions_that_are_compared_and_taken_back),
		cmocka_unit_test(differences_are_those_of_lines),
		cmocka_unit_test(grants_are_what_lib_access_wants),
		cmocka_unit_test(a_tenant_has_one_current_key_and_older_ones),
		cmocka_unit_test(a_compiler_hears_what_has_changed),
		cmocka_unit_test(a_compiler_hears_which_users_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
