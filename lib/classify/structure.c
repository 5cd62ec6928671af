/* structure.c - see classify/structure.h */

#include "classify/structure.h"

#include "classify/say.h"
#include "mime/word.h"
#include "sl/buf.h"
#include "sl/utf8.h"

#include <endian.h>
#include <math.h>

#define STRUCTURE_MAGIC		0x5d57c0deu
#define STRUCTURE_WORDS_BYTES	2048	/* of each alternative, whose words are compared */
#define FIELD_MAX		4096
#define BITS			2048	/* of a set of words */
#define DAY_S			86400
#define SHORT_TEXT		200	/* bytes of text that is seen */
#define MARKUP_LARGE		8192	/* bytes of a page */
#define WORD_SHOWN		40	/* bytes of a word of mixed scripts, with what is in front of it */
#define WORDS_FEW		15	/* of an alternative, too few to compare */

/* id, name, log-odds of spam and phish, sentence. Half of what was measured, or less: doc/links.md. */
#define STRUCTURE_ROWS(X)									\
	X(NO_DATE, "struct_no_date", 1.0, 0.7, "there is no Date")				\
	X(NO_FROM, "struct_no_from", 1.5, 1.0, "there is no From")				\
	X(NO_TO, "struct_no_to", 0, 0, "there is neither To nor Cc")			\
	X(NO_ID, "struct_no_id", 0, 0, "there is no Message-ID")				\
	X(NO_SUBJECT, "struct_no_subject", 0, 0, "there is no Subject, or an empty one")	\
	X(ID_FORM, "struct_id_form", 0.8, 0.3, "the Message-ID is not written as one: %1")	\
	X(ID_BARE, "struct_id_bare", 0, 0, "the Message-ID names no domain: %1")		\
	X(DATE_NONE, "struct_date_unreadable", 1.0, 0.7, "the Date cannot be read: %1")		\
	X(DATE_FORM, "struct_date_form", 0, 0, "the Date is written as no mail program does: %1")	\
	X(DATE_WEEKDAY, "struct_date_weekday", 0.3, 0.3, "the Date is not on that day of the week: %1")	\
	X(DATE_ZONE, "struct_date_zone", 1, 0.5, "the Date has no zone, or one that no place has: %1")	\
	X(DATE_RANGE, "struct_date_impossible", 1.2, 0.8, "the Date does not exist: %1")	\
	X(DATE_FUTURE, "struct_date_future", 1.0, 0.5, "the Date lies in the future: %1")		\
	X(DATE_PAST, "struct_date_past", 0.5, 0.3, "the Date lies far back: %1")			\
	X(UNDISCLOSED, "struct_undisclosed", 1, 1.5, "the recipients are not named: %1")	\
	X(CAPITALS, "struct_subject_capitals", 0.6, 0.2, "the Subject is all capitals: %1")	\
	X(SUBJECT_CODE, "struct_subject_code", 0.8, 0.7, "the Subject ends in a number or code: %1")	\
	X(SUBJECT_GAP, "struct_subject_gap", 1, 0.2, "the Subject has a long gap: %1")	\
	X(SUBJECT_SIGNS, "struct_subject_signs", 0, 0.1, "the Subject has signs that call out: %1")	\
	X(FAKE_REPLY, "struct_fake_reply", 0, 0, "the Subject is that of an answer to nothing: %1")	\
	X(IMAGE_ONLY, "struct_image_only", 1, 1.5, "hardly anything but images is seen")	\
	X(LINK_ONLY, "struct_link_only", 0.1, 0, "hardly anything but a link is seen")	\
	X(MARKUP, "struct_markup", 0, 0.3, "much markup for little text")			\
	X(DIFFERENT, "struct_alternatives_differ", 0, 0, "the text and the page say different things")	\
	X(NO_TEXT_PART, "struct_html_only", 0.8, 1.2, "a page without the same as text")	\
	X(MIXED, "struct_scripts_mixed", 1.2, 1.2, "words mix letters of different scripts: %1")	\
	X(NEEDLESS, "struct_needless_base64", 0.8, 0, "plain text is encoded for no reason")	\
	X(EMPTY, "struct_empty", 0, 0, "there is nothing to read")

enum structure_row {
#define STRUCTURE_ENUM(id, name, spam, phish, sentence) ROW_##id,
	STRUCTURE_ROWS(STRUCTURE_ENUM)
#undef STRUCTURE_ENUM
	ROW_COUNT,
};

static const struct say_row rows[ROW_COUNT] = {
#define STRUCTURE_SAY(id, name, spam, phish, sentence) { name, spam, phish, 0, sentence },
	STRUCTURE_ROWS(STRUCTURE_SAY)
#undef STRUCTURE_SAY
};

/* The words of one alternative, as bits. */
struct words {
	uint64_t	bits[BITS / 64];
	unsigned	bytes;		/* that were read */
	uint32_t	hash;		/* of the word at hand */
	unsigned	len;
};

struct structure {
	unsigned	 magic;
	struct sl_arena	*arena;
	int64_t		 now_s;
	bool		 found[ROW_COUNT];
	struct sl_slice	 facts[ROW_COUNT];
	bool		 has_date, has_from, has_to, has_id, has_subject, is_reply, has_references;
	/* The body; of reading 0, what is no attachment. */
	bool		 alternative, has_plain, has_html;
	const struct sl_content_part *plain, *html;	/* at hand; never looked into later */
	uint64_t	 text_bytes, non_ascii, html_bytes, base64_bytes;
	unsigned	 links, images, files;
	unsigned	 mixed;
	uint64_t	 last;			/* the 8 bytes of text before, the newest lowest */
	unsigned char	 word[WORD_SHOWN];	/* the first word that is mixed */
	size_t		 word_len;
	bool		 word_ended;
	struct words	 words[2];		/* plain, html */
};

static void *
structure_new_message(const void *model, struct sl_arena *arena)
{
	struct structure *s = sl_arena_alloc(arena, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->magic = STRUCTURE_MAGIC;
	s->arena = arena;
	return s;
}

static void
structure_connection(void *state, const struct sl_connection_event *event)
{
	struct structure *s = state;

	s->now_s = event->now_s;
}

static void
note(struct structure *s, enum structure_row row, struct sl_slice fact)
{
	if (!s->found[row])
		s->facts[row] = say_keep(s->arena, sl_slice_trim(fact));
	s->found[row] = true;
}

/* ---- fields */

static void
on_date(struct structure *s, struct sl_slice value)
{
	int64_t time;
	unsigned flags = sl_date_read(value, &time);

	s->has_date = true;
	if ((flags & SL_DATE_NONE) != 0) {
		note(s, ROW_DATE_NONE, value);
		return;
	}
	if ((flags & SL_DATE_RANGE) != 0)
		note(s, ROW_DATE_RANGE, value);
	else if ((flags & SL_DATE_ZONE) != 0)
		note(s, ROW_DATE_ZONE, value);
	else if ((flags & SL_DATE_FORM) != 0)
		note(s, ROW_DATE_FORM, value);
	else if ((flags & SL_DATE_WEEKDAY) != 0)
		note(s, ROW_DATE_WEEKDAY, value);
	if (s->now_s > 0 && time > s->now_s + DAY_S)
		note(s, ROW_DATE_FUTURE, value);
	else if (s->now_s > 0 && time < s->now_s - 7 * (int64_t)DAY_S)
		note(s, ROW_DATE_PAST, value);
}

static void
on_id(struct structure *s, struct sl_slice value)
{
	struct sl_slice id = sl_slice_trim(value), domain;
	const unsigned char *at = id.len > 0 ? memrchr(id.ptr, '@', id.len) : NULL;

	s->has_id = id.len > 0;
	if (id.len == 0)
		return;
	if (id.ptr[0] != '<' || id.ptr[id.len - 1] != '>' || at == NULL || at == id.ptr + 1) {
		note(s, ROW_ID_FORM, id);
		return;
	}
	domain = sl_slice(at + 1, (size_t)(id.ptr + id.len - 1 - (at + 1)));
	if (domain.len == 0 || memchr(domain.ptr, '.', domain.len) == NULL)
		note(s, ROW_ID_BARE, id);
}

/* Digits, or letters and digits mixed, at least 5, as the last word. */
static bool
ends_in_code(struct sl_slice text)
{
	const unsigned char *space = text.len > 0 ? memrchr(text.ptr, ' ', text.len) : NULL;
	size_t from = space == NULL ? text.len : (size_t)(space - text.ptr) + 1, digits = 0;

	for (size_t i = from; i < text.len; i++) {
		digits += text.ptr[i] >= '0' && text.ptr[i] <= '9';
		if (strchr("/.:,-", text.ptr[i]) != NULL)	/* a date, a version, an amount */
			return false;
	}
	return text.len - from >= 5 && digits >= 3;
}

/* Pictures, stars, warning signs: U+2600 and on, U+1F300 and on. */
static bool
has_signs(struct sl_slice text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if ((text.ptr[i] == 0xe2 && (text.ptr[i + 1] == 0x98 || (text.ptr[i + 1] >= 0x9a && text.ptr[i + 1] <= 0x9e))) ||
		    (text.ptr[i] == 0xf0 && text.ptr[i + 1] == 0x9f))
			return true;
	return false;
}

static void
judge_subject(struct structure *s, struct sl_slice text)
{
	unsigned upper = 0, lower = 0;

	s->has_subject = text.len > 0;
	for (size_t i = 0; i < text.len; i++) {
		upper += text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
		lower += text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
	}
	if (upper >= 10 && lower == 0)
		note(s, ROW_CAPITALS, text);
	if (ends_in_code(text))
		note(s, ROW_SUBJECT_CODE, text);
	if (text.len > 0 && memmem(text.ptr, text.len, "        ", 8) != NULL)
		note(s, ROW_SUBJECT_GAP, text);
	if (has_signs(text))
		note(s, ROW_SUBJECT_SIGNS, text);
	s->is_reply = sl_slice_istarts(text, SL_SLICE_LIT("re:"));
	if (s->is_reply)
		note(s, ROW_FAKE_REPLY, text);	/* for now: an answer refers to something */
}

static void
on_subject(struct structure *s, struct sl_slice value)
{
	struct sl_buf text;

	sl_buf_init(&text, FIELD_MAX);
	sl_word_decode(value, &text);
	judge_subject(s, sl_slice_trim(sl_buf_slice(&text)));
	sl_buf_fini(&text);
}

static void
on_from(struct structure *s, struct sl_slice value)
{
	s->has_from = true;
}

static void
on_to(struct structure *s, struct sl_slice value)
{
	struct sl_slice to = sl_slice_trim(value);

	s->has_to = true;
	if (to.len == 0 || memmem(to.ptr, to.len, "ndisclosed", 10) != NULL)
		note(s, ROW_UNDISCLOSED, to.len > 0 ? to : SL_SLICE_LIT("an empty To"));
}

static void
on_cc(struct structure *s, struct sl_slice value)
{
	s->has_to = true;
}

static void
on_references(struct structure *s, struct sl_slice value)
{
	s->has_references |= sl_slice_trim(value).len > 0;
}

static void
structure_field(void *state, struct sl_slice name, struct sl_slice value)
{
	static const struct {
		struct sl_slice	name;
		void		(*on)(struct structure *s, struct sl_slice value);
	} fields[] = {
		{ SL_SLICE_LIT("Date"), on_date },
		{ SL_SLICE_LIT("Message-ID"), on_id },
		{ SL_SLICE_LIT("Subject"), on_subject },
		{ SL_SLICE_LIT("From"), on_from },
		{ SL_SLICE_LIT("To"), on_to },
		{ SL_SLICE_LIT("Cc"), on_cc },
		{ SL_SLICE_LIT("References"), on_references },
		{ SL_SLICE_LIT("In-Reply-To"), on_references },
		{ SL_SLICE_LIT("Thread-Index"), on_references },
	};

	value.len = SL_MIN(value.len, (size_t)FIELD_MAX);
	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (name.len == fields[i].name.len && sl_slice_ieq(name, fields[i].name))
			fields[i].on(state, value);
}

/* ---- text */

static void
structure_begin(void *state, const struct sl_content_part *part)
{
	struct structure *s = state;

	if (part->mime->reading != 0)
		return;
	if (sl_slice_eq(part->mime->type, SL_SLICE_LIT("multipart/alternative")))
		s->alternative = true;
	if (part->is_attached)
		return;
	if (part->role == SL_CONTENT_TEXT && !s->has_plain) {
		s->has_plain = true;
		s->plain = part;
	} else if (part->role == SL_CONTENT_HTML && !s->has_html) {
		s->has_html = true;
		s->html = part;
	}
}

static void
words_end(struct words *w)
{
	if (w->len >= 4) {
		uint32_t bit = w->hash * 2654435761u >> 21;

		w->bits[bit / 64] |= (uint64_t)1 << bit % 64;
	}
	w->hash = 0;
	w->len = 0;
}

static void
words_feed(struct words *w, struct sl_slice text)
{
	size_t n = SL_MIN(text.len, (size_t)STRUCTURE_WORDS_BYTES - w->bytes);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		if ((c >= 'a' && c <= 'z') || c >= 0x80) {
			w->hash = w->hash * 31 + c;
			w->len++;
		} else if (w->len > 0) {
			words_end(w);
		}
	}
	w->bytes += (unsigned)n;
}

static bool
is_letter(unsigned char c)
{
	return sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z';
}

/* The first byte of a Greek or Cyrillic letter. */
static bool
is_foreign(unsigned char c)
{
	return c >= 0xce && c <= 0xd3;
}

/* A word is mixed; what came of it lies in the bytes before. */
static void
mixed_begin(struct structure *s)
{
	if (s->mixed++ > 0)
		return;
	for (int i = 7; i >= 0; i--) {
		unsigned char c = (unsigned char)(s->last >> (8 * i));

		if (c <= ' ')
			s->word_len = 0;
		else if (s->word_len > 0 || (c & 0xc0) != 0x80)
			s->word[s->word_len++] = c;
	}
}

/* One byte, slowly. */
static void
scan_byte(struct structure *s, unsigned char c)
{
	unsigned char before = (unsigned char)s->last, lead = (unsigned char)(s->last >> 8);

	s->non_ascii += c >= 0x80;
	if ((is_foreign(c) && is_letter(before)) || (is_letter(c) && is_foreign(lead) && before >= 0x80))
		mixed_begin(s);
	if (s->mixed > 0 && !s->word_ended) {
		if (c <= ' ' || s->word_len == sizeof(s->word))
			s->word_ended = true;
		else
			s->word[s->word_len++] = c;
	}
	s->last = s->last << 8 | c;
}

/* Look for a Latin letter beside a Greek or Cyrillic one. */
static void
scan(struct structure *s, struct sl_slice text)
{
	for (size_t i = 0; i < text.len; ) {
		uint64_t eight;

		if (i + 8 <= text.len && (s->mixed == 0 || s->word_ended)) {
			memcpy(&eight, text.ptr + i, 8);
			if (((eight | (s->last & 0xff)) & 0x8080808080808080u) == 0) {
				s->last = be64toh(eight);
				i += 8;
				continue;
			}
		}
		scan_byte(s, text.ptr[i++]);
	}
}

static void
structure_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct structure *s = state;

	if (part->mime->reading != 0 || part->is_attached || kind != SL_VIEW_VISIBLE)
		return;
	s->text_bytes += utf8.len;
	scan(s, utf8);
	if (!s->alternative)
		return;
	if (part == s->plain)
		words_feed(&s->words[0], utf8);
	else if (part == s->html)
		words_feed(&s->words[1], utf8);
}

static void
structure_link(void *state, const struct sl_content_link *link)
{
	struct structure *s = state;

	s->links += link->part->mime->reading == 0 && link->url != NULL && link->url->special &&
	    link->element == SL_VIEW_IN_A && (link->found_flags & (SL_LINK_MAIL | SL_LINK_BARE)) == 0;
}

static void
structure_image(void *state, const struct sl_content_part *part, const struct sl_view_image *image)
{
	struct structure *s = state;

	/* Not those that lay out a page. */
	s->images += part->mime->reading == 0 && (image->flags & SL_VIEW_HIDDEN) == 0 &&
	    (image->width < 0 || image->width > 80) && (image->height < 0 || image->height > 40);
}

static void
structure_end(void *state, const struct sl_content_part *part)
{
	struct structure *s = state;

	if (part->mime->reading != 0)
		return;
	if (part == s->plain || part == s->html) {
		bool html = part == s->html;

		words_end(&s->words[html]);
		if (html)
			s->html_bytes = part->mime->size_bytes;
		if (part->mime->transfer == SL_TRANSFER_BASE64)
			s->base64_bytes += part->mime->size_bytes;
		/* its memory may be another part's from now on */
		*(html ? &s->html : &s->plain) = NULL;
	} else if (part->role == SL_CONTENT_FILE) {
		s->files++;
		s->images += sl_slice_istarts(part->mime->type, SL_SLICE_LIT("image/"));
	}
}

/* ---- the end */

static unsigned
bits_count(const uint64_t *bits)
{
	unsigned count = 0;

	for (size_t i = 0; i < BITS / 64; i++)
		count += (unsigned)__builtin_popcountll(bits[i]);
	return count;
}

/* How many words of the shorter alternative the other has not: 0 ... 1. */
static double
difference(const struct structure *s)
{
	unsigned plain = bits_count(s->words[0].bits), html = bits_count(s->words[1].bits), both;
	uint64_t common[BITS / 64];

	if (!s->alternative || plain < WORDS_FEW || html < WORDS_FEW)
		return 0;
	for (size_t i = 0; i < BITS / 64; i++)
		common[i] = s->words[0].bits[i] & s->words[1].bits[i];
	both = bits_count(common);
	return 1 - (double)both / (double)SL_MIN(plain, html);
}

static void
judge_fields(struct structure *s)
{
	s->found[ROW_NO_DATE] = !s->has_date;
	s->found[ROW_NO_FROM] = !s->has_from;
	s->found[ROW_NO_TO] = !s->has_to;
	s->found[ROW_NO_ID] = !s->has_id;
	s->found[ROW_NO_SUBJECT] = !s->has_subject;
	s->found[ROW_FAKE_REPLY] = s->is_reply && !s->has_references;
}

static void
judge_body(struct structure *s)
{
	bool little = s->text_bytes < SHORT_TEXT;

	s->found[ROW_EMPTY] = s->text_bytes < 3 && s->images == 0 && s->files == 0;
	s->found[ROW_IMAGE_ONLY] = little && s->images > 0 && s->has_html;
	s->found[ROW_LINK_ONLY] = little && s->links > 0 && s->images == 0;
	s->found[ROW_MARKUP] = s->html_bytes > MARKUP_LARGE && s->text_bytes * 20 < s->html_bytes;
	s->found[ROW_NO_TEXT_PART] = s->has_html && !s->has_plain;
	s->found[ROW_DIFFERENT] = difference(s) > 0.5;
	s->found[ROW_MIXED] = s->mixed > 0;
	s->facts[ROW_MIXED] = sl_slice(s->word, s->word_len);
	s->found[ROW_NEEDLESS] = s->base64_bytes > 0 && s->non_ascii == 0 && s->text_bytes > 0;
}

static double
value_of(const struct structure *s, enum structure_row row)
{
	if (row == ROW_MIXED)
		return fmin(1 + log10(s->mixed), 3);
	if (row == ROW_DIFFERENT)
		return 2 * difference(s) - 0.5;
	return 1;
}

static void
structure_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct structure *s = state;

	SL_CHECK(s, STRUCTURE_MAGIC);
	judge_fields(s);
	judge_body(s);
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (s->found[i])
			say(arena, verdict, &rows[i], value_of(s, (enum structure_row)i), s->facts[i], s->facts[i]);
}

const struct sl_classifier sl_structure_classifier = {
	.name = "structure",
	.new_message = structure_new_message,
	.connection = structure_connection,
	.field = structure_field,
	.begin = structure_begin,
	.text = structure_text,
	.link = structure_link,
	.image = structure_image,
	.end = structure_end,
	.finish = structure_finish,
};
