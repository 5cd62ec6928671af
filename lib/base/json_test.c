/* json_test.c - what is JSON, and what a reader is given of it */

#include "check.h"
#include "sl/json.h"

static const struct row {
	const char	*name, *text;
	int		 result;
} rows[] = {
	{ "nothing", "", SL_ERR_SYNTAX }, { "a number", " 12 ", 0 }, { "all of it", "-0.5e+10", 0 }, { "a zero", "0", 0 },
	{ "a zero in front", "01", SL_ERR_SYNTAX }, { "no digits", "-", SL_ERR_SYNTAX }, { "a bare point", "1.", SL_ERR_SYNTAX },
	{ "a bare exponent", "1e", SL_ERR_SYNTAX }, { "words", "[true,false,null]", 0 }, { "half a word", "tru", SL_ERR_SYNTAX },
	{ "a text", "\"a \\\" b\"", 0 }, { "without an end", "\"abc", SL_ERR_SYNTAX }, { "an escape at its end", "\"abc\\", SL_ERR_SYNTAX },
	{ "a control", "\"a\nb\"", SL_ERR_SYNTAX }, { "a long one", "\"0123456789abcdef0123456789abcdef\\\\\"", 0 },
	{ "an object", "{ \"a\" : 1 , \"b\" : { } }", 0 }, { "empty ones", "[{},[],\"\"]", 0 },
	{ "no colon", "{\"a\" 1}", SL_ERR_SYNTAX }, { "no name", "{1:1}", SL_ERR_SYNTAX }, { "no comma", "[1 2]", SL_ERR_SYNTAX },
	{ "a comma too many", "[1,]", SL_ERR_SYNTAX }, { "a comma in front", "[,1]", SL_ERR_SYNTAX },
	{ "closed by the other", "[1}", SL_ERR_SYNTAX }, { "not closed", "[[1]", SL_ERR_SYNTAX }, { "two", "1 2", SL_ERR_SYNTAX },
	{ "as deep as may be", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", 0 },
	{ "deeper", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", SL_ERR_TOO_LONG },
};

static void
texts_are_checked(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_json skipped, passed;
		int r;

		sl_json_init(&skipped, sl_slice_str(rows[i].text));
		sl_json_skip(&skipped);
		sl_json_init(&passed, sl_slice_str(rows[i].text));
		sl_json_pass(&passed);
		if (skipped.result == 0 && (passed.result != 0 || passed.at != skipped.at))
			fail_msg("%s: passed otherwise than skipped", rows[i].name);
		r = sl_json_end(&skipped);
		if (r != rows[i].result)
			fail_msg("%s: %s", rows[i].name, sl_strerror(r));
	}
}

/* Also what is not as the reader expects it is skipped, and the rest is read. */
static void
members_come_in_order(void **state)
{
	struct sl_json json;
	struct sl_slice name, text, said = { NULL, 0 };
	unsigned members = 0;

	sl_json_init(&json, SL_SLICE_LIT("{\"a\":[1,{\"b\":\"]\"}],\"c\":\"x\\u0041\",\"d\":7}"));
	assert_true(sl_json_object(&json));
	while (sl_json_member(&json, &name)) {
		members++;
		if (sl_slice_eq(name, SL_SLICE_LIT("c")))
			assert_true(sl_json_string(&json, &said));
		else
			assert_false(sl_json_string(&json, &text));
	}
	assert_int_equal(sl_json_end(&json), 0);
	assert_int_equal(members, 3);
	assert_true(sl_slice_eq(said, SL_SLICE_LIT("x\\u0041")));
}

static void
escapes_are_decoded(void **state)
{
	static const struct { const char *raw, *text; } texts[] = {
		{ "plain", "plain" }, { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" }, { "\\u00e9", "\xc3\xa9" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" }, { "\\u0000", NULL }, { "\\ud83d", NULL }, { "\\ude00", NULL },
		{ "\\x", NULL }, { "\\u12", NULL }, { "\\", NULL },
	};

	for (size_t i = 0; i < SL_COUNT(texts); i++) {
		unsigned char out[64];
		size_t len = 0;
		int r = sl_json_decode(sl_slice_str(texts[i].raw), out, &len);

		if ((r == 0) != (texts[i].text != NULL) ||
		    (r == 0 && !sl_slice_eq(sl_slice(out, len), sl_slice_str(texts[i].text))))
			fail_msg("%s", texts[i].raw);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_checked),
		cmocka_unit_test(members_come_in_order),
		cmocka_unit_test(escapes_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
