/*
 * exchange.h - a tenant in open formats, and back
 *
 * JSON (RFC 8259), a whole tenant: settings, routes, domains with aliases, groups and users, lists, policies with all
 * their versions, grants, and of keys the public ones. No secret leaves this way, so what is quarantined stays where
 * it is. Users and lists also as CSV (RFC 4180, with a header line whose columns may stand in any order).
 *
 * Export, import and export again give the same bytes, but for `keys`.
 */
#ifndef SL_STORE_EXCHANGE_H
#define SL_STORE_EXCHANGE_H

#include "access/access.h"
#include "store/store.h"

#define SL_EXCHANGE_FORMAT	1
#define SL_EXCHANGE_MAX		((size_t)64 << 20)	/* bytes of one tenant */

SL_MUST_USE int	sl_store_export(struct sl_store *store, struct sl_node tenant, struct sl_buf *json);
/* Make a tenant of it, under its own name; keys are not taken over. Policies are not checked again: they are canonical
 * in the file, or whoever imports checks them by walking. SL_ERR_EXISTS when a name is taken; nothing is kept then.
 * `may_grant` says which of the file's grants are taken, as a file can be made up: may whoever imports give this role to this
 * account, at this node? The others are passed over and counted. NULL: all are taken, by who may do anything. */
typedef bool	sl_import_grant(void *ctx, struct sl_slice account, enum sl_role role, struct sl_node at);
SL_MUST_USE int	sl_store_import(struct sl_store *store, const struct sl_actor *actor, struct sl_node above,
		    struct sl_slice json, sl_import_grant *may_grant, void *ctx, struct sl_node *tenant_out, size_t *refused_out);

/* address,group,source */
SL_MUST_USE int	sl_store_users_to_csv(struct sl_store *store, struct sl_node node, struct sl_buf *csv);
/* Columns `address` and, if it is there, `group`; others are passed over. `replace`: imported users of the tenant that are
 * not in it are removed. On failure sl_store_error names the line. */
SL_MUST_USE int	sl_store_users_from_csv(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    struct sl_slice csv, bool replace, size_t *rows_out);
/* kind,value,options,note,expires: of the node itself. Options are words with a space between; expires as 2026-12-31. */
SL_MUST_USE int	sl_store_lists_to_csv(struct sl_store *store, struct sl_node node, struct sl_buf *csv);
SL_MUST_USE int	sl_store_lists_from_csv(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    struct sl_slice csv, size_t *rows_out);

#endif
