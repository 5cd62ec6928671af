/* stream.c - see stream.h */

#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

/* What OpenSSL's refusal to go on means: 0 to wait, or an error. */
static int
tls_result(struct stream *stream, int r)
{
	switch (SSL_get_error(stream->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_WANT_WRITE:
		stream->wants_write = true;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return SL_ERR_CLOSED;
	default:
		return SL_ERR_TLS;
	}
}

static ssize_t
plain_result(ssize_t n)
{
	if (n > 0)
		return n;
	if (n == 0 || errno == ECONNRESET || errno == EPIPE)
		return SL_ERR_CLOSED;
	return errno == EAGAIN || errno == EINTR ? 0 : SL_ERR_SYSTEM;
}

ssize_t
stream_read(struct stream *stream, unsigned char *data, size_t len)
{
	int n;

	if (stream->ssl == NULL)
		return plain_result(recv(stream->fd, data, len, 0));
	ERR_clear_error();
	stream->wants_write = false;
	n = SSL_read(stream->ssl, data, (int)SL_MIN(len, (size_t)INT_MAX));
	return n > 0 ? n : tls_result(stream, n);
}

ssize_t
stream_write(struct stream *stream, struct sl_slice bytes)
{
	int n;

	if (stream->ssl == NULL)
		return plain_result(send(stream->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL));
	ERR_clear_error();
	stream->wants_write = false;
	n = SSL_write(stream->ssl, bytes.ptr, (int)SL_MIN(bytes.len, (size_t)INT_MAX));
	return n > 0 ? n : tls_result(stream, n);
}

int
stream_start_tls(struct stream *stream, SSL_CTX *context)
{
	stream->ssl = SSL_new(context);
	if (stream->ssl == NULL || SSL_set_fd(stream->ssl, stream->fd) != 1)
		return SL_ERR_TLS;
	SSL_set_accept_state(stream->ssl);
	return 0;
}

int
stream_handshake(struct stream *stream)
{
	int r;

	ERR_clear_error();
	stream->wants_write = false;
	r = SSL_do_handshake(stream->ssl);
	if (r == 1)
		return SL_DONE;
	return tls_result(stream, r) == 0 ? SL_MORE : SL_ERR_TLS;
}

void
stream_finish_writing(struct stream *stream)
{
	if (stream->ssl != NULL && SSL_is_init_finished(stream->ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(stream->ssl);	/* what the peer makes of it is not awaited */
	}
	(void)shutdown(stream->fd, SHUT_WR);	/* fails only if the peer is gone */
}

void
stream_close(struct stream *stream, bool reset)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		(void)setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	SSL_free(stream->ssl);
	close(stream->fd);
	*stream = (struct stream){ .fd = -1 };
}
