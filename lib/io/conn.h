/*
 * conn.h - one stream connection, plain or TLS on the same descriptor
 *
 * Reading is pulled: the owner is told that there is input and reads it where he wants it
 * (a scratch buffer, a chunk). Not reading is back-pressure. Writing is queued as a chain of
 * chunks and goes out at sl_conn_flush in one call for all that was queued; what the kernel
 * does not take waits, and the owner is told when it is gone. Deadlines are the owner's.
 *
 * Memory: an idle connection holds no buffer.
 */
#ifndef SL_IO_CONN_H
#define SL_IO_CONN_H

#include "io/loop.h"
#include "sl/chunk.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

struct sl_conn_events {
	/* There may be input (or the end of it): call sl_conn_read. */
	void	(*input)(void *ctx);
	/* The queue is empty again after the loop has written what was left of it. One that a sl_conn_flush of the owner's has emptied
	 * is not told of: who flushes looks at sl_conn_pending, each time. May be NULL. */
	void	(*drained)(void *ctx);
	/* Connecting or the TLS handshake ended: 0 or an SL_ERR_*. */
	void	(*ready)(void *ctx, int result);
	/* Writing failed: the peer is gone. Reading would say so too. */
	void	(*broken)(void *ctx);
};

struct sl_conn {
	int				 fd;		/* -1: closed */
	unsigned char			 phase;		/* open, connecting, handshaking */
	bool				 reading;	/* the owner wants input */
	bool				 failed;	/* writing has failed */
	bool				 read_wants_write;	/* TLS */
	bool				 write_wants_read;
	int				 read_ended;	/* TLS: the SL_ERR_* that ended reading */
	struct sl_loop			*loop;
	struct sl_chunk_pool		*pool;
	SSL				*ssl;		/* NULL: plain */
	struct sl_chain			 out;
	struct sl_watch			 watch;
	const struct sl_conn_events	*events;
	void				*ctx;
};

/* Take over a connected, non-blocking `fd`. TCP_NODELAY is set. `events`, `ctx` are kept. */
void	sl_conn_init(struct sl_conn *conn, struct sl_loop *loop, struct sl_chunk_pool *pool, int fd,
	    const struct sl_conn_events *events, void *ctx);
/* Begin to connect; `ready` follows, never from inside this call. Returns 0, or SL_ERR_SYSTEM when
 * not even a socket could be had. */
SL_MUST_USE int	sl_conn_connect(struct sl_conn *conn, struct sl_loop *loop,
		    struct sl_chunk_pool *pool, const struct sockaddr *address, socklen_t len,
		    const struct sl_conn_events *events, void *ctx);
/* Begin TLS (`ssl` is taken) as its accept or connect side; `ready` follows. Whatever plain bytes
 * were read before must have been dropped by the owner (RFC 3207, 4.2). The queue must be empty. */
void	sl_conn_start_tls(struct sl_conn *conn, SSL *ssl, bool server);

void	sl_conn_want_input(struct sl_conn *conn, bool wanted);
/* Read into the vectors. Returns the count of bytes (> 0), 0 when there is nothing now,
 * SL_ERR_CLOSED at the end of input, SL_ERR_SYSTEM when it broke, SL_ERR_TLS. */
SL_MUST_USE ssize_t sl_conn_read(struct sl_conn *conn, struct iovec *vectors, int count);
/* Look at what is there without taking it; plain connections only. The same results. */
SL_MUST_USE ssize_t sl_conn_peek(struct sl_conn *conn, void *buf, size_t len);

void	sl_conn_write(struct sl_conn *conn, const void *data, size_t len);	/* a copy is queued */
void	sl_conn_write_chain(struct sl_conn *conn, struct sl_chain *chain);	/* emptied */
void	sl_conn_flush(struct sl_conn *conn);
size_t	sl_conn_pending(const struct sl_conn *conn);		/* bytes queued */

/* Tell the peer that no more will come (TLS close_notify, then FIN); input may still be read. */
void	sl_conn_shutdown(struct sl_conn *conn);
/* Close at once; the queue is dropped. `reset`: with RST, so that the peer cannot take what it got
 * for all. Fine when closed already. */
void	sl_conn_close(struct sl_conn *conn, bool reset);
/* Give the descriptor up, open as it is: it is the caller's. A TLS session is forgotten, and nothing said of it. The queue must be empty. */
int	sl_conn_release(struct sl_conn *conn);
bool	sl_conn_is_open(const struct sl_conn *conn);
const char *sl_conn_tls_version(const struct sl_conn *conn);	/* "TLSv1.3"; NULL when plain */
const char *sl_conn_tls_cipher(const struct sl_conn *conn);

#endif
