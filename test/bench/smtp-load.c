/*
 * smtp-load.c - send mail as fast, as steadily or as idly as asked, and measure the answers
 *
 * One thread and epoll; costs a few system calls for each round trip and nothing per byte but the
 * kernel's copy. The time of a message runs from just before the write that carries its final dot
 * to the moment when the reply is read: after that write would be too late, since a server on the
 * same processor may have answered before it returns. Prints one JSON object.
 *
 * Commands go one at a time, as the plainest senders do; with --pipeline, MAIL, RCPT and DATA go
 * in one write.
 */

#include "mail.h"
#include "sl/base.h"
#include "stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define INPUT_BYTES	2048
#define OPENING_MAX	64	/* idle sessions that are being opened at the same time */
#define EVENTS_AT_ONCE	256
#define SLEEP_MAX_NS	500000000u

static const char usage_text[] =
    "usage: smtp-load [options] ADDRESS:PORT\n"
    "  -c, --connections N   sessions at the same time (20)\n"
    "  -m, --messages N      messages in all (1000)\n"
    "  -k, --per-session N   messages in one session (1)\n"
    "  -d, --duration S      stop beginning messages after S seconds; then -m is only a bound\n"
    "  -r, --rate N          begin N sessions a second instead of as many as possible\n"
    "  -s, --size BYTES      made-up messages of this size (2048)\n"
    "  -z, --declare         say the size in MAIL, as most servers do (with -s)\n"
    "  -D, --directory DIR   the files of a directory instead, in turn\n"
    "  -M, --files N         ... at most so many of them\n"
    "  -f, --from ADDRESS    (sender@example.net)\n"
    "  -t, --to ADDRESS      (user@example.com)\n"
    "  -p, --pipeline        MAIL, RCPT and DATA in one write\n"
    "  -T, --tls             STARTTLS\n"
    "  -i, --idle N          open N sessions to after EHLO, print `idle N`, hold them until\n"
    "                        standard input ends\n"
    "  -H, --hold BYTES      stop each session after so many bytes of its first message, print\n"
    "                        `held N`, go on when standard input has a line or ends\n"
    "  -o, --timeout S       give up when nothing has happened for so long (60)\n";

enum state {		/* what a session waits for */
	CLOSED = 0,	/* nothing: the slot is free */
	CONNECTING,	/* the kernel */
	GREETING,	/* 220 */
	EHLO,		/* 250 */
	STARTTLS,	/* 220 */
	HANDSHAKE,	/* TLS */
	MAIL,		/* 250 */
	RCPT,		/* 250 */
	DATA,		/* 354 */
	BODY,		/* room in the socket for the message */
	HELD,		/* the others, and the word to go on */
	FINAL,		/* the answer to the final dot */
	QUIT,		/* 221 */
	IDLE,		/* the end of standard input */
};

struct session {
	enum state		 state;
	int			 fd;
	bool			 writing;	/* EPOLLOUT is asked for */
	bool			 secured;	/* TLS is up */
	bool			 was_held;
	SSL			*ssl;
	unsigned		 sent;		/* messages, of this session */
	const struct mail	*mail;
	size_t			 at;		/* bytes of mail written */
	uint64_t		 began_ns, dot_ns;
	size_t			 in_len;
	char			 in[INPUT_BYTES];
};

static struct {
	struct sockaddr_in	 to;
	unsigned		 connections, per_session, idle;
	uint64_t		 messages, duration_ns, hold_bytes, timeout_ns;
	double			 rate;
	const char		*from, *rcpt;
	bool			 pipeline, tls, declare;
} options = { .connections = 20, .per_session = 1, .messages = 1000,
	.timeout_ns = 60 * 1000000000ull, .from = "sender@example.net", .rcpt = "user@example.com" };

static struct {
	uint64_t	begun, accepted, deferred, refused, failures, bytes;
	uint64_t	sessions_begun;
	unsigned	open, idle, held;
	uint64_t	start_ns, end_ns, progress_ns, late_max_ns;
	char		first_failure[256];
	struct stats	dot, session;
} done;

static struct mailbag bag;
static struct session *sessions;
static SSL_CTX *tls;
static int loop;
static bool released;	/* --hold: the word to go on has been given */
static char transaction[3][300];	/* MAIL, RCPT, DATA */
static char transaction_all[900];

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

SL_NORETURN static void
die(const char *what, const char *why)
{
	fprintf(stderr, "smtp-load: %s: %s\n", what, why);
	exit(2);
}

/* -- one session -------------------------------------------------------------------------- */

static void
session_close(struct session *s)
{
	if (s->ssl != NULL)
		SSL_free(s->ssl);
	s->ssl = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	done.idle -= s->state == IDLE;
	done.held -= s->state == HELD;
	s->state = CLOSED;
	done.open--;
}

static void
session_fail(struct session *s, const char *why)
{
	done.failures++;
	if (done.first_failure[0] == '\0')
		snprintf(done.first_failure, sizeof(done.first_failure), "%s (state %d)", why, s->state);
	session_close(s);
}

static void
session_want_write(struct session *s, bool want)
{
	struct epoll_event event = { .events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = s };

	if (s->writing == want)
		return;
	s->writing = want;
	if (epoll_ctl(loop, EPOLL_CTL_MOD, s->fd, &event) != 0)
		die("epoll_ctl", strerror(errno));
}

/* Write what the kernel takes. Returns the bytes taken, 0 if none now, -1 if the connection ended. */
static ssize_t
session_write(struct session *s, const void *data, size_t len)
{
	ssize_t n;

	if (s->secured) {
		ERR_clear_error();
		n = SSL_write(s->ssl, data, (int)SL_MIN(len, (size_t)1 << 30));
		if (n > 0)
			return n;
		switch (SSL_get_error(s->ssl, (int)n)) {
		case SSL_ERROR_WANT_READ:
		case SSL_ERROR_WANT_WRITE:
			return 0;
		default:
			return -1;
		}
	}
	n = send(s->fd, data, len, MSG_NOSIGNAL);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

/* The same for reading; -1 also at the end. */
static ssize_t
session_read(struct session *s, void *data, size_t len)
{
	ssize_t n;

	if (s->secured) {
		ERR_clear_error();
		n = SSL_read(s->ssl, data, (int)len);
		if (n > 0)
			return n;
		return SSL_get_error(s->ssl, (int)n) == SSL_ERROR_WANT_READ ? 0 : -1;
	}
	n = recv(s->fd, data, len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return n == 0 ? -1 : n;
}

/* Commands are far smaller than any socket buffer: not taken at once means lost. */
static void
session_say(struct session *s, const char *command, enum state next)
{
	size_t len = strlen(command);

	if (session_write(s, command, len) != (ssize_t)len)
		session_fail(s, "a command could not be written");
	else
		s->state = next;
}

static bool
may_begin_message(void)
{
	if (done.begun >= options.messages)
		return false;
	return options.duration_ns == 0 || now_ns() - done.start_ns < options.duration_ns;
}

static void
session_take_message(struct session *s)
{
	s->mail = &bag.mails[done.begun++ % bag.len];
	s->at = 0;
}

static void
session_transaction(struct session *s)
{
	session_say(s, options.pipeline ? transaction_all : transaction[0], MAIL);
}

/* Write the message; the write that takes its last byte started the clock. */
static void
session_body(struct session *s)
{
	size_t end = s->mail->len;
	ssize_t n;

	if (options.hold_bytes > 0 && !s->was_held && !released)
		end = SL_MIN(end, options.hold_bytes);
	while (s->at < end) {
		s->dot_ns = now_ns();
		n = session_write(s, s->mail->wire + s->at, end - s->at);
		if (n < 0) {
			session_fail(s, "the connection ended inside the message");
			return;
		}
		if (n == 0) {
			session_want_write(s, true);
			return;
		}
		s->at += (size_t)n;
	}
	session_want_write(s, false);
	if (end < s->mail->len) {
		s->was_held = true;
		s->state = HELD;
		done.held++;
		return;
	}
	s->state = FINAL;
}

static void
session_final(struct session *s, int code)
{
	uint64_t now = now_ns();

	stats_add(&done.dot, now - s->dot_ns);
	done.accepted += code / 100 == 2;
	done.deferred += code / 100 == 4;
	done.refused += code / 100 == 5;
	done.bytes += s->mail->len;
	s->sent++;
	if (s->sent < options.per_session && may_begin_message()) {
		session_take_message(s);
		session_transaction(s);
	} else {
		session_say(s, "QUIT\r\n", QUIT);
	}
}

static void
session_ready(struct session *s)
{
	if (options.tls && !s->secured) {
		session_say(s, "STARTTLS\r\n", STARTTLS);
	} else if (options.idle > 0) {
		s->state = IDLE;
		done.idle++;
	} else {
		session_transaction(s);
	}
}

static void
session_handshake(struct session *s)
{
	int r = SSL_connect(s->ssl);

	if (r == 1) {
		session_want_write(s, false);
		s->secured = true;
		session_say(s, "EHLO load.example.net\r\n", EHLO);
		return;
	}
	switch (SSL_get_error(s->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		session_want_write(s, false);
		break;
	case SSL_ERROR_WANT_WRITE:
		session_want_write(s, true);
		break;
	default:
		session_fail(s, "TLS handshake");
	}
}

static void
session_start_tls(struct session *s)
{
	s->ssl = SSL_new(tls);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1)
		die("TLS", "no memory");
	s->state = HANDSHAKE;
	session_handshake(s);
}

/* A whole reply with this code has come. */
static void
session_reply(struct session *s, int code)
{
	static const int expected[] = { [GREETING] = 220, [EHLO] = 250, [STARTTLS] = 220, [MAIL] = 250,
		[RCPT] = 250, [DATA] = 354, [QUIT] = 221 };

	if (s->state != FINAL && (s->state > QUIT || code != expected[s->state])) {
		char text[64];

		snprintf(text, sizeof(text), "reply %d", code);
		session_fail(s, text);
		return;
	}
	switch (s->state) {
	case GREETING:
		session_say(s, "EHLO load.example.net\r\n", EHLO);
		break;
	case EHLO:
		session_ready(s);
		break;
	case STARTTLS:
		session_start_tls(s);
		break;
	case MAIL:
	case RCPT:
		if (options.pipeline)
			s->state++;
		else
			session_say(s, transaction[s->state == MAIL ? 1 : 2], s->state + 1);
		break;
	case DATA:
		s->state = BODY;
		session_body(s);
		break;
	case FINAL:
		session_final(s, code);
		break;
	case QUIT:
		stats_add(&done.session, now_ns() - s->began_ns);
		session_close(s);
		break;
	case CLOSED: case CONNECTING: case HANDSHAKE: case BODY: case HELD: case IDLE:
		SL_UNREACHABLE("no reply is expected here");
	}
}

/* Take whole lines from the input. A reply's last line has no hyphen after its code. */
static void
session_lines(struct session *s)
{
	char *line = s->in, *end;

	while (s->state != CLOSED &&
	    (end = memchr(line, '\n', s->in_len - (size_t)(line - s->in))) != NULL) {
		if (end - line < 4)
			session_fail(s, "a reply that is none");
		else if (line[3] != '-')
			session_reply(s, atoi(line));
		line = end + 1;
	}
	if (s->state == CLOSED)
		return;
	s->in_len -= (size_t)(line - s->in);
	memmove(s->in, line, s->in_len);
	if (s->in_len == sizeof(s->in))
		session_fail(s, "a reply line without end");
}

static void
session_input(struct session *s)
{
	ssize_t n;

	do {	/* what TLS has read ahead, epoll does not tell of */
		n = session_read(s, s->in + s->in_len, sizeof(s->in) - s->in_len);
		if (n < 0) {
			session_fail(s, "the connection ended");
			return;
		}
		s->in_len += (size_t)n;
		if (n > 0)
			session_lines(s);
	} while (s->secured && s->state != CLOSED && SSL_pending(s->ssl) > 0);
}

static void
on_session(struct session *s, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	done.progress_ns = now_ns();
	switch (s->state) {
	case CONNECTING:
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0) {
			session_fail(s, strerror(error));
			return;
		}
		s->state = GREETING;
		session_want_write(s, false);
		break;
	case HANDSHAKE:
		session_handshake(s);
		return;
	case BODY:
		if (events & EPOLLOUT)
			session_body(s);
		break;
	case CLOSED: case GREETING: case EHLO: case STARTTLS: case MAIL: case RCPT: case DATA:
	case HELD: case FINAL: case QUIT: case IDLE:
		break;
	}
	if (s->state != CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		session_input(s);
}

static void
session_begin(struct session *s)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = s };
	int on = 1;

	*s = (struct session){ .state = CONNECTING, .writing = true, .began_ns = now_ns() };
	done.open++;
	done.sessions_begun++;
	if (options.idle == 0)
		session_take_message(s);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		die("socket", strerror(errno));
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(s->fd, (const struct sockaddr *)&options.to, sizeof(options.to)) != 0 &&
	    errno != EINPROGRESS) {
		session_fail(s, strerror(errno));
		return;
	}
	if (epoll_ctl(loop, EPOLL_CTL_ADD, s->fd, &event) != 0)
		die("epoll_ctl", strerror(errno));
}

/* -- all of them -------------------------------------------------------------------------- */

/* When session number `n` is due. */
static uint64_t
due_ns(uint64_t n)
{
	return options.rate > 0 ? done.start_ns + (uint64_t)((double)n / options.rate * 1e9) : 0;
}

/* Fill free slots. Returns how long the loop may sleep, in nanoseconds. */
static uint64_t
begin_sessions(void)
{
	unsigned slots = options.idle > 0 ? options.idle : options.connections;
	static unsigned next;	/* free slots are looked for in turn */

	for (unsigned tried = 0; tried < slots && done.open < slots; tried++) {
		struct session *s = &sessions[next++ % slots];
		uint64_t now = now_ns(), due = due_ns(done.sessions_begun);

		if (s->state != CLOSED)
			continue;
		if (options.idle > 0 ? done.sessions_begun >= options.idle ||
		    done.open - done.idle >= OPENING_MAX : !may_begin_message())
			return SLEEP_MAX_NS;
		if (due > now)
			return due - now;
		if (due > 0)
			done.late_max_ns = SL_MAX(done.late_max_ns, now - due);
		session_begin(s);
	}
	return SLEEP_MAX_NS;
}

/* Standard input speaks: release the held, end the idle. Returns false at its end. */
static bool
on_stdin(void)
{
	char text[256];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));
	unsigned slots = options.idle > 0 ? options.idle : options.connections;

	released = true;
	for (unsigned i = 0; i < slots; i++) {
		struct session *s = &sessions[i];

		if (s->state == HELD) {
			done.held--;
			s->state = BODY;
			session_body(s);
		} else if (s->state == IDLE && n <= 0) {
			session_close(s);
		}
	}
	return n > 0;
}

static void
announce(void)
{
	static bool announced;

	if (announced)
		return;
	if (options.idle > 0 && done.open == done.idle && done.sessions_begun == options.idle)
		printf("idle %u\n", done.idle);
	else if (options.hold_bytes > 0 && done.held == options.connections)
		printf("held %u\n", done.held);
	else
		return;
	announced = true;
	fflush(stdout);
}

static void
watch_stdin(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (options.idle == 0 && options.hold_bytes == 0)
		return;
	if (epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
		die("--idle and --hold need a pipe as standard input", strerror(errno));
}

static void
run(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct timespec sleep = { 0, 0 };
	int n;

	done.start_ns = done.progress_ns = now_ns();
	watch_stdin();
	for (;;) {
		sleep.tv_nsec = (long)SL_MIN(begin_sessions(), SLEEP_MAX_NS);
		announce();
		if (done.open == 0 && (options.idle > 0 ? done.sessions_begun >= options.idle
		    : !may_begin_message()))
			break;
		n = epoll_pwait2(loop, events, EVENTS_AT_ONCE, &sleep, NULL);
		for (int i = 0; i < n; i++) {
			struct session *s = events[i].data.ptr;

			if (s != NULL)
				on_session(s, events[i].events);
			else if (!on_stdin())
				epoll_ctl(loop, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
		}
		if (done.idle + done.held > 0)
			done.progress_ns = now_ns();
		if (now_ns() - done.progress_ns > options.timeout_ns)
			break;
	}
	done.failures += done.open;	/* what gave no sign of life */
	if (done.open > 0 && done.first_failure[0] == '\0')
		snprintf(done.first_failure, sizeof(done.first_failure), "timeout");
	done.end_ns = now_ns();
}

static void
report(FILE *out)
{
	double seconds = (double)(done.end_ns - done.start_ns) / 1e9;
	uint64_t answered = done.accepted + done.deferred + done.refused;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(out, "{\"messages\": %zu, \"accepted\": %zu, \"deferred\": %zu, \"refused\": %zu, "
	    "\"failures\": %zu, \"first_failure\": \"%s\", \"sessions\": %zu, \"seconds\": %.4f, "
	    "\"messages_per_s\": %.1f, \"bytes\": %zu, \"files_left_out\": %zu, "
	    "\"late_max_us\": %.1f, \"own_cpu_s\": %.3f, ",
	    (size_t)answered, (size_t)done.accepted, (size_t)done.deferred, (size_t)done.refused,
	    (size_t)done.failures, done.first_failure, (size_t)done.sessions_begun, seconds,
	    (double)answered / seconds, (size_t)done.bytes, bag.left_out,
	    (double)done.late_max_ns / 1000,
	    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	stats_print(&done.dot, "dot_us", out);
	fputs(", ", out);
	stats_print(&done.session, "session_us", out);
	fputs("}\n", out);
}

/* -- options ------------------------------------------------------------------------------ */

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t value;

	if (sl_slice_to_u64(sl_slice_str(text), max, &value) != 0)
		die(text, "not a number in range");
	return value;
}

static double
positive(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value > 0))
		die(text, "not a number above 0");
	return value;
}

static void
target(const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[64];

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		die(text, "not ADDRESS:PORT");
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	options.to.sin_family = AF_INET;
	options.to.sin_port = htons((uint16_t)number(colon + 1, 65535));
	if (inet_pton(AF_INET, host, &options.to.sin_addr) != 1)
		die(text, "not an IPv4 address");
}

static void
read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "connections", 1, NULL, 'c' }, { "messages", 1, NULL, 'm' },
		{ "per-session", 1, NULL, 'k' }, { "duration", 1, NULL, 'd' }, { "rate", 1, NULL, 'r' },
		{ "size", 1, NULL, 's' }, { "declare", 0, NULL, 'z' }, { "directory", 1, NULL, 'D' }, { "files", 1, NULL, 'M' },
		{ "from", 1, NULL, 'f' }, { "to", 1, NULL, 't' }, { "pipeline", 0, NULL, 'p' },
		{ "tls", 0, NULL, 'T' }, { "idle", 1, NULL, 'i' }, { "hold", 1, NULL, 'H' },
		{ "timeout", 1, NULL, 'o' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *directory = NULL;
	size_t size = 2048, files = 0;
	int c;

	while ((c = getopt_long(argc, argv, "c:m:k:d:r:s:zD:M:f:t:pTi:H:o:h", longs, NULL)) != -1) {
		switch (c) {
		case 'c': options.connections = (unsigned)SL_MAX(1, number(optarg, 100000)); break;
		case 'm': options.messages = number(optarg, UINT64_MAX); break;
		case 'k': options.per_session = (unsigned)SL_MAX(1, number(optarg, UINT32_MAX)); break;
		case 'd': options.duration_ns = (uint64_t)(positive(optarg) * 1e9);
			  if (options.messages == 1000)
				  options.messages = UINT64_MAX / 2;
			  break;
		case 'r': options.rate = positive(optarg); break;
		case 's': size = number(optarg, (uint64_t)1 << 34); break;
		case 'z': options.declare = true; break;
		case 'D': directory = optarg; break;
		case 'M': files = number(optarg, SIZE_MAX); break;
		case 'f': options.from = optarg; break;
		case 't': options.rcpt = optarg; break;
		case 'p': options.pipeline = true; break;
		case 'T': options.tls = true; break;
		case 'i': options.idle = (unsigned)number(optarg, 1000000); break;
		case 'H': options.hold_bytes = number(optarg, UINT64_MAX); break;
		case 'o': options.timeout_ns = (uint64_t)(positive(optarg) * 1e9); break;
		case 'h': fputs(usage_text, stdout); exit(0);
		default: fputs(usage_text, stderr); exit(2);
		}
	}
	if (argc - optind != 1) {
		fputs(usage_text, stderr);
		exit(2);
	}
	target(argv[optind]);
	if (directory == NULL)
		mailbag_add_synthetic(&bag, size);
	else if (mailbag_add_directory(&bag, directory, files) != 0 || bag.len == 0)
		die(directory, "no messages could be read");
}

static void
prepare(void)
{
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	snprintf(transaction[0], sizeof(transaction[0]), "MAIL FROM:<%s>", options.from);
	if (options.declare && bag.len == 1)
		snprintf(transaction[0] + strlen(transaction[0]), sizeof(transaction[0]) - strlen(transaction[0]),
		    " SIZE=%zu", bag.mails[0].len);
	strcat(transaction[0], "\r\n");
	snprintf(transaction[1], sizeof(transaction[1]), "RCPT TO:<%s>\r\n", options.rcpt);
	snprintf(transaction[2], sizeof(transaction[2]), "DATA\r\n");
	snprintf(transaction_all, sizeof(transaction_all), "%s%s%s", transaction[0], transaction[1],
	    transaction[2]);
	if (options.tls) {
		tls = SSL_CTX_new(TLS_client_method());
		if (tls == NULL)
			die("TLS", "cannot be set up");
		SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
		    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	}
	sessions = sl_xzalloc(SL_MAX(options.idle, options.connections) * sizeof(sessions[0]));
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0)
		die("epoll", strerror(errno));
}

int
main(int argc, char **argv)
{
	read_options(argc, argv);
	prepare();
	run();
	report(stdout);
	mailbag_fini(&bag);
	stats_fini(&done.dot);
	stats_fini(&done.session);
	sl_free(sessions);
	SSL_CTX_free(tls);
	return done.failures > 0 ? 1 : 0;
}
