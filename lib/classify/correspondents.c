/* correspondents.c - see classify/correspondents.h */

#include "classify/correspondents.h"

#include <stdatomic.h>

#define CELLS		8	/* of a bucket: a cache line */
#define DAY_S		86400
#define KEEP_DAYS	(SL_CORRESPONDENTS_WEEKS * 7)
#define DAYS_MAX	255
#define AHEAD_DAYS	1000	/* a day so far ahead is one long ago: the clock's day wraps */
#define TEXT_MAX	512	/* of an address with its tenant; what goes on is cut */

/* What a cell is of. */
enum way { FROM_ADDRESS = 'a', FROM_DOMAIN = 'd', TO_ADDRESS = 'A', TO_DOMAIN = 'D', TENANT = 't' };

/* A cell: 32 bits of a hash, the day it was last seen (mod 2^16), on how many days (1 ... 255), 8 unused. 0: empty. */
static uint64_t
cell_make(uint64_t hash, unsigned day, unsigned days)
{
	return (hash >> 32) << 32 | (uint64_t)(day & 0xffff) << 16 | (uint64_t)days << 8;
}

static unsigned
cell_days(uint64_t cell)
{
	return (unsigned)(cell >> 8) & 0xff;
}

/* Days since it was seen; what lies ahead, by a clock put back, is now. */
static unsigned
cell_age(uint64_t cell, unsigned day)
{
	unsigned age = (day - (unsigned)(cell >> 16)) & 0xffff;

	return age > 0xffff - AHEAD_DAYS ? 0 : age;
}

void
sl_correspondents_init(struct sl_correspondents *table, void *memory, size_t size_bytes,
    const struct sl_correspondents_settings *settings)
{
	SL_ASSERT(size_bytes >= SL_CORRESPONDENTS_MIN_BYTES && (uintptr_t)memory % 64 == 0);
	SL_ASSERT(settings->quiet_days <= SL_CORRESPONDENTS_QUIET_MAX);
	table->settings = *settings;
	table->cells = memory;
	table->buckets = SL_MIN(size_bytes / (CELLS * sizeof(uint64_t)), (size_t)UINT32_MAX);
}

static uint64_t
hash_of(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice what, enum way way)
{
	unsigned char text[TEXT_MAX];
	size_t len = 0;

	text[len++] = (unsigned char)way;
	tenant.len = SL_MIN(tenant.len, (size_t)TEXT_MAX / 2 - 2);
	if (tenant.len > 0)
		memcpy(text + len, tenant.ptr, tenant.len);
	len += tenant.len;
	text[len++] = '\0';
	for (size_t i = 0; i < what.len && len < sizeof(text); i++)
		text[len++] = sl_ascii_lower(what.ptr[i]);
	return sl_siphash(table->settings.key, text, len);
}

/* By the low half; the high half is in the cell. */
static _Atomic uint64_t *
bucket_of(const struct sl_correspondents *table, uint64_t hash)
{
	return table->cells + ((hash & UINT32_MAX) * table->buckets >> 32) * CELLS;
}

static unsigned
day_of(int64_t now_s)
{
	return (unsigned)(now_s / DAY_S) & 0xffff;
}

/* Its cell's number in the bucket, and what it holds; -1: there is none. */
static int
cell_find(_Atomic uint64_t *bucket, uint64_t hash, unsigned day, uint64_t *cell_out)
{
	for (int i = 0; i < CELLS; i++) {
		uint64_t cell = atomic_load_explicit(&bucket[i], memory_order_relaxed);

		if (cell >> 32 == hash >> 32 && cell_days(cell) > 0 && cell_age(cell, day) <= KEEP_DAYS) {
			*cell_out = cell;
			return i;
		}
	}
	return -1;
}

/* On how many days was it seen? */
static unsigned
days_of(const struct sl_correspondents *table, uint64_t hash, unsigned day)
{
	uint64_t cell;

	return cell_find(bucket_of(table, hash), hash, day, &cell) < 0 ? 0 : cell_days(cell);
}

/* Which cell is missed least: empty or too old ones, then who is not known yet, then the oldest. */
static unsigned
victim_of(_Atomic uint64_t *bucket, unsigned day)
{
	unsigned victim = 0, worst = 0;

	for (unsigned i = 0; i < CELLS; i++) {
		uint64_t cell = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		unsigned age = cell_age(cell, day), badness = 1 + age;

		if (cell_days(cell) == 0 || age > KEEP_DAYS)
			return i;
		if (cell_days(cell) < SL_CORRESPONDENTS_DAYS)
			badness += KEEP_DAYS + 1;
		if (badness > worst) {
			worst = badness;
			victim = i;
		}
	}
	return victim;
}

static void
put(const struct sl_correspondents *table, uint64_t hash, unsigned day, unsigned days_least)
{
	_Atomic uint64_t *bucket = bucket_of(table, hash);
	unsigned days = 1;
	uint64_t cell;
	int i = cell_find(bucket, hash, day, &cell);

	if (i >= 0) {
		days = cell_days(cell);
		if (cell_age(cell, day) > 0)
			days = SL_MIN(days + 1, (unsigned)DAYS_MAX);
		else
			day = (unsigned)(cell >> 16) & 0xffff;	/* today, or ahead: it stays */
	} else {
		i = (int)victim_of(bucket, day);
	}
	atomic_store_explicit(&bucket[i], cell_make(hash, day, SL_MAX(days, days_least)), memory_order_relaxed);
}

static struct sl_slice
domain_of(struct sl_slice address)
{
	const unsigned char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

	return at == NULL ? sl_slice(NULL, 0) : sl_slice_from(address, (size_t)(at - address.ptr));
}

void
sl_correspondents_add(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
    enum sl_correspondence way, int64_t now_s)
{
	struct sl_slice domain = domain_of(address);
	bool came = way == SL_CAME_FROM;
	unsigned day = day_of(now_s), least = came ? 1 : SL_CORRESPONDENTS_DAYS;	/* nobody else makes us write */

	SL_ASSERT(came || way == SL_SENT_TO);
	if (domain.len < 2)
		return;
	put(table, hash_of(table, tenant, address, came ? FROM_ADDRESS : TO_ADDRESS), day, least);
	put(table, hash_of(table, tenant, domain, came ? FROM_DOMAIN : TO_DOMAIN), day, least);
	put(table, hash_of(table, tenant, sl_slice(NULL, 0), TENANT), day, 1);
}

unsigned
sl_correspondents_find(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
    int64_t now_s)
{
	struct sl_slice domain = domain_of(address);
	unsigned day = day_of(now_s), known = 0;
	const struct {
		enum way		way;
		struct sl_slice		what;
		enum sl_correspondence	well, lately;
	} asked[] = {
		{ FROM_ADDRESS, address, SL_CAME_FROM, SL_CAME_FROM_LATELY },
		{ FROM_DOMAIN, domain, SL_CAME_FROM_DOMAIN, SL_CAME_FROM_DOMAIN_LATELY },
		{ TO_ADDRESS, address, SL_SENT_TO, SL_SENT_TO },
		{ TO_DOMAIN, domain, SL_SENT_TO_DOMAIN, SL_SENT_TO_DOMAIN },
	};

	if (domain.len < 2)
		return 0;
	for (size_t i = 0; i < SL_COUNT(asked); i++) {
		unsigned days = days_of(table, hash_of(table, tenant, asked[i].what, asked[i].way), day);

		if (days > 0)
			known |= days >= SL_CORRESPONDENTS_DAYS ? asked[i].well : asked[i].lately;
	}
	if (days_of(table, hash_of(table, tenant, sl_slice(NULL, 0), TENANT), day) >= table->settings.quiet_days)
		known |= SL_TENANT_KNOWN;
	return known;
}
