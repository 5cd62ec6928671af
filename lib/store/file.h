/*
 * file.h - which tenants are those of the settings file; see store.h
 *
 * What the file says of them is said there alone; the database has it too, so that they have what other tenants have: users, lists,
 * digests, roles, reports. Who keeps the two the same is the console (daemon/console/file.h). A tenant that the file has no more
 * stays, turned off, with all that is its own, until it is removed as any other; it is there again when the file has it again.
 *
 * Such a tenant's name is taken as it is: it need not be a domain.
 */
#ifndef SL_STORE_FILE_H
#define SL_STORE_FILE_H

#include "store/store.h"

enum sl_tenant_in_file { SL_TENANT_NOT_IN_FILE, SL_TENANT_IN_FILE, SL_TENANT_GONE_FROM_FILE };

struct sl_tenant_file {
	enum sl_tenant_in_file	in;
	uint64_t		mark;	/* sl_settings_tenant_mark of its section as it was taken over; 0: it was not, wholly */
	uint64_t		says;	/* bits of enum sl_tenant_says */
};

/* On, with recipients who are discovered. */
SL_MUST_USE int	sl_store_file_tenant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice name,
		    struct sl_node *tenant_out);
SL_MUST_USE int	sl_store_file_get(struct sl_store *store, struct sl_node tenant, struct sl_tenant_file *file_out);
SL_MUST_USE int	sl_store_file_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    const struct sl_tenant_file *file);
/* The tenant's that has a domain. */
SL_MUST_USE int	sl_store_domain_owner(struct sl_store *store, struct sl_slice domain, struct sl_node *domain_out,
		    struct sl_node *tenant_out);
/* Those that are in the file, as the database knows, by number; it may not be changed meanwhile. `each` returns 0 to go on. */
typedef int sl_store_file_each(void *ctx, struct sl_node tenant, struct sl_slice name);
SL_MUST_USE int	sl_store_file_tenants(struct sl_store *store, sl_store_file_each *each, void *ctx);

#endif
