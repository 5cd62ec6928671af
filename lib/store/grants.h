/*
 * grants.h - roles of accounts at nodes; see store.h
 *
 * What is kept here is looked up for lib/access to judge; the store itself lets the console, its owner, do anything.
 */
#ifndef SL_STORE_GRANTS_H
#define SL_STORE_GRANTS_H

#include "store/store.h"

#define SL_GRANTS_MAX	256	/* of one account */

/* SL_ERR_SYNTAX where the role is not given at such a node. */
SL_MUST_USE int	sl_store_grant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice account,
		    enum sl_role role, struct sl_node node);
SL_MUST_USE int	sl_store_grant_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_slice account,
		    enum sl_role role, struct sl_node node);
/* All of an account. */
SL_MUST_USE int	sl_store_grants_of(struct sl_store *store, struct sl_slice account,
		    struct sl_access_grant grants[SL_GRANTS_MAX], size_t *len_out);
/* Fill in what sl_access_may_grant wants to know of giving `role` at `node` to `account` (`at` and the path it points
 * to, `is_first`, `holds`); `to_oneself` by comparing with `asker`. */
SL_MUST_USE int	sl_store_grant_request(struct sl_store *store, struct sl_slice asker, struct sl_slice account,
		    enum sl_role role, struct sl_node node, struct sl_access_path *path,
		    struct sl_access_request *request_out);

struct sl_grant_row {
	struct sl_slice	account;
	enum sl_role	role;
	struct sl_node	at;
	int64_t		added_at_us;
	struct sl_slice	added_by;
};
typedef int sl_grant_each(void *ctx, const struct sl_grant_row *row);
/* Those at this node (not below it), by account. */
SL_MUST_USE int	sl_store_grants_at(struct sl_store *store, struct sl_node node, sl_grant_each *each, void *ctx);

#endif
