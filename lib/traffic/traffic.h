/*
 * traffic.h - what became of every transaction: the edges' record lines, a file for each day
 *
 * Lines (daemon/edge/record.h, lib/record) are queued, then written in blocks: compressed, with an index of what one
 * looks for. A day's file is removed as a whole when it is too old; before that its sums go into a small file that is
 * kept. A line that comes twice (a recorder that was killed reads its input again) is kept once, by its id.
 *
 * Loss never delays anybody: a line that does not fit into the queue is dropped, one that cannot be understood is passed
 * over, and both are counted, in the day's file too, so that a search can say what it cannot know.
 *
 * Privacy. Lines hold no content, but they do hold addresses of envelopes, and those are personal data: files are readable
 * by their owner alone, and keeping them short is what protects people. The index has keyed hashes, of a key that is the
 * file's own. That keeps index and disk small and days apart; it hides nothing from who has the file, since the lines
 * are in it. Of Message-IDs there is only a hash in the line itself (sl_record_message_id): that a certain message
 * passed can be asked by who knows its id, and by nobody else.
 *
 * Memory: the queue (`queue_bytes`), a block (2 MiB), a page cache (8 MiB) of each file that is open, one at a time.
 * Blocking; one thread. Results as in store/store.h.
 */
#ifndef SL_TRAFFIC_H
#define SL_TRAFFIC_H

#include "sl/buf.h"

struct sl_traffic;

struct sl_traffic_options {
	const char		*directory;	/* made if it is not there */
	const struct sl_clock	*clock;		/* kept; NULL: the system's */
	size_t			 queue_bytes;	/* 0: 16 MiB */
	unsigned		 keep_days;	/* of files; 0: 30 */
	bool			 read_only;
};

/* *traffic_out is set also on failure (then only _error and _close may be called). */
SL_MUST_USE int	sl_traffic_open(const struct sl_traffic_options *options, struct sl_traffic **traffic_out);
void		sl_traffic_close(struct sl_traffic **traffic);	/* flushes what it can */
const char	*sl_traffic_error(const struct sl_traffic *traffic);

/* ---- writing */

/* Queue a line (without its end). SL_ERR_FULL: the queue is, and the line is dropped and counted. */
int		sl_traffic_add(struct sl_traffic *traffic, struct sl_slice line);
/* Write what is queued. On failure (a full disk) what is not written stays queued. */
SL_MUST_USE int	sl_traffic_flush(struct sl_traffic *traffic);
size_t		sl_traffic_queued(const struct sl_traffic *traffic);	/* bytes */
/* Remove files of days that are too old. */
SL_MUST_USE int	sl_traffic_expire(struct sl_traffic *traffic, size_t *removed_out);

struct sl_traffic_counts {	/* since it was opened */
	uint64_t	written, dropped, malformed, repeated;
};
void		sl_traffic_counts(const struct sl_traffic *traffic, struct sl_traffic_counts *counts_out);

/* ---- searching */

/* A line as it may be seen (narrow.h), valid until the next call; false: not at all. */
typedef bool sl_traffic_seen(void *ctx, struct sl_slice line, struct sl_slice *seen_out);

#define SL_TRAFFIC_SET_MAX	256u	/* of tenants, or recipients */

struct sl_traffic_query {	/* all that are given must hold; case of ASCII does not count */
	struct sl_slice	id;		/* of the transaction or the session */
	struct sl_slice	sender;		/* an address, or a domain: "example.com"; "<>": none */
	struct sl_slice	recipient;	/* the same; accepted or not */
	struct sl_slice	client;		/* IP address */
	struct sl_slice	message_id;	/* as in the message, or its hash */
	struct sl_slice	tenant;
	int64_t		since_us, until_us;	/* until 0: now and later */
	size_t		limit;			/* 0: 100 */

	/* Of who looks on behalf of somebody. What is not seen is not found, nor by what is not seen of it. */
	sl_traffic_seen	*seen;			/* NULL: all of everything */
	void		*seen_ctx;
	/* Looked for in the index, where there are some: what is seen is of one of these tenants, and names one of these addresses or domains. */
	const struct sl_slice *of_tenants, *of_recipients;
	size_t		of_tenants_len, of_recipients_len;	/* at most SL_TRAFFIC_SET_MAX */
	size_t		count_more;		/* beyond the limit, as they are read; 0: one, so that it is known that there are more */
	uint64_t	count_us;		/* and for so long; 0: as long as it takes */
	uint64_t	deadline_us;		/* of the clock that never goes back; 0: none */
};
struct sl_traffic_found {
	size_t		lines;
	bool		more;		/* than the limit */
	size_t		beyond;		/* how many more, up to count_more, ... */
	bool		at_least;	/* ... or as many as could be counted */
	int64_t		reached_us;	/* the deadline came: what is older than this was not looked at; 0: all was, or there are more than the limit */
	unsigned	days;		/* files that were searched */
	uint64_t	lost;		/* lines that were dropped on these days */
	uint64_t	left_out;	/* what ended before there was a message, and has no line: too many at once */
};
/* Returns 0 to go on; anything else ends the search and is its result. */
typedef int sl_traffic_each(void *ctx, struct sl_slice line);
/* Newest day first, in it what came last first (by time alone: the newest first; they differ by a queue's age at most).
 * What is still queued is not found. */
SL_MUST_USE int	sl_traffic_search(struct sl_traffic *traffic, const struct sl_traffic_query *query,
		    sl_traffic_each *each, void *ctx, struct sl_traffic_found *found_out);

/* ---- sums */

struct sl_traffic_sum {
	const char	*day;		/* "2026-11-26" (UTC) */
	struct sl_slice	tenant;		/* "": mail for nobody of ours */
	struct sl_slice	outcome;	/* as in the line: "delivered", "refused", ... */
	struct sl_slice	action;		/* "" : not judged */
	struct sl_slice	verdict;
	/* A message, and its bytes, count once, as what became of it as a whole; recipients who fared otherwise, as that. */
	uint64_t	messages, recipients, bytes;
	bool		reached;	/* the customer got it: bytes of others never reached him */
	bool		early;		/* no messages but transactions and sessions that ended before there was one (record/record.h) */
	struct sl_slice	name;		/* where it is counted by them: of a domain, or an address */
};
typedef int sl_traffic_sum_each(void *ctx, const struct sl_traffic_sum *sum);
/* By day, tenant, outcome, action, verdict; from and to inclusive; one tenant's, or all (""). Also of days whose files are
 * gone. */
SL_MUST_USE int	sl_traffic_sums(struct sl_traffic *traffic, const char *from_day, const char *to_day,
		    struct sl_slice tenant, sl_traffic_sum_each *each, void *ctx);

/* ---- messages, for sums by who they were for */

struct sl_traffic_fate {
	struct sl_slice	outcome, action, verdict;
};
struct sl_traffic_recipient {
	struct sl_slice	address;	/* in lower case */
	unsigned	fate;		/* 0: as the message as a whole; n: as fates[n - 1] */
};
struct sl_traffic_message {		/* all borrowed for the call */
	const char		*day;
	struct sl_slice		 tenant;
	struct sl_traffic_fate	 whole;
	const struct sl_traffic_fate *fates;
	size_t			 fates_len;
	uint64_t		 bytes;
	const struct sl_traffic_recipient *recipients;	/* that were accepted; some 1,000 at most */
	size_t			 recipients_len;
};
typedef int sl_traffic_message_each(void *ctx, const struct sl_traffic_message *message);
struct sl_traffic_wanted {
	const char	*from_day, *to_day;
	struct sl_slice	tenant;		/* "": all */
	/* Looked for in the index, where not none: addresses, one of which each message that is wanted is for (others may be given too). */
	const struct sl_slice *recipients;
	size_t		 recipients_len;
};
/* Those that are wanted, day by day, of days whose files are there; without what ended before there was a message. first_out: the first of these
 * days, or "". A day of a million messages takes some 0.2 s; few of one tenant, or for few recipients, are found by the index. */
SL_MUST_USE int	sl_traffic_messages(struct sl_traffic *traffic, const struct sl_traffic_wanted *wanted, sl_traffic_message_each *each, void *ctx,
		    char first_out[11]);
/* What a message counts in the sums of some of its recipients (`chosen`, by place): once, with its bytes, as what became of it as a whole if one of
 * them fared so, else as what became of the first; the others who fared otherwise as recipients alone. */
SL_MUST_USE int	sl_traffic_message_sums(const struct sl_traffic_message *message, const bool *chosen, struct sl_slice name,
		    sl_traffic_sum_each *each, void *ctx);
/* Sums by domain (`name`) of days whose files are gone. */
SL_MUST_USE int	sl_traffic_domain_sums(struct sl_traffic *traffic, const char *from_day, const char *to_day, struct sl_slice tenant,
		    sl_traffic_sum_each *each, void *ctx);

#endif
