/*
 * ngram_i.h - private to the n-gram model: how a message becomes features
 *
 * Training and scoring must see the same features, so both drive the same reader: the events of
 * a message (content/content.h) go in, small groups of features come out, each with the piece of
 * text that caused it. Two layers:
 *   ngram_mail.c  fields that count, parts, what is seen and what is not   (struct ngram_mail)
 *   ngram_text.c  text into words and character 4-grams                   (struct ngram_text)
 *
 * Only what the sender wrote counts. Left out: everything a receiving server adds (Received,
 * Authentication-Results, ARC-*, X-* but X-Mailer), list fields, the recipients, mail
 * addresses in texts, a leading [tag] of the subject. A model that learned those would know
 * mailboxes, not mail.
 *
 * Memory: fixed, given by the structs. Chunks: where text is cut changes nothing.
 */
#ifndef SL_NGRAM_I_H
#define SL_NGRAM_I_H

#include "classify/ngram.h"

/* Where a piece of text stood. The words are for the sentence shown to a person. */
#define NGRAM_PLACES(X)				\
	X(SUBJECT, "in the subject")		\
	X(FROM, "in the sender")		\
	X(HEADER, "in the header")		\
	X(TEXT, "in the text")			\
	X(HIDDEN, "in text that is not seen")	\
	X(MARKUP, "in the markup")		\
	X(PART, "in a part's header")

enum ngram_place {
#define NGRAM_PLACE_ENUM(name, words) NGRAM_##name,
	NGRAM_PLACES(NGRAM_PLACE_ENUM)
#undef NGRAM_PLACE_ENUM
	NGRAM_PLACE_COUNT,
};

#define NGRAM_WORD_MAX	40	/* bytes; of a longer one the rest is skipped */
#define NGRAM_GROUP_MAX	(2 * NGRAM_WORD_MAX)	/* features that come with one word */

/* Takes the features of one word, borrowed for the call; `word` is lower case ASCII or raw
 * bytes. A feature is 32 well mixed bits: a table of 2^n rows is indexed by the upper n. */
typedef void ngram_sink(void *ctx, enum ngram_place place, struct sl_slice word,
    const uint32_t *features, size_t len);

/* A long text is not read whole: it would hold an edge up for 17 ms a MiB. Beyond the first part a
 * stretch is read, then three times as much passed over; far beyond, 63 times as much. How much
 * exactly follows from the text itself, so that no place is known to be safe without trying; and the end of the text is always read. */
#define NGRAM_READ_BYTES	((size_t)64 << 10)	/* all of it up to here */
#define NGRAM_STRETCH_BYTES	((size_t)4 << 10)
#define NGRAM_SAMPLED_BYTES	((size_t)176 << 10)	/* read in all, from where on little is */
#define NGRAM_SKIP_BYTES	((size_t)12 << 10)	/* on average */
#define NGRAM_SKIP_FAR_BYTES	((size_t)252 << 10)
#define NGRAM_TAIL_BYTES	4096

/* A run of text, taken apart. */
struct ngram_run {
	enum ngram_place	 place;
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
	size_t			 hidden_bytes;
	size_t			 read_bytes;	/* of the message's text, see NGRAM_READ_BYTES ... */
	size_t			 read_until;	/* ... the next stop */
	size_t			 skip;		/* bytes of text to pass over */
	size_t			 tail_bytes;	/* passed over in all; the last ones are in tail[] */
	unsigned char		 tail[NGRAM_TAIL_BYTES];	/* a ring: read when the message ends */
};

void	ngram_text_init(struct ngram_text *text, ngram_sink *sink, void *ctx);
/* A new run of text begins: no word or 4-gram reaches across. */
void	ngram_text_start(struct ngram_text *text, enum ngram_place place);
void	ngram_text_feed(struct ngram_text *text, struct sl_slice bytes);
void	ngram_text_end(struct ngram_text *text);	/* the last word is complete */
void	ngram_text_tail(struct ngram_text *text);	/* the message ends: read what was passed over last */
/* Text that is not seen. It may come in the middle of a word of what is. */
void	ngram_text_hidden(struct ngram_text *text, struct sl_slice bytes);
/* Markup, whole: its words, unless text is being passed over. */
void	ngram_text_markup(struct ngram_text *text, struct sl_slice bytes);
/* One feature of its own, such as `mime: text/html`. */
void	ngram_text_mark(struct ngram_text *text, enum ngram_place place, const char *kind,
	    struct sl_slice value);

#define NGRAM_HIDDEN_BYTES	((size_t)16 << 10)	/* of text that is not seen are read */
#define NGRAM_FIELD_MAX		4096	/* bytes of a field that count */

struct ngram_mail {
	struct ngram_text	 text;
	const struct sl_content_part *open;	/* whose text is being read; NULL: none */
	bool			 header_over;	/* some text has come */
	unsigned		 reading;	/* whose text ngram_listener tells */
	uint64_t		 from_domain;	/* hashes; 0: none */
	uint64_t		 reply_domain;
};

void	ngram_mail_init(struct ngram_mail *mail, ngram_sink *sink, void *ctx);
void	ngram_mail_field(struct ngram_mail *mail, struct sl_slice name, struct sl_slice value);
void	ngram_mail_begin(struct ngram_mail *mail, const struct sl_content_part *part);
/* `header_over` is set before the first text is read: no more features of the header come. */
void	ngram_mail_text(struct ngram_mail *mail, const struct sl_content_part *part,
	    struct sl_slice utf8, enum sl_view_kind kind);
void	ngram_mail_tag(struct ngram_mail *mail, const struct sl_content_part *part,
	    const struct sl_html_tag *tag);
/* A part is over: another may come to lie where it lay. */
void	ngram_mail_part_end(struct ngram_mail *mail, const struct sl_content_part *part);
void	ngram_mail_end(struct ngram_mail *mail);
/* Readings of a broken message that are judged each for itself; further ones are not. */
#define NGRAM_READINGS	3

/* Tells a struct ngram_mail, which is its `model`, of the header and of its `reading`'s text. */
extern const struct sl_classifier ngram_listener;
/* Is this part's text read? That of other readings is not: see ngram.h. */
bool	ngram_mail_reads(const struct sl_content_part *part);

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
