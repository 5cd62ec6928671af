/*
 * process.h - the vault as a process: its stores, and those it speaks to
 *
 * One thread. An edge says KEEP and hands over a descriptor; what came in one turn of the loop shares one sync of each
 * file, and each edge hears KEPT after it. sluicectl, whom the parent lets in, lists, opens and deletes.
 *
 * Edges are believed nothing but their own mail: they can add, and ask for public keys. A message that is not what it
 * says cannot be opened later, and that is all.
 */
#ifndef VAULT_PROCESS_H
#define VAULT_PROCESS_H

#include "io/loop.h"
#include "ipc/ipc.h"
#include "kept/kept.h"
#include "vault/vault.h"

#define CLIENTS_MAX	300u	/* edges and readers */
#define SPOOLS_MAX	512u	/* unnamed files to lend: 8 of each edge */
#define SPOOLS_EACH	8u

struct process;

/* A message that waits for the sync. */
struct pending {
	struct process	*process;
	struct pending	*next;
	struct client	*client;	/* NULL: it has gone */
	uint64_t	 number;
};

struct client {
	struct process	*process;
	struct sl_ipc	*ipc;		/* NULL: free */
	struct sl_watch	 watch;
	uint32_t	 who;
	int		 spools[SPOOLS_EACH];	/* lent to it: we keep them open, to have them back */
	unsigned	 spools_len;
	struct sl_vault_reader *reader;	/* a message that is being shown; NULL: none */
	struct sl_timer	 timer;		/* its next piece */
	int		 failed;	/* what the reader's sink met */
};

struct process {
	struct sl_loop	*loop;
	struct sl_ipc	*parent;
	struct sl_watch	 watch;
	struct sl_disk_files *files;
	struct sl_vault	*vault;		/* NULL: not opened yet */
	uint64_t	 keep_ms;
	uint64_t	 messages, bytes;	/* of a tenant; 0: no limit */
	struct sl_timer	 expiry;
	int		 spools[SPOOLS_MAX];
	unsigned	 spools_len;
	struct pending	*pending;
	struct client	 clients[CLIENTS_MAX];
	const char	*user;
	bool		 failed;
};

/* store.c: open the stores, and everything else that takes a file, then close the jail. False: logged. */
bool	store_open(struct process *p, const struct sl_kept_settings *settings);
/* Keys and limits of these tenants. */
void	store_tenants(struct process *p, const struct sl_kept_settings *settings);
void	store_expire(void *process);	/* and again in an hour */
uint32_t store_today(void);

/* client.c */
void	client_new(struct process *p, uint32_t who, int fd);	/* fd taken */
void	client_end(struct client *client);
void	clients_forget(struct process *p);

/* control.c: a reader's message. False: it may not say that. */
bool	control_message(struct client *client, const struct sl_ipc_message *message);
void	control_step(void *client);

#endif
