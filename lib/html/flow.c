/*
 * flow.c - text on its way out: white space, characters that do not show, breaks; see html/view_i.h
 *
 * What comes is gathered, so that the sink is called for runs and not for words. Nothing that does
 * not show leaves; a gap is written when something follows it.
 */

#include "html/view_i.h"
#include "sl/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define REPLACEMENT	0xfffdu
#define WORDS_SPLIT_MIN	3	/* so many are no accident of an editor */

/* What stops a run of ASCII that stands as it is. */
enum stop { STOP_CONTROL = 1, STOP_SPACE = 2, STOP_HIGH = 4 };

static const unsigned char stops[256] = {
	[0 ... 8] = STOP_CONTROL, ['\t'] = STOP_SPACE, ['\n'] = STOP_SPACE, ['\v'] = STOP_CONTROL,
	['\f'] = STOP_SPACE, ['\r'] = STOP_SPACE, [14 ... 31] = STOP_CONTROL, [' '] = STOP_SPACE,
	[127] = STOP_CONTROL, [128 ... 255] = STOP_HIGH,
};

const unsigned char flow_of_kind[SL_VIEW_KIND_COUNT] = {
	[SL_VIEW_VISIBLE] = FLOW_SEEN, [SL_VIEW_ALT] = FLOW_SEEN,
	[SL_VIEW_TITLE] = FLOW_TITLE, [SL_VIEW_SIZE ... SL_VIEW_FALLBACK] = FLOW_HIDDEN,
	[SL_VIEW_CONDITIONAL] = FLOW_ASIDE, [SL_VIEW_COMMENT] = FLOW_ASIDE,
	[SL_VIEW_SCRIPT] = FLOW_SCRIPT,
};

void
flow_flush(struct sl_view *v)
{
	if (v->out_len > 0 && v->sink->text != NULL)
		v->sink->text(v->ctx, sl_slice(v->out, v->out_len), v->out_kind);
	v->out_len = 0;
}

static void
write_bytes(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind)
{
	if (kind != v->out_kind) {
		flow_flush(v);
		v->out_kind = kind;
	}
	while (s.len > OUT_BYTES - v->out_len) {	/* ASCII only, or a character that waits */
		size_t n = s.len > 4 ? OUT_BYTES - v->out_len : 0;

		memcpy(v->out + v->out_len, s.ptr, n);
		v->out_len += n;
		flow_flush(v);
		s = sl_slice_from(s, n);
	}
	memcpy(v->out + v->out_len, s.ptr, s.len);
	v->out_len += s.len;
}

void
flow_gap(struct sl_view *v, enum flow_name flow, enum gap gap)
{
	struct flow *f = &v->flows[flow];

	f->gap = SL_MAX(f->gap, (unsigned char)gap);
}

void
flow_line(struct sl_view *v, const struct look *look)
{
	bool again = v->flows[look->hidden != 0 ? FLOW_HIDDEN : FLOW_SEEN].gap >= GAP_LINE;

	flow_break(v, look, again ? GAP_EMPTY_LINE : GAP_LINE);
}

void
flow_break(struct sl_view *v, const struct look *look, enum gap gap)
{
	if (gap == GAP_NONE)
		return;
	flow_gap(v, FLOW_HIDDEN, gap);
	if (look->hidden != 0)
		return;
	flow_gap(v, FLOW_SEEN, gap);
	anchor_gap(v);
}

/* Write what stands between the text before and the text to come. */
static struct flow *
write_gap(struct sl_view *v, enum sl_view_kind kind)
{
	static const struct sl_slice gaps[] = { [GAP_NONE] = { NULL, 0 },
		[GAP_SPACE] = SL_SLICE_LIT(" "), [GAP_TAB] = SL_SLICE_LIT("\t"),
		[GAP_LINE] = SL_SLICE_LIT("\n"), [GAP_EMPTY_LINE] = SL_SLICE_LIT("\n\n") };
	enum flow_name name = flow_of(kind);
	struct flow *f = &v->flows[name];

	/* Hidden text in another place does not go on with the one before. */
	if (name == FLOW_HIDDEN && v->last_flow != name && f->gap == GAP_NONE)
		f->gap = GAP_SPACE;
	v->last_flow = name;
	if (f->gap != GAP_NONE) {
		if (f->started) {
			write_bytes(v, gaps[f->gap], kind);
			v->totals.text_bytes[kind] += f->gap == GAP_SPACE;
		}
		if (name == FLOW_SEEN)
			anchor_gap(v);
		f->gap = GAP_NONE;
		f->last = 0;
		f->unseen = 0;
	}
	if (f->item)
		write_bytes(v, SL_SLICE_LIT("* "), kind);
	f->item = false;
	f->started = true;
	return f;
}

static void
write_text(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind)
{
	write_bytes(v, s, kind);
	v->totals.text_bytes[kind] += s.len;
	if (v->anchor.is_open && flow_of(kind) == FLOW_SEEN)
		anchor_text(v, s, kind);
}

/* Letters whose words have no joiners in them: of the Latin, Greek and Cyrillic scripts. */
static bool
is_plain_letter(uint32_t c)
{
	return (c | 0x20) - 'a' < 26 || (c >= 0xc0 && c < 0x250) || (c >= 0x370 && c < 0x530);
}

/* Scripts whose letters change by U+200C and U+200D: Arabic to Mongolian. */
static bool
is_joining_letter(uint32_t c)
{
	return (c >= 0x600 && c < 0x1000) || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1780 && c < 0x18b0) ||
	    (c >= 0xa840 && c < 0xabff) || (c >= 0xfb50 && c < 0xfe00) || (c >= 0xfe70 && c < 0xfeff) ||
	    (c >= 0x10a00 && c < 0x11fff);
}

static bool
is_picture(uint32_t c)
{
	return (c >= 0x1f000 && c < 0x1fb00) || (c >= 0x2190 && c < 0x2c00);
}

enum char_class {
	CHAR_SHOWN,
	CHAR_SPACE,
	CHAR_UNSEEN,		/* shows nothing */
	CHAR_JOINER,		/* U+200C, U+200D */
	CHAR_SOFT_HYPHEN,
	CHAR_VARIATION,		/* chooses the form of the character before */
	CHAR_MARK,		/* a direction, as scripts written from the right need it */
	CHAR_OVERRIDE,		/* turns the direction over */
	CHAR_TAG,
};

static const struct {
	uint32_t	first, last;
	enum char_class	class;
} classes[] = {		/* in order; what is not here is shown */
	{ 0x0080, 0x009f, CHAR_UNSEEN }, { 0x00a0, 0x00a0, CHAR_SPACE },
	{ 0x00ad, 0x00ad, CHAR_SOFT_HYPHEN }, { 0x034f, 0x034f, CHAR_UNSEEN },
	{ 0x061c, 0x061c, CHAR_MARK }, { 0x115f, 0x1160, CHAR_UNSEEN },
	{ 0x1680, 0x1680, CHAR_SPACE }, { 0x17b4, 0x17b5, CHAR_UNSEEN },
	{ 0x180b, 0x180f, CHAR_VARIATION }, { 0x2000, 0x200a, CHAR_SPACE },
	{ 0x200b, 0x200b, CHAR_UNSEEN }, { 0x200c, 0x200d, CHAR_JOINER },
	{ 0x200e, 0x200f, CHAR_MARK }, { 0x2028, 0x2029, CHAR_SPACE },
	{ 0x202a, 0x202c, CHAR_MARK }, { 0x202d, 0x202e, CHAR_OVERRIDE },
	{ 0x202f, 0x202f, CHAR_SPACE }, { 0x205f, 0x205f, CHAR_SPACE },
	{ 0x2060, 0x2064, CHAR_UNSEEN }, { 0x2065, 0x2065, CHAR_UNSEEN },
	{ 0x2066, 0x2069, CHAR_MARK }, { 0x206a, 0x206f, CHAR_UNSEEN },
	{ 0x3000, 0x3000, CHAR_SPACE }, { 0x3164, 0x3164, CHAR_UNSEEN },
	{ 0xfe00, 0xfe0f, CHAR_VARIATION }, { 0xfeff, 0xfeff, CHAR_UNSEEN },
	{ 0xffa0, 0xffa0, CHAR_UNSEEN }, { 0xfff0, 0xfffb, CHAR_UNSEEN },
	{ 0x1bca0, 0x1bca3, CHAR_UNSEEN }, { 0x1d173, 0x1d17a, CHAR_UNSEEN },
	{ 0xe0000, 0xe007f, CHAR_TAG }, { 0xe0080, 0xe00ff, CHAR_UNSEEN },
	{ 0xe0100, 0xe01ef, CHAR_VARIATION }, { 0xe01f0, 0xe0fff, CHAR_UNSEEN },
};

static enum char_class
class_of(uint32_t c)
{
	size_t from = 0, to = SL_COUNT(classes);

	/* Most characters of most scripts lie between these. */
	if ((c > 0xad && c < 0x34f) || (c > 0x34f && c < 0x61c) || (c > 0x3164 && c < 0xfe00))
		return CHAR_SHOWN;
	while (from < to) {
		size_t middle = (from + to) / 2;

		if (c > classes[middle].last)
			from = middle + 1;
		else
			to = middle;
	}
	return from < SL_COUNT(classes) && c >= classes[from].first ? classes[from].class : CHAR_SHOWN;
}

/* Characters that do not show were left out between the one before and c. */
static void
judge_unseen(struct sl_view *v, struct flow *f, uint32_t c, enum sl_view_kind kind)
{
	if (f->joiner && is_picture(c))
		write_text(v, SL_SLICE_LIT("\xe2\x80\x8d"), kind);
	f->joiner = false;
	if (is_plain_letter(f->last) && is_plain_letter(c)) {
		v->totals.in_words += f->unseen;
		if (v->totals.in_words >= WORDS_SPLIT_MIN)
			view_find(v, SL_VIEW_FOUND_WORDS_SPLIT, sl_slice(NULL, 0));
	}
	f->unseen = 0;
}

static void
put_shown(struct sl_view *v, struct sl_slice bytes, uint32_t c, enum sl_view_kind kind)
{
	struct flow *f = write_gap(v, kind);

	if (f->unseen > 0)
		judge_unseen(v, f, c, kind);
	write_text(v, bytes, kind);
	f->last = c;
}

static void
put_unseen(struct sl_view *v, struct flow *f, uint32_t c, enum char_class class)
{
	switch (class) {
	case CHAR_SOFT_HYPHEN:
		v->totals.soft_hyphens++;
		return;
	case CHAR_OVERRIDE:
		v->totals.bidi_overrides++;
		view_find(v, SL_VIEW_FOUND_BIDI_OVERRIDE, sl_slice(NULL, 0));
		break;
	case CHAR_TAG:
		/* The flags of parts of countries are written so. */
		if (f->last == 0x1f3f4)
			return;
		v->totals.tags++;
		view_find(v, SL_VIEW_FOUND_TAG_CHARACTERS, sl_slice(NULL, 0));
		break;
	case CHAR_JOINER:
		f->joiner = c == 0x200d && is_picture(f->last);
		break;
	case CHAR_MARK:
	case CHAR_VARIATION:
		return;
	case CHAR_UNSEEN:
	case CHAR_SHOWN:
	case CHAR_SPACE:
		break;
	}
	v->totals.invisible++;
	f->unseen++;
}

/* White space that stands as it is. */
static void
put_kept_space(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind)
{
	struct flow *f = write_gap(v, kind);

	write_bytes(v, s, kind);
	v->totals.text_bytes[kind] += s.len;
	f->last = 0;
	f->unseen = 0;
	f->joiner = false;
	if (flow_of(kind) == FLOW_SEEN)
		anchor_gap(v);
}

static void
put_char(struct sl_view *v, struct sl_slice bytes, uint32_t c, enum sl_view_kind kind, bool pre)
{
	struct flow *f = &v->flows[flow_of(kind)];
	enum char_class class = class_of(c);

	if (class == CHAR_JOINER && is_joining_letter(f->last))
		class = CHAR_SHOWN;
	if (class == CHAR_SHOWN) {
		put_shown(v, bytes, c, kind);
	} else if (class == CHAR_SPACE) {
		if (pre)
			put_kept_space(v, SL_SLICE_LIT(" "), kind);
		else
			f->gap = SL_MAX(f->gap, (unsigned char)GAP_SPACE);
	} else {
		put_unseen(v, f, c, class);
	}
}

/* Could `s`, which is no character, become one if more came? */
static bool
may_go_on(struct sl_slice s)
{
	static const unsigned char fills[] = { 0x80, 0xbf, 0xa0 };
	unsigned char whole[4];
	size_t need = s.ptr[0] >= 0xf0 ? 4 : s.ptr[0] >= 0xe0 ? 3 : 2;
	uint32_t c;

	if (s.ptr[0] < 0xc2 || s.ptr[0] > 0xf4 || s.len >= need)
		return false;
	for (size_t i = 0; i < SL_COUNT(fills); i++) {
		memset(whole, fills[i], sizeof(whole));
		memcpy(whole, s.ptr, s.len);
		if (sl_utf8_decode(sl_slice(whole, need), &c) == need)
			return true;
	}
	return false;
}

/* One character beyond ASCII at the front; what is none stands as U+FFFD, a byte each. Returns how
 * many bytes were taken, all of them when it is not whole. */
static size_t
put_high(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind, bool pre)
{
	uint32_t c;
	size_t n = sl_utf8_decode(s, &c);

	if (n == 0 && may_go_on(s)) {
		memcpy(v->torn, s.ptr, s.len);
		v->torn_len = (unsigned)s.len;
		v->torn_kind = kind;
		return s.len;
	}
	if (n == 0) {
		put_shown(v, SL_SLICE_LIT("\xef\xbf\xbd"), REPLACEMENT, kind);
		return 1;
	}
	put_char(v, sl_slice(s.ptr, n), c, kind, pre);
	return n;
}

/* Go on with a character whose beginning came before. Returns how many bytes were taken. */
static size_t
put_torn(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind, bool pre)
{
	unsigned char all[8];
	size_t before = v->torn_len, n = SL_MIN(s.len, sizeof(all) - before), at = 0;

	memcpy(all, v->torn, before);
	memcpy(all + before, s.ptr, n);
	v->torn_len = 0;
	while (at < before)	/* more than once when it turns out to be none */
		at += put_high(v, sl_slice(all + at, before + n - at), kind, pre);
	return at - before;
}

/* White space at the front. Returns how many bytes. */
static size_t
put_spaces(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind, bool pre)
{
	size_t n = 1;

	while (n < s.len && (stops[s.ptr[n]] & STOP_SPACE) != 0)
		n++;
	if (!pre)
		flow_gap(v, flow_of(kind), GAP_SPACE);
	else
		put_kept_space(v, sl_slice(s.ptr, n), kind);
	return n;
}

/* How many bytes at the front stand as they are: ASCII that shows, and a space between two such. */
static size_t
plain_run(struct sl_slice s)
{
	size_t n = 0;

#ifdef __SSE2__
	const __m128i spaces = _mm_set1_epi8(' '), del = _mm_set1_epi8(127);

	for (; s.len - n >= 16; n += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + n));
		__m128i shown = _mm_andnot_si128(_mm_cmpeq_epi8(c, del), _mm_cmpgt_epi8(c, spaces));
		unsigned plain = (unsigned)_mm_movemask_epi8(shown);
		unsigned space = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, spaces));
		/* What was taken before this step ends with one that shows. */
		unsigned odd = ~(plain | (space & (plain << 1 | (n > 0)) & plain >> 1)) & 0xffff;

		if (odd == 0)
			continue;
		n += (unsigned)__builtin_ctz(odd);
		if (odd != 0x8000 || space < 0x8000)
			return n;
		break;	/* a space at the end of a step: the byte after it tells */
	}
#endif
	while (n < s.len && (stops[s.ptr[n]] == 0 || (s.ptr[n] == ' ' && n > 0 &&
	    n + 1 < s.len && stops[s.ptr[n + 1]] == 0)))
		n++;
	return n;
}

void
flow_text(struct sl_view *v, struct sl_slice s, enum sl_view_kind kind, bool pre)
{
	while (s.len > 0) {
		size_t n;

		if (v->torn_len > 0) {
			s = sl_slice_from(s, put_torn(v, s, kind, pre));
			continue;
		}
		n = plain_run(s);
		if (n > 0) {
			struct flow *f = write_gap(v, kind);

			if (f->unseen > 0)
				judge_unseen(v, f, s.ptr[0], kind);
			write_text(v, sl_slice(s.ptr, n), kind);
			f->last = s.ptr[n - 1];
		} else if (stops[s.ptr[0]] == STOP_SPACE) {
			n = put_spaces(v, s, kind, pre);
		} else if (stops[s.ptr[0]] == STOP_HIGH) {
			n = put_high(v, s, kind, pre);
		} else {
			n = 1;	/* a control character shows nothing */
		}
		s = sl_slice_from(s, n);
	}
}

void
flow_give_torn(struct sl_view *v)
{
	for (; v->torn_len > 0; v->torn_len--)
		put_shown(v, SL_SLICE_LIT("\xef\xbf\xbd"), REPLACEMENT, v->torn_kind);
}
