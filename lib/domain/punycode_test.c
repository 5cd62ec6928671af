/*
 * punycode_test.c - the letters of A-labels: RFC 3492's samples from ../shared/conformance, and
 * what no encoder writes
 */

#include "check.h"
#include "domain/punycode.h"
#include "shared.h"
#include "sl/utf8.h"

#define POINTS_MAX	1000

static void
check_case(json_t *object, void *ctx)
{
	struct sl_slice decoded = shared_string(object, "decoded");
	struct sl_slice encoded = shared_string(object, "encoded");
	uint32_t points[POINTS_MAX], again[POINTS_MAX];
	char text[5 * POINTS_MAX + 2];
	size_t len = 0, again_len, n, text_len;

	for (struct sl_slice s = decoded; s.len > 0; s = sl_slice_from(s, n)) {
		assert_true(len < POINTS_MAX);
		n = sl_utf8_decode(s, &points[len++]);
		assert_true(n > 0);
	}
	assert_int_equal(sl_punycode_decode(encoded, again, POINTS_MAX, &again_len), 0);
	assert_int_equal(again_len, len);
	assert_memory_equal(again, points, len * sizeof(*points));
	assert_int_equal(sl_punycode_encode(points, len, text, sizeof(text), &text_len), 0);
	if (!sl_slice_ieq(sl_slice(text, text_len), encoded))
		fail_msg("%s, not " SL_SLICE_FMT, text, SL_SLICE_ARG(encoded));
}

static void
published_samples_are_coded_both_ways(void **state)
{
	shared_each("conformance/idna/punycode_tests.jsonl", check_case, NULL);
}

static void
what_no_encoder_writes_is_refused(void **state)
{
	static const struct {
		const char	*in;
		int		 result;
	} rows[] = {
		{ "tda", 0 },
		{ "TDA", 0 },
		{ "td", SL_ERR_SYNTAX },		/* a number without its end */
		{ "t a", SL_ERR_SYNTAX },
		{ "99999999", SL_ERR_SYNTAX },		/* above U+10FFFF */
		{ "99999999999999999999", SL_ERR_SYNTAX },
		{ "\xc3\xbc-tda", SL_ERR_SYNTAX },
		{ "abcdefghij-tda", SL_ERR_FULL },
		{ "abcdefgh-tda", SL_ERR_FULL },
		{ "abcdefg-tda", 0 },
	};
	uint32_t points[8];
	size_t len;

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_punycode_decode(sl_slice_str(rows[i].in), points, SL_COUNT(points), &len) !=
		    rows[i].result)
			fail_msg("%s", rows[i].in);
}

static void
an_output_that_is_too_small_is_said(void **state)
{
	uint32_t points[] = { 0xfc };
	char out[4];
	size_t len;

	assert_int_equal(sl_punycode_encode(points, 1, out, 4, &len), 0);
	assert_string_equal(out, "tda");
	for (size_t size = 0; size < 4; size++)
		assert_int_equal(sl_punycode_encode(points, 1, out, size, &len), SL_ERR_FULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_samples_are_coded_both_ways),
		cmocka_unit_test(what_no_encoder_writes_is_refused),
		cmocka_unit_test(an_output_that_is_too_small_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
