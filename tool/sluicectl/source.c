/* source.c - see source.h */

#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "message.h"

/* ---- a mailbox */

static bool
is_from(struct sl_slice line)
{
	return line.len >= 5 && memcmp(line.ptr, "From ", 5) == 0;
}

/* A line of a mailbox as it was sent. */
static struct sl_slice
unquoted(struct sl_slice line)
{
	size_t quotes = 0;

	while (quotes < line.len && line.ptr[quotes] == '>')
		quotes++;
	return quotes > 0 && is_from(sl_slice_from(line, quotes)) ? sl_slice_from(line, 1) : line;
}

static bool
message_tell(const struct source *source, const char *name, struct sl_slice bytes)
{
	struct sl_buf wire;
	bool going_on = true;

	if (bytes.len == 0)
		return true;
	sl_buf_init(&wire, MESSAGE_MAX_BYTES);
	message_wire(bytes, &wire);
	if (wire.overflow)
		source->failed(source->ctx, name, "too long");
	else
		going_on = source->message(source->ctx, name, sl_buf_slice(&wire));
	sl_buf_fini(&wire);
	return going_on;
}

static bool
mailbox_tell(const struct source *source, const char *path, struct sl_slice bytes)
{
	struct sl_buf message;
	bool going_on = true, empty_before = true;
	size_t number = 0;

	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	while (going_on && bytes.len > 0) {
		const unsigned char *lf = memchr(bytes.ptr, '\n', bytes.len);
		struct sl_slice line = sl_slice(bytes.ptr, lf == NULL ? bytes.len : (size_t)(lf + 1 - bytes.ptr));
		bool begins = empty_before && is_from(line);

		bytes = sl_slice_from(bytes, line.len);
		empty_before = sl_slice_trim(line).len == 0;
		if (!begins)
			sl_buf_add_slice(&message, unquoted(line));
		if ((begins && number++ > 0) || bytes.len == 0) {
			char *name = sl_xasprintf("%s, message %zu", path, number - (begins ? 1 : 0));

			going_on = message_tell(source, name, sl_buf_slice(&message));
			sl_buf_reset(&message);
			sl_free(name);
		}
	}
	sl_buf_fini(&message);
	return going_on;
}

/* ---- files and directories */

static bool
file_tell(const struct source *source, const char *path)
{
	struct sl_buf bytes;
	bool going_on = true;
	int r;

	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	r = file_read(path, &bytes);
	if (r != 0)
		source->failed(source->ctx, path, file_error(r));
	else if (is_from(sl_buf_slice(&bytes)))
		going_on = mailbox_tell(source, path, sl_buf_slice(&bytes));
	else
		going_on = message_tell(source, path, sl_buf_slice(&bytes));
	sl_buf_fini(&bytes);
	return going_on;
}

static bool path_tell(const struct source *source, const char *path, unsigned depth);

static bool
is_maildir(const char *path)
{
	char *cur = sl_xasprintf("%s/cur", path);
	struct stat st;
	bool is = stat(cur, &st) == 0 && S_ISDIR(st.st_mode);

	sl_free(cur);
	return is;
}

static bool
directory_tell(const struct source *source, const char *path, unsigned depth)
{
	struct dirent **entries;
	bool going_on = true, maildir = is_maildir(path);
	int len = depth == SOURCE_DEPTH_MAX ? (errno = ELOOP, -1) : scandir(path, &entries, NULL, alphasort);

	if (len < 0) {
		source->failed(source->ctx, path, strerror(errno));
		return true;
	}
	for (int i = 0; i < len; i++) {
		const char *name = entries[i]->d_name;
		char *full = sl_xasprintf("%s/%s", path, name);

		if (going_on && name[0] != '.' && !(maildir && strcmp(name, "tmp") == 0))
			going_on = path_tell(source, full, depth + 1);
		sl_free(full);
		free(entries[i]);
	}
	free(entries);
	return going_on;
}

static bool
path_tell(const struct source *source, const char *path, unsigned depth)
{
	struct stat st;

	/* What was named may be a link; what is found on the way may not: it could lead in a circle. */
	if (strcmp(path, "-") == 0)
		return file_tell(source, path);
	if ((depth == 0 ? stat(path, &st) : lstat(path, &st)) != 0) {
		source->failed(source->ctx, path, strerror(errno));
		return true;
	}
	if (S_ISDIR(st.st_mode))
		return directory_tell(source, path, depth);
	return S_ISREG(st.st_mode) || depth == 0 ? file_tell(source, path) : true;
}

bool
source_read(const struct source *source, const char *path)
{
	return path_tell(source, path, 0);
}
