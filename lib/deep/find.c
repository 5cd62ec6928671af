/* find.c - the helper's program: see deep/client.h */

#include "deep/client.h"
#include "ipc/spawn.h"

bool
sl_helper_find(char *path_out, size_t size)
{
	return sl_program_find("sluice-helper", path_out, size);
}

int
sl_helper_spawn(const char *program, const char *user, pid_t *pid_out)
{
	return sl_program_spawn(program, user, pid_out);
}
