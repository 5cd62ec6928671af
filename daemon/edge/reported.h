/*
 * reported.h - mail that reports other mail by forwarding it (digest/forward.h): what is attached, and what is learned from it
 *
 * A part of an action (actions.h). The console knows whether the messages came through here, to whom, and from whom; their bytes
 * stay in this process, in memory, and go with the answer.
 *
 * Memory: SL_FORWARD_BYTES_MAX of the mail and as much again of what is attached, of REPORTED_OPEN_MAX at once; further ones are deferred.
 * Time: that of reading it, in the turn that it is complete, and again in the turn that it is learned from.
 */
#ifndef EDGE_REPORTED_H
#define EDGE_REPORTED_H

#include "digest/wire.h"

#define REPORTED_OPEN_MAX	16u

struct edge;

struct reported {
	struct edge	*edge;		/* NULL: this is no such mail */
	enum sl_forward	 forward;
	struct sl_buf	 mail;		/* as it comes */
	struct sl_buf	 messages;	/* that are attached, one behind the other */
	struct {
		size_t	 from, len;
	} places[SL_FORWARD_MESSAGES_MAX];
	size_t		 len;
	char		 ids[SL_DIGEST_REPORTED_MAX][SL_FORWARD_ID_BYTES];
};

/* Begin; false: too many are open. */
bool	reported_begin(struct reported *reported, struct edge *edge, enum sl_forward forward);
void	reported_feed(struct reported *reported, const unsigned char *data, size_t len);	/* nothing, if it has not begun */
/* It is complete: tell the console what is attached. Texts are ours. */
void	reported_tell(struct reported *reported, struct sl_digest_request *request);
/* Learn what the console says is to be learned. Returns of how many messages. */
size_t	reported_learn(struct reported *reported, const struct sl_digest_response *response);
void	reported_end(struct reported *reported);	/* fine at any time, on a zero-filled one too */

#endif
