/* classes_test.c - recipients of the console's tenants: who is served how, and one answer for those that fare differently */

#include "check.h"

#include <stdio.h>

#include "discovered.h"
#include "edge_provider_i.h"

/* ---- tests ---- */

static void
the_consoles_tenants_are_served_beside_the_settings(void **state)
{
	static const struct rcpt rcpts[] = { { "anna@acme.test", NULL }, { "u@example.com", "451 4.5.3" },
		{ "who@elsewhere.test", "550 5.7.1" }, { NULL, NULL } };
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = "" });
	sender = envelope("<a@client.example>", rcpts);
	message(sender, "Subject: x\r\n\r\nhello", false);
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	assert_int_equal(rig.stats.delivered, 1);
	close_rig();
}

/* Once the console has a tenant of the settings as it is there, what it says besides holds; its next hops are the settings' in any case. */
static void
the_settings_tenants_have_what_the_console_knows_of_them(void **state)
{
	static const struct { enum ours ours; const char *denied, *shielded; bool console; } rows[] = {
		{ OURS_IS_NOT_THERE, NULL, NULL, false }, { OURS_AS_IT_WAS, NULL, NULL, false },
		{ OURS_AS_IT_IS, "550 5.7.1", "550 5.1.1", true },
	};
	struct provider p = { .policy = "recipients: {shield: known}\nlists: {users: both}\nsubject_tag: \"[X]\"\n",
		.users = { { "u@example.com", NULL }, { "v@example.com", NULL } },
		.entries = { { "u@example.com", "client.example", SL_LIST_DENY } } };
	struct addressee who, other;
	struct policy *policy;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct rcpt rcpts[] = { { "u@example.com", rows[i].denied }, { "v@example.com", NULL },
			{ "w@example.com", rows[i].shielded }, { NULL, NULL } };

		if (rows[i].ours == OURS_IS_NOT_THERE)
			p.users[0].address = p.entries[0].value = NULL;
		else
			p.users[0].address = "u@example.com", p.entries[0].value = "client.example";
		p.ours = rows[i].ours;
		open_rig(&p);
		assert_true(directory_find(rig.edge->directory, SL_SLICE_LIT("v@example.com"), &who));
		assert_ptr_equal(who.tenant, rig_tenant(&rig));
		assert_int_equal(who.place == DIRECTORY_CONSOLE, rows[i].console);
		assert_true(directory_find(rig.edge->directory, SL_SLICE_LIT("u@example.com"), &other));
		assert_int_equal(who.class_id != other.class_id, rows[i].console);	/* she has a list of her own */
		policy = directory_policy(rig.edge->directory, &who);
		assert_int_equal(policy->values.subject_tag.len > 0, rows[i].console);
		policy_unref(&policy);
		envelope("<a@client.example>", rcpts);
		close_rig();
	}
}

static void
unknown_recipients_are_refused_where_the_policy_shields(void **state)
{
	static const struct rcpt rcpts[] = { { "nobody@acme.test", "550 5.1.1" }, { "anna@acme.test", NULL },
		{ "postmaster@acme.test", NULL }, { NULL, NULL } };

	open_rig(&(struct provider){ .policy = "recipients: {shield: known}\n", .users = { { "anna@acme.test", NULL } } });
	envelope("<a@client.example>", rcpts);
	close_rig();
}

static void
who_is_denied_by_envelope_hears_it_at_rcpt(void **state)
{
	static const struct rcpt rcpts[] = { { "bert@acme.test", "550 5.7.1" }, { "anna@acme.test", NULL }, { NULL, NULL } };
	const struct provider p = { .policy = "lists: {users: both}\n", .users = { { "anna@acme.test", NULL }, { "bert@acme.test", NULL } },
		.entries = { { "bert@acme.test", "client.example", SL_LIST_DENY } } };

	open_rig(&p);
	envelope("<a@client.example>", rcpts);
	close_rig();
	/* And the host, whoever it says it is: for all of the tenant. */
	open_rig(&(struct provider){ .policy = "", .entries = { { NULL, "192.0.2.0/24", SL_LIST_DENY } } });
	envelope("<a@client.example>", (const struct rcpt[]){ { "anna@acme.test", "550 5.7.1" }, { NULL, NULL } });
	close_rig();
}

static const struct rcpt both[] = { { "anna@acme.test", NULL }, { "bert@acme.test", NULL }, { NULL, NULL } };
static const char *const only_anna[] = { "anna@acme.test", NULL };

/* anna takes what clamd finds, bert has it kept. */
static const struct provider one_keeps = { .policy = "malware: never\n",
	.users = { { "anna@acme.test", NULL }, { "bert@acme.test", "malware: {quarantine: 0.5}\n" } } };

static void
delivered_to_one_and_kept_for_the_other(void **state)
{
	struct rig_end *sender;

	open_rig(&one_keeps);
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	assert_int_equal(fake.keeps, 1);
	expect_nothing(sender);
	assert_true(kept_for("bert@acme.test"));
	assert_false(kept_for("anna@acme.test"));
	fake_answer(0);
	expect_nothing(sender);		/* the next hop has not spoken */
	taken_by("250 taken by anna\r\n", only_anna, true);
	expect_reply(sender, "250 taken by anna");
	assert_int_equal(rig.stats.delivered, 1);
	assert_int_equal(rig.stats.quarantined, 1);
	close_rig();
}

static void
what_cannot_be_kept_is_delivered_to_nobody(void **state)
{
	struct rig_end *sender;

	open_rig(&one_keeps);
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	fake_answer(SL_ERR_NO_SPACE);
	expect_reply(sender, "452 4.3.1");
	assert_int_equal(rig.stats.delivered, 0);
	close_rig();
}

static void
what_the_next_hop_says_is_the_answer(void **state)
{
	struct rig_end *sender;

	open_rig(&one_keeps);
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	fake_answer(0);
	taken_by("452 disk full\r\n", only_anna, true);
	expect_reply(sender, "452 disk full");
	assert_int_equal(rig.stats.delivered, 0);
	close_rig();
}

/* The sender comes again for both: the vault is asked whether it has it already, and when he has heard 250 it is news. */
static void
what_the_next_hop_defers_is_not_kept_twice(void **state)
{
	struct rig_end *sender;

	open_rig(&one_keeps);
	for (unsigned i = 0; i < 4; i++) {
		unsigned before = fake.keeps;
		struct rig_end *first;

		sender = envelope("<a@client.example>", both);
		first = hop;
		message(sender, "Subject: x\r\n\r\nhello", true);
		assert_int_equal(fake.keeps - before, 1);
		assert_int_equal(fake.keep.since_us != 0, i == 1 || i == 2);
		fake_answer(0);
		taken_by(i < 2 ? "452 disk full\r\n" : "250 taken\r\n", only_anna, true);
		expect_reply(sender, i < 2 ? "452 disk full" : "250 taken");
		end_tx(sender, "QUIT\r\n");
		if (first != hop)
			end_close(first);
		end_close(hop);
		rig_settle(&rig);
	}
	/* Another message is another. */
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello again", true);
	assert_int_equal(fake.keep.since_us, 0);
	fake_answer(0);
	taken_by("250 taken\r\n", only_anna, true);
	expect_reply(sender, "250 taken");
	close_rig();
}

/* The tenant's own limit, and what is announced before it is known whose the recipient is. */
static void
a_tenant_has_its_own_limit(void **state)
{
	static const struct provider small = { .policy = "message: {size: 64KiB}", .users = { { "anna@acme.test", NULL } } };
	static const struct rcpt too_large[] = { { "anna@acme.test", "552 5.3.4" }, { NULL, NULL } };
	static const struct rcpt anna[] = { { "anna@acme.test", NULL }, { NULL, NULL } };
	static char line[] = "0123456789012345678901234567890123456789012345678901234567890\r\n";
	struct rig_end *sender;

	open_rig(&small);
	assert_int_equal(rig.edge->snapshot->size_limit, SL_MAX((uint64_t)64 << 10, rig_tenant(&rig)->message_max_bytes));
	sender = envelope("<a@client.example> SIZE=65537", too_large);
	end_tx(sender, "QUIT\r\n");
	rig_settle(&rig);
	sender = envelope("<a@client.example>", anna);		/* it does not say */
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\n");
	for (size_t bytes = 0; bytes < (64 << 10); bytes += sizeof(line) - 1) {
		end_tx(sender, line);
		rig_settle(&rig);
	}
	end_tx(sender, ".\r\n");
	rig_settle(&rig);
	expect_reply(sender, "552 5.3.4");
	close_rig();
}

static void
refused_to_one_is_kept_where_his_policy_keeps(void **state)
{
	struct rig_end *sender;
	const struct provider p = { .policy = "malware: never\n", .users = { { "anna@acme.test", NULL },
		{ "bert@acme.test", "malware: {refuse: 0.5}\nspam: {quarantine: 0.9}\n" } } };

	open_rig(&p);
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	assert_int_equal(fake.keeps, 1);
	assert_true(kept_for("bert@acme.test"));
	fake_answer(0);
	taken_by("250 taken\r\n", only_anna, true);
	expect_reply(sender, "250 taken");
	close_rig();
}

#define NEVER_KEEPS	"level: perimeter\nspam: never\nphish: never\nbulk: never\nmalformed: never\n"

/* bert has it refused, and nothing is ever kept for him. */
static const struct provider one_refuses = { .policy = NEVER_KEEPS "malware: never\n",
	.users = { { "anna@acme.test", NULL }, { "bert@acme.test", NEVER_KEEPS "malware: {refuse: 0.5}\nlists: {denied: refuse}\n" } } };

static void
without_one_answer_the_sender_comes_again_and_separately(void **state)
{
	static const struct rcpt again[] = { { "anna@acme.test", NULL }, { "bert@acme.test", "451 4.5.3" }, { NULL, NULL } };
	struct rig_end *sender;

	open_rig(&one_refuses);
	sender = envelope("<a@client.example>", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	expect_reply(sender, "451 4.7.1");
	assert_int_equal(fake.keeps, 0);
	expect_line(hop, "RSET");
	end_close(hop);
	end_tx(sender, "QUIT\r\n");
	rig_settle(&rig);
	sender = envelope("<a@client.example>", again);
	message(sender, "Subject: x\r\n\r\nhello", true);
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	close_rig();
}

static void
with_prdr_each_recipient_has_a_reply(void **state)
{
	struct rig_end *sender;

	open_rig(&one_refuses);
	sender = envelope("<a@client.example> PRDR", both);
	message(sender, "Subject: x\r\n\r\nhello", true);
	taken_by("250 taken by anna\r\n", only_anna, true);
	expect_reply(sender, "353");
	expect_reply(sender, "250 taken by anna");
	expect_reply(sender, "550 5.7.1");
	expect_reply(sender, "250 2.0.0");
	close_rig();
	/* Where all fare alike there is one. */
	open_rig(&one_refuses);
	sender = envelope("<a@client.example> PRDR", both);
	message(sender, "Subject: x\r\n\r\nhello", false);
	taken_by("250 taken by both\r\n", NULL, false);
	expect_reply(sender, "250 taken by both");
	close_rig();
}

/* One user's allow list is nobody else's. */
static void
an_allow_list_is_its_owners_alone(void **state)
{
	const struct provider p = { .policy = "malware: {refuse: 0.5}\nattachments: {rules: [{name: text, action: quarantine, names: [\"*.txt\"]}]}\n"
	    "lists: {users: both, overrides: [attachment]}\n", .users = { { "anna@acme.test", NULL }, { "bert@acme.test", NULL } },
		.entries = { { "anna@acme.test", "192.0.2.7", SL_LIST_ALLOW } } };
	struct rig_end *sender;

	open_rig(&p);
	sender = envelope("<a@client.example>", both);
	message(sender, "From: a@client.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; name=\"a.txt\"\r\n"
	    "Content-Disposition: attachment; filename=\"a.txt\"\r\n\r\nhello", false);
	assert_int_equal(fake.keeps, 1);
	assert_true(kept_for("bert@acme.test"));
	assert_false(kept_for("anna@acme.test"));
	fake_answer(0);
	taken_by("250 taken\r\n", only_anna, true);
	expect_reply(sender, "250 taken");
	close_rig();
}

static void
words_of_a_content_group_are_kept(void **state)
{
	const struct provider p = { .policy = "content: {groups: [{name: secret, action: quarantine, words: [\"project x\"]}]}\n" };
	struct rig_end *sender;

	open_rig(&p);
	sender = envelope("<a@client.example>", (const struct rcpt[]){ { "anna@acme.test", NULL }, { NULL, NULL } });
	message(sender, "From: a@client.example\r\nSubject: =?utf-8?q?Project=20X?=\r\n\r\nhello", false);
	assert_int_equal(fake.keeps, 1);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	close_rig();
}

static void
patterns_of_a_content_group_refuse(void **state)
{
	const struct provider p = { .policy = "content: {groups: [{name: case, action: refuse, patterns: ['case [0-9]{4}-x']}]}\n" };
	static const struct rcpt anna[] = { { "anna@acme.test", NULL }, { NULL, NULL } };
	struct rig_end *sender;

	open_rig(&p);
	sender = envelope("<a@client.example>", anna);
	message(sender, "From: a@client.example\r\nSubject: x\r\n\r\nabout Case 1234-X\r\nof last week", false);
	expect_reply(sender, "550 5.7.1");
	close_rig();
	open_rig(&p);
	sender = envelope("<a@client.example>", anna);
	message(sender, "From: a@client.example\r\nSubject: x\r\n\r\nabout case 123-x", false);
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	close_rig();
}

static void
a_new_snapshot_is_for_the_next_transaction(void **state)
{
	struct rig_end *sender;

	open_rig(&one_keeps);
	sender = envelope("<a@client.example>", both);
	use(&one_refuses);
	message(sender, "Subject: x\r\n\r\nhello", true);
	assert_int_equal(fake.keeps, 1);	/* by the one it began with */
	fake_answer(0);
	taken_by("250 taken\r\n", only_anna, true);
	expect_reply(sender, "250 taken");
	close_rig();
}

/* ---- what the console is told ---- */

static void
on_discovered(void *ctx, struct sl_slice payload)
{
	struct sl_unpack in = { .rest = payload };
	unsigned *count = ctx;

	while (in.rest.len > 0 && !in.failed) {
		assert_true(sl_slice_eq(sl_unpack_bytes(&in), SL_SLICE_LIT("carl@acme.test")));
		++*count;
	}
}

/* anna is known, dora was refused her message: carl is news, and is so once. */
static void
who_takes_mail_is_told_to_the_console(void **state)
{
	static const struct rcpt both_[] = { { "anna@acme.test", NULL }, { "carl@acme.test", NULL }, { NULL, NULL } };
	static const struct rcpt dora[] = { { "dora@acme.test", NULL }, { NULL, NULL } };
	unsigned told = 0;

	open_rig(&(struct provider){ .policy = "", .users = { { "anna@acme.test", NULL } } });
	rig.edge->discovered = discovered_new(rig.loop, on_discovered, &told);
	for (int i = 0; i < 2; i++) {
		struct rig_end *sender = envelope("<a@client.example>", both_);

		message(sender, "Subject: x\r\n\r\nhello", false);
		taken_by("250 taken\r\n", NULL, false);
		expect_reply(sender, "250 taken");
		end_close(hop);
		rig_pass(&rig, DISCOVERED_MS + 1000);
		assert_int_equal(told, 1);
	}
	message(envelope("<a@client.example>", dora), "Subject: x\r\n\r\nhello", false);
	taken_by("550 no\r\n", NULL, false);
	rig_pass(&rig, DISCOVERED_MS + 1000);
	assert_int_equal(told, 1);
	close_rig();
}

/* ---- action addresses ---- */

static struct sl_buf asked;	/* what the console was told last */

static bool
on_action(void *ctx, struct sl_slice request)
{
	sl_buf_reset(&asked);
	sl_buf_add_slice(&asked, request);
	return true;
}

static struct rig_end *
command(const char *rcpt, const char *told, const char *header)
{
	struct rig_end *sender = sender_hello(&rig);
	char line[200];

	end_tx(sender, "MAIL FROM:<anna@acme.test>\r\n");
	expect_reply(sender, "250");
	snprintf(line, sizeof(line), "RCPT TO:<%s@%s>\r\n", rcpt, rig.edge->snapshot->settings->hostname);
	end_tx(sender, line);
	expect_reply(sender, told);
	if (header == NULL)
		return sender;
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	clamd = rig_clamd(&rig);
	end_tx(sender, header);
	end_tx(sender, "\r\nrelease it, please\r\n.\r\n");
	for (int i = 0; i < 4; i++) {
		rig_settle(&rig);
		(void)end_read(clamd);
	}
	end_tx(clamd, "stream: OK");
	end_tx_bytes(clamd, "", 1);
	rig_settle(&rig);
	return sender;
}

static void
console_tells(const struct sl_digest_response *response)
{
	struct sl_buf payload;

	sl_buf_init(&payload, SL_DIGEST_RESPONSE_MAX);
	sl_digest_response_pack(response, &payload);
	actions_answered(rig.edge, sl_buf_slice(&payload));
	sl_buf_fini(&payload);
}

static void
console_says(const struct sl_digest_response *response)
{
	console_tells(response);
	rig_settle(&rig);
}

static void
console_answers(uint64_t number, int code, const char *text)
{
	console_says(&(struct sl_digest_response){ .number = number, .code = code, .enhanced = SL_SLICE_LIT("2.0.0"),
		.text = sl_slice_str(text) });
}

static void
mail_to_an_action_address_is_the_consoles(void **state)
{
	struct sl_digest_request request;
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = "" });
	rig.edge->on_action = on_action;
	sl_buf_init(&asked, SL_DIGEST_WIRE_MAX);
	sender = command("release.abc", "250 2.1.5", "From: Anna <anna@acme.test>\r\nMessage-ID: <1@acme.test>\r\n"
	    "Auto-Submitted: no\r\nSubject: Re: x\r\n");
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&asked), &request), 0);
	assert_true(sl_slice_eq(request.mail.from, SL_SLICE_LIT("anna@acme.test")));
	assert_true(sl_slice_eq(request.mail.auto_submitted, SL_SLICE_LIT("no")));
	assert_true(sl_slice_eq(request.message_id, SL_SLICE_LIT("<1@acme.test>")));
	assert_int_equal(request.mail.authors, 1);
	assert_int_equal(request.mail.proof, SL_DIGEST_PROOF_NONE);	/* there is no DNS here */
	expect_nothing(sender);		/* the deed is on nobody's disk yet */
	console_answers(request.number + 1, 250, "another's");
	expect_nothing(sender);
	console_answers(request.number, 250, "It will be done");
	expect_reply(sender, "250 2.0.0 It will be done");
	assert_int_equal(rig.stats.delivered, 0);
	/* Silence is 451; nothing else can be written to. */
	sender = command("delete.abc", "250 2.1.5", "From: anna@acme.test\r\n");
	rig_pass(&rig, ACTIONS_DEADLINE_MS + 100);
	expect_reply(sender, "451 4.3.0");
	command("postmaster", "550 5.1.1", NULL);
	command("nothing.abc", "550 5.1.1", NULL);
	/* The sender leaves while the console thinks. */
	sender = command("report.abc", "250 2.1.5", "From: anna@acme.test\r\n");
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&asked), &request), 0);
	end_close(sender);
	rig_settle(&rig);
	console_answers(request.number, 250, "too late");
	sl_buf_fini(&asked);
	close_rig();
}

#define REPORT	"From: Anna <anna@acme.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nlook\r\n--b\r\n"	\
		"Content-Type: message/rfc822\r\n\r\nX-Sluice-Verdict: ham; id=0123456789ABC\r\nSubject: casino\r\n\r\n"	\
		"Buy what everybody buys, while it is there to be bought, and tell your friends of it.\r\n--b--\r\n"

/* What came through is reported by forwarding it: the console says whose word it is and of whom, and only then it is learned. */
static void
mail_that_was_forwarded_is_learned_from(void **state)
{
	struct sl_digest_response said = { .code = 250, .enhanced = SL_SLICE_LIT("2.0.0"), .text = SL_SLICE_LIT("Thank you"),
		.lessons = { { .tenant = SL_SLICE_LIT("acme.test"), .reporter = SL_SLICE_LIT("anna@acme.test"),
			.client = SL_SLICE_LIT("192.0.2.77"), .author = SL_SLICE_LIT("shop.test") } }, .lessons_len = 1 };
	struct sl_digest_request request;
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = "" });
	rig.edge->on_action = on_action;
	sl_buf_init(&asked, SL_DIGEST_WIRE_MAX);
	sender = command("Phish", "250 2.1.5", REPORT);
	assert_int_equal(rig.edge->reported_open, 1);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&asked), &request), 0);
	assert_true(request.is_report && request.forward == SL_FORWARD_PHISH && request.attached == 1 && request.reported_len == 1);
	assert_true(sl_slice_eq(request.reported[0].id, SL_SLICE_LIT("0123456789ABC")));
	expect_nothing(sender);
	said.number = request.number;
	console_says(&said);
	expect_reply(sender, rig.edge->snapshot->memory != NULL ? "250 2.0.0 Thank you" : "550 5.3.0 Nothing is learned");
	assert_int_equal(rig.stats.corrections, rig.edge->snapshot->memory != NULL);
	/* The sender leaves while it is learned, a step a turn. */
	sender = command("spam", "250 2.1.5", REPORT);
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&asked), &request), 0);
	said.number = request.number;
	console_tells(&said);
	assert_int_equal(rig.edge->reported_open, 1);
	end_close(sender);
	rig_settle(&rig);
	assert_int_equal(rig.edge->reported_open, 0);
	/* What the console does not know teaches nothing. */
	sender = command("spam", "250 2.1.5", "From: anna@acme.test\r\n");
	assert_int_equal(sl_digest_request_unpack(sl_buf_slice(&asked), &request), 0);
	assert_true(request.is_report && request.attached == 0 && request.reported_len == 0);
	console_answers(request.number, 550, "Forward it as an attachment");
	expect_reply(sender, "550 2.0.0 Forward it");
	assert_int_equal(rig.edge->reported_open, 0);
	/* Whoever gets no mail here has nothing to report; and so many at once are enough. */
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<x@elsewhere.test>\r\n");
	expect_reply(sender, "250");
	end_tx(sender, "RCPT TO:<spam@mx.sluice.example>\r\n");
	expect_reply(sender, "550 5.1.1");
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	rig.edge->reported_open = REPORTED_OPEN_MAX;
	end_tx(sender, "MAIL FROM:<anna@acme.test>\r\n");
	expect_reply(sender, "250");
	end_tx(sender, "RCPT TO:<spam@mx.sluice.example>\r\n");
	expect_reply(sender, "451 4.3.2");
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	assert_int_equal(rig.edge->reported_open, REPORTED_OPEN_MAX);
	sl_buf_fini(&asked);
	close_rig();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_consoles_tenants_are_served_beside_the_settings),
		cmocka_unit_test(the_settings_tenants_have_what_the_console_knows_of_them),
		cmocka_unit_test(unknown_recipients_are_refused_where_the_policy_shields),
		cmocka_unit_test(who_is_denied_by_envelope_hears_it_at_rcpt),
		cmocka_unit_test(delivered_to_one_and_kept_for_the_other),
		cmocka_unit_test(what_cannot_be_kept_is_delivered_to_nobody),
		cmocka_unit_test(what_the_next_hop_says_is_the_answer),
		cmocka_unit_test(what_the_next_hop_defers_is_not_kept_twice),
		cmocka_unit_test(a_tenant_has_its_own_limit),
		cmocka_unit_test(refused_to_one_is_kept_where_his_policy_keeps),
		cmocka_unit_test(without_one_answer_the_sender_comes_again_and_separately),
		cmocka_unit_test(with_prdr_each_recipient_has_a_reply),
		cmocka_unit_test(an_allow_list_is_its_owners_alone),
		cmocka_unit_test(words_of_a_content_group_are_kept),
		cmocka_unit_test(who_takes_mail_is_told_to_the_console),
		cmocka_unit_test(mail_to_an_action_address_is_the_consoles),
		cmocka_unit_test(mail_that_was_forwarded_is_learned_from),
		cmocka_unit_test(patterns_of_a_content_group_refuse),
		cmocka_unit_test(a_new_snapshot_is_for_the_next_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
