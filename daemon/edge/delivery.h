/*
 * delivery.h - a transaction's way to its next hop
 *
 * Opens the envelope at the next hop as the sender names recipients, and hands over the message
 * when the session says so. As long as the next hop has not been given a byte of the message, a
 * lost connection is replaced and the envelope repeated: on a fresh connection if a kept one had
 * gone stale, on the tenant's other next hops otherwise. After that nothing is ever repeated.
 *
 * Answers go to the session by session_on_rcpt, session_on_flow and session_on_delivered, never
 * from inside a call made by it.
 */
#ifndef EDGE_DELIVERY_H
#define EDGE_DELIVERY_H

#include "answer.h"
#include "hop.h"
#include "smtp/command.h"

enum delivery_state {
	DELIVERY_NONE,		/* nothing asked yet */
	DELIVERY_CONNECT,	/* a connection */
	DELIVERY_CANNOT,	/* the loop, to say that the next hop cannot carry this message */
	DELIVERY_ENVELOPE,	/* replies to MAIL and RCPT */
	DELIVERY_OPEN,		/* nothing: the envelope stands (or its connection was lost: hop NULL) */
	DELIVERY_DATA,		/* 354 */
	DELIVERY_STREAM,	/* nothing: message bytes may be written */
	DELIVERY_FINAL,		/* the reply to the final dot */
	DELIVERY_ENDED,		/* it has answered for the message */
};

struct delivery_rcpt {
	struct delivery_rcpt	*next;
	struct sl_slice		 mailbox;	/* in the transaction's arena */
	bool			 is_copy;	/* the policy's, not the sender's */
	bool			 refused;	/* for good: a copy alone can be */
};

struct delivery {
	enum delivery_state	 state;
	struct session		*session;
	const struct sl_tenant	*tenant;
	struct sl_arena		*arena;
	struct hop		*hop;		/* lent to us, or being opened for us */
	struct sl_timer		 timer;		/* of the state */
	struct sl_timer		 chain_timer;	/* over all attempts of an opening */
	const struct sl_smtp_mail *mail;	/* kept: in the arena */
	struct delivery_rcpt	*rcpts;		/* accepted ones, in order */
	struct delivery_rcpt	*rcpts_last;
	struct delivery_rcpt	*asked;		/* the one the session waits for; NULL: a replay */
	size_t			 rcpts_len;
	/* The envelope's commands are numbered: 0 is MAIL, 1 ... rcpts_len the accepted recipients,
	 * rcpts_len + 1 the one asked about. */
	size_t			 sent;		/* commands written to this connection */
	size_t			 answered;	/* replies read */
	uint64_t		 tried;		/* bit per next hop, of this opening */
	size_t			 candidate;	/* index into tenant->next_hops */
	bool			 candidate_fresh;	/* second try at it, with a fresh connection */
	bool			 wants_data;	/* go on to DATA as soon as the envelope stands */
	bool			 mail_refused;
	bool			 started;	/* the next hop has been given message bytes */
	bool			 dot_left;	/* the final dot, and all before it, has gone out ... */
	bool			 spoke_early;	/* ... and an answer had begun before that */
	unsigned		 failures;	/* next hops that failed in this opening ... */
	unsigned		 failures_for_good;	/* ... of these: that refused to talk with 5yz */
	struct answer		 answer;	/* of the last failure; of MAIL if it was refused */
	/* for the record */
	char			 hop_text[96];
	bool			 hop_reused;
	bool			 hop_tls;
	char			 queue_id[64];	/* from the next hop's 250 */
	uint64_t		 data_sent_us, dot_sent_us;
};

void	delivery_init(struct delivery *d, struct session *session, struct sl_arena *arena);
/* Ask the next hop to take a recipient (a mailbox in the arena). The first call names the route;
 * `mail` is kept. session_on_rcpt follows. Returns 0 or SL_ERR_FULL (the arena). */
SL_MUST_USE int	delivery_rcpt(struct delivery *d, const struct sl_tenant *tenant,
		    const struct sl_smtp_mail *mail, struct sl_slice mailbox);
/* Give the message to this mailbox (kept: it outlives the delivery) too, of whom the sender knows nothing. Before it is begun. If the next hop
 * refuses it for good the message goes to the others without it; if for now, that is the answer for the message. */
SL_MUST_USE int	delivery_copy(struct delivery *d, struct sl_slice mailbox);	/* 0 or SL_ERR_FULL */
/* Copies that the next hop has refused for good. */
size_t	delivery_copies_refused(const struct delivery *d);
/* Of the recipients that were accepted, give the message to those that `wants` says, and to copies; at least one. Before it is begun: if not
 * all are wanted the envelope is opened anew, for these. */
void	delivery_narrow(struct delivery *d, bool (*wants)(void *ctx, struct sl_slice mailbox), void *ctx);
/* Begin the message: DATA, after the envelope is repeated if need be. session_on_flow follows when
 * bytes may be written, session_on_delivered if that fails. */
void	delivery_begin(struct delivery *d);
/* Hand over bytes, emptied from `chain`; as many as the caller likes, but see delivery_room. */
void	delivery_write(struct delivery *d, struct sl_chain *chain);
void	delivery_flush(struct delivery *d);
/* Bytes that may be written now without queueing much. */
size_t	delivery_room(const struct delivery *d);
/* Has it taken everything so far? */
bool	delivery_keeps_up(const struct delivery *d);
/* All has been written, the terminating dot with it. session_on_delivered follows. */
void	delivery_finish(struct delivery *d);
/* Has the final dot left for the next hop? Then it may have taken the message. */
bool	delivery_dot_is_sent(const struct delivery *d);
/* End it without the message: the next hop sees no final dot. No call follows. */
void	delivery_abort(struct delivery *d);

/* From hop.c. */
void	delivery_on_hop_ready(struct delivery *d, struct hop *hop);
void	delivery_on_hop_failed(struct delivery *d, const struct answer *why, bool for_good);
void	delivery_on_reply(struct delivery *d, const struct sl_smtp_reply *reply);
void	delivery_on_lost(struct delivery *d, const char *why);
void	delivery_on_drained(struct delivery *d);

#endif
