/* child.c - what is the same for every process that the parent starts; see parent.h */

#include "parent.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sl/log.h"

#define END_MS		10000	/* to sync what it has */
#define LOOK_MS		10

void
child_end(struct sl_ipc *ipc, pid_t pid)
{
	unsigned waited_ms = 0;

	if (ipc == NULL || sl_ipc_send(ipc, SL_IPC_STOP, sl_slice(NULL, 0), NULL, 0) != 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (waited_ms >= END_MS)
			kill(pid, SIGKILL);
		usleep(LOOK_MS * 1000);
		waited_ms += LOOK_MS;
	}
}

void
child_log(const char *what, int status)
{
	sl_log(SL_LOG_ERROR, "the %s %s %d: it is replaced", what, WIFSIGNALED(status) ? "died of signal" : "ended with status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
