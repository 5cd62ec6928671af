/* place.c - where a campaign lies: found by bands, put in place of what is known least; see campaign_i.h */

#include "campaign/campaign_i.h"

#define CANDIDATES	8	/* entries of which a new campaign takes one */

void
print_make(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text, struct print *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < SL_MINHASH; i++)
		out->bytes[i / 8] |= (uint64_t)(text->minhash[i] & 0xff) << i % 8 * 8;
	out->simhash = text->simhash;
	out->tag = sl_siphash(campaigns->settings.key, out->bytes, sizeof(out->bytes) + sizeof(out->simhash));
	out->tag += out->tag == 0;
	/* The values are secret already: who knows the key could find texts that crowd a place. */
	for (unsigned b = 0; b < BANDS; b++) {
		uint64_t h = b + 1;

		for (unsigned i = 0; i < BAND_VALUES; i++)
			h = sl_cell_mix(h, text->minhash[b * BAND_VALUES + i]) + h;
		out->bands[b] = sl_cell_mix(h, b);
	}
}

/* ---- find ---- */

/* How many of the 64 bytes are equal, given what equal bytes by chance make up. */
static double
similarity(const struct print *a, const uint64_t bytes[WORDS])
{
	unsigned equal = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t x = a->bytes[i] ^ bytes[i];

		x |= x >> 4;
		x |= x >> 2;
		x |= x >> 1;
		equal += 8 - (unsigned)__builtin_popcountll(x & 0x0101010101010101u);
	}
	return (equal / (double)SL_MINHASH - 1 / 256.0) / (1 - 1 / 256.0);
}

/* An entry's fingerprint, if it is whole. */
static bool
entry_read(const struct sl_campaigns *campaigns, struct campaign_entry *e, struct print *out)
{
	uint64_t tag = atomic_load_explicit(&e->tag, memory_order_acquire);

	if (tag == 0)
		return false;
	for (unsigned i = 0; i < WORDS; i++)
		out->bytes[i] = atomic_load_explicit(&e->bytes[i], memory_order_relaxed);
	out->simhash = atomic_load_explicit(&e->simhash, memory_order_relaxed);
	out->tag = sl_siphash(campaigns->settings.key, out->bytes, sizeof(out->bytes) + sizeof(out->simhash));
	out->tag += out->tag == 0;
	return out->tag == tag;
}

static _Atomic uint64_t *
set_of(const struct sl_campaigns *campaigns, uint64_t band)
{
	return &campaigns->index[((band >> 32) * campaigns->sets >> 32) * PLACES];
}

struct campaign_entry *
campaign_find(const struct sl_campaigns *campaigns, const struct print *print, uint64_t *tag_out,
    double *similarity_out)
{
	uint32_t compared[SL_CAMPAIGN_COMPARED];
	unsigned compared_len = 0;
	struct campaign_entry *best = NULL;

	*similarity_out = 0;
	for (unsigned b = 0; b < BANDS; b++)
		__builtin_prefetch((const void *)set_of(campaigns, print->bands[b]));
	for (unsigned b = 0; b < BANDS; b++) {
		_Atomic uint64_t *set = set_of(campaigns, print->bands[b]);

		for (unsigned i = 0; i < PLACES && compared_len < SL_CAMPAIGN_COMPARED; i++) {
			uint64_t place = atomic_load_explicit(&set[i], memory_order_relaxed);
			uint32_t number = (uint32_t)(place >> 32);
			struct print other;
			bool known = false;
			double near;

			if ((uint32_t)place != (uint32_t)print->bands[b] || number == 0 || number > campaigns->len)
				continue;
			for (unsigned k = 0; k < compared_len && !known; k++)
				known = compared[k] == number;
			if (known)
				continue;
			compared[compared_len++] = number;
			if (!entry_read(campaigns, &campaigns->entries[number - 1], &other))
				continue;
			near = similarity(print, other.bytes);
			if (near >= SL_CAMPAIGN_NEAR && near > *similarity_out) {
				*similarity_out = near;
				*tag_out = other.tag;
				best = &campaigns->entries[number - 1];
			}
		}
	}
	return best;
}

/* ---- begin ---- */

static double
worth(const struct sl_campaigns *campaigns, struct campaign_entry *e, int64_t now_min)
{
	double half = campaigns->settings.half_life_min;
	uint64_t tag = atomic_load_explicit(&e->tag, memory_order_relaxed);

	if (tag == 0)
		return -1;
	return sl_cell_get(&e->messages, tag, now_min, half) + 4 * (
	    sl_cell_get(&e->corrected_unwanted, tag, now_min, half) +
	    sl_cell_get(&e->corrected_wanted, tag, now_min, half));
}

/* Under each band, in place of what is there anyway, or of nothing, or of some other. */
static void
index_add(const struct sl_campaigns *campaigns, const struct print *print, uint32_t number)
{
	for (unsigned b = 0; b < BANDS; b++) {
		_Atomic uint64_t *set = set_of(campaigns, print->bands[b]);
		uint64_t place = (uint64_t)number << 32 | (uint32_t)print->bands[b];
		unsigned at = (unsigned)(sl_cell_mix(print->tag, b) % PLACES);

		for (unsigned i = 0; i < PLACES; i++) {
			uint64_t there = atomic_load_explicit(&set[i], memory_order_relaxed);

			if (there == 0 || there >> 32 == number) {
				at = i;
				break;
			}
		}
		atomic_store_explicit(&set[at], place, memory_order_relaxed);
	}
}

struct campaign_entry *
campaign_begin(const struct sl_campaigns *campaigns, const struct print *print, int64_t now_min)
{
	uint64_t from = sl_cell_mix(print->tag, 0x10) % campaigns->len;
	struct campaign_entry *e = NULL;
	double least = INFINITY;

	for (unsigned i = 0; i < CANDIDATES; i++) {
		struct campaign_entry *other = &campaigns->entries[(from + i) % campaigns->len];
		double w = worth(campaigns, other, now_min);

		if (w < least) {
			least = w;
			e = other;
		}
	}
	SL_ASSERT(e != NULL);
	atomic_store_explicit(&e->tag, 0, memory_order_relaxed);
	for (unsigned i = 0; i < WORDS; i++)
		atomic_store_explicit(&e->bytes[i], print->bytes[i], memory_order_relaxed);
	atomic_store_explicit(&e->simhash, print->simhash, memory_order_relaxed);
	for (sl_cell *cell = &e->messages; cell <= &e->seen; cell++)
		atomic_store_explicit(cell, 0, memory_order_relaxed);
	atomic_store_explicit(&e->tag, print->tag, memory_order_release);
	index_add(campaigns, print, (uint32_t)(e - campaigns->entries) + 1);
	return e;
}
