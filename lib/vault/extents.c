/* extents.c - see extents_i.h */

#include "extents_i.h"

int
extents_open(struct extents *extents)
{
	uint64_t bytes;
	int r = extents->disk->size(extents->disk->ctx, SL_DISK_BODIES, &bytes);

	if (r == 0) {
		bits_grow(&extents->taken, (uint32_t)SL_MIN(bytes / EXTENT_BLOCK, (uint64_t)UINT32_MAX - 1));
		bits_grow(&extents->holes, extents->taken.count);
	}
	return r;
}

/* The first free run of at least `want` blocks from `from` on, else the longest one. Returns its length. */
static uint32_t
run_find(const struct extents *extents, uint32_t from, uint32_t want, uint32_t *start_out)
{
	uint32_t best = 0;

	for (uint32_t i = bits_first_free(&extents->taken, from); i != BITS_NONE;) {
		uint32_t n = bits_free_run(&extents->taken, i, want);

		if (n > best) {
			best = n;
			*start_out = i;
		}
		if (best >= want)
			break;
		i = bits_first_free(&extents->taken, i + n);
	}
	return best;
}

/* Zeros, on the disk: then a body's sync writes its bytes and nothing of the file system's own. */
static int
blocks_zero(struct extents *extents, uint32_t start, uint32_t count)
{
	static const unsigned char zeros[16 * EXTENT_BLOCK];
	int r = 0;

	for (uint32_t b = 0; b < count && r == 0; b += 16)
		r = extents->disk->write(extents->disk->ctx, SL_DISK_BODIES, (uint64_t)(start + b) * EXTENT_BLOCK, zeros,
		    (size_t)SL_MIN(16u, count - b) * EXTENT_BLOCK);
	return r != 0 ? r : extents->disk->sync(extents->disk->ctx, SL_DISK_BODIES);
}

/* Make the file longer, so that `want` free blocks lie at its end. */
static int
extents_grow(struct extents *extents, uint32_t want)
{
	uint32_t count = SL_MAX(want, extents->step);
	uint64_t room, len = (uint64_t)count * EXTENT_BLOCK;
	int r = extents->disk->room(extents->disk->ctx, SL_DISK_BODIES, &room);

	if (r != 0)
		return r;
	if (room < extents->reserve_bytes + len) {	/* not by a whole step, then */
		count = want;
		len = (uint64_t)count * EXTENT_BLOCK;
	}
	if (room < extents->reserve_bytes + len || count > UINT32_MAX - 1 - extents->taken.count)
		return SL_ERR_NO_SPACE;
	r = extents->disk->reserve(extents->disk->ctx, SL_DISK_BODIES,
	    (uint64_t)extents->taken.count * EXTENT_BLOCK, len);
	if (r == 0 && count == extents->step)	/* a large body is not written twice */
		r = blocks_zero(extents, extents->taken.count, count);
	if (r != 0)
		return r;
	extents->dirty = true;
	bits_grow(&extents->taken, extents->taken.count + count);
	bits_grow(&extents->holes, extents->taken.count);
	return 0;
}

static void
blocks_set(struct extents *extents, const struct extent *e, bool taken)
{
	for (uint32_t b = 0; b < e->count; b++) {
		bits_set(&extents->taken, e->start + b, taken);
		if (taken)
			bits_set(&extents->holes, e->start + b, false);
	}
}

int
extents_take(struct extents *extents, uint32_t want, struct extent *out)
{
	uint32_t start = 0, n = run_find(extents, extents->next, want, &start);
	uint32_t behind = extents->taken.count;
	int r = 0;

	if (n < want && extents->next > 0)
		n = run_find(extents, 0, want, &start);
	if (n < want) {
		r = extents_grow(extents, want);
		if (r == 0)
			n = run_find(extents, behind, want, &start);
	}
	if (n == 0)
		return r != 0 ? r : SL_ERR_NO_SPACE;
	*out = (struct extent){ start, n };
	blocks_set(extents, out, true);
	extents->next = start + n;
	return 0;
}

void
extents_give(struct extents *extents, const struct extent *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		blocks_set(extents, &list[i], false);
		if (list[i].start + list[i].count == extents->next)
			extents->next = list[i].start;	/* taken last and not needed: the next body follows at once */
	}
}

/* Is the run one hole already? */
static bool
run_is_hole(const struct extents *extents, const struct extent *run)
{
	uint32_t b = 0;

	while (b < run->count && bits_has(&extents->holes, run->start + b))
		b++;
	return b == run->count;
}

void
extents_return(struct extents *extents)
{
	const struct bits *t = &extents->taken;
	uint32_t holes = 0;

	for (uint32_t i = bits_first_free(t, 0), n; i != BITS_NONE && holes < EXTENTS_HOLES; i = bits_first_free(t, i + n)) {
		struct extent run = { i, n = bits_free_run(t, i, UINT32_MAX) };

		if (t->count - t->used - extents->holes.used <= EXTENTS_KEEP + t->used / 2)
			return;		/* that is worth keeping */
		if (n < EXTENTS_HOLE || run_is_hole(extents, &run))
			continue;
		if (extents->disk->punch(extents->disk->ctx, SL_DISK_BODIES, (uint64_t)i * EXTENT_BLOCK,
		    (uint64_t)n * EXTENT_BLOCK) != 0)
			return;		/* nobody's trouble: the blocks are free either way */
		for (uint32_t b = 0; b < n; b++)
			bits_set(&extents->holes, i + b, true);
		holes++;
	}
}

bool
extents_claim(struct extents *extents, const struct extent *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (list[i].start >= extents->taken.count || list[i].count > extents->taken.count - list[i].start ||
		    bits_free_run(&extents->taken, list[i].start, list[i].count) != list[i].count) {
			while (i-- > 0)
				blocks_set(extents, &list[i], false);
			return false;
		}
		blocks_set(extents, &list[i], true);
	}
	return true;
}

/* Where byte `at` of a body lies in the file, and how many lie there together. */
static uint64_t
place_of(const struct extent *list, size_t list_len, uint64_t at, uint64_t *together_out)
{
	for (size_t i = 0; i < list_len; i++) {
		uint64_t len = (uint64_t)list[i].count * EXTENT_BLOCK;

		if (at < len) {
			*together_out = len - at;
			return (uint64_t)list[i].start * EXTENT_BLOCK + at;
		}
		at -= len;
	}
	SL_UNREACHABLE("past the end of a body");
}

int
extents_read(const struct extents *extents, const struct extent *list, size_t list_len, uint64_t at, void *out, size_t len)
{
	unsigned char *p = out;
	int r = 0;

	while (len > 0 && r == 0) {
		uint64_t together, place = place_of(list, list_len, at, &together);
		size_t n = (size_t)SL_MIN((uint64_t)len, together);

		r = extents->disk->read(extents->disk->ctx, SL_DISK_BODIES, place, p, n);
		p += n;
		at += n;
		len -= n;
	}
	return r;
}

int
extents_write(struct extents *extents, const struct extent *list, size_t list_len, uint64_t at, const void *data, size_t len)
{
	const unsigned char *p = data;
	int r = 0;

	extents->dirty = true;
	while (len > 0 && r == 0) {
		uint64_t together, place = place_of(list, list_len, at, &together);
		size_t n = (size_t)SL_MIN((uint64_t)len, together);

		r = extents->disk->write(extents->disk->ctx, SL_DISK_BODIES, place, p, n);
		p += n;
		at += n;
		len -= n;
	}
	return r;
}

int
extents_sync(struct extents *extents)
{
	int r = extents->dirty ? extents->disk->sync(extents->disk->ctx, SL_DISK_BODIES) : 0;

	if (r == 0)
		extents->dirty = false;
	return r;
}
