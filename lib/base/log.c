/* log.c - see sl/log.h */

#include "sl/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define LOG_LINE_MAX	2048

static const char *const level_names[] = { "fatal", "error", "warning", "notice", "debug" };
static const char *log_name = "sluice";
static enum sl_log_level log_highest = SL_LOG_NOTICE;

void
sl_log_init(const char *name, enum sl_log_level highest)
{
	log_name = name;
	log_highest = highest;
}

bool
sl_log_enabled(enum sl_log_level level)
{
	return level <= log_highest;
}

/* Control bytes would let a peer forge lines or drive a terminal. */
static void
make_printable(char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
}

void
sl_log(enum sl_log_level level, const char *format, ...)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[LOG_LINE_MAX];
	int saved_errno = errno, n;
	size_t len;
	va_list ap;

	if (!sl_log_enabled(level))
		return;
	n = snprintf(line, sizeof(line), "%s[%ld]: %s: ", log_name, (long)getpid(),
	    level_names[level]);
	len = (size_t)SL_MIN(n, 128);
	va_start(ap, format);
	n = vsnprintf(line + len, sizeof(line) - len - 1, format, ap);
	va_end(ap);
	len += (size_t)SL_MAX(0, SL_MIN(n, (int)(sizeof(line) - len - 2)));
	make_printable(line, len);
	line[len++] = '\n';
	/* A pipe nobody reads must not stop the mail: write only when there is room. */
	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
		ssize_t written = write(STDERR_FILENO, line, len);

		(void)written;
	}
	errno = saved_errno;
}
