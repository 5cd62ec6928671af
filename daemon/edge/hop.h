/*
 * hop.h - one connection to a next hop, and the connections kept for the next transaction
 *
 * Opens, greets, begins TLS, and is then lent to one delivery at a time. A connection whose
 * transaction ended cleanly is kept for a while: that saves a TCP (and TLS) handshake, a
 * greeting and an EHLO per message. What was kept may have died meanwhile: its user is told
 * `lost` before any answer and simply asks for a fresh one.
 */
#ifndef EDGE_HOP_H
#define EDGE_HOP_H

#include "answer.h"
#include "edge.h"
#include "smtp/ehlo.h"
#include "smtp/mask.h"

enum hop_state {
	HOP_CONNECTING,		/* TCP */
	HOP_GREETING,		/* 220 */
	HOP_EHLO,		/* the reply to EHLO */
	HOP_HELO,		/* the reply to HELO, after EHLO was refused */
	HOP_STARTTLS,		/* the reply to STARTTLS */
	HOP_TLS,		/* the handshake */
	HOP_LENT,		/* its delivery's commands and replies */
	HOP_IDLE,		/* nothing: kept */
	HOP_RSET,		/* the reply to RSET, then kept */
	HOP_QUIT,		/* the other side to close */
	HOP_DEAD,		/* nothing: freed at the end of the turn */
};

struct delivery;
struct hop_pool;

struct hop {
	struct hop		*next, *previous;	/* in its pool */
	struct edge		*edge;
	struct hop_pool		*pool;
	struct delivery		*user;		/* who waits for it or has it; NULL: nobody */
	enum hop_state		 state;
	struct sl_conn		 conn;
	struct sl_buf		 input;		/* an unfinished reply */
	struct sl_timer		 timer;
	struct sl_smtp_caps	 caps;
	struct directory	*directory;	/* it was opened with; one reference */
	struct snapshot		*snapshot;	/* of its settings */
	const struct sl_endpoint *endpoint;	/* of that directory */
	const struct sl_tenant	*tenant;	/* likewise: whoever it was opened for */
	unsigned		 messages_max;	/* then it is not kept any more */
	bool			 greeted;	/* it has said 220: what fails later is not its being down */
	bool			 reused;	/* has carried a transaction before */
	bool			 tls_started;
	unsigned		 skip_replies;	/* to commands of a transaction that was given up */
	unsigned		 messages;
	uint64_t		 opened_us;
	char			 name[128];	/* how it calls itself, to be masked */
};

/* Get a connection to `endpoint` as `tenant` wants it. With `fresh` a kept one is not used (and
 * those that are kept are closed: they are as stale as the one that just failed). Its state tells:
 * HOP_LENT is ready now; otherwise it is being opened, and delivery_on_hop_ready or
 * delivery_on_hop_failed follows. Setting its `user` to NULL takes the wish back. */
struct hop *hop_get(struct edge *edge, struct directory *directory, const struct sl_tenant *tenant,
	    const struct sl_endpoint *endpoint, bool fresh, struct delivery *user);
/* Give a connection back. `clean`: no transaction is open and no reply is outstanding; `open`: a
 * transaction is open that RSET can end; otherwise it is closed at once. */
enum hop_end { HOP_CLEAN, HOP_OPEN, HOP_BROKEN };
void	hop_release(struct hop *hop, enum hop_end end);
/* Send a command's bytes now (a group of commands in one write). */
void	hop_send(struct hop *hop, struct sl_slice bytes);
/* Is this endpoint to be tried last? */
bool	hop_is_down(struct edge *edge, const struct sl_tenant *tenant,
	    const struct sl_endpoint *endpoint);
/* Note what a next hop's reply says as an answer: masked, but for the names in `keep` (at most 4),
 * which the sender itself has used. */
void	hop_answer(const struct hop *hop, const struct sl_tenant *tenant, const struct sl_slice *keep,
	    size_t keep_len, const struct sl_smtp_reply *reply, struct answer *answer_out);
void	hops_close_idle(struct edge *edge);
void	hops_close(struct edge *edge);		/* all, and the pools: at the end */
void	hops_sweep(struct edge *edge);		/* free the dead, at the end of a turn */

#endif
