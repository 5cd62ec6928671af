/*
 * run.h - lines of records replayed, counted, and told as JSON: what a simulation is, wherever it runs
 *
 * sluicectl runs it over files of its own, the console over the day files for who may see but his own (daemon/console/
 * replayer.h). A row of the answer is one object, sums are the members behind the rows:
 *	{"listed":[ROW,...],"more":BOOL,"sums":[...],"doubts":[...],"records":N,...}
 *
 * Of others nothing is told: with `may_see`, a record counts when the tenant that it names may be seen (of a recipient that was refused: whose
 * he was), and a recipient when those may who have him by what holds and by what is tried.
 *
 * Memory: 4 MiB for a record, and the replay's own. Pure, as replay.h is.
 */
#ifndef SL_REPLAY_RUN_H
#define SL_REPLAY_RUN_H

#include "replay/replay.h"

struct sl_replay_tally {
	uint64_t	records, recipients;		/* that were decided on; also what was refused at RCPT by policies */
	uint64_t	judged;				/* recipients: refused at RCPT, and would now be judged */
	uint64_t	differ, drifted;		/* recipients */
	uint64_t	unjudged, unreadable, strangers, lost;
	uint64_t	again;				/* records of transactions that were put off */
	uint64_t	moved[SL_ACTION_COUNT][SL_ACTION_COUNT];	/* recipients, by what holds and by what is tried */
	uint64_t	come, go;			/* whose domain there is by one picture alone */
	uint64_t	doubted, doubts[SL_REPLAY_DOUBT_COUNT];
};

/* Whose records are replayed. All functions NULL: everybody's. */
struct sl_replay_scope {
	bool	(*may_see_name)(void *ctx, const char *tenant);	/* of a line */
	bool	(*may_see)(void *ctx, uint32_t tenant);		/* of a snapshot */
	void	*ctx;
};

struct sl_replay_run {
	struct sl_replay	*replay;	/* borrowed */
	struct sl_replay_scope	 scope;
	sl_replay_each		*each;		/* of those that differ, and with `doubted` of those in doubt */
	void			*ctx;
	bool			 doubted;
	uint64_t		 lines;
	struct sl_replay_tally	 tally;
	/* private */
	struct sl_arena		 arena;
	struct sl_record	 record;
	bool			 seen;
};
/* The members above `private` but for the tally are the caller's, before or after. */
void	sl_replay_run_init(struct sl_replay_run *run);
void	sl_replay_run_fini(struct sl_replay_run *run);
void	sl_replay_run_line(struct sl_replay_run *run, struct sl_slice line);

/* ---- words, and JSON */

const char	*sl_replay_action_word(const struct sl_replay_fare *fare);	/* "nobody's": no such domain there; "judged": nobody knows */
bool		 sl_replay_copies(const struct sl_replay_fare *fare);
void		 sl_replay_row_json(const struct sl_replay_told *told, struct sl_buf *out);	/* an object */
/* Members, without braces: "more", the sums, the counts. */
void		 sl_replay_sums_json(const struct sl_replay_tally *tally, bool more, struct sl_buf *out);

#endif
