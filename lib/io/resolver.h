/*
 * resolver.h - asks DNS servers, without waiting, and remembers what they said
 *
 * One resolver an edge. A question whose answer is remembered is answered at once; another goes
 * to the servers, over UDP with EDNS, over TCP when the answer was cut, and the owner is called
 * when it is there. Every question gets an answer: a server that is dead, slow, lying or
 * broken makes it SL_DNS_TEMPERROR, at the latest after the deadline.
 */
#ifndef SL_IO_RESOLVER_H
#define SL_IO_RESOLVER_H

#include "dns/dns.h"
#include "io/loop.h"

#include <sys/socket.h>

#define SL_RESOLVER_SERVERS_MAX	8

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

/* `loop` is kept, settings are copied. Call it before the process gives up its rights. */
struct sl_resolver	*sl_resolver_new(struct sl_loop *loop, const struct sl_resolver_settings *settings);
/* Questions under way are dropped without an answer. NULL is fine. */
void			 sl_resolver_free(struct sl_resolver **resolver);

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
