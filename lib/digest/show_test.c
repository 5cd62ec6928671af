/* show_test.c - what strangers write cannot change how what is around it reads */

#include "check.h"
#include "digest/show.h"

struct row {
	const char	*name;
	const char	*in;
	size_t		 columns;
	const char	*out;
};

static const struct row rows[] = {
	{ "plain text stays", "Hello, world", 0, "Hello, world" },
	{ "letters of the world stay", "Grüße, 日本, שלום", 0, "Grüße, 日本, שלום" },
	{ "white space is one space, none at the ends", " \t a \r\n\r\n b\xc2\xa0\xe3\x80\x80 c  ", 0, "a b c" },
	{ "controls are white space", "a\x01\x1b[31mb\x7f", 0, "a [31mb" },
	{ "direction marks go", "\xe2\x80\xaegpj.exe\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9", 0, "gpj.exe x" },
	{ "what does not show goes", "pay\xe2\x80\x8bpal\xef\xbb\xbf \xf3\xa0\x81\xa1s\xc2\xadoft", 0, "paypal soft" },
	{ "marks are cut", "z\xcc\x81\xcc\x82\xcc\x83\xcc\x84!", 0, "z\xcc\x81\xcc\x82!" },
	{ "what is no UTF-8 is shown to be none", "a\xff\xc3(", 0, "a\xef\xbf\xbd\xef\xbf\xbd(" },
	{ "what is too long is cut", "abcdef", 5, "abcd…" },
	{ "what just fits is not", "abcde", 5, "abcde" },
	{ "wide letters count twice", "日本語", 5, "日本…" },
	{ "letters that pass for others", "P\xd0\xb0ypal", 0, "P[\xd0\xb0]ypal" },
	{ "another alphabet alone is nothing odd", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 there", 0,
	    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 there" },
	{ "links are not links any more", "see https://a.example/x and www.b.example", 0,
	    "see https://a[.]example/x and www[.]b[.]example" },
	{ "ends of sentences stay", "One. Two.", 0, "One. Two." },
	{ "nothing", "", 0, "" },
	{ "nothing but what does not show", "\xe2\x80\x8b \n", 0, "" },
};

static void
text_is_made_fit_to_be_shown(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;
		size_t columns;

		sl_buf_init(&out, 4096);
		columns = sl_show_text(sl_slice_str(rows[i].in), rows[i].columns, &out);
		if (strcmp(sl_buf_cstr(&out), rows[i].out) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, sl_buf_cstr(&out));
		assert_int_equal(columns, sl_show_width(sl_buf_slice(&out)));
		sl_buf_fini(&out);
	}
}

static void
tricks_with_names_are_seen(void **state)
{
	static const struct {
		const char	*name, *address;
		unsigned	 tricks;
	} names[] = {
		{ "Anna", "anna@example.com", 0 },
		{ "", "anna@example.com", 0 },
		{ "Dr. J. R. Ewing", "jr@example.com", 0 },
		{ "anna@example.com", "anna@example.com", 0 },
		{ "Anna@Example.com ", "anna@example.com", 0 },
		{ "Example.com support", "anna@mail.example.com", 0 },
		{ "service@paypal.example", "x@host.example", SL_SHOW_NAME_ADDRESS },
		{ "paypal.example", "x@host.example", SL_SHOW_NAME_ADDRESS },
		{ "P\xd0\xb0ypal", "x@host.example", SL_SHOW_MIXED },
		{ "A", "x@p\xd0\xb0ypal.example", SL_SHOW_MIXED },
		{ "", "", 0 },
	};

	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (sl_show_tricks(sl_slice_str(names[i].name), sl_slice_str(names[i].address)) != names[i].tricks)
			fail_msg("%s <%s>", names[i].name, names[i].address);
}

static void
forms_are_escaped(void **state)
{
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	sl_show_html(SL_SLICE_LIT("<a href='x'>\"&</a>"), &out);
	assert_string_equal(sl_buf_cstr(&out), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&lt;/a&gt;");
	sl_buf_reset(&out);
	sl_show_percent(SL_SLICE_LIT("a b&c=ü?"), &out);
	assert_string_equal(sl_buf_cstr(&out), "a%20b%26c%3D%C3%BC%3F");
	sl_buf_reset(&out);
	sl_show_address(SL_SLICE_LIT("x@b\xc3\xbc" "cher.example"), 0, &out);
	assert_string_equal(sl_buf_cstr(&out), "x@xn--bcher-kva.example");
	sl_buf_reset(&out);
	sl_show_wrapped(SL_SLICE_LIT("aaa bbb ccc dddddddddddd e"), 2, 4, 10, &out);
	assert_string_equal(sl_buf_cstr(&out), "aaa bbb\n    ccc\n    dddddddddddd\n    e");
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_made_fit_to_be_shown),
		cmocka_unit_test(tricks_with_names_are_seen),
		cmocka_unit_test(forms_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
