/*
 * replay.h - how recorded messages would have fared under another policy
 *
 * Two pictures of the settings, as compiled snapshots: what holds, and what is tried. For each recipient of a record both
 * are looked up, what his policies ask for is worked out again from the recorded facts (identity, files, hits of content
 * groups), lists are asked again, and sl_decide decides, twice. What differs is told, with the decision's own words.
 *
 * What a record cannot answer is told as a doubt, and only where it could have made a difference: a rule about names of
 * files, words or patterns that no run has looked for yet, more files than were recorded, records without facts.
 *
 * First the recorded ruling is compared with what the current picture says: where they are not the same, settings (or
 * lists) have changed since, and what is told of that message is about now.
 *
 * Recipients are judged one by one, and then together, as an edge does it that is to give one answer: who should be refused
 * alone, while others are given the message, has it kept, where all such policies keep messages. (Not where the sender
 * takes an answer for each recipient, which is seen by what became of them.) Limits: what a next hop would have said; a
 * message that outgrew the edge's window is split instead; that there may be no vault.
 *
 * What is larger than message.size would be refused, by what the record says of its size, or its sender said. (Not known: the size of what was refused
 * while it came, as its sender had not said it.)
 *
 * Who was refused at RCPT, by his domain's shield or a list, as nobody's here, or for the size that was said, is asked about again as at RCPT. Where he would be refused no more
 * it is told that the message would be judged: as what, nobody knows, and what his being there would do to others is not told either.
 *
 * Memory: of a picture at most SL_REPLAY_POLICIES_MAX policies and SL_REPLAY_POLICY_BYTES of what they point at, those in
 * use last; else the struct. Pure, but for the pages of the snapshots. Time: some microseconds for a recipient.
 */
#ifndef SL_REPLAY_H
#define SL_REPLAY_H

#include "record/record.h"
#include "snapshot/snapshot.h"

#define SL_REPLAY_POLICIES_MAX	32768u
#define SL_REPLAY_POLICY_BYTES	((size_t)64 << 20)

/* A bit each: what could not be worked out again. */
#define SL_REPLAY_DOUBTS(X)								\
	X(FACTS, "the record holds no facts beside the verdict")			\
	X(NAMES, "an attachment rule is about names, which are not recorded")		\
	X(FILES, "it had more files than are recorded")					\
	X(WORDS, "a content group looks for what no run has looked for yet")		\
	X(POLICY, "the policy cannot be unpacked")

enum sl_replay_doubt {
#define SL_REPLAY_DOUBT_ENUM(name, text) SL_REPLAY_DOUBT_##name,
	SL_REPLAY_DOUBTS(SL_REPLAY_DOUBT_ENUM)
#undef SL_REPLAY_DOUBT_ENUM
	SL_REPLAY_DOUBT_COUNT,
};
#define SL_REPLAY_BIT(name)	(1u << SL_REPLAY_DOUBT_##name)
const char	*sl_replay_doubt_text(enum sl_replay_doubt doubt);	/* static */

/* How a recipient fares by one picture. */
struct sl_replay_fare {
	bool			 there;		/* the domain is a tenant's */
	uint32_t		 tenant;
	struct sl_decision	 decision;
	enum sl_action		 action;	/* that is really done: DELIVER in monitor mode */
	bool			 at_rcpt;	/* REFUSE, at RCPT: alone, whoever else gets the message */
	bool			 judged;	/* not refused at RCPT as he was; nothing of the other members is known then */
	bool			 together;	/* QUARANTINE in place of REFUSE, as others are given it or have it kept */
};

struct sl_replay_told {
	const struct sl_record		*record;
	const struct sl_record_class	*class;		/* NULL: he was refused at RCPT */
	struct sl_slice			 recipient;
	const struct sl_replay_fare	*now, *then;	/* by what holds, and by what is tried */
	bool				 differs;	/* another action, or copy */
	bool				 drifted;	/* recorded was another ruling than `now` */
	unsigned			 doubts;	/* bits; what is told may be otherwise */
};
typedef void sl_replay_each(void *ctx, const struct sl_replay_told *told);

struct sl_replay;

/* Both are kept, and may be the same. */
struct sl_replay	*sl_replay_new(const struct sl_snapshot *current, const struct sl_snapshot *changed);
/* What is tried are these entries, too (kept; replay/lists.h). */
struct sl_replay_lists;
void			 sl_replay_try_lists(struct sl_replay *replay, const struct sl_replay_lists *lists);
void			 sl_replay_free(struct sl_replay **replay);	/* NULL is fine */
/* Each recipient of a record, or of a line without one, that either picture knows, then those whom policies refused at RCPT; returns how many it does not know, who are other tenants'. `at_s`:
 * when the message came, for entries that expire. */
size_t			 sl_replay_record(struct sl_replay *replay, const struct sl_record *record, int64_t at_s,
			    sl_replay_each *each, void *ctx);

#endif
