/*
 * wrap.c - a tenant's pair as it is stored: see seal/box.h
 *
 *	0	1	version, 1
 *	1	1	mode
 *	2	2	zeros
 *	4	4	passes		8	4	memory, KiB	12	16	salt
 *	28	32	public key
 *	60	24	nonce
 *	84	32 + 16	secret key and tag; all in front of it, and the tenant's id, are authenticated
 */

#include "seal/box.h"

#include <sodium.h>

#include "seal/le_i.h"

#define WRAP_VERSION	1
#define WRAP_NONCE	60
#define WRAP_HEAD	84

_Static_assert(WRAP_HEAD + 32 + crypto_aead_xchacha20poly1305_ietf_ABYTES == SL_SEAL_WRAPPED_BYTES, "layout");

void
sl_seal_stretch_new(struct sl_seal_stretch *stretch_out)
{
	*stretch_out = (struct sl_seal_stretch){ .passes = SL_SEAL_PASSES, .memory_kib = SL_SEAL_MEMORY_KIB };
	sl_random(stretch_out->salt, sizeof(stretch_out->salt));
}

static bool
stretch_ok(const struct sl_seal_stretch *s)
{
	return s->passes >= 1 && s->passes <= SL_SEAL_PASSES_MAX &&
	    s->memory_kib >= SL_SEAL_MEMORY_KIB_MIN && s->memory_kib <= SL_SEAL_MEMORY_KIB_MAX;
}

int
sl_seal_passphrase_key(const struct sl_seal_stretch *stretch, struct sl_slice passphrase,
    unsigned char key_out[SL_SEAL_KEY_BYTES])
{
	SL_ASSERT(sodium_init() >= 0);
	if (!stretch_ok(stretch))
		return SL_ERR_SYNTAX;
	if (crypto_pwhash(key_out, SL_SEAL_KEY_BYTES, (const char *)passphrase.ptr, passphrase.len, stretch->salt,
	    stretch->passes, (size_t)stretch->memory_kib << 10, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return SL_ERR_FULL;
	return 0;
}

/* The head and the tenant's id. Returns the length. */
static size_t
wrap_beside(const unsigned char *head, struct sl_slice tenant, unsigned char out[WRAP_HEAD + SL_SEAL_TENANT_MAX])
{
	SL_ASSERT(tenant.len > 0 && tenant.len <= SL_SEAL_TENANT_MAX);
	memcpy(out, head, WRAP_HEAD);
	memcpy(out + WRAP_HEAD, tenant.ptr, tenant.len);
	return WRAP_HEAD + tenant.len;
}

void
sl_seal_wrap(const struct sl_seal_pair *pair, struct sl_slice tenant, const struct sl_seal_stretch *stretch,
    const unsigned char key[SL_SEAL_KEY_BYTES], unsigned char out[SL_SEAL_WRAPPED_BYTES])
{
	unsigned char beside[WRAP_HEAD + SL_SEAL_TENANT_MAX];

	memset(out, 0, SL_SEAL_WRAPPED_BYTES);
	out[0] = WRAP_VERSION;
	out[1] = stretch == NULL ? SL_SEAL_SERVICE : SL_SEAL_PASSPHRASE;
	if (stretch != NULL) {
		SL_ASSERT(stretch_ok(stretch));
		le_put(out + 4, stretch->passes, 4);
		le_put(out + 8, stretch->memory_kib, 4);
		memcpy(out + 12, stretch->salt, SL_SEAL_SALT_BYTES);
	}
	memcpy(out + 28, pair->public, SL_SEAL_KEY_BYTES);
	sl_random(out + WRAP_NONCE, WRAP_HEAD - WRAP_NONCE);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(out + WRAP_HEAD, NULL, pair->secret, SL_SEAL_KEY_BYTES,
	    beside, wrap_beside(out, tenant, beside), NULL, out + WRAP_NONCE, key) == 0);
}

int
sl_seal_wrapped_read(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_seal_wrapped *out)
{
	struct sl_seal_stretch *s = &out->stretch;

	if (wrapped[0] != WRAP_VERSION)
		return SL_ERR_VERSION;
	if (wrapped[1] >= SL_SEAL_MODE_COUNT || wrapped[2] != 0 || wrapped[3] != 0)
		return SL_ERR_SYNTAX;
	out->mode = (enum sl_seal_mode)wrapped[1];
	s->passes = (uint32_t)le_get(wrapped + 4, 4);
	s->memory_kib = (uint32_t)le_get(wrapped + 8, 4);
	memcpy(s->salt, wrapped + 12, SL_SEAL_SALT_BYTES);
	memcpy(out->public, wrapped + 28, SL_SEAL_KEY_BYTES);
	return out->mode == SL_SEAL_SERVICE || stretch_ok(s) ? 0 : SL_ERR_SYNTAX;
}

int
sl_seal_unwrap(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant,
    const unsigned char key[SL_SEAL_KEY_BYTES], struct sl_seal_pair *pair_out)
{
	unsigned char beside[WRAP_HEAD + SL_SEAL_TENANT_MAX], public[SL_SEAL_KEY_BYTES];
	struct sl_seal_wrapped head;
	int r = sl_seal_wrapped_read(wrapped, &head);

	if (r != 0)
		return r;
	memcpy(pair_out->public, head.public, SL_SEAL_KEY_BYTES);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(pair_out->secret, NULL, NULL, wrapped + WRAP_HEAD,
	    SL_SEAL_WRAPPED_BYTES - WRAP_HEAD, beside, wrap_beside(wrapped, tenant, beside), wrapped + WRAP_NONCE,
	    key) != 0 || crypto_scalarmult_base(public, pair_out->secret) != 0 ||
	    memcmp(public, pair_out->public, sizeof(public)) != 0) {
		sl_zero(pair_out, sizeof(*pair_out));
		return SL_ERR_LOCKED;
	}
	return 0;
}

int
sl_seal_rewrap(const unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], struct sl_slice tenant,
    const unsigned char key[SL_SEAL_KEY_BYTES], const struct sl_seal_stretch *stretch,
    const unsigned char new_key[SL_SEAL_KEY_BYTES], unsigned char out[SL_SEAL_WRAPPED_BYTES])
{
	struct sl_seal_pair pair;
	int r = sl_seal_unwrap(wrapped, tenant, key, &pair);

	if (r == 0)
		sl_seal_wrap(&pair, tenant, stretch, new_key, out);
	sl_zero(&pair, sizeof(pair));
	return r;
}
