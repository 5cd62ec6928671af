/* hostile.c - see hostile_i.h */

#include "mailauth/hostile_i.h"

#include "mailauth/arc.h"
#include "mailauth/authres.h"
#include "mailauth/author.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc.h"
#include "mailauth/taglist.h"

#include <stdio.h>
#include <time.h>

#define NOW		1700000000
#define TXT_BYTES	(64u << 10)
#define LONG_BYTES	(10u << 20)
#define BODY_MAX	(16u << 20)
#define FEED_BYTES	16384

/* ---- making ---- */

static void
add_field(struct hostile *h, const char *text)
{
	sl_headers_add(&h->headers, sl_slice_str(text));
}

static void
repeat(struct sl_buf *out, const char *unit, size_t count)
{
	while (count-- > 0)
		sl_buf_add_str(out, unit);
}

static void
add_buf(struct hostile *h, struct sl_buf *field)
{
	sl_headers_add(&h->headers, sl_buf_slice(field));
	sl_buf_fini(field);
}

/* base64 of `len` octets, all but the first `c`. */
static void
add_base64_octets(struct sl_buf *out, unsigned char first, unsigned char c, size_t len)
{
	unsigned char *octets = sl_xmalloc(len);

	memset(octets, c, len);
	octets[0] = first;
	sl_base64_encode(sl_slice(octets, len), out);
	sl_free(octets);
}

/* A key record with an RSA key of `octets` that is nobody's, made of the octet `fill`. */
static void
add_rsa_record(struct sl_buf *out, size_t octets, unsigned char fill, uint64_t exponent)
{
	unsigned char *der = sl_xzalloc(octets + 32);
	size_t n = 0, body = 4 + 1 + octets + 2 + 9;

	der[n++] = 0x30;
	der[n++] = 0x82;
	der[n++] = (unsigned char)(body >> 8);
	der[n++] = (unsigned char)body;
	der[n++] = 0x02;
	der[n++] = 0x82;
	der[n++] = (unsigned char)((octets + 1) >> 8);
	der[n++] = (unsigned char)(octets + 1);
	der[n++] = 0;
	memset(der + n, fill, octets);
	n += octets;
	der[n++] = 0x02;
	der[n++] = 9;
	der[n++] = 0;
	for (int shift = 56; shift >= 0; shift -= 8)
		der[n++] = (unsigned char)(exponent >> shift);
	sl_buf_add_str(out, "v=DKIM1; k=rsa; p=");
	sl_base64_encode(sl_slice(der, n), out);
	sl_free(der);
}

/* Signatures with selectors that differ, so that each key is looked up. */
static void
add_signatures(struct hostile *h, unsigned count, const char *name, unsigned names, size_t octets)
{
	for (unsigned i = 0; i < count; i++) {
		struct sl_buf field;

		sl_buf_init(&field, 65536);
		sl_buf_addf(&field, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d%u.example.com;"
		    " s=s%u; bh=", i, i);
		add_base64_octets(&field, 0, 1, 32);
		sl_buf_add_str(&field, "; h=From");
		for (unsigned n = 1; n < names; n++)
			sl_buf_addf(&field, ":%s", name);
		sl_buf_add_str(&field, "; b=");
		add_base64_octets(&field, 0, 2, octets);
		add_buf(h, &field);
	}
}

static void
plain_message(struct hostile *h)
{
	add_field(h, "From: Ann <ann@example.com>");
	add_field(h, "Subject: hello");
	sl_buf_add_str(&h->body, "hello\r\n");
}

static void
make_big_keys(struct hostile *h)
{
	add_signatures(h, 100, "Subject", 100, 1024);
	plain_message(h);
	add_rsa_record(&h->txt[0], 2048, 0xb7, 65537);
}

static void
make_8192(struct hostile *h)
{
	h->keys = 1;
	h->txt_count = 2;
	add_signatures(h, 100, "Subject", 100, 1024);
	plain_message(h);
	add_rsa_record(&h->txt[0], 1024, 0xb7, 65537);
	add_rsa_record(&h->txt[1], 1024, 0xb9, 65537);
}

static void
make_exponent(struct hostile *h)
{
	h->keys = 1;
	h->txt_count = 2;
	add_signatures(h, 100, "Subject", 100, 1024);
	plain_message(h);
	add_rsa_record(&h->txt[0], 1024, 0xb7, UINT64_MAX);
	add_rsa_record(&h->txt[1], 1024, 0xb9, UINT64_MAX);
}

/* Every signature covers as much of the largest header as it can. */
static void
make_wide(struct hostile *h)
{
	add_signatures(h, 10, "X", 100, 256);
	plain_message(h);
	for (int i = 0; i < 99; i++) {
		struct sl_buf field;

		sl_buf_init(&field, 65536);
		sl_buf_add_str(&field, "X: ");
		repeat(&field, "a b", 2200 / 3);
		add_buf(h, &field);
	}
	add_rsa_record(&h->txt[0], 256, 0xb7, 65537);
}

static void
make_many_fields(struct hostile *h)
{
	add_signatures(h, 10, "X-Absent", 100, 256);
	plain_message(h);
	for (int i = 0; i < 980; i++)
		add_field(h, "X-Absenu: 1");
	add_rsa_record(&h->txt[0], 256, 0xb7, 65537);
}

static void
make_repeated(struct hostile *h)
{
	add_signatures(h, 10, "X", 100, 256);
	plain_message(h);
	for (int i = 0; i < 980; i++)
		add_field(h, "X: 1");
	add_rsa_record(&h->txt[0], 256, 0xb7, 65537);
}

static void
make_tags(struct hostile *h)
{
	struct sl_buf field;

	plain_message(h);
	for (int i = 0; i < 10; i++) {
		sl_buf_init(&field, 1u << 20);
		sl_buf_add_str(&field, "DKIM-Signature: v=1; ");
		repeat(&field, "t=", 1);
		repeat(&field, "a;", 8000 / 2);
		add_buf(h, &field);
	}
	for (int i = 0; i < 3; i++) {
		sl_buf_init(&field, 1u << 20);
		sl_buf_add_str(&field, "ARC-Seal: ");
		for (unsigned n = 0; n < 4000; n++)
			sl_buf_addf(&field, "a%u=;", n);
		add_buf(h, &field);
	}
	for (unsigned n = 0; h->txt[0].len < TXT_BYTES; n++)
		sl_buf_addf(&h->txt[0], "a%u=;", n);
}

static void
make_txt(struct hostile *h)
{
	add_signatures(h, 10, "Subject", 100, 256);
	plain_message(h);
	sl_buf_add_str(&h->txt[0], "v=DMARC1; ");
	repeat(&h->txt[0], "p=none;", TXT_BYTES / 7);
}

static void
make_spaces(struct hostile *h)
{
	add_signatures(h, 10, "Subject", 100, 256);
	add_field(h, "From: Ann <ann@example.com>");
	repeat(&h->body, "                                                                ", LONG_BYTES / 64);
	add_rsa_record(&h->txt[0], 256, 0xb7, 65537);
}

static void
make_labels(struct hostile *h)
{
	struct sl_buf field;

	add_signatures(h, 10, "Subject", 2, 256);
	sl_buf_init(&field, 65536);
	sl_buf_add_str(&field, "From: <a@");
	repeat(&field, "a.", 126);
	sl_buf_add_str(&field, "a>");
	add_buf(h, &field);
	sl_buf_add_str(&h->sender, "a@");
	repeat(&h->sender, "a.", 126);
	sl_buf_add_str(&h->sender, "a");
	sl_buf_add_str(&h->txt[0], "v=spf1 a:%{l}.%{d127r} mx:%{ir}.%{d127r} include:%{d126}");
	h->hosts = 10;
}

static void
make_macros(struct hostile *h)
{
	plain_message(h);
	repeat(&h->sender, "a-b+c/d_e=f.", 21);
	sl_buf_add_str(&h->sender, "@");
	repeat(&h->sender, "a.", 124);
	sl_buf_add_str(&h->sender, "test");
	sl_buf_add_str(&h->txt[0], "v=spf1");
	for (int i = 0; i < 9; i++) {
		sl_buf_add_str(&h->txt[0], " a:");
		repeat(&h->txt[0], "%{S99r.-+,/_=}", 30);
	}
	sl_buf_add_str(&h->txt[0], " include:%{d}");
	h->hosts = 10;
}

static void
make_hosts(struct hostile *h)
{
	plain_message(h);
	sl_buf_add_str(&h->sender, "a@spf.test");
	sl_buf_add_str(&h->txt[0], "v=spf1 mx mx mx mx ptr mx:%{p} mx mx mx include:spf.test");
	h->hosts = 10;
}

static void
make_long_record(struct hostile *h)
{
	plain_message(h);
	sl_buf_add_str(&h->sender, "a@spf.test");
	sl_buf_add_str(&h->txt[0], "v=spf1");
	repeat(&h->txt[0], " ip4:192.0.2.9", 4080 / 14);
	sl_buf_add_str(&h->txt[0], " include:spf.test");
}

/* All the authors that fit in a header, their domains to be brought to A-labels. */
static void
make_authors(struct hostile *h)
{
	struct sl_buf field;

	sl_buf_init(&field, 1u << 20);
	sl_buf_add_str(&field, "From: ");
	repeat(&field, "a@\xc3\xa9.b,", 31000);
	sl_buf_add_str(&field, "a@\xc3\xa9.b");
	add_buf(h, &field);
}

static void
make_comments(struct hostile *h)
{
	struct sl_buf field;

	sl_buf_init(&field, 1u << 20);
	sl_buf_add_str(&field, "From: ");
	repeat(&field, "((((((((((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))))))))))", 3000);
	sl_buf_add_str(&field, "a@example.com");
	add_buf(h, &field);
}

static void
make_results(struct hostile *h)
{
	plain_message(h);
	for (int i = 0; i < 900; i++)
		add_field(h, "Authentication-Results: m\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc.\xc3\xbcxample.com; none");
}

/* The structure of a chain, its seals of 1024 octets and its keys in turn of two. */
static void
add_chain(struct hostile *h, unsigned sets, size_t octets)
{
	h->keys = 1;
	h->txt_count = 2;
	for (unsigned i = 1; i <= sets; i++) {
		struct sl_buf field;

		sl_buf_init(&field, 65536);
		sl_buf_addf(&field, "ARC-Seal: i=%u; a=rsa-sha256; cv=%s; d=d%u.test; s=s; b=", i,
		    i == 1 ? "none" : "pass", i);
		add_base64_octets(&field, 0, 2, octets);
		add_buf(h, &field);
		sl_buf_init(&field, 65536);
		sl_buf_addf(&field, "ARC-Message-Signature: i=%u; a=rsa-sha256; c=relaxed/relaxed; d=d%u.test; s=s; "
		    "h=From:Subject; bh=", i, i);
		add_base64_octets(&field, 0, 1, 32);
		sl_buf_add_str(&field, "; b=");
		add_base64_octets(&field, 0, 2, octets);
		add_buf(h, &field);
		sl_buf_init(&field, 65536);
		sl_buf_addf(&field, "ARC-Authentication-Results: i=%u; d%u.test; none", i, i);
		add_buf(h, &field);
	}
}

static void
make_chain(struct hostile *h)
{
	add_chain(h, 50, 1024);
	plain_message(h);
	add_rsa_record(&h->txt[0], 1024, 0xb7, 65537);
	add_rsa_record(&h->txt[1], 1024, 0xb9, 65537);
}

static void	answer_all(const struct hostile *h, const struct sl_dns_client *client, void *evaluator);

/* Add link after link. They may stand anywhere in the header, as i= says where they belong. */
static void
seal(struct hostile *h, const struct sl_signkey *key, struct sl_keys *keys, unsigned i)
{
	char selector[16];
	const struct sl_arc_seal_settings settings = { "example.com", selector, key, "From:Subject", NOW };
	struct sl_arc *arc = sl_arc_new(&h->headers, keys, true);
	struct sl_slice rest, field;
	struct sl_buf out;
	int r;

	snprintf(selector, sizeof(selector), "s%u", i);
	answer_all(h, &sl_arc_dns, arc);
	sl_arc_body(arc, h->body.data, h->body.len);
	sl_arc_body_end(arc);
	sl_buf_init(&out, 65536);
	r = sl_arc_seal(arc, &settings, SL_SLICE_LIT("mx.example.com; none"), &out);
	SL_ASSERT(r == 0);
	sl_arc_free(&arc);
	for (rest = sl_buf_slice(&out); rest.len > 0; ) {	/* a field ends where a line does not go on */
		size_t n = 0;

		while (rest.ptr[n] != '\n' || (n + 1 < rest.len && rest.ptr[n + 1] == '\t'))
			n++;
		field = sl_slice(rest.ptr, n - 1);
		rest = sl_slice_from(rest, n + 1);
		sl_headers_add(&h->headers, field);
	}
	sl_buf_fini(&out);
}

/* As long as a chain may be, and true; its key comes in two forms in turn, so that each use sets it up. */
static void
make_true_chain(struct hostile *h)
{
	struct sl_signkey *key = sl_signkey_generate(SL_KEY_RSA, 2048);
	struct sl_keys *keys = sl_keys_new(HOSTILE_KEYS);
	unsigned char der[512];
	size_t len = 0;
	bool ok;

	plain_message(h);
	sl_signkey_add_record(key, &h->txt[0]);
	ok = sl_base64_decode(sl_slice_from(sl_buf_slice(&h->txt[0]), strlen("v=DKIM1; k=rsa; p=")), der,
	    sizeof(der), &len);
	SL_ASSERT(ok && len == 294);
	sl_buf_add_str(&h->txt[1], "p=");
	sl_base64_encode(sl_slice(der + 24, len - 24), &h->txt[1]);	/* RSAPublicKey alone */
	for (unsigned i = 0; i < SL_ARC_SETS_MAX; i++)
		seal(h, key, keys, i);
	h->txt_count = 2;
	h->keys = 1;
	sl_keys_free(&keys);
	sl_signkey_free(&key);
}

static void
make_long_chain(struct hostile *h)
{
	add_chain(h, 51, 256);
	plain_message(h);
	add_rsa_record(&h->txt[0], 256, 0xb7, 65537);
}

const struct hostile_case hostile_cases[] = {
	{ "100 signatures x 100 names, 16384-bit keys", make_big_keys,
	    "spf=none dkim=permerror*10 arc=none/0 dmarc=none" },
	{ "100 signatures x 100 names, 8192-bit keys", make_8192,
	    "spf=none dkim=fail*10 arc=none/0 dmarc=none" },
	{ "10 keys of 8192 bits with huge exponents", make_exponent,
	    "spf=none dkim=permerror*10 arc=none/0 dmarc=none" },
	{ "10 signatures over a header of 220 KiB", make_wide,
	    "spf=none dkim=fail*10 arc=none/0 dmarc=none" },
	{ "1,000 fields, and names that none has", make_many_fields,
	    "spf=none dkim=fail*10 arc=none/0 dmarc=none" },
	{ "1,000 fields of one name, named 100 times", make_repeated,
	    "spf=none dkim=fail*10 arc=none/0 dmarc=none" },
	{ "lists of thousands of tags", make_tags,
	    "spf=none dkim=neutral*10 arc=fail/1 dmarc=none" },
	{ "TXT answers of 64 KiB", make_txt, "spf=none dkim=permerror*10 arc=none/0 dmarc=none" },
	{ "a line of 10 MiB of spaces", make_spaces, "spf=none dkim=fail*10 arc=none/0 dmarc=none" },
	{ "names of 127 labels", make_labels, "spf=permerror dkim=permerror*10 arc=none/0 dmarc=none" },
	{ "SPF macros that grow", make_macros, "spf=permerror dkim=none*0 arc=none/0 dmarc=none" },
	{ "SPF with 10 x 10 hosts and an include loop", make_hosts,
	    "spf=permerror dkim=none*0 arc=none/0 dmarc=none" },
	{ "an SPF record of 4 KiB that includes itself", make_long_record,
	    "spf=permerror dkim=none*0 arc=none/0 dmarc=none" },
	{ "31,000 authors in U-labels", make_authors, "spf=none dkim=none*0 arc=none/0 dmarc=permerror" },
	{ "3,000 nested comments", make_comments, "spf=none dkim=none*0 arc=none/0 dmarc=none" },
	{ "900 results fields in U-labels", make_results, "spf=none dkim=none*0 arc=none/0 dmarc=none" },
	{ "a chain of 50, each key of 8192 bits", make_chain, "spf=none dkim=none*0 arc=fail/50 dmarc=none" },
	{ "a chain of 50 that is true", make_true_chain, "spf=none dkim=none*0 arc=pass/50 dmarc=none" },
	{ "a chain of 51", make_long_chain, "spf=none dkim=none*0 arc=fail/50 dmarc=none" },
};
const size_t hostile_count = SL_COUNT(hostile_cases);

struct hostile *
hostile_make(const struct hostile_case *c)
{
	struct hostile *h = sl_xzalloc(sizeof(*h));

	sl_headers_init(&h->headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_buf_init(&h->body, BODY_MAX);
	sl_buf_init(&h->txt[0], 2 * TXT_BYTES);
	sl_buf_init(&h->txt[1], 2 * TXT_BYTES);
	sl_buf_init(&h->sender, 4096);
	h->keys = HOSTILE_KEYS;
	h->txt_count = 1;
	c->make(h);
	SL_ASSERT(!h->body.overflow && !h->txt[0].overflow && !h->sender.overflow);
	return h;
}

void
hostile_free(struct hostile **h)
{
	sl_headers_fini(&(*h)->headers);
	sl_buf_fini(&(*h)->body);
	sl_buf_fini(&(*h)->txt[0]);
	sl_buf_fini(&(*h)->txt[1]);
	sl_buf_fini(&(*h)->sender);
	sl_free(*h);
	*h = NULL;
}

/* ---- running ---- */

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
answer_all(const struct hostile *h, const struct sl_dns_client *client, void *evaluator)
{
	static const unsigned char address[16] = { 203, 0, 113, 9 };
	struct sl_dns_record records[SL_SPF_NAMES_MAX] = { { { 0 } } };
	struct sl_dns_question question;

	for (size_t n = 0; client->ask(evaluator, &question); n++) {
		struct sl_dns_answer answer = { SL_DNS_FOUND, records, 1 };
		bool is_address = question.type == SL_DNS_A || question.type == SL_DNS_AAAA;
		struct sl_slice data = question.type == SL_DNS_TXT ? sl_buf_slice(&h->txt[n % h->txt_count]) :
		    is_address ? sl_slice(address, question.type == SL_DNS_A ? 4 : 16) :
		    SL_SLICE_LIT("host.spf.test");

		if (question.type != SL_DNS_TXT && h->hosts == 0)
			answer.status = SL_DNS_NXDOMAIN;
		if (question.type == SL_DNS_MX || question.type == SL_DNS_PTR)
			answer.count = h->hosts;
		for (size_t i = 0; i < SL_COUNT(records); i++)
			records[i].data = data;
		client->answer(evaluator, question.id, &answer);
	}
}

static struct sl_spf *
run_spf(const struct hostile *h)
{
	const struct sl_spf_input input = { .address = { 192, 0, 2, 1 }, .helo = SL_SLICE_LIT("localhost"),
		.sender = sl_buf_slice(&h->sender), .receiver = SL_SLICE_LIT("mx.test"), .now_s = NOW };
	struct sl_spf *spf = sl_spf_new(&input);

	answer_all(h, &sl_spf_dns, spf);
	return spf;
}

static struct sl_dmarc *
run_dmarc(const struct hostile *h, const struct sl_dkim *dkim)
{
	struct sl_author author;
	struct sl_dmarc *dmarc;

	sl_author_find(&h->headers, &author);
	dmarc = sl_dmarc_new(&author, NULL);
	for (size_t i = 0; i < sl_dkim_count(dkim); i++)	/* as if they had passed: that costs more */
		sl_dmarc_add_dkim(dmarc, sl_slice_str(sl_dkim_get(dkim, i)->domain));
	sl_dmarc_end(dmarc);
	answer_all(h, &sl_dmarc_dns, dmarc);
	return dmarc;
}

struct hostile_result
hostile_run(const struct hostile *h)
{
	struct sl_keys *keys = sl_keys_new(h->keys);
	struct hostile_result result;
	double start = cpu_us();
	struct sl_spf *spf = run_spf(h);
	struct sl_dkim *dkim = sl_dkim_new(&h->headers, keys, NOW);
	struct sl_arc *arc = sl_arc_new(&h->headers, keys, false);
	struct sl_dmarc *dmarc;
	size_t forged = 0;

	for (size_t i = 0; i < h->headers.count; i++)
		forged += sl_authres_is_forged(sl_headers_name(&h->headers, i), sl_headers_value(&h->headers, i),
		    "mx.example.com");
	for (size_t at = 0; at < h->body.len; at += FEED_BYTES) {
		sl_dkim_body(dkim, h->body.data + at, SL_MIN(FEED_BYTES, h->body.len - at));
		sl_arc_body(arc, h->body.data + at, SL_MIN(FEED_BYTES, h->body.len - at));
	}
	sl_dkim_body_end(dkim);
	sl_arc_body_end(arc);
	answer_all(h, &sl_dkim_dns, dkim);	/* late: until then the body may be needed */
	answer_all(h, &sl_arc_dns, arc);
	dmarc = run_dmarc(h, dkim);
	result.cpu_us = cpu_us() - start;
	SL_ASSERT(forged == 0);
	snprintf(result.text, sizeof(result.text), "spf=%s dkim=%s*%zu arc=%s/%u dmarc=%s",
	    sl_spf_result_name(sl_spf_result(spf)),
	    sl_dkim_result_name(sl_dkim_count(dkim) > 0 ? sl_dkim_get(dkim, 0)->result : SL_DKIM_NONE),
	    sl_dkim_count(dkim), sl_arc_result_name(sl_arc_result(arc)), sl_arc_instance(arc),
	    sl_dmarc_result_name(sl_dmarc_verdict(dmarc)->result));
	sl_dmarc_free(&dmarc);
	sl_arc_free(&arc);
	sl_dkim_free(&dkim);
	sl_spf_free(&spf);
	sl_keys_free(&keys);
	return result;
}
