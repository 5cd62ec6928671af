/*
 * aside.c - what stands in comments, and documents in attributes; see html/view_i.h
 *
 * "[if mso]>...<![endif]" in a comment is HTML to some programs, and a whole document stands in
 * srcdoc=. They are read by a tokenizer of their own, for text and addresses only: whether these
 * would be seen there is not asked.
 */

#include "html/view_i.h"

/* What such a comment begins with, and what those do that end another (of which nothing is text). */
static const struct {
	struct sl_slice		word;
	enum aside_state	state;
} begins[] = {
	{ SL_SLICE_LIT("[if"), ASIDE_CONDITION },
	{ SL_SLICE_LIT("[endif"), ASIDE_NOTHING },
	{ SL_SLICE_LIT("<![endif"), ASIDE_NOTHING },
};

static void
on_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct sl_view *v = ctx;
	struct attrs *attrs = &v->aside.attrs;
	enum element element;
	unsigned flags = SL_VIEW_IN_CONDITIONAL;

	if (tag->part == 0)
		attrs_begin(attrs);
	attrs_take(attrs, tag, !tag->last);
	if (!tag->last)
		return;
	flow_settle(v);
	element = element_find(tag->name);
	if (element == E_BR || (element_flags(element) & (IS_LINE | IS_CELL)) != 0)
		flow_gap(v, flow_of(v->aside.kind), GAP_LINE);
	link_tag(v, element, attrs, flags);
	if (attr_given(attrs, ATTR_STYLE)) {
		struct sl_style style = { .set = 0 };

		sl_style_parse(attrs->values[ATTR_STYLE], &style, link_css, v);
	}
	if (element == E_IMG)
		image_tag(v, attrs, &(struct sl_style){ .set = 0 }, flags);
	if (element == E_SCRIPT)
		view_find(v, SL_VIEW_FOUND_HAS_SCRIPT, attr_get(attrs, ATTR_SRC));
}

static void
on_end_tag(void *ctx, struct sl_slice name)
{
	struct sl_view *v = ctx;

	flow_settle(v);
	if ((element_flags(element_find(name)) & (IS_LINE | IS_CELL)) != 0)
		flow_gap(v, flow_of(v->aside.kind), GAP_LINE);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	struct sl_view *v = ctx;

	if (content == SL_HTML_DATA || content == SL_HTML_RCDATA)
		flow_text(v, text, v->aside.kind, false);
}

static const struct sl_html_sink sink = { .start_tag = on_start_tag, .end_tag = on_end_tag,
	.text = on_text };

static void
begin_html(struct sl_view *v, enum sl_view_kind kind)
{
	struct aside *a = &v->aside;

	a->state = ASIDE_HTML;
	a->kind = kind;
	if (a->html == NULL) {
		a->html = sl_html_new(&v->limits.html, &sink, v);
		sl_buf_init(&a->attrs.kept, v->limits.html.value_bytes_max);
	} else {
		sl_html_reset(a->html);
	}
}

/* The text of a comment that is not read as HTML. */
static void
put_plain(struct sl_view *v, struct sl_slice text)
{
	flow_text(v, text, SL_VIEW_COMMENT, false);
}

/* Held bytes are of no such word. */
static void
put_held(struct sl_view *v)
{
	v->aside.state = ASIDE_PLAIN;
	put_plain(v, sl_slice(v->aside.held, v->aside.held_len));
}

/* At the beginning. Returns how many bytes were taken. */
static size_t
take_start(struct sl_view *v, struct sl_slice text)
{
	struct aside *a = &v->aside;

	a->held[a->held_len] = sl_ascii_lower(text.ptr[0]);
	for (size_t i = 0; i < SL_COUNT(begins); i++) {
		if (!sl_slice_istarts(begins[i].word, sl_slice(a->held, a->held_len + 1u)))
			continue;
		a->held[a->held_len++] = text.ptr[0];
		if (a->held_len == begins[i].word.len)
			a->state = begins[i].state;
		return 1;
	}
	put_held(v);
	return 0;
}

static size_t
take(struct sl_view *v, struct sl_slice text)
{
	struct aside *a = &v->aside;
	size_t n = 0;

	switch (a->state) {
	case ASIDE_START:
		return take_start(v, text);
	case ASIDE_CONDITION:
		while (n < text.len && text.ptr[n] != '>')
			n++;
		if (n == text.len)
			return n;
		begin_html(v, SL_VIEW_CONDITIONAL);
		return n + 1;
	case ASIDE_HTML:
		sl_html_feed(a->html, text.ptr, text.len);
		return text.len;
	case ASIDE_PLAIN:
		put_plain(v, text);
		return text.len;
	case ASIDE_NOTHING:
		return text.len;
	}
	SL_UNREACHABLE("no state");
}

void
aside_comment(struct sl_view *v, struct sl_slice text, bool end)
{
	struct aside *a = &v->aside;

	if (!a->in_comment) {
		flow_settle(v);
		flow_gap(v, FLOW_ASIDE, GAP_LINE);
		a->state = ASIDE_START;
		a->held_len = 0;
		a->in_comment = true;
	}
	while (text.len > 0)
		text = sl_slice_from(text, take(v, text));
	if (!end)
		return;
	if (a->state == ASIDE_START)
		put_held(v);
	if (a->state == ASIDE_HTML)
		sl_html_finish(a->html);
	flow_settle(v);
	a->in_comment = false;
}

void
aside_document(struct sl_view *v, struct sl_slice html)
{
	begin_html(v, SL_VIEW_FALLBACK);
	sl_html_feed(v->aside.html, html.ptr, html.len);
	sl_html_finish(v->aside.html);
	flow_settle(v);
}

void
aside_fini(struct sl_view *v)
{
	if (v->aside.html != NULL) {
		sl_html_free(&v->aside.html);
		sl_buf_fini(&v->aside.attrs.kept);
	}
}
