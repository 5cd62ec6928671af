/*
 * console.h - private to the console: requests, and the verbs that answer them
 *
 * A request is a JSON object {"verb":"tenant.add","args":{...}}, from an account; the answer is one too:
 *	{"ok":true, "message":TEXT, "rows":[{...},...], "text":TEXT}	what there is of these
 *	{"ok":false, "error":TEXT}
 * Whoever asks, and by whatever way, comes through console_answer: there a verb's target is found, lib/access is
 * asked, and only then is it done. The web will ask the same.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <jansson.h>

#include "store/store.h"

#define ROWS_MAX	10000	/* of one answer */

struct request {
	struct sl_store	*store;
	struct sl_actor	 actor;
	const json_t	*args;
	struct sl_node	 target;
	json_t		*reply;
	json_t		*rows;		/* in the reply, once there is one */
	struct sl_buf	 error;		/* a sentence, when a verb refuses by itself */
};

/* A verb as requests know it: where it is done, and what does it. */
struct handler {
	enum sl_verb	 verb;
	int		(*target)(struct request *request, struct sl_node *node_out);
	int		(*run)(struct request *request);	/* 0, or an SL_ERR_*: said by the store or in `error` */
};
extern const struct handler handlers_tree[], handlers_more[];
extern const size_t handlers_tree_len, handlers_more_len;

/* Answer; the caller decrefs the result. `account`: who asks. */
json_t	*console_answer(struct sl_store *store, struct sl_slice account, struct sl_slice request);

/* ---- for verbs */
struct sl_slice	arg(const struct request *request, const char *name);	/* "" without one */
bool	arg_flag(const struct request *request, const char *name);
const json_t	*arg_list(const struct request *request, const char *name);	/* NULL without one */
int	refuse(struct request *request, int result, const char *format, ...) SL_PRINTF(3, 4);
void	say(struct request *request, const char *format, ...) SL_PRINTF(2, 3);
/* A new row of the answer, to be filled; NULL when there are ROWS_MAX. */
json_t	*new_row(struct request *request);
void	row_text(json_t *row, const char *name, struct sl_slice text);
void	row_number(json_t *row, const char *name, int64_t number);
void	row_time(json_t *row, const char *name, int64_t at_us);		/* as text; "" for 0 */
void	row_node(struct request *request, json_t *row, const char *name, struct sl_node node);

/* ---- server.c: a socket by which local users ask; their accounts are their names */
int	server_run(struct sl_store *store, const char *path);

#endif
