/*
 * flood.h - how many records there may be of what ended before there was a message
 *
 * Whoever connects can make as many of these as he likes, at a few bytes each: so they have a limit, `limits.early_records` a
 * minute, and one address has a tenth of that, so that an attacker does not push out what others leave. (This machine itself, from
 * which a mail server or a balancer may speak for all, is not held to the tenth.) Both may be used at once, after a quiet minute. What is left out
 * is counted, and the count is recorded once a minute.
 *
 * Limits: addresses are remembered in FLOOD_SOURCES places by a hash, the newest in the place of who was there; who has many
 * addresses is bounded by the whole alone.
 *
 * Memory: the struct, 24 KiB.
 */
#ifndef EDGE_FLOOD_H
#define EDGE_FLOOD_H

#include <sys/socket.h>

#include "sl/base.h"

#define FLOOD_SOURCES	1024u

struct flood_bucket {
	uint64_t	key;		/* of whom; 0: nobody */
	uint64_t	level, at_us;	/* what is left, as it was then */
};

/* Zeroed: ready. */
struct flood {
	struct flood_bucket	all, sources[FLOOD_SOURCES];
	uint64_t		left_out;	/* not told yet */
	int64_t			since_us;	/* of these the first: wall clock */
};

/* May it be recorded? `limit`: a minute; `now_us` of a clock that does not jump. */
bool	flood_admits(struct flood *flood, const struct sockaddr_storage *client, unsigned limit, uint64_t now_us);

#endif
