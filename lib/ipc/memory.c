/* memory.c - see ipc/memory.h */

#include "ipc/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int
sl_memory_new(uint64_t senders_bytes, uint64_t texts_bytes, uint64_t contacts_bytes)
{
	struct sl_memory_head head = { .magic = SL_MEMORY_MAGIC, .senders_bytes = senders_bytes / 64 * 64,
		.texts_bytes = texts_bytes / 64 * 64, .contacts_bytes = contacts_bytes / 64 * 64 };
	int fd;

	errno = 0;
	if (senders_bytes == 0 && texts_bytes == 0 && contacts_bytes == 0)
		return -1;
	sl_random(head.senders_key, sizeof(head.senders_key));
	sl_random(head.texts_key, sizeof(head.texts_key));
	sl_random(head.contacts_key, sizeof(head.contacts_key));
	sl_random(head.print_key, sizeof(head.print_key));
	fd = memfd_create("sluice-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)(SL_MEMORY_HEAD_BYTES + head.senders_bytes + head.texts_bytes + head.contacts_bytes)) != 0 ||
	    pwrite(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	sl_zero(&head, sizeof(head));
	return fd;
}
