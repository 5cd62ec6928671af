/*
 * jail.h - what a process gives up before it reads a byte from outside
 *
 * In order: no core dumps and no ptrace by equals (PR_SET_DUMPABLE 0, RLIMIT_CORE 0), another
 * user and group (when root) and every capability, no_new_privs, no file system (Landlock, where
 * the kernel has it; a notice where not), and the system-call filter: a process names its list
 * (SL_JAIL_*) and sl_jail_enter applies what this build has for it (jail_filter.c).
 *
 * What stays: open descriptors, and with them listening sockets and the record file; sockets,
 * also connect() to a Unix socket by path, which Landlock leaves to the file's permissions.
 *
 *	role	files		TCP bind	TCP connect	processes, foreign sockets, ...
 *	checker	read only	no		yes		no
 *	edge	none		no		yes		no
 *	helper	none		no		no		no; no new sockets at all
 *	vault	those open	no		no		no; no new sockets at all
 *	courier	those open	no		yes		no
 *	console	its directory	no		no		no; Unix sockets
 *	compiler its directory	no		no		of its own program; no new sockets at all
 *
 * The checker reads the certificate and key that the settings name, and what the resolver wants.
 * The console may also read what lies below /etc: who a user of this machine is. Its compiler makes a process for each job,
 * as SQLite does not bear a fork of who has a database open.
 * The helper works on what it is sent: its list names what it may call (memory, its channel, its
 * own timer), everything else is refused, and no memory can become code.
 *
 * Limits: Landlock holds for the calling thread and its children, so enter before threads start.
 * TCP rules need Linux 6.7. The filter knows x86-64 and AArch64; elsewhere there is a notice.
 */
#ifndef SL_JAIL_H
#define SL_JAIL_H

#include "sl/base.h"

enum sl_jail_role { SL_JAIL_CHECKER, SL_JAIL_EDGE, SL_JAIL_HELPER, SL_JAIL_VAULT, SL_JAIL_COURIER, SL_JAIL_CONSOLE,
	SL_JAIL_COMPILER };

/* A user to become: resolved while /etc/passwd can still be read. */
struct sl_jail_user {
	bool	change;		/* false: stay who we are (not root) */
	uid_t	uid;
	gid_t	gid;
};
/* `name` "" means: stay if not root; else the first of _sluice, sluice, nobody that exists. Who is
 * not root stays who he is, whatever the name (with a warning if it is not his). Returns 0,
 * SL_ERR_NOT_FOUND: there is no such user, or SL_ERR_UNSUPPORTED: that user is root. */
SL_MUST_USE int	sl_jail_user_find(const char *name, struct sl_jail_user *user_out);

/* Give everything up. Returns 0 or SL_ERR_SYSTEM (logged): the process must then exit. */
SL_MUST_USE int	sl_jail_enter(enum sl_jail_role role, const struct sl_jail_user *user);
/* The same of a role that has a directory: all may be done in it and below. */
SL_MUST_USE int	sl_jail_enter_with(enum sl_jail_role role, const struct sl_jail_user *user, const char *directory);

/* For who does nothing but make such processes, and reads nothing from outside: keep of all capabilities those to become another user and to look
 * where directories are. Returns 0 or SL_ERR_SYSTEM (logged). */
SL_MUST_USE int	sl_jail_keep_becoming(void);

#endif
