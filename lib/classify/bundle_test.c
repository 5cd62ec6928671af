/* bundle_test.c - what goes in comes out, and what is damaged is refused */

#include "check.h"

#include "classify/bundle.h"

static const struct sl_bundle_section two[] = {
	{ "ngram", { (const unsigned char *)"first\0bytes", 11 } },
	{ "combiner", { (const unsigned char *)"second", 6 } },
};

static void
made(struct sl_buf *out)
{
	sl_buf_init(out, 4096);
	assert_int_equal(sl_bundle_write(two, 2, out), 0);
}

static void
sections_come_back_as_they_went_in(void **state)
{
	struct sl_bundle bundle;
	struct sl_buf file;

	made(&file);
	assert_int_equal(sl_bundle_open(&bundle, sl_buf_slice(&file)), 0);
	assert_int_equal(bundle.len, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(sl_slice_eq(sl_bundle_section(&bundle, two[i].name), two[i].bytes));
	assert_int_equal(sl_bundle_section(&bundle, "token").len, 0);
	assert_int_equal(strlen(bundle.id), 16);
	sl_buf_fini(&file);
}

static void
a_change_of_any_byte_is_noticed(void **state)
{
	struct sl_bundle bundle;
	struct sl_buf file;

	made(&file);
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 1;
		assert_int_not_equal(sl_bundle_open(&bundle, sl_buf_slice(&file)), 0);
		file.data[i] ^= 1;
	}
	for (size_t len = 0; len < file.len; len++)
		assert_int_not_equal(sl_bundle_open(&bundle, sl_slice(file.data, len)), 0);
	sl_buf_fini(&file);
}

static void
what_does_not_fit_is_said(void **state)
{
	struct sl_buf small;

	sl_buf_init(&small, 150);
	assert_int_equal(sl_bundle_write(two, 2, &small), SL_ERR_FULL);
	sl_buf_fini(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_come_back_as_they_went_in),
		cmocka_unit_test(a_change_of_any_byte_is_noticed),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
