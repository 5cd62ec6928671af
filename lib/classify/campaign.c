/* campaign.c - see classify/campaign.h */

#include "classify/campaign.h"

#include <math.h>

#include "classify/reputation.h"

#define KNOWN_SHARE	0.8	/* of the table's log-odds: copies are not always what the first was */
#define BURST_SPAM_MAX	1.2	/* a newsletter of many senders is a burst too */
#define BURST_BULK	2.0

static void
known(const struct sl_campaign_view *v, int64_t now_s, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct sl_evidence e = { .name = "campaign_known", .value = v->log_odds };
	double judged = v->unwanted + v->wanted + v->corrected_unwanted + v->corrected_wanted;
	char ago[SL_AGO_MAX];

	if (judged < 0.5)
		return;
	e.log_odds[SL_SPAM] = KNOWN_SHARE * v->log_odds;
	e.log_odds[SL_PHISH] = KNOWN_SHARE * v->phish_log_odds;
	e.log_odds[SL_MALWARE] = fmax(KNOWN_SHARE * v->malware_log_odds, 0);
	e.sentence = sl_arena_printf(arena, "nearly the same text came about %.0f times from about %.0f networks, the first %s: "
	    "%.0f times judged unwanted and %.0f times wanted, corrected by people %.0f and %.0f times",
	    ceil(v->messages - 0.01), ceil(v->networks - 0.5), sl_ago(v->first_s, now_s, ago), v->unwanted, v->wanted,
	    v->corrected_unwanted, v->corrected_wanted);
	if (e.sentence == NULL)
		e.sentence = "nearly the same text was judged before";
	sl_verdict_add(verdict, &e);
}

static void
burst(const struct sl_campaign_view *v, int64_t now_s, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct sl_evidence e = { .name = "campaign_burst" };
	char ago[SL_AGO_MAX];

	if (!v->is_burst)
		return;
	e.value = log2(v->recent_networks);
	e.log_odds[SL_SPAM] = fmin(0.25 * e.value, BURST_SPAM_MAX);
	e.log_odds[SL_BULK] = BURST_BULK;
	e.sentence = sl_arena_printf(arena, "nearly the same text came about %.0f times within the hour from about %.0f networks, and "
	    "the first %s", v->recent, v->recent_networks, sl_ago(v->first_s, now_s, ago));
	if (e.sentence == NULL)
		e.sentence = "nearly the same text comes from many networks at once";
	sl_verdict_add(verdict, &e);
}

void
sl_campaign_evidence(const struct sl_campaign_view *view, int64_t now_s, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	if (view->id == 0)
		return;
	known(view, now_s, arena, verdict);
	burst(view, now_s, arena, verdict);
}
