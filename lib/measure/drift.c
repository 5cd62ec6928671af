/* drift.c - see drift.h */

#include "measure/drift.h"

#include <math.h>

#define ODDS_EDGE	10.0
#define DECAY_EVERY	100	/* messages */
#define COUNT_MAX	1e15
#define FIT_STEPS	200

size_t
sl_drift_bin(double log_odds)
{
	double at = (log_odds + ODDS_EDGE) / (2 * ODDS_EDGE) * SL_DRIFT_BINS;

	SL_ASSERT(!isnan(log_odds));
	return (size_t)fmin(SL_DRIFT_BINS - 1, fmax(0, at));
}

/* ---- counting ---- */

static void
decay(struct sl_drift *drift, size_t names_len, double half_life)
{
	double keep = exp2(-DECAY_EVERY / half_life);

	drift->since_decay = 0;
	drift->messages *= keep;
	drift->said *= keep;
	for (size_t i = 0; i < SL_DRIFT_BINS; i++)
		drift->bins[i] *= keep;
	for (size_t i = 0; i < names_len; i++)
		drift->names[i] *= keep;
}

size_t
sl_drift_find(const struct sl_drift_expectation *expected, const char *name)
{
	uint64_t hash = sl_hash(name, strlen(name));
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
sl_drift_add(struct sl_drift *drift, const struct sl_drift_expectation *expected, double half_life, double log_odds,
    const size_t *places, size_t places_len)
{
	bool seen[SL_DRIFT_NAMES_MAX] = { false };

	SL_ASSERT(half_life >= 1000 && expected->names_len <= SL_DRIFT_NAMES_MAX);
	drift->messages++;
	drift->said += 1 / (1 + exp(-log_odds));
	drift->bins[sl_drift_bin(log_odds)]++;
	for (size_t i = 0; i < places_len; i++) {
		if (places[i] >= expected->names_len || seen[places[i]])
			continue;
		seen[places[i]] = true;
		drift->names[places[i]]++;
	}
	if (++drift->since_decay >= DECAY_EVERY)
		decay(drift, expected->names_len, half_life);
}

static double
count_of(double count)
{
	return count >= 0 && count <= COUNT_MAX ? count : 0;	/* NaN is neither */
}

void
sl_drift_add_up(struct sl_drift *sum, const struct sl_drift *part)
{
	sum->messages += count_of(part->messages);
	sum->said += count_of(part->said);
	for (size_t i = 0; i < SL_DRIFT_BINS; i++)
		sum->bins[i] += count_of(part->bins[i]);
	for (size_t i = 0; i < SL_DRIFT_NAMES_MAX; i++)
		sum->names[i] += count_of(part->names[i]);
}

/* ---- figures ---- */

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

/* Shares of a class's training messages in a bin, not 0: what training never saw may come. */
static double
share_in(const struct sl_drift_expectation *expected, enum sl_drift_class class, size_t bin)
{
	return smooth(expected->bins[class][bin] * expected->messages[class], expected->messages[class], SL_DRIFT_BINS);
}

/* The share of unwanted mail under which the counts are likeliest: expectation and maximisation. */
static double
fit(const struct sl_drift *drift, const struct sl_drift_expectation *expected)
{
	double unwanted = 0.5;

	for (unsigned step = 0; step < FIT_STEPS; step++) {
		double sum = 0, all = 0;

		for (size_t i = 0; i < SL_DRIFT_BINS; i++) {
			double u = unwanted * share_in(expected, SL_DRIFT_UNWANTED, i);

			sum += drift->bins[i] * u / (u + (1 - unwanted) * share_in(expected, SL_DRIFT_WANTED, i));
			all += drift->bins[i];
		}
		unwanted = all > 0 ? sum / all : 0.5;
	}
	return unwanted;
}

static double
mixture(const double of[SL_DRIFT_CLASSES], double unwanted)
{
	return (1 - unwanted) * of[SL_DRIFT_WANTED] + unwanted * of[SL_DRIFT_UNWANTED];
}

void
sl_drift_measure(const struct sl_drift *drift, const struct sl_drift_expectation *expected, struct sl_drift_figures *out)
{
	double n = drift->messages;

	*out = (struct sl_drift_figures){ NAN, NAN, NAN };
	if (n < SL_DRIFT_MESSAGES_MIN)
		return;
	out->said = fmin(1, drift->said / n);
	out->unwanted = fit(drift, expected);
	out->answers = 0;
	/* Both sides are smoothed alike, as if training had been as long as this window. */
	for (size_t i = 0; i < SL_DRIFT_BINS; i++) {
		const double bins[] = { expected->bins[SL_DRIFT_WANTED][i], expected->bins[SL_DRIFT_UNWANTED][i] };

		out->answers += stability(smooth(mixture(bins, out->unwanted) * n, n, SL_DRIFT_BINS),
		    smooth(drift->bins[i], n, SL_DRIFT_BINS));
	}
}

struct sl_drift_rate
sl_drift_rate(const struct sl_drift *drift, const struct sl_drift_expectation *expected, size_t name, double unwanted)
{
	double n = fmax(drift->messages, 1), p, q;
	struct sl_drift_rate rate;

	SL_ASSERT(name < expected->names_len);
	rate.training = mixture(expected->names[name].rate, unwanted);
	rate.now = fmin(1, drift->names[name] / n);
	p = smooth(rate.training * n, n, 2);
	q = smooth(rate.now * n, n, 2);
	rate.moved = stability(p, q) + stability(1 - p, 1 - q);
	return rate;
}
