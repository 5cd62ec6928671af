/*
 * tree.h - partners, tenants, routes, domains, groups and users; see store.h
 *
 * Names are normalised before they are kept: domains in lower case and A-labels; local parts of addresses in lower case
 * and without quotes that are not needed (mail systems that tell upper from lower case are not told apart here); names
 * of partners and groups in lower case. A tenant's name is that of its first domain unless another is given.
 */
#ifndef SL_STORE_TREE_H
#define SL_STORE_TREE_H

#include "store/store.h"

/* ---- partners */
SL_MUST_USE int	sl_store_partner_add(struct sl_store *store, const struct sl_actor *actor, struct sl_slice name,
		    struct sl_node *partner_out);

/* ---- tenants */
#define SL_TENANT_STATES(X)							\
	X(ON, "on")		/* judged and acted upon */			\
	X(MONITOR, "monitor")	/* judged and recorded, nothing changed */	\
	X(PASS, "pass-through")	/* a proxy, nothing judged: the tenant has suspended us */	\
	X(OFF, "off")		/* its recipients are refused */

enum sl_tenant_state {
#define SL_TENANT_ENUM(name, word) SL_TENANT_##name,
	SL_TENANT_STATES(SL_TENANT_ENUM)
#undef SL_TENANT_ENUM
	SL_TENANT_STATE_COUNT,
};
const char	*sl_tenant_state_word(enum sl_tenant_state state);
bool		 sl_tenant_state_find(struct sl_slice word, enum sl_tenant_state *state_out);

/* Which recipients there are. */
#define SL_TENANT_USERS(X)							\
	X(ANY, "any")		/* the next hop knows; users need not be listed */	\
	X(DISCOVER, "discover")	/* the same, and whoever the next hop accepts mail for becomes a user */	\
	X(LISTED, "listed")	/* only those listed: others are refused */

enum sl_tenant_users {
#define SL_TENANT_USERS_ENUM(name, word) SL_TENANT_USERS_##name,
	SL_TENANT_USERS(SL_TENANT_USERS_ENUM)
#undef SL_TENANT_USERS_ENUM
	SL_TENANT_USERS_COUNT,
};
const char	*sl_tenant_users_word(enum sl_tenant_users users);
bool		 sl_tenant_users_find(struct sl_slice word, enum sl_tenant_users *users_out);

#define SL_DISCOVER_DAYS	90	/* default: a discovered user to whom nothing came for so long is forgotten */

struct sl_tenant_settings {
	enum sl_tenant_state	state;
	enum sl_tenant_users	users;
	unsigned		discover_days;	/* 1 to 3,650 */
};
#define SL_TENANT_SETTINGS_DEFAULT	((struct sl_tenant_settings){ SL_TENANT_ON, SL_TENANT_USERS_ANY, SL_DISCOVER_DAYS })

/* `above`: the operator or a partner. */
SL_MUST_USE int	sl_store_tenant_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node above,
		    struct sl_slice name, struct sl_node *tenant_out);
SL_MUST_USE int	sl_store_tenant_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    const struct sl_tenant_settings *settings);
SL_MUST_USE int	sl_store_tenant_get(struct sl_store *store, struct sl_node tenant,
		    struct sl_tenant_settings *settings_out);

/* ---- routes: next hops, in the order in which they are tried */
#define SL_ROUTE_TLS(X)								\
	X(OFF, "off")								\
	X(OPPORTUNISTIC, "opportunistic")	/* if offered; the certificate is not checked */	\
	X(REQUIRE, "require")			/* the certificate is not checked */	\
	X(VERIFY, "verify")

enum sl_route_tls {		/* in the order of enum sl_hop_tls */
#define SL_ROUTE_TLS_ENUM(name, word) SL_ROUTE_TLS_##name,
	SL_ROUTE_TLS(SL_ROUTE_TLS_ENUM)
#undef SL_ROUTE_TLS_ENUM
	SL_ROUTE_TLS_COUNT,
};
const char	*sl_route_tls_word(enum sl_route_tls tls);
bool		 sl_route_tls_find(struct sl_slice word, enum sl_route_tls *tls_out);

#define SL_ROUTES_MAX	16

struct sl_route {
	struct sl_slice		host;	/* a name or an IP address (no brackets) */
	unsigned		port;	/* 1 to 65,535 */
	enum sl_route_tls	tls;
};
/* "host", "host:port", "[2001:db8::1]:port"; the default port is 25. `host` points into `text`. */
SL_MUST_USE int	sl_route_parse(struct sl_slice text, struct sl_route *route_out);
/* All of them, instead of those before. */
SL_MUST_USE int	sl_store_routes_set(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    const struct sl_route *routes, size_t len);

/* ---- domains. `alias_of` (id 0: of none): whoever is a user there is one here. An alias has no groups, users,
 * lists or policies of its own, and is of the same tenant. */
SL_MUST_USE int	sl_store_domain_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    struct sl_slice name, struct sl_node alias_of, struct sl_node *domain_out);
SL_MUST_USE int	sl_store_group_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node domain,
		    struct sl_slice name, struct sl_node *group_out);

/* ---- users */
#define SL_USER_SOURCES(X)							\
	X(EXPLICIT, "explicit")							\
	X(IMPORTED, "imported")		/* from a list, which a later list replaces */	\
	X(DISCOVERED, "discovered")	/* by accepted mail */

enum sl_user_source {
#define SL_USER_SOURCE_ENUM(name, word) SL_USER_##name,
	SL_USER_SOURCES(SL_USER_SOURCE_ENUM)
#undef SL_USER_SOURCE_ENUM
	SL_USER_SOURCE_COUNT,
};
const char	*sl_user_source_word(enum sl_user_source source);
bool		 sl_user_source_find(struct sl_slice word, enum sl_user_source *source_out);

struct sl_new_user {
	struct sl_slice	address;
	struct sl_slice	group;		/* its name, made when it is not there; "": none */
};
/* Add users to a tenant's domains; one that is there gets the group (if one is given) and the source. One audit entry.
 * On failure *bad_out is the number of the row that is at fault, and nothing is changed. */
SL_MUST_USE int	sl_store_users_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    enum sl_user_source source, const struct sl_new_user *users, size_t len, size_t *bad_out);
/* Put a user into a group of its domain; id 0: into none. */
SL_MUST_USE int	sl_store_user_set_group(struct sl_store *store, const struct sl_actor *actor, struct sl_node user,
		    struct sl_node group);
/* Mail for these was accepted by the next hop of a tenant that discovers: those not known become users, of the others
 * the day is noted. Addresses of other tenants are passed over. */
SL_MUST_USE int	sl_store_users_seen(struct sl_store *store, const struct sl_actor *actor,
		    const struct sl_slice *addresses, size_t len, size_t *added_out);
/* Forget discovered users not seen within their tenant's window. */
SL_MUST_USE int	sl_store_users_expire(struct sl_store *store, const struct sl_actor *actor, size_t *removed_out);

/* Remove a node and all that is its own: what is below it, lists, policies and their versions, grants, keys. The audit
 * trail stays. A partner that has tenants, and a domain that has aliases, are SL_ERR_BUSY. */
SL_MUST_USE int	sl_store_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_node node);

#endif
