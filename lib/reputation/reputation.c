/* reputation.c - see reputation/reputation.h */

#include "reputation/reputation.h"

#include "reputation/cell.h"

#define MAGIC		0x5d4e9074u
#define WAYS		8
#define IMAGINED	4.0		/* messages, before any is seen */
#define WHO_BITS	12		/* of the sketch: four fields of so many */
#define FIELD(n)	(((UINT64_C(1) << WHO_BITS) - 1) << (n) * WHO_BITS)

/* Fields of the sketch */
enum { WHO_UNWANTED, SOURCE_UNWANTED, WHO_WANTED, SOURCE_WANTED };

struct reputation_entry {
	sl_cell	tag;		/* the key; 0: empty */
	sl_cell	unwanted, wanted, phish, malware, refused;
	sl_cell	seen;		/* minutes of the first and of the last report, 10 bits of the tag */
	sl_cell	sketch;
};
_Static_assert(sizeof(struct reputation_entry) == 64, "an entry is a line of the cache");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words are atomic between processes");

void
sl_reputation_init(struct sl_reputation *table, void *memory, size_t len,
    const struct sl_reputation_settings *settings)
{
	SL_ASSERT(len >= SL_REPUTATION_MIN_BYTES && (uintptr_t)memory % 64 == 0 && settings->half_life_min > 0);
	*table = (struct sl_reputation){ .magic = MAGIC, .entries = memory,
		.sets = SL_MIN(len / (WAYS * sizeof(struct reputation_entry)), (size_t)UINT32_MAX), .settings = *settings };
}

uint64_t
sl_reputation_key_within(const struct sl_reputation *table, enum sl_reputation_kind kind, struct sl_slice name,
    uint64_t within)
{
	unsigned char bytes[256 + 9];
	size_t len = SL_MIN(name.len, (size_t)256);
	uint64_t key;

	bytes[0] = (unsigned char)kind;
	memcpy(bytes + 1, &within, 8);
	if (len > 0)
		memcpy(bytes + 9, name.ptr, len);
	key = sl_siphash(table->settings.key, bytes, len + 9);
	return key != 0 ? key : 1;
}

uint64_t
sl_reputation_key(const struct sl_reputation *table, enum sl_reputation_kind kind, struct sl_slice name)
{
	return sl_reputation_key_within(table, kind, name, 0);
}

static struct reputation_entry *
set_of(const struct sl_reputation *table, uint64_t key)
{
	return &table->entries[((key & UINT32_MAX) * table->sets >> 32) * WAYS];
}

static struct reputation_entry *
find(const struct sl_reputation *table, uint64_t key)
{
	struct reputation_entry *set = set_of(table, key);

	for (unsigned i = 0; i < WAYS; i++)
		if (atomic_load_explicit(&set[i].tag, memory_order_relaxed) == key)
			return &set[i];
	return NULL;
}

/* ---- reports ---- */

/* How much would be lost with an entry; what was not seen for long comes first among equals. */
static double
worth(const struct sl_reputation *table, struct reputation_entry *e, uint64_t tag, int64_t now_min)
{
	double half = table->settings.half_life_min;
	int64_t first, last;

	sl_seen_get(atomic_load_explicit(&e->seen, memory_order_relaxed), tag, now_min, &first, &last);
	return sl_cell_get(&e->unwanted, tag, now_min, half) + sl_cell_get(&e->wanted, tag, now_min, half) +
	    sl_cell_get(&e->refused, tag, now_min, half) / 4 + sl_cell_left(now_min - last, half) / 8;
}

/* Cells that the key before has left count as 0 but for one in 131,072 (17 bits of the tag): these go here. */
static struct reputation_entry *
cleared(struct reputation_entry *e)
{
	sl_cell *const cells[] = { &e->unwanted, &e->wanted, &e->phish, &e->malware, &e->refused, &e->seen, &e->sketch };

	for (size_t i = 0; i < SL_COUNT(cells); i++)
		atomic_store_explicit(cells[i], 0, memory_order_relaxed);
	return e;
}

/* An entry for a new key, or NULL: another process was faster. */
static struct reputation_entry *
take(const struct sl_reputation *table, uint64_t key, int64_t now_min)
{
	struct reputation_entry *set = set_of(table, key), *least = NULL;
	uint64_t least_tag = 0;
	double least_worth = INFINITY;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t tag = atomic_load_explicit(&set[i].tag, memory_order_relaxed);
		double w = tag == 0 ? -1 : worth(table, &set[i], tag, now_min);

		if (tag == key)
			return &set[i];
		if (w < least_worth) {
			least_worth = w;
			least = &set[i];
			least_tag = tag;
		}
	}
	if (atomic_compare_exchange_strong_explicit(&least->tag, &least_tag, key, memory_order_relaxed,
	    memory_order_relaxed))
		return cleared(least);
	return least_tag == key ? least : NULL;
}

static uint64_t
sketch_bit(uint64_t of, unsigned field)
{
	return of == 0 ? 0 : UINT64_C(1) << (sl_cell_mix(of, field) % WHO_BITS + field * WHO_BITS);
}

void
sl_reputation_add(const struct sl_reputation *table, uint64_t key, const struct sl_reputation_report *report,
    int64_t now_s)
{
	struct reputation_entry *e;
	double half, weight = fmin(fmax(report->weight, 1 / SL_CELL_ONE), 100);
	bool wanted = report->what == SL_REPUTATION_WANTED;
	int64_t now_min = SL_MAX(now_s, 0) / 60, faded;

	SL_CHECK(table, MAGIC);
	half = table->settings.half_life_min;
	e = find(table, key);
	if (e == NULL)
		e = take(table, key, now_min);
	if (e == NULL)
		return;
	sl_seen_note(&e->seen, key, now_min);
	if (report->what == SL_REPUTATION_REFUSED) {
		sl_cell_add(&e->refused, key, weight, now_min, half);
		return;
	}
	if (report->what == SL_REPUTATION_PHISH)
		sl_cell_add(&e->phish, key, weight, now_min, half);
	if (report->what == SL_REPUTATION_MALWARE)
		sl_cell_add(&e->malware, key, weight, now_min, half);
	faded = sl_cell_add(wanted ? &e->wanted : &e->unwanted, key, weight, now_min, half);
	sl_sketch_add(&e->sketch, key, sketch_bit(report->who, wanted ? WHO_WANTED : WHO_UNWANTED) |
	    sketch_bit(report->source, wanted ? SOURCE_WANTED : SOURCE_UNWANTED),
	    wanted ? FIELD(WHO_WANTED) | FIELD(SOURCE_WANTED) : FIELD(WHO_UNWANTED) | FIELD(SOURCE_UNWANTED),
	    sl_cell_left(faded, half));
}

/* ---- look-up ---- */

static double
distinct(uint64_t sketch, unsigned field)
{
	return sl_sketch_count((unsigned)__builtin_popcountll(sketch & FIELD(field)), WHO_BITS);
}

/* As much of a count as its reporters (at least one) and sources (none: they were not told) may say. */
static double
believed(double count, double who, double sources)
{
	count = fmin(count, fmax(who, 1) * SL_REPUTATION_EACH);
	if (sources > 0)
		count = fmin(count, sources * SL_REPUTATION_SOURCE);
	return count;
}

/* Log-odds of what was seen against wanted mail, beyond those of what is imagined. */
static double
odds(double seen, double wanted, double share)
{
	double l = log((seen + IMAGINED * share) / (wanted + IMAGINED * (1 - share))) - log(share / (1 - share));

	return fmin(fmax(l, SL_REPUTATION_LOW), SL_REPUTATION_HIGH);
}

bool
sl_reputation_look(const struct sl_reputation *table, uint64_t key, int64_t now_s,
    struct sl_reputation_view *out)
{
	struct reputation_entry *e;
	int64_t now_min = SL_MAX(now_s, 0) / 60, first, last;
	double half, unwanted, wanted, part;
	uint64_t sketch;
	bool more;

	SL_CHECK(table, MAGIC);
	half = table->settings.half_life_min;
	e = find(table, key);
	if (e == NULL)
		return false;
	*out = (struct sl_reputation_view){
		.wanted = sl_cell_get(&e->wanted, key, now_min, half),
		.unwanted = sl_cell_get(&e->unwanted, key, now_min, half),
		.phish = sl_cell_get(&e->phish, key, now_min, half),
		.malware = sl_cell_get(&e->malware, key, now_min, half),
		.refused = sl_cell_get(&e->refused, key, now_min, half),
	};
	sl_seen_get(atomic_load_explicit(&e->seen, memory_order_relaxed), key, now_min, &first, &last);
	out->first_s = first * 60;
	out->last_s = last * 60;
	sketch = sl_sketch_get(&e->sketch, key);
	more = out->unwanted >= out->wanted;
	out->reporters = distinct(sketch, more ? WHO_UNWANTED : WHO_WANTED);
	out->sources = distinct(sketch, more ? SOURCE_UNWANTED : SOURCE_WANTED);
	unwanted = believed(out->unwanted, distinct(sketch, WHO_UNWANTED), distinct(sketch, SOURCE_UNWANTED));
	wanted = believed(out->wanted, distinct(sketch, WHO_WANTED), distinct(sketch, SOURCE_WANTED));
	part = out->unwanted > 0 ? unwanted / out->unwanted : 0;
	out->log_odds = odds(unwanted, wanted, 0.5);
	out->phish_log_odds = odds(out->phish * part, wanted, 0.1);
	out->malware_log_odds = odds(out->malware * part, wanted, 0.01);
	return true;
}

uint64_t
sl_reputation_used(const struct sl_reputation *table)
{
	uint64_t looked = SL_MAX(table->sets / 64, (uint64_t)1) * WAYS, used = 0;

	for (uint64_t i = 0; i < looked; i++)
		used += atomic_load_explicit(&table->entries[i].tag, memory_order_relaxed) != 0;
	return used * (table->sets * WAYS / looked);
}
