/* correspondents.c - see classify/correspondents.h */

#include "classify/correspondents.h"

#include <stdatomic.h>

#define TABLE_MAGIC	0x5dc0a117u
#define CELLS		8	/* of a bucket */
#define WEEK_S		604800
#define TEXT_MAX	512	/* of an address with its tenant; what goes on is cut */

/* A cell: 24 bits of a hash, never 0, and the week it was last seen, mod 256. 0: empty. */
struct sl_correspondents {
	uint32_t		magic;
	uint32_t		bits;		/* 2^bits buckets */
	unsigned char		key[16];
	_Atomic uint32_t	cells[];
};

size_t
sl_correspondents_size(size_t cells)
{
	size_t buckets = 1;

	while (buckets * CELLS < cells && buckets < (size_t)1 << 28)
		buckets *= 2;
	return sizeof(struct sl_correspondents) + buckets * CELLS * sizeof(uint32_t);
}

struct sl_correspondents *
sl_correspondents_init(void *memory, size_t size_bytes, const unsigned char key[16])
{
	struct sl_correspondents *table = memory;

	SL_ASSERT(size_bytes >= sl_correspondents_size(1) && (uintptr_t)memory % 8 == 0);
	memset(memory, 0, size_bytes);
	while (table->bits < 28 && sl_correspondents_size((size_t)CELLS << (table->bits + 1)) <= size_bytes)
		table->bits++;
	memcpy(table->key, key, sizeof(table->key));
	table->magic = TABLE_MAGIC;
	return table;
}

struct sl_correspondents *
sl_correspondents_open(void *memory, size_t size_bytes)
{
	struct sl_correspondents *table = memory;

	if (size_bytes < sl_correspondents_size(1) || (uintptr_t)memory % 8 != 0 || table->magic != TABLE_MAGIC ||
	    table->bits > 28 || sl_correspondents_size((size_t)CELLS << table->bits) > size_bytes)
		return NULL;
	return table;
}

/* Of tenant, way and address, or of its domain alone. */
static uint64_t
hash_of(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
    enum sl_correspondence way)
{
	unsigned char text[TEXT_MAX];
	size_t len = 0;

	text[len++] = (unsigned char)way;
	tenant.len = SL_MIN(tenant.len, (size_t)TEXT_MAX / 2 - 2);
	if (tenant.len > 0)
		memcpy(text + len, tenant.ptr, tenant.len);
	len += tenant.len;
	text[len++] = '\0';
	for (size_t i = 0; i < address.len && len < sizeof(text); i++)
		text[len++] = sl_ascii_lower(address.ptr[i]);
	return sl_siphash(table->key, text, len);
}

static const _Atomic uint32_t *
bucket_of(const struct sl_correspondents *table, uint64_t hash)
{
	return table->cells + (hash & (((uint64_t)1 << table->bits) - 1)) * CELLS;
}

static uint32_t
print_of(uint64_t hash)
{
	uint32_t print = (uint32_t)(hash >> 40);

	return print != 0 ? print : 1;
}

static uint8_t
week_of(int64_t now_s)
{
	return (uint8_t)(now_s / WEEK_S);
}

/* Weeks since a cell was seen; what lies ahead, by a clock put back, is now. */
static unsigned
age_of(uint32_t cell, uint8_t week)
{
	uint8_t age = (uint8_t)(week - (uint8_t)cell);

	return age > 250 ? 0 : age;
}

static bool
has(const struct sl_correspondents *table, uint64_t hash, uint8_t week)
{
	const _Atomic uint32_t *bucket = bucket_of(table, hash);

	for (unsigned i = 0; i < CELLS; i++) {
		uint32_t cell = atomic_load_explicit(&bucket[i], memory_order_relaxed);

		if (cell >> 8 == print_of(hash) && age_of(cell, week) <= SL_CORRESPONDENTS_WEEKS)
			return true;
	}
	return false;
}

static void
put(struct sl_correspondents *table, uint64_t hash, uint8_t week)
{
	_Atomic uint32_t *bucket = table->cells + (bucket_of(table, hash) - table->cells);
	unsigned victim = 0, oldest = 0;

	for (unsigned i = 0; i < CELLS; i++) {
		uint32_t cell = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		unsigned age = cell == 0 ? 256 : age_of(cell, week);

		if (cell >> 8 == print_of(hash)) {
			victim = i;
			break;
		}
		if (age > oldest) {
			oldest = age;
			victim = i;
		}
	}
	atomic_store_explicit(&bucket[victim], print_of(hash) << 8 | week, memory_order_relaxed);
}

static struct sl_slice
domain_of(struct sl_slice address)
{
	const unsigned char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

	return at == NULL ? sl_slice(NULL, 0) : sl_slice_from(address, (size_t)(at - address.ptr));
}

void
sl_correspondents_add(struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
    enum sl_correspondence way, int64_t now_s)
{
	struct sl_slice domain = domain_of(address);

	SL_CHECK(table, TABLE_MAGIC);
	SL_ASSERT(way == SL_CAME_FROM || way == SL_SENT_TO);
	if (domain.len < 2)
		return;
	put(table, hash_of(table, tenant, address, way), week_of(now_s));
	put(table, hash_of(table, tenant, domain, way == SL_CAME_FROM ? SL_CAME_FROM_DOMAIN : SL_SENT_TO_DOMAIN),
	    week_of(now_s));
}

unsigned
sl_correspondents_find(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
    int64_t now_s)
{
	static const enum sl_correspondence ways[] = { SL_CAME_FROM, SL_SENT_TO, SL_CAME_FROM_DOMAIN, SL_SENT_TO_DOMAIN };
	struct sl_slice domain = domain_of(address);
	unsigned known = 0;

	SL_CHECK(table, TABLE_MAGIC);
	if (domain.len < 2)
		return 0;
	for (size_t i = 0; i < SL_COUNT(ways); i++)
		if (has(table, hash_of(table, tenant, i < 2 ? address : domain, ways[i]), week_of(now_s)))
			known |= ways[i];
	return known;
}
