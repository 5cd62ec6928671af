/*
 * correspondents.h - who has written to whom: a sketch that forgets
 *
 * For each tenant, from which addresses and domains mail has come and to which it has been sent, so that a first
 * contact can be told from an old acquaintance. The table lies in memory of the caller, which may be shared by
 * processes that do not trust each other: what is in it is checked by nothing and can do no harm but be wrong. A cell
 * is one word that is read and written whole, and what two writers do at once loses one of the two at worst. Nothing can
 * be read back from it but whether an address that is asked for was there.
 *
 * Nobody becomes known by one message, nor by a thousand in a day: an address is known once mail has come from it
 * on SL_CORRESPONDENTS_DAYS different days. Who is not known yet is forgotten before who is, so that a flood of
 * strangers drives out strangers. Nothing is said of a tenant until mail to it was learned of on quiet_days days:
 * with an empty table everybody would be a stranger.
 *
 * Memory: 8 bytes a cell, two cells an address; buckets of 8 cells. A full bucket forgets what was longest not seen, and
 * everything is forgotten after SL_CORRESPONDENTS_WEEKS. Somebody never seen is taken for known with a chance of 1
 * in 100,000,000. Time of a call: 0.5 to 1.5 us, by whether the memory is in a cache.
 */
#ifndef SL_CLASSIFY_CORRESPONDENTS_H
#define SL_CLASSIFY_CORRESPONDENTS_H

#include "sl/base.h"

#define SL_CORRESPONDENTS_WEEKS		120	/* kept without a message */
#define SL_CORRESPONDENTS_DAYS		3	/* on which mail came, until an address is known */
#define SL_CORRESPONDENTS_QUIET_MAX	200	/* days */
#define SL_CORRESPONDENTS_MIN_BYTES	512

struct sl_correspondents_settings {
	unsigned char	key[16];	/* random and secret */
	unsigned	quiet_days;	/* 0 ... SL_CORRESPONDENTS_QUIET_MAX */
};

/* A handle; embedded. All that is not in the table is here, where nobody else can change it. */
struct sl_correspondents {
	struct sl_correspondents_settings	 settings;
	_Atomic uint64_t			*cells;
	uint64_t				 buckets;
};

enum sl_correspondence {
	SL_CAME_FROM = 1,		/* mail has come from that address, on days enough */
	SL_SENT_TO = 2,			/* mail was sent to it */
	SL_CAME_FROM_DOMAIN = 4,
	SL_SENT_TO_DOMAIN = 8,
	SL_CAME_FROM_LATELY = 16,	/* mail has come, and not on days enough */
	SL_CAME_FROM_DOMAIN_LATELY = 32,
	SL_TENANT_KNOWN = 64,		/* enough is known of the tenant's mail to speak of strangers */
};

/* Use `memory`, 64-aligned, kept; at least SL_CORRESPONDENTS_MIN_BYTES. Zero-filled is an empty table. */
void	sl_correspondents_init(struct sl_correspondents *table, void *memory, size_t size_bytes,
	    const struct sl_correspondents_settings *settings);

/* A message with `address` (local@domain, any case): `way` is SL_CAME_FROM or SL_SENT_TO; its domain counts too. */
void	sl_correspondents_add(const struct sl_correspondents *table, struct sl_slice tenant, struct sl_slice address,
	    enum sl_correspondence way, int64_t now_s);
/* What is known of it: a sum of sl_correspondence. */
unsigned	sl_correspondents_find(const struct sl_correspondents *table, struct sl_slice tenant,
		    struct sl_slice address, int64_t now_s);

#endif
