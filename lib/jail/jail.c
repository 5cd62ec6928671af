/* jail.c - see jail/jail.h */

#include "jail_i.h"
#include "sl/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The ABI's later parts, which the headers of Linux 6.1 do not have (landlock(7)). */
struct ruleset {
	uint64_t	handled_fs;
	uint64_t	handled_net;
	uint64_t	scoped;
};
#define FS_ABI_1	((1u << 13) - 1)	/* EXECUTE ... MAKE_SYM */
#define FS_ABI_2	(1u << 13)		/* REFER */
#define FS_ABI_3	(1u << 14)		/* TRUNCATE */
#define FS_ABI_5	(1u << 15)		/* IOCTL_DEV */
#define FS_READ		(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define NET_ABI_4	(1u << 0)		/* BIND_TCP; CONNECT_TCP stays */
#define SCOPE_ABI_6	((1u << 0) | (1u << 1))	/* abstract Unix sockets and signals outside */

struct role {
	const char	*name;
	const char	*reads;		/* what lies below this may be read; NULL: nothing */
	const char	*reads_too;	/* and below this, if it is there; NULL: nothing */
	bool		 has_directory;
};

static const struct role roles[] = {
	[SL_JAIL_CHECKER] = { "checker", "/", NULL, false },
	[SL_JAIL_EDGE] = { "edge", NULL, NULL, false },
	[SL_JAIL_HELPER] = { "helper", NULL, NULL, false },
	[SL_JAIL_VAULT] = { "vault", NULL, NULL, false },
	[SL_JAIL_COURIER] = { "courier", NULL, NULL, false },
	[SL_JAIL_CONSOLE] = { "console", "/etc", "/usr/share/zoneinfo", true },
	[SL_JAIL_COMPILER] = { "compiler", NULL, NULL, true },
};

#if defined(__SANITIZE_ADDRESS__)
#define JAIL_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_ASAN
#endif
#endif
#ifdef JAIL_ASAN
/* LeakSanitizer reads /proc and traces its own process at exit. Neither is possible in the jail,
 * where it would turn every orderly exit into a failure. */
static bool jailed;
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return jailed;
}
#endif

static int
user_look_up(const char *name, struct sl_jail_user *user_out)
{
	const struct passwd *p = getpwnam(name);

	if (p == NULL)
		return SL_ERR_NOT_FOUND;
	if (p->pw_uid == 0)
		return SL_ERR_UNSUPPORTED;
	*user_out = (struct sl_jail_user){ true, p->pw_uid, p->pw_gid };
	return 0;
}

int
sl_jail_user_find(const char *name, struct sl_jail_user *user_out)
{
	static const char *const fallbacks[] = { "_sluice", "sluice", "nobody" };
	int r = 0;

	*user_out = (struct sl_jail_user){ false, geteuid(), getegid() };
	if (name[0] != '\0') {
		struct sl_jail_user named;

		r = user_look_up(name, &named);
		if (geteuid() != 0) {
			if (r != 0 || named.uid != geteuid())
				sl_log(SL_LOG_WARNING, "cannot become user %s, as this is not "
				    "run by root: staying user %ld", name, (long)geteuid());
			return 0;
		}
		if (r == 0)
			*user_out = named;
		return r;
	}
	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < SL_COUNT(fallbacks); i++) {
		r = user_look_up(fallbacks[i], user_out);
		if (r == 0)
			return 0;
	}
	return SL_ERR_NOT_FOUND;
}

/* Log the step that failed, with errno. */
static int
failed(const char *what)
{
	sl_log(SL_LOG_FATAL, "jail: %s: %s", what, strerror(errno));
	return SL_ERR_SYSTEM;
}

static int
no_dumps(void)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return failed("PR_SET_DUMPABLE");
	return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : failed("RLIMIT_CORE");
}

/* Is all of it gone for good? Asks the kernel instead of trusting what was returned. */
static bool
user_is_final(const struct sl_jail_user *user)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	if (getresuid(&r, &e, &s) != 0 || getresgid(&gr, &ge, &gs) != 0)
		return false;
	if (r != user->uid || e != user->uid || s != user->uid)
		return false;
	if (gr != user->gid || ge != user->gid || gs != user->gid || getgroups(0, NULL) != 0)
		return false;
	if (user->gid != 0 && setresgid((gid_t)-1, 0, (gid_t)-1) == 0)
		return false;
	return setresuid((uid_t)-1, 0, (uid_t)-1) != 0;
}

static int
user_change(const struct sl_jail_user *user)
{
	SL_ASSERT(user->uid != 0);
	if (setgroups(0, NULL) != 0)
		return failed("setgroups");
	if (setresgid(user->gid, user->gid, user->gid) != 0)
		return failed("setresgid");
	if (setresuid(user->uid, user->uid, user->uid) != 0)
		return failed("setresuid");
	if (!user_is_final(user)) {
		errno = EPERM;
		return failed("the old user can be regained");
	}
	return 0;
}

/* Also those a service manager gave to one who is not root, to bind port 25. */
static int
no_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
		return failed("PR_CAP_AMBIENT_CLEAR_ALL");
	return syscall(SYS_capset, &head, none) == 0 ? 0 : failed("capset");
}

int
sl_jail_keep_becoming(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const uint32_t kept = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_DAC_READ_SEARCH;

	if (syscall(SYS_capget, &head, caps) != 0)
		return failed("capget");
	for (size_t i = 0; i < SL_COUNT(caps); i++) {
		caps[i].permitted &= i == 0 ? kept : 0;
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = 0;
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
		return failed("PR_CAP_AMBIENT_CLEAR_ALL");
	if (syscall(SYS_capset, &head, caps) != 0)
		return failed("capset");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? no_dumps() : failed("PR_SET_NO_NEW_PRIVS");
}

/* What this kernel's Landlock can take away; 0: it has none. */
static int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static struct ruleset
ruleset_for(int abi)
{
	struct ruleset set = { .handled_fs = FS_ABI_1 };

	set.handled_fs |= abi >= 2 ? FS_ABI_2 : 0u;
	set.handled_fs |= abi >= 3 ? FS_ABI_3 : 0u;
	set.handled_fs |= abi >= 5 ? FS_ABI_5 : 0u;
	set.handled_net = abi >= 4 ? NET_ABI_4 : 0u;
	set.scoped = abi >= 6 ? SCOPE_ABI_6 : 0u;
	return set;
}

static int
allow(int ruleset_fd, const char *path, uint64_t access_bits)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access_bits };
	long r;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		sl_log(SL_LOG_FATAL, "jail: %s: %s: user %ld must be able to reach it, through all directories above it", path,
		    strerror(errno), (long)geteuid());
		return -1;
	}
	r = syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return r == 0 ? 0 : -1;
}

static int
no_files(const struct role *role, const char *directory)
{
	struct ruleset set;
	int abi = landlock_abi(), fd, r = 0;
	size_t size = abi >= 6 ? sizeof(set) : abi >= 4 ? offsetof(struct ruleset, scoped)
							: offsetof(struct ruleset, handled_net);

	if (abi == 0) {
		sl_log(SL_LOG_NOTICE, "jail: this kernel has no Landlock: the %s keeps its user's "
		    "access to files", role->name);
		return 0;
	}
	set = ruleset_for(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return failed("landlock_create_ruleset");
	if ((role->reads != NULL && allow(fd, role->reads, FS_READ) != 0) ||
	    (role->reads_too != NULL && access(role->reads_too, F_OK) == 0 && allow(fd, role->reads_too, FS_READ) != 0) ||
	    (role->has_directory && allow(fd, directory, set.handled_fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE) != 0))
		r = failed("landlock_add_rule");
	else if (syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		r = failed("landlock_restrict_self");
	close(fd);
	return r;
}

static int
no_system_calls(enum sl_jail_role role)
{
	int r = jail_filter(role);

	if (r == SL_ERR_UNSUPPORTED) {
		sl_log(SL_LOG_NOTICE, "jail: no system-call filter for this kernel or machine");
		return 0;
	}
	return r == 0 ? 0 : failed("seccomp");
}

int
sl_jail_enter_with(enum sl_jail_role role, const struct sl_jail_user *user, const char *directory)
{
	int r = no_dumps();

	SL_ASSERT((directory != NULL) == roles[role].has_directory);

	if (r == 0 && user->change)
		r = user_change(user);
	if (r == 0)
		r = no_capabilities();
	if (r == 0)
		r = no_dumps();		/* a change of user may have switched dumps on again */
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		r = failed("PR_SET_NO_NEW_PRIVS");
	if (r == 0)
		r = no_files(&roles[role], directory);
	if (r == 0)
		r = no_system_calls(role);
#ifdef JAIL_ASAN
	jailed = r == 0;
#endif
	return r;
}

int
sl_jail_enter(enum sl_jail_role role, const struct sl_jail_user *user)
{
	return sl_jail_enter_with(role, user, NULL);
}
