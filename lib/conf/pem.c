/* pem.c - do the certificate and the key of a settings file parse, and do they belong together? */

#include "conf_i.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static BIO *
bio(struct sl_slice pem)
{
	BIO *b = BIO_new_mem_buf(pem.ptr, (int)SL_MIN(pem.len, (size_t)INT32_MAX));

	SL_ASSERT(b != NULL);
	return b;
}

/* Never ask at the terminal: no passphrase is known. */
static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
	return -1;
}

const char *
pem_certificate(struct sl_slice pem)
{
	BIO *b = bio(pem);
	X509 *x;
	unsigned long e;
	size_t n = 0;

	ERR_clear_error();
	while ((x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL)) != NULL) {
		X509_free(x);
		n++;
	}
	e = ERR_peek_last_error();
	BIO_free(b);
	ERR_clear_error();
	/* After the last one there is no further start line: the one way to end well. */
	if (ERR_GET_LIB(e) != ERR_LIB_PEM || ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return "holds a certificate that cannot be read";
	return n > 0 ? NULL : "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
}

static EVP_PKEY *
read_key(struct sl_slice pem)
{
	BIO *b = bio(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL);

	BIO_free(b);
	ERR_clear_error();
	return key;
}

const char *
pem_key(struct sl_slice pem)
{
	EVP_PKEY *key = read_key(pem);

	if (key != NULL) {
		EVP_PKEY_free(key);
		return NULL;
	}
	if (memmem(pem.ptr, pem.len, "ENCRYPTED", 9) != NULL)
		return "is locked with a passphrase: write the key without one (openssl pkey)";
	return "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)";
}

const char *
pem_match(struct sl_slice certificate, struct sl_slice key_pem)
{
	BIO *b = bio(certificate);
	X509 *x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL);
	EVP_PKEY *key = read_key(key_pem);
	bool match = x != NULL && key != NULL && X509_check_private_key(x, key) == 1;

	X509_free(x);
	EVP_PKEY_free(key);
	BIO_free(b);
	ERR_clear_error();
	return match ? NULL : "is not the key of the first certificate";
}
