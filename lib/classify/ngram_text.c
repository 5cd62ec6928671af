/* ngram_text.c - see ngram_i.h: text and markup into words and character 4-grams */

#include "classify/ngram_i.h"

enum text_state {
	TEXT_PLAIN = 0,		/* characters a reader sees */
	TEXT_LESS,		/* < */
	TEXT_TAG_NAME,
	TEXT_TAG,		/* behind the name, before > */
	TEXT_BANG,		/* <! */
	TEXT_BANG_DASH,		/* <!- */
	TEXT_COMMENT,
	TEXT_COMMENT_DASH,	/* - in a comment */
	TEXT_COMMENT_DASHES,	/* -- in a comment */
	TEXT_ENTITY,		/* & */
};

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
group_add(struct ngram_text *text, uint32_t feature)
{
	if (text->group_len < NGRAM_GROUP_MAX)
		text->group[text->group_len++] = feature;
}

static void
group_flush(struct ngram_text *text)
{
	if (text->group_len > 0)
		text->sink(text->ctx, text->place, sl_slice(text->word, text->word_len),
		    text->group, text->group_len);
	text->group_len = 0;
}

/* A character joins the last four. Markup has no 4-grams. */
static inline void
gram(struct ngram_text *text, unsigned char c)
{
	text->last4 = text->last4 << 8 | c;
	group_add(text, mix_twice(text->last4, KIND_GRAM(text->place == NGRAM_FROM ? NGRAM_FROM
	    : NGRAM_TEXT)));
}

static void
word_end(struct ngram_text *text)
{
	enum ngram_place place = text->place;

	if (text->word_len == 0)
		return;
	if (text->word_address) {	/* whose it is must not matter */
		text->word_len = 0;
		text->word_address = false;
		text->last4 = '@';
		text->group_len = 0;
		return;
	}
	group_add(text, mix_twice(text->word_hash, KIND_WORD(place)));
	if (place == NGRAM_SUBJECT)
		group_add(text, mix_twice(text->word_hash, KIND_WORD(NGRAM_TEXT)));
	group_flush(text);
	text->word_len = 0;
}

/* Digits count as one: which year or price it is tells a collection, not a kind of mail. */
static inline void
word_add(struct ngram_text *text, unsigned char c)
{
	unsigned char same = c >= '0' && c <= '9' ? '0' : c;
	unsigned char lower = sl_ascii_lower(same);

	if (text->word_len == 0)
		text->word_hash = 0x811c9dc5u;
	if (text->word_len == NGRAM_WORD_MAX)
		return;
	if (c == '@')
		text->word_address = true;
	text->word[text->word_len++] = sl_ascii_lower(c);
	text->word_hash = (text->word_hash ^ lower) * 0x01000193u;
	if (text->place != NGRAM_MARKUP)
		gram(text, same);
}

/* A character that a reader sees, entities replaced. */
static inline void
visible(struct ngram_text *text, unsigned char c)
{
	unsigned char class = classes[c];

	if (class == WORD) {
		word_add(text, c);
		return;
	}
	word_end(text);
	if (text->place == NGRAM_MARKUP)
		return;
	if (class == BLANK) {
		if ((text->last4 & 0xff) != ' ')
			gram(text, ' ');
	} else if ((text->last4 & 0xffffff) != c * 0x010101u) {	/* a rule is three long */
		gram(text, c);
	}
}

static void
markup(struct ngram_text *text, unsigned char c)
{
	if (classes[c] == WORD)
		word_add(text, c);
	else
		word_end(text);
}

/* The name of a tag is complete. Those that begin a line of their own part words. */
static void
tag_named(struct ngram_text *text)
{
	static const char *const inline_tags[] = { "a", "b", "i", "u", "em", "strong", "font", "span",
		"big", "small", "tt", "sup", "sub" };
	struct sl_slice name = sl_slice(text->tag, text->tag_len);
	bool closing = name.len > 0 && name.ptr[0] == '/';
	bool parts = true;

	if (closing)
		name = sl_slice_from(name, 1);
	for (size_t i = 0; i < SL_COUNT(inline_tags); i++)
		if (sl_slice_eq(name, sl_slice_str(inline_tags[i])))
			parts = false;
	if (parts)
		visible(text, ' ');
	if (sl_slice_eq(name, SL_SLICE_LIT("style")) || sl_slice_eq(name, SL_SLICE_LIT("script")))
		text->raw_name = closing ? 0 : name.ptr[1];
	word_end(text);
	text->place = NGRAM_MARKUP;
	for (size_t i = 0; i < text->tag_len; i++)
		word_add(text, text->tag[i]);
	word_end(text);
}

static void
tag_end(struct ngram_text *text)
{
	word_end(text);
	text->place = text->raw_name != 0 ? NGRAM_MARKUP : NGRAM_TEXT;
	text->state = TEXT_PLAIN;
}

/* The character an entity stands for; 0: none of those that hide words. */
static unsigned char
entity_value(struct sl_slice name)
{
	static const struct {
		const char	*name;
		unsigned char	 c;
	} names[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "nbsp", ' ' },
		{ "apos", '\'' } };
	unsigned value = 0;
	bool hex = name.len > 1 && (name.ptr[1] | 0x20) == 'x';

	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (sl_slice_eq(name, sl_slice_str(names[i].name)))
			return names[i].c;
	if (name.len < 2 || name.ptr[0] != '#')
		return 0;
	for (size_t i = hex ? 2 : 1; i < name.len && value < 0x10000; i++) {
		unsigned char c = name.ptr[i] | 0x20;

		if (name.ptr[i] >= '0' && name.ptr[i] <= '9')
			value = value * (hex ? 16 : 10) + (name.ptr[i] - '0');
		else if (hex && c >= 'a' && c <= 'f')
			value = value * 16 + (unsigned)(c - 'a' + 10);
		else
			return 0;
	}
	return value == 0xa0 ? ' ' : value < 0x80 ? (unsigned char)value : 0;
}

/* A character behind &. Returns false when it is not part of the entity. */
static bool
entity_add(struct ngram_text *text, unsigned char c)
{
	bool fits = text->entity_len < sizeof(text->entity) && c < 0x80 &&
	    (c == '#' || (classes[c] == WORD && c != '\'' && c != '.' && c != '-'));
	unsigned char value;

	if (fits) {
		text->entity[text->entity_len++] = c;
		return true;
	}
	value = entity_value(sl_slice(text->entity, text->entity_len));
	text->state = TEXT_PLAIN;
	visible(text, value != 0 ? value : ' ');
	return c == ';';
}

/* Begin a tag, or find that < was only a character. */
static void
less_next(struct ngram_text *text, unsigned char c)
{
	unsigned char lower = c | 0x20;

	if (c == '!') {
		text->state = TEXT_BANG;
	} else if (c == '/' || (lower >= 'a' && lower <= 'z')) {
		text->state = TEXT_TAG_NAME;
		text->tag_len = 0;
		text->tag[text->tag_len++] = sl_ascii_lower(c);
	} else {
		text->state = TEXT_PLAIN;
		visible(text, '<');
		visible(text, c);
	}
}

static void
tag_name_next(struct ngram_text *text, unsigned char c)
{
	if (c != '>' && classes[c] != BLANK && c != '/') {
		if (text->tag_len < sizeof(text->tag))
			text->tag[text->tag_len++] = sl_ascii_lower(c);
		return;
	}
	tag_named(text);
	text->state = TEXT_TAG;
	if (c == '>')
		tag_end(text);
}

static void
html_next(struct ngram_text *text, unsigned char c)
{
	switch ((enum text_state)text->state) {
	case TEXT_PLAIN:
		if (c == '<') {
			text->state = TEXT_LESS;
		} else if (c == '&' && text->raw_name == 0) {
			text->state = TEXT_ENTITY;
			text->entity_len = 0;
		} else {
			visible(text, c);
		}
		return;
	case TEXT_LESS:
		less_next(text, c);
		return;
	case TEXT_TAG_NAME:
		tag_name_next(text, c);
		return;
	case TEXT_TAG:
		if (c == '>')
			tag_end(text);
		else
			markup(text, c);
		return;
	case TEXT_BANG:
		text->state = c == '-' ? TEXT_BANG_DASH : c == '>' ? TEXT_PLAIN : TEXT_TAG;
		return;
	case TEXT_BANG_DASH:
		text->state = c == '-' ? TEXT_COMMENT : c == '>' ? TEXT_PLAIN : TEXT_TAG;
		return;
	case TEXT_COMMENT:
		text->state = c == '-' ? TEXT_COMMENT_DASH : TEXT_COMMENT;
		return;
	case TEXT_COMMENT_DASH:
		text->state = c == '-' ? TEXT_COMMENT_DASHES : TEXT_COMMENT;
		return;
	case TEXT_COMMENT_DASHES:
		text->state = c == '>' ? TEXT_PLAIN : c == '-' ? TEXT_COMMENT_DASHES : TEXT_COMMENT;
		return;
	case TEXT_ENTITY:
		if (!entity_add(text, c))
			html_next(text, c);	/* once: the state is PLAIN now */
		return;
	}
	SL_UNREACHABLE("no such state");
}

void
ngram_text_init(struct ngram_text *text, ngram_sink *sink, void *ctx)
{
	text->sink = sink;
	text->ctx = ctx;
	text->skip = text->read_bytes = text->tail_bytes = 0;
	text->word_hash = 0;
	text->read_until = NGRAM_READ_BYTES;
	ngram_text_start(text, NGRAM_TEXT, false);
}

void
ngram_text_start(struct ngram_text *text, enum ngram_place place, bool html)
{
	text->place = place;
	text->html = html;
	text->state = TEXT_PLAIN;
	text->raw_name = 0;
	text->word_address = false;
	text->last4 = ' ';
	text->word_len = text->group_len = 0;
}

/* Go on reading behind a gap. The word and tag that were under way are given up. */
static void
resume(struct ngram_text *text)
{
	text->skip = 0;
	text->state = TEXT_PLAIN;
	text->raw_name = 0;
	text->place = text->place == NGRAM_MARKUP ? NGRAM_TEXT : text->place;
	text->word_address = false;
	text->last4 = ' ';
	text->word_len = text->group_len = 0;
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
	for (size_t i = 0; i < len; i++, at++) {
		if (text->html)
			html_next(text, text->tail[at % NGRAM_TAIL_BYTES]);
		else
			visible(text, text->tail[at % NGRAM_TAIL_BYTES]);
	}
	ngram_text_end(text);
}

/* A stretch has been read: how much to pass over before the next. */
static void
stretch_end(struct ngram_text *text)
{
	size_t mean = text->read_bytes < NGRAM_SAMPLED_BYTES ? NGRAM_SKIP_BYTES : NGRAM_SKIP_FAR_BYTES;

	text->skip = mean / 2 + mix_twice(text->last4, text->word_hash) % mean;
	text->read_until = text->read_bytes + NGRAM_STRETCH_BYTES;
}

void
ngram_text_feed(struct ngram_text *text, const unsigned char *data, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t end = i + SL_MIN(len - i, text->read_until - text->read_bytes);

		if (text->skip > 0) {
			i += skip(text, data + i, len - i);
			continue;
		}
		text->read_bytes += end - i;
		if (text->html)
			while (i < end)
				html_next(text, data[i++]);
		else
			while (i < end)
				visible(text, data[i++]);
		if (text->read_bytes == text->read_until)
			stretch_end(text);
	}
}

void
ngram_text_end(struct ngram_text *text)
{
	word_end(text);
	group_flush(text);
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
