/* command_test.c - see command.h */

#include "check.h"
#include "smtp/command.h"

static void
every_line_is_a_command(void **state)
{
	static const struct {
		const char		*line;
		enum sl_smtp_verb	 verb;
		const char		*word;
		const char		*argument;
	} rows[] = {
		{ "EHLO mx.example", SL_SMTP_EHLO, "EHLO", "mx.example" },
		{ "ehlo  mx.example \t", SL_SMTP_EHLO, "ehlo", "mx.example" },
		{ "MAIL FROM:<a@b> SIZE=1", SL_SMTP_MAIL, "MAIL", "FROM:<a@b> SIZE=1" },
		{ "DATA", SL_SMTP_DATA, "DATA", "" },
		{ "DATA\t", SL_SMTP_DATA, "DATA", "" },
		{ "sTaRtTlS", SL_SMTP_STARTTLS, "sTaRtTlS", "" },
		{ "STAR", SL_SMTP_UNKNOWN, "STAR", "" },
		{ "STARTTLSX", SL_SMTP_UNKNOWN, "STARTTLSX", "" },
		{ "DATAX", SL_SMTP_UNKNOWN, "DATAX", "" },
		{ "DAT", SL_SMTP_UNKNOWN, "DAT", "" },
		{ "d\x01ta", SL_SMTP_UNKNOWN, "d\x01ta", "" },
		{ "xclient NAME=x", SL_SMTP_XCLIENT, "xclient", "NAME=x" },
		{ "XFORWARD NAME=x", SL_SMTP_XFORWARD, "XFORWARD", "NAME=x" },
		{ "", SL_SMTP_UNKNOWN, "", "" },
		{ " NOOP", SL_SMTP_UNKNOWN, "", "NOOP" },
		{ "GET / HTTP/1.1", SL_SMTP_UNKNOWN, "GET", "/ HTTP/1.1" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_command c;

		sl_smtp_command_parse(sl_slice_str(rows[i].line), &c);
		assert_int_equal(c.verb, rows[i].verb);
		assert_true(sl_slice_eq(c.word, sl_slice_str(rows[i].word)));
		assert_true(sl_slice_eq(c.argument, sl_slice_str(rows[i].argument)));
	}
}

static void
every_verb_is_found_by_its_name(void **state)
{
	for (int verb = 0; verb < SL_SMTP_UNKNOWN; verb++) {
		struct sl_smtp_command c;

		sl_smtp_command_parse(sl_slice_str(sl_smtp_verb_name(verb)), &c);
		assert_int_equal(c.verb, verb);
	}
	assert_string_equal(sl_smtp_verb_name(SL_SMTP_UNKNOWN), "?");
}

struct refused {
	const char	*argument;
	int		 code;
	const char	*enhanced;
};

#define S10	"0123456789"
#define S70	S10 S10 S10 S10 S10 S10 S10

static void
a_sender_that_is_wrong_is_answered_honestly(void **state)
{
	static const struct refused rows[] = {
		{ "", 501, "5.5.4" },
		{ "FROM", 501, "5.5.4" },
		{ "FROM <a@b>", 501, "5.5.4" },
		{ "FROM :<a@b>", 501, "5.5.4" },
		{ "TO:<a@b>", 501, "5.5.4" },
		{ "FROM:", 501, "5.1.7" },
		{ "FROM:a@b", 501, "5.1.7" },
		{ "FROM:<a@b", 501, "5.1.7" },
		{ "FROM:<a@b>>", 501, "5.1.7" },
		{ "FROM:<a@b>SIZE=1", 501, "5.1.7" },
		{ "FROM:<a..b@c>", 501, "5.1.7" },
		{ "FROM:<postmaster>", 501, "5.1.7" },
		{ "FROM:<" S70 "@b>", 501, "5.1.7" },
		{ "FROM:<a@b> =1", 501, "5.5.4" },
		{ "FROM:<a@b> SIZE=", 501, "5.5.4" },
		{ "FROM:<a@b> SIZE", 501, "5.5.4" },
		{ "FROM:<a@b> SIZE=1k", 501, "5.5.4" },
		{ "FROM:<a@b> SIZE=-1", 501, "5.5.4" },
		{ "FROM:<a@b> SIZE=18446744073709551616", 552, "5.3.4" },
		{ "FROM:<a@b> SIZE=99999999999999999999", 552, "5.3.4" },
		{ "FROM:<a@b> SIZE=000000000000000000001", 501, "5.5.4" },	/* 21 digits */
		{ "FROM:<a@b> SIZE=1 size=1", 501, "5.5.4" },
		{ "FROM:<a@b> X-A X-a=1", 501, "5.5.4" },
		{ "FROM:<a@b> BODY", 501, "5.5.4" },
		{ "FROM:<a@b> BODY=8BIT", 501, "5.5.4" },
		{ "FROM:<a@b> SMTPUTF8=1", 501, "5.5.4" },
		{ "FROM:<a@b> AUTH", 501, "5.5.4" },
		{ "FROM:<a@b> AUTH=a+4", 501, "5.5.4" },
		{ "FROM:<a@b> AUTH=a+4g", 501, "5.5.4" },
		{ "FROM:<a@b> AUTH=a+3d", 501, "5.5.4" },
		{ "FROM:<a@b> AUTH=a\xc3\xa9", 501, "5.5.4" },
		{ "FROM:<a@b> X=a=b", 501, "5.5.4" },
		{ "FROM:<a@b> -X=a", 501, "5.5.4" },
		{ "FROM:<a@b> X_Y=a", 501, "5.5.4" },
		{ "FROM:<a@b> X=a\x01", 501, "5.5.4" },
		{ "FROM:<a@b> X=\xff", 501, "5.5.4" },
		{ "FROM:<a@b> A B C D E F G H I J K L M N O P Q", 501, "5.5.4" },
		{ "FROM:<\xc3\xa9@b>", 553, "5.6.7" },
		{ "FROM:<a@\xc3\xa9> BODY=8BITMIME", 553, "5.6.7" },
		{ "FROM:<\xe9@b> SMTPUTF8", 501, "5.1.7" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_status reply = { 0 };
		struct sl_smtp_mail mail;

		assert_int_equal(sl_smtp_mail_parse(sl_slice_str(rows[i].argument), &mail, &reply),
		    SL_ERR_SYNTAX);
		if (reply.code != rows[i].code || strcmp(reply.enhanced, rows[i].enhanced) != 0)
			fail_msg("%s: %d %s %s", rows[i].argument, reply.code, reply.enhanced,
			    reply.text);
		assert_true(strlen(reply.text) > 10);
	}
}

static void
a_sender_is_described(void **state)
{
	static const struct {
		const char		*argument;
		const char		*mailbox;
		int64_t			 size_bytes;	/* -1: not given */
		int			 body;		/* -1: not given */
		bool			 smtputf8;
		size_t			 params;
	} rows[] = {
		{ "FROM:<a@b>", "a@b", -1, -1, false, 0 },
		{ "from:<a@b>", "a@b", -1, -1, false, 0 },
		{ "FROM: \t<a@b>", "a@b", -1, -1, false, 0 },
		{ "FROM:<>", "", -1, -1, false, 0 },
		{ "FROM:<> SIZE=0", "", 0, -1, false, 1 },
		{ "FROM:<a@b>  size=1000 \t body=8bitmime", "a@b", 1000, SL_SMTP_BODY_8BITMIME, false, 2 },
		{ "FROM:<a@b> BODY=7BIT", "a@b", -1, SL_SMTP_BODY_7BIT, false, 1 },
		{ "FROM:<a@b> BODY=BinaryMime", "a@b", -1, SL_SMTP_BODY_BINARYMIME, false, 1 },
		{ "FROM:<a@b> SIZE=00000000000000000009", "a@b", 9, -1, false, 1 },
		{ "FROM:<a@b> SIZE=9223372036854775807", "a@b", INT64_MAX, -1, false, 1 },
		{ "FROM:<\xc3\xa9@b> SMTPUTF8", "\xc3\xa9@b", -1, -1, true, 1 },
		{ "FROM:<a@b> AUTH=<> RET=HDRS ENVID=QQ314159", "a@b", -1, -1, false, 3 },
		{ "FROM:<a@b> AUTH=e+3Dmc2@example.com", "a@b", -1, -1, false, 1 },
		{ "FROM:<a@b> AUTH=+09+AF", "a@b", -1, -1, false, 1 },
		{ "FROM:<a@b> 8X Y-Z= !", NULL, 0, 0, false, 0 },
		{ "FROM:<a@b> 8X Y-Z=!~", "a@b", -1, -1, false, 2 },
		{ "FROM:<a@b> A B C D E F G H I J K L M N O P", "a@b", -1, -1, false, 16 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_status reply;
		struct sl_smtp_mail mail;
		int r = sl_smtp_mail_parse(sl_slice_str(rows[i].argument), &mail, &reply);

		assert_int_equal(r, rows[i].mailbox == NULL ? SL_ERR_SYNTAX : 0);
		if (r != 0)
			continue;
		assert_true(sl_slice_eq(mail.from.mailbox, sl_slice_str(rows[i].mailbox)));
		assert_int_equal(mail.from.is_null, rows[i].mailbox[0] == '\0');
		assert_int_equal(mail.has_size, rows[i].size_bytes >= 0);
		assert_true(!mail.has_size || mail.size_bytes == (uint64_t)rows[i].size_bytes);
		assert_int_equal(mail.has_body, rows[i].body >= 0);
		assert_int_equal(mail.body, SL_MAX(rows[i].body, 0));
		assert_int_equal(mail.smtputf8, rows[i].smtputf8);
		assert_int_equal(mail.params_len, rows[i].params);
	}
}

static void
parameters_are_left_as_written(void **state)
{
	struct sl_smtp_status reply;
	struct sl_smtp_rcpt rcpt;

	assert_int_equal(sl_smtp_rcpt_parse(SL_SLICE_LIT(
	    "TO:<a@b> Notify=SUCCESS,delay ORCPT=rfc822;a+2Bb@c X-Flag"), &rcpt, &reply), 0);
	assert_int_equal(rcpt.params_len, 3);
	assert_true(sl_slice_eq(rcpt.params[0].name, SL_SLICE_LIT("Notify")));
	assert_true(sl_slice_eq(rcpt.params[0].value, SL_SLICE_LIT("SUCCESS,delay")));
	assert_true(sl_slice_eq(rcpt.params[1].value, SL_SLICE_LIT("rfc822;a+2Bb@c")));
	assert_true(sl_slice_eq(rcpt.params[2].name, SL_SLICE_LIT("X-Flag")));
	assert_null(rcpt.params[2].value.ptr);
}

static void
recipients_are_read(void **state)
{
	static const struct refused rows[] = {
		{ "TO:<a@b>", 0, NULL },
		{ "to: <a@b>", 0, NULL },
		{ "TO:<POSTMASTER>", 0, NULL },
		{ "TO:<@relay.example:a@b>", 0, NULL },
		{ "TO:<\xc3\xa9@b>", 0, NULL },		/* whether MAIL said SMTPUTF8 is not known */
		{ "FROM:<a@b>", 501, "5.5.4" },
		{ "", 501, "5.5.4" },
		{ "TO:", 501, "5.1.3" },
		{ "TO:<>", 501, "5.1.3" },
		{ "TO:a@b", 501, "5.1.3" },
		{ "TO:<a>", 501, "5.1.3" },
		{ "TO:<a@b><c@d>", 501, "5.1.3" },
		{ "TO:<a@b>,<c@d>", 501, "5.1.3" },
		{ "TO:<" S70 "@b>", 501, "5.1.3" },
		{ "TO:<a@b> NOTIFY=", 501, "5.5.4" },
		{ "TO:<a@b> NOTIFY=NEVER NOTIFY=NEVER", 501, "5.5.4" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_smtp_status reply = { 0 };
		struct sl_smtp_rcpt rcpt;
		int r = sl_smtp_rcpt_parse(sl_slice_str(rows[i].argument), &rcpt, &reply);

		assert_int_equal(r, rows[i].code == 0 ? 0 : SL_ERR_SYNTAX);
		assert_int_equal(reply.code, rows[i].code);
		assert_true(r == 0 || strcmp(reply.enhanced, rows[i].enhanced) == 0);
	}
}

static void
helo_names_are_taken_as_real_senders_write_them(void **state)
{
	static const char *const good[] = { "a.example", "WIN-4K7", "my_host.local", "[192.0.2.1]",
	    "192.0.2.1", "[IPv6:::1]", "-", "a..b", "m\xc3\xbcller" };
	static const char *const bad[] = { "", "a b", "a\tb", "a\x7f", "\x01" };
	char name[256];

	for (size_t i = 0; i < SL_COUNT(good); i++)
		assert_true(sl_smtp_helo_ok(sl_slice_str(good[i])));
	for (size_t i = 0; i < SL_COUNT(bad); i++)
		assert_false(sl_smtp_helo_ok(sl_slice_str(bad[i])));
	memset(name, 'a', sizeof(name));
	assert_true(sl_smtp_helo_ok(sl_slice(name, 255)));
	assert_false(sl_smtp_helo_ok(sl_slice(name, 256)));
}

static void
bdat_chunks_are_read(void **state)
{
	static const struct {
		const char	*argument;
		int		 result;
		uint64_t	 size_bytes;
		bool		 last;
	} rows[] = {
		{ "1000", 0, 1000, false },
		{ "0 LAST", 0, 0, true },
		{ "86  last", 0, 86, true },
		{ "18446744073709551615 LAST", 0, UINT64_MAX, true },
		{ "18446744073709551616", SL_ERR_SYNTAX, 0, false },
		{ "", SL_ERR_SYNTAX, 0, false },
		{ "LAST", SL_ERR_SYNTAX, 0, false },
		{ "-1", SL_ERR_SYNTAX, 0, false },
		{ "+1", SL_ERR_SYNTAX, 0, false },
		{ "0x10", SL_ERR_SYNTAX, 0, false },
		{ "10 LAST LAST", SL_ERR_SYNTAX, 0, false },
		{ "10 FIRST", SL_ERR_SYNTAX, 0, false },
		{ "10LAST", SL_ERR_SYNTAX, 0, false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		uint64_t size_bytes = 0;
		bool last = false;

		assert_int_equal(sl_smtp_bdat_parse(sl_slice_str(rows[i].argument), &size_bytes, &last),
		    rows[i].result);
		assert_true(size_bytes == rows[i].size_bytes);
		assert_int_equal(last, rows[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_a_command),
		cmocka_unit_test(every_verb_is_found_by_its_name),
		cmocka_unit_test(a_sender_that_is_wrong_is_answered_honestly),
		cmocka_unit_test(a_sender_is_described),
		cmocka_unit_test(parameters_are_left_as_written),
		cmocka_unit_test(recipients_are_read),
		cmocka_unit_test(helo_names_are_taken_as_real_senders_write_them),
		cmocka_unit_test(bdat_chunks_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
