/*
 * reported.h - mail that reports other mail by forwarding it (digest/forward.h): what is attached, and what is learned from it
 *
 * A part of an action (actions.h). The console knows whether the messages came through here, to whom, and from whom; their bytes
 * stay in this process, in memory, and go with the answer.
 *
 * The mail is read as it comes: a turn costs what its bytes cost, as in the judge beside it. What is learned from is read again,
 * a step a turn (correct.h).
 *
 * Memory: SL_FORWARD_BYTES_MAX of what is attached, and two parsers, of REPORTED_OPEN_MAX at once; further ones are deferred.
 */
#ifndef EDGE_REPORTED_H
#define EDGE_REPORTED_H

#include "digest/wire.h"

#define REPORTED_OPEN_MAX	16u

struct edge;
struct learning;

struct reported {
	struct edge		*edge;		/* NULL: this is no such mail */
	enum sl_forward		 forward;
	struct sl_forwards	*forwards;	/* reads it */
	struct learning		*learning;	/* NULL: nothing is learned, or not yet */
};

/* Begin; false: too many are open. */
bool	reported_begin(struct reported *reported, struct edge *edge, enum sl_forward forward);
void	reported_feed(struct reported *reported, const unsigned char *data, size_t len);	/* nothing, if it has not begun */
/* It is complete: tell the console what is attached. Texts are ours. */
void	reported_tell(struct reported *reported, struct sl_digest_request *request);
/* The console's answer (COMMANDED). Is there something to be learned? Then go on, a step a turn, until that returns false. */
bool	reported_learn(struct reported *reported, struct sl_slice payload);
bool	reported_step(struct reported *reported);
/* Of how many messages something was learned; and the answer, whose texts are ours, until the end. */
size_t	reported_learned(const struct reported *reported, const struct sl_digest_response **response_out);
void	reported_end(struct reported *reported);	/* fine at any time, on a zero-filled one too */

#endif
