/* client.c - see deep/client.h */

#include "deep/client.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELPER_MAGIC	0x5d0e1be4u

struct sl_helper {
	unsigned	 magic;
	char		*program;	/* NULL: there is none */
	struct sl_ipc	*ipc;		/* NULL: not running */
	pid_t		 pid;
};

/* The answer to one job, as it comes in. */
struct answer {
	sl_deep_sink		*sink;
	void			*ctx;
	struct sl_deep_done	 done;
	int			 result;	/* SL_MORE until the end was read */
	size_t			 items_left;
};

struct sl_helper *
sl_helper_start(const char *program)
{
	struct sl_helper *helper = sl_xzalloc(sizeof(*helper));
	char path[PATH_MAX];

	helper->magic = HELPER_MAGIC;
	if (program != NULL)
		helper->program = sl_xstrdup(program);
	else if (sl_helper_find(path, sizeof(path)))
		helper->program = sl_xstrdup(path);
	return helper;
}

/* End the process, whatever it is doing. */
static void
process_end(struct sl_helper *helper)
{
	if (helper->ipc == NULL)
		return;
	sl_ipc_free(&helper->ipc);
	kill(helper->pid, SIGKILL);
	while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void
sl_helper_stop(struct sl_helper **helper)
{
	if (*helper == NULL)
		return;
	SL_CHECK(*helper, HELPER_MAGIC);
	process_end(*helper);
	sl_free((*helper)->program);
	SL_OBJ_FREE(helper, HELPER_MAGIC);
}

static int
process_begin(struct sl_helper *helper)
{
	int fd;

	if (helper->ipc != NULL)
		return 0;
	if (helper->program == NULL || access(helper->program, X_OK) != 0)
		return SL_ERR_NOT_FOUND;
	fd = sl_helper_spawn(helper->program, "", &helper->pid);
	if (fd < 0)
		return fd;
	helper->ipc = sl_ipc_new(fd, SL_IPC_BIT(INSPECT_RESULT) | SL_IPC_BIT(INSPECT_DONE));
	return 0;
}

static void
on_item(void *ctx, const struct sl_deep_item *item)
{
	struct answer *answer = ctx;

	if (answer->items_left > 0)
		answer->sink(answer->ctx, item);
	else
		answer->result = SL_ERR_SYNTAX;	/* more than it was given leave for */
	answer->items_left -= answer->items_left > 0;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct answer *answer = ctx;
	int r;

	if (message->type == SL_IPC_INSPECT_RESULT) {
		r = sl_deep_unpack_items(message->payload, on_item, answer);
		if (r != 0)
			answer->result = r;
		return;
	}
	r = sl_deep_unpack_done(message->payload, &answer->done);
	answer->result = r != 0 ? r : answer->done.complete ? SL_DONE : SL_ERR_FULL;
}

static int
job_send(struct sl_helper *helper, struct sl_slice bytes, const struct sl_deep_job *job)
{
	struct sl_buf payload;
	int fd = sl_deep_seal(bytes), r;

	if (fd < 0)
		return fd;
	sl_buf_init(&payload, SL_DEEP_JOB_MAX);
	sl_deep_pack_job(job, &payload);
	r = sl_ipc_send(helper->ipc, SL_IPC_INSPECT, sl_buf_slice(&payload), &fd, 1);
	sl_buf_fini(&payload);
	close(fd);
	return r;
}

static int64_t
now_ms(void)
{
	return (int64_t)(sl_clock_system.monotonic_us(NULL) / 1000);
}

static int
answer_read(struct sl_helper *helper, struct answer *answer, unsigned cpu_ms)
{
	int64_t end = now_ms() + SL_HELPER_GRACE_MS + 10 * (int64_t)cpu_ms;

	while (answer->result == SL_MORE) {
		int r = sl_ipc_wait(helper->ipc, (int)SL_MAX((int64_t)0, SL_MIN(end - now_ms(), 3600000)),
		    on_message, answer);

		if (r != SL_DONE)
			return r == SL_ERR_SYNTAX ? SL_ERR_CLOSED : r;
	}
	return answer->result == SL_ERR_SYNTAX ? SL_ERR_CLOSED : answer->result;
}

static void
say(struct answer *answer, enum sl_deep_finding id, const char *detail)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING };

	item.finding.id = id;
	item.finding.detail = sl_slice_str(detail);
	answer->sink(answer->ctx, &item);
}

int
sl_helper_inspect(struct sl_helper *helper, struct sl_slice bytes, struct sl_deep_job *job,
    sl_deep_sink *sink, void *ctx)
{
	struct answer answer = { .sink = sink, .ctx = ctx, .result = SL_MORE,
		.items_left = (size_t)job->budget.items + 1 };
	int r;

	SL_CHECK(helper, HELPER_MAGIC);
	if (!sl_deep_budget_is_left(&job->budget)) {
		say(&answer, SL_DEEP_BUDGET, "used up by other parts of the message");
		return SL_ERR_FULL;
	}
	r = process_begin(helper);
	if (r == 0)
		r = job_send(helper, bytes, job);
	if (r == SL_ERR_CLOSED && answer.result == SL_MORE) {	/* it died between two jobs */
		process_end(helper);
		r = process_begin(helper);
		if (r == 0)
			r = job_send(helper, bytes, job);
	}
	if (r == 0)
		r = answer_read(helper, &answer, job->budget.cpu_ms);
	if (r == SL_DONE || r == SL_ERR_FULL) {
		sl_deep_budget_take(&job->budget, &answer.done.used);
		return r;
	}
	process_end(helper);
	job->budget.cpu_ms -= SL_MIN(job->budget.cpu_ms, SL_DEEP_CPU_MS / 4);	/* deaths are not free */
	if (r == SL_ERR_TIMEOUT)
		say(&answer, SL_DEEP_HELPER_TIMEOUT, "");
	else
		say(&answer, r == SL_ERR_CLOSED ? SL_DEEP_HELPER_DIED : SL_DEEP_HELPER_MISSING, "");
	return r;
}
