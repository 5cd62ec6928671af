/* resolver.c - processes that look names up, one after the other; see hosts.h */

#include "hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aside.h"
#include "ipc/ipc.h"
#include "jail/jail.h"
#include "sl/log.h"

#define NAME_MAX_BYTES	255
#define AGAIN_MS	1000	/* between one that died and the next */

/* The first address, as a settings file's next hop has it. */
static bool
look_up(const char *name, unsigned char out[16])
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	bool found = getaddrinfo(name, NULL, &hints, &list) == 0;

	memset(out, 0, 16);
	if (found && list->ai_family == AF_INET) {
		memset(out + 10, 0xff, 2);
		memcpy(out + 12, &((const struct sockaddr_in *)(const void *)list->ai_addr)->sin_addr, 4);
	} else if (found) {
		memcpy(out, &((const struct sockaddr_in6 *)(const void *)list->ai_addr)->sin6_addr, 16);
	}
	if (list != NULL)
		freeaddrinfo(list);
	return found;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct sl_ipc *ipc = *(struct sl_ipc **)ctx;
	char name[NAME_MAX_BYTES + 1];
	unsigned char address[16];
	struct sl_buf answer;

	if (message->payload.len > NAME_MAX_BYTES)
		return;
	memcpy(name, message->payload.ptr, message->payload.len);
	name[message->payload.len] = '\0';
	sl_buf_init(&answer, 1000);
	sl_pack_bytes(&answer, message->payload);
	if (look_up(name, address))
		sl_buf_add(&answer, address, sizeof(address));
	if (sl_ipc_send(ipc, SL_IPC_RESOLVED, sl_buf_slice(&answer), NULL, 0) != 0)
		_exit(0);
	sl_buf_fini(&answer);
}

struct resolving {
	bool	 jailed;
	bool	(*prepare)(void *ctx);
	void	*ctx;
};

static void
resolve(int fd, const struct resolving *r)
{
	struct sl_ipc *ipc;

	(void)prctl(PR_SET_NAME, "sluice-lookup");
	(void)setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	if (r->prepare != NULL && !r->prepare(r->ctx))
		_exit(1);
	ipc = sl_ipc_new(fd, SL_IPC_BIT(RESOLVE));
	while (sl_ipc_wait(ipc, -1, on_message, &ipc) == SL_DONE)
		continue;
	_exit(0);
}

/* What it was asked cannot be looked up. */
static bool
tell_of_death(int fd)
{
	struct sl_ipc *ipc = sl_ipc_new(dup(fd), 0);
	struct sl_buf answer;
	int r;

	sl_buf_init(&answer, 100);
	sl_pack_bytes(&answer, sl_slice("", 0));
	r = sl_ipc_send(ipc, SL_IPC_RESOLVED, sl_buf_slice(&answer), NULL, 0);
	sl_buf_fini(&answer);
	sl_ipc_free(&ipc);
	return r == 0;
}

/* The process that looks up is made here, and made anew when it has died. This one reads nothing. */
static void
work(int fd, void *ctx)
{
	const struct resolving *r = ctx;
	int status;
	pid_t pid;

	aside_close_others(fd);
	if (r->jailed && sl_jail_keep_becoming() != 0)
		_exit(1);
	signal(SIGCHLD, SIG_DFL);
	for (;;) {
		pid = fork();
		if (pid == 0)
			resolve(fd, r);
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;		/* the console is gone */
		sl_log(SL_LOG_ERROR, "a resolver died: another is made");
		if (!tell_of_death(fd))
			return;
		(void)poll(NULL, 0, AGAIN_MS);
	}
}

int
hosts_start(int fds[2], bool jailed, bool (*prepare)(void *ctx), void *ctx)
{
	struct resolving resolving = { jailed, prepare, ctx };
	const struct aside aside = { "sluice-resolve", NULL, NULL, work, &resolving };

	fds[0] = aside_start(&aside);
	if (fds[0] < 0)
		return SL_ERR_SYSTEM;
	fds[1] = aside_start(&aside);
	if (fds[1] >= 0)
		return 0;
	close(fds[0]);
	return SL_ERR_SYSTEM;
}
