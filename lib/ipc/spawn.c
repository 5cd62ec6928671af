/* spawn.c - see ipc/spawn.h */

#include "ipc/spawn.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX	"sluice-"

/* From the directory of the running program: installed beside each other, installed with a prefix,
 * and the build's tree as seen from daemon/NAME, tool/NAME and test programs. %s: without the prefix. */
static const char *const places[] = { ".", "../libexec", "../%s", "../../daemon/%s", "../daemon/%s", "daemon/%s" };

static bool
is_there(int len, const char *path, size_t size)
{
	return len > 0 && (size_t)len < size && access(path, X_OK) == 0;
}

bool
sl_program_find(const char *name, char *path_out, size_t size)
{
	const char *folder = strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? name + strlen(PREFIX) : name;
	char self[PATH_MAX], place[64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *directory;

	if (n > 0) {
		self[n] = '\0';
		directory = dirname(self);
		for (size_t i = 0; i < SL_COUNT(places); i++) {
			const char *hole = strchr(places[i], '%');

			if (hole == NULL)
				snprintf(place, sizeof(place), "%s", places[i]);
			else
				snprintf(place, sizeof(place), "%.*s%s", (int)(hole - places[i]), places[i], folder);
			if (is_there(snprintf(path_out, size, "%s/%s/%s", directory, place, name), path_out, size))
				return true;
		}
	}
	return is_there(snprintf(path_out, size, SL_LIBEXEC_DIR "/%s", name), path_out, size);
}

static void
become(const char *program, const char *argument, int fd)
{
	const char *slash = strrchr(program, '/');
	char number[16], *const arguments[] = { (char *)(uintptr_t)(slash == NULL ? program : slash + 1), number,
		(char *)(uintptr_t)argument, NULL };

	snprintf(number, sizeof(number), "%d", fd);
	(void)fcntl(fd, F_SETFD, 0);
	execv(program, arguments);
	_exit(127);
}

int
sl_program_spawn(const char *program, const char *argument, pid_t *pid_out)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return SL_ERR_SYSTEM;
	*pid_out = fork();
	if (*pid_out == 0)
		become(program, argument, fds[1]);
	close(fds[1]);
	if (*pid_out < 0) {
		close(fds[0]);
		return SL_ERR_SYSTEM;
	}
	return fds[0];
}
