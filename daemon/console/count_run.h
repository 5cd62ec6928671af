/* count_run.h - one question for numbers of traffic, in a process of its own; see records.h */
#ifndef CONSOLE_COUNT_RUN_H
#define CONSOLE_COUNT_RUN_H

#include "report/counts.h"

/* Answer it: with numbers, or with why there are none. Ends early when nobody waits any more. */
void	count_run(const char *directory, const struct sl_report_ask *ask, struct sl_ipc *out);

#endif
