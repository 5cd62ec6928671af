/*
 * whose.h - whose mail: a node of the tree as records of traffic know it, by names of tenants, and of a part of one by domains or addresses
 *
 * As struct sl_report_ask (report/counts.h) wants it. Memory: names of tenants, addresses of a group, aliases of a tenant's domains.
 */
#ifndef CONSOLE_WHOSE_H
#define CONSOLE_WHOSE_H

#include "report/counts.h"
#include "store/digests.h"
#include "store/store.h"

struct whose {
	struct sl_node		 node;
	char			 mailbox[SL_STORE_MAILBOX_MAX + 1];	/* of the domain `node`, one who is no user; "": none */
	/* What was found. */
	int64_t			 tenant;		/* 0: of several */
	char			 tenant_name[256];
	struct sl_buf		 tenants;		/* names, each packed; of the operator, all: none */
	struct sl_buf		 members, aliases;	/* as in struct sl_report_ask */
	enum sl_report_of	 of;
	uint64_t		*names;			/* hashes of names, sorted; of several tenants */
	size_t			 names_len, names_size;
};
/* `node` and `mailbox` are set, all else is zero. In any case whose_fini. */
SL_MUST_USE int	whose_find(struct whose *whose, struct sl_store *store);
void		whose_fini(struct whose *whose);
/* Is this one of the mailboxes? */
bool		whose_has(const struct whose *whose, struct sl_store *store, struct sl_slice address);

#endif
