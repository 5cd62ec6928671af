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
 * Time: that of reading the message's text, in this turn: at most SL_CORRECTION_MESSAGE_MAX bytes.
 */
#ifndef EDGE_CORRECT_H
#define EDGE_CORRECT_H

#include "edge.h"
#include "ipc/correction.h"

#define CORRECTION_WEIGHT	3	/* messages */

void	correct(struct edge *edge, const struct sl_correction *correction, struct sl_corrected *out);

#endif
