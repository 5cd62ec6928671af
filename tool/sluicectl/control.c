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
on_vault(void *ctx, struct sl_ipc_message *message)
{
	int *fd = ctx;

	if (message->fds_len != 1)
		return;
	*fd = message->fds[0];
	message->fds[0] = -1;
}

struct sl_ipc *
control_vault(const char *path, uint64_t may_send)
{
	struct sl_ipc *control = control_connect(path, SL_IPC_BIT(VAULT));
	int fd = -1, r;

	if (control == NULL)
		return NULL;
	r = sl_ipc_send(control, SL_IPC_VAULT_REQUEST, sl_slice(NULL, 0), NULL, 0);
	if (r == 0)
		r = sl_ipc_wait(control, CONTROL_ANSWER_MS, on_vault, &fd);
	sl_ipc_free(&control);
	if (r < 0)
		fprintf(stderr, "sluicectl: no answer: %s\n", sl_strerror(r));
	else if (fd < 0)
		fprintf(stderr, "sluicectl: there is no vault: the settings have no `quarantine.directory`, or it could not be "
		    "opened (its log says why)\n");
	return fd < 0 ? NULL : sl_ipc_new(fd, may_send);
}
