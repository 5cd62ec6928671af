/* tlsrest_test.c - real sessions, in memory: what the server says after we have let go of the session is read as it was said */

#include "check.h"
#include "io/tls.h"
#include "io/tlsrest.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

static SSL_CTX *
server_new(int version, const char *suite)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_sign(x, pkey, EVP_sha256());
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, pkey);
	X509_free(x);
	EVP_PKEY_free(pkey);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_min_proto_version(ctx, version);
	if (version == TLS1_3_VERSION)
		assert_int_equal(SSL_CTX_set_ciphersuites(ctx, suite), 1);
	else
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, suite), 1);
	return ctx;
}

/* A client and a server with memory between them. */
struct pair {
	SSL_CTX			*server_ctx, *client_ctx;
	SSL			*server, *client;
	BIO			*to_client, *to_server;
	struct sl_tls_follow	 follow;
};

static void
move_bytes(struct pair *p)
{
	char bytes[65536];
	int n;

	while ((n = BIO_read(SSL_get_wbio(p->server), bytes, sizeof(bytes))) > 0)
		BIO_write(SSL_get_rbio(p->client), bytes, n);
	while ((n = BIO_read(SSL_get_wbio(p->client), bytes, sizeof(bytes))) > 0)
		BIO_write(SSL_get_rbio(p->server), bytes, n);
}

static void
say(struct pair *p, SSL *from, SSL *to, const char *text)
{
	char got[200];
	int n;

	assert_int_equal(SSL_write(from, text, (int)strlen(text)), (int)strlen(text));
	move_bytes(p);
	n = SSL_read(to, got, sizeof(got));
	assert_true(n == (int)strlen(text) && memcmp(got, text, (size_t)n) == 0);
}

static void
pair_open(struct pair *p, int version, const char *suite)
{
	struct sl_buf why;

	*p = (struct pair){ 0 };
	sl_buf_init(&why, 1000);
	p->server_ctx = server_new(version, suite);
	p->client_ctx = sl_tls_client_new(sl_slice(NULL, 0), &why);
	SSL_CTX_set_cipher_list(p->client_ctx, "ALL:@SECLEVEL=0");
	sl_tls_follow_allow(p->client_ctx);
	p->server = SSL_new(p->server_ctx);
	p->client = sl_tls_client_session(p->client_ctx, "mx.example", false);
	SSL_set_bio(p->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_bio(p->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(p->server);
	SSL_set_connect_state(p->client);
	sl_tls_follow(p->client, &p->follow);
	for (int i = 0; i < 6; i++) {
		(void)SSL_do_handshake(p->client);
		move_bytes(p);
		(void)SSL_do_handshake(p->server);
		move_bytes(p);
	}
	assert_true(SSL_is_init_finished(p->client) && SSL_is_init_finished(p->server));
	sl_buf_fini(&why);
}

static void
pair_close(struct pair *p)
{
	SSL_free(p->server);
	SSL_free(p->client);
	SSL_CTX_free(p->server_ctx);
	SSL_CTX_free(p->client_ctx);
}

/* What waits for the client, as bytes. */
static void
gather(struct pair *p, struct sl_buf *out)
{
	char bytes[65536];
	int n;

	while ((n = BIO_read(SSL_get_wbio(p->server), bytes, sizeof(bytes))) > 0)
		sl_buf_add(out, bytes, (size_t)n);
}

static const struct {
	int		 version;
	const char	*suite;
	bool		 can;
} suites[] = {
	{ TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", true },
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true },
	{ TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", false },
};

static void
what_is_said_last_is_read_at_every_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(suites); i++) {
		static const char reply[] = "250-2.0.0 taken\r\n250 2.0.0 queued\r\n";
		unsigned char packed[SL_TLS_REST_BYTES];
		struct sl_tls_rest rest, again;
		struct pair p;
		struct sl_buf bytes, text;
		size_t last = 0;
		int r;

		pair_open(&p, suites[i].version, suites[i].suite);
		for (int n = 0; n < 3 + (int)i; n++) {
			say(&p, p.client, p.server, "MAIL\r\n");
			say(&p, p.server, p.client, "250 fine\r\n");
		}
		r = sl_tls_rest_take(p.client, &p.follow, &rest);
		if (r != (suites[i].can ? 0 : SL_ERR_UNSUPPORTED))
			fail_msg("%s: %d", suites[i].suite, r);
		if (!suites[i].can) {
			pair_close(&p);
			continue;
		}
		sl_tls_rest_pack(&rest, packed);
		assert_int_equal(sl_tls_rest_unpack(sl_slice(packed, sizeof(packed)), &again), 0);
		sl_buf_init(&bytes, 1u << 20);
		sl_buf_init(&text, 1u << 20);
		if (suites[i].version == TLS1_3_VERSION)	/* tickets may come in between */
			assert_int_equal(SSL_new_session_ticket(p.server), 1);
		SSL_write(p.server, reply, 20);
		SSL_write(p.server, reply + 20, (int)strlen(reply) - 20);
		gather(&p, &bytes);
		for (size_t cut = 0; cut <= bytes.len; cut++) {
			sl_buf_reset(&text);
			r = sl_tls_rest_read(&again, sl_slice(bytes.data, cut), &text);
			if (r != SL_MORE)
				fail_msg("%s: %d after %zu of %zu bytes", suites[i].suite, r, cut, bytes.len);
			assert_true(text.len >= last && memcmp(text.data == NULL ? (const void *)"" : text.data, reply, text.len) == 0);
			last = text.len;
		}
		assert_int_equal(last, strlen(reply));
		bytes.data[bytes.len - 1] ^= 1;
		assert_int_equal(sl_tls_rest_read(&again, sl_buf_slice(&bytes), &text), SL_ERR_TLS);
		bytes.data[bytes.len - 1] ^= 1;
		SSL_shutdown(p.server);
		gather(&p, &bytes);
		sl_buf_reset(&text);
		assert_int_equal(sl_tls_rest_read(&again, sl_buf_slice(&bytes), &text), SL_DONE);
		assert_true(text.len == strlen(reply) && memcmp(text.data, reply, text.len) == 0);
		again.sequence++;
		assert_int_equal(sl_tls_rest_read(&again, sl_buf_slice(&bytes), &text), SL_ERR_TLS);
		sl_buf_fini(&bytes);
		sl_buf_fini(&text);
		pair_close(&p);
	}
}

/* A session that has read on, or whose peer has changed its key, is not taken; and a change afterwards ends reading. */
static void
what_cannot_be_followed_is_not(void **state)
{
	struct sl_tls_rest rest;
	struct sl_buf bytes, text;
	struct pair p;
	char got[10];

	pair_open(&p, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	say(&p, p.server, p.client, "220 x\r\n");
	SSL_write(p.server, "250 hello\r\n", 11);
	move_bytes(&p);
	assert_int_equal(SSL_read(p.client, got, 3), 3);
	assert_int_equal(sl_tls_rest_take(p.client, &p.follow, &rest), SL_ERR_UNSUPPORTED);
	assert_int_equal(SSL_read(p.client, got, 8), 8);
	assert_int_equal(sl_tls_rest_take(p.client, &p.follow, &rest), 0);
	sl_buf_init(&bytes, 1u << 20);
	sl_buf_init(&text, 1u << 20);
	SSL_key_update(p.server, SSL_KEY_UPDATE_NOT_REQUESTED);
	SSL_write(p.server, "250 taken\r\n", 11);
	gather(&p, &bytes);
	assert_int_equal(sl_tls_rest_read(&rest, sl_buf_slice(&bytes), &text), SL_ERR_TLS);
	assert_int_equal(text.len, 0);
	BIO_write(SSL_get_rbio(p.client), bytes.data, (int)bytes.len);
	assert_int_equal(SSL_read(p.client, got, sizeof(got)), 10);
	(void)SSL_read(p.client, got, sizeof(got));
	assert_int_equal(sl_tls_rest_take(p.client, &p.follow, &rest), SL_ERR_UNSUPPORTED);
	sl_buf_fini(&bytes);
	sl_buf_fini(&text);
	pair_close(&p);
}

/* Of a record only the head has come: what follows would be read as another record. */
static void
half_a_record_is_seen(void **state)
{
	struct sl_buf bytes;
	struct pair p;
	char got[10];

	pair_open(&p, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	say(&p, p.server, p.client, "220 x\r\n");
	sl_buf_init(&bytes, 1u << 20);
	SSL_write(p.server, "250 hello\r\n", 11);
	gather(&p, &bytes);
	for (int n = 1; n < (int)bytes.len; n++) {
		struct sl_tls_rest rest;

		BIO_write(SSL_get_rbio(p.client), bytes.data + n - 1, 1);
		assert_true(SSL_read(p.client, got, sizeof(got)) < 0);
		if (sl_tls_rest_take(p.client, &p.follow, &rest) != SL_ERR_UNSUPPORTED)
			fail_msg("after %d bytes", n);
	}
	sl_buf_fini(&bytes);
	pair_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_last_is_read_at_every_cut),
		cmocka_unit_test(what_cannot_be_followed_is_not),
		cmocka_unit_test(half_a_record_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
