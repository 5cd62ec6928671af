/*
 * stats.h - a distribution of times, kept whole
 */
#ifndef SLUICE_BENCH_STATS_H
#define SLUICE_BENCH_STATS_H

#include "sl/base.h"

#include <stdio.h>

struct stats {
	uint64_t	*values;	/* nanoseconds */
	size_t		 len;
};

void	stats_add(struct stats *stats, uint64_t ns);
/* Write `"name": {"count": .., "p50": .., ... "histogram": [[upper, count], ...]}` in microseconds;
 * sorts. The histogram's steps grow by a quarter. */
void	stats_print(struct stats *stats, const char *name, FILE *out);
void	stats_fini(struct stats *stats);

#endif
