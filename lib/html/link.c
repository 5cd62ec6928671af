/* link.c - addresses in tags and styles, and the link that is open; see html/view_i.h */

#include "html/view_i.h"

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r';
}

static struct sl_slice
skip_spaces(struct sl_slice s)
{
	while (s.len > 0 && is_space(s.ptr[0]))
		s = sl_slice_from(s, 1);
	return s;
}

/* Does the address begin with the scheme (in lower case, with its ':')? As browsers read it: controls
 * and spaces in front, and tabs and line ends anywhere, are nothing. */
static bool
has_scheme(struct sl_slice url, const char *scheme)
{
	while (url.len > 0 && url.ptr[0] <= ' ')
		url = sl_slice_from(url, 1);
	for (; *scheme != '\0'; scheme++) {
		while (url.len > 0 && (url.ptr[0] == '\t' || url.ptr[0] == '\n' || url.ptr[0] == '\r'))
			url = sl_slice_from(url, 1);
		if (url.len == 0 || sl_ascii_lower(url.ptr[0]) != (unsigned char)*scheme)
			return false;
		url = sl_slice_from(url, 1);
	}
	return true;
}

static bool
goes_somewhere(enum sl_view_element element)
{
	return element == SL_VIEW_IN_A || element == SL_VIEW_IN_AREA || element == SL_VIEW_IN_FORM ||
	    element == SL_VIEW_IN_REFRESH || element == SL_VIEW_IN_IFRAME;
}

static void
give(struct sl_view *v, const struct sl_view_link *link)
{
	flow_flush(v);
	v->totals.links++;
	if (has_scheme(link->url, "javascript:") || has_scheme(link->url, "vbscript:"))
		view_find(v, SL_VIEW_FOUND_HAS_SCRIPT_URL, link->url);
	else if (goes_somewhere(link->element) && has_scheme(link->url, "data:"))
		view_find(v, SL_VIEW_FOUND_HAS_DATA_URL, link->url);
	if (v->sink->link != NULL)
		v->sink->link(v->ctx, link);
}

void
link_give(struct sl_view *v, enum sl_view_element element, struct sl_slice url, unsigned flags)
{
	struct sl_view_link link = { element, url, { NULL, 0 }, flags };

	if (url.len > 0)
		give(v, &link);
}

void
link_css(void *view, struct sl_slice url)
{
	struct sl_view *v = view;
	bool hidden = v->raw != E_STYLE && open_look(v)->hidden != 0;

	link_give(v, SL_VIEW_IN_CSS, url, hidden ? SL_VIEW_HIDDEN : 0);
}

/* The link of an attribute, its flags completed. */
static void
give_attr(struct sl_view *v, enum sl_view_element element, const struct attrs *attrs,
    enum attr attr, unsigned flags)
{
	if (!attr_given(attrs, attr))
		return;
	if ((attrs->cut & 1ull << attr) != 0)
		flags |= SL_VIEW_URL_CUT;
	link_give(v, element, attrs->values[attr], flags);
}

/* "a.png 1x, b.png 2x": an address ends with white space, or with a comma at its end. */
static void
give_srcset(struct sl_view *v, struct sl_slice set, unsigned flags)
{
	for (;;) {
		size_t n = 0;
		bool is_last_word;

		while (set.len > 0 && (is_space(set.ptr[0]) || set.ptr[0] == ','))
			set = sl_slice_from(set, 1);
		if (set.len == 0)
			return;
		while (n < set.len && !is_space(set.ptr[n]))
			n++;
		is_last_word = set.ptr[n - 1] == ',';
		link_give(v, SL_VIEW_IN_IMG, sl_slice(set.ptr, n - is_last_word), flags);
		set = sl_slice_from(set, n);
		while (!is_last_word && set.len > 0 && set.ptr[0] != ',')
			set = sl_slice_from(set, 1);
	}
}

/* "5; url='a'" (HTML standard, 4.2.5.3, lenient: what is not well-formed may be taken by others). */
static struct sl_slice
refresh_url(struct sl_slice s)
{
	while (s.len > 0 && (is_space(s.ptr[0]) || s.ptr[0] == '.' ||
	    (s.ptr[0] >= '0' && s.ptr[0] <= '9')))
		s = sl_slice_from(s, 1);
	while (s.len > 0 && (is_space(s.ptr[0]) || s.ptr[0] == ';' || s.ptr[0] == ','))
		s = sl_slice_from(s, 1);
	if (sl_slice_istarts(s, SL_SLICE_LIT("url"))) {
		struct sl_slice rest = skip_spaces(sl_slice_from(s, 3));

		if (rest.len > 0 && rest.ptr[0] == '=')
			s = skip_spaces(sl_slice_from(rest, 1));
	}
	if (s.len > 0 && (s.ptr[0] == '"' || s.ptr[0] == '\'')) {
		const unsigned char *end = memchr(s.ptr + 1, s.ptr[0], s.len - 1);

		s = sl_slice(s.ptr + 1, end == NULL ? s.len - 1 : (size_t)(end - s.ptr) - 1);
	}
	return sl_slice_trim(s);
}

static void
give_refresh(struct sl_view *v, const struct attrs *attrs, unsigned flags)
{
	struct sl_slice url;

	if (!sl_slice_ieq(sl_slice_trim(attr_get(attrs, ATTR_HTTP_EQUIV)), SL_SLICE_LIT("refresh")))
		return;
	url = refresh_url(attr_get(attrs, ATTR_CONTENT));
	link_give(v, SL_VIEW_IN_REFRESH, url, flags);
	if (url.len > 0)
		view_find(v, SL_VIEW_FOUND_HAS_REFRESH, url);
}

/* What src= of an element is; images where nothing else is known, as it is loaded when seen. */
static enum sl_view_element
source_of(enum element element)
{
	switch ((int)element) {
	case E_IFRAME: case E_FRAME:
		return SL_VIEW_IN_IFRAME;
	case E_SCRIPT:
		return SL_VIEW_IN_SCRIPT_SRC;
	case E_EMBED: case E_OBJECT: case E_APPLET:
		return SL_VIEW_IN_OBJECT;
	case E_VIDEO: case E_AUDIO: case E_SOURCE: case E_TRACK: case E_BGSOUND:
		return SL_VIEW_IN_MEDIA;
	default:
		return SL_VIEW_IN_IMG;
	}
}

static enum sl_view_element
reference_of(enum element element)
{
	switch ((int)element) {
	case E_AREA:
		return SL_VIEW_IN_AREA;
	case E_LINK:
		return SL_VIEW_IN_LINK;
	case E_BASE:
		return SL_VIEW_IN_BASE;
	default:	/* also of elements in other name spaces, such as v:roundrect */
		return SL_VIEW_IN_A;
	}
}

void
link_tag(struct sl_view *v, enum element element, const struct attrs *attrs, unsigned flags)
{
	static const uint64_t links = 1ull << ATTR_HREF | 1ull << ATTR_XLINK_HREF |
	    1ull << ATTR_O_HREF | 1ull << ATTR_SRC | 1ull << ATTR_SRCSET | 1ull << ATTR_LOWSRC |
	    1ull << ATTR_DYNSRC | 1ull << ATTR_POSTER | 1ull << ATTR_BACKGROUND |
	    1ull << ATTR_DATA | 1ull << ATTR_CODE | 1ull << ATTR_CODEBASE | 1ull << ATTR_ARCHIVE |
	    1ull << ATTR_ACTION | 1ull << ATTR_FORMACTION | 1ull << ATTR_PING |
	    1ull << ATTR_CITE | 1ull << ATTR_LONGDESC | 1ull << ATTR_HTTP_EQUIV;

	if ((attrs->given & links) == 0)
		return;
	if (element != E_A || (flags & SL_VIEW_IN_CONDITIONAL) != 0) {
		give_attr(v, reference_of(element), attrs, ATTR_HREF, flags);
		if (element == E_BASE && attr_given(attrs, ATTR_HREF))
			view_find(v, SL_VIEW_FOUND_HAS_BASE, attrs->values[ATTR_HREF]);
	}
	if ((attrs->given & links & ~(1ull << ATTR_HREF)) == 0)
		return;
	give_attr(v, element >= E_OTHER ? SL_VIEW_IN_IMG : SL_VIEW_IN_A, attrs, ATTR_XLINK_HREF, flags);
	give_attr(v, SL_VIEW_IN_A, attrs, ATTR_O_HREF, flags);
	give_attr(v, source_of(element), attrs, ATTR_SRC, flags);
	give_srcset(v, attr_get(attrs, ATTR_SRCSET), flags |
	    ((attrs->cut & 1ull << ATTR_SRCSET) != 0 ? SL_VIEW_URL_CUT : 0));
	give_attr(v, SL_VIEW_IN_IMG, attrs, ATTR_LOWSRC, flags);
	give_attr(v, SL_VIEW_IN_IMG, attrs, ATTR_DYNSRC, flags);
	give_attr(v, SL_VIEW_IN_IMG, attrs, ATTR_POSTER, flags);
	give_attr(v, SL_VIEW_IN_BACKGROUND, attrs, ATTR_BACKGROUND, flags);
	give_attr(v, SL_VIEW_IN_OBJECT, attrs, ATTR_DATA, flags);
	if (element == E_APPLET || element == E_OBJECT) {
		give_attr(v, SL_VIEW_IN_OBJECT, attrs, ATTR_CODE, flags);
		give_attr(v, SL_VIEW_IN_OBJECT, attrs, ATTR_CODEBASE, flags);
		give_attr(v, SL_VIEW_IN_OBJECT, attrs, ATTR_ARCHIVE, flags);
	}
	give_attr(v, SL_VIEW_IN_FORM, attrs, ATTR_ACTION, flags);
	give_attr(v, SL_VIEW_IN_FORM, attrs, ATTR_FORMACTION, flags);
	give_attr(v, SL_VIEW_IN_PING, attrs, ATTR_PING, flags);
	give_attr(v, SL_VIEW_IN_OTHER, attrs, ATTR_CITE, flags);
	give_attr(v, SL_VIEW_IN_OTHER, attrs, ATTR_LONGDESC, flags);
	if (element == E_META)
		give_refresh(v, attrs, flags);
}

void
anchor_open(struct sl_view *v, const struct attrs *attrs, const struct look *look)
{
	struct anchor *a = &v->anchor;
	struct sl_slice url = attr_get(attrs, ATTR_HREF);

	anchor_close(v);
	if (!attr_given(attrs, ATTR_HREF))
		return;
	*a = (struct anchor){ .is_open = true, .url = a->url, .text = a->text,
		.hidden = sl_view_kind_hidden(look->kind),
		.url_cut = (attrs->cut & 1ull << ATTR_HREF) != 0 };
	sl_buf_reset(&a->url);
	sl_buf_reset(&a->text);
	sl_buf_add_slice(&a->url, url);
}

void
anchor_gap(struct sl_view *v)
{
	v->anchor.gap = true;
}

void
anchor_text(struct sl_view *v, struct sl_slice text, enum sl_view_kind kind)
{
	struct anchor *a = &v->anchor;
	bool gap = a->gap && a->text.len > 0;
	size_t room = a->text.max_bytes - a->text.len;

	if (kind == SL_VIEW_ALT)
		a->has_alt = true;
	else
		a->has_seen = true;
	a->gap = false;
	if (a->is_cut)
		return;
	if (text.len + gap > room) {	/* ASCII may be cut anywhere, another character nowhere */
		a->is_cut = true;
		text.len = text.ptr[0] >= 0x80 || room <= gap ? 0 : room - gap;
	}
	if (text.len == 0)
		return;
	if (gap)
		sl_buf_add_byte(&a->text, ' ');
	sl_buf_add_slice(&a->text, text);
}

void
anchor_close(struct sl_view *v)
{
	struct anchor *a = &v->anchor;
	struct sl_view_link link = { .element = SL_VIEW_IN_A };

	if (!a->is_open)
		return;
	a->is_open = false;
	link.url = sl_buf_slice(&a->url);
	link.text = sl_buf_slice(&a->text);
	link.flags = (a->hidden ? SL_VIEW_HIDDEN : 0) | (a->has_image ? SL_VIEW_IMAGE : 0) |
	    (a->has_alt ? SL_VIEW_ALT_TEXT : 0) | (a->is_cut ? SL_VIEW_TEXT_CUT : 0) |
	    (a->url_cut ? SL_VIEW_URL_CUT : 0) |
	    (a->has_seen || a->has_image || a->has_alt ? 0 : SL_VIEW_EMPTY);
	if (link.url.len > 0)
		give(v, &link);
}
