/*
 * train_rates.h - what training saw, for telling later whether mail has moved: the models' section "rates"
 */
#ifndef TRAIN_RATES_H
#define TRAIN_RATES_H

#include "classify/combine.h"
#include "sl/buf.h"

struct rates;

struct rates	*rates_new(void);
void		 rates_free(struct rates **rates);
/* A verdict as it would have been, had the models not seen the message; weighed by the combiner that was learned. */
void		 rates_add(struct rates *rates, const struct sl_verdict *verdict, bool unwanted);
/* The text of measure/drift.h. Of more than SL_DRIFT_NAMES_MAX names those seen most. */
void		 rates_write(const struct rates *rates, struct sl_buf *out);

#endif
