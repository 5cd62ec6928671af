/* deep.c - see deep.h */

#include "deep.h"

#include <errno.h>
#include <unistd.h>

#include "sl/log.h"

#define DEEP_MAGIC	0x5d0dee90u
#define JOB_MAGIC	0x5d0dee91u
#define ORPHAN_MS	30000	/* a job nobody waits for any more: when its helper counts as hung */

enum job_state {
	JOB_FILLING,	/* bytes are added */
	JOB_WAITING,	/* in the queue */
	JOB_RUNNING,	/* the helper has it */
	JOB_OVER,	/* on_done was called, or an error came */
};

struct deep_job {
	unsigned			 magic;
	struct deep			*deep;
	struct deep_job			*next;		/* in the queue */
	enum job_state			 state;
	int				 fd;		/* -1: with the helper, or closed */
	size_t				 bytes;
	struct sl_buf			 name, declared, sniffed;
	struct sl_deep_budget		*left;		/* kept */
	const struct deep_events	*events;
	void				*ctx;
	struct sl_timer			 deadline;
};

struct deep {
	unsigned		 magic;
	struct sl_loop		*loop;
	void			(*on_failed)(void *ctx);
	void			*ctx;
	struct sl_ipc		*ipc;		/* NULL: there is no helper now */
	struct sl_watch		 watch;
	struct deep_job		*queue, **queue_end;
	struct deep_job		*running;	/* NULL: none, or nobody waits for it any more */
	bool			 busy;		/* the helper has a job */
	bool			 given;		/* there has been a helper */
	size_t			 orphan_bytes;	/* of a job that runs and was freed */
	struct sl_timer		 orphan;
	size_t			 bytes;		/* of all jobs */
	size_t			 jobs;
	int			 answer;	/* of the running job; SL_MORE: not over */
	size_t			 items;		/* it has given */
	size_t			 items_max;
	struct sl_deep_done	 done;
};

static void	run_next(struct deep *deep);

/* ---- the end of jobs ---- */

static void
queue_remove(struct deep *deep, struct deep_job *job)
{
	struct deep_job **at = &deep->queue;

	while (*at != NULL && *at != job)
		at = &(*at)->next;
	SL_ASSERT(*at == job);
	*at = job->next;
	if (job->next == NULL)
		deep->queue_end = at;
	job->next = NULL;
}

static void
job_close(struct deep_job *job)
{
	if (job->fd >= 0)
		close(job->fd);
	job->fd = -1;
}

/* The job is over; its owner may free it in here. */
static void
job_end(struct deep_job *job, int result)
{
	SL_ASSERT(job->state != JOB_OVER);
	job->state = JOB_OVER;
	sl_timer_clear(&job->deadline);
	job_close(job);
	job->events->on_done(job->ctx, result);
}

/* Say what went wrong in the helper's stead, and end it. */
static void
job_fail(struct deep_job *job, enum sl_deep_finding id, const char *detail, int result)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING };

	item.finding.id = id;
	item.finding.detail = sl_slice_str(detail);
	job->events->on_item(job->ctx, &item);
	job_end(job, result);
}

/* The helper has no job any more: the memory of one that was given up is free now. */
static void
helper_is_idle(struct deep *deep)
{
	deep->busy = false;
	deep->answer = SL_MORE;
	deep->running = NULL;
	deep->bytes -= deep->orphan_bytes;
	deep->orphan_bytes = 0;
	sl_timer_clear(&deep->orphan);
}

/* ---- the channel ---- */

static void
channel_close(struct deep *deep)
{
	if (deep->ipc == NULL)
		return;
	sl_watch_fini(&deep->watch);
	sl_ipc_free(&deep->ipc);
}

/* Let the helper go, and ask for another. What it was asked fails, as `id` and `result` say. */
static void
helper_lost(struct deep *deep, enum sl_deep_finding id, int result)
{
	struct deep_job *job = deep->running;

	channel_close(deep);
	helper_is_idle(deep);
	deep->on_failed(deep->ctx);
	if (job != NULL)
		job_fail(job, id, "", result);
}

static void
on_item(void *ctx, const struct sl_deep_item *item)
{
	struct deep *deep = ctx;

	if (++deep->items <= deep->items_max && deep->running != NULL)
		deep->running->events->on_item(deep->running->ctx, item);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct deep *deep = ctx;

	if (!deep->busy || deep->answer != SL_MORE)
		deep->answer = SL_ERR_SYNTAX;	/* it was asked nothing */
	else if (message->type == SL_IPC_INSPECT_RESULT)
		deep->answer = sl_deep_unpack_items(message->payload, on_item, deep);
	else if (sl_deep_unpack_done(message->payload, &deep->done) != 0)
		deep->answer = SL_ERR_SYNTAX;
	else
		deep->answer = deep->done.complete ? SL_DONE : SL_ERR_FULL;
	if (deep->items > deep->items_max)
		deep->answer = SL_ERR_SYNTAX;	/* more than it was given leave for */
}

static void
answered(struct deep *deep)
{
	struct deep_job *job = deep->running;
	int answer = deep->answer;

	helper_is_idle(deep);
	if (job != NULL) {
		sl_deep_budget_take(job->left, &deep->done.used);
		job_end(job, answer);
	}
	run_next(deep);
}

static void
on_channel(void *ctx, unsigned events)
{
	struct deep *deep = ctx;
	int r = sl_ipc_read(deep->ipc, on_message, deep);

	if (deep->answer == SL_ERR_SYNTAX || r == SL_ERR_SYNTAX) {
		sl_log(SL_LOG_ERROR, "the helper says what it may not: it is replaced");
		helper_lost(deep, SL_DEEP_HELPER_DIED, SL_ERR_CLOSED);
	} else if (deep->busy && deep->answer != SL_MORE) {
		answered(deep);		/* also its last words: the channel's end is read next time */
	} else if (r < 0) {
		helper_lost(deep, SL_DEEP_HELPER_DIED, SL_ERR_CLOSED);
	}
}

/* ---- jobs ---- */

static int
job_send(struct deep *deep, struct deep_job *job)
{
	struct sl_deep_job about = { *job->left, sl_buf_slice(&job->name), sl_buf_slice(&job->declared),
		sl_buf_slice(&job->sniffed) };
	struct sl_buf payload;
	int r;

	sl_buf_init(&payload, SL_DEEP_JOB_MAX);
	sl_deep_pack_job(&about, &payload);
	r = sl_ipc_send(deep->ipc, SL_IPC_INSPECT, sl_buf_slice(&payload), &job->fd, 1);
	sl_buf_fini(&payload);
	return r;
}

/* Give the helper its next job, if it has none. */
static void
run_next(struct deep *deep)
{
	while (deep->ipc != NULL && !deep->busy && deep->queue != NULL) {
		struct deep_job *job = deep->queue;

		if (!sl_deep_budget_is_left(job->left)) {
			queue_remove(deep, job);
			job_fail(job, SL_DEEP_BUDGET, "used up by other parts of the message", SL_ERR_FULL);
			continue;
		}
		if (job_send(deep, job) != 0) {		/* it died while it had nothing to do */
			helper_lost(deep, SL_DEEP_HELPER_DIED, SL_ERR_CLOSED);
			return;
		}
		queue_remove(deep, job);
		job_close(job);
		job->state = JOB_RUNNING;
		deep->running = job;
		deep->busy = true;
		deep->items = 0;
		deep->items_max = (size_t)job->left->items + 1;	/* and the one that says so */
	}
}

static void
on_deadline(void *ctx)
{
	struct deep_job *job = ctx;
	struct deep *deep = job->deep;

	if (job->state == JOB_RUNNING) {
		sl_log(SL_LOG_ERROR, "the helper does not answer in time: it is replaced");
		helper_lost(deep, SL_DEEP_HELPER_TIMEOUT, SL_ERR_TIMEOUT);
		return;
	}
	queue_remove(deep, job);
	if (deep->ipc == NULL)
		job_fail(job, SL_DEEP_HELPER_MISSING, "", SL_ERR_NOT_FOUND);
	else
		job_fail(job, SL_DEEP_HELPER_TIMEOUT, "busy with others", SL_ERR_TIMEOUT);
}

static void
on_orphan(void *ctx)
{
	sl_log(SL_LOG_ERROR, "the helper does not answer in time: it is replaced");
	helper_lost(ctx, SL_DEEP_HELPER_TIMEOUT, SL_ERR_TIMEOUT);
}

struct deep_job *
deep_job_new(struct deep *deep)
{
	struct deep_job *job;
	int fd;

	SL_CHECK(deep, DEEP_MAGIC);
	if (deep->jobs >= DEEP_JOBS_MAX || deep->bytes >= DEEP_MEMORY_MAX)
		return NULL;
	fd = sl_deep_memory();
	if (fd < 0)
		return NULL;
	job = sl_xzalloc(sizeof(*job));
	*job = (struct deep_job){ .magic = JOB_MAGIC, .deep = deep, .fd = fd };
	sl_buf_init(&job->name, SL_DEEP_NAME_MAX);
	sl_buf_init(&job->declared, SL_DEEP_TYPE_MAX);
	sl_buf_init(&job->sniffed, SL_DEEP_TYPE_MAX);
	sl_timer_init(&job->deadline, deep->loop, on_deadline, job);
	deep->jobs++;
	return job;
}

int
deep_job_add(struct deep_job *job, const void *data, size_t len)
{
	struct sl_slice rest = sl_slice(data, len);

	SL_CHECK(job, JOB_MAGIC);
	SL_ASSERT(job->state == JOB_FILLING);
	if (len > DEEP_JOB_MAX - job->bytes || len > DEEP_MEMORY_MAX - job->deep->bytes) {
		job->state = JOB_OVER;
		return SL_ERR_FULL;
	}
	job->bytes += len;
	job->deep->bytes += len;
	while (rest.len > 0) {
		ssize_t n = write(job->fd, rest.ptr, rest.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			job->state = JOB_OVER;
			return SL_ERR_SYSTEM;
		}
		rest = sl_slice_from(rest, (size_t)n);
	}
	return 0;
}

void
deep_job_submit(struct deep_job *job, const struct sl_deep_job *about, struct sl_deep_budget *left,
    unsigned deadline_ms, const struct deep_events *events, void *ctx)
{
	struct deep *deep = job->deep;

	SL_CHECK(job, JOB_MAGIC);
	SL_ASSERT(job->state == JOB_FILLING);
	job->left = left;
	job->events = events;
	job->ctx = ctx;
	sl_deep_clean_text(about->name, SL_DEEP_NAME_MAX, &job->name);
	sl_deep_clean_text(about->declared, SL_DEEP_TYPE_MAX, &job->declared);
	sl_deep_clean_text(about->sniffed, SL_DEEP_TYPE_MAX, &job->sniffed);
	if (sl_deep_seal_memory(job->fd) != 0) {
		job_fail(job, SL_DEEP_HELPER_MISSING, "cannot seal memory", SL_ERR_NOT_FOUND);
		return;
	}
	job->state = JOB_WAITING;
	*deep->queue_end = job;
	deep->queue_end = &job->next;
	sl_timer_set(&job->deadline, deadline_ms);
	run_next(deep);
}

void
deep_job_free(struct deep_job **at)
{
	struct deep_job *job = *at;
	struct deep *deep;

	if (job == NULL)
		return;
	*at = NULL;
	SL_CHECK(job, JOB_MAGIC);
	deep = job->deep;
	sl_timer_clear(&job->deadline);
	if (job->state == JOB_WAITING)
		queue_remove(deep, job);
	if (job->state == JOB_RUNNING) {	/* the helper cannot be told: it works to the end */
		deep->running = NULL;
		deep->orphan_bytes = job->bytes;
		sl_timer_set(&deep->orphan, ORPHAN_MS);
	} else {
		deep->bytes -= job->bytes;
	}
	job_close(job);
	sl_buf_fini(&job->name);
	sl_buf_fini(&job->declared);
	sl_buf_fini(&job->sniffed);
	deep->jobs--;
	SL_OBJ_FREE(&job, JOB_MAGIC);
}

/* ---- life cycle ---- */

struct deep *
deep_new(struct sl_loop *loop, void (*on_failed)(void *ctx), void *ctx)
{
	struct deep *deep = sl_xzalloc(sizeof(*deep));

	*deep = (struct deep){ .magic = DEEP_MAGIC, .loop = loop, .on_failed = on_failed, .ctx = ctx };
	deep->queue_end = &deep->queue;
	sl_timer_init(&deep->orphan, loop, on_orphan, deep);
	return deep;
}

void
deep_free(struct deep **deep)
{
	if (*deep == NULL)
		return;
	SL_CHECK(*deep, DEEP_MAGIC);
	SL_ASSERT((*deep)->jobs == 0);
	sl_timer_clear(&(*deep)->orphan);
	channel_close(*deep);
	SL_OBJ_FREE(deep, DEEP_MAGIC);
}

void
deep_use_helper(struct deep *deep, int fd)
{
	struct deep_job *job = deep->running;

	SL_CHECK(deep, DEEP_MAGIC);
	channel_close(deep);
	helper_is_idle(deep);
	deep->given = true;
	deep->ipc = sl_ipc_new(fd, SL_IPC_BIT(INSPECT_RESULT) | SL_IPC_BIT(INSPECT_DONE));
	sl_ipc_set_stall(deep->ipc, 0);		/* one small message at a time always fits */
	sl_watch_init(&deep->watch, deep->loop, fd, on_channel, deep);
	sl_watch_want(&deep->watch, SL_READ);
	if (job != NULL)
		job_fail(job, SL_DEEP_HELPER_DIED, "", SL_ERR_CLOSED);
	run_next(deep);
}

bool
deep_has_helper(const struct deep *deep)
{
	SL_CHECK(deep, DEEP_MAGIC);
	return deep->given;
}

size_t
deep_memory(const struct deep *deep)
{
	SL_CHECK(deep, DEEP_MAGIC);
	return deep->bytes;
}
