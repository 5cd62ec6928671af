/*
 * jail.h - what a process gives up before it reads a byte from outside
 *
 * In order: no core dumps and no ptrace by equals (PR_SET_DUMPABLE 0, RLIMIT_CORE 0), another
 * user and group (when root), no_new_privs, no file system (Landlock with no rule, where the
 * kernel has it; a notice where not), and the place of the system-call filter: a process names
 * its list (SL_JAIL_*) and sl_jail_enter applies what this build has for it.
 */
#ifndef SL_JAIL_H
#define SL_JAIL_H

#include "sl/base.h"

enum sl_jail_role { SL_JAIL_CHECKER, SL_JAIL_EDGE };

/* A user to become: resolved while /etc/passwd can still be read. */
struct sl_jail_user {
	bool	change;		/* false: stay who we are (not root) */
	uid_t	uid;
	gid_t	gid;
};
/* `name` "" means: stay if not root; else the first of _sluice, sluice, nobody that exists. Returns
 * 0, or SL_ERR_NOT_FOUND: there is no such user. */
SL_MUST_USE int	sl_jail_user_find(const char *name, struct sl_jail_user *user_out);

/* Give everything up. Returns 0 or SL_ERR_SYSTEM (logged): the process must then exit. */
SL_MUST_USE int	sl_jail_enter(enum sl_jail_role role, const struct sl_jail_user *user);

#endif
