/* withhold_test.c - messages larger than the window whose recipients may fare differently, and copies: the next hop is given what
 * the verdict says, to whom it says, and all of it */

#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge_provider_i.h"

static const struct rcpt both[] = { { "anna@acme.test", NULL }, { "bert@acme.test", NULL }, { NULL, NULL } };
static const struct rcpt anna[] = { { "anna@acme.test", NULL }, { NULL, NULL } };
static const char *const only_anna[] = { "anna@acme.test", NULL };
static const char *const only_audit[] = { "audit@acme.test", NULL };

/* anna takes what clamd finds, bert has it kept. */
static const struct provider one_keeps = { .policy = "malware: never\n",
	.users = { { "anna@acme.test", NULL }, { "bert@acme.test", "malware: {quarantine: 0.5}\n" } } };

/* 384 KiB: lines that end at every place of a block, some of dots. */
static const char *
large(void)
{
	static char text[400000];
	size_t n = (size_t)snprintf(text, sizeof(text), "Subject: large\r\n\r\n");

	for (unsigned i = 0; n < 393216; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s%u\r\n", i % 3 == 0 ? ".." : "", (int)(i % 61),
		    "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz", i);
	return text;
}

/* What the next hop was given last ends in the whole message. */
static void
was_given(const char *text)
{
	size_t len = strlen(text);

	assert_true(rig.message.len > len);
	assert_memory_equal(rig.message.data + rig.message.len - len - 2, text, len);
	assert_memory_equal(rig.message.data + rig.message.len - 2, "\r\n", 2);
}

/* ---- larger than the window ---- */

static void
a_large_message_is_delivered_to_one_and_kept_for_the_other(void **state)
{
	unsigned char plain[SL_SEAL_RECORD_PLAIN];
	struct sl_seal_view view;
	struct rig_end *sender;
	struct sl_buf kept;

	open_rig(&one_keeps);
	close(fake_lends());
	close(fake_lends());
	sender = envelope("<a@client.example>", both);
	message(sender, large(), true);
	expect_nothing(hop);		/* not a byte before the verdict has been acted upon */
	assert_int_equal(fake.keeps, 1);
	assert_true(kept_for("bert@acme.test"));
	assert_false(kept_for("anna@acme.test"));
	fake_answer(0);
	expect_nothing(sender);
	taken_by("250 taken by anna\r\n", only_anna, true);
	was_given(large());
	expect_reply(sender, "250 taken by anna");
	sl_buf_init(&kept, SIZE_MAX / 2);
	fake_opens(&view, plain, &kept);
	assert_true(kept.len > 300000);
	sl_buf_fini(&kept);
	close_rig();
}

static void
a_large_message_that_is_clean_goes_to_both(void **state)
{
	struct rig_end *sender;
	struct stat st;
	int lent;

	open_rig(&one_keeps);
	lent = fake_lends();
	sender = envelope("<a@client.example> SIZE=300000", both);	/* that may be less than comes */
	message(sender, large(), false);
	assert_int_equal(fstat(lent, &st), 0);
	assert_true(st.st_size > 0);
	taken_by("250 taken\r\n", NULL, false);
	was_given(large());
	expect_reply(sender, "250 taken");
	assert_int_equal(fake.keeps, 0);
	assert_int_equal(fstat(lent, &st), 0);
	assert_int_equal(st.st_size, 0);	/* nothing is left of it */
	close(lent);
	close_rig();
}

/* Its header is written again, so its subject can be tagged. */
static void
a_large_message_that_was_withheld_is_tagged_in_its_subject(void **state)
{
	const struct provider p = { .policy = "malware: {tag: 0.5}\nsubject_tag: \"[BAD]\"\n",
		.users = { { "anna@acme.test", NULL }, { "bert@acme.test", "malware: {tag: 0.5}\nsubject_tag: \"[BAD]\"\nspam: {quarantine: 0.9}\n" } } };
	struct rig_end *sender;
	static char wanted[400010];

	open_rig(&p);
	close(fake_lends());
	sender = envelope("<a@client.example>", both);
	message(sender, large(), true);
	taken_by("250 taken\r\n", NULL, false);
	snprintf(wanted, sizeof(wanted), "Subject: [BAD]%s", large() + strlen("Subject:"));
	was_given(wanted);
	expect_reply(sender, "250 taken");
	close_rig();
}

/* The next hop is given it as it comes, up to the verdict. */
static void
flow(struct rig_end *sender, bool infected)
{
	bool begun = false;

	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	clamd = rig_clamd(&rig);
	for (size_t at = 0; at < strlen(large()); at += 8192) {
		end_tx_bytes(sender, large() + at, SL_MIN((size_t)8192, strlen(large()) - at));
		fake_settle();
		(void)end_read(clamd);
		(void)end_read(hop);
		if (!begun && hop->got.len > 0) {
			expect_line(hop, "DATA");
			end_tx(hop, "354 go on\r\n");
			begun = true;
		}
	}
	assert_true(begun);
	end_tx(sender, "\r\n.\r\n");
	for (int i = 0; i < 8; i++) {
		fake_settle();
		(void)end_read(clamd);
		(void)end_read(hop);
	}
	end_tx(clamd, infected ? "stream: Eicar FOUND" : "stream: OK");
	end_tx_bytes(clamd, "", 1);
	fake_settle();
}

/* Nobody lends a file: it flows, and where there is no one answer the sender comes again. */
static void
without_a_file_it_flows_and_comes_again_when_they_differ(void **state)
{
	static const struct rcpt again[] = { { "anna@acme.test", NULL }, { "bert@acme.test", "451 4.5.3" }, { NULL, NULL } };
	struct rig_end *sender;

	open_rig(&one_keeps);
	sender = envelope("<a@client.example>", both);
	flow(sender, true);
	expect_reply(sender, "451 4.7.1");
	assert_null(memmem(hop->got.data, hop->got.len, "\r\n.\r\n", 5));
	end_tx(sender, "QUIT\r\n");
	rig_settle(&rig);
	envelope("<a@client.example>", again);
	close_rig();
}

/* The disk is full in the middle of it: the sender comes again, and for a minute nothing is held that can do without. */
static void
what_cannot_be_captured_is_deferred_once(void **state)
{
	struct rig_end *sender;
	int lent;

	open_rig(&one_keeps);
	lent = memfd_create("lent", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(fcntl(lent, F_ADD_SEALS, F_SEAL_GROW), 0);	/* nothing can be written */
	assert_int_equal(sl_ipc_send(fake.ipc, SL_IPC_SPOOL, sl_slice(NULL, 0), &lent, 1), 0);
	fake_settle();
	sender = envelope("<a@client.example>", both);
	message(sender, large(), false);
	expect_reply(sender, "451 4.3.0");
	assert_int_equal(rig.stats.deferred, 1);
	expect_line(hop, "RSET");
	end_close(hop);
	end_tx(sender, "QUIT\r\n");
	rig_settle(&rig);
	close(lent);
	close(fake_lends());
	sender = envelope("<a@client.example>", both);
	flow(sender, false);
	expect_message(hop);
	end_tx(hop, "250 taken\r\n");
	expect_reply(sender, "250 taken");
	close_rig();
}

/* ---- copies ---- */

#define NEVER	"level: perimeter\nspam: never\nphish: never\nbulk: never\nmalformed: never\ncopy_to: audit@acme.test\n"

/* The copy's recipient is named behind the others, once the verdict is there. */
static void
copy_is_asked(const char *answer)
{
	expect_line(hop, "RCPT TO:<audit@acme.test>");
	end_tx(hop, answer);
	rig_settle(&rig);
}

static void
a_copy_goes_with_what_is_delivered(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	copy_is_asked("250 ok\r\n");
	taken_by("250 taken by both\r\n", NULL, false);
	expect_reply(sender, "250 taken by both");
	assert_int_equal(rig.stats.delivered, 1);
	assert_int_equal(rig.stats.copied, 1);
	/* Nothing is found: no copy. */
	end_tx(sender, "QUIT\r\n");
	rig_settle(&rig);
	close_rig();
	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", false);
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	assert_int_equal(rig.stats.copied, 0);
	close_rig();
}

static void
a_large_message_is_copied_whole(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	close(fake_lends());
	sender = envelope("<a@client.example>", anna);
	message(sender, large(), true);
	copy_is_asked("250 ok\r\n");
	taken_by("250 taken by both\r\n", NULL, false);
	was_given(large());
	expect_reply(sender, "250 taken by both");
	assert_int_equal(rig.stats.copied, 1);
	close_rig();
}

static void
a_copy_of_what_is_refused_goes_alone(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5, refuse: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	taken_by("250 taken\r\n", only_audit, true);
	expect_reply(sender, "550 5.7.1");
	assert_int_equal(rig.stats.refused, 1);
	assert_int_equal(rig.stats.delivered, 0);
	assert_int_equal(rig.stats.copied, 1);
	close_rig();
}

static void
a_copy_of_what_is_kept_goes_once_it_is_kept(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5, quarantine: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	assert_int_equal(fake.keeps, 1);
	expect_nothing(hop);
	assert_false(kept_for("audit@acme.test"));
	fake_answer(0);
	expect_nothing(sender);
	taken_by("250 taken\r\n", only_audit, true);
	expect_reply(sender, "250 2.0.0");
	assert_int_equal(rig.stats.quarantined, 1);
	assert_int_equal(rig.stats.copied, 1);
	close_rig();
}

/* A wrong address must not stop mail, neither that which is delivered nor an answer. */
static void
a_copy_that_is_refused_for_good_is_left_out(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	copy_is_asked("550 5.1.1 nobody\r\n");
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	assert_int_equal(rig.stats.copied, 0);
	close_rig();
	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5, refuse: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	expect_line(hop, "RSET");
	end_tx(hop, "250 ok\r\n");
	hop = hop_greet(&rig, 0, "PIPELINING SIZE");
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<audit@acme.test>");
	end_tx(hop, "250 ok\r\n550 5.1.1 nobody\r\n");
	rig_settle(&rig);
	expect_reply(sender, "550 5.7.1");
	expect_line(hop, "RSET");	/* no DATA for nobody */
	assert_int_equal(rig.stats.copied, 0);
	close_rig();
}

/* One that may be taken later is a part of what the policy asks for: the sender comes again. */
static void
a_copy_that_is_refused_for_now_defers(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	copy_is_asked("450 4.2.1 later\r\n");
	expect_reply(sender, "450 4.2.1");
	expect_line(hop, "RSET");
	assert_int_equal(rig.stats.delivered, 0);
	close_rig();
}

/* Not a byte of the message has been given: it is nobody's, and the sender comes again. */
static void
a_next_hop_that_goes_while_a_copy_is_named_defers(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", anna);
	message(sender, "Subject: x\r\n\r\nhello", true);
	expect_line(hop, "RCPT TO:<audit@acme.test>");
	end_close(hop);
	rig_settle(&rig);
	expect_reply(sender, "451 4.4");
	assert_int_equal(rig.stats.delivered, 0);
	close_rig();
}

/* He is given it as a recipient already. */
static void
who_is_given_the_message_is_given_no_copy(void **state)
{
	static const struct rcpt audit_too[] = { { "anna@acme.test", NULL }, { "Audit@acme.test", NULL }, { NULL, NULL } };
	struct rig_end *sender;

	open_rig(&(struct provider){ .policy = NEVER "malware: {copy: 0.5}\n" });
	sender = envelope("<a@client.example>", audit_too);
	message(sender, "Subject: x\r\n\r\nhello", true);
	taken_by("250 taken\r\n", NULL, false);
	expect_reply(sender, "250 taken");
	close_rig();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_message_is_delivered_to_one_and_kept_for_the_other),
		cmocka_unit_test(a_large_message_that_is_clean_goes_to_both),
		cmocka_unit_test(a_large_message_that_was_withheld_is_tagged_in_its_subject),
		cmocka_unit_test(without_a_file_it_flows_and_comes_again_when_they_differ),
		cmocka_unit_test(what_cannot_be_captured_is_deferred_once),
		cmocka_unit_test(a_copy_goes_with_what_is_delivered),
		cmocka_unit_test(a_large_message_is_copied_whole),
		cmocka_unit_test(a_copy_of_what_is_refused_goes_alone),
		cmocka_unit_test(a_copy_of_what_is_kept_goes_once_it_is_kept),
		cmocka_unit_test(a_copy_that_is_refused_for_good_is_left_out),
		cmocka_unit_test(a_copy_that_is_refused_for_now_defers),
		cmocka_unit_test(a_next_hop_that_goes_while_a_copy_is_named_defers),
		cmocka_unit_test(who_is_given_the_message_is_given_no_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
