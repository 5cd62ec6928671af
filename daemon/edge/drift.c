/* drift.c - see drift.h */

#include "drift.h"

static const struct sl_drift_expectation *
expectation(const struct snapshot *snapshot)
{
	return snapshot->stack == NULL ? NULL : sl_stack_rates(snapshot->stack);
}

void
drift_begin(struct edge *edge)
{
	const struct sl_drift_expectation *expected = expectation(edge->snapshot);
	struct sl_drift_board *board = &edge->stats->drift;
	const char *model = expected == NULL ? "" : sl_stack_id(edge->snapshot->stack);

	if (strncmp(board->model, model, sizeof(board->model)) == 0)
		return;
	memset(board, 0, sizeof(*board));
	if (expected == NULL)
		return;
	board->expected = *expected;
	snprintf(board->model, sizeof(board->model), "%s", model);
}

void
drift_count(struct edge *edge, const struct snapshot *snapshot, const struct sl_verdict *verdict)
{
	/* The expectation is our own copy: the one in the slot can be written by others. */
	const struct sl_drift_expectation *expected = expectation(snapshot);
	double log_odds = verdict->prior[SL_SPAM];
	size_t places[SL_EVIDENCE_MAX], len = 0;

	if (expected == NULL || snapshot != edge->snapshot)
		return;
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];
		size_t place = sl_drift_find(expected, e->name);

		if (place == expected->names_len || e->state != SL_EVIDENCE_PRESENT)
			continue;
		log_odds += e->log_odds[SL_SPAM];
		places[len++] = place;
	}
	sl_drift_add(&edge->stats->drift.counts, expected, DRIFT_HALF_LIFE, log_odds, places, len);
}
