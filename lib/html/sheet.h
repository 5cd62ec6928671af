/*
 * sheet.h - style sheets: rules kept as they stream, and matched with elements
 *
 * Kept are rules that set something of style.h, whose selectors are made of names, classes and ids
 * ("td.a", ".a .b", "#x > p", lists of them). Rules inside @media that hold for a wide screen are as
 * others; those for other screens are kept apart, to tell what is hidden on some screens only; those
 * for print and for dark pages are dropped. Selectors with anything else match nothing.
 *
 * An element is described by symbols: the names, classes and ids that are in the sheet. Work done in
 * matching is counted for the caller, who bounds it.
 *
 * Memory: none before the first sheet; then 6 KiB, and as needed up to 64 bytes for each of
 * rules_max and bytes_max for names. Where the input is cut does not matter. Time: linear in what
 * is fed but for looking up symbols, which is counted too.
 */
#ifndef SL_HTML_SHEET_H
#define SL_HTML_SHEET_H

#include "html/style.h"

#define SL_SHEET_SYMBOLS_MAX	6	/* of one element; the first ones count */
#define SL_SHEET_OTHERS_MAX	8	/* rules for other screens that match one element */

/* Which names of the sheet an element has. */
struct sl_sheet_element {
	uint16_t	symbols[SL_SHEET_SYMBOLS_MAX];
	uint16_t	count;
};

/* What the rules say of an element, put together by weight; style attributes come on top. */
struct sl_sheet_cascade {
	struct sl_style	style;
	uint32_t	weights[SL_STYLE_PROPERTY_COUNT];
	uint16_t	others[SL_SHEET_OTHERS_MAX];	/* rules for other screens */
	uint16_t	others_count;
};

struct sl_sheet;

/* `url`, which may be NULL, and ctx are kept. Never NULL. */
struct sl_sheet	*sl_sheet_new(size_t rules_max, size_t bytes_max, sl_style_url *url, void *ctx);
void	sl_sheet_free(struct sl_sheet **sheet);	/* NULL is fine */
/* A <style> begins; `media` is for whom, empty: for all. */
void	sl_sheet_begin(struct sl_sheet *sheet, struct sl_slice media);
/* Its content; it ends at _end. */
void	sl_sheet_feed(struct sl_sheet *sheet, struct sl_slice text);
void	sl_sheet_end(struct sl_sheet *sheet);
bool	sl_sheet_is_full(const struct sl_sheet *sheet);	/* rules were dropped */
size_t	sl_sheet_rules(const struct sl_sheet *sheet);

/* Symbols of an element; ptr NULL for an id that is not given. */
void	sl_sheet_describe(const struct sl_sheet *sheet, struct sl_slice name, struct sl_slice classes,
	    struct sl_slice id, struct sl_sheet_element *element_out, size_t *work);
/* What `get` gives is the i-th element open above, counted from the nearest one, or NULL. */
typedef const struct sl_sheet_element *sl_sheet_above(const void *ctx, size_t i);
/* Add what the rules that match say. */
void	sl_sheet_match(const struct sl_sheet *sheet, const struct sl_sheet_element *element,
	    sl_sheet_above *above, const void *ctx, struct sl_sheet_cascade *cascade, size_t *work);
/* Add a style that is in no sheet: an old attribute, or a style attribute (`own`). */
void	sl_sheet_cascade_add(struct sl_sheet_cascade *cascade, const struct sl_style *style, bool own);
/* Add the rules for other screens. */
void	sl_sheet_cascade_others(const struct sl_sheet *sheet, struct sl_sheet_cascade *cascade);

#endif
