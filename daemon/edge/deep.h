/*
 * deep.h - attachments on their way to a helper and what it says of them, without waiting
 *
 * An edge has one helper at a time, given by the parent (ipc.md). Jobs are gathered in sealed
 * memory while the message arrives, queued, and sent one after the other. Every job ends: with the
 * helper's answer, with a finding that says what went wrong, or by its deadline. A helper that
 * breaks a rule or misses a deadline is let go and the parent told, who sends another; jobs in the
 * queue wait for it, each until its own deadline. A job that a helper died of is not tried again.
 *
 * Memory: bytes of attachments, at most DEEP_MEMORY_MAX in an edge, DEEP_JOB_MAX of one; DEEP_JOBS_MAX
 * jobs; a descriptor each. They are outside of the edge's heap (memfd) and count as its own.
 */
#ifndef EDGE_DEEP_H
#define EDGE_DEEP_H

#include "deep/deep.h"
#include "io/loop.h"

#define DEEP_MEMORY_MAX	(128u << 20)
#define DEEP_JOB_MAX	(32u << 20)
#define DEEP_JOBS_MAX	256

struct deep;
struct deep_job;

/* `on_failed`: our helper is of no more use and was let go; the parent is to end it and send
 * another. Kept, as `ctx` is. */
struct deep	*deep_new(struct sl_loop *loop, void (*on_failed)(void *ctx), void *ctx);
void		 deep_free(struct deep **deep);		/* all jobs freed before */
/* A channel to a helper (taken), instead of the one before. What was asked of that is lost
 * (HELPER_DIED), what waits goes to the new one. */
void		 deep_use_helper(struct deep *deep, int fd);
/* Has there ever been one? Where none is installed nobody is to wait for it. */
bool		 deep_has_helper(const struct deep *deep);
size_t		 deep_memory(const struct deep *deep);	/* bytes held now */

struct deep_events {
	/* What the helper found, in order; or what is said in its stead when it fails. */
	sl_deep_sink	*on_item;
	/* No more follows: SL_DONE the end was reached (what could not be read is a finding), SL_ERR_FULL
	 * a limit was, SL_ERR_CLOSED, SL_ERR_TIMEOUT, SL_ERR_NOT_FOUND as on_item said. The job may be
	 * freed in here. */
	void		(*on_done)(void *ctx, int result);
};

/* A job whose bytes are to come. NULL: too many jobs, too much memory, or the system has none. */
struct deep_job	*deep_job_new(struct deep *deep);
/* Returns 0, SL_ERR_FULL: more than one job or the edge may hold, SL_ERR_SYSTEM. After an error the job
 * can only be freed. */
SL_MUST_USE int	 deep_job_add(struct deep_job *job, const void *data, size_t len);
/* All bytes are there. `about`: texts are copied; its budget is not looked at. `left` (kept): the
 * message's budget; read when the job's turn comes, and what was used is taken off. on_done follows,
 * maybe from inside, within deadline_ms. `events` and `ctx` are kept. */
void		 deep_job_submit(struct deep_job *job, const struct sl_deep_job *about,
		    struct sl_deep_budget *left, unsigned deadline_ms, const struct deep_events *events,
		    void *ctx);
/* At any time; no event follows. Sets *job to NULL; NULL is fine. */
void		 deep_job_free(struct deep_job **job);

#endif
