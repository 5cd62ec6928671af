/*
 * publisher.h - from a change to what edges have: when what is compiled, and what is handed out
 *
 * What edges have is a snapshot of everything, and one over it of the tenants, and of the lists and policies above tenants,
 * that changed since: of a tenant as a rule its own rows, and the users whom a change concerns (sl_compile_change). A change
 * is compiled into a new upper one at once. When that has grown, or compiling it again and again has cost as much as
 * everything does, everything is compiled anew beside it; then what changed meanwhile is compiled over that, and both take the
 * place of both.
 *
 * Each job is a process (job.h), so requests are answered meanwhile. A job that fails is tried again later; edges keep what
 * they have.
 */
#ifndef CONSOLE_PUBLISHER_H
#define CONSOLE_PUBLISHER_H

#include "hosts.h"
#include "io/loop.h"
#include "ipc/console.h"
#include "job.h"

struct publisher;

struct publisher_options {
	struct sl_loop	*loop;
	struct sl_store	*store;
	struct hosts	*hosts;		/* may be set later: publisher_use_hosts */
	const char	*directory;
	int		 compiler_fd;	/* taken */
	/* There is another: descriptors are borrowed for the call; `over` -1: none. `whole` -1: the status alone is new. */
	void		(*publish)(void *ctx, int whole, int over, const struct sl_console_status *status);
	void		*ctx;
};
struct publisher *publisher_new(const struct publisher_options *options);
void		 publisher_free(struct publisher **publisher);
void		 publisher_use_hosts(struct publisher *publisher, struct hosts *hosts);

/* Something may have changed in the store: look, soon. */
void		 publisher_poke(struct publisher *publisher);
/* Addresses of next hops have changed: hosts_changed tells whose. */
void		 publisher_hosts(struct publisher *publisher);

/* Try a policy out. `done` is called once, later: with snapshots (current, that over it or -1, changed, and whether the last is over
 * the first), borrowed for the call, or with a sentence. Returns a number for publisher_forget, or 0: too many at once. */
struct tried {
	int		 whole, over, changed;
	bool		 changed_is_over;
	const char	*error;		/* NULL: it went well */
};
typedef void publisher_done(void *ctx, const struct tried *tried);
uint64_t	 publisher_try(struct publisher *publisher, struct sl_node node, struct sl_slice name, struct sl_slice text,
		    publisher_done *done, void *ctx);
void		 publisher_forget(struct publisher *publisher, uint64_t number);	/* done is not called any more */

#endif
