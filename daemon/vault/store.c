/* store.c - opening the vault's directory; see process.h */

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail/jail.h"
#include "sl/log.h"

#define EXPIRY_MS	(60u * 60 * 1000)

static bool
failed(struct process *p, const char *what, const char *path)
{
	process_why(p, "%s %s: %s", what, path, strerror(errno));
	return false;
}

/* Directories above must be there: a mistyped path is not made. */
static bool
make_directory(struct process *p, const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST || failed(p, "cannot make", path);
}

/* 32 random bytes, made once, whole or not at all. */
static bool
master_make(struct process *p, const char *path)
{
	unsigned char key[SL_VAULT_MASTER_BYTES];
	char *fresh = sl_xasprintf("%s.new", path);
	bool good;
	int fd;

	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	sl_random(key, sizeof(key));
	good = fd >= 0 && write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) && fsync(fd) == 0 && rename(fresh, path) == 0;
	explicit_bzero(key, sizeof(key));
	if (fd >= 0)
		close(fd);
	sl_free(fresh);
	if (!good)
		return failed(p, "cannot make the master key", path);
	sl_log(SL_LOG_NOTICE, "a master key was made: %s: keep a copy where the vault's disks are not", path);
	return true;
}

static bool
master_read(struct process *p, const char *path, bool may_make, unsigned char key_out[SL_VAULT_MASTER_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool good;

	if (fd < 0 && errno == ENOENT && may_make && master_make(p, path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(p, "cannot open the master key", path);
	good = fstat(fd, &st) == 0 && st.st_size == SL_VAULT_MASTER_BYTES &&
	    read(fd, key_out, SL_VAULT_MASTER_BYTES) == (ssize_t)SL_VAULT_MASTER_BYTES;
	close(fd);
	if (!good)
		process_why(p, "the master key %s must be %u bytes", path, SL_VAULT_MASTER_BYTES);
	return good;
}

/* Files that edges are lent: none has a name, and all are gone with us. */
static void
spools_make(struct process *p, const char *directory)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (unsigned i = 0; i < SPOOLS_MAX; i++) {
		int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

		if (fd < 0) {
			sl_log(SL_LOG_WARNING, "%s: only %u files can be lent (%s): large messages may have to be deferred "
			    "instead of kept", directory, i, strerror(errno));
			return;
		}
		p->spools[p->spools_len++] = fd;
	}
}

static const char *
open_error(int r)
{
	switch (r) {
	case SL_ERR_LOCKED:
		return "it is under another master key";
	case SL_ERR_BUSY:
		return "another vault has it";
	case SL_ERR_VERSION:
		return "it was made by another version of Sluice";
	case SL_ERR_SYSTEM:
		return strerror(errno);
	default:
		return sl_strerror(r);
	}
}

static int
open_vault(struct process *p, const struct places *places, const unsigned char master[SL_VAULT_MASTER_BYTES])
{
	struct sl_vault_settings settings = { 0 };
	int r;

	sl_disk_files_close(&p->files);
	r = sl_disk_files_open(places->stores[SL_VAULT_PLACE_HEADERS], places->stores[SL_VAULT_PLACE_BODIES],
	    places->stores[SL_VAULT_PLACE_KEYS], &p->files);
	return r != 0 ? r : sl_vault_open(sl_disk_files_disk(p->files), master, &settings, &p->vault);
}

/* A new master key lies beside the old one while it is exchanged (sluicectl key rotate-master). If that was cut short behind the
 * exchange, the old one opens nothing, and the new one has not got its name yet. */
static int
open_with_next(struct process *p, const struct places *places, int r)
{
	unsigned char master[SL_VAULT_MASTER_BYTES];
	char *next = sl_xasprintf("%s.next", places->master);

	if (r == SL_ERR_LOCKED && access(next, F_OK) == 0 && master_read(p, next, false, master)) {
		r = open_vault(p, places, master);
		if (r == 0 && rename(next, places->master) != 0)
			sl_log(SL_LOG_ERROR, "the master key is in %s and cannot be renamed: %s", next, strerror(errno));
		else if (r == 0)
			sl_log(SL_LOG_NOTICE, "the new master key is in use: %s", places->master);
	}
	explicit_bzero(master, sizeof(master));
	sl_free(next);
	return r;
}

/* A key that is missing is made only with a new vault: another one would open nothing of an old one. */
static bool
open_places(struct process *p, const struct places *places)
{
	unsigned char master[SL_VAULT_MASTER_BYTES];
	struct sl_vault_identity is;
	int r;

	if (!place_judge(p, places, &is) || !make_directory(p, places->directory))
		return false;
	for (size_t i = 0; i < SL_COUNT(places->stores); i++)
		if (!make_directory(p, places->stores[i]))
			return false;
	if (!master_read(p, places->master, is.judgement == SL_VAULT_IS_NEW, master))
		return false;
	r = open_with_next(p, places, open_vault(p, places, master));
	explicit_bzero(master, sizeof(master));
	if (r != 0)
		process_why(p, "cannot open the vault in %s: %s", places->directory, open_error(r));
	if (r != 0 || !place_note(p, places, &is))
		return false;
	spools_make(p, places->stores[SL_VAULT_PLACE_BODIES]);
	return true;
}

/* From here on nothing can be opened. */
static bool
give_up_files(const struct process *p)
{
	struct sl_jail_user user;

	if (sl_jail_user_find(p->user, &user) == 0)
		return sl_jail_enter(SL_JAIL_VAULT, &user) == 0;
	sl_log(SL_LOG_FATAL, "cannot find the user to become ('%s')", p->user);
	return false;
}

bool
store_open(struct process *p, const struct sl_kept_settings *settings)
{
	struct sl_vault_stats stats;
	struct places places;
	bool good;

	places_make(&places, settings);
	good = open_places(p, &places);
	places_free(&places);
	if (!good) {			/* nothing is held open: the disk can be mounted over it */
		sl_vault_close(&p->vault);
		sl_disk_files_close(&p->files);
		return false;
	}
	if (!give_up_files(p)) {
		p->failed = true;
		return false;
	}
	sl_vault_stats(p->vault, &stats);
	if (stats.torn + stats.damaged > 0)
		sl_log(SL_LOG_NOTICE, "%llu slots that a crash had left were dropped, %llu are damaged",
		    (unsigned long long)stats.torn, (unsigned long long)stats.damaged);
	return true;
}

int
store_tenant(struct process *p, struct sl_slice name, struct sl_seal_wrapped *wrapped_out)
{
	unsigned char public[SL_SEAL_KEY_BYTES];
	struct sl_vault_stats stats;
	int r = sl_vault_tenant_get(p->vault, name, wrapped_out);

	if (r != SL_ERR_NOT_FOUND)
		return r;
	sl_vault_stats(p->vault, &stats);
	r = stats.tenants >= TENANTS_MAX ? SL_ERR_QUOTA : sl_vault_tenant_new(p->vault, name, public);
	if (r == 0)
		r = sl_vault_tenant_limits(p->vault, name, p->messages, p->bytes);
	if (r == 0)
		r = sl_vault_tenant_get(p->vault, name, wrapped_out);
	if (r != 0)
		sl_log(SL_LOG_ERROR, "no key for the tenant " SL_SLICE_FMT ": %s: its mail is deferred where it would be kept",
		    SL_SLICE_ARG(name), sl_strerror(r));
	return r;
}

static void
limit(void *ctx, struct sl_slice name)
{
	struct process *p = ctx;

	if (sl_vault_tenant_limits(p->vault, name, p->messages, p->bytes) != 0)
		sl_log(SL_LOG_ERROR, "no limits for the tenant " SL_SLICE_FMT, SL_SLICE_ARG(name));
}

void
store_tenants(struct process *p, const struct sl_kept_settings *settings)
{
	struct sl_slice names = settings->tenants, name;
	struct sl_seal_wrapped wrapped;

	p->keep_ms = settings->keep_ms;
	p->messages = settings->messages;
	p->bytes = settings->bytes;
	while (sl_kept_tenant_next(&names, &name))
		if (store_tenant(p, name, &wrapped) == 0)
			limit(p, name);
	sl_vault_tenants_each(p->vault, limit, p);	/* also of tenants that the settings do not name */
}

uint32_t
store_today(void)
{
	return (uint32_t)(sl_clock_system.wall_us(NULL) / SL_VAULT_DAY_US);
}

void
store_expire(void *process)
{
	struct process *p = process;
	size_t count = 0;
	int r = sl_vault_expire(p->vault, store_today(), &count);

	if (r != 0)
		sl_log(SL_LOG_ERROR, "messages whose time is over stay for now: %s", sl_strerror(r));
	else if (count > 0)
		sl_log(SL_LOG_NOTICE, "%zu messages have expired, and their keys are destroyed", count);
	sl_timer_set(&p->expiry, EXPIRY_MS);
}
