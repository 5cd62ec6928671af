/*
 * last.h - the last step of a delivery: the final dot, and the reply to it, so that another process can go on with it
 *
 * Between the dot and the record of its reply a delivery is in doubt (queue.h). A process that is killed there takes its memory with it, and not
 * its connection, if somebody else holds a copy of the descriptor. So, before the dot, all that is needed for the rest is put
 * into a state of a few bytes:
 *
 *  - how many bytes had been written to this connection. The kernel says how many there are now (TCP_INFO): so a successor knows
 *    whether the dot has left, or how much of it, and writes what is missing. It is never written twice;
 *  - the dot's bytes, and those of QUIT. Under TLS these are whole records, made beforehand;
 *  - under TLS, what reading the reply needs (io/tlsrest.h).
 *
 * The reply is looked at and left in the kernel (MSG_PEEK) until it is recorded: so a successor finds it there, whatever the one before
 * had seen of it. The process that says the dot and the one that finds it said run the same code, from the same state.
 *
 *	sl_last_state > lent, with the descriptor > sl_queue_final > sl_last_new > the dot > reply > sl_queue_answer > done
 *	in a successor:		  FINAL in the queue > sl_last_new > what is missing of the dot > reply > sl_queue_answer > done
 *
 * What is still in doubt: the machine, or who holds the descriptor, dies as well; the reply does not come; a session of TLS that cannot be
 * handed on (io/tlsrest.h).
 *
 * Memory: one reply.
 */
#ifndef SL_COURIER_LAST_H
#define SL_COURIER_LAST_H

#include "courier/queue.h"
#include "io/conn.h"
#include "io/tlsrest.h"

#define SL_LAST_TEXT_MAX	256u	/* bytes of the dot, and of QUIT */
#define SL_LAST_STATE_MAX	1024u	/* of a state, packed */

/* Under TLS a secret. */
struct sl_last_state {
	uint64_t		before;		/* bytes that had been written */
	unsigned char		dot[SL_LAST_TEXT_MAX], bye[SL_LAST_TEXT_MAX];
	size_t			dot_len, bye_len;
	bool			is_tls;
	struct sl_tls_rest	tls;
};

/* The state of a connection on which all but the dot has been written, and everything read. `dot` is its plain text. `follow` of a TLS session, which
 * has said its last with this: it can only be freed. SL_ERR_UNSUPPORTED: it cannot be handed on; then nothing has changed. */
SL_MUST_USE int	sl_last_state(struct sl_conn *conn, const struct sl_tls_follow *follow, struct sl_slice dot, struct sl_last_state *out);
void		sl_last_pack(const struct sl_last_state *state, struct sl_buf *out);
SL_MUST_USE int	sl_last_unpack(struct sl_slice bytes, struct sl_last_state *out);	/* 0, or SL_ERR_SYNTAX */

struct sl_last;

/* It is over: 0, and what came of it is in the queue; or an error of the queue. It may be freed. */
typedef void	sl_last_done(void *ctx, int result);

struct sl_last_job {
	struct sl_loop			*loop;
	struct sl_queue			*queue;
	int64_t				 id;		/* an entry in FINAL */
	int				 fd;		/* taken */
	const struct sl_last_state	*state;		/* copied */
	unsigned			 final_ms;	/* for the reply; 0: 10 minutes (RFC 5321, 4.5.3.2.6) */
	sl_last_done			*done;
	void				*ctx;
};

/* Say what has not been said of the dot, and wait for the reply; `done` follows, from the loop. Never NULL. */
struct sl_last	*sl_last_new(const struct sl_last_job *job);
/* Fine at any time. Before `done` the entry stays in FINAL, and the connection is closed here, but not cut off: who holds a copy may go on. */
void		 sl_last_free(struct sl_last **last);
/* It cannot be gone on with: record that the reply is lost. SL_ERR_*: of the queue. */
SL_MUST_USE int	 sl_last_lose(struct sl_queue *queue, int64_t id, const char *why, int64_t now_us);

#endif
