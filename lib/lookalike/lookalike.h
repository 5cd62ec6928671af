/*
 * lookalike.h - does a host, or a text, imitate a name that is protected?
 *
 * Protected are brands that are often forged (data/brands.txt), and whatever else a list names: own
 * domains, partners. A host imitates a name if it is not one of the name's own domains and
 *  - looks like it (fold.h: letters of other scripts, digits for letters, hyphens inside), or
 *  - is a slip of the finger away: one change (insertion, deletion, another letter, two exchanged) from 6
 *    letters on, two from 12 on; below 12 the first letter is the same, or
 *  - has words added ("paypal-secure", "mypaypal"), or
 *  - has it to the left of a foreign domain ("paypal.com.example", "paypal.example"), or
 *  - is it under another suffix ("paypal.example").
 * How it does is told, and says how much it means: the last two are done in honesty as well.
 *
 * The list is text: a line each, `#` begins a comment:
 *     Bank of America, BofA: bankofamerica.com bofa.com      names, then their own domains
 *     ~Apple, iCloud: apple.com icloud.com                   Apple is an ordinary word: it alone is no sign
 *     partner.example                                        a domain, protected by its first label
 *
 * Memory: for each name about 200 bytes and 8 for each of its spellings with letters left out (7 to 300):
 * of 400 brands under 1 MiB; names beyond SL_LOOKALIKE_NAMES_MAX are SL_ERR_FULL. Time of a look-up
 * does not depend on how many names there are: 0.3 to 3 us. After it is made it is only read.
 *
 * Limits: names under 3 letters are found in no host. Slips are looked for in whole labels and in
 * their parts between hyphens, not in words that run together.
 */
#ifndef SL_LOOKALIKE_LOOKALIKE_H
#define SL_LOOKALIKE_LOOKALIKE_H

#include "lookalike/fold.h"

#define SL_LOOKALIKE_NAMES_MAX	65536

/* How, weakest first: id, word, the sentence's verb. */
#define SL_LOOKALIKE_KINDS(X)								\
	X(NONE, "none", "has nothing of")						\
	X(SUFFIX, "suffix", "is under another ending the same as")			\
	X(BELOW, "below", "has, in front of a foreign domain, the name of")		\
	X(ADDED, "added", "adds words to the name of")					\
	X(SLIP, "slip", "is but a slip away from")					\
	X(EMBEDDED, "embedded", "begins with the whole domain of")			\
	X(SPLIT, "split", "is, but for hyphens, the name of")				\
	X(CONFUSABLE, "confusable", "looks like")

enum sl_lookalike_kind {
#define SL_LOOKALIKE_ENUM(id, word, verb) SL_LOOKALIKE_##id,
	SL_LOOKALIKE_KINDS(SL_LOOKALIKE_ENUM)
#undef SL_LOOKALIKE_ENUM
};

const char	*sl_lookalike_kind_word(enum sl_lookalike_kind kind);
const char	*sl_lookalike_kind_verb(enum sl_lookalike_kind kind);

struct sl_lookalike;

struct sl_lookalike_match {
	enum sl_lookalike_kind	kind;
	unsigned		brand;		/* the same for all names of a line */
	struct sl_slice		name;		/* as the list has it first */
	struct sl_slice		domain;		/* its first own domain; may be empty */
	bool			word;		/* it is an ordinary word as well */
	bool			exact;		/* of a text: it is spelled as it should be */
};

/* Read a list, borrowed. `fold` is kept, may be NULL. Returns 0; SL_ERR_SYNTAX with the line; SL_ERR_FULL. */
SL_MUST_USE int	 sl_lookalike_read(struct sl_slice list, const struct sl_fold *fold,
		    struct sl_lookalike **out, size_t *line_out);
void		 sl_lookalike_free(struct sl_lookalike **lookalike);	/* NULL is fine */
size_t		 sl_lookalike_brands(const struct sl_lookalike *lookalike);
size_t		 sl_lookalike_memory(const struct sl_lookalike *lookalike);	/* bytes */

/* Whose own domain, or name below one, is `host` (lower case A-labels)? The brand, or -1. */
int		 sl_lookalike_owner(const struct sl_lookalike *lookalike, struct sl_slice host);
/* Whom does `host` imitate? `domain` is its registrable domain, a tail of it. False: nobody. */
bool		 sl_lookalike_host(const struct sl_lookalike *lookalike, struct sl_slice host,
		    struct sl_slice domain, struct sl_lookalike_match *match_out);
/* Which names stand in a text (UTF-8), in order, each brand once, at most `max`: whole words, or up to 4 words
 * together. Those that are spelled to look like one are CONFUSABLE; others SUFFIX, and exact. Returns how many. */
size_t		 sl_lookalike_text(const struct sl_lookalike *lookalike, struct sl_slice text,
		    struct sl_lookalike_match *matches, size_t max);
/* Is there a word in it that lures: login, verify, account, support ...? */
bool		 sl_lookalike_lures(const struct sl_lookalike *lookalike, struct sl_slice text);

/* Does one label, or the first of a domain, imitate one name, which is not on a list: SUFFIX (it is the same), SLIP,
 * SPLIT or CONFUSABLE? For few names: each is folded anew. */
enum sl_lookalike_kind sl_lookalike_pair(const struct sl_fold *fold, struct sl_slice label, struct sl_slice name);

#endif
