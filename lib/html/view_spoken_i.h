/*
 * view_spoken_i.h - for tests: a view's events as text, the same however the input was cut
 *
 * Text as it is, the kind before it when it changes ({display}...; at first it is visible), then in
 * order {link a URL "text" FLAGS}, {image URL WIDTHxHEIGHT "alt" FLAGS}, {form METHOD URL p1 t1 f1 h1 b1
 * FLAGS}, {found NAME}. FLAGS are letters: h hidden, e empty, i image, a alt text, t text cut, u
 * URL cut, c conditional.
 */
#ifndef SL_HTML_VIEW_SPOKEN_I_H
#define SL_HTML_VIEW_SPOKEN_I_H

#include "html/view.h"
#include "sl/buf.h"

struct view_spoken {
	struct sl_buf		out;
	enum sl_view_kind	kind;
	bool			findings;	/* write them too */
	bool			images;		/* and images */
	size_t			text_bytes;
};

static inline void
view_spoken_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	struct view_spoken *s = ctx;

	SL_ASSERT(text.len > 0);
	if (kind != s->kind)
		sl_buf_addf(&s->out, "{%s}", sl_view_kind_name(kind));
	s->kind = kind;
	s->text_bytes += text.len;
	sl_buf_add_slice(&s->out, text);
}

static inline void
view_spoken_flags(struct view_spoken *s, unsigned flags)
{
	static const char letters[] = "heiatuc";

	for (unsigned i = 0; letters[i] != '\0'; i++)
		if ((flags & 1u << i) != 0)
			sl_buf_addf(&s->out, "%s%c", (flags & ((1u << i) - 1)) == 0 ? " " : "", letters[i]);
	sl_buf_add_byte(&s->out, '}');
}

static inline void
view_spoken_link(void *ctx, const struct sl_view_link *link)
{
	struct view_spoken *s = ctx;

	SL_ASSERT(link->url.len > 0);
	sl_buf_addf(&s->out, "{%s " SL_SLICE_FMT, sl_view_element_name(link->element),
	    SL_SLICE_ARG(link->url));
	if (link->text.len > 0)
		sl_buf_addf(&s->out, " \"" SL_SLICE_FMT "\"", SL_SLICE_ARG(link->text));
	view_spoken_flags(s, link->flags);
}

static inline void
view_spoken_image(void *ctx, const struct sl_view_image *image)
{
	struct view_spoken *s = ctx;

	if (!s->images)
		return;
	sl_buf_addf(&s->out, "{image " SL_SLICE_FMT " %dx%d \"" SL_SLICE_FMT "\"",
	    SL_SLICE_ARG(image->src), image->width, image->height, SL_SLICE_ARG(image->alt));
	view_spoken_flags(s, image->flags);
}

static inline void
view_spoken_form(void *ctx, const struct sl_view_form *form)
{
	struct view_spoken *s = ctx;

	sl_buf_addf(&s->out, "{%s " SL_SLICE_FMT " " SL_SLICE_FMT " p%u t%u f%u h%u b%u",
	    form->open ? "inputs" : "form", SL_SLICE_ARG(form->method), SL_SLICE_ARG(form->action),
	    form->passwords, form->texts, form->files, form->hiddens, form->buttons);
	view_spoken_flags(s, form->flags);
}

static inline void
view_spoken_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	struct view_spoken *s = ctx;

	if (s->findings)
		sl_buf_addf(&s->out, "{found %s%s" SL_SLICE_FMT "}", sl_view_finding_name(finding),
		    detail.len > 0 ? " " : "", SL_SLICE_ARG(detail));
}

static const struct sl_view_sink view_spoken_sink = { view_spoken_text, view_spoken_link,
	view_spoken_image, view_spoken_form, view_spoken_finding };

#endif
