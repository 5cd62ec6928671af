/* sa_view_test.c - tests of sa_view.h and sa_eval.h; test/saview compares with SpamAssassin itself */

#include "rules/sa_eval.h"
#include "cuts.h"

#define TLDS	"com net org uk example info"

static struct sl_sa_conf *
make_conf(void)
{
	struct sl_sa_conf *conf = sl_sa_conf_new();

	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("util_rb_tld"), SL_SLICE_LIT(" " TLDS)));
	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("util_rb_2tld"), SL_SLICE_LIT("co.uk")));
	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("freemail_domains"), SL_SLICE_LIT("gmail.com yahoo.*")));
	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("enlist_addrlist"), SL_SLICE_LIT("(BANK) *@bank.com")));
	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("enlist_uri_host"), SL_SLICE_LIT("(NEW) info !good.info")));
	assert_true(sl_sa_conf_line(conf, SL_SLICE_LIT("redirector_pattern"), SL_SLICE_LIT("m'^http://go\\.com/\\?(.*)$'i")));
	assert_false(sl_sa_conf_line(conf, SL_SLICE_LIT("score"), SL_SLICE_LIT("X 1")));
	assert_false(sl_sa_conf_line(conf, SL_SLICE_LIT("redirector_pattern"), SL_SLICE_LIT("/(/")));
	return conf;
}

static struct sl_sa_view *
make_view(const struct sl_sa_conf *conf, const char *message)
{
	struct sl_sa_view *view = sl_sa_view_new(conf, 0);

	sl_sa_view_feed(view, (const unsigned char *)message, strlen(message));
	sl_sa_view_finish(view);
	return view;
}

#define HTML(text)	"Content-Type: text/html\n\n" text

/* ---- units: joined by "|" ---- */

static const struct {
	const char		*name;
	const char		*message;
	enum sl_rule_where	 where;
	const char		*expected;
} unit_rows[] = {
	{ "the subject is first, paragraphs follow, lines are joined", "Subject: hello\n\none\ntwo\n\nthree\n", SL_RULE_BODY,
	    "hello\n|one two\n|three " },
	{ "without a subject there is a blank line", "\nx\n", SL_RULE_BODY, "\n|x " },
	{ "an encoded subject is decoded", "Subject: =?utf-8?q?a=20b?= =?utf-8?B?Yw==?=\n\n", SL_RULE_BODY, "a bc\n" },
	{ "tags with white space of theirs", HTML("<p>one<br>two<td>three<b>four</b></p>"), SL_RULE_BODY,
	    "\n|\n|one two threefour\n" },
	{ "references", HTML("a&amp;b &copy; &#65;&eacute;&#x20ac;"), SL_RULE_BODY, "\n|a&b \xc2\xa9 A\xc3\xa9\xe2\x82\xac" },
	{ "Latin-1 alone stays in bytes", HTML("&eacute;"), SL_RULE_BODY, "\n|\xe9" },
	{ "comments and scripts are no text", HTML("a<!-- b -->c<script>d</script>e<style>f</style>"), SL_RULE_BODY, "\n|ace" },
	{ "an unclosed comment ends at '>'", HTML("a<!-- b > c"), SL_RULE_BODY, "\n|a c" },
	{ "what is no tag is text", HTML("1 < 2 <3>"), SL_RULE_BODY, "\n|1 < 2 <3>" },
	{ "multipart: parts are read in order",
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\n<b>two</b>\n--b--\n",
	    SL_RULE_BODY, "\n|one two" },
	{ "quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc  \n", SL_RULE_RAW_BODY, "a=bc\n" },
	{ "base64", "Content-Transfer-Encoding: base64\n\nYWJj\nZGVm\n", SL_RULE_RAW_BODY, "abcdef" },
	{ "base64 with rubbish in it", "Content-Transfer-Encoding: base64\n\nYW*Jj!\n", SL_RULE_RAW_BODY, "abc" },
	{ "attached files are no text",
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n--b--\n", SL_RULE_RAW_BODY, "" },
	{ "a message within", "Content-Type: message/rfc822\n\nSubject: in\n\ntext\n", SL_RULE_RAW_BODY, "text\n" },
	{ "the whole, without an mbox line", "From me Mon Jan 1\nA: b\n\nc\n", SL_RULE_FULL, "A: b\n\nc\n" },
	{ "a link in text", "\nsee http://www.a.com/x. and (b.org too)\n", SL_RULE_LINK, "http://www.a.com/x|http://b.org" },
	{ "a mail address in text", "\nme@a.com me@b.invalid\n", SL_RULE_LINK, "mailto:me@a.com" },
	{ "a link that is escaped", HTML("<a href='http://%77ww.a.com'>x</a>"), SL_RULE_LINK,
	    "http://%77ww.a.com|http://www.a.com" },
	{ "a relative link and its base", HTML("<base href='http://a.com/d/f.html'><a href='gg'>x</a>"), SL_RULE_LINK,
	    "http://a.com/d/f.html|http://a.com/d/gg|gg|http://gg|http://www.gg.com" },
	{ "a redirector", HTML("<a href='http://go.com/?b.org'>x</a>"), SL_RULE_LINK, "http://go.com/?b.org|b.org|http://b.org" },
	{ "a number for a host", HTML("<a href='http://0x7f000001/'>x</a>"), SL_RULE_LINK,
	    "http://0x7f000001/|http://127.0.0.1/" },
};

static void
units_are_spamassassins(void **state)
{
	for (size_t i = 0; i < SL_COUNT(unit_rows); i++) {
		struct sl_sa_conf *conf = make_conf();
		struct sl_sa_view *view = make_view(conf, unit_rows[i].message);
		struct sl_buf joined;

		sl_buf_init(&joined, 65536);
		for (size_t k = 0; k < sl_sa_view_count(view, unit_rows[i].where); k++) {
			if (k > 0)
				sl_buf_add_byte(&joined, '|');
			sl_buf_add_slice(&joined, sl_sa_view_unit(view, unit_rows[i].where, k));
		}
		if (strcmp(sl_buf_cstr(&joined), unit_rows[i].expected) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", unit_rows[i].name, sl_buf_cstr(&joined), unit_rows[i].expected);
		sl_buf_fini(&joined);
		sl_sa_view_free(&view);
		sl_sa_conf_free(&conf);
	}
	(void)state;
}

/* ---- header look-ups ---- */

#define TRACE	"Received: from mail.a.com (mail.a.com [192.0.2.1]) by mx.b.org (Postfix) with ESMTP id 4ABC\n" \
		"\tfor <me@b.org>; Mon, 1 Jan 2024 10:00:00 +0000\n"
#define RELAY	"[ ip=192.0.2.1 rdns=mail.a.com helo=mail.a.com by=mx.b.org ident= envfrom= intl=0 id=4ABC auth= msa=0 ]"

static const struct {
	const char	*name;
	const char	*message;
	const char	*header;
	const char	*expected;	/* NULL: there is none */
} header_rows[] = {
	{ "a field, unfolded, with a line end", "A: b\n  c\n\n", "A", "b c\n" },
	{ "names have no case", "Subject: x\n\n", "sUBJECT", "x\n" },
	{ "as it came", "A:  b\n  c\n\n", "A:raw", "  b\n  c\n" },
	{ "repeats are joined", "A: b\nA: c\n\n", "A", "b\nc\n" },
	{ "the first only", "A: b\nA: c\n\n", "A:first", "b\n" },
	{ "the last only", "A: b\nA: c\n\n", "A:last", "c\n" },
	{ "none", "A: b\n\n", "B", NULL },
	{ "an address", "From: \"X, Y\" <a@b.com> (c)\n\n", "From:addr", "a@b.com" },
	{ "its name", "From: \"X, Y\" <a@b.com>\n\n", "From:name", "X, Y" },
	{ "its name, encoded", "From: =?utf-8?q?J=C3=B6?= <a@b.com>\n\n", "From:name", "J\xc3\xb6" },
	{ "several addresses", "To: a@b.com, C <c@d.org>\n\n", "To:addr", "a@b.com\nc@d.org" },
	{ "an address that is broken", "From: X <a@[b>us\n\n", "From:addr", "a@[b" },
	{ "its host", "From: a@mail.b.co.uk\n\n", "From:addr:host", "mail.b.co.uk" },
	{ "its domain", "From: a@mail.b.co.uk\n\n", "From:addr:domain", "b.co.uk" },
	{ "recipients", "Cc: c\nTo: t\n\n", "ToCc", "t\nc\n" },
	{ "message identifiers", "Message-Id: <1>\nX-Message-Id: <2>\n\n", "MESSAGEID", "<2>\n<1>\n" },
	{ "an IP address", "X-Originating-IP: [192.0.2.7]\n\n", "X-Originating-IP:ip", "192.0.2.7" },
	{ "it backwards", "X-Originating-IP: [192.0.2.7]\n\n", "X-Originating-IP:revip", "7.2.0.192" },
	{ "all", "A: b\nC: d\n  e\n\n", "ALL", "A: b\nC: d e\n" },
	{ "all as they came", "A: b\nC: d\n  e\n\n", "ALL:raw", "A: b\nC: d\n  e\n" },
	{ "what another such program says is not looked at", "X-Spam-Flag: YES\nA: b\n\n", "ALL", "A: b\n" },
	{ "the relay", TRACE "\n", "X-Spam-Relays-Untrusted", RELAY },
	{ "no relay is trusted", TRACE "\n", "X-Spam-Relays-Trusted", "" },
	{ "the envelope's sender", "Return-Path: <r@a.com>\n" TRACE "\n", "EnvelopeFrom", "r@a.com" },
	{ "one below a trace is of another transport", TRACE "Return-Path: <r@a.com>\n\n", "EnvelopeFrom", NULL },
	{ "CRLF", "A: b\r\n c\r\n\r\nx\r\n", "A", "b c\n" },
};

static void
headers_are_looked_up(void **state)
{
	for (size_t i = 0; i < SL_COUNT(header_rows); i++) {
		struct sl_sa_conf *conf = make_conf();
		struct sl_sa_view *view = make_view(conf, header_rows[i].message);
		struct sl_slice value = sl_slice("", 0);
		bool found = sl_sa_header(view, header_rows[i].header, &value);
		const char *expected = header_rows[i].expected;

		if (found != (expected != NULL) || (found && !sl_slice_eq(value, sl_slice_str(expected))))
			fail_msg("%s: \"" SL_SLICE_FMT "\" instead of \"%s\"", header_rows[i].name, SL_SLICE_ARG(value),
			    expected == NULL ? "(none)" : expected);
		sl_sa_view_free(&view);
		sl_sa_conf_free(&conf);
	}
	(void)state;
}

/* ---- eval functions ---- */

static const struct {
	const char	*name;
	const char	*message;
	const char	*function;
	const char	*arguments[3];
	bool		 expected;
} eval_rows[] = {
	{ "a page", HTML("<b>x</b>"), "html_test", { "html" }, true },
	{ "no page", "\nx\n", "html_test", { "html" }, false },
	{ "a tag", HTML("<center>x"), "html_tag_exists", { "center" }, true },
	{ "a tag that is left open", HTML("<center>x"), "html_tag_balance", { "center", "!= 0" }, true },
	{ "a tag that is closed", HTML("<center>x</center>"), "html_tag_balance", { "center", "!= 0" }, false },
	{ "white on white", HTML("<span style='color:#ffffff'>x</span>"), "html_test", { "font_low_contrast" }, true },
	{ "black on white", HTML("<span style='color:#000'>x</span>"), "html_test", { "font_low_contrast" }, false },
	{ "a title", HTML("<title>long</title>"), "html_text_match", { "title", "^lo" }, true },
	{ "a subject in capitals", "Subject: BUY NOW HERE\n\n", "subject_is_all_caps", { NULL }, true },
	{ "a reply in capitals", "Subject: Re: OK NO\n\n", "subject_is_all_caps", { NULL }, false },
	{ "the recipient in the subject", "To: joe@a.com\nSubject: joe, hello\n\n", "check_for_to_in_subject", { "user" }, true },
	{ "another in the subject", "To: joe@a.com\nSubject: joel, hello\n\n", "check_for_to_in_subject", { "user" }, false },
	{ "a date two days late", "Date: Wed, 3 Jan 2024 10:00:00 +0000\n" TRACE "\n", "check_for_shifted_date", { "24", "96" },
	    true },
	{ "a date in time", "Date: Mon, 1 Jan 2024 11:00:00 +0100\n" TRACE "\n", "check_for_shifted_date", { "24", "96" },
	    false },
	{ "free mail", "From: a@yahoo.co.uk\n\n", "check_freemail_from", { NULL }, false },
	{ "free mail by a pattern", "From: a@yahoo.com\n\n", "check_freemail_from", { NULL }, true },
	{ "free mail, answers go to other free mail", "From: a@gmail.com\nReply-To: b@gmail.com\n\n", "check_freemail_replyto",
	    { "replyto" }, true },
	{ "a listed sender", "From: x@BANK.com\n\n", "check_from_in_list", { "BANK" }, true },
	{ "a listed host", "\nhttp://x.bad.info/\n", "check_uri_host_listed", { "NEW" }, true },
	{ "an exception of it", "\nhttp://x.good.info/\n", "check_uri_host_listed", { "NEW" }, false },
	{ "no relays", "A: b\n\n", "check_no_relays", { NULL }, true },
	{ "relays", TRACE "\n", "check_no_relays", { NULL }, false },
	{ "other links than shown", HTML("<a href='http://a.com/'>https://b.org/</a>"), "check_https_http_mismatch", { "1", "10" },
	    true },
	{ "a short body", "\nabc\n", "check_body_length", { "128" }, true },
	{ "an image", "Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lGODlhLAGQAQ==\n", "pixel_coverage",
	    { "gif", "120000", "120000" }, true },
	{ "text and HTML differ", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n"
	    "Content-Type: text/html\n\ntwo\n--b--\n", "multipart_alternative_difference", { "99", "100" }, true },
	{ "text and HTML agree", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n"
	    "Content-Type: text/html\n\n<b>one</b>\n--b--\n", "multipart_alternative_difference", { "99", "100" }, false },
	{ "no blank line after the header", "A: b\n--x\n", "check_msg_parse_flags", { "missing_head_body_separator" }, true },
};

static void
evals_answer(void **state)
{
	for (size_t i = 0; i < SL_COUNT(eval_rows); i++) {
		struct sl_sa_conf *conf = make_conf();
		struct sl_sa_view *view = make_view(conf, eval_rows[i].message);
		const struct sl_sa_eval *eval = sl_sa_eval_find(eval_rows[i].function);
		size_t len = 0;

		while (len < 3 && eval_rows[i].arguments[len] != NULL)
			len++;
		assert_non_null(eval);
		assert_non_null(eval->function);
		if (eval->function(view, eval_rows[i].arguments, len) != eval_rows[i].expected)
			fail_msg("%s", eval_rows[i].name);
		sl_sa_view_free(&view);
		sl_sa_conf_free(&conf);
	}
	(void)state;
}

static void
every_function_has_an_answer_or_a_reason(void **state)
{
	for (const struct sl_sa_eval *e = sl_sa_eval_functions; e->name != NULL; e++) {
		assert_true((e->function != NULL) != (e->reason != NULL));
		assert_ptr_equal(sl_sa_eval_find(e->name), e);	/* none twice */
	}
	assert_null(sl_sa_eval_find("no_such_function"));
	(void)state;
}

/* ---- cuts, and limits ---- */

static void
tell(void *ctx, enum sl_rule_where where, struct sl_slice unit)
{
	sl_buf_addf(ctx, "%d:", (int)where);
	sl_buf_add_slice(ctx, unit);
}

static void
run_cut(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_sa_view *view = sl_sa_view_new(ctx, 0);
	struct sl_slice piece;

	while (cuts_next(cuts, &piece))
		sl_sa_view_feed(view, piece.ptr, piece.len);
	sl_sa_view_finish(view);
	sl_sa_view_tell(view, SL_RULE_BODY, tell, result);
	sl_sa_view_tell(view, SL_RULE_LINK, tell, result);
	sl_sa_view_tell(view, SL_RULE_FULL, tell, result);
	sl_sa_view_free(&view);
}

static void
cuts_change_nothing(void **state)
{
	struct sl_sa_conf *conf = make_conf();
	struct cuts whole = { .in = sl_slice_str("Subject: x\n" HTML("<a href='http://a.com'>b</a>")), .split = SIZE_MAX };
	struct sl_buf expected;

	sl_buf_init(&expected, 65536);
	run_cut(conf, &whole, &expected);
	cuts_check(whole.in, run_cut, conf, sl_buf_cstr(&expected), expected.len);
	sl_buf_fini(&expected);
	sl_sa_conf_free(&conf);
	(void)state;
}

static void
what_is_beyond_the_limit_is_not_looked_at(void **state)
{
	static const char message[] = "A: b\n\n0123456789";
	struct sl_sa_conf *conf = make_conf();

	for (size_t over = 0; over < 2; over++) {
		struct sl_sa_view *view = sl_sa_view_new(conf, sizeof(message) - 1 - over);

		sl_sa_view_feed(view, (const unsigned char *)message, sizeof(message) - 1);
		sl_sa_view_finish(view);
		assert_int_equal(sl_sa_view_cut(view), over == 1);
		assert_int_equal(sl_sa_view_unit(view, SL_RULE_RAW_BODY, 0).len, 10 - over);
		sl_sa_view_free(&view);
	}
	sl_sa_conf_free(&conf);
	(void)state;
}

static void
parts_have_headers(void **state)
{
	struct sl_sa_conf *conf = make_conf();
	struct sl_sa_view *view = make_view(conf,
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\nX-A: 1\n\none\n--b\nX-A: =?utf-8?q?2?=\n\ntwo\n--b--\n");
	struct sl_slice value;

	assert_int_equal(sl_sa_part_count(view), 3);
	assert_false(sl_sa_part_header(view, 0, "X-A", &value));
	assert_true(sl_sa_part_header(view, 2, "x-a", &value));
	assert_true(sl_slice_eq(value, SL_SLICE_LIT("2\n")));
	assert_true(sl_sa_part_header(view, 2, "X-A:raw", &value));
	assert_true(sl_slice_eq(value, SL_SLICE_LIT("=?utf-8?q?2?=\n")));
	sl_sa_view_free(&view);
	sl_sa_conf_free(&conf);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_spamassassins),
		cmocka_unit_test(headers_are_looked_up),
		cmocka_unit_test(evals_answer),
		cmocka_unit_test(every_function_has_an_answer_or_a_reason),
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(what_is_beyond_the_limit_is_not_looked_at),
		cmocka_unit_test(parts_have_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
