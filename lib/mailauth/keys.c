/* keys.c - see mailauth/keys.h */

#include "mailauth/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#define KEYS_MAGIC	0x5d4e7501u
/* A check costs the square of the key's length times the length of its exponent: at most 0.5 ms. */
#define EXPONENT_MAX		8	/* octets of e that are read */
#define EXPONENT_LONG_BITS	2048	/* keys up to so long may have one of 32 bits */
#define EXPONENT_USUAL		65537
#define ED25519_LEN	32
#define HASHED_MAX	48	/* octets at the end, which differ between keys */

struct sl_key {
	enum sl_key_type	 type;
	unsigned		 bits;
	unsigned char		*data;		/* owned: what it was made of */
	size_t			 len;
	uint64_t		 hash;		/* of the end of data */
	uint64_t		 used_at;	/* tick of the last use; 0: the place is free */
	EVP_PKEY		*pkey;
	EVP_PKEY_CTX		*verify;	/* RSA: ready to check */
};

struct sl_keys {
	unsigned	 magic;
	size_t		 max;
	uint64_t	 tick;
	EVP_MD		*sha256;	/* owned */
	struct sl_key	 keys[];
};

struct sl_keys *
sl_keys_new(size_t max)
{
	struct sl_keys *keys;

	SL_ASSERT(max > 0 && max < 65536);
	keys = sl_xzalloc(sizeof(*keys) + max * sizeof(keys->keys[0]));
	keys->magic = KEYS_MAGIC;
	keys->max = max;
	keys->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	SL_ASSERT(keys->sha256 != NULL);
	return keys;
}

static void
key_clear(struct sl_key *key)
{
	EVP_PKEY_CTX_free(key->verify);
	EVP_PKEY_free(key->pkey);
	sl_free(key->data);
	*key = (struct sl_key){ 0 };
}

void
sl_keys_free(struct sl_keys **keys)
{
	if (*keys == NULL)
		return;
	for (size_t i = 0; i < (*keys)->max; i++)
		key_clear(&(*keys)->keys[i]);
	EVP_MD_free((*keys)->sha256);
	SL_OBJ_FREE(keys, KEYS_MAGIC);
}

/* Take one DER element with `tag` off s. False if it is none, or longer than what is there. */
static bool
der_take(struct sl_slice *s, unsigned char tag, struct sl_slice *content_out)
{
	size_t len, head = 2;

	if (s->len < 2 || s->ptr[0] != tag)
		return false;
	len = s->ptr[1];
	if (len > 0x80) {
		size_t octets = len - 0x80;

		if (octets > 2 || s->len < head + octets)
			return false;
		for (len = 0; octets > 0; octets--)
			len = len << 8 | s->ptr[head++];
	} else if (len == 0x80) {
		return false;
	}
	if (len > s->len - head)
		return false;
	*content_out = sl_slice(s->ptr + head, len);
	*s = sl_slice_from(*s, head + len);
	return true;
}

/* A positive INTEGER without its leading zeros. */
static bool
der_number(struct sl_slice *s, struct sl_slice *number_out)
{
	if (!der_take(s, 0x02, number_out) || number_out->len == 0 || (number_out->ptr[0] & 0x80) != 0)
		return false;
	while (number_out->len > 0 && number_out->ptr[0] == 0)
		*number_out = sl_slice_from(*number_out, 1);
	return number_out->len > 0;
}

/* RSAPublicKey, or a SubjectPublicKeyInfo around it (RFC 8017, A.1.1; RFC 3279, 2.3.1). */
static bool
der_rsa(struct sl_slice der, struct sl_slice *n_out, struct sl_slice *e_out)
{
	static const unsigned char rsa_encryption[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x01, 0x01 };
	struct sl_slice outer, inner, algorithm;

	if (!der_take(&der, 0x30, &outer))
		return false;
	inner = outer;
	if (der_take(&inner, 0x30, &algorithm)) {
		if (algorithm.len < sizeof(rsa_encryption) ||
		    memcmp(algorithm.ptr, rsa_encryption, sizeof(rsa_encryption)) != 0 ||
		    !der_take(&inner, 0x03, &outer) || outer.len < 1 || outer.ptr[0] != 0)
			return false;
		inner = sl_slice_from(outer, 1);
		if (!der_take(&inner, 0x30, &outer))
			return false;
	}
	return der_number(&outer, n_out) && der_number(&outer, e_out);
}

static EVP_PKEY *
rsa_make(struct sl_slice n, uint64_t e)
{
	unsigned char modulus[SL_KEY_RSA_BITS_MAX / 8];
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;

	for (size_t i = 0; i < n.len; i++)	/* parameters are in the machine's order */
		modulus[i] = n.ptr[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n.len - 1 - i : i];
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, n.len);
	params[1] = OSSL_PARAM_construct_uint64(OSSL_PKEY_PARAM_RSA_E, &e);
	params[2] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static const char *
rsa_set(struct sl_key *key, struct sl_slice data)
{
	struct sl_slice n, e;
	uint64_t exponent = 0;

	if (!der_rsa(data, &n, &e))
		return "the key is no RSA key";
	key->bits = (unsigned)(n.len * 8 - (size_t)__builtin_clz(n.ptr[0]) + 24);
	if (key->bits < SL_KEY_RSA_BITS_MIN)
		return "the RSA key is shorter than 1024 bits (RFC 8301)";
	if (key->bits > SL_KEY_RSA_BITS_MAX)
		return "the RSA key is longer than 8192 bits";
	for (size_t i = 0; i < e.len && e.len <= EXPONENT_MAX; i++)
		exponent = exponent << 8 | e.ptr[i];
	if (exponent < 3 || exponent % 2 == 0 || n.ptr[n.len - 1] % 2 == 0)
		return "the RSA key is not a sound one";
	if (exponent > (key->bits <= EXPONENT_LONG_BITS ? UINT32_MAX : EXPONENT_USUAL))
		return "the RSA key's exponent makes it too dear to check";
	key->pkey = rsa_make(n, exponent);
	key->verify = key->pkey == NULL ? NULL : EVP_PKEY_CTX_new(key->pkey, NULL);
	if (key->verify == NULL || EVP_PKEY_verify_init(key->verify) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(key->verify, EVP_sha256()) != 1)
		return "the RSA key is not a sound one";
	return NULL;
}

/* Points of small order, in every encoding, without the sign bit: a signature by such a key fits any
 * message. (OpenSSL takes them, as RFC 8032 lets it.) */
static bool
ed25519_is_weak(const unsigned char *key)
{
	static const unsigned char weak[][ED25519_LEN] = {
		{ 0 },				/* order 4 */
		{ 1 },				/* 1 */
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	};
	unsigned char masked[ED25519_LEN];
	bool high = true;

	memcpy(masked, key, ED25519_LEN);
	masked[ED25519_LEN - 1] &= 0x7f;
	for (size_t i = 0; i < SL_COUNT(weak); i++)
		if (memcmp(masked, weak[i], ED25519_LEN) == 0)
			return true;
	/* p - 1, of order 2, and p and p + 1, which stand for 0 and 1 */
	for (size_t i = 1; i < ED25519_LEN; i++)
		high &= masked[i] == (i == ED25519_LEN - 1 ? 0x7f : 0xff);
	return high && masked[0] >= 0xec && masked[0] <= 0xee;
}

static const char *
ed25519_set(struct sl_key *key, struct sl_slice data)
{
	if (data.len != ED25519_LEN)
		return "an Ed25519 key is 32 octets";
	if (ed25519_is_weak(data.ptr))
		return "the Ed25519 key is not a sound one";
	key->bits = 256;
	key->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, data.ptr, data.len);
	return key->pkey == NULL ? "the key is no Ed25519 key" : NULL;
}

/* The place of this key, or the one to put it. */
static struct sl_key *
keys_place(struct sl_keys *keys, enum sl_key_type type, struct sl_slice data, uint64_t hash)
{
	struct sl_key *oldest = &keys->keys[0];

	for (size_t i = 0; i < keys->max; i++) {
		struct sl_key *key = &keys->keys[i];

		if (key->used_at != 0 && key->hash == hash && key->type == type &&
		    sl_slice_eq(sl_slice(key->data, key->len), data))
			return key;
		if (key->used_at < oldest->used_at)
			oldest = key;
	}
	key_clear(oldest);
	return oldest;
}

const struct sl_key *
sl_keys_get(struct sl_keys *keys, enum sl_key_type type, struct sl_slice data, const char **why_out)
{
	size_t tail = SL_MIN(data.len, (size_t)HASHED_MAX);
	uint64_t hash = sl_hash(data.ptr + data.len - tail, tail);
	struct sl_key *key;

	SL_CHECK(keys, KEYS_MAGIC);
	*why_out = NULL;
	key = keys_place(keys, type, data, hash);
	if (key->used_at == 0) {
		*why_out = type == SL_KEY_RSA ? rsa_set(key, data) : ed25519_set(key, data);
		if (*why_out != NULL) {
			key_clear(key);
			return NULL;
		}
		key->type = type;
		key->data = sl_xmemdup(data.ptr, data.len);
		key->len = data.len;
		key->hash = hash;
	}
	key->used_at = ++keys->tick;
	return key;
}

const EVP_MD *
sl_keys_sha256(const struct sl_keys *keys)
{
	return keys->sha256;
}

unsigned
sl_key_bits(const struct sl_key *key)
{
	return key->bits;
}

bool
sl_key_verify(const struct sl_key *key, const unsigned char digest[32], struct sl_slice signature)
{
	EVP_MD_CTX *ctx;
	bool ok;

	if (key->type == SL_KEY_RSA)
		return EVP_PKEY_verify(key->verify, signature.ptr, signature.len, digest, 32) == 1;
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	    EVP_DigestVerify(ctx, signature.ptr, signature.len, digest, 32) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}
