/*
 * edge.h - one edge: a process that proxies and judges sessions on one core
 *
 * What the parts of an edge share. A session (session.h) is the client leg; its transaction
 * (transaction.h) holds the envelope and the message in flight; a delivery (delivery.h) is the
 * transaction's way to a next hop over a connection (hop.h); a judge (judge.h) runs the
 * classifiers. session.c is the only place where both legs meet.
 */
#ifndef EDGE_H
#define EDGE_H

#include "classify/own.h"
#include "classify/stack.h"
#include "conf/settings.h"
#include "domain/suffix.h"
#include "io/conn.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "ipc/ipc.h"
#include "ipc/stats.h"
#include "mailauth/keys.h"
#include "rules/scan.h"
#include "sl/chunk.h"
#include "sl/log.h"

#define EDGE_SCRATCH_BYTES	65536
#define EDGE_ID_LEN		13
#define SNAPSHOT_TOKEN_KEY_BYTES	32u

/* One snapshot of settings with what was made from it. Counted: a transaction holds the one it
 * began with. */
struct snapshot {
	unsigned		 refs;
	struct sl_settings	*settings;
	uint64_t		 size_limit;	/* the largest message any tenant takes; 0: no limit */
	SSL_CTX			*server_tls;	/* NULL: no certificate, STARTTLS is not offered */
	SSL_CTX			*client_tls;
	bool			 authenticates;	/* some tenant's mail is judged, and there is DNS */
	struct lists		*lists;		/* DNS lists; NULL: none */
	struct sl_stack		*stack;		/* NULL: none */
	struct sl_people	**people;	/* by tenant, as in the settings; NULL: nobody is protected */
	struct sl_links_model	 bare_links;	/* what is known of links without it */
	void			*model_bytes;	/* mapped */
	size_t			 model_len;
	struct sl_own		*own;		/* what tenants know; NULL: nothing */
	void			*own_bytes;	/* mapped */
	size_t			 own_len;
	struct sl_rules		*rules;		/* with the scratch of all its messages; NULL: none */
	void			*rules_bytes;	/* mapped */
	size_t			 rules_len;
	struct memory		*memory;	/* what all edges remember; NULL: nothing */
	struct splits		*splits;
	unsigned char		 token_key[SNAPSHOT_TOKEN_KEY_BYTES];	/* of what is kept (keep.h), the same in all edges */
};

struct action;
struct deep;
struct directory;
struct discovered;
struct pictures;
struct session;
struct splits;
struct hop;
struct hop_pool;
struct keeper;
struct lists;
struct memory;
struct record_writer;

/* Sessions from one address, for the limit per source. */
struct source;

struct edge {
	struct sl_loop		*loop;
	const struct sl_clock	*clock;
	struct sl_chunk_pool	*chunks;
	struct snapshot		*snapshot;	/* the newest */
	struct pictures		*pictures;	/* what the console has compiled, the newest; NULL: nothing */
	struct directory	*directory;	/* of both */
	struct sl_stats		*stats;		/* our slot of the shared table */
	struct record_writer	*records;
	struct sl_resolver	*resolver;	/* asks the servers of the newest snapshot */
	struct sl_resolver_stats resolver_seen;	/* of its counters: what is in our own */
	struct sl_keys		*keys;		/* of signatures, those used last */
	struct session		*sessions;	/* all, newest first */
	struct session		*dead_sessions;	/* of these: to be freed at the end of the turn */
	unsigned		 sessions_len;
	struct source		*sources[1024];	/* by hash of the address */
	struct hop		*dead_hops;
	struct hop_pool		*hop_pools[1024];	/* by hash of endpoint and TLS policy */
	struct listener		*listeners;
	struct sl_fold		*fold;		/* ICU's eye for look-alikes; NULL: it cannot be had */
	struct sl_suffix	*suffix;	/* the list of public suffixes; NULL: none was found */
	struct keeper		*keeper;	/* of what policies keep */
	struct deep		*deep;		/* attachments on their way to a helper */
	struct action		*actions;	/* mail to action addresses that the console is asked about */
	uint64_t		 actions_number;
	unsigned		 reported_open;	/* mail that reports others, under way */
	bool			(*on_action)(void *ctx, struct sl_slice request);	/* tell it; false: it cannot be told. Or NULL */
	void			*on_action_ctx;
	struct discovered	*discovered;	/* recipients that the console is told of; NULL: there is nobody to tell */
	void			(*on_helper_failed)(void *ctx);	/* or NULL */
	void			*on_helper_failed_ctx;
	struct edge_engine {
		unsigned	 failures;	/* in a row: the breaker */
		bool		 broken;	/* left alone until then, and after it asked for one message at a time */
		bool		 probing;	/* that one is under way */
		uint64_t	 closed_until_us;
	} engines[SL_ENGINE_COUNT];
	bool			 stopping;
	struct sl_timer		 stop_timer;
	void			(*on_stopped)(void *ctx);	/* no session is left after edge_stop */
	void			*on_stopped_ctx;
	unsigned char		 scratch[EDGE_SCRATCH_BYTES];	/* command input; never held over a turn */
};

/* An edge on `loop` (kept). `stats` is kept; `record_fd` is taken (-1: no records). */
struct edge	*edge_new(struct sl_loop *loop, struct sl_stats *stats, int record_fd);
void		 edge_free(struct edge **edge);	/* ends everything at once */

/* What settings name but an edge cannot open itself. Descriptors are taken; -1: none. */
struct edge_files {
	int			 model_fd;
	int			 own_fd;	/* what tenants know of their own mail; checked (conf/settings.h) */
	int			 rules_fd;
	int			 memory_fd;	/* ipc/memory.h */
	int			 ca_fd;		/* PEM; only if some next hop is to be verified */
	const unsigned char	*ticket_key;	/* SL_TLS_TICKET_KEY_BYTES, shared by all edges; or NULL */
};

/* Use new settings (taken) from the next transaction on. Returns 0, or an SL_ERR_* with the reason
 * in `why`: the old snapshot stays. */
SL_MUST_USE int	edge_use_settings(struct edge *edge, struct sl_settings *settings,
		    const struct edge_files *files, struct sl_buf *why);
/* Use what the console has compiled (directory.h) from the next transaction on; descriptors are borrowed, `over_fd` may be -1. Returns 0, or an
 * SL_ERR_*: what was in use stays. */
SL_MUST_USE int	edge_use_pictures(struct edge *edge, int whole_fd, int over_fd);
/* Listen on these sockets (taken), in the order of settings->listeners, instead of those before. */
void		 edge_use_listeners(struct edge *edge, const int *fds, size_t fds_len);
/* Stop: no new sessions, idle ones are told 421, the others may finish until timers.stop_ms. */
void		 edge_stop(struct edge *edge, void (*on_stopped)(void *ctx), void *ctx);

struct snapshot	*snapshot_ref(struct snapshot *snapshot);
void		 snapshot_unref(struct snapshot **snapshot);

/* The people of a tenant; NULL: none, or he is no tenant of these settings. */
const struct sl_people	*snapshot_people(const struct snapshot *snapshot, const struct sl_tenant *tenant);

/* A new id: 13 characters, letters and digits without I, L, O, U, from 64 random bits. */
void		 edge_make_id(char out[EDGE_ID_LEN + 1]);

/* listener.c: the limit per source. False: one too many. */
bool		 source_enter(struct edge *edge, const struct sockaddr_storage *address);
void		 source_leave(struct edge *edge, const struct sockaddr_storage *address);
/* An address as text without port; IPv4-mapped IPv6 is shown as IPv4. */
void		 address_text(const struct sockaddr_storage *address, char out[64]);
/* As 16 bytes; IPv4 is mapped (RFC 4291, 2.5.5.2). */
void		 address_bytes(const struct sockaddr_storage *address, unsigned char out[16]);
bool		 address_is_loopback(const struct sockaddr_storage *address);

#endif
