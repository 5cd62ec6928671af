/* zstd.c - see zstd_i.h */

#include "zstd_i.h"

#include <malloc.h>

static void *
memory_get(void *ctx, size_t size_bytes)
{
	return sl_xmalloc(size_bytes);
}

static void
memory_give(void *ctx, void *ptr)
{
	if (ptr != NULL)
		sl_zero(ptr, malloc_usable_size(ptr));
	sl_free(ptr);
}

const ZSTD_customMem seal_zstd_memory = { memory_get, memory_give, NULL };
