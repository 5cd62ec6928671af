/*
 * hostlist.h - a list of hosts and of URLs, to be asked whether one is on it
 *
 * The list is text, a line each; `#` begins a comment:
 *     example.com             the host, and all below it
 *     =example.com            it alone
 *     example.com/path        what begins so: whole parts of a path; a scheme in front is fine
 * What cannot be read is passed over and counted. In memory a list is 64-bit hashes: 1,000,000 entries
 * are 16 MiB; that one stands for another has a chance of 1 in 10^13. It does not change once made: a
 * newer one is put in its place. Time of a look-up: a hash for each label, and for each part of the path
 * if there are URLs on it: 0.3 to 0.8 us in a list of a million.
 */
#ifndef SL_CLASSIFY_HOSTLIST_H
#define SL_CLASSIFY_HOSTLIST_H

#include "sl/base.h"

#define SL_HOSTLIST_MAX		(1u << 24)	/* entries; what is more is passed over */
#define SL_HOSTLIST_LABELS	10	/* of a host that are looked at, from its front */
#define SL_HOSTLIST_PARTS	8	/* of a path that are looked at, from its front */

struct sl_hostlist;

/* `text` is borrowed. Never NULL. */
struct sl_hostlist	*sl_hostlist_read(struct sl_slice text, size_t *skipped_out);	/* NULL is fine */
void	sl_hostlist_free(struct sl_hostlist **list);	/* NULL is fine */
size_t	sl_hostlist_count(const struct sl_hostlist *list);
size_t	sl_hostlist_memory(const struct sl_hostlist *list);	/* bytes */

/* Is `host` (lower case) on it, by itself or by what it is below? */
bool	sl_hostlist_has(const struct sl_hostlist *list, struct sl_slice host);
/* The same, or the beginning of host and path: "/a/b" without query. */
bool	sl_hostlist_has_url(const struct sl_hostlist *list, struct sl_slice host, struct sl_slice path);

#endif
