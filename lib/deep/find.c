/* find.c - where the helper's program is, and how it is started: see deep/client.h */

#include "deep/client.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM	"sluice-helper"

/* From the directory of the running program: installed beside each other, installed with a prefix,
 * and the build's tree as seen from daemon/NAME, tool/NAME and test programs. */
static const char *const places[] = { ".", "../libexec", "../helper", "../../daemon/helper",
	"../daemon/helper", "daemon/helper" };

bool
sl_helper_find(char *path_out, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *directory;

	if (n > 0) {
		self[n] = '\0';
		directory = dirname(self);
		for (size_t i = 0; i < SL_COUNT(places); i++) {
			int len = snprintf(path_out, size, "%s/%s/" PROGRAM, directory, places[i]);

			if (len > 0 && (size_t)len < size && access(path_out, X_OK) == 0)
				return true;
		}
	}
	n = snprintf(path_out, size, "%s", SL_LIBEXEC_DIR "/" PROGRAM);
	return n > 0 && (size_t)n < size && access(path_out, X_OK) == 0;
}

static void
become_helper(const char *program, const char *user, int fd)
{
	char number[16];
	char *const arguments[] = { (char *)(uintptr_t)PROGRAM, number, (char *)(uintptr_t)user, NULL };

	snprintf(number, sizeof(number), "%d", fd);
	(void)fcntl(fd, F_SETFD, 0);
	execv(program, arguments);
	_exit(127);
}

int
sl_helper_spawn(const char *program, const char *user, pid_t *pid_out)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return SL_ERR_SYSTEM;
	*pid_out = fork();
	if (*pid_out == 0)
		become_helper(program, user, fds[1]);
	close(fds[1]);
	if (*pid_out < 0) {
		close(fds[0]);
		return SL_ERR_SYSTEM;
	}
	return fds[0];
}
