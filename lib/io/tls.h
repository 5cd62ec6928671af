/*
 * tls.h - TLS contexts for both legs (OpenSSL 3; TLS 1.2 and 1.3)
 *
 * Made before the process gives up its files. Session tickets are on, with a key that all
 * edges share when one is given, so that a sender may resume with any of them.
 */
#ifndef SL_IO_TLS_H
#define SL_IO_TLS_H

#include "sl/buf.h"

#include <openssl/ssl.h>

#define SL_TLS_TICKET_KEY_BYTES	80

/* A server context from PEM texts: the certificate with its chain, and the key. `ticket_key` is
 * SL_TLS_TICKET_KEY_BYTES long or NULL. NULL on failure, with the reason added to `why`. */
SSL_CTX	*sl_tls_server_new(struct sl_slice certificate_pem, struct sl_slice key_pem,
	    const unsigned char *ticket_key, struct sl_buf *why);
/* A client context that trusts the certificates in `ca_pem` (may be empty: then no peer can be
 * verified). Whether a peer is verified is decided per connection. Reads no files. */
SSL_CTX	*sl_tls_client_new(struct sl_slice ca_pem, struct sl_buf *why);
/* Begin a client session: SNI and, with `verify`, the certificate must be valid for `host`. */
SSL	*sl_tls_client_session(SSL_CTX *ctx, const char *host, bool verify);
/* The newest OpenSSL error as text; empties the error queue. */
void	 sl_tls_error(struct sl_buf *why);

#endif
