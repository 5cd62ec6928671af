/*
 * combine.h - evidence into calibrated probabilities (first form: a sum of log-odds)
 *
 * Each classifier's contribution is already calibrated log-odds; the combiner adds them to
 * the prior of each category. The sum is the answer: what is shown adds up exactly.
 */
#ifndef SL_COMBINE_H
#define SL_COMBINE_H

#include "classify/classify.h"

/* Set verdict->prior and ->probability from the evidence in it. */
void	sl_combine(struct sl_verdict *verdict);

#endif
