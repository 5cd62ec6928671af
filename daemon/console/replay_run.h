/*
 * replay_run.h - what is tried out, replayed over the day files, and told of one's own mail alone
 *
 * The console asks the reader of records (records.h), which makes a process for it that is given the two pictures as descriptors, opens the day
 * files for reading, and answers with JSON (replay/run.h), of the tenants that were named with the question alone. How far it is, it tells
 * meanwhile.
 */
#ifndef CONSOLE_REPLAY_RUN_H
#define CONSOLE_REPLAY_RUN_H

#include "ipc/ipc.h"

#define REPLAY_ROWS_MAX		10000	/* that are listed */
#define REPLAY_TENANTS_MAX	200000u

/* COMPILE, to the reader: this; fds: a channel for the answer, then `whole`, `over` (or none), `changed`. */
struct replay_question {
	int64_t		 since_us;
	uint32_t	 limit;			/* rows; 0: as many as may be */
	bool		 doubted;
	bool		 has_over, changed_is_over;	/* as in struct tried */
	bool		 everybody;		/* no tenants are named: all are meant */
	const int64_t	*tenants;		/* sorted */
	size_t		 tenants_len;
	struct sl_slice	 tenant;		/* the name of the one; "": several */
	struct sl_slice	 text;			/* what is changed, as lines: it comes back */
	struct sl_slice	 lists;			/* entries that are tried (replay/lists.h), a line each */
};
void		replay_question_pack(const struct replay_question *question, struct sl_buf *out);
/* `tenants` is allocated; texts point into the payload. */
SL_MUST_USE int	replay_question_unpack(struct sl_slice payload, struct replay_question *question_out);

/* Answer one, in a process of its own. */
void		replay_run(const char *directory, const struct replay_question *question, const int *fds, size_t fds_len,
		    struct sl_ipc *out);

#endif
