/*
 * plan.h - what is due when, by a number: digests of tenants, reports of nodes
 *
 * Sorted by the number; finding what is due looks at all, some 30 us for 35,000. Memory: 16 bytes each.
 */
#ifndef CONSOLE_PLAN_H
#define CONSOLE_PLAN_H

#include "sl/base.h"

#define PLAN_NEVER	INT64_MAX

struct planned {
	int64_t	key, next_s;
};
struct plan {			/* embedded; zero-filled is empty */
	struct planned	*items;
	size_t		 len, size;
};
void	plan_set(struct plan *plan, int64_t key, int64_t next_s);
void	plan_remove(struct plan *plan, int64_t key);
/* Which has been due longest. False: none is due. */
bool	plan_due(const struct plan *plan, int64_t now_s, int64_t *key_out);
void	plan_fini(struct plan *plan);

#endif
