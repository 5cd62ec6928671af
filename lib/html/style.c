/* style.c - see html/style.h */

#include "html/style.h"
#include "sl/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FAR_AWAY_PX	500	/* beyond this to the left or above nothing is seen */
#define PLAIN_MAX	512	/* of a declaration with escapes or comments, undone */
#define NAME_MAX	24
#define HUNDRED		100

#define BIT(property)	(1u << SL_STYLE_##property)

/* What stops a run within a declaration. */
enum stop {
	STOP_SEMICOLON = 1 << 0,
	STOP_QUOTE = 1 << 1,
	STOP_PAREN = 1 << 2,
	STOP_ODD = 1 << 3,	/* '\', or '/' that may begin a comment */
};

static const unsigned char stops[256] = {
	[';'] = STOP_SEMICOLON, ['"'] = STOP_QUOTE, ['\''] = STOP_QUOTE, ['('] = STOP_PAREN,
	['\\'] = STOP_ODD, ['/'] = STOP_ODD,
};

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r';
}

static struct sl_slice
trim(struct sl_slice s)
{
	while (s.len > 0 && is_space(s.ptr[0]))
		s = sl_slice(s.ptr + 1, s.len - 1);
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static inline bool
is(struct sl_slice s, const char *word)
{
	return sl_slice_ieq(s, sl_slice_str(word));
}

static inline bool
begins(struct sl_slice s, const char *word)
{
	return sl_slice_istarts(s, sl_slice_str(word));
}

/* Where in s `word` (in lower case) begins, or s.len. */
static size_t
find(struct sl_slice s, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= s.len; i++)
		if (sl_ascii_lower(s.ptr[i]) == (unsigned char)word[0] &&
		    begins(sl_slice(s.ptr + i, s.len - i), word))
			return i;
	return s.len;
}

/* Take the word at the front of *s, up to white space outside parentheses. */
static struct sl_slice
take_word(struct sl_slice *s)
{
	size_t n = 0, depth = 0;
	struct sl_slice word;

	*s = trim(*s);
	for (; n < s->len && (depth > 0 || !is_space(s->ptr[n])); n++) {
		if (s->ptr[n] == '(')
			depth++;
		else if (s->ptr[n] == ')' && depth > 0)
			depth--;
	}
	word = sl_slice(s->ptr, n);
	*s = sl_slice_from(*s, n);
	return word;
}

/* Units that are so many hundredths of a px each. */
static const struct {
	char	name[5];
	int32_t	hundredths;
} fixed_units[] = {
	{ "px", 100 }, { "pt", 133 }, { "pc", 1600 }, { "in", 9600 }, { "cm", 3780 }, { "mm", 378 },
	{ "vw", 1200 }, { "vh", 800 }, { "vmin", 800 }, { "vmax", 1200 },
};

/* Digits and a point at the front of s, after a sign, as hundredths. Returns how many bytes. */
static size_t
take_hundredths(struct sl_slice s, int32_t *value_out)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	size_t n = negative || (s.len > 0 && s.ptr[0] == '+');
	int32_t value = 0, scale = 0;	/* of the digit after the point */
	size_t digits = 0;

	for (; n < s.len; n++) {
		unsigned char c = s.ptr[n];

		if (c == '.' && scale == 0) {
			scale = HUNDRED;
			continue;
		}
		if (c < '0' || c > '9')
			break;
		digits++;
		if (scale == 0) {
			value = SL_MIN(value * 10 + (c - '0') * HUNDRED, SL_STYLE_LENGTH_MAX);
		} else if (scale > 1) {
			scale /= 10;
			value = SL_MIN(value + (c - '0') * scale, SL_STYLE_LENGTH_MAX);
		}
	}
	*value_out = negative ? -value : value;
	return digits > 0 ? n : 0;
}

bool
sl_style_length(struct sl_slice text, struct sl_style_length *length_out)
{
	struct sl_style_length l = { 0, SL_STYLE_PX };
	size_t n = take_hundredths(text, &l.hundredths);
	struct sl_slice unit = sl_slice_from(text, n);

	if (n == 0)
		return false;
	if (begins(unit, "rem")) {
		l.unit = SL_STYLE_REM;
	} else if (begins(unit, "em")) {
		l.unit = SL_STYLE_EM;
	} else if (begins(unit, "ex") || begins(unit, "ch")) {
		l = (struct sl_style_length){ l.hundredths / 2, SL_STYLE_EM };
	} else if (unit.len > 0 && unit.ptr[0] == '%') {
		l.unit = SL_STYLE_PERCENT;
	} else if (unit.len >= 2 && !begins(unit, "px")) {	/* no unit: px, as old pages mean it */
		for (size_t i = 0; i < SL_COUNT(fixed_units); i++)
			if (begins(unit, fixed_units[i].name))
				l.hundredths = (int32_t)((int64_t)l.hundredths *
				    fixed_units[i].hundredths / HUNDRED);
	}
	*length_out = l;
	return true;
}

bool
sl_style_font_size_old(struct sl_slice text, struct sl_style_length *size_out)
{
	static const int32_t px[] = { 10, 13, 16, 18, 24, 32, 48 };	/* of 1 to 7 */
	int32_t n;

	text = trim(text);
	if (take_hundredths(text, &n) == 0)
		return false;
	n /= HUNDRED;
	if (text.ptr[0] == '+' || text.ptr[0] == '-')
		n += 3;
	n = SL_MIN(SL_MAX(n, 1), (int32_t)SL_COUNT(px));
	*size_out = (struct sl_style_length){ px[n - 1] * HUNDRED, SL_STYLE_PX };
	return true;
}

/* How values are read: each sets members of the style and returns whether it is one of the
 * property's values. */

static bool
set_yes(struct sl_style *style, enum sl_style_property property, bool yes)
{
	style->yes = (style->yes & ~(1u << property)) | (unsigned)yes << property;
	return true;
}

static bool
read_display(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	style->display = is(value, "none") ? SL_STYLE_NONE :
	    is(value, "inline") || is(value, "contents") ? SL_STYLE_INLINE : SL_STYLE_BOX;
	return value.len > 0;
}

static bool
read_visibility(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return value.len > 0 && !is(value, "inherit") &&
	    set_yes(style, property, is(value, "hidden") || is(value, "collapse"));
}

static bool
read_font_size(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	static const struct {
		const char	*word;
		int32_t		 px;
	} words[] = { { "xx-small", 9 }, { "x-small", 10 }, { "small", 13 }, { "medium", 16 },
		{ "large", 18 }, { "x-large", 24 }, { "xx-large", 32 }, { "xxx-large", 48 },
		{ "initial", 16 }, { "unset", 16 } };

	if (is(value, "smaller") || is(value, "larger")) {
		style->font_size = (struct sl_style_length){ is(value, "larger") ? 120 : 83,
			SL_STYLE_EM };
		return true;
	}
	for (size_t i = 0; i < SL_COUNT(words); i++) {
		if (!is(value, words[i].word))
			continue;
		style->font_size = (struct sl_style_length){ words[i].px * HUNDRED, SL_STYLE_PX };
		return true;
	}
	return sl_style_length(value, &style->font_size) && style->font_size.hundredths >= 0;
}

/* "font: bold 12px/1.5 Arial": the first word that is a length with a unit, or 0, is the size. */
static bool
read_font(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	while (value.len > 0) {
		struct sl_slice word = take_word(&value);
		struct sl_style_length length;
		size_t slash = find(word, "/");
		unsigned char last;

		word.len = slash;
		if (word.len == 0 || !sl_style_length(word, &length))
			continue;
		last = word.ptr[word.len - 1];
		if (last == '%' || last < '0' || last > '9' || length.hundredths == 0)
			return read_font_size(word, property, style);
	}
	return false;
}

static bool
read_color(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	if (is(value, "initial"))
		style->color = SL_COLOR_BLACK;
	else
		return sl_color_parse(value, &style->color);
	return true;
}

static bool
is_picture(struct sl_slice value)
{
	return find(value, "url(") < value.len || find(value, "gradient(") < value.len ||
	    find(value, "image(") < value.len || find(value, "image-set(") < value.len;
}

static bool
read_picture(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return value.len > 0 && set_yes(style, SL_STYLE_PICTURE, is_picture(value));
}

static bool
read_background_color(struct sl_slice value, enum sl_style_property property,
    struct sl_style *style)
{
	if (is(value, "initial") || is(value, "none") || is(value, "inherit"))
		return sl_color_parse(SL_SLICE_LIT("transparent"), &style->background);
	return sl_color_parse(value, &style->background);
}

/* The short form sets the picture too, also to none. */
static bool
read_background(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	struct sl_color color = { 0, 0, 0, 0 };

	style->set |= BIT(PICTURE);
	set_yes(style, SL_STYLE_PICTURE, is_picture(value));
	while (value.len > 0)
		sl_color_parse(take_word(&value), &color);
	style->background = color;
	return true;
}

static bool
read_opacity(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	struct sl_style_length l;

	if (!sl_style_length(value, &l))
		return false;
	if (l.unit == SL_STYLE_PERCENT)
		l.hundredths /= HUNDRED;
	style->opacity = (unsigned char)SL_MIN(SL_MAX(l.hundredths, 0), HUNDRED);
	return true;
}

/* "opacity(0)", and "alpha(opacity=0)" of old programs, whose numbers are per cent. */
static bool
read_filter(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	size_t at = find(value, "opacity");
	struct sl_style_length l;

	if (at == value.len || at + 8 >= value.len ||
	    !sl_style_length(sl_slice_from(value, at + 8), &l))
		return false;
	if (value.ptr[at + 7] == '=' || l.unit == SL_STYLE_PERCENT)
		l.hundredths /= HUNDRED;
	style->opacity = (unsigned char)SL_MIN(SL_MAX(l.hundredths, 0), HUNDRED);
	return true;
}

/* Whole px; -1 for what depends on other things. */
static bool
read_extent(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	int16_t *const extents[] = { &style->width, &style->height, &style->max_width,
		&style->max_height };
	struct sl_style_length l;
	int32_t px = -1;

	if (sl_style_length(value, &l)) {
		if (l.hundredths == 0 || l.unit == SL_STYLE_PX)
			px = SL_MIN(l.hundredths / HUNDRED, INT16_MAX);
		else if (l.unit != SL_STYLE_PERCENT)
			px = SL_MIN(l.hundredths * 16 / HUNDRED, INT16_MAX);
	}
	*extents[property - SL_STYLE_WIDTH] = (int16_t)SL_MAX(px, -1);
	return true;
}

static bool
read_overflow(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return value.len > 0 && set_yes(style, property, begins(value, "hidden") ||
	    begins(value, "clip"));
}

static bool
read_position(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return value.len > 0 && set_yes(style, property, !is(value, "static") &&
	    !is(value, "inherit") && !is(value, "initial"));
}

static bool
read_float(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return set_yes(style, property, is(value, "left") || is(value, "right"));
}

static bool
is_far(struct sl_slice value)
{
	struct sl_style_length l;
	int32_t px;

	if (!sl_style_length(value, &l))
		return false;
	if (l.unit == SL_STYLE_PERCENT)
		return l.hundredths <= -HUNDRED * HUNDRED;
	px = l.hundredths / HUNDRED;
	return (l.unit == SL_STYLE_PX ? px : px * 16) <= -FAR_AWAY_PX;
}

static bool
read_far(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return set_yes(style, property, is_far(value));
}

/* Four sides, or fewer: the first is above, the last of four is to the left. */
static bool
read_margin(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	bool away = is_far(take_word(&value));

	take_word(&value);
	take_word(&value);
	return set_yes(style, property, away || is_far(take_word(&value)));
}

/* "rect(0 0 0 0)" or "inset(50%)", as used to hide. */
static bool
read_clip(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	struct sl_slice inside = begins(value, "rect(") ? sl_slice_from(value, 5) :
	    begins(value, "inset(") ? sl_slice_from(value, 6) : sl_slice(NULL, 0);
	bool is_inset = begins(value, "inset("), nothing = inside.len > 0;
	struct sl_style_length l;
	size_t numbers = 0;

	while (inside.len > 0 && inside.ptr[0] != ')') {
		if (inside.ptr[0] == ',' || is_space(inside.ptr[0])) {
			inside = sl_slice_from(inside, 1);
			continue;
		}
		if (!sl_style_length(inside, &l))
			return set_yes(style, property, false);
		nothing &= is_inset ? l.unit == SL_STYLE_PERCENT && l.hundredths >= 50 * HUNDRED :
		    l.hundredths <= HUNDRED;
		while (inside.len > 0 && inside.ptr[0] != ',' && inside.ptr[0] != ')' &&
		    !is_space(inside.ptr[0]))
			inside = sl_slice_from(inside, 1);
		numbers++;
	}
	return set_yes(style, property, nothing && numbers > 0);
}

static bool
read_transform(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	size_t at = find(value, "scale(");
	struct sl_style_length l;

	return at < value.len && sl_style_length(sl_slice_from(value, at + 6), &l) &&
	    set_yes(style, property, l.hundredths <= 5);
}

static bool
read_spaces(struct sl_slice value, enum sl_style_property property, struct sl_style *style)
{
	return set_yes(style, property, is(value, "pre") || is(value, "pre-wrap") ||
	    is(value, "break-spaces"));
}

/* By length of the name. */
static const struct property {
	char			name[NAME_MAX];
	enum sl_style_property	property;
	bool			(*read)(struct sl_slice value, enum sl_style_property property,
				    struct sl_style *style);
} properties[] = {
	{ "top", SL_STYLE_TOP, read_far },
	{ "font", SL_STYLE_FONT_SIZE, read_font },
	{ "left", SL_STYLE_LEFT, read_far },
	{ "clip", SL_STYLE_CLIP, read_clip },
	{ "color", SL_STYLE_COLOR, read_color },
	{ "width", SL_STYLE_WIDTH, read_extent },
	{ "float", SL_STYLE_FLOAT, read_float },
	{ "right", SL_STYLE_RIGHT, read_far },
	{ "height", SL_STYLE_HEIGHT, read_extent },
	{ "margin", SL_STYLE_MARGIN, read_margin },
	{ "bottom", SL_STYLE_BOTTOM, read_far },
	{ "filter", SL_STYLE_OPACITY, read_filter },
	{ "display", SL_STYLE_DISPLAY, read_display },
	{ "opacity", SL_STYLE_OPACITY, read_opacity },
	{ "overflow", SL_STYLE_OVERFLOW, read_overflow },
	{ "position", SL_STYLE_POSITION, read_position },
	{ "font-size", SL_STYLE_FONT_SIZE, read_font_size },
	{ "max-width", SL_STYLE_MAX_WIDTH, read_extent },
	{ "clip-path", SL_STYLE_CLIP, read_clip },
	{ "transform", SL_STYLE_CLIP, read_transform },
	{ "background", SL_STYLE_BACKGROUND, read_background },
	{ "max-height", SL_STYLE_MAX_HEIGHT, read_extent },
	{ "visibility", SL_STYLE_VISIBILITY, read_visibility },
	{ "margin-top", SL_STYLE_MARGIN, read_far },
	{ "overflow-x", SL_STYLE_OVERFLOW, read_overflow },
	{ "overflow-y", SL_STYLE_OVERFLOW, read_overflow },
	{ "text-indent", SL_STYLE_INDENT, read_far },
	{ "margin-left", SL_STYLE_MARGIN, read_far },
	{ "white-space", SL_STYLE_SPACES, read_spaces },
	{ "background-color", SL_STYLE_BACKGROUND, read_background_color },
	{ "background-image", SL_STYLE_PICTURE, read_picture },
};

/* The property of a name, or NULL. Most names are of none, and told so by their length. */
static const struct property *
property_find(struct sl_slice name)
{
	/* Where names of a length begin in the table; the next one is where they end. */
	static const unsigned char starts[] = { 0, 0, 0, 0, 1, 4, 8, 12, 14, 16, 20, 26, 29, 29, 29,
		29, 29, 31 };

	if (name.len + 1 >= SL_COUNT(starts))
		return NULL;
	for (size_t i = starts[name.len]; i < starts[name.len + 1]; i++) {
		const char *known = properties[i].name;
		size_t n = 0;

		while (n < name.len && sl_ascii_lower(name.ptr[n]) == (unsigned char)known[n])
			n++;
		if (n == name.len)
			return &properties[i];
	}
	return NULL;
}

/* Cut "!important" from the end of *value. */
static bool
take_important(struct sl_slice *value)
{
	for (size_t n = value->len; n > 0; n--) {
		if (value->ptr[n - 1] != '!')
			continue;
		if (!is(trim(sl_slice_from(*value, n)), "important"))
			return false;
		*value = trim(sl_slice(value->ptr, n - 1));
		return true;
	}
	return false;
}

/* A whole declaration, its escapes and comments undone. */
static void
declare(struct sl_slice name, struct sl_slice value, struct sl_style *style)
{
	const struct property *p = property_find(name);
	bool important;

	if (p == NULL)
		return;
	value = trim(value);
	important = value.len > 0 && (value.ptr[value.len - 1] | 0x20) == 't' &&
	    take_important(&value);
	if (!important && (style->important & 1u << p->property) != 0)
		return;
	if (!p->read(value, p->property, style))
		return;
	style->set |= 1u << p->property;
	if (important)
		style->important |= 1u << p->property |
		    (p->read == read_background ? BIT(PICTURE) : 0);
}

/* 0 to 15, or -1. */
static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The escape after a '\' at the front of *s, written to out; CSS Syntax 3, 4.3.7. Returns its
 * length there. */
static size_t
take_escape(struct sl_slice *s, unsigned char out[4])
{
	uint32_t c = 0;
	size_t n = 0;

	for (; n < s->len && n < 6 && hex_digit(s->ptr[n]) >= 0; n++)
		c = c * 16 + (uint32_t)hex_digit(s->ptr[n]);
	if (n == 0) {
		if (s->len == 0)
			return 0;
		out[0] = s->ptr[0];
		*s = sl_slice_from(*s, 1);
		return 1;
	}
	if (n < s->len && is_space(s->ptr[n]))
		n++;
	*s = sl_slice_from(*s, n);
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	return sl_utf8_encode(c, out);
}

/* Undo comments and escapes. Returns how much of out it is; what is past its end is dropped. */
static size_t
undo(struct sl_slice s, unsigned char out[PLAIN_MAX])
{
	size_t len = 0;

	while (s.len > 0 && len + 4 <= PLAIN_MAX) {
		if (s.ptr[0] == '\\') {
			s = sl_slice_from(s, 1);
			len += take_escape(&s, out + len);
		} else if (s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '*') {
			size_t n = find(sl_slice_from(s, 2), "*/");

			s = sl_slice_from(s, SL_MIN(n + 4, s.len));
			out[len++] = ' ';
		} else {
			out[len++] = s.ptr[0];
			s = sl_slice_from(s, 1);
		}
	}
	return len;
}

/* What a string or parenthesis at `at` comes to: the place after its end. */
static size_t
pass_string(struct sl_slice s, size_t at)
{
	unsigned char quote = s.ptr[at++];

	for (; at < s.len && s.ptr[at] != quote; at++)
		at += s.ptr[at] == '\\';
	return SL_MIN(at + 1, s.len);
}

/* After "url(" without quotes everything is taken up to ')'. */
static size_t
pass_url(struct sl_slice s, size_t at, sl_style_url *url, void *ctx)
{
	struct sl_slice inside;
	size_t from, end;

	while (at < s.len && is_space(s.ptr[at]))
		at++;
	from = at;
	if (at < s.len && (s.ptr[at] == '"' || s.ptr[at] == '\'')) {
		at = end = pass_string(s, at);
		from++;
		if (end > from && s.ptr[end - 1] == s.ptr[from - 1])
			end--;
	} else {
		while (at < s.len && s.ptr[at] != ')')
			at++;
		end = at;
	}
	inside = trim(sl_slice(s.ptr + from, SL_MAX(end, from) - from));
	if (url != NULL && inside.len > 0)
		url(ctx, inside);
	return at;
}

/* The place of the first byte that stops a run, or s.len. */
static size_t
stop_find(struct sl_slice s)
{
	size_t n = 0;

#ifdef __SSE2__
	for (; s.len - n >= 16; n += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + n));
		__m128i ends = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(';')),
		    _mm_cmpeq_epi8(c, _mm_set1_epi8('(')));
		__m128i quotes = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')),
		    _mm_cmpeq_epi8(c, _mm_set1_epi8('\'')));
		__m128i odd = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\\')),
		    _mm_cmpeq_epi8(c, _mm_set1_epi8('/')));
		unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(ends,
		    _mm_or_si128(quotes, odd)));

		if (found != 0)
			return n + (unsigned)__builtin_ctz(found);
	}
#endif
	while (n < s.len && stops[s.ptr[n]] == 0)
		n++;
	return n;
}

/* The end of the declaration at the front of s: at its ';', or s.len. `odd` is set when there are
 * escapes or comments. */
static size_t
declaration_end(struct sl_slice s, bool *odd_out, sl_style_url *url, void *ctx)
{
	size_t n = 0;

	for (*odd_out = false; n < s.len; n++) {
		n += stop_find(sl_slice(s.ptr + n, s.len - n));
		if (n == s.len)
			break;
		switch (stops[s.ptr[n]]) {
		case 0:
			continue;
		case STOP_SEMICOLON:
			return n;
		case STOP_QUOTE:
			n = pass_string(s, n) - 1;
			continue;
		case STOP_PAREN:
			if (n >= 3 && begins(sl_slice_from(s, n - 3), "url"))
				n = pass_url(s, n + 1, url, ctx) - 1;
			continue;
		default:
			break;
		}
		if (s.ptr[n] == '\\') {
			*odd_out = true;
			n++;
		} else if (n + 1 < s.len && s.ptr[n + 1] == '*') {
			*odd_out = true;
			n += 2 + find(sl_slice_from(s, n + 2), "*/") + 1;
		}
	}
	return s.len;
}

static void
declare_text(struct sl_slice text, struct sl_style *style)
{
	const unsigned char *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);

	if (colon != NULL)
		declare(trim(sl_slice(text.ptr, (size_t)(colon - text.ptr))),
		    sl_slice(colon + 1, text.len - (size_t)(colon - text.ptr) - 1), style);
}

void
sl_style_parse(struct sl_slice text, struct sl_style *style, sl_style_url *url, void *ctx)
{
	while (text.len > 0) {
		unsigned char plain[PLAIN_MAX];
		bool odd;
		size_t n = declaration_end(text, &odd, url, ctx);
		struct sl_slice one = sl_slice(text.ptr, n);

		if (odd)
			one = sl_slice(plain, undo(one, plain));
		declare_text(one, style);
		text = sl_slice_from(text, SL_MIN(n + 1, text.len));
	}
}

void
sl_style_copy(struct sl_style *style, const struct sl_style *from, enum sl_style_property property)
{
	uint32_t bit = 1u << property;

	style->set |= bit;
	style->yes = (style->yes & ~bit) | (from->yes & bit);
	switch (property) {
	case SL_STYLE_DISPLAY:
		style->display = from->display;
		break;
	case SL_STYLE_FONT_SIZE:
		style->font_size = from->font_size;
		break;
	case SL_STYLE_COLOR:
		style->color = from->color;
		break;
	case SL_STYLE_BACKGROUND:
		style->background = from->background;
		break;
	case SL_STYLE_OPACITY:
		style->opacity = from->opacity;
		break;
	case SL_STYLE_WIDTH:
		style->width = from->width;
		break;
	case SL_STYLE_HEIGHT:
		style->height = from->height;
		break;
	case SL_STYLE_MAX_WIDTH:
		style->max_width = from->max_width;
		break;
	case SL_STYLE_MAX_HEIGHT:
		style->max_height = from->max_height;
		break;
	case SL_STYLE_VISIBILITY:
	case SL_STYLE_PICTURE:
	case SL_STYLE_OVERFLOW:
	case SL_STYLE_POSITION:
	case SL_STYLE_FLOAT:
	case SL_STYLE_LEFT:
	case SL_STYLE_TOP:
	case SL_STYLE_RIGHT:
	case SL_STYLE_BOTTOM:
	case SL_STYLE_MARGIN:
	case SL_STYLE_INDENT:
	case SL_STYLE_CLIP:
	case SL_STYLE_SPACES:
		break;	/* in `yes` */
	case SL_STYLE_PROPERTY_COUNT:
		SL_UNREACHABLE("no property");
	}
}

void
sl_style_add(struct sl_style *style, const struct sl_style *over)
{
	uint32_t taken = over->set & ~(style->important & ~over->important);

	style->important |= over->important;
	for (uint32_t left = taken; left != 0; left &= left - 1)
		sl_style_copy(style, over, (enum sl_style_property)__builtin_ctz(left));
}
