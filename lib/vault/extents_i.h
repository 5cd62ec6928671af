/*
 * extents_i.h - room in the file of bodies: runs of 4 KiB blocks
 *
 * What is taken follows from the headers alone and is derived from them at start: a body whose header never came
 * into being is free room again, and nothing has to be cleaned up.
 */
#ifndef SL_VAULT_EXTENTS_I_H
#define SL_VAULT_EXTENTS_I_H

#include "bits_i.h"
#include "vault/disk.h"

#define EXTENT_BLOCK	4096u
#define EXTENTS_MAX	24u		/* of one body */
#define EXTENTS_STEP	1024u		/* blocks that the file grows by, unless said otherwise: 4 MiB */
#define EXTENTS_KEEP	16384u		/* free blocks that are kept for the next bodies, and half of those in use */
#define EXTENTS_HOLE	64u		/* a shorter run is not given back */
#define EXTENTS_HOLES	256u		/* runs in one call */

struct extent {
	uint32_t	start, count;	/* blocks */
};

struct extents {
	const struct sl_disk	*disk;
	uint64_t		 reserve_bytes;	/* to be left free on the disk */
	uint32_t		 step;		/* blocks that the file grows by, at least */
	uint32_t		 next;		/* where to look first */
	bool			 dirty;
	struct bits		 taken;
	struct bits		 holes;		/* blocks that were given back to the file system, and not taken since */
};

SL_MUST_USE int	extents_open(struct extents *extents);
/* Take at most `want` blocks that lie together: as many if there is such a run or the file can grow, else the longest there
 * is. Returns 0 or SL_ERR_NO_SPACE, SL_ERR_SYSTEM. */
SL_MUST_USE int	extents_take(struct extents *extents, uint32_t want, struct extent *out);
/* Give them back, to be taken again. */
void		extents_give(struct extents *extents, const struct extent *list, size_t len);
/* If much more is free than is worth keeping, give long free runs back to the file system. */
void		extents_return(struct extents *extents);
/* Take what a header says is taken, at start. False: outside the file, or another's. */
bool		extents_claim(struct extents *extents, const struct extent *list, size_t len);

/* Read or write `len` bytes of a body at `at`, which lie inside its extents. */
SL_MUST_USE int	extents_read(const struct extents *extents, const struct extent *list, size_t list_len, uint64_t at,
    void *out, size_t len);
SL_MUST_USE int	extents_write(struct extents *extents, const struct extent *list, size_t list_len, uint64_t at,
    const void *data, size_t len);
SL_MUST_USE int	extents_sync(struct extents *extents);

#endif
