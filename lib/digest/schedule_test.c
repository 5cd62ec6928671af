/* schedule_test.c - when a digest is due, also when clocks are put forward and back, and after downtime */

#include "shared.h"
#include "digest/schedule.h"

#define ALL	0x7fu
#define WORK	0x1fu

static struct sl_zone *berlin;

static int
setup(void **state)
{
	struct sl_buf bytes;

	sl_buf_init(&bytes, 1 << 20);
	if (file_read("/usr/share/zoneinfo/Europe/Berlin", &bytes))
		assert_int_equal(sl_zone_read(sl_buf_slice(&bytes), &berlin), 0);
	sl_buf_fini(&bytes);
	return 0;
}

static int
teardown(void **state)
{
	sl_zone_free(&berlin);
	return 0;
}

static int64_t
utc(unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return sl_civil_days(2026, month, day) * 86400 + hour * 3600 + minute * 60;
}

struct row {
	const char		*name;
	struct sl_schedule	 schedule;
	unsigned		 month, day, hour, minute;	/* after this, UTC, 2026 */
	unsigned		 next[4][4];			/* these, UTC; a month 0 ends */
};

static const struct row rows[] = {
	{ "daily at 07:00", { ALL, 1 << 7, 0 }, 6, 1, 4, 59, { { 6, 1, 5, 0 }, { 6, 2, 5, 0 }, { 6, 3, 5, 0 } } },
	{ "just then is not after", { ALL, 1 << 7, 0 }, 6, 1, 5, 0, { { 6, 2, 5, 0 } } },
	{ "on working days", { WORK, 1 << 7, 30 }, 6, 5, 6, 0, { { 6, 8, 5, 30 }, { 6, 9, 5, 30 } } },
	{ "weekly, on Sunday", { 1 << 6, 1 << 23, 59 }, 6, 7, 21, 59, { { 6, 14, 21, 59 }, { 6, 21, 21, 59 } } },
	{ "hourly from 22 to 1", { ALL, 1 << 22 | 1 << 23 | 1 << 0 | 1 << 1, 0 }, 6, 1, 19, 0,
	    { { 6, 1, 20, 0 }, { 6, 1, 21, 0 }, { 6, 1, 22, 0 }, { 6, 1, 23, 0 } } },
	{ "over the change to summer", { ALL, 1 << 7, 0 }, 3, 28, 5, 0,
	    { { 3, 28, 6, 0 }, { 3, 29, 5, 0 }, { 3, 30, 5, 0 } } },
	{ "a time that is skipped comes later", { ALL, 1 << 2, 30 }, 3, 28, 0, 0,
	    { { 3, 28, 1, 30 }, { 3, 29, 1, 30 }, { 3, 30, 0, 30 } } },
	{ "skipped, and due an hour later anyway: once", { ALL, 1 << 2 | 1 << 3, 30 }, 3, 29, 0, 0,
	    { { 3, 29, 1, 30 }, { 3, 30, 0, 30 } } },
	{ "a time that is shown twice comes once", { ALL, 1 << 2, 30 }, 10, 24, 12, 0,
	    { { 10, 25, 0, 30 }, { 10, 26, 1, 30 } } },
	{ "hourly over the change to winter", { ALL, 0xffffff, 0 }, 10, 24, 23, 0,
	    { { 10, 25, 0, 0 }, { 10, 25, 2, 0 }, { 10, 25, 3, 0 } } },
};

static void
the_next_time_is_found(void **state)
{
	if (berlin == NULL) {
		print_message("skip: no time zones are installed\n");
		skip();
	}
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		int64_t after = utc(row->month, row->day, row->hour, row->minute);

		for (size_t n = 0; n < 4 && row->next[n][0] != 0; n++) {
			int64_t next = sl_schedule_next(&row->schedule, berlin, after);
			const unsigned *e = row->next[n];

			if (next != utc(e[0], e[1], e[2], e[3]))
				fail_msg("%s: the %zu. is %lld s off", row->name, n + 1,
				    (long long)(next - utc(e[0], e[1], e[2], e[3])));
			assert_int_equal(sl_schedule_last(&row->schedule, berlin, next), next);
			assert_true(sl_schedule_last(&row->schedule, berlin, next - 1) <= after);
			after = next;
		}
	}
}

static void
never_is_never(void **state)
{
	static const struct sl_schedule never[] = { { 0, 0xffffff, 0 }, { ALL, 0, 0 } };
	int64_t due;

	for (size_t i = 0; i < SL_COUNT(never); i++) {
		assert_true(sl_schedule_next(&never[i], berlin, utc(6, 1, 0, 0)) == INT64_MAX);
		assert_false(sl_schedule_due(&never[i], berlin, 0, utc(6, 1, 0, 0), &due));
	}
}

/* Every minute asked, with the machine down for five days in between: one digest for them. */
static void
what_was_missed_is_made_up_for_once(void **state)
{
	static const struct sl_schedule daily = { ALL, 1 << 7, 0 };
	int64_t served = utc(6, 1, 0, 0), due;
	unsigned count = 0;

	for (int64_t now = served; now < utc(6, 20, 0, 0); now += 60) {
		if (now == utc(6, 4, 12, 0))
			now = utc(6, 9, 12, 0);
		if (sl_schedule_due(&daily, NULL, served, now, &due)) {
			assert_true(due > served && due <= now);
			served = due;
			count++;
		}
	}
	assert_int_equal(count, 4 + 1 + 10);
	/* The clock goes back a day: nothing again. */
	assert_false(sl_schedule_due(&daily, NULL, served, utc(6, 18, 23, 0), &due));
}

static void
a_start_sends_no_burst(void **state)
{
	int64_t due = utc(6, 1, 7, 0), up = utc(6, 3, 12, 0);
	unsigned minutes[30] = { 0 };

	for (uint64_t key = 0; key < 30000; key++) {
		int64_t at = sl_schedule_send_at(due, up, 1800, key);

		assert_in_range(at - up, 0, 1799);
		assert_true(at == sl_schedule_send_at(due, up, 1800, key));
		minutes[(at - up) / 60]++;
		assert_in_range(sl_schedule_send_at(due, due - 5, 600, key) - due, 0, 599);
	}
	for (size_t i = 0; i < SL_COUNT(minutes); i++)
		assert_in_range(minutes[i], 800, 1200);
	assert_int_equal(sl_schedule_send_at(due, 0, 0, 5), due);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_time_is_found),
		cmocka_unit_test(never_is_never),
		cmocka_unit_test(what_was_missed_is_made_up_for_once),
		cmocka_unit_test(a_start_sends_no_burst),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
