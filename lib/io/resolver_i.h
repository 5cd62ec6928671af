/*
 * resolver_i.h - inside the resolver: a try at a server (attempt.c) and the question it is for
 */
#ifndef SL_IO_RESOLVER_I_H
#define SL_IO_RESOLVER_I_H

#include "dns/cache.h"
#include "dns/wire.h"
#include "io/resolver.h"

#define SLOTS	256	/* of the table of questions under way; a power of two */

struct server {
	struct sockaddr_storage	address;
	unsigned		silences;	/* in a row */
	uint64_t		dead_until_us;
};

struct query {			/* a question under way, whoever waits for it */
	struct query		*next;		/* of the slot */
	struct sl_resolver	*resolver;
	enum sl_dns_type	 type;
	size_t			 name_len;
	char			 name[SL_DNS_NAME_MAX + 1];
	struct sl_lookup	*lookups;	/* who waits: perhaps nobody any more */
	struct attempt		*attempts;	/* newest first */
	unsigned		 tries;
	unsigned		 generation;	/* of the servers that the next two are about */
	unsigned char		 tried[SL_RESOLVER_SERVERS_MAX];
	bool			 failed[SL_RESOLVER_SERVERS_MAX];	/* it said so itself */
	bool			 edns;
	struct sl_timer		 try_timer;
	struct sl_timer		 deadline;
};

struct sl_resolver {
	unsigned		 magic;
	struct sl_loop		*loop;		/* kept */
	struct sl_resolver_settings settings;
	unsigned		 generation;	/* counts changes of servers */
	struct server		 servers[SL_RESOLVER_SERVERS_MAX];
	struct sl_dns_cache	*cache;
	unsigned char		 key[SL_DNS_CACHE_KEY_BYTES];
	struct query		*slots[SLOTS];
	struct query		*finishing;	/* its lookups are being called */
	bool			 freed;		/* by one of them */
	unsigned		 tcp_len;
	struct sl_resolver_stats stats;
	struct sl_dns_reply	 reply;
	unsigned char		 buffer[SL_DNS_MESSAGE_MAX];
};

struct attempt {
	struct attempt	*next;
	struct query	*query;
	unsigned	 server;	/* its number, if `generation` is still that of the servers */
	unsigned	 generation;
	bool		 tcp;
	bool		 edns;
	uint16_t	 id;
	unsigned	 foreign;	/* messages that were no reply */
	int		 fd;
	struct sl_watch	 watch;
	/* over TCP: */
	size_t		 out_len, out_at;
	unsigned char	 out[2 + SL_DNS_QUESTION_MAX];
	size_t		 in_len, in_at;	/* what is read of it; the length is of in_head, then of in */
	unsigned char	 in_head[2];
	unsigned char	*in;		/* owned; NULL: the length is not read yet */
};

/* attempt.c. Open a socket, send or begin to. False: not possible now. */
bool	attempt_open(struct query *query, unsigned server, bool tcp);
void	attempt_close(struct attempt *attempt);	/* and free */

/* resolver.c: what an attempt tells. After `failed`, and after `message` said true, it is gone,
 * and perhaps its question and the resolver too. */
void	attempt_failed(struct attempt *attempt);
bool	attempt_message(struct attempt *attempt, const unsigned char *message, size_t len);

#endif
