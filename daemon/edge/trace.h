/*
 * trace.h - the header lines Sluice puts in front of a message (RFC 5321, 4.4; RFC 3848)
 *
 * X-Sluice-* first, then Authentication-Results, and Received last, so that a message that opens
 * with a folded line can only lengthen the trace line and never the verdict or the results.
 */
#ifndef EDGE_TRACE_H
#define EDGE_TRACE_H

#include "session.h"

/* Add the lines for this transaction, as far as its verdict is known. */
void	trace_headers(const struct session *s, struct sl_buf *out);

#endif
