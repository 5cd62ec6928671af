/*
 * combine.h - evidence into calibrated probabilities (first form: a sum of log-odds)
 *
 * Each classifier's contribution is already calibrated log-odds; the combiner adds them to
 * the prior of each category. The sum is the answer: what is shown adds up exactly.
 *
 * The priors are the shares of mail that arrives at a public MX, rounded: about half is
 * unwanted, one message in ten tries to steal, one in a hundred carries malware. They decide
 * alone where no evidence is present, which is far below any sensible threshold.
 */
#ifndef SL_COMBINE_H
#define SL_COMBINE_H

#include "classify/classify.h"

#define SL_PRIOR_SPAM		0.5
#define SL_PRIOR_PHISH		0.1
#define SL_PRIOR_MALWARE	0.01
#define SL_PRIOR_BULK		0.3
#define SL_PRIOR_MALFORMED	0.001

/* The prior of a category as log-odds. */
double	sl_combine_prior(enum sl_category category);

/* Set verdict->prior and ->probability from the evidence in it. Evidence that is absent or
 * failed adds nothing. */
void	sl_combine(struct sl_verdict *verdict);

#endif
