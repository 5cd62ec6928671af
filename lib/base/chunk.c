/* chunk.c - see sl/chunk.h */

#include "sl/chunk.h"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define CHUNKS_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNKS_FROM_HEAP 1
#endif
#endif

#define POOL_MAGIC	0x5d9001feu

struct sl_piece {
	struct sl_piece		*next;
	struct sl_piece		*previous;
	struct sl_chunk		*chunk;		/* one reference, ours */
	const unsigned char	*data;		/* inside chunk->data */
	size_t			 len;		/* never 0 */
};

struct sl_chunk_pool {
	unsigned	 magic;
	struct sl_chunk	*free_list;
	size_t		 free_count;
	size_t		 keep;
	size_t		 in_use;
};

_Static_assert(sizeof(struct sl_chunk) <= SL_CHUNK_BYTES, "a chunk is larger than it says");

/* Straight from the kernel: what a crowd of large messages needed goes back to it when they are
 * gone, which a heap full of holes would not do. With AddressSanitizer from its heap, to be watched. */
static struct sl_chunk *
memory_get(void)
{
#ifdef CHUNKS_FROM_HEAP
	return sl_xmalloc(sizeof(struct sl_chunk));
#else
	void *p = mmap(NULL, SL_CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SL_ASSERT(p != MAP_FAILED);
	return p;
#endif
}

static void
memory_return(struct sl_chunk *chunk)
{
#ifdef CHUNKS_FROM_HEAP
	sl_free(chunk);
#else
	SL_ASSERT(munmap(chunk, SL_CHUNK_BYTES) == 0);
#endif
}

struct sl_chunk_pool *
sl_chunk_pool_new(size_t keep)
{
	struct sl_chunk_pool *pool = sl_xzalloc(sizeof(*pool));

	pool->magic = POOL_MAGIC;
	pool->keep = keep;
	return pool;
}

void
sl_chunk_pool_free(struct sl_chunk_pool **pool)
{
	struct sl_chunk *next;

	if (*pool == NULL)
		return;
	SL_CHECK(*pool, POOL_MAGIC);
	SL_ASSERT((*pool)->in_use == 0);
	for (struct sl_chunk *c = (*pool)->free_list; c != NULL; c = next) {
		next = c->next_free;
		memory_return(c);
	}
	SL_OBJ_FREE(pool, POOL_MAGIC);
}

size_t
sl_chunk_pool_in_use(const struct sl_chunk_pool *pool)
{
	return pool->in_use;
}

struct sl_chunk *
sl_chunk_get(struct sl_chunk_pool *pool)
{
	struct sl_chunk *c = pool->free_list;

	SL_CHECK(pool, POOL_MAGIC);
	if (c != NULL) {
		pool->free_list = c->next_free;
		pool->free_count--;
	} else {
		c = memory_get();
		c->pool = pool;
	}
	c->next_free = NULL;
	c->refs = 1;
	c->used_bytes = 0;
	pool->in_use++;
	return c;
}

struct sl_chunk *
sl_chunk_ref(struct sl_chunk *chunk)
{
	SL_ASSERT(chunk->refs > 0);
	chunk->refs++;
	return chunk;
}

void
sl_chunk_unref(struct sl_chunk **chunk)
{
	struct sl_chunk *c = *chunk;
	struct sl_chunk_pool *pool;

	*chunk = NULL;
	if (c == NULL)
		return;
	SL_ASSERT(c->refs > 0);
	if (--c->refs > 0)
		return;
	pool = c->pool;
	pool->in_use--;
	sl_zero(c->data, c->used_bytes);
	if (pool->free_count >= pool->keep) {
		memory_return(c);
		return;
	}
	c->next_free = pool->free_list;
	pool->free_list = c;
	pool->free_count++;
}

static void
piece_append(struct sl_chain *chain, struct sl_piece *p)
{
	p->next = NULL;
	p->previous = chain->last;
	if (chain->last != NULL)
		chain->last->next = p;
	else
		chain->first = p;
	chain->last = p;
	chain->len += p->len;
}

static void
piece_remove(struct sl_chain *chain, struct sl_piece *p)
{
	if (p->previous != NULL)
		p->previous->next = p->next;
	else
		chain->first = p->next;
	if (p->next != NULL)
		p->next->previous = p->previous;
	else
		chain->last = p->previous;
	chain->len -= p->len;
}

static void
piece_drop(struct sl_chain *chain, struct sl_piece *p)
{
	piece_remove(chain, p);
	sl_chunk_unref(&p->chunk);
	sl_free(p);
}

void
sl_chain_add_ref(struct sl_chain *chain, struct sl_chunk *chunk, const unsigned char *data,
    size_t len)
{
	struct sl_piece *last = chain->last;

	if (len == 0)
		return;
	SL_ASSERT(data >= chunk->data && len <= (size_t)(chunk->data + SL_CHUNK_DATA - data));
	if (last != NULL && last->chunk == chunk && last->data + last->len == data) {
		last->len += len;
		chain->len += len;
		return;
	}
	last = sl_xmalloc(sizeof(*last));
	*last = (struct sl_piece){ .chunk = sl_chunk_ref(chunk), .data = data, .len = len };
	piece_append(chain, last);
}

/* The free room at the end of the chain's last chunk, if nobody else could be writing there. */
static size_t
room_at_end(const struct sl_chain *chain)
{
	const struct sl_piece *last = chain->last;

	if (last == NULL || last->chunk->refs != 1 ||
	    last->data + last->len != last->chunk->data + last->chunk->used_bytes)
		return 0;
	return SL_CHUNK_DATA - last->chunk->used_bytes;
}

void
sl_chain_add_copy(struct sl_chain *chain, struct sl_chunk_pool *pool, const void *data, size_t len)
{
	const unsigned char *from = data;

	while (len > 0) {
		size_t n = SL_MIN(len, room_at_end(chain));
		struct sl_chunk *fresh = n == 0 ? sl_chunk_get(pool) : NULL;
		struct sl_chunk *c = fresh != NULL ? fresh : chain->last->chunk;
		unsigned char *to = c->data + c->used_bytes;

		if (fresh != NULL)
			n = SL_MIN(len, (size_t)SL_CHUNK_DATA);
		memcpy(to, from, n);
		c->used_bytes += (unsigned)n;
		sl_chain_add_ref(chain, c, to, n);
		sl_chunk_unref(&fresh);
		from += n;
		len -= n;
	}
}

void
sl_chain_move(struct sl_chain *chain, struct sl_chain *from)
{
	sl_chain_move_front(chain, from, from->len);
}

void
sl_chain_move_front(struct sl_chain *chain, struct sl_chain *from, size_t len)
{
	SL_ASSERT(len <= from->len);
	while (len > 0) {
		struct sl_piece *p = from->first;

		if (p->len > len) {
			sl_chain_add_ref(chain, p->chunk, p->data, len);
			sl_chain_drop_front(from, len);
			return;
		}
		piece_remove(from, p);
		piece_append(chain, p);
		len -= p->len;
	}
}

void
sl_chain_drop_front(struct sl_chain *chain, size_t len)
{
	SL_ASSERT(len <= chain->len);
	while (len > 0) {
		struct sl_piece *p = chain->first;

		if (p->len > len) {
			p->data += len;
			p->len -= len;
			chain->len -= len;
			return;
		}
		len -= p->len;
		piece_drop(chain, p);
	}
}

void
sl_chain_drop_back(struct sl_chain *chain, size_t len)
{
	SL_ASSERT(len <= chain->len);
	while (len > 0) {
		struct sl_piece *p = chain->last;

		if (p->len > len) {
			p->len -= len;
			chain->len -= len;
			return;
		}
		len -= p->len;
		piece_drop(chain, p);
	}
}

void
sl_chain_clear(struct sl_chain *chain)
{
	sl_chain_drop_front(chain, chain->len);
}

int
sl_chain_peek(const struct sl_chain *chain, struct iovec *vectors, int max)
{
	int n = 0;

	for (const struct sl_piece *p = chain->first; p != NULL && n < max; p = p->next, n++)
		vectors[n] = (struct iovec){ (void *)(uintptr_t)p->data, p->len };
	return n;
}

bool
sl_chain_next(const struct sl_chain *chain, const struct sl_piece **position,
    struct sl_slice *bytes_out)
{
	*position = *position == NULL ? chain->first : (*position)->next;
	if (*position == NULL)
		return false;
	*bytes_out = sl_slice((*position)->data, (*position)->len);
	return true;
}
