/* form.c - images and forms; see html/view_i.h */

#include "html/view_i.h"

#define ALT_SIZE_MIN	3	/* px: an image smaller in both has no room for its text */

/* An extent in an old attribute: px, or unknown if it is a part of something or none. */
static int
extent(const struct attrs *attrs, enum attr attr)
{
	struct sl_style_length l;

	if (!attr_given(attrs, attr) || !sl_style_length(sl_slice_trim(attrs->values[attr]), &l) ||
	    l.unit != SL_STYLE_PX || l.hundredths < 0)
		return -1;
	return l.hundredths / 100;
}

static bool
has(const struct sl_style *style, enum sl_style_property property)
{
	return (style->set & 1u << property) != 0;
}

/* The text instead of an image, with space around it. */
static void
give_alt(struct sl_view *v, const struct sl_view_image *image)
{
	const struct look *look = open_look(v);
	enum sl_view_kind kind = SL_VIEW_ALT;

	if (image->alt.len == 0)
		return;
	if (image->width >= 0 && image->width < ALT_SIZE_MIN && image->height >= 0 &&
	    image->height < ALT_SIZE_MIN)
		kind = SL_VIEW_CLIP;
	else if ((image->flags & SL_VIEW_HIDDEN) != 0)
		kind = sl_view_kind_hidden(look->kind) ? look->kind : SL_VIEW_DISPLAY;
	flow_gap(v, flow_of(kind), GAP_SPACE);
	flow_text(v, image->alt, kind, false);
	flow_settle(v);
	flow_gap(v, flow_of(kind), GAP_SPACE);
}

void
image_tag(struct sl_view *v, const struct attrs *attrs, const struct sl_style *style,
    unsigned flags)
{
	struct sl_view_image image = { .src = attr_get(attrs, ATTR_SRC),
		.alt = attr_get(attrs, ATTR_ALT), .width = extent(attrs, ATTR_WIDTH),
		.height = extent(attrs, ATTR_HEIGHT), .flags = flags };

	if (has(style, SL_STYLE_WIDTH))
		image.width = style->width;
	if (has(style, SL_STYLE_HEIGHT))
		image.height = style->height;
	if ((attrs->cut & 1ull << ATTR_SRC) != 0)
		image.flags |= SL_VIEW_URL_CUT;
	flow_flush(v);
	v->totals.images++;
	if (v->sink->image != NULL)
		v->sink->image(v->ctx, &image);
	if ((flags & SL_VIEW_IN_CONDITIONAL) != 0)
		return;
	if ((flags & SL_VIEW_HIDDEN) == 0 && v->anchor.is_open &&
	    (image.width < 0 || image.width >= ALT_SIZE_MIN) &&
	    (image.height < 0 || image.height >= ALT_SIZE_MIN))
		v->anchor.has_image = true;
	give_alt(v, &image);
}

void
form_open(struct sl_view *v, const struct attrs *attrs, unsigned flags)
{
	struct form *f = &v->form;
	struct sl_slice method = sl_slice_trim(attr_get(attrs, ATTR_METHOD));

	form_close(v);
	f->is_open = true;
	f->loose = f->counts;	/* inputs so far were in none */
	f->counts = (struct sl_view_form){ .flags = flags |
		((attrs->cut & 1ull << ATTR_ACTION) != 0 ? SL_VIEW_URL_CUT : 0) };
	sl_buf_reset(&f->action);
	sl_buf_add_slice(&f->action, attr_get(attrs, ATTR_ACTION));
	f->method_len = (unsigned)SL_MIN(method.len, (size_t)METHOD_MAX);
	for (unsigned i = 0; i < f->method_len; i++)
		f->method[i] = sl_ascii_lower(method.ptr[i]);
	view_find(v, SL_VIEW_FOUND_HAS_FORM, attr_get(attrs, ATTR_ACTION));
}

static void
count(unsigned *counter)
{
	*counter += *counter < UINT32_MAX;
}

void
form_input(struct sl_view *v, const struct attrs *attrs)
{
	struct sl_view_form *counts = &v->form.counts;
	struct sl_slice type = sl_slice_trim(attr_get(attrs, ATTR_TYPE));

	if (sl_slice_ieq(type, SL_SLICE_LIT("password"))) {
		view_find(v, SL_VIEW_FOUND_HAS_PASSWORD, sl_slice(NULL, 0));
		count(&counts->passwords);
	} else if (sl_slice_ieq(type, SL_SLICE_LIT("hidden"))) {
		count(&counts->hiddens);
	} else if (sl_slice_ieq(type, SL_SLICE_LIT("file"))) {
		count(&counts->files);
	} else if (sl_slice_ieq(type, SL_SLICE_LIT("submit")) ||
	    sl_slice_ieq(type, SL_SLICE_LIT("image")) || sl_slice_ieq(type, SL_SLICE_LIT("button")) ||
	    sl_slice_ieq(type, SL_SLICE_LIT("reset"))) {
		count(&counts->buttons);
	} else if (!sl_slice_ieq(type, SL_SLICE_LIT("checkbox")) &&
	    !sl_slice_ieq(type, SL_SLICE_LIT("radio"))) {
		count(&counts->texts);
	}
}

static void
give(struct sl_view *v, struct sl_view_form *form)
{
	flow_flush(v);
	v->totals.forms++;
	if (v->sink->form != NULL)
		v->sink->form(v->ctx, form);
}

void
form_close(struct sl_view *v)
{
	struct form *f = &v->form;

	if (!f->is_open)
		return;
	f->is_open = false;
	f->counts.action = sl_buf_slice(&f->action);
	f->counts.method = sl_slice(f->method, f->method_len);
	give(v, &f->counts);
	f->counts = f->loose;
}

void
form_fini(struct sl_view *v)
{
	struct sl_view_form *c = &v->form.counts;

	form_close(v);
	if (c->passwords + c->texts + c->files + c->hiddens + c->buttons == 0)
		return;
	c->open = true;
	give(v, c);
}
