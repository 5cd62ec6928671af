/*
 * cfb.h - compound files (MS-CFB): storages and streams, as far as they can be read
 *
 * Every sector number is checked, every chain has an end (no longer than the file has sectors), the
 * tree is walked without recursion and each entry once. A damaged file gives what it has.
 *
 * Memory: the list of FAT sectors, the mini FAT and mini stream, CFB_ENTRIES_MAX entries of 192
 * bytes. Streams that are read are copies, of at most what the caller says. Linear.
 */
#ifndef HELPER_CFB_H
#define HELPER_CFB_H

#include "inspect.h"

#define CFB_ENTRIES_MAX	8192
#define CFB_NAME_MAX	100		/* of UTF-8 */

struct cfb_entry {
	char		name[CFB_NAME_MAX + 1];	/* control bytes as '?', so "\1Ole" is "?Ole" */
	unsigned	first;		/* unit of the name's first character */
	unsigned	type;		/* 1 storage, 2 stream, 5 root, 0 unused */
	unsigned	parent;		/* index; 0: the root, also for those in no tree */
	unsigned char	clsid[16];
	uint32_t	left, right, child;
	uint32_t	start;
	uint64_t	size_bytes;
};

struct cfb {
	struct inspection	*in;
	struct sl_slice		 bytes;
	size_t			 sector;	/* bytes of one */
	uint32_t		 sectors;
	uint32_t		 cutoff;	/* smaller streams lie in the mini stream */
	uint32_t		*fat;		/* sectors of the FAT */
	size_t			 fat_len;
	unsigned char		*minifat;
	size_t			 minifat_len;
	unsigned char		*mini;
	size_t			 mini_len;
	struct cfb_entry	*entries;
	size_t			 len;
	bool			 damaged;
};

/* False: nothing can be read of it. `cfb_fini` in either case. */
SL_MUST_USE bool cfb_init(struct cfb *cfb, struct inspection *in, struct sl_slice bytes);
void		 cfb_fini(struct cfb *cfb);
/* A stream's bytes, at most `max`: {NULL, 0} if there are none or no memory. free() the pointer. */
struct sl_slice	 cfb_read(struct cfb *cfb, size_t i, size_t max);
/* Is entry `i` of this name (ASCII case ignored)? */
bool		 cfb_is(const struct cfb *cfb, size_t i, const char *name);
/* Entry of this name in storage `parent`; -1: none. */
long		 cfb_find(const struct cfb *cfb, size_t parent, const char *name);

#endif
