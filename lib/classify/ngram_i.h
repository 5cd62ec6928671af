/*
 * ngram_i.h - private to the n-gram model: how a message becomes features
 *
 * Training and scoring must see the same features, so both drive the same code: what a person sees of a message
 * (seen.h) goes in, small groups of features come out, each with the piece of text that caused it.
 *   ngram_text.c  text into words and character 4-grams	(struct ngram_text)
 *
 * Mail addresses in texts do not count.
 *
 * Memory: fixed, given by the structs. Chunks: where text is cut changes nothing.
 */
#ifndef SL_NGRAM_I_H
#define SL_NGRAM_I_H

#include "classify/ngram.h"

#define NGRAM_WORD_MAX	SL_SEEN_WORD_MAX	/* bytes; of a longer one the rest is skipped */
#define NGRAM_GROUP_MAX	(2 * NGRAM_WORD_MAX)	/* features that come with one word */

/* Takes the features of one word, borrowed for the call; `word` is lower case ASCII or raw
 * bytes. A feature is 32 well mixed bits: a table of 2^n rows is indexed by the upper n. */
typedef void ngram_sink(void *ctx, enum sl_seen_place place, struct sl_slice word,
    const uint32_t *features, size_t len);

/* A run of text, taken apart. */
struct ngram_run {
	enum sl_seen_place	 place;
	bool			 word_address;	/* the word holds an @ */
	uint32_t		 last4;		/* the last four characters, a byte for each, newest lowest */
	uint32_t		 last_wide;	/* the last one, if it was of a script without spaces; else 0 */
	uint32_t		 c;		/* a character of several bytes that is not complete ... */
	unsigned		 c_missing;	/* ... and how many are to come */
	uint32_t		 word_hash;
	size_t			 word_len;
	size_t			 group_len;
	unsigned char		 word[NGRAM_WORD_MAX];
	uint32_t		 group[NGRAM_GROUP_MAX];
};

struct ngram_text {
	ngram_sink		*sink;
	void			*ctx;
	struct ngram_run	 seen;		/* what a reader sees: words and 4-grams */
	struct ngram_run	 hidden;	/* what he does not: words */
};

void	ngram_text_init(struct ngram_text *text, ngram_sink *sink, void *ctx);
/* These are events of seen.h, of one reading. */
void	ngram_text_start(struct ngram_text *text, enum sl_seen_place place);
void	ngram_text_word(struct ngram_text *text, const struct sl_seen_word *word);
void	ngram_text_feed(struct ngram_text *text, struct sl_slice utf8);
void	ngram_text_gap(struct ngram_text *text);
void	ngram_text_end(struct ngram_text *text);
void	ngram_text_hidden(struct ngram_text *text, struct sl_slice utf8);
void	ngram_text_markup(struct ngram_text *text, struct sl_slice bytes);
void	ngram_text_mark(struct ngram_text *text, enum sl_seen_place place, enum sl_seen_mark mark,
	    struct sl_slice value);

/* Readings of a broken message that are judged each for itself; further ones are not. */
#define NGRAM_READINGS	SL_SEEN_READINGS

/* For training: one reading of a message. A classifier that gives no evidence, and is its own `model`. */
struct ngram_listener {
	struct ngram_text	 text;
	unsigned		 reading;	/* whose text it takes; with 0 the header too */
	bool			 header_over;
};
void	ngram_listener_init(struct ngram_listener *listener, unsigned reading, ngram_sink *sink, void *ctx);
extern const struct sl_classifier ngram_listener;

/*
 * A feature counts once in a block. A message's first block is its header and the text that
 * follows; when a block is full the next one begins, with a clean slate and the header's sum
 * carried over, and the most suspicious block stands for the message, in training as in scoring.
 * So neither do the first bytes alone count, nor can harmless text thin out what stands before
 * or behind it. A last block that holds next to nothing does not count.
 */
#define NGRAM_SEEN_BITS		15
#define NGRAM_BLOCK_FEATURES	3072	/* distinct ones; 2 to 3 KiB of text */
#define NGRAM_BLOCK_LEAST	(NGRAM_BLOCK_FEATURES / 8)

/* The value of a header's feature; one of the text is 1. A header has few features, and they say
 * more than as many of the text's thousands. */
#define NGRAM_HEADER_VALUE	2

struct ngram_block {
	uint64_t	seen[(1u << NGRAM_SEEN_BITS) / 64];
	uint32_t	features;
};

/* 1 if it is the first time that this row of the table comes up, else 0. Without a branch: which
 * it is cannot be foreseen. */
static inline uint32_t
ngram_block_add(struct ngram_block *block, uint32_t row)
{
	uint32_t slot = row & ((1u << NGRAM_SEEN_BITS) - 1);
	uint64_t *word = &block->seen[slot >> 6];
	uint32_t fresh = (uint32_t)(~*word >> (slot & 63)) & 1;

	*word |= UINT64_C(1) << (slot & 63);
	block->features += fresh;
	return fresh;
}

/*
 * The file. Numbers are little-endian.
 *	 0  8  "SLNGRAM" 0x1a
 *	 8  4  version
 *	12  4  dims: the table has 2^dims rows
 *	16  8  sl_hash of everything from 24 on
 *	24  .  parameters, each a signed 64-bit fixed point number with 32 bits of fraction, in the
 *	       order of NGRAM_PARAMETERS
 *	 .  .  2^dims rows of the decoded view: two signed bytes each, unwanted and phish
 *	 .  .  the rows of the byte view: a signed byte each; 2^NGRAM_BYTES_DIMS at most, so that they stay in
 *	       a processor's cache: most of its work is to wait for them
 */
#define NGRAM_MAGIC	"SLNGRAM\x1a"
#define NGRAM_VERSION	3
#define NGRAM_DIMS_MIN	12
#define NGRAM_DIMS_MAX	20
#define NGRAM_BYTES_DIMS	18
#define NGRAM_HEADS	2	/* of the decoded view: the first columns */

enum ngram_column {
	NGRAM_COLUMN_UNWANTED,
	NGRAM_COLUMN_PHISH,	/* against other unwanted mail */
	NGRAM_COLUMN_BYTES,	/* unwanted, by the byte view */
	NGRAM_COLUMNS,
};

/* name, lowest, highest: a file whose numbers are outside is refused. The margin of a column is
 * sum of values * weights * step / sqrt(sum of squared values); its log-odds are offset + slope * margin, kept
 * within +-limit. Those of both views together are joint offset + joint slope * their mean. */
#define NGRAM_PARAMETERS(X)			\
	X(STEP_UNWANTED, 0, 1e6)		\
	X(OFFSET_UNWANTED, -1e6, 1e6)		\
	X(SLOPE_UNWANTED, 0, 1e6)		\
	X(LIMIT_UNWANTED, 0, 30)		\
	X(STEP_PHISH, 0, 1e6)			\
	X(OFFSET_PHISH, -1e6, 1e6)		\
	X(SLOPE_PHISH, 0, 1e6)			\
	X(LIMIT_PHISH, 0, 30)			\
	X(STEP_BYTES, 0, 1e6)			\
	X(OFFSET_BYTES, -1e6, 1e6)		\
	X(SLOPE_BYTES, 0, 1e6)			\
	X(LIMIT_BYTES, 0, 30)			\
	X(OFFSET_JOINT, -1e6, 1e6)		\
	X(SLOPE_JOINT, 0, 1e6)			\
	X(ALL_HEADERS, 0, 1)			\
	X(LEARNED_HAM, 0, 2e9)			\
	X(LEARNED_SPAM, 0, 2e9)			\
	X(LEARNED_PHISH, 0, 2e9)

enum ngram_parameter {
#define NGRAM_PARAMETER_ENUM(name, lowest, highest) NGRAM_##name,
	NGRAM_PARAMETERS(NGRAM_PARAMETER_ENUM)
#undef NGRAM_PARAMETER_ENUM
	NGRAM_PARAMETER_COUNT,
};

#define NGRAM_HEAD_BYTES	(24 + 8 * NGRAM_PARAMETER_COUNT)
#define NGRAM_FRACTION		4294967296.0

static inline unsigned
ngram_bytes_dims(unsigned dims)
{
	return SL_MIN(dims, (unsigned)NGRAM_BYTES_DIMS);
}

static inline size_t
ngram_model_bytes(unsigned dims)
{
	return NGRAM_HEAD_BYTES + ((size_t)NGRAM_HEADS << dims) + ((size_t)1 << ngram_bytes_dims(dims));
}

#define NGRAM_VALUE_LIMIT	20.0	/* of an evidence's value: no working point is lost below */

struct sl_ngram_model {
	unsigned		 magic;
	unsigned		 shift;		/* a feature's row is feature >> shift */
	const signed char	*rows;		/* borrowed; NGRAM_HEADS for each */
	unsigned		 bytes_shift;
	const signed char	*bytes_rows;
	double			 parameters[NGRAM_PARAMETER_COUNT];
	char			 id[17];
};

/* What a view adds by itself, of its value: the half of what both say together. */
double	ngram_share(const struct sl_ngram_model *model, double value);
/* A piece of a message made fit to show: valid UTF-8 without control characters, the rest as `?`. Not longer
 * than `text`; with a NUL behind it. */
size_t	ngram_text_show(struct sl_slice text, char *out);
/* Near certainty numbers are squeezed, not cut: nothing is surer than `limit`, and what scores higher still
 * ranks higher. Up to half of it nothing changes. */
double	ngram_squeeze(double value, double limit);
void	ngram_model_check(const struct sl_ngram_model *model);	/* that it is one */

#endif
