/*
 * arena.h - memory that is given back all at once, with a hard cap
 *
 * A session has one, and a transaction another that is reset when it ends. An arena
 * holds no memory until its first allocation and none after a reset, so an idle
 * session costs nothing. When the cap is reached allocation returns NULL: a fault of
 * the world (452 4.3.1), not a crash.
 */
#ifndef SL_ARENA_H
#define SL_ARENA_H

#include "sl/base.h"

struct sl_arena_block;

struct sl_arena {
	struct sl_arena_block	*blocks;	/* newest first */
	size_t			 used_bytes;	/* what the blocks hold, their heads included */
	size_t			 cap_bytes;
};

void		 sl_arena_init(struct sl_arena *arena, size_t cap_bytes);
void		 sl_arena_fini(struct sl_arena *arena);	/* gives everything back */
void		 sl_arena_reset(struct sl_arena *arena);	/* the same, ready for more */

/* Zeroed, aligned for any type. NULL when the cap would be passed. */
SL_MUST_USE void *sl_arena_alloc(struct sl_arena *arena, size_t size_bytes);
/* A copy with a NUL behind it; {NULL, 0} when the cap would be passed. */
SL_MUST_USE struct sl_slice sl_arena_copy(struct sl_arena *arena, struct sl_slice s);
/* The same from a format; NULL when the cap would be passed. */
SL_MUST_USE char *sl_arena_printf(struct sl_arena *arena, const char *format, ...) SL_PRINTF(2, 3);

#endif
