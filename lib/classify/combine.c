/* combine.c - see combine.h */

#include "classify/combine.h"

#include <math.h>

double
sl_combine_prior(enum sl_category category)
{
	static const double shares[SL_CATEGORY_COUNT] = {
		[SL_SPAM] = SL_PRIOR_SPAM,
		[SL_PHISH] = SL_PRIOR_PHISH,
		[SL_MALWARE] = SL_PRIOR_MALWARE,
		[SL_BULK] = SL_PRIOR_BULK,
		[SL_MALFORMED] = SL_PRIOR_MALFORMED,
	};

	SL_ASSERT(category < SL_CATEGORY_COUNT);
	return log(shares[category] / (1 - shares[category]));
}

void
sl_combine(struct sl_verdict *verdict)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		double sum = verdict->prior[c] = sl_combine_prior((enum sl_category)c);

		for (size_t i = 0; i < verdict->evidence_len; i++)
			if (verdict->evidence[i].state == SL_EVIDENCE_PRESENT && !verdict->evidence[i].shadow)
				sum += verdict->evidence[i].log_odds[c];
		verdict->probability[c] = 1 / (1 + exp(-sum));
	}
}
