/* last_test.c - a dot of which none, some or all has left, and replies in all their shapes, over a real connection */

#include "check.h"
#include "courier/last.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char path[64];
static struct sl_queue *queue;
static struct sl_loop *loop;
static struct sl_chunk_pool *pool;
static int ours, theirs;	/* the connection's ends */
static int64_t entry;
static struct sl_last_state state;

struct answer {
	bool	done;
	int	result;
};

static int
setup(void **ctx)
{
	static const struct sl_conn_events events;
	static const struct sl_slice rcpts[] = { { (const unsigned char *)"a@b.example", 11 }, { (const unsigned char *)"c@b.example", 11 } };
	static const struct sl_queue_said said[] = { { 0, 250, SL_SLICE_LIT("250 ok") }, { 1, 450, SL_SLICE_LIT("450 later") } };
	struct sl_queue_options options = { .path = path };
	struct sl_queue_new new = { .token = SL_SLICE_LIT("t"), .purpose = SL_QUEUE_NOTICE, .recipients = rcpts, .recipients_len = 2,
		.bytes = SL_SLICE_LIT("x"), .now_us = sl_clock_system.wall_us(NULL) };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sl_conn conn;
	bool added;

	snprintf(path, sizeof(path), "/tmp/sluice-last-XXXXXX");
	close(mkstemp(path));
	loop = sl_loop_new(&sl_clock_system);
	pool = sl_chunk_pool_new(4);
	assert_int_equal(sl_queue_open(&options, new.now_us, &queue), 0);
	assert_int_equal(sl_queue_add(queue, &new, &entry, &added), 0);
	assert_int_equal(sl_queue_claim(queue, entry, new.now_us), 0);
	assert_int_equal(sl_queue_final(queue, entry, said, 2), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	ours = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ours, (struct sockaddr *)&address, len), 0);
	theirs = accept(listener, NULL, NULL);
	close(listener);
	sl_conn_init(&conn, loop, pool, ours, &events, NULL);
	sl_conn_write(&conn, "text", 4);
	sl_conn_flush(&conn);
	assert_int_equal(sl_last_state(&conn, NULL, SL_SLICE_LIT("\r\n.\r\n"), &state), 0);
	ours = sl_conn_release(&conn);
	return 0;
}

static int
teardown(void **ctx)
{
	char other[80];

	if (theirs >= 0)
		close(theirs);
	sl_queue_close(&queue);
	unlink(path);
	snprintf(other, sizeof(other), "%s-wal", path);
	unlink(other);
	sl_loop_free(&loop);
	sl_chunk_pool_free(&pool);
	return 0;
}

static void
on_done(void *ctx, int result)
{
	*(struct answer *)ctx = (struct answer){ true, result };
}

static struct sl_last *
begin(struct answer *answer, unsigned final_ms)
{
	struct sl_last_job job = { .loop = loop, .queue = queue, .id = entry, .fd = ours, .state = &state, .final_ms = final_ms,
		.done = on_done, .ctx = answer };

	*answer = (struct answer){ false, 0 };
	return sl_last_new(&job);
}

static void
turn_until(const struct answer *answer)
{
	for (unsigned i = 0; i < 5000 && !answer->done; i++) {
		sl_loop_turn(loop);
		usleep(1000);
	}
	assert_true(answer->done && answer->result == 0);
}

/* What the next hop has, and nothing more. */
static void
expect(const char *text)
{
	char got[200];
	ssize_t n;

	usleep(20000);
	n = recv(theirs, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[SL_MAX(n, (ssize_t)0)] = '\0';
	assert_string_equal(got, text);
}

static void
what_is_missing_of_the_dot_is_said(void **ctx)
{
	for (size_t part = 0; part <= 5; part++) {
		const struct sl_queue_entry *e;
		struct answer answer;
		struct sl_last *last;

		if (part > 0) {
			teardown(NULL);
			setup(NULL);
		}
		assert_int_equal(send(ours, "\r\n.\r\n", part, 0), (ssize_t)part);
		last = begin(&answer, 0);
		expect("text\r\n.\r\n");
		assert_int_equal(send(theirs, "250 taken\r\n", 11, 0), 11);
		turn_until(&answer);
		expect("QUIT\r\n");
		sl_last_free(&last);
		assert_int_equal(sl_queue_get(queue, entry, &e), 0);
		assert_true(e->state == SL_QUEUE_WAITING && e->uncertain == 0);
		assert_true(e->rcpts[0].state == SL_QUEUE_RCPT_TAKEN && e->rcpts[0].code == 250);
		assert_true(sl_slice_eq(e->rcpts[0].reply, SL_SLICE_LIT("250 taken")));
		assert_true(e->rcpts[1].state == SL_QUEUE_RCPT_OPEN && e->rcpts[1].code == 450);
	}
}

/* Whoever is asked first dies before he has recorded it, whatever he had seen of it. */
static void
a_reply_in_pieces_is_there_for_the_next_one(void **ctx)
{
	static const char reply[] = "250-2.0.0 taken,\r\n250 2.0.0 and queued\r\n";
	const struct sl_queue_entry *e;
	struct answer answer;
	struct sl_last *last;

	for (size_t i = 0; i < sizeof(reply) - 1; i++) {
		int copy = dup(ours);

		last = begin(&answer, 0);
		assert_int_equal(send(theirs, reply + i, 1, 0), 1);
		usleep(1000);
		for (unsigned turns = 0; turns < 3 && i + 2 < sizeof(reply); turns++)
			sl_loop_turn(loop);
		assert_false(answer.done);
		if (i + 2 == sizeof(reply))
			turn_until(&answer);
		sl_last_free(&last);
		ours = copy;
	}
	close(ours);
	expect("text\r\n.\r\nQUIT\r\n");
	assert_int_equal(sl_queue_get(queue, entry, &e), 0);
	assert_true(sl_slice_eq(e->rcpts[0].reply, SL_SLICE_LIT("250-2.0.0 taken, 250 2.0.0 and queued")));
	assert_true(e->rcpts[0].state == SL_QUEUE_RCPT_TAKEN && e->uncertain == 0);
}

static void
what_is_no_reply_is_a_doubt(void **ctx)
{
	static const struct {
		const char	*said;
		bool		 closes, resets;
		int		 code;
		const char	*reply;
		enum sl_queue_rcpt_state state;
	} rows[] = {
		{ "", false, false, 0, "the next hop did not answer in time", SL_QUEUE_RCPT_IN_DOUBT },
		{ "", true, false, 0, "the connection was lost", SL_QUEUE_RCPT_IN_DOUBT },
		{ "", true, true, 0, "the connection was lost", SL_QUEUE_RCPT_IN_DOUBT },
		{ "250-taken\r\n", true, false, 0, "the connection was lost", SL_QUEUE_RCPT_IN_DOUBT },
		{ "250-taken\r\n", false, false, 0, "the next hop did not answer in time", SL_QUEUE_RCPT_IN_DOUBT },
		{ "hello\r\n", false, false, 0, "what the next hop said is no reply", SL_QUEUE_RCPT_IN_DOUBT },
		{ "354 go on\r\n", false, false, 0, "354 go on", SL_QUEUE_RCPT_IN_DOUBT },
		{ "451 later\r\n", true, false, 451, "451 later", SL_QUEUE_RCPT_OPEN },
		{ "550 no\r\n", true, false, 550, "550 no", SL_QUEUE_RCPT_REFUSED },
		{ "250 yes\r\n", true, false, 250, "250 yes", SL_QUEUE_RCPT_TAKEN },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		static const struct linger hard = { 1, 0 };
		const struct sl_queue_entry *e;
		struct answer answer;
		struct sl_last *last;

		if (i > 0) {
			teardown(NULL);
			setup(NULL);
		}
		last = begin(&answer, 100);
		expect("text\r\n.\r\n");
		assert_int_equal(send(theirs, rows[i].said, strlen(rows[i].said), 0), (ssize_t)strlen(rows[i].said));
		if (rows[i].resets)
			setsockopt(theirs, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		if (rows[i].closes) {
			close(theirs);
			theirs = -1;
		}
		turn_until(&answer);
		sl_last_free(&last);
		assert_int_equal(sl_queue_get(queue, entry, &e), 0);
		if (e->rcpts[0].code != rows[i].code || !sl_slice_eq(e->rcpts[0].reply, sl_slice_str(rows[i].reply)) ||
		    e->rcpts[0].state != rows[i].state)
			fail_msg("row %zu: %d %d " SL_SLICE_FMT, i, e->rcpts[0].state, e->rcpts[0].code,
			    SL_SLICE_ARG(e->rcpts[0].reply));
		assert_int_equal(e->uncertain, rows[i].state == SL_QUEUE_RCPT_IN_DOUBT);
	}
}

/* It was cut off before the dot: then nobody has it, and there is no doubt. */
static void
a_connection_that_is_gone_before_the_dot_is_no_doubt(void **ctx)
{
	static const struct linger hard = { 1, 0 };
	const struct sl_queue_entry *e;
	struct answer answer;
	struct sl_last *last;

	setsockopt(theirs, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(theirs);
	theirs = -1;
	usleep(20000);
	(void)send(ours, "", 0, MSG_NOSIGNAL);
	last = begin(&answer, 100);
	turn_until(&answer);
	sl_last_free(&last);
	assert_int_equal(sl_queue_get(queue, entry, &e), 0);
	assert_true(e->uncertain == 0 && e->state == SL_QUEUE_WAITING && e->rcpts[0].state == SL_QUEUE_RCPT_OPEN);
}

static void
a_state_is_packed_and_read(void **ctx)
{
	struct sl_last_state read;
	struct sl_buf packed;

	sl_buf_init(&packed, SL_LAST_STATE_MAX);
	state.is_tls = true;
	state.dot_len = state.bye_len = SL_LAST_TEXT_MAX;
	state.tls.sequence = 77;
	sl_last_pack(&state, &packed);
	assert_false(packed.overflow);
	assert_int_equal(sl_last_unpack(sl_buf_slice(&packed), &read), 0);
	assert_true(read.before == state.before && read.dot_len == SL_LAST_TEXT_MAX && read.tls.sequence == 77 && read.is_tls);
	for (size_t cut = 0; cut < packed.len; cut++)
		assert_int_equal(sl_last_unpack(sl_slice(packed.data, cut), &read), SL_ERR_SYNTAX);
	sl_buf_fini(&packed);
	close(ours);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_missing_of_the_dot_is_said),
		TEST(a_reply_in_pieces_is_there_for_the_next_one),
		TEST(what_is_no_reply_is_a_doubt),
		TEST(a_connection_that_is_gone_before_the_dot_is_no_doubt),
		TEST(a_state_is_packed_and_read),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
