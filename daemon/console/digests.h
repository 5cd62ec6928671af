/*
 * digests.h - digests: when, for whom, and sent once
 *
 * A plan has for each tenant when the next of its schedules is due: they are few, as only nodes that have a policy of their own can
 * have another. It is made tenant by tenant, and anew for those that have changed (agenda.h). When one is due,
 * what was kept for the tenant since is gathered (gather.h), and each reader who was due and has something new gets his
 * digest; nobody else is looked at.
 *
 * Once: a digest is of what came in [the due time before, its own due time), so that making it again makes the same; its token at
 * the courier names mailbox and due time; when the courier has all of a tenant, it is noted who was served, and the run. A crash anywhere does
 * it again, and the courier knows what it has. After downtime there is one digest for all that was missed.
 *
 * Whoever asks for one (send, or by mail) gets what is held for him now, which changes nothing of the above.
 */
#ifndef CONSOLE_DIGESTS_H
#define CONSOLE_DIGESTS_H

#include "agenda.h"
#include "digest/command.h"
#include "rights.h"
#include "ways.h"

#define DIGESTS_SPREAD_S	300u	/* tenants that are due at one time are spread over so long */
#define DIGESTS_KEY_DAYS	30	/* a key signs */
#define DIGESTS_NODES_MAX	100000	/* of a tenant, whose own policies can have schedules */

struct console;
struct digests;

struct digests_options {
	struct sl_loop		*loop;
	struct console		*console;
	struct ways		*ways;
	struct agenda		*agenda;
	struct sl_slice		 hostname;	/* of action addresses, copied */
	unsigned		 spread_s;
};
struct digests	*digests_new(const struct digests_options *options);
void		 digests_free(struct digests **digests);
void		 digests_use_hostname(struct digests *digests, struct sl_slice hostname);

/* Keys that sign and verify; made, or rotated, when it is time. Returns 0 or the store's error. */
int		 digests_keys(struct digests *digests, struct sl_digest_keys *out);
struct sl_slice	 digests_hostname(const struct digests *digests);
void		 digests_from(const struct digests *digests, struct sl_buf *out);	/* the mailbox that writes */
struct zones	*digests_zones(struct digests *digests);
int64_t		 digests_now_s(const struct digests *digests);

/* One for a mailbox, of all that is held. It is submitted under the token of `unique`; with `preview` it is not sent, and its addresses do
 * nothing. `done` is called later, once: `rows` are listed, 0 also with an error; `mail` is the mail, borrowed. */
typedef void	digests_done(void *ctx, int result, size_t rows, struct sl_slice mail);
void		digests_send(struct digests *digests, int64_t tenant, const char *mailbox, const unsigned char unique[16], bool preview,
		    digests_done *done, void *ctx);
void		digests_forget(struct digests *digests, const void *ctx);

/* How many tenants have a plan; how many runs of one have ended well since the start. */
size_t		 digests_planned(const struct digests *digests);
size_t		 digests_runs(const struct digests *digests);

/* A tenant's schedules, of the node where each is said first. Returns as the store. */
struct digests_schedule {
	struct sl_node		 node;
	const struct rights	*rights;
	int64_t			 next_s;
};
typedef int	digests_schedule_each(void *ctx, const struct digests_schedule *schedule);
int		digests_schedules(struct digests *digests, int64_t tenant, digests_schedule_each *each, void *ctx);

#endif
