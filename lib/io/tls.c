/* tls.c - see tls.h */

#include "io/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

void
sl_tls_error(struct sl_buf *why)
{
	unsigned long code = ERR_peek_last_error();
	char text[160];

	ERR_error_string_n(code, text, sizeof(text));
	sl_buf_add_str(why, code == 0 ? "no reason given" : text);
	ERR_clear_error();
}

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	SL_ASSERT(ctx != NULL);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* RELEASE_BUFFERS halves what an idle session holds; a moving buffer since ours are chunks. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	return ctx;
}

static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
	return 0;	/* never ask on a terminal */
}

static bool
use_chain(SSL_CTX *ctx, BIO *pem)
{
	X509 *cert = PEM_read_bio_X509_AUX(pem, NULL, no_passphrase, NULL);
	bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (ok && (cert = PEM_read_bio_X509(pem, NULL, no_passphrase, NULL)) != NULL)
		ok = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
	if (ok)
		ERR_clear_error();	/* the end of the file is an error to the reader */
	return ok;
}

SSL_CTX *
sl_tls_server_new(struct sl_slice certificate_pem, struct sl_slice key_pem,
    const unsigned char *ticket_key, struct sl_buf *why)
{
	SSL_CTX *ctx = context_new(TLS_server_method());
	BIO *certificate = BIO_new_mem_buf(certificate_pem.ptr, (int)certificate_pem.len);
	BIO *key = BIO_new_mem_buf(key_pem.ptr, (int)key_pem.len);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(key, NULL, no_passphrase, NULL);
	bool ok = use_chain(ctx, certificate) && pkey != NULL &&
	    SSL_CTX_use_PrivateKey(ctx, pkey) == 1 && SSL_CTX_check_private_key(ctx) == 1;

	if (ok) {
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"sluice", 6);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_num_tickets(ctx, 1);
		SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
		if (ticket_key != NULL)
			SSL_CTX_set_tlsext_ticket_keys(ctx, (void *)(uintptr_t)ticket_key,
			    SL_TLS_TICKET_KEY_BYTES);
	} else {
		sl_tls_error(why);
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_PKEY_free(pkey);
	BIO_free(certificate);
	BIO_free(key);
	return ctx;
}

/* Trust every certificate of a PEM text. False if it holds none. */
static bool
trust(SSL_CTX *ctx, struct sl_slice pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	size_t found = 0;
	X509 *cert;

	while ((cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		found += X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1;
		X509_free(cert);
	}
	BIO_free(bio);
	if (found > 0)
		ERR_clear_error();	/* the end of the text is an error to the reader */
	return found > 0;
}

SSL_CTX *
sl_tls_client_new(struct sl_slice ca_pem, struct sl_buf *why)
{
	SSL_CTX *ctx = context_new(TLS_client_method());

	if (ca_pem.len > 0 && !trust(ctx, ca_pem)) {
		sl_tls_error(why);
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

SSL *
sl_tls_client_session(SSL_CTX *ctx, const char *host, bool verify)
{
	SSL *ssl = SSL_new(ctx);
	struct in6_addr address;
	bool is_address = inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1;

	SL_ASSERT(ssl != NULL);
	if (!is_address)
		SSL_set_tlsext_host_name(ssl, host);
	if (verify) {
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
		if (is_address)
			X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
		else
			SSL_set1_host(ssl, host);
	}
	return ssl;
}
