/*
 * keep_i.h - between one message that is kept and the keeper of the edge
 */
#ifndef EDGE_KEEP_I_H
#define EDGE_KEEP_I_H

#include "keep.h"

struct sl_loop	*keeper_loop(const struct keeper *keeper);
struct sl_seal_body *keeper_sealer(struct keeper *keeper);	/* for who begins and finishes within one call */
/* The tenant's key, asked for if it is not known. Lives as long as the keeper. */
struct keeper_key *keeper_key(struct keeper *keeper, struct sl_slice tenant);
/* SL_DONE: *public_out points at it; SL_MORE: it is awaited; SL_ERR_*: there is none, or nobody to ask. */
int		 keeper_key_is(const struct keeper_key *key, const unsigned char **public_out);
int		 keeper_memory(void);				/* a descriptor, or -1 */
int		 keeper_borrow(struct keeper *keeper);		/* an unnamed file, empty, or -1 */
/* May a message be held whatever becomes of it? Not for a minute after that has failed. */
bool		 keeper_may_hold(const struct keeper *keeper);
void		 keeper_hold_later(struct keeper *keeper);
/* Which channel this is. A file that was lent over an earlier one may be another edge's by now: it is written no more. */
uint64_t	 keeper_channel(const struct keeper *keeper);
void		 keeper_give_back(struct keeper *keeper, uint64_t channel, int *fd);	/* of a file; sets -1; -1 is fine */
/* Those that wait for a key or an answer. Removing one that is not there is fine. */
void		 keeper_add(struct keeper *keeper, struct keeping *k);
void		 keeper_remove(struct keeper *keeper, struct keeping *k);
/* Tell the vault; its body's descriptor is closed. keeping_on_answer follows. SL_MORE: it has been told enough for now,
 * keeping_on_key comes again. */
SL_MUST_USE int	 keeper_send(struct keeper *keeper, struct keeping *k, int64_t received_us, int64_t since_us, struct sl_slice record);

/* keep.c */
void		 keeping_on_key(struct keeping *k);
void		 keeping_on_answer(struct keeping *k, int result);
void		 keeping_on_deadline(void *ctx);
void		 keeping_on_step(void *ctx);

#endif
