/*
 * keeper.h - inside the vault's process: who is connected, what they may say, and what is done about it
 *
 * keeper.c	peers and deposits, and the round: read what is there, write and sync it together, tell
 * ask.c	the questions of control
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "vault/wire.h"

#define PEERS_MAX	128u	/* edges and control */

struct peer {
	struct keeper		*keeper;
	struct sl_ipc		*ipc;
	enum sl_vault_peer	 kind;
	uint64_t		 serial;	/* to be found by, when it may have gone */
	bool			 gone;
};

struct keeper {
	struct sl_vault		*vault;
	const struct sl_clock	*clock;
	struct sl_ipc		*parent;
	struct peer		*peers[PEERS_MAX];
	size_t			 peers_len;
	uint64_t		 serials;
	uint32_t		 day;		/* that has been expired up to */
	bool			 stop;
};

/* `vault` and `clock` are borrowed; `parent_fd` is taken. */
void	keeper_init(struct keeper *keeper, struct sl_vault *vault, int parent_fd, const struct sl_clock *clock);
void	keeper_fini(struct keeper *keeper);
/* One round; waits at most `timeout_ms` for something to do. Returns false when it is over: the parent has gone, or said stop. */
bool	keeper_round(struct keeper *keeper, int timeout_ms);

/* ask.c: answer a question; false ends the peer. */
bool	ask_answer(struct peer *peer, struct sl_slice payload);

#endif
