/* box.c - boxes: see seal/box.h */

#include "seal/box.h"

#include <sodium.h>

#define BOX_VERSION	1
#define BOX_HEAD	(1 + SL_SEAL_KEY_ID_BYTES + SL_SEAL_KEY_BYTES)

static const unsigned char box_nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];	/* each key is used once */

void
sl_seal_pair_new(struct sl_seal_pair *pair_out)
{
	SL_ASSERT(sodium_init() >= 0);
	sl_random(pair_out->secret, sizeof(pair_out->secret));
	SL_ASSERT(crypto_scalarmult_base(pair_out->public, pair_out->secret) == 0);
}

void
sl_seal_key_id(const unsigned char public[SL_SEAL_KEY_BYTES], unsigned char id_out[SL_SEAL_KEY_ID_BYTES])
{
	unsigned char hash[32];

	SL_ASSERT(crypto_generichash(hash, sizeof(hash), public, SL_SEAL_KEY_BYTES, NULL, 0) == 0);
	memcpy(id_out, hash, SL_SEAL_KEY_ID_BYTES);
}

/* The box's key, from one side's secret and the other's public key. */
static int
box_key(const unsigned char *secret, const unsigned char *other, const unsigned char *ephemeral,
    const unsigned char *tenant_public, unsigned char key[32])
{
	static const char context[] = "sluice box 1";
	unsigned char shared[32];
	crypto_generichash_state state;
	int r = crypto_scalarmult(shared, secret, other);

	if (r == 0) {
		SL_ASSERT(crypto_generichash_init(&state, NULL, 0, 32) == 0);
		crypto_generichash_update(&state, (const unsigned char *)context, sizeof(context) - 1);
		crypto_generichash_update(&state, shared, sizeof(shared));
		crypto_generichash_update(&state, ephemeral, SL_SEAL_KEY_BYTES);
		crypto_generichash_update(&state, tenant_public, SL_SEAL_KEY_BYTES);
		crypto_generichash_final(&state, key, 32);
		sl_zero(&state, sizeof(state));
	}
	sl_zero(shared, sizeof(shared));
	return r == 0 ? 0 : SL_ERR_SYNTAX;
}

/* What is authenticated beside the cipher: the head, and whose it is. Returns its length. */
static size_t
box_beside(const unsigned char *head, struct sl_slice tenant, unsigned char out[BOX_HEAD + SL_SEAL_TENANT_MAX])
{
	memcpy(out, head, BOX_HEAD);
	memcpy(out + BOX_HEAD, tenant.ptr, tenant.len);
	return BOX_HEAD + tenant.len;
}

int
sl_seal_box(const unsigned char public[SL_SEAL_KEY_BYTES], struct sl_slice tenant, struct sl_slice plain,
    unsigned char *out)
{
	unsigned char key[32], beside[BOX_HEAD + SL_SEAL_TENANT_MAX];
	struct sl_seal_pair ephemeral;
	int r;

	if (tenant.len == 0 || tenant.len > SL_SEAL_TENANT_MAX)
		return SL_ERR_SYNTAX;
	sl_seal_pair_new(&ephemeral);
	r = box_key(ephemeral.secret, public, ephemeral.public, public, key);
	if (r == 0) {
		out[0] = BOX_VERSION;
		sl_seal_key_id(public, out + 1);
		memcpy(out + 1 + SL_SEAL_KEY_ID_BYTES, ephemeral.public, SL_SEAL_KEY_BYTES);
		SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(out + BOX_HEAD, NULL, plain.ptr, plain.len, beside,
		    box_beside(out, tenant, beside), NULL, box_nonce, key) == 0);
	}
	sl_zero(key, sizeof(key));
	sl_zero(&ephemeral, sizeof(ephemeral));
	return r;
}

int
sl_seal_box_open(const struct sl_seal_pair *pair, struct sl_slice tenant, struct sl_slice box, unsigned char *out)
{
	unsigned char key[32], id[SL_SEAL_KEY_ID_BYTES], beside[BOX_HEAD + SL_SEAL_TENANT_MAX];
	const unsigned char *ephemeral = box.ptr + 1 + SL_SEAL_KEY_ID_BYTES;
	int r;

	SL_ASSERT(sodium_init() >= 0);
	if (box.len < SL_SEAL_BOX_OVERHEAD)
		return SL_ERR_TRUNCATED;
	memset(out, 0, box.len - SL_SEAL_BOX_OVERHEAD);
	if (box.ptr[0] != BOX_VERSION)
		return SL_ERR_VERSION;
	if (tenant.len == 0 || tenant.len > SL_SEAL_TENANT_MAX)
		return SL_ERR_DAMAGED;
	sl_seal_key_id(pair->public, id);
	if (memcmp(id, box.ptr + 1, sizeof(id)) != 0)
		return SL_ERR_LOCKED;
	r = box_key(pair->secret, ephemeral, ephemeral, pair->public, key);
	if (r == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, box.ptr + BOX_HEAD, box.len - BOX_HEAD,
	    beside, box_beside(box.ptr, tenant, beside), box_nonce, key) != 0)
		r = SL_ERR_DAMAGED;
	if (r != 0)
		memset(out, 0, box.len - SL_SEAL_BOX_OVERHEAD);
	sl_zero(key, sizeof(key));
	return r == 0 ? 0 : SL_ERR_DAMAGED;
}
