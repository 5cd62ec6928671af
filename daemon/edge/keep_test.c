/* keep_test.c - a message that a policy keeps: 250 when the vault has said so, and in no other case */

#include "check.h"

#include <sys/mman.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge_vault_i.h"
#include "keep.h"

#define ENVELOPE	"MAIL FROM:<a@client.example>\r\nRCPT TO:<u@example.com>\r\n"
#define TENANT		"example.com"

static struct rig rig;
static bool fake_next;		/* the vault is another one from the middle of the next large message on */
static struct rig_end *clamd;	/* of the message in work: its word is what the verdict waits for */

static void
fail_at(const char *what, const char *file, int line)
{
	print_error("%s:%d: not met: %s\n", file, line, what);
	_fail(file, line);
}

static void
settle(void)
{
	fake_settle();
}

static void
open_rig(void)
{
	rig_fail = fail_at;
	rig_open(&rig, &(struct rig_options){ .top = "clamd: {address: \"127.0.0.1:3310\"}\nquarantine: {directory: /nowhere}\n" });
	rig_tenant(&rig)->policy[SL_MALWARE].at[SL_ACTION_QUARANTINE] = 0;
	rig.edge->snapshot->settings->quarantine.deadline_ms = 20000;
	sl_seal_pair_new(&fake.pair);
	fake_open(&rig);
}

static void
close_rig(void)
{
	fake_close();
	rig_settle(&rig);
	rig_close(&rig);
}

/* To 354; the next hop has taken the recipient. */
static struct rig_end *
begin(struct rig_end **hop_out)
{
	struct rig_end *sender = sender_hello(&rig);

	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250 2.1.0");
	*hop_out = hop_greet(&rig, 0, "PIPELINING SIZE");
	expect_line(*hop_out, "MAIL FROM:<a@client.example>");
	expect_line(*hop_out, "RCPT TO:<u@example.com>");
	end_tx(*hop_out, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250 ");
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	clamd = rig_clamd(&rig);
	assert_non_null(clamd);
	return sender;
}

/* The whole message has come: it is judged. */
static void
judge(void)
{
	for (int i = 0; i < 4; i++) {
		rig_settle(&rig);
		(void)end_read(clamd);
	}
	end_tx(clamd, "stream: OK");
	end_tx_bytes(clamd, "", 1);
	settle();
}

/* ---- what was kept, opened */

static void
opens_as(struct sl_slice wanted)
{
	unsigned char plain[SL_SEAL_RECORD_PLAIN];
	struct sl_seal_view view;
	struct sl_buf message;

	sl_buf_init(&message, SIZE_MAX / 2);
	fake_opens(&view, plain, &message);
	assert_int_equal(view.message_bytes, wanted.len);
	assert_true(sl_slice_eq(sl_slice(message.data, (size_t)view.message_bytes), wanted));
	sl_buf_fini(&message);
}

/* ---- tests */

static void
the_sender_hears_250_when_the_vault_has_it(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\nX-Sluice-Forged: y\r\n\r\n..a\r\n.. \r\n.\r\n");
	judge();
	assert_int_equal(fake.keeps, 1);
	expect_nothing(sender);		/* it waits for the vault */
	expect_line(hop, "RSET");
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	assert_int_equal(rig.stats.quarantined, 1);
	opens_as(SL_SLICE_LIT("Subject: x\r\n\r\n.a\r\n. \r\n"));
	close_rig();
}

static void
cuts_change_nothing(void **state)
{
	static const char text[] = "Subject: x\r\n\r\n..\r\n..a\r\nb\r\n\r\n.\r\n", wanted[] = "Subject: x\r\n\r\n.\r\n.a\r\nb\r\n\r\n";

	for (size_t piece = 1; piece < sizeof(text); piece += 3) {
		struct rig_end *sender, *hop;

		open_rig();
		sender = begin(&hop);
		for (size_t i = 0; i < sizeof(text) - 1; i += piece) {
			end_tx_bytes(sender, text + i, SL_MIN(piece, sizeof(text) - 1 - i));
			rig_settle(&rig);
		}
		judge();
		fake_answer(0);
		expect_reply(sender, "250 2.0.0");
		opens_as(SL_SLICE_LIT(wanted));
		close_rig();
	}
}

static void
what_the_vault_cannot_do_is_deferred(void **state)
{
	static const struct {
		int		 result;
		const char	*reply;
	} rows[] = {
		{ SL_ERR_NO_SPACE, "452 4.3.1" }, { SL_ERR_QUOTA, "452 4.3.1" }, { SL_ERR_SYSTEM, "451 4.3.0" },
		{ SL_ERR_NOT_FOUND, "451 4.3.0" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct rig_end *sender, *hop;

		open_rig();
		sender = begin(&hop);
		end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
		judge();
		fake_answer(rows[i].result);
		expect_reply(sender, rows[i].reply);
		assert_int_equal(rig.stats.quarantined, 0);
		assert_int_equal(rig.stats.deferred, 1);
		close_rig();
	}
}

static void
a_vault_that_is_silent_costs_a_451(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	rig_pass(&rig, 19000);
	expect_nothing(sender);
	rig_pass(&rig, 1200);
	settle();
	expect_reply(sender, "451 4.3.0");
	fake_answer(0);			/* too late: nobody is told anything more */
	expect_nothing(sender);
	close_rig();
}

/* One that comes, judged and told to the vault. */
static struct rig_end *
told(const char *text, struct rig_end **hop_out)
{
	struct rig_end *sender = begin(hop_out);

	end_tx(sender, text);
	judge();
	return sender;
}

/* The sender has gone: another connection to the next hop is used next. */
static void
over(struct rig_end *sender, struct rig_end *hop)
{
	end_tx(sender, "QUIT\r\n");
	end_close(hop);
	settle();
}

#define TEXT	"Subject: x\r\n\r\ntext\r\n.\r\n"

/* Whether it may be kept already is said when its sender comes again who has not heard that it is, and then alone. */
static void
what_may_be_kept_already_is_asked_for(void **state)
{
	struct rig_end *sender, *hop;
	uint64_t token;
	int64_t told_us;

	open_rig();
	sender = told(TEXT, &hop);	/* silence */
	told_us = rig.clock.wall_us(rig.clock.ctx);
	token = fake.keep.token;
	assert_int_not_equal(token, 0);
	assert_int_equal(fake.keep.since_us, 0);
	rig_pass(&rig, 20200);
	settle();
	expect_reply(sender, "451 4.3.0");
	over(sender, hop);

	sender = told("Subject: x\r\n\r\ntexts\r\n.\r\n", &hop);	/* another one */
	assert_int_not_equal(fake.keep.token, token);
	assert_int_equal(fake.keep.since_us, 0);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	over(sender, hop);

	sender = told(TEXT, &hop);	/* again; this time the vault says no */
	assert_true(fake.keep.token == token);
	assert_true(fake.keep.since_us > 0 && fake.keep.since_us <= told_us && fake.keep.since_us > told_us - 2000000);
	fake_answer(SL_ERR_QUOTA);
	expect_reply(sender, "452 4.3.1");
	over(sender, hop);

	sender = told(TEXT, &hop);	/* so it does not have it */
	assert_true(fake.keep.token == token);
	assert_int_equal(fake.keep.since_us, 0);
	fake_close();			/* nobody knows */
	settle();
	expect_reply(sender, "451 4.3.0");
	over(sender, hop);

	fake_open(&rig);
	sender = told(TEXT, &hop);
	assert_true(fake.keep.since_us > 0);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	over(sender, hop);
	sender = told(TEXT, &hop);	/* it was heard: this is a message of its own */
	assert_int_equal(fake.keep.since_us, 0);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	close_rig();
}

/* The sender leaves before the vault says so. */
static void
what_is_kept_for_who_has_left_is_not_kept_again(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	sender = told(TEXT, &hop);
	end_close(sender);
	settle();
	fake_answer(0);
	end_close(hop);
	settle();
	assert_int_equal(rig.stats.quarantined, 1);
	sender = told(TEXT, &hop);
	assert_true(fake.keep.since_us > 0);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	close_rig();
}

/* A vault that is busy with a slow disk: it is told of as many as its socket takes, and the others wait their turn. */
static void
a_slow_vault_is_not_told_of_all_at_once(void **state)
{
	struct rig_end *senders[20], *hop;

	open_rig();
	for (size_t i = 0; i < SL_COUNT(senders); i++) {
		senders[i] = begin(&hop);
		end_tx(senders[i], "Subject: x\r\n\r\ntext\r\n.\r\n");
		judge();
	}
	assert_int_equal(fake.keeps, 16);
	for (uint64_t number = 1; number <= SL_COUNT(senders); number++) {
		fake.keep.number = number;
		fake_answer(0);
	}
	assert_int_equal(fake.keeps, SL_COUNT(senders));
	for (size_t i = 0; i < SL_COUNT(senders); i++)
		expect_reply(senders[i], "250 2.0.0");
	assert_int_equal(rig.stats.quarantined, SL_COUNT(senders));
	close_rig();
}

static void
a_vault_that_goes_costs_a_451(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	assert_int_equal(fake.keeps, 1);
	expect_line(hop, "RSET");
	end_tx(hop, "250 ok\r\n");
	fake_close();
	settle();
	expect_reply(sender, "451 4.3.0");
	end_tx(sender, ENVELOPE "DATA\r\n");	/* none is there now */
	expect_reply(sender, "250 2.1.0");
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250 ");
	expect_reply(sender, "354");
	clamd = rig_clamd(&rig);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	expect_reply(sender, "451 4.3.0");
	close_rig();
}

static void
a_key_that_comes_late_is_awaited(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	fake.answers_keys = false;
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	assert_int_equal(fake.keeps, 0);
	fake_key(sl_slice(fake.pair.public, sizeof(fake.pair.public)));
	settle();
	assert_int_equal(fake.keeps, 1);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	close_rig();
}

static void
without_a_key_nothing_is_kept(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	fake.answers_keys = false;
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	fake_key(sl_slice(NULL, 0));
	settle();
	assert_int_equal(fake.keeps, 0);
	expect_reply(sender, "451 4.3.0");
	close_rig();
}

static void
a_sender_that_leaves_does_not_undo_it(void **state)
{
	struct rig_end *sender, *hop;

	open_rig();
	sender = begin(&hop);
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
	judge();
	end_close(sender);
	settle();
	fake_answer(0);
	assert_int_equal(rig.stats.quarantined, 1);
	assert_int_equal(rig.edge->sessions_len, 0);
	close_rig();
}

/* A message of 1 MiB: it flows to the next hop, and is captured. */
static void
large(struct rig_end *sender, struct rig_end *hop, struct sl_buf *wanted)
{
	static const char head[] = "Subject: x\r\n\r\n";
	char line[80];

	sl_buf_init(wanted, SIZE_MAX / 2);
	sl_buf_add_str(wanted, head);
	end_tx(sender, head);
	for (unsigned i = 0; i < 16384; i++) {
		int n = snprintf(line, sizeof(line), "..%08x and %08x, %08x, %08x, %08x, line\r\n", i * 2654435761u, i * 40503u,
		    i * 97u, i * 7919u, i);

		sl_buf_add(wanted, line + 1, (size_t)n - 1);
		end_tx_bytes(sender, line, (size_t)n);
		if (i % 64 == 63)
			settle();
		if (i == 9000 && fake_next) {	/* another vault, in the middle of it */
			fake_close();
			settle();
			fake_open(&rig);
			close(fake_lends());
			close(fake_lends());
			fake_next = false;
		}
		if (i == 4351) {
			expect_line(hop, "DATA");
			end_tx(hop, "354 go\r\n");
			settle();
		}
		if (i % 64 == 63)
			(void)end_read(clamd);
		if (i > 4351 && i % 64 == 63)
			(void)end_read(hop);
	}
	end_tx(sender, ".\r\n");
	judge();
	for (int i = 0; i < 20; i++) {
		settle();
		(void)end_read(hop);
	}
}

static void
a_large_message_is_captured_and_kept_whole(void **state)
{
	struct rig_end *sender, *hop;
	struct sl_buf wanted;

	open_rig();
	close(fake_lends());
	close(fake_lends());
	sender = begin(&hop);
	large(sender, hop, &wanted);
	assert_int_equal(fake.keeps, 1);
	expect_nothing(sender);
	fake_answer(0);
	expect_reply(sender, "250 2.0.0");
	opens_as(sl_buf_slice(&wanted));
	sl_buf_fini(&wanted);
	close_rig();
}

/* What was captured in a file that another channel had lent is not kept: the file may be somebody else's by now. */
static void
a_file_of_an_earlier_vault_is_not_used(void **state)
{
	struct rig_end *sender, *hop;
	struct sl_buf wanted;

	open_rig();
	close(fake_lends());
	close(fake_lends());
	fake_next = true;
	sender = begin(&hop);
	large(sender, hop, &wanted);
	expect_reply(sender, "451 4.3.0");
	assert_int_equal(rig.stats.quarantined, 0);
	sl_buf_fini(&wanted);
	close_rig();
}

static void
a_large_message_that_nobody_lends_a_file_for_is_deferred(void **state)
{
	struct rig_end *sender, *hop;
	struct sl_buf wanted;

	open_rig();
	sender = begin(&hop);
	large(sender, hop, &wanted);
	assert_int_equal(fake.keeps, 0);
	expect_reply(sender, "451 4.3.0");
	sl_buf_fini(&wanted);
	close_rig();
}

/* What was captured of a message that may go is emptied, and the file serves the next. */
static void
a_large_message_that_is_clean_leaves_nothing(void **state)
{
	struct rig_end *sender, *hop;
	struct sl_buf wanted;
	struct stat st;
	int lent;

	open_rig();
	lent = fake_lends();
	rig_tenant(&rig)->policy[SL_MALWARE].at[SL_ACTION_QUARANTINE] = 1;
	sender = begin(&hop);
	large(sender, hop, &wanted);
	(void)end_read(hop);
	end_tx(hop, "250 taken\r\n");
	settle();
	expect_reply(sender, "250 ");
	assert_int_equal(rig.stats.quarantined, 0);
	assert_int_equal(fstat(lent, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(lent);
	sl_buf_fini(&wanted);
	close_rig();
}

static void
count(void *ctx)
{
	(*(unsigned *)ctx)++;
}

static void
a_way_that_breaks_is_asked_for_again(void **state)
{
	unsigned asked = 0;

	open_rig();
	keeper_on_lost(rig.edge->keeper, count, &asked);
	fake_close();
	settle();
	assert_int_equal(asked, 0);	/* a vault that died comes by itself */
	rig_pass(&rig, 2000);
	assert_int_equal(asked, 1);
	rig_pass(&rig, 2000);
	assert_int_equal(asked, 2);	/* until there is one */
	fake_open(&rig);
	settle();
	rig_pass(&rig, 10000);
	assert_int_equal(asked, 2);
	close_rig();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_hears_250_when_the_vault_has_it),
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(what_the_vault_cannot_do_is_deferred),
		cmocka_unit_test(a_vault_that_is_silent_costs_a_451),
		cmocka_unit_test(what_may_be_kept_already_is_asked_for),
		cmocka_unit_test(what_is_kept_for_who_has_left_is_not_kept_again),
		cmocka_unit_test(a_slow_vault_is_not_told_of_all_at_once),
		cmocka_unit_test(a_vault_that_goes_costs_a_451),
		cmocka_unit_test(a_way_that_breaks_is_asked_for_again),
		cmocka_unit_test(a_key_that_comes_late_is_awaited),
		cmocka_unit_test(without_a_key_nothing_is_kept),
		cmocka_unit_test(a_sender_that_leaves_does_not_undo_it),
		cmocka_unit_test(a_large_message_is_captured_and_kept_whole),
		cmocka_unit_test(a_file_of_an_earlier_vault_is_not_used),
		cmocka_unit_test(a_large_message_that_nobody_lends_a_file_for_is_deferred),
		cmocka_unit_test(a_large_message_that_is_clean_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
