/*
 * reports.h - reports by mail: when, of what, to whom; and once
 *
 * The policy of a node (operator, partner, tenant, and below it domain, group, user, where these name addresses themselves) says days, an hour and addresses (reports.*). An address counts only where its domain is
 * one of the tenant's, or for those above of one of their tenants: so no report leaves those whom it is about, and none is sent by way of
 * somebody else's next hop. Partners' and the operator's sum up their tenants, in numbers alone.
 *
 * A report is of [the due time before, its own); days of traffic are whole ones of UTC, up to the day before. After downtime there is one, of all
 * that was missed, up to REPORTS_REACH_DAYS. Its token at the courier names node, address and due time; when the courier has it, that is noted
 * for the address: a crash in between makes the same again, and the courier knows the token.
 *
 * It is made of what the reader of records says of traffic (records.h) and the courier of releases; one after the other. Show and send make one of the
 * last days, up to now.
 */
#ifndef CONSOLE_REPORTS_H
#define CONSOLE_REPORTS_H

#include "agenda.h"
#include "digests.h"
#include "report/report.h"

#define REPORTS_REACH_DAYS	100
#define REPORTS_NODES_MAX	10000	/* of a tenant, that have something to say */
#define REPORTS_TO_MAX		20u	/* addresses of one node, as the policy has it */

struct reports;

struct reports_options {
	struct sl_loop	*loop;
	struct console	*console;
	struct ways	*ways;
	struct agenda	*agenda;
	struct digests	*digests;	/* whose clock, zones and hostname are used */
	unsigned	 spread_s;
};
struct reports	*reports_new(const struct reports_options *options);
void		 reports_free(struct reports **reports);

/* Somebody who gets a node's reports. */
struct reports_to {
	char		mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	int64_t		tenant;		/* whose mailbox it is, and by whose next hop it goes */
	int64_t		served_s;	/* the due time that he was served for last; 0: none yet */
};
/* What the policy of a node says. */
struct reports_schedule {
	struct sl_schedule	schedule;
	unsigned		kinds;
	char			zone[65], language[36], brand[81];
	struct reports_to	to[REPORTS_TO_MAX];
	size_t			to_len;
	size_t			refused;	/* addresses that do not count there */
	int64_t			next_s;		/* INT64_MAX: never */
};
int		 reports_schedule(struct reports *reports, struct sl_node node, struct reports_schedule *out);

/* Whose report. */
struct reports_of {
	struct sl_node	node;
	const char	*mailbox;	/* NULL: the node's; else of an address alone, whose domain the node is and that is no user of the database */
};

/* Make one of the last `days`, up to now. `kinds`: those of the policy, if 0. `done` is called later, once: the report is borrowed, NULL with an
 * error. */
typedef void	 reports_done(void *ctx, int result, const struct sl_report *report);
void		 reports_make(struct reports *reports, const struct reports_of *of, unsigned days, unsigned kinds, reports_done *done, void *ctx);
/* The same, mailed to all whom the policy names; *sent: to how many. */
typedef void	 reports_sent(void *ctx, int result, size_t sent);
void		 reports_send(struct reports *reports, struct sl_node node, unsigned days, reports_sent *done, void *ctx);
void		 reports_forget(struct reports *reports, const void *ctx);

#endif
