/*
 * words.h - find words and phrases of long lists in running text (Aho and Corasick, 1975)
 *
 * Text and phrases are read alike: case, accents, width and compatibility forms do not matter, invisible characters are
 * not there, and whatever is neither letter nor digit parts words, however much of it there is; so a phrase is found
 * across line ends and punctuation. Words are found whole; a phrase that ends in "*" is found whatever its last word goes
 * on with. In scripts that do not part words (Chinese, Japanese, Thai, Khmer, Lao, Burmese) each character is a word.
 *
 * Memory: of a list at most 80 bytes for each byte of its phrases; of a run, the struct. Time: linear in the text, however
 * many phrases there are. Where the input is cut changes nothing.
 *
 * Limits: letters that only look alike in other scripts are others (lookalike/fold.h).
 */
#ifndef SL_POLICY_WORDS_H
#define SL_POLICY_WORDS_H

#include "sl/base.h"

#define SL_WORDS_BYTES_MAX	((size_t)4 << 20)	/* of all phrases of a list, as they are kept */

struct sl_words_phrase {
	struct sl_slice	text;		/* UTF-8 */
	uint32_t	id;		/* told when it is found */
};

struct sl_words;

/* Phrases are borrowed for the call; one without a letter or digit is never found. NULL: they are too many. */
struct sl_words	*sl_words_new(const struct sl_words_phrase *phrases, size_t len);
void		 sl_words_free(struct sl_words **words);	/* NULL is fine */

/* Is there a letter or digit in it? */
bool		 sl_words_phrase_ok(struct sl_slice text);

/* Called at the end of each phrase; of a phrase that stands there twice, twice. */
typedef void sl_words_sink(void *ctx, uint32_t id);

struct sl_words_run {			/* members are words.c's own */
	const struct sl_words	*words;		/* kept */
	sl_words_sink		*sink;
	void			*ctx;		/* kept */
	uint32_t		 state;
	bool			 parted;	/* the last thing was no letter or digit */
	unsigned char		 held[4];
	unsigned		 held_len;
};
void	sl_words_run_init(struct sl_words_run *run, const struct sl_words *words, sl_words_sink *sink, void *ctx);
void	sl_words_feed(struct sl_words_run *run, struct sl_slice utf8);
void	sl_words_end(struct sl_words_run *run);		/* the text ends; another may follow */

#endif
