/*
 * mailbox.h - addresses of header fields: From, To, Cc, Reply-To, Sender, ... (RFC 5322, 3.4)
 *
 * Reads every list that mail programs read, obsolete forms too: groups, comments, routes, white space
 * around dots, empty members, ';' in place of ','. What is no address is given as it stands,
 * with `valid` false, so that no author is lost because he is badly written. A display name that
 * looks like an address is not taken for one, but is marked: programs show it in its place.
 *
 * Memory: the output, and a copy of the field. Time is linear.
 */
#ifndef SL_MIME_MAILBOX_H
#define SL_MIME_MAILBOX_H

#include "sl/buf.h"

#define SL_MAILBOX_COMMENT_DEPTH	64	/* comments nested deeper end at this depth */

/* Slices are borrowed for the call. */
struct sl_mailbox {
	struct sl_slice	name;		/* UTF-8, unquoted, decoded; empty if none */
	struct sl_slice	address;	/* local@domain, local unquoted; or the text that is no address */
	struct sl_slice	local;		/* unquoted; empty if not valid */
	struct sl_slice	domain;		/* as written, without comments; a literal keeps its [ ] */
	struct sl_slice	group;		/* the name of the group it stands in; empty if none */
	bool		valid;		/* an addr-spec of RFC 5322, obsolete forms and UTF-8 allowed */
	bool		name_is_address;	/* the name holds an '@' that is not in its address */
};

typedef void sl_mailbox_sink(void *ctx, const struct sl_mailbox *mailbox);

/* Give each address of a field's value (folds as sent) in its order. Returns how many. */
size_t	sl_mailbox_each(struct sl_slice value, sl_mailbox_sink *sink, void *ctx);

#endif
