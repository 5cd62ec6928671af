/* control.c - see control.h */

#include "control.h"

#include "conf/settings.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct sl_ipc *
control_connect(const char *path, uint32_t may_send)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char by_default[SL_CONTROL_PATH_MAX + 1];
	int fd;

	if (path == NULL) {
		sl_control_default(by_default);
		path = by_default;
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
