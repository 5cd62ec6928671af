/*
 * ways.h - the console's ways to the vault and to the courier
 *
 * Each is a channel that the parent gives when it is asked (VAULT_REQUEST, COURIER_REQUEST); when it breaks, or there is none, it is
 * asked for again every WAYS_AGAIN_MS. The vault is asked one thing after the other; what was being asked when the channel
 * broke ends with SL_ERR_CLOSED, what waits goes on waiting. Mail that is submitted is told of by its token. What the courier was asked
 * ends with SL_ERR_CLOSED when its channel breaks.
 *
 * Nothing here is remembered: who asks does it again after a crash. Functions that are handed in are never called from inside the
 * call that took them.
 */
#ifndef CONSOLE_WAYS_H
#define CONSOLE_WAYS_H

#include "io/loop.h"
#include "ipc/ipc.h"
#include "kept/courier.h"

#define WAYS_AGAIN_MS	1000u
#define WAYS_JOBS_MAX	10000u	/* that wait for the vault */

struct ways;

struct ways_options {
	struct sl_loop	*loop;
	void		(*request)(void *ctx, bool courier);	/* the parent is to be asked for a channel */
	/* The courier has finished mail. False: this cannot be noted now, it is to be told again. */
	bool		(*settled)(void *ctx, const struct sl_courier_settled *settled);
	void		*ctx;
};
struct ways	*ways_new(const struct ways_options *options);
void		 ways_free(struct ways **ways);
void		 ways_begin(struct ways *ways);				/* ask for channels; and keep them */
void		 ways_joined(struct ways *ways, bool courier, int fd);	/* fd taken */
bool		 ways_has_courier(const struct ways *ways);

/* What the vault says: entries of a list, borrowed; and the end of it. `kept`: of a release, the result of its first message. */
typedef void	 ways_entry(void *ctx, const struct sl_kept_entry *entry);
struct ways_end {
	int		 result;
	uint64_t	 count;
	struct sl_slice	 last;
	int		 kept;
};
typedef void	 ways_over(void *ctx, const struct ways_end *end);
/* Ask the vault (KEPT_LIST, KEPT_DELETE, KEPT_RELEASE). False: too much waits already, and nothing follows. */
bool		 ways_ask(struct ways *ways, enum sl_ipc_type type, struct sl_slice payload, ways_entry *entry, ways_over *over,
		    void *ctx);
/* The same of KEPT_OPEN: what it says of the message, then its bytes. */
typedef void	 ways_bytes(void *ctx, struct sl_slice bytes);
bool		 ways_open(struct ways *ways, struct sl_slice payload, ways_entry *entry, ways_bytes *bytes, ways_over *over, void *ctx);
/* Submit mail with its bytes. False: there is no courier now, and nothing follows. */
typedef void	 ways_submitted(void *ctx, int result);
bool		 ways_submit(struct ways *ways, const struct sl_courier_mail *mail, struct sl_slice bytes, ways_submitted *done, void *ctx);
/* Ask the courier of its queue (QUEUE_ASK), one thing after the other. False: there is no courier now, and nothing follows. */
typedef void	 ways_release(void *ctx, const struct sl_courier_entry *entry);
bool		 ways_queue(struct ways *ways, const struct sl_courier_ask *ask, ways_release *entry, ways_over *over, void *ctx);
/* `ctx` is not called any more; what it asked for may be done all the same. */
void		 ways_forget(struct ways *ways, const void *ctx);

#endif
