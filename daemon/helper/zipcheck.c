/*
 * zipcheck.c - where ZIP readers would disagree: hidden, overlapping, renamed entries
 *
 * A ZIP is described twice: by a directory at its end and by a head in front of each entry. Readers
 * of one kind can be shown what those of the other do not see. Here the ranges that the directory
 * names are laid over the file: what lies between them and is an entry too is read as well, and
 * said. (PKWARE APPNOTE 6.3.10, 4.3)
 *
 * Memory: 24 bytes an entry, at most ENTRIES_MAX. Limits: ZIP64 directories are not compared.
 */

#include "inspect.h"

#include <archive.h>
#include <stdlib.h>

#define ENTRIES_MAX	65535u
#define END_LEN		22
#define CENTRAL_LEN	46
#define LOCAL_LEN	30
#define COMMENT_MAX	65535u
#define HIDDEN_MAX	16		/* gaps that are looked into */

struct range {
	size_t	from;
	size_t	to;
};

struct check {
	struct inspection	*in;
	struct sl_slice		 bytes;
	struct range		*ranges;
	size_t			 len;
	unsigned		 renamed;
	unsigned		 overlaps;
	unsigned		 hidden;
};

static unsigned
u16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static size_t
u32(const unsigned char *p)
{
	return u16(p) | (size_t)u16(p + 2) << 16;
}

/* The last end record whose comment reaches the end or is cut; NULL: none. */
static const unsigned char *
find_end(struct sl_slice b)
{
	size_t lowest = b.len > END_LEN + COMMENT_MAX ? b.len - END_LEN - COMMENT_MAX : 0;

	if (b.len < END_LEN)
		return NULL;
	for (size_t i = b.len - END_LEN + 1; i > lowest; i--)
		if (memcmp(b.ptr + i - 1, "PK\005\006", 4) == 0)
			return b.ptr + i - 1;
	return NULL;
}

/* Note the range of the entry whose head is at `at`. */
static void
add_entry(struct check *c, size_t at, const unsigned char *central)
{
	const unsigned char *local = c->bytes.ptr + at;
	size_t name_len = u16(central + 28), size = u32(central + 20), end;

	if (at > c->bytes.len || c->bytes.len - at < LOCAL_LEN || memcmp(local, "PK\003\004", 4) != 0)
		return;
	end = at + LOCAL_LEN + u16(local + 26) + u16(local + 28);
	if (end > c->bytes.len)
		return;
	if (u16(local + 26) != name_len ||
	    memcmp(local + LOCAL_LEN, central + CENTRAL_LEN, name_len) != 0)
		c->renamed++;
	end += SL_MIN(size, c->bytes.len - end);
	c->ranges[c->len++] = (struct range){ at, end };
}

/* Returns where the directory starts, or SIZE_MAX if it cannot be read. */
static size_t
read_directory(struct check *c, const unsigned char *end)
{
	size_t end_at = (size_t)(end - c->bytes.ptr), size = u32(end + 12), offset = u32(end + 16);
	size_t at, base;

	if (u16(end + 10) == 0xffff || size > end_at || offset > end_at - size)
		return SIZE_MAX;
	base = end_at - size - offset;		/* what stands in front of all */
	at = end_at - size;
	while (end_at - at >= CENTRAL_LEN && memcmp(c->bytes.ptr + at, "PK\001\002", 4) == 0 &&
	    c->len < ENTRIES_MAX && !inspection_over(c->in)) {
		const unsigned char *central = c->bytes.ptr + at;
		size_t len = CENTRAL_LEN + (size_t)u16(central + 28) + u16(central + 30) + u16(central + 32);

		if (len > end_at - at)
			break;
		add_entry(c, base + u32(central + 42), central);
		at += len;
	}
	return end_at - size;
}

static int
by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* An entry's head at the front, with a name that can be? */
static bool
is_head(struct sl_slice b)
{
	size_t name_len;

	if (b.len < LOCAL_LEN || memcmp(b.ptr, "PK\003\004", 4) != 0)
		return false;
	name_len = u16(b.ptr + 26);
	return name_len > 0 && LOCAL_LEN + name_len <= b.len && u16(b.ptr + 8) <= 99 &&
	    memchr(b.ptr + LOCAL_LEN, '\0', name_len) == NULL;
}

static void
read_hidden(struct check *c, struct sl_slice bytes)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct sl_slice name = sl_slice(bytes.ptr + LOCAL_LEN, u16(bytes.ptr + 26));
	unsigned char block[4096];
	struct inner inner;
	ssize_t n = -1;

	SL_ASSERT(a != NULL);
	(void)archive_read_support_format_zip_streamable(a);
	inner_begin(&inner, c->in, name);
	if (archive_read_open_memory(a, bytes.ptr, bytes.len) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) <= ARCHIVE_OK)
		while ((n = archive_read_data(a, block, sizeof(block))) > 0 &&
		    inner_feed(&inner, block, (size_t)n))
			;
	if (n < 0)
		inner.flags |= SL_DEEP_CUT;
	inner_end(&inner, 0, 0);
	(void)archive_read_free(a);
}

/* Look for entries between `from` and `to`, where the directory says there is none. */
static void
check_gap(struct check *c, size_t from, size_t to)
{
	while (from < to && to - from >= LOCAL_LEN && c->hidden < HIDDEN_MAX) {
		const unsigned char *at = memmem(c->bytes.ptr + from, to - from, "PK\003\004", 4);

		if (at == NULL)
			return;
		from = (size_t)(at - c->bytes.ptr);
		if (is_head(sl_slice(at, to - from)) && !inspection_over(c->in)) {
			c->hidden++;
			found(c->in, SL_DEEP_ARCHIVE_AMBIGUOUS, "an entry that the directory does not have");
			read_hidden(c, sl_slice(at, to - from));
		}
		from += 4;
	}
}

static void
check_ranges(struct check *c, size_t directory)
{
	size_t covered = 0;

	for (size_t i = 0; i < c->len; i++) {
		const struct range *r = &c->ranges[i];

		if (r->from < covered)
			c->overlaps++;
		else
			check_gap(c, covered, r->from);
		covered = SL_MAX(covered, r->to);
	}
	check_gap(c, covered, directory);
}

void
zip_check(struct inspection *in, struct sl_slice bytes)
{
	struct check c = { .in = in, .bytes = bytes };
	const unsigned char *end = find_end(bytes);
	size_t directory, count;

	if (end == NULL)
		return;
	count = SL_MIN((size_t)(bytes.len / CENTRAL_LEN), (size_t)ENTRIES_MAX);
	c.ranges = inspect_alloc(in, (count + 1) * sizeof(*c.ranges));
	if (c.ranges == NULL)
		return;
	directory = read_directory(&c, end);
	if (directory != SIZE_MAX) {
		qsort(c.ranges, c.len, sizeof(*c.ranges), by_start);
		check_ranges(&c, directory);
		if (c.overlaps > 0)
			found(in, SL_DEEP_ARCHIVE_AMBIGUOUS, "%u entries overlap", c.overlaps);
		if (c.renamed > 0)
			found(in, SL_DEEP_ARCHIVE_AMBIGUOUS, "%u entries have two names", c.renamed);
	}
	free(c.ranges);
}
