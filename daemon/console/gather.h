/*
 * gather.h - what is kept of a tenant's mail, sorted by who is told of it
 *
 * The vault is asked for all of a tenant, page by page, and each recipient of each message is followed to his reader: himself, or
 * the address that his policy names for digests. That costs as much as there is new mail, however many users there are. A reader
 * sees what his rights let him see, not what he had released or deleted already, and at most SL_DIGEST_ROWS_MAX messages, the newest.
 *
 * A message for so many that not all of them fit into its record (some 60) is asked for by itself, after its page: the vault reads it to its
 * end, where the others are.
 *
 * Memory: GATHER_BYTES_MAX; what does not fit is not listed.
 */
#ifndef CONSOLE_GATHER_H
#define CONSOLE_GATHER_H

#include "agenda.h"
#include "console.h"
#include "rights.h"
#include "sl/arena.h"
#include "ways.h"

#define GATHER_BYTES_MAX	((size_t)128 << 20)
#define GATHER_PAGE		200u
#define GATHER_PAUSE_MS		20u	/* between pages, so that the vault does other things too */

struct reader {
	struct reader		*next;		/* of all, in the order they were found */
	struct reader		*chain;		/* of those of one hash */
	char			 mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	const struct rights	*rights;
	int64_t			 since_s, due_s;	/* of one that is due: messages received in [since, due) */
	bool			 is_due;
	bool			 is_sent;	/* the caller's */
	struct sl_digest_row	*rows;
	size_t			 rows_len, rows_size;
	uint64_t		 unlisted;
};

struct gather;

struct gather_options {
	struct sl_loop		*loop;
	struct console		*console;
	struct ways		*ways;
	struct agenda		*agenda;	/* for policies */
	struct zones		*zones;
	int64_t			 tenant;
	struct sl_slice		 name;		/* the tenant's, copied */
	int64_t			 from_us, to_us;	/* received in [from, to); 0: no bound */
	const char		*only;		/* for this reader alone, copied; NULL: all */
	/* By schedule: who was due in (after, now]. Both 0: by no schedule, all readers. */
	int64_t			 after_s, now_s;
	void			(*done)(void *ctx, int result);		/* 0, or an SL_ERR_* */
	void			*ctx;
};
struct gather	*gather_new(const struct gather_options *options);	/* and begin */
void		 gather_free(struct gather **gather);
struct reader	*gather_readers(const struct gather *gather);		/* after `done` */
struct sl_slice	 gather_tenant(const struct gather *gather);

#endif
