/* roc.c - see roc.h */

#include "measure/roc.h"

#include <math.h>
#include <stdlib.h>

#define ROC_MAGIC	0x5d0c0a11u

struct sl_roc {
	unsigned		 magic;
	size_t			 len;		/* of points, at least 1 */
	struct sl_roc_point	*points;
};

static int
higher_first(const void *a, const void *b)
{
	const struct sl_scored *x = a, *y = b;

	return (x->score < y->score) - (x->score > y->score);
}

struct sl_roc *
sl_roc_new(const struct sl_scored *scored, size_t len)
{
	struct sl_roc *roc = sl_xzalloc(sizeof(*roc));
	struct sl_scored *sorted = sl_xmalloc(SL_MAX(len, (size_t)1) * sizeof(*sorted));
	struct sl_roc_point at = { .score = INFINITY };

	roc->magic = ROC_MAGIC;
	roc->points = sl_xmalloc((len + 1) * sizeof(*roc->points));
	if (len > 0)
		memcpy(sorted, scored, len * sizeof(*sorted));
	qsort(sorted, len, sizeof(*sorted), higher_first);
	roc->points[roc->len++] = at;
	for (size_t i = 0; i < len; i++) {
		SL_ASSERT(!isnan(sorted[i].score));
		at.score = sorted[i].score;
		at.wanted += !sorted[i].unwanted;
		at.unwanted += sorted[i].unwanted;
		if (i + 1 == len || sorted[i + 1].score < at.score)
			roc->points[roc->len++] = at;
	}
	sl_free(sorted);
	return roc;
}

void
sl_roc_free(struct sl_roc **roc)
{
	if (*roc != NULL)
		sl_free((*roc)->points);
	SL_OBJ_FREE(roc, ROC_MAGIC);
}

size_t
sl_roc_wanted(const struct sl_roc *roc)
{
	SL_CHECK(roc, ROC_MAGIC);
	return roc->points[roc->len - 1].wanted;
}

size_t
sl_roc_unwanted(const struct sl_roc *roc)
{
	SL_CHECK(roc, ROC_MAGIC);
	return roc->points[roc->len - 1].unwanted;
}

const struct sl_roc_point *
sl_roc_points(const struct sl_roc *roc, size_t *len_out)
{
	SL_CHECK(roc, ROC_MAGIC);
	*len_out = roc->len;
	return roc->points;
}

double
sl_roc_missed(const struct sl_roc *roc)
{
	double pairs = (double)sl_roc_wanted(roc) * (double)sl_roc_unwanted(roc), wrong = 0;
	size_t all = sl_roc_unwanted(roc);

	for (size_t i = 1; i < roc->len; i++) {
		const struct sl_roc_point *p = &roc->points[i], *above = p - 1;

		/* each wanted message here: the unwanted below it, and half of those beside it */
		wrong += (double)(p->wanted - above->wanted) * ((double)(all - p->unwanted) +
		    (double)(p->unwanted - above->unwanted) / 2);
	}
	return pairs > 0 ? wrong / pairs : NAN;
}

struct sl_roc_point
sl_roc_at_rate(const struct sl_roc *roc, double rate)
{
	double allowed = rate * (double)sl_roc_wanted(roc);
	size_t low = 0, high = roc->len;	/* points[low] is allowed, points[high] is not */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if ((double)roc->points[middle].wanted <= allowed)
			low = middle;
		else
			high = middle;
	}
	return roc->points[low];
}

struct sl_roc_point
sl_roc_at_score(const struct sl_roc *roc, double threshold)
{
	struct sl_roc_point found;
	size_t low = 0, high;

	SL_CHECK(roc, ROC_MAGIC);
	high = roc->len;			/* points[low] reaches it (or is the first), points[high] does not */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (roc->points[middle].score >= threshold)
			low = middle;
		else
			high = middle;
	}
	found = roc->points[low];
	found.score = threshold;
	return found;
}

double
sl_roc_caught(const struct sl_roc *roc, double rate)
{
	size_t all = sl_roc_unwanted(roc);

	return all > 0 ? (double)sl_roc_at_rate(roc, rate).unwanted / (double)all : NAN;
}

/* ---- intervals ---- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Deal `n` draws over the n messages of a class: count[i] is how often those of point i were drawn. */
static void
resample(const struct sl_roc *roc, const uint32_t *point_of, size_t n, uint32_t *count, uint64_t *state)
{
	memset(count, 0, roc->len * sizeof(*count));
	for (size_t i = 0; i < n; i++)
		count[point_of[(size_t)(draw(state) % n)]]++;
}

/* point_of[i]: the point that the i-th message of a class, from above, belongs to. */
static uint32_t *
index_class(const struct sl_roc *roc, bool unwanted, size_t n)
{
	uint32_t *point_of = sl_xmalloc(SL_MAX(n, (size_t)1) * sizeof(*point_of));
	size_t at = 0;

	for (size_t i = 1; i < roc->len; i++)
		while (at < (unwanted ? roc->points[i].unwanted : roc->points[i].wanted))
			point_of[at++] = (uint32_t)i;
	return point_of;
}

/* The figures of one resampling. */
static void
resampled(const struct sl_roc *roc, const uint32_t *wanted, const uint32_t *unwanted, double rate,
    double *missed_out, double *caught_out)
{
	double all_wanted = (double)sl_roc_wanted(roc), all_unwanted = (double)sl_roc_unwanted(roc);
	double seen_wanted = 0, seen_unwanted = 0, wrong = 0, caught = 0;

	for (size_t i = 1; i < roc->len; i++) {
		seen_wanted += wanted[i];
		seen_unwanted += unwanted[i];
		wrong += wanted[i] * (all_unwanted - seen_unwanted + unwanted[i] / 2.0);
		if (seen_wanted <= rate * all_wanted)
			caught = seen_unwanted;
	}
	*missed_out = wrong / (all_wanted * all_unwanted);
	*caught_out = caught / all_unwanted;
}

static int
lower_first(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct sl_interval
middle_95(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), lower_first);
	return (struct sl_interval){ values[(size_t)(0.025 * (double)(n - 1) + 0.5)],
		values[(size_t)(0.975 * (double)(n - 1) + 0.5)] };
}

struct sl_roc_intervals
sl_roc_bootstrap(const struct sl_roc *roc, double rate, unsigned rounds, uint64_t seed)
{
	const struct sl_interval none = { NAN, NAN };
	size_t wanted = sl_roc_wanted(roc), unwanted = sl_roc_unwanted(roc);
	struct sl_roc_intervals found = { none, none };
	uint32_t *of_wanted, *of_unwanted, *count_wanted, *count_unwanted;
	double *missed, *caught;

	SL_ASSERT(rounds >= 100 && rounds <= 100000);
	if (wanted == 0 || unwanted == 0)
		return found;
	of_wanted = index_class(roc, false, wanted);
	of_unwanted = index_class(roc, true, unwanted);
	count_wanted = sl_xmalloc(roc->len * sizeof(*count_wanted));
	count_unwanted = sl_xmalloc(roc->len * sizeof(*count_unwanted));
	missed = sl_xmalloc(rounds * sizeof(*missed));
	caught = sl_xmalloc(rounds * sizeof(*caught));
	for (unsigned i = 0; i < rounds; i++) {
		resample(roc, of_wanted, wanted, count_wanted, &seed);
		resample(roc, of_unwanted, unwanted, count_unwanted, &seed);
		resampled(roc, count_wanted, count_unwanted, rate, &missed[i], &caught[i]);
	}
	found.missed = middle_95(missed, rounds);
	found.caught = middle_95(caught, rounds);
	sl_free(of_wanted);
	sl_free(of_unwanted);
	sl_free(count_wanted);
	sl_free(count_unwanted);
	sl_free(missed);
	sl_free(caught);
	return found;
}

struct sl_interval
sl_interval_of_share(size_t k, size_t n)
{
	const double z = 1.959963984540054;
	double share, middle, half, scale;

	SL_ASSERT(k <= n);
	if (n == 0)
		return (struct sl_interval){ 0, 1 };
	share = (double)k / (double)n;
	scale = 1 + z * z / (double)n;
	middle = share + z * z / (2 * (double)n);
	half = z * sqrt(share * (1 - share) / (double)n + z * z / (4 * (double)n * (double)n));
	return (struct sl_interval){ fmax(0, (middle - half) / scale), fmin(1, (middle + half) / scale) };
}
