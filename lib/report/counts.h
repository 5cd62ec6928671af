/*
 * counts.h - what the console asks its reader of records, and what it hears: sums of traffic, as tables
 *
 * The day files (traffic/traffic.h) belong to whoever records; a process of the console's reads them (daemon/console/records.h) and tells
 * sums alone. Packed and read here; all that is read is checked. Pure. Memory: that of the tables.
 */
#ifndef SL_REPORT_COUNTS_H
#define SL_REPORT_COUNTS_H

#include "ipc/ipc.h"
#include "traffic/table.h"

#define SL_REPORT_DAY_BYTES	10u	/* "2026-11-26" */
#define SL_REPORT_TENANTS_MAX	200000u
#define SL_REPORT_MEMBERS_MAX	1000000u	/* domains, or addresses of a group: of a million users */

#define SL_REPORT_DOMAINS_TOP	50u
#define SL_REPORT_USERS_TOP	20u
#define SL_REPORT_OTHERS	"*"	/* no domain, nor an address */

enum sl_report_of { SL_REPORT_OF_ALL, SL_REPORT_OF_DOMAINS, SL_REPORT_OF_ADDRESSES, SL_REPORT_OF_COUNT };

struct sl_report_ask {
	uint64_t	number;		/* the answer has it again */
	struct sl_slice	from_day, to_day;	/* inclusive, UTC */
	bool		all;		/* tenants; else those named: */
	bool		by_tenant;	/* a table by tenant is wanted */
	/* Of one tenant alone (scope.h): whose mail of it, and broken down by what. */
	enum sl_report_of of;
	bool		by_domain, by_user;
	struct sl_slice	members;	/* domains or addresses in lower case, of real domains: sl_pack_bytes, one behind the other */
	struct sl_slice	aliases;	/* a domain, and the one that it is an alias of, each packed, one pair behind the other */
	struct sl_slice	tenants;	/* packed, one behind the other */
};
void		sl_report_pack_ask(const struct sl_report_ask *ask, struct sl_buf *out);
SL_MUST_USE int	sl_report_unpack_ask(struct sl_slice payload, struct sl_report_ask *out);

struct sl_report_counts {
	uint64_t		number;
	int			result;		/* 0, or why there are none */
	struct sl_traffic_table	days, causes, tenants;
	/* The largest of them, then SL_REPORT_OTHERS: so many more. */
	struct sl_traffic_table	domains, users;
	uint64_t		more_domains, more_users;
	bool			cut;		/* there were too many names: see scope.h */
	char			since_day[SL_REPORT_DAY_BYTES + 1];	/* of users, and of what is of addresses: days before are gone; "": none */
};
void		sl_report_counts_init(struct sl_report_counts *counts);
void		sl_report_counts_fini(struct sl_report_counts *counts);
void		sl_report_counts_add(struct sl_report_counts *counts, const struct sl_traffic_sum *sum, bool by_tenant);
void		sl_report_pack_counts(const struct sl_report_counts *counts, struct sl_buf *out);
/* Into tables that were made by _init; rows that are there already stay where they are, and are added to. SL_ERR_SYNTAX. */
SL_MUST_USE int	sl_report_unpack_counts(struct sl_slice payload, struct sl_report_counts *out);

#endif
