/*
 * trace_run.h - what became of messages, told from the day files to somebody who may see some of them; see records.h
 *
 * CONSOLE_REQUEST, to the reader, which begins with a u64 of 0 (no question for numbers does): whose recipients the asker may see, and what he asks. Back
 * comes CONSOLE_REPLY:
 *
 *	{"ok":true,"records":[			newest first, each in a line of its own, as recorded but for what is not his (traffic/narrow.h)
 *	RECORD,
 *	RECORD],"days":N,			so many days' files were looked into
 *	"more":N,"more_at_least":true,		so many are not told; or more than that: no time is wasted on it
 *	"reached":TIME,				what is older was not looked at: the time was up
 *	"lost":N,"left_out":N,			to the operator: records that were lost on these days, or never made, as they were too many
 *	"some_lost":true,"some_left_out":true}	to others, whose they may not have been
 *
 * Bounds: TRACE_ROWS_MAX records, TRACE_BYTES_MAX bytes, TRACE_DEADLINE_MS of time, TRACE_CPU_S of a processor. It ends when nobody waits any more.
 */
#ifndef CONSOLE_TRACE_RUN_H
#define CONSOLE_TRACE_RUN_H

#include "ipc/ipc.h"
#include "report/counts.h"

#define TRACE_ROWS_MAX		1000u
#define TRACE_BYTES_MAX		((size_t)16 << 20)
#define TRACE_MORE_MAX		1000u
#define TRACE_COUNT_MS		300u	/* how long what is beyond the limit is counted */
#define TRACE_DEADLINE_MS	10000u
#define TRACE_CPU_S		30u

struct trace_question {
	/* Whose: all, or these tenants' (`tenants`, packed), and of one of them those for some (`of`, `members`, `aliases`). No other field. */
	struct sl_report_ask	of;
	struct sl_slice		since;		/* names of tenants that another had before, packed, each with a u64: not before this time (us) */
	bool			routes;		/* he may see where next hops are */
	struct sl_slice		id, sender, recipient, client, message_id;	/* as in struct sl_traffic_query; "": not asked */
	int64_t			since_us, until_us;
	uint32_t		limit;		/* 1 to TRACE_ROWS_MAX */
};
void		trace_question_pack(const struct trace_question *question, struct sl_buf *out);
/* Texts point into the payload. SL_ERR_SYNTAX: it is none. */
SL_MUST_USE int	trace_question_unpack(struct sl_slice payload, struct trace_question *question_out);

/* Answer one, in a process of its own. */
void		trace_run(const char *directory, const struct trace_question *question, struct sl_ipc *out);

#endif
