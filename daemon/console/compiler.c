/*
 * compiler.c - the compiler: makes a process for each job; see job.h
 *
 * It opens no database, so that none of its children has a connection that was another process's.
 */

#include "job.h"

#include <sys/resource.h>
#include <unistd.h>

#include "aside.h"
#include "sl/log.h"

#define NICE_WHOLE	5	/* mail comes first */

struct compiler {
	struct sl_ipc	*ipc;
	const char	*directory, *database;
};

static void
child(struct compiler *c, struct sl_ipc_message *message)
{
	struct sl_ipc *out = sl_ipc_new(message->fds[0], 0);
	struct job job;

	if (job_unpack(message->payload, &job) != 0)
		_exit(1);
	if (job.kind == JOB_WHOLE || job.kind == JOB_TRY_WHOLE)
		(void)setpriority(PRIO_PROCESS, 0, NICE_WHOLE);
	job_run(c->directory, c->database, &job, message->fds[1], out);
	_exit(0);		/* what it holds goes with it */
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct compiler *c = ctx;
	pid_t pid;

	if (message->fds_len != 2)
		return;
	pid = fork();
	if (pid == 0)
		child(c, message);
	if (pid < 0)		/* the channel closes: the console hears that */
		sl_log(SL_LOG_ERROR, "the compiler cannot make a process");
}

static void
work(int fd, void *ctx)
{
	struct compiler *c = ctx;

	c->ipc = sl_ipc_new(fd, SL_IPC_BIT(COMPILE));
	while (sl_ipc_wait(c->ipc, -1, on_message, c) == SL_DONE)
		continue;
}

int
compiler_start(const char *directory, const char *database, bool (*prepare)(void *ctx), void *ctx)
{
	struct compiler c = { .directory = directory, .database = database };
	const struct aside aside = { "sluice-compile", prepare, ctx, work, &c };

	return aside_start(&aside);
}
