/*
 * disk_memory_i.h - a disk for tests, in memory: it forgets what was not synced, tears, is full, read-only, or dies
 *
 * Operations that change something are counted. At the one of number `die_at` the machine stops: that operation may have been
 * done, or a part of it, and every later one fails. disk_memory_crash makes the disk that is found afterwards.
 */
#ifndef SL_VAULT_DISK_MEMORY_I_H
#define SL_VAULT_DISK_MEMORY_I_H

#include "sl/buf.h"
#include "vault/disk.h"

struct disk_memory_write {
	struct disk_memory_write *next;
	uint64_t		 at;
	size_t			 len;
	bool			 hole;		/* zeros: a reserve or a punch; `data` is empty */
	bool			 grows;		/* a reserve: touches only what lies behind the end */
	unsigned char		 data[];
};

struct disk_memory_file {
	struct sl_buf		 now;		/* as a reader sees it */
	struct sl_buf		 synced;
	struct disk_memory_write *log, **log_end;	/* since the last sync, in order */
};

struct disk_memory {
	struct sl_disk		disk;
	struct disk_memory_file	files[SL_DISK_FILE_COUNT];
	uint64_t		ops, die_at;	/* 0: never */
	uint64_t		syncs;
	uint64_t		space_bytes;	/* for all files; SIZE_MAX: no end */
	bool			dead, read_only;
	int			sync_result;	/* other than 0: syncs fail so */
};

enum disk_memory_fate {
	DISK_LOST,		/* nothing that was not synced */
	DISK_KEPT,		/* all of it */
	DISK_TORN,		/* all, of the last write the first `cut` bytes */
	DISK_LAST_ALONE,	/* of the last write the first `cut` bytes, nothing else */
	DISK_MIXED,		/* each one lost, kept or torn, by lot from `cut` */
};

void	disk_memory_init(struct disk_memory *disk);
void	disk_memory_fini(struct disk_memory *disk);
/* What is found after a crash now. `out` is initialised by this. */
void	disk_memory_crash(const struct disk_memory *disk, enum disk_memory_fate fate, size_t cut, struct disk_memory *out);
/* The same disk once more, all of it synced. */
void	disk_memory_copy(const struct disk_memory *disk, struct disk_memory *out);
/* The length of the last write that was not synced, 0: there is none. */
size_t	disk_memory_last(const struct disk_memory *disk);

#endif
