/* settings_files.c - do the files that settings name hold what they should? See settings.h */

#include "conf/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/own.h"
#include "classify/stack.h"
#include "rules/scan.h"

_Static_assert(SL_RULES_KEY_DIGITS == 2 * SL_RULES_PUBLIC_BYTES, "a key of 32 bytes");

/* Map a file read-only. Returns 0, SL_ERR_TRUNCATED (it is empty) or SL_ERR_SYSTEM. */
static int
map_file(int fd, struct sl_slice *bytes_out)
{
	int r = SL_ERR_SYSTEM;
	struct stat st;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return SL_ERR_SYSTEM;
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		r = SL_ERR_TRUNCATED;
	else if (fstat(fd, &st) == 0)
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return r;
	*bytes_out = sl_slice(bytes, (size_t)st.st_size);
	return 0;
}

static void
unmap_file(struct sl_slice bytes)
{
	munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
}

/* As an edge will open it. */
static int
check_model(const struct sl_settings *settings, struct sl_slice bytes, struct sl_buf *why)
{
	struct sl_stack *stack = NULL;
	int r = sl_stack_open(bytes, NULL, &stack, why);

	sl_stack_close(&stack);
	return r;
}

static int
check_own(const struct sl_settings *settings, struct sl_slice bytes, struct sl_buf *why)
{
	struct sl_own *own = NULL;
	int r = sl_own_open(bytes, &own);

	sl_own_close(&own);
	return r;
}

static int
check_rules(const struct sl_settings *settings, struct sl_slice bytes, struct sl_buf *why)
{
	unsigned char key[SL_RULES_PUBLIC_BYTES];
	struct sl_rules *rules = NULL;
	int r = sl_rules_open_own(bytes, sl_settings_rules_key(settings, key) ? key : NULL, &rules);

	sl_rules_close(&rules);
	return r;
}

/* `path` "": there is none, and nothing to check. Returns 0 or what is wrong, with a reason in `why` where one
 * is known; a file that cannot be opened is told in `errors`. *fd_out (may be NULL) is the file, if it is good. */
static int
check_file(const struct sl_settings *settings, const char *name, const char *path,
    int (*check)(const struct sl_settings *settings, struct sl_slice bytes, struct sl_buf *why),
    struct sl_buf *why, struct sl_buf *errors, int *fd_out)
{
	struct sl_slice bytes;
	int fd, r;

	if (*path == '\0')
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = map_file(fd, &bytes);
	if (r == SL_ERR_SYSTEM)
		sl_buf_addf(errors, "%s: cannot open '%s': %s\n", name, path, strerror(errno));
	if (r == 0) {
		r = check(settings, bytes, why);
		unmap_file(bytes);
	}
	if (r == 0 && fd_out != NULL)
		*fd_out = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

int
sl_settings_check_files(const struct sl_settings *settings, struct sl_buf *errors, int *own_fd_out)
{
	const char *model = settings->model_path, *rules = settings->rules_path;
	struct sl_buf why;
	int r, s, o, own_fd = -1;

	sl_buf_init(&why, 200);
	r = check_file(settings, "model", model, check_model, &why, errors, NULL);
	if (r != 0 && r != SL_ERR_SYSTEM)
		sl_buf_addf(errors, "model: '%s' is no model, or damaged (%s%s): train one with `sluicectl "
		    "train`, or write default\n", model, sl_buf_cstr(&why), sl_strerror(r));
	s = check_file(settings, "rules", rules, check_rules, &why, errors, NULL);
	if (s != 0 && s != SL_ERR_SYSTEM)
		sl_buf_addf(errors, "rules: '%s' cannot be used: %s\n", rules, sl_rules_open_error(s));
	o = check_file(settings, "own", settings->own_path, check_own, &why, errors, &own_fd);
	if (o != 0 && o != SL_ERR_SYSTEM)
		sl_buf_addf(errors, "own: '%s' is not what tenants know, or damaged (%s): `sluicectl learn --own` "
		    "makes it\n", settings->own_path, sl_strerror(o));
	sl_buf_fini(&why);
	if (own_fd >= 0 && (own_fd_out == NULL || r != 0 || s != 0)) {
		close(own_fd);
		own_fd = -1;
	}
	if (own_fd_out != NULL)
		*own_fd_out = own_fd;
	return r != 0 ? r : s != 0 ? s : o;
}
