/*
 * actions.h - mail to action addresses: a digest's "release", "delete" and their like, answered by mail
 *
 * An address at the domain of action addresses belongs to Sluice itself: it has no next hop, and no byte of such mail is kept. Who
 * wrote is found out as of any mail (authenticate.h); then the console is told what a rule needs to know
 * (digest/command.h), and its answer is the answer: 250 when the deed is on its disk. No console, or silence: 451.
 *
 * What only the console knows (keys, what was done before) is not here: an edge that is taken over can make no address.
 *
 * An address without a token takes mail that reports others; then what is attached is learned from, if the console says whose word it
 * is and of whom (reported.h).
 *
 * Memory: what the console is told, at most 8 KiB, while it is asked; and reported.h's.
 */
#ifndef EDGE_ACTIONS_H
#define EDGE_ACTIONS_H

#include "classify/panel.h"
#include "digest/wire.h"
#include "io/loop.h"
#include "reported.h"

#define ACTIONS_DEADLINE_MS	15000u	/* for the console's answer */

struct edge;
struct session;

struct action {
	bool			 on;		/* this transaction is for an action address */
	bool			 waiting;	/* for the console */
	struct session		*session;
	struct action		*next;		/* of the edge's that wait */
	uint64_t		 number;
	struct sl_timer		 timer;
	struct sl_arena		*arena;
	/* From the header section, in the arena. */
	struct sl_slice		 auto_submitted, precedence, message_id;
	bool			 list, report;
	struct reported		 reported;
};

void	action_init(struct action *action, struct session *session, struct sl_arena *arena);
bool	action_is_address(struct sl_slice local);	/* could it be one, by its local part? */
/* Such a recipient is accepted: the transaction is for him. False: not now, too much of its kind is under way. */
SL_MUST_USE bool action_recipient(struct action *action, struct sl_slice local);
/* The message begins: listen. Returns 0 or SL_ERR_FULL. */
SL_MUST_USE int	action_begin(struct action *action, struct sl_panel *panel);
void	action_feed(struct action *action, const unsigned char *data, size_t len);	/* decoded */
/* It is complete, and judged: ask. session_on_action follows, never from inside the call. */
void	action_finish(struct action *action);
void	action_abort(struct action *action);	/* fine at any time after init */

/* The console has answered (COMMANDED without the edge's number). */
void	actions_answered(struct edge *edge, struct sl_slice payload);

#endif
