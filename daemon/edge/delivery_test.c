/* delivery_test.c - what becomes of an envelope and a message when connections to next hops break */

#include "check.h"

#include <unistd.h>

#include "edge_test_i.h"


#define PIPELINING	"PIPELINING 8BITMIME SMTPUTF8 SIZE"
#define MAIL		"MAIL FROM:<a@client.example>\r\n"
#define RCPT		"RCPT TO:<u@example.com>\r\n"

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

/* MAIL and one RCPT over a connection to next hop `i` that is new. */
static struct rig_end *
envelope(struct rig_end *sender, size_t i)
{
	struct rig_end *hop;

	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250 2.1.0");
	hop = hop_greet(&rig, i, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250 ");
	return hop;
}

static void
data(struct rig_end *sender)
{
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
}

/* The rest of a message that is delivered. */
static void
delivered(struct rig_end *sender, struct rig_end *hop)
{
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	expect_nothing(sender);
	end_tx(hop, "250 2.0.0 queued as 4F2A1\r\n");
	expect_reply(sender, "250 2.0.0");
}

static void
a_message_is_delivered_and_the_connection_kept(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	delivered(sender, hop);
	assert_int_equal(rig.stats.delivered, 1);
	assert_int_equal(rig.stats.hops_idle, 1);
	assert_non_null(memmem(rig.message.data, rig.message.len, "\r\nSubject: x\r\n\r\ntext\r\n", 22));
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	assert_null(rig_hop(&rig, 0));
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	rig_close(&rig);
}

/* A kept connection to `*hop_out` and a sender that has said MAIL and RCPT over it. */
static struct rig_end *
over_kept(struct rig_end **hop_out)
{
	struct rig_end *sender = sender_hello(&rig);

	*hop_out = envelope(sender, 0);
	data(sender);
	delivered(sender, *hop_out);
	return sender;
}

static void
a_stale_connection_is_replaced_unseen(void **state)
{
	struct rig_end *sender, *hop, *fresh;

	open_rig(NULL);
	sender = over_kept(&hop);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	end_close(hop);
	fresh = hop_greet(&rig, 0, PIPELINING);
	expect_nothing(sender);
	expect_line(fresh, "MAIL FROM:<a@client.example>");
	expect_line(fresh, "RCPT TO:<u@example.com>");
	end_tx(fresh, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250");
	data(sender);
	delivered(sender, fresh);
	rig_close(&rig);
}

static void
a_kept_connection_that_is_closed_meanwhile_is_not_used(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = over_kept(&hop);
	end_tx(hop, "421 4.4.2 idle too long\r\n");
	end_close(hop);
	assert_int_equal(rig.stats.hops_open, 0);
	assert_int_equal(rig.stats.hops_idle, 0);
	envelope(sender, 0);
	rig_close(&rig);
}

static void
a_421_to_mail_on_a_kept_connection_is_replaced_unseen(void **state)
{
	struct rig_end *sender, *hop, *fresh;

	open_rig(NULL);
	sender = over_kept(&hop);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	end_tx(hop, "421 4.4.2 too many messages\r\n");
	expect_closed((expect_line(hop, "MAIL FROM:<a@client.example>"),
	    expect_line(hop, "RCPT TO:<u@example.com>"), hop));
	fresh = hop_greet(&rig, 0, PIPELINING);
	expect_line(fresh, "MAIL FROM:<a@client.example>");
	expect_line(fresh, "RCPT TO:<u@example.com>");
	end_tx(fresh, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250");
	rig_close(&rig);
}

static void
a_421_to_mail_on_a_fresh_connection_goes_to_the_next_one(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2 });
	sender = sender_hello(&rig);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	hop = hop_greet(&rig, 0, PIPELINING);
	end_tx(hop, "421 4.3.2 closing\r\n");
	hop = hop_greet(&rig, 1, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250");
	rig_close(&rig);
}

/* Two recipients stand; the connection is lost; DATA opens it again with both. */
static void
reopened(bool first_is_down)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2 });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "RCPT TO:<v@example.com>\r\n");
	expect_line(hop, "RCPT TO:<v@example.com>");
	end_tx(hop, "250 ok\r\n");
	expect_reply(sender, "250");
	if (first_is_down)
		rig_hop_refuses(&rig, 0);
	end_close(hop);
	data(sender);
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);		/* a refusal is told from the loop */
	hop = hop_greet(&rig, first_is_down ? 1 : 0, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	expect_line(hop, "RCPT TO:<v@example.com>");
	expect_nothing(hop);
	end_tx(hop, "250 ok\r\n250 ok\r\n250 ok\r\n");
	delivered(sender, hop);
	assert_int_equal(rig.stats.delivered, 1);
	rig_close(&rig);
}

static void
a_connection_lost_before_data_is_opened_again_with_all_recipients(void **state)
{
	reopened(false);
}

static void
a_connection_lost_before_data_is_opened_again_at_the_next_hop(void **state)
{
	reopened(true);
}

static void
a_recipient_refused_when_the_envelope_is_repeated_defers_the_message(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_close(hop);
	data(sender);
	hop = hop_greet(&rig, 0, PIPELINING);
	end_tx(hop, "250 ok\r\n550 5.1.1 no such user any more\r\n");
	expect_reply(sender, "451 4.4.2");
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	expect_line(hop, "RSET");
	expect_nothing(hop);
	assert_int_equal(rig.stats.delivered, 0);
	assert_int_equal(rig.stats.hop_refused, 1);
	rig_close(&rig);
}

/* Lost at a moment of the message's way: what the sender hears, and how it is counted. */
static void
lost_after_data_before_354_is_tried_at_the_next_hop(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2 });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_close(hop);
	hop = hop_greet(&rig, 1, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	delivered(sender, hop);
	rig_close(&rig);
}

static void
lost_after_data_before_354_with_no_other_next_hop_defers(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_close(hop);
	expect_reply(sender, "451 4.4.2");
	assert_int_equal(rig.stats.uncertain, 0);
	assert_int_equal(rig.stats.hop_refused, 1);
	end_tx(sender, "NOOP\r\n");
	expect_reply(sender, "250");
	rig_close(&rig);
}

static void
lost_after_bytes_of_the_message_defers(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2, .tenant = "    window: 16KiB\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 40000);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	end_read(hop);
	assert_true(hop->got.len > 1000);
	end_close(hop);
	expect_nothing(sender);
	end_tx(sender, ".\r\n");
	expect_reply(sender, "451 4.4.2");
	assert_null(rig_hop(&rig, 1));
	assert_int_equal(rig.stats.uncertain, 0);
	assert_int_equal(rig.stats.hop_refused, 1);
	rig_close(&rig);
}

static void
lost_after_the_final_dot_defers_and_is_counted_uncertain(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2 });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_close(hop);
	expect_reply(sender, "451 4.4.2");
	assert_null(rig_hop(&rig, 1));
	assert_int_equal(rig.stats.uncertain, 1);
	assert_int_equal(rig.stats.delivered, 0);
	rig_close(&rig);
}

/* Of messages that a next hop's socket just holds or just does not, one waits with its dot. */
static void
lost_before_the_final_dot_has_left_is_not_uncertain(void **state)
{
	size_t waited = 0;

	for (size_t len = 100000; len < 400000; len += 20000) {
		struct rig_end *sender, *hop;
		const struct delivery *d;

		open_rig(&(struct rig_options){ .tenant = "    window: 1MiB\n" });
		sender = sender_hello(&rig);
		hop = envelope(sender, 0);
		end_tx(sender, "DATA\r\n");
		expect_reply(sender, "354");
		end_tx(sender, "Subject: x\r\n\r\n");
		end_tx_fill(sender, len);
		end_tx(sender, ".\r\n");
		expect_line(hop, "DATA");
		end_tx(hop, "354 go\r\n");	/* and then it takes what its socket holds, no more */
		expect_nothing(sender);
		d = &rig.edge->sessions->tx->delivery;
		if (d->state == DELIVERY_FINAL && sl_conn_pending(&d->hop->conn) > 0) {
			waited++;
			end_reset(hop);
			expect_reply(sender, "451 4.4.2");
			assert_int_equal(rig.stats.uncertain, 0);
		}
		rig_close(&rig);
	}
	assert_true(waited > 0);
}

/* Room that comes between one attempt to write and the next is seen, though nothing tells of it. */
static void
a_next_hop_that_is_slow_for_a_moment_holds_nothing_up(void **state)
{
	for (size_t window = 16; window <= 1024; window *= 64) {	/* KiB: while it comes, and all of it behind the dot */
		struct rig_end *sender, *hop;
		char tenant[64];

		snprintf(tenant, sizeof(tenant), "    window: %zuKiB\n", window);
		open_rig(&(struct rig_options){ .tenant = tenant });
		sender = sender_hello(&rig);
		hop = envelope(sender, 0);
		end_tx(sender, "DATA\r\n");
		expect_reply(sender, "354");
		end_tx(sender, "Subject: x\r\n\r\n");
		end_tx_fill(sender, 60000);
		if (window == 16) {
			expect_line(hop, "DATA");
			end_tx(hop, "354 go\r\n");
		}
		rig_full_by_turns = true;
		for (int i = 0; i < 10; i++) {
			end_tx_fill(sender, 60000);
			rig_settle(&rig);
			end_read(hop);
		}
		end_tx(sender, ".\r\n");
		if (window == 1024) {
			expect_line(hop, "DATA");
			end_tx(hop, "354 go\r\n");
		}
		expect_message(hop);
		rig_full_by_turns = false;
		end_tx(hop, "250 2.0.0 fine\r\n");
		expect_reply(sender, "250 2.0.0");
		rig_close(&rig);
	}
}

/* It takes our last reply only at the second attempt, and hears then that no more comes. */
static void
a_sender_that_is_slow_for_a_moment_hears_the_end_at_once(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "limits: {errors: 1}\n" });
	sender = sender_hello(&rig);
	rig_full_by_turns = true;
	end_tx(sender, "WHAT\r\n");
	rig_full_by_turns = false;
	expect_reply(sender, "500");
	expect_reply(sender, "421");
	assert_true((end_read(sender), sender->closed));
	rig_close(&rig);
}

static void
a_sender_gone_after_the_dot_does_not_hide_the_delivery(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_close(sender);
	assert_int_equal(rig.stats.sessions_open, 1);
	end_tx(hop, "250 2.0.0 queued as 4F2A1\r\n");
	rig_settle(&rig);
	assert_int_equal(rig.stats.sessions_open, 0);
	assert_int_equal(rig.stats.delivered, 1);
	assert_int_equal(rig.stats.uncertain, 0);
	assert_int_equal(rig.stats.aborted, 0);
	rig_close(&rig);
}

static void
a_sender_gone_before_354_takes_its_message_with_it(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_close(sender);
	expect_closed(hop);
	assert_int_equal(rig.stats.delivered, 0);
	assert_int_equal(rig.stats.aborted, 1);
	rig_close(&rig);
}

static void
mail_refused_with_rcpt_sent_ahead_leaves_a_connection_of_use(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	hop = hop_greet(&rig, 0, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "550 5.7.1 not from you\r\n");
	expect_reply(sender, "550 5.7.1");
	expect_line(hop, "RSET");
	end_tx(hop, "503 5.5.1 MAIL first\r\n250 ok\r\n");
	rig_settle(&rig);
	assert_int_equal(rig.stats.hops_idle, 1);
	end_tx(sender, "RSET\r\n" MAIL RCPT);
	expect_reply(sender, "250 2.0.0");
	expect_reply(sender, "250 2.1.0");
	assert_null(rig_hop(&rig, 0));
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250");
	data(sender);
	delivered(sender, hop);
	rig_close(&rig);
}

static void
without_pipelining_one_command_goes_at_a_time(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	hop = hop_greet(&rig, 0, "8BITMIME");
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_nothing(hop);
	end_tx(hop, "250 ok\r\n");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n");
	expect_reply(sender, "250");
	data(sender);
	delivered(sender, hop);
	rig_close(&rig);
}

/* ---- several next hops at the greeting ---- */

static const struct {
	const char *name;
	const char *greetings[3];	/* NULL: connections are refused */
	const char *reply;
} greetings[] = {
	{ "all refuse for good", { "554 no", "554 no", "521 no" }, "554 5.3.2" },
	{ "the first is only busy", { "421 busy", "554 no", "554 no" }, "451 4.4.1" },
	{ "the second is only busy", { "554 no", "450 busy", "554 no" }, "451 4.4.1" },
	{ "the last is only busy", { "554 no", "554 no", "421 busy" }, "451 4.3.2" },
	{ "one cannot be reached", { "554 no", NULL, "554 no" }, "451 4.4.1" },
	{ "none can be reached", { NULL, NULL, NULL }, "451 4.4.1" },
	{ "the last babbles", { "554 no", "554 no", "hello" }, "451 4.4.2" },
};

static void
next_hops_that_refuse_at_the_greeting(void **state)
{
	for (size_t row = 0; row < SL_COUNT(greetings); row++) {
		struct rig_end *sender, *hop;

		print_message("%s\n", greetings[row].name);
		open_rig(&(struct rig_options){ .hops = 3 });
		for (size_t i = 0; i < 3; i++)
			if (greetings[row].greetings[i] == NULL)
				rig_hop_refuses(&rig, i);
		sender = sender_hello(&rig);
		end_tx(sender, MAIL RCPT);
		expect_reply(sender, "250");
		for (size_t i = 0; i < 3; i++) {
			rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
			if (greetings[row].greetings[i] == NULL)
				continue;
			hop = rig_hop(&rig, i);
			assert_non_null(hop);
			end_tx(hop, greetings[row].greetings[i]);
			end_tx(hop, "\r\n");
		}
		expect_reply(sender, greetings[row].reply);
		end_tx(sender, "RSET\r\n");
		expect_reply(sender, "250");
		rig_close(&rig);
	}
}

/* Settings take fewer, but a bit mask must not wrap. */
static void
of_65_next_hops_64_are_tried_and_each_once(void **state)
{
	struct sl_endpoint endpoints[65];
	struct sl_tenant *tenant;
	struct sl_endpoint *before;
	struct rig_end *sender;

	open_rig(NULL);
	tenant = rig_tenant(&rig);
	before = tenant->next_hops;
	rig_hop_refuses(&rig, 0);
	for (size_t i = 0; i < SL_COUNT(endpoints); i++)
		endpoints[i] = before[0];
	tenant->next_hops = endpoints;
	tenant->next_hops_len = SL_COUNT(endpoints);
	sender = sender_hello(&rig);
	end_tx(sender, MAIL RCPT);
	expect_reply(sender, "250");
	for (int i = 0; i < 70; i++)
		rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
	expect_reply(sender, "451 4.4.1");
	assert_int_equal(rig.stats.hop_failures, 64);
	tenant->next_hops = before;
	tenant->next_hops_len = 1;
	rig_close(&rig);
}

/* ---- what a next hop cannot carry ---- */

static const struct {
	const char *mail;
	const char *extensions;
	const char *reply;
} carries[] = {
	{ "MAIL FROM:<a@client.example> BODY=8BITMIME\r\n", "SMTPUTF8", "554 5.6.3" },
	{ "MAIL FROM:<a@client.example> SMTPUTF8\r\n", "8BITMIME", "553 5.6.7" },
};

static void
what_a_next_hop_cannot_carry_is_refused(void **state)
{
	for (size_t row = 0; row < SL_COUNT(carries); row++) {
		struct rig_end *sender, *hop;

		open_rig(NULL);
		sender = sender_hello(&rig);
		end_tx(sender, carries[row].mail);
		expect_reply(sender, "250");
		end_tx(sender, RCPT);
		hop = hop_greet(&rig, 0, carries[row].extensions);
		rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
		expect_reply(sender, carries[row].reply);
		expect_nothing(hop);
		rig_close(&rig);
	}
}

static void
what_a_kept_connection_cannot_carry_is_refused(void **state)
{
	for (size_t row = 0; row < SL_COUNT(carries); row++) {
		struct rig_end *sender, *hop;

		open_rig(NULL);
		sender = sender_hello(&rig);
		end_tx(sender, MAIL RCPT);
		hop = hop_greet(&rig, 0, carries[row].extensions);
		expect_line(hop, "MAIL FROM:<a@client.example>");
		end_tx(hop, "250 ok\r\n");
		expect_line(hop, "RCPT TO:<u@example.com>");
		end_tx(hop, "250 ok\r\n");
		expect_reply(sender, "250 2.1.0");
		expect_reply(sender, "250");
		data(sender);
		delivered(sender, hop);
		end_tx(sender, carries[row].mail);
		expect_reply(sender, "250");
		end_tx(sender, RCPT "NOOP\r\n");
		rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
		expect_reply(sender, carries[row].reply);
		expect_reply(sender, "250");
		expect_nothing(hop);
		assert_int_equal(rig.stats.hops_idle, 1);
		rig_close(&rig);
	}
}

/* ---- a next hop that answers out of turn ---- */

static void
a_250_sent_before_the_final_dot_is_not_the_senders(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	data(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n250 2.0.0 taken, whatever it is\r\n");
	expect_reply(sender, "451");
	assert_int_equal(rig.stats.delivered, 0);
	rig_close(&rig);
}

static void
a_250_begun_before_the_final_dot_is_not_the_senders(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .tenant = "    window: 16KiB\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 40000);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	end_tx(hop, "250 2.0.0 all");
	end_tx(sender, ".\r\n");
	expect_nothing(sender);
	end_tx(hop, " of it\r\n");
	expect_reply(sender, "451 4.5.0");
	assert_int_equal(rig.stats.delivered, 0);
	assert_int_equal(rig.stats.uncertain, 1);
	rig_close(&rig);
}

static void
a_250_in_the_midst_of_the_message_defers(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .tenant = "    window: 16KiB\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 40000);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	end_tx(hop, "250 2.0.0 enough\r\n");
	end_tx(sender, ".\r\n");
	expect_reply(sender, "451 4.5.0");
	assert_int_equal(rig.stats.delivered, 0);
	rig_close(&rig);
}

/* It has closed behind a 250 that we have not read when the rest of the message is written: into
 * nothing. */
static void
a_250_of_a_connection_that_broke_before_the_dot_is_not_the_senders(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .tenant = "    window: 16KiB\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 40000);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	end_read(hop);
	assert_int_equal(write(sender->fd, ".\r\n", 3), 3);	/* heard of first */
	assert_int_equal(write(hop->fd, "250 ok\r\n", 8), 8);
	end_close(hop);
	expect_reply(sender, "451");
	assert_int_equal(rig.stats.delivered, 0);
	assert_int_equal(rig.stats.uncertain, 0);
	rig_close(&rig);
}

static const struct {
	const char *at;		/* replies to MAIL and RCPT */
	const char *reply;
} odd_replies[] = {
	{ "250 ok\r\n354 what?\r\n", "451 4.5.0" },
	{ "354 what?\r\n250 ok\r\n", "451 4.5.0" },
	{ "250 ok\r\n421 closing\r\n", "451" },
	{ "250 ok\r\n551-go\r\n551 away\r\n", "551" },
	{ "250 ok\r\n252 perhaps\r\n", "252" },
};

static void
odd_replies_to_the_envelope(void **state)
{
	for (size_t row = 0; row < SL_COUNT(odd_replies); row++) {
		struct rig_end *sender, *hop;

		open_rig(NULL);
		sender = sender_hello(&rig);
		end_tx(sender, MAIL RCPT);
		expect_reply(sender, "250");
		hop = hop_greet(&rig, 0, PIPELINING);
		end_tx(hop, odd_replies[row].at);
		expect_reply(sender, odd_replies[row].reply);
		end_tx(sender, "NOOP\r\n");
		expect_reply(sender, "250");
		rig_close(&rig);
	}
}

static void
a_next_hop_that_speaks_unasked_is_opened_again(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(hop, "250 and another one\r\n");
	expect_closed(hop);
	data(sender);
	hop = hop_greet(&rig, 0, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	delivered(sender, hop);
	rig_close(&rig);
}

/* ---- numbers ---- */

static void
too_many_connections_defer_and_nothing_is_left_behind(void **state)
{
	struct rig_end *first, *second;

	open_rig(&(struct rig_options){ .top = "limits: {hop_connections: 1}\n" });
	first = sender_hello(&rig);
	envelope(first, 0);
	second = sender_hello(&rig);
	end_tx(second, MAIL RCPT);
	expect_reply(second, "250");
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
	expect_reply(second, "451 4.3.2");
	assert_int_equal(rig.stats.hops_open, 1);
	rig_pass(&rig, 20000);		/* past what the connection's own timer would have been */
	expect_nothing(second);
	rig_close(&rig);
}

static void
the_largest_size_is_not_made_small(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .tenant = "    message_size: 0\n" });
	sender = sender_hello(&rig);
	end_tx(sender, "MAIL FROM:<a@client.example> SIZE=18446744073709551615\r\n" RCPT);
	expect_reply(sender, "250");
	hop = hop_greet(&rig, 0, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example> SIZE=18446744073709551615");
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_delivered_and_the_connection_kept),
		cmocka_unit_test(a_stale_connection_is_replaced_unseen),
		cmocka_unit_test(a_kept_connection_that_is_closed_meanwhile_is_not_used),
		cmocka_unit_test(a_421_to_mail_on_a_kept_connection_is_replaced_unseen),
		cmocka_unit_test(a_421_to_mail_on_a_fresh_connection_goes_to_the_next_one),
		cmocka_unit_test(a_connection_lost_before_data_is_opened_again_with_all_recipients),
		cmocka_unit_test(a_connection_lost_before_data_is_opened_again_at_the_next_hop),
		cmocka_unit_test(a_recipient_refused_when_the_envelope_is_repeated_defers_the_message),
		cmocka_unit_test(lost_after_data_before_354_is_tried_at_the_next_hop),
		cmocka_unit_test(lost_after_data_before_354_with_no_other_next_hop_defers),
		cmocka_unit_test(lost_after_bytes_of_the_message_defers),
		cmocka_unit_test(lost_after_the_final_dot_defers_and_is_counted_uncertain),
		cmocka_unit_test(lost_before_the_final_dot_has_left_is_not_uncertain),
		cmocka_unit_test(a_next_hop_that_is_slow_for_a_moment_holds_nothing_up),
		cmocka_unit_test(a_sender_that_is_slow_for_a_moment_hears_the_end_at_once),
		cmocka_unit_test(a_sender_gone_after_the_dot_does_not_hide_the_delivery),
		cmocka_unit_test(a_sender_gone_before_354_takes_its_message_with_it),
		cmocka_unit_test(mail_refused_with_rcpt_sent_ahead_leaves_a_connection_of_use),
		cmocka_unit_test(without_pipelining_one_command_goes_at_a_time),
		cmocka_unit_test(next_hops_that_refuse_at_the_greeting),
		cmocka_unit_test(of_65_next_hops_64_are_tried_and_each_once),
		cmocka_unit_test(what_a_next_hop_cannot_carry_is_refused),
		cmocka_unit_test(what_a_kept_connection_cannot_carry_is_refused),
		cmocka_unit_test(a_250_sent_before_the_final_dot_is_not_the_senders),
		cmocka_unit_test(a_250_begun_before_the_final_dot_is_not_the_senders),
		cmocka_unit_test(a_250_in_the_midst_of_the_message_defers),
		cmocka_unit_test(a_250_of_a_connection_that_broke_before_the_dot_is_not_the_senders),
		cmocka_unit_test(odd_replies_to_the_envelope),
		cmocka_unit_test(a_next_hop_that_speaks_unasked_is_opened_again),
		cmocka_unit_test(too_many_connections_defer_and_nothing_is_left_behind),
		cmocka_unit_test(the_largest_size_is_not_made_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
