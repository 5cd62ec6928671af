/*
 * disk.h - what the vault asks of a disk, as a table of operations
 *
 * The vault has four files in three directories, which may have three owners and lie on three disks. They are
 * made and opened once, at start; from then on a vault opens nothing. The table is what tests put a
 * disk of their own behind: one that loses what was not synced, tears writes, is full, read-only or slow.
 *
 * Every operation returns 0 or an SL_ERR_*: SL_ERR_NO_SPACE (also a disk quota), SL_ERR_SYSTEM, and of a read SL_ERR_TRUNCATED
 * (past the end). What was written may be lost or torn by a crash, in any order, until the file's sync has returned 0. After a
 * sync that failed nobody knows what is on the disk: the vault must be opened anew.
 */
#ifndef SL_VAULT_DISK_H
#define SL_VAULT_DISK_H

#include "sl/base.h"

#define SL_DISK_FILES(X)							\
	X(HEADERS, "headers")		/* in the directory of header records */	\
	X(BODIES, "bodies")		/* in that of bodies */				\
	X(KEYS, "keys")			/* in that of keys: days, ... */		\
	X(TENANTS, "tenants")		/* ... and the tenants' pairs, wrapped */

enum sl_disk_file {
#define SL_DISK_ENUM(id, name) SL_DISK_##id,
	SL_DISK_FILES(SL_DISK_ENUM)
#undef SL_DISK_ENUM
	SL_DISK_FILE_COUNT,
};

struct sl_disk {
	int	(*size)(void *ctx, enum sl_disk_file file, uint64_t *bytes_out);
	int	(*read)(void *ctx, enum sl_disk_file file, uint64_t at, void *out, size_t len);	/* all of it */
	int	(*write)(void *ctx, enum sl_disk_file file, uint64_t at, const void *data, size_t len);
	/* Make room: the file reaches at least to at + len, and writing there does not fail for want of space. */
	int	(*reserve)(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len);
	int	(*punch)(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len);	/* give room back; reads as zeros */
	int	(*sync)(void *ctx, enum sl_disk_file file);
	int	(*room)(void *ctx, enum sl_disk_file file, uint64_t *bytes_out);	/* free on its disk, for us */
	void	*ctx;
};

/* disk_files.c: the real one. */
struct sl_disk_files;
/* Make the files where they are missing (the directories must be there), lock them, open them. What can only be read is opened
 * for reading: writes then fail. Returns 0; SL_ERR_BUSY: another vault has them; SL_ERR_NO_SPACE; SL_ERR_SYSTEM (errno). */
SL_MUST_USE int	sl_disk_files_open(const char *headers_dir, const char *bodies_dir, const char *keys_dir,
    struct sl_disk_files **files_out);
void		sl_disk_files_close(struct sl_disk_files **files);
/* Could some only be opened for reading? */
bool		sl_disk_files_read_only(const struct sl_disk_files *files);
/* Can they be written now? For who has met an error, and waits for better times to open them anew: the first bytes are written again as they are,
 * and synced; of what could only be opened for reading its file system is asked. */
bool		sl_disk_files_writable(const struct sl_disk_files *files);
/* The table; good until the files are closed. */
const struct sl_disk *sl_disk_files_disk(const struct sl_disk_files *files);

#endif
