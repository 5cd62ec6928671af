/*
 * keys.h - keys of tenants, to which the edges seal what is quarantined; see store.h
 *
 * Of a secret key only a wrapped form is kept, opaque here: under the service's master key, or under the tenant's
 * passphrase. A tenant has one current key; older ones stay for what was sealed to them until they are removed.
 */
#ifndef SL_STORE_KEYS_H
#define SL_STORE_KEYS_H

#include "store/store.h"

#define SL_KEY_HOLDERS(X)							\
	X(SERVICE, "service")	/* wrapped under the master key: digests and releases work unattended */	\
	X(TENANT, "tenant")	/* under a passphrase: the service alone opens nothing */

enum sl_key_holder {
#define SL_KEY_HOLDER_ENUM(name, word) SL_KEY_##name,
	SL_KEY_HOLDERS(SL_KEY_HOLDER_ENUM)
#undef SL_KEY_HOLDER_ENUM
	SL_KEY_HOLDER_COUNT,
};
const char	*sl_key_holder_word(enum sl_key_holder holder);

#define SL_KEY_PUBLIC_BYTES	32
#define SL_KEY_WRAPPED_MAX	4096

struct sl_tenant_key {
	int64_t			id;		/* given by the store, never again */
	struct sl_node		tenant;
	unsigned char		public_key[SL_KEY_PUBLIC_BYTES];
	struct sl_slice		wrapped;	/* borrowed */
	enum sl_key_holder	holder;
	bool			current;
	int64_t			added_at_us;
};

/* Add a key; it is the current one from now on. Of `key`: public_key, wrapped, holder. */
SL_MUST_USE int	sl_store_key_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node tenant,
		    const struct sl_tenant_key *key, int64_t *id_out);
/* The same key wrapped otherwise: another master key, or another holder. The old wrapping is overwritten on disk. */
SL_MUST_USE int	sl_store_key_rewrap(struct sl_store *store, const struct sl_actor *actor, int64_t id,
		    struct sl_slice wrapped, enum sl_key_holder holder);
/* Remove one that is not current (else SL_ERR_BUSY). What was sealed to it is lost for good. */
SL_MUST_USE int	sl_store_key_remove(struct sl_store *store, const struct sl_actor *actor, int64_t id);

typedef int sl_key_each(void *ctx, const struct sl_tenant_key *key);
/* Newest first. */
SL_MUST_USE int	sl_store_keys(struct sl_store *store, struct sl_node tenant, sl_key_each *each, void *ctx);

#endif
