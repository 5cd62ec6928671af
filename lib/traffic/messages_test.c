/* messages_test.c - messages by whom they were for: as the lines say, with briefs and without, of one tenant's as of all, and when the days are gone */

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "brief.h"
#include "check.h"
#include "traffic/table.h"

#define S(text)	sl_slice_str(text)
#define NOON	((int64_t)1763985600 * 1000000)	/* 2025-11-24T12:00:00Z */
#define MANY	9000
#define WANTED(of, ...)	((struct sl_traffic_wanted){ "2025-11-01", "2025-12-31", S(of), __VA_ARGS__ })

static int64_t test_now_us;

static int64_t
test_wall(void *ctx)
{
	return test_now_us;
}

static const struct sl_clock test_clock = { .wall_us = test_wall };

struct fixture {
	char			 directory[64];
	struct sl_traffic	*traffic;
	uint64_t		 random;
};

static void
reopen(struct fixture *f)
{
	const struct sl_traffic_options options = { .directory = f->directory, .clock = &test_clock };

	sl_traffic_close(&f->traffic);
	assert_int_equal(sl_traffic_open(&options, &f->traffic), 0);
}

static void
setup(struct fixture *f)
{
	test_now_us = NOON;
	*f = (struct fixture){ .random = 88172645463325252u };
	strcpy(f->directory, "/tmp/sluice-messages-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	reopen(f);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
teardown(struct fixture *f)
{
	sl_traffic_close(&f->traffic);
	assert_int_equal(nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static unsigned
below(struct fixture *f, unsigned bound)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (unsigned)(f->random >> 20) % bound;
}

static void
add(struct fixture *f, int day, const char *id, const char *tenant, const char *recipients, const char *outcome, const char *rest)
{
	char *line = sl_xasprintf("{\"time\":\"2025-11-%02dT10:00:00.123Z\",\"id\":\"%s\",\"outcome\":\"%s\",\"rcpt_to\":[%s],\"tenant\":\"%s\","
	    "\"bytes\":100,\"verdict\":\"%s\",\"action\":\"%s\"%s}", day, id, outcome, recipients, tenant,
	    strcmp(outcome, "delivered") == 0 ? "clean" : "spam", strcmp(outcome, "delivered") == 0 ? "deliver" : "quarantine", rest);

	assert_int_equal(sl_traffic_add(f->traffic, S(line)), 0);
	sl_free(line);
}

static void
ruin(struct fixture *f, const char *day, const char *statement)
{
	char *path = sl_xasprintf("%s/briefs-%s.db", f->directory, day);
	sqlite3 *db;

	sl_traffic_close(&f->traffic);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	sl_free(path);
	reopen(f);
}

/* ---- by domain ---- */

static int
to_table(void *ctx, const struct sl_traffic_sum *sum)
{
	sl_traffic_table_add(ctx, sum);
	return 0;
}

static struct sl_slice
domain_of(struct sl_slice address)
{
	const unsigned char *at = memrchr(address.ptr, '@', address.len);

	return sl_slice_from(address, (size_t)(at - address.ptr) + 1);
}

static int
by_domain(void *ctx, const struct sl_traffic_message *m)
{
	bool chosen[BRIEF_RECIPIENTS_MAX];

	for (size_t i = 0; i < m->recipients_len; i++) {
		struct sl_slice domain = domain_of(m->recipients[i].address);
		bool before = false;

		for (size_t k = 0; k < m->recipients_len; k++) {
			chosen[k] = sl_slice_eq(domain_of(m->recipients[k].address), domain);
			before |= chosen[k] && k < i;
		}
		if (!before)
			assert_int_equal(sl_traffic_message_sums(m, chosen, domain, to_table, ctx), 0);
	}
	return 0;
}

/* "one.example 3 4 2 1;": messages, recipients, delivered, quarantined. */
static void
print(struct sl_traffic_table *table, struct sl_buf *out)
{
	sl_traffic_table_sort(table, SL_TRAFFIC_MESSAGES);
	for (size_t i = 0; i < table->len; i++)
		sl_buf_addf(out, "%s %llu %llu %llu %llu %llu;", table->rows[i].key, (unsigned long long)table->rows[i].n[SL_TRAFFIC_MESSAGES],
		    (unsigned long long)table->rows[i].n[SL_TRAFFIC_RECIPIENTS], (unsigned long long)table->rows[i].n[SL_TRAFFIC_DELIVERED],
		    (unsigned long long)table->rows[i].n[SL_TRAFFIC_QUARANTINED], (unsigned long long)table->rows[i].n[SL_TRAFFIC_BYTES]);
}

static void
domains(struct fixture *f, const char *tenant, bool gone, struct sl_buf *out)
{
	struct sl_traffic_table table;
	char first[11];

	sl_buf_reset(out);
	sl_traffic_table_init(&table, SL_TRAFFIC_BY_DOMAIN);
	if (gone)
		assert_int_equal(sl_traffic_domain_sums(f->traffic, "2025-11-01", "2025-12-31", S(tenant), to_table, &table), 0);
	else
		assert_int_equal(sl_traffic_messages(f->traffic, &WANTED(tenant), by_domain, &table, first), 0);
	print(&table, out);
	sl_traffic_table_fini(&table);
}

static void
messages_count_as_they_fared_for_each(void **state)
{
	static const char kept[] = ",\"classes\":[{\"outcome\":\"delivered\",\"action\":\"deliver\",\"verdict\":\"spam\",\"rcpt\":[0]},"
	    "{\"outcome\":\"quarantined\",\"action\":\"quarantine\",\"verdict\":\"spam\",\"rcpt\":[1,2]}]";
	struct fixture f;
	struct sl_buf out;

	setup(&f);
	sl_buf_init(&out, 65536);
	add(&f, 23, "A1", "t", "\"a@one.example\",\"B@One.Example\"", "delivered", "");
	add(&f, 23, "A2", "t", "\"a@one.example\",\"b@two.example\"", "quarantined", "");
	add(&f, 24, "A3", "t", "\"a@one.example\",\"b@one.example\",\"c@two.example\"", "delivered", kept);
	add(&f, 24, "A4", "t", "", "aborted", "");
	add(&f, 24, "A5", "t", "\"a@one.example\"", "rcpt-refused", "");
	add(&f, 24, "B1", "other", "\"a@one.example\"", "delivered", "");
	assert_int_equal(sl_traffic_flush(f.traffic), 0);
	/* In one.example A3 was delivered to one and kept for another: it counts as the line says; in two.example it was kept. */
	domains(&f, "T", false, &out);
	assert_string_equal(sl_buf_cstr(&out), "one.example 3 5 2 1 300;two.example 2 2 0 2 200;");
	domains(&f, "other", false, &out);
	assert_string_equal(sl_buf_cstr(&out), "one.example 1 1 1 0 100;");
	domains(&f, "", false, &out);
	assert_string_equal(sl_buf_cstr(&out), "one.example 4 6 3 1 400;two.example 2 2 0 2 200;");
	domains(&f, "nobody", false, &out);
	assert_string_equal(sl_buf_cstr(&out), "");
	ruin(&f, "2025-11-24", "DELETE FROM brief");	/* of before there were any */
	domains(&f, "t", false, &out);
	assert_string_equal(sl_buf_cstr(&out), "one.example 3 5 2 1 300;two.example 2 2 0 2 200;");
	sl_buf_fini(&out);
	teardown(&f);
}

/* ---- many ---- */

/* Tenant t has two in three; r some, so that the index finds them; each message is for one domain, or (`several`) for more. */
static void
add_many(struct fixture *f, bool several)
{
	for (int i = 0; i < MANY; i++) {
		char id[16], recipients[200] = "", classes[400] = "";
		unsigned n = 1 + below(f, 4), domain = below(f, 3), split = 1 + below(f, n);

		snprintf(id, sizeof(id), "M%d", i);
		for (unsigned k = 0; k < n; k++)
			sprintf(recipients + strlen(recipients), "%s\"%c@d%u.example\"", k > 0 ? "," : "", 'a' + (int)below(f, 26),
			    several ? below(f, 3) : domain);
		if (split < n && below(f, 2) == 0) {
			strcpy(classes, ",\"classes\":[{\"outcome\":\"delivered\",\"action\":\"deliver\",\"verdict\":\"clean\",\"rcpt\":[0");
			for (unsigned k = 1; k < n; k++)
				sprintf(classes + strlen(classes), k == split ? "]},{\"outcome\":\"quarantined\",\"action\":\"quarantine\","
				    "\"verdict\":\"spam\",\"rcpt\":[%u" : ",%u", k);
			strcat(classes, "]}]");
		}
		add(f, 22 + i * 3 / MANY, id, i % 3000 == 5 ? "r" : i % 3 == 0 ? "other" : "t", recipients,
		    *classes != '\0' || below(f, 3) > 0 ? "delivered" : "quarantined", classes);
	}
	assert_int_equal(sl_traffic_flush(f->traffic), 0);
}

/* What the three domains have in all is what the tenant has. */
static void
domains_sum_to_the_tenants(void **state)
{
	static const char *const tenants[] = { "t", "r", "other" };
	struct sl_traffic_table of_tenant, of_domains;
	struct fixture f;
	char first[11];

	setup(&f);
	add_many(&f, false);
	for (size_t i = 0; i < SL_COUNT(tenants); i++) {
		sl_traffic_table_init(&of_tenant, SL_TRAFFIC_BY_CAUSE);
		sl_traffic_table_init(&of_domains, SL_TRAFFIC_BY_DOMAIN);
		assert_int_equal(sl_traffic_sums(f.traffic, "2025-11-01", "2025-12-31", S(tenants[i]), to_table, &of_tenant), 0);
		assert_int_equal(sl_traffic_messages(f.traffic, &WANTED(tenants[i]), by_domain, &of_domains, first), 0);
		assert_string_equal(first, "2025-11-22");
		assert_true(of_tenant.total.n[SL_TRAFFIC_MESSAGES] > 0);
		assert_memory_equal(of_tenant.total.n, of_domains.total.n, sizeof(of_tenant.total.n));
		sl_traffic_table_fini(&of_tenant);
		sl_traffic_table_fini(&of_domains);
	}
	teardown(&f);
}

static void
briefs_say_what_the_lines_say(void **state)
{
	static const char *const tenants[] = { "t", "r", "other", "" };
	static const char *const ruins[] = { "DELETE FROM brief WHERE id % 2 = 0", "DELETE FROM brief WHERE id > 3", "DELETE FROM brief" };
	struct sl_buf with[SL_COUNT(tenants)], without;
	struct fixture f;
	size_t removed;

	setup(&f);
	add_many(&f, true);
	sl_buf_init(&without, 65536);
	for (size_t i = 0; i < SL_COUNT(tenants); i++) {
		sl_buf_init(&with[i], 65536);
		domains(&f, tenants[i], false, &with[i]);
	}
	for (size_t k = 0; k < SL_COUNT(ruins); k++) {
		ruin(&f, "2025-11-22", ruins[k]);
		ruin(&f, "2025-11-23", ruins[k]);
		for (size_t i = 0; i < SL_COUNT(tenants); i++) {
			domains(&f, tenants[i], false, &without);
			assert_string_equal(sl_buf_cstr(&without), sl_buf_cstr(&with[i]));
		}
	}
	/* And what is kept when the days go. */
	test_now_us += (int64_t)60 * 86400 * 1000000;
	assert_int_equal(sl_traffic_expire(f.traffic, &removed), 0);
	assert_int_equal(removed, 3);
	for (size_t i = 0; i < SL_COUNT(tenants); i++) {
		domains(&f, tenants[i], false, &without);
		assert_string_equal(sl_buf_cstr(&without), "");
		domains(&f, tenants[i], true, &without);
		assert_string_equal(sl_buf_cstr(&without), sl_buf_cstr(&with[i]));
		sl_buf_fini(&with[i]);
	}
	sl_buf_fini(&without);
	teardown(&f);
}

/* ---- by recipient ---- */

struct wanted_count {
	struct sl_slice	address;
	uint64_t	messages, given;
};

static int
count_for(void *ctx, const struct sl_traffic_message *m)
{
	struct wanted_count *c = ctx;
	bool has = false;

	c->given++;
	for (size_t i = 0; i < m->recipients_len; i++)
		has |= sl_slice_eq(m->recipients[i].address, c->address);
	c->messages += has;
	return 0;
}

/* The index finds all that are for a recipient, and does not give everything. */
static void
messages_for_a_recipient_are_found(void **state)
{
	static const char *const addresses[] = { "q@d1.example", "e@d2.example", "solo@d1.example", "nobody@d1.example" };
	struct fixture f;
	char first[11];

	setup(&f);
	add_many(&f, true);
	add(&f, 23, "S1", "t", "\"Solo@D1.example\"", "delivered", "");
	assert_int_equal(sl_traffic_flush(f.traffic), 0);
	for (size_t i = 0; i < SL_COUNT(addresses); i++) {
		const struct sl_slice list[] = { S("none@else.example"), S(addresses[i]) };
		struct wanted_count all = { .address = S(addresses[i]) }, found = all;

		assert_int_equal(sl_traffic_messages(f.traffic, &WANTED("t"), count_for, &all, first), 0);
		assert_int_equal(sl_traffic_messages(f.traffic, &WANTED("t", list, 2), count_for, &found, first), 0);
		assert_int_equal(found.messages, all.messages);
		assert_true((i < 3) == (all.messages > 0));
		if (i >= 2)
			assert_true(found.given < all.given / 10);
	}
	teardown(&f);
}

static void
a_damaged_brief_is_said(void **state)
{
	struct sl_traffic_table table;
	struct fixture f;
	char first[11];
	size_t removed;

	setup(&f);
	add_many(&f, true);
	ruin(&f, "2025-11-23", "UPDATE brief SET data = x'28b52ffd'");
	sl_traffic_table_init(&table, SL_TRAFFIC_BY_DOMAIN);
	assert_int_equal(sl_traffic_messages(f.traffic, &WANTED("t"), by_domain, &table, first), SL_ERR_DAMAGED);
	assert_non_null(strstr(sl_traffic_error(f.traffic), "2025-11-23"));
	sl_traffic_table_fini(&table);
	/* The day goes with its tenants' sums kept. */
	test_now_us += (int64_t)60 * 86400 * 1000000;
	assert_int_equal(sl_traffic_expire(f.traffic, &removed), 0);
	sl_traffic_table_init(&table, SL_TRAFFIC_BY_DAY);
	assert_int_equal(sl_traffic_sums(f.traffic, "2025-11-01", "2025-12-31", S(""), to_table, &table), 0);
	assert_int_equal(table.len, 3);
	assert_int_equal(table.total.n[SL_TRAFFIC_MESSAGES], MANY);
	sl_traffic_table_fini(&table);
	teardown(&f);
}

/* ---- the bytes of a brief ---- */

static void
a_cut_brief_is_damaged(void **state)
{
	static struct brief brief, read;
	struct sl_slice rest;
	struct sl_buf out;

	brief = (struct brief){ .tenant = 300, .whole = { S("delivered"), S("deliver"), S("clean") }, .bytes = 123456789,
		.fates = { { S("quarantined"), S("quarantine"), S("spam") } }, .fates_len = 1,
		.recipients = { { S("Anna@One.example"), 0 }, { S("b@one.example"), 1 } }, .recipients_len = 2 };
	sl_buf_init(&out, 4096);
	brief_write(&brief, &out);
	rest = sl_buf_slice(&out);
	assert_int_equal(brief_read(&rest, 0, &read), SL_DONE);
	assert_int_equal(rest.len, 0);
	assert_int_equal(read.tenant, 300);
	assert_int_equal(read.bytes, 123456789);
	assert_int_equal(read.recipients[1].fate, 1);
	assert_true(sl_slice_eq(read.recipients[0].address, S("anna@one.example")));
	assert_true(sl_slice_eq(read.fates[0].verdict, S("spam")));
	for (size_t i = 1; i < out.len; i++) {
		rest = sl_slice(out.data, i);
		assert_int_equal(brief_read(&rest, 0, &read), SL_ERR_DAMAGED);
	}
	rest = sl_buf_slice(&out);
	assert_int_equal(brief_read(&rest, 299, &read), 0);
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_count_as_they_fared_for_each),
		cmocka_unit_test(domains_sum_to_the_tenants),
		cmocka_unit_test(briefs_say_what_the_lines_say),
		cmocka_unit_test(messages_for_a_recipient_are_found),
		cmocka_unit_test(a_damaged_brief_is_said),
		cmocka_unit_test(a_cut_brief_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
