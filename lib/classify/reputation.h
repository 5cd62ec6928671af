/*
 * reputation.h - what the sender has sent before, as evidence; and what a verdict teaches
 *
 * Evidence named reputation_address, reputation_network, reputation_helo, reputation_domain and
 * reputation_signer, from look-ups in a table (reputation/reputation.h) that the caller has made; what was never seen
 * gives none. Its value is the table's log-odds. By itself each adds a share of them, since they speak of
 * the same messages: all of it together stays within 1.3 times what one table can say. Nothing that a
 * sender sent before excuses malware.
 *
 * Lessons: the table learns from verdicts that are sure without it. What memory itself says (reputation_*,
 * campaign_*, no_quit, helo_changes, early_talk) is left out of that: what was believed once would
 * confirm itself.
 */
#ifndef SL_CLASSIFY_REPUTATION_H
#define SL_CLASSIFY_REPUTATION_H

#include "classify/classify.h"
#include "reputation/reputation.h"

/* One thing that was looked up. */
struct sl_sender_past {
	bool				known;
	struct sl_reputation_view	view;
	struct sl_slice			name;	/* "192.0.2.7", "192.0.2.0/24", "example.com" */
};

struct sl_sender_pasts {
	struct sl_sender_past	address, network, helo, domain, signer;
};

/* Add evidence. Sentences are kept in arena; the names are copied. */
void	sl_sender_evidence(const struct sl_sender_pasts *pasts, int64_t now_s, struct sl_arena *arena,
	    struct sl_verdict *verdict);

enum sl_lesson {
	SL_LESSON_NONE,		/* not sure, or by memory alone */
	SL_LESSON_WANTED,
	SL_LESSON_UNWANTED,
	SL_LESSON_PHISH,
	SL_LESSON_MALWARE,
};
/* What a combined verdict teaches: of its evidence but for memory's own, at SL_LESSON_SURE. */
#define SL_LESSON_SURE	0.95
enum sl_lesson	sl_lesson(const struct sl_verdict *verdict);

/* "3 days ago", for sentences. */
#define SL_AGO_MAX	32
const char	*sl_ago(int64_t then_s, int64_t now_s, char out[SL_AGO_MAX]);

#endif
