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

#include "store/digests.h"
#include "store/store.h"

#define ROWS_MAX	10000	/* of one answer */

struct agenda;
struct digests;
struct sl_settings;
struct hosts;
struct publisher;
struct records;
struct reports;

struct console {
	struct sl_store	*store;
	struct hosts	*hosts;		/* NULL, as in tests: nothing is looked up */
	struct publisher *publisher;	/* NULL: nothing is compiled */
	struct records	*records;	/* of records; NULL: there are none */
	const char	*directory;	/* where alone files can be written; NULL: anywhere */
	bool		 keeps;		/* there is a vault, or nobody knows */
	bool		 two_persons;	/* some verbs wait for a second one */
	struct sl_settings *settings;	/* whose tenants are in the database too (file.h); NULL: nobody has said */
	const char	*settings_path;	/* their file */
	struct agenda	*agenda;	/* NULL: nothing is planned */
	struct digests	*digests;	/* NULL: none are sent */
	struct reports	*reports;	/* the same */
	const struct sl_clock *clock;	/* NULL: the system's */
};

static inline const struct sl_clock *
console_clock(const struct console *console)
{
	return console->clock != NULL ? console->clock : &sl_clock_system;
}

/* Somebody whose answer may come later. */
struct asker {
	void	(*answer)(void *ctx, json_t *reply, const int *fds, size_t fds_len);	/* reply is taken; fds borrowed */
	/* A part of a long answer, or the last, as the JSON that it is. */
	void	(*part)(void *ctx, struct sl_slice json, bool last);
	void	*ctx;
	uint64_t number;		/* of what is done for him, 0: nothing */
	/* How to give it up, when he goes; NULL: it is tried out (publisher_forget). */
	void	(*cancel)(struct console *console, void *what);
	void	*cancelled;
};

struct request {
	struct console	*console;
	struct sl_store	*store;
	struct asker	*asker;		/* NULL: he cannot wait */
	bool		 later;		/* the answer comes through him */
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
extern const struct handler handlers_tree[], handlers_more[], handlers_policy[], handlers_digest[], handlers_report[],
	    handlers_approval[], handlers_trace[];
extern const size_t handlers_tree_len, handlers_more_len, handlers_policy_len, handlers_digest_len, handlers_report_len,
	    handlers_approval_len, handlers_trace_len;
const struct handler *handler_find(enum sl_verb verb);	/* NULL: it is not one of ours */

/* Something was changed by itself: it is to be compiled. */
void	console_changed(struct console *console);
/* Answer; the caller decrefs the result. NULL: the asker hears it later. `account`: who asks. */
json_t	*console_answer(struct console *console, struct sl_slice account, struct sl_slice request, struct asker *asker);
/* May he? 0, or SL_ERR_REFUSED, said. */
int	request_allowed(struct request *request, enum sl_verb verb);

/* verbs_approval.c: does it take two persons? Then have it wait for the second: 0, said. */
bool	request_takes_two(const struct request *request, enum sl_verb verb);
int	request_wait(struct request *request, enum sl_verb verb);

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

void	reply_text(struct request *request, const struct sl_buf *text);	/* the answer's `text` */

/* Where a verb is done: each finds the node that an argument names. */
int	at_operator(struct request *request, struct sl_node *out);
int	at_node(struct request *request, struct sl_node *out);		/* `at`, or the operator */
int	at_tenant(struct request *request, struct sl_node *out);
/* verbs_report.c: `domain`, `group` or `user`, of `at` if that is there; an address that is no user is of its domain. Without them `at`, or the operator. */
int	at_place(struct request *request, struct sl_node *out);
/* Such an address, whose domain is the target; "": none. */
void	place_mailbox(struct request *request, char out[SL_STORE_MAILBOX_MAX + 1]);
/* verbs_policy.c: what a new tenant's policy begins with, */
int	policy_begin_with(struct request *request, struct sl_node tenant, struct sl_slice level, struct sl_slice quarantine);
/* and what one that is imported says of copies is taken out, unless who brings it may ask for them there. */
int	policy_without_copies(struct request *request, struct sl_node tenant);

#endif
