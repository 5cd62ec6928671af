/* timers_test.c - every timer, just before it is due and just after; nothing sleeps */

#include "check.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deep.h"
#include "edge_test_i.h"

#define S		1000u
#define MINUTE		60000u
#define PIPELINING	"PIPELINING 8BITMIME"
#define ENVELOPE	"MAIL FROM:<a@client.example>\r\nRCPT TO:<u@example.com>\r\n"
#define CLAMD		"clamd: {address: \"127.0.0.1:3310\"}\n"

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

/* Up to the last millisecond in which nothing may happen; due() then goes past it. */
static void
almost(unsigned ms)
{
	rig_pass(&rig, ms - 1);
}

static void
due(void)
{
	rig_pass(&rig, 1 + SL_TIMER_GRAIN_MS);
}

static struct rig_end *
envelope(struct rig_end *sender, size_t i)
{
	struct rig_end *hop;

	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250 2.1.0");
	hop = hop_greet(&rig, i, PIPELINING);
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	end_tx(hop, "250 ok\r\n250 ok\r\n");
	expect_reply(sender, "250 ");
	return hop;
}

static void
begin_data(struct rig_end *sender)
{
	end_tx(sender, "DATA\r\n");
	expect_reply(sender, "354");
}

static void
text(struct rig_end *sender)
{
	end_tx(sender, "Subject: x\r\n\r\ntext\r\n.\r\n");
}

static void
deliver(struct rig_end *sender, struct rig_end *hop)
{
	begin_data(sender);
	text(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_tx(hop, "250 2.0.0 ok\r\n");
	expect_reply(sender, "250 2.0.0");
}

static void
expect_421(struct rig_end *sender, const char *reply)
{
	due();
	expect_reply(sender, reply);
	expect_closed(sender);
}

/* ---- the sender ---- */

static void
a_sender_has_five_minutes_for_a_command(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);		/* READY */
	almost(5 * MINUTE);
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	sender = sender_hello(&rig);		/* MAIL; each command starts the time anew */
	almost(5 * MINUTE);
	end_tx(sender, "MAIL FROM:<>\r\n");
	expect_reply(sender, "250");
	almost(5 * MINUTE);
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	sender = sender_hello(&rig);		/* RCPT */
	envelope(sender, 0);
	almost(5 * MINUTE);
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	rig_pass(&rig, 6 * S);
	assert_int_equal(rig.stats.sessions_open, 0);
	rig_close(&rig);
}

static void
half_a_command_does_not_start_the_time_anew(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	almost(5 * MINUTE);
	end_tx(sender, "NOO");
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	rig_close(&rig);
}

static void
a_tls_handshake_has_the_time_of_a_command(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	rig.edge->snapshot->server_tls = SSL_CTX_new(TLS_server_method());
	sender = sender_hello(&rig);
	end_tx(sender, "STARTTLS\r\n");
	expect_reply(sender, "220");
	almost(5 * MINUTE);
	expect_nothing(sender);
	due();
	expect_closed(sender);
	rig_close(&rig);
}

static void
a_sender_silent_inside_a_message_has_three_minutes(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	almost(3 * MINUTE);
	expect_nothing(sender);
	end_tx_fill(sender, 4000);		/* each block starts the time anew */
	almost(3 * MINUTE);
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	expect_line(hop, "RSET");
	rig_close(&rig);
}

static void
a_message_must_grow_by_its_rate_each_minute_or_stand_still(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	envelope(sender, 0);
	begin_data(sender);
	for (int i = 0; i < 10; i++) {		/* as fast as it must */
		end_tx_fill(sender, 1100);
		rig_pass(&rig, MINUTE);
		expect_nothing(sender);
	}
	end_tx_fill(sender, 500);
	almost(MINUTE);
	expect_nothing(sender);
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS * 12);	/* the grains of ten minutes */
	expect_reply(sender, "421 4.4.2");
	expect_closed(sender);
	rig_close(&rig);
}

/* A message may begin slowly; a byte now and then does not keep a session. */
static void
a_trickling_sender_is_cut(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, "S");
	rig_pass(&rig, MINUTE);
	rig_pass(&rig, MINUTE);
	rig_pass(&rig, 30 * S);
	end_tx(sender, "u");
	expect_nothing(sender);
	rig_pass(&rig, 29 * S);
	expect_nothing(sender);
	rig_pass(&rig, 2 * S);
	expect_reply(sender, "421 4.4.2");
	expect_closed(sender);
	rig_close(&rig);
}

static void
after_a_refused_message_silence_ends_soon(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, "Subject: x\n\n");
	almost(10 * S);
	expect_nothing(sender);
	expect_421(sender, "550 5.5.2");
	rig_close(&rig);
}

static void
trickling_after_a_refused_message_is_cut(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, "Subject: x\n\n");
	for (int i = 0; i < 23; i++) {
		rig_pass(&rig, 5 * S);
		end_tx(sender, "x");
		expect_nothing(sender);
	}
	rig_pass(&rig, 6 * S);
	expect_reply(sender, "550 5.5.2");
	expect_closed(sender);
	rig_close(&rig);
}

static void
our_own_pauses_are_not_the_senders(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .tenant = "    window: 64KiB\n",
	    .top = "timers: {data: 20s, chain: 60s, connect: 60s}\nlimits: {data_rate: 1MiB/min}\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_close(hop);
	begin_data(sender);
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 2 << 20);		/* more than is read while the next hop is opened */
	hop = rig_hop(&rig, 0);
	rig_pass(&rig, 50 * S);			/* past the sender's own time */
	expect_nothing(sender);
	end_tx(hop, "220 inner.example\r\n");
	rig_pass(&rig, 11 * S);			/* the minute is over */
	expect_nothing(sender);
	rig_close(&rig);
}

/* ---- stress ---- */

static void
under_stress(const char *limit, int sessions, bool stressed)
{
	struct rig_end *sender = NULL;

	open_rig(&(struct rig_options){ .top = limit });
	for (int i = 0; i < sessions; i++)
		sender = sender_hello(&rig);
	almost(30 * S);
	expect_nothing(sender);
	due();
	if (stressed) {
		expect_reply(sender, "421 4.4.2");
		expect_closed(sender);
	} else {
		expect_nothing(sender);
	}
	rig_close(&rig);
}

static void
from_nine_tenths_of_the_sessions_on_a_command_has_half_a_minute(void **state)
{
	under_stress("limits: {sessions: 10}\n", 8, false);
	under_stress("limits: {sessions: 10}\n", 9, true);
	under_stress("limits: {sessions: 19}\n", 17, false);
	under_stress("limits: {sessions: 19}\n", 18, true);
	under_stress("limits: {sessions: 5}\n", 4, false);
	under_stress("limits: {sessions: 1}\n", 1, true);
}

static void
under_stress_silence_inside_a_message_has_fifteen_seconds(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "limits: {sessions: 1}\n" });
	sender = sender_hello(&rig);
	envelope(sender, 0);
	begin_data(sender);
	for (int i = 0; i < 3; i++) {		/* progress is never cut */
		almost(15 * S);
		end_tx_fill(sender, 1100);
		expect_nothing(sender);
	}
	almost(15 * S);
	expect_nothing(sender);
	expect_421(sender, "421 4.4.2");
	rig_close(&rig);
}

static void
one_session_too_many_is_told_at_once(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "limits: {sessions: 1}\n" });
	sender_hello(&rig);
	sender = rig_sender(&rig);
	expect_reply(sender, "421 4.3.2");
	expect_closed(sender);
	rig_close(&rig);
}

/* ---- before the greeting, and after the last reply ---- */

static void
a_greeting_may_be_delayed(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "timers: {greeting_delay: 5s}\n" });
	sender = rig_sender(&rig);
	almost(5 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "220");
	end_tx(sender, "NOOP\r\n");
	expect_reply(sender, "250");
	rig_close(&rig);
}

static void
who_talks_before_the_greeting_is_refused(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "timers: {greeting_delay: 5s}\n" });
	sender = rig_sender(&rig);
	almost(5 * S);
	end_tx(sender, "EHLO a\r\n");
	expect_reply(sender, "421 4.7.0");
	expect_closed(sender);
	assert_int_equal(rig.stats.sessions_refused, 1);
	rig_close(&rig);
}

static void
a_sender_that_does_not_close_has_five_seconds(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .top = "limits: {errors: 1}\n" });
	sender = sender_hello(&rig);
	end_tx(sender, "FOO\r\n");
	expect_reply(sender, "500");
	expect_reply(sender, "421 4.7.0");
	end_tx(sender, "what follows is dropped\r\n");
	almost(5 * S);
	assert_int_equal(rig.stats.sessions_open, 1);
	due();
	assert_int_equal(rig.stats.sessions_open, 0);
	rig_close(&rig);
}

/* ---- PROXY ---- */

static void
open_behind_balancer(const char *top)
{
	static struct sl_network anywhere[] = { { .bits = 0 } };
	struct sl_listener *listener;

	open_rig(&(struct rig_options){ .top = top });
	listener = &rig.edge->snapshot->settings->listeners[0];
	listener->proxy_from = anywhere;
	listener->proxy_from_len = 1;
}

static void
a_balancer_has_five_seconds_for_its_header(void **state)
{
	struct rig_end *sender;

	open_behind_balancer(NULL);
	sender = rig_sender(&rig);
	end_tx(sender, "PROXY TCP4 ");
	almost(5 * S);
	expect_nothing(sender);
	due();
	expect_closed(sender);
	rig_close(&rig);
}

static void
what_comes_with_the_balancers_header_is_the_senders(void **state)
{
	struct rig_end *sender;

	open_behind_balancer(NULL);
	sender = rig_sender(&rig);
	end_tx(sender, "PROXY TCP4 198.51.100.3 192.0.2.1 4000 25\r\nEHLO a\r\n");
	expect_reply(sender, "220");
	expect_reply(sender, "250 ");
	assert_string_equal(rig.edge->sessions->client_text, "198.51.100.3");
	rig_close(&rig);
}

static void
who_talks_with_the_balancers_header_is_an_early_talker(void **state)
{
	struct rig_end *sender;

	open_behind_balancer("timers: {greeting_delay: 5s}\n");
	sender = rig_sender(&rig);
	end_tx(sender, "PROXY TCP4 198.51.100.3 192.0.2.1 4000 25\r\nEHLO a\r\n");
	expect_reply(sender, "421 4.7.0");
	expect_closed(sender);
	rig_close(&rig);
}

/* Bytes behind the header belong to the handshake: as commands they would be injected. */
static void
what_comes_with_the_balancers_header_is_tls_where_tls_is_implicit(void **state)
{
	static const char header[] = "PROXY TCP4 198.51.100.3 192.0.2.1 4000 465\r\n";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	BIO *out = BIO_new(BIO_s_mem());
	unsigned char first[4000];
	struct rig_end *sender;
	size_t n = sizeof(header) - 1;
	int r;

	open_behind_balancer(NULL);
	rig.edge->snapshot->server_tls = SSL_CTX_new(TLS_server_method());
	rig.edge->snapshot->settings->listeners[0].tls = SL_LISTENER_TLS_IMPLICIT;
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
	SSL_set_connect_state(ssl);
	assert_true(SSL_do_handshake(ssl) < 0);
	memcpy(first, header, n);
	r = BIO_read(out, first + n, (int)(sizeof(first) - n));
	assert_true(r > 0);
	sender = rig_sender(&rig);
	end_tx_bytes(sender, first, n + (size_t)r);
	/* It has no certificate: that it says so at once shows that it read the ClientHello. */
	end_read(sender);
	assert_true(sender->got.len >= 7 && sender->got.data[0] == 21);	/* a TLS alert */
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	rig_close(&rig);
}

/* ---- opening a next hop ---- */

/* Steps that a next hop reaches before it hangs. */
static const char *const steps[] = { "", "220 inner.example\r\n" };

static void
a_next_hop_has_ten_seconds_to_be_open(void **state)
{
	for (size_t i = 0; i < SL_COUNT(steps); i++) {
		struct rig_end *sender, *hop;

		open_rig(NULL);
		sender = sender_hello(&rig);
		end_tx(sender, ENVELOPE);
		expect_reply(sender, "250");
		hop = rig_hop(&rig, 0);
		end_tx(hop, steps[i]);
		almost(10 * S);
		expect_nothing(sender);
		due();
		expect_reply(sender, "451 4.4.1");
		end_read(hop);
		assert_true(hop->closed);
		rig_close(&rig);
	}
}

/* TCP itself hangs: the queue of the one that listens is full. */
static void
a_next_hop_that_does_not_even_accept_has_ten_seconds(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fill[4];
	socklen_t len = sizeof(at);
	struct sl_endpoint *endpoint;
	struct rig_end *sender;

	assert_int_equal(bind(listening, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listening, 0), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &len), 0);
	for (size_t i = 0; i < SL_COUNT(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&at, len);
	}
	open_rig(NULL);
	endpoint = &rig_tenant(&rig)->next_hops[0];
	memcpy(&endpoint->address, &at, len);
	endpoint->address_len = len;
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	almost(10 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.4.1");
	rig_close(&rig);
	for (size_t i = 0; i < SL_COUNT(fill); i++)
		close(fill[i]);
	close(listening);
}

static void
the_next_one_is_tried_when_a_next_hop_is_late(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .hops = 2 });
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	assert_non_null(rig_hop(&rig, 0));
	almost(10 * S);
	assert_null(rig_hop(&rig, 1));
	due();
	assert_non_null(rig_hop(&rig, 1));
	expect_nothing(sender);
	rig_close(&rig);
}

static void
all_next_hops_together_have_half_a_minute(void **state)
{
	struct rig_end *sender;

	open_rig(&(struct rig_options){ .hops = 4 });
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(rig_hop(&rig, i));
		rig_pass(&rig, 10 * S + SL_TIMER_GRAIN_MS);
	}
	rig_pass(&rig, 10 * S - 2 * SL_TIMER_GRAIN_MS - 1);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.4.1");
	/* The third goes on opening, and is there for the next transaction. */
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	rig_close(&rig);
}

static void
mail_and_the_first_rcpt_are_within_that_time(void **state)
{
	for (int answers = 0; answers < 2; answers++) {
		struct rig_end *sender, *hop;

		open_rig(NULL);
		sender = sender_hello(&rig);
		end_tx(sender, ENVELOPE);
		expect_reply(sender, "250");
		rig_pass(&rig, 5 * S);
		hop = hop_greet(&rig, 0, PIPELINING);
		if (answers > 0)
			end_tx(hop, "250 ok\r\n");
		almost(25 * S);
		expect_nothing(sender);
		due();
		expect_reply(sender, "451 4.4.1");
		rig_close(&rig);
	}
}

/* ---- a next hop's replies ---- */

static void
mail_and_rcpt_have_the_time_of_a_reply(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .top = "timers: {hop_reply: 20s, chain: 60s}\n" });
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	hop = hop_greet(&rig, 0, PIPELINING);
	almost(20 * S);
	end_tx(hop, "250 ok\r\n");		/* to MAIL: the time for RCPT begins */
	almost(20 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.4.1");
	expect_line(hop, "MAIL FROM:<a@client.example>");
	expect_line(hop, "RCPT TO:<u@example.com>");
	expect_closed(hop);
	rig_close(&rig);
}

static void
a_later_rcpt_has_five_minutes(void **state)
{
	struct rig_end *sender;

	open_rig(NULL);
	sender = sender_hello(&rig);
	envelope(sender, 0);
	end_tx(sender, "RCPT TO:<v@example.com>\r\n");
	almost(5 * MINUTE);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.4.1");
	rig_close(&rig);
}

static void
data_has_five_minutes(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	text(sender);
	expect_line(hop, "DATA");
	almost(5 * MINUTE);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.4.2");
	expect_closed(hop);
	assert_int_equal(rig.stats.uncertain, 0);
	rig_close(&rig);
}

static void
rset_has_ten_seconds(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	expect_line(hop, "RSET");
	almost(10 * S);
	expect_nothing(hop);
	due();
	expect_closed(hop);
	rig_close(&rig);
}

static void
a_next_hop_that_takes_no_data_has_three_minutes(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 600000);		/* it flows, up to what sockets and bounds hold */
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	almost(3 * MINUTE);
	expect_nothing(sender);
	end_read(hop);				/* it takes some: its time starts anew */
	end_tx_fill(sender, 600000);
	almost(3 * MINUTE);
	expect_nothing(sender);
	due();
	end_tx_fill(sender, 600000);
	end_tx(sender, ".\r\n");
	expect_reply(sender, "451 4.4.2");
	assert_int_equal(rig.stats.uncertain, 0);
	rig_close(&rig);
}

static void
the_answer_to_the_final_dot_has_ten_minutes(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	text(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	almost(10 * MINUTE);
	expect_nothing(sender);
	expect_nothing(hop);
	due();
	expect_reply(sender, "451 4.4.2");
	expect_closed(hop);
	assert_int_equal(rig.stats.uncertain, 1);
	rig_close(&rig);
}

/* ---- our own thinking ---- */

/* A message whose scanner has been given all of it and says nothing. */
static struct rig_end *
scanned(struct rig_end **hop, struct rig_end **clamd)
{
	struct rig_end *sender = sender_hello(&rig);

	*hop = envelope(sender, 0);
	begin_data(sender);
	*clamd = rig_clamd(&rig);
	assert_non_null(*clamd);
	text(sender);
	end_read(*clamd);
	assert_memory_equal((*clamd)->got.data, "zINSTREAM", 10);
	return sender;
}

#define A_PDF	"Content-Type: application/pdf\r\n\r\n%PDF-1.4\r\n.\r\n"

/* A helper that takes a file and never answers. */
static void
a_helper_has_its_deadline(void **state)
{
	struct rig_end *sender, *hop;
	int fds[2];

	open_rig(&(struct rig_options){ .top = "attachments: {deadline: 3s, on_failure: defer}\n" });
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	deep_use_helper(rig.edge->deep, fds[0]);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, A_PDF);
	almost(3 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.7.1");
	assert_int_equal(rig.stats.engine_failures, 1);
	expect_line(hop, "RSET");
	rig_close(&rig);
	close(fds[1]);
}

/* Where none was ever given nobody waits for it. */
static void
without_a_helper_nothing_is_awaited(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .top = "attachments: {deadline: 3s, on_failure: defer}\n" });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	end_tx(sender, A_PDF);
	expect_line(hop, "DATA");
	assert_int_equal(rig.stats.engine_failures, 0);
	rig_close(&rig);
}

static void
a_scanner_has_its_deadline(void **state)
{
	struct rig_end *sender, *hop, *clamd;

	open_rig(&(struct rig_options){ .top = CLAMD });
	sender = scanned(&hop, &clamd);
	almost(5 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.7.1");
	assert_int_equal(rig.stats.engine_failures, 1);
	assert_int_equal(rig.stats.deferred, 1);
	expect_line(hop, "RSET");
	rig_close(&rig);
}

static void
all_our_thinking_has_twenty_seconds(void **state)
{
	struct rig_end *sender, *hop, *clamd;

	open_rig(&(struct rig_options){ .top = CLAMD });
	rig.edge->snapshot->settings->engines[SL_ENGINE_CLAMD].deadline_ms = 60 * S;	/* more than settings may say */
	sender = scanned(&hop, &clamd);
	almost(20 * S);
	expect_nothing(sender);
	due();
	expect_reply(sender, "451 4.7.1");
	end_read(clamd);
	assert_true(clamd->closed);
	rig_close(&rig);
}

static void
a_scanner_that_stops_reading_has_its_deadline(void **state)
{
	struct rig_end *sender, *hop, *clamd;

	open_rig(&(struct rig_options){ .top = CLAMD });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	clamd = rig_clamd(&rig);
	end_tx(sender, "Subject: x\r\n\r\n");
	end_tx_fill(sender, 300000);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	for (int i = 0; i < 20; i++) {		/* not all of it is read: the scanner is behind */
		end_tx_fill(sender, 50000);
		end_read(hop);
	}
	almost(5 * S);
	assert_false((end_read(sender), sender->closed));
	assert_int_equal(rig.stats.engine_failures, 0);
	due();
	assert_int_equal(rig.stats.engine_failures, 1);
	end_read(clamd);
	assert_true(clamd->closed);
	rig_close(&rig);
}

/* It is behind, and has caught up before the loop could see that: it has not stopped reading. */
static void
a_scanner_that_is_slow_for_a_moment_has_all_its_time(void **state)
{
	struct rig_end *sender, *hop, *clamd;

	open_rig(&(struct rig_options){ .top = CLAMD });
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	clamd = rig_clamd(&rig);
	end_tx(sender, "Subject: x\r\n\r\n");
	rig_full_below = 150000;
	end_tx_fill(sender, 170000);
	rig_full_below = 0;
	rig_settle(&rig);
	assert_true((end_read(clamd), clamd->got.len) > 160000);
	rig_pass(&rig, 6 * S);
	assert_int_equal(rig.stats.engine_failures, 0);
	end_tx(sender, ".\r\n");
	end_tx_bytes(clamd, "stream: OK", 11);
	expect_line(hop, "DATA");
	assert_int_equal(rig.stats.engine_failures, 0);
	rig_close(&rig);
}

static void
after_failures_in_a_row_a_scanner_is_left_alone_for_a_while(void **state)
{
	struct rig_end *sender, *hop, *clamd;

	open_rig(&(struct rig_options){ .top = CLAMD });
	for (int i = 0; i < 3; i++) {
		sender = scanned(&hop, &clamd);
		almost(5 * S);
		due();
		expect_reply(sender, "451 4.7.1");
	}
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	text(sender);
	expect_reply(sender, "451 4.7.1");	/* at once */
	assert_null(rig_clamd(&rig));
	almost(30 * S - SL_TIMER_GRAIN_MS);
	end_tx(sender, "RSET\r\n");
	expect_reply(sender, "250");
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
	sender = scanned(&hop, &clamd);
	end_tx_bytes(clamd, "stream: OK", 11);
	expect_line(hop, "DATA");
	rig_close(&rig);
}

/* After that while one message asks whether it answers again, and those that come meanwhile do not wait for it; who
 * leaves before it knows leaves the question to the next. */
static void
a_scanner_that_was_left_alone_is_asked_for_one_message_at_a_time(void **state)
{
	struct rig_end *sender, *hop, *clamd, *other, *first;

	open_rig(&(struct rig_options){ .top = CLAMD "limits: {errors: 1000}\n" });
	for (int i = 0; i < 3; i++) {
		sender = scanned(&hop, &clamd);
		almost(5 * S);
		due();
		expect_reply(sender, "451 4.7.1");
	}
	for (int round = 0; round < 2; round++) {	/* it stays hung: each while one message waits */
		rig_pass(&rig, 30 * S + SL_TIMER_GRAIN_MS);
		first = scanned(&hop, &clamd);
		for (int i = 0; i < 3; i++) {
			other = sender_hello(&rig);
			hop = envelope(other, 0);
			begin_data(other);
			text(other);
			expect_reply(other, "451 4.7.1");	/* at once */
			assert_null(rig_clamd(&rig));
		}
		expect_nothing(first);
		almost(5 * S);
		due();
		expect_reply(first, "451 4.7.1");
	}
	rig_pass(&rig, 30 * S + SL_TIMER_GRAIN_MS);
	first = scanned(&hop, &clamd);
	end_reset(first);
	rig_settle(&rig);
	sender = scanned(&hop, &clamd);
	end_tx_bytes(clamd, "stream: OK", 11);
	expect_line(hop, "DATA");
	sender = scanned(&hop, &clamd);		/* it is asked by all again, at once */
	other = scanned(&hop, &clamd);
	expect_nothing(sender);
	rig_close(&rig);
}

/* ---- kept connections, and next hops that failed ---- */

static void
a_kept_connection_is_kept_for_half_a_minute(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	deliver(sender, hop);
	almost(30 * S);
	expect_nothing(hop);
	assert_int_equal(rig.stats.hops_idle, 1);
	due();
	expect_line(hop, "QUIT");
	assert_int_equal(rig.stats.hops_idle, 0);
	almost(2 * S);
	expect_nothing(hop);
	due();
	expect_closed(hop);
	assert_int_equal(rig.stats.hops_open, 0);
	rig_close(&rig);
}

static void
a_connection_is_not_kept_when_it_is_old(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	rig_pass(&rig, 4 * MINUTE);
	end_tx(sender, "NOOP\r\n");
	expect_reply(sender, "250");
	rig_pass(&rig, MINUTE + 1);
	deliver(sender, hop);
	expect_line(hop, "QUIT");
	end_tx(hop, "221 bye\r\n");
	expect_closed(hop);
	rig_close(&rig);
}

static void
a_next_hop_that_failed_is_tried_last_for_ten_seconds(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(&(struct rig_options){ .hops = 2, .top = "timers: {hop_idle: 0}\n" });
	rig_hop_refuses(&rig, 0);
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);		/* a refusal is told from the loop */
	assert_non_null(rig_hop(&rig, 1));
	end_tx(sender, "QUIT\r\n");
	rig_hop_listens(&rig, 0);
	almost(10 * S - SL_TIMER_GRAIN_MS);
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	assert_null(rig_hop(&rig, 0));
	hop = rig_hop(&rig, 1);
	assert_non_null(hop);
	end_tx(hop, "421 not now\r\n");			/* it is the last, not the only one */
	assert_non_null(rig_hop(&rig, 0));
	rig_pass(&rig, 2 * SL_TIMER_GRAIN_MS);
	sender = sender_hello(&rig);
	end_tx(sender, ENVELOPE);
	expect_reply(sender, "250");
	assert_non_null(rig_hop(&rig, 0));
	rig_close(&rig);
}

/* ---- stopping ---- */

static void
at_stop_the_idle_are_told_and_the_others_may_finish(void **state)
{
	struct rig_end *idle, *busy, *hop;

	open_rig(NULL);
	idle = sender_hello(&rig);
	busy = sender_hello(&rig);
	hop = envelope(busy, 0);
	rig_stop(&rig);
	expect_reply(idle, "421 4.3.2");
	expect_closed(idle);
	end_close(idle);
	assert_false(rig.stopped);
	deliver(busy, hop);
	expect_reply(busy, "421 4.3.2");
	expect_closed(busy);
	end_close(busy);
	assert_true(rig.stopped);
	rig_close(&rig);
}

static void
at_stop_no_new_transaction_begins(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	rig_stop(&rig);
	begin_data(sender);
	end_tx(sender, "x: y\r\n\r\n.\r\n" ENVELOPE);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	end_tx(hop, "250 2.0.0 ok\r\n");
	expect_reply(sender, "250 2.0.0");
	expect_reply(sender, "421 4.3.2");
	expect_closed(sender);
	rig_close(&rig);
}

static void
at_stop_who_does_not_finish_is_cut(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	rig_stop(&rig);
	almost(30 * S);
	expect_nothing(sender);
	assert_false(rig.stopped);
	due();
	expect_closed(sender);
	assert_true(rig.stopped);
	end_read(hop);
	assert_null(memmem(hop->got.data, hop->got.len, "\r\n.\r\n", 5));
	rig_close(&rig);
}

static void
a_message_cut_after_its_final_dot_is_counted_uncertain(void **state)
{
	struct rig_end *sender, *hop;

	open_rig(NULL);
	sender = sender_hello(&rig);
	hop = envelope(sender, 0);
	begin_data(sender);
	text(sender);
	expect_line(hop, "DATA");
	end_tx(hop, "354 go\r\n");
	expect_message(hop);
	rig_stop(&rig);
	almost(30 * S);
	due();
	expect_closed(sender);
	assert_int_equal(rig.stats.uncertain, 1);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_has_five_minutes_for_a_command),
		cmocka_unit_test(half_a_command_does_not_start_the_time_anew),
		cmocka_unit_test(a_tls_handshake_has_the_time_of_a_command),
		cmocka_unit_test(a_sender_silent_inside_a_message_has_three_minutes),
		cmocka_unit_test(a_message_must_grow_by_its_rate_each_minute_or_stand_still),
		cmocka_unit_test(a_trickling_sender_is_cut),
		cmocka_unit_test(after_a_refused_message_silence_ends_soon),
		cmocka_unit_test(trickling_after_a_refused_message_is_cut),
		cmocka_unit_test(our_own_pauses_are_not_the_senders),
		cmocka_unit_test(from_nine_tenths_of_the_sessions_on_a_command_has_half_a_minute),
		cmocka_unit_test(under_stress_silence_inside_a_message_has_fifteen_seconds),
		cmocka_unit_test(one_session_too_many_is_told_at_once),
		cmocka_unit_test(a_greeting_may_be_delayed),
		cmocka_unit_test(who_talks_before_the_greeting_is_refused),
		cmocka_unit_test(a_sender_that_does_not_close_has_five_seconds),
		cmocka_unit_test(a_balancer_has_five_seconds_for_its_header),
		cmocka_unit_test(what_comes_with_the_balancers_header_is_the_senders),
		cmocka_unit_test(who_talks_with_the_balancers_header_is_an_early_talker),
		cmocka_unit_test(what_comes_with_the_balancers_header_is_tls_where_tls_is_implicit),
		cmocka_unit_test(a_next_hop_has_ten_seconds_to_be_open),
		cmocka_unit_test(a_next_hop_that_does_not_even_accept_has_ten_seconds),
		cmocka_unit_test(the_next_one_is_tried_when_a_next_hop_is_late),
		cmocka_unit_test(all_next_hops_together_have_half_a_minute),
		cmocka_unit_test(mail_and_the_first_rcpt_are_within_that_time),
		cmocka_unit_test(mail_and_rcpt_have_the_time_of_a_reply),
		cmocka_unit_test(a_later_rcpt_has_five_minutes),
		cmocka_unit_test(data_has_five_minutes),
		cmocka_unit_test(rset_has_ten_seconds),
		cmocka_unit_test(a_next_hop_that_takes_no_data_has_three_minutes),
		cmocka_unit_test(the_answer_to_the_final_dot_has_ten_minutes),
		cmocka_unit_test(a_scanner_has_its_deadline),
		cmocka_unit_test(a_helper_has_its_deadline),
		cmocka_unit_test(without_a_helper_nothing_is_awaited),
		cmocka_unit_test(all_our_thinking_has_twenty_seconds),
		cmocka_unit_test(a_scanner_that_stops_reading_has_its_deadline),
		cmocka_unit_test(a_scanner_that_is_slow_for_a_moment_has_all_its_time),
		cmocka_unit_test(after_failures_in_a_row_a_scanner_is_left_alone_for_a_while),
		cmocka_unit_test(a_scanner_that_was_left_alone_is_asked_for_one_message_at_a_time),
		cmocka_unit_test(a_kept_connection_is_kept_for_half_a_minute),
		cmocka_unit_test(a_connection_is_not_kept_when_it_is_old),
		cmocka_unit_test(a_next_hop_that_failed_is_tried_last_for_ten_seconds),
		cmocka_unit_test(at_stop_the_idle_are_told_and_the_others_may_finish),
		cmocka_unit_test(at_stop_no_new_transaction_begins),
		cmocka_unit_test(at_stop_who_does_not_finish_is_cut),
		cmocka_unit_test(a_message_cut_after_its_final_dot_is_counted_uncertain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
