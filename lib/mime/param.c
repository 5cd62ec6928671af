/* param.c - see mime/param.h */

#include "mime/param.h"
#include "mime/charset.h"
#include "mime/word.h"

#define LIST_MAX	(2 * SL_PARAMS_MAX)	/* occurrences of one parameter, over all fields */
#define SECTION_MAX	999	/* RFC 2231 sections above this are read as this */

struct cursor {
	const unsigned char	*p;
	const unsigned char	*end;
	unsigned char		*text;		/* where cleaned text goes next */
	unsigned		 odd;		/* of the piece that is being read */
	size_t			 budget;	/* of bytes that may be looked at for the ends of comments */
};

static bool
is_white(unsigned char c)
{
	return c <= ' ' || c == 0x7f;
}

/* Skip a comment at c->p, "(...)", nested, with escapes. One that does not close is no comment:
 * returns false and stays. Thousands of those would be looked at again and again: there is a budget. */
static bool
comment_skip(struct cursor *c)
{
	const unsigned char *p = c->p;
	unsigned depth = 0;

	for (; p < c->end && c->budget > 0; p++, c->budget--) {
		if (*p == '\\' && p + 1 < c->end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0) {
			c->p = p + 1;
			return true;
		}
	}
	return false;
}

/* White space and comments; comments are odd only inside names and values. */
static void
blank_skip(struct cursor *c)
{
	while (c->p < c->end) {
		if (is_white(*c->p))
			c->p++;
		else if (*c->p != '(' || !comment_skip(c))
			return;
		else
			c->odd |= SL_PARAMS_ODD_COMMENT;
	}
}

/* Does `word =` start at p? That is where a parameter starts without its separator. */
static bool
param_starts(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *start = p;

	while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	    (*p >= '0' && *p <= '9') || *p == '*' || *p == '-' || *p == '_') && p - start < 40)
		p++;
	return p > start && p < end && *p == '=';
}

/* The rest of a quoted string after its first quote, into the text. One that does not close
 * ends with its ';', so that what it would swallow is read. */
static void
quoted_read(struct cursor *c)
{
	const unsigned char *close = c->p;
	bool closed;

	while (close < c->end && *close != '"')
		close += *close == '\\' && close + 1 < c->end ? 2 : 1;
	closed = close < c->end;
	if (!closed) {
		c->odd |= SL_PARAMS_ODD_QUOTE;
		for (close = c->p; close < c->end && *close != ';'; close++)
			continue;
	}
	while (c->p < close) {
		if (*c->p == '\\' && c->p + 1 < close)
			c->p++;
		*c->text++ = *c->p++;
	}
	c->p = close + closed;
}

/* An unquoted piece up to `;` (or `stop`), into the text: comments and backslashes go, quoted
 * strings inside are unquoted, each being odd. White space at its end is dropped. */
static void
unquoted_read(struct cursor *c, unsigned char stop)
{
	unsigned char *start = c->text, *solid = c->text;

	while (c->p < c->end && *c->p != ';' && *c->p != stop) {
		if (*c->p == '(' && comment_skip(c)) {
			c->odd |= SL_PARAMS_ODD_COMMENT;
		} else if (*c->p == '"') {
			c->p++;
			c->odd |= SL_PARAMS_ODD_QUOTE;
			quoted_read(c);
			solid = c->text;
		} else if (*c->p == '\\' && c->p + 1 < c->end) {
			c->odd |= SL_PARAMS_ODD_ESCAPE;
			c->p++;
			*c->text++ = *c->p++;
			solid = c->text;
		} else if (is_white(*c->p) || *c->p == ',') {
			if (c->text > start && param_starts(c->p + 1, c->end)) {
				c->odd |= SL_PARAMS_ODD_SEPARATOR;
				break;
			}
			*c->text++ = *c->p++;
		} else {
			if (solid < c->text)
				c->odd |= SL_PARAMS_ODD_SPACE;
			*c->text++ = *c->p++;
			solid = c->text;
		}
	}
	c->text = solid;
}

static struct sl_slice
text_since(struct cursor *c, const unsigned char *start)
{
	return sl_slice(start, (size_t)(c->text - start));
}

static struct sl_slice
lower(struct sl_slice s)
{
	for (unsigned char *p = (unsigned char *)(uintptr_t)s.ptr; p < s.ptr + s.len; p++)
		*p = sl_ascii_lower(*p);
	return s;
}

/* The token before the parameters. */
static struct sl_slice
token_read(struct cursor *c)
{
	unsigned char *start = c->text;

	while (c->p < c->end && (is_white(*c->p) || *c->p == ':' || *c->p == ';'))
		c->p++;
	blank_skip(c);
	if (param_starts(c->p, c->end)) {
		c->odd |= SL_PARAMS_ODD_TOKEN;
		return sl_slice(start, 0);
	}
	unquoted_read(c, ';');
	if (c->odd != 0)
		c->odd |= SL_PARAMS_ODD_TOKEN;
	for (unsigned char *p = start; p < c->text; p++)
		if (*p == ',' || is_white(*p)) {	/* "text/plain utf-8" */
			c->odd |= SL_PARAMS_ODD_TOKEN;
			c->text = p;
		}
	return lower(text_since(c, start));
}

/* name*1* : take the marks of RFC 2231 off. */
static void
name_marks(struct sl_param *param)
{
	struct sl_slice s = param->name;
	size_t digits = 0;
	int section = 0;

	param->section = -1;
	if (s.len > 0 && s.ptr[s.len - 1] == '*') {
		param->extended = true;
		s.len--;
	}
	while (digits < s.len && s.ptr[s.len - 1 - digits] >= '0' && s.ptr[s.len - 1 - digits] <= '9')
		digits++;
	if (digits > 0 && digits < s.len && s.ptr[s.len - 1 - digits] == '*') {
		for (size_t i = s.len - digits; i < s.len; i++)
			section = SL_MIN(section * 10 + (s.ptr[i] - '0'), SECTION_MAX);
		param->section = section;
		s.len -= digits + 1;
	}
	param->name = s;
}

/* name = value at c->p. Returns false if it is no parameter; then it has been skipped. */
static bool
param_read(struct cursor *c, struct sl_param *param)
{
	const unsigned char *raw, *start = c->text;
	struct sl_slice end;

	*param = (struct sl_param){ .section = -1 };
	unquoted_read(c, '=');
	param->name = lower(text_since(c, start));
	param->odd = c->odd & ~(unsigned)SL_PARAMS_ODD_SPACE;
	if (c->p == c->end || *c->p != '=')
		return false;
	c->p++;
	name_marks(param);
	c->odd = 0;
	while (c->p < c->end && is_white(*c->p))
		c->p++;
	raw = c->p;
	blank_skip(c);
	start = c->text;
	if (c->p < c->end && *c->p == '"') {
		unsigned char *after;

		c->p++;
		quoted_read(c);
		after = c->text;
		blank_skip(c);
		unquoted_read(c, ';');
		if (c->text > after)
			c->odd |= SL_PARAMS_ODD_QUOTE;
	} else {
		unquoted_read(c, ';');
	}
	param->value = text_since(c, start);
	end = sl_slice_trim(sl_slice(raw, (size_t)(c->p - raw)));
	param->raw = param->rest = end;
	param->odd |= c->odd;
	return true;
}

/* Text that is no parameter belongs, for some programs, to the value before it. */
static void
junk_take(struct sl_params *params, const unsigned char *junk_end)
{
	struct sl_param *last = params->count > 0 ? &params->params[params->count - 1] : NULL;

	params->odd |= SL_PARAMS_ODD_JUNK;
	if (last == NULL || params->count == SL_PARAMS_MAX)
		return;
	last->odd |= SL_PARAMS_ODD_JUNK;
	last->rest = sl_slice_trim(sl_slice(last->raw.ptr, (size_t)(junk_end - last->raw.ptr)));
}

static void
params_read(struct sl_params *params, struct cursor *c)
{
	while (c->p < c->end) {
		struct sl_param param;

		c->odd = 0;
		blank_skip(c);
		if (c->p == c->end)
			break;
		if (*c->p == ';' || *c->p == ',') {
			c->p++;
			continue;
		}
		if (!param_read(c, &param)) {
			junk_take(params, c->p);
			continue;
		}
		params->odd |= param.odd;
		if (params->count < SL_PARAMS_MAX)
			params->params[params->count++] = param;
		else
			params->odd |= SL_PARAMS_ODD_MANY;
	}
}

void
sl_params_init(struct sl_params *params, struct sl_slice value)
{
	unsigned char *copy = sl_xmalloc(2 * value.len + 2);	/* the value, then what is cleaned of it */
	size_t n = 0;
	struct cursor c;

	params->count = 0;
	params->odd = 0;
	params->text = copy;
	for (size_t i = 0; i < value.len; i++) {	/* unfold */
		unsigned char byte = value.ptr[i];

		if (byte == '\n' || (byte == '\r' && i + 1 < value.len && value.ptr[i + 1] == '\n'))
			continue;
		if (byte < ' ' && byte != '\t')
			params->odd |= SL_PARAMS_ODD_CONTROL;
		copy[n++] = byte;
	}
	c = (struct cursor){ copy, copy + n, copy + n, 0, 4 * n };
	params->token = token_read(&c);
	params->odd |= c.odd;
	params_read(params, &c);
}

void
sl_params_fini(struct sl_params *params)
{
	sl_free(params->text);
	params->text = NULL;
	params->count = 0;
	params->token = sl_slice(NULL, 0);
}

struct sl_slice
sl_params_plain(const struct sl_params *params, const char *name)
{
	for (size_t i = 0; i < params->count; i++)
		if (params->params[i].section < 0 && !params->params[i].extended &&
		    sl_slice_eq(params->params[i].name, sl_slice_str(name)))
			return params->params[i].value;
	return sl_slice(NULL, 0);
}

unsigned
sl_params_odd_of(const struct sl_params *params, const char *name)
{
	unsigned odd = 0;

	for (size_t i = 0; i < params->count; i++)
		if (sl_slice_eq(params->params[i].name, sl_slice_str(name)))
			odd |= params->params[i].odd;
	return odd;
}

bool
sl_params_has(const struct sl_params *params, const char *name)
{
	for (size_t i = 0; i < params->count; i++)
		if (sl_slice_eq(params->params[i].name, sl_slice_str(name)))
			return true;
	return false;
}

/*
 * Values. A list holds the parameter's occurrences in all fields, in order.
 */
struct list {
	const struct sl_param	*at[LIST_MAX];
	size_t			 count;
};

static void
list_add(struct list *list, const struct sl_params *params, const char *name)
{
	for (size_t i = 0; i < params->count && list->count < LIST_MAX; i++)
		if (sl_slice_eq(params->params[i].name, sl_slice_str(name)))
			list->at[list->count++] = &params->params[i];
}

static unsigned
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	c = sl_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
}

static void
percent_decode(struct sl_slice s, struct sl_buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && hex_digit(s.ptr[i + 1]) < 16 && hex_digit(s.ptr[i + 2]) < 16) {
			sl_buf_add_byte(out, (unsigned char)(hex_digit(s.ptr[i + 1]) << 4 | hex_digit(s.ptr[i + 2])));
			i += 2;
		} else {
			sl_buf_add_byte(out, s.ptr[i]);
		}
	}
}

/* charset'language'text: cut the first two off. */
static struct sl_slice
extended_cut(struct sl_slice value, struct sl_slice *charset_out)
{
	const unsigned char *first = memchr(value.ptr, '\'', value.len);
	size_t at = first == NULL ? value.len : (size_t)(first - value.ptr);
	const unsigned char *second = first == NULL ? NULL
	    : memchr(first + 1, '\'', value.len - at - 1);

	*charset_out = sl_slice(NULL, 0);
	if (second == NULL)
		return value;
	*charset_out = sl_slice(value.ptr, at);
	return sl_slice_from(value, (size_t)(second - value.ptr) + 1);
}

/* RFC 2231 sections, or one extended value, put together. */
static void
sections_join(const struct sl_param *const *at, size_t count, struct sl_buf *out)
{
	struct sl_slice charset = { NULL, 0 };
	struct sl_buf bytes;

	sl_buf_init(&bytes, out->max_bytes);
	for (size_t i = 0; i < count; i++) {
		struct sl_slice value = at[i]->value;

		if (at[i]->extended && i == 0)
			value = extended_cut(value, &charset);
		if (at[i]->extended)
			percent_decode(value, &bytes);
		else
			sl_buf_add_slice(&bytes, value);
	}
	sl_charset_convert(sl_charset_find(charset), sl_buf_slice(&bytes), out);
	sl_buf_fini(&bytes);
}

/* A set of readings that grows; doubles are dropped. */
struct readings {
	struct sl_buf	*out;
	size_t		 count;
	size_t		 max;
};

/* The buffer for one more; NULL when there is no room. */
static struct sl_buf *
readings_next(struct readings *r)
{
	if (r->count == r->max)
		return NULL;
	sl_buf_reset(&r->out[r->count]);
	return &r->out[r->count];
}

static void
readings_take(struct readings *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (sl_slice_eq(sl_buf_slice(&r->out[i]), sl_buf_slice(&r->out[r->count])))
			return;
	r->count++;
}

static void
readings_sections(struct readings *r, const struct sl_param *const *at, size_t count)
{
	struct sl_buf *out = count > 0 ? readings_next(r) : NULL;

	if (out == NULL)
		return;
	sections_join(at, count, out);
	readings_take(r);
}

static void
readings_text(struct readings *r, struct sl_slice text)
{
	struct sl_buf *out = readings_next(r);

	if (out == NULL)
		return;
	sl_word_decode(text, out);
	readings_take(r);
}

/* Sections of RFC 2231 in the order of their numbers, the first of each number; `gaps`: also
 * past a number that is missing. */
static void
readings_sorted(struct readings *r, const struct list *list, bool gaps)
{
	const struct sl_param *sorted[LIST_MAX];
	size_t count = 0;
	int expect = 0;

	for (;;) {
		const struct sl_param *next = NULL;

		for (size_t i = 0; i < list->count; i++)
			if (list->at[i]->section >= expect &&
			    (next == NULL || list->at[i]->section < next->section))
				next = list->at[i];
		if (next == NULL || (!gaps && next->section != expect))
			break;
		sorted[count++] = next;
		expect = next->section + 1;
	}
	readings_sections(r, sorted, count);
}

/* Sections in the order they stand in, doubles and all. */
static void
readings_in_order(struct readings *r, const struct list *list)
{
	const struct sl_param *ordered[LIST_MAX];
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i]->section >= 0)
			ordered[count++] = list->at[i];
	readings_sections(r, ordered, count);
}

/* Further ways to read an occurrence that is odd. */
static void
readings_odd(struct readings *r, const struct sl_param *param)
{
	struct sl_slice value = param->value;

	if (param->odd != 0) {
		readings_text(r, param->raw);
		readings_text(r, param->rest);
	}
	if (value.len >= 2 && value.ptr[0] == '\'' && value.ptr[value.len - 1] == '\'')
		readings_text(r, sl_slice(value.ptr + 1, value.len - 2));
	if (param->section >= 0 && !param->extended && memchr(value.ptr, '%', value.len) != NULL) {
		struct sl_param extended = *param;
		const struct sl_param *at = &extended;

		extended.extended = true;
		readings_sections(r, &at, 1);
	}
}

static void
readings_all(struct readings *r, const struct list *list)
{
	readings_sorted(r, list, false);
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i]->section < 0 && list->at[i]->extended)
			readings_sections(r, &list->at[i], 1);
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i]->section < 0 && !list->at[i]->extended)
			readings_text(r, list->at[i]->value);
	readings_sorted(r, list, true);
	readings_in_order(r, list);
	for (size_t i = 0; i < list->count; i++)
		readings_odd(r, list->at[i]);
}

bool
sl_params_get(const struct sl_params *params, const char *name, struct sl_buf *out)
{
	struct list list;
	struct readings r = { out, 0, 1 };
	struct sl_buf first;

	list.count = 0;
	list_add(&list, params, name);
	if (list.count == 0)
		return false;
	sl_buf_init(&first, out->max_bytes);
	r.out = &first;
	readings_all(&r, &list);
	sl_buf_add_slice(out, sl_buf_slice(&first));
	sl_buf_fini(&first);
	return true;
}

size_t
sl_params_readings(const struct sl_params *fields, size_t count, const char *name,
    struct sl_buf out[SL_PARAMS_READINGS_MAX])
{
	struct list list;
	struct readings r = { out, 0, SL_PARAMS_READINGS_MAX };

	list.count = 0;
	for (size_t i = 0; i < count; i++)
		list_add(&list, &fields[i], name);
	if (list.count > 0)
		readings_all(&r, &list);
	return r.count;
}
