/*
 * slots_i.h - a file of slots of one size: headers, keys of days, tenants' pairs
 *
 * A slot of zeros is free. A record is never overwritten by its successor: that goes into a free slot, and the old one
 * becomes zeros when the new one is on the disk. The caller says when to sync.
 */
#ifndef SL_VAULT_SLOTS_I_H
#define SL_VAULT_SLOTS_I_H

#include "bits_i.h"
#include "vault/disk.h"

struct slots {
	const struct sl_disk	*disk;
	enum sl_disk_file	 file;
	uint64_t		 base;		/* where the first slot lies */
	size_t			 slot_bytes;
	bool			 in_order;	/* the first free one, not any; for tests */
	bool			 dirty;		/* written since the last sync */
	struct bits		 taken;
};

/* Takes the count of slots from the file's size. */
SL_MUST_USE int	slots_open(struct slots *slots);
SL_MUST_USE int	slots_read(const struct slots *slots, uint32_t first, uint32_t count, void *out);
SL_MUST_USE int	slots_write(struct slots *slots, uint32_t slot, const void *data);
SL_MUST_USE int	slots_erase(struct slots *slots, uint32_t slot);	/* zeros; still taken */
/* The same, where a disk that cannot be written is no trouble: the next start does it. */
void		slots_clean(struct slots *slots, uint32_t slot);
SL_MUST_USE int	slots_sync(struct slots *slots);		/* nothing, if nothing was written */
/* A free slot from `from` on, now taken; BITS_NONE. */
uint32_t	slots_take(struct slots *slots, uint32_t from);
void		slots_give(struct slots *slots, uint32_t slot);
/* Add `count` free slots: zeros that are written and synced, so that a slot's first use changes no more than its bytes. */
SL_MUST_USE int	slots_grow(struct slots *slots, uint32_t count);

#endif
