/* keep.c - see keep.h */

#include "keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_MAGIC		0x51ee9d17u
#define KEEP_MESSAGE_MAGIC	0x51ee9e55u
#define KEEP_BLOCK_BYTES	65536u
#define NAME_BYTES		40

struct keep {
	unsigned	 magic;
	int		 fd;		/* the directory */
	uint64_t	 last;		/* number given out last */
	uint64_t	 begun;		/* names the files being written */
};

struct keep_message {
	unsigned	 magic;
	struct keep	*keep;		/* borrowed */
	uint64_t	 id;
	int		 fd;		/* -1 until the first block is full; then of the temporary file */
	bool		 failed;
	struct sl_buf	 block;
};

/* The highest N of an N.eml in the directory. */
static uint64_t
highest_number(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	uint64_t highest = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		struct sl_slice name = sl_slice_str(entry->d_name);
		uint64_t n;

		if (name.len > 4 && strcmp(entry->d_name + name.len - 4, ".eml") == 0 &&
		    sl_slice_to_u64(sl_slice(name.ptr, name.len - 4), UINT64_MAX - 1, &n) == 0)
			highest = SL_MAX(highest, n);
	}
	closedir(dir);
	return highest;
}

struct keep *
keep_open(const char *directory)
{
	struct keep *keep;
	int fd;

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return NULL;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	keep = sl_xzalloc(sizeof(*keep));
	*keep = (struct keep){ KEEP_MAGIC, fd, highest_number(fd), 0 };
	return keep;
}

void
keep_close(struct keep **keep)
{
	if (*keep != NULL)
		close((*keep)->fd);
	SL_OBJ_FREE(keep, KEEP_MAGIC);
}

struct keep_message *
keep_begin(struct keep *keep)
{
	struct keep_message *message = sl_xzalloc(sizeof(*message));

	SL_CHECK(keep, KEEP_MAGIC);
	*message = (struct keep_message){ KEEP_MESSAGE_MAGIC, keep, ++keep->begun, -1, false, { 0 } };
	sl_buf_init(&message->block, 2 * KEEP_BLOCK_BYTES);
	return message;
}

static void
temporary_name(const struct keep_message *message, const char *kind, char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, ".%d-%" PRIu64 ".%s", (int)getpid(), message->id, kind);
}

static bool
write_all(int fd, struct sl_slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = sl_slice_from(bytes, (size_t)n);
	}
	return true;
}

static int
create(const struct keep_message *message, const char *kind)
{
	char name[NAME_BYTES];

	temporary_name(message, kind, name);
	return openat(message->keep->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void
write_block(struct keep_message *message)
{
	if (message->fd < 0)
		message->fd = create(message, "eml");
	if (message->fd < 0 || !write_all(message->fd, sl_buf_slice(&message->block)))
		message->failed = true;
	sl_buf_reset(&message->block);
}

void
keep_add(struct keep_message *message, const unsigned char *data, size_t len)
{
	SL_CHECK(message, KEEP_MESSAGE_MAGIC);
	while (len > 0) {
		size_t n = SL_MIN(len, KEEP_BLOCK_BYTES - message->block.len);

		sl_buf_add(&message->block, data, n);
		data += n;
		len -= n;
		if (message->block.len == KEEP_BLOCK_BYTES)
			write_block(message);
	}
}

static bool
write_envelope(const struct keep_message *message, struct sl_slice json)
{
	int fd = create(message, "json");
	bool good = fd >= 0 && write_all(fd, json);

	if (fd >= 0)
		good = close(fd) == 0 && good;
	return good;
}

static bool
give_name(const struct keep_message *message, uint64_t number, const char *kind)
{
	char from[NAME_BYTES], to[NAME_BYTES];

	temporary_name(message, kind, from);
	snprintf(to, sizeof(to), "%" PRIu64 ".%s", number, kind);
	return renameat(message->keep->fd, from, message->keep->fd, to) == 0;
}

int
keep_commit(struct keep_message **message, struct sl_slice envelope_json, uint64_t *number_out)
{
	struct keep_message *m = *message;
	uint64_t number = m->keep->last + 1;

	SL_CHECK(m, KEEP_MESSAGE_MAGIC);
	if (m->block.len > 0 || m->fd < 0)
		write_block(m);
	if (m->failed || !write_envelope(m, envelope_json) || !give_name(m, number, "json") ||
	    !give_name(m, number, "eml")) {
		keep_abandon(message);
		return SL_ERR_SYSTEM;
	}
	*number_out = m->keep->last = number;
	close(m->fd);
	sl_buf_fini(&m->block);
	SL_OBJ_FREE(message, KEEP_MESSAGE_MAGIC);
	return 0;
}

void
keep_abandon(struct keep_message **message)
{
	struct keep_message *m = *message;
	char name[NAME_BYTES];

	if (m == NULL)
		return;
	if (m->fd >= 0) {
		close(m->fd);
		temporary_name(m, "eml", name);
		unlinkat(m->keep->fd, name, 0);
		temporary_name(m, "json", name);
		unlinkat(m->keep->fd, name, 0);
	}
	sl_buf_fini(&m->block);
	SL_OBJ_FREE(message, KEEP_MESSAGE_MAGIC);
}
