/*
 * parent.h - the process that binds ports, starts the others and watches them
 *
 * It reads no byte from the network. Settings are read by a checker, a short-lived child that can
 * open files but not write any; what it hands back, packed, goes to the edges. An edge that dies is
 * replaced; its listening sockets live on in the parent, so nobody who waits in them is lost.
 */
#ifndef PARENT_H
#define PARENT_H

#include "conf/settings.h"
#include "io/loop.h"
#include "ipc/console.h"
#include "ipc/ipc.h"
#include "ipc/stats.h"
#include "kept/courier.h"

#define EDGES_MAX	256

struct parent;

/* The helper of one edge: helper.c. */
struct helper_process {
	struct edge_process	*edge;
	pid_t			 pid;		/* 0: not running */
	uint32_t		 number;	/* counts up with each one started */
	struct sl_timer		 restart;
	uint64_t		 started_us;
};

/* A program of its own that is started where the settings want it, told what it is to do, watched and replaced: child.c. */
struct child_kind {
	const char	*name, *program;	/* "vault", "sluice-vault" */
	const char	*without;		/* what it means that it is not installed */
	uint64_t	 says;			/* SL_IPC_BIT()s beside READY */
	bool		(*is_wanted)(const struct sl_settings *settings);
	bool		(*same_place)(const struct sl_settings *a, const struct sl_settings *b);	/* else it is started anew */
	const char	*(*user)(const struct sl_settings *settings);	/* whom it becomes */
	void		(*begin)(struct parent *parent);	/* it was started: tell it all that it has to know */
	void		(*tell)(struct parent *parent);		/* settings have changed */
	void		(*is_ready)(struct parent *parent);	/* for the first time: say so */
	void		(*hear)(struct parent *parent, struct sl_ipc_message *message);	/* what it says, but READY */
	void		(*gone)(struct parent *parent);		/* it runs no more; or NULL */
	bool		(*may_start)(const struct parent *parent);	/* not yet: somebody calls child_start; or NULL */
	unsigned	(*restart_ms)(int status, uint64_t lived_us);	/* when to start the next, by waitpid's status */
};
#define CHILD_RESTART_MS	1000	/* its disks may be the reason: not at once ... */
#define CHILD_AT_ONCE_US	1000000u	/* ... unless it had lived so long */

struct child {
	struct parent		*parent;
	const struct child_kind	*kind;
	pid_t			 pid;		/* 0: not running */
	struct sl_ipc		*ipc;		/* NULL: not running, or it cannot be spoken to */
	struct sl_watch		 watch;
	struct sl_timer		 restart;
	uint64_t		 started_us;
	unsigned		 restarts;	/* after it had ended badly */
	bool			 ready;
	char			 path[4096];	/* "": there is no such program */
};
extern const struct child_kind vault_kind, courier_kind, console_kind;

/* Connections that the courier has said all but the dot on, held for its successor: lent.c. Nothing is read from them or written to them. */
struct lent {
	struct sl_timer		 timer;
	size_t			 len;
	struct lent_one {
		int		 fd;
		int64_t		 id;		/* of the courier's entry, ... */
		uint32_t	 attempt;	/* ... and which one at it */
		uint64_t	 since_us;
		struct sl_buf	 payload;	/* as it was said */
	}			 all[SL_COURIER_LENT_MAX];
};

/* The courier, where there is a vault: courier.c. */
struct courier_process {
	struct child		 child;
	struct sl_courier_state	 state;		/* as it said last */
	struct lent		 lent;
	bool			 moved;		/* its directory is another one since it was started */
	uint32_t		 snapshot;	/* number of the one that is used, ... */
	int			 snapshots[2];	/* ... held open for the next courier ... */
	size_t			 snapshots_len;	/* ... 0: there is none */
};

/* The console, where the settings have one: console.c. */
struct console_process {
	struct child		 child;
	char			 socket[108];	/* where the one that runs answers */
	/* What it compiled last: a snapshot, and perhaps one over it. */
	uint32_t		 number;	/* 0: none yet */
	int			 fds[2];
	size_t			 fds_len;
	uint64_t		 since_us;
	struct sl_console_status status;
	uint32_t		 ticket;	/* of its correction whose answer is awaited; 0: none */
};

struct edge_process {
	struct parent	*parent;
	unsigned	 slot;
	pid_t		 pid;		/* 0: not running */
	struct sl_ipc	*ipc;
	struct sl_watch	 watch;
	struct sl_timer	 restart;
	uint64_t	 started_us;
	bool		 ready;
	uint32_t	 snapshot;	/* of the console, that it uses; 0: none */
	struct helper_process helper;
};

/* The sockets of one listener: one for each edge, bound to the same port (SO_REUSEPORT). */
struct bound {
	char	*text;			/* the address as the settings write it */
	int	 fds[EDGES_MAX];
};

struct control;

struct parent {
	const char		*settings_path;
	struct sl_loop		*loop;
	struct sl_settings	*settings;	/* in use; NULL until the first check has passed */
	struct sl_buf		 packed;	/* the same, as the checker wrote it */
	struct files {			/* of these settings, held open so that a replaced edge gets the */
		int		 model, own, rules, ca;	/* same ones; -1: none */
	}			 files;
	int			 memory_fd;	/* what edges remember (ipc/memory.h); -1: nothing */
	struct bound		*bound;
	size_t			 bound_len;
	int			 stats_fd;
	struct sl_stats		*stats;		/* EDGES_MAX slots, shared */
	unsigned char		 ticket_key[80];
	uint32_t		 tickets;	/* of corrections, given out */
	struct child		 vault;		/* where the settings have one: vault.c */
	char			*vault_why;	/* it waits, and cannot be opened: why; NULL: it does not */
	struct courier_process	 courier;
	struct console_process	 console;
	unsigned		 edges_len;
	struct edge_process	 edges[EDGES_MAX];
	struct control		*control;
	pid_t			 checker_pid;	/* 0: none is running */
	struct sl_ipc		*checker;
	struct sl_watch		 checker_watch;
	int64_t			 started_at;	/* seconds since 1970 */
	unsigned		 reloads;
	unsigned		 restarts;
	unsigned		 helper_restarts;
	char			 helper_path[4096];	/* "": there is none */
	bool			 said_ready;
	bool			 stopping;
	int			 status;	/* to exit with */
};

/* Run until told to stop. Returns the exit status. */
int	parent_run(const char *settings_path);

/* checker.c: read the settings in a child. Its channel is returned, and its pid; -1 on failure. */
int	checker_start(const char *settings_path, pid_t *pid_out);
/* -t: check, print what is wrong. Returns the exit status. */
int	checker_main(const char *settings_path);

/* bind.c: sockets for every listener and edge; those already bound are used again. Returns 0, or
 * SL_ERR_SYSTEM or SL_ERR_BUSY with a sentence in `why`; then nothing has changed. */
SL_MUST_USE int	bind_listeners(struct parent *parent, const struct sl_settings *settings,
		    struct sl_buf *why);

/* helper.c: one for each edge, that takes attachments apart. */
void	helpers_prepare(struct parent *parent);	/* after the edges are there, none started */
void	helper_start(struct edge_process *edge);	/* for an edge that was just started */
bool	helper_died(struct parent *parent, pid_t pid, int status);	/* false: it was none */
void	helper_failed(struct edge_process *edge, struct sl_slice payload);	/* says its edge */
void	helpers_end(struct parent *parent);

/* child.c */
void	child_prepare(struct child *child, struct parent *parent, const struct child_kind *kind);
void	child_start(struct child *child);		/* if it is wanted, may be started, and does not run */
void	child_use_settings(struct child *child, const struct sl_settings *old);	/* those in use now; NULL: the first */
bool	child_died(struct child *child, pid_t pid, int status);	/* false: it was another */
void	child_end(struct child *child);

/* vault.c: one for all edges, that keeps what policies want kept. */
void	vault_connect_edge(struct edge_process *edge);	/* one that was just started */
/* A channel to the vault, for somebody the control socket lets in; -1: there is no vault. */
int	vault_connect_control(struct parent *parent);

void	vault_status(const struct parent *parent, struct sl_buf *out);	/* adds a member, if there is to be one */

/* Join it to the courier; both must run. */
void	vault_connect_courier(struct parent *parent);

/* courier.c: one, that sends what Sluice itself is responsible for. */
void	courier_prepare(struct parent *parent);
void	courier_use_settings(struct parent *parent, const struct sl_settings *old);	/* as child_use_settings */
/* Use this snapshot (descriptors are duplicated): the whole one, and one over it if there is. */
void	courier_use_snapshot(struct parent *parent, uint32_t number, const int *fds, size_t fds_len);
/* A channel to the courier, for `who` (SL_COURIER_*); -1: there is no courier. */
int	courier_connect(struct parent *parent, uint32_t who);
void	courier_end(struct parent *parent);	/* before the vault */

/* lent.c: what the courier says of it. */
void	lent_prepare(struct lent *lent, struct sl_loop *loop);
void	lent_message(struct lent *lent, struct sl_ipc_message *message);
void	lent_hand_on(struct lent *lent, struct sl_ipc *ipc);	/* to the next courier, before anything else */
void	lent_forget(struct lent *lent);				/* all of them */
/* console.c: one for all edges, that has the database of tenants and compiles it. */
void	console_to_edge(struct edge_process *edge);	/* what it compiled last, to one that was just started */
bool	console_to(struct parent *parent, struct sl_ipc *ipc);	/* the same, to whoever else wants it; false: there is none */
void	console_in_use(struct edge_process *edge, struct sl_slice payload);	/* says its edge */
void	console_command(struct edge_process *edge, struct sl_slice payload);	/* mail to an action address */
/* An edge has answered a correction: was it the console's? */
bool	console_corrected(struct parent *parent, uint32_t ticket, struct sl_slice payload);
void	console_seen(struct parent *parent, struct sl_slice payload);	/* users that an edge has seen */
void	console_end(struct parent *parent);	/* no edge is left */
void	console_status(const struct parent *parent, struct sl_buf *out);	/* adds a member, if there is to be one */

/* control.c: the socket of sluicectl. */
void	control_open(struct parent *parent);	/* a failure is logged, and mail flows */
void	control_close(struct parent *parent);
/* Pass a correction on to an edge. Returns its ticket, 0: nobody hears it. */
uint32_t control_correct(struct parent *parent, struct sl_slice payload);
/* An edge has answered a correction that was passed on to it. */
void	control_corrected(struct parent *parent, struct sl_slice payload);
/* The state of the service as one JSON object. */
void	control_status(const struct parent *parent, struct sl_buf *out);

#endif
