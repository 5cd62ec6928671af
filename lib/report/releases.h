/*
 * releases.h - the courier's answers about releases, as rows: who released what, when, why it had been kept, what the next hop said
 *
 * For a terminal's table, CSV and the report by mail alike. An entry (kept/courier.h) is a release of one message, to one or several
 * recipients. Rows are kept of the newest SL_REPORT_RELEASES_MAX entries that are added last; all are counted, and all are in the CSV.
 *
 * Memory: 1.5 KiB a row; the CSV, up to SL_REPORT_CSV_MAX: then no more lines are added, and `cut` says so.
 */
#ifndef SL_REPORT_RELEASES_H
#define SL_REPORT_RELEASES_H

#include "kept/courier.h"
#include "sl/buf.h"

#define SL_REPORT_RELEASES_MAX	100u
#define SL_REPORT_CSV_MAX	(2u << 20)

/* Words of states, as the queue has them. */
const char	*sl_release_state_word(uint32_t state);
const char	*sl_release_rcpt_word(uint32_t state);
/* Why it had been kept, in one word: the policy's category, else the verdict. */
struct sl_slice	 sl_release_kept_as(const struct sl_courier_entry *entry);
/* The recipient whose reply says most: the first that was not taken, else the first. False: there is none. */
bool		 sl_release_telling(const struct sl_courier_entry *entry, struct sl_courier_rcpt *out, size_t *count_out);

/* What came after a release, as far as the audit trail knows; each 0: nothing. */
struct sl_release_later {
	int64_t	opened_us;	/* it was opened again in quarantine */
	int64_t	reported_us;	/* it was reported as unwanted */
	int64_t	allowed_us;	/* its sender was allowed */
};

/* CSV: the heading, and the lines of an entry, one for each recipient, as their replies differ; with three columns more of what came later, if that
 * is told. */
void		 sl_release_csv_head(bool later, struct sl_buf *out);
void		 sl_release_csv(const struct sl_courier_entry *entry, const struct sl_release_later *later, struct sl_buf *out);

struct sl_report_release {	/* texts are cut at what is shown of them */
	int64_t	asked_us;
	char	by[80], sender[120], recipient[120], kept_as[24], state[12], reply[160];
	size_t	recipients;
	bool	uncertain;	/* a reply was lost */
	struct sl_release_later later;
};

/* Embedded. */
struct sl_report_releases {
	struct sl_report_release *rows;		/* a ring: sl_report_release_at */
	size_t		len, first;
	uint64_t	entries, delivered, failed, open;	/* of all */
	uint64_t	reported, allowed;	/* of all: what came later */
	struct { char word[24]; uint64_t n; } causes[16];	/* by why they had been kept; the last takes the rest */
	size_t		causes_len;
	struct sl_buf	csv;
	bool		cut;
};
void	sl_report_releases_init(struct sl_report_releases *releases);
void	sl_report_releases_fini(struct sl_report_releases *releases);
/* `later` NULL: it is not known. */
void	sl_report_releases_add(struct sl_report_releases *releases, const struct sl_courier_entry *entry, const struct sl_release_later *later);
/* The i-th newest row. */
const struct sl_report_release *sl_report_release_at(const struct sl_report_releases *releases, size_t i);
/* How many had been kept for that. */
uint64_t sl_report_releases_of(const struct sl_report_releases *releases, const char *kept_as);

#endif
