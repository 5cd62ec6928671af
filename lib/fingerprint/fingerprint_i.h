/* fingerprint_i.h - inside of fingerprints: fingerprint.c sums up shingles, text.c and file.c make them */
#ifndef SL_FINGERPRINT_FINGERPRINT_I_H
#define SL_FINGERPRINT_FINGERPRINT_I_H

#include "fingerprint/fingerprint.h"

static inline uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* SipHash-1-3 (Aumasson, Bernstein). */
uint64_t	fingerprint_hash(const struct sl_fingerprint_key *key, const unsigned char *data, size_t len);
/* Fold the product of a number, under a secret, and a secret. Not for results that an outsider sees. */
static inline uint64_t
fingerprint_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define PLANES_FULL	255	/* additions that eight bits hold */
#define SAMPLED		8	/* beyond SL_FINGERPRINT_FULL bytes one shingle of so many counts */

void		fingerprint_planes_empty(struct sl_fingerprint *f);

/* Add one to the counter of each bit that is set: 64 counters at once, a plane for each digit. */
static inline void
fingerprint_vote(struct sl_fingerprint *f, uint64_t hash)
{
	uint64_t carry = hash, both;

	for (unsigned i = 0; i < SL_COUNT(f->planes); i++) {
		both = f->planes[i] & carry;
		f->planes[i] ^= carry;
		carry = both;
	}
	if (++f->planes_used == PLANES_FULL)
		fingerprint_planes_empty(f);
}

/* A shingle, by its hash. */
static inline void
fingerprint_shingle(struct sl_fingerprint *f, uint64_t hash)
{
	uint64_t *seen, bit;
	uint32_t value;

	if (f->at > SL_FINGERPRINT_FULL && hash % SAMPLED != 0)
		return;
	/* a minhash of one permutation: the hash chooses the place, the least value stays there */
	hash = fingerprint_mix(hash, f->key->mix[2]);
	value = (uint32_t)(hash >> 32);
	if (value < f->minhash[hash % SL_MINHASH])
		f->minhash[hash % SL_MINHASH] = value;

	hash = fingerprint_mix(hash, f->key->mix[3]);
	seen = &f->seen[hash >> 6 & (SL_COUNT(f->seen) - 1)];
	bit = UINT64_C(1) << (hash & 63);
	if (*seen & bit)
		return;
	*seen |= bit;
	f->shingles++;
	fingerprint_vote(f, hash);
}

/* The next word, by its hash: it ends a shingle. */
static inline void
fingerprint_word(struct sl_fingerprint *f, uint64_t hash)
{
	uint64_t before = f->last[1], first = f->last[0];

	f->last[0] = before;
	f->last[1] = hash;
	if (f->words < 2) {
		f->words++;
		return;
	}
	f->words = 3;
	fingerprint_shingle(f, fingerprint_mix(rotate(first, 17) + rotate(before, 31) + f->key->mix[0],
	    hash ^ f->key->mix[1]) + before);
}

void		text_feed(struct sl_fingerprint *f, struct sl_slice bytes);
void		text_finish(struct sl_fingerprint *f);
void		file_feed(struct sl_fingerprint *f, struct sl_slice bytes);
void		file_finish(struct sl_fingerprint *f);

#endif
