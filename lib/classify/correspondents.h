/*
 * correspondents.h - who has written to whom: a sketch that forgets
 *
 * For each tenant, from which addresses and domains mail has come and to which it has been sent, so that a first
 * contact can be told from an old acquaintance. The table lies in memory of the caller, which may be shared by
 * processes: a cell is one word that is read and written whole, and what two writers do at once loses
 * one of the two at worst. Nothing can be read back from it but whether an address that is asked for was there.
 *
 * Memory: 4 bytes a cell; buckets of 8 cells. A full bucket forgets what was longest not seen, and everything is
 * forgotten after SL_CORRESPONDENTS_WEEKS. Somebody never seen is taken for known with a chance of 1 in 2,000,000.
 * Time of a call: 0.5 to 1.5 us, by whether the memory is in a cache.
 */
#ifndef SL_CLASSIFY_CORRESPONDENTS_H
#define SL_CLASSIFY_CORRESPONDENTS_H

#include "sl/base.h"

#define SL_CORRESPONDENTS_WEEKS	120	/* kept without a message */

struct sl_correspondents;

enum sl_correspondence {
	SL_CAME_FROM = 1,		/* mail has come from that address */
	SL_SENT_TO = 2,			/* mail was sent to it */
	SL_CAME_FROM_DOMAIN = 4,
	SL_SENT_TO_DOMAIN = 8,
};

/* Bytes for at least so many cells. */
size_t	sl_correspondents_size(size_t cells);
/* Begin an empty table in memory of that size, 8-aligned, kept; `key` is random and secret. */
struct sl_correspondents	*sl_correspondents_init(void *memory, size_t size_bytes, const unsigned char key[16]);
/* The same that another process has begun, or that was in a file; NULL: it is none. */
struct sl_correspondents	*sl_correspondents_open(void *memory, size_t size_bytes);

/* A message with `address` (local@domain, any case): `way` is SL_CAME_FROM or SL_SENT_TO; its domain counts too. */
void	sl_correspondents_add(struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
	    enum sl_correspondence way, int64_t now_s);
/* What is known of it: a sum of sl_correspondence. */
unsigned	sl_correspondents_find(const struct sl_correspondents *table, struct sl_slice tenant,
		    struct sl_slice address, int64_t now_s);

#endif
