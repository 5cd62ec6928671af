/*
 * digests.h - what has to be remembered for digests; see store.h
 *
 * Keys of action addresses (digest/token.h), the newest in front: whoever rotates adds one, and those beyond
 * SL_STORE_DIGEST_KEYS are forgotten, with what they signed. Up to when a tenant's digests were made; and of a mailbox the
 * due time that it was served for, so that none comes twice. And whose mailbox an address is, by domains' aliases.
 *
 * None of it is a change that anybody made: there are no audit entries here, and nothing for compilers.
 */
#ifndef SL_STORE_DIGESTS_H
#define SL_STORE_DIGESTS_H

#include "store/store.h"

#define SL_STORE_DIGEST_KEYS	8u
#define SL_STORE_DIGEST_SECRET	32u

struct sl_store_digest_key {
	unsigned	number;		/* 0 to 255; of those that are kept, no two have one */
	unsigned char	secret[SL_STORE_DIGEST_SECRET];
	int64_t		made_s;
};
SL_MUST_USE int	sl_store_digest_keys(struct sl_store *store, struct sl_store_digest_key keys_out[SL_STORE_DIGEST_KEYS],
		    size_t *len_out);
SL_MUST_USE int	sl_store_digest_key_add(struct sl_store *store, const unsigned char secret[SL_STORE_DIGEST_SECRET], int64_t now_s);

/* Up to when (seconds) all that was due of a tenant has been sent. SL_ERR_NOT_FOUND: nothing yet. */
SL_MUST_USE int	sl_store_digest_run(struct sl_store *store, int64_t tenant, int64_t *at_out);
SL_MUST_USE int	sl_store_digest_run_set(struct sl_store *store, int64_t tenant, int64_t at_s);
/* The due time that a mailbox was served for last; 0: never. */
SL_MUST_USE int	sl_store_digest_served(struct sl_store *store, int64_t tenant, struct sl_slice mailbox, int64_t *due_out);
SL_MUST_USE int	sl_store_digest_serve(struct sl_store *store, int64_t tenant, struct sl_slice mailbox, int64_t due_s);

/* Whose address is it? In lower case, the domain as A-labels, that of an alias as the one it stands for; the node is the user, or
 * where there is none of that name the domain, which may be one with "*." above the address's. SL_ERR_NOT_FOUND: no such domain; SL_ERR_SYNTAX: no address. */
#define SL_STORE_MAILBOX_MAX	320u
struct sl_store_mailbox {
	char		text[SL_STORE_MAILBOX_MAX + 1];
	struct sl_node	node;
	int64_t		tenant, domain, group;	/* group 0: none */
};
SL_MUST_USE int	sl_store_mailbox(struct sl_store *store, struct sl_slice address, struct sl_store_mailbox *out);
/* All names of a domain: its own first, then its aliases. Returns 0 to go on. */
typedef int	sl_store_name_each(void *ctx, struct sl_slice name);
SL_MUST_USE int	sl_store_domain_names(struct sl_store *store, int64_t domain, sl_store_name_each *each, void *ctx);

/* Nodes of a tenant that have something of their own to say, the tenant itself left out; at most `limit`. */
typedef int	sl_store_node_each(void *ctx, struct sl_node node);
SL_MUST_USE int	sl_store_layer_nodes(struct sl_store *store, int64_t tenant, int64_t limit, sl_store_node_each *each, void *ctx);
/* The tenant that comes behind this one (0: the first); SL_DONE, or SL_MORE: there is none. */
SL_MUST_USE int	sl_store_tenant_after(struct sl_store *store, int64_t tenant, int64_t *tenant_out);

#endif
