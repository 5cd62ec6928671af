/* resolver.c - a process that looks names up, one after the other; see hosts.h */

#include "hosts.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aside.h"
#include "ipc/ipc.h"

#define NAME_MAX_BYTES	255

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
	int	 other;		/* the channel of the one before, which is none of its business; -1 */
	bool	(*prepare)(void *ctx);
	void	*ctx;
};

static bool
prepare_one(void *ctx)
{
	const struct resolving *r = ctx;

	if (r->other >= 0)
		close(r->other);
	(void)setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	return r->prepare == NULL || r->prepare(r->ctx);
}

static void
work(int fd, void *ctx)
{
	struct sl_ipc *ipc = sl_ipc_new(fd, SL_IPC_BIT(RESOLVE));

	while (sl_ipc_wait(ipc, -1, on_message, &ipc) == SL_DONE)
		continue;
}

static int
resolver_start(int other, bool (*prepare)(void *ctx), void *ctx)
{
	struct resolving resolving = { other, prepare, ctx };
	const struct aside aside = { "sluice-resolve", prepare_one, &resolving, work, NULL };

	return aside_start(&aside);
}

int
hosts_start(int fds[2], bool (*prepare)(void *ctx), void *ctx)
{
	fds[0] = resolver_start(-1, prepare, ctx);
	if (fds[0] < 0)
		return SL_ERR_SYSTEM;
	fds[1] = resolver_start(fds[0], prepare, ctx);
	if (fds[1] >= 0)
		return 0;
	close(fds[0]);
	return SL_ERR_SYSTEM;
}
