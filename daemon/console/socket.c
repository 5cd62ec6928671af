/* socket.c - a Unix socket for users of this machine; see server.h */

#include "server.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sl/log.h"

void
account_of(uid_t uid, char out[256])
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(out, 256, "%.255s", user->pw_name);
	else
		snprintf(out, 256, "uid-%lu", (unsigned long)uid);
}

static bool
in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return used;
}

static void
make_directory(const char *path)
{
	char directory[108];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory)
		return;
	*slash = '\0';
	(void)mkdir(directory, 0755);
}

int
socket_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		sl_log(SL_LOG_FATAL, "%s is too long for a Unix socket", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	if (in_use(&address)) {
		sl_log(SL_LOG_FATAL, "another console answers at %s", path);
		return -1;
	}
	make_directory(path);
	(void)unlink(path);	/* left from a crash */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0111);	/* all may ask: what they may is looked up by who they are */
	r = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r == 0 && listen(fd, 16) == 0)
		return fd;
	sl_log(SL_LOG_FATAL, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
