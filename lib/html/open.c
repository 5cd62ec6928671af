/*
 * open.c - the elements that are open (HTML standard, 13.2.6, as far as it changes how text looks);
 * see html/view_i.h
 *
 * End tags find their element, and what stands in their way, by indices kept with each element, so
 * that none costs a walk through the stack.
 */

#include "html/view_i.h"

#define ROOM_FIRST	32
#define KEPT_MAX	8	/* formatting elements that outlive a block */

static int
newest(const struct sl_view *v, enum element element)
{
	return v->newest[element] == OPEN_NONE ? -1 : v->newest[element];
}

static struct open *
top(struct sl_view *v)
{
	return v->opens_len == 0 ? NULL : &v->opens[v->opens_len - 1];
}

/* The index of the nearest element, from the top, with the flag; -1 if there is none. */
static int
marker_at(struct sl_view *v)
{
	return v->opens_len == 0 || top(v)->marker == OPEN_NONE ? -1 : top(v)->marker;
}

static int
special_at(struct sl_view *v)
{
	return v->opens_len == 0 || top(v)->special == OPEN_NONE ? -1 : top(v)->special;
}

const struct sl_sheet_element *
open_above(const void *view, size_t i)
{
	const struct sl_view *v = view;

	return i < v->opens_len ? &v->opens[v->opens_len - 1 - i].described : NULL;
}

/* The same for those of a look that is known. */
static struct open *
push(struct sl_view *v, enum element element)
{
	uint16_t at = v->opens_len;
	const struct open *below = top(v);
	unsigned flags = element_flags(element);
	struct open *o = &v->opens[at];

	o->element = (unsigned char)element;
	o->same = v->newest[element];
	o->marker = (flags & IS_MARKER) != 0 ? at : below == NULL ? OPEN_NONE : below->marker;
	o->special = (flags & IS_SPECIAL) != 0 ? at : below == NULL ? OPEN_NONE : below->special;
	v->newest[element] = at;
	v->opens_len++;
	return o;
}

void
open_push(struct sl_view *v, enum element element, uint32_t name_hash,
    const struct sl_sheet_element *described, const struct sl_style *style, bool other_screen,
    const struct look *look)
{
	struct open *o;

	if (v->opens_len == v->limits.depth_max) {
		v->beyond += v->beyond < UINT32_MAX;
		view_find(v, SL_VIEW_FOUND_DEPTH, sl_slice(NULL, 0));
		return;
	}
	if (v->opens_len == v->opens_room) {
		v->opens_room = (uint16_t)(v->opens_room == 0 ? ROOM_FIRST : 2 * v->opens_room);
		v->opens = sl_xrealloc(v->opens, v->opens_room * sizeof(v->opens[0]));
	}
	o = push(v, element);
	o->name_hash = name_hash;
	o->described.count = described->count;
	if (described->count > 0)
		memcpy(o->described.symbols, described->symbols,
		    described->count * sizeof(described->symbols[0]));
	if (style->set != 0)
		o->style = *style;
	else
		o->style.set = 0;
	o->other_screen = other_screen;
	o->look = *look;
}

static void
unlink_top(struct sl_view *v)
{
	struct open *o = top(v);

	v->newest[o->element] = o->same;
	v->opens_len--;
}

/* Push what was open before, as it looks where it stands now. `from` may lie in v->opens, above
 * what is open. */
static void
push_again(struct sl_view *v, const struct open *from)
{
	struct open moved = *from, *o;
	unsigned flags = element_flags(moved.element);
	const struct look *parent = open_look(v);
	struct look look;

	look_apply(parent, flags, &moved.style, &look);
	if (moved.other_screen && parent->hidden == 0 && sl_view_kind_hidden(look.kind))
		look.kind = look.hidden = SL_VIEW_OTHER_SCREEN;
	o = push(v, moved.element);
	o->name_hash = moved.name_hash;
	o->described = moved.described;
	o->style = moved.style;
	o->other_screen = moved.other_screen;
	o->look = look;
}

static enum gap
gap_of(unsigned flags)
{
	return (flags & IS_PARAGRAPH) != 0 ? GAP_EMPTY_LINE : (flags & IS_LINE) != 0 ? GAP_LINE :
	    GAP_NONE;
}

/* End the elements from the top to the one at i. Formatting elements among them go on after it
 * (13.2.4.3), unless it or one on the way is a cell or the like. */
static void
end_many(struct sl_view *v, int i)
{
	struct open kept[KEPT_MAX];
	unsigned kept_len = 0, flags = element_flags(v->opens[i].element);
	bool keeps = (flags & (IS_MARKER | IS_TABLE_PART)) == 0;
	bool anchor_goes_on = !v->anchor.is_open, anchor_ends = false;

	while (v->opens_len > i) {
		struct open *o = top(v);
		bool is_last = v->opens_len == i + 1;

		flags = element_flags(o->element);
		if ((flags & IS_MARKER) != 0)
			kept_len = 0;
		flow_break(v, &o->look, gap_of(flags));
		if (o->element == E_A)
			anchor_ends = true;
		if (keeps && !is_last && (flags & IS_FORMAT) != 0 && kept_len < KEPT_MAX) {
			kept[kept_len++] = *o;
			anchor_goes_on |= o->element == E_A;
		}
		unlink_top(v);
	}
	while (kept_len > 0)
		push_again(v, &kept[--kept_len]);
	if (anchor_ends && !anchor_goes_on)
		anchor_close(v);
}

static void
end_to(struct sl_view *v, int i)
{
	struct open *o = top(v);

	if (i + 1 < v->opens_len) {
		end_many(v, i);
		return;
	}
	flow_break(v, &o->look, gap_of(element_flags(o->element)));
	unlink_top(v);
	if (o->element == E_A)
		anchor_close(v);
}

/* A formatting element ends under a block that goes on: what is above looks as without it. */
static void
remove_under(struct sl_view *v, int i)
{
	uint16_t above = (uint16_t)(v->opens_len - i - 1);

	if (!view_may(v, 8u * above))
		return;
	if (v->opens[i].element == E_A)
		anchor_close(v);
	while (v->opens_len > i)
		unlink_top(v);
	for (uint16_t n = 0; n < above; n++)
		push_again(v, &v->opens[i + 1 + n]);
}

static void
end_format(struct sl_view *v, int i)
{
	if (special_at(v) < i)
		end_to(v, i);
	else
		remove_under(v, i);
}

/* End an open element, if it is nearer than `barrier`. */
static void
end_nearer(struct sl_view *v, enum element element, int barrier)
{
	if (newest(v, element) > barrier)
		end_to(v, newest(v, element));
}

/* The nearest list around. */
static int
list_at(struct sl_view *v)
{
	int a = SL_MAX(newest(v, E_UL), newest(v, E_OL)), b = SL_MAX(newest(v, E_MENU), newest(v, E_DIR));

	return SL_MAX(a, b);
}

static void
end_heading(struct sl_view *v)
{
	if (v->opens_len > 0 && top(v)->element >= E_H1 && top(v)->element <= E_H6)
		end_to(v, v->opens_len - 1);
}

void
open_end_implied(struct sl_view *v, enum element element)
{
	int marker = marker_at(v), table = newest(v, E_TABLE);

	if (v->opens_len == 0 || v->beyond > 0)
		return;
	if ((element_flags(element) & ENDS_P) != 0)
		end_nearer(v, E_P, marker);
	switch ((int)element) {
	case E_LI:
		end_nearer(v, E_LI, SL_MAX(marker, list_at(v)));
		break;
	case E_DD:
	case E_DT:
		end_nearer(v, E_DD, SL_MAX(marker, newest(v, E_DL)));
		end_nearer(v, E_DT, SL_MAX(marker, newest(v, E_DL)));
		break;
	case E_OPTION:
	case E_OPTGROUP:
		end_nearer(v, E_OPTION, SL_MAX(marker, newest(v, E_SELECT)));
		break;
	case E_H1: case E_H2: case E_H3: case E_H4: case E_H5: case E_H6:
		end_heading(v);
		break;
	case E_TD:
	case E_TH:
		end_nearer(v, E_TD, SL_MAX(table, newest(v, E_TR)));
		end_nearer(v, E_TH, SL_MAX(table, newest(v, E_TR)));
		break;
	case E_TBODY:
	case E_THEAD:
	case E_TFOOT:
		end_nearer(v, E_TBODY, table);
		end_nearer(v, E_THEAD, table);
		end_nearer(v, E_TFOOT, table);
		/* fallthrough */
	case E_TR:
		end_nearer(v, E_TR, table);
		break;
	case E_A:
		if (newest(v, E_A) > marker)
			end_format(v, newest(v, E_A));
		break;
	case E_BUTTON:
		end_nearer(v, E_BUTTON, marker);
		break;
	default:
		break;
	}
}

/* What the end tag of such an element does not reach through. */
static int
barrier_for(struct sl_view *v, enum element element, unsigned flags)
{
	if (element == E_TABLE)
		return -1;
	if ((flags & IS_TABLE_PART) != 0)
		return newest(v, E_TABLE);
	if ((flags & IS_MARKER) != 0)
		return marker_at(v) - 1;	/* it may be the one */
	if ((flags & (IS_SPECIAL | IS_FORMAT | IS_LINE)) != 0)
		return marker_at(v);
	return special_at(v);
}

bool
open_end(struct sl_view *v, enum element element, uint32_t name_hash)
{
	unsigned flags = element_flags(element);
	int i = newest(v, element);

	if (v->beyond > 0) {
		v->beyond--;
		return false;	/* nothing that is known of */
	}
	if (element == E_BODY || element == E_HTML)	/* what comes after is in them still */
		return true;
	if (i < 0 || i <= barrier_for(v, element, flags) ||
	    (element >= E_OTHER && v->opens[i].name_hash != name_hash))
		return false;
	if ((flags & IS_FORMAT) != 0)
		end_format(v, i);
	else
		end_to(v, i);
	return true;
}

void
open_fini(struct sl_view *v)
{
	sl_free(v->opens);
}
