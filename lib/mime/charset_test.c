/* charset_test.c - labels, tables and cuts */

#include "cuts.h"
#include "mime/charset.h"
#include "sl/utf8.h"

struct row {
	const char	*name;
	const char	*label;
	struct sl_slice	 in;
	const char	*out;
	uint64_t	 bad;
};

#define IN(text)	SL_SLICE_LIT(text)

static const struct row rows[] = {
	{ "utf-8 passes", "UTF-8", IN("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"), "aé€😀z", 0 },
	{ "a truncated character is one mark", "utf-8", IN("a\xe2\x82"), "a\xef\xbf\xbd", 1 },
	{ "an overlong form is two marks", "utf-8", IN("\xc0\xaf!"), "\xef\xbf\xbd\xef\xbf\xbd!", 2 },
	{ "a surrogate in utf-8 is three marks", "utf-8", IN("\xed\xa0\x80"),
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3 },
	{ "a maximal prefix is one mark", "utf-8", IN("\xf0\x9f\x98x"), "\xef\xbf\xbdx", 1 },
	{ "ascii with 8-bit bytes is read as utf-8", "us-ascii", IN("\xc3\xa9"), "é", 0 },
	{ "and as windows-1252 where it is not", "US-ASCII*EN", IN("caf\xe9 \x80 \xc3\xa9\xc3"), "café € éÃ", 3 },
	{ "no label at all", NULL, IN("\xe9t\xe9"), "été", 2 },
	{ "latin1 means windows-1252", " \"ISO-8859-1\" ", IN("\x93q\x94\xe9"), "“q”é", 0 },
	{ "an open byte of windows-1252 is a control", "cp1252", IN("\x81"), "\xc2\x81", 0 },
	{ "cyrillic", "windows-1251", IN("\xcf\xf0\xe8"), "При", 0 },
	{ "cyrillic, KOI8", "koi8-r", IN("\xf0\xd2\xc9"), "При", 0 },
	{ "no such letter in greek", "iso-8859-7", IN("\xe1\xff"), "α\xef\xbf\xbd", 1 },
	{ "utf-16 by its mark, little", "utf-16", IN("\xff\xfe" "a\0\x3d\xd8\x00\xde"), "a😀", 0 },
	{ "utf-16 by its mark, big", "utf-16", IN("\xfe\xff\0a\xd8\x3d\xde\x00"), "a😀", 0 },
	{ "utf-16 guessed little", "utf-16", IN("f\0i\0"), "fi", 0 },
	{ "utf-16 guessed big", "utf-16", IN("\0f\0i"), "fi", 0 },
	{ "half a surrogate pair and an odd byte", "utf-16le", IN("\x3d\xd8" "a\0b"), "\xef\xbf\xbd" "a\xef\xbf\xbd", 2 },
	{ "a low surrogate first", "utf-16be", IN("\xdc\x00\0a"), "\xef\xbf\xbd" "a", 1 },
	{ "utf-32 guessed", "utf-32", IN("a\0\0\0\x00\xf6\x01\0"), "a😀", 0 },
	{ "utf-32 out of range", "utf-32be", IN("\0\x11\0\0"), "\xef\xbf\xbd", 1 },
	{ "gb2312 means gbk", "GB2312", IN("\xc4\xe3\xba\xc3"), "你好", 0 },
	{ "big5", "Big5", IN("\xa7\x41"), "你", 0 },
	{ "shift_jis", "x-sjis", IN("\x93\xfa\x96\x7b\xb1"), "日本ｱ", 0 },
	{ "euc-jp", "EUC-JP", IN("\xc6\xfc"), "日", 0 },
	{ "iso-2022-jp", "ISO-2022-JP", IN("\x1b$B\x46|\x1b(Bx"), "日x", 0 },
	{ "euc-kr", "ks_c_5601-1987", IN("\xc7\xd1"), "한", 0 },
	{ "utf-7", "utf-7", IN("a+AGI-c"), "abc", 0 },
	{ "a truncated double byte", "euc-kr", IN("a\xc7"), "a\xef\xbf\xbd", 1 },
	{ "thai", "TIS-620", IN("\xa1"), "ก", 0 },
	{ "nothing", "utf-8", IN(""), "", 0 },
};

static void
sink(void *ctx, struct sl_slice utf8)
{
	assert_true(sl_utf8_valid(utf8));
	sl_buf_add_slice(ctx, utf8);
}

static void
run_decoder(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	const struct row *row = ctx;
	struct sl_charset_decoder *d = sl_charset_decoder_new(
	    row->label == NULL ? NULL : sl_charset_find(sl_slice_str(row->label)), sink, result);
	struct sl_slice piece;

	while (cuts_next(cuts, &piece))
		sl_charset_feed(d, piece);
	sl_charset_finish(d);
	assert_int_equal(sl_charset_bad(d), row->bad);
	sl_charset_decoder_free(&d);
}

static void
text_comes_out_as_utf8_however_it_is_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		print_message("%s\n", rows[i].name);
		cuts_check(rows[i].in, run_decoder, (void *)(uintptr_t)&rows[i], rows[i].out,
		    strlen(rows[i].out));
	}
}

static void
long_text_crosses_the_output_buffer(void **state)
{
	static const char *const labels[] = { "windows-1251", "utf-8", "gbk", "utf-16le" };

	for (size_t l = 0; l < SL_COUNT(labels); l++) {
		const struct sl_charset *charset = sl_charset_find(sl_slice_str(labels[l]));
		struct sl_buf out, in;

		sl_buf_init(&in, 1 << 20);
		sl_buf_init(&out, 1 << 20);
		for (int i = 0; i < 20000; i++)
			sl_buf_add_str(&in, i % 7 == 0 ? "\xd0\xb0" : i % 5000 == 1 ? "tail" : "a ");
		sl_charset_convert(charset, sl_buf_slice(&in), &out);
		assert_true(sl_utf8_valid(sl_buf_slice(&out)));
		assert_true(out.len > 19000);
		sl_buf_fini(&in);
		sl_buf_fini(&out);
	}
}

static void
labels_mean_what_mail_programs_read(void **state)
{
	static const char *const known[][2] = {
		{ "ISO-8859-1", "windows-1252" }, { "latin1", "windows-1252" }, { "'utf-8'", "utf-8" },
		{ "csISOLatin1", "windows-1252" }, { "x-gbk", "gbk" }, { "ISO-8859-8-I", "iso-8859-8" },
		{ "iso-8859-9", "windows-1254" }, { "UTF8", "utf-8" }, { "utf-8*de", "utf-8" },
		{ "Windows-31J", "shift_jis" }, { "csEUCKR", "euc-kr" }, { "x-unknown", "us-ascii" },
	};

	for (size_t i = 0; i < SL_COUNT(known); i++) {
		const struct sl_charset *charset = sl_charset_find(sl_slice_str(known[i][0]));

		assert_non_null(charset);
		assert_string_equal(sl_charset_name(charset), known[i][1]);
	}
	assert_null(sl_charset_find(SL_SLICE_LIT("")));
	assert_null(sl_charset_find(SL_SLICE_LIT("klingon")));
	assert_null(sl_charset_find(SL_SLICE_LIT("utf-8,latin1")));
	assert_null(sl_charset_find(SL_SLICE_LIT(
	    "utf-8-with-a-name-that-is-longer-than-any-label-could-be-at-all")));
}

static void
every_converter_can_be_opened(void **state)
{
	sl_charset_preload();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_out_as_utf8_however_it_is_cut),
		cmocka_unit_test(long_text_crosses_the_output_buffer),
		cmocka_unit_test(labels_mean_what_mail_programs_read),
		cmocka_unit_test(every_converter_can_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
