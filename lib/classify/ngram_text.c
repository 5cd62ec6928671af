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

static inline void
group_add(struct ngram_run *run, uint32_t feature)
{
	if (run->group_len < NGRAM_GROUP_MAX)
		run->group[run->group_len++] = feature;
}

static void
group_flush(struct ngram_text *text, struct ngram_run *run)
{
	if (run->group_len > 0)
		text->sink(text->ctx, run->place, sl_slice(run->word, run->word_len), run->group,
		    run->group_len);
	run->group_len = 0;
}

/* A character joins the last four. Only what is read as text has 4-grams. */
static inline void
gram(struct ngram_run *run, unsigned char c)
{
	run->last4 = run->last4 << 8 | c;
	group_add(run, mix_twice(run->last4, KIND_GRAM(run->place == NGRAM_FROM ? NGRAM_FROM
	    : NGRAM_TEXT)));
}

static inline bool
has_grams(const struct ngram_run *run)
{
	return run->place != NGRAM_MARKUP && run->place != NGRAM_HIDDEN;
}

static void
word_end(struct ngram_text *text, struct ngram_run *run)
{
	if (run->word_len == 0)
		return;
	if (run->word_address) {	/* whose it is must not matter */
		run->word_len = 0;
		run->word_address = false;
		run->last4 = '@';
		run->group_len = 0;
		return;
	}
	group_add(run, mix_twice(run->word_hash, KIND_WORD(run->place)));
	if (run->place == NGRAM_SUBJECT)
		group_add(run, mix_twice(run->word_hash, KIND_WORD(NGRAM_TEXT)));
	group_flush(text, run);
	run->word_len = 0;
}

/* Digits count as one: which year or price it is tells a collection, not a kind of mail. */
static inline void
word_add(struct ngram_run *run, unsigned char c)
{
	unsigned char same = c >= '0' && c <= '9' ? '0' : c;
	unsigned char lower = sl_ascii_lower(same);

	if (run->word_len == 0)
		run->word_hash = 0x811c9dc5u;
	if (run->word_len == NGRAM_WORD_MAX)
		return;
	if (c == '@')
		run->word_address = true;
	run->word[run->word_len++] = sl_ascii_lower(c);
	run->word_hash = (run->word_hash ^ lower) * 0x01000193u;
	if (has_grams(run))
		gram(run, same);
}

/* A character that a reader sees. */
static inline void
seen(struct ngram_text *text, struct ngram_run *run, unsigned char c)
{
	unsigned char class = classes[c];

	if (class == WORD) {
		word_add(run, c);
		return;
	}
	word_end(text, run);
	if (class == BLANK) {
		if ((run->last4 & 0xff) != ' ')
			gram(run, ' ');
	} else if ((run->last4 & 0xffffff) != c * 0x010101u) {	/* a rule is three long */
		gram(run, c);
	}
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
run_start(struct ngram_run *run, enum ngram_place place)
{
	run->place = place;
	run->word_address = false;
	run->last4 = ' ';
	run->word_len = run->group_len = 0;
}

void
ngram_text_init(struct ngram_text *text, ngram_sink *sink, void *ctx)
{
	text->sink = sink;
	text->ctx = ctx;
	text->skip = text->read_bytes = text->tail_bytes = text->hidden_bytes = 0;
	text->seen.word_hash = 0;
	text->read_until = NGRAM_READ_BYTES;
	run_start(&text->seen, NGRAM_TEXT);
	run_start(&text->hidden, NGRAM_HIDDEN);
}

void
ngram_text_start(struct ngram_text *text, enum ngram_place place)
{
	run_start(&text->seen, place);
	run_start(&text->hidden, NGRAM_HIDDEN);
}

/* Go on reading behind a gap. The word that was under way is given up. */
static void
resume(struct ngram_text *text)
{
	text->skip = 0;
	run_start(&text->seen, text->seen.place);
}

/* Pass over what is to be skipped, but keep the last of it. */
static size_t
skip(struct ngram_text *text, const unsigned char *data, size_t len)
{
	size_t n = SL_MIN(text->skip, len), kept = SL_MIN(n, (size_t)NGRAM_TAIL_BYTES);
	size_t at = (text->tail_bytes + n - kept) % NGRAM_TAIL_BYTES;
	size_t first = SL_MIN(kept, NGRAM_TAIL_BYTES - at);

	memcpy(text->tail + at, data + n - kept, first);
	memcpy(text->tail, data + n - kept + first, kept - first);
	text->tail_bytes += n;
	text->skip -= n;
	if (text->skip == 0)
		resume(text);
	return n;
}

void
ngram_text_tail(struct ngram_text *text)
{
	size_t len = SL_MIN(text->tail_bytes, (size_t)NGRAM_TAIL_BYTES);
	size_t at = text->tail_bytes - len;

	if (len == 0)
		return;
	resume(text);
	for (size_t i = 0; i < len; i++, at++)
		seen(text, &text->seen, text->tail[at % NGRAM_TAIL_BYTES]);
	ngram_text_end(text);
}

/* A stretch has been read: how much to pass over before the next. */
static void
stretch_end(struct ngram_text *text)
{
	size_t mean = text->read_bytes < NGRAM_SAMPLED_BYTES ? NGRAM_SKIP_BYTES : NGRAM_SKIP_FAR_BYTES;

	text->skip = mean / 2 + mix_twice(text->seen.last4, text->seen.word_hash) % mean;
	text->read_until = text->read_bytes + NGRAM_STRETCH_BYTES;
}

void
ngram_text_feed(struct ngram_text *text, struct sl_slice bytes)
{
	size_t i = 0;

	while (i < bytes.len) {
		size_t end = i + SL_MIN(bytes.len - i, text->read_until - text->read_bytes);

		if (text->skip > 0) {
			i += skip(text, bytes.ptr + i, bytes.len - i);
			continue;
		}
		text->read_bytes += end - i;
		while (i < end)
			seen(text, &text->seen, bytes.ptr[i++]);
		if (text->read_bytes == text->read_until)
			stretch_end(text);
	}
}

void
ngram_text_end(struct ngram_text *text)
{
	word_end(text, &text->seen);
	group_flush(text, &text->seen);
	word_end(text, &text->hidden);
}

void
ngram_text_hidden(struct ngram_text *text, struct sl_slice bytes)
{
	bytes.len = SL_MIN(bytes.len, NGRAM_HIDDEN_BYTES - text->hidden_bytes);
	text->hidden_bytes += bytes.len;
	words(text, &text->hidden, bytes);
}

void
ngram_text_markup(struct ngram_text *text, struct sl_slice bytes)
{
	struct ngram_run run;

	if (text->skip > 0)
		return;
	run_start(&run, NGRAM_MARKUP);
	run.word_hash = 0;
	words(text, &run, bytes);
	word_end(text, &run);
}

void
ngram_text_mark(struct ngram_text *text, enum ngram_place place, const char *kind,
    struct sl_slice value)
{
	unsigned char label[NGRAM_WORD_MAX];
	size_t len = SL_MIN(strlen(kind), sizeof(label));
	uint32_t feature;

	memcpy(label, kind, len);
	for (size_t i = 0; i < value.len && len < sizeof(label); i++)
		label[len++] = sl_ascii_lower(value.ptr[i]);
	feature = mix_twice((uint32_t)sl_hash(label, len), KIND_MARK);
	text->sink(text->ctx, place, sl_slice(label, len), &feature, 1);
}
