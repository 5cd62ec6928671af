/* ngram_fit.c - see ngram_train_i.h: from margins to log-odds, and how they came out */

#include "classify/ngram_train_i.h"

#include <math.h>
#include <stdlib.h>

struct judged {			/* what a line is fitted to */
	const double	*margins;
	const bool	*positive;
	size_t		 len;
	double		 counts[2];
};

struct slope {			/* of the loss, with its curvature */
	double	loss, g0, g1, h00, h01, h11;
};

/* The loss of a line: both classes weigh the same, and the targets stay a little short of 0 and 1 (Platt). */
static struct slope
loss(const struct judged *judged, struct ngram_line line)
{
	const double *counts = judged->counts;
	struct slope sum = { .h00 = 1e-9, .h11 = 1e-9 };

	for (size_t i = 0; i < judged->len; i++) {
		bool positive = judged->positive[i];
		double x = judged->margins[i], z = line.offset + line.slope * x;
		double weight = 0.5 / counts[positive];
		double target = positive ? (counts[1] + 1) / (counts[1] + 2) : 1 / (counts[0] + 2);
		double p = 1 / (1 + exp(-z)), curve = weight * p * (1 - p);

		sum.loss += weight * (fmax(z, 0) + log1p(exp(-fabs(z))) - target * z);
		sum.g0 += weight * (p - target);
		sum.g1 += weight * (p - target) * x;
		sum.h00 += curve;
		sum.h01 += curve * x;
		sum.h11 += curve * x * x;
	}
	return sum;
}

/* Newton's method, each step halved until it helps. */
struct ngram_line
ngram_fit(const double *margins, const bool *positive, size_t len)
{
	struct judged judged = { margins, positive, len, { 0 } };
	struct ngram_line line = { 0, 1 };
	struct slope now;

	for (size_t i = 0; i < len; i++)
		judged.counts[positive[i]]++;
	if (judged.counts[0] == 0 || judged.counts[1] == 0)
		return (struct ngram_line){ 0, 0 };
	now = loss(&judged, line);
	for (int step = 0; step < 100; step++) {
		double determinant = now.h00 * now.h11 - now.h01 * now.h01, size = 1;
		double d0 = (now.h11 * now.g0 - now.h01 * now.g1) / determinant;
		double d1 = (now.h00 * now.g1 - now.h01 * now.g0) / determinant;
		struct slope next = now;
		struct ngram_line tried = line;

		for (; size > 1e-6; size /= 2) {
			tried = (struct ngram_line){ line.offset - size * d0, line.slope - size * d1 };
			next = loss(&judged, tried);
			if (next.loss < now.loss)
				break;
		}
		if (!(next.loss < now.loss - 1e-9))
			break;
		line = tried;
		now = next;
	}
	return line.slope > 0 ? line : (struct ngram_line){ 0, 0 };
}

/* ---- the report */

struct place {
	double	log_odds;
	bool	unwanted;
};

static int
place_order(const void *a, const void *b)
{
	double x = ((const struct place *)a)->log_odds, y = ((const struct place *)b)->log_odds;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The mean distance, over ten bins of probability, between what was said and what was so. */
static double
calibration_error(const double *log_odds, const bool *unwanted, size_t len)
{
	double bins[10][2] = { { 0 } }, sum = 0;

	for (size_t i = 0; i < len; i++) {
		double p = 1 / (1 + exp(-log_odds[i]));
		size_t bin = SL_MIN((size_t)(p * 10), (size_t)9);

		bins[bin][0] += p;
		bins[bin][1] += unwanted[i];
	}
	for (size_t b = 0; b < 10; b++)
		sum += fabs(bins[b][0] - bins[b][1]);
	return sum / (double)len;
}

void
ngram_report(const double *log_odds, const bool *unwanted, size_t len, struct sl_ngram_report *report_out)
{
	static const double rates[] = { 0.001, 0.005, 0.01 };
	struct place *places = sl_xmalloc(sizeof(*places) * (len + 1));
	double all[2] = { 0 }, seen[2] = { 0 }, area = 0;

	for (size_t i = 0; i < len; i++) {
		places[i] = (struct place){ log_odds[i], unwanted[i] };
		all[unwanted[i]]++;
	}
	qsort(places, len, sizeof(*places), place_order);
	for (size_t i = 0; i < len; i++) {
		seen[places[i].unwanted]++;
		if (!places[i].unwanted)
			continue;
		area += seen[0];
		for (size_t r = 0; r < SL_COUNT(rates); r++)
			if (seen[0] <= rates[r] * all[0])
				report_out->caught_at[r] = seen[1] / all[1];
	}
	report_out->roc_area_missed = area / (all[0] * all[1]);
	report_out->calibration_error = calibration_error(log_odds, unwanted, len);
	sl_free(places);
}
