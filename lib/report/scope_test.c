/* scope_test.c - numbers by domain and user, of all of a tenant's or of some of them: aliases, several recipients, the largest and the rest */

#include "report/scope.h"

#include <stdio.h>

#include "check.h"

#define S(text)	sl_slice_str(text)

struct fixture {
	struct sl_report_ask	 ask;
	struct sl_report_counts	 counts;
	struct sl_report_scope	*scope;
	struct sl_buf		 members, aliases;
};

/* `members`: with a space between. zweite.example is an alias of two.example. */
static void
setup(struct fixture *f, enum sl_report_of of, const char *members)
{
	char *copy = sl_xstrdup(members), *rest = copy, *one;

	*f = (struct fixture){ .ask = { .from_day = S("2026-11-20"), .to_day = S("2026-11-26"), .of = of, .by_domain = true, .by_user = true } };
	sl_buf_init(&f->members, 65536);
	sl_buf_init(&f->aliases, 65536);
	while ((one = strsep(&rest, " ")) != NULL)
		if (*one != '\0')
			sl_pack_bytes(&f->members, S(one));
	sl_pack_bytes(&f->aliases, S("zweite.example"));
	sl_pack_bytes(&f->aliases, S("two.example"));
	f->ask.members = sl_buf_slice(&f->members);
	f->ask.aliases = sl_buf_slice(&f->aliases);
	sl_report_counts_init(&f->counts);
	f->scope = sl_report_scope_new(&f->ask, &f->counts);
	sl_free(copy);
}

static void
teardown(struct fixture *f)
{
	sl_report_scope_free(&f->scope);
	sl_report_counts_fini(&f->counts);
	sl_buf_fini(&f->members);
	sl_buf_fini(&f->aliases);
}

/* To those named; who has a "!" in front, his was kept. */
static void
add(struct fixture *f, const char *recipients)
{
	static const struct sl_traffic_fate kept = { { (const unsigned char *)"quarantined", 11 }, { (const unsigned char *)"quarantine", 10 },
		{ (const unsigned char *)"spam", 4 } };
	struct sl_traffic_recipient list[8];
	struct sl_traffic_message m = { .day = "2026-11-23", .tenant = S("t"), .whole = { S("delivered"), S("deliver"), S("clean") },
		.fates = &kept, .fates_len = 1, .bytes = 1000, .recipients = list };
	char *copy = sl_xstrdup(recipients), *rest = copy, *one;

	while ((one = strsep(&rest, " ")) != NULL)
		if (*one != '\0')
			list[m.recipients_len++] = (struct sl_traffic_recipient){ S(one + (*one == '!')), *one == '!' };
	sl_report_scope_add(f->scope, &m);
	sl_free(copy);
}

static void
fill(struct fixture *f)
{
	add(f, "a@one.example");
	add(f, "a@one.example b@one.example");
	add(f, "a@one.example b@two.example");
	add(f, "b@zweite.example");
	add(f, "b@two.example b@zweite.example");
	add(f, "a@one.example !c@one.example");
	add(f, "!c@one.example a@two.example");
	sl_report_scope_finish(f->scope);
}

/* "one.example 3/4/1": messages, recipients, kept. */
static void
print(const struct sl_traffic_table *table, struct sl_buf *out)
{
	for (size_t i = 0; i < table->len; i++)
		sl_buf_addf(out, "%s %llu/%llu/%llu ", table->rows[i].key, (unsigned long long)table->rows[i].n[SL_TRAFFIC_MESSAGES],
		    (unsigned long long)table->rows[i].n[SL_TRAFFIC_RECIPIENTS], (unsigned long long)table->rows[i].n[SL_TRAFFIC_QUARANTINED]);
	sl_buf_addf(out, "= %llu/%llu/%llu; ", (unsigned long long)table->total.n[SL_TRAFFIC_MESSAGES],
	    (unsigned long long)table->total.n[SL_TRAFFIC_RECIPIENTS], (unsigned long long)table->total.n[SL_TRAFFIC_QUARANTINED]);
}

/* days, domains, users */
static const struct { enum sl_report_of of; const char *members, *told; } rows[] = {
	{ SL_REPORT_OF_ALL, "", "= 0/0/0; one.example 5/7/1 two.example 4/5/0 = 9/12/1; "
	  "a@one.example 4/4/0 b@two.example 3/4/0 c@one.example 2/2/2 a@two.example 1/1/0 b@one.example 1/1/0 = 11/12/2; " },
	/* What was kept for c alone counts as kept in his domain, where nobody else had it. */
	{ SL_REPORT_OF_DOMAINS, "one.example", "2026-11-23 5/7/1 = 5/7/1; one.example 5/7/1 = 5/7/1; "
	  "a@one.example 4/4/0 c@one.example 2/2/2 b@one.example 1/1/0 = 7/7/2; " },
	{ SL_REPORT_OF_DOMAINS, "two.example", "2026-11-23 4/5/0 = 4/5/0; two.example 4/5/0 = 4/5/0; "
	  "b@two.example 3/4/0 a@two.example 1/1/0 = 4/5/0; " },
	{ SL_REPORT_OF_DOMAINS, "other.example", "= 0/0/0; = 0/0/0; = 0/0/0; " },
	{ SL_REPORT_OF_ADDRESSES, "b@two.example", "2026-11-23 3/4/0 = 3/4/0; two.example 3/4/0 = 3/4/0; b@two.example 3/4/0 = 3/4/0; " },
	/* A group: a message for two of it counts once. */
	{ SL_REPORT_OF_ADDRESSES, "a@one.example b@one.example c@one.example", "2026-11-23 5/7/1 = 5/7/1; one.example 5/7/1 = 5/7/1; "
	  "a@one.example 4/4/0 c@one.example 2/2/2 b@one.example 1/1/0 = 7/7/2; " },
};

static void
a_message_counts_once_with_each_whom_it_was_for(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct fixture f;
		struct sl_buf out;

		setup(&f, rows[i].of, rows[i].members);
		fill(&f);
		sl_buf_init(&out, 4096);
		print(&f.counts.days, &out);
		print(&f.counts.domains, &out);
		print(&f.counts.users, &out);
		assert_string_equal(sl_buf_cstr(&out), rows[i].told);
		assert_false(f.counts.cut);
		sl_buf_fini(&out);
		teardown(&f);
	}
}

/* In U-labels it is the same domain, and the same user. */
static void
a_domain_in_other_letters_is_the_same(void **state)
{
	struct fixture f;
	struct sl_buf out;

	setup(&f, SL_REPORT_OF_DOMAINS, "xn--bcher-kva.example");
	add(&f, "a@b\xc3\xbc" "cher.example a@xn--bcher-kva.example b@one.example");
	add(&f, "a@b\xc3\xbc" "cher.example");
	add(&f, "b@b\xc3\xb6" "cher.example");
	sl_report_scope_finish(f.scope);
	sl_buf_init(&out, 4096);
	print(&f.counts.domains, &out);
	print(&f.counts.users, &out);
	assert_string_equal(sl_buf_cstr(&out), "xn--bcher-kva.example 2/3/0 = 2/3/0; a@xn--bcher-kva.example 2/3/0 = 2/3/0; ");
	sl_buf_fini(&out);
	teardown(&f);
}

/* As records have it: in any case, in any letters, at an alias. */
static void
an_address_as_it_was_written_is_known(void **state)
{
	static const struct { enum sl_report_of of; const char *members, *address; bool has; } asked[] = {
		{ SL_REPORT_OF_ADDRESSES, "a@two.example b@one.example", "a@two.example", true },
		{ SL_REPORT_OF_ADDRESSES, "a@two.example b@one.example", "A@Two.Example", true },
		{ SL_REPORT_OF_ADDRESSES, "a@two.example b@one.example", "a@ZWEITE.example", true },
		{ SL_REPORT_OF_ADDRESSES, "a@two.example b@one.example", "b@zweite.example", false },
		{ SL_REPORT_OF_ADDRESSES, "a@two.example b@one.example", "aa@two.example", false },
		{ SL_REPORT_OF_ADDRESSES, "a@two.example", "", false },
		{ SL_REPORT_OF_ADDRESSES, "a@xn--mller-kva.example", "a@m\xc3\xbcller.example", true },
		{ SL_REPORT_OF_ADDRESSES, "", "a@two.example", false },
		{ SL_REPORT_OF_DOMAINS, "two.example", "x@zweite.example", true },
		{ SL_REPORT_OF_DOMAINS, "two.example", "x@Two.EXAMPLE", true },
		{ SL_REPORT_OF_DOMAINS, "two.example", "x@one.two.example", false },
		{ SL_REPORT_OF_DOMAINS, "two.example", "two.example", true },	/* a domain alone is one */
		{ SL_REPORT_OF_ALL, "", "x@else.example", true },
	};

	for (size_t i = 0; i < SL_COUNT(asked); i++) {
		struct fixture f;

		setup(&f, asked[i].of, asked[i].members);
		for (int again = 0; again < 2; again++)
			if (sl_report_scope_has(f.scope, S(asked[i].address)) != asked[i].has)
				fail_msg("%s among \"%s\"", asked[i].address, asked[i].members);
		teardown(&f);
	}
}

static void
sums_by_domain_of_days_that_are_gone_are_added(void **state)
{
	const struct sl_traffic_sum sums[] = {
		{ .day = "2026-11-20", .tenant = S("t"), .outcome = S("delivered"), .messages = 5, .recipients = 6, .reached = true, .name = S("one.example") },
		{ .day = "2026-11-20", .tenant = S("t"), .outcome = S("delivered"), .messages = 2, .recipients = 2, .reached = true, .name = S("zweite.example") },
		{ .day = "2026-11-20", .tenant = S("t"), .outcome = S("delivered"), .messages = 1, .recipients = 1, .reached = true,
		  .name = S("b\xc3\xbc" "cher.example") },
	};
	static const char *const told[] = { "= 0/0/0; one.example 5/6/0 two.example 2/2/0 xn--bcher-kva.example 1/1/0 = 8/9/0; ", "2026-11-20 2/2/0 = 2/2/0; two.example 2/2/0 = 2/2/0; ",
		"= 0/0/0; = 0/0/0; " };

	for (int of = 0; of < SL_REPORT_OF_COUNT; of++) {
		struct fixture f;
		struct sl_buf out;

		setup(&f, (enum sl_report_of)of, of == SL_REPORT_OF_ADDRESSES ? "a@two.example" : "two.example");
		for (size_t i = 0; i < SL_COUNT(sums); i++)
			sl_report_scope_add_domain(f.scope, &sums[i]);
		sl_report_scope_finish(f.scope);
		sl_buf_init(&out, 4096);
		print(&f.counts.days, &out);
		print(&f.counts.domains, &out);
		assert_string_equal(sl_buf_cstr(&out), told[of]);
		sl_buf_fini(&out);
		teardown(&f);
	}
}

/* The largest are rows of their own; nothing of the others is lost. */
static void
the_largest_are_told_and_the_rest_summed(void **state)
{
	struct fixture f;
	char name[64];

	setup(&f, SL_REPORT_OF_ALL, "");
	for (unsigned i = 0; i < 200; i++)
		for (unsigned k = 0; k <= i; k++) {
			snprintf(name, sizeof(name), "u@d%03u.example", i);
			add(&f, name);
		}
	sl_report_scope_finish(f.scope);
	assert_int_equal(f.counts.domains.len, SL_REPORT_DOMAINS_TOP + 1);
	assert_int_equal(f.counts.more_domains, 200 - SL_REPORT_DOMAINS_TOP);
	assert_int_equal(f.counts.users.len, SL_REPORT_USERS_TOP + 1);
	assert_int_equal(f.counts.more_users, 200 - SL_REPORT_USERS_TOP);
	assert_string_equal(f.counts.users.rows[0].key, "u@d199.example");
	assert_int_equal(f.counts.users.rows[0].n[SL_TRAFFIC_MESSAGES], 200);
	assert_string_equal(f.counts.domains.rows[SL_REPORT_DOMAINS_TOP].key, SL_REPORT_OTHERS);
	assert_int_equal(f.counts.domains.rows[SL_REPORT_DOMAINS_TOP].n[SL_TRAFFIC_MESSAGES], 150 * 151 / 2);
	assert_int_equal(f.counts.users.total.n[SL_TRAFFIC_MESSAGES], 200 * 201 / 2);
	assert_int_equal(f.counts.domains.total.n[SL_TRAFFIC_BYTES], 200 * 201 / 2 * 1000);
	teardown(&f);
}

/* More names than are held: those who have much stay exact, the sum is right, and it is said. */
static void
too_many_names_are_bounded(void **state)
{
	struct fixture f;
	char name[64];

	setup(&f, SL_REPORT_OF_ALL, "");
	f.ask.by_domain = false;
	for (unsigned i = 0; i < SL_REPORT_NAMES_MAX + 1000; i++) {
		snprintf(name, sizeof(name), "u%u@one.example", i);
		add(&f, name);
		if (i % 1000 == 0)
			add(&f, "often@one.example");
	}
	sl_report_scope_finish(f.scope);
	assert_true(f.counts.cut);
	assert_string_equal(f.counts.users.rows[0].key, "often@one.example");
	assert_int_equal(f.counts.users.rows[0].n[SL_TRAFFIC_MESSAGES], (SL_REPORT_NAMES_MAX + 999) / 1000 + 1);
	assert_int_equal(f.counts.users.total.n[SL_TRAFFIC_MESSAGES], SL_REPORT_NAMES_MAX + 1000 + (SL_REPORT_NAMES_MAX + 999) / 1000 + 1);
	teardown(&f);
}

/* A question as it is asked, and nothing shorter. */
static void
questions_arrive_whole_or_not(void **state)
{
	struct sl_report_ask again;
	struct fixture f;
	struct sl_buf out;

	setup(&f, SL_REPORT_OF_ADDRESSES, "a@one.example b@two.example");
	sl_buf_init(&out, 65536);
	sl_report_pack_ask(&f.ask, &out);
	for (size_t len = 0; len <= out.len; len++)
		assert_int_equal(sl_report_unpack_ask(sl_slice(out.data, len), &again), len < out.len ? SL_ERR_SYNTAX : 0);
	assert_int_equal(again.of, SL_REPORT_OF_ADDRESSES);
	assert_true(again.by_domain && again.by_user && sl_slice_eq(again.members, f.ask.members) && sl_slice_eq(again.aliases, f.ask.aliases));
	sl_pack_bytes(&f.aliases, S("half.example"));		/* an alias of nothing */
	f.ask.aliases = sl_buf_slice(&f.aliases);
	sl_buf_reset(&out);
	sl_report_pack_ask(&f.ask, &out);
	assert_int_equal(sl_report_unpack_ask(sl_buf_slice(&out), &again), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_counts_once_with_each_whom_it_was_for),
		cmocka_unit_test(a_domain_in_other_letters_is_the_same),
		cmocka_unit_test(an_address_as_it_was_written_is_known),
		cmocka_unit_test(sums_by_domain_of_days_that_are_gone_are_added),
		cmocka_unit_test(the_largest_are_told_and_the_rest_summed),
		cmocka_unit_test(too_many_names_are_bounded),
		cmocka_unit_test(questions_arrive_whole_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
