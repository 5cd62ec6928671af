/* sa_html.c - see sa_html.h */

#include "rules/sa_html.h"

#include <stdlib.h>

/* What a known element does. */
enum {
	VALID = 1,		/* of HTML 4.01, and a few others */
	TRICK = 2,		/* rendered, not counted */
	STYLE = 4,
	URI = 8,
	NEWLINE = 16, BLANK = 32, PARAGRAPH = 64,	/* white space before what follows */
};

static const struct element {
	const char	*name;
	unsigned	 flags;
} element_table[] = {
	{ "a", VALID | STYLE | URI }, { "abbr", VALID }, { "acronym", VALID }, { "address", VALID }, { "applet", VALID },
	{ "area", VALID | URI }, { "b", VALID }, { "base", VALID | URI }, { "basefont", VALID | STYLE }, { "bdo", VALID },
	{ "bgsound", TRICK | URI }, { "big", VALID | STYLE }, { "blockquote", VALID | PARAGRAPH },
	{ "body", VALID | STYLE | URI }, { "br", VALID | NEWLINE }, { "button", VALID }, { "caption", VALID },
	{ "center", VALID }, { "cite", VALID }, { "code", VALID }, { "col", VALID }, { "colgroup", VALID },
	{ "dd", VALID | BLANK }, { "del", VALID }, { "dfn", VALID }, { "dir", VALID }, { "div", VALID | STYLE | NEWLINE },
	{ "dl", VALID }, { "dt", VALID | BLANK }, { "em", VALID }, { "embed", TRICK | URI | BLANK },
	{ "fieldset", VALID }, { "font", VALID | STYLE }, { "form", VALID | URI }, { "frame", VALID | URI },
	{ "frameset", VALID }, { "h1", VALID | BLANK }, { "h2", VALID | BLANK }, { "h3", VALID | BLANK },
	{ "h4", VALID | BLANK }, { "h5", VALID | BLANK }, { "h6", VALID | BLANK }, { "head", VALID },
	{ "hr", VALID | PARAGRAPH }, { "html", VALID }, { "i", VALID }, { "iframe", VALID | URI }, { "img", VALID | URI },
	{ "input", VALID }, { "ins", VALID }, { "isindex", VALID }, { "kbd", VALID }, { "label", VALID },
	{ "legend", VALID }, { "li", VALID | BLANK }, { "link", VALID | URI }, { "listing", TRICK | PARAGRAPH },
	{ "map", VALID }, { "menu", VALID }, { "meta", VALID | URI }, { "nobr", VALID }, { "noframes", VALID },
	{ "noscript", VALID }, { "object", VALID }, { "ol", VALID }, { "optgroup", VALID }, { "option", VALID },
	{ "p", VALID | STYLE | PARAGRAPH }, { "param", VALID }, { "plaintext", TRICK | PARAGRAPH },
	{ "pre", VALID | PARAGRAPH }, { "q", VALID }, { "s", VALID }, { "samp", VALID }, { "script", VALID | URI },
	{ "select", VALID }, { "small", VALID | STYLE }, { "span", VALID | STYLE }, { "strike", VALID },
	{ "strong", VALID }, { "style", VALID }, { "sub", VALID }, { "sup", VALID }, { "table", VALID | STYLE | URI },
	{ "tbody", VALID }, { "td", VALID | STYLE | URI | BLANK }, { "textarea", VALID }, { "tfoot", VALID },
	{ "th", VALID | STYLE | BLANK }, { "thead", VALID }, { "title", VALID | PARAGRAPH },
	{ "tr", VALID | STYLE | URI }, { "tt", VALID }, { "u", VALID }, { "ul", VALID }, { "var", VALID },
	{ "x-sigsep", VALID }, { "x-tab", VALID }, { "xmp", TRICK | PARAGRAPH },
};

static int
element_compare(const void *key, const void *row)
{
	const struct sl_slice *name = key;
	const char *other = ((const struct element *)row)->name;
	size_t len = strlen(other);
	int order = memcmp(name->ptr, other, SL_MIN(name->len, len));

	return order != 0 ? order : name->len < len ? -1 : name->len > len;
}

static unsigned
element_flags(struct sl_slice tag)
{
	const struct element *e = tag.len == 0 ? NULL
	    : bsearch(&tag, element_table, SL_COUNT(element_table), sizeof(element_table[0]), element_compare);

	return e == NULL ? 0 : e->flags;
}

/* ---- how often a tag is open ---- */

static struct sa_html_inside *
inside(struct sa_html *html, struct sl_slice tag, bool *seen)
{
	size_t i;

	*seen = sa_set_has(&html->inside_index, tag, &i);
	if (*seen)
		return &html->inside[i];
	if (html->inside_len == html->inside_size) {
		html->inside_size = html->inside_size == 0 ? 32 : html->inside_size * 2;
		html->inside = sl_xrealloc(html->inside, html->inside_size * sizeof(*html->inside));
	}
	i = html->inside_len++;
	html->inside[i] = (struct sa_html_inside){ tag, 0 };
	(void)sa_set_add(&html->inside_index, tag, i);
	return &html->inside[i];
}

long
sa_html_inside(const struct sa_html *html, const char *tag)
{
	size_t i;

	return sa_set_has(&html->inside_index, sl_slice_str(tag), &i) ? html->inside[i].count : -1;
}

/* ---- text ---- */

static void
piece_begin(struct sa_html *html, bool white, bool invisible)
{
	html->has_piece = true;
	html->piece_white = white;
	html->piece_invisible = invisible;
	html->piece_start = html->text.len;
}

static void
text_white(struct sa_html *html, const char *white)
{
	if (html->has_piece && !html->piece_white && !html->piece_invisible &&
	    html->text.len > html->piece_start && html->text.data[html->text.len - 1] == ' ')
		html->text.len--;
	piece_begin(html, true, false);
	sl_buf_add_str(&html->text, white);
}

/* White space becomes one blank, so does a no-break space that was taken for two characters. */
static void
text_piece(struct sa_html *html, struct sl_slice text, bool invisible)
{
	bool trim = html->has_piece && !invisible && html->piece_white;

	piece_begin(html, false, invisible);
	for (size_t i = 0; i < text.len;) {
		size_t end = i;

		while (end < text.len && sa_is_space(text.ptr[end]))
			end++;
		if (end == i && sa_starts(sl_slice_from(text, i), SL_SLICE_LIT("\303\202\302\240")))
			end = i + 4;
		if (end > i) {
			if (!trim || html->text.len > html->piece_start || i > 0)
				sl_buf_add_byte(&html->text, ' ');
		} else {
			while (end < text.len && !sa_is_space(text.ptr[end]) && (text.ptr[end] != 0xc3 ||
			    !sa_starts(sl_slice_from(text, end), SL_SLICE_LIT("\303\202\302\240"))))
				end++;
			sl_buf_add(&html->text, text.ptr + i, end - i);
		}
		i = end;
	}
}

/* Neither ASCII punctuation nor white space. */
static bool
is_letter_at(const struct sa_html *html, struct sl_slice s, size_t i)
{
	unsigned char c = s.ptr[i];

	if (c >= 0x80)
		return sa_space_at(s, i, html->wide) == 0;
	return sa_is_alpha(c) || sa_is_digit(c) || (!sa_is_space(c) && (c < ' ' || c == 0x7f));
}

static bool
is_obfuscated(const struct sa_html *html, struct sl_slice text)
{
	struct sl_slice before = sl_slice(html->text.data, html->text.len);
	size_t last;

	if (!html->has_piece || text.len == 0 || before.len == html->piece_start || !is_letter_at(html, text, 0))
		return false;
	for (last = before.len - 1; last > html->piece_start && (before.ptr[last] & 0xc0) == 0x80; last--)
		continue;
	return is_letter_at(html, before, last);
}

static bool
is_all_white(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (sa_is_space(text.ptr[i]))
			continue;
		if (text.len - i < 4 || !sa_starts(sl_slice_from(text, i), SL_SLICE_LIT("\303\202\302\240")))
			return false;
		i += 3;
	}
	return true;
}

void
sa_html_text(struct sa_html *html, struct sl_slice text)
{
	bool invisible = false;

	if (sa_html_inside(html, "script") > 0 || sa_html_inside(html, "style") > 0)
		return;
	if (sa_html_inside(html, "a") > 0 && html->anchor_open)
		sl_buf_add_slice(&html->anchor, text);
	if (sa_html_inside(html, "title") > 0 && html->title_open)
		sl_buf_add_slice(&html->title, text);
	if (!is_all_white(text))
		invisible = sa_style_invisible(html);
	html->obfuscation += is_obfuscated(html, text);
	text_piece(html, text, invisible);
}

void
sa_html_comment(struct sa_html *html, struct sl_slice text)
{
	sa_list_add(&html->comments, text);
}

void
sa_html_declaration(struct sa_html *html, struct sl_slice text)
{
	bool seen;

	if (!sl_slice_istarts(text, SL_SLICE_LIT("<!doctype")))
		return;
	html->elements++;
	html->tags++;
	inside(html, SL_SLICE_LIT("!doctype"), &seen)->count = 0;
}

/* ---- links ---- */

static struct sa_html_uri *
uri_row(struct sa_html *html, struct sl_slice uri)
{
	size_t i;

	if (sa_set_has(&html->uri_index, uri, &i))
		return &html->uris[i];
	if (html->uris_len == SA_URIS_MAX)
		return NULL;
	if (html->uris_len == html->uris_size) {
		html->uris_size = html->uris_size == 0 ? 16 : html->uris_size * 2;
		html->uris = sl_xrealloc(html->uris, html->uris_size * sizeof(*html->uris));
	}
	i = html->uris_len++;
	html->uris[i] = (struct sa_html_uri){ .uri = uri };
	(void)sa_set_add(&html->uri_index, uri, i);
	return &html->uris[i];
}

/* White space off at both ends, and not too long. */
static struct sl_slice
canon_uri(struct sa_html *html, struct sl_slice uri)
{
	for (;;) {
		size_t n = uri.len == 0 ? 0 : sa_space_at(uri, 0, true);

		if (n == 0)
			break;
		uri = sl_slice_from(uri, n);
	}
	while (uri.len > 0) {
		size_t last = uri.len - 1;

		while (last > 0 && (uri.ptr[last] & 0xc0) == 0x80)
			last--;
		if (sa_space_at(uri, last, true) == 0)
			break;
		uri.len = last;
	}
	if (uri.len > SA_URI_MAX) {
		html->uri_truncated = true;
		uri.len = SA_URI_MAX;
	}
	return uri;
}

struct uri_parts {
	bool		has_scheme, has_authority, has_query, has_fragment;
	struct sl_slice	scheme, authority, path, query, fragment;
};

static void
uri_split(const struct sl_sa_conf *conf, struct sl_slice uri, struct uri_parts *out)
{
	struct sa_match m;

	*out = (struct uri_parts){ 0 };
	if (!sa_match(conf, SA_RE_URI_PARTS, uri, 0, &m))
		return;
	out->has_scheme = sa_has_group(&m, 1);
	out->has_authority = sa_has_group(&m, 2);
	out->has_query = sa_has_group(&m, 4);
	out->has_fragment = sa_has_group(&m, 5);
	out->scheme = sa_group(&m, 1);
	out->authority = sa_group(&m, 2);
	out->path = sa_group(&m, 3);
	out->query = sa_group(&m, 4);
	out->fragment = sa_group(&m, 5);
}

/* "/./" and "/x/../" out of a path (RFC 3986, 5.2.4, nearly). */
static struct sl_slice
without_dots(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out;
	size_t n = 0;

	if (sa_find(in, SL_SLICE_LIT("."), 0) == SIZE_MAX)
		return in;
	if (sa_starts(in, SL_SLICE_LIT("../")))
		in = sl_slice_from(in, 2);
	else if (sa_starts(in, SL_SLICE_LIT("./")))
		in = sl_slice_from(in, 1);
	out = sa_alloc(view, in.len + 2);
	for (size_t i = 0; i < in.len;) {
		struct sl_slice rest = sl_slice_from(in, i);
		size_t end;

		if (sa_starts(rest, SL_SLICE_LIT("/./"))) {
			i += 2;
			continue;
		}
		if (sl_slice_eq(rest, SL_SLICE_LIT("/."))) {
			out[n++] = '/';
			break;
		}
		if (sa_starts(rest, SL_SLICE_LIT("/../")) || sl_slice_eq(rest, SL_SLICE_LIT("/.."))) {
			while (n > 0 && out[n - 1] != '/')
				n--;
			n -= n > 0;
			i += 3;
			if (i >= in.len)
				out[n++] = '/';
			continue;
		}
		end = SL_MIN(sa_index(in, '/', i + 1), in.len);
		memcpy(out + n, in.ptr + i, end - i);
		n += end - i;
		i = end;
	}
	return sl_slice(out, n);
}

static struct sl_slice
merge_paths(struct sl_sa_view *view, const struct uri_parts *base, struct sl_slice path)
{
	const unsigned char *slash;

	if (base->has_authority && base->path.len == 0)
		return SA_CAT(view, SL_SLICE_LIT("/"), path);
	slash = base->path.len == 0 ? NULL : memrchr(base->path.ptr, '/', base->path.len);
	if (slash == NULL)
		return path;
	return SA_CAT(view, sl_slice(base->path.ptr, (size_t)(slash - base->path.ptr) + 1), path);
}

static struct sl_slice
uri_join(struct sl_sa_view *view, const struct uri_parts *t)
{
	struct sl_slice scheme = t->scheme, colon = SL_SLICE_LIT(":"), none = sl_slice("", 0);

	if (scheme.len == 0) {
		bool www = t->has_authority && sl_slice_istarts(t->authority, SL_SLICE_LIT("www"));
		bool ftp = t->has_authority && sl_slice_istarts(t->authority, SL_SLICE_LIT("ftp"));
		size_t i = 3;

		while ((www || ftp) && i < t->authority.len && sa_is_digit(t->authority.ptr[i]))
			i++;
		if ((www || ftp) && i < t->authority.len && t->authority.ptr[i] == '.')
			scheme = www ? SL_SLICE_LIT("http") : SL_SLICE_LIT("ftp");
		else
			colon = none;
	}
	return SA_CAT(view, scheme, colon, t->has_authority ? SL_SLICE_LIT("//") : none, t->authority, t->path,
	    t->has_query ? SL_SLICE_LIT("?") : none, t->query, t->has_fragment ? SL_SLICE_LIT("#") : none, t->fragment);
}

/* A link relative to the base (RFC 3986, 5.2.2; a scheme that is the base's does not count). */
static struct sl_slice
target_uri(struct sl_sa_view *view, struct sl_slice base_uri, struct sl_slice uri)
{
	struct uri_parts base, r, t;

	uri_split(view->conf, base_uri, &base);
	uri_split(view->conf, uri, &r);
	if (r.has_scheme && base.has_scheme && sl_slice_eq(r.scheme, base.scheme))
		r.has_scheme = false;
	t = r;
	if (r.has_scheme || r.has_authority) {
		t.path = without_dots(view, r.path);
	} else {
		if (r.path.len == 0) {
			t.path = base.path;
			t.has_query = r.has_query || base.has_query;
			t.query = r.has_query ? r.query : base.query;
		} else {
			t.path = without_dots(view, r.path.ptr[0] == '/' ? r.path : merge_paths(view, &base, r.path));
		}
		t.has_authority = base.has_authority;
		t.authority = base.authority;
	}
	if (!r.has_scheme)
		t.scheme = base.scheme;
	return uri_join(view, &t);
}

static void
push_uri(struct sa_html *html, enum sa_uri_type type, struct sl_slice uri)
{
	static const char *const kept[] = { "data:", "mailto:", "file:", "cid:", "tel:" };
	struct sa_html_uri *row;
	bool keep = false;

	uri = canon_uri(html, uri);
	if (uri.len == 0)
		return;
	for (size_t i = 0; i < SL_COUNT(kept); i++)
		keep = keep || sl_slice_istarts(uri, sl_slice_str(kept[i]));
	if (!keep)
		uri = target_uri(html->view, html->base_href, uri);
	if (uri.len == 0)
		return;
	row = uri_row(html, uri);
	if (row != NULL)
		row->types |= 1u << type;
}

static int
uri_type(struct sl_slice tag)
{
	static const char *const words[] = {
#define TYPE_WORD(name, word) word,
		SA_URI_TYPES(TYPE_WORD)
#undef TYPE_WORD
	};

	for (int i = SA_URI_A; i < SA_URI_TYPE_COUNT; i++) {
		if (sl_slice_eq(tag, sl_slice_str(words[i])))
			return i;
	}
	return SA_URI_PARSED;
}

/* An attribute, or one whose name is glued to something before it ("x/href"). */
static const struct sa_attribute *
glued_attribute(struct sa_html *html, const struct sa_attribute *attributes, size_t len, const char *name,
    enum sa_re glued)
{
	const struct sa_attribute *found = sa_attribute_find(attributes, len, name);

	for (size_t i = 0; i < len; i++) {
		if (memchr(attributes[i].name.ptr, '/', attributes[i].name.len) != NULL &&
		    sa_test(html->view->conf, glued, attributes[i].name))
			found = &attributes[i];
	}
	return found;
}

static struct sl_slice
without_bom(struct sl_sa_view *view, struct sl_slice s)
{
	size_t at = sa_find(s, SL_SLICE_LIT("\357\273\277"), 0);

	for (; at != SIZE_MAX; at = sa_find(s, SL_SLICE_LIT("\357\273\277"), at))
		s = SA_CAT(view, sa_sub(s, 0, at), sl_slice_from(s, at + 3));
	return s;
}

static void
uri_base(struct sa_html *html, struct sl_slice uri)
{
	struct sa_match m;
	bool absolute;

	uri = canon_uri(html, uri);
	push_uri(html, SA_URI_BASE, uri);
	absolute = sl_slice_istarts(uri, SL_SLICE_LIT("http:")) || sl_slice_istarts(uri, SL_SLICE_LIT("https:")) ||
	    sl_slice_istarts(uri, SL_SLICE_LIT("ftp:"));
	if (!absolute)
		return;
	if (sa_match(html->view->conf, SA_RE_BASE_FILE, uri, 0, &m))
		uri = sa_group(&m, 1);
	if (uri.len == 0 || uri.ptr[uri.len - 1] != '/')
		uri = SA_CAT(html->view, uri, SL_SLICE_LIT("/"));
	html->base_href = uri;
}

static void
uri_meta(struct sa_html *html, const struct sa_attribute *equiv, const struct sa_attribute *content)
{
	struct sl_slice uri;
	struct sa_match m;
	size_t from = 0, end = SIZE_MAX;

	if (equiv == NULL || content == NULL || sa_ifind(equiv->value, SL_SLICE_LIT("refresh"), 0) == SIZE_MAX)
		return;
	uri = content->value;
	while (sa_match(html->view->conf, SA_RE_META_REFRESH, uri, from, &m))
		from = end = m.groups[1];
	if (end == SIZE_MAX)
		return;
	uri = sa_trim(sl_slice_from(uri, end));
	end = sa_index(uri, ';', 0);
	if (end != SIZE_MAX)
		uri.len = end;
	push_uri(html, SA_URI_META, sa_trim_end(uri));
}

static void
tag_uri(struct sa_html *html, struct sl_slice tag, const struct sa_attribute *attributes, size_t len)
{
	enum sa_uri_type type = (enum sa_uri_type)uri_type(tag);
	const struct sa_attribute *a = NULL;

	switch ((int)type) {
	case SA_URI_BODY: case SA_URI_TABLE: case SA_URI_TR: case SA_URI_TD:
		a = sa_attribute_find(attributes, len, "background");
		break;
	case SA_URI_A: case SA_URI_AREA: case SA_URI_LINK:
		a = glued_attribute(html, attributes, len, "href", SA_RE_WORD_SLASH_HREF);
		if (a != NULL)
			push_uri(html, type, without_bom(html->view, a->value));
		a = sa_attribute_find(attributes, len, "data-saferedirecturl");
		break;
	case SA_URI_IMG: case SA_URI_FRAME: case SA_URI_IFRAME: case SA_URI_EMBED: case SA_URI_SCRIPT: case SA_URI_BGSOUND:
		a = glued_attribute(html, attributes, len, "src", SA_RE_WORD_SLASH_SRC);
		break;
	case SA_URI_FORM:
		a = sa_attribute_find(attributes, len, "action");
		break;
	case SA_URI_BASE:
		a = sa_attribute_find(attributes, len, "href");
		if (a != NULL && a->value.len > 0)
			uri_base(html, a->value);
		return;
	case SA_URI_META:
		uri_meta(html, sa_attribute_find(attributes, len, "http-equiv"), sa_attribute_find(attributes, len, "content"));
		return;
	default:
		return;
	}
	if (a != NULL)
		push_uri(html, type, a->value);
}

/* ---- tags ---- */

static void
anchor_end(struct sa_html *html)
{
	struct sl_slice text;
	struct sa_html_uri *row;

	if (!html->anchor_open)
		return;
	html->anchor_open = false;
	text = sa_keep(html->view, sl_buf_slice(&html->anchor));
	sl_buf_reset(&html->anchor);
	sa_list_add(&html->anchors, text);
	row = uri_row(html, html->anchor_last);
	if (row != NULL)
		sa_list_add(&row->anchors, text);
}

static void
title_end(struct sa_html *html)
{
	if (!html->title_open)
		return;
	html->title_open = false;
	sa_list_add(&html->titles, sa_keep(html->view, sl_buf_slice(&html->title)));
	sl_buf_reset(&html->title);
}

/* "120" or "50%" of a screen. 0: neither. */
static double
image_side(struct sl_slice s, double percent)
{
	double value = 0;
	bool is_percent = s.len > 0 && s.ptr[s.len - 1] == '%';

	s.len -= is_percent;
	if (s.len == 0 || s.len > 15)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!sa_is_digit(s.ptr[i]))
			return 0;
		value = value * 10 + (s.ptr[i] - '0');
	}
	return is_percent ? value * percent : value;
}

static void
tag_image(struct sa_html *html, const struct sa_attribute *attributes, size_t len)
{
	const struct sa_attribute *width = sa_attribute_find(attributes, len, "width");
	const struct sa_attribute *height = sa_attribute_find(attributes, len, "height");
	double w, h;

	if (sa_html_inside(html, "a") > 0 && html->anchor_open)
		sl_buf_add_str(&html->anchor, "<img>\n");
	if (width == NULL || height == NULL)
		return;
	w = image_side(width->value, 8);
	h = image_side(height->value, 6);
	html->image_area += (w <= 0 ? 200 : w) * (h <= 0 ? 200 : h);
}

static void
tag_meta(struct sa_html *html, const struct sa_attribute *attributes, size_t len)
{
	const struct sa_attribute *equiv = sa_attribute_find(attributes, len, "http-equiv");
	const struct sa_attribute *content = sa_attribute_find(attributes, len, "content");
	struct sa_match m;

	if (equiv == NULL || content == NULL || sa_ifind(equiv->value, SL_SLICE_LIT("content-type"), 0) == SIZE_MAX ||
	    !sa_match(html->view->conf, SA_RE_META_CHARSET, content->value, 0, &m))
		return;
	html->charsets = html->charsets.len == 0 ? sa_group(&m, 1)
	    : SA_CAT(html->view, html->charsets, SL_SLICE_LIT(" "), sa_group(&m, 1));
}

static void
tag_tests(struct sa_html *html, struct sl_slice tag, const struct sa_attribute *attributes, size_t len)
{
	const struct sa_attribute *a;

	if (sl_slice_eq(tag, SL_SLICE_LIT("font"))) {
		a = sa_attribute_find(attributes, len, "face");
		if (a != NULL && !sa_test(html->view->conf, SA_RE_FONT_FACE, a->value))
			html->font_face_bad = true;
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("img"))) {
		tag_image(html, attributes, len);
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("form"))) {
		a = sa_attribute_find(attributes, len, "action");
		if (a != NULL && sa_ifind(a->value, SL_SLICE_LIT("mailto:"), 0) != SIZE_MAX)
			html->form_action_mailto = true;
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("object")) || sl_slice_eq(tag, SL_SLICE_LIT("embed"))) {
		html->embeds = true;
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("a"))) {
		anchor_end(html);
		a = sa_attribute_find(attributes, len, "href");
		html->anchor_last = a == NULL ? sl_slice("", 0) : canon_uri(html, a->value);
		html->anchor_open = true;
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("title"))) {
		title_end(html);
		html->title_open = true;
	} else if (sl_slice_eq(tag, SL_SLICE_LIT("meta"))) {
		tag_meta(html, attributes, len);
	}
}

void
sa_html_tag(struct sa_html *html, struct sl_slice tag, struct sa_attribute *attributes, size_t len, bool start)
{
	unsigned flags = element_flags(tag);
	bool namespace = tag.len > 1 && (tag.ptr[0] == 'o' || tag.ptr[0] == 's') &&
	    sa_test(html->view->conf, SA_RE_NAMESPACE_TAG, tag);
	bool seen;
	struct sa_html_inside *in = inside(html, tag, &seen);

	if ((flags & VALID) != 0 || namespace) {
		html->elements++;
		html->elements_seen += !seen;
	}
	html->tags++;
	html->tags_seen += !seen;
	in->count += start ? 1 : -1;
	if (in->count < 0) {
		in->count = 0;
		html->closed_extra++;
	}
	if (namespace || (flags & (VALID | TRICK)) == 0)
		return;
	if ((flags & STYLE) != 0)
		sa_style_tag(html, tag, attributes, len, start);
	if ((flags & (NEWLINE | BLANK | PARAGRAPH)) != 0)
		text_white(html, (flags & NEWLINE) != 0 ? "\n" : (flags & BLANK) != 0 ? " " : "\n\n");
	if (!start)
		return;
	if ((flags & URI) != 0)
		tag_uri(html, tag, attributes, len);
	tag_tests(html, tag, attributes, len);
}

/* ---- the page ---- */

/* "&nbsp;" to a blank, "<br/>" to "<br>", typographic quotes to plain ones. */
static struct sl_slice
prepare(struct sl_sa_view *view, struct sl_slice page)
{
	unsigned char *out = sa_alloc(view, page.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < page.len;) {
		struct sl_slice rest = sl_slice_from(page, i);
		size_t k = 1, from = i;

		if (rest.ptr[0] == '&' && sa_starts(rest, SL_SLICE_LIT("&nbsp;"))) {
			out[n++] = ' ';
			i += 6;
		} else if (rest.ptr[0] == 0xe2 && (sa_starts(rest, SL_SLICE_LIT("\342\200\234")) ||
		    sa_starts(rest, SL_SLICE_LIT("\342\200\235")))) {
			out[n++] = '"';
			i += 3;
		} else if (rest.ptr[0] == '<' && rest.len > 1 && sa_is_word(rest.ptr[1])) {
			while (k < rest.len && sa_is_word(rest.ptr[k]))
				k++;
			memcpy(out + n, rest.ptr, k);
			n += k;
			i += k;
			while (k < rest.len && sa_is_space(rest.ptr[k]))
				k++;
			if (k + 1 < rest.len && rest.ptr[k] == '/' && rest.ptr[k + 1] == '>') {
				out[n++] = '>';
				i = from + k + 2;
			}
		} else {
			out[n++] = page.ptr[i++];
		}
	}
	return sl_slice(out, n);
}

static void
count_space(struct sa_html *html)
{
	struct sl_slice text = sl_buf_slice(&html->text);
	size_t spaces = 0;

	for (size_t i = 0; i < text.len; i++) {
		if ((text.ptr[i] & 0xc0) == 0x80)
			continue;
		if (html->wide)
			spaces += sa_space_at(text, i, true) > 0;
		else
			spaces += text.ptr[i] != '\f' && sa_is_space(text.ptr[i]);
	}
	html->html_length = sa_count_chars(text);
	html->non_space_len = html->html_length - spaces;
}

struct sa_html *
sa_html_new(struct sl_sa_view *view, struct sl_slice page, bool wide, size_t bytes)
{
	struct sa_html *html = sa_alloc(view, sizeof(*html));

	html->view = view;
	html->wide = wide;
	html->min_size = html->max_size = 3;
	sl_buf_init(&html->text, page.len * 6 + 1024);
	sl_buf_init(&html->title, page.len * 6 + 1024);
	sl_buf_init(&html->anchor, page.len * 8 + 1024);
	html->length = sa_count_chars(page);
	sa_style_init(html);
	sa_html_parse(html, prepare(view, page));
	anchor_end(html);
	title_end(html);
	count_space(html);
	html->ratio = bytes == 0 ? 0 : ((double)bytes - (double)html->html_length) / (double)bytes;
	return html;
}

void
sa_html_fini(struct sa_html *html)
{
	sl_buf_fini(&html->text);
	sl_buf_fini(&html->title);
	sl_buf_fini(&html->anchor);
	sl_free(html->inside);
	sa_set_fini(&html->inside_index);
	sl_free(html->styles);
	sa_list_fini(&html->comments);
	sa_list_fini(&html->titles);
	sa_list_fini(&html->anchors);
	for (size_t i = 0; i < html->uris_len; i++)
		sa_list_fini(&html->uris[i].anchors);
	sl_free(html->uris);
	sa_set_fini(&html->uri_index);
}
