/*
 * words.h - what digests and answers say, in the languages they are written in
 *
 * A text has places {1} to {3}. A language is a file of one table (words_en.c ...); a test sees that each has every text
 * and the same places as English. To add one: a file, and a line in words.c.
 */
#ifndef SL_DIGEST_WORDS_H
#define SL_DIGEST_WORDS_H

#include "sl/buf.h"

#define SL_DIGEST_WORDS(X)								\
	X(NAME)			/* who writes: display name */				\
	X(SUBJECT)		/* {1} number */					\
	X(INTRO)		/* {1} mailbox, {2} {3} times */			\
	X(TIMES)		/* {1} zone, {2} offset */				\
	X(HOW)										\
	X(REPLY_ONE) X(REPLY_MANY)	/* what answering this mail does */		\
	X(REQUEST)		/* to have a new list */				\
	X(MORE)			/* {1} number, of a group */				\
	X(FOOTER)		/* {1} customer */					\
	X(RECEIVED) X(FROM) X(TITLE) X(WHY) X(PROBABILITY) X(SIZE) X(EXPIRES) X(ACTIONS)	\
	X(NO_SUBJECT) X(NO_SENDER)							\
	X(NOTE_NAME)		/* the display name looks like another address */	\
	X(NOTE_MIXED)		/* letters of several alphabets in one word */		\
	X(SEND_AS_IS)		/* body of a mail that a link begins */			\
	X(DO_RELEASE) X(DO_DELETE) X(DO_ALLOW) X(DO_DENY) X(DO_REPORT) X(DO_REQUEST)	\
	X(GROUP_MALWARE) X(GROUP_PHISH) X(GROUP_ATTACHMENT) X(GROUP_AUTHENTICATION)	\
	X(GROUP_CONTENT) X(GROUP_DENIED) X(GROUP_SPAM) X(GROUP_BULK) X(GROUP_MALFORMED)	\
	X(GROUP_OTHER)									\
	X(DONE_SUBJECT) X(FAILED_SUBJECT)	/* {1} the deed's word */		\
	X(DONE_RELEASE) X(DONE_DELETE) X(DONE_ALLOW) X(DONE_DENY) X(DONE_REPORT) X(DONE_REQUEST)	\
	X(DONE_LEARNED)		/* behind DONE_REPORT */				\
	X(ABOUT)		/* the answer's line of what it is about: {1} sender, {2} subject */	\
	X(WHY_GONE) X(WHY_FORBIDDEN) X(WHY_LOCKED) X(WHY_DONE_BEFORE) X(WHY_UNDELIVERABLE) X(WHY_FAULT)	\
	X(HOP_SAID)		/* {1} the next hop's reply */				\
	X(ASK_ADMINISTRATOR)

enum sl_digest_word {
#define SL_DIGEST_WORD_ENUM(id) SL_DIGEST_WORD_##id,
	SL_DIGEST_WORDS(SL_DIGEST_WORD_ENUM)
#undef SL_DIGEST_WORD_ENUM
	SL_DIGEST_WORD_COUNT,
};

struct sl_digest_language {
	const char	*tag;				/* "de": for lang= and Content-Language */
	const char	*text[SL_DIGEST_WORD_COUNT];	/* UTF-8 */
};

/* The language of a tag ("de", "de-AT", "DE_at"), or English. Never NULL. */
const struct sl_digest_language *sl_digest_language_find(struct sl_slice tag);
size_t	sl_digest_languages(const struct sl_digest_language *const **list_out);
/* Add a text with its places ({1} to {9}) filled; those that are not given stay empty. */
void	sl_digest_fill(const char *text, const struct sl_slice *fill, size_t fill_len, struct sl_buf *out);
/* The same of a word of this table; at most 3 places. */
void	sl_digest_say(const struct sl_digest_language *language, enum sl_digest_word word, const struct sl_slice *fill,
	    size_t fill_len, struct sl_buf *out);

#endif
