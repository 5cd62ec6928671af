/*
 * counter.h - a process that reads the day files of traffic and tells sums
 *
 * The files belong to whoever records (sluicectl traffic record), and the console may not read them: they name who wrote to whom. So a
 * process of its own is made before the console closes its jail; it becomes the directory's owner, keeps that directory and nothing
 * else, and says numbers (report/counts.h), in CONSOLE_REQUEST and CONSOLE_REPLY. A year of 35,000 tenants takes it seconds; the
 * console asks one thing after the other and answers requests meanwhile.
 *
 * Limits: the directory must be there (or be made, in one that is) when the console starts.
 */
#ifndef CONSOLE_COUNTER_H
#define CONSOLE_COUNTER_H

#include "io/loop.h"
#include "report/counts.h"

/* Fork it. `close_fd`: what of the console's it has no business with (-1: nothing). Returns a channel's descriptor, or SL_ERR_NOT_FOUND:
 * there is no such directory; SL_ERR_SYSTEM. */
int		counter_start(const char *directory, bool jailed, int close_fd);

struct counter;
struct counter	*counter_new(struct sl_loop *loop, int fd);	/* fd taken; -1: there is none, and every answer is SL_ERR_NOT_FOUND */
void		 counter_free(struct counter **counter);
/* Ask; `number` of `ask` is the counter's. `counts` is taken: rows that are there are added to, and it is handed to `done`, later, once,
 * borrowed for the call. */
typedef void	 counter_done(void *ctx, const struct sl_report_counts *counts);
void		 counter_ask(struct counter *counter, const struct sl_report_ask *ask, struct sl_report_counts *counts, counter_done *done,
		     void *ctx);
void		 counter_forget(struct counter *counter, const void *ctx);

#endif
