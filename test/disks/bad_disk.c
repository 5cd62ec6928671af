/*
 * bad_disk.c - a disk that is slow, read-only or broken, for the vault and the courier of test/disks
 *
 * Loaded in front of the C library (LD_PRELOAD). The file that BAD_DISK names holds a word that says what the disk is now: "fine", "slow" (a
 * sync takes a second), "read-only" (EROFS), "broken" (a sync gives EIO). It is opened before a jail closes, and read at each call. Other
 * processes than these two are left alone.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int word_fd = -1;

__attribute__((constructor)) static void
begin(void)
{
	char path[4096], *name;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0 || getenv("BAD_DISK") == NULL)
		return;
	path[n] = '\0';
	name = strrchr(path, '/') + 1;
	if (strcmp(name, "sluice-vault") == 0 || strcmp(name, "sluice-courier") == 0)
		word_fd = open(getenv("BAD_DISK"), O_RDONLY | O_CLOEXEC);
}

static int
is(const char *word)
{
	char said[32] = "";

	return word_fd >= 0 && pread(word_fd, said, sizeof(said) - 1, 0) > 0 && strncmp(said, word, strlen(word)) == 0;
}

/* A regular file's, not a socket's. */
static int
refuses(void)
{
	if (!is("read-only"))
		return 0;
	errno = EROFS;
	return 1;
}

static int
sync_with(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	const struct timespec second = { 1, 0 };

	if (is("slow"))
		nanosleep(&second, NULL);
	if (is("broken")) {
		errno = EIO;
		return -1;
	}
	return refuses() ? -1 : real(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

#define WRITES(name)										\
	ssize_t											\
	name(int fd, const void *data, size_t len, off_t at)					\
	{											\
		ssize_t (*real)(int, const void *, size_t, off_t) =				\
		    (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, #name);	\
												\
		return refuses() ? -1 : real(fd, data, len, at);				\
	}
WRITES(pwrite)
WRITES(pwrite64)

#define ALLOCATES(name)										\
	int											\
	name(int fd, int mode, off_t at, off_t len)						\
	{											\
		int (*real)(int, int, off_t, off_t) = (int (*)(int, int, off_t, off_t))dlsym(RTLD_NEXT, #name);	\
												\
		return refuses() ? -1 : real(fd, mode, at, len);				\
	}
ALLOCATES(fallocate)
ALLOCATES(fallocate64)

#define TRUNCATES(name)										\
	int											\
	name(int fd, off_t len)									\
	{											\
		int (*real)(int, off_t) = (int (*)(int, off_t))dlsym(RTLD_NEXT, #name);		\
												\
		return refuses() ? -1 : real(fd, len);						\
	}
TRUNCATES(ftruncate)
TRUNCATES(ftruncate64)

#define STATES(name, type)									\
	int											\
	name(int fd, struct type *st)								\
	{											\
		int (*real)(int, struct type *) = (int (*)(int, struct type *))dlsym(RTLD_NEXT, #name);	\
		int r = real(fd, st);								\
												\
		if (r == 0 && is("read-only"))							\
			st->f_flag |= ST_RDONLY;						\
		return r;									\
	}
STATES(fstatvfs, statvfs)
STATES(fstatvfs64, statvfs64)

/* What would be written to cannot be opened; the vault then opens it for reading. */
#define OPENS(name)										\
	int											\
	name(int dir, const char *path, int flags, ...)						\
	{											\
		int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name);	\
		mode_t mode;									\
		va_list ap;									\
												\
		va_start(ap, flags);								\
		mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;		\
		va_end(ap);									\
		return (flags & O_ACCMODE) != O_RDONLY && refuses() ? -1 : real(dir, path, flags, mode);	\
	}
OPENS(openat)
OPENS(openat64)
