/* disk_files.c - files of the system: see vault/disk.h */

#include "vault/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILES_MAGIC	0x7a017f11u

struct sl_disk_files {
	unsigned	magic;
	int		fds[SL_DISK_FILE_COUNT];
	bool		read_only[SL_DISK_FILE_COUNT];
	struct sl_disk	disk;
};

static int
error_of(int number)
{
	return number == ENOSPC || number == EDQUOT ? SL_ERR_NO_SPACE : SL_ERR_SYSTEM;
}

static int
fd_of(void *ctx, enum sl_disk_file file)
{
	struct sl_disk_files *files = ctx;

	SL_CHECK(files, FILES_MAGIC);
	return files->fds[file];
}

static int
files_size(void *ctx, enum sl_disk_file file, uint64_t *bytes_out)
{
	off_t end = lseek(fd_of(ctx, file), 0, SEEK_END);	/* not fstat: the vault's jail has none */

	*bytes_out = end < 0 ? 0 : (uint64_t)end;
	return end < 0 ? SL_ERR_SYSTEM : 0;
}

static int
files_read(void *ctx, enum sl_disk_file file, uint64_t at, void *out, size_t len)
{
	unsigned char *p = out;

	while (len > 0) {
		ssize_t n = pread(fd_of(ctx, file), p, len, (off_t)at);

		if (n == 0)
			return SL_ERR_TRUNCATED;
		if (n < 0 && errno != EINTR)
			return SL_ERR_SYSTEM;
		if (n > 0) {
			p += n;
			at += (uint64_t)n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int
files_write(void *ctx, enum sl_disk_file file, uint64_t at, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd_of(ctx, file), p, len, (off_t)at);

		if (n < 0 && errno != EINTR)
			return error_of(errno);
		if (n > 0) {
			p += n;
			at += (uint64_t)n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int
files_reserve(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len)
{
	int fd = fd_of(ctx, file);
	off_t end;

	if (fallocate(fd, 0, (off_t)at, (off_t)len) == 0)
		return 0;
	if (errno != EOPNOTSUPP)
		return error_of(errno);
	/* A file system that cannot promise: then a write may fail, which is an answer too. */
	end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return SL_ERR_SYSTEM;
	if ((uint64_t)end < at + len && ftruncate(fd, (off_t)(at + len)) != 0)
		return error_of(errno);
	return 0;
}

static int
files_punch(void *ctx, enum sl_disk_file file, uint64_t at, uint64_t len)
{
	if (fallocate(fd_of(ctx, file), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len) == 0)
		return 0;
	return errno == EOPNOTSUPP ? SL_ERR_UNSUPPORTED : SL_ERR_SYSTEM;
}

static int
files_sync(void *ctx, enum sl_disk_file file)
{
	return fdatasync(fd_of(ctx, file)) == 0 ? 0 : error_of(errno);
}

static int
files_room(void *ctx, enum sl_disk_file file, uint64_t *bytes_out)
{
	struct statvfs st;

	if (fstatvfs(fd_of(ctx, file), &st) != 0)
		return SL_ERR_SYSTEM;
	*bytes_out = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}

/* Open one file, made if it is missing; its directory is synced, so that the name is there after a crash. */
static int
file_open(const char *dir, const char *name, int *fd_out, bool *read_only_out)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, r = 0;

	if (dir_fd < 0)
		return SL_ERR_SYSTEM;
	fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	*read_only_out = fd < 0 && (errno == EROFS || errno == EACCES);
	if (*read_only_out)
		fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	else if (fd >= 0 && fsync(dir_fd) != 0 && errno != EROFS)
		r = error_of(errno);
	if (fd < 0)
		r = error_of(errno);
	else if (r == 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
		r = errno == EWOULDBLOCK ? SL_ERR_BUSY : SL_ERR_SYSTEM;
	close(dir_fd);
	if (r != 0 && fd >= 0)
		close(fd);
	else
		*fd_out = fd;
	return r;
}

int
sl_disk_files_open(const char *headers_dir, const char *bodies_dir, const char *keys_dir,
    struct sl_disk_files **files_out)
{
	static const char *const names[SL_DISK_FILE_COUNT] = {
#define FILE_NAME(id, name) [SL_DISK_##id] = name,
		SL_DISK_FILES(FILE_NAME)
#undef FILE_NAME
	};
	const char *dirs[SL_DISK_FILE_COUNT] = { headers_dir, bodies_dir, keys_dir, keys_dir };
	struct sl_disk_files *files = sl_xzalloc(sizeof(*files));
	int r = 0;

	files->magic = FILES_MAGIC;
	files->disk = (struct sl_disk){ files_size, files_read, files_write, files_reserve, files_punch, files_sync,
		files_room, files };
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)
		files->fds[i] = -1;
	for (int i = 0; i < SL_DISK_FILE_COUNT && r == 0; i++)
		r = file_open(dirs[i], names[i], &files->fds[i], &files->read_only[i]);
	if (r != 0) {
		int saved_errno = errno;

		sl_disk_files_close(&files);
		errno = saved_errno;
	}
	*files_out = files;
	return r;
}

void
sl_disk_files_close(struct sl_disk_files **files)
{
	for (int i = 0; *files != NULL && i < SL_DISK_FILE_COUNT; i++)
		if ((*files)->fds[i] >= 0)
			close((*files)->fds[i]);
	SL_OBJ_FREE(files, FILES_MAGIC);
}

static bool
is_writable(int fd, bool read_only)
{
	unsigned char bytes[512];
	struct statvfs st;
	ssize_t n;

	if (read_only)
		return fstatvfs(fd, &st) == 0 && (st.f_flag & ST_RDONLY) == 0;
	n = pread(fd, bytes, sizeof(bytes), 0);
	return n >= 0 && (n == 0 || pwrite(fd, bytes, (size_t)n, 0) == n) && fdatasync(fd) == 0;
}

bool
sl_disk_files_writable(const struct sl_disk_files *files)
{
	SL_CHECK(files, FILES_MAGIC);
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)
		if (!is_writable(files->fds[i], files->read_only[i]))
			return false;
	return true;
}

bool
sl_disk_files_read_only(const struct sl_disk_files *files)
{
	bool any = false;

	SL_CHECK(files, FILES_MAGIC);
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)
		any |= files->read_only[i];
	return any;
}

const struct sl_disk *
sl_disk_files_disk(const struct sl_disk_files *files)
{
	SL_CHECK(files, FILES_MAGIC);
	return &files->disk;
}
