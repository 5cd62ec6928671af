/*
 * compiler.c - the compiler: makes a process for each job; see job.h
 *
 * It opens no database, so that none of its children has a connection that was another process's.
 */

#include "job.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

int
compiler_start(const char *directory, const char *database, bool (*prepare)(void *ctx), void *ctx)
{
	struct compiler c = { .directory = directory, .database = database };
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return SL_ERR_SYSTEM;
	pid = fork();
	if (pid != 0) {
		close(fds[1]);
		if (pid > 0)
			return fds[0];
		close(fds[0]);
		return SL_ERR_SYSTEM;
	}
	close(fds[0]);
	(void)prctl(PR_SET_NAME, "sluice-compile");
	signal(SIGCHLD, SIG_IGN);	/* nobody waits for children */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends with the console */
	if (prepare != NULL && !prepare(ctx))
		_exit(1);
	c.ipc = sl_ipc_new(fds[1], SL_IPC_BIT(COMPILE));
	while (sl_ipc_wait(c.ipc, -1, on_message, &c) == SL_DONE)
		continue;
	_exit(0);
}
