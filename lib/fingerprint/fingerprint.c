/* fingerprint.c - see fingerprint/fingerprint.h */

#include "fingerprint/fingerprint_i.h"

#define EMPTY		UINT32_MAX

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

uint64_t
fingerprint_hash(const struct sl_fingerprint_key *key, const unsigned char *data, size_t len)
{
	struct sip s = { key->k[0] ^ 0x736f6d6570736575u, key->k[1] ^ 0x646f72616e646f6du,
		key->k[0] ^ 0x6c7967656e657261u, key->k[1] ^ 0x7465646279746573u };
	uint64_t m, last = (uint64_t)len << 56;

	for (; len >= 8; data += 8, len -= 8) {
		memcpy(&m, data, 8);
		s.v3 ^= m;
		sip_round(&s);
		s.v0 ^= m;
	}
	for (size_t i = 0; i < len; i++)
		last |= (uint64_t)data[i] << 8 * i;
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void
sl_fingerprint_key_init(struct sl_fingerprint_key *key, const unsigned char secret[16])
{
	unsigned char label[2] = { 0, 0 };

	memcpy(key->k, secret, sizeof(key->k));
	for (unsigned i = 0; i < SL_COUNT(key->mix); i++) {
		label[0] = (unsigned char)i;
		key->mix[i] = fingerprint_hash(key, label, 1) | 1;
	}
	for (unsigned i = 0; i < SL_COUNT(key->gear); i++) {
		label[0] = (unsigned char)i;
		key->gear[i] = fingerprint_hash(key, label, 2);
	}
}

static void
init(struct sl_fingerprint *f, const struct sl_fingerprint_key *key, bool file)
{
	memset(f, 0, sizeof(*f));
	memset(f->minhash, 0xff, sizeof(f->minhash));
	f->key = key;
	f->file = file;
}

void
sl_fingerprint_init_text(struct sl_fingerprint *f, const struct sl_fingerprint_key *key)
{
	init(f, key, false);
}

void
sl_fingerprint_init_file(struct sl_fingerprint *f, const struct sl_fingerprint_key *key)
{
	init(f, key, true);
}

/* Empty the sliced counters into the votes. */
void
fingerprint_planes_empty(struct sl_fingerprint *f)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		unsigned count = 0;

		for (unsigned i = 0; i < SL_COUNT(f->planes); i++)
			count |= (unsigned)(f->planes[i] >> bit & 1) << i;
		f->votes[bit] += (int32_t)(2 * count) - (int32_t)f->planes_used;
	}
	memset(f->planes, 0, sizeof(f->planes));
	f->planes_used = 0;
}

void
sl_fingerprint_feed(struct sl_fingerprint *f, struct sl_slice bytes)
{
	if (f->file)
		file_feed(f, bytes);
	else
		text_feed(f, bytes);
}

/* Give places that no shingle chose the value of another, the same in every text (optimal
 * densification, Shrivastava 2017): short texts have few shingles. */
static void
densify(const uint32_t from[SL_MINHASH], uint32_t to[SL_MINHASH])
{
	for (uint32_t i = 0; i < SL_MINHASH; i++) {
		uint64_t at = i, try = 0;

		while (from[at] == EMPTY)
			at = fingerprint_mix(0x9e3779b97f4a7c15u * (i + 1), 0xd6e8feb86659fd93u * ++try + i) %
			    SL_MINHASH;
		to[i] = from[at];
	}
}

void
sl_fingerprint_finish(struct sl_fingerprint *f, struct sl_fingerprint_result *out)
{
	if (f->file)
		file_finish(f);
	else
		text_finish(f);
	memset(out, 0, sizeof(*out));
	if (f->shingles == 0 && f->words > 0)	/* one or two words */
		fingerprint_shingle(f, fingerprint_mix(f->last[0] + f->key->mix[0],
		    f->last[1] ^ f->key->mix[1]) & ~UINT64_C(7));
	out->shingles = f->shingles;
	if (f->shingles == 0)
		return;
	fingerprint_planes_empty(f);
	for (unsigned bit = 0; bit < 64; bit++)
		out->simhash |= (uint64_t)(f->votes[bit] > 0) << bit;
	densify(f->minhash, out->minhash);
}

unsigned
sl_fingerprint_distance(const struct sl_fingerprint_result *a, const struct sl_fingerprint_result *b)
{
	return (unsigned)__builtin_popcountll(a->simhash ^ b->simhash);
}

double
sl_fingerprint_similarity(const struct sl_fingerprint_result *a, const struct sl_fingerprint_result *b)
{
	unsigned equal = 0;

	if (a->shingles == 0 || b->shingles == 0)
		return 0;
	for (unsigned i = 0; i < SL_MINHASH; i++)
		equal += a->minhash[i] == b->minhash[i];
	return equal / (double)SL_MINHASH;
}
