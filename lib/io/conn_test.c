/* conn_test.c - connections over socket pairs: pressure, both ends, TLS on the same descriptor */

#include "check.h"
#include "moods.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/conn.h"
#include "io/tls.h"

#define BULK	(3u << 20)

/* One end: writes `to_send` bytes of a known pattern as fast as it may, checks what it reads. */
struct end {
	struct sl_conn	 conn;
	struct sl_buf	 got;
	size_t		 to_send, sent;
	int		 ready, closed;
	bool		 was_ready;
};

static struct sl_loop *loop;
static struct sl_chunk_pool *pool;

/* ---- sockets that are full or empty for a moment, short, or interrupted: in the place of the C library's ---- */

static size_t held_up;		/* calls that may have been */

ssize_t
read(int fd, void *to, size_t len)
{
	held_up += socket_moods != 0;
	if (socket_moods != 0 && len > 0 && (len = socket_mood(len)) == 0)
		return -1;
	return syscall(SYS_read, fd, to, len);
}

ssize_t
write(int fd, const void *from, size_t len)
{
	held_up += socket_moods != 0;
	if (socket_moods != 0 && len > 0 && (len = socket_mood(len)) == 0)
		return -1;
	return syscall(SYS_write, fd, from, len);
}

ssize_t
readv(int fd, const struct iovec *v, int count)
{
	return read(fd, v->iov_base, v->iov_len);	/* the first is never empty here */
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	return write(fd, message->msg_iov->iov_base, message->msg_iov->iov_len);
}

static unsigned char
pattern(size_t i)
{
	return (unsigned char)(i * 131 + (i >> 8) * 17);
}

static void
pump(struct end *end)
{
	unsigned char block[5000];

	while (end->sent < end->to_send && sl_conn_pending(&end->conn) < 100000) {
		size_t n = SL_MIN(sizeof(block), end->to_send - end->sent);

		for (size_t i = 0; i < n; i++)
			block[i] = pattern(end->sent + i);
		sl_conn_write(&end->conn, block, n);
		end->sent += n;
		if (sl_conn_pending(&end->conn) > 60000)
			sl_conn_flush(&end->conn);
	}
	sl_conn_flush(&end->conn);
}

static void
on_input(void *ctx)
{
	unsigned char block[30000];
	struct iovec v[2] = { { block, 7 }, { block + 7, sizeof(block) - 7 } };
	struct end *end = ctx;
	ssize_t n = sl_conn_read(&end->conn, v, 2);

	if (n < 0) {
		end->closed = (int)n;
		sl_conn_want_input(&end->conn, false);
	} else {
		sl_buf_add(&end->got, block, (size_t)n);
	}
}

static void
on_drained(void *ctx)
{
	pump(ctx);
}

static void
on_ready(void *ctx, int result)
{
	struct end *end = ctx;

	end->was_ready = true;
	end->ready = result;
	if (result == 0)
		pump(end);
}

static const struct sl_conn_events events = { on_input, on_drained, on_ready, NULL };

static void
end_init(struct end *end, int fd, size_t to_send)
{
	*end = (struct end){ .to_send = to_send };
	sl_buf_init(&end->got, BULK * 2);
	sl_conn_init(&end->conn, loop, pool, fd, &events, end);
}

static void
pair(struct end *a, struct end *b, size_t to_send)
{
	int fds[2];

	loop = sl_loop_new(&sl_clock_system);
	pool = sl_chunk_pool_new(8);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	end_init(a, fds[0], to_send);
	end_init(b, fds[1], to_send);
}

static void
unpair(struct end *a, struct end *b)
{
	sl_conn_close(&a->conn, false);
	sl_conn_close(&b->conn, true);
	sl_buf_fini(&a->got);
	sl_buf_fini(&b->got);
	assert_int_equal(sl_chunk_pool_in_use(pool), 0);
	sl_chunk_pool_free(&pool);
	sl_loop_free(&loop);
}

static void
turn_until(const struct end *a, const struct end *b, size_t bytes)
{
	for (int i = 0; i < 200000 && (a->got.len < bytes || b->got.len < bytes); i++)
		sl_loop_turn(loop);
	assert_int_equal(a->got.len, bytes);
	assert_int_equal(b->got.len, bytes);
	for (size_t i = 0; i < bytes; i++)
		assert_true(a->got.data[i] == pattern(i) && b->got.data[i] == pattern(i));
}

static void
bulk_passes_both_ways_at_once(void **state)
{
	struct end a, b;

	pair(&a, &b, BULK);
	sl_conn_want_input(&a.conn, true);
	sl_conn_want_input(&b.conn, true);
	pump(&a);
	pump(&b);
	turn_until(&a, &b, BULK);
	unpair(&a, &b);
}

/* Whatever sockets are like, all bytes pass, though nobody does anything but what is asked for by events. */
static void
bulk_passes_whatever_sockets_are_like(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct end a, b;

		pair(&a, &b, BULK / 16);
		socket_moods = seed << 32 | 1;
		sl_conn_want_input(&a.conn, true);
		sl_conn_want_input(&b.conn, true);
		pump(&a);
		pump(&b);
		turn_until(&a, &b, BULK / 16);
		socket_moods = 0;
		unpair(&a, &b);
	}
}

static void
not_reading_is_back_pressure(void **state)
{
	struct end a, b;
	size_t stuck;

	pair(&a, &b, BULK);
	pump(&a);
	for (int i = 0; i < 100; i++)
		sl_loop_turn(loop);
	stuck = a.sent;
	assert_true(stuck < BULK && sl_conn_pending(&a.conn) > 0);
	assert_int_equal(b.got.len, 0);
	unpair(&a, &b);
}

static void
the_end_of_input_is_told(void **state)
{
	struct end a, b;

	pair(&a, &b, 10);
	pump(&a);
	sl_conn_shutdown(&a.conn);
	sl_conn_want_input(&b.conn, true);
	for (int i = 0; i < 10; i++)
		sl_loop_turn(loop);
	assert_int_equal(b.got.len, 10);
	assert_int_equal(b.closed, SL_ERR_CLOSED);
	unpair(&a, &b);
}

/* A self-signed certificate with its key, as PEM. */
static void
make_certificate(struct sl_buf *certificate, struct sl_buf *key)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"mx.example", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_sign(x, pkey, EVP_sha256());
	PEM_write_bio_X509(bio, x);
	len = BIO_get_mem_data(bio, &text);
	sl_buf_add(certificate, text, (size_t)len);
	(void)BIO_reset(bio);
	PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	len = BIO_get_mem_data(bio, &text);
	sl_buf_add(key, text, (size_t)len);
	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

static SSL_CTX *server, *client;

/* `a` is the server's end, `b` the client's. */
static void
tls_pair(struct end *a, struct end *b, size_t to_send, bool verify)
{
	struct sl_buf certificate, key, why;

	sl_buf_init(&certificate, 10000);
	sl_buf_init(&key, 10000);
	sl_buf_init(&why, 1000);
	make_certificate(&certificate, &key);
	server = sl_tls_server_new(sl_buf_slice(&certificate), sl_buf_slice(&key), NULL, &why);
	client = sl_tls_client_new(sl_slice(NULL, 0), &why);
	assert_non_null(server);
	assert_non_null(client);
	sl_buf_fini(&certificate);
	sl_buf_fini(&key);
	sl_buf_fini(&why);
	pair(a, b, to_send);
	sl_conn_start_tls(&a->conn, SSL_new(server), true);
	sl_conn_start_tls(&b->conn, sl_tls_client_session(client, "mx.example", verify), false);
}

static void
tls_unpair(struct end *a, struct end *b)
{
	socket_moods = 0;
	unpair(a, b);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
}

static void
turn_until_ready(const struct end *a, const struct end *b)
{
	for (int i = 0; i < 100000 && !(a->was_ready && b->was_ready); i++)
		sl_loop_turn(loop);
	assert_true(a->was_ready && b->was_ready);
}

static void
tls_with(bool verify, int expected)
{
	struct end a, b;

	tls_pair(&a, &b, expected == 0 ? BULK : 0, verify);
	sl_conn_want_input(&a.conn, true);
	sl_conn_want_input(&b.conn, true);
	turn_until_ready(&a, &b);
	assert_int_equal(b.ready, expected);
	if (expected == 0) {
		turn_until(&a, &b, BULK);
		assert_string_equal(sl_conn_tls_version(&a.conn), "TLSv1.3");
	}
	tls_unpair(&a, &b);
}

static void
tls_carries_bulk_both_ways(void **state)
{
	tls_with(false, 0);
}

/* New keys are asked for at any time by either side, of one that has half a record out too. */
static void
tls_passes_whatever_sockets_are_like(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct end a, b;

		tls_pair(&a, &b, BULK / 16, false);
		socket_moods = seed << 32 | 1;
		held_up = 0;
		sl_conn_want_input(&a.conn, true);
		sl_conn_want_input(&b.conn, true);
		turn_until_ready(&a, &b);
		for (int i = 0; i < 200000 && (a.got.len < BULK / 16 || b.got.len < BULK / 16); i++) {
			sl_loop_turn(loop);
			if (i % 16 == 3)
				(void)SSL_key_update(a.conn.ssl, SSL_KEY_UPDATE_REQUESTED);	/* not within a record */
			if (i % 16 == 11)
				(void)SSL_key_update(b.conn.ssl, SSL_KEY_UPDATE_REQUESTED);
			ERR_clear_error();
		}
		turn_until(&a, &b, BULK / 16);
		assert_true(held_up > 100);	/* what OpenSSL calls is ours */
		tls_unpair(&a, &b);
	}
}

/* One that only writes hears nothing of new keys, and goes on. */
static void
new_keys_do_not_disturb_one_that_only_writes(void **state)
{
	struct end a, b;

	tls_pair(&a, &b, 0, false);
	turn_until_ready(&a, &b);
	a.to_send = BULK;
	sl_conn_want_input(&b.conn, true);
	pump(&a);
	for (int i = 0; i < 200000 && b.got.len < BULK; i++) {
		sl_loop_turn(loop);
		if (i % 8 == 0 && i < 400) {
			assert_int_equal(SSL_key_update(b.conn.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
			(void)SSL_do_handshake(b.conn.ssl);	/* says it at once */
		}
	}
	assert_int_equal(b.got.len, BULK);
	sl_conn_want_input(&a.conn, true);
	sl_conn_write(&b.conn, "!", 1);
	sl_conn_flush(&b.conn);
	for (int i = 0; i < 1000 && a.got.len < 1; i++)
		sl_loop_turn(loop);
	assert_int_equal(a.got.len, 1);
	tls_unpair(&a, &b);
}

/* It says that no more will come, together with its last bytes, and keeps the connection open: that is heard at once. */
static void
the_end_of_tls_is_told_also_when_the_connection_stays(void **state)
{
	struct end a, b;

	tls_pair(&a, &b, 0, false);
	turn_until_ready(&a, &b);
	b.to_send = 10;
	pump(&b);
	SSL_shutdown(b.conn.ssl);
	sl_conn_want_input(&a.conn, true);
	for (int i = 0; i < 1000 && a.closed == 0; i++)
		sl_loop_turn(loop);
	assert_int_equal(a.got.len, 10);
	assert_int_equal(a.closed, SL_ERR_CLOSED);
	tls_unpair(&a, &b);
}

/* The same, if nobody wants to read just then. */
static void
the_end_of_tls_is_told_to_one_that_reads_later(void **state)
{
	struct end a, b;
	unsigned char block[100];
	struct iovec v = { block, sizeof(block) };

	tls_pair(&a, &b, 0, false);
	turn_until_ready(&a, &b);
	b.to_send = 10;
	pump(&b);
	SSL_shutdown(b.conn.ssl);
	assert_int_equal(sl_conn_read(&a.conn, &v, 1), 10);
	for (int i = 0; i < 10; i++)
		sl_loop_turn(loop);
	assert_int_equal(a.closed, 0);
	sl_conn_want_input(&a.conn, true);
	for (int i = 0; i < 1000 && a.closed == 0; i++)
		sl_loop_turn(loop);
	assert_int_equal(a.closed, SL_ERR_CLOSED);
	tls_unpair(&a, &b);
}

static void
a_certificate_nobody_vouches_for_fails_verification(void **state)
{
	tls_with(true, SL_ERR_TLS);
}

static void
a_key_that_does_not_fit_is_refused_with_a_reason(void **state)
{
	struct sl_buf certificate, key, other, why;

	sl_buf_init(&certificate, 10000);
	sl_buf_init(&key, 10000);
	sl_buf_init(&other, 10000);
	sl_buf_init(&why, 1000);
	make_certificate(&certificate, &key);
	sl_buf_reset(&key);
	make_certificate(&other, &key);
	assert_null(sl_tls_server_new(sl_buf_slice(&certificate), sl_buf_slice(&key), NULL, &why));
	assert_non_null(strstr(sl_buf_cstr(&why), "mismatch"));
	sl_buf_fini(&certificate);
	sl_buf_fini(&key);
	sl_buf_fini(&other);
	sl_buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bulk_passes_both_ways_at_once),
		cmocka_unit_test(bulk_passes_whatever_sockets_are_like),
		cmocka_unit_test(not_reading_is_back_pressure),
		cmocka_unit_test(the_end_of_input_is_told),
		cmocka_unit_test(tls_carries_bulk_both_ways),
		cmocka_unit_test(tls_passes_whatever_sockets_are_like),
		cmocka_unit_test(new_keys_do_not_disturb_one_that_only_writes),
		cmocka_unit_test(the_end_of_tls_is_told_also_when_the_connection_stays),
		cmocka_unit_test(the_end_of_tls_is_told_to_one_that_reads_later),
		cmocka_unit_test(a_certificate_nobody_vouches_for_fails_verification),
		cmocka_unit_test(a_key_that_does_not_fit_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
