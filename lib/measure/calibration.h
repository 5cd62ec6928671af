/*
 * calibration.h - does a probability mean what it says?
 *
 * From log-odds and what came true: Brier score, log loss, and the expected calibration error (the
 * mean distance between what was said and what came true, over bins, weighted by their messages) with
 * bins of equal width and with bins of equally many messages. The first is what is usually reported;
 * the second does not let a few crowded bins hide the rest. Equal log-odds are never parted: a bin
 * goes on to the last of them.
 *
 * Memory: 16 bytes a message. Time: a sort.
 */
#ifndef SL_CALIBRATION_H
#define SL_CALIBRATION_H

#include "measure/roc.h"

#define SL_CALIBRATION_BINS	10

struct sl_reliability {		/* a bin */
	size_t			count;
	double			said;		/* mean probability */
	double			came_true;	/* share */
	struct sl_interval	interval;	/* of came_true, 95 % */
};

struct sl_calibration {		/* NaN where there are no messages */
	size_t			count;
	double			brier;		/* mean square error, 0 ... 1 */
	double			log_loss;	/* natural logarithm */
	double			error_by_width;	/* ECE over bins of equal width */
	double			error_by_mass;	/* ECE over bins of equally many messages */
	size_t			bins_len;	/* at most SL_CALIBRATION_BINS, none of them empty */
	struct sl_reliability	bins[SL_CALIBRATION_BINS];	/* those of equally many, lowest first */
};

/* The probability that log-odds stand for. */
double	sl_probability(double log_odds);
/* `scored` are log-odds of being unwanted. */
void	sl_calibration_measure(const struct sl_scored *scored, size_t len, struct sl_calibration *out);

#endif
