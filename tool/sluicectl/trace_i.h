/* trace_i.h - inside sluicectl trace: where records come from, and what is said of them */
#ifndef SLUICECTL_TRACE_I_H
#define SLUICECTL_TRACE_I_H

#include "terminal.h"
#include "traffic/traffic.h"

enum trace_form { TRACE_WORDS, TRACE_TABLE, TRACE_JSON };

struct trace {
	struct sl_traffic_query	 query;
	const char		*records;	/* NULL: not named */
	/* Of the console: its socket (NULL: not named), and whose mail. */
	const char		*socket, *at, *domain, *group, *user;
	enum trace_form		 form;
	struct colours		 colours;
	size_t			 shown;
};

/* trace.c: print a record. 0. */
int	trace_record(void *ctx, struct sl_slice line);
/* trace_table.c: one line of a table; with a heading above the first. */
void	trace_table_row(struct sl_slice line, bool first);
/* trace_ask.c: ask the console, and print what it tells. An exit status. */
int	trace_ask(struct trace *trace);

#endif
