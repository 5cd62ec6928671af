/* view.c - see html/view.h; tags and text as the tokenizer gives them */

#include "html/view_i.h"

#define VIEW_MAGIC	0x71e3c0deu

/* Work that is not linear by itself (rules tried, elements moved) may be so much in all: some at the
 * start, and some for each byte of tags and text. Real mail uses a small part. */
#define WORK_FIRST	16384
#define WORK_PER_BYTE	1

const struct sl_view_limits sl_view_limits_default = {
	.html = { .name_bytes_max = 256, .value_bytes_max = 8192, .attrs_max = 64,
	    .tag_bytes_max = 12288 },
	.depth_max = 200,
	.link_text_max = 512,
	.rules_max = 384,
	.sheet_bytes_max = 8192,
};

static const struct {
	const char	*name, *text;
	bool		 hidden;
} kinds[] = {
#define KIND_ROW(id, name, hidden, text) [SL_VIEW_##id] = { name, text, hidden },
	SL_VIEW_KINDS(KIND_ROW)
#undef KIND_ROW
};

static const char *const element_names[] = {
#define ELEMENT_NAME(id, name, text) [SL_VIEW_IN_##id] = name,
	SL_VIEW_ELEMENTS(ELEMENT_NAME)
#undef ELEMENT_NAME
};

static const struct {
	const char	*name, *text;
} findings[] = {
#define FINDING_ROW(id, name, text) [SL_VIEW_FOUND_##id] = { name, text },
	SL_VIEW_FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

const char *
sl_view_kind_name(enum sl_view_kind kind)
{
	SL_ASSERT((size_t)kind < SL_COUNT(kinds));
	return kinds[kind].name;
}

bool
sl_view_kind_hidden(enum sl_view_kind kind)
{
	SL_ASSERT((size_t)kind < SL_COUNT(kinds));
	return kinds[kind].hidden;
}

const char *
sl_view_kind_text(enum sl_view_kind kind)
{
	SL_ASSERT((size_t)kind < SL_COUNT(kinds));
	return kinds[kind].text;
}

const char *
sl_view_element_name(enum sl_view_element element)
{
	SL_ASSERT((size_t)element < SL_COUNT(element_names));
	return element_names[element];
}

const char *
sl_view_finding_name(enum sl_view_finding finding)
{
	SL_ASSERT((size_t)finding < SL_COUNT(findings));
	return findings[finding].name;
}

const char *
sl_view_finding_text(enum sl_view_finding finding)
{
	SL_ASSERT((size_t)finding < SL_COUNT(findings));
	return findings[finding].text;
}

void
view_find(struct sl_view *v, enum sl_view_finding finding, struct sl_slice detail)
{
	if ((v->found & 1u << finding) != 0)
		return;
	v->found |= 1u << finding;
	flow_flush(v);
	if (v->sink->finding != NULL)
		v->sink->finding(v->ctx, finding, detail);
}

bool
view_may(struct sl_view *v, size_t work)
{
	if (v->work + work > v->work_max) {
		view_find(v, SL_VIEW_FOUND_WORK, sl_slice(NULL, 0));
		return false;
	}
	v->work += work;
	return true;
}

/* So many bytes were read: more may be done. Counted where the tokenizer's events are the same for
 * any cutting. */
static void
read_bytes(struct sl_view *v, size_t bytes)
{
	v->work_max += WORK_PER_BYTE * bytes;
}

/* What the tag's old attributes say of looks. */
static void
style_old(struct sl_view *v, enum element element, struct sl_style *style)
{
	const struct attrs *a = &v->attrs;
	struct sl_color color;

	if (attr_given(a, ATTR_HIDDEN) || (element == E_DIALOG && !attr_given(a, ATTR_OPEN))) {
		style->set |= 1u << SL_STYLE_DISPLAY;
		style->display = SL_STYLE_NONE;
	}
	if (element == E_FONT && sl_style_font_size_old(attr_get(a, ATTR_SIZE), &style->font_size))
		style->set |= 1u << SL_STYLE_FONT_SIZE;
	if ((element == E_FONT &&
	    sl_color_parse_old(attr_get(a, ATTR_COLOR), &style->color)) ||
	    (element == E_BODY && sl_color_parse_old(attr_get(a, ATTR_TEXT), &style->color)))
		style->set |= 1u << SL_STYLE_COLOR;
	if (element == E_BODY && sl_color_parse_old(attr_get(a, ATTR_LINK), &color))
		v->link_color = color;
	if (element == E_A && attr_given(a, ATTR_HREF)) {
		style->color = v->link_color;
		style->set |= 1u << SL_STYLE_COLOR;
	}
	if (sl_color_parse_old(attr_get(a, ATTR_BGCOLOR), &style->background))
		style->set |= 1u << SL_STYLE_BACKGROUND;
	if (sl_slice_trim(attr_get(a, ATTR_BACKGROUND)).len > 0) {
		style->set |= 1u << SL_STYLE_PICTURE;
		style->yes |= 1u << SL_STYLE_PICTURE;
	}
}

/* The element at hand, put together. */
struct now {
	enum element		element;
	unsigned		flags;
	uint32_t		name_hash;
	struct sl_sheet_element	described;
	struct sl_style		style;
	struct look		look;
	bool			other_screen;
};

/* With rules: old attributes, rules and the style attribute by their weight. Hidden, but not where
 * the rules for other screens hold: that is the way of mail made for small ones. */
static void
style_with_rules(struct sl_view *v, struct sl_slice name, struct now *now)
{
	static const struct sl_sheet_cascade none;
	struct sl_sheet_cascade cascade = none;
	const struct look *parent = open_look(v);
	struct sl_style own = { .set = 0 };
	size_t work = 0;

	sl_sheet_describe(v->sheet, name, attr_get(&v->attrs, ATTR_CLASS),
	    attr_get(&v->attrs, ATTR_ID), &now->described, &work);
	if (now->style.set != 0)
		sl_sheet_cascade_add(&cascade, &now->style, false);
	if (now->described.count > 0)
		sl_sheet_match(v->sheet, &now->described, open_above, v, &cascade, &work);
	if (attr_given(&v->attrs, ATTR_STYLE)) {
		sl_style_parse(v->attrs.values[ATTR_STYLE], &own, link_css, v);
		sl_sheet_cascade_add(&cascade, &own, true);
	}
	v->work += work;
	now->style = cascade.style;
	look_apply(parent, now->flags, &now->style, &now->look);
	if (cascade.others_count == 0 || parent->hidden != 0 || !sl_view_kind_hidden(now->look.kind))
		return;
	sl_sheet_cascade_others(v->sheet, &cascade);
	struct look other;

	look_apply(parent, now->flags, &cascade.style, &other);
	if (!sl_view_kind_hidden(other.kind)) {
		now->look.hidden = now->look.kind = SL_VIEW_OTHER_SCREEN;
		now->other_screen = true;
	}
}

static void
style_now(struct sl_view *v, struct sl_slice name, struct now *now)
{
	static const uint64_t old = 1ull << ATTR_HIDDEN | 1ull << ATTR_SIZE | 1ull << ATTR_COLOR |
	    1ull << ATTR_TEXT | 1ull << ATTR_LINK | 1ull << ATTR_HREF | 1ull << ATTR_BGCOLOR |
	    1ull << ATTR_BACKGROUND;

	now->described.count = 0;
	now->other_screen = false;
	now->style.set = now->style.important = now->style.yes = 0;
	if ((v->attrs.given & old) != 0 || now->element == E_DIALOG)
		style_old(v, now->element, &now->style);
	if (v->sheet != NULL && sl_sheet_rules(v->sheet) > 0) {
		if (view_may(v, 1)) {
			style_with_rules(v, name, now);
			return;
		}
	}
	if (attr_given(&v->attrs, ATTR_STYLE))
		sl_style_parse(v->attrs.values[ATTR_STYLE], &now->style, link_css, v);
	look_apply(open_look(v), now->flags, &now->style, &now->look);
}

static void
style_begin(struct sl_view *v)
{
	if (v->sheet == NULL)
		v->sheet = sl_sheet_new(v->limits.rules_max, v->limits.sheet_bytes_max, link_css, v);
	v->rules_before = sl_sheet_rules(v->sheet);
	sl_sheet_begin(v->sheet, attr_get(&v->attrs, ATTR_MEDIA));
}

static void
style_end(struct sl_view *v)
{
	if (v->sheet == NULL)
		return;
	sl_sheet_end(v->sheet);
	if (sl_sheet_is_full(v->sheet))
		view_find(v, SL_VIEW_FOUND_STYLE_LIMIT, sl_slice(NULL, 0));
	if (sl_sheet_rules(v->sheet) > v->rules_before &&
	    v->totals.text_bytes[SL_VIEW_VISIBLE] > 0)
		view_find(v, SL_VIEW_FOUND_STYLE_LATE, sl_slice(NULL, 0));
}

static void
give_input(struct sl_view *v, const struct look *look)
{
	struct sl_slice type = sl_slice_trim(attr_get(&v->attrs, ATTR_TYPE));
	struct sl_slice text = attr_get(&v->attrs, ATTR_VALUE);
	enum sl_view_kind kind = look->kind;

	form_input(v, &v->attrs);
	if (sl_slice_ieq(type, SL_SLICE_LIT("hidden")))
		return;
	if (text.len == 0)
		text = attr_get(&v->attrs, ATTR_PLACEHOLDER);
	if (kind == SL_VIEW_COLOUR || kind == SL_VIEW_SIZE)
		kind = SL_VIEW_VISIBLE;		/* it has looks of its own */
	flow_gap(v, flow_of(kind), GAP_SPACE);
	flow_text(v, text, kind, false);
	flow_settle(v);
	flow_gap(v, flow_of(kind), GAP_SPACE);
}

/* Breaks that an element makes before it. */
static void
break_before(struct sl_view *v, const struct now *now)
{
	const struct look *look = &now->look;

	if ((now->flags & IS_PARAGRAPH) != 0)
		flow_break(v, look, GAP_EMPTY_LINE);
	else if ((now->flags & IS_LINE) != 0)
		flow_break(v, look, GAP_LINE);
	else if ((now->flags & IS_CELL) != 0)
		flow_break(v, look, GAP_TAB);
	if (now->element == E_LI)
		v->flows[look->hidden != 0 ? FLOW_HIDDEN : FLOW_SEEN].item = true;
}

/* What an element does beside looks. */
static void
act(struct sl_view *v, const struct now *now, unsigned flags)
{
	switch ((int)now->element) {
	case E_A:
		anchor_open(v, &v->attrs, &now->look);
		break;
	case E_BR:
		flow_line(v, &now->look);
		break;
	case E_HR:
		flow_break(v, &now->look, GAP_EMPTY_LINE);
		break;
	case E_IMG:
	case E_IMAGE:
		image_tag(v, &v->attrs, &now->style, &now->look, flags);
		break;
	case E_FORM:
		form_open(v, &v->attrs, flags);
		break;
	case E_INPUT:
		give_input(v, &now->look);
		break;
	case E_TEXTAREA:
		v->form.counts.texts += v->form.counts.texts < UINT32_MAX;
		break;
	case E_IFRAME:
	case E_FRAME:
		view_find(v, SL_VIEW_FOUND_HAS_IFRAME, attr_get(&v->attrs, ATTR_SRC));
		if (attr_given(&v->attrs, ATTR_SRCDOC))
			aside_document(v, v->attrs.values[ATTR_SRCDOC]);
		break;
	case E_OBJECT:
	case E_EMBED:
	case E_APPLET:
		view_find(v, SL_VIEW_FOUND_HAS_OBJECT, attr_get(&v->attrs, ATTR_DATA));
		break;
	case E_SCRIPT:
		v->totals.scripts++;
		view_find(v, SL_VIEW_FOUND_HAS_SCRIPT, attr_get(&v->attrs, ATTR_SRC));
		break;
	case E_STYLE:
		style_begin(v);
		break;
	default:
		break;
	}
}

/* The tag is complete. */
static void
start(struct sl_view *v, struct sl_slice name)
{
	struct now now;		/* not cleared: style_now sets what it needs */
	bool again;
	unsigned flags;

	now.element = element_find(name);
	again = (now.element == E_HTML || now.element == E_BODY) &&
	    v->newest[now.element] != OPEN_NONE;	/* its attributes go to the first one */
	now.flags = element_flags(now.element);
	now.name_hash = now.element >= E_OTHER ? (uint32_t)sl_hash(name.ptr, name.len) : 0;
	if (v->attrs.handler.len > 0)
		view_find(v, SL_VIEW_FOUND_HAS_HANDLER, v->attrs.handler);
	open_end_implied(v, now.element);
	style_now(v, name, &now);
	if (v->opens_len == v->limits.depth_max)
		now.look = *open_look(v);	/* what it says cannot be kept to its end */
	break_before(v, &now);
	flags = now.look.hidden != 0 || now.look.invisible ? SL_VIEW_HIDDEN : 0;
	link_tag(v, now.element, &v->attrs, flags);
	if ((now.flags & IS_VOID) == 0 && !again)
		open_push(v, now.element, now.name_hash, &now.described, &now.style,
		    now.other_screen, &now.look);
	v->raw = (now.flags & IS_RAW) != 0 ? now.element : E_COUNT;
	v->skip_newline = (now.flags & IS_PRE) != 0;
	act(v, &now, flags);
}

static void
on_start_tag(void *ctx, const struct sl_html_tag *tag)
{
	struct sl_view *v = ctx;
	size_t bytes = 0;

	if (tag->part == 0) {
		flow_settle(v);
		attrs_begin(&v->attrs);
		bytes = tag->name.len + 2;
	}
	if (v->sink->tag != NULL)
		v->sink->tag(v->ctx, tag);
	if (tag->attrs_len > 0)
		attrs_take(&v->attrs, tag, !tag->last);
	for (size_t i = 0; i < tag->attrs_len; i++)
		bytes += tag->attrs[i].name.len + tag->attrs[i].value.len;
	read_bytes(v, bytes);
	if (tag->last)
		start(v, tag->name);
}

static void
on_end_tag(void *ctx, struct sl_slice name)
{
	struct sl_view *v = ctx;
	enum element element = element_find(name);
	unsigned flags = element_flags(element);
	bool ended;

	flow_settle(v);
	read_bytes(v, name.len + 3);
	v->raw = E_COUNT;
	v->skip_newline = false;
	if (element == E_STYLE)
		style_end(v);
	if ((flags & IS_VOID) != 0) {
		if (element == E_BR)
			flow_line(v, open_look(v));
		return;
	}
	ended = open_end(v, element,
	    element >= E_OTHER ? (uint32_t)sl_hash(name.ptr, name.len) : 0);
	if (!ended && (flags & IS_LINE) != 0)
		flow_break(v, open_look(v), element == E_P ? GAP_EMPTY_LINE : GAP_LINE);
	if (element == E_A)
		anchor_close(v);
	else if (element == E_FORM)
		form_close(v);
}

static void
put_script(struct sl_view *v, struct sl_slice text)
{
	flow_text(v, text, SL_VIEW_SCRIPT, true);
}

static void
put_style(struct sl_view *v, struct sl_slice text)
{
	v->totals.style_bytes += text.len;
	if (v->sheet != NULL)
		sl_sheet_feed(v->sheet, text);
}

static void
put_text(struct sl_view *v, struct sl_slice text)
{
	const struct look *look = open_look(v);

	/* In <svg> these hold markup, and come as text. */
	if (look->hidden != 0 && v->opens_len > 0) {
		enum element element = v->opens[v->opens_len - 1].element;

		if (element == E_STYLE) {
			put_style(v, text);
			return;
		}
		if (element == E_SCRIPT) {
			put_script(v, text);
			return;
		}
	}
	if (v->skip_newline && text.ptr[0] == '\n')
		text = sl_slice_from(text, 1);
	v->skip_newline = false;
	flow_text(v, text, look->kind, look->pre);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	struct sl_view *v = ctx;

	read_bytes(v, text.len);
	switch (content) {
	case SL_HTML_RCDATA:
		if (v->raw == E_TITLE) {
			flow_text(v, text, SL_VIEW_TITLE, false);
			return;
		}
		break;
	case SL_HTML_RAWTEXT:
		if (v->raw == E_STYLE) {
			put_style(v, text);
			return;
		}
		break;
	case SL_HTML_SCRIPT:
		put_script(v, text);
		return;
	case SL_HTML_DATA:
	case SL_HTML_PLAINTEXT:
	case SL_HTML_CDATA:
		break;
	}
	put_text(v, text);
}

static void
on_comment(void *ctx, struct sl_slice text, bool end)
{
	struct sl_view *v = ctx;

	read_bytes(v, text.len);
	aside_comment(v, text, end);
}

static void
on_finding(void *ctx, enum sl_html_finding finding)
{
	static const unsigned char ours[] = {
		[SL_HTML_NAME_LONG] = SL_VIEW_FOUND_NAME_LONG,
		[SL_HTML_VALUE_LONG] = SL_VIEW_FOUND_VALUE_LONG,
		[SL_HTML_TAG_LONG] = SL_VIEW_FOUND_TAG_LONG,
		[SL_HTML_ATTR_TWICE] = SL_VIEW_FOUND_ATTR_TWICE,
		[SL_HTML_NUL] = SL_VIEW_FOUND_NUL,
		[SL_HTML_TAG_UNENDED] = SL_VIEW_FOUND_TAG_UNENDED,
		[SL_HTML_COMMENT_UNENDED] = SL_VIEW_FOUND_COMMENT_UNENDED,
		[SL_HTML_RAW_UNENDED] = SL_VIEW_FOUND_RAW_UNENDED,
	};

	view_find(ctx, ours[finding], sl_slice(NULL, 0));
}

static const struct sl_html_sink sink = { .start_tag = on_start_tag, .end_tag = on_end_tag,
	.text = on_text, .comment = on_comment, .finding = on_finding };

struct sl_view *
sl_view_new(const struct sl_view_limits *limits, const struct sl_view_sink *view_sink, void *ctx)
{
	struct sl_view *v = sl_xzalloc(sizeof(*v));

	v->magic = VIEW_MAGIC;
	v->limits = limits == NULL ? sl_view_limits_default : *limits;
	SL_ASSERT(v->limits.depth_max >= 8 && v->limits.depth_max <= 1000 &&
	    v->limits.link_text_max >= 8);
	v->sink = view_sink;
	v->ctx = ctx;
	v->html = sl_html_new(&v->limits.html, &sink, v);
	v->work_max = WORK_FIRST;
	v->root = (struct look){ .color = SL_COLOR_BLACK, .background = SL_COLOR_WHITE,
		.font_size = 1600, .opacity = 100 };
	v->link_color = (struct sl_color){ 0, 0, 238, 255 };
	memset(v->newest, 0xff, sizeof(v->newest));
	v->raw = E_COUNT;
	sl_buf_init(&v->attrs.kept, v->limits.html.value_bytes_max);
	sl_buf_init(&v->anchor.url, v->limits.html.value_bytes_max);
	sl_buf_init(&v->anchor.text, v->limits.link_text_max);
	sl_buf_init(&v->form.action, v->limits.html.value_bytes_max);
	return v;
}

void
sl_view_free(struct sl_view **view)
{
	struct sl_view *v = *view;

	if (v != NULL) {
		SL_CHECK(v, VIEW_MAGIC);
		sl_html_free(&v->html);
		sl_sheet_free(&v->sheet);
		open_fini(v);
		aside_fini(v);
		sl_buf_fini(&v->attrs.kept);
		sl_buf_fini(&v->anchor.url);
		sl_buf_fini(&v->anchor.text);
		sl_buf_fini(&v->form.action);
	}
	SL_OBJ_FREE(view, VIEW_MAGIC);
}

void
sl_view_feed(struct sl_view *v, const unsigned char *data, size_t len)
{
	SL_CHECK(v, VIEW_MAGIC);
	sl_html_feed(v->html, data, len);
}

void
sl_view_finish(struct sl_view *v)
{
	SL_CHECK(v, VIEW_MAGIC);
	sl_html_finish(v->html);
	flow_settle(v);
	if (v->raw == E_STYLE)
		style_end(v);
	anchor_close(v);
	form_fini(v);
	flow_flush(v);
}

const struct sl_view_totals *
sl_view_totals(const struct sl_view *v)
{
	SL_CHECK(v, VIEW_MAGIC);
	return &v->totals;
}
