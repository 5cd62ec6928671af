/* flood.c - see flood.h */

#include "flood.h"

#include "edge.h"

#define MINUTE_US	60000000ull	/* what one record costs, where a microsecond brings `limit` */
#define SHARE		10u		/* of one source */

static uint64_t
key_of(const struct sockaddr_storage *client)
{
	static const unsigned char none[8];
	unsigned char bytes[16];
	uint64_t key;

	address_bytes(client, bytes);
	/* A host has a /64 to itself; IPv4 addresses have their bytes at the end. */
	key = sl_hash(bytes, memcmp(bytes, none, sizeof(none)) == 0 ? sizeof(bytes) : sizeof(none));
	return key != 0 ? key : 1;
}

/* As it is now. A new one is full. */
static void
refill(struct flood_bucket *b, uint64_t key, unsigned limit, uint64_t now_us)
{
	uint64_t most = limit * MINUTE_US, passed = SL_MIN(now_us - b->at_us, MINUTE_US);

	b->level = b->key != key ? most : SL_MIN(b->level + passed * limit, most);
	b->key = key;
	b->at_us = now_us;
}

bool
flood_admits(struct flood *flood, const struct sockaddr_storage *client, unsigned limit, uint64_t now_us)
{
	uint64_t key = key_of(client);
	struct flood_bucket *source = &flood->sources[key % FLOOD_SOURCES];
	bool counts = !address_is_loopback(client);

	if (counts) {
		refill(source, key, SL_MAX(limit / SHARE, 1u), now_us);
		if (source->level < MINUTE_US)
			return false;
	}
	refill(&flood->all, 1, limit, now_us);
	if (flood->all.level < MINUTE_US)
		return false;
	flood->all.level -= MINUTE_US;
	if (counts)
		source->level -= MINUTE_US;
	return true;
}
