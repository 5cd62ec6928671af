/* evaluate_measure.c - figures from judgements; see evaluate.h */

#include "evaluate.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDS	1000	/* of the bootstrap */
#define SEED	1

const double evaluate_rates[RATES] = { 0.001, 0.005, 0.01 };

bool
is_unwanted(const struct judged *message)
{
	return message->label != LABEL_HAM;
}

/* ---- choosing messages ---- */

struct choice {
	const char	*corpus;	/* NULL: all */
	bool		 wanted, unwanted;	/* of that corpus; the other class comes from all */
};

/* The messages that the figures are of. */
static bool
is_counted(const struct judged *message)
{
	return message->trouble == NULL && !message->for_threshold;
}

static bool
is_chosen(const struct choice *choice, const struct judged *message)
{
	bool unwanted = is_unwanted(message);

	if (choice->corpus == NULL || strcmp(choice->corpus, message->corpus) == 0)
		return true;
	return unwanted ? !choice->unwanted : !choice->wanted;
}

typedef double score_of(const struct judged *message, size_t classifier);

static double
score_whole(const struct judged *message, size_t classifier)
{
	return message->log_odds[SL_SPAM];
}

static double
score_alone(const struct judged *message, size_t classifier)
{
	return message->prior + message->by_classifier[classifier];
}

static double
score_without(const struct judged *message, size_t classifier)
{
	return message->log_odds[SL_SPAM] - message->by_classifier[classifier];
}

static struct sl_roc *
roc_of(const struct evaluate *evaluate, const struct choice *choice, score_of *score, size_t classifier)
{
	struct sl_scored *scored = sl_xmalloc(SL_MAX(evaluate->messages_len, (size_t)1) * sizeof(*scored));
	struct sl_roc *roc;
	size_t n = 0;

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];

		if (is_counted(m) && is_chosen(choice, m))
			scored[n++] = (struct sl_scored){ score(m, classifier), is_unwanted(m) };
	}
	roc = sl_roc_new(scored, n);
	sl_free(scored);
	return roc;
}

/* ---- the threshold ---- */

static bool
is_left_out(const struct evaluate *evaluate, const struct judged *message)
{
	for (size_t i = 0; i < evaluate->without_len; i++)
		if (strcmp(evaluate->without[i], message->corpus) == 0)
			return true;
	return false;
}

static void
choose_threshold(const struct evaluate *evaluate, struct report *report)
{
	struct sl_scored *scored = sl_xmalloc(SL_MAX(evaluate->messages_len, (size_t)1) * sizeof(*scored));
	struct sl_roc *roc;
	size_t n = 0;

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];

		if (m->trouble == NULL && m->for_threshold == (evaluate->threshold_labels != NULL) &&
		    !is_left_out(evaluate, m))
			scored[n++] = (struct sl_scored){ m->log_odds[SL_SPAM], is_unwanted(m) };
	}
	roc = sl_roc_new(scored, n);
	report->threshold_wanted = sl_roc_wanted(roc);
	report->threshold_unwanted = sl_roc_unwanted(roc);
	report->threshold = evaluate->threshold > 0 ?
	    log(evaluate->threshold / (1 - evaluate->threshold)) : sl_roc_at_rate(roc, evaluate->rate).score;
	sl_roc_free(&roc);
	sl_free(scored);
}

/* ---- figures ---- */

static void
measure_own(const struct evaluate *evaluate, const char *corpus, double threshold, struct figures *figures)
{
	struct sl_scored *scored = sl_xmalloc(SL_MAX(evaluate->messages_len, (size_t)1) * sizeof(*scored));
	size_t n = 0;

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];

		if (!is_counted(m) || (corpus != NULL && strcmp(corpus, m->corpus) != 0))
			continue;
		scored[n++] = (struct sl_scored){ m->log_odds[SL_SPAM], is_unwanted(m) };
		figures->wanted += !is_unwanted(m);
		figures->unwanted += is_unwanted(m);
		figures->wanted_at += !is_unwanted(m) && m->log_odds[SL_SPAM] >= threshold;
		figures->unwanted_at += is_unwanted(m) && m->log_odds[SL_SPAM] >= threshold;
	}
	sl_calibration_measure(scored, n, &figures->calibration);
	sl_free(scored);
}

static void
measure_roc(struct figures *figures)
{
	figures->missed = sl_roc_missed(figures->roc);
	for (int r = 0; r < RATES; r++)
		figures->caught[r] = sl_roc_caught(figures->roc, evaluate_rates[r]);
	figures->intervals = sl_roc_bootstrap(figures->roc, evaluate_rates[0], ROUNDS, SEED);
}

static void
measure(const struct evaluate *evaluate, const char *corpus, double threshold, struct figures *figures)
{
	struct choice choice = { .corpus = corpus };

	*figures = (struct figures){ .name = corpus != NULL ? corpus : "all" };
	measure_own(evaluate, corpus, threshold, figures);
	choice.wanted = figures->wanted > 0;
	choice.unwanted = figures->unwanted > 0;
	figures->paired = corpus == NULL ? NULL : !choice.wanted ? "ham" : !choice.unwanted ? "unwanted" : NULL;
	figures->roc = roc_of(evaluate, &choice, score_whole, 0);
	measure_roc(figures);
}

/* Phish against everything else, by the probability of phish. */
static void
measure_phish(const struct evaluate *evaluate, struct figures *figures)
{
	struct sl_scored *scored = sl_xmalloc(SL_MAX(evaluate->messages_len, (size_t)1) * sizeof(*scored));
	size_t n = 0;

	*figures = (struct figures){ .name = "phish" };
	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];

		if (is_counted(m))
			scored[n++] = (struct sl_scored){ m->log_odds[SL_PHISH], m->label == LABEL_PHISH };
	}
	figures->roc = sl_roc_new(scored, n);
	figures->wanted = sl_roc_wanted(figures->roc);
	figures->unwanted = sl_roc_unwanted(figures->roc);
	sl_calibration_measure(scored, n, &figures->calibration);
	measure_roc(figures);
	sl_free(scored);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct figures *)a)->name, ((const struct figures *)b)->name);
}

static bool
is_known(const struct report *report, const char *corpus)
{
	for (size_t i = 0; i < report->corpora_len; i++)
		if (strcmp(report->corpora[i].name, corpus) == 0)
			return true;
	return false;
}

static void
measure_corpora(const struct evaluate *evaluate, struct report *report)
{
	const char *last = NULL;

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];

		if (!is_counted(m) || (last != NULL && strcmp(last, m->corpus) == 0) ||
		    is_known(report, last = m->corpus))
			continue;
		report->corpora = sl_xrealloc(report->corpora,
		    (report->corpora_len + 1) * sizeof(*report->corpora));
		measure(evaluate, m->corpus, report->threshold, &report->corpora[report->corpora_len++]);
	}
	if (report->corpora_len > 0)
		qsort(report->corpora, report->corpora_len, sizeof(*report->corpora), by_name);
}

/* ---- each classifier alone, and left out ---- */

static int
best_alone_first(const void *a, const void *b)
{
	const struct ablation *x = a, *y = b;

	return (x->alone_missed > y->alone_missed) - (x->alone_missed < y->alone_missed);
}

static void
measure_ablations(const struct evaluate *evaluate, struct report *report)
{
	const struct choice all = { 0 };

	report->ablations = sl_xzalloc((evaluate->classifiers_len + 1) * sizeof(*report->ablations));
	for (size_t c = 0; c < evaluate->classifiers_len; c++) {
		struct ablation *row = &report->ablations[report->ablations_len++];
		struct sl_roc *alone = roc_of(evaluate, &all, score_alone, c);
		struct sl_roc *without = roc_of(evaluate, &all, score_without, c);

		*row = (struct ablation){ .name = evaluate->classifiers[c],
			.alone_missed = sl_roc_missed(alone),
			.alone_caught = sl_roc_caught(alone, evaluate_rates[0]),
			.without_missed = sl_roc_missed(without),
			.without_caught = sl_roc_caught(without, evaluate_rates[0]) };
		for (size_t i = 0; i < evaluate->messages_len; i++)
			row->messages += is_counted(&evaluate->messages[i]) &&
			    fabs(evaluate->messages[i].by_classifier[c]) > 0;
		sl_roc_free(&alone);
		sl_roc_free(&without);
	}
	qsort(report->ablations, report->ablations_len, sizeof(*report->ablations), best_alone_first);
}

/* ---- the worst errors ---- */

static int
higher_first(const void *a, const void *b)
{
	const struct judged *x = *(const struct judged *const *)a, *y = *(const struct judged *const *)b;
	double d = x->log_odds[SL_SPAM] - y->log_odds[SL_SPAM];

	return d < 0 ? 1 : d > 0 ? -1 : strcmp(x->path, y->path);
}

static int
lower_first(const void *a, const void *b)
{
	const struct judged *x = *(const struct judged *const *)a, *y = *(const struct judged *const *)b;
	double d = x->log_odds[SL_SPAM] - y->log_odds[SL_SPAM];

	return d < 0 ? -1 : d > 0 ? 1 : strcmp(x->path, y->path);
}

/* Wanted messages are sorted for being taken for unwanted, and the other way round: what is wrong at even odds, or
 * at the threshold. */
static const struct judged **
worst(const struct evaluate *evaluate, const struct report *report, bool unwanted, size_t *len_out)
{
	const struct judged **found = sl_xzalloc((evaluate->messages_len + 1) * sizeof(*found));
	double from = fmin(report->threshold, 0), to = fmax(report->threshold, 0);
	size_t n = 0;

	for (size_t i = 0; i < evaluate->messages_len; i++) {
		const struct judged *m = &evaluate->messages[i];
		double score = m->log_odds[SL_SPAM];

		if (is_counted(m) && is_unwanted(m) == unwanted &&
		    (unwanted ? score < (isinf(to) ? 0 : to) : score >= from))
			found[n++] = m;
	}
	qsort(found, n, sizeof(*found), unwanted ? lower_first : higher_first);
	*len_out = SL_MIN(n, (size_t)evaluate->worst);
	return found;
}

static int
stronger_first(const void *a, const void *b)
{
	double x = fabs((*(const struct reason *const *)a)->log_odds);
	double y = fabs((*(const struct reason *const *)b)->log_odds);

	return (x < y) - (x > y);
}

size_t
strongest_reasons(const struct judged *message, const struct reason **out, size_t max)
{
	const struct reason *all[SL_EVIDENCE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < message->reasons_len; i++)
		if (!message->reasons[i].shadow && fabs(message->reasons[i].log_odds) > 0)
			all[n++] = &message->reasons[i];
	qsort(all, n, sizeof(all[0]), stronger_first);
	n = SL_MIN(n, max);
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}

/* ---- time ---- */

static int
numbers_up(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure_time(const struct evaluate *evaluate, struct report *report)
{
	double *times = sl_xmalloc(SL_MAX(evaluate->messages_len, (size_t)1) * sizeof(*times)), sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < evaluate->messages_len; i++)
		if (evaluate->messages[i].trouble == NULL)
			sum += times[n++] = evaluate->messages[i].cpu_us;
	qsort(times, n, sizeof(*times), numbers_up);
	if (n > 0) {
		report->cpu_median_us = times[n / 2];
		report->cpu_p95_us = times[(size_t)(0.95 * (double)(n - 1))];
		report->cpu_mean_us = sum / (double)n;
	}
	sl_free(times);
}

void
evaluate_measure(const struct evaluate *evaluate, struct report *report)
{
	*report = (struct report){ 0 };
	for (size_t i = 0; i < evaluate->messages_len; i++) {
		report->judged += is_counted(&evaluate->messages[i]);
		report->unreadable += evaluate->messages[i].trouble != NULL;
	}
	choose_threshold(evaluate, report);
	measure(evaluate, NULL, report->threshold, &report->all);
	measure_corpora(evaluate, report);
	measure_phish(evaluate, &report->phish);
	measure_ablations(evaluate, report);
	report->false_positives = worst(evaluate, report, false, &report->false_positives_len);
	report->false_negatives = worst(evaluate, report, true, &report->false_negatives_len);
	measure_time(evaluate, report);
}

void
report_free(struct report *report)
{
	sl_roc_free(&report->all.roc);
	sl_roc_free(&report->phish.roc);
	for (size_t i = 0; i < report->corpora_len; i++)
		sl_roc_free(&report->corpora[i].roc);
	sl_free(report->corpora);
	sl_free(report->ablations);
	sl_free(report->false_positives);
	sl_free(report->false_negatives);
}
