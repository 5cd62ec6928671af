/*
 * cell.h - counts that many processes keep together: words of shared memory that fade with time
 *
 * A cell is one 64-bit word: a count in eighths, the minute up to which it has faded, and 17 bits of
 * the tag of the entry it belongs to. So a cell is never torn, and what is written late for an entry that has
 * changed hands meanwhile, or was left by a process that died in between, counts as 0.
 * Changes are compare-and-swap with few tries: who loses all of them loses a count.
 *
 * Counts halve every half-life, by random rounding (of a hash), so that small counts fade too. What is
 * read is believed only as far as it can do harm: a word whose time lies in the future is 0.
 *
 * A sketch is a word of 48 bits, one for each group of things that differ, and 16 bits of the tag:
 * how many different ones there were is told from the bits that are set. Bits fade as counts do.
 */
#ifndef SL_REPUTATION_CELL_H
#define SL_REPUTATION_CELL_H

#include <math.h>
#include <stdatomic.h>

#include "sl/base.h"

#define SL_CELL_COUNT_BITS	20
#define SL_CELL_TIME_BITS	27	/* minutes since 1970: until the year 2225 */
#define SL_CELL_ONE		8.0	/* a count of 1 */
#define SL_CELL_MAX		((double)((1u << SL_CELL_COUNT_BITS) - 1) / SL_CELL_ONE)
#define SL_CELL_TRIES		8
#define SL_CELL_FUTURE_MIN	1440	/* a time later than this from now is none */
#define SL_SKETCH_BITS		48

typedef _Atomic uint64_t sl_cell;

struct sl_cell_value {
	double		count;
	int64_t		minute;
};

static inline uint64_t
sl_cell_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* What is left of a count of 1 after so many minutes. */
static inline double
sl_cell_left(int64_t minutes, double half_life_min)
{
	return minutes <= 0 ? 1 : exp2(-(double)minutes / half_life_min);
}

static inline struct sl_cell_value
sl_cell_read(uint64_t word, uint64_t tag, int64_t now_min)
{
	struct sl_cell_value value = { 0, now_min };
	int64_t minute = (int64_t)(word >> SL_CELL_COUNT_BITS & ((UINT64_C(1) << SL_CELL_TIME_BITS) - 1));

	if (word == 0 || word >> 47 != tag >> 47 || minute > now_min + SL_CELL_FUTURE_MIN)
		return value;
	value.count = (double)(word & ((1u << SL_CELL_COUNT_BITS) - 1)) / SL_CELL_ONE;
	value.minute = minute;
	return value;
}

static inline double
sl_cell_get(sl_cell *cell, uint64_t tag, int64_t now_min, double half_life_min)
{
	struct sl_cell_value value = sl_cell_read(atomic_load_explicit(cell, memory_order_relaxed), tag, now_min);

	return value.count * sl_cell_left(now_min - value.minute, half_life_min);
}

/* Add to a count. Returns the minutes by which it faded on the way (0 if it lost every try): as much as what goes
 * with it should fade. */
static inline int64_t
sl_cell_add(sl_cell *cell, uint64_t tag, double amount, int64_t now_min, double half_life_min)
{
	uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);

	for (int try = 0; try < SL_CELL_TRIES; try++) {
		struct sl_cell_value value = sl_cell_read(old, tag, now_min);
		int64_t minutes = now_min - value.minute, quantum = (int64_t)(half_life_min / 64);
		double eighths = value.count * SL_CELL_ONE, random;
		uint64_t word;

		if (minutes <= quantum)		/* too little: when it is more it fades by all of it */
			minutes = 0;
		eighths = eighths * sl_cell_left(minutes, half_life_min) + amount * SL_CELL_ONE;
		random = (double)(sl_cell_mix(old, tag + (uint64_t)now_min) >> 11) * 0x1p-53;
		eighths = fmin(floor(eighths + random), SL_CELL_MAX * SL_CELL_ONE);
		word = (uint64_t)eighths | (uint64_t)(value.minute + minutes) << SL_CELL_COUNT_BITS |
		    tag >> 47 << 47;
		if (atomic_compare_exchange_weak_explicit(cell, &old, word, memory_order_relaxed,
		    memory_order_relaxed))
			return SL_MAX(minutes, 0);
	}
	return 0;
}

/* ---- sketches ---- */

static inline uint64_t
sl_sketch_get(sl_cell *cell, uint64_t tag)
{
	uint64_t word = atomic_load_explicit(cell, memory_order_relaxed);

	return word >> 48 == tag >> 48 ? word & ((UINT64_C(1) << SL_SKETCH_BITS) - 1) : 0;
}

/* Let the bits of `fading` go, each with the chance 1 - left, then set those of `set`. */
static inline void
sl_sketch_add(sl_cell *cell, uint64_t tag, uint64_t set, uint64_t fading, double left)
{
	uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);

	for (int try = 0; try < SL_CELL_TRIES; try++) {
		uint64_t bits = old >> 48 == tag >> 48 ? old & ((UINT64_C(1) << SL_SKETCH_BITS) - 1) : 0;
		uint64_t word;

		for (unsigned i = 0; left < 1 && i < SL_SKETCH_BITS; i++) {
			double random = (double)(sl_cell_mix(old + i, tag ^ set) >> 11) * 0x1p-53;

			if ((fading >> i & 1) != 0 && random > left)
				bits &= ~(UINT64_C(1) << i);
		}
		word = bits | set | tag >> 48 << 48;
		if (word == old || atomic_compare_exchange_weak_explicit(cell, &old, word, memory_order_relaxed,
		    memory_order_relaxed))
			return;
	}
}

/* About how many different ones set these bits, `ones` of `len` (linear counting). */
static inline double
sl_sketch_count(unsigned ones, unsigned len)
{
	return ones == 0 ? 0 : ones >= len ? len * log(2.0 * len) : -(double)len * log(1 - (double)ones / len);
}

/* ---- when something was seen: minutes of the first and the last time, 10 bits of the tag ---- */

static inline void
sl_seen_get(uint64_t word, uint64_t tag, int64_t now_min, int64_t *first_out, int64_t *last_out)
{
	const uint64_t mask = (UINT64_C(1) << SL_CELL_TIME_BITS) - 1;

	*first_out = (int64_t)(word & mask);
	*last_out = (int64_t)(word >> SL_CELL_TIME_BITS & mask);
	if (word >> 54 != tag >> 54 || *first_out > *last_out || *last_out > now_min + SL_CELL_FUTURE_MIN)
		*first_out = *last_out = now_min;
}

static inline void
sl_seen_note(sl_cell *cell, uint64_t tag, int64_t now_min)
{
	uint64_t old = atomic_load_explicit(cell, memory_order_relaxed), word;
	int64_t first, last;

	for (int try = 0; try < SL_CELL_TRIES; try++) {
		sl_seen_get(old, tag, now_min, &first, &last);
		last = SL_MAX(last, now_min);
		word = (uint64_t)first | (uint64_t)last << SL_CELL_TIME_BITS | tag >> 54 << 54;
		if (word == old || atomic_compare_exchange_weak_explicit(cell, &old, word, memory_order_relaxed,
		    memory_order_relaxed))
			return;
	}
}

#endif
