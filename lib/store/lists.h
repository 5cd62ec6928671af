/*
 * lists.h - allow and deny entries at any node; see store.h
 *
 * The value says what it is: "anna@example.com" an address, "example.com" a domain, "192.0.2.0/24", "192.0.2.1" or
 * "2001:db8::/32" a network. Kept normalised: addresses and domains as in tree.h, networks with their host bits zero and
 * always with a length. A node has one entry for a value: adding it again replaces it.
 */
#ifndef SL_STORE_LISTS_H
#define SL_STORE_LISTS_H

#include "store/store.h"

#define SL_LIST_KINDS(X)							\
	X(ALLOW, "allow")							\
	X(DENY, "deny")

enum sl_list_kind {
#define SL_LIST_KIND_ENUM(name, word) SL_LIST_##name,
	SL_LIST_KINDS(SL_LIST_KIND_ENUM)
#undef SL_LIST_KIND_ENUM
	SL_LIST_KIND_COUNT,
};
const char	*sl_list_kind_word(enum sl_list_kind kind);
bool		 sl_list_kind_find(struct sl_slice word, enum sl_list_kind *kind_out);

#define SL_LIST_TYPES(X)							\
	X(ADDRESS, "address")							\
	X(DOMAIN, "domain")							\
	X(NETWORK, "network")

enum sl_list_type {
#define SL_LIST_TYPE_ENUM(name, word) SL_LIST_##name,
	SL_LIST_TYPES(SL_LIST_TYPE_ENUM)
#undef SL_LIST_TYPE_ENUM
	SL_LIST_TYPE_COUNT,
};
const char	*sl_list_type_word(enum sl_list_type type);

enum {				/* options, as bits */
	SL_LIST_UNAUTHENTICATED	= 1 << 0,	/* allow: also without SPF, DKIM or DMARC saying that it is so */
	SL_LIST_SUBDOMAINS	= 1 << 1,	/* a domain: also those below it */
};

struct sl_list_entry {
	enum sl_list_kind	kind;
	enum sl_list_type	type;		/* follows from the value; not looked at when adding */
	struct sl_slice		value;
	unsigned		options;
	struct sl_slice		note;		/* at most 1,000 bytes */
	int64_t			expires_at;	/* seconds since 1970, 0: never */
	int64_t			added_at;	/* the last two: not looked at when adding */
	struct sl_slice		added_by;
};

#define SL_LIST_VALUE_MAX	320
/* Normalise; `out` gets NUL behind it. SL_ERR_SYNTAX: it is none of the three. */
SL_MUST_USE int	sl_list_value(struct sl_slice value, enum sl_list_type *type_out,
		    char out[SL_LIST_VALUE_MAX + 1], size_t *len_out);

/* One audit entry for all. On failure *bad_out is the number of the row at fault, and nothing is changed. */
SL_MUST_USE int	sl_store_list_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    const struct sl_list_entry *entries, size_t len, size_t *bad_out);
/* SL_ERR_NOT_FOUND when one is not there: then none is removed. */
SL_MUST_USE int	sl_store_list_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    const struct sl_slice *values, size_t len);
/* Remove what has expired (walks pass it over in any case). */
SL_MUST_USE int	sl_store_lists_expire(struct sl_store *store, const struct sl_actor *actor, size_t *removed_out);

/* Returns 0 to go on; anything else ends the walk and is its result. */
typedef int sl_list_each(void *ctx, const struct sl_list_entry *entry);
/* Those of a node alone, by value, from behind `after` on ("": all); not those that have expired. */
SL_MUST_USE int	sl_store_list_walk(struct sl_store *store, struct sl_node node, struct sl_slice after,
		    sl_list_each *each, void *ctx);

#endif
