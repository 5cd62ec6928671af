/* reputation.c - see classify/reputation.h */

#include "classify/reputation.h"

#include <math.h>
#include <stdio.h>

/* evidence, what it is called in its sentence, its share of the table's log-odds */
struct kind {
	const char	*name, *of;
	double		 share;
};
static const struct kind kinds[] = {
	{ "reputation_address", "the address", 0.45 },
	{ "reputation_network", "the network", 0.2 },
	{ "reputation_helo", "servers called", 0.1 },
	{ "reputation_domain", "the author's domain", 0.25 },
	{ "reputation_signer", "the proven domain", 0.3 },
};

const char *
sl_ago(int64_t then_s, int64_t now_s, char out[SL_AGO_MAX])
{
	int64_t minutes = SL_MAX(now_s - then_s, 0) / 60;
	long long n = minutes < 120 ? minutes : minutes < 48 * 60 ? minutes / 60 : minutes / 1440;

	snprintf(out, SL_AGO_MAX, "%lld %s%s ago", n,
	    minutes < 120 ? "minute" : minutes < 48 * 60 ? "hour" : "day", n == 1 ? "" : "s");
	return out;
}

static void
past_evidence(const struct kind *kind, const struct sl_sender_past *past, int64_t now_s, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	const struct sl_reputation_view *v = &past->view;
	struct sl_evidence e = { .name = kind->name, .value = v->log_odds };
	double judged = v->unwanted + v->wanted;
	char ago[SL_AGO_MAX];

	if (!past->known || judged < 0.5)
		return;
	e.log_odds[SL_SPAM] = kind->share * v->log_odds;
	e.log_odds[SL_PHISH] = kind->share * v->phish_log_odds;
	e.log_odds[SL_MALWARE] = fmax(kind->share * v->malware_log_odds, 0);
	e.sentence = sl_arena_printf(arena, "%s " SL_SLICE_FMT " has sent about %.0f messages that were judged, %.0f %% of "
	    "them unwanted, the first %s", kind->of, SL_SLICE_ARG(past->name), ceil(judged - 0.01),
	    100 * v->unwanted / judged, sl_ago(v->first_s, now_s, ago));
	if (e.sentence == NULL)
		e.sentence = "the sender has sent mail before";
	sl_verdict_add(verdict, &e);
}

void
sl_sender_evidence(const struct sl_sender_pasts *pasts, int64_t now_s, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	const struct sl_sender_past *const all[] = { &pasts->address, &pasts->network, &pasts->helo, &pasts->domain,
		&pasts->signer };

	_Static_assert(SL_COUNT(all) == SL_COUNT(kinds), "each has its row");
	for (size_t i = 0; i < SL_COUNT(all); i++)
		past_evidence(&kinds[i], all[i], now_s, arena, verdict);
}

/* ---- lessons ---- */

static bool
is_memory(const char *name)
{
	return strncmp(name, "reputation_", 11) == 0 || strncmp(name, "campaign_", 9) == 0 ||
	    strcmp(name, "no_quit") == 0 || strcmp(name, "helo_changes") == 0 || strcmp(name, "early_talk") == 0;
}

/* Log-odds of a category without memory; *said: has anything else spoken of it? */
static double
without_memory(const struct sl_verdict *verdict, enum sl_category category, bool *said)
{
	double sum = verdict->prior[category];

	*said = false;
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		if (e->state != SL_EVIDENCE_PRESENT || e->shadow || is_memory(e->name))
			continue;
		sum += e->log_odds[category];
		*said = *said || e->log_odds[category] > 0 || e->log_odds[category] < 0;
	}
	return sum;
}

enum sl_lesson
sl_lesson(const struct sl_verdict *verdict)
{
	const double sure = log(SL_LESSON_SURE / (1 - SL_LESSON_SURE));
	bool spam_said, phish_said, malware_said;
	double spam = without_memory(verdict, SL_SPAM, &spam_said);
	double phish = without_memory(verdict, SL_PHISH, &phish_said);
	double malware = without_memory(verdict, SL_MALWARE, &malware_said);

	if (malware_said && malware >= sure)
		return SL_LESSON_MALWARE;
	if (phish_said && phish >= sure)
		return SL_LESSON_PHISH;
	if (spam_said && spam >= sure)
		return SL_LESSON_UNWANTED;
	return spam_said && spam <= -sure && phish < 0 && malware < 0 ? SL_LESSON_WANTED : SL_LESSON_NONE;
}
