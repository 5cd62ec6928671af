/*
 * server.h - the console as a process: its socket, its parent, its compiler and resolvers
 *
 * Started by sluiced it is told where by its parent, and hands it what it compiled; started alone (for tests, or to
 * manage a database while Sluice is down) it compiles all the same, for policies to be tried out.
 */
#ifndef CONSOLE_SERVER_H
#define CONSOLE_SERVER_H

#include "console.h"
#include "ipc/ipc.h"
#include "jail/jail.h"

struct place {
	const char	*directory, *database, *socket;
	const char	*user;		/* whom to become; NULL: nobody else, and no jail */
	struct sl_ipc	*parent;	/* NULL: there is none */
	bool		 keeps;
	const char	*records;	/* day files of traffic; "" or NULL: none */
	const char	*hostname;	/* of action addresses; "": none */
	bool		 two_persons;
	const char	*settings_path;	/* of the parent's settings; NULL: there is no parent */
	int64_t		 ahead_s;	/* for tests: what its clock is ahead */
	unsigned	 spread_s;	/* digests that are due at one time are spread over so long */
};

/* Runs until it is told to stop. Returns the exit status. */
int	server_run(const struct place *place);

/* socket.c: listen; -1: said why. */
int	socket_listen(const char *path);
void	account_of(uid_t uid, char out[256]);	/* the name of a user of this machine, or "uid-1000" */

#endif
