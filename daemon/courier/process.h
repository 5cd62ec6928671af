/*
 * process.h - the courier as a process: its queue, where mail goes, attempts under way, and those it speaks to
 *
 * One thread. The vault submits releases, whose bytes it keeps: they are fetched for each attempt, and never lie in a file of
 * the courier's. Others (the console) submit what they have written, which lies in the queue until it is settled. What became of an
 * entry is told to who submitted it until he says that he knows.
 *
 * What is settled stays in the queue for KEEP_DAYS: the report of releases is made of it, and its tokens are known.
 */
#ifndef COURIER_PROCESS_H
#define COURIER_PROCESS_H

#include "conf/settings.h"
#include "courier/send.h"
#include "io/tls.h"
#include "ipc/ipc.h"
#include "kept/courier.h"
#include "snapshot/snapshot.h"

#define CLIENTS_MAX	32u
#define ATTEMPTS_MAX	20u	/* beside each other ... */
#define ATTEMPTS_TENANT	5u	/* ... and to one tenant, or next hop */
#define TOLD_MAX	16u	/* settled entries that await an answer: they fit into the socket */
#define KEEP_DAYS	100u
#define WINDOW_BYTES	262144u	/* of a message that are fetched ahead */
#define DAY_US		INT64_C(86400000000)

struct process;

struct told {
	int64_t		ids[TOLD_MAX];
	size_t		len;
};

struct client {
	struct process	*process;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
	uint32_t	 who;
	struct told	 told;
	struct sl_timer	 stall;		/* it takes nothing */
	int		 failed;
};

/* Where an entry goes. Hosts and addresses are its own. */
struct route {
	size_t		 len;
	struct route_hop {
		struct sockaddr_storage	address;
		socklen_t		address_len;
		char			host[256];
		bool			probe;		/* it could not be reached before */
	}		 hops[SL_SEND_HOPS_MAX];
	enum sl_talk_tls tls;
	bool		 verify;
	uint64_t	 first;		/* a hash of the first hop */
};

/* A next hop that could not be reached: hops.c. */
#define DOWN_MAX	1024u
struct down_hop {
	struct sockaddr_storage	address;
	socklen_t		address_len;
	unsigned		failures, probes;	/* probes: under way */
	int64_t			until_us;		/* not tried before */
	char			why[96];
};

/* Fetching the bytes of a message. */
struct fetch {
	uint64_t	 number;	/* 0: not begun */
	int		 result;	/* SL_MORE, until the end or an error is known */
	struct sl_buf	 front;		/* our trace */
	size_t		 front_at;
	struct sl_buf	 bytes;
	size_t		 at;
	uint64_t	 got, want;	/* of the message */
	size_t		 taken;		/* since room was given last */
};

struct attempt {
	struct process	*process;
	struct sl_send	*send;		/* NULL: free */
	int64_t		 id;
	uint32_t	 number;	/* of the attempts at it */
	bool		 lent;		/* its connection */
	unsigned	 uncertain;	/* how often a reply had been lost before */
	char		 tenant[136];
	unsigned char	 ref[SL_KEPT_ID_BYTES];
	struct route	 route;
	struct fetch	 fetch;
};

/* A connection that the courier before us lent: lent.c. */
struct adopted {
	struct process	*process;
	int64_t		 id;		/* 0: free */
	uint32_t	 attempt;
	unsigned	 uncertain;
	int		 fd;		/* until `last` has it */
	struct sl_last_state state;
	struct sl_last	*last;		/* NULL: the queue is not open yet */
};

struct process {
	struct sl_loop	*loop;
	struct sl_ipc	*parent;
	struct sl_watch	 watch;
	struct sl_chunk_pool *pool;
	struct sl_queue	*queue;		/* NULL: not opened yet */
	struct sl_settings *settings;
	struct sl_snapshot *snapshot, *snapshot_under;	/* NULL: none; `under` what the first lies over */
	SSL_CTX		*tls;
	struct client	 clients[CLIENTS_MAX];
	struct client	*vault, *submitter;	/* NULL: not there */
	struct attempt	 attempts[ATTEMPTS_MAX];
	struct adopted	 adopted[SL_COURIER_LENT_MAX];
	struct down_hop	 down[DOWN_MAX];
	size_t		 down_len;
	uint64_t	 fetches;	/* numbers given out */
	struct sl_timer	 due, purge, state, vault_again, stop;
	uint64_t	 stop_us;	/* then it ends, whatever is under way */
	bool		 changed;	/* since the parent was told of the state */
	uint64_t	 state_next_us;
	uint64_t	 delivered, failures, lost;
	const char	*user;
	bool		 stopping;	/* nothing is begun; what has said its dot is waited for */
	bool		 failed;
};

int64_t	now_us(const struct process *p);	/* the wall's */
/* The queue cannot be used any more: the process ends, and the next one finds out what is there. */
void	queue_broken(struct process *p, const char *what);
void	state_changed(struct process *p);

/* routes.c */
int	routes_settings(struct process *p, struct sl_ipc_message *message);	/* 0, or it is logged */
void	routes_snapshot(struct process *p, struct sl_ipc_message *message);
/* False, and why: there is nowhere to go. */
bool	route_find(const struct process *p, const struct sl_queue_entry *entry, struct route *out, const char **why_out);

/* attempts.c */
void	attempts_due(void *process);		/* begin what is due, and again when something is */
void	attempts_end(struct process *p);	/* all of them, as if their connections were lost */
void	attempts_stop(struct process *p);	/* the same of those whose dot has not left */
bool	attempts_any(const struct process *p);	/* is any under way, adopted ones too? */
/* An attempt is over and recorded: log it, count it, tell who waits. `uncertain`: how often a reply had been lost before. NULL: the queue is broken. */
const struct sl_queue_entry *attempt_ended(struct process *p, int64_t id, unsigned uncertain);
void	attempts_vault_gone(struct process *p);
bool	attempts_fetched(struct process *p, struct sl_slice payload);	/* FETCHED; false: it is none */
void	fetch_front(const struct process *p, const struct sl_queue_entry *entry, const struct sl_queue_release *release,
    struct sl_buf *out);

/* hops.c */
enum hops_way {
	HOPS_GO,	/* what is left of the route may be tried */
	HOPS_PROBED,	/* somebody tries it for all */
	HOPS_LEFT,	/* nothing before *until_out */
};
enum hops_way hops_choose(struct process *p, struct route *route, int64_t *until_out);
void	hops_begin(struct process *p, struct route *route);	/* an attempt with what was chosen; ... */
void	hops_end(struct process *p, struct route *route);	/* ... it is over */
void	hops_tried(struct process *p, const struct route_hop *hop, bool reached, struct sl_slice why);
void	hops_forget(struct process *p);				/* somebody wants them to be tried */
void	hops_say(struct process *p, const struct route *route, struct sl_buf *out);	/* those that are left alone, in words */

/* lent.c */
void	lend(struct process *p, int64_t id, uint32_t attempt, int fd, const struct sl_last_state *state);
void	lent_over(struct process *p, int64_t id, uint32_t attempt);	/* nobody need hold it any more */
void	adopt_message(struct process *p, struct sl_ipc_message *message);	/* one that was lent before; ahead of the settings */
size_t	adopt_list(const struct process *p, struct sl_queue_lent out[SL_COURIER_LENT_MAX]);
void	adopt_begin(struct process *p);		/* the queue is open */
void	adopt_end(struct process *p);

/* clients.c */
void	client_say(struct client *client, enum sl_ipc_type type, const struct sl_buf *payload);
void	client_new(struct process *p, uint32_t who, int fd);	/* fd taken */
void	client_end(struct client *client);
void	clients_forget(struct process *p);
void	clients_settle(struct process *p);	/* tell what is finished */

/* control.c: QUEUE_ASK. False: it may not say that. */
bool	control_message(struct client *client, struct sl_slice payload);

#endif
