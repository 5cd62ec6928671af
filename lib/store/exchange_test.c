/* exchange_test.c - a tenant goes out and comes back the same */

#include "store/exchange.h"

#include "store/audit.h"
#include "store/csv.h"
#include "store/grants.h"
#include "store/layers.h"
#include "store_test_i.h"

static int
take_text(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

/* A tenant with something of everything, and names that want escaping. */
static struct sl_node
build(struct fixture *f)
{
	struct sl_tenant_settings settings = { SL_TENANT_MONITOR, SL_TENANT_USERS_DISCOVER, 33 };
	struct sl_new_user users[] = { { S("anna@one.example"), S("sales") }, { S("\"b \\\" c\"@two.example"), S("") },
		{ S("j\xc3\xbcrgen@one.example"), S("") } };
	struct sl_store_entry entries[] = {
		{ .kind = SL_ENTRY_ALLOW, .value = S("friend.example"), .options = SL_ENTRY_UNAUTHENTICATED | SL_ENTRY_SUBDOMAINS,
		  .note = S("he said: \"a, b\"\nand more") },
		{ .kind = SL_ENTRY_DENY, .value = S("192.0.2.0/24"), .expires_at = test_now_s + 86400 },
		{ .kind = SL_ENTRY_DENY, .value = S("x@y.example") } };
	struct sl_slice seen = S("found@one.example");
	struct sl_node tenant = add_tenant(f, SL_NODE_OPERATOR, "one.example"), node;
	int64_t version;
	size_t count;

	OK(f, sl_store_tenant_set(f->store, &anna, tenant, &settings));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S("two.example"), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &node));
	OK(f, sl_store_domain_add(f->store, &anna, tenant, S("alias.example"), node, &node));
	OK(f, sl_store_users_add(f->store, &anna, tenant, SL_USER_IMPORTED, users, 3, NULL));
	OK(f, sl_store_users_seen(f->store, &anna, &seen, 1, &count));
	OK(f, sl_store_list_add(f->store, &anna, tenant, entries, 3, NULL));
	test_now_s += 5;
	OK(f, sl_store_list_add(f->store, &anna, node_of(f, "user:anna@one.example"), entries + 2, 1, NULL));
	OK(f, sl_store_layer_set(f->store, &anna, tenant, S(""), S("a\n\"b\"\n"), SL_LAYER_ANY, take_text, NULL, &version));
	OK(f, sl_store_layer_set(f->store, &anna, tenant, S(""), S("a\nc\n"), SL_LAYER_ANY, take_text, NULL, &version));
	OK(f, sl_store_layer_set(f->store, &anna, node_of(f, "group:one.example/sales"), S(""), S("g\n"), SL_LAYER_ANY,
	    take_text, NULL, &version));
	OK(f, sl_store_grant_add(f->store, &anna, S("otto"), SL_ROLE_TENANT_ADMINISTRATOR, tenant));
	OK(f, sl_store_grant_add(f->store, &anna, S("uta"), SL_ROLE_USER, node_of(f, "user:anna@one.example")));
	return tenant;
}

static void
a_tenant_that_is_exported_and_imported_is_the_same(void **state)
{
	struct sl_buf first, second, walked;
	struct sl_audit_report report;
	struct sl_node tenant, again;
	struct fixture f;
	size_t refused;

	fixture_init(&f);
	sl_buf_init(&first, SL_EXCHANGE_MAX);
	sl_buf_init(&second, SL_EXCHANGE_MAX);
	sl_buf_init(&walked, 1 << 20);
	tenant = build(&f);
	OK(&f, sl_store_export(f.store, tenant, &first));
	GIVES(&f, SL_ERR_EXISTS, sl_store_import(f.store, &anna, SL_NODE_OPERATOR, sl_buf_slice(&first), NULL, NULL, &again, &refused));
	OK(&f, sl_store_remove(f.store, &anna, tenant));
	test_now_s += 1000;
	OK(&f, sl_store_import(f.store, &anna, SL_NODE_OPERATOR, sl_buf_slice(&first), NULL, NULL, &again, &refused));
	OK(&f, sl_store_export(f.store, again, &second));
	assert_string_equal(sl_buf_cstr(&first), sl_buf_cstr(&second));
	assert_non_null(strstr(sl_buf_cstr(&first), "\"seen\":1700000000"));
	OK(&f, sl_store_walk(f.store, &dump, &walked, again, NULL));
	assert_non_null(strstr(sl_buf_cstr(&walked), "layer tenant:2  2 \"a\nc\n\""));
	OK(&f, sl_store_audit_verify(f.store, again.id, &report));
	assert_int_equal(report.entries, 1);	/* one act, one entry */
	OK(&f, sl_store_check(f.store));
	sl_buf_fini(&first);
	sl_buf_fini(&second);
	sl_buf_fini(&walked);
	fixture_fini(&f);
}

static const struct { const char *json; int result; } broken[] = {
	{ "", SL_ERR_SYNTAX }, { "[]", SL_ERR_SYNTAX }, { "{}", SL_ERR_VERSION }, { "{\"sluice_tenant\":2}", SL_ERR_VERSION },
	{ "{\"sluice_tenant\":1}", SL_ERR_SYNTAX },
	{ "[[[[[[[[[[]]]]]]]]]]", SL_ERR_TOO_LONG },
#define HEAD	"{\"sluice_tenant\":1,\"name\":\"n.example\",\"state\":\"on\",\"recipients\":\"any\",\"discover_days\":9"
	{ HEAD ",\"routes\":[{\"host\":\"mx\",\"port\":0,\"tls\":\"off\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"routes\":[{\"host\":\"mx\",\"port\":25,\"tls\":\"maybe\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"domains\":[{\"name\":\"other.example\"}]}", SL_ERR_EXISTS },
	{ HEAD ",\"domains\":[{\"name\":7}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"domains\":[7]}", SL_ERR_SYNTAX },
	{ HEAD ",\"domains\":[{\"name\":\"m.example\",\"alias_of\":\"other.example\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"groups\":[{\"domain\":\"other.example\",\"name\":\"x\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"users\":[{\"address\":\"a@other.example\",\"source\":\"explicit\"}]}", SL_ERR_NOT_FOUND },
	{ HEAD ",\"lists\":[{\"at\":\"tenant:other.example\",\"kind\":\"deny\",\"value\":\"x.example\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"lists\":[{\"at\":\"operator\",\"kind\":\"deny\",\"value\":\"x.example\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"policies\":[{\"at\":\"operator\",\"text\":\"x\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"grants\":[{\"at\":\"operator\",\"role\":\"operator\",\"account\":\"mallory\"}]}", SL_ERR_SYNTAX },
	{ HEAD ",\"grants\":[{\"at\":\"tenant:n.example\",\"role\":\"operator\",\"account\":\"mallory\"}]}", SL_ERR_SYNTAX },
};

static void
what_is_not_one_tenant_is_refused_and_leaves_nothing(void **state)
{
	struct sl_buf before, after;
	struct fixture f;
	struct sl_node node;
	size_t refused;

	fixture_init(&f);
	sl_buf_init(&before, 65536);
	sl_buf_init(&after, 65536);
	add_tenant(&f, SL_NODE_OPERATOR, "other.example");
	OK(&f, sl_store_walk(f.store, &dump, &before, SL_NODE_OPERATOR, NULL));
	for (size_t i = 0; i < SL_COUNT(broken); i++) {
		int r = sl_store_import(f.store, &anna, SL_NODE_OPERATOR, S(broken[i].json), NULL, NULL, &node, &refused);

		if (r != broken[i].result)
			fail_msg("%s: %s (%s)", broken[i].json, sl_strerror(r), sl_store_error(f.store));
		sl_buf_reset(&after);
		OK(&f, sl_store_walk(f.store, &dump, &after, SL_NODE_OPERATOR, NULL));
		assert_string_equal(sl_buf_cstr(&before), sl_buf_cstr(&after));
	}
	sl_buf_fini(&before);
	sl_buf_fini(&after);
	fixture_fini(&f);
}

/* ---- CSV ---- */

static void
users_come_and_go_as_csv(void **state)
{
	struct sl_buf out;
	struct sl_node tenant, node;
	struct fixture f;
	size_t rows;

	fixture_init(&f);
	sl_buf_init(&out, 65536);
	tenant = add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	OK(&f, sl_store_users_from_csv(f.store, &anna, tenant, S("\xef\xbb\xbf" "Name;Group;Address\r\n\"Anna; A\";Sales;"
	    "Anna@one.example\r\n;;\r\nBert;;bert@one.example\n"), false, &rows));
	assert_int_equal(rows, 2);
	OK(&f, sl_store_users_to_csv(f.store, tenant, &out));
	assert_string_equal(sl_buf_cstr(&out), "address,group,source\r\nanna@one.example,sales,imported\r\n"
	    "bert@one.example,,imported\r\n");
	OK(&f, sl_store_users_from_csv(f.store, &anna, tenant, S("address\ncarl@one.example\nanna@one.example\n"), true, &rows));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_find_text(f.store, S("user:bert@one.example"), &node));
	sl_buf_reset(&out);
	OK(&f, sl_store_users_to_csv(f.store, tenant, &out));
	assert_string_equal(sl_buf_cstr(&out), "address,group,source\r\nanna@one.example,sales,imported\r\n"
	    "carl@one.example,,imported\r\n");
	GIVES(&f, SL_ERR_SYNTAX, sl_store_users_from_csv(f.store, &anna, tenant, S("address\nd@one.example\n\nnonsense\n"), true,
	    &rows));
	assert_string_equal(sl_store_error(f.store), "line 4: \"nonsense\" is no address");
	GIVES(&f, SL_ERR_SYNTAX, sl_store_users_from_csv(f.store, &anna, tenant, S("mail\nd@one.example\n"), true, &rows));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_users_from_csv(f.store, &anna, tenant, S(""), true, &rows));
	node_of(&f, "user:carl@one.example");
	sl_buf_fini(&out);
	fixture_fini(&f);
}

static void
lists_come_and_go_as_csv(void **state)
{
	struct sl_buf first, second;
	struct sl_node tenant, other;
	struct fixture f;
	size_t rows;

	fixture_init(&f);
	sl_buf_init(&first, 65536);
	sl_buf_init(&second, 65536);
	tenant = build(&f);
	other = add_tenant(&f, SL_NODE_OPERATOR, "other.example");
	OK(&f, sl_store_lists_to_csv(f.store, tenant, &first));
	assert_string_equal(sl_buf_cstr(&first), "kind,value,options,note,expires\r\n"
	    "deny,192.0.2.0/24,\"\",\"\",2023-11-15T22:13:20Z\r\n"
	    "allow,friend.example,unauthenticated subdomains,\"he said: \"\"a, b\"\"\nand more\",\"\"\r\n"
	    "deny,x@y.example,\"\",\"\",\"\"\r\n");
	OK(&f, sl_store_lists_from_csv(f.store, &anna, other, sl_buf_slice(&first), &rows));
	assert_int_equal(rows, 3);
	OK(&f, sl_store_lists_to_csv(f.store, other, &second));
	assert_string_equal(sl_buf_cstr(&first), sl_buf_cstr(&second));
	GIVES(&f, SL_ERR_SYNTAX, sl_store_lists_from_csv(f.store, &anna, other, S("kind,value\ndeny,a.example\nperhaps,b.example\n"),
	    &rows));
	assert_string_equal(sl_store_error(f.store), "line 3: the kind is allow or deny");
	GIVES(&f, SL_ERR_SYNTAX, sl_store_lists_from_csv(f.store, &anna, other, S("kind,value,expires\ndeny,a.example,soon\n"),
	    &rows));
	OK(&f, sl_store_lists_from_csv(f.store, &anna, other, S("kind,value,expires\ndeny,a.example,2024-02-29\n"), &rows));
	sl_buf_reset(&second);
	OK(&f, sl_store_lists_to_csv(f.store, other, &second));
	assert_non_null(strstr(sl_buf_cstr(&second), "deny,a.example,\"\",\"\",2024-03-01T00:00:00Z"));
	sl_buf_fini(&first);
	sl_buf_fini(&second);
	fixture_fini(&f);
}

static const struct { const char *csv, *fields; int end; } tables[] = {
	{ "", "", 0 }, { "a,b\r\nc,d", "[a][b]/[c][d]/", 0 }, { "a;b,c\n", "[a][b,c]/", 0 }, { "a\tb\n", "[a][b]/", 0 },
	{ "\"a,b\";c\n", "[a,b][c]/", 0 }, { "\"a\"\"b\"\n", "[a\"b]/", 0 }, { "\"a\nb\",c\n\n\nd", "[a\nb][c]/[d]/", 0 },
	{ ",\n", "[][]/", 0 }, { "a\rb\n", "[a\rb]/", 0 }, { "a,", "[a][]/", 0 }, { "\"\"", "[]/", 0 },
	{ "\"a", "", SL_ERR_SYNTAX }, { "\"a\"b", "", SL_ERR_SYNTAX }, { "a\"b\n", "[a\"b]/", 0 },
};

static void
tables_are_read_as_spreadsheets_write_them(void **state)
{
	for (size_t i = 0; i < SL_COUNT(tables); i++) {
		struct sl_csv csv;
		struct sl_buf out;
		int r;

		sl_buf_init(&out, 4096);
		sl_csv_init(&csv, S(tables[i].csv));
		while ((r = sl_csv_next(&csv)) == SL_DONE) {
			for (size_t k = 0; k < csv.len; k++)
				sl_buf_addf(&out, "[%.*s]", SL_SLICE_ARG(csv.fields[k]));
			sl_buf_add_str(&out, "/");
		}
		assert_int_equal(r, tables[i].end);
		assert_string_equal(sl_buf_cstr(&out), tables[i].fields);
		sl_csv_fini(&csv);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenant_that_is_exported_and_imported_is_the_same),
		cmocka_unit_test(what_is_not_one_tenant_is_refused_and_leaves_nothing),
		cmocka_unit_test(users_come_and_go_as_csv),
		cmocka_unit_test(lists_come_and_go_as_csv),
		cmocka_unit_test(tables_are_read_as_spreadsheets_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
