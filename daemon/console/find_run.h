/*
 * find_run.h - what our records say of messages that somebody reports, in a process of its own; see records.h
 *
 * COMMAND, to the reader: who reports, of which tenant, and by which ids the messages may be known; with a channel for the answer. Back comes
 * COMMANDED: a response (digest/wire.h) that has lessons, of those messages alone that were delivered to him, no text that means anything,
 * and as its code 250, or 451: of an id there is no record, or not yet.
 */
#ifndef CONSOLE_FIND_RUN_H
#define CONSOLE_FIND_RUN_H

#include "digest/wire.h"
#include "ipc/ipc.h"

#define FIND_DEADLINE_MS	10000u	/* what was not found by then is not */

struct find_question {
	struct sl_slice			mailbox;	/* as sl_digest_mailbox has it */
	struct sl_slice			tenant;		/* its name */
	struct sl_digest_reported	reported[SL_DIGEST_REPORTED_MAX];
	size_t				len;
};
void		find_question_pack(const struct find_question *question, struct sl_buf *out);
SL_MUST_USE int	find_question_unpack(struct sl_slice payload, struct find_question *out);	/* SL_ERR_SYNTAX */

/* Answer one. */
void		find_run(const char *directory, const struct find_question *question, struct sl_ipc *out);

#endif
