/* attempt.c - one try at one server: see resolver_i.h */

#include "resolver_i.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS_PER_TURN	8

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void
on_udp(void *ctx, unsigned events)
{
	struct attempt *attempt = ctx;
	unsigned char *buffer = attempt->query->resolver->buffer;

	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		ssize_t n = recv(attempt->fd, buffer, SL_DNS_MESSAGE_MAX, 0);

		if (n < 0) {
			if (!would_block())
				attempt_failed(attempt);	/* ECONNREFUSED: nobody is there */
			return;
		}
		if (attempt_message(attempt, buffer, (size_t)n))
			return;
	}
}

/* Send what is left of the question. False: the connection is lost. */
static bool
tcp_write(struct attempt *attempt)
{
	size_t left = attempt->out_len - attempt->out_at;
	ssize_t n = send(attempt->fd, attempt->out + attempt->out_at, left, MSG_NOSIGNAL);

	if (n < 0)
		return would_block();
	attempt->out_at += (size_t)n;
	if (attempt->out_at == attempt->out_len)
		sl_watch_want(&attempt->watch, SL_READ);
	return true;
}

/* Read on. SL_MORE, SL_DONE: there is a whole message; SL_ERR_CLOSED. */
static int
tcp_read(struct attempt *attempt)
{
	unsigned char *to = attempt->in == NULL ? attempt->in_head : attempt->in;
	ssize_t n;

	n = recv(attempt->fd, to + attempt->in_at, attempt->in_len - attempt->in_at, 0);
	if (n <= 0)
		return n < 0 && would_block() ? SL_MORE : SL_ERR_CLOSED;
	attempt->in_at += (size_t)n;
	if (attempt->in_at < attempt->in_len)
		return SL_MORE;
	if (attempt->in != NULL)
		return SL_DONE;
	attempt->in_len = (size_t)attempt->in_head[0] << 8 | attempt->in_head[1];
	attempt->in_at = 0;
	if (attempt->in_len == 0)
		return SL_ERR_CLOSED;
	attempt->in = sl_xmalloc(attempt->in_len);
	return SL_MORE;
}

static void
on_tcp(void *ctx, unsigned events)
{
	struct attempt *attempt = ctx;
	int r = SL_MORE;

	if ((events & SL_WRITE) != 0 && attempt->out_at < attempt->out_len && !tcp_write(attempt))
		r = SL_ERR_CLOSED;
	else if ((events & SL_READ) != 0)
		r = tcp_read(attempt);
	if (r == SL_DONE)
		(void)attempt_message(attempt, attempt->in, attempt->in_len);	/* the last, in any case */
	else if (r < 0)
		attempt_failed(attempt);
}

static socklen_t
address_len(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	    : sizeof(struct sockaddr_in);
}

/* The kernel chooses the port, at random, as the socket is connected: only that server is heard. */
static bool
begin(struct attempt *attempt, const struct sockaddr_storage *address)
{
	unsigned char *question = attempt->out + 2;
	const struct query *query = attempt->query;
	size_t len = sl_dns_question_write(question, attempt->id, query->type,
	    sl_slice(query->name, query->name_len), attempt->edns ? SL_DNS_PAYLOAD : 0);
	int r = connect(attempt->fd, (const struct sockaddr *)address, address_len(address));

	if (!attempt->tcp) {
		if (r != 0 || send(attempt->fd, question, len, MSG_NOSIGNAL) != (ssize_t)len)
			return false;
		sl_watch_want(&attempt->watch, SL_READ);
		return true;
	}
	if (r != 0 && errno != EINPROGRESS)
		return false;
	attempt->out[0] = (unsigned char)(len >> 8);
	attempt->out[1] = (unsigned char)len;
	attempt->out_len = len + 2;
	attempt->in_len = sizeof(attempt->in_head);
	sl_watch_want(&attempt->watch, SL_WRITE);
	return true;
}

bool
attempt_open(struct query *query, unsigned server, bool tcp)
{
	struct sl_resolver *r = query->resolver;
	const struct sockaddr_storage *address = &r->servers[server].address;
	struct attempt *attempt = sl_xzalloc(sizeof(*attempt));
	int kind = (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;

	attempt->query = query;
	attempt->server = server;
	attempt->generation = r->generation;
	attempt->tcp = tcp;
	attempt->edns = query->edns;
	sl_random(&attempt->id, sizeof(attempt->id));
	attempt->next = query->attempts;
	query->attempts = attempt;
	r->tcp_len += tcp;
	attempt->fd = socket(address->ss_family, kind, 0);
	if (attempt->fd >= 0) {
		sl_watch_init(&attempt->watch, r->loop, attempt->fd, tcp ? on_tcp : on_udp,
		    attempt);
		if (begin(attempt, address))
			return true;
	}
	attempt_close(attempt);
	return false;
}

void
attempt_close(struct attempt *attempt)
{
	struct query *query = attempt->query;
	struct attempt **place = &query->attempts;

	while (*place != attempt)
		place = &(*place)->next;
	*place = attempt->next;
	query->resolver->tcp_len -= attempt->tcp;
	sl_watch_fini(&attempt->watch);
	if (attempt->fd >= 0)
		close(attempt->fd);
	sl_free(attempt->in);
	sl_free(attempt);
}
