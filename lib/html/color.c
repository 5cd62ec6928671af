/* color.c - see html/color.h */

#include "html/color.h"

#include <stdlib.h>

#define NAME_MAX_BYTES	20	/* lightgoldenrodyellow */
#define PARTS_MAX	4
#define OLD_MAX_BYTES	128	/* of an old attribute's value */

/* In byte order. The system's colours are those of a light page. */
static const struct name {
	char		name[NAME_MAX_BYTES + 4];
	uint32_t	rgb;
} names[] = {
	{ "aliceblue", 0xf0f8ff }, { "antiquewhite", 0xfaebd7 }, { "aqua", 0x00ffff },
	{ "aquamarine", 0x7fffd4 }, { "azure", 0xf0ffff }, { "beige", 0xf5f5dc },
	{ "bisque", 0xffe4c4 }, { "black", 0x000000 }, { "blanchedalmond", 0xffebcd },
	{ "blue", 0x0000ff }, { "blueviolet", 0x8a2be2 }, { "brown", 0xa52a2a },
	{ "burlywood", 0xdeb887 }, { "cadetblue", 0x5f9ea0 }, { "canvas", 0xffffff },
	{ "canvastext", 0x000000 }, { "chartreuse", 0x7fff00 }, { "chocolate", 0xd2691e },
	{ "coral", 0xff7f50 }, { "cornflowerblue", 0x6495ed }, { "cornsilk", 0xfff8dc },
	{ "crimson", 0xdc143c }, { "cyan", 0x00ffff }, { "darkblue", 0x00008b },
	{ "darkcyan", 0x008b8b }, { "darkgoldenrod", 0xb8860b }, { "darkgray", 0xa9a9a9 },
	{ "darkgreen", 0x006400 }, { "darkgrey", 0xa9a9a9 }, { "darkkhaki", 0xbdb76b },
	{ "darkmagenta", 0x8b008b }, { "darkolivegreen", 0x556b2f }, { "darkorange", 0xff8c00 },
	{ "darkorchid", 0x9932cc }, { "darkred", 0x8b0000 }, { "darksalmon", 0xe9967a },
	{ "darkseagreen", 0x8fbc8f }, { "darkslateblue", 0x483d8b }, { "darkslategray", 0x2f4f4f },
	{ "darkslategrey", 0x2f4f4f }, { "darkturquoise", 0x00ced1 }, { "darkviolet", 0x9400d3 },
	{ "deeppink", 0xff1493 }, { "deepskyblue", 0x00bfff }, { "dimgray", 0x696969 },
	{ "dimgrey", 0x696969 }, { "dodgerblue", 0x1e90ff }, { "firebrick", 0xb22222 },
	{ "floralwhite", 0xfffaf0 }, { "forestgreen", 0x228b22 }, { "fuchsia", 0xff00ff },
	{ "gainsboro", 0xdcdcdc }, { "ghostwhite", 0xf8f8ff }, { "gold", 0xffd700 },
	{ "goldenrod", 0xdaa520 }, { "gray", 0x808080 }, { "green", 0x008000 },
	{ "greenyellow", 0xadff2f }, { "grey", 0x808080 }, { "honeydew", 0xf0fff0 },
	{ "hotpink", 0xff69b4 }, { "indianred", 0xcd5c5c }, { "indigo", 0x4b0082 },
	{ "ivory", 0xfffff0 }, { "khaki", 0xf0e68c }, { "lavender", 0xe6e6fa },
	{ "lavenderblush", 0xfff0f5 }, { "lawngreen", 0x7cfc00 }, { "lemonchiffon", 0xfffacd },
	{ "lightblue", 0xadd8e6 }, { "lightcoral", 0xf08080 }, { "lightcyan", 0xe0ffff },
	{ "lightgoldenrodyellow", 0xfafad2 }, { "lightgray", 0xd3d3d3 }, { "lightgreen", 0x90ee90 },
	{ "lightgrey", 0xd3d3d3 }, { "lightpink", 0xffb6c1 }, { "lightsalmon", 0xffa07a },
	{ "lightseagreen", 0x20b2aa }, { "lightskyblue", 0x87cefa }, { "lightslategray", 0x778899 },
	{ "lightslategrey", 0x778899 }, { "lightsteelblue", 0xb0c4de }, { "lightyellow", 0xffffe0 },
	{ "lime", 0x00ff00 }, { "limegreen", 0x32cd32 }, { "linen", 0xfaf0e6 },
	{ "magenta", 0xff00ff }, { "maroon", 0x800000 }, { "mediumaquamarine", 0x66cdaa },
	{ "mediumblue", 0x0000cd }, { "mediumorchid", 0xba55d3 }, { "mediumpurple", 0x9370db },
	{ "mediumseagreen", 0x3cb371 }, { "mediumslateblue", 0x7b68ee },
	{ "mediumspringgreen", 0x00fa9a }, { "mediumturquoise", 0x48d1cc },
	{ "mediumvioletred", 0xc71585 }, { "midnightblue", 0x191970 }, { "mintcream", 0xf5fffa },
	{ "mistyrose", 0xffe4e1 }, { "moccasin", 0xffe4b5 }, { "navajowhite", 0xffdead },
	{ "navy", 0x000080 }, { "oldlace", 0xfdf5e6 }, { "olive", 0x808000 },
	{ "olivedrab", 0x6b8e23 }, { "orange", 0xffa500 }, { "orangered", 0xff4500 },
	{ "orchid", 0xda70d6 }, { "palegoldenrod", 0xeee8aa }, { "palegreen", 0x98fb98 },
	{ "paleturquoise", 0xafeeee }, { "palevioletred", 0xdb7093 }, { "papayawhip", 0xffefd5 },
	{ "peachpuff", 0xffdab9 }, { "peru", 0xcd853f }, { "pink", 0xffc0cb },
	{ "plum", 0xdda0dd }, { "powderblue", 0xb0e0e6 }, { "purple", 0x800080 },
	{ "rebeccapurple", 0x663399 }, { "red", 0xff0000 }, { "rosybrown", 0xbc8f8f },
	{ "royalblue", 0x4169e1 }, { "saddlebrown", 0x8b4513 }, { "salmon", 0xfa8072 },
	{ "sandybrown", 0xf4a460 }, { "seagreen", 0x2e8b57 }, { "seashell", 0xfff5ee },
	{ "sienna", 0xa0522d }, { "silver", 0xc0c0c0 }, { "skyblue", 0x87ceeb },
	{ "slateblue", 0x6a5acd }, { "slategray", 0x708090 }, { "slategrey", 0x708090 },
	{ "snow", 0xfffafa }, { "springgreen", 0x00ff7f }, { "steelblue", 0x4682b4 },
	{ "tan", 0xd2b48c }, { "teal", 0x008080 }, { "thistle", 0xd8bfd8 },
	{ "tomato", 0xff6347 }, { "turquoise", 0x40e0d0 }, { "violet", 0xee82ee },
	{ "wheat", 0xf5deb3 }, { "white", 0xffffff }, { "whitesmoke", 0xf5f5f5 },
	{ "window", 0xffffff }, { "windowtext", 0x000000 }, { "yellow", 0xffff00 },
	{ "yellowgreen", 0x9acd32 },
};

static struct sl_color
from_rgb(uint32_t rgb)
{
	return (struct sl_color){ (unsigned char)(rgb >> 16), (unsigned char)(rgb >> 8),
		(unsigned char)rgb, 255 };
}

static int
by_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct name *)entry)->name);
}

static bool
parse_name(struct sl_slice text, struct sl_color *color_out)
{
	char lower[NAME_MAX_BYTES + 1];
	const struct name *found;

	if (text.len == 0 || text.len > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < text.len; i++)
		lower[i] = (char)sl_ascii_lower(text.ptr[i]);
	lower[text.len] = '\0';
	if (strcmp(lower, "transparent") == 0) {
		*color_out = (struct sl_color){ 0, 0, 0, 0 };
		return true;
	}
	found = bsearch(lower, names, SL_COUNT(names), sizeof(names[0]), by_name);
	if (found == NULL)
		return false;
	*color_out = from_rgb(found->rgb);
	return true;
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

/* What follows '#'. */
static bool
parse_hex(struct sl_slice text, struct sl_color *color_out)
{
	unsigned char parts[PARTS_MAX] = { 0, 0, 0, 255 };
	size_t width = text.len >= 6 ? 2 : 1;

	if (text.len != 3 && text.len != 4 && text.len != 6 && text.len != 8)
		return false;
	for (size_t i = 0; i < text.len / width; i++) {
		int high = hex_digit(text.ptr[i * width]);
		int low = hex_digit(text.ptr[i * width + width - 1]);

		if (high < 0 || low < 0)
			return false;
		parts[i] = (unsigned char)(high * 16 + low);
	}
	*color_out = (struct sl_color){ parts[0], parts[1], parts[2], parts[3] };
	return true;
}

/* A number at the front of *text, which moves past it; '%' makes it a part of `whole`. */
static bool
take_number(struct sl_slice *text, double whole, double *value_out)
{
	double value = 0, scale = 1;
	size_t n = 0, digits = 0;
	bool negative = text->len > 0 && text->ptr[0] == '-';
	bool point = false;

	for (n = negative || (text->len > 0 && text->ptr[0] == '+'); n < text->len; n++) {
		unsigned char c = text->ptr[n];

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9')
			break;
		if (point)
			scale /= 10;
		value = point ? value + scale * (c - '0') : SL_MIN(value * 10 + (c - '0'), 1e6);
		digits++;
	}
	if (digits == 0)
		return false;
	if (n < text->len && text->ptr[n] == '%') {
		value = value * whole / 100;
		n++;
	} else if (text->len - n >= 3 && sl_slice_istarts(sl_slice_from(*text, n),
	    SL_SLICE_LIT("deg"))) {
		n += 3;
	}
	*value_out = negative ? -value : value;
	*text = sl_slice_from(*text, n);
	return true;
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r';
}

/* The numbers between parentheses: 3, or 4 with alpha. Returns how many, 0 if it is not so. */
static size_t
take_numbers(struct sl_slice text, const double wholes[PARTS_MAX], double values_out[PARTS_MAX])
{
	size_t count = 0;

	while (count < PARTS_MAX) {
		while (text.len > 0 && (is_space(text.ptr[0]) || text.ptr[0] == ',' ||
		    text.ptr[0] == '/'))
			text = sl_slice_from(text, 1);
		if (text.len == 0 || text.ptr[0] == ')')
			break;
		if (!take_number(&text, wholes[count], &values_out[count]))
			return 0;
		count++;
	}
	return count >= 3 ? count : 0;
}

static unsigned char
to_byte(double value)
{
	return value <= 0 ? 0 : value >= 255 ? 255 : (unsigned char)(value + 0.5);
}

/* One of red, green, blue of a hue (0 to 6), after CSS Color 4, 7.1. */
static double
hue_part(double low, double high, double hue)
{
	if (hue < 0)
		hue += 6;
	if (hue >= 6)
		hue -= 6;
	if (hue < 1)
		return low + (high - low) * hue;
	if (hue < 3)
		return high;
	return hue < 4 ? low + (high - low) * (4 - hue) : low;
}

static void
hsl_to_rgb(double parts[PARTS_MAX])
{
	double turns = parts[0] / 360, light = SL_MIN(SL_MAX(parts[2], 0), 1);
	double saturation = SL_MIN(SL_MAX(parts[1], 0), 1), hue, high, low;

	hue = 6 * (turns - (double)(long)turns);
	if (hue < 0)
		hue += 6;
	high = light <= 0.5 ? light * (saturation + 1) : light + saturation - light * saturation;
	low = light * 2 - high;
	parts[0] = 255 * hue_part(low, high, hue + 2);
	parts[1] = 255 * hue_part(low, high, hue);
	parts[2] = 255 * hue_part(low, high, hue - 2);
}

static bool
parse_function(struct sl_slice text, struct sl_color *color_out)
{
	static const double rgb_wholes[PARTS_MAX] = { 255, 255, 255, 1 };
	static const double hsl_wholes[PARTS_MAX] = { 360, 1, 1, 1 };
	bool is_hsl = sl_slice_istarts(text, SL_SLICE_LIT("hsl"));
	double parts[PARTS_MAX] = { 0, 0, 0, 1 };
	size_t n = 3;

	if (!is_hsl && !sl_slice_istarts(text, SL_SLICE_LIT("rgb")))
		return false;
	n += text.len > n && (text.ptr[n] | 0x20) == 'a';
	if (n >= text.len || text.ptr[n] != '(' || take_numbers(sl_slice_from(text, n + 1),
	    is_hsl ? hsl_wholes : rgb_wholes, parts) == 0)
		return false;
	if (is_hsl)
		hsl_to_rgb(parts);
	*color_out = (struct sl_color){ to_byte(parts[0]), to_byte(parts[1]), to_byte(parts[2]),
		to_byte(parts[3] * 255) };
	return true;
}

bool
sl_color_parse(struct sl_slice text, struct sl_color *color_out)
{
	if (text.len > 0 && text.ptr[0] == '#')
		return parse_hex(sl_slice_from(text, 1), color_out);
	return parse_function(text, color_out) || parse_name(text, color_out);
}

/* HTML standard, 2.4.6, from where the text is neither a name nor "#rgb": bytes that are no hex
 * digits count as 0, and the text is three equal parts, of which two digits each are taken. */
static struct sl_color
parse_garbage(struct sl_slice text)
{
	unsigned char digits[OLD_MAX_BYTES + 2];
	size_t len = 0, part, skip;
	unsigned char parts[3];

	if (text.len > 0 && text.ptr[0] == '#')
		text = sl_slice_from(text, 1);
	for (size_t i = 0; i < text.len && len < OLD_MAX_BYTES; i++)
		digits[len++] = (unsigned char)SL_MAX(hex_digit(text.ptr[i]), 0);
	while (len == 0 || len % 3 != 0)
		digits[len++] = 0;
	part = len / 3;
	skip = part > 8 ? part - 8 : 0;
	while (part - skip > 2 && digits[skip] == 0 && digits[part + skip] == 0 &&
	    digits[2 * part + skip] == 0)
		skip++;
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		const unsigned char *d = digits + i * part + skip;

		parts[i] = part - skip == 1 ? d[0] : (unsigned char)(d[0] * 16 + d[1]);
	}
	return (struct sl_color){ parts[0], parts[1], parts[2], 255 };
}

bool
sl_color_parse_old(struct sl_slice text, struct sl_color *color_out)
{
	text = sl_slice_trim(text);
	if (text.len == 0 || sl_slice_ieq(text, SL_SLICE_LIT("transparent")))
		return false;
	/* Mail writes styles' functions there too, and some programs take them. */
	if ((text.len == 4 && text.ptr[0] == '#' && sl_color_parse(text, color_out)) ||
	    parse_function(text, color_out) || parse_name(text, color_out))
		return true;
	*color_out = parse_garbage(text);
	return true;
}

static unsigned char
blend_part(unsigned char over, unsigned char under, unsigned char alpha)
{
	return (unsigned char)((over * alpha + under * (255 - alpha) + 127) / 255);
}

struct sl_color
sl_color_blend(struct sl_color over, struct sl_color under)
{
	return (struct sl_color){ blend_part(over.red, under.red, over.alpha),
		blend_part(over.green, under.green, over.alpha),
		blend_part(over.blue, under.blue, over.alpha), 255 };
}

bool
sl_color_is_near(struct sl_color a, struct sl_color b, int near)
{
	return abs(a.red - b.red) <= near && abs(a.green - b.green) <= near &&
	    abs(a.blue - b.blue) <= near;
}
