/* forward_test.c - messages that were attached are found as they were, with the ids that our fields in them have */

#include "check.h"
#include "digest/forward.h"

#define HOURS	"X-Sluice-Verdict: ham; id=0123456789ABC; spam=0.1000\r\n"
#define FIRST	HOURS "Received: from a.example ([192.0.2.1])\r\n\tby mx.example (Sluice) with ESMTPS id 0123456789ABC;\r\n" \
		"\tFri, 27 Nov 2026 00:00:00 +0000\r\nFrom: x@a.example\r\nSubject: casino\r\n\r\nBuy.\r\n\r\nNow.\r\n"
#define SECOND	"Received: from elsewhere.example by b.example with ESMTP id 77777777XX;\r\n\tFri, 27 Nov 2026 00:00:00 +0000\r\n" \
		"Received: from c.example ([192.0.2.2]) by mx2.example (Sluice)\r\n with ESMTP\r\n id ZZZZZZZZZZZZZ for <u@b.example>;\r\n" \
		" Fri, 27 Nov 2026 00:00:00 +0000\r\nSubject: two\r\n\r\nText\r\n"
#define TOP(boundary)	"From: anna@b.example\r\nSubject: Fwd: casino\r\nMIME-Version: 1.0\r\n" \
		"Content-Type: multipart/mixed; boundary=" boundary "\r\n\r\n--" boundary "\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"

struct found {
	char	message[8][2000];
	char	ids[8][80];	/* with a space behind each */
	size_t	len;
};

static void
on_message(void *ctx, const struct sl_forwarded *f)
{
	struct found *found = ctx;

	assert_true(found->len < 8 && f->message.len < sizeof(found->message[0]));
	memcpy(found->message[found->len], f->message.ptr, f->message.len);
	for (size_t i = 0; i < f->ids_len; i++) {
		strncat(found->ids[found->len], (const char *)f->ids[i].ptr, f->ids[i].len);
		strcat(found->ids[found->len], " ");
	}
	found->len++;
}

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

/* A message that is attached ends before the line end that belongs to the boundary; here that is left to it. */
static bool
is_same(const char *message, const char *expected)
{
	size_t len = strlen(message), end = strlen(expected);

	return strncmp(message, expected, end) == 0 && (len == end || strcmp(message + end, "\r\n") == 0);
}

static void
attached_messages_are_found(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct found found = { .len = 0 };

		size_t given = sl_forward_read(sl_slice_str(rows[i].mail), on_message, &found);

		assert_int_equal(given, found.len);
		if (found.len != rows[i].len)
			fail_msg("%s: %zu messages", rows[i].name, found.len);
		for (size_t m = 0; m < found.len; m++) {
			if (!is_same(found.message[m], rows[i].message[m]))
				fail_msg("%s: message %zu:\n%s", rows[i].name, m, found.message[m]);
			if (strcmp(found.ids[m], rows[i].ids[m]) != 0)
				fail_msg("%s: ids of %zu: %s", rows[i].name, m, found.ids[m]);
		}
	}
}

static void
on_count(void *ctx, const struct sl_forwarded *f)
{
	++*(size_t *)ctx;
}

static void
many_are_bounded(void **state)
{
	struct sl_buf mail;
	size_t count = 0;

	sl_buf_init(&mail, 1u << 20);
	sl_buf_add_str(&mail, TOP("b1"));
	for (unsigned i = 0; i < 100; i++)
		sl_buf_add_str(&mail, "--b1\r\nContent-Type: message/rfc822\r\n\r\n" SECOND "\r\n");
	assert_int_equal(sl_forward_read(sl_buf_slice(&mail), on_count, &count), SL_FORWARD_MESSAGES_MAX);
	assert_int_equal(count, SL_FORWARD_MESSAGES_MAX);
	sl_buf_fini(&mail);
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
		cmocka_unit_test(attached_messages_are_found),
		cmocka_unit_test(many_are_bounded),
		cmocka_unit_test(local_parts_say_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
