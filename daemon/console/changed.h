/*
 * changed.h - what the publisher remembers of changes: numbers, parts of tenants, addresses that are gone
 *
 * Memory: at most JOB_PARTS_MAX parts, and as many addresses of JOB_GONE_BYTES together; sets are their caller's to bound.
 */
#ifndef CONSOLE_CHANGED_H
#define CONSOLE_CHANGED_H

#include "compile/compile.h"

struct set {			/* of numbers, sorted */
	int64_t	*ids;
	size_t	 len, size;
};

struct parts {			/* in any order, some more than once */
	struct sl_compile_part	*items;
	size_t			 len, size;
};

struct gone {			/* addresses are owned */
	struct sl_compile_gone	*items;
	size_t			 len, size, bytes;
};

bool	set_add(struct set *set, int64_t id);		/* false: it is there */
bool	set_has(const struct set *set, int64_t id);
void	set_copy(struct set *to, const struct set *from);
void	set_fini(struct set *set);

bool	parts_add(struct parts *parts, const struct sl_compile_part *part);	/* false: there are too many */
void	parts_sort(struct parts *parts);		/* by tenant, each once */
void	parts_copy(struct parts *to, const struct parts *from);
void	parts_fini(struct parts *parts);

bool	gone_add(struct gone *gone, int64_t tenant, struct sl_slice address);	/* copied; false: there are too many */
void	gone_sort(struct gone *gone);			/* by tenant */
void	gone_reset(struct gone *gone);
void	gone_fini(struct gone *gone);

#endif
