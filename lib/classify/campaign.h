/*
 * campaign.h - what became of near-copies of a text, as evidence
 *
 * campaign_known: the same text has been judged, or corrected by people; its value is the table's log-odds
 * (campaign/campaign.h). campaign_burst: it comes now, and suddenly, from many networks; bulk for sure, and spam
 * more often than not: its value is the logarithm of how many networks.
 */
#ifndef SL_CLASSIFY_CAMPAIGN_H
#define SL_CLASSIFY_CAMPAIGN_H

#include "campaign/campaign.h"
#include "classify/classify.h"

/* `view` is of the messages before this one. Sentences are kept in arena. */
void	sl_campaign_evidence(const struct sl_campaign_view *view, int64_t now_s, struct sl_arena *arena,
	    struct sl_verdict *verdict);

#endif
