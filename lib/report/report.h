/*
 * report.h - a report as mail: how much came, what became of it and why, who released what
 *
 * Of a tenant, by domain and user too; of a domain, a group or a user of it (messages that were for one of them at least, each counted once: report/scope.h);
 * or of a partner or the operator a summary over their tenants, which has numbers only: `releases` is not shown there but
 * counted. The numbers are those of `sluicectl traffic report` (traffic/table.h) and `sluicectl quarantine releases` (releases.h), made by the
 * same functions.
 *
 * multipart/mixed: an alternative of plain text and HTML, then the tables as CSV. The HTML has no styles from elsewhere, images,
 * scripts or links; plots are cells of tables with a colour, so it prints, and reads in a dark window and in a reader for the
 * blind (each plot stands beside its number). What strangers wrote is shown by digest/show.h. Head as of digests: Auto-Submitted,
 * null sender, nothing to answer to.
 *
 * Memory: the output, some 300 bytes a row, and the same twice while it is made. Lines have at most 76 bytes, all ASCII.
 */
#ifndef SL_REPORT_H
#define SL_REPORT_H

#include "digest/zone.h"
#include "report/releases.h"
#include "traffic/table.h"

#define SL_REPORT_BYTES_MAX	(12u << 20)
#define SL_REPORT_ROWS_MAX	62	/* of a table; more are in the attached one */
#define SL_REPORT_BRAND_MAX	80

/* All borrowed. */
struct sl_report {
	struct sl_slice		name;		/* whose: "example.com", "acme" */
	bool			is_summary;	/* of several tenants */
	unsigned		kinds;		/* bits 1 << enum sl_report_kind of policy/setting.h */
	struct sl_slice		language;
	const struct sl_zone	*zone;		/* NULL: UTC */
	struct sl_slice		zone_name;
	int64_t			since_s, until_s, now_s;	/* releases asked for in [since, until) */
	const char		*from_day, *to_day;		/* of traffic, inclusive, UTC */
	bool			unreadable;	/* there is a record of traffic, and it cannot be read */
	/* NULL: there is no record of traffic. */
	const struct sl_traffic_table *days, *causes, *tenants;	/* tenants: of a summary */
	/* The largest, and SL_REPORT_OTHERS of so many more (counts.h); NULL: not told. */
	const struct sl_traffic_table *domains, *users;
	uint64_t		more_domains, more_users;
	bool			cut;		/* there were too many names for all to be exact */
	const char		*since_day;	/* users, and all of a group or a user, are counted from then on; NULL: from `from_day` */
	const struct sl_report_releases *releases;	/* NULL: not known */
	struct sl_slice		brand;		/* the last line; "": the usual */
	/* of the mail */
	struct sl_slice		domain;		/* of ours, for Message-ID and List-Id */
	struct sl_slice		from, to;	/* mailboxes */
	unsigned char		unique[16];
};

/* Write the mail. Its Message-ID, without brackets, is set too. Returns 0; SL_ERR_SYNTAX: `from`, `to` or `domain` is not one;
 * SL_ERR_FULL: `out` is. */
SL_MUST_USE int	sl_report_compose(const struct sl_report *report, struct sl_buf *out, struct sl_buf *message_id_out);
/* The text alone, for a terminal; the HTML alone, to be printed. */
void		sl_report_html(const struct sl_report *report, struct sl_buf *out);
void		sl_report_text(const struct sl_report *report, struct sl_buf *out);

#endif
