/*
 * store.h - the settings database: who the customers are, and what they want
 *
 * The tree operator > partner > tenant > domain > group > user, with routes, lists, policies, roles and keys at its
 * nodes. One process owns it (console); no edge ever opens it: what edges need is walked over (store/walk.h) and
 * compiled. This header opens it; the others of this directory are its parts:
 *	tree.h    partners, tenants, routes, domains, groups, users
 *	lists.h   allow and deny entries		layers.h  policies as text, in versions
 *	grants.h  roles of accounts			keys.h    keys of tenants
 *	audit.h   who did what, chained by hashes	walk.h    all of it in order; what has changed
 *	exchange.h  a tenant as JSON, users and lists as CSV, and back
 *	file.h    tenants of the settings file
 *	digests.h  when digests were made, keys of action addresses; deeds.h  what was asked for by mail
 *
 * Every call that changes something takes an actor, is done wholly or not at all, and writes its audit entry and a
 * change number in the same transaction. Several calls can be made one with sl_store_begin.
 *
 * Behind it is SQLite, or later another: no SQL and no type of the database appears in these headers, statements are
 * in this directory alone, the schema and the way from each older one in schema.c.
 *
 * Results: 0, or SL_ERR_NOT_FOUND, SL_ERR_EXISTS, SL_ERR_SYNTAX (a name or value is malformed), SL_ERR_TOO_LONG,
 * SL_ERR_BUSY (something is still in the way), SL_ERR_FULL (disk), SL_ERR_DAMAGED, SL_ERR_VERSION, SL_ERR_SYSTEM;
 * sl_store_error has the sentence. Blocking; one thread.
 *
 * Memory: the database's page cache (32 MiB) and some KiB; walks stream.
 */
#ifndef SL_STORE_STORE_H
#define SL_STORE_STORE_H

#include "access/access.h"
#include "sl/buf.h"

struct sl_store;

struct sl_store_options {
	const char		*path;
	const struct sl_clock	*clock;		/* kept; NULL: the system's */
	bool			 read_only;	/* it must be there, and of this version */
	bool			 fast;		/* bulk loading: a crash of the machine (not of the process) may lose the last changes */
};

/* Open, make if it is not there, and bring to this program's version. *store_out is set also on failure (then
 * only sl_store_error and _close may be called). A file of a newer version is SL_ERR_VERSION, one that is no such
 * database or damaged SL_ERR_DAMAGED: it is left as it is. */
SL_MUST_USE int	sl_store_open(const struct sl_store_options *options, struct sl_store **store_out);
void		sl_store_close(struct sl_store **store);
/* What went wrong last, a sentence for an administrator; "" if nothing did. Valid until the next call. */
const char	*sl_store_error(const struct sl_store *store);

/* Read all of the file and its cross-references. SL_ERR_DAMAGED: sl_store_error says the first thing found. */
SL_MUST_USE int	sl_store_check(struct sl_store *store);
/* Copy it, consistent, while in use, into a new file (SL_ERR_EXISTS when it is there). */
SL_MUST_USE int	sl_store_backup(struct sl_store *store, const char *path);

/* Make the calls between one: all of them are kept, or none. A call that fails in between undoes itself alone.
 * Not nested. */
SL_MUST_USE int	sl_store_begin(struct sl_store *store);
SL_MUST_USE int	sl_store_commit(struct sl_store *store);	/* also after a failure of it, nothing is open */
void		sl_store_rollback(struct sl_store *store);

/* All that is read between is of one moment; nothing may be changed meanwhile. For who opened it read_only, too. */
SL_MUST_USE int	sl_store_view_begin(struct sl_store *store);
void		sl_store_view_end(struct sl_store *store);

/* Who acts, for the audit trail; borrowed. */
struct sl_actor {
	struct sl_slice	account;	/* 1 to 254 bytes of UTF-8 */
	struct sl_slice	note;		/* why, if somebody says; at most 1,000 bytes */
};

/* A node of the tree. Numbers are never used again. */
struct sl_node {
	enum sl_level	level;
	int64_t		id;		/* 0 for the operator */
};
#define SL_NODE_OPERATOR	((struct sl_node){ SL_LEVEL_OPERATOR, 0 })

/* Names in text: "operator", "partner:acme", "tenant:example.com", "domain:example.com", "group:example.com/sales",
 * "user:anna@example.com"; also without what stands before the colon when the level is given. A domain is found by
 * its U-labels too. */
SL_MUST_USE int	sl_store_find(struct sl_store *store, enum sl_level level, struct sl_slice name,
		    struct sl_node *node_out);
SL_MUST_USE int	sl_store_find_text(struct sl_store *store, struct sl_slice text, struct sl_node *node_out);
/* Add its name, "group:example.com/sales". */
SL_MUST_USE int	sl_store_name(struct sl_store *store, struct sl_node node, struct sl_buf *out);
/* Its way from the top, for sl_access_allowed. */
SL_MUST_USE int	sl_store_path(struct sl_store *store, struct sl_node node, struct sl_access_path *path_out);

#define SL_NAME_MAX	63	/* of partners, groups, templates: [a-z0-9][a-z0-9._-]* */

#endif
