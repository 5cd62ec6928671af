/*
 * later.h - what the audit trail of a tenant says of messages after they were released: opened again, reported as unwanted, sender allowed
 *
 * Read some entries at a time, so that requests are answered meanwhile. An entry counts for a release when it was made at that time or after; of a
 * sender an entry of any list of the tenant's, by his address or its domain.
 *
 * Memory: 24 bytes an entry that counts, LATER_EVENTS_MAX of them; of more nothing is known.
 *
 * Limits: what is done by way of the control socket (root) is in no trail. Of entries for many messages the first some are named there.
 */
#ifndef CONSOLE_LATER_H
#define CONSOLE_LATER_H

#include "report/releases.h"
#include "store/store.h"

#define LATER_EVENTS_MAX	200000u

struct later;
struct later	*later_new(struct sl_store *store, int64_t tenant, int64_t since_us);
void		 later_free(struct later **later);
/* Read on. SL_MORE: there is more to be read; SL_DONE; or the store's error. */
int		 later_read(struct later *later);
/* After SL_DONE: what came after this release. */
void		 later_of(const struct later *later, const struct sl_courier_entry *entry, struct sl_release_later *out);

#endif
