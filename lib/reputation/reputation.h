/*
 * reputation.h - what an address, a network or a domain has sent before
 *
 * A table in memory that several processes share (theirs, mapped; here it is only given): entries of 64
 * bytes, in sets of 8, updated with atomic words and without locks (cell.h). A lost race costs a count. Counts
 * halve every half-life. When a set is full the entry goes of which least is known, then the one not
 * seen for longest: a flood of new names displaces other new names.
 *
 * Names are not kept: only a hash under a key (SipHash) that is made with the memory.
 *
 * What it says is log-odds, between -3 and 4.5: the odds of unwanted to wanted mail, with 2 of each imagined
 * beforehand, so that few messages weigh little. Nobody makes or breaks a reputation alone: of what
 * one reporter (`who`: a tenant, or a recipient where there is one tenant only) says,
 * SL_REPUTATION_EACH count, and SL_REPUTATION_SOURCE of what comes from one `source`. How many there are is told by a
 * sketch of 12 bits each: up to about 30.
 *
 * Contents are not trusted (one of the processes may have been taken over): whatever they are, a look-up reads
 * inside the memory, takes the same time, and gives numbers in range. The length comes from who mapped it.
 *
 * Limits: two keys of one 64-bit hash are one. Counts are in eighths and end at 131,071.
 */
#ifndef SL_REPUTATION_REPUTATION_H
#define SL_REPUTATION_REPUTATION_H

#include "sl/base.h"

#define SL_REPUTATION_MIN_BYTES	65536
#define SL_REPUTATION_EACH	6	/* messages' worth that one reporter can say */
#define SL_REPUTATION_SOURCE	12	/* and that can come from one source */
#define SL_REPUTATION_LOW	-3.0
#define SL_REPUTATION_HIGH	4.5

/* What is known by its past. Prefixes let different things with the same bytes be different keys. */
enum sl_reputation_kind {
	SL_REPUTATION_ADDRESS,		/* IPv4, or an IPv6 /64: within it anybody can change his own */
	SL_REPUTATION_NETWORK,		/* IPv4 /24, IPv6 /48 */
	SL_REPUTATION_HELO,		/* the registrable domain of EHLO */
	SL_REPUTATION_ENVELOPE,		/* that of MAIL FROM, with the network if it is not proven */
	SL_REPUTATION_AUTHOR,		/* that of From, likewise */
	SL_REPUTATION_SIGNER,		/* proven by DKIM or SPF */
	SL_REPUTATION_MANNERS,		/* of an address: `wanted` sessions were well-behaved */
	SL_REPUTATION_CORRECTION,	/* how often somebody has corrected what is said of another key */
};

enum sl_reputation_what {
	SL_REPUTATION_WANTED,
	SL_REPUTATION_UNWANTED,
	SL_REPUTATION_PHISH,		/* also counts as unwanted */
	SL_REPUTATION_MALWARE,		/* likewise */
	SL_REPUTATION_REFUSED,		/* a recipient that does not exist */
};

struct sl_reputation_settings {
	unsigned char	key[16];
	double		half_life_min;
};

/* Embedded in its owner, one for each process. */
struct sl_reputation {
	unsigned			 magic;
	struct reputation_entry		*entries;	/* shared */
	uint64_t			 sets;
	struct sl_reputation_settings	 settings;
};

/* Use `memory` (kept; len at least SL_REPUTATION_MIN_BYTES, aligned to 64), zeroed when it was made. */
void	sl_reputation_init(struct sl_reputation *table, void *memory, size_t len,
	    const struct sl_reputation_settings *settings);

/* The key of something; never 0. */
uint64_t sl_reputation_key(const struct sl_reputation *table, enum sl_reputation_kind kind, struct sl_slice name);
/* Of a name within another thing: a domain as it is used by a network that did not prove it. */
uint64_t sl_reputation_key_within(const struct sl_reputation *table, enum sl_reputation_kind kind,
	    struct sl_slice name, uint64_t within);

struct sl_reputation_report {
	enum sl_reputation_what	what;
	double			weight;		/* messages' worth, 1/8 to 100: a correction is worth several */
	uint64_t		who;		/* a hash of who says so; 0: nobody in particular */
	uint64_t		source;		/* of where it came from; 0: it is what the key names */
};
void	sl_reputation_add(const struct sl_reputation *table, uint64_t key, const struct sl_reputation_report *report,
	    int64_t now_s);

struct sl_reputation_view {
	double	wanted, unwanted, phish, malware, refused;	/* counts, faded */
	double	reporters, sources;	/* different ones, of what is unwanted if that is more; about */
	int64_t	first_s, last_s;	/* report */
	double	log_odds;		/* of unwanted, see above; then of phish and malware, against wanted */
	double	phish_log_odds, malware_log_odds;
};
/* False: nothing is known. */
bool	sl_reputation_look(const struct sl_reputation *table, uint64_t key, int64_t now_s,
	    struct sl_reputation_view *out);

/* Entries in use, counted over a 64th of the table; for a gauge. */
uint64_t sl_reputation_used(const struct sl_reputation *table);

#endif
