/*
 * records.h - the reader of records: day files of traffic, for reports, for what is tried out, and for what is reported
 *
 * The files (lib/traffic) hold everybody's envelopes and belong to whoever records (sluicectl traffic record); the console may not read
 * them. So there are processes of its own, made before the console closes its jail:
 *
 *	maker		reads nothing from anybody, and of root's rights keeps those to become another and to look for a directory. It waits for the directory to be there, makes the reader, and makes it anew when it has
 *			died: at once if it had lived for a second, else after one, and ever later, up to a minute
 *	reader		becomes the directory's owner, has no capabilities, and by its jail no file but below that directory. It takes
 *			questions, and makes a process for each, as SQLite does not bear a fork: so one that takes long, or dies, holds no
 *			other up. Is the directory another than when it was made, it ends, for the maker to make another
 *
 *	maker > console		HELPER, each time: u32 its id, and a channel to the reader; or nothing: there is no directory
 *	console > reader	CONSOLE_REQUEST (report/counts.h, trace_run.h), COMPILE (replay_run.h) or COMMAND (find_run.h), with a channel for the answer
 *
 * Numbers that were not told, as a process died, are asked for again, RECORDS_TRIES times in all; what is tried out is not, and its asker is told.
 *
 * Memory: what is asked and answered.
 */
#ifndef CONSOLE_RECORDS_H
#define CONSOLE_RECORDS_H

#include "find_run.h"
#include "io/loop.h"
#include "replay_run.h"
#include "report/counts.h"
#include "trace_run.h"

#define RECORDS_COUNTS_MAX	4u	/* at once; others wait */
#define RECORDS_REPLAYS_MAX	2u	/* at once: each takes a processor */
#define RECORDS_FINDS_MAX	8u	/* at once */
#define RECORDS_TRACES_MAX	6u	/* at once, ... */
#define RECORDS_TRACES_OF_ONE	2u	/* ... so that one who asks much holds no other up */
#define RECORDS_TRIES		3u
#define RECORDS_AGAIN_MS		200u
#define RECORDS_WAIT_MS		5000u	/* for one to be made */
#define RECORDS_COUNT_MS		100000u	/* then there is no answer */

/* records_run.c: fork the maker, which has no descriptor of ours. Returns a channel's, or SL_ERR_SYSTEM. */
int		records_start(const char *directory, bool jailed);

struct records;
struct records	*records_new(struct sl_loop *loop, int fd);	/* fd taken; -1: there are no records, and never will be */
void		 records_free(struct records **reader);
bool		 records_has(const struct records *reader);	/* is there a directory? Or it is not known yet */
uint32_t	 records_id(const struct records *reader);	/* of the process; 0: none is there now */

/* Ask for numbers. `counts` is taken: rows that are there are added to, and it is handed to `done`, later, once, with its `result`: 0;
 * SL_ERR_NOT_FOUND: there is no directory; SL_ERR_CLOSED, SL_ERR_TIMEOUT: they were not told; or why the files cannot be read. What is left in it
 * then is given back: who wants to keep it takes it out, and leaves it zero-filled. */
typedef void	 records_counted(void *ctx, struct sl_report_counts *counts);
void		 records_count(struct records *reader, const struct sl_report_ask *ask, struct sl_report_counts *counts, records_counted *done,
		     void *ctx);
void		 records_forget(struct records *reader, const void *ctx);	/* and end what is asked for it */

/* A part of the answer, or all of it (`last`): JSON; empty: its process died. */
typedef void	 records_heard(void *ctx, struct sl_slice json, bool last);
/* Returns a number for records_replay_forget, or 0: too many at once, or no reader. Descriptors are borrowed. */
uint64_t	 records_replay(struct records *reader, const struct replay_question *question, const int *fds, size_t fds_len,
		     records_heard *heard, void *ctx);
void		 records_replay_forget(struct records *reader, uint64_t number);	/* and end it */

/* The same for what records say of messages; the answer is one part, as find_run.h has it. */
uint64_t	 records_find(struct records *reader, const struct find_question *question, records_heard *heard, void *ctx);
void		 records_find_forget(struct records *reader, uint64_t number);

/* The same for what became of messages, as trace_run.h has it; `who` tells askers apart. */
uint64_t	 records_trace(struct records *reader, const struct trace_question *question, uint64_t who, records_heard *heard, void *ctx);
void		 records_trace_forget(struct records *reader, uint64_t number);

#endif
