/*
 * token_i.h - private to the token model: how a message becomes words and pairs of words
 *
 * Training and scoring, of the global model and of what tenants know, must see the same features, so
 * all drive the same reader: events of a message (content/content.h) go in, the features of one word
 * after the other come out, each once in its block.
 *   token_text.c  text into words; a word and its orthogonal sparse pairs as features
 *   token_mail.c  fields that count, parts, what is seen and what is not
 *   token_read.c  readings of a message, and their blocks
 *
 * A feature is a word in its place, or a word with one of the two before it and their distance
 * (orthogonal sparse bigrams, Siefkes, Assis, Chhabra, Yerazunis 2004; a window of 5 costs
 * twice as much and, on sources it has not learned from, ranks worse).
 *
 * Only what the sender wrote counts. Left out: what a receiving server adds (Received,
 * Authentication-Results, ARC-*, X-* but X-Mailer), list fields, recipients, mail addresses in texts, a
 * leading [tag] of the subject. With `all_fields` every field is read: for what a tenant knows of its own mail,
 * never for a model that others use.
 *
 * Memory: fixed, given by the structs. Chunks: where text is cut changes nothing.
 */
#ifndef SL_TOKEN_I_H
#define SL_TOKEN_I_H

#include "classify/classify.h"

/* Where a word stood. The words are for the sentence shown to a person. */
#define TOKEN_PLACES(X)				\
	X(SUBJECT, "in the subject")		\
	X(FROM, "in the sender")		\
	X(HEADER, "in the header")		\
	X(TEXT, "in the text")			\
	X(HIDDEN, "in text that is not seen")	\
	X(MARKUP, "in the markup")		\
	X(PART, "in a part's header")

enum token_place {
#define TOKEN_PLACE_ENUM(name, words) TOKEN_##name,
	TOKEN_PLACES(TOKEN_PLACE_ENUM)
#undef TOKEN_PLACE_ENUM
	TOKEN_PLACE_COUNT,
};

#define TOKEN_WORD_MAX		40	/* bytes; of a longer one the rest is skipped */
#define TOKEN_WINDOW		3	/* words that pairs reach over */
#define TOKEN_GROUP_MAX		(TOKEN_WINDOW + 1)	/* features of one word */

/* Takes the features of one word, borrowed for the call. A feature is 32 well mixed bits. */
typedef void token_sink(void *ctx, enum token_place place, struct sl_slice word,
    const uint32_t *features, size_t len);

/* A long text is not read whole. Beyond the first part stretches are read, and about three times as much, far
 * beyond 63 times as much, is passed over. How much exactly follows from the text, so that no place is known
 * to be safe without trying; and the end of the text is always read. */
#define TOKEN_READ_BYTES	((size_t)64 << 10)	/* all of it up to here */
#define TOKEN_STRETCH_BYTES	((size_t)4 << 10)
#define TOKEN_SAMPLED_BYTES	((size_t)176 << 10)	/* read in all, from where on little is */
#define TOKEN_SKIP_BYTES	((size_t)12 << 10)	/* on average */
#define TOKEN_SKIP_FAR_BYTES	((size_t)252 << 10)
#define TOKEN_TAIL_BYTES	2048
#define TOKEN_HIDDEN_BYTES	((size_t)16 << 10)	/* of text that is not seen are read */

/* Text, as it is taken apart. */
struct token_run {
	enum token_place	 place;
	uint32_t		 kind;		/* mixed into a word's hash; 0: that of the place */
	bool			 is_address;	/* the word holds an @ */
	unsigned char		 c_missing;	/* bytes that a character of several still lacks */
	uint32_t		 c;
	uint32_t		 hash;
	size_t			 len;
	uint32_t		 before[TOKEN_WINDOW - 1];	/* hashes of words, newest first; 0: none */
	unsigned char		 word[TOKEN_WORD_MAX];
};

struct token_text {
	token_sink		*sink;
	void			*ctx;
	struct token_run	 seen;		/* what a reader sees: words and pairs */
	struct token_run	 hidden;	/* what he does not: words */
	size_t			 hidden_bytes;
	size_t			 read_bytes;	/* of the message's text, see TOKEN_READ_BYTES ... */
	size_t			 read_until;	/* ... the next stop */
	size_t			 skip;		/* bytes of text to pass over */
	size_t			 tail_bytes;	/* passed over in all; the last ones are in tail[] */
	unsigned char		 tail[TOKEN_TAIL_BYTES];	/* a ring: read when the message ends */
};

void	token_text_init(struct token_text *text, token_sink *sink, void *ctx);
/* A new run of text begins: no word or pair reaches across. */
void	token_text_start(struct token_text *text, enum token_place place);
/* The same for a field of which only the words count, each as one of that field. */
void	token_text_start_field(struct token_text *text, struct sl_slice name);
void	token_text_feed(struct token_text *text, struct sl_slice utf8);
void	token_text_end(struct token_text *text);	/* the last word is complete */
void	token_text_tail(struct token_text *text);	/* the message ends: read what was passed over last */
/* Text that is not seen. It may come in the middle of a word of what is. */
void	token_text_hidden(struct token_text *text, struct sl_slice utf8);
/* Markup, whole: its words, unless text is being passed over. */
void	token_text_markup(struct token_text *text, struct sl_slice bytes);
/* One feature of its own, such as `type text/html`. */
void	token_text_mark(struct token_text *text, enum token_place place, const char *kind,
	    struct sl_slice value);

#define TOKEN_FIELD_MAX		4096	/* bytes of a field that count */

struct token_mail {
	struct token_text	 text;
	bool			 all_fields;
	bool			 header_over;	/* some text has come */
	const struct sl_content_part *open;	/* whose text is being read; NULL: none */
	uint64_t		 from_domain;	/* hashes; 0: none */
	uint64_t		 reply_domain;
};

void	token_mail_init(struct token_mail *mail, bool all_fields, token_sink *sink, void *ctx);
void	token_mail_field(struct token_mail *mail, struct sl_slice name, struct sl_slice value);
void	token_mail_begin(struct token_mail *mail, const struct sl_content_part *part);
/* `header_over` is set before the first text is read: no more features of the header come. */
void	token_mail_text(struct token_mail *mail, const struct sl_content_part *part,
	    struct sl_slice utf8, enum sl_view_kind kind);
void	token_mail_tag(struct token_mail *mail, const struct sl_content_part *part,
	    const struct sl_html_tag *tag);
/* A part is over: another may come to lie where it lay. */
void	token_mail_part_end(struct token_mail *mail, const struct sl_content_part *part);
void	token_mail_end(struct token_mail *mail);
/* Is this part's text read? */
bool	token_mail_reads(const struct sl_content_part *part);

/*
 * A feature counts once in a block. The first block is the header and the text that follows; when it
 * is full the next begins, with the header's features in it from the start. Blocks are judged each for
 * itself, and the most suspicious one stands for the message: so harmless text cannot thin out what
 * stands before or behind it. A last block that holds next to nothing does not count.
 */
#define TOKEN_SEEN_BITS		15
#define TOKEN_BLOCK_FEATURES	3072	/* distinct ones; about 4 KiB of text */
#define TOKEN_BLOCK_LEAST	(TOKEN_BLOCK_FEATURES / 8)

/* The value of a header's feature; one of the text is 1. */
#define TOKEN_HEADER_VALUE	2

/* Readings of a broken message that are judged each for itself; further ones are not. */
#define TOKEN_READINGS		3

struct token_reading;

/* What a reader tells. `user` is the sink's own, of one reading; zeroed at the begin. */
struct token_events {
	/* Features that are new in this block; of the header while `in_header`. */
	void	(*features)(void *ctx, void *user, bool in_header, enum token_place place, struct sl_slice word,
		    const uint32_t *features, size_t len);
	/* A reading but the first begins: with the same header, as it is so far. */
	void	(*copy)(void *ctx, void *user, void *first);
	/* The header is over. */
	void	(*header)(void *ctx, void *user);
	/* A block is complete: header and text. The next begins with the header. */
	void	(*block)(void *ctx, void *user);
	size_t	user_bytes;
};

struct token_reader {
	const struct token_events	*events;
	void				*ctx;
	struct sl_arena			*arena;
	struct token_reading		*readings[TOKEN_READINGS];	/* the first is there from the begin on */
	bool				 no_memory;	/* some reading could not be judged */
};

/* False: the arena is full. `events` and `ctx` are kept. About 9 KiB of the arena for each reading. */
SL_MUST_USE bool token_reader_init(struct token_reader *reader, bool all_fields,
	    const struct token_events *events, void *ctx, struct sl_arena *arena);
void	token_reader_field(struct token_reader *reader, struct sl_slice name, struct sl_slice value);
void	token_reader_begin(struct token_reader *reader, const struct sl_content_part *part);
void	token_reader_text(struct token_reader *reader, const struct sl_content_part *part,
	    struct sl_slice utf8, enum sl_view_kind kind);
void	token_reader_tag(struct token_reader *reader, const struct sl_content_part *part,
	    const struct sl_html_tag *tag);
void	token_reader_part_end(struct token_reader *reader, const struct sl_content_part *part);
void	token_reader_end(struct token_reader *reader);

#endif
