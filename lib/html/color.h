/*
 * color.h - colours as style sheets (CSS Color 4) and the old attributes of HTML write them
 *
 * Known: names, #rgb, #rgba, #rrggbb, #rrggbbaa, rgb(), rgba(), hsl(), hsla(), transparent, and the
 * system's colours for text and page. Not known (and so no colour): currentcolor, the newer functions.
 */
#ifndef SL_HTML_COLOR_H
#define SL_HTML_COLOR_H

#include "sl/base.h"

struct sl_color {
	unsigned char	red, green, blue, alpha;	/* alpha 255: opaque */
};

#define SL_COLOR_BLACK	((struct sl_color){ 0, 0, 0, 255 })
#define SL_COLOR_WHITE	((struct sl_color){ 255, 255, 255, 255 })

/* The value of a property, without white space around it. Returns false if it is none. */
bool	sl_color_parse(struct sl_slice text, struct sl_color *color_out);
/* The value of bgcolor= and the like: "#" may be missing, and what is no colour is read as one, as
 * browsers do (HTML standard, 2.4.6). Returns false only if it is empty or "transparent". */
bool	sl_color_parse_old(struct sl_slice text, struct sl_color *color_out);

/* What is seen of `over` on `under` (opaque). */
struct sl_color sl_color_blend(struct sl_color over, struct sl_color under);
/* Are all of red, green and blue within `near` of each other? */
bool	sl_color_is_near(struct sl_color a, struct sl_color b, int near);

#endif
