/* pdf_crypt.c - see pdf_crypt.h; the numbers of algorithms are those of ISO 32000-2, 7.6.4 */

#include "pdf_crypt.h"

#include <openssl/evp.h>

#define HASH_MAX	64

static const unsigned char padding[32] = {
	0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
	0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a };

static bool
digest(const EVP_MD *md, const void *data, size_t len, unsigned char *out)
{
	unsigned n;

	return EVP_Digest(data, len, out, &n, md, NULL) == 1;
}

/* OpenSSL 3 has RC4 in a module that a jailed process cannot load. */
static void
rc4(const unsigned char *key, size_t key_len, const unsigned char *in, size_t len, unsigned char *out)
{
	unsigned char s[256], t;
	unsigned i, j = 0;

	for (i = 0; i < 256; i++)
		s[i] = (unsigned char)i;
	for (i = 0; i < 256; i++) {
		j = (j + s[i] + key[i % key_len]) & 255;
		t = s[i];
		s[i] = s[j];
		s[j] = t;
	}
	i = j = 0;
	for (size_t n = 0; n < len; n++) {
		i = (i + 1) & 255;
		j = (j + s[i]) & 255;
		t = s[i];
		s[i] = s[j];
		s[j] = t;
		out[n] = (unsigned char)(in[n] ^ s[(s[i] + s[j]) & 255]);
	}
}

/* CBC over whole blocks, without padding. */
static bool
aes(bool encrypt, const unsigned char *key, size_t key_len, const unsigned char iv[16],
    const unsigned char *in, size_t len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool good;

	SL_ASSERT(ctx != NULL && len <= INT32_MAX);
	good = EVP_CipherInit_ex(ctx, key_len == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc(), NULL, key, iv,
	    encrypt) == 1 && EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good && (size_t)n == len;
}

/* ---- revisions 2 to 4 ---- */

/* Algorithm 2, with an empty password. */
static bool
old_key(struct pdf_crypt *c)
{
	unsigned char text[32 + 32 + 4 + 32 + 4], hash[HASH_MAX];
	size_t n = 0;
	uint32_t p = (uint32_t)c->permissions;

	c->key_len = c->revision == 2 ? 5 : SL_MIN(SL_MAX(c->length_bits / 8, (size_t)5), (size_t)16);
	memcpy(text + n, padding, 32);
	n += 32;
	memcpy(text + n, c->owner, 32);
	n += 32;
	for (int i = 0; i < 4; i++)
		text[n++] = (unsigned char)(p >> (8 * i));
	memcpy(text + n, c->id, c->id_len);
	n += c->id_len;
	if (c->revision >= 4 && c->metadata_is_plain) {
		memset(text + n, 0xff, 4);
		n += 4;
	}
	if (!digest(EVP_md5(), text, n, hash))
		return false;
	for (int i = 0; i < 50 && c->revision >= 3; i++)
		if (!digest(EVP_md5(), hash, c->key_len, hash))
			return false;
	memcpy(c->key, hash, c->key_len);
	return true;
}

/* Algorithms 4 and 5: is it the key? */
static bool
old_key_fits(const struct pdf_crypt *c)
{
	unsigned char text[64], hash[HASH_MAX], key[16];

	if (c->revision == 2) {
		rc4(c->key, c->key_len, padding, 32, text);
		return memcmp(text, c->user, 32) == 0;
	}
	memcpy(text, padding, 32);
	memcpy(text + 32, c->id, c->id_len);
	if (!digest(EVP_md5(), text, 32 + c->id_len, hash))
		return false;
	for (unsigned i = 0; i < 20; i++) {
		for (size_t k = 0; k < c->key_len; k++)
			key[k] = (unsigned char)(c->key[k] ^ i);
		rc4(key, c->key_len, hash, 16, hash);
	}
	return memcmp(hash, c->user, 16) == 0;
}

/* ---- revisions 5 and 6 ---- */

/* Algorithm 2.B over an empty password and 8 bytes of salt; revision 5 stops at the first hash. */
static bool
new_hash(size_t revision, const unsigned char salt[8], unsigned char out[32])
{
	static unsigned char block[64 * HASH_MAX], enciphered[64 * HASH_MAX];
	unsigned char k[HASH_MAX];
	size_t len = 32, last = 0;

	if (!digest(EVP_sha256(), salt, 8, k))
		return false;
	for (size_t round = 0; revision >= 6 && (round < 64 || last > round - 32); round++) {
		unsigned sum = 0;

		for (size_t i = 0; i < 64; i++)
			memcpy(block + i * len, k, len);
		if (!aes(true, k, 16, k + 16, block, 64 * len, enciphered))
			return false;
		for (size_t i = 0; i < 16; i++)
			sum += enciphered[i];
		last = enciphered[64 * len - 1];
		if (!digest(sum % 3 == 0 ? EVP_sha256() : sum % 3 == 1 ? EVP_sha384() : EVP_sha512(), enciphered,
		    64 * len, k))
			return false;
		len = sum % 3 == 0 ? 32 : sum % 3 == 1 ? 48 : 64;
	}
	memcpy(out, k, 32);
	return true;
}

static bool
new_key(struct pdf_crypt *c)
{
	static const unsigned char zero[16];
	unsigned char hash[32];

	if (c->user_len < 48 || c->user_key_len < 32)
		return false;
	if (!new_hash(c->revision, c->user + 32, hash) || memcmp(hash, c->user, 32) != 0)
		return false;
	c->key_len = 32;
	return new_hash(c->revision, c->user + 40, hash) && aes(false, hash, 32, zero, c->user_key, 32, c->key);
}

bool
pdf_crypt_open(struct pdf_crypt *c)
{
	c->open = false;
	if (c->version == 5 && (c->revision == 5 || c->revision == 6))
		c->open = new_key(c);
	else if (c->version >= 1 && c->version <= 4 && c->revision >= 2 && c->revision <= 4 &&
	    c->owner_len >= 32 && c->user_len >= 32)
		c->open = old_key(c) && old_key_fits(c);
	return c->open;
}

/* ---- data ---- */

/* Algorithm 1: the key of one object. */
static size_t
object_key(const struct pdf_crypt *c, uint32_t number, uint32_t generation, unsigned char out[HASH_MAX])
{
	unsigned char text[16 + 5 + 4];
	size_t n = c->key_len;

	memcpy(text, c->key, n);
	for (int i = 0; i < 3; i++)
		text[n++] = (unsigned char)(number >> (8 * i));
	text[n++] = (unsigned char)generation;
	text[n++] = (unsigned char)(generation >> 8);
	if (c->cipher == PDF_AES) {
		memcpy(text + n, "sAlT", 4);
		n += 4;
	}
	SL_ASSERT(digest(EVP_md5(), text, n, out));
	return SL_MIN(c->key_len + 5, (size_t)16);
}

size_t
pdf_decrypt(const struct pdf_crypt *c, uint32_t number, uint32_t generation, struct sl_slice in,
    unsigned char *out)
{
	unsigned char key[HASH_MAX];
	size_t key_len = c->key_len, len;

	if (c->version == 5)
		memcpy(key, c->key, sizeof(c->key));
	else
		key_len = object_key(c, number, generation, key);
	if (c->version != 5 && c->cipher == PDF_RC4) {
		rc4(key, key_len, in.ptr, in.len, out);
		return in.len;
	}
	if (c->version != 5)
		key_len = 16;
	if (in.len < 32)		/* the first block is the initialisation vector */
		return 0;
	len = (in.len - 16) / 16 * 16;
	if (!aes(false, key, key_len, in.ptr, in.ptr + 16, len, out))
		return 0;
	return out[len - 1] >= 1 && out[len - 1] <= 16 ? len - out[len - 1] : len;
}
