/* tlsrest.c - see tlsrest.h */

#include "io/tlsrest.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdio.h>

#define RECORD_HEAD	5u
#define RECORD_MAX	(16384u + 256)	/* RFC 8446, 5.2 */
#define TAG		16u
#define EXPLICIT	8u		/* of the nonce, AES-GCM under TLS 1.2 (RFC 5288, 3) */

enum { CHANGE_CIPHER = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION = 23, KEY_UPDATE = 24 };

/* ---- while the session goes on ---- */

static int
follow_slot(void)
{
	static int slot = -1;

	if (slot < 0)
		slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return slot;
}

/* "SERVER_TRAFFIC_SECRET_0 <client random> <secret>", in hexadecimal; its key is in use from here on. */
static void
on_secret(const SSL *ssl, const char *line)
{
	static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
	struct sl_tls_follow *follow = SSL_get_ex_data(ssl, follow_slot());
	const char *at;

	if (follow == NULL || strncmp(line, label, sizeof(label) - 1) != 0)
		return;
	at = strrchr(line, ' ') + 1;
	follow->records = 0;
	follow->secret_len = 0;
	for (unsigned byte; follow->secret_len < sizeof(follow->secret) && sscanf(at, "%2x", &byte) == 1; at += 2)
		follow->secret[follow->secret_len++] = (unsigned char)byte;
}

static void
on_record(int writing, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	struct sl_tls_follow *follow = arg;

	if (writing != 0)
		return;
	if (type == SSL3_RT_HEADER && len > 0 && *(const unsigned char *)data == CHANGE_CIPHER)
		follow->records = 0;		/* TLS 1.2; in 1.3 the secret comes behind it */
	else if (type == SSL3_RT_HEADER)
		follow->records++;
	else if (type == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)data == KEY_UPDATE)
		follow->changed = true;
}

void
sl_tls_follow_allow(SSL_CTX *ctx)
{
	SSL_CTX_set_keylog_callback(ctx, on_secret);
}

void
sl_tls_follow(SSL *ssl, struct sl_tls_follow *follow)
{
	SL_ASSERT(SSL_set_ex_data(ssl, follow_slot(), follow) == 1);
	SSL_set_msg_callback(ssl, on_record);
	SSL_set_msg_callback_arg(ssl, follow);
}

/* ---- keys ---- */

static size_t
key_bytes(enum sl_tls_rest_cipher cipher)
{
	return cipher == SL_TLS_REST_AES_128 ? 16 : 32;
}

static bool
cipher_of(const SSL *ssl, enum sl_tls_rest_cipher *out)
{
	switch (SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl))) {
	case NID_aes_128_gcm:
		*out = SL_TLS_REST_AES_128;
		return true;
	case NID_aes_256_gcm:
		*out = SL_TLS_REST_AES_256;
		return true;
	case NID_chacha20_poly1305:
		*out = SL_TLS_REST_CHACHA;
		return true;
	default:
		return false;
	}
}

static bool
derive(const char *kdf_name, const OSSL_PARAM *params, unsigned char *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	bool good = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}

/* HKDF-Expand-Label with no context (RFC 8446, 7.1). */
static bool
expand_label(const EVP_MD *md, const struct sl_tls_follow *follow, const char *label, unsigned char *out, size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	unsigned char info[40];
	size_t label_len = strlen(label), n = 0;

	info[n++] = 0;
	info[n++] = (unsigned char)len;
	info[n++] = (unsigned char)(6 + label_len);
	memcpy(info + n, "tls13 ", 6);
	memcpy(info + n + 6, label, label_len);
	n += 6 + label_len;
	info[n++] = 0;
	return derive("HKDF", (const OSSL_PARAM[]){
	    OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)follow->secret, follow->secret_len),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, n),
	    OSSL_PARAM_construct_end() }, out, len);
}

/* The key block, client's halves first (RFC 5246, 6.3). */
static bool
keys_of_12(SSL *ssl, const EVP_MD *md, struct sl_tls_rest *rest)
{
	static const char label[] = "key expansion";
	unsigned char master[48], seed[sizeof(label) - 1 + 64], block[2 * (32 + 12)];
	size_t key = key_bytes(rest->cipher), iv = rest->cipher == SL_TLS_REST_CHACHA ? 12 : 4;
	bool good;

	memcpy(seed, label, sizeof(label) - 1);
	if (SSL_get_server_random(ssl, seed + sizeof(label) - 1, 32) != 32 ||
	    SSL_get_client_random(ssl, seed + sizeof(label) - 1 + 32, 32) != 32 ||
	    SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof(master)) != sizeof(master))
		return false;
	good = derive("TLS1-PRF", (const OSSL_PARAM[]){
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof(master)),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
	    OSSL_PARAM_construct_end() }, block, 2 * (key + iv));
	memcpy(rest->key, block + key, key);
	memcpy(rest->iv, block + 2 * key + iv, iv);
	sl_zero(master, sizeof(master));
	sl_zero(block, sizeof(block));
	return good;
}

int
sl_tls_rest_take(SSL *ssl, const struct sl_tls_follow *follow, struct sl_tls_rest *out)
{
	const EVP_MD *md;
	bool good;

	*out = (struct sl_tls_rest){ .is_13 = SSL_version(ssl) == TLS1_3_VERSION, .sequence = follow->records };
	if ((SSL_version(ssl) != TLS1_2_VERSION && !out->is_13) || follow->changed || SSL_has_pending(ssl) != 0 ||
	    strcmp(SSL_rstate_string(ssl), "RH") != 0 ||	/* a record of which it has read only the head */
	    !cipher_of(ssl, &out->cipher))
		return SL_ERR_UNSUPPORTED;
	ERR_clear_error();
	md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	if (out->is_13)
		good = follow->secret_len > 0 && expand_label(md, follow, "key", out->key, key_bytes(out->cipher)) &&
		    expand_label(md, follow, "iv", out->iv, sizeof(out->iv));
	else
		good = keys_of_12(ssl, md, out);
	if (good)
		return 0;
	sl_zero(out, sizeof(*out));
	return SL_ERR_UNSUPPORTED;
}

/* ---- to another process ---- */

void
sl_tls_rest_pack(const struct sl_tls_rest *rest, unsigned char out[SL_TLS_REST_BYTES])
{
	memset(out, 0, SL_TLS_REST_BYTES);
	out[0] = rest->is_13;
	out[1] = (unsigned char)rest->cipher;
	memcpy(out + 4, rest->key, sizeof(rest->key));
	memcpy(out + 36, rest->iv, sizeof(rest->iv));
	memcpy(out + 48, &rest->sequence, sizeof(rest->sequence));
}

int
sl_tls_rest_unpack(struct sl_slice bytes, struct sl_tls_rest *out)
{
	*out = (struct sl_tls_rest){ 0 };
	if (bytes.len != SL_TLS_REST_BYTES || bytes.ptr[0] > 1 || bytes.ptr[1] >= SL_TLS_REST_CIPHERS || bytes.ptr[2] != 0 || bytes.ptr[3] != 0)
		return SL_ERR_SYNTAX;
	out->is_13 = bytes.ptr[0] == 1;
	out->cipher = (enum sl_tls_rest_cipher)bytes.ptr[1];
	memcpy(out->key, bytes.ptr + 4, sizeof(out->key));
	memcpy(out->iv, bytes.ptr + 36, sizeof(out->iv));
	memcpy(&out->sequence, bytes.ptr + 48, sizeof(out->sequence));
	return 0;
}

/* ---- reading ---- */

static void
put_u64(unsigned char *out, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)(v >> (56 - 8 * i));
}

/* Open one record's text; false: it is not the peer's. `text` has room for the record. */
static bool
open_aead(const struct sl_tls_rest *rest, const unsigned char nonce[12], struct sl_slice extra, struct sl_slice sealed,
    unsigned char *text)
{
	const EVP_CIPHER *const ciphers[] = { EVP_aes_128_gcm(), EVP_aes_256_gcm(), EVP_chacha20_poly1305() };
	size_t text_len = sealed.len - TAG;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	bool good = ctx != NULL && EVP_DecryptInit_ex(ctx, ciphers[rest->cipher], NULL, rest->key, nonce) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, extra.ptr, (int)extra.len) == 1 &&
	    EVP_DecryptUpdate(ctx, text, &n, sealed.ptr, (int)text_len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)TAG, (void *)(uintptr_t)(sealed.ptr + text_len)) == 1 &&
	    EVP_DecryptFinal_ex(ctx, text + text_len, &n) == 1;

	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* Open the record `sealed` behind `head`. *type and *len_out are what it holds. */
static bool
open_record(const struct sl_tls_rest *rest, uint64_t sequence, const unsigned char *head, struct sl_slice sealed,
    unsigned char *text, int *type, size_t *len_out)
{
	bool is_explicit = !rest->is_13 && rest->cipher != SL_TLS_REST_CHACHA;
	unsigned char nonce[12], number[8], extra[13];
	size_t len;

	if (sealed.len < TAG + (is_explicit ? EXPLICIT : 0) + (rest->is_13 ? 1u : 0u))
		return false;
	put_u64(number, sequence);
	memcpy(nonce, rest->iv, sizeof(nonce));
	if (is_explicit) {
		memcpy(nonce + 4, sealed.ptr, EXPLICIT);
		sealed = sl_slice_from(sealed, EXPLICIT);
	} else {
		for (size_t i = 0; i < 8; i++)
			nonce[4 + i] ^= number[i];
	}
	len = sealed.len - TAG;
	*type = head[0];
	if (rest->is_13) {
		if (!open_aead(rest, nonce, sl_slice(head, RECORD_HEAD), sealed, text))
			return false;
		while (len > 0 && text[len - 1] == 0)	/* padding */
			len--;
		if (len == 0)
			return false;
		*type = text[--len];
	} else {
		memcpy(extra, number, 8);
		memcpy(extra + 8, head, 3);
		extra[11] = (unsigned char)(len >> 8);
		extra[12] = (unsigned char)len;
		if (!open_aead(rest, nonce, sl_slice(extra, sizeof(extra)), sealed, text))
			return false;
	}
	*len_out = len;
	return true;
}

int
sl_tls_rest_read(const struct sl_tls_rest *rest, struct sl_slice in, struct sl_buf *out)
{
	unsigned char text[RECORD_MAX];
	uint64_t sequence = rest->sequence;

	while (in.len >= RECORD_HEAD) {
		size_t len = (size_t)in.ptr[3] << 8 | in.ptr[4], text_len;
		int type;

		if (in.ptr[1] != 3 || len > RECORD_MAX)
			return SL_ERR_TLS;
		if (in.len < RECORD_HEAD + len)
			break;
		if (!open_record(rest, sequence++, in.ptr, sl_slice(in.ptr + RECORD_HEAD, len), text, &type, &text_len))
			return SL_ERR_TLS;
		if (type == APPLICATION)
			sl_buf_add(out, text, text_len);
		else if (type == ALERT)
			return text_len == 2 && text[1] == 0 ? SL_DONE : SL_ERR_TLS;	/* close_notify */
		else if (type != HANDSHAKE || (text_len > 0 && text[0] == KEY_UPDATE))
			return SL_ERR_TLS;
		/* Other handshake messages are tickets: nobody resumes. */
		in = sl_slice_from(in, RECORD_HEAD + len);
	}
	return SL_MORE;
}
