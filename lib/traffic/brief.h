/*
 * brief.h - what reports count of lines, in few bytes: how each message fared, and for whom
 *
 * A block of lines (traffic.h) has a brief, some 60 bytes a message where a line has two thousand: so the messages of a day are gone through in a
 * fraction of a second, and nobody need keep sums of everything that might be asked. Briefs of a day lie in a file of their own, one behind the other
 * as they are read. They are written when the lines are on the disk; where one is missing (a crash in between, a day of an earlier version) the lines
 * say the same, more slowly.
 *
 *	brief := record*
 *	record := size tenant whole bytes fates recipients	size: of what follows; tenant: its number in the day's file
 *	whole := outcome action verdict				of the message, each a text
 *	fates := count whole*					of those recipients who fared otherwise
 *	recipients := count (fate text)*			fate 0: as the whole; n: as the n-th of fates. Addresses in lower case
 *	text := size byte*					numbers are LEB128
 *
 * Pure, linear. What is read points into the brief. Wrong bytes are SL_ERR_DAMAGED.
 */
#ifndef SL_TRAFFIC_BRIEF_H
#define SL_TRAFFIC_BRIEF_H

#include "traffic/traffic.h"

#define BRIEF_FATES_MAX		64u
#define BRIEF_RECIPIENTS_MAX	1000u
#define BRIEF_RECORD_MAX	((size_t)1 << 20)

struct brief {
	int64_t			tenant;
	struct sl_traffic_fate	whole, fates[BRIEF_FATES_MAX];
	size_t			fates_len;
	uint64_t		bytes;
	struct sl_traffic_recipient	recipients[BRIEF_RECIPIENTS_MAX];
	size_t			recipients_len;
};

/* Add a record. Addresses are written in lower case. */
void		brief_write(const struct brief *brief, struct sl_buf *out);
/* The next record of `rest`, which moves past it; with `tenant` not 0 those of others are passed over. SL_DONE, 0: no more, or
 * SL_ERR_DAMAGED. */
SL_MUST_USE int	brief_read(struct sl_slice *rest, int64_t tenant, struct brief *out);

#endif
