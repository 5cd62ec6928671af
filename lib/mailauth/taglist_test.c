/* taglist_test.c - tag lists and base64 */

#include "check.h"

#include "mailauth/taglist.h"

static const struct {
	const char	*about;
	const char	*in;
	int		 result;
	const char	*b;	/* the value of tag b; NULL: absent */
} rows[] = {
	{ "two tags", "a=1; b=2", 0, "2" },
	{ "a final semicolon", "a=1;b=2;", 0, "2" },
	{ "and white space behind it", "a=1;b=2; \r\n ", 0, "2" },
	{ "white space everywhere", " a\t= 1 ;\r\n b \r\n\t= x y ;", 0, "x y" },
	{ "an empty value", "a=1; b=;", 0, "" },
	{ "an equals sign in a value", "b=AAA==", 0, "AAA==" },
	{ "names keep their case", "B=1; a=2", 0, NULL },
	{ "digits and underscores in a name", "b_2=1; b=x", 0, "x" },
	{ "an empty tag in between", "a=1;;b=2", SL_ERR_SYNTAX, NULL },
	{ "no equals sign", "a=1; b", SL_ERR_SYNTAX, NULL },
	{ "a name twice", "b=1; b=1", SL_ERR_SYNTAX, NULL },
	{ "a name that is none", "2b=1", SL_ERR_SYNTAX, NULL },
	{ "no name", "=1", SL_ERR_SYNTAX, NULL },
	{ "a byte that is not ASCII", "b=\xc3\xa9", SL_ERR_SYNTAX, NULL },
	{ "a control byte", "b=\x01", SL_ERR_SYNTAX, NULL },
	{ "nothing", "", SL_ERR_SYNTAX, NULL },
	{ "white space only", " \t", SL_ERR_SYNTAX, NULL },
};

static void
a_tag_list_is_cut_at_semicolons(void **state)
{
	struct sl_taglist list;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		int r = sl_taglist_parse(sl_slice_str(rows[i].in), &list);

		if (r != rows[i].result)
			fail_msg("%s: %d", rows[i].about, r);
		if (r == 0 && rows[i].b != NULL)
			assert_true(sl_slice_eq(sl_taglist_get(&list, "b"), sl_slice_str(rows[i].b)));
		else if (r == 0)
			assert_null(sl_taglist_find(&list, "b"));
	}
}

static void
tags_are_counted(void **state)
{
	struct sl_taglist list;
	struct sl_buf in;

	sl_buf_init(&in, 1000);
	for (int i = 0; i < SL_TAGLIST_MAX; i++)
		sl_buf_addf(&in, "t%d=;", i);
	assert_int_equal(sl_taglist_parse(sl_buf_slice(&in), &list), 0);
	sl_buf_add_str(&in, "t=;");
	assert_int_equal(sl_taglist_parse(sl_buf_slice(&in), &list), SL_ERR_FULL);
	sl_buf_fini(&in);
}

static void
a_value_may_be_a_list_itself(void **state)
{
	static const char *const want[] = { "From", "To", "", "Date" };
	struct sl_slice value = SL_SLICE_LIT("From : To::\r\n Date"), item;

	for (size_t i = 0; i < SL_COUNT(want); i++) {
		assert_true(sl_taglist_item(&value, &item));
		assert_true(sl_slice_eq(item, sl_slice_str(want[i])));
	}
	assert_false(sl_taglist_item(&value, &item));
}

static const struct {
	const char	*text;
	const char	*bytes;		/* NULL: not base64 */
	const char	*again;		/* encoded */
} base64[] = {
	{ "", "", "" },
	{ "Zg==", "f", "Zg==" },
	{ "Zm8=", "fo", "Zm8=" },
	{ "Zm9v", "foo", "Zm9v" },
	{ "Z m\r\n\t9 v Y g", "foob", "Zm9vYg==" },
	{ "+/+/", "\xfb\xff\xbf", "+/+/" },
	{ "Z", NULL, NULL },
	{ "Zg=", NULL, NULL },
	{ "Zg===", NULL, NULL },
	{ "Zg==Zg==", NULL, NULL },
	{ "====", NULL, NULL },
	{ "Zm9v!", NULL, NULL },
	{ "Zm9vYmFyMTIzNDU2", NULL, NULL },	/* longer than there is room */
};

static void
base64_goes_both_ways(void **state)
{
	for (size_t i = 0; i < SL_COUNT(base64); i++) {
		unsigned char bytes[8];
		size_t len = 0;
		struct sl_buf out;
		bool ok = sl_base64_decode(sl_slice_str(base64[i].text), bytes, sizeof(bytes), &len);

		if (ok != (base64[i].bytes != NULL))
			fail_msg("%s: %d", base64[i].text, ok);
		if (!ok)
			continue;
		assert_int_equal(len, strlen(base64[i].bytes));
		assert_memory_equal(bytes, base64[i].bytes, len);
		sl_buf_init(&out, 100);
		sl_base64_encode(sl_slice(bytes, len), &out);
		assert_string_equal(sl_buf_cstr(&out), base64[i].again);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_list_is_cut_at_semicolons),
		cmocka_unit_test(tags_are_counted),
		cmocka_unit_test(a_value_may_be_a_list_itself),
		cmocka_unit_test(base64_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
