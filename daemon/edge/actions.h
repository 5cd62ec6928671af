/*
 * actions.h - mail to action addresses: a digest's "release", "delete" and their like, answered by mail
 *
 * An address at the domain of action addresses belongs to Sluice itself: it has no next hop, and no byte of such mail is kept. Who
 * wrote is found out as of any mail (authenticate.h); then the console is told what a rule needs to know
 * (digest/command.h), and its answer is the answer: 250 when the deed is on its disk. No console, or silence: 451.
 *
 * What only the console knows (keys, what was done before) is not here: an edge that is taken over can make no address.
 *
 * Memory: what the console is told, at most 8 KiB, while it is asked.
 */
#ifndef EDGE_ACTIONS_H
#define EDGE_ACTIONS_H

#include "classify/panel.h"
#include "digest/wire.h"
#include "io/loop.h"

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
};

void	action_init(struct action *action, struct session *session, struct sl_arena *arena);
/* The message begins: listen. Returns 0 or SL_ERR_FULL. */
SL_MUST_USE int	action_begin(struct action *action, struct sl_panel *panel);
/* It is complete, and judged: ask. session_on_action follows, never from inside the call. */
void	action_finish(struct action *action);
void	action_abort(struct action *action);	/* fine at any time after init */

/* The console has answered (COMMANDED without the edge's number). */
void	actions_answered(struct edge *edge, struct sl_slice payload);

#endif
