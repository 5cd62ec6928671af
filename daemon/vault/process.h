/*
 * process.h - the vault as a process: its stores, and those it speaks to
 *
 * One thread. An edge says KEEP and hands over a descriptor; what came in one turn of the loop shares one sync of each
 * file, and each edge hears KEPT after it. sluicectl, whom the parent lets in, lists, opens, deletes and releases. The courier is
 * told of each release until it has it, and fetches the bytes of those alone (release.c).
 *
 * What is in the vault's place is looked at first (place.c): where there was a vault, none is made anew, and a disk that is another's is not used. A
 * vault that cannot be opened waits, and looks again every second; sluicectl is told so meanwhile, and edges hear nothing: what is to be
 * kept is deferred.
 *
 * Edges are believed nothing but their own mail: they can add, and ask for public keys. A message that is not what it
 * says cannot be opened later, and that is all.
 */
#ifndef VAULT_PROCESS_H
#define VAULT_PROCESS_H

#include "io/loop.h"
#include "ipc/ipc.h"
#include "kept/courier.h"
#include "vault/identity.h"
#include "vault/vault.h"

#define CLIENTS_MAX	300u	/* edges and readers */
#define SPOOLS_MAX	512u	/* unnamed files to lend: 8 of each edge */
#define SPOOLS_EACH	8u
#define FETCHES_MAX	32u	/* messages that the courier reads beside each other */
#define AGAIN_MAX	1024u	/* messages that came again, and were added then, whose first attempt may yet be to be read */
#define TENANTS_MAX	200000u	/* that edges may have keys made for */

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
	struct sl_kept_entry everybody;	/* of one whose recipients alone are asked for; no bytes: all of it is shown */
	unsigned char	 everybody_id[SL_KEPT_ID_BYTES];
	struct sl_timer	 timer;		/* its next piece */
	struct sl_timer	 stall;		/* it takes nothing */
	int		 failed;	/* what the reader's sink met */
	size_t		 asked;		/* releases that it waits for */
	uint64_t	 queued;	/* of them, that are on their way */
	struct sl_timer	 deadline;	/* for the courier's word of them */
};

/* A release that the courier has not got yet, or not said so. */
struct offer {
	struct offer	*next;
	struct client	*asker;		/* NULL: nobody waits */
	uint64_t	 number;	/* its place in what he asked for */
	bool		 sent;
	unsigned char	 id[SL_KEPT_ID_BYTES];
	struct sl_slice	 tenant, by, note, recipients;	/* owned, in one piece; recipients: as sl_kept_choice has it */
};

/* A message that the courier reads. */
struct fetch {
	struct process	*process;
	struct sl_vault_reader *reader;	/* NULL: free */
	uint64_t	 number;
	int64_t		 room;		/* that the courier has for more; a piece may go beyond it */
	struct sl_timer	 timer;
};

/* Where everything is; paths, owned. */
struct places {
	char	*directory, *master;
	char	*stores[SL_VAULT_STORES];
	char	*notes[SL_VAULT_PLACE_COUNT];	/* NULL: none there */
};

struct process {
	struct sl_loop	*loop;
	struct sl_ipc	*parent;
	struct sl_watch	 watch;
	struct sl_disk_files *files;
	struct sl_vault	*vault;		/* NULL: not opened yet */
	struct sl_buf	 settings;	/* the newest, as they came */
	struct sl_timer	 again;		/* when to try again to open it */
	char		*why;		/* it is not open: what was met last, as it was said; NULL: nothing */
	bool		 away;		/* another vault should be here: ... */
	unsigned char	 away_id[SL_VAULT_IDENTITY_BYTES];
	bool		 given_up;	/* ... and was given up: a new one is to be made */
	uint64_t	 keep_ms;
	uint64_t	 messages, bytes;	/* of a tenant; 0: no limit */
	struct sl_timer	 expiry, renew;
	int		 spools[SPOOLS_MAX];
	unsigned	 spools_len;
	struct pending	*pending;
	struct retried {
		uint64_t token;		/* 0: none */
		int64_t	 since_us;	/* of its first attempt */
	}		 retried[AGAIN_MAX];
	unsigned	 retried_next;
	struct client	 clients[CLIENTS_MAX];
	struct client	*courier;	/* NULL: none */
	struct offer	*offers, **offers_end;
	unsigned	 offers_sent;
	struct offer	*looking;	/* whose recipients are being read; and ... */
	struct sl_vault_reader *look;	/* ... how */
	struct sl_timer	 offering;
	struct fetch	 fetches[FETCHES_MAX];
	const char	*user;
	bool		 failed;
};

/* main.c: everything that waits is synced. False: it cannot be, and we are about to end. */
bool	process_flush(struct process *p);
/* Why it is not open. Said once, until it is something else. */
void	process_why(struct process *p, const char *format, ...) SL_PRINTF(2, 3);

/* place.c */
void	places_make(struct places *places, const struct sl_kept_settings *settings);
void	places_free(struct places *places);
bool	places_unused(const struct places *places);	/* nothing can have been kept there */
/* May a vault be opened or made there? False: process_why. */
bool	place_judge(struct process *p, const struct places *places, struct sl_vault_identity *is_out);
/* It is open: write down what is not yet. False: process_why. */
bool	place_note(struct process *p, const struct places *places, const struct sl_vault_identity *is);
/* Give up the vault that should be here, which is `id`. 0: a new one is about to be made; SL_ERR_EXISTS: none is missed; SL_ERR_NOT_FOUND: not
 * this one; SL_ERR_BUSY: there is something in its place. */
int	place_give_up(struct process *p, struct sl_slice id);

/* store.c: open the stores, and everything else that takes a file, then close the jail. False: process_why, or p->failed. */
bool	store_open(struct process *p, const struct sl_kept_settings *settings);
/* Keys and limits of these tenants. */
void	store_tenants(struct process *p, const struct sl_kept_settings *settings);
/* A tenant's pair, made if there is none: also of tenants that only edges know. */
int	store_tenant(struct process *p, struct sl_slice name, struct sl_seal_wrapped *wrapped_out);
void	store_expire(void *process);	/* and again in an hour */
uint32_t store_today(void);

/* client.c */
void	client_say(struct client *client, enum sl_ipc_type type, struct sl_slice payload, const int *fd);	/* fd: borrowed, or NULL */
void	say_kept(struct client *client, uint64_t number, int result, const unsigned char *id);
void	client_new(struct process *p, uint32_t who, int fd);	/* fd taken */
void	client_end(struct client *client);
void	clients_forget(struct process *p);

/* keys.c: TENANT_KEY. False: it may not say that. */
bool	keys_message(struct client *client, struct sl_slice payload);

/* release.c */
void	release_again(struct process *p);	/* what could not be offered may be now */
void	release_init(struct process *p);
void	release_fini(struct process *p);
void	release_courier(struct process *p, struct client *client);	/* the courier is there */
void	release_forget(struct client *client);	/* it is gone: the courier, or who asked */
bool	release_ask(struct client *client, struct sl_slice payload);	/* KEPT_RELEASE; false: it may not say that */
bool	release_message(struct client *client, const struct sl_ipc_message *message);	/* the courier's; false: as above */

/* control.c: a reader's message. False: it may not say that. */
void	say_end(struct client *client, int result, uint64_t count, struct sl_slice last);
bool	control_message(struct client *client, const struct sl_ipc_message *message);
void	control_step(void *client);

#endif
