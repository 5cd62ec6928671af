/* settings_files.c - do the files that settings name hold what they should? See settings.h */

#include "conf/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/own.h"
#include "classify/stack.h"

/* Open a file's bytes as an edge will. Returns 0 or what is wrong with them. */
typedef int check_bytes(struct sl_slice bytes, struct sl_buf *why);

static int
model_check(struct sl_slice bytes, struct sl_buf *why)
{
	struct sl_stack *stack = NULL;
	int r = sl_stack_open(bytes, NULL, &stack, why);

	sl_stack_close(&stack);
	return r;
}

static int
own_check(struct sl_slice bytes, struct sl_buf *why)
{
	struct sl_own *own = NULL;
	int r = sl_own_open(bytes, &own);

	sl_own_close(&own);
	return r;
}

static int
file_check(int fd, check_bytes *check, struct sl_buf *why)
{
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
	r = check(sl_slice(bytes, (size_t)st.st_size), why);
	munmap(bytes, (size_t)st.st_size);
	return r;
}

/* `advice` follows what is wrong with the file's bytes. */
static int
check_file(const char *key, const char *path, check_bytes *check, const char *advice, struct sl_buf *errors)
{
	struct sl_buf why;
	int fd, r;

	if (*path == '\0')
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		sl_buf_addf(errors, "%s: cannot open '%s': %s\n", key, path, strerror(errno));
		return SL_ERR_SYSTEM;
	}
	sl_buf_init(&why, 200);
	r = file_check(fd, check, &why);
	close(fd);
	if (r != 0)
		sl_buf_addf(errors, "%s: '%s' is %s (%s%s): %s\n", key, path, check == own_check
		    ? "not what tenants know, or damaged" : "no model, or damaged", sl_buf_cstr(&why),
		    sl_strerror(r), advice);
	sl_buf_fini(&why);
	return r;
}

int
sl_settings_check_files(const struct sl_settings *settings, struct sl_buf *errors)
{
	int r = check_file("model", settings->model_path, model_check,
	    "train one with `sluicectl train`, or write default", errors);
	int own = check_file("own", settings->own_path, own_check, "`sluicectl learn --own` makes it", errors);

	return r != 0 ? r : own;
}
