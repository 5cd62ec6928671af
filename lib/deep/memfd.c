/* memfd.c - an attachment's bytes as sealed memory: see deep/deep.h
 *
 * Sealed, so that what was hashed and looked at cannot change under the reader, nor shrink under
 * his mapping. */

#include "deep/deep.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEALS	(F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

int
sl_deep_memory(void)
{
	int fd = memfd_create("sluice-part", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd >= 0 ? fd : SL_ERR_SYSTEM;
}

int
sl_deep_seal_memory(int fd)
{
	return fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0 ? 0 : SL_ERR_SYSTEM;
}

int
sl_deep_seal(struct sl_slice bytes)
{
	int fd = sl_deep_memory();

	while (fd >= 0 && bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return SL_ERR_SYSTEM;
		}
		bytes = sl_slice_from(bytes, (size_t)n);
	}
	if (fd >= 0 && sl_deep_seal_memory(fd) != 0) {
		close(fd);
		return SL_ERR_SYSTEM;
	}
	return fd;
}

int
sl_deep_map(int fd, struct sl_slice *bytes_out)
{
	int seals = fcntl(fd, F_GET_SEALS);	/* EINVAL for whatever is not such memory */
	off_t len;
	void *at;

	*bytes_out = sl_slice("", 0);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return SL_ERR_SYNTAX;
	len = lseek(fd, 0, SEEK_END);	/* not fstat: the helper's jail has none */
	if (len < 0)
		return SL_ERR_SYSTEM;
	if (len == 0)
		return 0;
	at = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return SL_ERR_SYSTEM;
	*bytes_out = sl_slice(at, (size_t)len);
	return 0;
}

void
sl_deep_unmap(struct sl_slice *bytes)
{
	if (bytes->len > 0)
		(void)munmap((void *)(uintptr_t)bytes->ptr, bytes->len);
	*bytes = sl_slice("", 0);
}
