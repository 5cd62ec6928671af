/*
 * auth_bench.c - what it costs to know who sent a message
 *
 * usage: mailauth_bench [--json] [dkim] [spf] [canon] [hostile]
 *
 * Prints CPU time, the median of interleaved rounds: a DKIM signature checked beside what nobody
 * can do without (its SHA-256 and one RSA-2048 verification, through EVP in the same run), SPF with
 * its answers at hand, canonical forms by shape of the body, and hostile messages beside their
 * bound. Ends with 1 if a bound is broken.
 */

#include "mailauth/dkim.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/hostile_i.h"
#include "mailauth/spf.h"
#include "mailauth/taglist.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOW		1700000000
#define ROUNDS		31
#define REPEATS		200
#define MESSAGE_BYTES	(20u << 10)
#define DKIM_RATIO_MAX	1.3	/* of the hash and the verification alone */
#define SPF_US_MAX	20.0
#define BODY_BYTES	(4u << 20)
#define FEED_BYTES	16384

static bool json;
static unsigned broken;

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

/* A row; limit 0: none. Less is better, if there is one. */
static void
row(const char *name, double value, const char *unit, double limit)
{
	bool ok = limit <= 0 || value <= limit;

	broken += !ok;
	if (json)
		printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"limit\":%.3f,\"ok\":%s}\n", name, value,
		    unit, limit, ok ? "true" : "false");
	else if (limit > 0)
		printf("%-44s %9.2f %-6s at most %.4g%s\n", name, value, unit, limit, ok ? "" : "  BROKEN");
	else
		printf("%-44s %9.2f %s\n", name, value, unit);
	fflush(stdout);
}

/* ---- DKIM ---- */

static const char *const header_text[] = {
	"Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n"
	    "\tby mx.example.net with ESMTPS id 4711; Tue, 14 Nov 2023 22:13:20 +0000",
	"Received: by mail.example.com with SMTP id abc; Tue, 14 Nov 2023 22:13:19 +0000",
	"From: Ann Example <ann@example.com>",
	"To: Bob Example <bob@example.net>,\r\n Carl <carl@example.net>",
	"Subject: The news of today, and some of yesterday's",
	"Date: Tue, 14 Nov 2023 22:13:20 +0000",
	"Message-ID: <20231114221320.4711@example.com>",
	"MIME-Version: 1.0",
	"Content-Type: text/plain; charset=utf-8",
	"List-Unsubscribe: <https://example.com/u/0123456789abcdef>",
};

struct bench {
	struct sl_buf		 body;
	struct sl_buf		 signature;	/* the field */
	struct sl_buf		 record;	/* of the key */
	struct sl_keys		*keys;
	EVP_PKEY_CTX		*raw;		/* ready for one verification */
	unsigned char		 digest[32], b[SL_SIGNATURE_MAX];
	size_t			 b_len;
};

static void
body_fill(struct sl_buf *body, const char *unit, size_t len)
{
	sl_buf_init(body, 16u << 20);
	while (body->len < len)
		sl_buf_add_str(body, unit);
}

static void
headers_fill(struct sl_headers *headers, const struct sl_buf *signature)
{
	sl_headers_reset(headers);
	if (signature->len > 0)		/* without its CRLF */
		sl_headers_add(headers, sl_slice(signature->data, signature->len - 2));
	for (size_t i = 0; i < SL_COUNT(header_text); i++)
		sl_headers_add(headers, sl_slice_str(header_text[i]));
}

static void
sign(struct bench *bench, struct sl_signkey *key, enum sl_canon canon)
{
	struct sl_dkim_sign_settings settings = { .domain = "example.com", .selector = "s1", .key = key,
		.header_canon = canon, .body_canon = canon, .now_s = NOW };
	struct sl_dkim_signer *signer;
	struct sl_headers headers;

	sl_headers_init(&headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_buf_reset(&bench->signature);
	headers_fill(&headers, &bench->signature);
	signer = sl_dkim_signer_new(&headers, &settings);
	sl_dkim_signer_body(signer, bench->body.data, bench->body.len);
	if (sl_dkim_signer_finish(signer, &bench->signature) < 0)
		abort();
	sl_dkim_signer_free(&signer);
	sl_headers_fini(&headers);
}

/* All that a message costs, from its header on: fields stored, key found, body hashed. */
static void
verify(const struct bench *bench, struct sl_headers *headers)
{
	const struct sl_dns_record record = { sl_buf_slice(&bench->record), 0 };
	const struct sl_dns_answer found = { SL_DNS_FOUND, &record, 1 };
	struct sl_dns_question question;
	struct sl_dkim *dkim;

	headers_fill(headers, &bench->signature);
	dkim = sl_dkim_new(headers, bench->keys, NOW);
	while (sl_dkim_dns.ask(dkim, &question))
		sl_dkim_dns.answer(dkim, question.id, &found);
	for (size_t at = 0; at < bench->body.len; at += FEED_BYTES)
		sl_dkim_body(dkim, bench->body.data + at, SL_MIN(FEED_BYTES, bench->body.len - at));
	sl_dkim_body_end(dkim);
	if (sl_dkim_get(dkim, 0)->result != SL_DKIM_PASS)
		abort();
	sl_dkim_free(&dkim);
}

static double
time_verify(const struct bench *bench)
{
	struct sl_headers headers;
	double start;

	sl_headers_init(&headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	start = cpu_us();
	for (int i = 0; i < REPEATS; i++)
		verify(bench, &headers);
	start = (cpu_us() - start) / REPEATS;
	sl_headers_fini(&headers);
	return start;
}

static double
time_hash(const struct bench *bench)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char digest[32];
	double start = cpu_us();

	for (int i = 0; i < REPEATS; i++) {
		EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
		EVP_DigestUpdate(ctx, bench->body.data, bench->body.len);
		EVP_DigestFinal_ex(ctx, digest, NULL);
	}
	start = (cpu_us() - start) / REPEATS;
	EVP_MD_CTX_free(ctx);
	return start;
}

static double
time_rsa(const struct bench *bench)
{
	double start = cpu_us();

	for (int i = 0; i < REPEATS; i++)
		if (EVP_PKEY_verify(bench->raw, bench->b, bench->b_len, bench->digest, 32) != 1)
			abort();
	return (cpu_us() - start) / REPEATS;
}

/* A key of its own for the bare verification. */
static void
raw_make(struct bench *bench)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	bench->b_len = sizeof(bench->b);
	bench->raw = EVP_PKEY_CTX_new(pkey, NULL);
	if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(ctx, bench->b, &bench->b_len, bench->digest, 32) != 1 ||
	    EVP_PKEY_verify_init(bench->raw) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(bench->raw, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(bench->raw, EVP_sha256()) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static void
dkim_rows(void)
{
	struct sl_signkey *key = sl_signkey_generate(SL_KEY_RSA, 2048);
	struct bench bench = { .digest = { 1 }, .keys = sl_keys_new(64) };

	body_fill(&bench.body, "The quick brown fox jumps over the lazy dog, and then it sleeps.\r\n", MESSAGE_BYTES);
	sl_buf_init(&bench.signature, 65536);
	sl_buf_init(&bench.record, 65536);
	sl_signkey_add_record(key, &bench.record);
	raw_make(&bench);
	for (int canon = 0; canon < 2; canon++) {
		double hash[ROUNDS], rsa[ROUNDS], all[ROUNDS], ratio[ROUNDS];

		sign(&bench, key, (enum sl_canon)canon);
		for (int round = 0; round < ROUNDS; round++) {
			hash[round] = time_hash(&bench);
			rsa[round] = time_rsa(&bench);
			all[round] = time_verify(&bench);
			ratio[round] = all[round] / (hash[round] + rsa[round]);
		}
		if (canon == 0) {
			row("SHA-256 of 20 KiB", median(hash, ROUNDS), "us", 0);
			row("one RSA-2048 verification", median(rsa, ROUNDS), "us", 0);
		}
		row(canon == 0 ? "DKIM verify of 20 KiB, simple" : "DKIM verify of 20 KiB, relaxed",
		    median(all, ROUNDS), "us", 0);
		row("  over hash and verification", median(ratio, ROUNDS), "x", DKIM_RATIO_MAX);
	}
	sl_keys_free(&bench.keys);
	sl_signkey_free(&key);
	EVP_PKEY_CTX_free(bench.raw);
	sl_buf_fini(&bench.body);
	sl_buf_fini(&bench.signature);
	sl_buf_fini(&bench.record);
}

/* ---- SPF ---- */

static const struct {
	const char		*name;
	enum sl_dns_type	 type;
	const char		*text;
} zone[] = {
	{ "example.com", SL_DNS_TXT, "v=spf1 a mx include:_spf.example.net include:_spf.mailer.test -all" },
	{ "example.com", SL_DNS_A, "\xcb\0\x71\x07" },
	{ "example.com", SL_DNS_MX, "mx.example.com" },
	{ "mx.example.com", SL_DNS_A, "\xcb\0\x71\x08" },
	{ "_spf.example.net", SL_DNS_TXT, "v=spf1 include:_a.example.net include:_b.example.net ~all" },
	{ "_a.example.net", SL_DNS_TXT, "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/28 ip4:10.0.0.0/8 "
	    "ip4:10.1.0.0/16 ip4:10.2.0.0/16 ip4:10.3.0.0/16 ip4:10.4.0.0/16 ip4:10.5.0.0/16 ~all" },
	{ "_b.example.net", SL_DNS_TXT, "v=spf1 ip6:2001:db8::/32 ip6:2001:db8:1::/48 ip6:2001:db8:2::/48 "
	    "ip6:2001:db8:3::/48 ip6:2001:db8:4::/48 ip6:2001:db8:5::/48 ~all" },
	{ "_spf.mailer.test", SL_DNS_TXT, "v=spf1 exists:%{ir}.%{v}._spf.mailer.test ip4:192.0.2.0/24 ~all" },
};

static void
spf_answer(struct sl_spf *spf, const struct sl_dns_question *question)
{
	struct sl_dns_record record = { { 0 } };
	struct sl_dns_answer answer = { SL_DNS_NXDOMAIN, &record, 1 };

	for (size_t i = 0; i < SL_COUNT(zone); i++)
		if (zone[i].type == question->type && strcmp(zone[i].name, question->name) == 0) {
			record.data = sl_slice(zone[i].text, question->type == SL_DNS_A ? 4 : strlen(zone[i].text));
			answer.status = SL_DNS_FOUND;
		}
	sl_spf_dns.answer(spf, question->id, &answer);
}

static double
time_spf(void)
{
	const struct sl_spf_input input = { .address = { 192, 0, 2, 1 }, .helo = SL_SLICE_LIT("mail.example.com"),
		.sender = SL_SLICE_LIT("ann@example.com"), .receiver = SL_SLICE_LIT("mx.test"), .now_s = NOW };
	struct sl_dns_question question;
	double start = cpu_us();

	for (int i = 0; i < REPEATS; i++) {
		struct sl_spf *spf = sl_spf_new(&input);

		while (sl_spf_dns.ask(spf, &question))
			spf_answer(spf, &question);
		if (sl_spf_result(spf) != SL_SPF_PASS)
			abort();
		sl_spf_free(&spf);
	}
	return (cpu_us() - start) / REPEATS;
}

static void
spf_rows(void)
{
	double spf[ROUNDS];

	for (int round = 0; round < ROUNDS; round++)
		spf[round] = time_spf();
	row("SPF, 7 terms of DNS with answers at hand", median(spf, ROUNDS), "us", SPF_US_MAX);
}

/* ---- canonical forms ---- */

static const struct {
	const char	*name, *unit;
} shapes[] = {
	{ "prose", "The quick brown fox jumps over the lazy dog, twice, and then it sleeps.\r\n" },
	{ "base64", "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz\r\n" },
	{ "indented HTML", "    <td style=\"padding:0 20px\">\r\n      <a href=\"https://example.com/\">x</a>\r\n    </td>\r\n" },
	{ "double spaces", "one  two  three  \r\n" },
	{ "spaces", "                                                                " },
	{ "tabs between letters", "a\tb\tc\td\te\tf\tg\t" },
	{ "empty lines", "\r\n" },
	{ "CR", "\r" },
};

static volatile size_t sunk;

static void
sink(void *ctx, const unsigned char *data, size_t len)
{
	sunk += len;
}

static double
time_canon(enum sl_canon canon, const struct sl_buf *body)
{
	struct sl_canon_body state;
	double start = cpu_us();

	sl_canon_body_init(&state, canon, sink, NULL);
	for (size_t at = 0; at < body->len; at += FEED_BYTES)
		sl_canon_body_feed(&state, body->data + at, SL_MIN(FEED_BYTES, body->len - at));
	sl_canon_body_finish(&state);
	return cpu_us() - start;
}

static void
canon_rows(void)
{
	for (size_t i = 0; i < SL_COUNT(shapes); i++) {
		double us[2][9];
		struct sl_buf body;
		char name[64];

		body_fill(&body, shapes[i].unit, BODY_BYTES);
		for (int round = 0; round < 9; round++)
			for (int canon = 0; canon < 2; canon++)
				us[canon][round] = time_canon((enum sl_canon)canon, &body);
		for (int canon = 0; canon < 2; canon++) {
			snprintf(name, sizeof(name), "%s body, %s", canon == 0 ? "simple" : "relaxed", shapes[i].name);
			row(name, (double)body.len / median(us[canon], 9), "MB/s", 0);
		}
		sl_buf_fini(&body);
	}
}

/* ---- hostile messages ---- */

static void
hostile_rows(void)
{
	for (size_t i = 0; i < hostile_count; i++) {
		double ms[5];
		char name[96];

		for (int round = 0; round < 5; round++) {
			struct hostile *h = hostile_make(&hostile_cases[i]);

			ms[round] = hostile_run(h).cpu_us / 1000;
			hostile_free(&h);
		}
		snprintf(name, sizeof(name), "hostile: %s", hostile_cases[i].name);
		row(name, median(ms, 5), "ms", HOSTILE_CPU_MS_MAX);
	}
}

static const struct {
	const char	*name;
	void		(*rows)(void);
} parts[] = {
	{ "dkim", dkim_rows },
	{ "spf", spf_rows },
	{ "canon", canon_rows },
	{ "hostile", hostile_rows },
};

int
main(int argc, char **argv)
{
	int first = 1;

	if (argc > 1 && strcmp(argv[1], "--json") == 0) {
		json = true;
		first = 2;
	}
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		bool chosen = first == argc;

		for (int k = first; k < argc; k++)
			chosen |= strcmp(argv[k], parts[i].name) == 0;
		if (chosen)
			parts[i].rows();
	}
	return broken > 0;
}
