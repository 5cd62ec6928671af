/*
 * walk.h - everything in order, for the compiler of snapshots and for lists on a screen; what has changed since
 *
 * A walk gives rows to functions, kind by kind in the order of struct sl_walk, each kind in ascending order of the key
 * named there. All of one walk is of one moment. Rows and their slices are borrowed for the call. What a row belongs to
 * has been given before it.
 *
 * Every change has a number; a compiler keeps the one its snapshot was made at, and asks what came since.
 */
#ifndef SL_STORE_WALK_H
#define SL_STORE_WALK_H

#include "store/file.h"
#include "store/keys.h"
#include "store/lists.h"
#include "store/tree.h"

struct sl_partner_row {
	int64_t		id;
	struct sl_slice	name;
};

struct sl_tenant_row {
	int64_t			  id, partner;		/* 0: the operator's own */
	struct sl_slice		  name;
	struct sl_tenant_settings settings;
	struct sl_tenant_file	  file;
};

struct sl_route_row {
	int64_t		tenant;
	unsigned	place;				/* 0: is tried first */
	struct sl_route	route;
};

struct sl_domain_row {
	int64_t		id, tenant;
	int64_t		alias_of;			/* 0: it is none */
	struct sl_slice	name;
};

struct sl_group_row {
	int64_t		id, domain, tenant;
	struct sl_slice	name;
};

struct sl_user_row {
	int64_t			id, domain, tenant;
	int64_t			group;			/* 0: none */
	struct sl_slice		local;
	enum sl_user_source	source;
	int64_t			seen_at;		/* seconds; 0: never */
};

struct sl_list_row {
	struct sl_node		node;
	int64_t			tenant;			/* 0: above tenants */
	struct sl_store_entry	entry;
};

struct sl_layer_row {
	struct sl_node	node;
	int64_t		tenant;
	struct sl_slice	name;				/* "": the node's own; else a template */
	int64_t		version;
	struct sl_slice	text;
};

/* Functions return 0 to go on; anything else ends the walk and is its result. NULL: that kind is passed over. */
struct sl_walk {
	int	(*partner)(void *ctx, const struct sl_partner_row *row);	/* by id */
	int	(*tenant)(void *ctx, const struct sl_tenant_row *row);		/* by id */
	int	(*route)(void *ctx, const struct sl_route_row *row);		/* by tenant, place */
	int	(*key)(void *ctx, const struct sl_tenant_key *row);		/* the current ones, by tenant */
	int	(*domain)(void *ctx, const struct sl_domain_row *row);		/* by tenant, id: no alias before its domain */
	int	(*group)(void *ctx, const struct sl_group_row *row);		/* by tenant, domain, name */
	int	(*user)(void *ctx, const struct sl_user_row *row);		/* by tenant, domain, local part */
	int	(*list)(void *ctx, const struct sl_list_row *row);		/* by tenant, level, node, value; none that has expired */
	int	(*layer)(void *ctx, const struct sl_layer_row *row);		/* by tenant, level, node, name */
};

/* Walk what is at a node and below it; with the operator's, everything. *change_out, if not NULL: the number of the last
 * change that is in it. */
SL_MUST_USE int	sl_store_walk(struct sl_store *store, const struct sl_walk *walk, void *ctx, struct sl_node node,
		    int64_t *change_out);

/* One user, and those of a group. SL_ERR_NOT_FOUND: there is no such user; of a group that is not there none are. */
typedef int sl_user_each(void *ctx, const struct sl_user_row *row);
SL_MUST_USE int	sl_store_user_row(struct sl_store *store, int64_t user, sl_user_each *each, void *ctx);
SL_MUST_USE int	sl_store_group_users(struct sl_store *store, int64_t group, sl_user_each *each, void *ctx);

/* What nodes of a tenant say, of levels `from` to `to`; each layer as in a walk. */
typedef int sl_layer_each(void *ctx, const struct sl_layer_row *row);
SL_MUST_USE int	sl_store_tenant_layers(struct sl_store *store, int64_t tenant, enum sl_level from, enum sl_level to,
		    sl_layer_each *each, void *ctx);

/* What kinds of things a change was about, as bits. USER at a node that is none: of more users than are named. A removed
 * domain's users are named as removed too, and those of a removed group as changed, if it ever said anything. */
enum {
	SL_CHANGE_PARTNER = 1 << 0, SL_CHANGE_TENANT = 1 << 1, SL_CHANGE_ROUTE = 1 << 2, SL_CHANGE_KEY = 1 << 3,
	SL_CHANGE_DOMAIN = 1 << 4, SL_CHANGE_GROUP = 1 << 5, SL_CHANGE_USER = 1 << 6, SL_CHANGE_LIST = 1 << 7,
	SL_CHANGE_LAYER = 1 << 8,
};

struct sl_change {
	int64_t		number;
	unsigned	kinds;
	struct sl_node	node;		/* at it or below; it may be gone */
	int64_t		tenant;		/* 0: above tenants, so many may be concerned */
	struct sl_slice	was;		/* a user's address, if it was removed; borrowed for the call */
};

#define SL_CHANGES_KEPT	100000
SL_MUST_USE int	sl_store_change(struct sl_store *store, int64_t *last_out);	/* the number of the last; 0: none yet */
typedef int sl_change_each(void *ctx, const struct sl_change *change);
/* Those after `since`, in order. SL_ERR_NOT_FOUND: so long ago that they are no longer kept: compile everything. */
SL_MUST_USE int	sl_store_changes(struct sl_store *store, int64_t since, sl_change_each *each, void *ctx);

#endif
