/* classify.c - see classify.h */

#include "classify/classify.h"

#include <math.h>

const char *
sl_category_word(enum sl_category category)
{
	static const char *const words[] = {
#define SL_CATEGORY_WORD(name, word, meaning) word,
		SL_CATEGORIES(SL_CATEGORY_WORD)
#undef SL_CATEGORY_WORD
	};

	SL_ASSERT(category < SL_CATEGORY_COUNT);
	return words[category];
}

/* How much a piece of evidence would be missed. A failure outweighs every number: the fail
 * mode depends on its being seen. */
static double
evidence_weight(const struct sl_evidence *evidence)
{
	double weight = 0;

	if (evidence->state == SL_EVIDENCE_FAILED)
		return INFINITY;
	for (int i = 0; i < SL_CATEGORY_COUNT; i++)
		weight = fmax(weight, fabs(evidence->log_odds[i]));
	return weight;
}

static bool
evidence_sound(const struct sl_evidence *evidence)
{
	for (int i = 0; i < SL_CATEGORY_COUNT; i++)
		if (!isfinite(evidence->log_odds[i]) ||
		    (evidence->state != SL_EVIDENCE_PRESENT && evidence->log_odds[i] != 0))
			return false;
	return evidence->name != NULL && evidence->sentence != NULL;
}

static void
keep(struct sl_evidence *to, const struct sl_evidence *evidence)
{
	*to = *evidence;
	memcpy(to->said, evidence->log_odds, sizeof(to->said));
}

void
sl_verdict_add(struct sl_verdict *verdict, const struct sl_evidence *evidence)
{
	size_t weakest = 0;

	SL_ASSERT(evidence_sound(evidence));
	if (verdict->evidence_len < SL_EVIDENCE_MAX) {
		keep(&verdict->evidence[verdict->evidence_len++], evidence);
		return;
	}
	for (size_t i = 1; i < SL_EVIDENCE_MAX; i++)
		if (evidence_weight(&verdict->evidence[i]) <
		    evidence_weight(&verdict->evidence[weakest]))
			weakest = i;
	if (evidence_weight(evidence) > evidence_weight(&verdict->evidence[weakest]))
		keep(&verdict->evidence[weakest], evidence);
}
