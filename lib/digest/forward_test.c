/* forward_test.c - messages that were attached are found as they were, with the ids that our fields in them have */

#include "check.h"
#include "cuts.h"
#include "digest/forward.h"

#define HOURS	"X-Sluice-Verdict: ham; id=0123456789ABC; spam=0.1000\r\n"
#define FIRST	HOURS "Received: from a.example ([192.0.2.1])\r\n\tby mx.example (Sluice) with ESMTPS id 0123456789ABC;\r\n" \
		"\tFri, 27 Nov 2026 00:00:00 +0000\r\nFrom: x@a.example\r\nSubject: casino\r\n\r\nBuy.\r\n\r\nNow.\r\n"
#define SECOND	"Received: from elsewhere.example by b.example with ESMTP id 77777777XX;\r\n\tFri, 27 Nov 2026 00:00:00 +0000\r\n" \
		"Received: from c.example ([192.0.2.2]) by mx2.example (Sluice)\r\n with ESMTP\r\n id ZZZZZZZZZZZZZ for <u@b.example>;\r\n" \
		" Fri, 27 Nov 2026 00:00:00 +0000\r\nSubject: two\r\n\r\nText\r\n"
#define TOP(boundary)	"From: anna@b.example\r\nSubject: Fwd: casino\r\nMIME-Version: 1.0\r\n" \
		"Content-Type: multipart/mixed; boundary=" boundary "\r\n\r\n--" boundary "\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"

static const struct row {
	const char	*name, *mail;
	size_t		 len;
	const char	*message[3], *ids[3];
} rows[] = {
	{ "as it stands", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" FIRST "--b1--\r\n", 1, { FIRST }, { "0123456789ABC " } },
	{ "two of them", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" FIRST
	    "\r\n--b1\r\nContent-Type: message/rfc822; name=x.eml\r\n\r\n" SECOND "\r\n--b1--\r\n", 2, { FIRST, SECOND },
	    { "0123456789ABC ", "ZZZZZZZZZZZZZ " } },
	{ "a file", TOP("b1") "--b1\r\nContent-Type: application/octet-stream; name=\"it.EML\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "WC1TbHVpY2UtVmVyZGljdDogaGFtOyBpZD0wMTIzNDU2Nzg5QUJDDQpTdWJqZWN0OiBhDQoNClRl\r\neHQNCg==\r\n--b1--\r\n", 1,
	    { "X-Sluice-Verdict: ham; id=0123456789ABC\r\nSubject: a\r\n\r\nText\r\n" }, { "0123456789ABC " } },
	{ "a message that is encoded", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "WC1TbHVpY2UtVmVyZGljdDogaGFtOyBpZD0wMTIzNDU2Nzg5QUJDDQpTdWJqZWN0OiBhDQoNClRl\r\neHQNCg==\r\n--b1--\r\n", 1,
	    { "X-Sluice-Verdict: ham; id=0123456789ABC\r\nSubject: a\r\n\r\nText\r\n" }, { "0123456789ABC " } },
	{ "what is in it is its own", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" HOURS "Content-Type: multipart/mixed; boundary=b2\r\n\r\n"
	    "--b2\r\nContent-Type: message/rfc822\r\n\r\n" SECOND "\r\n--b2--\r\n--b1--\r\n", 1,
	    { HOURS "Content-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\nContent-Type: message/rfc822\r\n\r\n" SECOND "\r\n--b2--\r\n" },
	    { "0123456789ABC " } },
	{ "two hops of ours", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\nReceived: by x (Sluice) with SMTP id AAAAAAAAAAAAA; now\r\n"
	    HOURS "Received: by y (Sluice) with SMTP id BBBBBBBBBBBBB; now\r\n\r\nText\r\n--b1--\r\n", 1,
	    { "Received: by x (Sluice) with SMTP id AAAAAAAAAAAAA; now\r\n" HOURS "Received: by y (Sluice) with SMTP id BBBBBBBBBBBBB; now\r\n\r\nText\r\n" },
	    { "AAAAAAAAAAAAA 0123456789ABC " } },
	{ "not through here", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\nReceived: by x with SMTP id AAAAAAAAAAAAA; now\r\n\r\nText\r\n--b1--\r\n", 1,
	    { "Received: by x with SMTP id AAAAAAAAAAAAA; now\r\n\r\nText\r\n" }, { "" } },
	{ "quoted in the text", TOP("b1") "\r\n---- Forwarded\r\n" FIRST "--b1--\r\n", 0, { NULL }, { NULL } },
	{ "no MIME at all", "Subject: a\r\n\r\n" FIRST, 0, { NULL }, { NULL } },
	{ "the end is cut", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" FIRST, 1, { FIRST }, { "0123456789ABC " } },
	{ "a header alone", TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" HOURS, 1, { HOURS }, { "0123456789ABC " } },
	{ "nothing", "", 0, { NULL }, { NULL } },
};

/* The line end before a boundary is the boundary's. */
static bool
is_same(const char *message, const char *expected)
{
	size_t len = strlen(message), end = strlen(expected);

	while (len > 0 && message[len - 1] <= ' ')
		len--;
	while (end > 0 && expected[end - 1] <= ' ')
		end--;
	return len == end && memcmp(message, expected, end) == 0;
}

static void
check_messages(const struct row *row, const struct sl_forwards *f)
{
	if (sl_forwards_count(f) != row->len)
		fail_msg("%s: %zu messages", row->name, sl_forwards_count(f));
	for (size_t m = 0; m < row->len; m++) {
		struct sl_forwarded forwarded = sl_forwards_at(f, m);
		char message[2000] = "", ids[80] = "";

		assert_true(forwarded.message.len < sizeof(message));
		memcpy(message, forwarded.message.ptr, forwarded.message.len);
		for (size_t i = 0; i < forwarded.ids_len; i++) {
			strncat(ids, (const char *)forwarded.ids[i].ptr, forwarded.ids[i].len);
			strcat(ids, " ");
		}
		if (!is_same(message, row->message[m]))
			fail_msg("%s: message %zu:\n%s", row->name, m, message);
		if (strcmp(ids, row->ids[m]) != 0)
			fail_msg("%s: ids of %zu: %s", row->name, m, ids);
	}
}

/* The time is that of our own field, and 0 where it is none. */
static void
times_are_those_of_our_fields(void **state)
{
	static const struct { const char *end; int64_t time_s; } times[] = {
		{ "; Fri, 27 Nov 2026 00:00:00 +0000", 1795737600 }, { ";\r\n\tThu, 29 Feb 2024 23:59:59 +0000", 1709251199 },
		{ "; 27 Nov 2026 00:00:00 +0000", 0 }, { "; Fri, 27 Now 2026 00:00:00 +0000", 0 }, { "; Fri, 27 anF 2026 00:00:00 +0000", 0 },
		{ "; Fri, 27 Nov 2026 24:00:00 +0000", 0 }, { "", 0 }, { ";", 0 }, { "; Fri, 99999999999999999999 Nov 2026 00:00:00 +0000", 0 },
	};

	for (size_t i = 0; i < SL_COUNT(times); i++) {
		struct sl_forwards *f = sl_forwards_new();
		char *mail = sl_xasprintf(TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" HOURS
		    "Received: by x (Sluice) with SMTP id 0123456789ABC%s\r\n\r\nText\r\n--b1--\r\n", times[i].end);

		sl_forwards_feed(f, sl_slice_str(mail));
		sl_forwards_finish(f);
		assert_true(sl_forwards_count(f) == 1 && sl_forwards_at(f, 0).ids_len == 1);
		assert_int_equal(sl_forwards_at(f, 0).times_s[0], times[i].time_s);
		sl_forwards_free(&f);
		sl_free(mail);
	}
}

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_forwards *f = sl_forwards_new();
	struct sl_slice piece;

	while (cuts_next(cuts, &piece))
		sl_forwards_feed(f, piece);
	sl_forwards_finish(f);
	check_messages(ctx, f);
	sl_forwards_free(&f);
}

static void
attached_messages_are_found_wherever_the_mail_is_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct row row = rows[i];

		cuts_check(sl_slice_str(row.mail), run, &row, "", 0);
	}
}

static void
many_are_bounded(void **state)
{
	struct sl_forwards *f = sl_forwards_new();

	sl_forwards_feed(f, sl_slice_str(TOP("b1")));
	for (unsigned i = 0; i < 100; i++)
		sl_forwards_feed(f, sl_slice_str("--b1\r\nContent-Type: message/rfc822\r\n\r\n" SECOND "\r\n"));
	sl_forwards_finish(f);
	assert_int_equal(sl_forwards_count(f), SL_FORWARD_MESSAGES_MAX);
	sl_forwards_free(&f);
}

/* A message has its limit, and all of them have theirs, also where few bytes stand for many. */
static void
bytes_are_bounded(void **state)
{
	static const char line[] = "a line that is long enough, and comes often\r\n";
	struct sl_forwards *f = sl_forwards_new();
	size_t total = 0;

	sl_forwards_feed(f, sl_slice_str(TOP("b1")));
	for (unsigned m = 0; m < 3; m++) {
		sl_forwards_feed(f, sl_slice_str("--b1\r\nContent-Type: message/rfc822\r\n\r\n" HOURS "\r\n"));
		for (size_t len = 0; len < SL_FORWARD_MESSAGE_MAX; len += strlen(line))
			sl_forwards_feed(f, sl_slice_str(line));
	}
	sl_forwards_finish(f);
	assert_int_equal(sl_forwards_count(f), 2);
	for (size_t m = 0; m < 2; m++) {
		struct sl_forwarded forwarded = sl_forwards_at(f, m);

		assert_true(forwarded.message.len <= SL_FORWARD_MESSAGE_MAX && forwarded.ids_len == 1);
		total += forwarded.message.len;
	}
	assert_int_equal(total, SL_FORWARD_BYTES_MAX);
	sl_forwards_free(&f);
	f = sl_forwards_new();		/* one that leaves in the middle */
	sl_forwards_feed(f, sl_slice_str(TOP("b1") "--b1\r\nContent-Type: message/rfc822\r\n\r\n" HOURS));
	sl_forwards_free(&f);
}

static void
local_parts_say_what_it_is(void **state)
{
	enum sl_forward forward;

	for (int f = 0; f < SL_FORWARD_COUNT; f++) {
		assert_true(sl_forward_find(sl_slice_str(sl_forward_word((enum sl_forward)f)), &forward));
		assert_int_equal(forward, f);
	}
	assert_true(sl_forward_find(SL_SLICE_LIT("Not-Spam"), &forward));
	assert_int_equal(forward, SL_FORWARD_WANTED);
	assert_false(sl_forward_find(SL_SLICE_LIT("spam.x"), &forward));
	assert_false(sl_forward_find(SL_SLICE_LIT(""), &forward));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attached_messages_are_found_wherever_the_mail_is_cut),
		cmocka_unit_test(times_are_those_of_our_fields),
		cmocka_unit_test(many_are_bounded),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(local_parts_say_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
