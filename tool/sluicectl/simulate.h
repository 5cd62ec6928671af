/*
 * simulate.h - private to sluicectl policy simulate: where pictures and records come from, what is told
 */
#ifndef SLUICECTL_SIMULATE_H
#define SLUICECTL_SIMULATE_H

#include <jansson.h>
#include <stdio.h>

#include "replay/run.h"
#include "terminal.h"

/* ---- simulate_ask.c: the two pictures */

struct pictures {
	struct sl_snapshot	*whole, *over, *changed_whole, *changed_over;	/* what is over another is closed first */
	const struct sl_snapshot *current, *changed;	/* two of these */
	char			*tenant;	/* whose policy it is alone; NULL: perhaps of several */
	char			*difference;	/* what the change is, in lines; NULL: not told */
	char			*lists;		/* entries that are tried (replay/lists.h); NULL: none */
};
/* From files, "WHOLE[,OVER]". False: said why not. */
bool	pictures_from_files(const char *current, const char *changed, struct pictures *out);
struct change {
	const char	*node;
	char		*const *settings;	/* "path=value" */
	size_t		 settings_len;
	const char	*file;		/* all that the node says, as YAML; NULL: no file */
	json_t		*entries;	/* {"allow": [VALUE, ...], ...}; NULL: none */
};
/* From the console: what holds, and what would. */
bool	pictures_ask(const char *socket_path, const struct change *change, struct pictures *out);
void	pictures_fini(struct pictures *pictures);
/* Replayed by the console over its own records: `heard` is called with the whole answer (borrowed). False: said why not. */
struct replayed {
	uint64_t	days, limit;
	bool		doubted, progress;
	void		(*heard)(void *ctx, const json_t *answer);
	void		*ctx;
};
bool	replay_ask(const char *socket_path, const struct change *change, const struct replayed *replayed);

/* ---- simulate_records.c: records, one after the other */

typedef void records_each(void *ctx, struct sl_slice line);
struct records {
	uint64_t	lost;		/* dropped before they were kept, on these days */
};
/* Of day files, from `since_us` on, newest first; of a file of lines ("-": standard input). False: said why not. */
bool	records_of_traffic(const char *directory, int64_t since_us, const char *tenant, records_each *each, void *ctx,
	    struct records *out);
bool	records_of_file(const char *path, records_each *each, void *ctx);

/* ---- simulate_print.c: what is told */

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

struct row_fare {
	const char	*action, *why;
	bool		 copy, together;
};
struct row {
	const char	*time, *id;
	struct sl_slice	 sender, recipient;
	struct row_fare	 was, would_be;
	bool		 doubted;
};

struct report {
	enum form	 form;
	uint64_t	 limit;		/* rows that are listed; 0: all */
	uint64_t	 listed;
	bool		 more;		/* than were listed */
	struct colours	 colours;
	const struct sl_replay_tally *tally;
};
void	report_begin(struct report *report);
void	report_row(struct report *report, const struct sl_replay_told *told);
void	report_row_json(struct report *report, const json_t *row);
void	report_end(struct report *report);
/* Sums as the console tells them. */
void	tally_of_json(const json_t *answer, struct sl_replay_tally *tally_out);

#endif
