/* declaration.c - what follows "<!": comments, doctypes, CDATA (HTML standard, 13.2.5.42 on) */

#include "html/scan_i.h"
#include "html/token_i.h"

static void
comment_give(struct sl_html *h, struct sl_slice text, bool end)
{
	html_text_over(h);
	if ((text.len > 0 || end) && h->sink->comment != NULL)
		h->sink->comment(h->ctx, text, end);
}

/* Does word begin with what is held and c, in any case? */
static bool
goes_on(const struct sl_html *h, struct sl_slice word, unsigned char c)
{
	size_t n = h->held_len;

	return n < word.len && sl_ascii_lower(word.ptr[n]) == sl_ascii_lower(c) &&
	    sl_slice_istarts(word, sl_slice(h->held, n));
}

/* After "<!". */
size_t
html_declaration(struct sl_html *h, struct sl_slice in)
{
	static const struct sl_slice comment = SL_SLICE_LIT("--");
	static const struct sl_slice doctype = SL_SLICE_LIT("doctype");
	static const struct sl_slice cdata = SL_SLICE_LIT("[CDATA[");
	unsigned char c = in.ptr[0];
	/* That one is in capitals (a bracket is no letter, so it may be compared alike). */
	bool is_cdata = goes_on(h, cdata, c) && (c < 'a' || c > 'z');

	if (!goes_on(h, comment, c) && !goes_on(h, doctype, c) && !is_cdata) {
		comment_give(h, sl_slice(h->held, h->held_len), false);
		return html_go(h, HTML_BOGUS_COMMENT, 0);
	}
	h->held[h->held_len++] = c;
	if (c == '-' && h->held_len == comment.len)
		return html_go(h, HTML_COMMENT_START, 1);
	if (h->held_len == doctype.len && !is_cdata) {
		h->doctype = (struct sl_html_doctype){ .quirks = false };
		h->used_bytes = 0;
		return html_go(h, HTML_DOCTYPE_START, 1);
	}
	if (h->held_len < cdata.len)
		return 1;
	if (h->foreign_depth > 0 && h->html_within == NULL) {
		html_text_over(h);
		h->content = SL_HTML_CDATA;
		return html_go(h, HTML_TEXT, 1);
	}
	comment_give(h, cdata, false);
	return html_go(h, HTML_BOGUS_COMMENT, 1);
}

/* It would be a comment of what there is. */
void
html_end_declaration(struct sl_html *h)
{
	comment_give(h, sl_slice(h->held, h->held_len), true);
	html_find(h, SL_HTML_COMMENT_UNENDED);
}

/* Give the run before a NUL or `stop`, and the NUL as U+FFFD. Returns the bytes taken. */
static size_t
take_comment(struct sl_html *h, struct sl_slice in, unsigned char stop)
{
	size_t n = scan3(in, stop, '\0', '\0');

	/* A '-' alone is text: told here, if the byte after it is at hand. */
	while (stop == '-' && n + 1 < in.len && in.ptr[n] == '-' && in.ptr[n + 1] != '-')
		n += 1 + scan3(sl_slice(in.ptr + n + 1, in.len - n - 1), stop, '\0', '\0');
	comment_give(h, sl_slice(in.ptr, n), false);
	if (n < in.len && in.ptr[n] == '\0') {
		html_find(h, SL_HTML_NUL);
		comment_give(h, HTML_REPLACEMENT, false);
		n++;
	}
	return n;
}

/* Returns 1, for the '>'. */
static size_t
comment_over(struct sl_html *h)
{
	comment_give(h, sl_slice(h->held, 0), true);
	return html_go(h, HTML_TEXT, 1);
}

/* The dashes read so far were text. */
static size_t
comment_goes_on(struct sl_html *h, struct sl_slice text)
{
	comment_give(h, text, false);
	return html_go(h, HTML_COMMENT, 0);
}

/* To the next '>'. */
size_t
html_bogus_comment(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '>')
		return comment_over(h);
	return take_comment(h, in, '>');
}

/* After "<!--". */
size_t
html_comment_start(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '-')
		return html_go(h, HTML_COMMENT_START_DASH, 1);
	return in.ptr[0] == '>' ? comment_over(h) : html_go(h, HTML_COMMENT, 0);
}

/* After "<!---". */
size_t
html_comment_start_dash(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '-')
		return html_go(h, HTML_COMMENT_DASHES, 1);
	return in.ptr[0] == '>' ? comment_over(h) : comment_goes_on(h, SL_SLICE_LIT("-"));
}

size_t
html_comment(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '-' && (in.len == 1 || in.ptr[1] == '-'))
		return html_go(h, HTML_COMMENT_DASH, 1);
	return take_comment(h, in, '-');
}

/* After "-". */
size_t
html_comment_dash(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '-')
		return html_go(h, HTML_COMMENT_DASHES, 1);
	return comment_goes_on(h, SL_SLICE_LIT("-"));
}

/* After "--". */
size_t
html_comment_dashes(struct sl_html *h, struct sl_slice in)
{
	switch (in.ptr[0]) {
	case '>':
		return comment_over(h);
	case '!':
		return html_go(h, HTML_COMMENT_BANG, 1);
	case '-': {
		size_t n = 1;

		while (n < in.len && in.ptr[n] == '-')
			n++;
		comment_give(h, sl_slice(in.ptr, n), false);
		return n;
	}
	default:
		return comment_goes_on(h, SL_SLICE_LIT("--"));
	}
}

/* After "--!". */
size_t
html_comment_bang(struct sl_html *h, struct sl_slice in)
{
	if (in.ptr[0] == '>')
		return comment_over(h);
	return comment_goes_on(h, SL_SLICE_LIT("--!"));
}

void
html_end_comment(struct sl_html *h)
{
	comment_give(h, sl_slice(h->held, 0), true);
	html_find(h, SL_HTML_COMMENT_UNENDED);
}

static void
doctype_give(struct sl_html *h, bool quirks)
{
	h->doctype.quirks |= quirks;
	html_text_over(h);
	if (h->sink->doctype != NULL)
		h->sink->doctype(h->ctx, &h->doctype);
}

/* Returns 1, for the '>'. */
static size_t
doctype_over(struct sl_html *h, bool quirks)
{
	doctype_give(h, quirks);
	return html_go(h, HTML_TEXT, 1);
}

/* Pass the rest. */
static size_t
doctype_broken(struct sl_html *h)
{
	h->doctype.quirks = true;
	return html_go(h, HTML_DOCTYPE_BOGUS, 0);
}

/* Gather the run before `stop`, '>' or, when asked, white space. Returns the bytes taken. */
static size_t
take_string(struct sl_html *h, struct sl_slice in, unsigned char stop, bool is_name)
{
	size_t n = 0;
	struct sl_slice s;

	while (n < in.len && in.ptr[n] != stop && in.ptr[n] != '>' && in.ptr[n] != '\0' &&
	    !(is_name && html_is_space(in.ptr[n])))
		n++;
	s = sl_slice(in.ptr, n);
	if (is_name)
		html_add_lower(h, s);
	else
		html_add(h, s);
	if (n < in.len && in.ptr[n] == '\0') {
		html_find(h, SL_HTML_NUL);
		html_add(h, HTML_REPLACEMENT);
		n++;
	}
	return n;
}

/* After "<!doctype". */
size_t
html_doctype_start(struct sl_html *h, struct sl_slice in)
{
	if (html_is_space(in.ptr[0]))
		return 1;
	if (in.ptr[0] == '>')
		return doctype_over(h, true);
	html_open(h, h->limits.name_bytes_max, SL_HTML_NAME_LONG);
	return html_go(h, HTML_DOCTYPE_NAME, 0);
}

size_t
html_doctype_name(struct sl_html *h, struct sl_slice in)
{
	size_t n = take_string(h, in, '>', true);

	if (n == in.len || (in.ptr[n] != '>' && !html_is_space(in.ptr[n])))
		return n;
	h->doctype.name = html_close(h);
	h->held_len = 0;
	return html_go(h, HTML_DOCTYPE_KEYWORD, n);
}

/* After the name: PUBLIC or SYSTEM. */
size_t
html_doctype_keyword(struct sl_html *h, struct sl_slice in)
{
	static const struct sl_slice public_word = SL_SLICE_LIT("public");
	static const struct sl_slice system_word = SL_SLICE_LIT("system");
	unsigned char c = in.ptr[0];

	if (h->held_len == 0 && html_is_space(c))
		return 1;
	if (h->held_len == 0 && c == '>')
		return doctype_over(h, false);
	h->doctype_system = goes_on(h, system_word, c);
	if (!h->doctype_system && !goes_on(h, public_word, c))
		return doctype_broken(h);
	h->held[h->held_len++] = c;
	if (h->held_len == public_word.len)
		h->state = HTML_DOCTYPE_BEFORE_ID;
	return 1;
}

static size_t
doctype_id_begin(struct sl_html *h, unsigned char quote)
{
	h->quote = quote;
	html_open(h, h->limits.name_bytes_max, SL_HTML_NAME_LONG);
	return html_go(h, HTML_DOCTYPE_ID, 1);
}

/* After the keyword. */
size_t
html_doctype_before_id(struct sl_html *h, struct sl_slice in)
{
	unsigned char c = in.ptr[0];

	if (html_is_space(c))
		return 1;
	if (c == '"' || c == '\'')
		return doctype_id_begin(h, c);
	return c == '>' ? doctype_over(h, true) : doctype_broken(h);
}

static void
doctype_id_over(struct sl_html *h)
{
	if (h->doctype_system)
		h->doctype.system_id = html_close(h);
	else
		h->doctype.public_id = html_close(h);
}

size_t
html_doctype_id(struct sl_html *h, struct sl_slice in)
{
	size_t n = take_string(h, in, h->quote, false);

	if (n == in.len || (in.ptr[n] != h->quote && in.ptr[n] != '>'))
		return n;
	doctype_id_over(h);
	if (in.ptr[n] == '>')
		return n + doctype_over(h, true);
	return html_go(h, HTML_DOCTYPE_AFTER_ID, n + 1);
}

/* After an identifier: the system's may follow the public one. */
size_t
html_doctype_after_id(struct sl_html *h, struct sl_slice in)
{
	unsigned char c = in.ptr[0];

	if (html_is_space(c))
		return 1;
	if (c == '>')
		return doctype_over(h, false);
	if (h->doctype_system)
		return html_go(h, HTML_DOCTYPE_BOGUS, 0);	/* no quirks, says 13.2.5.66 */
	if (c != '"' && c != '\'')
		return doctype_broken(h);
	h->doctype_system = true;
	return doctype_id_begin(h, c);
}

/* To the next '>'. */
size_t
html_doctype_bogus(struct sl_html *h, struct sl_slice in)
{
	const unsigned char *end = memchr(in.ptr, '>', in.len);

	if (end == NULL)
		return in.len;
	return (size_t)(end - in.ptr) + doctype_over(h, false);
}

/* The input ends in a doctype: what there is of it, for quirks. */
void
html_end_doctype(struct sl_html *h)
{
	if (h->state == HTML_DOCTYPE_NAME)
		h->doctype.name = html_close(h);
	else if (h->state == HTML_DOCTYPE_ID)
		doctype_id_over(h);
	doctype_give(h, h->state != HTML_DOCTYPE_BOGUS);
	html_find(h, SL_HTML_TAG_UNENDED);
}
