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
#include "digest/forward.h"

#define SL_DIGEST_WIRE_TEXT_MAX	1000u	/* bytes of each text */
#define SL_DIGEST_WIRE_MAX	(8u << 10)
#define SL_DIGEST_LESSONS_MAX	SL_FORWARD_MESSAGES_MAX
#define SL_DIGEST_PROVEN_MAX	8u
#define SL_DIGEST_RESPONSE_MAX	(64u << 10)

/* An id that an attached message may be known by. */
struct sl_digest_reported {
	uint32_t		message;	/* which of those that are attached, from 0 */
	struct sl_slice		id;
	int64_t			time_s;		/* when the message says that it came so; 0: it does not */
};
#define SL_DIGEST_REPORTED_MAX	(SL_FORWARD_MESSAGES_MAX * SL_FORWARD_IDS_MAX)

struct sl_digest_request {
	uint64_t		number;		/* the edge's, comes back */
	struct sl_digest_mail	mail;
	struct sl_slice		message_id;	/* with brackets, as it came; may be empty */
	struct sl_slice		trace;		/* the transaction's id */
	/* Mail that reports others (digest/forward.h). */
	bool			is_report;
	enum sl_forward		forward;
	uint32_t		attached;	/* messages */
	struct sl_digest_reported reported[SL_DIGEST_REPORTED_MAX];
	size_t			reported_len;
};
/* Texts are cut to SL_DIGEST_WIRE_TEXT_MAX. */
void		sl_digest_request_pack(const struct sl_digest_request *request, struct sl_buf *out);
SL_MUST_USE int	sl_digest_request_unpack(struct sl_slice payload, struct sl_digest_request *out);

struct sl_digest_response {
	uint64_t		number;
	int			code;		/* 2yz only when what was asked for is on the console's disk; else 4yz or 5yz */
	struct sl_slice		enhanced, text;
	/* What is to be learned of which attached messages, as ipc/correction.h has it: whose word it is, and who sent it, by the
	 * record of it. */
	struct sl_digest_lesson {
		uint32_t		message;
		struct sl_slice		tenant, reporter, client, helo, envelope, author;
		struct sl_slice		proven[SL_DIGEST_PROVEN_MAX];
		size_t			proven_len;
	}			lessons[SL_DIGEST_LESSONS_MAX];
	size_t			lessons_len;
};
void		sl_digest_response_pack(const struct sl_digest_response *response, struct sl_buf *out);
SL_MUST_USE int	sl_digest_response_unpack(struct sl_slice payload, struct sl_digest_response *out);

#endif
