/* few.h - addresses or domains that a question is of, in all spellings that records may have of them: to be looked for by the index */
#ifndef CONSOLE_FEW_H
#define CONSOLE_FEW_H

#include "report/counts.h"

struct few {
	struct sl_slice	items[SL_TRAFFIC_SET_MAX];	/* texts are owned */
	size_t		len;
	bool		many;		/* too many, or spelled in more ways than are known: it is quicker, or needed, to look at all messages */
};
/* Of all: many. `max` of SL_TRAFFIC_SET_MAX at most. */
void	few_find(const struct sl_report_ask *ask, size_t max, struct few *few_out);
void	few_fini(struct few *few);

#endif
