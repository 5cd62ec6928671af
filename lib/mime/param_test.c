/* param_test.c - parameters in all their readings */

#include "shared.h"
#include "mime/param.h"

struct row {
	const char	*name;
	const char	*in;
	const char	*token;
	const char	*param;
	const char	*readings;	/* parted by | */
	unsigned	 odd;
};

#define COMMENT		SL_PARAMS_ODD_COMMENT
#define QUOTE		SL_PARAMS_ODD_QUOTE
#define SEPARATOR	SL_PARAMS_ODD_SEPARATOR
#define JUNK		SL_PARAMS_ODD_JUNK
#define ESCAPE		SL_PARAMS_ODD_ESCAPE
#define SPACE		SL_PARAMS_ODD_SPACE
#define TOKEN		SL_PARAMS_ODD_TOKEN
#define CONTROL		SL_PARAMS_ODD_CONTROL

static const struct row rows[] = {
	{ "a token", "Text/HTML", "text/html", "charset", "", 0 },
	{ "a parameter", "text/plain; charset=UTF-8", "text/plain", "charset", "UTF-8", 0 },
	{ "a quoted one", "multipart/mixed;\r\n boundary=\"a; b\\\"c\"", "multipart/mixed", "boundary", "a; b\"c", 0 },
	{ "white space around the sign", "a/b; name = \"x\" ; c=d", "a/b", "name", "x", 0 },
	{ "the name folded off", "a/b; boundary\r\n =x", "a/b", "boundary", "x", 0 },
	{ "semicolons for nothing", ";a/b;;; x=y;", "a/b", "x", "y", 0 },
	{ "names are read in lower case", "a/b; BOUNDARY=X", "a/b", "boundary", "X", 0 },
	{ "an empty value", "a/b; x=; y=\"\"", "a/b", "y", "", 0 },
	{ "spaces in an unquoted value", "attachment; filename=my file.zip ; x=y", "attachment", "filename", "my file.zip", SPACE },
	{ "a comment after the value", "a/b; name=file.zip(.gif)", "a/b", "name", "file.zip|file.zip(.gif)", COMMENT },
	{ "a comment in the value", "a/b; name=file.z()ip", "a/b", "name", "file.zip|file.z()ip", COMMENT },
	{ "a comment in the name", "a/b; na()me=x", "a/b", "name", "x", COMMENT },
	{ "a comment before the type", "(x) a/b; name=x", "a/b", "name", "x", COMMENT | TOKEN },
	{ "a comment that does not close", "a/b; name=x(y", "a/b", "name", "x(y", 0 },
	{ "text after quotes", "a/b; name=\"file\".zip", "a/b", "name", "file.zip|\"file\".zip", QUOTE },
	{ "text before quotes", "a/b; name=a\"b\"", "a/b", "name", "ab|a\"b\"", QUOTE },
	{ "quotes that do not close", "a/b; foo=\"x;boundary=y", "a/b", "boundary", "y", QUOTE },
	{ "quotes alone", "a/b; name=\"", "a/b", "name", "|\"", QUOTE },
	{ "a semicolon in an unquoted value", "a/b; name=file;.zip", "a/b", "name", "file|file;.zip", JUNK },
	{ "an escape in an unquoted value", "a/b; name=fi\\le", "a/b", "name", "file|fi\\le", ESCAPE },
	{ "an escape in a name", "a/b; na\\me=x", "a/b", "name", "x", ESCAPE },
	{ "single quotes", "a/b; name='file.zip'", "a/b", "name", "'file.zip'|file.zip", 0 },
	{ "parted by white space", "a/b; foo=bla boundary=x", "a/b", "boundary", "x", SEPARATOR },
	{ "parted by a comma", "a/b, boundary=x", "a/b", "boundary", "x", SEPARATOR | TOKEN },
	{ "nothing before the parameters", "boundary=x", "", "boundary", "x", TOKEN },
	{ "a quoted type", "\"a/b\"; name=x", "a/b", "name", "x", QUOTE | TOKEN },
	{ "a type with more text", "text/html utf-8; name=x", "text/html", "name", "x", SPACE | TOKEN },
	{ "given twice", "a/b; name=file.png; name=file.zip", "a/b", "name", "file.png|file.zip", 0 },
	{ "a bare CR", "\rmultipart/mixed; name=x", "multipart/mixed", "name", "x", CONTROL },
	{ "a value that ends in the name of the next", "a/b; x=boundary=y", "a/b", "x", "boundary=y", 0 },

	{ "an encoded word", "a/b; name=\"=?utf-8?q?=C3=A9?=\"", "a/b", "name", "é", 0 },
	{ "UTF-16 in an encoded word", "a/b; name=\"=?utf-16?B?ZgBpAGwAZQAuAHoAaQBwAA==?=\"", "a/b", "name", "file.zip", 0 },
	{ "raw 8-bit bytes", "a/b; name=\"caf\xe9\"", "a/b", "name", "café", 0 },
	{ "RFC 2231, extended", "a/b; name*=utf-8'en'%e2%82%ac", "a/b", "name", "€", 0 },
	{ "RFC 2231, no charset", "a/b; name*=''file.zip", "a/b", "name", "file.zip", 0 },
	{ "RFC 2231, not even quotes", "a/b; name*=file.%7Aip", "a/b", "name", "file.zip", 0 },
	{ "RFC 2231, UTF-16", "a/b; name*=UTF-16''%00f%00i", "a/b", "name", "fi", 0 },
	{ "RFC 2231, sections", "a/b; name*0=\"fi\"; name*1=le; name*2*=%20x", "a/b", "name", "file x", 0 },
	{ "RFC 2231, a character over two sections", "a/b; name*0*=utf-8''%e2%82; name*1*=%ac", "a/b", "name", "€", 0 },
	{ "RFC 2231, sections in reverse", "a/b; name*1=zip; name*0=file.", "a/b", "name", "file.zip|zipfile.", 0 },
	{ "RFC 2231, a section missing", "a/b; name*0=file.; name*2=zip", "a/b", "name", "file.|file.zip", 0 },
	{ "RFC 2231, the first missing", "a/b; name*2=zip; name*1=file.", "a/b", "name", "file.zip|zipfile.", 0 },
	{ "RFC 2231, a section twice", "a/b; name*0=a; name*0=b; name*1=c", "a/b", "name", "ac|abc", 0 },
	{ "RFC 2231 goes before the plain form", "a/b; name=file.png; name*=''file.zip", "a/b", "name", "file.zip|file.png", 0 },
	{ "RFC 2231, percent signs without the mark", "a/b; name*0=b%5Fx", "a/b", "name", "b%5Fx|b_x", 0 },
	{ "RFC 2231, a star too many", "a/b; name**=x; name*=''y", "a/b", "name", "y", 0 },
	{ "nothing", "", "", "name", "", 0 },
};

static void
check_row(const struct row *row)
{
	struct sl_buf out[SL_PARAMS_READINGS_MAX], all, best;
	struct sl_params params;
	bool found;
	size_t n;

	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_init(&out[i], 4096);
	sl_buf_init(&all, 4096);
	sl_buf_init(&best, 4096);
	sl_params_init(&params, sl_slice_str(row->in));
	n = sl_params_readings(&params, 1, row->param, out);
	for (size_t i = 0; i < n; i++)
		sl_buf_addf(&all, "%s%s", i > 0 ? "|" : "", sl_buf_cstr(&out[i]));
	found = sl_params_get(&params, row->param, &best);
	if (!sl_slice_eq(params.token, sl_slice_str(row->token)) || params.odd != row->odd ||
	    strcmp(sl_buf_cstr(&all), row->readings) != 0)
		fail_msg("%s: token \"" SL_SLICE_FMT "\", \"%s\", odd %u", row->name,
		    SL_SLICE_ARG(params.token), sl_buf_cstr(&all), params.odd);
	assert_int_equal(found, sl_params_has(&params, row->param));
	assert_int_equal(found, n > 0);
	if (found)
		assert_true(sl_slice_eq(sl_buf_slice(&best), sl_buf_slice(&out[0])));
	sl_params_fini(&params);
	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_fini(&out[i]);
	sl_buf_fini(&all);
	sl_buf_fini(&best);
}

static void
parameters_are_read_in_all_their_readings(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		check_row(&rows[i]);
}

static void
sections_may_stand_in_two_fields(void **state)
{
	struct sl_buf out[SL_PARAMS_READINGS_MAX];
	struct sl_params fields[2];

	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_init(&out[i], 4096);
	sl_params_init(&fields[0], SL_SLICE_LIT("attachment; name*0=file."));
	sl_params_init(&fields[1], SL_SLICE_LIT("a/b; name*1=zip"));
	assert_int_equal(sl_params_readings(fields, 2, "name", out), 1);
	assert_string_equal(sl_buf_cstr(&out[0]), "file.zip");
	sl_params_fini(&fields[0]);
	sl_params_fini(&fields[1]);
	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_fini(&out[i]);
}

static void
parameters_past_the_limit_are_named_and_not_kept(void **state)
{
	struct sl_params params;
	struct sl_buf in;

	sl_buf_init(&in, 1 << 20);
	sl_buf_add_str(&in, "a/b");
	for (int i = 0; i < SL_PARAMS_MAX; i++)
		sl_buf_addf(&in, "; p%d=x", i);
	sl_params_init(&params, sl_buf_slice(&in));
	assert_int_equal(params.count, SL_PARAMS_MAX);
	assert_int_equal(params.odd, 0);
	sl_params_fini(&params);
	sl_buf_add_str(&in, "; last=x");
	sl_params_init(&params, sl_buf_slice(&in));
	assert_int_equal(params.count, SL_PARAMS_MAX);
	assert_int_equal(params.odd, SL_PARAMS_ODD_MANY);
	sl_params_fini(&params);
	sl_buf_fini(&in);
}

static void
hostile_values_take_linear_time(void **state)
{
	static const char *const pieces[] = { "(", "()", "\"", ";a=\"", "\\", "a=", ";a*0=%", "(a)\"b\"", "; a\n =" };

	for (size_t i = 0; i < SL_COUNT(pieces); i++) {
		struct sl_buf in, out[SL_PARAMS_READINGS_MAX];
		struct sl_params params;

		sl_buf_init(&in, 1 << 23);
		sl_buf_add_str(&in, "a/b;");
		while (in.len < 256u << 10)
			sl_buf_add_str(&in, pieces[i]);
		for (size_t k = 0; k < SL_PARAMS_READINGS_MAX; k++)
			sl_buf_init(&out[k], 1 << 20);
		sl_params_init(&params, sl_buf_slice(&in));
		sl_params_readings(&params, 1, "a", out);
		sl_params_fini(&params);
		for (size_t k = 0; k < SL_PARAMS_READINGS_MAX; k++)
			sl_buf_fini(&out[k]);
		sl_buf_fini(&in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_read_in_all_their_readings),
		cmocka_unit_test(sections_may_stand_in_two_fields),
		cmocka_unit_test(parameters_past_the_limit_are_named_and_not_kept),
		cmocka_unit_test(hostile_values_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
