/* record_test.c - what is written about a message: the Received field, and the record's line */

#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edge_test_i.h"
#include "record.h"
#include "trace.h"

#define PIPELINING	"PIPELINING 8BITMIME SMTPUTF8"

static struct rig rig;

static void
fail_at(const char *what, const char *file, int line)
{
	print_error("%s:%d: not met: %s\n", file, line, what);
	_fail(file, line);
}

static void
open_rig(const struct rig_options *options)
{
	rig_fail = fail_at;
	rig_open(&rig, options);
}

/* A whole delivery: the next hop takes MAIL and as many recipients. */
static void
deliver(struct rig_end *sender, const char *mail, const char *const rcpts[])
{
	struct rig_end *hop = NULL;

	end_tx(sender, mail);
	expect_reply(sender, "250");
	for (size_t i = 0; rcpts[i] != NULL; i++) {
		end_tx(sender, rcpts[i]);
		if (hop == NULL) {
			hop = hop_greet(&rig, 0, PIPELINING);
			end_tx(hop, "250 ok\r\n");
		}
		end_tx(hop, "250 ok\r\n");
		expect_reply(sender, "250");
	}
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	end_read(hop);
	sl_buf_reset(&hop->got);
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_tx(hop, "250 2.0.0 Ok: queued as 4F2A1\"\\x\r\n");
	expect_reply(sender, "250");
}

static const char *const one[] = { "RCPT TO:<u@example.com>\r\n", NULL };
static const char *const two[] = { "RCPT TO:<u@example.com>\r\n", "RCPT TO:<v@example.com>\r\n", NULL };
static const char *const quoted[] = { "RCPT TO:<\"a;\\\" \\\\b>\"@example.com>\r\n", NULL };
static const char *const utf8[] = { "RCPT TO:<j\xc3\xbcrgen@example.com>\r\n", NULL };

/* ---- Received ---- */

static const struct {
	const char		*name, *hello, *mail;
	const char *const	*rcpts;
	const char		*peer6;		/* NULL: 192.0.2.7 */
	const char		*received;	/* up to the id, and from behind it to the date */
	const char		*rest;
} received[] = {
	{ "one recipient is named", "EHLO client.example\r\n", "MAIL FROM:<>\r\n", one, NULL,
	  "Received: from client.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  "\r\n\tfor <u@example.com>;\r\n\tTue, 14 Nov 2023 22:30:00 +0000\r\n" },
	{ "several are not", "EHLO client.example\r\n", "MAIL FROM:<>\r\n", two, NULL,
	  "Received: from client.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  ";\r\n\tTue, 14 Nov 2023 22:30:00 +0000\r\n" },
	{ "HELO is SMTP", "HELO client.example\r\n", "MAIL FROM:<>\r\n", one, NULL,
	  "Received: from client.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with SMTP id ", NULL },
	{ "SMTPUTF8 is UTF8SMTP", "EHLO client.example\r\n", "MAIL FROM:<> SMTPUTF8\r\n", utf8, NULL,
	  "Received: from client.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with UTF8SMTP id ",
	  "\r\n\tfor <j\xc3\xbcrgen@example.com>;\r\n\tTue, 14 Nov 2023 22:30:00 +0000\r\n" },
	{ "IPv6", "EHLO client.example\r\n", "MAIL FROM:<>\r\n", one, "2001:db8::7",
	  "Received: from client.example ([IPv6:2001:db8::7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  NULL },
	{ "IPv4 mapped into IPv6", "EHLO client.example\r\n", "MAIL FROM:<>\r\n", one, "::ffff:192.0.2.9",
	  "Received: from client.example ([192.0.2.9])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  NULL },
	{ "an address literal", "EHLO [192.0.2.1]\r\n", "MAIL FROM:<>\r\n", one, NULL,
	  "Received: from [192.0.2.1] ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ", NULL },
	{ "a name that would close or open something", "EHLO a(b)<c>\"d\\e;f,g\r\n", "MAIL FROM:<>\r\n", one,
	  NULL,
	  "Received: from a?b??c??d?e?f?g ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  NULL },
	{ "8-bit bytes", "EHLO a\xff\xc3\xa4.example\r\n", "MAIL FROM:<>\r\n", one, NULL,
	  "Received: from a???.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ", NULL },
	{ "a quoted local part", "EHLO client.example\r\n", "MAIL FROM:<>\r\n", quoted, NULL,
	  "Received: from client.example ([192.0.2.7])\r\n\tby mx.sluice.example (Sluice) with ESMTP id ",
	  "\r\n\tfor <\"a;\\\" \\\\b>\"@example.com>;\r\n\tTue, 14 Nov 2023 22:30:00 +0000\r\n" },
};

static void
received_says_who_sent_it_how(void **state)
{
	for (size_t i = 0; i < SL_COUNT(received); i++) {
		struct sockaddr_in6 *peer6 = (struct sockaddr_in6 *)&rig.peer;
		struct rig_end *sender;
		const char *at;

		open_rig(NULL);
		if (received[i].peer6 != NULL) {
			*peer6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
			assert_int_equal(inet_pton(AF_INET6, received[i].peer6, &peer6->sin6_addr), 1);
		}
		sender = rig_sender(&rig);
		expect_reply(sender, "220");
		end_tx(sender, received[i].hello);
		expect_reply(sender, "250");
		deliver(sender, received[i].mail, received[i].rcpts);
		at = strstr(sl_buf_cstr(&rig.message), "Received: ");
		assert_non_null(at);
		if (strncmp(at, received[i].received, strlen(received[i].received)) != 0)
			fail_msg("%s: \"%s\"", received[i].name, at);
		at += strlen(received[i].received) + EDGE_ID_LEN;
		if (received[i].rest != NULL && strncmp(at, received[i].rest, strlen(received[i].rest)) != 0)
			fail_msg("%s: rest \"%s\"", received[i].name, at);
		/* It is the last of ours: what the sender's first line may lengthen is this one. */
		at = strstr(at, "+0000\r\n");
		assert_non_null(at);
		assert_int_equal(strncmp(at + 7, "Subject: x\r\n", 12), 0);
		rig_close(&rig);
	}
}

static void
received_names_tls(void **state)
{
	/* The session's own connection is plain: what a handshake leaves behind is put there. */
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	struct rig_end *sender;
	struct session *s;
	SSL *ssl = SSL_new(ctx);
	struct sl_buf out;

	open_rig(NULL);
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<>\r\n");
	expect_reply(sender, "250");
	s = rig.edge->sessions;
	s->tx->tenant = rig_tenant(&rig);	/* without a policy that acts no verdict is written */
	s->conn.ssl = ssl;
	sl_buf_init(&out, 10000);
	trace_headers(s, &out);
	s->conn.ssl = NULL;
	assert_non_null(strstr(sl_buf_cstr(&out), "with ESMTPS id "));
	assert_non_null(strstr(sl_buf_cstr(&out), "\r\n\t(TLSv1"));
	sl_buf_fini(&out);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	rig_close(&rig);
}

/* ---- why ---- */

/* As if a recipient of the one tenant had been accepted. */
static void
accept_recipient(struct transaction *tx)
{
	struct addressee who;
	bool full;

	assert_true(directory_find(tx->directory, SL_SLICE_LIT("u@example.com"), &who));
	classes_add(&tx->classes, tx->directory, &who, &tx->arena, &full)->recipients = 1;
	tx->tenant = who.tenant;
}

/* The header of a message that was judged so. */
static void
header_of(const struct sl_verdict *verdict, struct sl_buf *out)
{
	struct sl_verdict copy = *verdict;
	struct rig_end *sender;
	struct session *s;

	open_rig(NULL);
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<>\r\n");
	expect_reply(sender, "250");
	s = rig.edge->sessions;
	accept_recipient(s->tx);
	s->tx->ruled = true;
	s->tx->ruling.word = "spam";
	s->tx->judge.verdict = &copy;
	trace_headers(s, out);
	s->tx->judge.verdict = NULL;
	s->tx->ruled = false;
	rig_close(&rig);
}

static void
reasons_are_in_the_header_strongest_first(void **state)
{
	struct sl_verdict verdict = { .evidence_len = 7, .evidence = {
		{ .name = "weak", .log_odds = { [SL_SPAM] = -0.25 }, .sentence = "little speaks for it" },
		{ .name = "silent", .state = SL_EVIDENCE_ABSENT, .sentence = "was not asked" },
		{ .name = "clamd", .state = SL_EVIDENCE_FAILED, .sentence = "clamd did not answer in time" },
		{ .name = "hidden", .shadow = true, .log_odds = { [SL_SPAM] = 9 }, .sentence = "in shadow" },
		{ .name = "strong", .log_odds = { [SL_SPAM] = 3.456, [SL_PHISH] = -0.1 },
		  .sentence = "a link leads to bad.example,\r\nX-Injected: which is on the list multi.surbl.example" },
		{ .name = "umlaut", .log_odds = { [SL_PHISH] = 2 }, .sentence = "the author calls himself J\xc3\xb6rg" },
		{ .name = "same", .log_odds = { [SL_PHISH] = 2 } },
	} };
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	header_of(&verdict, &out);
	assert_non_null(strstr(sl_buf_cstr(&out),
	    "X-Sluice-Evidence: clamd failed; clamd did not answer in time\r\n"
	    "X-Sluice-Evidence: strong spam=+3.46 phish=-0.10; a link leads to bad.example,\r\n"
	    " X-Injected: which is on the list multi.surbl.example\r\n"
	    "X-Sluice-Evidence: umlaut phish=+2.00;\r\n =?utf-8?q?the_author_calls_himself_J=C3=B6rg?=\r\n"
	    "X-Sluice-Evidence: same phish=+2.00\r\n"
	    "X-Sluice-Evidence: weak spam=-0.25; little speaks for it\r\nReceived: "));
	assert_null(strstr(sl_buf_cstr(&out), "silent"));
	assert_null(strstr(sl_buf_cstr(&out), "hidden"));
	sl_buf_fini(&out);
}

/* As many as a verdict can hold, each with more to say than there is room for: bounded, and whole lines. */
static void
the_header_is_bounded(void **state)
{
	static char long_name[64], sentence[1000];
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	size_t fields = 0, sentences = 0, line = 0;
	struct sl_buf out;

	memset(long_name, 'n', sizeof(long_name) - 1);
	for (size_t i = 0; i + 1 < sizeof(sentence) - 2; i += 3)
		memcpy(sentence + i, "\xe5\xb1\xb1", 3);
	verdict->evidence_len = SL_EVIDENCE_MAX;
	for (size_t i = 0; i < SL_EVIDENCE_MAX; i++) {
		verdict->evidence[i] = (struct sl_evidence){ .name = long_name, .sentence = sentence };
		for (int c = 0; c < SL_CATEGORY_COUNT; c++)
			verdict->evidence[i].log_odds[c] = -10.0 + (double)i / 1000;
	}
	sl_buf_init(&out, 65536);
	header_of(verdict, &out);
	for (const char *at = sl_buf_cstr(&out); (at = strstr(at, "\nX-Sluice-Evidence: ")) != NULL; at++)
		fields++;
	for (const char *at = sl_buf_cstr(&out); (at = strstr(at, "...?=\r\n")) != NULL; at++)
		sentences++;
	for (size_t i = 0; i < out.len; i++) {
		line = out.data[i] == '\n' ? 0 : line + 1;
		assert_true(line < 998 && out.data[i] < 0x7f);
	}
	assert_int_equal(fields, 16);
	assert_int_equal(sentences, 8);
	assert_true(out.len < 12000 && !out.overflow);
	sl_buf_fini(&out);
	sl_free(verdict);
}

/* ---- the record ---- */

static struct rig_options
recording_to(int fd)
{
	return (struct rig_options){ .record_fd = fd };
}

/* The lines in a file, each of which must be JSON; the last one is kept. */
static size_t
read_records(int fd, json_t **last)
{
	char *text = sl_xzalloc(4u << 20), *line, *rest = text;
	ssize_t n = pread(fd, text, (4u << 20) - 1, 0);
	size_t lines = 0;
	json_error_t why;

	*last = NULL;
	assert_true(n > 0 && text[n - 1] == '\n');
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		json_decref(*last);
		*last = json_loads(line, JSON_REJECT_DUPLICATES, &why);
		if (*last == NULL)
			fail_msg("%s: %s", why.text, line);
		lines++;
	}
	sl_free(text);
	return lines;
}

static void
record_is(json_t *record, const char *name, const char *want)
{
	const char *got = json_string_value(json_object_get(record, name));

	if (got == NULL || strcmp(got, want) != 0)
		fail_msg("%s is %s and not %s", name, got != NULL ? got : "nothing", want);
}

static void
a_record_is_json_whatever_the_envelope_says(void **state)
{
	int fd = memfd_create("records", 0);
	struct rig_options options = recording_to(dup(fd));
	struct rig_end *sender;
	json_t *record;

	open_rig(&options);
	sender = rig_sender(&rig);
	expect_reply(sender, "220");
	end_tx(sender, "EHLO \"\\\xff\xc3\xa4{},\r\n");
	expect_reply(sender, "250");
	deliver(sender, "MAIL FROM:<\"\\\"\\\\ {\"@client.example>\r\n", quoted);
	rig_settle(&rig);
	assert_int_equal(read_records(fd, &record), 1);
	record_is(record, "outcome", "delivered");
	record_is(record, "mail_from", "\"\\\"\\\\ {\"@client.example");
	record_is(record, "client", "192.0.2.7");
	record_is(record, "time", "2023-11-14T22:30:00.000Z");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "rcpt_to"), 0)),
	    "\"a;\\\" \\\\b>\"@example.com");
	assert_string_equal(json_string_value(json_object_get(json_object_get(record, "next_hop"),
	    "queue_id")), "4F2A1\"\\x");
	json_decref(record);
	close(fd);
	rig_close(&rig);
}

static void
a_sender_that_leaves_is_recorded_with_what_became_of_its_message(void **state)
{
	int fd = memfd_create("records", 0);
	struct rig_options options = recording_to(dup(fd));
	struct rig_end *sender, *hop;
	json_t *record;

	open_rig(&options);
	for (int answered = 0; answered < 2; answered++) {
		sender = sender_hello(&rig);
		end_tx(sender, "MAIL FROM:<>\r\nRCPT TO:<u@example.com>\r\nDATA\r\n");
		hop = hop_greet(&rig, 0, PIPELINING);
		end_tx(hop, "250 ok\r\n250 ok\r\n");
		end_tx(sender, "x: y\r\n\r\n.\r\n");
		end_tx(hop, "354 go\r\n");
		end_close(sender);
		if (answered)
			end_tx(hop, "250 2.0.0 ok\r\n");
		else
			end_close(hop);
		rig_settle(&rig);
		assert_int_equal(read_records(fd, &record), answered + 1);
		record_is(record, "outcome", answered ? "delivered" : "uncertain");
		json_decref(record);
	}
	close(fd);
	rig_close(&rig);
}

/* Transactions that end at RCPT, so that each makes one line. */
static void
many_transactions(int count)
{
	struct rig_end *sender = sender_hello(&rig);
	struct rig_end *hop = NULL;

	for (int i = 0; i < count; i++) {
		end_tx(sender, "MAIL FROM:<>\r\nRCPT TO:<u@example.com>\r\n");
		if (hop == NULL)
			hop = hop_greet(&rig, 0, PIPELINING);
		end_tx(hop, "250 ok\r\n250 ok\r\n");
		expect_reply(sender, "250 2.1.0");
		expect_reply(sender, "250");
		end_tx(sender, "RSET\r\n");
		expect_reply(sender, "250 2.0.0");
		end_tx(hop, "250 ok\r\n");
		end_read(hop);
		sl_buf_reset(&hop->got);
	}
}

static void
a_full_disk_loses_records_and_no_mail(void **state)
{
	struct rig_options options = recording_to(open("/dev/full", O_WRONLY));

	open_rig(&options);
	many_transactions(3);
	assert_int_equal(rig.stats.records_lost, 3);
	rig_close(&rig);
}

static void
a_pipe_that_nobody_reads_loses_records_and_no_mail(void **state)
{
	struct rig_options options;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	options = recording_to(fds[1]);
	open_rig(&options);
	many_transactions(3);
	assert_int_equal(rig.stats.records_lost, 3);
	rig_close(&rig);
}

/* The pipe is one that waits when it is full: a write of more than it has room for would hold mail
 * up. Its reader then finds whole lines only. */
static void
a_full_pipe_never_holds_mail_up(void **state)
{
	char block[4096];
	struct rig_options options;
	struct rig_end *sender, *hop;
	int fds[2];
	size_t lines = 0;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 8192) >= 8192);
	memset(block, '.', sizeof(block));
	assert_int_equal(write(fds[1], block, sizeof(block)), sizeof(block));
	options = recording_to(fds[1]);
	open_rig(&options);
	alarm(60);				/* a wait would be forever */
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<>\r\n");
	expect_reply(sender, "250");
	hop = NULL;
	for (int i = 0; i < 100; i++) {		/* a line of more than the room that is left */
		end_tx(sender, "RCPT TO:<u0123456789012345678901234567890123456789012345678901234567890"
		    "@example.com>\r\n");
		if (hop == NULL) {
			hop = hop_greet(&rig, 0, PIPELINING);
			end_tx(hop, "250 ok\r\n");
		}
		end_tx(hop, "250 ok\r\n");
		expect_reply(sender, "250");
	}
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	assert_int_equal(rig.stats.records_lost, 1);
	alarm(0);
	assert_int_equal(read(fds[0], block, sizeof(block)), sizeof(block));
	end_close(hop);
	n = read(fds[0], block, sizeof(block));	/* the torn one's beginning */
	assert_true(n > 0 && block[0] == '{');
	many_transactions(2);
	n = read(fds[0], block, sizeof(block));
	assert_true(n > 1 && block[0] == '\n' && block[1] == '{' && block[n - 1] == '\n');
	for (ssize_t i = 1; i < n; i++)
		lines += block[i] == '\n';
	assert_int_equal(lines, 2);
	assert_int_equal(rig.stats.records_lost, 1);
	close(fds[0]);
	rig_close(&rig);
}

/* More lines in one turn than are gathered: the first ones go out first, none is cut. */
static void
many_records_at_once_are_all_written_whole(void **state)
{
	int fd = memfd_create("records", 0);
	struct rig_options options = recording_to(dup(fd));
	struct rig_end *sender;
	json_t *record;

	open_rig(&options);
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<a@client.example>\r\n");
	expect_reply(sender, "250");
	rig.edge->sessions->tx->data_us = 1;	/* else they would be bounded */
	for (int i = 0; i < 6000; i++)
		record_transaction(rig.edge->sessions, "aborted");
	rig_settle(&rig);
	assert_int_equal(read_records(fd, &record), 6000);
	assert_int_equal(rig.stats.records_lost, 0);
	json_decref(record);
	close(fd);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(received_says_who_sent_it_how),
		cmocka_unit_test(reasons_are_in_the_header_strongest_first),
		cmocka_unit_test(the_header_is_bounded),
		cmocka_unit_test(received_names_tls),
		cmocka_unit_test(a_record_is_json_whatever_the_envelope_says),
		cmocka_unit_test(a_sender_that_leaves_is_recorded_with_what_became_of_its_message),
		cmocka_unit_test(a_full_disk_loses_records_and_no_mail),
		cmocka_unit_test(a_pipe_that_nobody_reads_loses_records_and_no_mail),
		cmocka_unit_test(a_full_pipe_never_holds_mail_up),
		cmocka_unit_test(many_records_at_once_are_all_written_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
