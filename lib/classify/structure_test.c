/* structure_test.c - how a message is made is told with its facts; dates are read as they are written */

#include "evidence_test_i.h"

#include "classify/structure.h"

#define NOW	1700000000	/* Tue, 14 Nov 2023 22:13:20 +0000 */

static void
dates_are_read_with_what_is_wrong(void **state)
{
	static const struct {
		const char	*text;
		unsigned	 flags;
		int64_t		 time;
	} rows[] = {
		{ "Tue, 14 Nov 2023 22:13:20 +0000", 0, NOW },
		{ " Tue, 14 Nov 2023 23:13:20 +0100 (CET)", 0, NOW },
		{ "14 Nov 2023 17:13:20 EST", 0, NOW },
		{ "Tue, 14 Nov 2023 22:13 GMT", 0, NOW - 20 },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0, 0 },
		{ "Sat, 29 Feb 2020 12:00:00 -0000", 0, 1582977600 },
		{ "Mon, 14 Nov 2023 22:13:20 +0000", SL_DATE_WEEKDAY, NOW },
		{ "Tue 14 Nov 2023 22:13:20 +0000", SL_DATE_FORM, NOW },
		{ "Tue, 14 Nov 23 22:13:20 +0000", SL_DATE_FORM, NOW },
		{ "Tuesday, 14 November 2023 22:13:20 +0000", SL_DATE_FORM, NOW },
		{ "Tue Nov 14 2023 22:13:20 +0000", SL_DATE_FORM, NOW },
		{ "Tue, 14 Nov 2023 22:13:20", SL_DATE_ZONE, NOW },
		{ "Tue, 14 Nov 2023 22:13:20 +2500", SL_DATE_ZONE, NOW - 25 * 3600 },
		{ "Tue, 14 Nov 2023 22:13:20 -1700", SL_DATE_ZONE, NOW + 17 * 3600 },
		{ "Tue, 14 Nov 2023 25:13:20 +0000", SL_DATE_RANGE, NOW + 3 * 3600 },
		{ "31 Apr 2023 00:00:00 +0000", SL_DATE_RANGE, 1682899200 },
		{ "14 Nov 2023", SL_DATE_FORM | SL_DATE_ZONE, 1699920000 },
		{ "", SL_DATE_NONE, 0 },
		{ "yesterday", SL_DATE_NONE, 0 },
		{ "2023-11-14T22:13:20Z", SL_DATE_NONE, 0 },
		{ "Tue, 14 Xxx 2023 22:13:20 +0000", SL_DATE_NONE, 0 },
		{ "(((((((", SL_DATE_NONE, 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		int64_t time;
		unsigned flags = sl_date_read(sl_slice_str(rows[i].text), &time);

		if (flags != rows[i].flags || (time != rows[i].time && (flags & SL_DATE_NONE) == 0))
			fail_msg("%s: %u, %lld", rows[i].text, flags, (long long)time);
	}
}

#define HEAD "From: a@b.example\r\nTo: c@d.example\r\nSubject: about it\r\n" \
	"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@b.example>\r\n"
#define LESS "From: a@b.example\r\nTo: c@d.example\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@b.example>\r\n"
#define HTML "Content-Type: text/html\r\n\r\n"

static void
judge(struct judged *j, struct sl_slice text, const struct sl_suffix *suffix)
{
	struct cuts cuts = { .in = text, .piece = 4096 };

	judge_message(j, &sl_structure_classifier, NULL, suffix, NOW, NULL, &cuts);
}

static void
each_oddity_is_told_with_its_facts(void **state)
{
	static const char words[] = "alpha bravo charlie delta echoes foxtrot golfing hotel india juliet "
	    "kilos limas mikes november oscar papas quebec romeo sierra tango";
	static const struct {
		const char	*message, *evidence, *fact;	/* fact NULL: it must not be there */
	} rows[] = {
		{ HEAD "\r\nhello there\r\n", "struct_", NULL },	/* nothing at all */
		{ "\r\nhello\r\n", "struct_no_date", "Date" },
		{ "\r\nhello\r\n", "struct_no_from", "From" },
		{ "\r\nhello\r\n", "struct_no_to", "To" },
		{ "\r\nhello\r\n", "struct_no_id", "Message-ID" },
		{ "\r\nhello\r\n", "struct_no_subject", "Subject" },
		{ "Date: soon\r\n\r\nhello\r\n", "struct_date_unreadable", "soon" },
		{ "Date: Tue, 14 Nov 23 22:13:20 GMT\r\n\r\nx\r\n", "struct_date_form", "14 Nov 23" },
		{ "Date: Fri, 14 Nov 2023 22:13:20 GMT\r\n\r\nx\r\n", "struct_date_weekday", "Fri, 14" },
		{ "Date: Tue, 14 Nov 2023 22:13:20 -9900\r\n\r\nx\r\n", "struct_date_zone", "-9900" },
		{ "Date: 32 Nov 2023 22:13:20 GMT\r\n\r\nx\r\n", "struct_date_impossible", "32 Nov" },
		{ "Date: 17 Nov 2030 22:13:20 GMT\r\n\r\nx\r\n", "struct_date_future", "2030" },
		{ "Date: 17 Nov 2003 22:13:20 GMT\r\n\r\nx\r\n", "struct_date_past", "2003" },
		{ "Message-ID: 123\r\n\r\nx\r\n", "struct_id_form", "123" },
		{ "Message-ID: <1@local>\r\n\r\nx\r\n", "struct_id_bare", "<1@local>" },
		{ "To: undisclosed-recipients:;\r\n\r\nx\r\n", "struct_undisclosed", "undisclosed" },
		{ "Subject: BUY THIS THING NOW\r\n\r\nx\r\n", "struct_subject_capitals", "BUY THIS THING NOW" },
		{ "Subject: BUY it NOW and NOW\r\n\r\nx\r\n", "struct_subject_capitals", NULL },
		{ "Subject: your order k3j9x2\r\n\r\nx\r\n", "struct_subject_code", "k3j9x2" },
		{ "Subject: meeting on 2023-11-14\r\n\r\nx\r\n", "struct_subject_code", NULL },
		{ "Subject: cheap            xyz\r\n\r\nx\r\n", "struct_subject_gap", "cheap" },
		{ "Subject: =?utf-8?q?=E2=9A=A0?= look\r\n\r\nx\r\n", "struct_subject_signs", "look" },
		{ "Subject: Re: that\r\n\r\nx\r\n", "struct_fake_reply", "Re: that" },
		{ "Subject: Re: that\r\nReferences: <1@a>\r\n\r\nx\r\n", "struct_fake_reply", NULL },
		{ LESS HTML "<img src='http://a.example/x.png'>", "struct_image_only", "images" },
		{ LESS HTML "<img src='http://a.example/x.png' width=1 height=1>hello you", "struct_image_only", NULL },
		{ LESS HTML "<a href='http://a.example/'>here</a>", "struct_link_only", "link" },
		{ LESS HTML "hello", "struct_html_only", "page" },
		{ LESS "Content-Type: text/plain; charset=utf-8\r\n\r\nyour p\xd0\xb0yment\r\n", "struct_scripts_mixed", "p\xd0\xb0yment" },
		{ LESS "Content-Type: text/plain; charset=utf-8\r\n\r\n\xd0\xb4\xd0\xb0 yes\r\n", "struct_scripts_mixed", NULL },
		{ LESS "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8gdGhlcmU=\r\n", "struct_needless_base64", "no reason" },
		{ LESS "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw6TDtsO8\r\n", "struct_needless_base64", NULL },
		{ LESS "\r\n", "struct_empty", "nothing" },
	};
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("com\nexample\n"));
	struct sl_buf text;
	struct judged j;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct sl_evidence *e;

		judge(&j, sl_slice_str(rows[i].message), suffix);
		e = judged_find(&j, rows[i].evidence);
		if (i == 0 && j.verdict.evidence_len > 0)
			fail_msg("of an ordinary message: %s", j.verdict.evidence[0].name);
		if ((e != NULL) != (rows[i].fact != NULL) || (e != NULL && strstr(e->sentence, rows[i].fact) == NULL))
			fail_msg("%s: %s: %s", rows[i].message, rows[i].evidence, e != NULL ? e->sentence : "not there");
		judged_fini(&j);
	}
	sl_buf_init(&text, 1u << 20);
	for (int same = 0; same < 2; same++) {
		sl_buf_reset(&text);
		sl_buf_addf(&text, "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\n%s\r\n--x\r\n"
		    HTML "%s\r\n--x--\r\n", words, same ? words : "one's other words entirely unlike those before: quick "
		    "brown foxes jumped over lazy dogs while seven boxing wizards watched from distant mountains above");
		judge(&j, sl_buf_slice(&text), suffix);
		assert_true((judged_find(&j, "struct_alternatives_differ") == NULL) == (same == 1));
		judged_fini(&j);
	}
	sl_buf_fini(&text);
	sl_suffix_free(&suffix);
}

static void
print(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct judged j;

	judge_message(&j, &sl_structure_classifier, NULL, ctx, NOW, NULL, cuts);
	judged_print(&j, result);
	judged_fini(&j);
}

static void
where_it_is_cut_changes_nothing(void **state)
{
	static const char text[] = "Subject: Re: GET THIS 12345\r\nDate: Tue, 14 Nov 03 22:13:20\r\n"
	    "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
	    "your p\xd0\xb0yment of m\xd0\xbeney \xd0\xb4x alpha bravo charlie delta echoes foxtrot golfing hotel india juliet "
	    "kilos limas mikes november oscar papas quebec\r\n--x\r\n"
	    HTML "<p>some <b>other</b> words that are quite different from these before, only somewhat longer than them and "
	    "with further letters about everything, nothing, something</p>\r\n--x--\r\n";
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("com\nexample\n"));
	struct cuts whole = { .in = SL_SLICE_LIT(text), .piece = sizeof(text) };
	struct sl_buf expected;

	sl_buf_init(&expected, 65536);
	print(suffix, &whole, &expected);
	assert_non_null(strstr(sl_buf_cstr(&expected), "struct_scripts_mixed"));
	assert_non_null(strstr(sl_buf_cstr(&expected), "struct_alternatives_differ"));
	cuts_check(SL_SLICE_LIT(text), print, suffix, sl_buf_cstr(&expected), expected.len);
	sl_buf_fini(&expected);
	sl_suffix_free(&suffix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read_with_what_is_wrong),
		cmocka_unit_test(each_oddity_is_told_with_its_facts),
		cmocka_unit_test(where_it_is_cut_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
