/* sort.c - items in order, more than memory holds: see snapshot_i.h */

#include "snapshot_i.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int
unnamed_file(const char *directory)
{
	char path[4096];
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "%s/sluice-XXXXXX", directory) >= sizeof(path))
		return SL_ERR_SYSTEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return SL_ERR_SYSTEM;
	unlink(path);
	return fd;
}

void
sorter_init(struct sorter *s, const char *directory)
{
	*s = (struct sorter){ .fd = -1, .directory = directory };
}

static void
unmap(struct sorter *s)
{
	if (s->map != NULL)
		munmap(s->map, s->map_bytes);
	s->map = NULL;
}

void
sorter_fini(struct sorter *s)
{
	unmap(s);
	if (s->fd >= 0)
		close(s->fd);
	sl_free(s->items);
	sl_free(s->runs);
	sorter_init(s, s->directory);
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	return x->c < y->c ? -1 : x->c > y->c;
}

static int
write_all(int fd, const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SL_ERR_SYSTEM;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static struct sort_run *
run_new(struct sorter *s)
{
	if (s->runs == NULL)
		s->runs = sl_xzalloc(SORT_RUNS_MAX * sizeof(*s->runs));
	return s->runs_len == SORT_RUNS_MAX ? NULL : &s->runs[s->runs_len++];
}

static int
spill(struct sorter *s)
{
	struct sort_run *run = run_new(s);

	if (run == NULL)
		return SL_ERR_FULL;
	if (s->fd < 0 && (s->fd = unnamed_file(s->directory)) < 0)
		return SL_ERR_SYSTEM;
	qsort(s->items, s->len, sizeof(*s->items), compare);
	run->offset = (s->total - s->len) * sizeof(struct item);
	run->count = s->len;
	return write_all(s->fd, s->items, s->len * sizeof(*s->items));
}

int
sorter_add(struct sorter *s, const struct item *item)
{
	int r;

	if (s->items == NULL)
		s->items = sl_xmalloc(SORT_ITEMS * sizeof(*s->items));
	if (s->len == SORT_ITEMS) {
		r = spill(s);
		if (r != 0)
			return r;
		s->len = 0;
	}
	s->items[s->len++] = *item;
	s->total++;
	return 0;
}

int
sorter_finish(struct sorter *s)
{
	struct sort_run *last;

	if (s->len > 0) {	/* the last run stays in memory */
		qsort(s->items, s->len, sizeof(*s->items), compare);
		last = run_new(s);
		if (last == NULL)
			return SL_ERR_FULL;
		last->count = s->len;
		last->offset = UINT64_MAX;
	}
	s->map_bytes = (s->total - s->len) * sizeof(struct item);
	if (s->map_bytes > 0) {
		s->map = mmap(NULL, s->map_bytes, PROT_READ, MAP_PRIVATE, s->fd, 0);
		if (s->map == MAP_FAILED) {
			s->map = NULL;
			return SL_ERR_SYSTEM;
		}
		madvise(s->map, s->map_bytes, MADV_SEQUENTIAL);
	}
	sorter_rewind(s);
	return 0;
}

void
sorter_rewind(struct sorter *s)
{
	for (size_t i = 0; i < s->runs_len; i++) {
		struct sort_run *run = &s->runs[i];

		run->at = run->offset == UINT64_MAX ? s->items
		    : (const struct item *)(const void *)((const unsigned char *)s->map + run->offset);
		run->end = run->at + run->count;
	}
}

bool
sorter_next(struct sorter *s, struct item *out)
{
	struct sort_run *least = NULL;

	for (size_t i = 0; i < s->runs_len; i++) {
		struct sort_run *run = &s->runs[i];

		if (run->at < run->end && (least == NULL || compare(run->at, least->at) < 0))
			least = run;
	}
	if (least == NULL)
		return false;
	*out = *least->at++;
	return true;
}
