/* unstructured_test.c - what is written reads as it was meant, in lines that every server takes */

#include "check.h"

#include "mime/unstructured.h"
#include "mime/word.h"

static void
it_is_written_so(void **state)
{
	static const struct { const char *text, *value; } rows[] = {
		{ "a link leads to x.example", " a link leads to x.example" },
		{ "  white\t\r\n space ", " white space" },
		{ "", "" }, { " \r\n", "" },
		{ "in\r\nX-Injected: yes", " in X-Injected: yes" },
		{ "a\x01\x7f" "b", " a??b" },
		{ "=?utf-8?q?x?=", "\r\n =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=" },
		{ "a=\x01x?=", "\r\n =?utf-8?q?a=3D=3Fx=3F=3D?=" }, { "a=\xa2", "\r\n =?utf-8?q?a=3D=3F?=" },
		{ "B\xc3\xbc" "cher a=b", "\r\n =?utf-8?q?B=C3=BCcher_a=3Db?=" },
		{ "\xff x", " ? x" },
		{ "c1 \xc2\x9b x", " c1 ? x" },
		{ "one two three four five six seven eight nine ten eleven twelve thirteen fourteen",
		  " one two three four five six seven eight nine ten eleven\r\n twelve thirteen fourteen" },
		/* a control is two bytes, and shown as one character: 57 of them fit beside 20 */
		{ "\xc2\x88" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  " ?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;

		sl_buf_init(&out, 65536);
		sl_unstructured_add(sl_slice_str(rows[i].text), 20, &out);
		if (strcmp(sl_buf_cstr(&out), rows[i].value) != 0)
			fail_msg("%s: '%s'", rows[i].text, sl_buf_cstr(&out));
		sl_buf_fini(&out);
	}
}

/* Decoded it is the text; no line is longer than it may be, no encoded word either, and none holds half a character. */
static void
it_reads_as_the_text(void **state)
{
	static const char *const pieces[] = { "Stra\xc3\x9f" "e", "\xe5\xb1\xb1\xe7\x94\xb0\xe5\xa4\xaa\xe9\x83\x8e", "x", "a_b=c?d",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "=?x?q?y?=", "plain", "words" };
	struct sl_buf text, out, back;

	for (unsigned pick = 0; pick < 1000; pick++) {
		size_t line = 30;

		sl_buf_init(&text, 65536);
		sl_buf_init(&out, 65536);
		sl_buf_init(&back, 65536);
		for (unsigned i = 0; i < 1 + pick % 13; i++)
			sl_buf_addf(&text, "%s%s", i > 0 ? " " : "", pieces[(pick * 7 + i * (pick / 8 + 1)) % SL_COUNT(pieces)]);
		sl_unstructured_add(sl_buf_slice(&text), 30, &out);
		for (size_t i = 0; i < out.len; i++) {
			assert_true(out.data[i] >= 0x20 ? out.data[i] < 0x7f : out.data[i] == '\r' || out.data[i] == '\n');
			line = out.data[i] == '\n' ? 0 : line + (out.data[i] != '\r');
			assert_true(line <= SL_UNSTRUCTURED_LINE);
		}
		assert_int_equal(sl_word_decode(sl_slice_trim(sl_buf_slice(&out)), &back) & ~(unsigned)SL_WORD_ENCODED, 0);
		if (!sl_slice_eq(sl_buf_slice(&back), sl_buf_slice(&text)))
			fail_msg("'%s' came back as '%s'", sl_buf_cstr(&text), sl_buf_cstr(&back));
		sl_buf_fini(&text);
		sl_buf_fini(&out);
		sl_buf_fini(&back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_written_so),
		cmocka_unit_test(it_reads_as_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
