/* addresses.c - the addresses that a job is given; see hosts.h */

#include "hosts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "ipc/ipc.h"

struct address {
	struct sl_slice	name;		/* in the map */
	const unsigned char *bytes;
};

struct addresses {
	void		*map;
	size_t		 map_len;
	struct address	*items;		/* sorted by name */
	size_t		 len;
};

static int
compare(const void *a, const void *b)
{
	const struct sl_slice *x = &((const struct address *)a)->name, *y = &((const struct address *)b)->name;
	int r = memcmp(x->ptr, y->ptr, SL_MIN(x->len, y->len));

	return r != 0 ? r : x->len < y->len ? -1 : x->len > y->len;
}

static void
read_all(struct addresses *a)
{
	struct sl_unpack in = { .rest = sl_slice(a->map, a->map_len) };
	size_t size = 0;

	while (in.rest.len > 0) {
		struct sl_slice name = sl_unpack_bytes(&in);

		if (in.failed || in.rest.len < 16)
			break;
		if (a->len == size) {
			size = SL_MAX(size * 2, (size_t)64);
			a->items = sl_xrealloc(a->items, size * sizeof(*a->items));
		}
		a->items[a->len++] = (struct address){ name, in.rest.ptr };
		in.rest = sl_slice_from(in.rest, 16);
	}
	if (a->len > 1)
		qsort(a->items, a->len, sizeof(*a->items), compare);
}

struct addresses *
addresses_open(int fd)
{
	struct addresses *a;
	struct stat st;
	void *map;

	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return NULL;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	a = sl_xzalloc(sizeof(*a));
	a->map = map;
	a->map_len = (size_t)st.st_size;
	read_all(a);
	return a;
}

void
addresses_close(struct addresses **addresses)
{
	struct addresses *a = *addresses;

	*addresses = NULL;
	if (a == NULL)
		return;
	munmap(a->map, a->map_len);
	sl_free(a->items);
	sl_free(a);
}

bool
addresses_find(void *addresses, struct sl_slice name, unsigned char out[16])
{
	const struct addresses *a = addresses;
	const struct address key = { .name = name }, *found;

	found = a->len == 0 ? NULL : bsearch(&key, a->items, a->len, sizeof(key), compare);
	if (found != NULL)
		memcpy(out, found->bytes, 16);
	return found != NULL;
}
