/* arena.c - see sl/arena.h */

#include "sl/arena.h"

#include <stdalign.h>
#include <stdio.h>

#define BLOCK_MIN_BYTES		512	/* the first block; each further one doubles, up to ... */
#define BLOCK_MAX_BYTES		16384
#define PRINTF_BYTES		512	/* of a sentence that is formatted once */

struct sl_arena_block {
	struct sl_arena_block	*next;
	size_t			 size_bytes;	/* of data */
	size_t			 used_bytes;
	alignas(max_align_t) unsigned char data[];
};

void
sl_arena_init(struct sl_arena *arena, size_t cap_bytes)
{
	*arena = (struct sl_arena){ .cap_bytes = cap_bytes };
}

void
sl_arena_reset(struct sl_arena *arena)
{
	struct sl_arena_block *next;

	for (struct sl_arena_block *b = arena->blocks; b != NULL; b = next) {
		next = b->next;
		sl_zero(b->data, b->used_bytes);	/* addresses and text of mail */
		sl_free(b);
	}
	arena->blocks = NULL;
	arena->used_bytes = 0;
}

void
sl_arena_fini(struct sl_arena *arena)
{
	sl_arena_reset(arena);
}

static struct sl_arena_block *
block_add(struct sl_arena *arena, size_t need)
{
	size_t last = arena->blocks == NULL ? 0 : arena->blocks->size_bytes;
	size_t size = SL_MIN(SL_MAX(last * 2, (size_t)BLOCK_MIN_BYTES), (size_t)BLOCK_MAX_BYTES);
	struct sl_arena_block *b;
	size_t room = arena->cap_bytes - SL_MIN(arena->used_bytes, arena->cap_bytes);

	size = SL_MAX(size, need);
	if (room < sizeof(*b) || room - sizeof(*b) < need)
		return NULL;
	size = SL_MIN(size, room - sizeof(*b));
	b = sl_xmalloc(sizeof(*b) + size);
	*b = (struct sl_arena_block){ .next = arena->blocks, .size_bytes = size };
	arena->blocks = b;
	arena->used_bytes += sizeof(*b) + size;
	return b;
}

void *
sl_arena_alloc(struct sl_arena *arena, size_t size_bytes)
{
	size_t align = alignof(max_align_t), need;
	struct sl_arena_block *b = arena->blocks;
	void *p;

	if (size_bytes > SIZE_MAX / 4)
		return NULL;
	need = (SL_MAX(size_bytes, (size_t)1) + align - 1) / align * align;
	if (b == NULL || b->size_bytes - b->used_bytes < need)
		b = block_add(arena, need);
	if (b == NULL)
		return NULL;
	p = b->data + b->used_bytes;
	b->used_bytes += need;
	return memset(p, 0, need);
}

struct sl_slice
sl_arena_copy(struct sl_arena *arena, struct sl_slice s)
{
	unsigned char *p = sl_arena_alloc(arena, s.len + 1);

	if (p == NULL)
		return sl_slice(NULL, 0);
	if (s.len > 0)
		memcpy(p, s.ptr, s.len);
	return sl_slice(p, s.len);
}

char *
sl_arena_printf(struct sl_arena *arena, const char *format, ...)
{
	char *p, text[PRINTF_BYTES];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	SL_ASSERT(n >= 0);
	p = sl_arena_alloc(arena, (size_t)n + 1);
	if (p == NULL)
		return NULL;
	if ((size_t)n < sizeof(text))
		return memcpy(p, text, (size_t)n);	/* the arena's bytes are zeros */
	va_start(ap, format);
	vsnprintf(p, (size_t)n + 1, format, ap);
	va_end(ap);
	return p;
}
