/*
 * fingerprint.h - fingerprints of text and of files, by which near-copies are found
 *
 * A campaign's messages are the same text with another name, number, link or tail. Two summaries are
 * made in one pass over a text's shingles (each three words in a row): a simhash, 64 bits of which
 * few differ between near-copies; and a minhash, SL_MINHASH values of which about as many are equal
 * as the shingles that two texts share, divided by those that either has (Jaccard).
 *
 * Text is UTF-8, as a person sees it (no tags). Before it is cut into words: ASCII, Latin, Greek and
 * Cyrillic letters lose their case, full-width and mathematical letters become plain ones,
 * characters that take no room are dropped; runs of digits become one; what differs from copy to
 * copy (the tail of a link, a mail address, codes of letters and digits, words of more than
 * SL_FINGERPRINT_WORD bytes) becomes one word for each kind. In scripts without blanks (Chinese,
 * Japanese, Thai, Lao, Khmer, Burmese) a character is a word.
 *
 * A file is cut where its content says so (about every 96 bytes), and the pieces are its shingles: an
 * insertion changes only the pieces around it.
 *
 * Hashes are keyed (multiplications by secrets that SipHash makes of the key; fast, and strong enough
 * as long as fingerprints are not shown to outsiders): who does not know the key cannot make a text
 * that passes for another. Fingerprints of different keys cannot be compared.
 *
 * Memory: struct sl_fingerprint, under 2 KiB. Time: linear. Of a text beyond its first
 * SL_FINGERPRINT_FULL bytes every eighth shingle counts, chosen by its hash, and so the same ones in
 * every copy. Where the input is cut changes nothing.
 *
 * Limits: letters of other scripts that look like Latin ones stay what they are. A text of few words has
 * few shingles: see `shingles` before trusting a likeness.
 */
#ifndef SL_FINGERPRINT_FINGERPRINT_H
#define SL_FINGERPRINT_FINGERPRINT_H

#include "sl/base.h"

#define SL_MINHASH		64
#define SL_FINGERPRINT_FULL	65536
#define SL_FINGERPRINT_WORD	32	/* bytes; a longer word is one of the kind "long" */

/* Made once, kept by whoever makes fingerprints; 2 KiB. */
struct sl_fingerprint_key {
	uint64_t	k[2];		/* SipHash's */
	uint64_t	mix[4];		/* odd; of shingles */
	uint64_t	gear[256];	/* of cutting files */
};

struct sl_fingerprint_result {
	uint64_t	simhash;
	uint32_t	minhash[SL_MINHASH];
	uint32_t	shingles;	/* that counted, repeated ones too; 0: the others mean nothing */
};

struct sl_fingerprint {		/* embedded in its owner; private */
	const struct sl_fingerprint_key	*key;
	bool		file;		/* bytes, not text */
	uint64_t	at;		/* bytes fed */
	/* text: a character that is cut, the word, the token (what stands between blanks) */
	unsigned char	cut[4];
	unsigned	cut_len;
	unsigned char	word[SL_FINGERPRINT_WORD + 8];
	unsigned	word_len;
	bool		word_long;
	unsigned	turns;		/* from letters to digits or back, in the word */
	unsigned char	last_class;	/* of its last character */
	unsigned	url;		/* how much of "://" has been seen, or where in a link */
	bool		address;	/* the token holds an '@' */
	uint64_t	token[8];	/* hashes of its words */
	unsigned	token_len;
	/* file: the piece */
	uint64_t	gear, piece;
	unsigned	piece_len;
	unsigned char	block[8];
	/* shingles */
	uint64_t	last[2];
	unsigned	words;		/* of the first shingle, up to 3 */
	uint32_t	shingles;
	uint64_t	planes[8];	/* counters of the simhash's bits, sliced: a bit of each */
	unsigned	planes_used;	/* additions since they were emptied */
	int32_t		votes[64];
	uint32_t	minhash[SL_MINHASH];
};

/* Prepare a key from a secret of the settings. */
void	sl_fingerprint_key_init(struct sl_fingerprint_key *key, const unsigned char secret[16]);

/* `key` is kept. */
void	sl_fingerprint_init_text(struct sl_fingerprint *f, const struct sl_fingerprint_key *key);
void	sl_fingerprint_init_file(struct sl_fingerprint *f, const struct sl_fingerprint_key *key);
void	sl_fingerprint_feed(struct sl_fingerprint *f, struct sl_slice bytes);
void	sl_fingerprint_finish(struct sl_fingerprint *f, struct sl_fingerprint_result *out);

/* Bits in which the simhashes differ, 0 to 64; of texts that have nothing in common, about 32. */
unsigned sl_fingerprint_distance(const struct sl_fingerprint_result *a,
	    const struct sl_fingerprint_result *b);
/* Estimate of the share of shingles in common, 0 to 1; standard error at most 0.07. 0 if either is empty. */
double	 sl_fingerprint_similarity(const struct sl_fingerprint_result *a,
	    const struct sl_fingerprint_result *b);

#endif
