/* raw.c - elements whose content is text, CDATA sections, and when they are (HTML standard,
 * 13.2.5.9 on, 13.2.6) */

#include "html/scan_i.h"
#include "html/token_i.h"

#include <stdlib.h>

/* After '<' in such text: it may begin the end tag, and in a script other things. */
size_t
html_raw_lt(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '/') {
		h->held_len = 0;
		return html_go(h, HTML_RAW_END_OPEN, 1);
	}
	if (h->content == SL_HTML_SCRIPT && h->script == HTML_SCRIPT_PLAIN && in.ptr[0] == '!') {
		html_join_text(h, SL_SLICE_LIT("<!"));
		return html_go(h, HTML_SCRIPT_BANG, 1);
	}
	html_join_text(h, SL_SLICE_LIT("<"));
	html_go_text(h);
	if (h->content == SL_HTML_SCRIPT && h->script == HTML_SCRIPT_ESCAPED &&
	    html_is_alpha(in.ptr[0])) {
		h->held_len = 0;
		h->state = HTML_SCRIPT_NAME;
	}
	return 0;
}

/* After "</". */
size_t
html_raw_end_open(struct sl_html *h, struct sl_slice in)
{
	if (html_is_alpha(in.ptr[0]))
		return html_go(h, HTML_RAW_END_NAME, 0);
	html_join_text(h, SL_SLICE_LIT("</"));
	html_go_text(h);
	return 0;
}

/* The end tag's name, as far as it is that of the open element. */
size_t
html_raw_end_name(struct sl_html *h, struct sl_slice in)
{
	unsigned char c = in.ptr[0];

	if (h->held_len < h->raw_name_len && sl_ascii_lower(c) == h->raw_name[h->held_len]) {
		h->held[h->held_len++] = c;
		return 1;
	}
	if (h->held_len == h->raw_name_len && (html_is_space(c) || c == '/' || c == '>')) {
		html_tag_begin(h, true);
		html_add_lower(h, sl_slice(h->held, h->held_len));
		return html_go(h, HTML_TAG_NAME, 0);
	}
	html_join_text(h, SL_SLICE_LIT("</"));
	html_join_text(h, sl_slice(h->held, h->held_len));
	html_go_text(h);
	return 0;
}

void
html_end_raw(struct sl_html *h)
{
	html_join_text(h, h->state == HTML_RAW_LT ? SL_SLICE_LIT("<") : SL_SLICE_LIT("</"));
	if (h->state == HTML_RAW_END_NAME)
		html_join_text(h, sl_slice(h->held, h->held_len));
	html_find(h, SL_HTML_RAW_UNENDED);
}

/* Bytes of a script that need no look: before '<' and NUL, and once escaped '-' and '>'. */
static size_t
script_run(const struct sl_html *h, struct sl_slice in)
{
	size_t n = 0;
	bool escaped = h->script != HTML_SCRIPT_PLAIN;

	if (!escaped)
		return scan3(in, '<', '\0', '\0');
	for (; n < in.len; n++) {
		unsigned char c = in.ptr[n];

		if (c == '<' || c == '\0' || c == '-' || c == '>')
			break;
	}
	return n;
}

size_t
html_script(struct sl_html *h, struct sl_slice in)
{
	size_t n = script_run(h, in);
	unsigned char c;

	html_give_text(h, sl_slice(in.ptr, n));
	if (n > 0)
		h->dashes = 0;
	if (n == in.len)
		return n;
	c = in.ptr[n];
	if (c == '<') {
		h->dashes = 0;
		if (h->script == HTML_SCRIPT_AGAIN)
			html_join_text(h, SL_SLICE_LIT("<"));
		return html_go(h,
		    h->script == HTML_SCRIPT_AGAIN ? HTML_SCRIPT_AGAIN_LT : HTML_RAW_LT, n + 1);
	}
	if (c == '\0') {
		html_find(h, SL_HTML_NUL);
		html_join_text(h, HTML_REPLACEMENT);
		h->dashes = 0;
		return n + 1;
	}
	html_join_text(h, sl_slice(in.ptr + n, 1));
	if (c == '>' && h->dashes == 2)
		h->script = HTML_SCRIPT_PLAIN;
	h->dashes = c == '>' ? 0 : (unsigned char)SL_MIN(h->dashes + 1, 2);
	return n + 1;
}

/* After "<!". */
size_t
html_script_bang(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] != '-')
		return html_go(h, HTML_SCRIPT, 0);
	html_join_text(h, SL_SLICE_LIT("-"));
	return html_go(h, HTML_SCRIPT_BANG_DASH, 1);
}

/* After "<!-". */
size_t
html_script_bang_dash(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] != '-')
		return html_go(h, HTML_SCRIPT, 0);
	html_join_text(h, SL_SLICE_LIT("-"));
	h->script = HTML_SCRIPT_ESCAPED;
	h->dashes = 2;
	return html_go(h, HTML_SCRIPT, 1);
}

/* In an escaped script, after '<' and a letter, or again after "</": "script" and an end turn
 * that state over. The name has been given as text already. */
size_t
html_script_name(struct sl_html *h, struct sl_slice in)
{
	unsigned char c = in.ptr[0];

	if (html_is_alpha(c)) {
		if (h->held_len < HTML_HELD_MAX)
			h->held[h->held_len++] = c;
		html_join_text(h, sl_slice(in.ptr, 1));
		return 1;
	}
	if ((html_is_space(c) || c == '/' || c == '>') &&
	    sl_slice_ieq(sl_slice(h->held, h->held_len), SL_SLICE_LIT("script")))
		h->script = h->script == HTML_SCRIPT_AGAIN ? HTML_SCRIPT_ESCAPED :
		    HTML_SCRIPT_AGAIN;
	return html_go(h, HTML_SCRIPT, 0);
}

/* After '<' in a script in an escaped script. */
size_t
html_script_again_lt(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] != '/')
		return html_go(h, HTML_SCRIPT, 0);
	html_join_text(h, SL_SLICE_LIT("/"));
	h->held_len = 0;
	return html_go(h, HTML_SCRIPT_NAME, 1);
}

/* After ']'. */
size_t
html_cdata_bracket(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == ']')
		return html_go(h, HTML_CDATA_BRACKETS, 1);
	html_join_text(h, SL_SLICE_LIT("]"));
	return html_go(h, HTML_TEXT, 0);
}

/* After "]]". */
size_t
html_cdata_brackets(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '>') {
		html_text_over(h);
		h->content = SL_HTML_DATA;
		return html_go(h, HTML_TEXT, 1);
	}
	if (in.ptr[0] == ']') {
		html_join_text(h, SL_SLICE_LIT("]"));
		return 1;
	}
	html_join_text(h, SL_SLICE_LIT("]]"));
	return html_go(h, HTML_TEXT, 0);
}

void
html_end_cdata(struct sl_html *h)
{
	html_join_text(h, h->state == HTML_CDATA_BRACKET ? SL_SLICE_LIT("]") :
	    SL_SLICE_LIT("]]"));
	html_find(h, SL_HTML_RAW_UNENDED);
}

/* 13.2.6.4: what the tree builder switches the tokenizer to, scripting off. */
static const struct {
	struct sl_slice		 name;
	enum sl_html_content	 content;
} raw_elements[] = {
	{ SL_SLICE_LIT("title"), SL_HTML_RCDATA },
	{ SL_SLICE_LIT("textarea"), SL_HTML_RCDATA },
	{ SL_SLICE_LIT("style"), SL_HTML_RAWTEXT },
	{ SL_SLICE_LIT("xmp"), SL_HTML_RAWTEXT },
	{ SL_SLICE_LIT("iframe"), SL_HTML_RAWTEXT },
	{ SL_SLICE_LIT("noembed"), SL_HTML_RAWTEXT },
	{ SL_SLICE_LIT("noframes"), SL_HTML_RAWTEXT },
	{ SL_SLICE_LIT("script"), SL_HTML_SCRIPT },
	{ SL_SLICE_LIT("plaintext"), SL_HTML_PLAINTEXT },
};

/* 13.2.6.5: start tags that end <svg> and <math>, in byte order; "font" does so with these
 * attributes only. */
static const char *const breakouts[] = {
	"b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em",
	"embed", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing",
	"menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span", "strike",
	"strong", "sub", "sup", "table", "tt", "u", "ul", "var",
};
static const char *const breakout_font_attrs[] = { "color", "face", "size" };

/* 13.2.6: elements inside <svg>, then <math>, that hold HTML. */
static const char *const html_in_svg[] = { "foreignobject", "desc", "title" };
static const char *const html_in_math[] = { "mi", "mo", "mn", "ms", "mtext", "annotation-xml" };

/* The entry of the list, or NULL. */
static const char *
find_in(struct sl_slice name, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (sl_slice_eq(name, sl_slice_str(list[i])))
			return list[i];
	return NULL;
}

static int
by_name(const void *key, const void *entry)
{
	const struct sl_slice *name = key;
	struct sl_slice other = sl_slice_str(*(const char *const *)entry);
	int order = memcmp(name->ptr, other.ptr, SL_MIN(name->len, other.len));

	return order != 0 ? order : (name->len > other.len) - (name->len < other.len);
}

static bool
breaks_out(const struct sl_html_tag *tag)
{
	/* Those of one letter, and those that no name begins like, need no search. */
	if (tag->name.len == 1)
		return memchr("bipsu", tag->name.ptr[0], 5) != NULL;
	if (memchr("bcdefhilmnoprstuv", tag->name.ptr[0], 17) == NULL)
		return false;
	if (!sl_slice_eq(tag->name, SL_SLICE_LIT("font")))
		return bsearch(&tag->name, breakouts, SL_COUNT(breakouts), sizeof(breakouts[0]),
		    by_name) != NULL;
	for (size_t i = 0; i < tag->attrs_len; i++)
		if (find_in(tag->attrs[i].name, breakout_font_attrs,
		    SL_COUNT(breakout_font_attrs)) != NULL)
			return true;
	return false;
}

/* A start tag directly inside <svg> or <math>. */
static void
start_in_foreign(struct sl_html *h)
{
	struct sl_slice name = h->tag.name;

	if (breaks_out(&h->tag)) {
		h->foreign_depth = 0;
	} else if (!h->tag.self_closing) {
		if (sl_slice_eq(name, h->foreign))
			h->foreign_depth += h->foreign_depth < UINT32_MAX;
		else if (h->foreign.ptr[0] == 's')
			h->html_within = find_in(name, html_in_svg, SL_COUNT(html_in_svg));
		else
			h->html_within = find_in(name, html_in_math, SL_COUNT(html_in_math));
	}
}

#define LETTER(c)	(1u << ((c) - 'a'))

static void
start_raw(struct sl_html *h)
{
	static const uint32_t firsts = LETTER('t') | LETTER('s') | LETTER('x') | LETTER('i') |
	    LETTER('n') | LETTER('p');
	struct sl_slice name = h->tag.name;

	/* Most names are none of these, and told so by how they begin. */
	if (name.len < 3 || (firsts & LETTER(name.ptr[0])) == 0)
		return;
	for (size_t i = 0; i < SL_COUNT(raw_elements); i++) {
		if (!sl_slice_eq(name, raw_elements[i].name))
			continue;
		h->script = HTML_SCRIPT_PLAIN;
		h->dashes = 0;
		sl_html_enter(h, raw_elements[i].content, name);
	}
}

void
html_after_start_tag(struct sl_html *h)
{
	struct sl_slice name = h->tag.name;

	if (h->foreign_depth > 0 && h->html_within == NULL) {
		start_in_foreign(h);
		return;
	}
	start_raw(h);
	if (h->foreign_depth > 0 || h->tag.self_closing || (name.ptr[0] != 's' && name.ptr[0] != 'm'))
		return;
	if (sl_slice_eq(name, SL_SLICE_LIT("svg")))
		h->foreign = SL_SLICE_LIT("svg");
	else if (sl_slice_eq(name, SL_SLICE_LIT("math")))
		h->foreign = SL_SLICE_LIT("math");
	else
		return;
	h->foreign_depth = 1;
}

void
html_after_end_tag(struct sl_html *h)
{
	struct sl_slice name = h->tag.name;

	h->content = SL_HTML_DATA;
	if (h->foreign_depth == 0)
		return;
	if (h->html_within != NULL) {
		if (sl_slice_eq(name, sl_slice_str(h->html_within)))
			h->html_within = NULL;
	} else if (sl_slice_eq(name, h->foreign)) {
		h->foreign_depth--;
	} else if (sl_slice_eq(name, SL_SLICE_LIT("p")) ||
	    sl_slice_eq(name, SL_SLICE_LIT("br"))) {
		h->foreign_depth = 0;
	}
}
