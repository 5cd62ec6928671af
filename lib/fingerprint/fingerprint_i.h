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

/* A shingle, by its hash. */
void		fingerprint_shingle(struct sl_fingerprint *f, uint64_t hash);
/* The next word, by its hash: it ends a shingle. */
void		fingerprint_word(struct sl_fingerprint *f, uint64_t hash);

void		text_feed(struct sl_fingerprint *f, struct sl_slice bytes);
void		text_finish(struct sl_fingerprint *f);
void		file_feed(struct sl_fingerprint *f, struct sl_slice bytes);
void		file_finish(struct sl_fingerprint *f);

#endif
