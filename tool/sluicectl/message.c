/* message.c - see message.h */

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
file_read(const char *path, struct sl_buf *out)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	unsigned char piece[65536];
	ssize_t n = 0;
	int error;

	if (fd < 0)
		return SL_ERR_SYSTEM;
	while (!out->overflow) {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			sl_buf_add(out, piece, (size_t)n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	error = errno;
	if (fd != STDIN_FILENO)
		close(fd);
	errno = error;
	return out->overflow ? SL_ERR_TOO_LONG : n < 0 ? SL_ERR_SYSTEM : 0;
}

/* Does s begin with a header field (RFC 5322, 2.2)? */
static bool
is_field(struct sl_slice s)
{
	size_t i = 0;

	while (i < s.len && s.ptr[i] > ' ' && s.ptr[i] < 0x7f && s.ptr[i] != ':')
		i++;
	return i > 0 && i < s.len && s.ptr[i] == ':';
}

struct sl_slice
message_in(struct sl_slice s)
{
	const unsigned char *lf;
	struct sl_slice rest;

	if (s.len == 0 || is_field(s))
		return s;
	lf = memchr(s.ptr, '\n', s.len);
	rest = sl_slice_from(s, lf == NULL ? s.len : (size_t)(lf + 1 - s.ptr));
	return is_field(rest) ? rest : s;
}

void
message_wire(struct sl_slice bytes, struct sl_buf *out)
{
	struct sl_slice s = message_in(bytes);

	while (s.len > 0) {
		const unsigned char *lf = memchr(s.ptr, '\n', s.len);
		size_t len = lf == NULL ? s.len : (size_t)(lf - s.ptr);

		sl_buf_add(out, s.ptr, len > 0 && s.ptr[len - 1] == '\r' ? len - 1 : len);
		sl_buf_add(out, "\r\n", 2);
		s = sl_slice_from(s, lf == NULL ? len : len + 1);
	}
}

int
message_read(const char *path, struct sl_buf *out)
{
	struct sl_buf raw;
	int r;

	sl_buf_init(&raw, MESSAGE_MAX_BYTES);
	r = file_read(path, &raw);
	if (r == 0)
		message_wire(sl_buf_slice(&raw), out);
	sl_buf_fini(&raw);
	return r == 0 && out->overflow ? SL_ERR_TOO_LONG : r;
}

const char *
file_error(int result)
{
	return result == SL_ERR_SYSTEM ? strerror(errno) : sl_strerror(result);
}

int
file_write(const char *who, const char *path, struct sl_slice bytes)
{
	char *draft = sl_xasprintf("%s.new", path);
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0;

	while (good && bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		good = n >= 0 || errno == EINTR;
		bytes = sl_slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	good = good && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	if (!good || rename(draft, path) != 0) {
		fprintf(stderr, "%s: %s: %s\n", who, path, strerror(errno));
		unlink(draft);
		sl_free(draft);
		return 1;
	}
	sl_free(draft);
	return 0;
}
