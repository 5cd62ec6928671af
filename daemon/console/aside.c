/* aside.c - see aside.h */

#include "aside.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void
run(const struct aside *aside, int fd)
{
	(void)prctl(PR_SET_NAME, aside->name);
	signal(SIGCHLD, SIG_IGN);	/* nobody waits for its children */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends with the console */
	if (aside->prepare != NULL && !aside->prepare(aside->prepare_ctx))
		_exit(1);
	aside->work(fd, aside->ctx);
	_exit(0);
}

int
aside_start(const struct aside *aside)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return SL_ERR_SYSTEM;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		run(aside, fds[1]);
	}
	close(fds[1]);
	if (pid > 0)
		return fds[0];
	close(fds[0]);
	return SL_ERR_SYSTEM;
}

void
aside_close_others(int fd)
{
	if (fd > 3)
		(void)close_range(3, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0u, 0);
}
