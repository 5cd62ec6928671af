/*
 * spawn.h - our other programs: where they are, and how one is started with a channel to it
 */
#ifndef SL_IPC_SPAWN_H
#define SL_IPC_SPAWN_H

#include "sl/base.h"

#include <sys/types.h>

/* Where the program `name` ("sluice-vault", built in daemon/vault) is: beside the running one, in its libexec, or
 * where the build puts it. Returns false if there is none. */
bool	sl_program_find(const char *name, char *path_out, size_t size);
/* Start it: its arguments are the number of its end of a channel, and `argument`. Returns our end, or
 * SL_ERR_SYSTEM. The caller waits for the pid. */
SL_MUST_USE int	sl_program_spawn(const char *program, const char *argument, pid_t *pid_out);

#endif
