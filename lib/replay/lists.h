/*
 * lists.h - entries of a list that are tried: added to what a node has, or taken off
 *
 * A line each: as policy/list_line.h has an entry, which takes the place of one with the same key, or "remove VALUE". The first line
 * says whose list it is: "list operator", "list partner NUMBER", "list tenant NUMBER" or "list user NUMBER ADDRESS" (the tenant's number).
 *
 * Limits: at most SL_REPLAY_ENTRIES_MAX. A user is known by his address, and where he has a list already by any of its spellings:
 * without one, what came to an alias of his domain is not told.
 *
 * Memory: the struct. Pure.
 */
#ifndef SL_REPLAY_LISTS_H
#define SL_REPLAY_LISTS_H

#include "snapshot/snapshot.h"

#define SL_REPLAY_ENTRIES_MAX	64

struct sl_replay_lists {
	enum sl_policy_by	by;
	uint32_t		owner;		/* a partner's number, or a tenant's */
	char			user[SL_LIST_KEY_MAX + 1];
	struct sl_list_filter	filter;		/* of what is added */
	struct {
		struct sl_list_key	key;
		unsigned		flags;	/* 0: it is taken off */
	}			entries[SL_REPLAY_ENTRIES_MAX];
	size_t			len;
};

/* Returns NULL, or what is wrong; static. "" is no list: `len` 0. */
const char	*sl_replay_lists_read(struct sl_slice text, struct sl_replay_lists *lists_out);
/* Does it hold for that recipient, by that picture? */
bool		 sl_replay_lists_hold(const struct sl_replay_lists *lists, const struct sl_snapshot *snapshot, struct sl_slice recipient,
		    const struct sl_snapshot_recipient *at);
/* As sl_snapshot_tried has it; `ctx`: the lists. */
unsigned	 sl_replay_lists_flags(void *ctx, enum sl_list_kind kind, struct sl_slice key, unsigned bits, unsigned flags);

#endif
