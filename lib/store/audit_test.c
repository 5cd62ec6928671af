/* audit_test.c - the audit trail: chained, verified, and what is done to it is found */

#include "store/audit.h"

#include <sqlite3.h>

#include "store_test_i.h"

static int64_t one, two;	/* tenants' numbers */

/* Entries of two tenants and of none, in turn. */
static void
build(struct fixture *f)
{
	struct sl_node partner, a, b;

	OK(f, sl_store_partner_add(f->store, &anna, S("acme"), &partner));
	a = add_tenant(f, partner, "one.example");
	b = add_tenant(f, SL_NODE_OPERATOR, "two.example");
	OK(f, sl_store_audit(f->store, &anna, a, S("quarantine.open"), S("{\"message\":\"m1\"}")));
	OK(f, sl_store_audit(f->store, &anna, b, S("quarantine.open"), S("")));
	OK(f, sl_store_audit(f->store, &anna, a, S("quarantine.release"), S("{\"message\":\"m1\"}")));
	OK(f, sl_store_audit(f->store, &anna, SL_NODE_OPERATOR, S("settings.set"), S("")));
	one = a.id;
	two = b.id;
}

static int
line(void *ctx, const struct sl_audit_entry *e)
{
	sl_buf_addf(ctx, "%lld/%lld %.*s %.*s %.*s %.*s\n", (long long)e->number, (long long)e->tenant_number,
	    SL_SLICE_ARG(e->account), SL_SLICE_ARG(e->verb), SL_SLICE_ARG(e->target), SL_SLICE_ARG(e->detail));
	return 0;
}

static void
a_tenant_sees_its_own_entries_and_all_are_in_order(void **state)
{
	struct fixture f;
	struct sl_buf out;

	fixture_init(&f);
	build(&f);
	sl_buf_init(&out, 65536);
	OK(&f, sl_store_audit_walk(f.store, one, 0, line, &out));
	assert_string_equal(sl_buf_cstr(&out),
	    "2/1 anna tenant.add tenant:one.example \n"
	    "3/2 anna route.set tenant:one.example {\"next_hops\":[\"mx.internal:25 opportunistic\"]}\n"
	    "4/3 anna domain.add domain:one.example \n"
	    "8/4 anna quarantine.open tenant:one.example {\"message\":\"m1\"}\n"
	    "10/5 anna quarantine.release tenant:one.example {\"message\":\"m1\"}\n");
	sl_buf_reset(&out);
	OK(&f, sl_store_audit_walk(f.store, 0, 9, line, &out));
	assert_string_equal(sl_buf_cstr(&out),
	    "9/4 anna quarantine.open tenant:two.example \n"
	    "10/5 anna quarantine.release tenant:one.example {\"message\":\"m1\"}\n"
	    "11/0 anna settings.set operator \n");
	sl_buf_fini(&out);
	fixture_fini(&f);
}

static void
a_chain_that_nobody_touched_is_right_and_outlives_its_tenant(void **state)
{
	struct sl_audit_report report;
	unsigned char head[SL_AUDIT_HASH_BYTES];
	struct sl_node tenant;
	struct fixture f;
	int64_t id;

	fixture_init(&f);
	build(&f);
	OK(&f, sl_store_audit_verify(f.store, one, &report));
	assert_int_equal(report.fault, SL_AUDIT_NONE);
	assert_int_equal(report.entries, 5);
	memcpy(head, report.head, sizeof(head));
	OK(&f, sl_store_remove(f.store, &anna, (struct sl_node){ SL_LEVEL_TENANT, one }));
	tenant = add_tenant(&f, SL_NODE_OPERATOR, "one.example");	/* another of that name, with a chain of its own */
	assert_int_not_equal(tenant.id, one);
	OK(&f, sl_store_audit_verify(f.store, one, &report));
	assert_int_equal(report.fault, SL_AUDIT_NONE);
	assert_int_equal(report.entries, 6);
	assert_memory_not_equal(report.head, head, sizeof(head));
	OK(&f, sl_store_audit_verify(f.store, tenant.id, &report));
	assert_int_equal(report.entries, 3);
	OK(&f, sl_store_audit_verify(f.store, 0, &report));
	assert_int_equal(report.fault, SL_AUDIT_NONE);
	OK(&f, sl_store_audit_tenant(f.store, S("Two.Example"), &id));
	assert_int_equal(id, two);
	OK(&f, sl_store_audit_tenant(f.store, S("one.example"), &id));
	assert_int_equal(id, tenant.id);	/* the newest of the name */
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_audit_tenant(f.store, S("three.example"), &id));
	fixture_fini(&f);
}

static int
note_reused(void *ctx, struct sl_slice name, int64_t since_us)
{
	sl_buf_addf(ctx, SL_SLICE_FMT "%s ", SL_SLICE_ARG(name), since_us > 0 ? "" : " at no time");
	return 0;
}

static void
a_name_that_another_had_is_known(void **state)
{
	struct fixture f;
	struct sl_buf out;

	fixture_init(&f);
	build(&f);
	sl_buf_init(&out, 4096);
	OK(&f, sl_store_audit_reused(f.store, S(""), note_reused, &out));
	assert_string_equal(sl_buf_cstr(&out), "");
	OK(&f, sl_store_remove(f.store, &anna, (struct sl_node){ SL_LEVEL_TENANT, one }));
	OK(&f, sl_store_audit_reused(f.store, S(""), note_reused, &out));	/* nobody has it now */
	assert_string_equal(sl_buf_cstr(&out), "");
	(void)add_tenant(&f, SL_NODE_OPERATOR, "one.example");
	OK(&f, sl_store_audit_reused(f.store, S(""), note_reused, &out));
	OK(&f, sl_store_audit_reused(f.store, S("one.example"), note_reused, &out));
	OK(&f, sl_store_audit_reused(f.store, S("two.example"), note_reused, &out));
	assert_string_equal(sl_buf_cstr(&out), "one.example one.example ");
	sl_buf_fini(&out);
	fixture_fini(&f);
}

/* What a tamperer does behind the store's back, and where it is found: in the chain of all, and in the first tenant's. */
static const struct {
	const char		*does;
	enum sl_audit_fault	 all;
	int64_t			 all_at;
	enum sl_audit_fault	 own;
	int64_t			 own_at;
} tamperings[] = {
	{ "UPDATE audit SET account = 'bert' WHERE number = 8", SL_AUDIT_ALTERED, 8, SL_AUDIT_ALTERED, 4 },
	{ "UPDATE audit SET note = '' WHERE number = 8", SL_AUDIT_ALTERED, 8, SL_AUDIT_ALTERED, 4 },
	{ "UPDATE audit SET at = at + 1 WHERE number = 2", SL_AUDIT_ALTERED, 2, SL_AUDIT_ALTERED, 1 },
	{ "UPDATE audit SET detail = '' WHERE number = 10", SL_AUDIT_ALTERED, 10, SL_AUDIT_ALTERED, 5 },
	{ "UPDATE audit SET verb = 'quarantine.list' WHERE number = 10", SL_AUDIT_ALTERED, 10, SL_AUDIT_ALTERED, 5 },
	{ "UPDATE audit SET target = 'tenant:two.example' WHERE number = 3", SL_AUDIT_ALTERED, 3, SL_AUDIT_ALTERED, 2 },
	{ "UPDATE audit SET hash = tenant_hash WHERE number = 3", SL_AUDIT_ALTERED, 3, SL_AUDIT_NONE, 0 },
	{ "UPDATE audit SET tenant_hash = hash WHERE number = 3", SL_AUDIT_NONE, 0, SL_AUDIT_ALTERED, 2 },
	{ "UPDATE audit SET tenant_hash = x'' WHERE number = 3", SL_AUDIT_NONE, 0, SL_AUDIT_ALTERED, 2 },
	{ "DELETE FROM audit WHERE number = 8", SL_AUDIT_MISSING, 8, SL_AUDIT_MISSING, 4 },
	{ "DELETE FROM audit WHERE number = 1", SL_AUDIT_MISSING, 1, SL_AUDIT_NONE, 0 },
	{ "DELETE FROM audit WHERE number = 2", SL_AUDIT_MISSING, 2, SL_AUDIT_MISSING, 1 },
	{ "DELETE FROM audit WHERE number = 10", SL_AUDIT_MISSING, 10, SL_AUDIT_CUT, 5 },
	{ "DELETE FROM audit WHERE number >= 10", SL_AUDIT_CUT, 10, SL_AUDIT_CUT, 5 },
	{ "DELETE FROM audit", SL_AUDIT_CUT, 1, SL_AUDIT_CUT, 1 },
	{ "UPDATE audit SET number = 12 WHERE number = 10", SL_AUDIT_MISSING, 10, SL_AUDIT_NONE, 0 },
	{ "UPDATE audit SET tenant = 2 WHERE number = 8", SL_AUDIT_ALTERED, 8, SL_AUDIT_MISSING, 4 },
	{ "UPDATE audit SET tenant = 0, tenant_number = 0 WHERE number = 10", SL_AUDIT_ALTERED, 10, SL_AUDIT_CUT, 5 },
	/* Two entries change places. */
	{ "UPDATE audit SET number = 100 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 4;"
	  " UPDATE audit SET number = 4 WHERE number = 100", SL_AUDIT_ALTERED, 3, SL_AUDIT_NONE, 0 },
	/* An entry is added, with a hash that was copied. */
	{ "INSERT INTO audit SELECT 12, tenant, 6, at, account, note, verb, target, detail, hash, tenant_hash FROM audit"
	  " WHERE number = 10", SL_AUDIT_ALTERED, 12, SL_AUDIT_ALTERED, 6 },
};

static void
whatever_is_done_to_an_entry_is_found_at_that_entry(void **state)
{
	for (size_t i = 0; i < SL_COUNT(tamperings); i++) {
		struct sl_audit_report all, own;
		struct fixture f;
		char *error = NULL;
		sqlite3 *db;

		fixture_init(&f);
		build(&f);
		sl_store_close(&f.store);
		assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
		if (sqlite3_exec(db, tamperings[i].does, NULL, NULL, &error) != SQLITE_OK)
			fail_msg("%s: %s", tamperings[i].does, error);
		sqlite3_close(db);
		fixture_open(&f);
		OK(&f, sl_store_audit_verify(f.store, 0, &all));
		OK(&f, sl_store_audit_verify(f.store, one, &own));
		if (all.fault != tamperings[i].all || all.at != tamperings[i].all_at || own.fault != tamperings[i].own ||
		    own.at != tamperings[i].own_at)
			fail_msg("%s: all: %s %lld, own: %s %lld", tamperings[i].does, sl_audit_fault_text(all.fault),
			    (long long)all.at, sl_audit_fault_text(own.fault), (long long)own.at);
		fixture_fini(&f);
	}
}

/* Every call that changes something leaves one entry, and none when it fails or changes nothing. */
static void
what_fails_leaves_no_entry(void **state)
{
	struct sl_audit_report before, after;
	struct sl_node node;
	struct fixture f;

	fixture_init(&f);
	build(&f);
	OK(&f, sl_store_audit_verify(f.store, 0, &before));
	GIVES(&f, SL_ERR_EXISTS, sl_store_partner_add(f.store, &anna, S("acme"), &node));
	GIVES(&f, SL_ERR_NOT_FOUND, sl_store_remove(f.store, &anna, (struct sl_node){ SL_LEVEL_USER, 5 }));
	OK(&f, sl_store_audit_verify(f.store, 0, &after));
	assert_int_equal(after.entries, before.entries);
	assert_int_equal(before.entries, 11);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenant_sees_its_own_entries_and_all_are_in_order),
		cmocka_unit_test(a_chain_that_nobody_touched_is_right_and_outlives_its_tenant),
		cmocka_unit_test(a_name_that_another_had_is_known),
		cmocka_unit_test(whatever_is_done_to_an_entry_is_found_at_that_entry),
		cmocka_unit_test(what_fails_leaves_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
