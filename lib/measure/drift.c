/* drift.c - see drift.h */

#include "measure/drift.h"

#include <math.h>

#define ODDS_EDGE	10.0
#define DECAY_EVERY	100	/* messages */

size_t
sl_drift_bin(double log_odds)
{
	double at = (log_odds + ODDS_EDGE) / (2 * ODDS_EDGE) * SL_DRIFT_BINS;

	SL_ASSERT(!isnan(log_odds));
	return (size_t)fmin(SL_DRIFT_BINS - 1, fmax(0, at));
}

void
sl_drift_init(struct sl_drift *drift, const struct sl_drift_expectation *expected, double half_life)
{
	SL_ASSERT(half_life >= 1000 && expected->names_len <= SL_DRIFT_NAMES_MAX);
	for (size_t i = 1; i < expected->names_len; i++)
		SL_ASSERT(expected->names[i - 1].hash < expected->names[i].hash);
	*drift = (struct sl_drift){ .expected = expected, .half_life = half_life };
}

static void
decay(struct sl_drift *drift)
{
	double keep = exp2(-DECAY_EVERY / drift->half_life);

	drift->since_decay = 0;
	drift->messages *= keep;
	for (size_t i = 0; i < SL_DRIFT_BINS; i++)
		drift->bins[i] *= keep;
	for (size_t i = 0; i < drift->expected->names_len; i++)
		drift->names[i] *= keep;
}

/* The place of a name, or names_len: training did not know it. */
static size_t
find(const struct sl_drift_expectation *expected, uint64_t hash)
{
	size_t low = 0, high = expected->names_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (expected->names[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < expected->names_len && expected->names[low].hash == hash ? low : expected->names_len;
}

void
sl_drift_add(struct sl_drift *drift, double log_odds, const char *const *names, size_t names_len)
{
	bool seen[SL_DRIFT_NAMES_MAX] = { false };

	drift->messages++;
	drift->bins[sl_drift_bin(log_odds)]++;
	for (size_t i = 0; i < names_len; i++) {
		size_t at = find(drift->expected, sl_hash(names[i], strlen(names[i])));

		if (at == drift->expected->names_len || seen[at])
			continue;
		seen[at] = true;
		drift->names[at]++;
	}
	if (++drift->since_decay == DECAY_EVERY)
		decay(drift);
}

/* A share that is never 0 or 1: half a message more on either side. */
static double
smooth(double count, double all, double kinds)
{
	return (count + 0.5) / (all + 0.5 * kinds);
}

static double
stability(double expected, double seen)
{
	return (seen - expected) * log(seen / expected);
}

void
sl_drift_measure(const struct sl_drift *drift, struct sl_drift_figures *figures)
{
	const struct sl_drift_expectation *expected = drift->expected;
	double n = drift->messages, answers = 0, worst = 0;

	*figures = (struct sl_drift_figures){ NAN, NAN, 0 };
	if (n < SL_DRIFT_MESSAGES_MIN)
		return;
	/* Both sides are smoothed alike, as if training had been as long as this window. */
	for (size_t i = 0; i < SL_DRIFT_BINS; i++)
		answers += stability(smooth(expected->bins[i] * n, n, SL_DRIFT_BINS),
		    smooth(drift->bins[i], n, SL_DRIFT_BINS));
	for (size_t i = 0; i < expected->names_len; i++) {
		double p = smooth(expected->names[i].rate * n, n, 2), q = smooth(drift->names[i], n, 2);
		double moved = stability(p, q) + stability(1 - p, 1 - q);

		if (moved > worst) {
			worst = moved;
			figures->evidence_name = i;
		}
	}
	figures->answers = answers;
	figures->evidence = worst;
}
