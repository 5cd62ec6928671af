/*
 * stream.h - a non-blocking connection, with or without TLS
 *
 * Memory: OpenSSL's for a session with TLS, none without.
 */
#ifndef SLUICE_SINK_STREAM_H
#define SLUICE_SINK_STREAM_H

#include "sl/base.h"

#include <openssl/ssl.h>

struct stream {
	int	 fd;
	SSL	*ssl;		/* NULL: plain */
	bool	 wants_write;	/* TLS cannot go on until the socket takes bytes */
};

/* Read or write what goes without waiting. Return the count of bytes, 0 when it would wait, or
 * SL_ERR_CLOSED (also for an end without TLS's own farewell), SL_ERR_TLS, SL_ERR_SYSTEM. */
ssize_t	stream_read(struct stream *stream, unsigned char *data, size_t len);
ssize_t	stream_write(struct stream *stream, struct sl_slice bytes);

/* Begin TLS as a server; then stream_handshake until it says SL_DONE. */
SL_MUST_USE int	stream_start_tls(struct stream *stream, SSL_CTX *context);
SL_MUST_USE int	stream_handshake(struct stream *stream);	/* SL_DONE, SL_MORE, SL_ERR_TLS */
void		stream_finish_writing(struct stream *stream);	/* no more from us: FIN */
void		stream_close(struct stream *stream, bool reset);	/* reset: RST, not FIN */

#endif
