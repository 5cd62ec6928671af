/*
 * jail_i.h - inside lib/jail
 */
#ifndef SL_JAIL_I_H
#define SL_JAIL_I_H

#include "jail/jail.h"

/* Apply the role's system-call filter; needs no_new_privs. Returns 0, SL_ERR_UNSUPPORTED: there is
 * none for this kernel or machine, or SL_ERR_SYSTEM. */
SL_MUST_USE int	jail_filter(enum sl_jail_role role);

#endif
