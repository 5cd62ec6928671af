/*
 * keeper.h - a client's way to the vault: what he may is asked first, and entered in the tenant's trail before it is done
 *
 * He speaks as he would to the vault (KEPT_LIST, KEPT_OPEN, KEPT_DELETE, KEPT_RELEASE; kept/kept.h), and hears what it
 * answers. Each of these is a verb of lib/access at the tenant; who asks is told to the vault as the account that he
 * has here, whatever he says. What he may not is answered with KEPT_END and SL_ERR_REFUSED.
 *
 * Who has the role for a part of the tenant alone, or for himself (reach.h), is shown what was kept for recipients there, without the
 * other recipients. What he wants done is done message by message, after the vault was asked whose it is: a release is one to each of
 * his mailboxes, if it was kept for others too, and stays held for these; to delete it, it must be his alone.
 */
#ifndef CONSOLE_KEEPER_H
#define CONSOLE_KEEPER_H

#include "console.h"
#include "reach.h"
#include "io/loop.h"
#include "ipc/ipc.h"

/* What a client may say for it. */
#define KEEPER_SAYS	(SL_IPC_BIT(KEPT_LIST) | SL_IPC_BIT(KEPT_OPEN) | SL_IPC_BIT(KEPT_DELETE) | SL_IPC_BIT(KEPT_RELEASE))

struct keeper {			/* embedded; zero-filled is one that is not used */
	struct console	*console;
	struct sl_loop	*loop;
	struct sl_ipc	*client;	/* borrowed */
	struct sl_slice	 account;	/* borrowed */
	struct sl_ipc	*vault;		/* NULL: no way yet */
	struct sl_watch	 watch;
	bool		 wanted;	/* a way was asked for */
	bool		 busy;		/* an answer is under way */
	bool		 broken;	/* the client does not take it */
	enum sl_ipc_type type;		/* what waits for a way, ... */
	struct sl_buf	 payload;	/* ... and its payload */
	void		(*ask)(void *ctx);	/* for a way: keeper_way gives it */
	void		(*said)(void *ctx);	/* something was posted to the client, or cannot be */
	void		*ctx;
	struct keeper_part *part;	/* NULL: the whole tenant is his */
};
void	keeper_init(struct keeper *keeper, struct console *console, struct sl_loop *loop, struct sl_ipc *client, struct sl_slice account,
	    void (*ask)(void *ctx), void (*said)(void *ctx), void *ctx);
void	keeper_fini(struct keeper *keeper);	/* fine on a zero-filled one */
/* One of KEEPER_SAYS. False: he may not say that (now). */
bool	keeper_message(struct keeper *keeper, enum sl_ipc_type type, struct sl_slice payload);
/* A way to the vault (taken), or -1: there is no vault. */
void	keeper_way(struct keeper *keeper, int fd);
/* The client has taken all that it was told. Until then the vault is heard no further than a bound. */
void	keeper_resume(struct keeper *keeper);

#endif
