/*
 * drift.h - does mail, and what is said of it, still look as it did when the weights were learned?
 *
 * Two figures: how far the rates at which evidence is present, and how far the distribution of
 * probabilities, have moved from the training's, each as a population stability index (PSI: the symmetric
 * Kullback-Leibler divergence, sum of (p - q) log(p / q)). By custom below 0.1 nothing has changed, above 0.25 much
 * has: time to train again. No labels are needed.
 *
 * The expectation lies in the combiner's file: what training saw. Counting is by the hundred-message step of an
 * exponential window, so that a figure is of recent mail: old counts halve every `half_life` messages.
 *
 * Memory: fixed, about 5 KiB a monitor. Time of a message: its evidence, looked up by name in a sorted table.
 * One owner: not shared between threads.
 */
#ifndef SL_DRIFT_H
#define SL_DRIFT_H

#include "sl/base.h"

#define SL_DRIFT_BINS		20	/* of probability, of equal width in log-odds: -10 ... 10 */
#define SL_DRIFT_NAMES_MAX	256
#define SL_DRIFT_MESSAGES_MIN	200	/* below it there is no figure */

struct sl_drift_name {
	uint64_t	hash;		/* sl_hash of the evidence's name */
	double		rate;		/* share of the training's messages that had it, 0 ... 1 */
};

struct sl_drift_expectation {
	double			 bins[SL_DRIFT_BINS];	/* shares of the training's messages; they add up to 1 */
	struct sl_drift_name	 names[SL_DRIFT_NAMES_MAX];	/* by hash, rising, none twice */
	size_t			 names_len;
};

struct sl_drift {
	const struct sl_drift_expectation *expected;	/* kept */
	double			 half_life;	/* messages */
	double			 messages;	/* decayed count */
	double			 bins[SL_DRIFT_BINS];
	double			 names[SL_DRIFT_NAMES_MAX];
	unsigned		 since_decay;
};

/* The bin of log-odds; what lies outside belongs to the outermost. */
size_t	sl_drift_bin(double log_odds);
/* `expected` is kept. `half_life` at least 1000. */
void	sl_drift_init(struct sl_drift *drift, const struct sl_drift_expectation *expected, double half_life);
/* A message was judged: its log-odds, and the names of evidence present in it. The same name twice counts once. */
void	sl_drift_add(struct sl_drift *drift, double log_odds, const char *const *names, size_t names_len);

struct sl_drift_figures {		/* NaN: too few messages */
	double		answers;	/* PSI of the probabilities' distribution */
	double		evidence;	/* the largest PSI of one name, present or not */
	size_t		evidence_name;	/* whose: an index into the expectation's names */
};
void	sl_drift_measure(const struct sl_drift *drift, struct sl_drift_figures *figures_out);

#endif
