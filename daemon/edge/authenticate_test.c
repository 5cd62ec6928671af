/* authenticate_test.c - who really sent it, at an edge between a sender, a next hop and a DNS server
 * of the test's; the clock is the test's too */

#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edge_dns_i.h"
#include "edge_test_i.h"
#include "lists.h"
#include "mailauth/arc.h"
#include "mailauth/dkim_sign.h"

#define S		1000u
#define DEADLINE_MS	(5 * S)
#define AHEAD		"PIPELINING 8BITMIME"

static struct rig rig;
static struct dns dns;
static struct sl_signkey *key;
static char zone[8192];
static bool remembers;		/* the next world has a memory */

static void
fail_at(const char *what, const char *file, int line)
{
	print_error("%s:%d: not met: %s\n", file, line, what);
	_fail(file, line);
}

/* ---- a world ---- */

/* good.test: all is well; reject.test, tag.test, weak.test: DMARC policies, and SPF that names nobody;
 * bare.test publishes nothing; broken.test's DNS fails. */
static void
make_zone(void)
{
	struct sl_buf record;

	sl_buf_init(&record, 1000);
	sl_signkey_add_record(key, &record);
	snprintf(zone, sizeof(zone),
	    "{ \"7.2.0.192.in-addr.arpa\": [ {\"PTR\": \"client.example\"} ],"
	    "  \"client.example\": [ {\"A\": \"192.0.2.7\"}, {\"TXT\": \"v=spf1 a -all\"} ],"
	    "  \"good.test\": [ {\"TXT\": \"v=spf1 ip4:192.0.2.7 -all\"} ],"
	    "  \"_dmarc.good.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"} ],"
	    "  \"s._domainkey.good.test\": [ {\"TXT\": \"%s\"} ],"
	    "  \"reject.test\": [ {\"TXT\": \"v=spf1 -all exp=why.reject.test\"} ],"
	    "  \"why.reject.test\": [ {\"TXT\": \"ask our postmaster\"} ],"
	    "  \"_dmarc.reject.test\": [ {\"TXT\": \"v=DMARC1; p=reject; aspf=s\"} ],"
	    "  \"s._domainkey.reject.test\": [ {\"TXT\": \"%s\"} ],"
	    "  \"tag.test\": [ {\"TXT\": \"v=spf1 -all\"} ],"
	    "  \"_dmarc.tag.test\": [ {\"TXT\": \"v=DMARC1; p=quarantine\"} ],"
	    "  \"weak.test\": [ {\"TXT\": \"v=spf1 ~all\"} ],"
	    "  \"_dmarc.weak.test\": [ {\"TXT\": \"v=DMARC1; p=none\"} ],"
	    "  \"broken.test\": [ \"TIMEOUT\" ],"
	    "  \"_dmarc.broken.test\": [ {\"TXT\": \"v=DMARC1; p=reject\"} ],"
	    "  \"bare.test\": [ {\"A\": \"192.0.2.9\"} ],"
	    "  \"s._domainkey.bare.test\": [ {\"TXT\": \"%s\"} ],"
	    "  \"s._domainkey.sealer.test\": [ {\"TXT\": \"%s\"} ],"
	    "  \"2.0.0.127.list.test\": [ {\"A\": \"127.0.0.2\"} ],"
	    "  \"test.dbl.test\": [ {\"A\": \"127.0.1.2\"} ],"
	    "  \"7.2.0.192.list.test\": [ {\"A\": \"127.0.0.4\"} ],"
	    "  \"weak.test.dbl.test\": [ {\"A\": \"127.0.1.2\"} ],"
	    "  \"bad.example.dbl.test\": [ {\"A\": \"127.0.1.4\"} ],"
	    "  \"9.2.0.192.list.test\": [ {\"A\": \"127.0.0.8\"} ] }",
	    sl_buf_cstr(&record), sl_buf_cstr(&record), sl_buf_cstr(&record), sl_buf_cstr(&record));
	sl_buf_fini(&record);
}

/* An edge with that DNS. `top` and `tenant` as in rig_options. */
static void
open_world(const char *top, const char *tenant)
{
	char text[2000];
	int fd = memfd_create("record", MFD_CLOEXEC);

	rig_fail = fail_at;
	make_zone();
	dns_open(&dns, zone);
	snprintf(text, sizeof(text), "dns: {servers: [\"127.0.0.1:%u\"], timeout: 10s, deadline: 10s}\n%s",
	    dns.port, top != NULL ? top : "");
	rig_open(&rig, &(struct rig_options){ .top = text, .tenant = tenant,
	    .record_fd = dup(fd), .memory = remembers });
	rig.record_fd = fd;
	dns_serve(&dns, rig.loop);
	rig_settle(&rig);
	rig_settle(&rig);
}

static void
close_world(void)
{
	sl_watch_fini(&dns.watch);
	dns.loop = NULL;
	rig_close(&rig);
	dns_close(&dns);
}

/* Questions follow from answers: let them. */
static void
run(void)
{
	for (int i = 0; i < 6; i++)
		rig_settle(&rig);
}

/* ---- messages ---- */

static void
take_lines(struct sl_headers *headers, struct sl_slice text)
{
	size_t from = 0;

	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.ptr[i] == '\r' && (i + 2 == text.len || (text.ptr[i + 2] != ' ' && text.ptr[i + 2] != '\t'))) {
			sl_headers_add(headers, sl_slice(text.ptr + from, i - from));
			from = i + 2;
		}
}

/* A message with these fields, signed by `domain` unless it is NULL. On the wire, without its dot. */
static void
make_message(struct sl_buf *out, const char *fields, const char *body, const char *domain)
{
	struct sl_dkim_sign_settings settings = { .domain = domain, .selector = "s", .key = key,
		.header_canon = SL_CANON_RELAXED, .body_canon = SL_CANON_SIMPLE, .names = "From:Subject" };
	struct sl_dkim_signer *signer;
	struct sl_headers headers;

	sl_buf_init(out, 1 << 22);
	if (domain != NULL) {
		sl_headers_init(&headers, 65536, 100);
		take_lines(&headers, sl_slice_str(fields));
		signer = sl_dkim_signer_new(&headers, &settings);
		sl_dkim_signer_body(signer, (const unsigned char *)body, strlen(body));
		assert_int_equal(sl_dkim_signer_finish(signer, out), 0);
		sl_dkim_signer_free(&signer);
		sl_headers_fini(&headers);
	}
	sl_buf_addf(out, "%s\r\n%s", fields, body);
}

/* Up to 354. */
static struct rig_end *
begin(struct rig_end **hop, const char *mail_from)
{
	struct rig_end *sender = sender_hello(&rig);
	char line[300];

	snprintf(line, sizeof(line), "MAIL FROM:<%s>\r\nRCPT TO:<u@example.com>\r\n", mail_from);
	end_tx(sender, line);
	expect_reply(sender, "250 2.1.0");
	*hop = rig_hop(&rig, 0);
	if (*hop != NULL) {
		end_tx(*hop, "220 inner.example ESMTP\r\n");
		expect_line(*hop, "EHLO mx.sluice.example");
		end_tx(*hop, "250-inner.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
	}
	run();
	end_tx(*hop, "250 ok\r\n250 ok\r\n");
	end_read(*hop);
	sl_buf_reset(&(*hop)->got);
	expect_reply(sender, "250 ");
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	return sender;
}

static void
tx_message(struct rig_end *sender, const char *fields, const char *body, const char *domain)
{
	struct sl_buf message;

	make_message(&message, fields, body, domain);
	end_tx_bytes(sender, message.data, message.len);
	end_tx(sender, ".\r\n");
	sl_buf_fini(&message);
	run();
}

static void
expect_delivery(struct rig_end *sender, struct rig_end *hop)
{
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_tx(hop, "250 2.0.0 ok\r\n");
	expect_reply(sender, "250 2.0.0");
}

static const char *
delivered(void)
{
	return sl_buf_cstr(&rig.message);
}

static bool
has(const char *text)
{
	return strstr(delivered(), text) != NULL;
}

/* The last record line; the caller lets it go. */
static json_t *
record(void)
{
	static char text[1 << 16];
	ssize_t n;
	char *line;
	json_t *json;

	rig_settle(&rig);
	n = pread(rig.record_fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n - 1] = '\0';
	line = strrchr(text, '\n');
	json = json_loads(line != NULL ? line + 1 : text, 0, NULL);
	assert_non_null(json);
	return json;
}

static const char *
member(const json_t *json, const char *a, const char *b)
{
	const json_t *v = json_object_get(json_object_get(json, "auth"), a);

	if (b != NULL)
		v = json_object_get(v, b);
	return v != NULL && json_is_string(v) ? json_string_value(v) : "";
}

#define FROM(domain) "From: a@" domain "\r\nSubject: x\r\n"

/* ---- what is found, and where it is said ---- */

static void
a_message_that_is_what_it_claims_to_be(void **state)
{
	struct rig_end *hop, *sender;
	json_t *line;

	open_world(NULL, NULL);
	sender = begin(&hop, "a@good.test");
	tx_message(sender, FROM("good.test"), "text\r\n", "good.test");
	expect_delivery(sender, hop);
	assert_true(strncmp(delivered(), "X-Sluice-Verdict: clean; id=", 28) == 0);
	assert_true(has("\r\nAuthentication-Results: mx.sluice.example;\r\n"
	    "\tiprev=pass (client.example)\r\n\t policy.iprev=192.0.2.7;\r\n"
	    "\tspf=pass\r\n\t smtp.mailfrom=a@good.test;\r\n"
	    "\tspf=pass\r\n\t smtp.helo=client.example;\r\n"
	    "\tdkim=pass\r\n\t header.d=good.test\r\n"));
	assert_true(has("\tdmarc=pass\r\n\t header.from=good.test\r\n\t policy.dmarc=reject;\r\n"
	    "\tarc=none\r\nReceived: from client.example"));
	line = record();
	assert_string_equal(member(line, "iprev", NULL), "pass");
	assert_string_equal(member(line, "ptr", NULL), "client.example");
	assert_string_equal(member(line, "helo", NULL), "pass");
	assert_string_equal(member(line, "spf", "result"), "pass");
	assert_string_equal(member(line, "spf", "domain"), "good.test");
	assert_string_equal(member(line, "dmarc", "result"), "pass");
	assert_string_equal(member(line, "dmarc", "policy"), "reject");
	assert_string_equal(member(line, "dmarc", "aligned_dkim"), "good.test");
	assert_string_equal(member(line, "dmarc", "applied"), "none");
	json_decref(line);
	close_world();
}

/* The header's end and the body cut anywhere: the same hashes. */
static void
a_signature_is_checked_however_the_message_is_cut(void **state)
{
	struct rig_end *hop, *sender;
	struct sl_buf message;

	open_world(NULL, NULL);
	make_message(&message, FROM("good.test"), "one\r\n..dots\r\n\r\n\r\n", "good.test");
	sl_buf_fini(&message);
	for (size_t step = 1; step < 700; step = step * 3 + 1) {
		make_message(&message, FROM("good.test"), "one\r\n two\r\n\r\n\r\n", "good.test");
		sl_buf_add_str(&message, ".\r\n");
		sender = begin(&hop, "");
		for (size_t at = 0; at < message.len; at += step)
			end_tx_bytes(sender, message.data + at, SL_MIN(step, message.len - at));
		run();
		expect_delivery(sender, hop);
		assert_true(has("dkim=pass\r\n\t header.d=good.test"));
		assert_true(has("dmarc=pass"));
		sl_buf_fini(&message);
		end_tx(sender, "QUIT\r\n");
		end_close(hop);
	}
	close_world();
}

/* A message that ends within its header is odd, but its author is plain. */
static void
a_header_without_an_end_has_an_author(void **state)
{
	struct rig_end *hop, *sender;

	open_world(NULL, NULL);
	sender = begin(&hop, "a@good.test");
	end_tx(sender, FROM("good.test") ".\r\n");
	run();
	expect_delivery(sender, hop);
	assert_true(has("dmarc=pass"));
	close_world();
}

static const struct policy_row {
	const char	*about;
	const char	*tenant;	/* settings */
	const char	*mail_from;
	const char	*fields;
	const char	*signer;
	const char	*reply;		/* NULL: it is delivered */
	const char	*shows;		/* in what is delivered */
	const char	*override;	/* in the record, of DMARC */
} policy_rows[] = {
	{ "a forged author is refused", NULL, "a@good.test", FROM("reject.test"), NULL,
	  "550 5.7.26 The message does not come from reject.test, which wants such mail refused (DMARC) [" },
	{ "whoever else signed it", NULL, "a@good.test", FROM("reject.test"), "good.test", "550 5.7.26" },
	{ "not if the author signed it", NULL, "a@good.test", FROM("reject.test"), "reject.test", NULL,
	  "dmarc=pass" },
	{ "a policy of quarantine tags", NULL, "a@good.test", FROM("tag.test"), NULL, NULL,
	  "X-Sluice-Verdict: forged; " },
	{ "and the subject too", "    subject_tag: \"[?]\"\n", "a@good.test", FROM("tag.test"), NULL, NULL,
	  "Subject: [?] x\r\n" },
	{ "no policy, no action", NULL, "a@good.test", FROM("weak.test"), NULL, NULL,
	  "X-Sluice-Verdict: clean; " },
	{ "DMARC is recorded only", "    authentication: {dmarc: record}\n", "a@good.test", FROM("reject.test"),
	  NULL, NULL, "dmarc=fail", "local_policy" },
	{ "DMARC is not asked", "    authentication: {dmarc: off}\n", "a@good.test", FROM("reject.test"), NULL,
	  NULL, "dkim=none;\r\n\tarc=none\r\nReceived" },
	{ "the refusal says where to turn", "    refusal_text: \"Call 555\"\n", "a@good.test",
	  FROM("reject.test"), NULL, "550 5.7.26 The message does not come from reject.test, which wants such "
	  "mail refused (DMARC). Call 555 [" },

	{ "two From fields are refused", NULL, "a@good.test", FROM("good.test") "From: b@good.test\r\n", NULL,
	  "550 5.7.1 The message has no author: there are several From fields" },
	{ "two authors' domains", NULL, "a@good.test", "From: a@good.test, b@reject.test\r\n", NULL, "550 5.7.1" },
	{ "no From at all", NULL, "a@good.test", "Subject: x\r\n", NULL, "550 5.7.1 The message has no author" },
	{ "a From nobody can read", NULL, "a@good.test", "From: <a@good.test> <b@c.test>\r\n", NULL, "550 5.7.1" },
	{ "a line that some mail programs read on behind", NULL, "a@good.test",
	  FROM("good.test") "From\r\n : b@reject.test\r\n", NULL, "550 5.7.1" },
	{ "a line of nothing", NULL, "a@good.test", FROM("good.test") "nothing\r\nFrom: b@reject.test\r\n", NULL,
	  "550 5.7.1" },
	{ "tagged if so wanted", "    authentication: {bad_author: tag}\n", "a@good.test", "Subject: x\r\n", NULL,
	  NULL, "X-Sluice-Verdict: forged; " },
	{ "or left alone", "    authentication: {bad_author: off}\n", "a@good.test", "Subject: x\r\n", NULL, NULL,
	  "dmarc=permerror" },

	{ "SPF alone refuses nobody", NULL, "a@reject.test", FROM("weak.test"), NULL, NULL, "spf=fail" },
	{ "but it is evidence", NULL, "a@reject.test", FROM("weak.test"), NULL, NULL,
	  "X-Sluice-Evidence: spf spam=+0.90 phish=+0.90; " },
	{ "unless that is wanted", "    authentication: {spf_fail: refuse}\n", "a@reject.test", FROM("weak.test"),
	  NULL, "550 5.7.23 reject.test says that 192.0.2.7 may not send for it (SPF). It explains: ask our "
	  "postmaster [", NULL, "local_policy" },
	{ "and the author did not sign", "    authentication: {spf_fail: refuse}\n", "a@tag.test",
	  FROM("reject.test"), "reject.test", NULL, "spf=fail" },
	{ "softfail is no fail", "    authentication: {spf_fail: refuse}\n", "a@weak.test", FROM("bare.test"), NULL,
	  NULL, "spf=softfail" },

	{ "a pass is required, and there", "    authentication: {require_pass: [good.test]}\n", "a@good.test",
	  FROM("good.test"), NULL, NULL, "spf=pass" },
	{ "and not there", "    authentication: {require_pass: [weak.test]}\n", "a@good.test", FROM("weak.test"),
	  NULL, "550 5.7.26 Mail from weak.test must be proven by DKIM or SPF of that domain, and is not", NULL,
	  "local_policy" },
	{ "of a domain without DMARC: a signature is enough", "    authentication: {require_pass: [bare.test]}\n",
	  "a@good.test", FROM("bare.test"), "bare.test", NULL, "dmarc=none" },
	{ "and so for one below", "    authentication: {require_pass: [\"*.bare.test\"]}\n", "a@good.test",
	  FROM("mail.bare.test"), "bare.test", NULL, "dkim=pass" },
	{ "without it, refused", "    authentication: {require_pass: [bare.test]}\n", "a@good.test",
	  FROM("bare.test"), NULL, "550 5.7.26" },
	{ "others are not asked for one", "    authentication: {require_pass: [good.test]}\n", "a@good.test",
	  FROM("weak.test"), NULL, NULL, "dmarc=fail" },

	{ "DNS that fails refuses nobody", NULL, "a@broken.test", FROM("broken.test"), NULL, NULL,
	  "dmarc=temperror" },
	{ "but defers where a pass is required", "    authentication: {require_pass: [broken.test]}\n",
	  "a@broken.test", FROM("broken.test"), NULL, "451 4.7.1 Whether broken.test sent the message cannot be "
	  "told now" },
	{ "a forger's broken DNS does not save him", NULL, "a@broken.test", FROM("reject.test"), NULL,
	  "550 5.7.26" },
};

static void
policy_decides(void **state)
{
	for (size_t i = 0; i < SL_COUNT(policy_rows); i++) {
		const struct policy_row *row = &policy_rows[i];
		struct rig_end *hop, *sender;
		json_t *line;

		print_message("           %s\n", row->about);
		open_world(NULL, row->tenant);
		sender = begin(&hop, row->mail_from);
		tx_message(sender, row->fields, "text\r\n", row->signer);
		if (row->reply != NULL) {
			expect_reply(sender, row->reply);
			expect_line(hop, "RSET");	/* it has not heard of DATA */
		} else {
			expect_delivery(sender, hop);
			if (!has(row->shows))
				fail_msg("%s: no '%s' in\n%s", row->about, row->shows, delivered());
		}
		line = record();
		assert_string_equal(member(line, "dmarc", "override"), row->override != NULL ? row->override : "");
		assert_string_equal(json_string_value(json_object_get(line, "outcome")),
		    row->reply == NULL ? "delivered" : row->reply[0] == '5' ? "refused" : "deferred");
		json_decref(line);
		close_world();
	}
}

/* A second From behind more fields than are kept does not make the first one the author. */
static void
an_author_does_not_hide_behind_a_long_header(void **state)
{
	static const size_t counts[] = { SL_HEADERS_FIELDS_MAX - 3, SL_HEADERS_FIELDS_MAX - 2, 3000 };

	for (size_t i = 0; i < SL_COUNT(counts); i++)
		for (int second = 0; second < 2; second++) {
			struct rig_end *hop, *sender;
			struct sl_buf text;

			sl_buf_init(&text, 1 << 20);
			sl_buf_add_str(&text, FROM("good.test"));
			for (size_t n = 0; n < counts[i]; n++)
				sl_buf_add_str(&text, "X: y\r\n");
			sl_buf_add_str(&text, second ? "From: a@reject.test\r\n\r\nx\r\n.\r\n"
			    : "To: u@example.com\r\n\r\nx\r\n.\r\n");
			open_world(NULL, NULL);
			sender = begin(&hop, "a@good.test");
			end_tx_bytes(sender, text.data, text.len);
			run();
			if (second || i > 0)
				expect_reply(sender, "550 5.7.1 The message has no author: ");
			else
				expect_delivery(sender, hop);
			sl_buf_fini(&text);
			close_world();
		}
}

/* monitor: all is found and recorded, nothing is done or added. */
static void
monitor_changes_nothing(void **state)
{
	struct rig_end *hop, *sender;
	json_t *line;

	open_world(NULL, "    mode: monitor\n");
	sender = begin(&hop, "a@good.test");
	tx_message(sender, FROM("reject.test"), "text\r\n", NULL);
	expect_delivery(sender, hop);
	assert_true(strncmp(delivered(), "Received: ", 10) == 0);
	assert_false(has("Authentication-Results"));
	line = record();
	assert_string_equal(member(line, "dmarc", "result"), "fail");
	assert_string_equal(member(line, "dmarc", "disposition"), "reject");
	assert_string_equal(member(line, "dmarc", "applied"), "none");
	assert_string_equal(member(line, "dmarc", "override"), "local_policy");
	assert_string_equal(json_string_value(json_object_get(line, "action")), "refuse");
	assert_true(json_is_false(json_object_get(line, "enforced")));
	json_decref(line);
	close_world();
}

static void
nobody_is_asked_without_need(const char *top, const char *tenant)
{
	struct rig_end *hop, *sender;

	open_world(top, tenant);
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	tx_message(sender, "Authentication-Results: mx.sluice.example; x\r\n" FROM("reject.test"), "text\r\n", NULL);
	expect_delivery(sender, hop);
	assert_int_equal(dns.asked, 0);
	assert_int_equal(has("Authentication-Results: mx.sluice.example; x"), tenant != NULL);
	assert_int_equal(has("Authentication-Results"), tenant != NULL);
	close_world();
}

static void
passing_through_asks_nobody_and_removes_nothing(void **state)
{
	nobody_is_asked_without_need(NULL, "    mode: pass-through\n");
}

static void
exempt_senders_are_not_asked_about(void **state)
{
	nobody_is_asked_without_need("authentication: {exempt: [192.0.2.0/24]}\n", NULL);
}

/* Some tenants' mail is judged: what was asked at MAIL is let go at RCPT. */
static void
where_only_some_pass_through_the_questions_end_at_rcpt(void **state)
{
	struct rig_end *hop, *sender;

	open_world(NULL, "    mode: pass-through\n  - {domains: [other.example], next_hops: [\"127.0.0.1:3001\"]}\n");
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	assert_true(dns.asked > 0);
	tx_message(sender, FROM("reject.test"), "text\r\n", NULL);
	expect_delivery(sender, hop);
	assert_false(has("Authentication-Results"));
	dns_release(&dns);
	run();
	close_world();
}

static void
the_name_of_our_results_is_a_setting(void **state)
{
	struct rig_end *hop, *sender;

	open_world("authentication: {id: good.example}\n", NULL);
	sender = begin(&hop, "a@good.test");
	tx_message(sender, "Authentication-Results: mx.sluice.example; dmarc=pass\r\n"
	    "Authentication-Results: \"GOOD.example\" 1; dmarc=pass\r\n" FROM("good.test"), "text\r\n", NULL);
	expect_delivery(sender, hop);
	assert_true(has("\r\nAuthentication-Results: good.example;\r\n"));
	assert_true(has("Authentication-Results: mx.sluice.example; dmarc=pass"));
	assert_false(has("GOOD"));
	close_world();
}

/* ---- time ---- */

/* Whatever DNS does not answer, the verdict waits for it until the deadline and not longer; and what
 * was not answered is nobody's fault. */
static void
every_combination_of_silence_ends_at_the_deadline(void **state)
{
	for (unsigned hold = 0; hold <= DNS_KINDS; hold++) {
		struct rig_end *hop, *sender;
		bool late = (hold & ~(unsigned)DNS_KIND_LIST) != 0;
		json_t *line;

		open_world(hold & DNS_KIND_LIST ? "dns_lists: [{zone: list.test}]\n" : NULL, NULL);
		run();
		dns.hold = hold;
		late |= (hold & DNS_KIND_LIST) != 0;
		sender = begin(&hop, "a@good.test");
		tx_message(sender, FROM("good.test"), "text\r\n", "good.test");
		if (late) {
			rig_pass(&rig, DEADLINE_MS - 1);
			run();
			expect_nothing(sender);
			rig_pass(&rig, 1 + SL_TIMER_GRAIN_MS);
		}
		expect_delivery(sender, hop);
		line = record();
		assert_int_equal(json_is_true(json_object_get(json_object_get(line, "auth"), "late")), late);
		assert_string_equal(member(line, "spf", "result"), hold & DNS_KIND_SPF ? "temperror" : "pass");
		assert_string_equal(member(line, "iprev", NULL),
		    hold & (DNS_KIND_PTR | DNS_KIND_ADDRESS) ? "temperror" : "pass");
		assert_string_equal(member(line, "dmarc", "result"), hold & DNS_KIND_DMARC ? "temperror"
		    : (hold & DNS_KIND_SPF) && (hold & DNS_KIND_DKIM) ? "temperror" : "pass");
		assert_string_equal(json_string_value(json_object_get(line, "outcome")), "delivered");
		json_decref(line);
		dns_release(&dns);
		run();
		close_world();
	}
}

static void
answers_that_come_in_time_are_taken_at_once(void **state)
{
	struct rig_end *hop, *sender;

	open_world(NULL, NULL);
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	tx_message(sender, FROM("reject.test"), "text\r\n", "good.test");
	rig_pass(&rig, 2 * S);
	expect_nothing(sender);
	dns_release(&dns);
	run();
	expect_reply(sender, "550 5.7.26");
	close_world();
}

/* What is asked while the message comes is not asked again at its end. */
static void
questions_go_out_as_early_as_they_can(void **state)
{
	struct rig_end *hop, *sender;
	struct sl_buf message;
	unsigned asked;

	open_world(NULL, NULL);
	sender = begin(&hop, "a@good.test");
	assert_int_equal(dns.asked_of[DNS_KIND_SPF], 2);	/* good.test, client.example */
	assert_int_equal(dns.asked_of[DNS_KIND_PTR], 1);
	assert_int_equal(dns.asked_of[DNS_KIND_DKIM] + dns.asked_of[DNS_KIND_DMARC], 0);
	make_message(&message, FROM("good.test"), "text\r\n", "good.test");
	end_tx_bytes(sender, message.data, message.len);
	run();
	assert_int_equal(dns.asked_of[DNS_KIND_DKIM], 1);
	assert_true(dns.asked_of[DNS_KIND_DMARC] >= 1);
	asked = dns.asked;
	end_tx(sender, ".\r\n");
	expect_line(hop, "DATA");
	assert_int_equal(dns.asked, asked);
	sl_buf_fini(&message);
	close_world();
}

/* The antivirus and DNS are awaited together, and the judge's own time ends both. */
static void
clamd_and_dns_are_awaited_side_by_side(void **state)
{
	for (int first = 0; first < 3; first++) {
		struct rig_end *hop, *sender, *clamd;

		open_world("clamd: {address: \"127.0.0.1:3310\", deadline: 10s, on_failure: pass}\n"
		    "timers: {judge: 10s}\nauthentication: {deadline: 10s}\n", NULL);
		dns.hold = DNS_KINDS;
		sender = begin(&hop, "a@good.test");
		clamd = rig_clamd(&rig);
		tx_message(sender, FROM("good.test"), "text\r\n", NULL);
		expect_nothing(sender);
		if (first == 0) {
			end_tx(clamd, "stream: OK");
			end_tx_bytes(clamd, "", 1);
			expect_nothing(sender);
			dns_release(&dns);
			run();
		} else if (first == 1) {
			dns_release(&dns);
			run();
			expect_nothing(sender);
			end_tx(clamd, "stream: OK");
			end_tx_bytes(clamd, "", 1);
		} else {
			rig_pass(&rig, 10 * S + 2 * SL_TIMER_GRAIN_MS);
		}
		expect_delivery(sender, hop);
		assert_true(has(first < 2 ? "spf=pass" : "spf=temperror"));
		assert_true(has(first < 2 ? "X-Sluice-Evidence: clamd malware=-2.00" : "X-Sluice-Evidence: clamd failed"));
		close_world();
	}
}

/* The sender leaves at every point at which a question may be under way; then the answers come. */
static void
who_leaves_is_not_waited_for(void **state)
{
	for (int at = 0; at < 6; at++)
		for (int how = 0; how < 2; how++) {
			struct rig_end *hop = NULL, *sender;

			open_world("dns_lists: [{zone: list.test}]\n", NULL);
			dns.hold = DNS_KINDS;
			if (at < 2) {
				sender = sender_hello(&rig);
				end_tx(sender, "MAIL FROM:<a@good.test>\r\n");
				expect_reply(sender, "250");
				if (at == 1)
					end_tx(sender, how == 0 ? "RSET\r\n" : "EHLO other.example\r\n");
			} else {
				sender = begin(&hop, "a@good.test");
				if (at == 3)
					end_tx(sender, FROM("good.test"));
				else if (at == 4)
					end_tx(sender, FROM("good.test") "\r\ntext\r\n");
				else if (at == 5)
					tx_message(sender, FROM("good.test"), "text\r\n", "good.test");
			}
			if (how == 0) {
				end_close(sender);
				run();
				dns_release(&dns);
			} else {
				dns_release(&dns);
				end_close(sender);
			}
			run();
			rig_pass(&rig, 30 * S);
			assert_int_equal(rig.stats.sessions_open, 0);
			close_world();
		}
}

static void
an_edge_that_ends_lets_go_of_its_questions(void **state)
{
	struct rig_end *hop, *sender;

	open_world("dns_lists: [{zone: list.test}]\n", NULL);
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	tx_message(sender, FROM("good.test"), "text\r\n", "good.test");
	expect_nothing(sender);
	close_world();
}

/* A message that is refused for its line ends: nobody's DNS is waited for. */
static void
a_malformed_message_ends_the_questions(void **state)
{
	struct rig_end *hop, *sender;

	open_world(NULL, NULL);
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	end_tx(sender, FROM("good.test") "\r\nbare\nline\r\n.\r\n");
	expect_reply(sender, "550 5.5.2");
	close_world();
}

/* ---- messages larger than the window ---- */

static void
what_flows_before_its_end_claims_only_what_is_known(void **state)
{
	for (int forged = 0; forged < 2; forged++) {
		struct rig_end *hop, *sender;

		open_world(NULL, "    window: 64KiB\n");
		sender = begin(&hop, "a@good.test");
		end_tx(sender, forged ? FROM("reject.test") "\r\n" : FROM("good.test") "\r\n");
		end_tx_fill(sender, 200000);
		run();
		expect_line(hop, "DATA");
		end_tx(hop, "354 go\r\n");
		run();
		end_tx_fill(sender, 1000);
		end_tx(sender, ".\r\n");
		run();
		if (forged) {
			expect_reply(sender, "550 5.7.26");
			rig_settle(&rig);
			assert_false(end_read(hop));	/* closed, without a final dot */
			assert_null(memmem(hop->got.data, hop->got.len, "\r\n.\r\n", 5));
		} else {
			expect_message(hop);
			end_tx(hop, "250 2.0.0 ok\r\n");
			expect_reply(sender, "250 2.0.0");
			assert_true(has("X-Sluice-Verdict: streaming; "));
			assert_true(has("spf=pass\r\n\t smtp.mailfrom=a@good.test"));
			assert_true(has("iprev=pass"));
			assert_false(has("dkim="));
			assert_false(has("dmarc="));
			assert_false(has("arc="));
		}
		close_world();
	}
}

static void
a_slow_spf_is_not_claimed_either(void **state)
{
	struct rig_end *hop, *sender;

	open_world(NULL, "    window: 64KiB\n");
	dns.hold = DNS_KINDS;
	sender = begin(&hop, "a@good.test");
	end_tx(sender, FROM("good.test") "\r\n");
	end_tx_fill(sender, 200000);
	run();
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	run();
	end_tx(sender, ".\r\n");
	dns_release(&dns);
	run();
	expect_message(hop);
	assert_true(has("\r\nAuthentication-Results: mx.sluice.example; none\r\n"));
	close_world();
}

/* ---- a sealer that is trusted ---- */

/* Seal a message as a mailing list does that has broken its signature. */
static void
seal(struct sl_buf *message, const char *fields, const char *body)
{
	const struct sl_arc_seal_settings settings = { .domain = "sealer.test", .selector = "s", .key = key,
		.names = "from:subject", .now_s = 1700000000 };
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_headers headers;
	struct sl_arc *arc;

	sl_headers_init(&headers, 65536, 100);
	take_lines(&headers, sl_slice_str(fields));
	arc = sl_arc_new(&headers, keys, true);
	sl_arc_body(arc, (const unsigned char *)body, strlen(body));
	sl_arc_body_end(arc);
	sl_buf_init(message, 100000);
	assert_int_equal(sl_arc_seal(arc, &settings, SL_SLICE_LIT("lists.test; dmarc=pass"), message), 0);
	sl_buf_addf(message, "%s\r\n%s.\r\n", fields, body);
	sl_arc_free(&arc);
	sl_headers_fini(&headers);
	sl_keys_free(&keys);
}

static void
a_trusted_sealer_overrides_dmarc(void **state)
{
	static const char *const settings[] = {
		NULL, "    authentication: {trusted_sealers: [other.test]}\n",
		"    authentication: {trusted_sealers: [sealer.test], spf_fail: refuse}\n",
	};

	for (size_t i = 0; i < SL_COUNT(settings); i++) {
		struct rig_end *hop, *sender;
		struct sl_buf message;
		json_t *line;

		open_world(NULL, settings[i]);
		seal(&message, FROM("reject.test"), "text\r\n-- the list\r\n");
		sender = begin(&hop, "a@reject.test");
		end_tx_bytes(sender, message.data, message.len);
		run();
		if (i < 2) {
			expect_reply(sender, "550 5.7.26");
		} else {
			expect_delivery(sender, hop);
			assert_true(has("arc=pass"));
			line = record();
			assert_string_equal(member(line, "dmarc", "override"), "trusted_forwarder");
			assert_string_equal(member(line, "arc", "sealer"), "sealer.test");
			json_decref(line);
		}
		sl_buf_fini(&message);
		close_world();
	}
}

/* ---- DNS lists ---- */

#define LISTS "dns_lists:\n  - {zone: list.test, weight: 2, answers: {127.0.0.4: 7}}\n" \
	"  - {zone: dbl.test, of: domain, category: phish, weight: 1.5}\n"

/* One message; does it show this, or not? */
static void
expect_evidence(const char *mail_from, const char *evidence, bool there)
{
	struct rig_end *hop, *sender;

	sender = begin(&hop, mail_from);
	tx_message(sender, FROM("good.test"), "text\r\n", "good.test");
	expect_delivery(sender, hop);
	if (has(evidence) != there)
		fail_msg("%s: '%s' in\n%s", there ? "no" : "there is", evidence, delivered());
	end_tx(sender, "QUIT\r\n");
	end_close(sender);
	end_close(hop);
	run();
}

static void
listed_senders_are_evidence(void **state)
{
	struct rig_end *hop, *sender;
	json_t *line, *lists;

	open_world(LISTS, "    policy: {spam: never, phish: never}\n");
	sender = begin(&hop, "a@weak.test");
	tx_message(sender, FROM("weak.test"), "text\r\n", NULL);
	expect_delivery(sender, hop);
	assert_true(has("X-Sluice-Evidence: dnslist spam=+7.00; 192.0.2.7 is on the list list.test\r\n"));
	assert_true(has("X-Sluice-Evidence: dnslist phish=+1.50; weak.test is on the list dbl.test\r\n"));
	line = record();
	lists = json_object_get(json_object_get(line, "auth"), "lists");
	assert_int_equal(json_array_size(lists), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(lists, 0), "zone")), "list.test");
	assert_string_equal(json_string_value(json_object_get(json_array_get(lists, 1), "entry")), "weak.test");
	json_decref(line);
	close_world();
}

/* What a list does that has died, been sold, or does not like our resolver; and its recovery. */
static void
a_list_that_is_none_is_left_alone_until_it_passes_its_test(void **state)
{
	static const char *const dead[] = {
		"{ }",							/* lists nothing */
		"{ \"2.0.0.127.list.test\": [ {\"A\": \"127.0.0.2\"} ],"	/* lists everything */
		"  \"1.0.0.127.list.test\": [ {\"A\": \"127.0.0.2\"} ] }",
		"{ \"2.0.0.127.list.test\": [ {\"A\": \"198.51.100.1\"} ],"	/* is for sale */
		"  \"1.0.0.127.list.test\": [ {\"A\": \"198.51.100.1\"} ] }",
		"{ \"2.0.0.127.list.test\": [ {\"A\": \"127.255.255.254\"} ] }",	/* public resolver */
		"{ \"2.0.0.127.list.test\": [ {\"A\": \"127.0.0.2\"} ],"	/* blocked with a code of its own */
		"  \"1.0.0.127.list.test\": [ {\"A\": \"127.0.0.1\"} ] }",
	};

	for (size_t i = 0; i < SL_COUNT(dead); i++) {
		open_world("dns_lists: [{zone: list.test, weight: 1}]\ntimers: {hop_idle: 0, command: 1h}\n", NULL);
		expect_evidence("a@good.test", "dnslist spam=+1.00", true);
		dns_use_zone(&dns, dead[i]);
		rig_pass(&rig, LISTS_TEST_MS + SL_TIMER_GRAIN_MS);
		run();
		dns_use_zone(&dns, zone);
		expect_evidence("a@good.test", "dnslist", false);
		rig_pass(&rig, LISTS_TEST_MS + SL_TIMER_GRAIN_MS);
		run();
		expect_evidence("a@good.test", "dnslist spam=+1.00", true);
		close_world();
	}
}

static void
a_list_whose_test_nobody_answers_stays_as_it_was(void **state)
{
	open_world("dns_lists: [{zone: list.test, weight: 1}]\ntimers: {hop_idle: 0, command: 1h}\n", NULL);
	dns.hold = DNS_KIND_LIST;
	rig_pass(&rig, LISTS_TEST_MS + SL_TIMER_GRAIN_MS);
	run();
	rig_pass(&rig, 20 * S);
	run();
	dns.hold = 0;
	expect_evidence("a@good.test", "dnslist spam=+1.00", true);
	close_world();
}

/* An answer about a message shows it at once; it is not evidence. */
static void
a_strange_answer_ends_the_use_of_a_list(void **state)
{
	char sold[8400];

	open_world("dns_lists: [{zone: list.test, weight: 1}]\ntimers: {hop_idle: 0, command: 1h}\n", NULL);
	snprintf(sold, sizeof(sold), "{ \"7.2.0.192.list.test\": [ {\"A\": \"127.255.255.255\"} ],%s", strchr(zone, '{') + 1);
	*strstr(sold + 60, "7.2.0.192.list.test") = 'x';	/* the one that is listed */
	dns_use_zone(&dns, sold);
	expect_evidence("a@good.test", "dnslist", false);
	dns_use_zone(&dns, zone);
	expect_evidence("a@good.test", "dnslist", false);
	close_world();
}

/* ---- where links lead ---- */

#define LINK_LISTS "dns_lists:\n  - {zone: dbl.test, of: link-domain, category: phish, weight: 1.5}\n" \
	"  - {zone: list.test, of: link-address, weight: 2}\n"
#define HTML_FROM(domain) FROM(domain) "MIME-Version: 1.0\r\nContent-Type: text/html\r\n"
#define BAD_LINKS "<a href=\"http://www.Bad.example/x\">1</a> <a href='http://192.0.2.9/'>2</a>\r\n"

static void
links_to_what_is_listed_are_evidence(void **state)
{
	static const struct { const char *about, *top, *body; unsigned asked; bool domain, address; } link_rows[] = {
		{ "a domain and an address", LINK_LISTS, BAD_LINKS, 2, true, true },
		{ "each is asked for once", LINK_LISTS, BAD_LINKS "<a href='http://cdn.bad.example/'>3</a>\r\n", 2, true, true },
		{ "no link", LINK_LISTS, "bad.example and 192.0.2.9 are no links\r\n", 0, false, false },
		{ "nobody asks for what is unlisted twice", LINK_LISTS, "<a href='http://fine.example/'>1</a>\r\n", 1, false, false },
		{ "an exempt sender's links are looked at", LINK_LISTS "authentication: {exempt: [192.0.2.7/32]}\n", BAD_LINKS,
		  2, true, true },
		{ "lists of senders do not hear of links", "dns_lists: [{zone: dbl.test, of: domain}]\n", BAD_LINKS, 0, false, false },
	};

	for (size_t i = 0; i < SL_COUNT(link_rows); i++) {
		struct rig_end *hop, *sender;
		unsigned before;

		open_world(link_rows[i].top, NULL);
		sender = begin(&hop, "");
		before = dns.asked_of[DNS_KIND_LIST];
		tx_message(sender, HTML_FROM("client.example"), link_rows[i].body, NULL);
		expect_delivery(sender, hop);
		if (has("dnslist_link phish=+1.50") != link_rows[i].domain ||
		    has("dnslist_link spam=+2.00") != link_rows[i].address)
			fail_msg("%s:\n%s", link_rows[i].about, delivered());
		if (strstr(link_rows[i].top, "link") != NULL)
			assert_int_equal(dns.asked_of[DNS_KIND_LIST] - before, link_rows[i].asked);
		close_world();
	}
}

/* The message waits for lists of links until the deadline and no longer, and is judged without them. */
static void
lists_of_links_are_awaited_until_the_deadline(void **state)
{
	struct rig_end *hop, *sender;

	open_world(LINK_LISTS "timers: {hop_idle: 0}\n", NULL);
	dns.hold = DNS_KIND_LIST;
	sender = begin(&hop, "a@good.test");
	tx_message(sender, HTML_FROM("good.test"), BAD_LINKS, "good.test");
	rig_pass(&rig, DEADLINE_MS - 1);
	run();
	expect_nothing(sender);
	rig_pass(&rig, 1 + SL_TIMER_GRAIN_MS);
	expect_delivery(sender, hop);
	assert_false(has("dnslist_link"));
	dns_release(&dns);	/* too late: remembered for the next */
	run();
	end_close(sender);
	end_close(hop);
	run();
	sender = begin(&hop, "a@good.test");
	tx_message(sender, HTML_FROM("good.test"), BAD_LINKS, "good.test");
	expect_delivery(sender, hop);
	assert_true(has("dnslist_link phish=+1.50"));
	close_world();
}

static void
who_leaves_ends_the_questions_about_links(void **state)
{
	struct rig_end *hop, *sender;

	for (int end = 0; end < 2; end++) {	/* the sender goes; all ends */
		open_world(LINK_LISTS, NULL);
		dns.hold = DNS_KIND_LIST;
		sender = begin(&hop, "a@good.test");
		tx_message(sender, HTML_FROM("good.test"), BAD_LINKS, "good.test");
		expect_nothing(sender);
		if (end == 0) {
			end_reset(sender);
			run();
			dns_release(&dns);
			run();
		}
		close_world();
	}
}

/* ---- who has written before ---- */

#define PEOPLE	"    people: {Ann Doe: [ann@home.test], Bob Roe: []}\n"
#define QUIET(days)	"correspondents: {quiet_days: " #days "}\ntimers: {hop_idle: 0, command: 1h}\n"
#define DAY_MS	86400000u

/* Send one; the evidence is in what the next hop gets. `hop_says` may refuse it. */
static void
send_one(const char *author, const char *signer, const char *hop_says)
{
	struct rig_end *hop, *sender;
	char fields[300], from[200];

	snprintf(from, sizeof(from), "a@%s", author);
	snprintf(fields, sizeof(fields), "From: a@%s\r\nSubject: x\r\n", author);
	sender = begin(&hop, from);
	tx_message(sender, fields, "text\r\n", signer);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_tx(hop, hop_says);
	expect_reply(sender, strncmp(hop_says, "250", 3) == 0 ? "250" : "5");
	end_close(sender);
	end_close(hop);
	run();
}

static void
days_of_mail_make_a_correspondent(void **state)
{
	static const char *const evidence[] = { "first_contact spam=", "first_contact_lately spam=",
		"first_contact_lately spam=", "first_contact_lately spam=", NULL };

	remembers = true;
	open_world(QUIET(0), PEOPLE);
	for (size_t i = 0; i < SL_COUNT(evidence); i++) {
		send_one("good.test", "good.test", "250 ok\r\n");
		if (i == 1)	/* of the same day */
			send_one("good.test", "good.test", "250 ok\r\n");
		if (evidence[i] == NULL ? has("first_contact") : !has(evidence[i]))
			fail_msg("message %zu: %s", i, delivered());
		if (i > 0)
			rig_pass(&rig, DAY_MS);
	}
	close_world();
	remembers = false;
}

/* A table of nobody makes everybody a stranger: that is not said until enough was learned. */
static void
strangers_are_not_spoken_of_too_soon(void **state)
{
	remembers = true;
	open_world(QUIET(2), PEOPLE);
	for (int day = 0; day < 2; day++) {
		send_one("reject.test", "reject.test", "250 ok\r\n");
		assert_false(has("first_contact"));
		rig_pass(&rig, DAY_MS);
	}
	send_one("good.test", "good.test", "250 ok\r\n");
	assert_true(has("first_contact spam="));
	close_world();
	remembers = false;
}

/* After days of this the sender is as unknown as before. */
static void
what_a_spammer_sends_makes_him_no_correspondent(void **state)
{
	static const struct { const char *about, *top, *tenant, *author, *signer, *hop_says; } spam_rows[] = {
		{ "nobody proves the author", "", "", "weak.test", NULL, "250 ok\r\n" },
		{ "another domain signs", "", "", "weak.test", "good.test", "250 ok\r\n" },
		{ "no policy, another domain signs", "", "", "bare.test", "good.test", "250 ok\r\n" },
		{ "the next hop refuses", "", "", "good.test", "good.test", "550 5.7.1 no\r\n" },
		{ "it is tagged", "dns_lists: [{zone: list.test, weight: 9}]\n", "    policy: {spam: {tag: 0.5}}\n", "good.test",
		  "good.test", "250 ok\r\n" },
		{ "it is spam, and monitored only", "dns_lists: [{zone: list.test, weight: 9}]\n", "    mode: monitor\n",
		  "good.test", "good.test", "250 ok\r\n" },
		{ "it is spam, and no policy says so", "dns_lists: [{zone: list.test, weight: 9}]\n",
		  "    policy: {spam: never, phish: never}\n", "good.test", "good.test", "250 ok\r\n" },
	};

	remembers = true;
	for (size_t i = 0; i < SL_COUNT(spam_rows); i++) {
		char top[300], tenant[300];

		snprintf(top, sizeof(top), "%s%s", QUIET(0), spam_rows[i].top);
		snprintf(tenant, sizeof(tenant), "%s%s", PEOPLE, spam_rows[i].tenant);
		open_world(top, tenant);
		for (int day = 0; day < 5; day++) {
			send_one(spam_rows[i].author, spam_rows[i].signer, spam_rows[i].hop_says);
			send_one(spam_rows[i].author, spam_rows[i].signer, spam_rows[i].hop_says);
			rig_pass(&rig, DAY_MS);
		}
		send_one(spam_rows[i].author, spam_rows[i].signer, spam_rows[i].hop_says);
		assert_int_equal(rig.stats.contacts, 0);
		if (strstr(spam_rows[i].tenant, "monitor") == NULL && !has("first_contact spam="))
			fail_msg("%s:\n%s", spam_rows[i].about, delivered());
		close_world();
	}
	remembers = false;
}

/* Without a policy of the author's domain, what signs for it proves as much. */
static void
a_signature_proves_a_correspondent(void **state)
{
	remembers = true;
	open_world(QUIET(0), PEOPLE);
	send_one("bare.test", "bare.test", "250 ok\r\n");
	assert_int_equal(rig.stats.contacts, 1);
	send_one("bare.test", NULL, "250 ok\r\n");
	assert_int_equal(rig.stats.contacts, 1);
	assert_true(has("first_contact_lately spam="));
	close_world();
	remembers = false;
}

static void
relays_that_are_exempt_bring_no_strangers(void **state)
{
	remembers = true;
	open_world(QUIET(0) "authentication: {exempt: [192.0.2.7/32]}\n", PEOPLE);
	send_one("good.test", "good.test", "250 ok\r\n");
	assert_false(has("first_contact"));
	assert_int_equal(rig.stats.contacts, 0);
	close_world();
	remembers = false;
}

static void
who_takes_the_name_of_a_tenants_person_is_found(void **state)
{
	static const struct { const char *from; bool imitates; } from_rows[] = {
		{ "Ann Doe <x@good.test>", true }, { "\"Doe, Ann (CEO)\" <ann@home.test>", false },
		{ "Ann Doe <bob@home.test>", true }, { "Bob Roe <bob@example.com>", false }, { "Carol Poe <x@good.test>", false },
		{ "=?utf-8?q?B=D0=BEb?= Roe <b@good.test>", true },
	};

	for (size_t i = 0; i < SL_COUNT(from_rows); i++) {
		struct rig_end *hop, *sender;
		char fields[200];

		open_world(NULL, PEOPLE "    authentication: {dmarc: record}\n");
		snprintf(fields, sizeof(fields), "From: %s\r\nSubject: x\r\n", from_rows[i].from);
		sender = begin(&hop, "a@good.test");
		tx_message(sender, fields, "text\r\n", NULL);
		expect_delivery(sender, hop);
		if (has("from_own_name_foreign") != from_rows[i].imitates)
			fail_msg("%s:\n%s", from_rows[i].from, delivered());
		close_world();
	}
}

static int
set_up(void **state)
{
	key = sl_signkey_generate(SL_KEY_ED25519, 0);
	return key == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	sl_signkey_free(&key);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_that_is_what_it_claims_to_be),
		cmocka_unit_test(a_signature_is_checked_however_the_message_is_cut),
		cmocka_unit_test(a_header_without_an_end_has_an_author),
		cmocka_unit_test(policy_decides),
		cmocka_unit_test(an_author_does_not_hide_behind_a_long_header),
		cmocka_unit_test(monitor_changes_nothing),
		cmocka_unit_test(passing_through_asks_nobody_and_removes_nothing),
		cmocka_unit_test(exempt_senders_are_not_asked_about),
		cmocka_unit_test(where_only_some_pass_through_the_questions_end_at_rcpt),
		cmocka_unit_test(the_name_of_our_results_is_a_setting),
		cmocka_unit_test(every_combination_of_silence_ends_at_the_deadline),
		cmocka_unit_test(answers_that_come_in_time_are_taken_at_once),
		cmocka_unit_test(questions_go_out_as_early_as_they_can),
		cmocka_unit_test(clamd_and_dns_are_awaited_side_by_side),
		cmocka_unit_test(who_leaves_is_not_waited_for),
		cmocka_unit_test(an_edge_that_ends_lets_go_of_its_questions),
		cmocka_unit_test(a_malformed_message_ends_the_questions),
		cmocka_unit_test(what_flows_before_its_end_claims_only_what_is_known),
		cmocka_unit_test(a_slow_spf_is_not_claimed_either),
		cmocka_unit_test(a_trusted_sealer_overrides_dmarc),
		cmocka_unit_test(listed_senders_are_evidence),
		cmocka_unit_test(a_list_that_is_none_is_left_alone_until_it_passes_its_test),
		cmocka_unit_test(a_list_whose_test_nobody_answers_stays_as_it_was),
		cmocka_unit_test(a_strange_answer_ends_the_use_of_a_list),
		cmocka_unit_test(links_to_what_is_listed_are_evidence),
		cmocka_unit_test(lists_of_links_are_awaited_until_the_deadline),
		cmocka_unit_test(who_leaves_ends_the_questions_about_links),
		cmocka_unit_test(days_of_mail_make_a_correspondent),
		cmocka_unit_test(strangers_are_not_spoken_of_too_soon),
		cmocka_unit_test(what_a_spammer_sends_makes_him_no_correspondent),
		cmocka_unit_test(a_signature_proves_a_correspondent),
		cmocka_unit_test(relays_that_are_exempt_bring_no_strangers),
		cmocka_unit_test(who_takes_the_name_of_a_tenants_person_is_found),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
