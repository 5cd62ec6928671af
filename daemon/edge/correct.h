/*
 * correct.h - what a person says of a message that was judged, told to what all edges remember
 *
 * Reputation of the sender (address, network, HELO, domains) and the campaign of the text learn from it, for all
 * tenants; what the tenant knows of its own mail is another file and another command (sluicectl learn --own).
 *
 * Trust is bounded: a correction counts as much as CORRECTION_WEIGHT messages that were judged, and of one
 * tenant (where there is one only: one of its people) at most SL_REPUTATION_EACH messages' worth of the same
 * thing counts within a half-life, however often it is said. One tenant's word so never refuses a message
 * of another's; several tenants that agree can.
 *
 * The message's text is read in steps, for other sessions to have their turn between them: a MiB of tags costs some 40 ms.
 *
 * Memory: that of content.h, while one is read.
 */
#ifndef EDGE_CORRECT_H
#define EDGE_CORRECT_H

#include "edge.h"
#include "ipc/correction.h"

#define CORRECTION_WEIGHT	3	/* messages */
#define CORRECT_STEP_BYTES	(32u << 10)

/* One that is under way. `correction` and what it points at are borrowed until the end. */
struct correcting;
struct correcting *correcting_new(struct edge *edge, const struct sl_correction *correction);
/* Go on. Returns false once all is told. */
bool	correcting_step(struct correcting *correcting);
/* *out (NULL: nobody asks) is what came of it, or that nothing did if it is not over. Sets it to NULL; NULL is fine. */
void	correcting_end(struct correcting **correcting, struct sl_corrected *out);

/* All at once. */
void	correct(struct edge *edge, const struct sl_correction *correction, struct sl_corrected *out);

#endif
