/*
 * client.h - a helper of one's own, asked one job after the other, waiting for each answer
 *
 * For programs that have nothing else to do meanwhile (sluicectl). An edge asks without waiting:
 * see daemon/edge/deep.h; its helpers are started by the parent.
 *
 * A helper that dies, says what it may not, or is silent past the deadline is ended and another
 * one started for the next job; the sink gets the finding that says so. Never "clean" by accident.
 */
#ifndef SL_DEEP_CLIENT_H
#define SL_DEEP_CLIENT_H

#include "deep/deep.h"

#define SL_HELPER_GRACE_MS	5000	/* of real time on top of ten times the job's CPU time */

struct sl_helper;

/* find.c. Where the helper's program is (ipc/spawn.h). Returns false if there is none. */
bool	sl_helper_find(char *path_out, size_t size);
/* Start `program`, which becomes `user` ("": as sl_jail_user_find decides). Returns our end of its
 * channel, or SL_ERR_SYSTEM. The caller waits for the pid. */
SL_MUST_USE int	sl_helper_spawn(const char *program, const char *user, pid_t *pid_out);

/* `program` NULL: sl_helper_find. Nothing is started before the first job. Never NULL. */
struct sl_helper	*sl_helper_start(const char *program);
void			 sl_helper_stop(struct sl_helper **helper);
/* Look into `bytes`. `job` says what is known, and its budget what may be spent; what was used is
 * taken from the budget. Returns
 *   SL_DONE		the end was reached; what could not be read (encrypted, damaged) is a finding;
 *   SL_ERR_FULL	a limit was reached (the helper's finding says which);
 *   SL_ERR_CLOSED, SL_ERR_TIMEOUT, SL_ERR_NOT_FOUND, SL_ERR_SYSTEM
 *			it died, was silent, or there is none: the sink got HELPER_DIED,
 *			HELPER_TIMEOUT or HELPER_MISSING, after what was answered before. */
SL_MUST_USE int		 sl_helper_inspect(struct sl_helper *helper, struct sl_slice bytes,
			     struct sl_deep_job *job, sl_deep_sink *sink, void *ctx);

#endif
