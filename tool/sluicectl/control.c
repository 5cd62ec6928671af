/* control.c - see control.h */

#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/settings.h"

struct sl_ipc *
control_connect(const char *path, uint64_t may_send)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char automatic[SL_CONTROL_PATH_MAX + 1];
	int fd;

	if (path == NULL) {
		sl_control_default(automatic);
		path = automatic;
	}
	if (path[0] == '\0') {
		fprintf(stderr, "sluicectl: name the control socket (--control PATH): there is no "
		    "$XDG_RUNTIME_DIR\n");
		return NULL;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "sluicectl: %s: longer than a Unix socket's path can be\n", path);
		return NULL;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return sl_ipc_new(fd, may_send);
	fprintf(stderr, "sluicectl: %s: %s%s\n", path, strerror(errno),
	    errno == ENOENT || errno == ECONNREFUSED ? " (does Sluice run?)" : "");
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void
on_channel(void *ctx, struct sl_ipc_message *message)
{
	int *fd = ctx;

	if (message->fds_len != 1)
		return;
	*fd = message->fds[0];
	message->fds[0] = -1;
}

/* A channel to another process, by the parent's hand: asked for with `request`, it comes with `answer`. NULL: it is said why not. */
static struct sl_ipc *
channel(const char *path, enum sl_ipc_type request, uint64_t answer, uint64_t may_send, const char *none)
{
	struct sl_ipc *control = control_connect(path, answer);
	int fd = -1, r;

	if (control == NULL)
		return NULL;
	r = sl_ipc_send(control, request, sl_slice(NULL, 0), NULL, 0);
	if (r == 0)
		r = sl_ipc_wait(control, CONTROL_ANSWER_MS, on_channel, &fd);
	sl_ipc_free(&control);
	if (r < 0)
		fprintf(stderr, "sluicectl: no answer: %s\n", sl_strerror(r));
	else if (fd < 0)
		fprintf(stderr, "sluicectl: %s\n", none);
	return fd < 0 ? NULL : sl_ipc_new(fd, may_send);
}

struct sl_ipc *
control_vault(const char *path, uint64_t may_send)
{
	return channel(path, SL_IPC_VAULT_REQUEST, SL_IPC_BIT(VAULT), may_send, "there is no vault: the settings have no "
	    "`quarantine.directory`, or it could not be opened (its log says why)");
}

struct sl_ipc *
control_courier(const char *path, uint64_t may_send)
{
	return channel(path, SL_IPC_COURIER_REQUEST, SL_IPC_BIT(COURIER), may_send, "there is no courier: the settings have no "
	    "`quarantine.directory`, or its queue could not be opened (its log says why)");
}
