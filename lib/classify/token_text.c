/* token_text.c - see token_i.h: text into words and pairs of words */

#include "classify/token_i.h"

enum { OTHER = 0, WORD, DIGIT, UPPER, WIDE };

static const unsigned char classes[256] = {
	['0' ... '9'] = DIGIT, ['a' ... 'z'] = WORD, ['A' ... 'Z'] = UPPER, [0x80 ... 0xff] = WIDE,
	['\''] = WORD, ['-'] = WORD, ['_'] = WORD, ['.'] = WORD, ['@'] = WORD, ['$'] = WORD,
};

/* One multiplication mixes; the upper bits are the good ones (Knuth). */
static inline uint32_t
mix(uint32_t value, uint32_t kind)
{
	uint64_t product = (((uint64_t)kind << 32) | value) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)((product ^ product >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

/* What a feature is of: kinds keep places apart where they mean different things. */
#define KIND_WORD(place)	(0x20u + (uint32_t)(place))
#define KIND_PAIR		0x40u	/* + distance */
#define KIND_MARK		0x30u

static inline bool
has_pairs(const struct token_run *run)
{
	return run->place <= SL_SEEN_TEXT && run->kind == 0;
}

static void
word_forget(struct token_run *run)
{
	run->len = 0;
	run->hash = SL_SEEN_HASH_START;
	run->is_address = false;
}

static inline void
before_push(struct token_run *run, uint32_t hash)
{
	memmove(run->before + 1, run->before, (TOKEN_WINDOW - 2) * sizeof(run->before[0]));
	run->before[0] = hash;
}

/* A word is complete: itself and its pairs. */
static void
word_give(struct token_text *text, struct token_run *run, struct sl_slice word, uint32_t word_hash)
{
	uint32_t group[TOKEN_GROUP_MAX], hash = mix(word_hash, 1) | 1;
	size_t len = 0;

	group[len++] = mix(hash, run->kind != 0 ? run->kind : KIND_WORD(run->place));
	if (run->place == SL_SEEN_SUBJECT)
		group[len++] = mix(hash, KIND_WORD(SL_SEEN_TEXT));
	if (has_pairs(run)) {
		for (uint32_t i = 0; i < TOKEN_WINDOW - 1 && run->before[i] != 0; i++)
			group[len++] = mix(hash ^ (run->before[i] << 7 | run->before[i] >> 25), KIND_PAIR + i);
		before_push(run, hash);
	}
	text->sink(text->ctx, run->place, word, group, len);
}

/* A mail address counts as one, whoever's it is. */
static void
address_give(struct token_run *run)
{
	before_push(run, KIND_MARK);
}

static void
word_end(struct token_text *text, struct token_run *run)
{
	if (run->len == 0)
		return;
	if (run->is_address && run->kind == 0)
		address_give(run);
	else
		word_give(text, run, sl_slice(run->word, run->len), run->hash);
	word_forget(run);
}

/* Digits count as one: which year or price it is tells a collection, not a kind of mail. */
static inline void
word_add(struct token_run *run, unsigned char shown, unsigned char counted)
{
	if (run->len == TOKEN_WORD_MAX)
		return;
	run->word[run->len++] = shown;
	run->hash = (run->hash ^ counted) * SL_SEEN_HASH_PRIME;
}

static inline void
ascii(struct token_text *text, struct token_run *run, unsigned char c)
{
	switch (classes[c]) {
	case DIGIT:
		word_add(run, c, '0');
		break;
	case UPPER:
		word_add(run, c | 0x20, c | 0x20);
		break;
	case WORD:
		if (c == '@')
			run->is_address = true;
		if (c != '.' || run->len > 0)
			word_add(run, c, c);
		break;
	default:
		word_end(text, run);
	}
}

/* The ASCII character that says the same; 0: none. */
static unsigned char
plain_form(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)		/* full width */
		return (unsigned char)(c - 0xfee0);
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	return c == 0x2018 || c == 0x2019 ? '\'' : 0;
}

/* Nothing is seen of it: it only parts what belongs together. */
static bool
is_nothing(uint32_t c)
{
	return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0x34f;
}

/* A character beyond ASCII. In scripts without spaces each is a word of its own: pairs join them. */
static void
wide(struct token_text *text, struct token_run *run, uint32_t c)
{
	unsigned char bytes[4], plain = plain_form(c);
	size_t len = c >= 0x10000 ? 4 : c >= 0x800 ? 3 : 2;
	bool alone = c >= 0x2e80 && !(c >= 0xac00 && c < 0xd7b0);	/* Hangul has spaces */

	if (is_nothing(c))
		return;
	if (plain != 0) {
		ascii(text, run, plain);
		return;
	}
	if (c <= 0xbf || (c >= 0x2000 && c < 0x2100) || (c >= 0x3000 && c < 0x3005)) {
		word_end(text, run);
		return;
	}
	if (alone || run->len + len > TOKEN_WORD_MAX)
		word_end(text, run);
	for (size_t i = len; i-- > 1; )
		bytes[i] = (unsigned char)(0x80 | ((c >> (6 * (len - 1 - i))) & 0x3f));
	bytes[0] = (unsigned char)((len == 4 ? 0xf0 : len == 3 ? 0xe0 : 0xc0) | c >> (6 * (len - 1)));
	for (size_t i = 0; i < len; i++)
		word_add(run, bytes[i], bytes[i]);
	if (alone)
		word_end(text, run);
}

/* A byte of what stands in the text. Text is valid UTF-8 unless a gap cut it. */
static inline void
read_byte(struct token_text *text, struct token_run *run, unsigned char byte)
{
	if (byte < 0x80) {
		run->c_missing = 0;
		ascii(text, run, byte);
	} else if (byte >= 0xc0) {
		run->c_missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
		run->c = byte & (0x3fu >> run->c_missing);
	} else if (run->c_missing > 0) {
		run->c = run->c << 6 | (byte & 0x3f);
		if (--run->c_missing == 0 && run->c >= 0x80)
			wide(text, run, run->c & 0x1fffff);
	}
}

static void
run_start(struct token_run *run, enum sl_seen_place place)
{
	run->place = place;
	run->kind = 0;
	run->c_missing = 0;
	memset(run->before, 0, sizeof(run->before));
	word_forget(run);
}

void
token_text_init(struct token_text *text, token_sink *sink, void *ctx)
{
	text->sink = sink;
	text->ctx = ctx;
	run_start(&text->seen, SL_SEEN_TEXT);
	run_start(&text->hidden, SL_SEEN_HIDDEN);
}

void
token_text_start(struct token_text *text, enum sl_seen_place place)
{
	run_start(&text->seen, place);
	run_start(&text->hidden, SL_SEEN_HIDDEN);
}

void
token_text_feed(struct token_text *text, struct sl_slice utf8)
{
	for (size_t i = 0; i < utf8.len; i++)
		read_byte(text, &text->seen, utf8.ptr[i]);
}

/* Does what character by character would be done. Only a dot in front, which does not count, is a case of its own. */
void
token_text_word(struct token_text *text, const struct sl_seen_word *word)
{
	struct token_run *run = &text->seen;

	run->c_missing = 0;
	if (word->len == 0)
		return;
	if (word->raw[0] == '.') {
		token_text_feed(text, sl_slice(word->raw, word->len));
		word_end(text, run);
	} else if (word->has_at) {
		address_give(run);
	} else {
		word_give(text, run, sl_slice(word->lower, word->len), word->hash);
	}
}

void
token_text_gap(struct token_text *text)
{
	run_start(&text->seen, text->seen.place);
}

void
token_text_end(struct token_text *text)
{
	word_end(text, &text->seen);
	word_end(text, &text->hidden);
}

void
token_text_hidden(struct token_text *text, struct sl_slice utf8)
{
	for (size_t i = 0; i < utf8.len; i++)
		read_byte(text, &text->hidden, utf8.ptr[i]);
}

void
token_text_markup(struct token_text *text, struct sl_slice bytes)
{
	struct token_run run;

	run_start(&run, SL_SEEN_MARKUP);
	for (size_t i = 0; i < bytes.len; i++)
		read_byte(text, &run, bytes.ptr[i]);
	word_end(text, &run);
}

static void
label_give(struct token_text *text, enum sl_seen_place place, const unsigned char *label, size_t len)
{
	uint32_t feature = mix((uint32_t)sl_hash(label, len), KIND_MARK);

	text->sink(text->ctx, place, sl_slice(label, len), &feature, 1);
}

void
token_text_mark(struct token_text *text, enum sl_seen_place place, enum sl_seen_mark mark,
    struct sl_slice value)
{
	unsigned char label[SL_SEEN_LABEL_MAX];

	label_give(text, place, label, sl_seen_label(mark, value, label));
}

void
token_text_other_field(struct token_text *text, struct sl_slice name, struct sl_slice value)
{
	unsigned char label[SL_SEEN_LABEL_MAX] = "field ";
	size_t len = 6;

	for (size_t i = 0; i < name.len && len < sizeof(label); i++)
		label[len++] = sl_ascii_lower(name.ptr[i]);
	label_give(text, SL_SEEN_HEADER, label, len);
	run_start(&text->seen, SL_SEEN_HEADER);
	text->seen.kind = (uint32_t)sl_hash_lower(name) | 0x80000000u;
	token_text_feed(text, value);
	token_text_end(text);
}
