/* spawn.c - start a vault's process: see vault/wire.h */

#include "vault/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the child. */
static void
become_vault(const struct sl_vault_process *p, int fd)
{
	sigset_t none;
	char number[16];
	char *argv[] = { (char *)(uintptr_t)p->program, number, (char *)(uintptr_t)p->user,
		(char *)(uintptr_t)p->headers_dir, (char *)(uintptr_t)p->bodies_dir, (char *)(uintptr_t)p->keys_dir,
		(char *)(uintptr_t)p->master_file, NULL };

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(number, sizeof(number), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) == 0)
		execv(p->program, argv);
	_exit(127);
}

int
sl_vault_spawn(const struct sl_vault_process *process, pid_t *pid_out)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return SL_ERR_SYSTEM;
	*pid_out = fork();
	if (*pid_out == 0)
		become_vault(process, fds[1]);
	close(fds[1]);
	if (*pid_out < 0) {
		close(fds[0]);
		return SL_ERR_SYSTEM;
	}
	return fds[0];
}
