/* fold_test.c - what looks alike is folded alike */

#include "check.h"

#include "lookalike/fold.h"

static void
names_that_look_alike_have_one_fold(void **state)
{
	static const struct {
		const char	*a, *b;
		bool		 alike;
	} rows[] = {
		{ "paypal", "paypa1", true },
		{ "paypal", "PayPaI", true },
		{ "paypal", "p\xd0\xb0yp\xd0\xb0l", true },		/* Cyrillic a */
		{ "paypal", "p\xce\xb1ypal", true },			/* Greek alpha */
		{ "paypal", "p\xc3\xa1yp\xc3\xa4l", true },		/* marks */
		{ "paypal", "pay-pal", true },
		{ "microsoft", "rnicrosoft", true },
		{ "microsoft", "micr0s0ft", true },
		{ "wellsfargo", "vvellsfargo", true },
		{ "docusign", "clocusign", true },
		{ "apple", "\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5", true },
		{ "paypal", "paypol", false },
		{ "google", "goggle", false },
		{ "", "-", true },
	};
	struct sl_fold *fold = sl_fold_preload();

	assert_non_null(fold);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		char a[SL_FOLD_MAX + 1], b[SL_FOLD_MAX + 1];

		sl_fold(fold, sl_slice_str(rows[i].a), a);
		sl_fold(fold, sl_slice_str(rows[i].b), b);
		if ((strcmp(a, b) == 0) != rows[i].alike)
			fail_msg("%s is %s, %s is %s", rows[i].a, a, rows[i].b, b);
	}
	sl_fold_free(&fold);
}

static void
without_tables_and_of_any_bytes_it_is_bounded(void **state)
{
	unsigned char bytes[1000];
	struct sl_fold *fold = sl_fold_preload();
	char out[SL_FOLD_MAX + 1];

	for (int round = 0; round < 256; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)(i * 31 + i / 7 * 13 + round);
		assert_true(sl_fold(fold, sl_slice(bytes, sizeof(bytes)), out) <= SL_FOLD_MAX);
		assert_true(sl_fold(NULL, sl_slice(bytes, sizeof(bytes)), out) == strlen(out) ||
		    memchr(bytes, 0, sizeof(bytes)) != NULL);
	}
	assert_int_equal(sl_fold(fold, sl_slice(NULL, 0), out), 0);
	sl_fold_free(&fold);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_look_alike_have_one_fold),
		cmocka_unit_test(without_tables_and_of_any_bytes_it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
