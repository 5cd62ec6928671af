/*
 * signkey.h - private keys that sign mail, and the DNS record that goes with them
 *
 * Keys are kept as PKCS #8 PEM. Whoever holds one keeps its own process small: nothing here
 * writes a key anywhere but into the caller's buffer.
 */
#ifndef SL_MAILAUTH_SIGNKEY_H
#define SL_MAILAUTH_SIGNKEY_H

#include "mailauth/keys.h"
#include "sl/buf.h"

struct sl_signkey;

/* A new key; `bits` of RSA: 1024 to 8192, ignored for Ed25519. NULL if it cannot be made. */
struct sl_signkey	*sl_signkey_generate(enum sl_key_type type, unsigned bits);
/* Read a PEM private key: RSA of 1024 to 8192 bits, or Ed25519, not encrypted. NULL: it is none. */
struct sl_signkey	*sl_signkey_parse(struct sl_slice pem);
void			 sl_signkey_free(struct sl_signkey **key);

enum sl_key_type	 sl_signkey_type(const struct sl_signkey *key);
const char		*sl_signkey_algorithm(const struct sl_signkey *key);	/* "rsa-sha256" */
/* Add the private key as PEM. */
void	sl_signkey_add_pem(const struct sl_signkey *key, struct sl_buf *out);
/* Add the text of the TXT record to publish: "v=DKIM1; k=rsa; p=..." */
void	sl_signkey_add_record(const struct sl_signkey *key, struct sl_buf *out);
/* Sign a SHA-256 digest. Returns 0 and the length, or SL_ERR_SYSTEM. */
SL_MUST_USE int	sl_signkey_sign(const struct sl_signkey *key, const unsigned char digest[32],
		    unsigned char out[SL_SIGNATURE_MAX], size_t *len_out);

#endif
