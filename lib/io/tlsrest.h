/*
 * tlsrest.h - read what a TLS peer says last, without the session it was said to
 *
 * A TLS session lives in the memory of one process and dies with it; its connection need not. Who has asked for a last answer
 * over it (courier/last.h) takes with sl_tls_rest_take what reading that answer needs: the peer's key, and how many of its records were
 * read. With this, a copy of the descriptor and the bytes that come, another process reads the answer when the first one has died. Nothing
 * can be written with it; it opens no other connection, and not what the peer said before.
 *
 * TLS 1.3 (RFC 8446), and 1.2 (RFC 5246) with AES-GCM (RFC 5288) or ChaCha20-Poly1305 (RFC 7905). Others, a session whose peer has changed
 * its key, or one that has read ahead: SL_ERR_UNSUPPORTED.
 *
 * Limits: a key that the peer changes afterwards ends reading (SL_ERR_TLS), as does a record that is none.
 */
#ifndef SL_IO_TLSREST_H
#define SL_IO_TLSREST_H

#include "sl/buf.h"

#include <openssl/ssl.h>

#define SL_TLS_REST_BYTES	56u	/* as packed */

/* What is noted of a session while it goes on. Embedded, zero-filled; outlives the session. */
struct sl_tls_follow {
	uint64_t	records;	/* read under the key in use */
	unsigned char	secret[48];	/* TLS 1.3: the peer's */
	size_t		secret_len;
	bool		changed;	/* the peer took another key later on */
};

enum sl_tls_rest_cipher { SL_TLS_REST_AES_128, SL_TLS_REST_AES_256, SL_TLS_REST_CHACHA, SL_TLS_REST_CIPHERS };

/* A secret. */
struct sl_tls_rest {
	bool			is_13;
	enum sl_tls_rest_cipher	cipher;
	unsigned char		key[32], iv[12];
	uint64_t		sequence;	/* of the peer's next record */
};

/* Sessions of this context may be followed. */
void		sl_tls_follow_allow(SSL_CTX *ctx);
/* Follow this client's session; before its handshake. */
void		sl_tls_follow(SSL *ssl, struct sl_tls_follow *follow);

/* Returns 0, or SL_ERR_UNSUPPORTED. */
SL_MUST_USE int	sl_tls_rest_take(SSL *ssl, const struct sl_tls_follow *follow, struct sl_tls_rest *out);
void		sl_tls_rest_pack(const struct sl_tls_rest *rest, unsigned char out[SL_TLS_REST_BYTES]);
SL_MUST_USE int	sl_tls_rest_unpack(struct sl_slice bytes, struct sl_tls_rest *out);	/* 0, or SL_ERR_SYNTAX */

/* What the peer says in the records of `in`, which begins with the first that was not read: its text is added to `out`. `rest` stays as it is, so
 * that the same can be read again when more has come. Returns SL_MORE: it may go on; SL_DONE: the peer has closed; SL_ERR_TLS. */
SL_MUST_USE int	sl_tls_rest_read(const struct sl_tls_rest *rest, struct sl_slice in, struct sl_buf *out);

#endif
