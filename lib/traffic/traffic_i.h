/* traffic_i.h - private: a day's file, a line's fields, terms */
#ifndef SL_TRAFFIC_I_H
#define SL_TRAFFIC_I_H

#include "db/db.h"
#include "record/record.h"
#include "traffic/traffic.h"

#define TRAFFIC_MAGIC	0x7af1c0deu
#define DAY_LEN		10		/* "2026-11-26" */
#define DAYS_MAX	4096		/* files that are looked at: eleven years */
#define LINE_MAX_BYTES	((size_t)1 << 20)
#define BLOCK_LINES	256
#define BLOCK_SPAN	((int64_t)1024)	/* of numbers of lines */
#define PART_BLOCKS	32
#define RUN_BLOCKS	16		/* written in one transaction */
#define BLOCK_BYTES	((size_t)1 << 20)	/* of text; a line more may stand in it */

/* One file, open. */
struct day {
	struct db	db;
	struct db	briefs;		/* the file beside it; opened when it is wanted */
	char		name[DAY_LEN + 1];	/* "": none is open */
	unsigned char	key[16];
	/* the block that was read last */
	int64_t		block;			/* 0: none */
	struct sl_buf	text;
	uint32_t	starts[BLOCK_LINES + 1];	/* where its lines begin, and where one more would */
	size_t		lines;
};

struct sl_traffic {
	unsigned		 magic;
	char			*directory;
	const struct sl_clock	*clock;
	size_t			 queue_bytes;
	unsigned		 keep_days;
	bool			 read_only;
	struct sl_buf		 queue;		/* lines, each with its end */
	struct sl_traffic_counts counts;
	uint64_t		 untold;	/* dropped, and not yet noted in a file */
	struct day		 writing, reading;
	char			 error[640];
};

int	traffic_fail(struct sl_traffic *traffic, int result, const char *format, ...) SL_PRINTF(3, 4);

/* ---- day.c */
/* Have `day` open: made if it is not there (unless reading: SL_ERR_NOT_FOUND). */
SL_MUST_USE int	day_open(struct sl_traffic *traffic, struct day *day, const char *name, bool read_only);
void	day_close(struct day *day);
bool	day_is_name(const char *name);
void	day_of(int64_t at_us, char out[DAY_LEN + 1]);
/* Names of the files that there are, in order; the caller frees the array. Returns their count. */
size_t	day_list(const struct sl_traffic *traffic, char (**names_out)[DAY_LEN + 1]);
char	*day_path(const struct sl_traffic *traffic, const char *name);	/* the caller frees */
/* A line of a block; valid until the next call. */
SL_MUST_USE int	day_line(struct sl_traffic *traffic, struct day *day, int64_t n, struct sl_slice *line_out);

/* ---- line.c */
#define RECIPIENTS_MAX	1000
#define CLASSES_MAX	64		/* record/record.h */
/* Recipients that fared alike, where that is otherwise than the line says. */
struct line_class {
	struct sl_slice	outcome, action, verdict;
	size_t		recipients;
	struct sl_slice	places;		/* of these in the list of recipients, as written: a list of numbers; "": not told */
};
struct line {
	int64_t		 at_us;
	char		 day[DAY_LEN + 1];
	struct sl_slice	 id, session, tenant, sender, client, message_id, outcome, action, verdict;
	struct sl_slice	*recipients;	/* at most RECIPIENTS_MAX */
	size_t		 recipients_len;
	/* Those that were not accepted, and whose they are where that is not the line's tenant; "": not told. */
	struct line_refused { struct sl_slice mailbox, tenant; } refused[SL_RECORD_REFUSED_MAX];
	size_t		 refused_len;
	uint64_t	 left_out;	/* transactions and sessions that have no line */
	struct line_class *classes;	/* at most CLASSES_MAX; NULL: all fared as the line says */
	size_t		 classes_len;
	uint64_t	 bytes;
	/* what was escaped; the others point into the text that was read */
	unsigned char	*decoded;
	size_t		 decoded_len, text_len;
};
/* Read what is looked for; `text` must outlive it. line_fini after success. */
SL_MUST_USE int	line_read(struct sl_slice text, struct line *out);
void	line_fini(struct line *line);
struct sl_slice	line_recipient(const struct line *line, size_t i);	/* {NULL, 0} behind the last */
bool	line_matches(const struct line *line, const struct sl_traffic_query *query);

/* What is looked for, as a number: the kind, and the value in lower case. Never 0. */
enum term { TERM_ID = 'i', TERM_SENDER = 's', TERM_SENDER_DOMAIN = 'S', TERM_RECIPIENT = 'r', TERM_RECIPIENT_DOMAIN = 'R',
	TERM_CLIENT = 'c', TERM_MESSAGE_ID = 'm', TERM_TENANT = 't' };
int64_t	term_hash(const unsigned char key[16], enum term kind, struct sl_slice value);
struct sl_slice	domain_part(struct sl_slice address);	/* behind the last @; all of it without one */
/* The hash of a Message-ID that is asked for, or that hash itself. */
void	query_message_id(struct sl_slice asked, char out[SL_RECORD_MESSAGE_ID_LEN + 1]);

/* ---- messages.c */
struct briefing;
struct briefing *briefing_new(void);	/* of a block that is being written */
void	briefing_free(struct briefing **briefing);
void	briefing_add(struct briefing *briefing, const struct line *line, int64_t tenant);
void	briefing_end(struct briefing *briefing, int64_t block);	/* of this block, which is now written */
/* The blocks are on the disk: keep their briefs, or what could not be written of them is read from the lines. */
void	briefing_keep(struct briefing *briefing, struct sl_traffic *traffic, struct day *day);
void	briefing_forget(struct briefing *briefing);
char	*briefs_path(const struct sl_traffic *traffic, const char *day);	/* the caller frees */
/* Go through the messages of a file that is open. */
SL_MUST_USE int	messages_of_day(struct sl_traffic *traffic, struct day *day, const struct sl_traffic_wanted *wanted, sl_traffic_message_each *each,
		    void *ctx);

/* ---- sums.c */
SL_MUST_USE int	sums_keep(struct sl_traffic *traffic, struct day *day);	/* into the file that stays */

#endif
