/*
 * keys.h - public keys from DNS, parsed and kept (RFC 6376, 3.6.1; RFC 8301; RFC 8463)
 *
 * Setting up a key costs half as much as checking a signature with it, and a worker meets the
 * same few thousand keys again and again. So a worker keeps those used last, found by the
 * bytes of their p= tag. The DER around an RSA key is read here, with bounds: 1024 to 8192 bits,
 * an exponent of at most 32 bits, and of at most 65537 in keys of more than 2048 bits.
 *
 * Memory: 4 to 8 KiB a key, at most `max` keys; the one used longest ago is given up.
 */
#ifndef SL_MAILAUTH_KEYS_H
#define SL_MAILAUTH_KEYS_H

#include "sl/base.h"

#define SL_KEY_RSA_BITS_MIN	1024	/* RFC 8301, 3.2 */
#define SL_KEY_RSA_BITS_MAX	8192
#define SL_SIGNATURE_MAX	(SL_KEY_RSA_BITS_MAX / 8)

enum sl_key_type {
	SL_KEY_RSA,
	SL_KEY_ED25519,
};

struct sl_keys;
struct sl_key;

struct evp_md_st;	/* EVP_MD of OpenSSL */

struct sl_keys	*sl_keys_new(size_t max);	/* never NULL; max > 0 */
void		 sl_keys_free(struct sl_keys **keys);

/* The key whose p= tag holds `data` (base64 undone): RSA as SubjectPublicKeyInfo or bare
 * RSAPublicKey, Ed25519 as its 32 octets. NULL: no key that may be used, and *why_out says
 * why (static). The key belongs to `keys` and is valid until the next call. */
const struct sl_key	*sl_keys_get(struct sl_keys *keys, enum sl_key_type type, struct sl_slice data,
			    const char **why_out);
/* SHA-256, found in OpenSSL once and for all; valid until the free. */
const struct evp_md_st	*sl_keys_sha256(const struct sl_keys *keys);
unsigned	sl_key_bits(const struct sl_key *key);

/* Is `signature` the key's over this SHA-256 digest? (PKCS #1 1.5, or Ed25519 over the digest.) */
bool	sl_key_verify(const struct sl_key *key, const unsigned char digest[32], struct sl_slice signature);

#endif
