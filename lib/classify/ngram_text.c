/* ngram_text.c - see ngram_i.h: text into words and character 4-grams */

#include "classify/ngram_i.h"

enum text_class { OTHER = 0, WORD, BLANK };

static const unsigned char classes[256] = {
	['0' ... '9'] = WORD, ['a' ... 'z'] = WORD, ['A' ... 'Z'] = WORD, [0x80 ... 0xff] = WORD,
	['\''] = WORD, ['-'] = WORD, ['_'] = WORD, ['.'] = WORD, ['@'] = WORD, ['$'] = WORD,
	['\t'] = BLANK, ['\n'] = BLANK, ['\v'] = BLANK, ['\f'] = BLANK, ['\r'] = BLANK, [' '] = BLANK,
};

/* One multiplication mixes; the upper bits are the good ones (Knuth). */
static inline uint32_t
mix(uint32_t value, uint32_t kind)
{
	return (uint32_t)(((((uint64_t)kind << 32) | value) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static inline uint32_t
mix_twice(uint32_t value, uint32_t kind)
{
	return mix(mix(value, kind) ^ value, kind + 0x5bd1u);
}

/* What a feature is of: kinds keep places apart where they mean different things. */
#define KIND_GRAM(place)	(0x10u + (uint32_t)(place))
#define KIND_WORD(place)	(0x20u + (uint32_t)(place))
#define KIND_MARK		0x30u
#define KIND_WIDE		0x40u

static inline void
group_add(struct ngram_run *run, uint32_t feature)
{
	if (run->group_len < NGRAM_GROUP_MAX)
		run->group[run->group_len++] = feature;
}

static void
group_give(struct ngram_text *text, struct ngram_run *run, struct sl_slice word)
{
	if (run->group_len > 0)
		text->sink(text->ctx, run->place, word, run->group, run->group_len);
	run->group_len = 0;
}

static void
group_flush(struct ngram_text *text, struct ngram_run *run)
{
	group_give(text, run, sl_slice(run->word, run->word_len));
}

/* A character joins the last four. Only what is read as text has 4-grams. */
static inline void
gram(struct ngram_run *run, unsigned char c)
{
	run->last4 = run->last4 << 8 | c;
	group_add(run, mix_twice(run->last4, KIND_GRAM(run->place == SL_SEEN_FROM ? SL_SEEN_FROM
	    : SL_SEEN_TEXT)));
}

static inline bool
has_grams(const struct ngram_run *run)
{
	return run->place != SL_SEEN_MARKUP && run->place != SL_SEEN_HIDDEN;
}

static void
word_give(struct ngram_text *text, struct ngram_run *run, struct sl_slice word, uint32_t hash)
{
	group_add(run, mix_twice(hash, KIND_WORD(run->place)));
	if (run->place == SL_SEEN_SUBJECT)
		group_add(run, mix_twice(hash, KIND_WORD(SL_SEEN_TEXT)));
	group_give(text, run, word);
}

/* Whose it is must not matter. */
static void
address_forget(struct ngram_run *run)
{
	run->last4 = '@';
	run->group_len = 0;
}

static void
word_end(struct ngram_text *text, struct ngram_run *run)
{
	if (run->word_len == 0)
		return;
	if (run->word_address)
		address_forget(run);
	else
		word_give(text, run, sl_slice(run->word, run->word_len), run->word_hash);
	run->word_len = 0;
	run->word_address = false;
}

/* Digits count as one: which year or price it is tells a collection, not a kind of mail. */
static inline unsigned char
digit_same(unsigned char c)
{
	return c >= '0' && c <= '9' ? '0' : c;
}

static inline void
word_add(struct ngram_run *run, unsigned char c)
{
	unsigned char same = digit_same(c);
	unsigned char lower = sl_ascii_lower(same);

	if (run->word_len == 0)
		run->word_hash = SL_SEEN_HASH_START;
	if (run->word_len == NGRAM_WORD_MAX)
		return;
	if (c == '@')
		run->word_address = true;
	run->word[run->word_len++] = sl_ascii_lower(c);
	run->word_hash = (run->word_hash ^ lower) * SL_SEEN_HASH_PRIME;
	if (has_grams(run))
		gram(run, same);
}

/* An ASCII character between words. */
static inline void
between(struct ngram_run *run, unsigned char c)
{
	if (classes[c] == BLANK) {
		if ((run->last4 & 0xff) != ' ')
			gram(run, ' ');
	} else if ((run->last4 & 0xffffff) != c * 0x010101u) {	/* a rule is three long */
		gram(run, c);
	}
}

/* An ASCII character that a reader sees. */
static inline void
seen_ascii(struct ngram_text *text, struct ngram_run *run, unsigned char c)
{
	run->last_wide = 0;
	if (classes[c] == WORD) {
		word_add(run, c);
		return;
	}
	word_end(text, run);
	between(run, c);
}

/* The ASCII character that says the same; 0: none. */
static unsigned char
plain_form(uint32_t c)
{
	if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000)
		return ' ';
	if (c >= 0xff01 && c <= 0xff5e)		/* full width */
		return (unsigned char)(c - 0xfee0);
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	return c == 0x2018 || c == 0x2019 ? '\'' : c >= 0x201c && c <= 0x201f ? '"' : 0;
}

/* A character beyond ASCII. Two in a row say something in scripts without spaces, where one is a
 * syllable or a word; elsewhere four do. Were it bytes, most 4-grams would only tell the script, and mail
 * in a language of which little was learned would be judged by its alphabet. */
static void
seen_wide(struct ngram_text *text, struct ngram_run *run, uint32_t c, const unsigned char *bytes,
    size_t len)
{
	unsigned char plain = plain_form(c);
	bool letter = !((c >= 0x80 && c < 0xc0) || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3001 && c < 0x3040));

	if (plain != 0) {
		seen_ascii(text, run, plain);
		return;
	}
	if (!letter)
		word_end(text, run);
	if (run->word_len == 0)
		run->word_hash = SL_SEEN_HASH_START;
	if (letter && run->word_len + len <= NGRAM_WORD_MAX) {
		for (size_t i = 0; i < len; i++) {
			run->word[run->word_len++] = bytes[i];
			run->word_hash = (run->word_hash ^ bytes[i]) * SL_SEEN_HASH_PRIME;
		}
	}
	run->last4 = run->last4 << 8 | 0x80 | (mix(c, KIND_WIDE) >> 25);
	if (c < 0x2e80) {
		group_add(run, mix_twice(run->last4, KIND_GRAM(SL_SEEN_TEXT)));
		run->last_wide = 0;
	} else {
		group_add(run, mix_twice(mix(run->last_wide, KIND_WIDE) ^ c, KIND_WIDE));
		run->last_wide = c;
	}
	if (run->group_len > NGRAM_GROUP_MAX - 8)
		group_flush(text, run);
}

/* A byte of what a reader sees. */
static inline void
seen(struct ngram_text *text, struct ngram_run *run, unsigned char byte)
{
	unsigned char bytes[4];
	size_t len;

	if (byte < 0x80) {
		run->c_missing = 0;
		seen_ascii(text, run, byte);
		return;
	}
	if (byte >= 0xc0) {
		run->c_missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
		run->c = byte & (0x3fu >> run->c_missing);
		return;
	}
	if (run->c_missing == 0)
		return;		/* the rest of a character whose start was passed over */
	run->c = run->c << 6 | (byte & 0x3f);
	if (--run->c_missing > 0)
		return;
	len = run->c >= 0x10000 ? 4 : run->c >= 0x800 ? 3 : 2;
	for (size_t i = len; i-- > 1; )
		bytes[i] = (unsigned char)(0x80 | ((run->c >> (6 * (len - 1 - i))) & 0x3f));
	bytes[0] = (unsigned char)((len == 4 ? 0xf0 : len == 3 ? 0xe0 : 0xc0) | run->c >> (6 * (len - 1)));
	seen_wide(text, run, run->c, bytes, len);
}

/* Words without 4-grams. */
static void
words(struct ngram_text *text, struct ngram_run *run, struct sl_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (classes[bytes.ptr[i]] == WORD)
			word_add(run, bytes.ptr[i]);
		else
			word_end(text, run);
	}
}

static void
run_start(struct ngram_run *run, enum sl_seen_place place)
{
	run->place = place;
	run->word_address = false;
	run->last4 = ' ';
	run->last_wide = 0;
	run->c_missing = 0;
	run->word_len = run->group_len = 0;
}

void
ngram_text_init(struct ngram_text *text, ngram_sink *sink, void *ctx)
{
	text->sink = sink;
	text->ctx = ctx;
	run_start(&text->seen, SL_SEEN_TEXT);
	run_start(&text->hidden, SL_SEEN_HIDDEN);
}

void
ngram_text_start(struct ngram_text *text, enum sl_seen_place place)
{
	run_start(&text->seen, place);
	run_start(&text->hidden, SL_SEEN_HIDDEN);
}

/* Characters of a word join one by one. */
static inline void
grams(struct ngram_run *run, struct sl_slice word)
{
	const uint32_t kind = KIND_GRAM(run->place == SL_SEEN_FROM ? SL_SEEN_FROM : SL_SEEN_TEXT);
	uint32_t last4 = run->last4, *group = run->group + run->group_len;
	size_t len = SL_MIN(word.len, NGRAM_GROUP_MAX - run->group_len);

	for (size_t i = 0; i < len; i++) {
		last4 = last4 << 8 | digit_same(word.ptr[i]);
		group[i] = mix_twice(last4, kind);
	}
	for (size_t i = len; i < word.len; i++)
		last4 = last4 << 8 | digit_same(word.ptr[i]);
	run->last4 = last4;
	run->group_len += len;
}

/* Does what character by character would be done. */
void
ngram_text_word(struct ngram_text *text, const struct sl_seen_word *word)
{
	struct ngram_run *run = &text->seen;

	run->c_missing = 0;
	run->last_wide = 0;
	if (word->has_at) {
		address_forget(run);
	} else if (word->len > 0) {
		grams(run, sl_slice(word->raw, word->len));
		word_give(text, run, sl_slice(word->lower, word->len), word->hash);
	}
	between(run, word->end);
}

void
ngram_text_feed(struct ngram_text *text, struct sl_slice utf8)
{
	for (size_t i = 0; i < utf8.len; i++)
		seen(text, &text->seen, utf8.ptr[i]);
}

void
ngram_text_gap(struct ngram_text *text)
{
	run_start(&text->seen, text->seen.place);
}

void
ngram_text_end(struct ngram_text *text)
{
	word_end(text, &text->seen);
	group_flush(text, &text->seen);
	word_end(text, &text->hidden);
}

void
ngram_text_hidden(struct ngram_text *text, struct sl_slice utf8)
{
	words(text, &text->hidden, utf8);
}

void
ngram_text_markup(struct ngram_text *text, struct sl_slice bytes)
{
	struct ngram_run run;

	run_start(&run, SL_SEEN_MARKUP);
	words(text, &run, bytes);
	word_end(text, &run);
}

void
ngram_text_mark(struct ngram_text *text, enum sl_seen_place place, enum sl_seen_mark mark,
    struct sl_slice value)
{
	unsigned char label[SL_SEEN_LABEL_MAX];
	size_t len = sl_seen_label(mark, value, label);
	uint32_t feature;

	if (mark == SL_SEEN_MARK_RE) {		/* as models know it */
		len = sizeof("subject: re") - 1;
		memcpy(label, "subject: re", len);
	}
	feature = mix_twice((uint32_t)sl_hash(label, len), KIND_MARK);
	text->sink(text->ctx, place, sl_slice(label, len), &feature, 1);
}

/* ---- one reading, as a classifier that gives no evidence */

void
ngram_listener_init(struct ngram_listener *listener, unsigned reading, ngram_sink *sink, void *ctx)
{
	memset(listener, 0, sizeof(*listener));
	ngram_text_init(&listener->text, sink, ctx);
	listener->reading = reading;
	listener->header_over = reading > 0;
}

static void *
listen(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

/* Of another reading nothing is taken. */
#define LISTEN(event, parameters, arguments)						\
static void										\
on_##event parameters									\
{											\
	struct ngram_listener *listener = state;					\
											\
	if (reading == listener->reading)						\
		ngram_text_##event arguments;						\
}

LISTEN(start, (void *state, unsigned reading, enum sl_seen_place place), (&listener->text, place))
LISTEN(word, (void *state, unsigned reading, const struct sl_seen_word *word), (&listener->text, word))
LISTEN(feed, (void *state, unsigned reading, struct sl_slice utf8), (&listener->text, utf8))
LISTEN(gap, (void *state, unsigned reading), (&listener->text))
LISTEN(end, (void *state, unsigned reading), (&listener->text))
LISTEN(hidden, (void *state, unsigned reading, struct sl_slice utf8), (&listener->text, utf8))
LISTEN(markup, (void *state, unsigned reading, struct sl_slice bytes), (&listener->text, bytes))
LISTEN(mark, (void *state, unsigned reading, enum sl_seen_place place, enum sl_seen_mark mark, struct sl_slice value),
    (&listener->text, place, mark, value))
#undef LISTEN

static void
on_header_over(void *state)
{
	((struct ngram_listener *)state)->header_over = true;
}

static const struct sl_seen_events events = {
	.start = on_start,
	.word = on_word,
	.text = on_feed,
	.gap = on_gap,
	.end = on_end,
	.hidden = on_hidden,
	.markup = on_markup,
	.mark = on_mark,
	.header_over = on_header_over,
};

const struct sl_classifier ngram_listener = {
	.name = "ngram_listener",
	.new_message = listen,
	.seen = &events,
};
