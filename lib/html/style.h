/*
 * style.h - the declarations of CSS that decide whether text can be seen
 *
 * "name: value; name: value" as a style attribute or the block of a rule has it, for the few
 * properties below; the others are passed over at a byte or two a step. Escapes and comments are
 * undone, so that "d\69splay:none" hides. Memory: none. Time: linear.
 *
 * Limits: no var(), calc(), attr(): such a value is as if it were not there.
 */
#ifndef SL_HTML_STYLE_H
#define SL_HTML_STYLE_H

#include "html/color.h"

/* What a style may set. */
enum sl_style_property {
	SL_STYLE_DISPLAY,
	SL_STYLE_VISIBILITY,
	SL_STYLE_FONT_SIZE,
	SL_STYLE_COLOR,
	SL_STYLE_BACKGROUND,	/* its colour */
	SL_STYLE_PICTURE,	/* the background's image: then what is behind text is not known */
	SL_STYLE_OPACITY,
	SL_STYLE_WIDTH,
	SL_STYLE_HEIGHT,
	SL_STYLE_MAX_WIDTH,
	SL_STYLE_MAX_HEIGHT,
	SL_STYLE_OVERFLOW,
	SL_STYLE_POSITION,
	SL_STYLE_FLOAT,
	SL_STYLE_LEFT,		/* these five: is it far away? */
	SL_STYLE_TOP,
	SL_STYLE_RIGHT,
	SL_STYLE_BOTTOM,
	SL_STYLE_MARGIN,	/* left or top */
	SL_STYLE_INDENT,	/* of text: likewise */
	SL_STYLE_CLIP,		/* to nothing */
	SL_STYLE_SPACES,	/* white-space */
	SL_STYLE_PROPERTY_COUNT,
};

enum sl_style_display { SL_STYLE_NONE, SL_STYLE_INLINE, SL_STYLE_BOX };

enum sl_style_unit { SL_STYLE_PX, SL_STYLE_EM, SL_STYLE_REM, SL_STYLE_PERCENT };

#define SL_STYLE_LENGTH_MAX	1000000	/* hundredths; larger ones count as it */

struct sl_style_length {
	int32_t			hundredths;	/* of the unit */
	enum sl_style_unit	unit;
};

/* Bits are 1 << property. */
struct sl_style {
	uint32_t		set;		/* which of the members say something */
	uint32_t		important;	/* of these */
	uint32_t		yes;		/* PICTURE, OVERFLOW hidden, POSITION out of the flow or
						 * moved, FLOAT, LEFT to INDENT far away, CLIP,
						 * SPACES kept, VISIBILITY hidden */
	struct sl_color		color, background;
	struct sl_style_length	font_size;
	int16_t			width, height, max_width, max_height;	/* px; -1: not known */
	unsigned char		display;	/* enum sl_style_display */
	unsigned char		opacity;	/* per cent */
};

/* A url() or @import in a style; `url` is borrowed. */
typedef void sl_style_url(void *ctx, struct sl_slice url);

/* Add what `text`, declarations with ';' between, says. `url` may be NULL. */
void	sl_style_parse(struct sl_slice text, struct sl_style *style, sl_style_url *url, void *ctx);
/* Add what `over` says: it stands over what `style` says, unless only that is important. */
void	sl_style_add(struct sl_style *style, const struct sl_style *over);
/* Set one property as `from` has it. */
void	sl_style_copy(struct sl_style *style, const struct sl_style *from,
	    enum sl_style_property property);

/* A size for <font size=>, such as "3" or "-1"; false if it is none. */
bool	sl_style_font_size_old(struct sl_slice text, struct sl_style_length *size_out);
/* A length at the front of `text`; false if there is none. */
bool	sl_style_length(struct sl_slice text, struct sl_style_length *length_out);

#endif
