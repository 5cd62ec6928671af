/* cache_test.c - what is remembered, how long, and in how many bytes */

#include "check.h"
#include "dns/cache.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND	1000000u

static const unsigned char key[SL_DNS_CACHE_KEY_BYTES] = "0123456789abcde";

static bool
has(struct sl_dns_cache *cache, enum sl_dns_type type, const char *name, uint64_t now_s,
    struct sl_dns_answer *answer)
{
	return sl_dns_cache_find(cache, type, sl_slice_str(name), now_s * SECOND, answer);
}

static void
put(struct sl_dns_cache *cache, const char *name, enum sl_dns_status status, const char *text,
    uint32_t ttl_s, uint64_t now_s)
{
	struct sl_dns_record record = { .data = sl_slice_str(text), .preference = 7 };
	struct sl_dns_answer answer = { status, &record, status == SL_DNS_FOUND };

	sl_dns_cache_put(cache, SL_DNS_TXT, sl_slice_str(name), &answer, ttl_s, now_s * SECOND);
}

static void
answers_live_as_long_as_they_may(void **state)
{
	static const struct {
		enum sl_dns_status	status;
		uint32_t		ttl_s;
		uint64_t		lives_s;
	} rows[] = {
		{ SL_DNS_FOUND, 300, 300 }, { SL_DNS_FOUND, 0, 1 }, { SL_DNS_FOUND, 86400, 86400 },
		{ SL_DNS_FOUND, 86401, 86400 }, { SL_DNS_FOUND, UINT32_MAX, 86400 },
		{ SL_DNS_NODATA, 300, 300 }, { SL_DNS_NODATA, 0, 1 }, { SL_DNS_NODATA, 901, 900 },
		{ SL_DNS_NXDOMAIN, 900, 900 }, { SL_DNS_NXDOMAIN, UINT32_MAX, 900 },
		{ SL_DNS_TEMPERROR, 0, 5 }, { SL_DNS_TEMPERROR, 1000, 5 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_dns_cache *cache = sl_dns_cache_new(1 << 20, key);
		struct sl_dns_answer answer;
		uint64_t start = 1000;

		put(cache, "a.example", rows[i].status, "text", rows[i].ttl_s, start);
		assert_true(has(cache, SL_DNS_TXT, "a.example", start, &answer));
		assert_true(sl_dns_cache_find(cache, SL_DNS_TXT, SL_SLICE_LIT("a.example"),
		    (start + rows[i].lives_s) * SECOND - 1, &answer));
		assert_int_equal(answer.status, rows[i].status);
		assert_false(has(cache, SL_DNS_TXT, "a.example", start + rows[i].lives_s, &answer));
		assert_int_equal(sl_dns_cache_stats(cache)->entries, 0);
		sl_dns_cache_free(&cache);
	}
}

static void
type_and_name_are_the_key(void **state)
{
	struct sl_dns_cache *cache = sl_dns_cache_new(1 << 20, key);
	struct sl_dns_answer answer;

	put(cache, "a.example", SL_DNS_FOUND, "one", 60, 1);
	put(cache, "a.examplf", SL_DNS_NODATA, "", 60, 1);
	assert_false(has(cache, SL_DNS_A, "a.example", 2, &answer));
	assert_false(has(cache, SL_DNS_TXT, "a.exampl", 2, &answer));
	assert_true(has(cache, SL_DNS_TXT, "a.example", 2, &answer));
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.records[0].preference, 7);
	assert_true(sl_slice_eq(answer.records[0].data, SL_SLICE_LIT("one")));
	put(cache, "a.example", SL_DNS_FOUND, "two", 60, 2);
	assert_int_equal(sl_dns_cache_stats(cache)->entries, 2);
	assert_true(has(cache, SL_DNS_TXT, "a.example", 2, &answer));
	assert_true(sl_slice_eq(answer.records[0].data, SL_SLICE_LIT("two")));
	/* An answer may be remembered again from what is remembered. */
	sl_dns_cache_put(cache, SL_DNS_TXT, SL_SLICE_LIT("a.example"), &answer, 60, 3 * SECOND);
	assert_true(has(cache, SL_DNS_TXT, "a.example", 4, &answer));
	assert_true(sl_slice_eq(answer.records[0].data, SL_SLICE_LIT("two")));
	sl_dns_cache_clear(cache);
	assert_false(has(cache, SL_DNS_TXT, "a.example", 4, &answer));
	sl_dns_cache_free(&cache);
	assert_null(cache);
}

static void
a_cache_of_no_bytes_remembers_nothing(void **state)
{
	struct sl_dns_cache *cache = sl_dns_cache_new(0, key);
	struct sl_dns_answer answer;

	put(cache, "a.example", SL_DNS_FOUND, "one", 60, 1);
	assert_false(has(cache, SL_DNS_TXT, "a.example", 1, &answer));
	sl_dns_cache_free(&cache);
}

static void
what_was_used_longest_ago_makes_room(void **state)
{
	static const size_t limits[] = { 1, SL_DNS_CACHE_BYTES_MIN, 300000, 1 << 20 };
	static char big[SL_DNS_CACHE_BYTES_MIN];
	char name[32];

	memset(big, 'x', sizeof(big) - 1);
	for (size_t l = 0; l < SL_COUNT(limits); l++) {
		size_t limit = SL_MAX(limits[l], (size_t)SL_DNS_CACHE_BYTES_MIN);
		struct sl_dns_cache *cache = sl_dns_cache_new(limits[l], key);
		struct sl_dns_answer answer;

		srand(3);
		put(cache, "kept.example", SL_DNS_FOUND, "kept", 3600, 1);
		for (unsigned i = 0; i < 20000; i++) {
			snprintf(name, sizeof(name), "n%u.example", i);
			put(cache, name, SL_DNS_FOUND, big + sizeof(big) - 1 - (size_t)rand() % 2000, 3600, 1);
			assert_true(sl_dns_cache_stats(cache)->bytes <= limit);
			assert_true(has(cache, SL_DNS_TXT, name, 1, &answer));
			assert_true(has(cache, SL_DNS_TXT, "kept.example", 1, &answer));
		}
		assert_true(sl_dns_cache_stats(cache)->bytes > limit * 9 / 10);
		assert_true(sl_dns_cache_stats(cache)->evictions > 15000);
		assert_false(has(cache, SL_DNS_TXT, "n1.example", 1, &answer));
		/* One answer does not drive out all others. */
		put(cache, "big.example", SL_DNS_FOUND, big, 3600, 1);
		assert_int_equal(has(cache, SL_DNS_TXT, "big.example", 1, &answer), limit / 16 > sizeof(big) + 200);
		sl_dns_cache_free(&cache);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_live_as_long_as_they_may),
		cmocka_unit_test(type_and_name_are_the_key),
		cmocka_unit_test(a_cache_of_no_bytes_remembers_nothing),
		cmocka_unit_test(what_was_used_longest_ago_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
