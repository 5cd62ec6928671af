/* base_test.c - slices, arenas, buffers, UTF-8 */

#include "check.h"
#include <stdio.h>

#include "sl/arena.h"
#include "sl/buf.h"
#include "sl/utf8.h"

static void
numbers_are_range_checked(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 max;
		int		 result;
		uint64_t	 value;
	} rows[] = {
		{ "0", 10, 0, 0 },
		{ "10", 10, 0, 10 },
		{ "11", 10, SL_ERR_SYNTAX, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, SL_ERR_SYNTAX, 0 },
		{ "99999999999999999999", UINT64_MAX, SL_ERR_SYNTAX, 0 },
		{ "", 10, SL_ERR_SYNTAX, 0 },
		{ "-1", 10, SL_ERR_SYNTAX, 0 },
		{ "+1", 10, SL_ERR_SYNTAX, 0 },
		{ " 1", 10, SL_ERR_SYNTAX, 0 },
		{ "5", 3, SL_ERR_SYNTAX, 0 },
		{ "0009", 10, 0, 9 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		uint64_t value = 0;

		assert_int_equal(sl_slice_to_u64(sl_slice_str(rows[i].text), rows[i].max, &value),
		    rows[i].result);
		assert_true(rows[i].result != 0 || value == rows[i].value);
	}
}

static void
comparison_folds_ascii_only(void **state)
{
	assert_true(sl_slice_ieq(SL_SLICE_LIT("EhLo"), SL_SLICE_LIT("eHlO")));
	assert_false(sl_slice_ieq(SL_SLICE_LIT("ehlo"), SL_SLICE_LIT("ehlox")));
	assert_false(sl_slice_ieq(SL_SLICE_LIT("@"), SL_SLICE_LIT("`")));
	assert_true(sl_slice_istarts(SL_SLICE_LIT("X-Sluice-Verdict"), SL_SLICE_LIT("x-sluice-")));
	assert_true(sl_slice_eq(sl_slice_trim(SL_SLICE_LIT(" \t a b\r\n")), SL_SLICE_LIT("a b")));
	assert_int_equal(sl_slice_trim(SL_SLICE_LIT(" \r\n")).len, 0);
	assert_true(sl_hash_lower(SL_SLICE_LIT("Example.COM")) == sl_hash("example.com", 11));
}

static void
an_arena_stops_at_its_cap(void **state)
{
	struct sl_arena arena;
	size_t got = 0;
	void *p;

	sl_arena_init(&arena, 4096);
	assert_null(sl_arena_alloc(&arena, 4096));	/* the head needs room too */
	while ((p = sl_arena_alloc(&arena, 100)) != NULL) {
		assert_int_equal((uintptr_t)p % 16, 0);
		got += 100;
	}
	assert_in_range(got, 3000, 4096);
	assert_true(arena.used_bytes <= 4096);
	assert_null(sl_arena_alloc(&arena, SIZE_MAX));
	sl_arena_reset(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_string_equal(sl_arena_printf(&arena, "%s-%d", "a", 7), "a-7");
	assert_true(sl_slice_eq(sl_arena_copy(&arena, SL_SLICE_LIT("xyz")), SL_SLICE_LIT("xyz")));
	sl_arena_fini(&arena);
}

static void
a_buffer_drops_what_passes_its_limit_and_says_so(void **state)
{
	struct sl_buf buf;

	sl_buf_init(&buf, 8);
	sl_buf_add_str(&buf, "12345678");
	assert_false(buf.overflow);
	sl_buf_add_byte(&buf, '9');
	assert_true(buf.overflow);
	assert_string_equal(sl_buf_cstr(&buf), "12345678");
	sl_buf_consume(&buf, 6);
	sl_buf_reset(&buf);
	sl_buf_addf(&buf, "%04d", 42);
	assert_string_equal(sl_buf_cstr(&buf), "0042");
	sl_buf_fini(&buf);
	assert_null(buf.data);
}

static void
json_strings_carry_any_bytes(void **state)
{
	struct sl_buf buf;

	sl_buf_init(&buf, 200);
	sl_buf_add_json(&buf, sl_slice("a\"\\\r\n\t\x01\xff\xc3\xa9", 10));
	assert_string_equal(sl_buf_cstr(&buf), "\"a\\\"\\\\\\r\\n\\t\\u0001\\u00ff\xc3\xa9\"");
	sl_buf_fini(&buf);
}

static void
utf8_takes_shortest_forms_only(void **state)
{
	static const struct {
		const char	*bytes;
		size_t		 len;		/* of the character, 0: not UTF-8 */
		uint32_t	 c;
	} rows[] = {
		{ "a", 1, 'a' }, { "\xc3\xa9", 2, 0xe9 }, { "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x93\xa7", 4, 0x1f4e7 }, { "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 }, { "\xc0\x80", 0, 0 }, { "\xc1\xbf", 0, 0 },
		{ "\xe0\x80\x80", 0, 0 }, { "\xed\xa0\x80", 0, 0 }, { "\xf0\x80\x80\x80", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 }, { "\xf5\x80\x80\x80", 0, 0 }, { "\xe2\x82", 0, 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		unsigned char again[4];
		uint32_t c = 0;

		assert_int_equal(sl_utf8_decode(sl_slice_str(rows[i].bytes), &c), rows[i].len);
		if (rows[i].len == 0)
			continue;
		assert_int_equal(c, rows[i].c);
		assert_int_equal(sl_utf8_encode(c, again), rows[i].len);
		assert_memory_equal(again, rows[i].bytes, rows[i].len);
	}
}

static void
siphash_is_that_of_its_authors(void **state)
{
	unsigned char key[16], in[64];

	for (unsigned char i = 0; i < 64; i++)
		in[i] = i;
	memcpy(key, in, sizeof(key));
	/* Of the vectors of the reference code; that of 15 octets is the paper's example. */
	assert_true(sl_siphash(key, in, 0) == 0x726fdb47dd0e0e31u);
	assert_true(sl_siphash(key, in, 1) == 0x74f839c593dc67fdu);
	assert_true(sl_siphash(key, in, 15) == 0xa129ca6149be45e5u);
	assert_true(sl_siphash(key, in, 63) == 0x958a324ceb064572u);
}

static void
fixed_numbers_are_those_of_printf(void **state)
{
	static const double values[] = { 0, 1, -1, 0.5, 0.004, 0.006, -0.006, 9.999, 99.9996, 123456.789, -123456.789, 1e8,
		1e9, -1e12, 0.1234567, 0.00049, 1e-9 };
	char wanted[64];
	struct sl_buf out;

	sl_buf_init(&out, 100);
	for (size_t i = 0; i < SL_COUNT(values); i++) {
		for (int decimals = 0; decimals <= 6; decimals++) {
			for (int sign = 0; sign < 2; sign++) {
				if (decimals == 0 && values[i] == 0.5)
					continue;	/* a tie: printf rounds to even */
				snprintf(wanted, sizeof(wanted), sign ? "%+.*f" : "%.*f", decimals, values[i]);
				sl_buf_reset(&out);
				sl_buf_add_fixed(&out, values[i], (unsigned)decimals, sign);
				assert_string_equal(sl_buf_cstr(&out), wanted);
			}
		}
	}
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_numbers_are_those_of_printf),
		cmocka_unit_test(numbers_are_range_checked),
		cmocka_unit_test(comparison_folds_ascii_only),
		cmocka_unit_test(an_arena_stops_at_its_cap),
		cmocka_unit_test(a_buffer_drops_what_passes_its_limit_and_says_so),
		cmocka_unit_test(json_strings_carry_any_bytes),
		cmocka_unit_test(utf8_takes_shortest_forms_only),
		cmocka_unit_test(siphash_is_that_of_its_authors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
