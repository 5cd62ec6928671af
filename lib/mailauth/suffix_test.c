/* suffix_test.c - organisational domains by the packaged list */

#include "check.h"

#include "mailauth/suffix.h"

static const struct {
	const char	*domain;
	const char	*organisation;
} rows[] = {
	{ "example.com", "example.com" },
	{ "a.b.example.com", "example.com" },
	{ "a.example.co.uk", "example.co.uk" },
	{ "co.uk", "co.uk" },
	{ "com", "com" },
	{ "a.b.unlisted-suffix", "b.unlisted-suffix" },
	{ "a.xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai" },
	{ "a..b", "a..b" },
};

static void
an_organisation_is_one_label_below_a_suffix(void **state)
{
	struct sl_suffix *suffix = sl_suffix_open(NULL);

	assert_non_null(suffix);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice got = sl_suffix_organisation(suffix, sl_slice_str(rows[i].domain));

		if (!sl_slice_eq(got, sl_slice_str(rows[i].organisation)))
			fail_msg("%s: " SL_SLICE_FMT, rows[i].domain, SL_SLICE_ARG(got));
	}
	sl_suffix_free(&suffix);
	assert_null(sl_suffix_open("/nonexistent/list"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_organisation_is_one_label_below_a_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
