/* pdf_token.c - PDF's lexical rules (ISO 32000-1, 7.2, 7.3), forgiving: see pdf.h */

#include "pdf.h"

static bool
is_white(unsigned char c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool
is_delimiter(unsigned char c)
{
	return strchr("()<>[]{}/%", c) != NULL && c != 0;
}

static bool
is_regular(unsigned char c)
{
	return !is_white(c) && !is_delimiter(c);
}

/* -1: no hex digit. */
static int
digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
name_token(struct sl_slice s, size_t *at, struct pdf_token *t)
{
	size_t n = 0;

	t->kind = PDF_NAME;
	while (*at < s.len && is_regular(s.ptr[*at])) {
		unsigned char c = s.ptr[(*at)++];

		if (c == '#' && *at + 1 < s.len && digit(s.ptr[*at]) >= 0 && digit(s.ptr[*at + 1]) >= 0) {
			c = (unsigned char)(digit(s.ptr[*at]) << 4 | digit(s.ptr[*at + 1]));
			*at += 2;
			t->escaped |= (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
		}
		if (n < PDF_NAME_MAX)
			t->name[n++] = (char)c;
	}
	t->name[n] = '\0';
}

/* After a backslash in a string. */
static void
escape(struct sl_slice s, size_t *at, struct sl_buf *out)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	unsigned char c;
	const char *k;
	unsigned v = 0;

	if (*at >= s.len)
		return;
	c = s.ptr[(*at)++];
	if (c >= '0' && c <= '7') {
		(*at)--;
		for (int i = 0; i < 3 && *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '7'; i++)
			v = v * 8 + (unsigned)(s.ptr[(*at)++] - '0');
		sl_buf_add_byte(out, (unsigned char)v);
		return;
	}
	if (c == '\r' || c == '\n') {		/* the line goes on */
		if (c == '\r' && *at < s.len && s.ptr[*at] == '\n')
			(*at)++;
		return;
	}
	k = c == 0 ? NULL : strchr(from, c);
	sl_buf_add_byte(out, k != NULL ? (unsigned char)to[k - from] : c);
}

static void
string_token(struct sl_slice s, size_t *at, struct sl_buf *out)
{
	size_t depth = 1;

	while (*at < s.len) {
		unsigned char c = s.ptr[(*at)++];

		if (c == '\\') {
			escape(s, at, out);
			continue;
		}
		depth += c == '(';
		if (c == ')' && --depth == 0)
			return;
		sl_buf_add_byte(out, c);
	}
}

static void
hex_token(struct sl_slice s, size_t *at, struct sl_buf *out)
{
	int high = -1;

	while (*at < s.len && s.ptr[*at] != '>') {
		int d = digit(s.ptr[(*at)++]);

		if (d < 0)
			continue;
		if (high >= 0)
			sl_buf_add_byte(out, (unsigned char)(high << 4 | d));
		high = high >= 0 ? -1 : d;
	}
	*at += *at < s.len;
	if (high >= 0)
		sl_buf_add_byte(out, (unsigned char)(high << 4));
}

static void
word_token(struct sl_slice s, size_t *at, struct pdf_token *t)
{
	size_t from = *at;
	struct sl_slice w;
	uint64_t v;

	while (*at < s.len && is_regular(s.ptr[*at]))
		(*at)++;
	w = sl_slice(s.ptr + from, *at - from);
	if ((w.ptr[0] >= '0' && w.ptr[0] <= '9') || w.ptr[0] == '-' || w.ptr[0] == '+' || w.ptr[0] == '.') {
		const unsigned char *dot;

		t->kind = PDF_NUMBER;
		t->negative = w.ptr[0] == '-';
		if (t->negative || w.ptr[0] == '+')
			w = sl_slice_from(w, 1);
		dot = w.len == 0 ? NULL : memchr(w.ptr, '.', w.len);
		if (dot != NULL)
			w.len = (size_t)(dot - w.ptr);
		if (sl_slice_to_u64(w, (uint64_t)1 << 40, &v) == 0)
			t->number = (size_t)v;
	} else if (sl_slice_eq(w, SL_SLICE_LIT("stream"))) {
		t->kind = PDF_STREAM;
	} else if (sl_slice_eq(w, SL_SLICE_LIT("obj")) || sl_slice_eq(w, SL_SLICE_LIT("endobj"))) {
		t->kind = PDF_OBJECT;
	} else {
		t->is_false = sl_slice_eq(w, SL_SLICE_LIT("false"));
	}
}

bool
pdf_next(struct sl_slice s, size_t *at, struct pdf_token *t, struct sl_buf *string)
{
	*t = (struct pdf_token){ .kind = PDF_OTHER };
	sl_buf_reset(string);
	while (*at < s.len && (is_white(s.ptr[*at]) || s.ptr[*at] == '%')) {
		if (s.ptr[(*at)++] != '%')
			continue;
		while (*at < s.len && s.ptr[*at] != '\n' && s.ptr[*at] != '\r')
			(*at)++;
	}
	if (*at >= s.len)
		return false;
	if (!is_delimiter(s.ptr[*at])) {
		word_token(s, at, t);
		return true;
	}
	switch (s.ptr[(*at)++]) {
	case '/':
		name_token(s, at, t);
		break;
	case '(':
		t->kind = PDF_STRING;
		string_token(s, at, string);
		break;
	case '<':
		if (*at < s.len && s.ptr[*at] == '<') {
			(*at)++;
			break;
		}
		t->kind = PDF_STRING;
		hex_token(s, at, string);
		break;
	case '[':
		t->is_list = true;
		break;
	default:
		break;
	}
	return true;
}
