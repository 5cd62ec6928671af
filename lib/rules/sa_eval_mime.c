/* sa_eval_mime.c - eval functions about MIME parts, see sa_eval.h */

#include "rules/sa_eval_i.h"

#include <math.h>
#include <stdio.h>

struct mime {
	size_t	base64_count, body_html, body_text, attachment, qp_count, ascii_illegal;
	size_t	qp_bytes, needless, normal, references;
	bool	base64_text, bad_iso, alternative, qp_long_line;
	double	ratio, unicode_ratio;
	bool	has_text_bytes, has_html_bytes;	/* of the last such part that is not attached */
	double	text_bytes, html_bytes;
	struct sa_list charsets;
};

/* A part's facts. */
struct part {
	struct sl_slice	type, encoding, disposition, charset;
	bool		has_charset;
};

static bool
has(struct sl_slice s, const char *what)
{
	return sa_find(s, sl_slice_str(what), 0) != SIZE_MAX;
}

static struct sl_slice
lower_field(struct sl_sa_view *view, const struct sa_node *node, const char *name)
{
	const struct sa_field *f = sa_field_last(node, sl_slice_str(name));

	return f == NULL ? sl_slice("", 0) : sa_lower(view, f->value);
}

static void
part_read(struct sl_sa_view *view, const struct sa_node *node, struct part *p)
{
	const struct sa_field *f = sa_field_last(node, SL_SLICE_LIT("content-type"));
	struct sa_content_type type;

	/* As it is written here: with a line end, so that it is never missing. */
	sa_content_type(view, f == NULL ? sl_slice("", 0) : f->value, &type);
	p->type = type.type;
	p->charset = sa_lower(view, type.charset);
	p->has_charset = type.has_charset;
	p->encoding = lower_field(view, node, "content-transfer-encoding");
	p->disposition = lower_field(view, node, "content-disposition");
}

static void
part_head(struct sl_sa_view *view, struct mime *m, const struct part *p)
{
	bool text = sa_starts(p->type, SL_SLICE_LIT("text")), base64 = has(p->encoding, "base64");

	if (sl_slice_eq(p->type, SL_SLICE_LIT("text/html")))
		m->body_html++;
	else if (text)
		m->body_text++;
	if (base64)
		m->base64_count++;
	else if (has(p->encoding, "quoted-printable"))
		m->qp_count++;
	m->attachment += has(p->disposition, "attachment");
	if (text && base64 && (p->charset.len == 0 || sa_test(view->conf, SA_RE_ASCII_ALIAS, p->charset)) &&
	    !sa_starts(p->disposition, SL_SLICE_LIT("attachment")) && !sa_starts(p->disposition, SL_SLICE_LIT("inline")))
		m->base64_text = true;
	if (sa_test(view->conf, SA_RE_ISO_NAME, p->charset) && !sa_test(view->conf, SA_RE_ISO_KNOWN, p->charset))
		m->bad_iso = true;
	if (p->charset.len > 0)
		sa_list_add(&m->charsets, p->charset);
}

/* Escapes of what need not be escaped, but for blanks at the end. */
static void
line_escapes(struct sl_sa_view *view, struct mime *m, struct sl_slice line)
{
	struct sa_match match;
	size_t count = 0;

	m->qp_long_line = m->qp_long_line || line.len > 79;
	m->qp_bytes += line.len;
	for (size_t at = 0; at < line.len && sa_match(view->conf, SA_RE_QP_NEEDLESS, line, at, &match); at = match.groups[1])
		count++;
	if (count > 0 && sa_match(view->conf, SA_RE_QP_TRAILING, line, 0, &match))
		count -= SL_MIN(count, sa_group(&match, 1).len / 3);
	m->needless += count;
}

static bool
is_illegal(struct sl_slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == 0 || line.ptr[i] == '\r' || line.ptr[i] >= 0x80)
			return true;
	}
	return false;
}

static void
line_references(struct sl_sa_view *view, struct mime *m, struct sl_slice line)
{
	struct sa_match match;
	size_t removed = 0;

	if (sa_find(line, SL_SLICE_LIT("&#x"), 0) != SIZE_MAX) {
		for (size_t at = 0; at < line.len && sa_match(view->conf, SA_RE_UNICODE_REFERENCE, line, at, &match);
		    at = match.groups[1]) {
			m->references++;
			removed += match.groups[1] - match.groups[0];
		}
	}
	m->normal += line.len - removed;
}

static void
part_lines(struct sl_sa_view *view, struct mime *m, const struct part *p, const struct sa_node *node)
{
	bool plain = sl_slice_eq(p->type, SL_SLICE_LIT("text/plain"));
	bool html = sl_slice_eq(p->type, SL_SLICE_LIT("text/html")), attached = has(p->disposition, "attachment");
	bool qp = sl_slice_eq(p->encoding, SL_SLICE_LIT("quoted-printable"));
	bool ascii = plain && (!p->has_charset || sl_slice_eq(p->charset, SL_SLICE_LIT("us-ascii")));
	bool as_is = plain && (p->encoding.len == 0 || sl_slice_eq(p->encoding, SL_SLICE_LIT("7bit")) ||
	    sl_slice_eq(p->encoding, SL_SLICE_LIT("8bit")));
	double bytes = 0;

	for (size_t at = 0; node->has_raw && at < node->raw.len;) {
		size_t end = sa_index(node->raw, '\n', at);
		struct sl_slice line = sa_sub(node->raw, at, end == SIZE_MAX ? node->raw.len : end + 1);

		at += line.len;
		if (m->alternative && !attached && (plain || html))
			bytes += (double)line.len;
		if (qp && !sa_starts(line, SL_SLICE_LIT("SPAM: ")))
			line_escapes(view, m, line);
		m->ascii_illegal += ascii && is_illegal(line);
		if (as_is)
			line_references(view, m, line);
	}
	if (attached)
		return;
	if (html) {
		m->has_html_bytes = true;
		m->html_bytes = bytes;
	} else if (plain) {
		m->has_text_bytes = true;
		m->text_bytes = bytes;
	}
}

/* In an arena, but for the list of charsets: that has its names in the arena too, and is copied there. */
static const struct mime *
mime(struct sl_sa_view *view)
{
	struct mime *m = view->eval[SA_KEPT_MIME];
	struct sl_slice *names;

	if (m != NULL)
		return m;
	m = sa_alloc(view, sizeof(*m));
	view->eval[SA_KEPT_MIME] = m;
	m->ratio = 1;
	for (size_t i = 0; i < view->parts_len; i++) {
		const struct sa_node *node = view->parts[i];
		struct part p;

		if (node->type.len == 0)
			continue;
		part_read(view, node, &p);
		m->alternative = m->alternative || sl_slice_eq(p.type, SL_SLICE_LIT("multipart/alternative"));
		part_head(view, m, &p);
		if (!node->has_children)
			part_lines(view, m, &p, node);
	}
	if (m->qp_bytes > 0)
		m->qp_count = m->needless;
	if (m->normal > 0)
		m->unicode_ratio = (double)m->references / (double)m->normal;
	if (m->alternative && m->has_text_bytes && m->has_html_bytes && m->html_bytes > 0)
		m->ratio = m->text_bytes / m->html_bytes;
	names = sa_alloc(view, (m->charsets.len + 1) * sizeof(*names));
	if (m->charsets.len > 0)
		memcpy(names, m->charsets.at, m->charsets.len * sizeof(*names));
	sl_free(m->charsets.at);
	m->charsets.at = names;
	return m;
}

SA_EVAL(check_for_mime)
{
	const struct mime *m = mime(view);
	const struct {
		const char	*name;
		bool		 value;
	} rows[] = {
		{ "mime_base64_count", m->base64_count > 0 }, { "mime_base64_encoded_text", m->base64_text },
		{ "mime_body_html_count", m->body_html > 0 }, { "mime_body_text_count", m->body_text > 0 },
		{ "mime_attachment", m->attachment > 0 }, { "mime_bad_iso_charset", m->bad_iso },
		{ "mime_multipart_alternative", m->alternative }, { "mime_qp_count", m->qp_count > 0 },
		{ "mime_qp_long_line", m->qp_long_line }, { "mime_ascii_text_illegal", m->ascii_illegal > 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (strcmp(rows[i].name, sa_argument(arguments, arguments_len, 0)) == 0)
			return rows[i].value;
	}
	return false;	/* mime_faraway_charset: all locales are well */
}

static bool
is_html_message(struct sl_sa_view *view)
{
	return sl_slice_istarts(sa_get_joined(view, "Content-Type"), SL_SLICE_LIT("text/html"));
}

SA_EVAL(check_for_mime_html)
{
	return is_html_message(view) || mime(view)->body_html > 0;
}

SA_EVAL(check_for_mime_html_only)
{
	return is_html_message(view) || (mime(view)->body_html > 0 && mime(view)->body_text == 0);
}

SA_EVAL(check_mime_multipart_ratio)
{
	return mime(view)->ratio >= sa_argument_number(arguments, arguments_len, 0) &&
	    mime(view)->ratio < sa_argument_number(arguments, arguments_len, 1);
}

SA_EVAL(check_for_ascii_text_illegal)
{
	return mime(view)->ascii_illegal > 0;
}

SA_EVAL(check_abundant_unicode_ratio)
{
	return mime(view)->unicode_ratio >= sa_argument_number(arguments, arguments_len, 0);
}

/* ---- capital letters ---- */

static bool
charset_has_capitals(struct sl_sa_view *view)
{
	const struct mime *m = mime(view);
	struct sa_match match;

	if (sa_match(view->conf, SA_RE_CT_CHARSET, sa_get_joined(view, "Content-Type"), 0, &match)) {
		unsigned group = sa_has_group(&match, 1) ? 1 : sa_has_group(&match, 2) ? 2 : 3;

		if (sa_test(view->conf, SA_RE_CAPS_CHARSET_WHOLE, sa_group(&match, group)))
			return true;
	}
	for (size_t i = 0; i < m->charsets.len; i++) {
		if (sa_test(view->conf, SA_RE_CAPS_CHARSET_WHOLE, m->charsets.at[i]))
			return true;
	}
	return false;
}

static double
capitals(struct sl_sa_view *view)
{
	size_t len = 0, lower = 0, upper = 0;

	sa_body(view);
	for (size_t i = 0; i < view->body.len; i++) {
		struct sl_slice line = view->body.at[i];
		struct sa_match m;

		if (!sa_test(view->conf, SA_RE_TWO_WORDS, line) || sa_test(view->conf, SA_RE_BASE64_LINES, line))
			continue;
		if (sa_match(view->conf, SA_RE_JIS_RUN, line, 0, &m))
			line = SA_CAT(view, sa_sub(line, 0, m.groups[0]), sl_slice_from(line, m.groups[1]));
		len += line.len;
		for (size_t k = 0; k < line.len; k++) {
			unsigned char c = line.ptr[k];

			upper += c >= 'A' && c <= 'Z';
			lower += (c >= 'a' && c <= 'z') || sa_is_digit(c);
		}
	}
	return len < 200 || upper + lower == 0 ? 0 : (double)upper / (double)(upper + lower) * 100;
}

SA_EVAL(check_for_uppercase)
{
	double share = charset_has_capitals(view) ? 0 : capitals(view);

	return share > sa_argument_number(arguments, arguments_len, 0) &&
	    share <= sa_argument_number(arguments, arguments_len, 1);
}

/* ---- parts ---- */

SA_EVAL(check_ma_non_text)
{
	for (size_t i = 0; i < view->parts_len; i++) {
		const struct sa_node *node = view->parts[i];

		if (!sl_slice_eq(node->type, SL_SLICE_LIT("multipart/alternative")))
			continue;
		if (!node->has_children)	/* itself a leaf: not text */
			return true;
		for (const struct sa_node *child = node->first; child != NULL; child = child->next) {
			if (child->has_children || child->type.len == 0 ||
			    sl_slice_eq(child->type, SL_SLICE_LIT("multipart/related")) ||
			    sl_slice_eq(child->type, SL_SLICE_LIT("application/rtf")) ||
			    sa_starts(child->type, SL_SLICE_LIT("text/")))
				continue;
			return true;
		}
	}
	return false;
}

static double
base64_length(struct sl_sa_view *view)
{
	size_t longest = 0;

	for (size_t i = 0; i < view->parts_len; i++) {
		const struct sa_node *node = view->parts[i];
		struct part p;

		if (node->has_children || node->type.len == 0 || !node->has_raw)
			continue;
		part_read(view, node, &p);
		if (sl_slice_eq(p.type, SL_SLICE_LIT("application/ics")) || !sl_slice_eq(p.encoding, SL_SLICE_LIT("base64")))
			continue;
		for (size_t at = 0; at < node->raw.len;) {
			size_t end = sa_index(node->raw, '\n', at);

			end = end == SIZE_MAX ? node->raw.len : end + 1;
			longest = SL_MAX(longest, end - at);
			at = end;
		}
	}
	return (double)longest;
}

SA_EVAL(check_base64_length)
{
	double length = base64_length(view);

	return length >= sa_argument_number(arguments, arguments_len, 0) && (arguments_len < 2 ||
	    length <= sa_argument_number(arguments, arguments_len, 1));
}
