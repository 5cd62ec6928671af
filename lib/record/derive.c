/* derive.c - verdict and ruling from a record; see record.h */

#include "record/record.h"

#include <math.h>

void
sl_record_sum(struct sl_verdict *verdict)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		double sum = verdict->prior[c];

		for (size_t i = 0; i < verdict->evidence_len; i++)	/* in the order that sl_combine has */
			sum += verdict->evidence[i].log_odds[c];
		verdict->logit[c] = sum;
		verdict->probability[c] = 1 / (1 + exp(-sum));
	}
}

void
sl_record_rule(const struct sl_record *record, struct sl_ruling *ruling)
{
	sl_rule(record->policy, &record->verdict, record->engine_failed, ruling);
	for (size_t i = 0; i < record->demands_len; i++)
		sl_rule_demand(ruling, &record->demands[i]);
}
