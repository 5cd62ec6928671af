/*
 * replayer.h - what is tried out, replayed over the day files where these may be read, and told of one's own mail alone
 *
 * Day files (lib/traffic) hold everybody's envelopes, and belong to who runs the recorder: no console may read them. The replayer
 * is a process of its own that becomes their owner, has no capabilities, and by its jail no file but below their directory. For each
 * question it makes another, as SQLite does not bear a fork, which is given the two pictures as descriptors, opens the day files for
 * reading, and answers with JSON (replay/run.h), of the tenants that were named with the question alone. How far it is, it tells
 * meanwhile.
 *
 * A question is answered once, or its process dies, which is an answer too.
 */
#ifndef CONSOLE_REPLAYER_H
#define CONSOLE_REPLAYER_H

#include "io/loop.h"
#include "ipc/ipc.h"

#define REPLAYS_MAX		2	/* at once: each takes a processor */
#define REPLAY_ROWS_MAX		10000	/* that are listed */
#define REPLAY_TENANTS_MAX	200000u

/* COMPILE, to the replayer: this; fds: a channel for the answer, then `whole`, `over` (or none), `changed`. */
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
/* The array is allocated: the caller frees `tenants`. Texts point into the payload. */
SL_MUST_USE int	replay_question_unpack(struct sl_slice payload, struct replay_question *question_out);

/* replay_run.c: answer one, in a process of its own. */
void		replay_run(const char *directory, const struct replay_question *question, const int *fds, size_t fds_len,
		    struct sl_ipc *out);

/* Fork the replayer. Returns a channel's descriptor, or SL_ERR_SYSTEM. `prepare` as of compiler_start (job.h). */
int		replayer_start(const char *directory, bool (*prepare)(void *ctx), void *ctx);

/* ---- the console's side */

struct replayer;
struct replayer	*replayer_new(struct sl_loop *loop, int fd);	/* fd taken */
void		 replayer_free(struct replayer **replayer);

/* A part of the answer, or all of it (`last`): JSON; empty: it died. */
typedef void replayer_heard(void *ctx, struct sl_slice json, bool last);
/* Returns a number for replayer_forget, or 0: too many at once. Descriptors are borrowed. */
uint64_t	 replayer_ask(struct replayer *replayer, const struct replay_question *question, const int *fds, size_t fds_len,
		    replayer_heard *heard, void *ctx);
void		 replayer_forget(struct replayer *replayer, uint64_t number);	/* and end it */

#endif
