/* look.c - what styles come to: how text looks, and whether it can be seen; see html/view_i.h */

#include "html/view_i.h"

#define TINY_SIZE	200	/* hundredths of a px: no one reads text of this size */
#define TINY_BOX	2	/* px: no one sees into a box of this size */
#define FAINT		10	/* per cent */
#define ROOT_SIZE	1600

static bool
has(const struct sl_style *style, enum sl_style_property property)
{
	return (style->set & 1u << property) != 0;
}

static bool
says_yes(const struct sl_style *style, enum sl_style_property property)
{
	return (style->set & style->yes & 1u << property) != 0;
}

static int32_t
font_size(int32_t parent, struct sl_style_length l)
{
	int64_t size = l.hundredths;

	switch (l.unit) {
	case SL_STYLE_PX:
		break;
	case SL_STYLE_EM:
		size = size * parent / 100;
		break;
	case SL_STYLE_REM:
		size = size * ROOT_SIZE / 100;
		break;
	case SL_STYLE_PERCENT:
		size = size * parent / 10000;
		break;
	}
	return (int32_t)SL_MIN(size, (int64_t)SL_STYLE_LENGTH_MAX);
}

static bool
is_tiny(const struct sl_style *style, enum sl_style_property property, int16_t px)
{
	return has(style, property) && px >= 0 && px <= TINY_BOX;
}

/* Is it a box that cuts what does not fit, and nothing does? Only what is a box has an extent, and
 * cells grow with what is in them. */
static bool
is_clipped(unsigned flags, const struct sl_style *style)
{
	bool is_box = (flags & (IS_LINE | IS_CELL)) != 0;

	if (says_yes(style, SL_STYLE_CLIP))
		return true;
	if (!says_yes(style, SL_STYLE_OVERFLOW) || (flags & IS_TABLE_PART) != 0)
		return false;
	if (has(style, SL_STYLE_DISPLAY))
		is_box = style->display == SL_STYLE_BOX;
	is_box |= says_yes(style, SL_STYLE_POSITION) || says_yes(style, SL_STYLE_FLOAT);
	return is_box && (is_tiny(style, SL_STYLE_WIDTH, style->width) ||
	    is_tiny(style, SL_STYLE_HEIGHT, style->height) ||
	    is_tiny(style, SL_STYLE_MAX_WIDTH, style->max_width) ||
	    is_tiny(style, SL_STYLE_MAX_HEIGHT, style->max_height));
}

static bool
is_away(const struct sl_style *style)
{
	static const uint32_t sides = 1u << SL_STYLE_LEFT | 1u << SL_STYLE_TOP |
	    1u << SL_STYLE_RIGHT | 1u << SL_STYLE_BOTTOM;

	return says_yes(style, SL_STYLE_MARGIN) ||
	    (says_yes(style, SL_STYLE_POSITION) && (style->set & style->yes & sides) != 0);
}

/* What hides the element with all that is in it, whatever that says; 0: nothing. */
static enum sl_view_kind
hidden_by(unsigned flags, const struct sl_style *style, const struct look *look)
{
	if ((flags & IS_FALLBACK) != 0)
		return SL_VIEW_FALLBACK;
	if (has(style, SL_STYLE_DISPLAY) ? style->display == SL_STYLE_NONE : (flags & IS_NONE) != 0)
		return SL_VIEW_DISPLAY;
	if (look->opacity <= FAINT)
		return SL_VIEW_OPACITY;
	if (is_clipped(flags, style))
		return SL_VIEW_CLIP;
	return is_away(style) ? SL_VIEW_POSITION : SL_VIEW_VISIBLE;
}

static void
set_background(struct look *look, const struct sl_style *style)
{
	if (has(style, SL_STYLE_BACKGROUND) && style->background.alpha > 0) {
		if (style->background.alpha == 255)
			look->background_unknown = false;
		look->background = sl_color_blend(style->background, look->background);
	}
	if (says_yes(style, SL_STYLE_PICTURE))
		look->background_unknown = true;
}

static enum sl_view_kind
text_kind(const struct look *look)
{
	if (look->hidden != 0)
		return look->hidden;
	if (look->invisible)
		return SL_VIEW_VISIBILITY;
	if (look->indent_far)
		return SL_VIEW_POSITION;
	if (look->font_size <= TINY_SIZE)
		return SL_VIEW_SIZE;
	if (look->background_unknown)
		return SL_VIEW_VISIBLE;
	return sl_color_is_near(sl_color_blend(look->color, look->background), look->background,
	    SL_VIEW_COLOUR_NEAR) ? SL_VIEW_COLOUR : SL_VIEW_VISIBLE;
}

void
look_apply(const struct look *parent, unsigned flags, const struct sl_style *style,
    struct look *look_out)
{
	struct look look = *parent;

	if ((flags & IS_CONTROL) != 0) {
		look.color = SL_COLOR_BLACK;
		look.background_unknown = true;
	}
	look.pre |= (flags & IS_PRE) != 0;
	if (style->set != 0) {
		if (has(style, SL_STYLE_FONT_SIZE))
			look.font_size = font_size(parent->font_size, style->font_size);
		if (has(style, SL_STYLE_COLOR))
			look.color = style->color;
		if (has(style, SL_STYLE_OPACITY))
			look.opacity = (unsigned char)(look.opacity * style->opacity / 100);
		if (has(style, SL_STYLE_VISIBILITY))
			look.invisible = says_yes(style, SL_STYLE_VISIBILITY);
		if (has(style, SL_STYLE_SPACES))
			look.pre = says_yes(style, SL_STYLE_SPACES);
		if (has(style, SL_STYLE_INDENT))
			look.indent_far = says_yes(style, SL_STYLE_INDENT);
		set_background(&look, style);
	}
	if (look.hidden == 0)
		look.hidden = (unsigned char)hidden_by(flags, style, &look);
	look.kind = (unsigned char)text_kind(&look);
	*look_out = look;
}
