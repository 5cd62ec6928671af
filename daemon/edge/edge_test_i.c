/* edge_test_i.c - see edge_test_i.h */

#include "edge_test_i.h"
#include "ipc/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define TURNS		8		/* enough for bytes to go from one end to the other and back */
#define GOT_MAX		(16u << 20)
#define BEGIN_US	1000000000ull

bool rig_full_by_turns;
size_t rig_full_below;
void (*rig_fail)(const char *what, const char *file, int line);

/* In the place of the C library's. */
ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	static bool full;
	size_t len = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		len += message->msg_iov[i].iov_len;
	full = rig_full_by_turns && !full;
	if (full || len < rig_full_below) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_sendmsg, fd, message, flags);
}

static void
failed(const char *file, int line, const char *what, struct sl_slice got)
{
	char text[1200];

	snprintf(text, sizeof(text), "%s; there is: \"" SL_SLICE_FMT "\"", what,
	    SL_SLICE_ARG(sl_slice(got.ptr, SL_MIN(got.len, (size_t)800))));
	SL_ASSERT(rig_fail != NULL);
	rig_fail(text, file, line);
}

/* ---- the clock ---- */

static uint64_t
monotonic_us(void *ctx)
{
	return ((struct rig *)ctx)->now_us;
}

static int64_t
wall_us(void *ctx)
{
	return 1700000000000000ll + (int64_t)((struct rig *)ctx)->now_us;
}

/* Nothing comes from the next hop by itself in this state: with nothing to be written to it, nobody goes on. */
static bool
next_hop_waits(const struct delivery *d)
{
	return d->state == DELIVERY_STREAM && sl_conn_pending(&d->hop->conn) == 0;
}

/* Whoever is waited for, there is a time when he is not any more. The sender's stops while he is not read. */
static bool
has_a_time(const struct session *s)
{
	const struct transaction *tx = s->tx;

	switch (s->state) {
	case SESSION_AWAIT_RCPT:
	case SESSION_AWAIT_DELIVERY:
	case SESSION_GONE:
		return sl_timer_is_set(&tx->delivery.timer) || sl_timer_is_set(&tx->delivery.chain_timer) ||
		    (tx->delivery.hop != NULL && sl_timer_is_set(&tx->delivery.hop->timer)) ||	/* it connects */
		    sl_timer_is_set(&tx->keeping.deadline) || sl_timer_is_set(&tx->keeping.step);
	case SESSION_AWAIT_VERDICT:
		return sl_timer_is_set(&tx->judge.timer);
	case SESSION_AWAIT_VAULT:
		return sl_timer_is_set(&tx->keeping.deadline) || sl_timer_is_set(&tx->keeping.step);
	case SESSION_AWAIT_CONSOLE:
		return sl_timer_is_set(&tx->action.timer);
	case SESSION_DATA:
		return sl_timer_is_set(&s->timer) || !s->conn.reading;
	case SESSION_PROXY:
	case SESSION_GREETING:
	case SESSION_TLS:
	case SESSION_READY:
	case SESSION_MAIL:
	case SESSION_RCPT:
	case SESSION_SKIP:
	case SESSION_CLOSING:
		return sl_timer_is_set(&s->timer);
	case SESSION_DEAD:
	case SESSION_STATE_COUNT:
		break;
	}
	return true;
}

static bool
stands_still(const struct session *s)
{
	const struct transaction *tx = s->tx;

	if (!has_a_time(s))
		return true;
	if (s->state == SESSION_DATA && !s->conn.reading)
		return !judge_is_behind(&tx->judge) && (next_hop_waits(&tx->delivery) || tx->delivery.state == DELIVERY_OPEN);
	return s->state == SESSION_AWAIT_DELIVERY && next_hop_waits(&tx->delivery);
}

void
rig_settle(struct rig *rig)
{
	for (int i = 0; i < TURNS; i++)
		sl_loop_turn(rig->loop);
	for (const struct session *s = rig->edge == NULL ? NULL : rig->edge->sessions; s != NULL; s = s->next)
		SL_ASSERT(!stands_still(s));
}

void
rig_pass(struct rig *rig, uint64_t ms)
{
	rig_settle(rig);
	rig->now_us += ms * 1000u;
	rig_settle(rig);
}

/* ---- sockets under names of our own ---- */

static socklen_t
socket_name(const struct rig *rig, const char *what, size_t i, struct sockaddr_storage *out)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "sluice-test-%d-%u-%s-%zu",
	    (int)getpid(), rig->number, what, i);

	*out = (struct sockaddr_storage){ 0 };
	memcpy(out, &name, sizeof(name));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int
listen_as(const struct rig *rig, const char *what, size_t i)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name(rig, what, i, &name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	SL_ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, 64) == 0);
	return fd;
}

static struct rig_end *
end_new(struct rig *rig, int fd)
{
	struct rig_end *end = sl_xzalloc(sizeof(*end));

	SL_ASSERT(rig->ends_len < RIG_ENDS);
	end->rig = rig;
	end->fd = fd;
	sl_buf_init(&end->got, GOT_MAX);
	rig->ends[rig->ends_len++] = end;
	return end;
}

static struct rig_end *
take_connection(struct rig *rig, int listening)
{
	int fd;

	rig_settle(rig);
	fd = listening < 0 ? -1 : accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	rig_settle(rig);
	return end_new(rig, fd);
}

struct rig_end *
rig_hop(struct rig *rig, size_t i)
{
	return take_connection(rig, rig->hops[i]);
}

struct rig_end *
rig_clamd(struct rig *rig)
{
	return take_connection(rig, rig->clamd);
}

void
rig_hop_refuses(struct rig *rig, size_t i)
{
	close(rig->hops[i]);
	rig->hops[i] = -1;
}

void
rig_hop_listens(struct rig *rig, size_t i)
{
	rig->hops[i] = listen_as(rig, "hop", i);
}

struct rig_end *
rig_sender(struct rig *rig)
{
	struct snapshot *snapshot = rig->edge->snapshot;
	int fds[2];

	SL_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	session_new(rig->edge, fds[0], &rig->peer, &snapshot->settings->listeners[0], snapshot);
	rig_settle(rig);
	return end_new(rig, fds[1]);
}

/* ---- life cycle ---- */

static struct sl_settings *
settings_of(const struct rig_options *options)
{
	struct sl_settings *settings = NULL;
	struct sl_buf text, errors;

	sl_buf_init(&text, 1u << 20);
	sl_buf_init(&errors, 1u << 16);
	sl_buf_add_str(&text, "listen: [\"127.0.0.1:2525\"]\nhostname: mx.sluice.example\n"
	    "control: \"\"\nrecord: \"\"\n");
	sl_buf_add_str(&text, options->top != NULL ? options->top : "");
	sl_buf_add_str(&text, "tenants:\n  - domains: [example.com]\n    next_hop_tls: off\n"
	    "    next_hops: [");
	for (size_t i = 0; i < SL_MAX(options->hops, (size_t)1); i++)
		sl_buf_addf(&text, "%s\"127.0.0.1:%zu\"", i > 0 ? ", " : "", 3001 + i);
	sl_buf_add_str(&text, "]\n");
	sl_buf_add_str(&text, options->tenant != NULL ? options->tenant : "");
	if (sl_settings_read("test.yaml", sl_buf_slice(&text), &settings, &errors) != 0) {
		fputs(sl_buf_cstr(&errors), stderr);
		SL_ASSERT(settings != NULL);
	}
	sl_buf_fini(&text);
	sl_buf_fini(&errors);
	return settings;
}

/* Our own sockets in the place of the addresses. */
static void
redirect(struct rig *rig, struct sl_settings *settings)
{
	struct sl_tenant *tenant = &settings->tenants[0];

	for (size_t i = 0; i < tenant->next_hops_len; i++)
		tenant->next_hops[i].address_len = socket_name(rig, "hop", i,
		    &tenant->next_hops[i].address);
	if (settings->engines[SL_ENGINE_CLAMD].on)
		settings->engines[SL_ENGINE_CLAMD].at.address_len = socket_name(rig, "clamd", 0,
		    &settings->engines[SL_ENGINE_CLAMD].at.address);
}

void
rig_open(struct rig *rig, const struct rig_options *options)
{
	static unsigned number;
	static const struct rig_options none;
	struct sockaddr_in *peer = (struct sockaddr_in *)&rig->peer;
	struct edge_files files = { .model_fd = -1, .own_fd = -1, .rules_fd = -1, .memory_fd = -1, .ca_fd = -1 };
	struct sl_settings *settings;
	struct sl_buf why;

	options = options != NULL ? options : &none;
	*rig = (struct rig){ .now_us = BEGIN_US, .record_fd = -1, .number = number++ };
	rig->clock = (struct sl_clock){ monotonic_us, wall_us, rig };
	rig->loop = sl_loop_new(&rig->clock);
	signal(SIGPIPE, SIG_IGN);
	peer->sin_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.7", &peer->sin_addr);
	sl_buf_init(&rig->message, GOT_MAX);
	for (size_t i = 0; i < RIG_HOPS; i++)
		rig->hops[i] = listen_as(rig, "hop", i);
	rig->clamd = listen_as(rig, "clamd", 0);
	rig->edge = edge_new(rig->loop, &rig->stats, options->record_fd > 0 ? options->record_fd : -1);
	settings = settings_of(options);
	redirect(rig, settings);
	if (options->memory)
		files.memory_fd = sl_memory_new(settings->reputation.bytes, settings->campaigns.bytes,
		    settings->correspondents.bytes);
	sl_buf_init(&why, 1000);
	SL_ASSERT(edge_use_settings(rig->edge, settings, &files, &why) == 0);
	sl_buf_fini(&why);
}

void
rig_close(struct rig *rig)
{
	for (size_t i = 0; i < rig->ends_len; i++) {
		if (rig->ends[i]->fd >= 0)
			close(rig->ends[i]->fd);
		sl_buf_fini(&rig->ends[i]->got);
		sl_free(rig->ends[i]);
	}
	rig_settle(rig);
	edge_free(&rig->edge);		/* asserts that no chunk is left */
	sl_loop_free(&rig->loop);
	for (size_t i = 0; i < RIG_HOPS; i++)
		if (rig->hops[i] >= 0)
			close(rig->hops[i]);
	close(rig->clamd);
	if (rig->record_fd >= 0)
		close(rig->record_fd);
	sl_buf_fini(&rig->message);
}

static void
on_stopped(void *ctx)
{
	((struct rig *)ctx)->stopped = true;
}

void
rig_stop(struct rig *rig)
{
	edge_stop(rig->edge, on_stopped, rig);
	rig_settle(rig);
}

struct sl_tenant *
rig_tenant(struct rig *rig)
{
	return &rig->edge->snapshot->settings->tenants[0];
}

/* ---- one end ---- */

bool
end_read(struct rig_end *end)
{
	unsigned char block[65536];
	ssize_t n;

	while (!end->closed) {
		n = read(end->fd, block, sizeof(block));
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			end->closed = true;
		else
			sl_buf_add(&end->got, block, (size_t)n);
	}
	return !end->closed;
}

/* What the edge does not take at once it is given as it reads. */
void
end_tx_bytes(struct rig_end *end, const void *data, size_t len)
{
	const unsigned char *from = data;
	int idle = 0;

	while (len > 0 && idle < 4) {
		ssize_t n = write(end->fd, from, len);

		idle = n > 0 ? 0 : idle + 1;
		if (n < 0 && errno != EAGAIN)
			break;		/* it has closed: whoever looks for an answer will see */
		if (n > 0) {
			from += n;
			len -= (size_t)n;
		}
		rig_settle(end->rig);
	}
}

void
end_tx(struct rig_end *end, const char *text)
{
	end_tx_bytes(end, text, strlen(text));
}

void
end_tx_fill(struct rig_end *end, size_t len)
{
	struct sl_buf text;

	sl_buf_init(&text, len + 100);
	while (text.len < len)
		sl_buf_add_str(&text, "A line of text that is as good as any other for our purpose.\r\n");
	end_tx_bytes(end, text.data, text.len);
	sl_buf_fini(&text);
}

void
end_close(struct rig_end *end)
{
	close(end->fd);
	end->fd = -1;
	end->closed = true;
	rig_settle(end->rig);
}

void
end_reset(struct rig_end *end)
{
	end_close(end);		/* on a Unix socket unread bytes make it a reset */
}

/* ---- what is expected of it ---- */

/* The length of the line at `at`, its end included; 0 if it is not complete. */
static size_t
line_len(const struct sl_buf *got, size_t at)
{
	const unsigned char *lf = memchr(got->data + at, '\n', got->len - at);

	return lf == NULL ? 0 : (size_t)(lf - (got->data + at)) + 1;
}

void
end_reply_at(struct rig_end *end, const char *start, const char *file, int line)
{
	size_t at = 0, n;

	rig_settle(end->rig);
	end_read(end);
	while (at < end->got.len && (n = line_len(&end->got, at)) > 0) {
		const char *text = (const char *)end->got.data + at;

		at += n;
		if (n < 4 || text[3] == '-')
			continue;
		if (strncmp(text, start, strlen(start)) != 0)
			break;
		sl_buf_consume(&end->got, at);
		return;
	}
	failed(file, line, start, sl_buf_slice(&end->got));
}

void
end_line_at(struct rig_end *end, const char *want, const char *file, int line)
{
	size_t n;

	rig_settle(end->rig);
	end_read(end);
	n = end->got.len == 0 ? 0 : line_len(&end->got, 0);
	if (n != strlen(want) + 2 || memcmp(end->got.data, want, n - 2) != 0) {
		failed(file, line, want, sl_buf_slice(&end->got));
		return;
	}
	sl_buf_consume(&end->got, n);
}

void
end_message_at(struct rig_end *end, const char *file, int line)
{
	const unsigned char *dot;
	size_t n, before;

	do {	/* of a large one the edge gives what is taken */
		before = end->got.len;
		rig_settle(end->rig);
		end_read(end);
	} while (end->got.len > before);
	dot = memmem(end->got.data, end->got.len, "\r\n.\r\n", 5);
	if (dot == NULL) {
		failed(file, line, "a message", sl_buf_slice(&end->got));
		return;
	}
	n = (size_t)(dot - end->got.data) + 2;
	sl_buf_reset(&end->rig->message);
	sl_buf_add(&end->rig->message, end->got.data, n);
	sl_buf_consume(&end->got, n + 3);
}

void
end_nothing_at(struct rig_end *end, const char *file, int line)
{
	rig_settle(end->rig);
	if (!end_read(end) || end->got.len > 0)
		failed(file, line, end->closed ? "nothing, but it has closed" : "nothing",
		    sl_buf_slice(&end->got));
}

void
end_closed_at(struct rig_end *end, const char *file, int line)
{
	rig_settle(end->rig);
	if (end_read(end) || end->got.len > 0)
		failed(file, line, "the end", sl_buf_slice(&end->got));
}

struct rig_end *
rig_greet_at(struct rig *rig, size_t i, const char *extensions, const char *file, int line)
{
	struct rig_end *hop = rig_hop(rig, i);
	char word[64];
	int n;

	if (hop == NULL) {
		failed(file, line, "a connection to the next hop", sl_slice(NULL, 0));
		return NULL;
	}
	end_tx(hop, "220 inner.example ESMTP\r\n");
	end_line_at(hop, "EHLO mx.sluice.example", file, line);
	end_tx(hop, "250-inner.example\r\n");
	for (; sscanf(extensions, "%63s%n", word, &n) == 1; extensions += n) {
		end_tx(hop, "250-");
		end_tx(hop, word);
		end_tx(hop, "\r\n");
	}
	end_tx(hop, "250 HELP\r\n");
	return hop;
}

struct rig_end *
rig_hello_at(struct rig *rig, const char *file, int line)
{
	struct rig_end *sender = rig_sender(rig);

	end_reply_at(sender, "220 mx.sluice.example", file, line);
	end_tx(sender, "EHLO client.example\r\n");
	end_reply_at(sender, "250 ", file, line);
	return sender;
}
