/*
 * withhold.h - a message that outgrew the window, and of which the next hop is given nothing before its verdict
 *
 * What the next hop has been given cannot be taken back from some recipients, nor given to more. So where the recipients may fare
 * differently, or a copy may be wanted, and a policy allows that messages are kept, what leaves the window is captured (keep.h:
 * an unnamed file, under a key that lives in this process alone) and handed on from there, as a whole. Without a file to be had the message
 * flows as any other; if there is then no one answer, the sender comes again (splits.h).
 */
#ifndef EDGE_WITHHOLD_H
#define EDGE_WITHHOLD_H

#include "sl/base.h"

struct session;
struct transaction;

/* May it have to be withheld? Known when the recipients are. */
bool	withhold_may_be(const struct transaction *tx);
/* The window is full: take what leaves it, but for `keep` bytes at its end. False: it flows. An error of capturing is
 * keeping_failure's. */
bool	withhold(struct session *s, size_t keep);
/* It is to go to the next hop: what is still in the window follows the rest; with `head` its header comes back into the window, to be
 * changed. Returns 0 or SL_ERR_*: it is not to be had any more. */
SL_MUST_USE int	withhold_end(struct session *s, bool head);
/* The next hop takes bytes: hand on what it takes. Returns SL_MORE, SL_DONE (the final dot is among them), or as withhold_end. */
SL_MUST_USE int	withhold_push(struct session *s);

#endif
