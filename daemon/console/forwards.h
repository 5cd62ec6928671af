/*
 * forwards.h - mail that reports other mail by forwarding it (digest/forward.h): whose word it is, and of what
 *
 * An edge has read it and found out who wrote (COMMAND). It is held against the rules of any mail that acts; the reader of records is asked
 * whether what is attached came to him through here; what did is answered as lessons, for that edge to learn from. Each has an entry in the
 * trail of his tenant. Nobody but the edge sees a byte of the mail. What is
 * not found is deferred while it is so new that its record may not have been read yet.
 *
 * Memory: RECORDS_FINDS_MAX at once, as many as the reader is asked; more are deferred.
 */
#ifndef CONSOLE_FORWARDS_H
#define CONSOLE_FORWARDS_H

#include "digest/wire.h"
#include "records.h"
#include "store/store.h"

struct forwards;

struct forwards_options {
	struct sl_store	*store;
	struct records	*records;	/* NULL: there are none */
	const struct sl_clock *clock;
	/* What the edge is to hear; response->number is its own. */
	void		(*answer)(void *ctx, uint32_t edge, const struct sl_digest_response *response);
	void		*ctx;
};
struct forwards	*forwards_new(const struct forwards_options *options);
void		 forwards_free(struct forwards **forwards);
/* `answer` follows, maybe from inside. */
void		 forwards_command(struct forwards *forwards, uint32_t edge, const struct sl_digest_request *request);

#endif
