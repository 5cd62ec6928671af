/*
 * drift.h - has mail moved away from what the model was trained on? This edge's part of the count
 *
 * Counted is what was judged with the newest settings: the evidence that training knew, and the answer of that
 * evidence alone. The counts lie in the edge's slot (ipc/stats.h), where the parent adds them up for
 * `sluicectl status`; a new model begins anew.
 */
#ifndef EDGE_DRIFT_H
#define EDGE_DRIFT_H

#include "edge.h"

#define DRIFT_HALF_LIFE	10000	/* messages of an edge, after which what was counted counts half */

/* edge->snapshot is a new one. */
void	drift_begin(struct edge *edge);
/* A verdict under this snapshot is there, weighed by the model's combiner and nothing else yet. */
void	drift_count(struct edge *edge, const struct snapshot *snapshot, const struct sl_verdict *verdict);

#endif
