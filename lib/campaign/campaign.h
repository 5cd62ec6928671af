/*
 * campaign.h - the texts of recent mail, by their fingerprints: what comes again, and what became of it
 *
 * A table in memory that several processes share, of campaigns: a campaign is a text and its near-copies.
 * Kept of it are a minhash and a simhash under a key (fingerprint/fingerprint.h), and counts: messages,
 * verdicts, corrections, from how many networks, by how many reporters, since when. Nothing of the content
 * can be got back from that.
 *
 * Near-copies are found by bands: 16 of 4 values of the minhash each. A text is looked for under each
 * of its bands, and what is found is compared whole: SL_CAMPAIGN_NEAR of the values must be equal. Two texts
 * that share 70 % of their shingles meet in some band in 99 of 100 cases, those that share 30 % in 12.
 * Time: 16 places of 8, and at most SL_CAMPAIGN_COMPARED comparisons, however many campaigns there are.
 *
 * Counts fade (reputation/cell.h). A new text takes the place of the one of eight of which least is
 * known. An entry's tag is a keyed hash of its fingerprint: one that was torn, or that somebody has tampered
 * with, is none; whatever the memory holds, a look-up stays inside it and gives numbers in range.
 *
 * What it says is log-odds between -3 and 4.5. Verdicts that were given to copies weigh as much as
 * SL_CAMPAIGN_JUDGED messages at most, since the same text is judged the same way; corrections, by
 * people, as much as SL_REPUTATION_EACH from each reporter.
 *
 * Memory: 192 bytes a campaign and as much again for finding it: 43,690 campaigns in 16 MiB.
 *
 * Limits: texts of fewer than SL_CAMPAIGN_SHINGLES_MIN shingles (three words in a row) are not looked at: greetings and
 * signatures alone are like others'. A newsletter that a large sender sends from twenty networks looks
 * like a burst until there are 80 of it. Two processes that see a new text in the same moment begin two campaigns.
 */
#ifndef SL_CAMPAIGN_CAMPAIGN_H
#define SL_CAMPAIGN_CAMPAIGN_H

#include "fingerprint/fingerprint.h"
#include "sl/base.h"

#define SL_CAMPAIGN_MIN_BYTES		65536
#define SL_CAMPAIGN_SHINGLES_MIN	16
#define SL_CAMPAIGN_NEAR		0.5
#define SL_CAMPAIGN_COMPARED		32
#define SL_CAMPAIGN_JUDGED		6
#define SL_CAMPAIGN_RECENT_MIN		30	/* the half-life, in minutes, of what is "recent" */

struct sl_campaign_settings {
	unsigned char	key[16];	/* of tags; fingerprints have one of their own */
	double		half_life_min;
};

/* Embedded in its owner, one for each process. */
struct sl_campaigns {
	unsigned			 magic;
	struct campaign_entry		*entries;	/* shared */
	uint64_t			 len;
	_Atomic uint64_t		*index;		/* shared: sets of 8 places */
	uint64_t			 sets;
	struct sl_campaign_settings	 settings;
};

/* Use `memory` (kept; aligned to 64, at least SL_CAMPAIGN_MIN_BYTES), zeroed when it was made. */
void	sl_campaigns_init(struct sl_campaigns *campaigns, void *memory, size_t len,
	    const struct sl_campaign_settings *settings);

struct sl_campaign_view {
	uint64_t	id;			/* of the campaign; 0: the text is new, all else is 0 too */
	double		similarity;		/* to the campaign's first text; estimate */
	double		messages;		/* counts, faded */
	double		unwanted, wanted, phish, malware;	/* verdicts */
	double		corrected_unwanted, corrected_wanted;
	double		networks, reporters;	/* different ones; about, up to 200 */
	double		recent, recent_networks;
	int64_t		first_s, last_s;
	double		log_odds, phish_log_odds, malware_log_odds;
	bool		is_burst;		/* much of it at once, and from all over */
};

/* Has something like it come before? False: no, or the text is too short to say. */
bool	sl_campaign_look(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text,
	    int64_t now_s, struct sl_campaign_view *out);

enum sl_campaign_verdict {
	SL_CAMPAIGN_UNSURE,
	SL_CAMPAIGN_WANTED,
	SL_CAMPAIGN_UNWANTED,
	SL_CAMPAIGN_PHISH,
	SL_CAMPAIGN_MALWARE,
};
struct sl_campaign_sighting {
	uint64_t			network;	/* hashes of where it came from */
	uint64_t			who;		/* and of whose it was, as in reputation.h */
	enum sl_campaign_verdict	verdict;
	bool				is_correction;	/* by a person; of a message that was seen before */
};

/* What happened to a campaign, for whoever watches over many installations. */
enum sl_campaign_change {
	SL_CAMPAIGN_GREW,	/* to 8 messages, 16, 32 ... */
	SL_CAMPAIGN_BURST,	/* it comes from all over now */
	SL_CAMPAIGN_TURNED,	/* it is known to be unwanted, or wanted, now */
};
struct sl_campaign_event {
	enum sl_campaign_change				 change;
	const struct sl_fingerprint_result		*text;	/* of this message */
	struct sl_campaign_view				 view;	/* with this message */
};
typedef void sl_campaign_listener(void *ctx, const struct sl_campaign_event *event);

/* A message with this text has come, or one that came was corrected. `on_event` may be NULL; it is called from inside. */
void	sl_campaign_note(const struct sl_campaigns *campaigns, const struct sl_fingerprint_result *text,
	    const struct sl_campaign_sighting *sighting, int64_t now_s, sl_campaign_listener *on_event, void *ctx);

const char	*sl_campaign_change_name(enum sl_campaign_change change);	/* "grew" */
/* Campaigns known, counted over a 64th of the table; for a gauge. */
uint64_t sl_campaigns_used(const struct sl_campaigns *campaigns);

#endif
