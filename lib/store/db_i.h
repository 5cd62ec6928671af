/*
 * db_i.h - private: what the parts of the store share
 */
#ifndef SL_STORE_DB_I_H
#define SL_STORE_DB_I_H

#include "db/db.h"
#include "store/store.h"

#define DB_MAGIC	0x5d0b57e5u

struct sl_store {
	unsigned		 magic;
	struct db		 db;
	const struct sl_clock	*clock;
	bool			 grouped;	/* sl_store_begin .. commit */
	unsigned		 depth;		/* of change_begin */
};

/* ---- schema.c */
#define SCHEMA_VERSION	8
SL_MUST_USE int	schema_version(struct sl_store *store, int64_t *version_out);
/* Bring it up to `version`, which may be any up to SCHEMA_VERSION (for tests: older ones). */
SL_MUST_USE int	schema_migrate(struct sl_store *store, int64_t version);

/* ---- change.c: one call that changes something is
 *	change_begin .. its statements .. change_end(.., result, ..).
 * change_end keeps it all when `result` is 0, with an audit entry and a change number, else undoes it. Calls within a call
 * are part of that: the outer one has the entry and the number, and must give up when one of them fails. */
SL_MUST_USE int	change_begin(struct sl_store *store, const struct sl_actor *actor);
struct change {
	const struct sl_actor	*actor;
	const char		*verb;		/* NULL: nothing has changed, no entry is written */
	struct sl_node		 node;
	int64_t			 tenant;	/* 0: none */
	struct sl_slice		 target;	/* its name */
	struct sl_slice		 detail;
	unsigned		 kinds;		/* SL_CHANGE_*; 0: nothing for a compiler */
};
SL_MUST_USE int	change_end(struct sl_store *store, int result, const struct change *change);
/* One more change for compilers, within a call. */
SL_MUST_USE int	change_number(struct sl_store *store, unsigned kinds, struct sl_node node, int64_t tenant);
/* A call that changes no more users than so many names each of them to compilers; else it is a change of all their tenant. */
#define CHANGE_USERS_MAX	1000
/* Before a node is removed: the users that this changes, one by one, and whether more than can be named do (in `change`). */
SL_MUST_USE int	change_users(struct sl_store *store, struct sl_node node, struct change *change);
int64_t	store_now_us(const struct sl_store *store);

/* ---- audit.c */
SL_MUST_USE int	audit_write(struct sl_store *store, const struct sl_actor *actor, int64_t tenant,
		    struct sl_slice target, struct sl_slice verb, struct sl_slice detail);

/* ---- node.c */
/* Its tenant's id; 0 above tenants. SL_ERR_NOT_FOUND where the node is not there. */
SL_MUST_USE int	node_tenant(struct sl_store *store, struct sl_node node, int64_t *tenant_out);
/* Is it a name of a partner, a group, a template? Lower-cased into `out`. */
SL_MUST_USE int	node_name_check(struct sl_store *store, struct sl_slice name, const char *what,
		    char out[SL_NAME_MAX + 1]);
/* A domain, normalised. */
#define DOMAIN_MAX	255
SL_MUST_USE int	node_domain_check(struct sl_store *store, struct sl_slice name, char out[DOMAIN_MAX + 1]);
/* The same, not as a wildcard, into DOMAIN_MAX + 1 bytes. False: it is none. */
bool		node_domain_normal(struct sl_slice name, char *out);
/* An address, normalised: local part, and domain. */
#define LOCAL_MAX	64
struct node_address {
	char	local[LOCAL_MAX + 1];
	char	domain[DOMAIN_MAX + 1];
};
SL_MUST_USE int	node_address_check(struct sl_slice text, struct node_address *out);
/* SL_ERR_SYNTAX where it is a domain that is an alias: such have nothing of their own. */
SL_MUST_USE int	node_no_alias(struct sl_store *store, struct sl_node node);
SL_MUST_USE int	node_text_check(struct sl_store *store, struct sl_slice text, size_t max, const char *what);

/* ---- tree.c: lists, layers and grants at a node (of a tenant: in all of it) and below it */
SL_MUST_USE int	node_remove_hanging(struct sl_store *store, struct sl_node node, int64_t tenant);

/* ---- lists.c: one entry, with its added_at and added_by */
struct sl_store_entry;
SL_MUST_USE int	list_entry_put(struct sl_store *store, struct sl_node node, int64_t tenant,
		    const struct sl_store_entry *entry);

#endif
