/* calibration.c - see calibration.h */

#include "measure/calibration.h"

#include <math.h>
#include <stdlib.h>

struct bin {
	size_t	count, true_count;
	double	said;		/* sum */
};

double
sl_probability(double log_odds)
{
	return 1 / (1 + exp(-log_odds));
}

static void
bin_add(struct bin *bin, const struct sl_scored *one)
{
	bin->count++;
	bin->true_count += one->unwanted;
	bin->said += sl_probability(one->score);
}

/* Its part of the expected error, times the count of all messages. */
static double
bin_error(const struct bin *bin)
{
	return fabs(bin->said - (double)bin->true_count);
}

/* -log of the probability that was given to what came true, without overflow. */
static double
loss(const struct sl_scored *one)
{
	double against = one->unwanted ? -one->score : one->score;

	return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

static double
error_by_width(const struct sl_scored *scored, size_t len)
{
	struct bin bins[SL_CALIBRATION_BINS] = { 0 };
	double error = 0;

	for (size_t i = 0; i < len; i++) {
		int at = (int)(sl_probability(scored[i].score) * SL_CALIBRATION_BINS);

		bin_add(&bins[SL_MIN(at, SL_CALIBRATION_BINS - 1)], &scored[i]);
	}
	for (size_t i = 0; i < SL_COUNT(bins); i++)
		error += bin_error(&bins[i]);
	return error / (double)len;
}

static int
lower_first(const void *a, const void *b)
{
	const struct sl_scored *x = a, *y = b;

	return (x->score > y->score) - (x->score < y->score);
}

/* Fill bins from sorted messages; returns the expected error. */
static double
bins_of_equal_mass(const struct sl_scored *sorted, size_t len, struct sl_calibration *out)
{
	double error = 0;
	size_t i = 0;

	for (size_t b = 1; b <= SL_CALIBRATION_BINS; b++) {
		struct sl_reliability *r = &out->bins[out->bins_len];
		size_t end = len * b / SL_CALIBRATION_BINS;
		struct bin bin = { 0 };

		while (i < len && (i < end || (bin.count > 0 && sorted[i].score <= sorted[i - 1].score)))
			bin_add(&bin, &sorted[i++]);
		if (bin.count == 0)
			continue;
		error += bin_error(&bin);
		*r = (struct sl_reliability){ bin.count, bin.said / (double)bin.count,
			(double)bin.true_count / (double)bin.count,
			sl_interval_of_share(bin.true_count, bin.count) };
		out->bins_len++;
	}
	return error / (double)len;
}

void
sl_calibration_measure(const struct sl_scored *scored, size_t len, struct sl_calibration *out)
{
	struct sl_scored *sorted;
	double squares = 0, losses = 0;

	*out = (struct sl_calibration){ .count = len, .brier = NAN, .log_loss = NAN,
		.error_by_width = NAN, .error_by_mass = NAN };
	if (len == 0)
		return;
	sorted = sl_xmemdup(scored, len * sizeof(*sorted));
	qsort(sorted, len, sizeof(*sorted), lower_first);
	for (size_t i = 0; i < len; i++) {
		double off = sl_probability(sorted[i].score) - (sorted[i].unwanted ? 1 : 0);

		SL_ASSERT(!isnan(sorted[i].score));
		squares += off * off;
		losses += loss(&sorted[i]);
	}
	out->brier = squares / (double)len;
	out->log_loss = losses / (double)len;
	out->error_by_width = error_by_width(sorted, len);
	out->error_by_mass = bins_of_equal_mass(sorted, len, out);
	sl_free(sorted);
}
