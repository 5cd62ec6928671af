/*
 * resolver.h - asks DNS servers, without waiting, and remembers what they said
 *
 * One resolver an edge. A question whose answer is remembered is answered at once; another goes
 * to the servers, over UDP with EDNS, over TCP when the answer was cut, and the owner is called
 * when it is there. Every question gets an answer: a server that is dead, slow, lying or
 * broken makes it SL_DNS_TEMPERROR, at the latest after the deadline.
 *
 * Each try has a socket of its own, and so a port and an id that a forger has to guess; after
 * some guesses that were wrong the question is put over TCP. Servers are tried in their order;
 * one that was silent a few times comes last for a while; when all are, a question is given up
 * after one try at each. Who answers late is still heard. The same question asked by several is
 * sent once. Servers are addresses: no file, no variable of the environment and no name service
 * is looked at, and so it works in the edge's jail.
 *
 * Memory: 136 KiB, the cache, for each question under way 0.5 KiB and 0.7 KiB for each try, and up
 * to 64 KiB for each of at most SL_RESOLVER_TCP_MAX TCP connections. Descriptors: one a try, at
 * most SL_RESOLVER_TRIES_MAX a question.
 *
 * Why not c-ares, which Debian 12 has in version 1.18: all questions of its channel share one
 * socket (the limit came with 1.20), so the port is known to who sees one question; a channel
 * for each would take 75 KB, and keys its ids from /dev/urandom, which is not there in a jail.
 * It reads the system's clock, which a test cannot move. Parser, cache and joining would be our
 * own in any case.
 */
#ifndef SL_IO_RESOLVER_H
#define SL_IO_RESOLVER_H

#include "dns/dns.h"
#include "io/loop.h"

#include <sys/socket.h>

#define SL_RESOLVER_SERVERS_MAX	8
#define SL_RESOLVER_TRIES_MAX	8	/* of one question, over all servers */
#define SL_RESOLVER_TCP_MAX	64	/* connections at once; more fail */

struct sl_resolver;

struct sl_resolver_settings {
	struct sockaddr_storage	servers[SL_RESOLVER_SERVERS_MAX];	/* with their ports */
	size_t			servers_len;
	unsigned		timeout_ms;	/* of one try at one server */
	unsigned		deadline_ms;	/* of a question, over all tries */
	size_t			cache_bytes_max;
	unsigned		lookups_max;	/* under way at once; more are TEMPERROR */
};

/* A question under way. Embedded in its owner; zero-filled is "none". */
struct sl_lookup;
/* The answer is borrowed for the call. `lookup` is free again before the call. */
typedef void sl_lookup_fn(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer);
struct sl_lookup {
	struct sl_lookup	*next, **link;	/* of those that wait for the same answer */
	void			*query;		/* NULL: not under way */
	unsigned		 id;		/* the question's, for the owner */
	sl_lookup_fn		*fn;
	void			*ctx;
};

struct sl_resolver_stats {
	uint64_t	asked;		/* sl_resolver_ask, all in all */
	uint64_t	remembered;	/* of them answered at once */
	uint64_t	joined;		/* of them another's was under way */
	uint64_t	sent_udp, sent_tcp;
	uint64_t	foreign;	/* messages that were no reply to what we asked */
	uint64_t	temperrors;	/* questions that came to nothing */
	uint64_t	under_way;
	uint64_t	cache_bytes, cache_entries;
};

/* `loop` is kept, settings are copied. */
struct sl_resolver	*sl_resolver_new(struct sl_loop *loop,
			    const struct sl_resolver_settings *settings);
/* Questions under way are dropped without an answer. NULL is fine. */
void			 sl_resolver_free(struct sl_resolver **resolver);

/* Other settings from now on; questions under way go on, and are put to the new servers. What is
 * remembered stays unless the servers or the size of the cache changed. */
void			 sl_resolver_use(struct sl_resolver *resolver,
			    const struct sl_resolver_settings *settings);
void			 sl_resolver_stats(const struct sl_resolver *resolver,
			    struct sl_resolver_stats *stats_out);

/* Ask. SL_DONE: the answer is in *answer_out, borrowed until the resolver is next called.
 * SL_MORE: `fn` will be called from the loop, once, never from inside this call; `lookup` must
 * stay where it is until then or until it is cancelled. */
SL_MUST_USE int	sl_resolver_ask(struct sl_resolver *resolver, const struct sl_dns_question *question,
		    struct sl_lookup *lookup, sl_lookup_fn *fn, void *ctx,
		    struct sl_dns_answer *answer_out);
/* Wait no more; fine if it is not under way. */
void		sl_lookup_cancel(struct sl_lookup *lookup);
bool		sl_lookup_is_under_way(const struct sl_lookup *lookup);

#endif
