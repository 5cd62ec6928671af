/* cache.c - see dns/cache.h */

#include "dns/cache.h"

#define CACHE_MAGIC	0x5d0ca3e1u
#define MALLOC_BYTES	16	/* what a block costs beside its size */
#define BYTES_PER_SLOT	512	/* of the table: entries are about that large */
#define ENTRY_SHARE	16	/* of the whole, for one answer */

struct entry {
	struct entry		*next;		/* of the slot */
	struct entry		*newer, *older;	/* by use */
	uint64_t		 hash;
	uint64_t		 until_us;
	size_t			 size_bytes;
	enum sl_dns_type	 type;
	enum sl_dns_status	 status;
	size_t			 name_len;
	size_t			 count;
	struct sl_dns_record	 records[];	/* then their data, then the name */
};

struct sl_dns_cache {
	unsigned		 magic;
	unsigned char		 key[SL_DNS_CACHE_KEY_BYTES];
	size_t			 bytes_max;
	size_t			 slots_len;	/* a power of two; 0: remembers nothing */
	struct entry		**slots;
	struct entry		*newest, *oldest;
	struct sl_dns_cache_stats stats;
};

struct sl_dns_cache *
sl_dns_cache_new(size_t bytes_max, const unsigned char key[SL_DNS_CACHE_KEY_BYTES])
{
	struct sl_dns_cache *cache = sl_xzalloc(sizeof(*cache));

	cache->magic = CACHE_MAGIC;
	memcpy(cache->key, key, sizeof(cache->key));
	if (bytes_max == 0)
		return cache;
	cache->bytes_max = SL_MAX(bytes_max, (size_t)SL_DNS_CACHE_BYTES_MIN);
	cache->slots_len = 64;
	while (cache->slots_len * BYTES_PER_SLOT < cache->bytes_max)
		cache->slots_len *= 2;
	cache->slots = sl_xzalloc(cache->slots_len * sizeof(struct entry *));
	cache->stats.bytes = sizeof(*cache) + cache->slots_len * sizeof(struct entry *) +
	    2 * MALLOC_BYTES;
	return cache;
}

static struct entry **
slot_of(struct sl_dns_cache *cache, uint64_t hash)
{
	return &cache->slots[hash & (cache->slots_len - 1)];
}

static void
use_unlink(struct sl_dns_cache *cache, struct entry *entry)
{
	*(entry->newer == NULL ? &cache->newest : &entry->newer->older) = entry->older;
	*(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry->newer;
}

static void
use_link(struct sl_dns_cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest == NULL ? &cache->oldest : &cache->newest->newer) = entry;
	cache->newest = entry;
}

/* Take *place, an entry of a slot, out and free it. */
static void
entry_drop(struct sl_dns_cache *cache, struct entry **place)
{
	struct entry *entry = *place;

	*place = entry->next;
	use_unlink(cache, entry);
	cache->stats.bytes -= entry->size_bytes + MALLOC_BYTES;
	cache->stats.entries--;
	sl_free(entry);
}

static void
drop_oldest(struct sl_dns_cache *cache)
{
	struct entry **place = slot_of(cache, cache->oldest->hash);

	while (*place != cache->oldest)
		place = &(*place)->next;
	entry_drop(cache, place);
}

void
sl_dns_cache_clear(struct sl_dns_cache *cache)
{
	SL_CHECK(cache, CACHE_MAGIC);
	while (cache->oldest != NULL)
		drop_oldest(cache);
}

void
sl_dns_cache_free(struct sl_dns_cache **cache)
{
	if (*cache == NULL)
		return;
	sl_dns_cache_clear(*cache);
	sl_free((*cache)->slots);
	SL_OBJ_FREE(cache, CACHE_MAGIC);
}

static uint64_t
hash_of(const struct sl_dns_cache *cache, enum sl_dns_type type, struct sl_slice name)
{
	unsigned char bytes[SL_DNS_NAME_MAX + 2];

	SL_ASSERT(name.len <= SL_DNS_NAME_MAX);
	bytes[0] = (unsigned char)((unsigned)type >> 8);
	bytes[1] = (unsigned char)type;
	if (name.len > 0)
		memcpy(bytes + 2, name.ptr, name.len);
	return sl_siphash(cache->key, bytes, name.len + 2);
}

static const unsigned char *
entry_name(const struct entry *entry)
{
	return (const unsigned char *)entry + entry->size_bytes - entry->name_len;
}

/* The place of an entry in its slot; *place is NULL if there is none. */
static struct entry **
find(struct sl_dns_cache *cache, uint64_t hash, enum sl_dns_type type, struct sl_slice name)
{
	struct entry **place = slot_of(cache, hash);

	while (*place != NULL && ((*place)->hash != hash || (*place)->type != type ||
	    !sl_slice_eq(name, sl_slice(entry_name(*place), (*place)->name_len))))
		place = &(*place)->next;
	return place;
}

bool
sl_dns_cache_find(struct sl_dns_cache *cache, enum sl_dns_type type, struct sl_slice name,
    uint64_t now_us, struct sl_dns_answer *answer_out)
{
	struct entry **place, *entry;

	SL_CHECK(cache, CACHE_MAGIC);
	place = cache->slots_len == 0 ? NULL : find(cache, hash_of(cache, type, name), type, name);
	if (place != NULL && *place != NULL && (*place)->until_us <= now_us) {
		entry_drop(cache, place);
		place = NULL;
	}
	if (place == NULL || *place == NULL) {
		cache->stats.misses++;
		return false;
	}
	entry = *place;
	if (entry != cache->newest) {
		use_unlink(cache, entry);
		use_link(cache, entry);
	}
	cache->stats.hits++;
	*answer_out = (struct sl_dns_answer){ entry->status, entry->records, entry->count };
	return true;
}

static uint64_t
lifetime_s(enum sl_dns_status status, uint64_t ttl_s)
{
	ttl_s = SL_MAX(ttl_s, (uint64_t)SL_DNS_TTL_MIN_S);
	switch (status) {
	case SL_DNS_FOUND:
		return SL_MIN(ttl_s, (uint64_t)SL_DNS_TTL_MAX_S);
	case SL_DNS_NODATA:
	case SL_DNS_NXDOMAIN:
		return SL_MIN(ttl_s, (uint64_t)SL_DNS_TTL_NEGATIVE_MAX_S);
	case SL_DNS_TEMPERROR:
		return SL_DNS_TTL_TEMPERROR_S;
	}
	SL_UNREACHABLE("no such status");
}

/* A new entry, linked nowhere; NULL: it would be too large. */
static struct entry *
entry_new(const struct sl_dns_cache *cache, struct sl_slice name, const struct sl_dns_answer *answer)
{
	size_t count = answer->status == SL_DNS_FOUND ? answer->count : 0;
	size_t size = sizeof(struct entry) + count * sizeof(struct sl_dns_record) + name.len;
	struct entry *entry;
	unsigned char *at;

	for (size_t i = 0; i < count; i++)
		size += answer->records[i].data.len;
	if (size > cache->bytes_max / ENTRY_SHARE)
		return NULL;
	entry = sl_xmalloc(size);
	*entry = (struct entry){ .status = answer->status, .size_bytes = size, .name_len = name.len,
	    .count = count };
	at = (unsigned char *)&entry->records[count];
	for (size_t i = 0; i < count; i++) {
		struct sl_slice data = answer->records[i].data;

		if (data.len > 0)
			memcpy(at, data.ptr, data.len);
		entry->records[i] = answer->records[i];
		entry->records[i].data.ptr = at;
		at += data.len;
	}
	if (name.len > 0)
		memcpy(at, name.ptr, name.len);
	return entry;
}

void
sl_dns_cache_put(struct sl_dns_cache *cache, enum sl_dns_type type, struct sl_slice name,
    const struct sl_dns_answer *answer, uint32_t ttl_s, uint64_t now_us)
{
	struct entry **place, *entry;
	uint64_t hash;

	SL_CHECK(cache, CACHE_MAGIC);
	if (cache->slots_len == 0)
		return;
	entry = entry_new(cache, name, answer);		/* first: the answer may be of the old one */
	hash = hash_of(cache, type, name);
	place = find(cache, hash, type, name);
	if (*place != NULL)
		entry_drop(cache, place);
	if (entry == NULL)
		return;
	while (cache->oldest != NULL &&
	    cache->stats.bytes + entry->size_bytes + MALLOC_BYTES > cache->bytes_max) {
		cache->stats.evictions += cache->oldest->until_us > now_us;
		drop_oldest(cache);
	}
	entry->hash = hash;
	entry->type = type;
	entry->until_us = now_us + lifetime_s(answer->status, ttl_s) * 1000000u;
	place = slot_of(cache, hash);
	entry->next = *place;
	*place = entry;
	use_link(cache, entry);
	cache->stats.bytes += entry->size_bytes + MALLOC_BYTES;
	cache->stats.entries++;
}

const struct sl_dns_cache_stats *
sl_dns_cache_stats(const struct sl_dns_cache *cache)
{
	SL_CHECK(cache, CACHE_MAGIC);
	return &cache->stats;
}
