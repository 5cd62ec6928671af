/*
 * aside.h - a process that the console keeps beside itself for one thing, and speaks to over a channel of its own
 *
 * Made before the console opens anything and closes its jail. It ends when the console's end of the channel closes.
 */
#ifndef CONSOLE_ASIDE_H
#define CONSOLE_ASIDE_H

#include "sl/base.h"

struct aside {
	const char	*name;				/* as ps shows it */
	bool		(*prepare)(void *ctx);		/* in it: give up what it has no business with; false: it ends. NULL: nothing */
	void		*prepare_ctx;
	void		(*work)(int fd, void *ctx);	/* in it: its end of the channel (taken); it ends when this returns */
	void		*ctx;
};
/* Returns the console's end, or SL_ERR_SYSTEM (errno). */
int	aside_start(const struct aside *aside);
/* In it: close what was the console's (its way to the parent, to others of its processes), all but `fd` and the standard ones. */
void	aside_close_others(int fd);

#endif
