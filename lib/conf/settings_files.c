/* settings_files.c - do the files that settings name hold what they should? See settings.h */

#include "conf/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/stack.h"

/* Open the model as an edge will. Returns 0 or what is wrong with it. */
static int
model_open_result(int fd, struct sl_buf *why)
{
	struct sl_stack *stack = NULL;
	struct stat st;
	void *bytes;
	int r;

	if (fstat(fd, &st) != 0)
		return SL_ERR_SYSTEM;
	if (st.st_size == 0)
		return SL_ERR_TRUNCATED;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return SL_ERR_SYSTEM;
	r = sl_stack_open(sl_slice(bytes, (size_t)st.st_size), NULL, &stack, why);
	sl_stack_close(&stack);
	munmap(bytes, (size_t)st.st_size);
	return r;
}

int
sl_settings_check_files(const struct sl_settings *settings, struct sl_buf *errors)
{
	const char *path = settings->model_path;
	struct sl_buf why;
	int fd, r;

	if (*path == '\0')
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		sl_buf_addf(errors, "model: cannot open '%s': %s\n", path, strerror(errno));
		return SL_ERR_SYSTEM;
	}
	sl_buf_init(&why, 200);
	r = model_open_result(fd, &why);
	close(fd);
	if (r != 0)
		sl_buf_addf(errors, "model: '%s' is no model, or damaged (%s%s): train one with `sluicectl "
		    "train`, or write default\n", path, sl_buf_cstr(&why), sl_strerror(r));
	sl_buf_fini(&why);
	return r;
}
