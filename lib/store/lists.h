/*
 * lists.h - allow and deny entries at any node; see store.h
 *
 * The value says what it is, and is read and kept as policy/list.h reads and prints it: "anna@example.com" is an
 * address, "example.com" a domain, "*.example.com" all domains below it, "192.0.2.0/24" or "2001:db8::1" a network. A
 * node has one entry for a value: adding it again replaces it.
 */
#ifndef SL_STORE_LISTS_H
#define SL_STORE_LISTS_H

#include "policy/list.h"
#include "store/store.h"

#define SL_ENTRY_KINDS(X)							\
	X(ALLOW, "allow")							\
	X(DENY, "deny")

enum sl_entry_kind {
#define SL_ENTRY_KIND_ENUM(name, word) SL_ENTRY_##name,
	SL_ENTRY_KINDS(SL_ENTRY_KIND_ENUM)
#undef SL_ENTRY_KIND_ENUM
	SL_ENTRY_KIND_COUNT,
};
const char	*sl_entry_kind_word(enum sl_entry_kind kind);
bool		 sl_entry_kind_find(struct sl_slice word, enum sl_entry_kind *kind_out);

#define SL_ENTRY_TYPES(X)							\
	X(ADDRESS, "address")							\
	X(DOMAIN, "domain")							\
	X(NETWORK, "network")							\
	X(BELOW, "below")

enum sl_entry_type {
#define SL_ENTRY_TYPE_ENUM(name, word) SL_ENTRY_##name,
	SL_ENTRY_TYPES(SL_ENTRY_TYPE_ENUM)
#undef SL_ENTRY_TYPE_ENUM
	SL_ENTRY_TYPE_COUNT,
};
const char	*sl_entry_type_word(enum sl_entry_type type);

enum {				/* options, as bits */
	SL_ENTRY_UNAUTHENTICATED	= 1 << 0,	/* allow: also without SPF, DKIM or DMARC saying that it is so */
	SL_ENTRY_SUBDOMAINS	= 1 << 1,	/* a domain: also those below it */
	SL_ENTRY_EITHER		= 1 << 2,	/* allow: From or the envelope's sender is enough */
	SL_ENTRY_OPTIONS	= (1 << 3) - 1,
};
/* "unauthenticated subdomains either": those that are set, with a space between; and back. */
void		 sl_entry_options_print(unsigned options, struct sl_buf *out);
bool		 sl_entry_options_find(struct sl_slice words, unsigned *options_out);

struct sl_store_entry {
	enum sl_entry_kind	kind;
	enum sl_entry_type	type;		/* follows from the value; not looked at when adding */
	struct sl_slice		value;
	unsigned		options;
	struct sl_slice		note;		/* at most 1,000 bytes */
	int64_t			expires_at;	/* seconds since 1970, 0: never */
	int64_t			added_at;	/* the last two: not looked at when adding */
	struct sl_slice		added_by;
};

#define SL_ENTRY_VALUE_MAX	(SL_LIST_KEY_MAX + 2)
/* Normalise; `out` gets NUL behind it. Returns NULL, or what to write instead; static. */
const char	*sl_entry_value(struct sl_slice value, enum sl_entry_type *type_out,
		    char out[SL_ENTRY_VALUE_MAX + 1], size_t *len_out);

/* One audit entry for all. On failure *bad_out is the number of the row at fault, and nothing is changed. */
SL_MUST_USE int	sl_store_list_add(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    const struct sl_store_entry *entries, size_t len, size_t *bad_out);
/* SL_ERR_NOT_FOUND when one is not there: then none is removed. */
SL_MUST_USE int	sl_store_list_remove(struct sl_store *store, const struct sl_actor *actor, struct sl_node node,
		    const struct sl_slice *values, size_t len);
/* Remove what has expired (walks pass it over in any case). */
SL_MUST_USE int	sl_store_lists_expire(struct sl_store *store, const struct sl_actor *actor, size_t *removed_out);

/* Returns 0 to go on; anything else ends the walk and is its result. */
typedef int sl_entry_each(void *ctx, const struct sl_store_entry *entry);
/* Those of a node alone, by value, from behind `after` on ("": all); not those that have expired. */
SL_MUST_USE int	sl_store_list_walk(struct sl_store *store, struct sl_node node, struct sl_slice after,
		    sl_entry_each *each, void *ctx);

#endif
