/* reports_i.h - inside reports.h */
#ifndef CONSOLE_REPORTS_I_H
#define CONSOLE_REPORTS_I_H

#include "later.h"
#include "plan.h"
#include "records.h"
#include "reports.h"
#include "store/digests.h"
#include "ways.h"
#include "whose.h"

/* One that is being made. */
struct making {
	struct making		*next;
	struct reports		*reports;
	struct whose		 whose;
	char			 name[400];		/* as people read it: "example.com", "acme", "sales (example.com)" */
	char			 zone[65], language[36], brand[SL_REPORT_BRAND_MAX + 1];
	unsigned		 kinds;
	int64_t			 since_s, until_s;
	char			 from_day[SL_REPORT_DAY_BYTES + 1], to_day[SL_REPORT_DAY_BYTES + 1];
	struct later		*later;			/* NULL: not wanted, or not known */
	bool			 later_known;		/* the trail was read to its end */
	struct sl_report_counts	 counts;
	bool			 has_counts, has_releases;
	bool			 unreadable;		/* there are records, and they could not be read */
	struct sl_report_releases releases;
	int64_t			 after;			/* the last release that was told */
	struct sl_timer		 timer;
	int			 failed;
	reports_done		*done;
	void			*ctx;			/* NULL: nobody waits */
};

/* One that is being mailed: to one after the other. */
struct mailing {
	struct mailing		*next;
	struct reports		*reports;
	struct sl_node		 node;
	struct reports_schedule	 schedule;
	size_t			 at, sent;
	int64_t			 due_s;			/* 0: somebody asked for it */
	unsigned char		 unique[16];
	const struct sl_report	*report;		/* while it is being composed */
	struct sl_buf		 mails[REPORTS_TO_MAX], ids[REPORTS_TO_MAX];
	reports_sent		*done;
	void			*ctx;
};

struct reports {
	struct reports_options	 options;
	int64_t			 up_since_s;
	struct plan		 plan;			/* by report_key */
	struct sl_timer		 tick;
	bool			 runs;			/* one that was due */
	struct making		*makings;
	struct mailing		*mailings;
};

/* reports_make.c */
struct making_order {
	struct reports_of of;
	const struct reports_schedule *schedule;
	unsigned	kinds;
	int64_t		since_s, until_s;
	bool		today;			/* the day that is not over counts too */
	reports_done	*done;
	void		*ctx;
};
int	making_begin(struct reports *reports, const struct making_order *order);
void	making_free(struct making *making);

#endif
