/* disk_memory_i.c - see disk_memory_i.h */

#include "disk_memory_i.h"

#define FILE_MAX_BYTES	((size_t)512 << 20)

static void
buf_reach(struct sl_buf *buf, uint64_t len)
{
	static const unsigned char zeros[65536];

	while (buf->len < len)
		sl_buf_add(buf, zeros, (size_t)SL_MIN((uint64_t)sizeof(zeros), len - buf->len));
}

/* Do the first `len` bytes of a write to `buf`. */
static void
apply(struct sl_buf *buf, const struct disk_memory_write *w, size_t len)
{
	if (w->grows) {
		buf_reach(buf, w->at + len);
		return;
	}
	if (!w->hole)
		buf_reach(buf, w->at + len);
	if (w->at >= buf->len)
		return;
	len = SL_MIN(len, buf->len - (size_t)w->at);
	if (w->hole)
		memset(buf->data + w->at, 0, len);
	else if (len > 0)
		memcpy(buf->data + w->at, w->data, len);
}

/* One operation that changes something. Returns false when the machine has stopped, after the log has it. */
static bool
op_count(struct disk_memory *d)
{
	d->ops++;
	if (d->die_at != 0 && d->ops >= d->die_at)
		d->dead = true;
	return !d->dead;
}

static void
log_drop(struct disk_memory_file *f)
{
	struct disk_memory_write *next;

	for (struct disk_memory_write *w = f->log; w != NULL; w = next) {
		next = w->next;
		sl_free(w);
	}
	f->log = NULL;
	f->log_end = &f->log;
}

static uint64_t
bytes_used(const struct disk_memory *d)
{
	uint64_t n = 0;

	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)
		n += d->files[i].now.len;
	return n;
}

static int
change(struct disk_memory *d, enum sl_disk_file file, uint64_t at, const void *data, size_t len, bool grows)
{
	struct disk_memory_file *f = &d->files[file];
	struct disk_memory_write *w;
	bool hole = data == NULL;

	if (d->dead || d->read_only)
		return SL_ERR_SYSTEM;
	if ((!hole || grows) && at + len > f->now.len && at + len - f->now.len > d->space_bytes - SL_MIN(d->space_bytes, bytes_used(d)))
		return SL_ERR_NO_SPACE;
	w = sl_xmalloc(sizeof(*w) + (hole ? 0 : len));
	*w = (struct disk_memory_write){ .at = at, .len = len, .hole = hole, .grows = grows };
	if (!hole)
		memcpy(w->data, data, len);
	*f->log_end = w;
	f->log_end = &w->next;
	if (!op_count(d))
		return SL_ERR_SYSTEM;
	apply(&f->now, w, len);
	return 0;
}

static int
memory_size(void *ctx, enum sl_disk_file file, uint64_t *bytes_out)
{
	struct disk_memory *d = ctx;

	*bytes_out = d->files[file].now.len;
	return d->dead ? SL_ERR_SYSTEM : 0;
}

static int
memory_read(void *ctx, enum sl_disk_file file, uint64_t at, void *out, size_t len)
{
	struct disk_memory *d = ctx;
	const struct sl_buf *now = &d->files[file].now;

	if (d->dead)
		return SL_ERR_SYSTEM;
	if (at > now->len || len > now->len - at)
		return SL_ERR_TRUNCATED;
	memcpy(out, now->data + at, len);
	return 0;
}

static int
memory_write(void *ctx, enum sl_disk_file file, uint64_t at, const void *data, size_t len)
{
	return change(ctx, file, at, data, len, false);
}

static int
memory_reserve(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len)
{
	return change(ctx, file, at, NULL, (size_t)len, true);
}

static int
memory_punch(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len)
{
	return change(ctx, file, at, NULL, (size_t)len, false);
}

static int
memory_sync(void *ctx, enum sl_disk_file file)
{
	struct disk_memory *d = ctx;
	struct disk_memory_file *f = &d->files[file];

	if (d->dead)
		return SL_ERR_SYSTEM;
	if (!op_count(d))
		return SL_ERR_SYSTEM;
	d->syncs++;
	if (d->sync_result != 0)
		return d->sync_result;
	for (const struct disk_memory_write *w = f->log; w != NULL; w = w->next)
		apply(&f->synced, w, w->len);
	log_drop(f);
	return 0;
}

static int
memory_room(void *ctx, enum sl_disk_file file, uint64_t *bytes_out)
{
	struct disk_memory *d = ctx;

	*bytes_out = d->space_bytes - SL_MIN(d->space_bytes, bytes_used(d));
	return d->dead ? SL_ERR_SYSTEM : 0;
}

void
disk_memory_init(struct disk_memory *d)
{
	*d = (struct disk_memory){ .space_bytes = SIZE_MAX };
	d->disk = (struct sl_disk){ memory_size, memory_read, memory_write, memory_reserve, memory_punch, memory_sync,
		memory_room, d };
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		sl_buf_init(&d->files[i].now, FILE_MAX_BYTES);
		sl_buf_init(&d->files[i].synced, FILE_MAX_BYTES);
		d->files[i].log_end = &d->files[i].log;
	}
}

void
disk_memory_fini(struct disk_memory *d)
{
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		log_drop(&d->files[i]);
		sl_buf_fini(&d->files[i].now);
		sl_buf_fini(&d->files[i].synced);
	}
}

size_t
disk_memory_last(const struct disk_memory *d)
{
	size_t len = 0;

	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)
		for (const struct disk_memory_write *w = d->files[i].log; w != NULL; w = w->next)
			if (w->next == NULL)
				len = w->len;	/* of the last file that has one; good enough to choose cuts */
	return len;
}

static uint32_t
lot(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static size_t
fate_of(const struct disk_memory_write *w, enum disk_memory_fate fate, size_t cut, uint32_t *state)
{
	bool last = w->next == NULL;

	switch (fate) {
	case DISK_LOST:
		return 0;
	case DISK_KEPT:
		return w->len;
	case DISK_TORN:
		return last ? SL_MIN(cut, w->len) : w->len;
	case DISK_LAST_ALONE:
		return last ? SL_MIN(cut, w->len) : 0;
	case DISK_MIXED:
		switch (lot(state) % 4) {
		case 0:
			return 0;
		case 1:
			return w->len == 0 ? 0 : lot(state) % w->len;
		case 2:
			return w->len == 0 ? 0 : lot(state) % w->len / 512 * 512;
		default:
			return w->len;
		}
	}
	SL_UNREACHABLE("a fate that is none");
}

void
disk_memory_crash(const struct disk_memory *d, enum disk_memory_fate fate, size_t cut, struct disk_memory *out)
{
	uint32_t state = (uint32_t)cut * 2654435761u + 17;

	disk_memory_init(out);
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		const struct disk_memory_file *f = &d->files[i];
		struct sl_buf *b = &out->files[i].now;

		sl_buf_add_slice(b, sl_buf_slice(&f->synced));
		for (const struct disk_memory_write *w = f->log; w != NULL; w = w->next)
			apply(b, w, fate_of(w, fate, cut, &state));
		sl_buf_add_slice(&out->files[i].synced, sl_buf_slice(b));
	}
}

void
disk_memory_copy(const struct disk_memory *d, struct disk_memory *out)
{
	disk_memory_init(out);
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		sl_buf_add_slice(&out->files[i].now, sl_buf_slice(&d->files[i].now));
		sl_buf_add_slice(&out->files[i].synced, sl_buf_slice(&d->files[i].now));
	}
}
