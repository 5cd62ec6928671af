/*
 * box.h - a few bytes sealed to a tenant's public key, and the tenant's key pair, wrapped
 *
 * A box can be made by whoever has the public key, and opened only with the secret one: who made it cannot
 * read it again. For each box there is an X25519 pair that lives no longer than the call; the key is
 *	BLAKE2b-256("sluice box 1" || shared || ephemeral public || tenant's public)
 * and the cipher XChaCha20-Poly1305 with a nonce of zeros (the key is used once). What stands in front of the
 * cipher, and the tenant's id, are authenticated with it: a box of one tenant does not open as another's.
 *
 *	0	1	version, 1
 *	1	8	which of the tenant's pairs: the first bytes of BLAKE2b-256 of the public key
 *	9	32	ephemeral public key
 *	41	n + 16	cipher and tag
 *
 * A wrapped pair is what is stored of a tenant's keys: the public key in the clear, the secret one under a
 * 32-byte key, which is the service's (SL_SEAL_SERVICE) or comes from the administrator's passphrase
 * (SL_SEAL_PASSPHRASE, Argon2id with the parameters that are stored beside it). The passphrase is turned
 * into the key by whoever asks (sl_seal_passphrase_key: a quarter of a second, 64 MiB), so that
 * the process that keeps the mail never sees it and is not held up.
 *
 * Pure but for the kernel's random numbers. Keys on the stack are wiped before a call returns.
 */
#ifndef SL_SEAL_BOX_H
#define SL_SEAL_BOX_H

#include "sl/base.h"

#define SL_SEAL_KEY_BYTES	32u
#define SL_SEAL_KEY_ID_BYTES	8u
#define SL_SEAL_BOX_OVERHEAD	(1u + SL_SEAL_KEY_ID_BYTES + SL_SEAL_KEY_BYTES + 16u)
#define SL_SEAL_TENANT_MAX	128u	/* bytes of a tenant's id, at least 1 */

struct sl_seal_pair {
	unsigned char	public[SL_SEAL_KEY_BYTES];
	unsigned char	secret[SL_SEAL_KEY_BYTES];
};

void	sl_seal_pair_new(struct sl_seal_pair *pair_out);
void	sl_seal_key_id(const unsigned char public[SL_SEAL_KEY_BYTES], unsigned char id_out[SL_SEAL_KEY_ID_BYTES]);

/* Seal; `out` takes plain.len + SL_SEAL_BOX_OVERHEAD bytes. Returns 0, or SL_ERR_SYNTAX: that is no public key
 * (its shared secret would be known to all), or no tenant's id. */
SL_MUST_USE int	sl_seal_box(const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant,
    struct sl_slice plain, unsigned char *out);
/* Open; `out` takes box.len - SL_SEAL_BOX_OVERHEAD bytes, zeros on failure. Returns 0; SL_ERR_TRUNCATED; SL_ERR_VERSION;
 * SL_ERR_LOCKED: sealed to another pair; SL_ERR_DAMAGED. */
SL_MUST_USE int	sl_seal_box_open(const struct sl_seal_pair *pair, struct sl_slice tenant, struct sl_slice box,
    unsigned char *out);

enum sl_seal_mode { SL_SEAL_SERVICE, SL_SEAL_PASSPHRASE, SL_SEAL_MODE_COUNT };

#define SL_SEAL_SALT_BYTES	16u
#define SL_SEAL_WRAPPED_BYTES	132u

/* How a passphrase becomes a key. What is read is held to these bounds, so that a forged record costs nobody's memory. */
#define SL_SEAL_PASSES		3u		/* default */
#define SL_SEAL_PASSES_MAX	16u
#define SL_SEAL_MEMORY_KIB	65536u		/* default */
#define SL_SEAL_MEMORY_KIB_MIN	8192u
#define SL_SEAL_MEMORY_KIB_MAX	1048576u
struct sl_seal_stretch {
	uint32_t	passes;
	uint32_t	memory_kib;
	unsigned char	salt[SL_SEAL_SALT_BYTES];
};

void	sl_seal_stretch_new(struct sl_seal_stretch *stretch_out);	/* the defaults, a new salt */
/* Returns 0, SL_ERR_SYNTAX: parameters out of bounds, or SL_ERR_FULL: no memory for it. */
SL_MUST_USE int	sl_seal_passphrase_key(const struct sl_seal_stretch *stretch, struct sl_slice passphrase,
    unsigned char key_out[SL_SEAL_KEY_BYTES]);

struct sl_seal_wrapped {			/* what can be read without a key */
	enum sl_seal_mode	mode;
	struct sl_seal_stretch	stretch;	/* zeros for SL_SEAL_SERVICE */
	unsigned char		public[SL_SEAL_KEY_BYTES];
};

/* Wrap a pair under `key`. `stretch` is NULL for SL_SEAL_SERVICE, else how `key` was made. */
void	sl_seal_wrap(const struct sl_seal_pair *pair, struct sl_slice tenant, const struct sl_seal_stretch *stretch,
    const unsigned char key[SL_SEAL_KEY_BYTES], unsigned char out[SL_SEAL_WRAPPED_BYTES]);
/* Returns 0, SL_ERR_VERSION or SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_seal_wrapped_read(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_seal_wrapped *out);
/* Returns 0; SL_ERR_LOCKED: another key, another tenant, or damaged; or as sl_seal_wrapped_read. */
SL_MUST_USE int	sl_seal_unwrap(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant,
    const unsigned char key[SL_SEAL_KEY_BYTES], struct sl_seal_pair *pair_out);
/* From one key to another (a new master key, a new passphrase, another holder). As sl_seal_unwrap. */
SL_MUST_USE int	sl_seal_rewrap(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant,
    const unsigned char key[SL_SEAL_KEY_BYTES], const struct sl_seal_stretch *stretch,
    const unsigned char new_key[SL_SEAL_KEY_BYTES], unsigned char out[SL_SEAL_WRAPPED_BYTES]);

#endif
