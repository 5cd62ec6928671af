/* zone_test.c - clocks on the wall: the system's zones against the C library, changes, damaged files */

#include "shared.h"
#include "digest/zone.h"

#include <time.h>

static struct sl_zone *
zone_open(const char *name)
{
	struct sl_zone *zone;
	struct sl_buf bytes;
	char path[256];

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	sl_buf_init(&bytes, 1 << 20);
	if (!file_read(path, &bytes)) {
		print_message("skip: %s is not there\n", path);
		skip();
	}
	if (sl_zone_read(sl_buf_slice(&bytes), &zone) != 0)
		fail_msg("%s is refused", path);
	sl_buf_fini(&bytes);
	return zone;
}

static int64_t
local(int64_t year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return sl_civil_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

static void
dates_are_those_of_the_c_library(void **state)
{
	for (int64_t t = -70000000000; t < 200000000000; t += 86399977) {
		struct sl_civil civil;
		time_t when = (time_t)t;
		struct tm tm;

		sl_civil_of(t, &civil);
		assert_non_null(gmtime_r(&when, &tm));
		assert_int_equal(civil.year, tm.tm_year + 1900);
		assert_int_equal(civil.month, tm.tm_mon + 1);
		assert_int_equal(civil.day, tm.tm_mday);
		assert_int_equal(civil.hour * 3600 + civil.minute * 60 + civil.second,
		    tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
		assert_int_equal(civil.weekday, (tm.tm_wday + 6) % 7);
		assert_int_equal(sl_civil_days(civil.year, civil.month, civil.day), (t - ((t % 86400) + 86400) % 86400) / 86400);
	}
}

/* Odd ones: half hours, a negative summer time, changes by Sunday's first, a skipped day, none at all. */
static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin",
	"Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Chatham",
	"America/Nuuk", "Asia/Gaza", "UTC", "Antarctica/Troll", "America/St_Johns" };

static void
zones_are_those_of_the_c_library(void **state)
{
	for (size_t i = 0; i < SL_COUNT(zones); i++) {
		struct sl_zone *zone = zone_open(zones[i]);

		setenv("TZ", zones[i], 1);
		tzset();
		for (int64_t t = 0; t < INT64_C(4102444800); t += 1801 * 13) {
			struct sl_zone_offset offset;
			time_t when = (time_t)t;
			struct tm tm;

			sl_zone_at(zone, t, &offset);
			localtime_r(&when, &tm);
			if (offset.seconds != tm.tm_gmtoff || offset.summer != (tm.tm_isdst > 0) ||
			    strcmp(offset.name, tm.tm_zone) != 0)
				fail_msg("%s at %lld: %d %s, not %ld %s", zones[i], (long long)t, offset.seconds,
				    offset.name, tm.tm_gmtoff, tm.tm_zone);
		}
		sl_zone_free(&zone);
	}
	unsetenv("TZ");
	tzset();
}

static void
what_a_clock_shows_twice_is_the_first_and_what_it_skips_is_later(void **state)
{
	static const struct {
		const char	*zone;
		int64_t		 year;
		unsigned	 month, day, hour, minute;
		int64_t		 expected;	/* UTC, as hours and minutes from that day's midnight */
	} rows[] = {
		{ "Europe/Berlin", 2026, 7, 1, 7, 0, 5 * 60 },
		{ "Europe/Berlin", 2026, 1, 1, 7, 0, 6 * 60 },
		{ "Europe/Berlin", 2026, 3, 29, 1, 59, 59 },
		{ "Europe/Berlin", 2026, 3, 29, 2, 30, 90 },	/* is 03:30 */
		{ "Europe/Berlin", 2026, 3, 29, 3, 0, 60 },
		{ "Europe/Berlin", 2026, 10, 25, 2, 30, 30 },	/* the first */
		{ "Europe/Berlin", 2026, 10, 25, 3, 0, 120 },
		{ "Europe/Berlin", 2060, 3, 28, 2, 30, 90 },	/* by the rule behind the file's end */
		{ "America/New_York", 2026, 11, 1, 1, 30, 5 * 60 + 30 },
		{ "America/New_York", 2026, 3, 8, 2, 15, 7 * 60 + 15 },
		{ "Pacific/Apia", 2011, 12, 30, 7, 0, 17 * 60 },	/* there was no such day */
		{ "Pacific/Apia", 2011, 12, 31, 7, 0, -7 * 60 },
		{ "Australia/Lord_Howe", 2026, 10, 4, 2, 15, -(8 * 60 + 15) },	/* half an hour */
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_zone *zone = zone_open(rows[i].zone);
		int64_t midnight = local(rows[i].year, rows[i].month, rows[i].day, 0, 0);
		int64_t got = sl_zone_utc(zone, midnight + rows[i].hour * 3600 + rows[i].minute * 60) - midnight;

		if (got != rows[i].expected * 60)
			fail_msg("row %zu: %lld min", i, (long long)got / 60);
		sl_zone_free(&zone);
	}
}

static void
without_a_zone_it_is_utc(void **state)
{
	struct sl_zone_offset offset;

	sl_zone_at(NULL, 1790000000, &offset);
	assert_int_equal(offset.seconds, 0);
	assert_string_equal(offset.name, "UTC");
	assert_int_equal(sl_zone_utc(NULL, 1790000000), 1790000000);
}

static void
a_file_that_is_cut_or_wrong_is_refused(void **state)
{
	struct sl_zone *zone;
	struct sl_buf bytes;

	sl_buf_init(&bytes, 1 << 20);
	if (!file_read("/usr/share/zoneinfo/Europe/Berlin", &bytes))
		skip();
	for (size_t len = 0; len < bytes.len; len++) {
		assert_true(sl_zone_read(sl_slice(bytes.data, len), &zone) < 0);
		assert_null(zone);
	}
	bytes.data[bytes.len - 4] = 'x';	/* of its rule */
	assert_int_equal(sl_zone_read(sl_buf_slice(&bytes), &zone), SL_ERR_SYNTAX);
	assert_int_equal(sl_zone_read(SL_SLICE_LIT("Europe/Berlin, or forty-four bytes of nothing"), &zone), SL_ERR_SYNTAX);
	sl_buf_fini(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_those_of_the_c_library),
		cmocka_unit_test(zones_are_those_of_the_c_library),
		cmocka_unit_test(what_a_clock_shows_twice_is_the_first_and_what_it_skips_is_later),
		cmocka_unit_test(without_a_zone_it_is_utc),
		cmocka_unit_test(a_file_that_is_cut_or_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
