/* bits.c - see bits_i.h */

#include "bits_i.h"

#define TRIES	32	/* by luck, before they are counted */

void
bits_fini(struct bits *bits)
{
	sl_free(bits->words);
	*bits = (struct bits){ 0 };
}

void
bits_grow(struct bits *bits, uint32_t count)
{
	size_t have = ((size_t)bits->count + 63) / 64, want = ((size_t)count + 63) / 64;

	SL_ASSERT(count >= bits->count);
	if (want > have) {
		bits->words = sl_xrealloc(bits->words, want * sizeof(*bits->words));
		memset(bits->words + have, 0, (want - have) * sizeof(*bits->words));
	}
	bits->count = count;
}

void
bits_set(struct bits *bits, uint32_t i, bool in)
{
	uint64_t bit = UINT64_C(1) << (i % 64);

	SL_ASSERT(i < bits->count);
	if (bits_has(bits, i) == in)
		return;
	bits->words[i / 64] ^= bit;
	if (in)
		bits->used++;
	else
		bits->used--;
}

uint32_t
bits_random(uint32_t below)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % below, v;

	SL_ASSERT(below > 0);
	do
		sl_random(&v, sizeof(v));
	while (v >= limit);
	return v % below;
}

static uint64_t
free_of(const struct bits *bits, uint32_t word, uint32_t from)
{
	uint64_t free = ~bits->words[word];

	if (word == from / 64)
		free &= ~UINT64_C(0) << (from % 64);
	if ((word + 1) * 64ull > bits->count)
		free &= ~UINT64_C(0) >> (64 - bits->count % 64);
	return free;
}

/* The free one that has `skip` free ones before it. */
static uint32_t
nth_free(const struct bits *bits, uint32_t from, uint32_t skip)
{
	for (uint32_t w = from / 64; w * 64ull < bits->count; w++) {
		uint64_t free = free_of(bits, w, from);
		uint32_t n = (uint32_t)__builtin_popcountll(free);

		if (skip >= n) {
			skip -= n;
			continue;
		}
		while (skip-- > 0)
			free &= free - 1;
		return w * 64 + (uint32_t)__builtin_ctzll(free);
	}
	return BITS_NONE;
}

uint32_t
bits_first_free(const struct bits *bits, uint32_t from)
{
	return from >= bits->count ? BITS_NONE : nth_free(bits, from, 0);
}

uint32_t
bits_random_free(const struct bits *bits, uint32_t from)
{
	uint32_t n = 0;

	if (from >= bits->count)
		return BITS_NONE;
	for (int i = 0; i < TRIES; i++) {
		uint32_t at = from + bits_random(bits->count - from);

		if (!bits_has(bits, at))
			return at;
	}
	for (uint32_t w = from / 64; w * 64ull < bits->count; w++)
		n += (uint32_t)__builtin_popcountll(free_of(bits, w, from));
	return n == 0 ? BITS_NONE : nth_free(bits, from, bits_random(n));
}

uint32_t
bits_free_run(const struct bits *bits, uint32_t i, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && i + n < bits->count && !bits_has(bits, i + n)) {
		if ((i + n) % 64 == 0 && bits->words[(i + n) / 64] == 0 && max - n >= 64 && bits->count - i - n >= 64)
			n += 64;
		else
			n++;
	}
	return n;
}
