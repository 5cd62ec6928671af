/*
 * token_i.h - private to the token model: how a message becomes words and pairs of words
 *
 * Training and scoring, of the global model and of what tenants know, must see the same features, so
 * all drive the same reader: what a person sees of a message (seen.h) goes in, the features of one word
 * after the other come out, each once in its block.
 *   token_text.c  text into words; a word and its orthogonal sparse pairs as features
 *   token_read.c  readings of a message, and their blocks
 *
 * A feature is a word in its place, or a word with one of the two before it and their distance
 * (orthogonal sparse bigrams, Siefkes, Assis, Chhabra, Yerazunis 2004; a window of 5 costs
 * twice as much and, on sources it has not learned from, ranks worse).
 *
 * Mail addresses in texts do not count. With `all_fields` every field is read: for what a tenant knows of its own
 * mail, never for a model that others use.
 *
 * Memory: fixed, given by the structs. Chunks: where text is cut changes nothing.
 */
#ifndef SL_TOKEN_I_H
#define SL_TOKEN_I_H

#include "classify/classify.h"

#define TOKEN_WORD_MAX		SL_SEEN_WORD_MAX	/* bytes; of a longer one the rest is skipped */
#define TOKEN_WINDOW		3	/* words that pairs reach over */
#define TOKEN_GROUP_MAX		(TOKEN_WINDOW + 1)	/* features of one word */

/* Takes the features of one word, borrowed for the call. A feature is 32 well mixed bits. */
typedef void token_sink(void *ctx, enum sl_seen_place place, struct sl_slice word,
    const uint32_t *features, size_t len);

/* Text, as it is taken apart. */
struct token_run {
	enum sl_seen_place	 place;
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
};

void	token_text_init(struct token_text *text, token_sink *sink, void *ctx);
/* These are events of seen.h, of one reading. */
void	token_text_start(struct token_text *text, enum sl_seen_place place);
void	token_text_word(struct token_text *text, const struct sl_seen_word *word);
void	token_text_feed(struct token_text *text, struct sl_slice utf8);
void	token_text_gap(struct token_text *text);
void	token_text_end(struct token_text *text);
void	token_text_hidden(struct token_text *text, struct sl_slice utf8);
void	token_text_markup(struct token_text *text, struct sl_slice bytes);
void	token_text_mark(struct token_text *text, enum sl_seen_place place, enum sl_seen_mark mark,
	    struct sl_slice value);
/* A field that others pass over: that it is there, and its words, each as one of that field. */
void	token_text_other_field(struct token_text *text, struct sl_slice name, struct sl_slice value);

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
#define TOKEN_READINGS		SL_SEEN_READINGS

struct token_reading;

/* What a reader tells. `user` is the sink's own, of one reading; zeroed at the begin. */
struct token_events {
	/* Features that are new in this block; of the header while `in_header`. */
	void	(*features)(void *ctx, void *user, bool in_header, enum sl_seen_place place, struct sl_slice word,
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
	bool				 all_fields;
	bool				 no_memory;	/* some reading could not be judged */
};

/* False: the arena is full. `events` and `ctx` are kept. About 5 KiB of the arena for each reading. */
SL_MUST_USE bool token_reader_init(struct token_reader *reader, bool all_fields,
	    const struct token_events *events, void *ctx, struct sl_arena *arena);
/* A classifier whose state is a reader, or that finds its reader, hands these events of seen.h on. */
struct token_text *token_reader_text(struct token_reader *reader, unsigned reading);	/* NULL: it is not read */
void	token_reader_header_over(struct token_reader *reader);
void	token_reader_other_field(struct token_reader *reader, struct sl_slice name, struct sl_slice value);
void	token_reader_end(struct token_reader *reader);

/* Defines `static const struct sl_seen_events NAME`, for a classifier whose reader is find(state); NULL: none. */
#define TOKEN_READER_EVENT(find, event, parameters, arguments)					\
static void											\
seen_##event parameters										\
{												\
	struct token_reader *reader = find(state);						\
	struct token_text *text = reader == NULL ? NULL : token_reader_text(reader, n);		\
												\
	if (text != NULL)									\
		token_text_##event arguments;							\
}
#define TOKEN_READER_EVENTS(name, find)								\
TOKEN_READER_EVENT(find, start, (void *state, unsigned n, enum sl_seen_place place), (text, place))	\
TOKEN_READER_EVENT(find, word, (void *state, unsigned n, const struct sl_seen_word *word), (text, word))	\
TOKEN_READER_EVENT(find, feed, (void *state, unsigned n, struct sl_slice utf8), (text, utf8))	\
TOKEN_READER_EVENT(find, gap, (void *state, unsigned n), (text))				\
TOKEN_READER_EVENT(find, end, (void *state, unsigned n), (text))				\
TOKEN_READER_EVENT(find, hidden, (void *state, unsigned n, struct sl_slice utf8), (text, utf8))	\
TOKEN_READER_EVENT(find, markup, (void *state, unsigned n, struct sl_slice bytes), (text, bytes))	\
TOKEN_READER_EVENT(find, mark, (void *state, unsigned n, enum sl_seen_place place, enum sl_seen_mark mark,	\
    struct sl_slice value), (text, place, mark, value))						\
static void											\
seen_header_over(void *state)									\
{												\
	if (find(state) != NULL)								\
		token_reader_header_over(find(state));						\
}												\
static void											\
seen_other_field(void *state, struct sl_slice field, struct sl_slice value)			\
{												\
	if (find(state) != NULL)								\
		token_reader_other_field(find(state), field, value);				\
}												\
static const struct sl_seen_events name = {							\
	.start = seen_start,									\
	.word = seen_word,									\
	.text = seen_feed,									\
	.gap = seen_gap,									\
	.end = seen_end,									\
	.hidden = seen_hidden,									\
	.markup = seen_markup,									\
	.mark = seen_mark,									\
	.header_over = seen_header_over,							\
	.other_field = seen_other_field,							\
}

#endif
