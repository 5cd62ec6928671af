/*
 * cache.h - answers remembered until their time is over, in a bounded number of bytes
 *
 * Keyed by type and name, hashed under a random key: names come from outside. Kept are good
 * answers and the two negative ones (RFC 2308), and for a few seconds that there was none to be
 * had (RFC 9520). What was used longest ago makes room. Time is handed in and never goes back.
 *
 * Memory: at most bytes_max, the table, each entry's overhead and malloc's (16 bytes a block)
 * included. An answer that takes more than a 16th of it is not kept.
 */
#ifndef SL_DNS_CACHE_H
#define SL_DNS_CACHE_H

#include "dns/dns.h"

#define SL_DNS_CACHE_BYTES_MIN		65536
#define SL_DNS_CACHE_KEY_BYTES		16
#define SL_DNS_TTL_MIN_S		1
#define SL_DNS_TTL_MAX_S		86400	/* of records */
#define SL_DNS_TTL_NEGATIVE_MAX_S	900
#define SL_DNS_TTL_TEMPERROR_S		5	/* whatever is said: RFC 9520, 3.2 wants 1 to 300 */

struct sl_dns_cache;

struct sl_dns_cache_stats {
	size_t		entries;
	size_t		bytes;
	uint64_t	hits, misses;
	uint64_t	evictions;	/* entries whose time was not over */
};

/* `bytes_max` 0: remembers nothing; else at least SL_DNS_CACHE_BYTES_MIN is taken. */
struct sl_dns_cache	*sl_dns_cache_new(size_t bytes_max,
			    const unsigned char key[SL_DNS_CACHE_KEY_BYTES]);
void			 sl_dns_cache_free(struct sl_dns_cache **cache);
void			 sl_dns_cache_clear(struct sl_dns_cache *cache);

/* `name` is in lower case. True: *answer_out is set, borrowed until the cache is next called. */
bool	sl_dns_cache_find(struct sl_dns_cache *cache, enum sl_dns_type type, struct sl_slice name,
	    uint64_t now_us, struct sl_dns_answer *answer_out);
/* Remember; replaces what there was. The answer is copied. */
void	sl_dns_cache_put(struct sl_dns_cache *cache, enum sl_dns_type type, struct sl_slice name,
	    const struct sl_dns_answer *answer, uint32_t ttl_s, uint64_t now_us);
const struct sl_dns_cache_stats	*sl_dns_cache_stats(const struct sl_dns_cache *cache);

#endif
