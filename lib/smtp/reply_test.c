/* reply_test.c - see reply.h */

#include "check.h"
#include "smtp/reply.h"

#include <stdio.h>

static void
replies_are_read(void **state)
{
	static const struct {
		const char	*in;
		int		 code;
		const char	*enhanced;
		const char	*text;		/* lines parted by '|' */
		size_t		 rest;		/* bytes after the reply */
	} rows[] = {
		{ "250 2.1.0 Ok\r\n", 250, "2.1.0", "Ok", 0 },
		{ "250 2.1.0 Ok\r\n354 go\r\n", 250, "2.1.0", "Ok", 8 },
		{ "354 End data with <CR><LF>.<CR><LF>\r\n", 354, "", "End data with <CR><LF>.<CR><LF>", 0 },
		{ "250\r\n", 250, "", "", 0 },
		{ "250 \r\n", 250, "", "", 0 },
		{ "250 ok\n", 250, "", "ok", 0 },
		{ "250-a\r\n250-b\n250 c\r\n", 250, "", "a|b|c", 0 },
		{ "250-a\r\n250\r\n", 250, "", "a|", 0 },
		{ "550-5.1.1 No\r\n550 5.1.1 such user\r\n", 550, "5.1.1", "No|such user", 0 },
		{ "550-5.1.1 No\r\n550 such user\r\n", 550, "5.1.1", "No|such user", 0 },
		{ "550-5.1.1 No\r\n550 5.1.10 such\r\n", 550, "5.1.1", "No|5.1.10 such", 0 },
		{ "550 5.1.1\r\n", 550, "5.1.1", "", 0 },
		{ "451 5.1.1 class differs\r\n", 451, "", "5.1.1 class differs", 0 },
		{ "354 3.0.0 no such class\r\n", 354, "", "3.0.0 no such class", 0 },
		{ "550 5.7.1234 x\r\n", 550, "", "5.7.1234 x", 0 },
		{ "550 5.7.123 x\r\n", 550, "5.7.123", "x", 0 },
		{ "550 5.7.1: x\r\n", 550, "", "5.7.1: x", 0 },
		{ "550 5.7\r\n", 550, "", "5.7", 0 },
		{ "599 x\r\n", 599, "", "x", 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_reply reply;
		struct sl_slice line;
		char text[100] = "";
		size_t used, position = 0;

		assert_int_equal(sl_smtp_reply_parse(sl_slice_str(rows[i].in), &reply, &used), SL_DONE);
		assert_int_equal(used, strlen(rows[i].in) - rows[i].rest);
		assert_int_equal(reply.code, rows[i].code);
		assert_true(sl_slice_eq(reply.enhanced, sl_slice_str(rows[i].enhanced)));
		assert_int_equal(reply.raw.len, used);
		while (sl_smtp_reply_line(&reply, &position, &line))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "|" SL_SLICE_FMT,
			    SL_SLICE_ARG(line));
		assert_string_equal(text + 1, rows[i].text);
	}
}

static void
what_is_no_reply_is_told_at_once(void **state)
{
	static const struct {
		const char	*in;
		size_t		 len;
		int		 result;
	} rows[] = {
		{ "", 0, SL_MORE }, { "2", 1, SL_MORE }, { "250", 3, SL_MORE }, { "250-", 4, SL_MORE },
		{ "250 Ok\r", 7, SL_MORE }, { "250-Ok\r\n", 8, SL_MORE }, { "250-Ok\r\n25", 10, SL_MORE },
		{ "H", 1, SL_ERR_SYNTAX }, { "1", 1, SL_ERR_SYNTAX }, { "6", 1, SL_ERR_SYNTAX },
		{ "2x", 2, SL_ERR_SYNTAX }, { "\r\n", 2, SL_ERR_SYNTAX }, { "25\r\n", 4, SL_ERR_SYNTAX },
		{ "250_", 4, SL_ERR_SYNTAX }, { "2500", 4, SL_ERR_SYNTAX }, { "250O", 4, SL_ERR_SYNTAX },
		{ "250-a\r\n251", 10, SL_ERR_SYNTAX }, { "250-a\r\nxyz", 8, SL_ERR_SYNTAX },
		{ "250 a\rb", 7, SL_ERR_SYNTAX }, { "250 a\r\r\n", 8, SL_ERR_SYNTAX },
		{ "250 a\0b", 7, SL_ERR_SYNTAX }, { "250-\n\n", 6, SL_ERR_SYNTAX },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_reply reply;
		size_t used;

		assert_int_equal(sl_smtp_reply_parse(sl_slice(rows[i].in, rows[i].len), &reply, &used),
		    rows[i].result);
	}
}

static void
cuts_change_nothing(void **state)
{
	static const char *const rows[] = {
		"250-mx.example\r\n250-SIZE 100\r\n250-\r\n250 DSN\r\n", "550 5.1.1 x\r\n", "220\r\n",
		"250-a\r\n550 b\r\n", "250-a\r\n250:b\r\n", "421 a\rb\r\n",
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		size_t len = strlen(rows[i]), used = 0, seen;
		struct sl_smtp_reply reply, again;
		int whole = sl_smtp_reply_parse(sl_slice(rows[i], len), &reply, &used);

		assert_int_not_equal(whole, SL_MORE);
		for (size_t cut = 0; cut < len; cut++) {
			int r = sl_smtp_reply_parse(sl_slice(rows[i], cut), &again, &seen);

			assert_true(r == SL_MORE || r == whole);
			assert_true(whole != SL_DONE || r == SL_MORE);
		}
	}
}

static void
a_reply_is_limited(void **state)
{
	static char in[SL_SMTP_REPLY_MAX + 2];
	struct sl_smtp_reply reply;
	size_t used;

	for (size_t i = 0; i < SL_SMTP_REPLY_MAX; i += 8)
		memcpy(in + i, "250-ab\r\n", 8);
	in[SL_SMTP_REPLY_MAX] = '2';
	assert_int_equal(sl_smtp_reply_parse(sl_slice(in, SL_SMTP_REPLY_MAX), &reply, &used), SL_MORE);
	assert_int_equal(sl_smtp_reply_parse(sl_slice(in, sizeof(in) - 1), &reply, &used),
	    SL_ERR_TOO_LONG);
	in[SL_SMTP_REPLY_MAX - 5] = ' ';
	assert_int_equal(sl_smtp_reply_parse(sl_slice(in, SL_SMTP_REPLY_MAX), &reply, &used), SL_DONE);
	assert_int_equal(used, SL_SMTP_REPLY_MAX);
	memset(in + 4, 'x', sizeof(in) - 4);
	assert_int_equal(sl_smtp_reply_parse(sl_slice(in, SL_SMTP_REPLY_MAX), &reply, &used), SL_MORE);
	assert_int_equal(sl_smtp_reply_parse(sl_slice(in, sizeof(in)), &reply, &used), SL_ERR_TOO_LONG);
}

static void
replies_are_written(void **state)
{
	static const struct {
		int		 code;
		const char	*enhanced;
		const char	*text;
		const char	*out;
	} rows[] = {
		{ 250, "2.0.0", "Ok", "250 2.0.0 Ok\r\n" },
		{ 250, NULL, "mx.example\nSIZE 1\nDSN", "250-mx.example\r\n250-SIZE 1\r\n250 DSN\r\n" },
		{ 550, "5.1.1", "No\nsuch user\n", "550-5.1.1 No\r\n550 5.1.1 such user\r\n" },
		{ 200, NULL, "x", "200 x\r\n" },
		{ 599, "5.999.999", "x", "599 5.999.999 x\r\n" },
		{ 354, "", "Go on", "354 Go on\r\n" },
		{ 220, NULL, "", "220 \r\n" },
		{ 250, NULL, "\n", "250 \r\n" },
		{ 250, NULL, "a\n\n", "250-a\r\n250 \r\n" },	/* an empty last line is one */
		{ 250, NULL, "a\n\nb", "250-a\r\n250-\r\n250 b\r\n" },
		{ 550, "5.7.1", "a\rb\x01\x7f\tc\xc3\xa9", "550 5.7.1 a?b??\tc\xc3\xa9\r\n" },
	};
	struct sl_buf out;

	sl_buf_init(&out, 1000);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		sl_buf_reset(&out);
		sl_smtp_reply_write(&out, rows[i].code, rows[i].enhanced, sl_slice_str(rows[i].text));
		assert_string_equal(sl_buf_cstr(&out), rows[i].out);
	}
	sl_buf_reset(&out);
	sl_smtp_reply_write(&out, 550, NULL, sl_slice("a\0b", 3));
	sl_smtp_reply_write(&out, 250, "2.0.0", sl_slice(NULL, 0));
	assert_string_equal(sl_buf_cstr(&out), "550 a?b\r\n250 2.0.0 \r\n");
	sl_buf_fini(&out);
}

static void
long_lines_are_broken_where_a_word_ends(void **state)
{
	static const struct {
		size_t		 len;		/* of the first word */
		const char	*after;		/* what follows it */
		size_t		 first;		/* length of the first line written, without CRLF */
		const char	*second;	/* the second line; NULL: none */
	} rows[] = {
		{ 500, "", 510, NULL },
		{ 501, "", 510, "550 5.1.1 a" },
		{ 500, " b", 510, "550 5.1.1 b" },
		{ 500, " ", 510, NULL },
		{ 490, " 0123456789", 500, "550 5.1.1 0123456789" },
		{ 499, "\xc3\xa9", 509, "550 5.1.1 \xc3\xa9" },
		{ 498, "\xe2\x82\xac", 508, "550 5.1.1 \xe2\x82\xac" },
		{ 497, "\xe2\x82\xac", 510, NULL },
	};
	struct sl_buf out;
	char text[600];

	sl_buf_init(&out, 2000);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const char *written, *end;

		memset(text, 'a', rows[i].len);
		strcpy(text + rows[i].len, rows[i].after);
		sl_buf_reset(&out);
		sl_smtp_reply_write(&out, 550, "5.1.1", sl_slice_str(text));
		written = sl_buf_cstr(&out);
		end = strstr(written, "\r\n");
		assert_int_equal(end - written, rows[i].first);
		assert_int_equal(written[3], rows[i].second == NULL ? ' ' : '-');
		assert_int_equal(end[2] == '\0', rows[i].second == NULL);
		if (rows[i].second != NULL) {
			assert_memory_equal(end + 2, rows[i].second, strlen(rows[i].second));
			assert_string_equal(end + 2 + strlen(rows[i].second), "\r\n");
		}
	}
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(what_is_no_reply_is_told_at_once),
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(a_reply_is_limited),
		cmocka_unit_test(replies_are_written),
		cmocka_unit_test(long_lines_are_broken_where_a_word_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
