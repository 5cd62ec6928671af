/*
 * send.h - one attempt at an entry of the queue: a connection, its words (talk.h), and what is recorded of it (queue.h)
 *
 * Claims the entry, connects, speaks, hands over the message, records that the dot may leave before it does, and records
 * the reply; then calls `done`, from the loop. Whatever happens in between, the entry is left in the state that is true. Does not wait,
 * but for the queue's disk: two syncs an attempt, three if the dot leaves.
 *
 * Which address, whether TLS is verified and by which name is the caller's to say (of the tenant's route); so is
 * how many attempts run beside each other.
 *
 * Memory: the entry, a piece of the message (64 KiB, with its dots), and what the kernel does not take yet (SL_SEND_QUEUE); stored mail
 * is read whole (at most `bytes_max` of the queue, in practice a digest).
 */
#ifndef SL_COURIER_SEND_H
#define SL_COURIER_SEND_H

#include "courier/last.h"
#include "courier/talk.h"
#include "io/conn.h"

#define SL_SEND_PIECE	65536u
#define SL_SEND_HOPS_MAX 16u
#define SL_SEND_QUEUE	262144u

struct sl_send;

/* The message, for entries whose bytes are the vault's: add its next bytes, at most SL_SEND_PIECE. SL_MORE: call again (without bytes:
 * when sl_send_wake says that there are more); SL_DONE: that was all, and it is whole; an error: it cannot be had, and the dot does not
 * leave. */
typedef int	sl_send_source(void *ctx, struct sl_buf *out);
/* It is over: 0, and what came of it is in the queue; or an error of the queue, and the entry is found as after a crash when it is
 * opened next. The send may be freed. */
typedef void	sl_send_done(void *ctx, struct sl_send *send, int result);

/* Before the dot leaves: a copy of this connection, and what is needed to go on with it, to whoever outlives us (last.h). */
typedef void	sl_send_lend(void *ctx, int fd, const struct sl_last_state *state);

/* A next hop, by its place (0: `address`), has said something; or it could not be reached, and why. */
typedef void	sl_send_tried(void *ctx, size_t hop, bool reached, struct sl_slice why);

/* A next hop. */
struct sl_send_hop {
	const struct sockaddr	*address;	/* copied */
	socklen_t		 address_len;
	const char		*host;		/* kept: for SNI, and to verify; NULL: no SNI */
};

struct sl_send_job {
	struct sl_loop		*loop;
	struct sl_chunk_pool	*pool;
	struct sl_queue		*queue;
	int64_t			 id;
	const struct sockaddr	*address;	/* copied */
	socklen_t		 address_len;
	const struct sl_send_hop *others;	/* in their order, when one cannot be reached or does not want to speak; borrowed */
	size_t			 others_len;	/* at most SL_SEND_HOPS_MAX */
	struct sl_slice		 name;		/* of ours, for EHLO; kept */
	enum sl_talk_tls	 tls;
	SSL_CTX			*tls_context;	/* kept; NULL with SL_TALK_TLS_NEVER */
	const char		*host;		/* kept: for SNI, and to verify; NULL: no SNI */
	bool			 verify;
	bool			 is_8bit, smtputf8;
	uint64_t		 bytes;		/* of the message, for SIZE; 0: not known */
	sl_send_source		*source;	/* NULL: the bytes are stored */
	sl_send_lend		*lend;		/* NULL: nobody does */
	sl_send_tried		*tried;		/* NULL: nobody wants to know */
	sl_send_done		*done;
	void			*ctx;		/* of all of these */
	unsigned		 connect_ms, reply_ms, data_ms, final_ms;	/* 0: as RFC 5321, 4.5.3.2 asks for */
};

/* Begin. Returns 0: `done` follows; or what the claim returned. `job` is copied. */
SL_MUST_USE int	sl_send_new(const struct sl_send_job *job, struct sl_send **send_out);
/* The source has more bytes, or its end, or an error. */
void		sl_send_wake(struct sl_send *send);
/* Did any next hop say anything? */
bool		sl_send_reached(const struct sl_send *send);
/* Is the reply to the dot awaited? */
bool		sl_send_is_last(const struct sl_send *send);
/* Fine at any time: an attempt that is under way is ended as if its connection had been lost, and recorded so; one that was lent is left as it
 * is, to whom it was lent. NULL is fine. */
void		sl_send_free(struct sl_send **send);

#endif
