/* slots.c - see slots_i.h */

#include "slots_i.h"

#include "sl/log.h"

#define ZEROS_BYTES	65536u

static uint64_t
slot_at(const struct slots *slots, uint32_t slot)
{
	return slots->base + (uint64_t)slot * slots->slot_bytes;
}

int
slots_open(struct slots *slots)
{
	uint64_t bytes, count;
	int r = slots->disk->size(slots->disk->ctx, slots->file, &bytes);

	if (r != 0)
		return r;
	count = bytes < slots->base ? 0 : (bytes - slots->base) / slots->slot_bytes;
	bits_grow(&slots->taken, (uint32_t)SL_MIN(count, (uint64_t)UINT32_MAX - 1));
	return 0;
}

int
slots_read(const struct slots *slots, uint32_t first, uint32_t count, void *out)
{
	return slots->disk->read(slots->disk->ctx, slots->file, slot_at(slots, first), out, count * slots->slot_bytes);
}

int
slots_write(struct slots *slots, uint32_t slot, const void *data)
{
	SL_ASSERT(slot < slots->taken.count);
	slots->dirty = true;
	return slots->disk->write(slots->disk->ctx, slots->file, slot_at(slots, slot), data, slots->slot_bytes);
}

int
slots_erase(struct slots *slots, uint32_t slot)
{
	static const unsigned char zeros[4096];

	SL_ASSERT(slots->slot_bytes <= sizeof(zeros));
	return slots_write(slots, slot, zeros);
}

void
slots_clean(struct slots *slots, uint32_t slot)
{
	int r = slots_erase(slots, slot);

	if (r != 0)
		sl_log(SL_LOG_DEBUG, "a slot could not be cleaned: %s", sl_strerror(r));
}

int
slots_sync(struct slots *slots)
{
	int r = slots->dirty ? slots->disk->sync(slots->disk->ctx, slots->file) : 0;

	if (r == 0)
		slots->dirty = false;
	return r;
}

uint32_t
slots_take(struct slots *slots, uint32_t from)
{
	uint32_t slot = slots->in_order ? bits_first_free(&slots->taken, from) : bits_random_free(&slots->taken, from);

	if (slot != BITS_NONE)
		bits_set(&slots->taken, slot, true);
	return slot;
}

void
slots_give(struct slots *slots, uint32_t slot)
{
	bits_set(&slots->taken, slot, false);
}

int
slots_grow(struct slots *slots, uint32_t count)
{
	static const unsigned char zeros[ZEROS_BYTES];
	uint64_t at = slot_at(slots, slots->taken.count), len = (uint64_t)count * slots->slot_bytes;
	int r;

	if (count > UINT32_MAX - 1 - slots->taken.count)
		return SL_ERR_NO_SPACE;
	r = slots->disk->reserve(slots->disk->ctx, slots->file, at, len);
	for (uint64_t done = 0; done < len && r == 0; done += ZEROS_BYTES)
		r = slots->disk->write(slots->disk->ctx, slots->file, at + done, zeros,
		    (size_t)SL_MIN((uint64_t)ZEROS_BYTES, len - done));
	if (r == 0)
		r = slots->disk->sync(slots->disk->ctx, slots->file);
	if (r == 0) {
		slots->dirty = false;
		bits_grow(&slots->taken, slots->taken.count + count);
	}
	return r;
}
