/*
 * sink.c - sluice-sink: a small mail server for demonstrations, tests and benchmarks
 *
 * See doc/man/sluice-sink.1. Here: the options, the listening socket, the loop.
 */

#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_LISTEN		"127.0.0.1:2526"
#define DEFAULT_CAPABILITIES	"PIPELINING,8BITMIME,SMTPUTF8,ENHANCEDSTATUSCODES,SIZE"
#define BACKLOG			4096
#define EVENTS_AT_ONCE		256

static volatile sig_atomic_t stopping;

static const char usage_text[] =
    "usage: sluice-sink [-l ADDRESS:PORT] [--keep DIRECTORY | --discard] [--log]\n"
    "                   [--tls CERTIFICATE KEY] [--capabilities LIST] [--name HOST]\n"
    "                   [--at POINT=ACTION[,first=N][,every=N][,match=TEXT]]... [--ready-fd N]\n"
    "See sluice-sink(1).\n";

SL_NORETURN static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "sluice-sink: %s: %s\n", what, why);
	exit(1);
}

static void
on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* -- options ------------------------------------------------------------------------------ */

struct options {
	const char	*listen;
	const char	*keep;
	const char	*certificate, *key;
	const char	*capabilities;
	int		 ready_fd;
};

static SSL_CTX *
load_tls(const char *certificate, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
		fail(certificate, ERR_reason_error_string(ERR_get_error()));
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		fail(key, ERR_reason_error_string(ERR_get_error()));
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return context;
}

/* Split LIST at its commas; understand SIZE. Keeps pieces of `list`, which it changes. */
static void
set_capabilities(struct sink *sink, char *list)
{
	char *save = NULL;

	for (char *word = strtok_r(list, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		sink->capabilities = sl_xrealloc(sink->capabilities,
		    (sink->capabilities_len + 1) * sizeof(sink->capabilities[0]));
		sink->capabilities[sink->capabilities_len++] = word;
		if (strncasecmp(word, "SIZE ", 5) == 0 && sl_slice_to_u64(sl_slice_str(word + 5),
		    UINT64_MAX, &sink->size_max_bytes) != 0)
			fail(word, "the size is no number");
	}
}

static void
add_rule(struct sink *sink, const char *text)
{
	const char *why = NULL;

	if (script_add(&sink->script, text, &why) != 0)
		fail(text, why);
}

/* The second argument of --tls, which getopt does not know of. */
static const char *
next_argument(int argc, char **argv, const char *option)
{
	if (optind >= argc)
		fail(option, "needs two arguments");
	return argv[optind++];
}

static void
read_options(struct sink *sink, struct options *o, int argc, char **argv)
{
	enum { KEEP = 256, DISCARD, LOG, TLS, CAPABILITIES, AT, READY_FD, NAME, HELP };
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "keep", required_argument, NULL, KEEP },
		{ "discard", no_argument, NULL, DISCARD },
		{ "log", no_argument, NULL, LOG },
		{ "tls", required_argument, NULL, TLS },
		{ "capabilities", required_argument, NULL, CAPABILITIES },
		{ "at", required_argument, NULL, AT },
		{ "ready-fd", required_argument, NULL, READY_FD },
		{ "name", required_argument, NULL, NAME },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "l:h", longs, NULL)) != -1) {
		switch (c) {
		case 'l':
			o->listen = optarg;
			break;
		case KEEP:
			o->keep = optarg;
			break;
		case DISCARD:
			o->keep = NULL;
			break;
		case LOG:
			sink->log = true;
			break;
		case TLS:
			o->certificate = optarg;
			o->key = next_argument(argc, argv, "--tls");
			break;
		case CAPABILITIES:
			o->capabilities = optarg;
			break;
		case AT:
			add_rule(sink, optarg);
			break;
		case READY_FD:
			o->ready_fd = atoi(optarg);
			break;
		case NAME:
			sink->name = optarg;
			break;
		case 'h': case HELP:
			fputs(usage_text, stdout);
			exit(0);
		default:
			fputs(usage_text, stderr);
			exit(2);
		}
	}
	if (optind < argc)
		fail(argv[optind], "what is this? (--help tells the options)");
}

/* -- the listening socket ----------------------------------------------------------------- */

/* Split "127.0.0.1:25", "[::1]:25" or ":25" in place. */
static void
split_address(char *text, char **host_out, char **port_out)
{
	char *colon = strrchr(text, ':');

	if (colon == NULL)
		fail(text, "write ADDRESS:PORT");
	*colon = '\0';
	*port_out = colon + 1;
	*host_out = *text == '\0' ? NULL : text;
	if (*text == '[' && colon > text && colon[-1] == ']') {
		colon[-1] = '\0';
		*host_out = text + 1;
	}
}

static int
listen_on(const char *where)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *text = sl_xstrdup(where), *host, *port;
	int fd, on = 1, r;

	split_address(text, &host, &port);
	r = getaddrinfo(host, port, &hints, &found);
	if (r != 0)
		fail(where, gai_strerror(r));
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail(where, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));	/* what it accepts inherits it */
	if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
		fail(where, strerror(errno));
	freeaddrinfo(found);
	sl_free(text);
	return fd;
}

/* Tell whoever waits that connections are taken, and where. */
static void
announce(int fd, int ready_fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		fail("getsockname", strerror(errno));
	printf(at.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
	fflush(stdout);
	if (ready_fd >= 0) {
		dprintf(ready_fd, "%s\n", port);
		close(ready_fd);
	}
}

/* Every session is a descriptor: have as many as may be had. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);	/* fewer will do */
	}
}

/* -- the loop ----------------------------------------------------------------------------- */

static void
accept_all(struct sink *sink, int listen_fd)
{
	struct sockaddr_storage peer;
	int fd;

	for (;;) {
		socklen_t len = sizeof(peer);

		fd = accept4(listen_fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			break;
		session_open(sink, fd, (struct sockaddr *)&peer);
	}
	if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
		fprintf(stderr, "sluice-sink: accept: %s\n", strerror(errno));
}

static void
run(struct sink *sink, int listen_fd, const sigset_t *waiting_mask)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	while (!stopping) {
		int timeout_ms = session_wake_all(sink);
		int n;

		if (sink->log)
			fflush(stdout);
		n = epoll_pwait(sink->epoll_fd, events, EVENTS_AT_ONCE, timeout_ms, waiting_mask);
		sink->now_us = now_us();
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				accept_all(sink, listen_fd);
			else
				session_ready(events[i].data.ptr, events[i].events);
		}
	}
}

/* Signals are taken while the loop waits and at no other time. */
static void
catch_signals(sigset_t *waiting_mask_out)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, waiting_mask_out);
	sigdelset(waiting_mask_out, SIGTERM);
	sigdelset(waiting_mask_out, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct sink sink = { .name = "sink.example" };
	struct options options = { .listen = DEFAULT_LISTEN, .capabilities = DEFAULT_CAPABILITIES,
		.ready_fd = -1 };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	char *capabilities;
	sigset_t waiting_mask;
	int listen_fd;

	read_options(&sink, &options, argc, argv);
	capabilities = sl_xstrdup(options.capabilities);
	set_capabilities(&sink, capabilities);
	if (options.certificate != NULL)
		sink.tls = load_tls(options.certificate, options.key);
	if (options.keep != NULL && (sink.keep = keep_open(options.keep)) == NULL)
		fail(options.keep, strerror(errno));
	raise_limits();
	catch_signals(&waiting_mask);
	sink.block = sl_xmalloc(SINK_BLOCK_BYTES);
	sink.now_us = now_us();
	sink.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	listen_fd = listen_on(options.listen);
	if (sink.epoll_fd < 0 || epoll_ctl(sink.epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) != 0)
		fail("epoll", strerror(errno));
	announce(listen_fd, options.ready_fd);

	run(&sink, listen_fd, &waiting_mask);

	session_end_all(&sink);
	printf("messages=%" PRIu64 " connections=%" PRIu64 " bytes=%" PRIu64 " bare=%" PRIu64 "\n",
	    sink.messages, sink.connections, sink.bytes, sink.bare);
	close(listen_fd);
	close(sink.epoll_fd);
	keep_close(&sink.keep);
	SSL_CTX_free(sink.tls);
	script_fini(&sink.script);
	sl_free(sink.capabilities);
	sl_free(capabilities);
	sl_free(sink.block);
	return 0;
}
