/* send_test.c - attempts over real connections: what arrives at a next hop of many moods, and what the queue says of it */

#include "check.h"
#include "moods.h"
#include "courier/send.h"
#include "io/tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define S(text)	SL_SLICE_LIT(text)

enum mood { GOOD, TLS_GOOD, DROP_AFTER_DOT, DROP_IN_BODY, SILENT, BUSY, SLOW_READER };

static char path[64];
static struct sl_queue *queue;
static struct sl_loop *loop;
static struct sl_chunk_pool *pool;
static struct sockaddr_in address;
static pid_t child;
static int listener, report;		/* the child writes there what it was given */
static unsigned char body[300000];
static SSL_CTX *server_context, *client_context;

/* ---- sockets that are full or empty for a moment, short, or interrupted: in the place of the C library's ---- */

/* Of a socket; files are what they are. */
static size_t
pass(int fd, size_t len)
{
	socklen_t size = sizeof(int);
	int type;

	return socket_moods == 0 || len == 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ? len : socket_mood(len);
}

ssize_t
read(int fd, void *to, size_t len)
{
	return len > 0 && (len = pass(fd, len)) == 0 ? -1 : syscall(SYS_read, fd, to, len);
}

ssize_t
write(int fd, const void *from, size_t len)
{
	return len > 0 && (len = pass(fd, len)) == 0 ? -1 : syscall(SYS_write, fd, from, len);
}

ssize_t
recv(int fd, void *to, size_t len, int flags)
{
	return len > 0 && (len = pass(fd, len)) == 0 ? -1 : syscall(SYS_recvfrom, fd, to, len, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *from, size_t len, int flags)
{
	return len > 0 && (len = pass(fd, len)) == 0 ? -1 : syscall(SYS_sendto, fd, from, len, flags, NULL, 0);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	return socket_moods == 0 ? syscall(SYS_sendmsg, fd, message, flags) : send(fd, message->msg_iov->iov_base, message->msg_iov->iov_len, flags);
}

/* ---- the next hop: a process that speaks to one connection after the other ---- */

struct peer {
	int	fd;
	SSL	*ssl;			/* NULL: plain */
	char	held[16384];
	int	len, at;
};

static void
say(struct peer *peer, const char *text)
{
	if ((peer->ssl != NULL ? SSL_write(peer->ssl, text, (int)strlen(text)) : (int)write(peer->fd, text, strlen(text))) < 0)
		_exit(2);
}

static bool
read_line(struct peer *peer, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && (n == 0 || line[n - 1] != '\n')) {
		if (peer->at == peer->len) {
			peer->at = 0;
			peer->len = peer->ssl != NULL ? SSL_read(peer->ssl, peer->held, sizeof(peer->held)) :
			    (int)read(peer->fd, peer->held, sizeof(peer->held));
			if (peer->len <= 0)
				return false;
		}
		line[n++] = peer->held[peer->at++];
	}
	line[n] = '\0';
	return true;
}

/* The text up to the dot, undotted, into a sum that both sides can make. */
static bool
read_text(struct peer *in, enum mood mood, uint64_t *sum)
{
	static char line[400000];
	unsigned lines = 0;

	while (read_line(in, line, sizeof(line))) {
		const char *text = line[0] == '.' ? line + 1 : line;

		if (strcmp(line, ".\r\n") == 0)
			return true;
		for (; *text != '\0'; text++)
			*sum = *sum * 31 + (unsigned char)*text;
		if (mood == DROP_IN_BODY && ++lines == 3)
			return false;
	}
	return false;
}

static void
serve(int fd, enum mood mood, int out)
{
	static struct peer peer;
	struct peer *in = &peer;
	char line[2000];
	uint64_t sum = 0;

	peer = (struct peer){ .fd = fd };
	if (mood == SILENT) {
		sleep(5);
		_exit(0);
	}
	say(in, "220 mx.example\r\n");
	while (read_line(in, line, sizeof(line))) {
		if (strncmp(line, "EHLO", 4) == 0) {
			say(in, mood == TLS_GOOD && in->ssl == NULL ? "250-mx.example\r\n250 STARTTLS\r\n" :
			    "250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
		} else if (strncmp(line, "STARTTLS", 8) == 0) {
			say(in, "220 go ahead\r\n");
			in->ssl = SSL_new(server_context);
			SSL_set_fd(in->ssl, fd);
			if (SSL_accept(in->ssl) != 1)
				break;
		} else if (strncmp(line, "DATA", 4) == 0) {
			say(in, "354 go ahead\r\n");
			if (mood == SLOW_READER)
				usleep(300000);
			if (!read_text(in, mood, &sum))
				break;
			if (write(out, &sum, sizeof(sum)) != sizeof(sum))
				_exit(2);
			if (mood == DROP_AFTER_DOT)
				break;
			say(in, "250 2.0.0 queued as 4F\r\n");
		} else if (strncmp(line, "RCPT", 4) == 0 && mood == BUSY) {
			say(in, "450 4.2.1 busy\r\n");
		} else if (strncmp(line, "QUIT", 4) == 0) {
			break;
		} else {
			say(in, "250 ok\r\n");
		}
	}
	SSL_free(in->ssl);
	close(fd);
}

static void
hop_start(const enum mood *moods, size_t len)
{
	socklen_t address_len = sizeof(address);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &address_len), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(60);
		for (size_t i = 0; i < len; i++)
			serve(accept(listener, NULL, NULL), moods[i], ends[1]);
		_exit(0);
	}
	close(listener);
	close(ends[1]);
	report = ends[0];
}

/* What it was given: how many messages, each with this sum. */
static unsigned
hop_end(uint64_t expected)
{
	uint64_t sum;
	unsigned count = 0;
	int status;

	while (read(report, &sum, sizeof(sum)) == sizeof(sum)) {
		assert_true(sum == expected);
		count++;
	}
	close(report);
	waitpid(child, &status, 0);
	return count;
}

/* ---- this side ---- */

static int
setup(void **state)
{
	struct sl_queue_options options = { .path = path };
	int fd;

	snprintf(path, sizeof(path), "/tmp/sluice-send-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	loop = sl_loop_new(&sl_clock_system);
	pool = sl_chunk_pool_new(4);
	assert_int_equal(sl_queue_open(&options, sl_clock_system.wall_us(NULL), &queue), 0);
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : i % 72 == 0 ? '.' : (unsigned char)('a' + i % 26);
	return 0;
}

static int
teardown(void **state)
{
	char other[80];

	sl_queue_close(&queue);
	unlink(path);
	snprintf(other, sizeof(other), "%s-wal", path);
	unlink(other);
	sl_loop_free(&loop);
	sl_chunk_pool_free(&pool);
	return 0;
}

struct run {
	size_t	at, fails_at, times;
	int	result;
	bool	done;
	struct sl_timer wake;
	struct sl_send *send;
	bool	dry;
};

static void
on_wake(void *ctx)
{
	struct run *run = ctx;

	sl_send_wake(run->send);
}

static void
on_done(void *ctx, struct sl_send *send, int result)
{
	struct run *run = ctx;

	run->done = true;
	run->result = result;
	sl_loop_stop(loop);
}

static int
source(void *ctx, struct sl_buf *out)
{
	struct run *run = ctx;
	size_t n = SL_MIN(sizeof(body) - run->at, (size_t)50000);

	if (run->fails_at > 0 && run->at >= run->fails_at)
		return SL_ERR_SYSTEM;
	run->dry = socket_moods != 0 && !run->dry;
	if (run->dry) {			/* it is not there yet */
		sl_timer_soon(&run->wake);
		return SL_MORE;
	}
	sl_buf_add(out, body + run->at, n);
	run->at += n;
	if (run->at < sizeof(body))
		return SL_MORE;
	if (run->times == 0)
		return SL_DONE;
	run->times--;
	run->at = 0;
	return SL_MORE;
}

static uint64_t
sum_of(struct sl_slice text)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < text.len; i++)
		sum = sum * 31 + text.ptr[i];
	/* A last line without its end gets one. */
	if (text.len < 2 || text.ptr[text.len - 1] != '\n')
		sum = (sum * 31 + '\r') * 31 + '\n';
	return sum;
}

static int64_t
add(bool stored)
{
	static const struct sl_slice rcpts[] = { { (const unsigned char *)"anna@example.com", 16 },
		{ (const unsigned char *)"bob@example.com", 15 } };
	struct sl_queue_new new = { .token = S("token"), .purpose = SL_QUEUE_RELEASE, .recipients = rcpts, .recipients_len = 2,
		.bytes = { body, sizeof(body) }, .ref = stored ? NULL : (const unsigned char *)"0123456789abcdef",
		.now_us = sl_clock_system.wall_us(NULL) };
	int64_t id;
	bool added;

	assert_int_equal(sl_queue_add(queue, &new, &id, &added), 0);
	return id;
}

static const struct sl_queue_entry *
attempt_by(int64_t id, bool stored, size_t fails_at, size_t times, enum sl_talk_tls tls, bool verify)
{
	struct run run = { .fails_at = fails_at, .times = times };
	struct sl_send_job job = { .loop = loop, .pool = pool, .queue = queue, .id = id, .address = (struct sockaddr *)&address,
		.address_len = sizeof(address), .name = S("courier.example"), .tls = tls, .verify = verify,
		.tls_context = client_context, .host = "mx.example", .source = stored ? NULL : source, .done = on_done, .ctx = &run, .connect_ms = 2000, .reply_ms = 1000,
		.data_ms = 5000, .final_ms = 2000 };
	const struct sl_queue_entry *e;

	if (socket_moods != 0)		/* not their time is tried here */
		job.connect_ms = job.reply_ms = job.data_ms = job.final_ms = 60000;
	sl_timer_init(&run.wake, loop, on_wake, &run);
	assert_int_equal(sl_send_new(&job, &run.send), 0);
	sl_loop_run(loop);
	assert_true(run.done && run.result == 0);
	sl_timer_clear(&run.wake);
	sl_send_free(&run.send);
	assert_int_equal(sl_queue_get(queue, id, &e), 0);
	return e;
}

static const struct sl_queue_entry *
attempt(int64_t id, bool stored, size_t fails_at, size_t times)
{
	return attempt_by(id, stored, fails_at, times, SL_TALK_TLS_NEVER, false);
}

/* A certificate that signs itself, so that nobody can verify it. */
static void
contexts_make(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	struct sl_buf why;

	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"mx.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_sign(x, pkey, EVP_sha256());
	server_context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server_context, x);
	SSL_CTX_use_PrivateKey(server_context, pkey);
	X509_free(x);
	EVP_PKEY_free(pkey);
	sl_buf_init(&why, 1000);
	client_context = sl_tls_client_new(sl_slice(NULL, 0), &why);
	sl_buf_fini(&why);
	assert_non_null(client_context);
}

static void
it_goes_under_tls_where_it_must(void **state)
{
	static const enum mood moods[] = { GOOD, TLS_GOOD, TLS_GOOD };
	const struct sl_queue_entry *e;
	int64_t id = add(false);

	contexts_make();
	hop_start(moods, 3);
	e = attempt_by(id, false, 0, 0, SL_TALK_TLS_ALWAYS, false);
	assert_true(e->state == SL_QUEUE_WAITING && sl_slice_eq(e->rcpts[0].reply, S("the next hop does not offer TLS")));
	e = attempt_by(id, false, 0, 0, SL_TALK_TLS_ALWAYS, true);
	assert_true(e->state == SL_QUEUE_WAITING && sl_slice_eq(e->rcpts[0].reply, S("TLS with the next hop failed")));
	e = attempt_by(id, false, 0, 0, SL_TALK_TLS_IF_OFFERED, false);
	assert_true(e->state == SL_QUEUE_DELIVERED && e->uncertain == 0);
	assert_int_equal(hop_end(sum_of(sl_slice(body, sizeof(body)))), 1);
	SSL_CTX_free(server_context);
	SSL_CTX_free(client_context);
	client_context = NULL;
}

static void
a_message_arrives_as_it_is(void **state)
{
	static const enum mood moods[] = { GOOD };

	for (int stored = 0; stored < 2; stored++) {
		const struct sl_queue_entry *e;

		if (stored == 1) {
			teardown(NULL);
			setup(NULL);
		}
		hop_start(moods, 1);
		e = attempt(add(stored == 1), stored == 1, 0, 0);
		assert_true(e->state == SL_QUEUE_DELIVERED && e->uncertain == 0 && e->attempts == 1);
		assert_true(sl_slice_eq(e->rcpts[1].reply, S("250 2.0.0 queued as 4F")));
		assert_int_equal(hop_end(sum_of(sl_slice(body, sizeof(body)))), 1);
	}
}

static void
a_next_hop_that_reads_slowly_gets_all(void **state)
{
	static const enum mood moods[] = { SLOW_READER };

	hop_start(moods, 1);
	assert_int_equal(attempt(add(false), false, 0, 0)->state, SL_QUEUE_DELIVERED);
	assert_int_equal(hop_end(sum_of(sl_slice(body, sizeof(body)))), 1);
}

/* Whatever the sockets are like, and however the bytes come, everything arrives, and no attempt stands still. */
static void
all_arrives_whatever_sockets_are_like(void **state)
{
	static const enum mood plain[] = { GOOD }, tls[] = { TLS_GOOD };

	contexts_make();
	for (uint64_t seed = 1; seed <= 12; seed++) {
		const struct sl_queue_entry *e;

		teardown(NULL);
		setup(NULL);
		hop_start(seed % 2 == 0 ? plain : tls, 1);
		socket_moods = seed << 32 | 1;
		e = attempt_by(add(seed % 3 == 0), seed % 3 == 0, 0, 0, SL_TALK_TLS_IF_OFFERED, false);
		socket_moods = 0;
		if (e->state != SL_QUEUE_DELIVERED || e->uncertain != 0)
			fail_msg("seed %u: %s, %u, " SL_SLICE_FMT, (unsigned)seed, sl_queue_state_word(e->state), e->uncertain,
			    SL_SLICE_ARG(e->rcpts[0].reply));
		assert_int_equal(hop_end(sum_of(sl_slice(body, sizeof(body)))), 1);
	}
	SSL_CTX_free(server_context);
	SSL_CTX_free(client_context);
	client_context = NULL;
}

/* It took the message and its 250 was lost: we say that we do not know, and send the same again. */
static void
a_reply_that_is_lost_is_doubt(void **state)
{
	static const enum mood moods[] = { DROP_AFTER_DOT, GOOD };
	const struct sl_queue_entry *e;
	int64_t id = add(false);

	hop_start(moods, 2);
	e = attempt(id, false, 0, 0);
	assert_true(e->state == SL_QUEUE_UNCERTAIN && e->uncertain == 1 && e->rcpts[0].state == SL_QUEUE_RCPT_IN_DOUBT);
	e = attempt(id, false, 0, 0);
	assert_true(e->state == SL_QUEUE_DELIVERED && e->uncertain == 1);
	assert_int_equal(hop_end(sum_of(sl_slice(body, sizeof(body)))), 2);
}

static void
what_fails_before_the_dot_is_no_doubt(void **state)
{
	static const enum mood moods[] = { DROP_IN_BODY, BUSY, GOOD, SILENT };
	const struct sl_queue_entry *e;
	int64_t id = add(false);

	hop_start(moods, 4);
	e = attempt(id, false, 0, 200);	/* more than the kernel takes: its end is noticed on the way */
	if (e->state != SL_QUEUE_WAITING || e->uncertain != 0 || e->rcpts[0].code != 0)
		fail_msg("%s, %u, %d " SL_SLICE_FMT, sl_queue_state_word(e->state), e->uncertain, e->rcpts[0].code,
		    SL_SLICE_ARG(e->rcpts[0].reply));
	e = attempt(id, false, 0, 0);
	assert_true(e->state == SL_QUEUE_WAITING && e->rcpts[0].code == 450);
	/* The vault fails in the midst of the message: no dot. */
	e = attempt(id, false, 100000, 0);
	assert_true(e->state == SL_QUEUE_WAITING && e->uncertain == 0);
	assert_true(sl_slice_eq(e->rcpts[0].reply, S("the message could not be read")));
	e = attempt(id, false, 0, 0);
	assert_true(e->state == SL_QUEUE_WAITING && e->attempts == 4);
	assert_true(sl_slice_eq(e->rcpts[0].reply, S("the next hop did not answer in time")));
	assert_int_equal(hop_end(0), 0);
	e = attempt(id, false, 0, 0);	/* nobody listens any more */
	assert_true(e->state == SL_QUEUE_WAITING && e->uncertain == 0 && e->attempts == 5);
}

static void
an_attempt_may_be_stopped(void **state)
{
	static const enum mood moods[] = { SILENT };
	struct run run = { 0 };
	struct sl_send_job job = { .loop = loop, .pool = pool, .queue = queue, .id = add(true),
		.address = (struct sockaddr *)&address, .address_len = sizeof(address), .name = S("x"), .done = on_done, .ctx = &run };
	const struct sl_queue_entry *e;
	struct sl_send *send, *again;

	hop_start(moods, 1);
	assert_int_equal(sl_send_new(&job, &send), 0);
	assert_int_equal(sl_send_new(&job, &again), SL_ERR_BUSY);
	sl_loop_turn(loop);
	sl_send_free(&send);
	assert_int_equal(sl_queue_get(queue, job.id, &e), 0);
	assert_true(e->state == SL_QUEUE_WAITING && !run.done);
	kill(child, SIGKILL);
	hop_end(0);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_message_arrives_as_it_is),
		TEST(a_next_hop_that_reads_slowly_gets_all),
		TEST(a_reply_that_is_lost_is_doubt),
		TEST(what_fails_before_the_dot_is_no_doubt),
		TEST(it_goes_under_tls_where_it_must),
		TEST(all_arrives_whatever_sockets_are_like),
		TEST(an_attempt_may_be_stopped),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
