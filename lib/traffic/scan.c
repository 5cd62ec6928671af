/* scan.c - see scan.h */

#include "scan.h"

#include "sl/json.h"

static struct sl_slice
skip_space(struct sl_slice s)
{
	size_t i = 0;

	while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\r' || s.ptr[i] == '\n'))
		i++;
	return sl_slice_from(s, i);
}

/* How long the string at the front is, with its quotes; 0: it has no end. */
static size_t
string_len(struct sl_slice s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] == '"')
			return i + 1;
		if (s.ptr[i] < 0x20)
			return 0;
		i += s.ptr[i] == '\\';
	}
	return 0;
}

/* An object or an array, to where its bracket closes. */
static size_t
nested_len(struct sl_slice s)
{
	char open[SCAN_DEPTH_MAX];
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (c == '"') {
			size_t n = string_len(sl_slice_from(s, i));

			if (n == 0)
				return 0;
			i += n - 1;
		} else if (c == '{' || c == '[') {
			if (depth == SCAN_DEPTH_MAX)
				return 0;
			open[depth++] = c == '{' ? '}' : ']';
		} else if (c == '}' || c == ']') {
			if (open[--depth] != (char)c)
				return 0;
			if (depth == 0)
				return i + 1;
		}
	}
	return 0;
}

static size_t
plain_len(struct sl_slice s)
{
	size_t i = 0;

	while (i < s.len && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') ||
	    s.ptr[i] == 'E' || s.ptr[i] == '+' || s.ptr[i] == '-' || s.ptr[i] == '.'))
		i++;
	return i;
}

static int
take_value(struct scan *scan, struct sl_slice *value)
{
	size_t len = 0;

	scan->rest = skip_space(scan->rest);
	if (scan->rest.len > 0)
		len = scan->rest.ptr[0] == '"' ? string_len(scan->rest) :
		    scan->rest.ptr[0] == '{' || scan->rest.ptr[0] == '[' ? nested_len(scan->rest) : plain_len(scan->rest);
	if (len == 0)
		return SL_ERR_SYNTAX;
	*value = sl_slice(scan->rest.ptr, len);
	scan->rest = skip_space(sl_slice_from(scan->rest, len));
	return SL_DONE;
}

/* To the next value: past the bracket, or a comma. SL_DONE: one follows; 0: it was the last. */
static int
advance(struct scan *scan, unsigned char open, unsigned char close)
{
	bool first = !scan->begun;

	scan->rest = skip_space(scan->rest);
	if (first) {
		if (scan->rest.len == 0 || scan->rest.ptr[0] != open)
			return SL_ERR_SYNTAX;
		scan->begun = true;
		scan->rest = skip_space(sl_slice_from(scan->rest, 1));
	}
	if (scan->rest.len > 0 && scan->rest.ptr[0] == close) {
		scan->rest = skip_space(sl_slice_from(scan->rest, 1));
		return scan->rest.len == 0 ? 0 : SL_ERR_SYNTAX;
	}
	if (first)
		return SL_DONE;
	if (scan->rest.len == 0 || scan->rest.ptr[0] != ',')
		return SL_ERR_SYNTAX;
	scan->rest = sl_slice_from(scan->rest, 1);
	return SL_DONE;
}

int
scan_member(struct scan *scan, struct sl_slice *name, struct sl_slice *value)
{
	int r = advance(scan, '{', '}');

	if (r != SL_DONE)
		return r;
	if ((r = take_value(scan, name)) != SL_DONE || name->ptr[0] != '"')
		return SL_ERR_SYNTAX;
	*name = sl_slice(name->ptr + 1, name->len - 2);
	if (scan->rest.len == 0 || scan->rest.ptr[0] != ':')
		return SL_ERR_SYNTAX;
	scan->rest = sl_slice_from(scan->rest, 1);
	return take_value(scan, value);
}

int
scan_element(struct scan *scan, struct sl_slice *value)
{
	int r = advance(scan, '[', ']');

	return r != SL_DONE ? r : take_value(scan, value);
}

/* ---- text ---- */

int
scan_text(struct sl_slice value, unsigned char *out, size_t *len_out)
{
	if (value.len < 2 || value.ptr[0] != '"')
		return SL_ERR_SYNTAX;
	return sl_json_decode(sl_slice(value.ptr + 1, value.len - 2), out, len_out);
}
