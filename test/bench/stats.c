/* stats.c - see stats.h */

#include "stats.h"

#include <math.h>
#include <stdlib.h>

void
stats_add(struct stats *stats, uint64_t ns)
{
	if ((stats->len & (stats->len - 1)) == 0)
		stats->values = sl_xrealloc(stats->values,
		    SL_MAX(1, stats->len * 2) * sizeof(stats->values[0]));
	stats->values[stats->len++] = ns;
}

static int
compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* The smallest value that at least `share` of all values do not exceed, in microseconds. */
static double
quantile_us(const struct stats *stats, double share)
{
	size_t rank = (size_t)ceil(share * (double)stats->len);

	return stats->len == 0 ? 0 : (double)stats->values[SL_MAX(rank, 1) - 1] / 1000;
}

static void
print_histogram(const struct stats *stats, FILE *out)
{
	double upper_us = 1;
	size_t i = 0, first;
	const char *comma = "";

	while (i < stats->len) {
		for (first = i; i < stats->len && (double)stats->values[i] <= upper_us * 1000; i++)
			;
		if (i > first) {
			fprintf(out, "%s[%.1f, %zu]", comma, upper_us, i - first);
			comma = ", ";
		}
		upper_us *= 1.25;
	}
}

void
stats_print(struct stats *stats, const char *name, FILE *out)
{
	double sum_us = 0;

	if (stats->len > 0)
		qsort(stats->values, stats->len, sizeof(stats->values[0]), compare);
	for (size_t i = 0; i < stats->len; i++)
		sum_us += (double)stats->values[i] / 1000;
	fprintf(out, "\"%s\": {\"count\": %zu, \"mean\": %.1f, \"p50\": %.1f, \"p90\": %.1f, "
	    "\"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f, \"histogram\": [",
	    name, stats->len, stats->len == 0 ? 0 : sum_us / (double)stats->len,
	    quantile_us(stats, 0.5), quantile_us(stats, 0.9), quantile_us(stats, 0.99),
	    quantile_us(stats, 0.999), quantile_us(stats, 1));
	print_histogram(stats, out);
	fputs("]}", out);
}

void
stats_fini(struct stats *stats)
{
	sl_free(stats->values);
	*stats = (struct stats){ 0 };
}
