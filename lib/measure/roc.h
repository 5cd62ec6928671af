/*
 * roc.h - how well scores part unwanted mail from wanted
 *
 * From scores and labels: the exact area under the ROC curve (equal scores count half), its points, what
 * is caught at a rate of false positives, and thresholds. Nothing is interpolated: "caught at 0.1 %" is
 * the best that a threshold reaches which at most 0.1 % of the wanted messages reach. With fewer than a
 * thousand wanted messages that means none of them.
 *
 * Memory: 24 bytes a message, and 8 more for the intervals. Time: a sort; each resampling of the
 * bootstrap is linear. The same input and seed give the same figures, in whatever order it comes.
 */
#ifndef SL_ROC_H
#define SL_ROC_H

#include "sl/base.h"

struct sl_scored {
	double	score;		/* higher: rather unwanted; log-odds where calibration.h is asked. Not NaN */
	bool	unwanted;	/* what it is */
};

struct sl_roc_point {		/* what reaches a score: has it or a higher one */
	double	score;
	size_t	wanted;		/* of the wanted messages: false positives */
	size_t	unwanted;	/* of the unwanted ones: caught */
};

struct sl_roc;

/* Never NULL. */
struct sl_roc	*sl_roc_new(const struct sl_scored *scored, size_t len);
void		 sl_roc_free(struct sl_roc **roc);	/* NULL is fine */
size_t		 sl_roc_wanted(const struct sl_roc *roc);
size_t		 sl_roc_unwanted(const struct sl_roc *roc);
/* A point for each score that occurs, highest first, behind one that nothing reaches (INFINITY). */
const struct sl_roc_point *sl_roc_points(const struct sl_roc *roc, size_t *len_out);

/* 1 - the area under the curve: the share of pairs of a wanted and an unwanted message that stand in the
 * wrong order. NaN where there is no pair. */
double		 sl_roc_missed(const struct sl_roc *roc);
/* The last point, from above, that at most `rate` of the wanted messages reach. */
struct sl_roc_point sl_roc_at_rate(const struct sl_roc *roc, double rate);
/* What reaches a threshold, of whatever origin. */
struct sl_roc_point sl_roc_at_score(const struct sl_roc *roc, double threshold);
/* The share caught at a rate; NaN without unwanted messages. */
double		 sl_roc_caught(const struct sl_roc *roc, double rate);

struct sl_interval {
	double	low, high;
};
/* 95 % intervals by bootstrap: messages are drawn again with replacement, wanted and unwanted ones apart.
 * `rounds` 100 ... 100000. NaN where there is no pair. */
struct sl_roc_intervals {
	struct sl_interval	missed;
	struct sl_interval	caught;		/* at `rate` */
};
struct sl_roc_intervals sl_roc_bootstrap(const struct sl_roc *roc, double rate, unsigned rounds,
			    uint64_t seed);
/* 95 % interval of a share, k of n, by Wilson; 0 ... 1 when n is 0. */
struct sl_interval sl_interval_of_share(size_t k, size_t n);

#endif
