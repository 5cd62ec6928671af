/* signkey.c - see mailauth/signkey.h */

#include "mailauth/signkey.h"
#include "mailauth/taglist.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define SIGNKEY_MAGIC	0x5d516e01u
#define PEM_MAX		32768

struct sl_signkey {
	unsigned		 magic;
	enum sl_key_type	 type;
	EVP_PKEY		*pkey;
};

/* Take pkey, if it is one that verifiers will believe. */
static struct sl_signkey *
signkey_take(EVP_PKEY *pkey)
{
	struct sl_signkey *key = NULL;
	enum sl_key_type type = SL_KEY_ED25519;
	bool ok = pkey != NULL && EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519;

	if (pkey != NULL && EVP_PKEY_get_id(pkey) == EVP_PKEY_RSA) {
		type = SL_KEY_RSA;
		ok = EVP_PKEY_get_bits(pkey) >= SL_KEY_RSA_BITS_MIN &&
		    EVP_PKEY_get_bits(pkey) <= SL_KEY_RSA_BITS_MAX;
	}
	if (!ok) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	key = sl_xzalloc(sizeof(*key));
	*key = (struct sl_signkey){ SIGNKEY_MAGIC, type, pkey };
	return key;
}

struct sl_signkey *
sl_signkey_generate(enum sl_key_type type, unsigned bits)
{
	if (type == SL_KEY_ED25519)
		return signkey_take(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	if (bits < SL_KEY_RSA_BITS_MIN || bits > SL_KEY_RSA_BITS_MAX)
		return NULL;
	return signkey_take(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits));
}

/* An encrypted key is refused: nobody is there to be asked. */
static int
no_password(char *out, int size, int writing, void *ctx)
{
	return -1;
}

struct sl_signkey *
sl_signkey_parse(struct sl_slice pem)
{
	BIO *bio = pem.len > PEM_MAX ? NULL : BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

	BIO_free(bio);
	return signkey_take(pkey);
}

void
sl_signkey_free(struct sl_signkey **key)
{
	if (*key != NULL)
		EVP_PKEY_free((*key)->pkey);
	SL_OBJ_FREE(key, SIGNKEY_MAGIC);
}

enum sl_key_type
sl_signkey_type(const struct sl_signkey *key)
{
	return key->type;
}

const char *
sl_signkey_algorithm(const struct sl_signkey *key)
{
	return key->type == SL_KEY_RSA ? "rsa-sha256" : "ed25519-sha256";
}

void
sl_signkey_add_pem(const struct sl_signkey *key, struct sl_buf *out)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long len;

	SL_CHECK(key, SIGNKEY_MAGIC);
	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
		SL_UNREACHABLE("a key that was made can be written");
	len = BIO_get_mem_data(bio, &text);
	sl_buf_add(out, text, (size_t)len);
	BIO_free(bio);
}

void
sl_signkey_add_record(const struct sl_signkey *key, struct sl_buf *out)
{
	unsigned char raw[32], *der = raw;
	size_t len = sizeof(raw);

	SL_CHECK(key, SIGNKEY_MAGIC);
	if (key->type == SL_KEY_ED25519) {	/* RFC 8463, 4.2: the bare octets */
		if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1)
			SL_UNREACHABLE("an Ed25519 key has 32 octets");
		sl_buf_add_str(out, "v=DKIM1; k=ed25519; p=");
	} else {
		int n;

		der = NULL;
		n = i2d_PUBKEY(key->pkey, &der);
		if (n <= 0)
			SL_UNREACHABLE("an RSA key can be written");
		len = (size_t)n;
		sl_buf_add_str(out, "v=DKIM1; k=rsa; p=");
	}
	sl_base64_encode(sl_slice(der, len), out);
	if (der != raw)
		OPENSSL_free(der);
}

int
sl_signkey_sign(const struct sl_signkey *key, const unsigned char digest[32],
    unsigned char out[SL_SIGNATURE_MAX], size_t *len_out)
{
	bool ok;

	SL_CHECK(key, SIGNKEY_MAGIC);
	*len_out = SL_SIGNATURE_MAX;
	if (key->type == SL_KEY_RSA) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

		ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		    EVP_PKEY_sign(ctx, out, len_out, digest, 32) == 1;
		EVP_PKEY_CTX_free(ctx);
	} else {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
		    EVP_DigestSign(ctx, out, len_out, digest, 32) == 1;
		EVP_MD_CTX_free(ctx);
	}
	return ok ? 0 : SL_ERR_SYSTEM;
}
