/* checker.c - settings are read in a child that can do little else; see parent.h */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jail/jail.h"
#include "parent.h"
#include "sl/log.h"

#define SETTINGS_FILE_MAX	(32u << 20)
#define ERRORS_MAX		65536

/* The file's text into `out`; a reason into `errors` otherwise. */
static int
read_file(const char *path, struct sl_buf *out, struct sl_buf *errors)
{
	unsigned char block[16384];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		sl_buf_add(out, block, (size_t)n);
	if (n < 0)
		sl_buf_addf(errors, "%s: cannot be read: %s\n", path, strerror(errno));
	else if (out->overflow)
		sl_buf_addf(errors, "%s: larger than %u MiB: is this the right file?\n", path,
		    SETTINGS_FILE_MAX >> 20);
	if (fd >= 0)
		close(fd);
	return errors->len > 0 ? SL_ERR_SYSTEM : 0;
}

/* *own_fd_out (may be NULL): what tenants know, checked; -1: there is none. */
static struct sl_settings *
read_settings(const char *path, struct sl_buf *errors, int *own_fd_out)
{
	struct sl_settings *settings = NULL;
	struct sl_buf text;

	sl_buf_init(&text, SETTINGS_FILE_MAX);
	if (read_file(path, &text, errors) == 0 &&
	    sl_settings_read(path, sl_buf_slice(&text), &settings, errors) == 0 &&
	    (sl_settings_resolve(settings, errors) != 0 ||
	    sl_settings_check_files(settings, errors, own_fd_out) != 0))
		sl_settings_unref(&settings);
	sl_buf_fini(&text);
	return settings;
}

/* The child: hand back packed settings or what is wrong with them. */
static int
check(const char *path, int fd)
{
	const struct sl_jail_user nobody_new = { .change = false };	/* keys are often root's alone */
	struct sl_ipc *ipc = sl_ipc_new(fd, 0);
	struct sl_settings *settings;
	struct sl_buf out, errors;
	int r, own_fd = -1;

	sl_buf_init(&out, SL_IPC_PAYLOAD_MAX);
	sl_buf_init(&errors, ERRORS_MAX);
	if (sl_jail_enter(SL_JAIL_CHECKER, &nobody_new) != 0)
		return 1;
	settings = read_settings(path, &errors, &own_fd);
	if (settings != NULL)
		sl_settings_pack(settings, &out);
	r = settings != NULL && !out.overflow
	    ? sl_ipc_send(ipc, SL_IPC_CHECKED, sl_buf_slice(&out), &own_fd, own_fd >= 0)
	    : sl_ipc_send(ipc, SL_IPC_CHECK_FAILED, sl_buf_slice(&errors), NULL, 0);
	sl_settings_unref(&settings);
	sl_buf_fini(&out);
	sl_buf_fini(&errors);
	if (own_fd >= 0)
		close(own_fd);
	sl_ipc_free(&ipc);
	return r == 0 ? 0 : 1;
}

int
checker_start(const char *settings_path, pid_t *pid_out)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	fflush(NULL);
	*pid_out = fork();
	if (*pid_out == 0) {
		close(fds[0]);
		_exit(check(settings_path, fds[1]));
	}
	close(fds[1]);
	if (*pid_out < 0) {
		close(fds[0]);
		return -1;
	}
	return fds[0];
}

int
checker_main(const char *settings_path)
{
	struct sl_settings *settings;
	struct sl_buf errors;

	sl_buf_init(&errors, ERRORS_MAX);
	settings = read_settings(settings_path, &errors, NULL);
	if (settings == NULL)
		fputs(sl_buf_cstr(&errors), stderr);
	else
		printf("%s: ok, %zu tenant%s\n", settings_path, settings->tenants_len,
		    settings->tenants_len == 1 ? "" : "s");
	sl_buf_fini(&errors);
	if (settings == NULL)
		return 1;
	sl_settings_unref(&settings);
	return 0;
}
