/* word_test.c - encoded words as mail programs read them */

#include "shared.h"
#include "mime/word.h"

struct row {
	const char	*name;
	const char	*in;
	const char	*out;
	unsigned	 seen;
};

static const struct row rows[] = {
	{ "plain text", "Hello world", "Hello world", 0 },
	{ "folds go, their white space stays", "a\r\n b\n\tc", "a b\tc", 0 },
	{ "a Q word", "=?iso-8859-1?q?caf=E9_au_lait?=", "café au lait", SL_WORD_ENCODED },
	{ "a B word", "=?UTF-8?B?aMOpbGxv?=", "héllo", SL_WORD_ENCODED },
	{ "space between words goes", "=?utf-8?q?a?= \r\n =?utf-8?q?b?= c", "ab c", SL_WORD_ENCODED },
	{ "space between a word and text stays", "x =?utf-8?q?a?= y", "x a y", SL_WORD_ENCODED },
	{ "words inside words", "x=?utf-8?q?a?=y=?utf-8?q?b?=", "xayb", SL_WORD_ENCODED },
	{ "words inside quotes", "\"=?utf-8?q?a?=\" <a@b>", "\"a\" <a@b>", SL_WORD_ENCODED },
	{ "a character split over two words", "=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€", SL_WORD_ENCODED },
	{ "a character split over Q and B", "=?utf-8?q?=E2=82?= =?UTF8?b?rA==?=", "€", SL_WORD_ENCODED },
	{ "a stateful charset over two words", "=?iso-2022-jp?b?GyRCRnwbKEI=?= =?iso-2022-jp?b?GyRCS1wbKEI=?=",
	    "日本", SL_WORD_ENCODED },
	{ "raw spaces in a word", "=?utf-8?q?a b c?=", "a b c", SL_WORD_ENCODED },
	{ "question marks in a word", "=?utf-8?q?why?\?=", "why?", SL_WORD_ENCODED },
	{ "a question mark before a digit pair", "=?utf-8?q?a?=20b?=", "a? b", SL_WORD_ENCODED },
	{ "two words with nothing between, the second starting with digits", "=?utf-8?q?a?=20 b", "a20 b", SL_WORD_ENCODED },
	{ "pads missing", "=?utf-8?b?YQ?=", "a", SL_WORD_ENCODED },
	{ "empty words", "=?utf-8?q?\?= =?utf-8?b?\?=x", "x", SL_WORD_ENCODED },
	{ "an unknown charset", "=?klingon?q?caf=C3=A9?=", "café", SL_WORD_ENCODED | SL_WORD_UNKNOWN_CHARSET },
	{ "no charset", "=??q?a=E9?=", "aé", SL_WORD_ENCODED | SL_WORD_UNKNOWN_CHARSET | SL_WORD_BAD_BYTES },
	{ "not closed", "=?utf-8?q?abc", "=?utf-8?q?abc", 0 },
	{ "not an encoding", "=?utf-8?x?abc?=", "=?utf-8?x?abc?=", 0 },
	{ "no encoding", "=?utf-8?= =?utf-8?\?= =?", "=?utf-8?= =?utf-8?\?= =?", 0 },
	{ "a word in a word is decoded once", "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?=", SL_WORD_ENCODED },
	{ "raw utf-8", "caf\xc3\xa9", "café", SL_WORD_RAW_8BIT },
	{ "raw windows-1252", "caf\xe9 \x93", "café “", SL_WORD_RAW_8BIT },
	{ "bytes that mean nothing", "=?utf-8?q?=FF?=", "\xef\xbf\xbd", SL_WORD_ENCODED | SL_WORD_BAD_BYTES },
	{ "a line break out of a word is a space", "=?utf-8?q?a=0D=0Ab=00?=", "a  b ", SL_WORD_ENCODED | SL_WORD_CONTROL },
	{ "wrong escapes stay", "=?utf-8?q?a=zz=4?=", "a=zz=4", SL_WORD_ENCODED },
	{ "nothing", "", "", 0 },
};

static void
text_is_read_as_mail_programs_read_it(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;
		unsigned seen;

		sl_buf_init(&out, 65536);
		seen = sl_word_decode(sl_slice_str(rows[i].in), &out);
		if (strcmp(sl_buf_cstr(&out), rows[i].out) != 0 || seen != rows[i].seen)
			fail_msg("%s: \"%s\", seen %u", rows[i].name, sl_buf_cstr(&out), seen);
		sl_buf_fini(&out);
	}
}

static void
conformance_case(json_t *object, void *ctx)
{
	struct sl_slice expected = shared_string(object, "decoded");
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	sl_word_decode(shared_string(object, "header"), &out);
	if (!sl_slice_eq(sl_buf_slice(&out), expected))
		fail_msg("%s: \"%s\"", json_string_value(json_object_get(object, "id")), sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
the_published_cases_are_decoded(void **state)
{
	shared_each("conformance/rfc2047/cases.jsonl", conformance_case, NULL);
}

/* 512 KiB of each: quadratic work would take minutes. */
static void
hostile_headers_take_linear_time(void **state)
{
	static const char *const pieces[] = { "=?utf-8?q?a?= ", "=?u?q?", "=?u?q?x?=20", "=?", "=?utf-8?b?YQ?=x",
	    "=", "\r\n ", "=?x?b?=?x?b?" };

	for (size_t i = 0; i < SL_COUNT(pieces); i++) {
		struct sl_buf in, out;

		sl_buf_init(&in, 1 << 23);
		sl_buf_init(&out, 1 << 24);
		while (in.len < 512u << 10)
			sl_buf_add_str(&in, pieces[i]);
		sl_word_decode(sl_buf_slice(&in), &out);
		assert_true(out.len <= 3 * in.len);
		sl_buf_fini(&in);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_as_mail_programs_read_it),
		cmocka_unit_test(the_published_cases_are_decoded),
		cmocka_unit_test(hostile_headers_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
