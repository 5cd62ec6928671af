/* conn.c - see conn.h */

#include "io/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <unistd.h>

#define WRITE_VECTORS	64

enum phase { PHASE_OPEN, PHASE_CONNECTING, PHASE_HANDSHAKING };

/* Say to the loop what we wait for now. */
static void
update_watch(struct sl_conn *conn)
{
	unsigned want = 0;
	bool writing = conn->out.len > 0 && !conn->failed;

	switch ((enum phase)conn->phase) {
	case PHASE_CONNECTING:
		want = SL_WRITE;
		break;
	case PHASE_HANDSHAKING:
		want = conn->read_wants_write ? SL_WRITE : SL_READ;
		break;
	case PHASE_OPEN:
		if (conn->reading || (writing && conn->write_wants_read))
			want |= SL_READ;
		if ((writing && !conn->write_wants_read) || (conn->reading && conn->read_wants_write))
			want |= SL_WRITE;
		break;
	}
	sl_watch_want(&conn->watch, want);
}

/* Decrypted bytes that wait inside OpenSSL do not make the socket readable, nor does an end that was read with bytes. */
static void
call_again_if_pending(struct sl_conn *conn)
{
	if (conn->ssl != NULL && conn->phase == PHASE_OPEN && conn->reading &&
	    (conn->read_ended != 0 || SSL_pending(conn->ssl) > 0))
		sl_watch_again(&conn->watch, SL_READ);
}

static void
handshake(struct sl_conn *conn)
{
	int r, reason;

	ERR_clear_error();
	r = SSL_do_handshake(conn->ssl);
	reason = r == 1 ? SSL_ERROR_NONE : SSL_get_error(conn->ssl, r);
	if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
		conn->read_wants_write = reason == SSL_ERROR_WANT_WRITE;
		update_watch(conn);
		return;
	}
	conn->phase = PHASE_OPEN;
	conn->read_wants_write = false;
	if (reason != SSL_ERROR_NONE)
		conn->failed = true;
	update_watch(conn);
	call_again_if_pending(conn);
	conn->events->ready(conn->ctx, reason == SSL_ERROR_NONE ? 0 : SL_ERR_TLS);
}

static void
connected(struct sl_conn *conn)
{
	int error = 0;
	socklen_t len = sizeof(error);

	conn->phase = PHASE_OPEN;
	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	conn->failed = error != 0;
	update_watch(conn);
	errno = error;
	conn->events->ready(conn->ctx,
	    error == 0 ? 0 : error == ECONNREFUSED ? SL_ERR_REFUSED : SL_ERR_SYSTEM);
}

static void
on_watch(void *ctx, unsigned events)
{
	struct sl_conn *conn = ctx;

	if (conn->phase == PHASE_CONNECTING) {
		connected(conn);
		return;
	}
	if (conn->phase == PHASE_HANDSHAKING) {
		handshake(conn);
		return;
	}
	if (conn->out.len > 0 && !conn->failed &&
	    (events & (conn->write_wants_read ? SL_READ : SL_WRITE)) != 0) {
		sl_conn_flush(conn);
		if (conn->failed) {
			if (conn->events->broken != NULL)
				conn->events->broken(conn->ctx);
			return;		/* the owner may have freed us */
		}
		if (conn->out.len == 0 && conn->events->drained != NULL) {
			/* The owner may close us in there: reading waits for the next turn. */
			if (conn->reading && (events & SL_READ) != 0)
				sl_watch_again(&conn->watch, SL_READ);
			conn->events->drained(conn->ctx);
			return;
		}
	}
	if (conn->reading && (events & (conn->read_wants_write ? SL_WRITE : SL_READ)) != 0)
		conn->events->input(conn->ctx);
}

void
sl_conn_init(struct sl_conn *conn, struct sl_loop *loop, struct sl_chunk_pool *pool, int fd,
    const struct sl_conn_events *events, void *ctx)
{
	int on = 1;

	*conn = (struct sl_conn){ .fd = fd, .loop = loop, .pool = pool, .events = events, .ctx = ctx };
	/* Fails on a Unix socket, where it is not needed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	sl_watch_init(&conn->watch, loop, fd, on_watch, conn);
}

int
sl_conn_connect(struct sl_conn *conn, struct sl_loop *loop, struct sl_chunk_pool *pool,
    const struct sockaddr *address, socklen_t len, const struct sl_conn_events *events, void *ctx)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return SL_ERR_SYSTEM;
	sl_conn_init(conn, loop, pool, fd, events, ctx);
	do
		r = connect(fd, address, len);
	while (r != 0 && errno == EINTR);
	conn->phase = PHASE_CONNECTING;
	if (r != 0 && errno != EINPROGRESS) {
		int result = errno == ECONNREFUSED || errno == ENOENT ? SL_ERR_REFUSED : SL_ERR_SYSTEM;

		sl_conn_close(conn, false);
		return result;
	}
	update_watch(conn);
	return 0;
}

void
sl_conn_start_tls(struct sl_conn *conn, SSL *ssl, bool server)
{
	SL_ASSERT(conn->ssl == NULL && conn->out.len == 0);
	conn->ssl = ssl;
	conn->phase = PHASE_HANDSHAKING;
	SL_ASSERT(SSL_set_fd(ssl, conn->fd) == 1);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	conn->read_wants_write = !server;	/* a client speaks first */
	update_watch(conn);
}

void
sl_conn_want_input(struct sl_conn *conn, bool wanted)
{
	if (conn->fd < 0 || conn->reading == wanted)
		return;
	conn->reading = wanted;
	update_watch(conn);
	call_again_if_pending(conn);
}

/* The error of an SSL_read or SSL_write that gave `r`, as a result; 0 means wait. */
static int
tls_result(struct sl_conn *conn, int r, bool reading)
{
	int reason = SSL_get_error(conn->ssl, r);

	switch (reason) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		if (reading)
			conn->read_wants_write = reason == SSL_ERROR_WANT_WRITE;
		else
			conn->write_wants_read = reason == SSL_ERROR_WANT_READ;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return SL_ERR_CLOSED;
	case SSL_ERROR_SYSCALL:
		return SL_ERR_SYSTEM;
	default:
		/* Also an end without close_notify: the connection is over, never a message. */
		return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
		    ? SL_ERR_CLOSED : SL_ERR_TLS;
	}
}

static ssize_t
read_tls(struct sl_conn *conn, struct iovec *vectors, int count)
{
	ssize_t total = 0;

	if (conn->read_ended != 0)
		return conn->read_ended;
	conn->read_wants_write = false;
	for (int i = 0; i < count; i++) {
		size_t filled = 0;

		while (filled < vectors[i].iov_len) {
			int n, r;

			ERR_clear_error();
			n = SSL_read(conn->ssl, (unsigned char *)vectors[i].iov_base + filled,
			    (int)SL_MIN(vectors[i].iov_len - filled, (size_t)INT32_MAX));
			if (n <= 0) {
				r = conn->read_ended = tls_result(conn, n, true);
				update_watch(conn);
				if (total > 0)	/* close_notify behind them: its FIN may be long in coming */
					call_again_if_pending(conn);
				return total > 0 ? total : r;
			}
			filled += (size_t)n;
			total += n;
		}
	}
	call_again_if_pending(conn);
	return total;
}

/* What a read system call gave, as a result. */
static ssize_t
read_result(ssize_t n)
{
	if (n > 0)
		return n;
	if (n == 0)
		return SL_ERR_CLOSED;
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : SL_ERR_SYSTEM;
}

ssize_t
sl_conn_read(struct sl_conn *conn, struct iovec *vectors, int count)
{
	ssize_t n;

	SL_ASSERT(conn->fd >= 0 && conn->phase == PHASE_OPEN);
	if (conn->ssl != NULL)
		return read_tls(conn, vectors, count);
	do
		n = count == 1 ? read(conn->fd, vectors[0].iov_base, vectors[0].iov_len)
		    : readv(conn->fd, vectors, count);
	while (n < 0 && errno == EINTR);
	return read_result(n);
}

ssize_t
sl_conn_peek(struct sl_conn *conn, void *buf, size_t len)
{
	ssize_t n;

	SL_ASSERT(conn->fd >= 0 && conn->phase == PHASE_OPEN && conn->ssl == NULL);
	do
		n = recv(conn->fd, buf, len, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	return read_result(n);
}

void
sl_conn_write(struct sl_conn *conn, const void *data, size_t len)
{
	if (conn->fd >= 0 && !conn->failed)
		sl_chain_add_copy(&conn->out, conn->pool, data, len);
}

void
sl_conn_write_chain(struct sl_conn *conn, struct sl_chain *chain)
{
	if (conn->fd >= 0 && !conn->failed)
		sl_chain_move(&conn->out, chain);
	else
		sl_chain_clear(chain);
}

/* Write once from the front of the queue. Returns bytes, 0 for "not now", negative on failure. */
static ssize_t
write_some(struct sl_conn *conn)
{
	struct iovec vectors[WRITE_VECTORS];
	int count = sl_chain_peek(&conn->out, vectors, WRITE_VECTORS);
	struct msghdr message = { .msg_iov = vectors, .msg_iovlen = (size_t)count };
	ssize_t n;

	if (conn->ssl != NULL) {
		conn->write_wants_read = false;
		ERR_clear_error();
		n = SSL_write(conn->ssl, vectors[0].iov_base,
		    (int)SL_MIN(vectors[0].iov_len, (size_t)INT32_MAX));
		return n > 0 ? n : tls_result(conn, (int)n, false);
	}
	do
		n = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : SL_ERR_SYSTEM;
	return n;
}

void
sl_conn_flush(struct sl_conn *conn)
{
	if (conn->fd < 0 || conn->phase != PHASE_OPEN || conn->failed)
		return;
	while (conn->out.len > 0) {
		ssize_t n = write_some(conn);

		if (n == 0)
			break;
		if (n < 0) {
			conn->failed = true;
			sl_chain_clear(&conn->out);
			break;
		}
		sl_chain_drop_front(&conn->out, (size_t)n);
	}
	update_watch(conn);
}

size_t
sl_conn_pending(const struct sl_conn *conn)
{
	return conn->out.len;
}

void
sl_conn_shutdown(struct sl_conn *conn)
{
	if (conn->fd < 0)
		return;
	if (conn->ssl != NULL && !conn->failed && conn->phase == PHASE_OPEN) {
		ERR_clear_error();
		SSL_shutdown(conn->ssl);
	}
	(void)shutdown(conn->fd, SHUT_WR);
}

void
sl_conn_close(struct sl_conn *conn, bool reset)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (conn->fd < 0)
		return;
	sl_watch_fini(&conn->watch);
	sl_chain_clear(&conn->out);
	if (conn->ssl != NULL) {
		/* Without close_notify a TLS peer sees a truncation; with reset that is the point. */
		if (!reset && !conn->failed && conn->phase == PHASE_OPEN) {
			ERR_clear_error();
			SSL_shutdown(conn->ssl);
		}
		SSL_free(conn->ssl);
		conn->ssl = NULL;
	}
	if (reset)
		(void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(conn->fd);
	conn->fd = -1;
	conn->failed = true;
}

int
sl_conn_release(struct sl_conn *conn)
{
	int fd = conn->fd;

	SL_ASSERT(fd >= 0 && conn->out.len == 0);
	sl_watch_fini(&conn->watch);
	SSL_free(conn->ssl);
	conn->ssl = NULL;
	conn->fd = -1;
	conn->failed = true;
	return fd;
}

bool
sl_conn_is_open(const struct sl_conn *conn)
{
	return conn->fd >= 0 && conn->phase == PHASE_OPEN && !conn->failed;
}

const char *
sl_conn_tls_version(const struct sl_conn *conn)
{
	return conn->ssl == NULL || conn->phase != PHASE_OPEN ? NULL : SSL_get_version(conn->ssl);
}

const char *
sl_conn_tls_cipher(const struct sl_conn *conn)
{
	return conn->ssl == NULL || conn->phase != PHASE_OPEN ? NULL : SSL_get_cipher_name(conn->ssl);
}
