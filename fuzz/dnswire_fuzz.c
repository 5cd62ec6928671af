/*
 * dnswire_fuzz.c - a reply, hostile or written from the input
 *
 * Hostile bytes behind our question: whatever is read keeps its bounds, every name could be asked
 * for, and the same bytes give the same. A reply written by an encoder of our own (a chain of
 * aliases in any order, records, others between them) gives the records it was written from; no
 * prefix of it gives an answer. What was read can be remembered and found again.
 */

#include "../test/dnsbuild.h"
#include "dns/cache.h"

#define ID	0x4242
#define QR	0x8180

static const enum sl_dns_type types[] = { SL_DNS_A, SL_DNS_CNAME, SL_DNS_PTR, SL_DNS_MX, SL_DNS_TXT, SL_DNS_AAAA };
static struct build b;
static struct sl_dns_reply reply, again;
static struct sl_dns_cache *cache;

struct input {
	const unsigned char	*data;
	size_t			 len;
};

static unsigned
take(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->data++;
}

static void
same(const struct sl_dns_answer *a, const struct sl_dns_answer *c)
{
	SL_ASSERT(a->status == c->status && a->count == c->count);
	for (size_t i = 0; i < a->count; i++)
		SL_ASSERT(a->records[i].preference == c->records[i].preference &&
		    sl_slice_eq(a->records[i].data, c->records[i].data));
}

/* What holds for every reply. */
static void
check(enum sl_dns_reply_kind kind, enum sl_dns_type type)
{
	struct sl_dns_answer found;
	bool is_name = type == SL_DNS_PTR || type == SL_DNS_MX || type == SL_DNS_CNAME;

	SL_ASSERT((kind == SL_DNS_REPLY_GOOD) == (reply.answer.status != SL_DNS_TEMPERROR));
	SL_ASSERT((reply.answer.status == SL_DNS_FOUND) == (reply.answer.count > 0));
	SL_ASSERT(reply.answer.count <= SL_DNS_RECORDS_MAX && reply.ttl_s <= INT32_MAX);
	for (size_t i = 0; i < reply.answer.count; i++) {
		struct sl_slice data = reply.answer.records[i].data;

		SL_ASSERT(data.ptr >= reply.data && data.ptr + data.len <= reply.data + reply.data_len);
		SL_ASSERT(!is_name || sl_dns_name_ok(data) || (type == SL_DNS_MX && data.len == 0));
		SL_ASSERT((type != SL_DNS_A || data.len == 4) && (type != SL_DNS_AAAA || data.len == 16));
	}
	if (kind != SL_DNS_REPLY_GOOD)
		return;
	sl_dns_cache_put(cache, type, SL_SLICE_LIT("a.example"), &reply.answer, reply.ttl_s, 0);
	if (sl_dns_cache_find(cache, type, SL_SLICE_LIT("a.example"), 999999, &found))
		same(&reply.answer, &found);
	SL_ASSERT(sl_dns_cache_stats(cache)->bytes <= SL_DNS_CACHE_BYTES_MIN);
}

static enum sl_dns_reply_kind
read_built(size_t len, enum sl_dns_type type)
{
	unsigned char *exact = sl_xmalloc(len + 1);		/* so that ASan sees its end */
	unsigned char *message = sl_xrealloc(exact, SL_MAX(len, (size_t)1));
	enum sl_dns_reply_kind kind, second;

	memcpy(message, b.data, len);
	kind = sl_dns_reply_read(&reply, message, len, ID, type, SL_SLICE_LIT("a.example"));
	second = sl_dns_reply_read(&again, message, len, ID, type, SL_SLICE_LIT("a.example"));
	SL_ASSERT(kind == second && reply.ttl_s == again.ttl_s && reply.dropped == again.dropped);
	same(&reply.answer, &again.answer);
	sl_free(message);
	check(kind, type);
	return kind;
}

static void
hostile(struct input *in)
{
	enum sl_dns_type type = types[take(in) % SL_COUNT(types)];
	unsigned flags = QR | (take(in) & 0x0fu), counts[3];

	for (int i = 0; i < 3; i++)
		counts[i] = take(in);
	build_begin(&b, ID, flags, (unsigned)type, "a.example");
	for (size_t i = 0; i < 3; i++)
		b.data[BUILD_ANSWER + 2 * i + 1] = (unsigned char)counts[i];
	build_bytes(&b, in->data, SL_MIN(in->len, (size_t)60000));
	(void)read_built(b.len, type);
}

/* Any bytes at all. */
static void
raw(struct input *in)
{
	enum sl_dns_type type = types[take(in) % SL_COUNT(types)];

	b.len = 0;
	build_bytes(&b, in->data, SL_MIN(in->len, (size_t)60000));
	(void)read_built(b.len, type);
}

/* The i-th name of the chain. */
static const char *
link_name(unsigned i, char out[16])
{
	static const char letters[] = "bcdefghijklmnop";

	if (i == 0)
		return "@12";
	out[0] = letters[i];
	memcpy(out + 1, "@14", 4);	/* .example */
	return out;
}

static void
written(struct input *in)
{
	static const enum sl_dns_type kinds[] = { SL_DNS_TXT, SL_DNS_MX, SL_DNS_A };
	enum sl_dns_type type = kinds[take(in) % 3];
	unsigned links = take(in) % 13, count = take(in) % 140, order[13], status = take(in) % 2 ? 3 : 0;
	struct sl_slice texts[140];
	char from[16], to[16];
	enum sl_dns_reply_kind kind;

	build_begin(&b, ID, QR | (count == 0 ? status : 0), (unsigned)type, "a.example");
	for (unsigned i = 0; i < links; i++) {		/* a permutation, by insertion */
		unsigned at = take(in) % (i + 1);

		memmove(order + at + 1, order + at, (i - at) * sizeof(order[0]));
		order[at] = i;
	}
	for (unsigned i = 0; i < links; i++)
		build_name_record(&b, link_name(order[i], from), SL_DNS_CNAME, 60, -1, link_name(order[i] + 1, to));
	for (unsigned i = 0; i < count; i++) {
		unsigned n = take(in);

		texts[i] = sl_slice(in->data, SL_MIN(in->len, (size_t)(n & 0x3f)));
		if ((n & 0x40) != 0)
			build_a(&b, "other@14", 1, n);
		if ((n & 0x80) != 0)
			build_txt(&b, links > 0 ? "@12" : "other@14", 1, texts[i], 3);
		if (type == SL_DNS_TXT)
			build_txt(&b, link_name(links, from), 60, texts[i], (n & 7) + 1);
		else if (type == SL_DNS_MX)
			build_name_record(&b, link_name(links, from), SL_DNS_MX, 60, (int)n, link_name(n % 13, to));
		else
			build_a(&b, link_name(links, from), 60, n);
	}
	kind = read_built(b.len, type);
	if (links > SL_DNS_CHAIN_MAX) {
		SL_ASSERT(kind == SL_DNS_REPLY_FAILED);
		return;
	}
	SL_ASSERT(kind == SL_DNS_REPLY_GOOD);
	SL_ASSERT(reply.answer.count == SL_MIN(count, (unsigned)SL_DNS_RECORDS_MAX));
	SL_ASSERT(reply.answer.count + reply.dropped == count);
	SL_ASSERT(count > 0 || reply.answer.status == (status == 3 ? SL_DNS_NXDOMAIN : SL_DNS_NODATA));
	for (size_t i = 0; i < reply.answer.count && type == SL_DNS_TXT; i++)
		SL_ASSERT(sl_slice_eq(reply.answer.records[i].data, texts[i]));
	if (count + links > 0) {
		size_t cut = (size_t)take(in) * b.len / 256;

		kind = read_built(cut, type);
		SL_ASSERT(kind == SL_DNS_REPLY_FOREIGN || kind == SL_DNS_REPLY_FAILED);
	}
}

/* A name from the input, asked and found in its own question. */
static void
asked(struct input *in)
{
	struct sl_slice name = sl_slice(in->data, in->len);
	unsigned char message[SL_DNS_QUESTION_MAX];
	size_t len;

	if (!sl_dns_name_ok(name))
		return;
	len = sl_dns_question_write(message, ID, SL_DNS_TXT, name, SL_DNS_PAYLOAD);
	SL_ASSERT(len <= sizeof(message));
	message[2] |= 0x80;
	SL_ASSERT(sl_dns_reply_read(&reply, message, len, ID, SL_DNS_TXT, name) == SL_DNS_REPLY_GOOD);
	SL_ASSERT(reply.answer.status == SL_DNS_NODATA);
	SL_ASSERT(sl_dns_reply_read(&reply, message, len, ID + 1, SL_DNS_TXT, name) == SL_DNS_REPLY_FOREIGN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char key[SL_DNS_CACHE_KEY_BYTES] = { 1 };
	struct input in = { data, len };

	if (cache == NULL)
		cache = sl_dns_cache_new(SL_DNS_CACHE_BYTES_MIN, key);
	switch (take(&in) % 4) {
	case 0:
		hostile(&in);
		break;
	case 1:
		raw(&in);
		break;
	case 2:
		written(&in);
		break;
	case 3:
		asked(&in);
		break;
	}
	return 0;
}
