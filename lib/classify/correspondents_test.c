/* correspondents_test.c - who was there is known, for a time, and to his tenant only */

#include "check.h"

#include "classify/correspondents.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW	1700000000
#define DAY	86400
#define WEEK	(7 * DAY)
#define CELLS	4096

static struct sl_correspondents table;
static const struct sl_slice tenant = SL_SLICE_LIT("t1"), ann = SL_SLICE_LIT("ann@a.example");

static int
begin(void **state)
{
	static const struct sl_correspondents_settings settings = { .key = "a key of 16 byte", .quiet_days = 2 };
	void *memory = aligned_alloc(64, CELLS * 8);

	assert_non_null(memory);
	memset(memory, 0, CELLS * 8);
	sl_correspondents_init(&table, memory, CELLS * 8, &settings);
	return 0;
}

static int
end(void **state)
{
	free((void *)table.cells);
	return 0;
}

/* Mail on so many days in a row, from `at` on. */
static void
mail_on_days(struct sl_slice whose, struct sl_slice address, int64_t at, int days)
{
	for (int i = 0; i < days; i++)
		sl_correspondents_add(&table, whose, address, SL_CAME_FROM, at + (int64_t)i * DAY);
}

static unsigned
find(const char *whose, const char *address, int64_t at)
{
	return sl_correspondents_find(&table, sl_slice_str(whose), sl_slice_str(address), at);
}

static void
what_came_and_went_is_known_to_the_tenant(void **state)
{
	static const struct {
		const char	*tenant, *address;
		unsigned	 known;
	} rows[] = {
		{ "t1", "ann@a.example", SL_CAME_FROM | SL_CAME_FROM_DOMAIN | SL_TENANT_KNOWN },
		{ "t1", "ANN@A.Example", SL_CAME_FROM | SL_CAME_FROM_DOMAIN | SL_TENANT_KNOWN },
		{ "t1", "bob@a.example", SL_CAME_FROM_DOMAIN | SL_TENANT_KNOWN },
		{ "t1", "bob@b.example", SL_SENT_TO | SL_SENT_TO_DOMAIN | SL_TENANT_KNOWN },
		{ "t1", "new@n.example", SL_CAME_FROM_LATELY | SL_CAME_FROM_DOMAIN_LATELY | SL_TENANT_KNOWN },
		{ "t1", "ann@c.example", SL_TENANT_KNOWN },
		{ "t2", "ann@a.example", 0 },
		{ "t3", "ann@a.example", 0 },
		{ "t3", "new@n.example", SL_CAME_FROM_LATELY | SL_CAME_FROM_DOMAIN_LATELY },
		{ "t1", "nobody", 0 },
		{ "t1", "", 0 },
		{ "t1", "@", 0 },
		{ "", "ann@a.example", 0 },
	};

	mail_on_days(tenant, SL_SLICE_LIT("Ann@a.example"), NOW, SL_CORRESPONDENTS_DAYS);
	sl_correspondents_add(&table, tenant, SL_SLICE_LIT("bob@b.example"), SL_SENT_TO, NOW);
	sl_correspondents_add(&table, tenant, SL_SLICE_LIT("nobody"), SL_SENT_TO, NOW);
	sl_correspondents_add(&table, tenant, SL_SLICE_LIT("new@n.example"), SL_CAME_FROM, NOW);
	sl_correspondents_add(&table, SL_SLICE_LIT("t3"), SL_SLICE_LIT("new@n.example"), SL_CAME_FROM, NOW);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		unsigned known = find(rows[i].tenant, rows[i].address, NOW + 60);

		if (known != rows[i].known)
			fail_msg("%s, %s: %u", rows[i].tenant, rows[i].address, known);
	}
}

/* One message makes nobody known, nor do many of a day; days do. */
static void
days_make_an_acquaintance_and_messages_do_not(void **state)
{
	for (int i = 0; i < 1000; i++)
		sl_correspondents_add(&table, tenant, ann, SL_CAME_FROM, NOW + i);
	assert_int_equal(find("t1", "ann@a.example", NOW) & (SL_CAME_FROM | SL_CAME_FROM_LATELY), SL_CAME_FROM_LATELY);
	mail_on_days(tenant, ann, NOW + DAY, 1);
	assert_int_equal(find("t1", "ann@a.example", NOW) & (SL_CAME_FROM | SL_CAME_FROM_LATELY), SL_CAME_FROM_LATELY);
	for (int i = 0; i < 10; i++)	/* a clock that is put to and fro is not several days */
		mail_on_days(tenant, ann, NOW + i % 2 * DAY, 1);
	assert_int_equal(find("t1", "ann@a.example", NOW) & (SL_CAME_FROM | SL_CAME_FROM_LATELY), SL_CAME_FROM_LATELY);
	mail_on_days(tenant, ann, NOW + 40 * DAY, 1);
	assert_int_equal(find("t1", "ann@a.example", NOW) & (SL_CAME_FROM | SL_CAME_FROM_LATELY), SL_CAME_FROM);
	mail_on_days(tenant, ann, NOW + 41 * DAY, 1000);	/* the count of days ends somewhere, and does not wrap */
	assert_true(find("t1", "ann@a.example", NOW + (int64_t)1041 * DAY) & SL_CAME_FROM);
}

static void
it_forgets_in_time_unless_he_writes_again(void **state)
{
	int64_t first = NOW + (int64_t)(SL_CORRESPONDENTS_DAYS - 1) * DAY, last = first + (int64_t)100 * WEEK;

	mail_on_days(tenant, ann, NOW, SL_CORRESPONDENTS_DAYS);
	assert_true(find("t1", "ann@a.example", NOW - WEEK) & SL_CAME_FROM);	/* a clock put back */
	assert_true(find("t1", "ann@a.example", last) & SL_CAME_FROM);
	mail_on_days(tenant, ann, last, 1);
	assert_true(find("t1", "ann@a.example", last + (int64_t)SL_CORRESPONDENTS_WEEKS * WEEK) & SL_CAME_FROM);
	assert_int_equal(find("t1", "ann@a.example", last + (int64_t)(SL_CORRESPONDENTS_WEEKS * 7 + 1) * DAY), 0);
	mail_on_days(tenant, ann, last + (int64_t)(SL_CORRESPONDENTS_WEEKS + 1) * WEEK, 1);
	assert_int_equal(find("t1", "ann@a.example", last + (int64_t)(SL_CORRESPONDENTS_WEEKS + 1) * WEEK),
	    SL_CAME_FROM_LATELY | SL_CAME_FROM_DOMAIN_LATELY);	/* a stranger again */
}

/* Far more than fit: who is known stays known, of the others the newest are there, strangers are not. */
static void
a_flood_of_strangers_drives_out_strangers(void **state)
{
	unsigned known = 0, newest = 0, strangers = 0;
	char address[64];

	for (int i = 0; i < 500; i++) {
		snprintf(address, sizeof(address), "f%d@f%d.example", i, i);
		mail_on_days(tenant, sl_slice_str(address), NOW, SL_CORRESPONDENTS_DAYS);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(address, sizeof(address), "u%d@d%d.example", i, i);
		sl_correspondents_add(&table, tenant, sl_slice_str(address), SL_CAME_FROM, NOW + (int64_t)(10 + i / 500) * DAY);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(address, sizeof(address), "f%d@f%d.example", i, i);
		known += (find("t1", address, NOW + (int64_t)60 * DAY) & SL_CAME_FROM) != 0;
		snprintf(address, sizeof(address), "u%d@d%d.example", 19500 + i, 19500 + i);
		newest += (find("t1", address, NOW + (int64_t)60 * DAY) & SL_CAME_FROM_LATELY) != 0;
		snprintf(address, sizeof(address), "v%d@e%d.example", i, i);
		strangers += (find("t1", address, NOW + (int64_t)60 * DAY) & ~(unsigned)SL_TENANT_KNOWN) != 0;
	}
	assert_true(known >= 495);
	assert_true(newest >= 475);
	assert_int_equal(strangers, 0);
}

/* Who else can write to the memory can make it lie, and no more. */
static void
any_bytes_are_a_table(void **state)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < CELLS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		table.cells[i] = x;
	}
	for (int i = 0; i < 1000; i++) {
		char address[32];

		snprintf(address, sizeof(address), "a%d@b.example", i);
		sl_correspondents_add(&table, tenant, sl_slice_str(address), SL_CAME_FROM, (int64_t)i * 1000003);
		assert_true(find("t1", address, (int64_t)i * 1000003) & (SL_CAME_FROM_LATELY | SL_CAME_FROM));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_came_and_went_is_known_to_the_tenant, begin, end),
		cmocka_unit_test_setup_teardown(days_make_an_acquaintance_and_messages_do_not, begin, end),
		cmocka_unit_test_setup_teardown(it_forgets_in_time_unless_he_writes_again, begin, end),
		cmocka_unit_test_setup_teardown(a_flood_of_strangers_drives_out_strangers, begin, end),
		cmocka_unit_test_setup_teardown(any_bytes_are_a_table, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
