/*
 * lists.h - the DNS lists of a snapshot: which of them may be believed now
 *
 * A list is tested before it is used for the first time, and every five minutes (RFC 5782, 5): its
 * test entry must be listed, and what must not be listed must not. One that fails, answers outside
 * 127.0.0.0/8, or says that it will not answer us is left alone until it passes the test again.
 * Each change is one line in the log. Where DNS does not answer the test, nothing changes.
 */
#ifndef EDGE_LISTS_H
#define EDGE_LISTS_H

#include "edge.h"

#define LISTS_TEST_MS	300000u

struct lists;

/* `settings` are kept; the edge's resolver is used. NULL if there are no lists. */
struct lists	*lists_new(struct edge *edge, const struct sl_settings *settings);
void		 lists_free(struct lists **lists);
/* May list `i` be asked? */
bool		 lists_usable(const struct lists *lists, size_t i);
/* It has answered a message's question so: not a list any more, or not for us. */
void		 lists_note(struct lists *lists, size_t i, enum sl_dnslist_result result);

#endif
