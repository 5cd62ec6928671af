/*
 * chunk.h - message bytes in flight: counted chunks of fixed size, and chains of them
 *
 * A worker has one pool. Bytes are read from the socket straight into a chunk; a chain
 * (the hold window, an output queue) holds pieces of chunks and never copies what it
 * can point at. A piece that continues the one before it in the same chunk is merged
 * with it, so a chain's length follows its bytes, not its number of appends.
 *
 * Memory: a pool keeps at most `keep` free chunks for the next message and gives the
 * rest back to the system. Chunks are zeroed when their last holder lets go, as mail
 * must not outlive its session.
 */
#ifndef SL_CHUNK_H
#define SL_CHUNK_H

#include "sl/base.h"

#include <sys/uio.h>

#define SL_CHUNK_BYTES	16384		/* with its head: whole pages */
#define SL_CHUNK_DATA	(SL_CHUNK_BYTES - 64)

struct sl_chunk_pool;

struct sl_chunk {
	struct sl_chunk		*next_free;
	struct sl_chunk_pool	*pool;
	unsigned		 refs;
	unsigned		 used_bytes;	/* data[0..used) has been written */
	unsigned char		 data[SL_CHUNK_DATA];
};

struct sl_chunk_pool	*sl_chunk_pool_new(size_t keep);
/* All chunks must have been let go. */
void			 sl_chunk_pool_free(struct sl_chunk_pool **pool);
size_t			 sl_chunk_pool_in_use(const struct sl_chunk_pool *pool);	/* chunks */

struct sl_chunk	*sl_chunk_get(struct sl_chunk_pool *pool);	/* one reference, the caller's */
struct sl_chunk	*sl_chunk_ref(struct sl_chunk *chunk);		/* returns chunk */
void		 sl_chunk_unref(struct sl_chunk **chunk);	/* sets *chunk to NULL; NULL is fine */

/* A queue of bytes. Embedded; zero-filled is a valid empty chain. */
struct sl_piece;
struct sl_chain {
	struct sl_piece	*first;
	struct sl_piece	*last;
	size_t		 len;		/* bytes in all */
};

/* Append bytes that lie in `chunk` (the chain takes a reference of its own). */
void	sl_chain_add_ref(struct sl_chain *chain, struct sl_chunk *chunk,
	    const unsigned char *data, size_t len);
/* Append a copy, into the last chunk's free room if this chain alone holds it, else new ones. */
void	sl_chain_add_copy(struct sl_chain *chain, struct sl_chunk_pool *pool,
	    const void *data, size_t len);
/* Move all of `from` to the end of `chain`; `from` is then empty. */
void	sl_chain_move(struct sl_chain *chain, struct sl_chain *from);
/* Move the first `len` bytes (at most from->len) of `from` to the end of `chain`. */
void	sl_chain_move_front(struct sl_chain *chain, struct sl_chain *from, size_t len);
void	sl_chain_drop_front(struct sl_chain *chain, size_t len);
void	sl_chain_drop_back(struct sl_chain *chain, size_t len);
void	sl_chain_clear(struct sl_chain *chain);
/* Describe the front for writev. Returns the count of vectors set, at most `max`; 0 if empty. */
int	sl_chain_peek(const struct sl_chain *chain, struct iovec *vectors, int max);
/* Walk: the piece after `position` (NULL starts). Returns false at the end. */
bool	sl_chain_next(const struct sl_chain *chain, const struct sl_piece **position,
	    struct sl_slice *bytes_out);

#endif
