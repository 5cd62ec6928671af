/*
 * seen.h - what a message shows a person, read once for all who learn from words
 *
 * Events of a message (content/content.h) go in; what the sender wrote comes out: texts of header fields, what parts
 * say they are, text that is seen, text that is not, markup. Words of ASCII come one by one, folded and hashed,
 * since most text is made of them; all else as UTF-8. The n-gram model, the token model and what tenants
 * know listen side by side and see the same.
 *
 * Only what the sender wrote counts. Left out: everything a receiving server adds (Received,
 * Authentication-Results, ARC-*, X-* but X-Mailer), list fields, the recipients, a leading [tag] of the subject. A
 * model that learned those would know mailboxes, not mail. Who wants them nevertheless has `other_field`.
 *
 * A broken message has several readings (mime/mime.h): the first SL_SEEN_READINGS are told, each for itself. The
 * header is told as that of reading 0, and is all of it that further ones have.
 *
 * A long text is not read whole (content/sample.h): it would hold an edge up. Beyond the first SL_SEEN_READ_BYTES of
 * a reading a stretch is read, then three times as much passed over; far beyond, 63 times as much.
 *
 * Memory: some hundred bytes, and SL_SEEN_TAIL_BYTES where a text is that long, for each reading. Chunks: where text
 * is cut changes nothing of what a listener can know. Linear.
 */
#ifndef SL_SEEN_H
#define SL_SEEN_H

#include "content/content.h"

/* Where a piece of text stood. The words are for the sentence shown to a person. */
#define SL_SEEN_PLACES(X)			\
	X(SUBJECT, "in the subject")		\
	X(FROM, "in the sender")		\
	X(HEADER, "in the header")		\
	X(TEXT, "in the text")			\
	X(HIDDEN, "in text that is not seen")	\
	X(MARKUP, "in the markup")		\
	X(PART, "in a part's header")

enum sl_seen_place {
#define SL_SEEN_PLACE_ENUM(name, words) SL_SEEN_##name,
	SL_SEEN_PLACES(SL_SEEN_PLACE_ENUM)
#undef SL_SEEN_PLACE_ENUM
	SL_SEEN_PLACE_COUNT,
};
const char *sl_seen_place_words(enum sl_seen_place place);	/* static */

/* What is said of a message beside its words. */
#define SL_SEEN_MARKS(X)						\
	X(RE, "re:")							\
	X(DOMAIN, "domain ")			/* the author's */	\
	X(TOP_DOMAIN, "domain .")					\
	X(ADDRESS_AS_NAME, "an address as name")			\
	X(NO_NAME, "no name")						\
	X(NO_ADDRESS, "no address")					\
	X(DATE, "date ")			/* how it is written */	\
	X(REPLY_SAME, "replies to its own domain")			\
	X(REPLY_OTHER, "replies to another domain")			\
	X(TYPE, "type ")			/* of a part */		\
	X(CHARSET, "charset ")						\
	X(ENCODING, "encoding ")					\
	X(FILE, "file ")			/* how its name ends */

enum sl_seen_mark {
#define SL_SEEN_MARK_ENUM(name, label) SL_SEEN_MARK_##name,
	SL_SEEN_MARKS(SL_SEEN_MARK_ENUM)
#undef SL_SEEN_MARK_ENUM
	SL_SEEN_MARK_COUNT,
};

#define SL_SEEN_LABEL_MAX	40
/* The mark and its value in lower case, cut to SL_SEEN_LABEL_MAX bytes. Returns the length. */
size_t	sl_seen_label(enum sl_seen_mark mark, struct sl_slice value, unsigned char out[SL_SEEN_LABEL_MAX]);

#define SL_SEEN_WORD_MAX	40	/* bytes; longer ones come as text */
#define SL_SEEN_HASH_START	0x811c9dc5u	/* FNV-1a */
#define SL_SEEN_HASH_PRIME	0x01000193u

/* Letters, digits and ' - _ . @ $ of ASCII, whole, and what ends it: another ASCII character. */
struct sl_seen_word {
	const unsigned char	*raw;		/* borrowed for the call */
	size_t			 len;		/* 0: there is only the end */
	uint32_t		 hash;		/* FNV-1a, lower case, digits as '0' */
	bool			 has_at;	/* an @: a mail address */
	unsigned char		 end;
	unsigned char		 lower[SL_SEEN_WORD_MAX];
};

/* Slices are borrowed for the call. */
struct sl_seen_events {
	/* A run of text that is seen begins: no word reaches across. Then come words and texts, in order. */
	void	(*start)(void *state, unsigned reading, enum sl_seen_place place);
	void	(*word)(void *state, unsigned reading, const struct sl_seen_word *word);
	void	(*text)(void *state, unsigned reading, struct sl_slice utf8);
	/* Some of it is passed over: a word that was under way is given up. */
	void	(*gap)(void *state, unsigned reading);
	void	(*end)(void *state, unsigned reading);		/* the last word is complete */
	/* Text that is not seen. It may come in the middle of a word of what is. */
	void	(*hidden)(void *state, unsigned reading, struct sl_slice utf8);
	/* A name or a value of markup, whole. */
	void	(*markup)(void *state, unsigned reading, struct sl_slice bytes);
	void	(*mark)(void *state, unsigned reading, enum sl_seen_place place, enum sl_seen_mark mark,
		    struct sl_slice value);
	void	(*header_over)(void *state);	/* what comes now is not of the header */
	void	(*other_field)(void *state, struct sl_slice name, struct sl_slice value);	/* may be NULL */
};

#define SL_SEEN_READINGS	3
#define SL_SEEN_LISTENERS	8
#define SL_SEEN_FIELD_MAX	4096	/* bytes of a field that count */
#define SL_SEEN_HIDDEN_BYTES	((size_t)16 << 10)	/* of text that is not seen */
#define SL_SEEN_READ_BYTES	((size_t)64 << 10)	/* all of the text up to here */
#define SL_SEEN_STRETCH_BYTES	((size_t)4 << 10)
#define SL_SEEN_SAMPLED_BYTES	((size_t)112 << 10)	/* read in all, from where on little is */
#define SL_SEEN_SKIP_BYTES	((size_t)12 << 10)	/* on average */
#define SL_SEEN_SKIP_FAR_BYTES	((size_t)252 << 10)
#define SL_SEEN_TAIL_BYTES	((size_t)4 << 10)

struct sl_seen;

struct sl_seen	*sl_seen_new(void);			/* never NULL */
void		 sl_seen_free(struct sl_seen **seen);	/* NULL is fine */
/* Before the first event; both are kept. At most SL_SEEN_LISTENERS. */
void		 sl_seen_listen(struct sl_seen *seen, const struct sl_seen_events *events, void *state);
void		 sl_seen_field(struct sl_seen *seen, struct sl_slice name, struct sl_slice value);
void		 sl_seen_begin(struct sl_seen *seen, const struct sl_content_part *part);
void		 sl_seen_text(struct sl_seen *seen, const struct sl_content_part *part, struct sl_slice utf8,
		    enum sl_view_kind kind);
void		 sl_seen_tag(struct sl_seen *seen, const struct sl_content_part *part, const struct sl_html_tag *tag);
void		 sl_seen_part_end(struct sl_seen *seen, const struct sl_content_part *part);
void		 sl_seen_finish(struct sl_seen *seen);	/* the message ends: what was passed over last is read */

#endif
