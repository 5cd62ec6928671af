/*
 * wire.h - mail to an action address, as an edge tells the console of it, and what the console answers
 *
 * Payloads of COMMAND and COMMANDED (ipc/ipc.h). Texts are from outside and are checked for their lengths alone: what they
 * mean is command.h's to say.
 *
 * Pure; memory: that of the payload. What is read points into it. Errors: SL_ERR_SYNTAX.
 */
#ifndef SL_DIGEST_WIRE_H
#define SL_DIGEST_WIRE_H

#include "digest/command.h"

#define SL_DIGEST_WIRE_TEXT_MAX	1000u	/* bytes of each text */
#define SL_DIGEST_WIRE_MAX	(8u << 10)

struct sl_digest_request {
	uint64_t		number;		/* the edge's, comes back */
	struct sl_digest_mail	mail;
	struct sl_slice		message_id;	/* with brackets, as it came; may be empty */
	struct sl_slice		trace;		/* the transaction's id */
};
/* Texts are cut to SL_DIGEST_WIRE_TEXT_MAX. */
void		sl_digest_request_pack(const struct sl_digest_request *request, struct sl_buf *out);
SL_MUST_USE int	sl_digest_request_unpack(struct sl_slice payload, struct sl_digest_request *out);

struct sl_digest_response {
	uint64_t		number;
	int			code;		/* 2yz only when what was asked for is on the console's disk; else 4yz or 5yz */
	struct sl_slice		enhanced, text;
};
void		sl_digest_response_pack(const struct sl_digest_response *response, struct sl_buf *out);
SL_MUST_USE int	sl_digest_response_unpack(struct sl_slice payload, struct sl_digest_response *out);

#endif
