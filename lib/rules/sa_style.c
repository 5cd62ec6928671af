/* sa_style.c - is text of a page visible: the stack of text styles, see sa_html.h */

#include "rules/sa_html.h"
#include "rules/sa_colors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COLOR_SIZE	16
#define SIZE_MAX_FONT	1000000

enum style_tag { TAG_DEFAULT, TAG_A, TAG_BASEFONT, TAG_BIG, TAG_BODY, TAG_DIV, TAG_FONT, TAG_MARQUEE, TAG_P,
	TAG_SMALL, TAG_SPAN, TAG_TABLE, TAG_TD, TAG_TH, TAG_TR, TAG_COUNT };

/* The tags that open a style, and attributes that count for them. */
static const struct {
	const char	*tag;
	const char	*attributes;
} style_tags[TAG_COUNT] = {
	[TAG_DEFAULT] = { "", "" }, [TAG_A] = { "a", " style " }, [TAG_BASEFONT] = { "basefont", " color face size " },
	[TAG_BIG] = { "big", "" }, [TAG_BODY] = { "body", " text bgcolor link alink vlink background " },
	[TAG_DIV] = { "div", " style " }, [TAG_FONT] = { "font", " color face size " },
	[TAG_MARQUEE] = { "marquee", " bgcolor background " }, [TAG_P] = { "p", " style " }, [TAG_SMALL] = { "small", "" },
	[TAG_SPAN] = { "span", " style " }, [TAG_TABLE] = { "table", " bgcolor style " },
	[TAG_TD] = { "td", " bgcolor style " }, [TAG_TH] = { "th", " bgcolor style " }, [TAG_TR] = { "tr", " bgcolor style " },
};

struct sa_style {
	unsigned char	tag;
	bool		display_none, visibility_hidden;
	char		fg[COLOR_SIZE], bg[COLOR_SIZE];	/* "#rrggbb", "invalid", "transparent" */
	long		size;
};

const struct sa_attribute *
sa_attribute_find(const struct sa_attribute *attributes, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (sl_slice_eq(attributes[i].name, sl_slice_str(name)))
			return &attributes[i];
	}
	return NULL;
}

/* ---- colours ---- */

static const struct color {
	const char	*name;
	uint32_t	 value;
} colors[] = {
#define COLOR_ROW(name, value) { name, value },
	SA_COLORS(COLOR_ROW)
#undef COLOR_ROW
};

static int
color_compare(const void *key, const void *row)
{
	const struct sl_slice *name = key;
	const char *other = ((const struct color *)row)->name;
	size_t len = strlen(other);
	int order = memcmp(name->ptr, other, SL_MIN(name->len, len));

	return order != 0 ? order : name->len < len ? -1 : name->len > len;
}

static long
group_number(const struct sa_match *m, unsigned n)
{
	struct sl_slice s = sa_group(m, n);
	long value = 0;

	for (size_t i = 0; i < s.len && sa_is_digit(s.ptr[i]) && value < SIZE_MAX_FONT; i++)
		value = value * 10 + (s.ptr[i] - '0');
	return value;
}

static bool
is_hex(unsigned char c)
{
	return sa_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* "#abc" and longer, in lower case: to six digits, or fewer if that is what comes of it. */
static void
color_hex(struct sl_slice s, char out[COLOR_SIZE])
{
	char digits[8] = "";
	size_t n = 0;

	for (size_t i = 0; i < s.len && n < 6; i++) {
		if (is_hex(s.ptr[i]))
			digits[n++] = (char)s.ptr[i];
	}
	if (n > 3 && n < 6)
		n = 3;
	while (n % 3 != 0 && n < 6)
		digits[n++] = '0';
	digits[n] = '\0';
	if (n == 3)
		(void)snprintf(out, COLOR_SIZE, "#%c%c%c%c%c%c", digits[0], digits[0], digits[1], digits[1], digits[2],
		    digits[2]);
	else
		(void)snprintf(out, COLOR_SIZE, "#%s", digits);
}

static void
color_name(struct sl_sa_view *view, struct sl_slice value, char out[COLOR_SIZE])
{
	const struct sl_sa_conf *conf = view->conf;
	struct sl_slice s = sa_trim(sa_lower(view, value));
	const struct color *color = s.len == 0 ? NULL
	    : bsearch(&s, colors, SL_COUNT(colors), sizeof(colors[0]), color_compare);
	struct sa_match m;
	char made[64];

	if (color != NULL) {
		(void)snprintf(out, COLOR_SIZE, "#%06x", color->value);
		return;
	}
	(void)snprintf(out, COLOR_SIZE, "invalid");
	if (!sa_test(conf, SA_RE_COLOR_FORM, s))
		return;
	if (sa_match(conf, SA_RE_COLOR_PERCENT, s, 0, &m)) {
		(void)snprintf(made, sizeof(made), "#%02lx%02lx%02lx", group_number(&m, 1) * 255 / 100,
		    group_number(&m, 2) * 255 / 100, group_number(&m, 3) * 255 / 100);
		s = sl_slice_str(made);
	} else if (sa_match(conf, SA_RE_COLOR_DECIMAL, s, 0, &m)) {
		(void)snprintf(made, sizeof(made), "#%02lx%02lx%02lx", group_number(&m, 1), group_number(&m, 2),
		    group_number(&m, 3));
		s = sl_slice_str(made);
	}
	if (s.len > 0 && s.ptr[0] == '#')
		color_hex(s, out);
}

/* ---- the style attribute ---- */

/* rgb( ... ) in a style: the first three numbers. */
static void
color_rgb(struct sl_slice value, char out[COLOR_SIZE])
{
	unsigned rgb[3] = { 0 }, n = 0;

	for (size_t i = 0; i < value.len && n < 3; i++) {
		if (sa_is_digit(value.ptr[i]))
			rgb[n] = SL_MIN(rgb[n] * 10 + (unsigned)(value.ptr[i] - '0'), 256u);
		else if (value.ptr[i] == ',')
			n++;
	}
	(void)snprintf(out, COLOR_SIZE, "#%02x%02x%02x", SL_MIN(rgb[0], 255u), SL_MIN(rgb[1], 255u), SL_MIN(rgb[2], 255u));
}

static void
style_color(struct sl_sa_view *view, struct sl_slice value, char out[COLOR_SIZE])
{
	size_t bang;

	value = sa_lower(view, value);
	if (sa_ends(value, SL_SLICE_LIT("important"))) {
		struct sl_slice before = sa_trim_end(sa_sub(value, 0, value.len - 9));

		bang = before.len;
		if (bang > 0 && before.ptr[bang - 1] == '!')
			value = sa_trim_end(sa_sub(before, 0, bang - 1));
	}
	if (sa_find(value, SL_SLICE_LIT("rgb"), 0) != SIZE_MAX)
		color_rgb(value, out);
	else if (sl_slice_eq(value, SL_SLICE_LIT("transparent")))
		(void)snprintf(out, COLOR_SIZE, "transparent");
	else if (!sl_slice_eq(value, SL_SLICE_LIT("inherit")))
		color_name(view, value, out);
}

/* background: of the bottom layer, the first value that is a colour. */
static void
style_background(struct sl_sa_view *view, struct sl_slice value, char out[COLOR_SIZE])
{
	struct sa_list tokens = { 0 };
	unsigned char inside[32] = { 0 };	/* what is open: ( " ' */
	size_t depth = 0, start = 0, layer = 0;
	bool any = false;

	value = sa_lower(view, value);
	for (size_t i = 0; i <= value.len; i++) {
		unsigned char c = i < value.len ? value.ptr[i] : 0;
		unsigned char open = depth > 0 ? inside[depth - 1] : 0;
		bool ends = i == value.len || (open == 0 && (c == ' ' || c == ','));

		if (ends || (open == '(' && c == ')')) {
			struct sl_slice token = sa_sub(value, start, i + (c == ')' && !ends));

			if (any && token.len > 0)
				sa_list_add(&tokens, token);
			any = false;
			start = i + 1;
			if (c == ',' && open == 0 && i + 1 < value.len)
				layer = tokens.len;
			depth -= open == '(' && c == ')';
			continue;
		}
		any = true;
		if ((open == '"' || open == '\'') && c == open)
			depth--;
		else if (open != '"' && open != '\'' && (c == '"' || c == '\'' || (c == '(' && open == 0)) &&
		    depth < sizeof(inside))
			inside[depth++] = c;
	}
	if (layer == tokens.len)	/* the last layer is empty: the one before counts */
		layer = 0;
	for (size_t i = layer; i < tokens.len; i++) {
		char color[COLOR_SIZE];

		color_name(view, tokens.at[i], color);
		if (strcmp(color, "invalid") != 0) {
			memcpy(out, color, COLOR_SIZE);
			break;
		}
	}
	sa_list_fini(&tokens);
}

static void
style_part(struct sl_sa_view *view, struct sl_slice part, struct sa_style *style)
{
	struct sa_match m;
	struct sl_slice name, value;

	if (sa_match(view->conf, SA_RE_STYLE_COLOR, part, 0, &m)) {
		style_color(view, sa_group(&m, 2), sa_has_group(&m, 1) ? style->bg : style->fg);
	} else if (sa_match(view->conf, SA_RE_STYLE_BACKGROUND, part, 0, &m)) {
		style_background(view, sa_group(&m, 1), style->bg);
	} else if (sa_match(view->conf, SA_RE_STYLE_OTHER, part, 0, &m)) {
		name = sa_group(&m, 1);
		value = sa_group(&m, 2);
		if (sl_slice_eq(name, SL_SLICE_LIT("display")))
			style->display_none = sl_slice_ieq(value, SL_SLICE_LIT("none"));
		else if (sl_slice_eq(name, SL_SLICE_LIT("visibility")))
			style->visibility_hidden = sl_slice_ieq(value, SL_SLICE_LIT("hidden"));
	}
}

static void
style_attribute(struct sa_html *html, struct sl_slice value, struct sa_style *style)
{
	const struct sa_style *parent = &html->styles[html->styles_len - 1];

	for (size_t start = 0; start < value.len;) {
		size_t end = SL_MIN(sa_index(value, ';', start), value.len);

		style_part(html->view, sa_sub(value, start, end), style);
		start = end + 1;
	}
	if (strcmp(style->bg, "transparent") == 0)
		memcpy(style->bg, parent->bg, COLOR_SIZE);
	if (strcmp(style->fg, "transparent") == 0)
		memcpy(style->fg, style->bg, COLOR_SIZE);
}

/* ---- the stack ---- */

static void
push(struct sa_html *html, const struct sa_style *style)
{
	if (html->styles_len == html->styles_size) {
		html->styles_size = html->styles_size == 0 ? 32 : html->styles_size * 2;
		html->styles = sl_xrealloc(html->styles, html->styles_size * sizeof(*html->styles));
	}
	html->styles[html->styles_len++] = *style;
	html->style_counts[style->tag]++;
}

static enum style_tag
pop(struct sa_html *html)
{
	enum style_tag tag = (enum style_tag)html->styles[--html->styles_len].tag;

	html->style_counts[tag]--;
	return tag;
}

void
sa_style_init(struct sa_html *html)
{
	struct sa_style first = { .tag = TAG_DEFAULT, .fg = "#000000", .bg = "#ffffff", .size = 3 };

	html->style_counts = sa_alloc(html->view, TAG_COUNT * sizeof(*html->style_counts));
	html->basefont = 3;
	push(html, &first);
}

/* A cell or row ends the one before. */
static void
close_table(struct sa_html *html, enum style_tag tag)
{
	if (html->style_counts[tag] == 0)
		return;
	for (;;) {
		enum style_tag top = (enum style_tag)html->styles[html->styles_len - 1].tag;

		if (top != TAG_FONT && top != TAG_TD && (tag != TAG_TR || top != TAG_TR))
			break;
		(void)pop(html);
	}
}

/* Leading digits of a size, with or without sign. False: there are none. */
static bool
size_number(struct sl_slice s, bool *relative, long *value)
{
	size_t i = 0;
	bool minus = false;

	s = sa_trim(s);
	*relative = s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-');
	if (*relative)
		minus = s.ptr[i++] == '-';
	if (i == s.len || !sa_is_digit(s.ptr[i]))
		return false;
	for (*value = 0; i < s.len && sa_is_digit(s.ptr[i]) && *value < SIZE_MAX_FONT; i++)
		*value = *value * 10 + (s.ptr[i] - '0');
	*value = minus ? -*value : *value;
	return true;
}

static bool
attribute_counts(enum style_tag tag, struct sl_slice name)
{
	char word[24];

	if (name.len > 12)
		return false;
	(void)snprintf(word, sizeof(word), " " SL_SLICE_FMT " ", SL_SLICE_ARG(name));
	return strstr(style_tags[tag].attributes, word) != NULL;
}

static void
open_attribute(struct sa_html *html, const struct sa_attribute *a, struct sa_style *style)
{
	bool relative;
	long size;

	if (sl_slice_eq(a->name, SL_SLICE_LIT("text")) || sl_slice_eq(a->name, SL_SLICE_LIT("color")))
		color_name(html->view, a->value, style->fg);
	else if (sl_slice_eq(a->name, SL_SLICE_LIT("size")) && size_number(a->value, &relative, &size))
		style->size = relative ? html->basefont + size : size;
	else if (sl_slice_eq(a->name, SL_SLICE_LIT("style")))
		style_attribute(html, a->value, style);
	if (style->size > html->max_size)
		html->max_size = style->size;
	else if (style->size < html->min_size)
		html->min_size = style->size;
}

static void
open_tag(struct sa_html *html, enum style_tag tag, const struct sa_attribute *attributes, size_t len)
{
	const struct sa_attribute *size = sa_attribute_find(attributes, len, "size");
	struct sa_style style;
	bool relative;
	long value;

	if (tag == TAG_BASEFONT && size != NULL && size_number(size->value, &relative, &value) && !relative) {
		html->basefont = value;
		return;
	}
	if (tag == TAG_TD || tag == TAG_TR)
		close_table(html, tag);
	style = html->styles[html->styles_len - 1];
	style.tag = (unsigned char)tag;
	if (tag == TAG_BIG || tag == TAG_SMALL) {
		style.size += tag == TAG_BIG ? 1 : -1;
	} else {
		for (size_t i = 0; i < len; i++) {
			if (attribute_counts(tag, attributes[i].name))
				open_attribute(html, &attributes[i], &style);
		}
	}
	push(html, &style);
}

void
sa_style_tag(struct sa_html *html, struct sl_slice name, const struct sa_attribute *attributes, size_t len, bool start)
{
	int tag = TAG_A;

	while (tag < TAG_COUNT && !sl_slice_eq(name, sl_slice_str(style_tags[tag].tag)))
		tag++;
	if (tag == TAG_COUNT)
		return;
	if (tag == TAG_TH)
		tag = TAG_TD;
	if (start) {
		open_tag(html, (enum style_tag)tag, attributes, len);
	} else if (tag != TAG_BODY && html->style_counts[tag] > 0) {
		while (pop(html) != (enum style_tag)tag)
			continue;
	}
}

static bool
color_bytes(const char *color, int rgb[3])
{
	unsigned value;

	if (color[0] != '#' || strlen(color) != 7 || sscanf(color + 1, "%6x", &value) != 1)
		return false;
	rgb[0] = (int)(value >> 16 & 255);
	rgb[1] = (int)(value >> 8 & 255);
	rgb[2] = (int)(value & 255);
	return true;
}

/* How far apart two colours are, by how bright each part seems; 191 at most. */
static bool
is_near(const char *a, const char *b)
{
	int x[3], y[3];
	double r, g, bl;

	if (!color_bytes(a, x) || !color_bytes(b, y))
		return false;
	r = 0.2126 * (x[0] - y[0]);
	g = 0.7152 * (x[1] - y[1]);
	bl = 0.0722 * (x[2] - y[2]);
	return sqrt(r * r + g * g + bl * bl) < 12;
}

static const char *
last_six(const char *color)
{
	size_t len = strlen(color);

	return len > 6 ? color + len - 6 : color;
}

bool
sa_style_invisible(struct sa_html *html)
{
	const struct sa_style *s = &html->styles[html->styles_len - 1];

	if (strcmp(last_six(s->fg), last_six(s->bg)) == 0 || is_near(s->fg, s->bg)) {
		html->font_low_contrast = true;
		return true;
	}
	if (strcmp(s->fg, "invalid") == 0 || strcmp(s->bg, "invalid") == 0) {
		html->font_invalid_color = true;
		return true;
	}
	return s->size <= 1 || s->display_none || s->visibility_hidden;
}
