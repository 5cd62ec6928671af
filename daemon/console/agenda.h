/*
 * agenda.h - walks the tree for those who plan by it: all of it once, then what has changed
 *
 * Operator, partners and tenants, some milliseconds at a time, so that requests are answered meanwhile; what planners note in the store is
 * synced once a turn. What is known of policies (sl_compile) is kept until something changes: to read them anew for each tenant would be most
 * of the work.
 */
#ifndef CONSOLE_AGENDA_H
#define CONSOLE_AGENDA_H

#include "compile/compile.h"
#include "console.h"
#include "io/loop.h"

#define AGENDA_PLANNERS	4u

struct agenda;

/* Plan for a node: an operator, a partner or a tenant, which may be gone. */
typedef void	 agenda_plan(void *ctx, struct sl_node node);

struct agenda	*agenda_new(struct sl_loop *loop, struct console *console);
void		 agenda_free(struct agenda **agenda);
void		 agenda_add(struct agenda *agenda, agenda_plan *plan, void *ctx);	/* before the loop runs */
/* Policies as they are now. Valid, with all that was borrowed from it, until the next call. */
struct sl_compile *agenda_compile(struct agenda *agenda);
void		 agenda_poke(struct agenda *agenda);	/* something has changed in the store: look, soon */

#endif
