/*
 * suffix_test.c - registrable domains by the packaged list, by a list of the test, and the
 * published cases of ../shared/conformance
 */

#include "check.h"

#include "domain/suffix.h"
#include "shared.h"

static const struct {
	const char	*domain;
	const char	*registrable;	/* NULL: none */
} rows[] = {
	{ "example.com", "example.com" },
	{ "a.b.example.com", "example.com" },
	{ "A.Example.CO.UK.", "Example.CO.UK" },
	{ "co.uk", NULL },
	{ "com", NULL },
	{ "a.b.unlisted-suffix", "b.unlisted-suffix" },
	{ "a.xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai" },
	{ "a.\u041f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "\u041f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444" },
	{ "a.github.io", "a.github.io" },
	{ "a.b.ck", "a.b.ck" },
	{ "x.www.ck", "www.ck" },
	{ "a..b", NULL },
	{ ".example.com", NULL },
	{ "", NULL },
	{ "a\u3002example\u3002com", NULL },	/* such dots are for idna */
};

static void
the_registrable_domain_is_one_label_below_a_suffix(void **state)
{
	struct sl_suffix *suffix = sl_suffix_open(NULL);

	assert_non_null(suffix);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice got = sl_suffix_registrable(suffix, sl_slice_str(rows[i].domain));

		if (!sl_slice_eq(got, sl_slice_str(rows[i].registrable)))
			fail_msg("%s: " SL_SLICE_FMT, rows[i].domain, SL_SLICE_ARG(got));
	}
	sl_suffix_free(&suffix);
	assert_null(suffix);
	assert_null(sl_suffix_open("/nonexistent/list"));
}

static void
an_organisation_is_never_empty(void **state)
{
	struct sl_suffix *suffix = sl_suffix_open(NULL);
	static const char *const cases[][2] = {
		{ "a.b.example.com", "example.com" }, { "co.uk", "co.uk" }, { "a..b", "a..b" },
	};

	assert_non_null(suffix);
	for (size_t i = 0; i < SL_COUNT(cases); i++)
		assert_true(sl_slice_eq(sl_suffix_organisation(suffix, sl_slice_str(cases[i][0])),
		    sl_slice_str(cases[i][1])));
	sl_suffix_free(&suffix);
}

static void
top_level_domains_are_those_of_the_list(void **state)
{
	static const struct {
		const char	*tld;
		bool		 there;
	} cases[] = {
		{ "com", true }, { "COM", true }, { "uk", true }, { "xn--p1ai", true }, { "ck", true },
		{ "bd", true }, { "np", true }, { "arpa", true }, { "foo", true },
		{ "invalid", false }, { "php", false }, { "exe", false }, { "zz", false }, { "an", false },
		{ "co.uk", false }, { "", false }, { "1", false }, { "\u0440\u0444", false },
		{ "github.io", false }, { "a23456789012345678901234567890123456789012345678901234567890123x", false },
	};
	struct sl_suffix *suffix = sl_suffix_open(NULL);

	assert_non_null(suffix);
	for (size_t i = 0; i < SL_COUNT(cases); i++)
		if (sl_suffix_has_tld(suffix, sl_slice_str(cases[i].tld)) != cases[i].there)
			fail_msg("%s", cases[i].tld);
	sl_suffix_free(&suffix);
}

static void
a_list_may_be_handed_in(void **state)
{
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("// a comment\ncom\n\n*.example.com\n"
	    "!baz.example.com\n\xe0\xa4\xad\xe0\xa4\xbe\xe0\xa4\xb0\xe0\xa4\xa4\n"));

	assert_non_null(suffix);
	assert_true(sl_slice_eq(sl_suffix_registrable(suffix, SL_SLICE_LIT("x.foo.example.com")),
	    SL_SLICE_LIT("x.foo.example.com")));
	assert_true(sl_slice_eq(sl_suffix_registrable(suffix, SL_SLICE_LIT("3.baz.example.com")),
	    SL_SLICE_LIT("baz.example.com")));
	assert_true(sl_suffix_has_tld(suffix, SL_SLICE_LIT("xn--h2brj9c")));
	assert_false(sl_suffix_has_tld(suffix, SL_SLICE_LIT("org")));
	sl_suffix_free(&suffix);
	assert_null(sl_suffix_read(SL_SLICE_LIT("")));
	assert_null(sl_suffix_read(SL_SLICE_LIT("// nothing\n")));
}

/* Deviations: upstream has the cases about "local" commented out, as the list has no such rule,
 * so that the default rule makes "example.local" registrable. */
static bool
is_deviation(struct sl_slice input)
{
	return sl_dns_name_within(input, SL_SLICE_LIT("local")) && sl_dns_name_labels(input) > 1;
}

static void
check_case(json_t *object, void *ctx)
{
	struct sl_slice input = shared_string(object, "input");
	struct sl_slice expected = shared_string(object, "registrable");
	struct sl_slice got = sl_suffix_registrable(ctx, input);

	if (!is_deviation(input) && (got.len > 0) != (expected.len > 0))
		fail_msg(SL_SLICE_FMT ": " SL_SLICE_FMT, SL_SLICE_ARG(input), SL_SLICE_ARG(got));
	if (!is_deviation(input) && !sl_slice_ieq(got, expected))
		fail_msg(SL_SLICE_FMT ": " SL_SLICE_FMT, SL_SLICE_ARG(input), SL_SLICE_ARG(got));
}

static void
published_cases_agree_with_their_list(void **state)
{
	struct sl_suffix *suffix = sl_suffix_open(shared_path("conformance/psl/public_suffix_list.dat"));

	if (suffix == NULL) {
		print_message("skip: %s is not there\n", shared_path("conformance/psl"));
		skip();
	}
	shared_each("conformance/psl/cases.jsonl", check_case, suffix);
	sl_suffix_free(&suffix);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registrable_domain_is_one_label_below_a_suffix),
		cmocka_unit_test(an_organisation_is_never_empty),
		cmocka_unit_test(top_level_domains_are_those_of_the_list),
		cmocka_unit_test(a_list_may_be_handed_in),
		cmocka_unit_test(published_cases_agree_with_their_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
