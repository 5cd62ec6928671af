/* json.c - see json.h */

#include "sl/json.h"

#include "sl/utf8.h"

static bool
wrong(struct sl_json *j, int result)
{
	if (j->result == 0)
		j->result = result;
	j->at = j->end;
	return false;
}

/* Lines of ours have none. */
static inline void
skip_space(struct sl_json *j)
{
	const unsigned char *at = j->at;

	if (at == j->end || *at > ' ')
		return;
	while (at < j->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	j->at = at;
}

static inline bool
take(struct sl_json *j, unsigned char c)
{
	skip_space(j);
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

void
sl_json_init(struct sl_json *j, struct sl_slice text)
{
	*j = (struct sl_json){ .at = text.ptr, .end = text.ptr + text.len };
}

int
sl_json_end(struct sl_json *j)
{
	skip_space(j);
	if (j->at < j->end || j->depth > 0)
		wrong(j, SL_ERR_SYNTAX);
	return j->result;
}

unsigned char
sl_json_kind(struct sl_json *j)
{
	skip_space(j);
	if (j->at == j->end)
		return 0;
	return (*j->at >= '0' && *j->at <= '9') || *j->at == '-' ? '0' : *j->at;
}

/* ---- strings */

#define EACH(byte)	((uint64_t)(byte) * UINT64_C(0x0101010101010101))

/* The first of eight bytes that ends a string or is not as it looks (a quote, a backslash, a control): its bit 7, lowest
 * first; those above it may be wrong. */
static inline uint64_t
special(uint64_t eight)
{
	uint64_t quote = eight ^ EACH('"'), backslash = eight ^ EACH('\\');

	return (((quote - EACH(1)) & ~quote) | ((backslash - EACH(1)) & ~backslash) | ((eight - EACH(0x20)) & ~eight)) &
	    EACH(0x80);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* To the next special byte, or the end. */
static inline const unsigned char *
plain(const unsigned char *at, const unsigned char *end)
{
	uint64_t eight, found;

	for (; end - at >= (ptrdiff_t)sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, at, sizeof(eight));
		found = special(eight);
		if (found != 0)
			return at + __builtin_ctzll(found) / 8;
	}
	while (at < end && *at != '"' && *at != '\\' && *at >= 0x20)
		at++;
	return at;
}

/* At the opening quote; to behind the closing one. */
static bool
string(struct sl_json *j, struct sl_slice *raw)
{
	const unsigned char *at, *end = j->end, *start;

	if (!take(j, '"'))
		return wrong(j, SL_ERR_SYNTAX);
	for (at = plain(start = j->at, end); at < end; at = plain(at, end)) {
		if (*at == '"') {
			*raw = sl_slice(start, (size_t)(at - start));
			j->at = at + 1;
			return true;
		}
		if (*at < 0x20 || end - at < 2)
			break;
		at += 2;
	}
	return wrong(j, SL_ERR_SYNTAX);
}

static bool
hex4(struct sl_slice s, uint32_t *out)
{
	*out = 0;
	if (s.len < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		unsigned char c = s.ptr[i], lower = sl_ascii_lower(c);

		if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'f'))
			return false;
		*out = *out << 4 | (uint32_t)(c <= '9' ? c - '0' : lower - 'a' + 10);
	}
	return true;
}

/* Behind "\u". Returns how many bytes were taken, 0: it is no character. */
static size_t
take_unicode(struct sl_slice s, unsigned char *out, size_t *len)
{
	uint32_t c, low;
	size_t used = 4;

	if (!hex4(s, &c) || c == 0 || (c >= 0xdc00 && c <= 0xdfff))
		return 0;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (s.len < 10 || s.ptr[4] != '\\' || s.ptr[5] != 'u' || !hex4(sl_slice_from(s, 6), &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return 0;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		used = 10;
	}
	*len += sl_utf8_encode(c, out + *len);
	return used;
}

int
sl_json_decode(struct sl_slice raw, unsigned char *out, size_t *len_out)
{
	static const char escapes[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		const char *escape;
		size_t used;

		if (raw.ptr[i] != '\\') {
			out[len++] = raw.ptr[i];
			continue;
		}
		if (++i == raw.len)
			return SL_ERR_SYNTAX;
		if (raw.ptr[i] == 'u') {
			used = take_unicode(sl_slice_from(raw, i + 1), out, &len);
			if (used == 0)
				return SL_ERR_SYNTAX;
			i += used;
			continue;
		}
		escape = memchr(escapes, raw.ptr[i], sizeof(escapes) - 1);
		if (escape == NULL)
			return SL_ERR_SYNTAX;
		out[len++] = (unsigned char)means[escape - escapes];
	}
	*len_out = len;
	return 0;
}

/* ---- numbers, words */

static inline size_t
digits(const struct sl_json *j, const unsigned char *from)
{
	const unsigned char *at = from, *end = j->end;

	while (at < end && (unsigned char)(*at - '0') < 10)
		at++;
	return (size_t)(at - from);
}

static bool
number(struct sl_json *j, struct sl_slice *text)
{
	const unsigned char *at = j->at;
	size_t n;

	at += at < j->end && *at == '-';
	n = digits(j, at);
	if (n == 0 || (n > 1 && *at == '0'))
		return wrong(j, SL_ERR_SYNTAX);
	at += n;
	if (at < j->end && *at == '.') {
		at++;
		n = digits(j, at);
		if (n == 0)
			return wrong(j, SL_ERR_SYNTAX);
		at += n;
	}
	if (at < j->end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < j->end && (*at == '+' || *at == '-');
		n = digits(j, at);
		if (n == 0)
			return wrong(j, SL_ERR_SYNTAX);
		at += n;
	}
	*text = sl_slice(j->at, (size_t)(at - j->at));
	j->at = at;
	return true;
}

static bool
word(struct sl_json *j, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(j->end - j->at) < len || memcmp(j->at, text, len) != 0)
		return wrong(j, SL_ERR_SYNTAX);
	j->at += len;
	return true;
}

/* A value that is neither object nor array. */
static bool
scalar(struct sl_json *j)
{
	struct sl_slice ignored;

	switch (sl_json_kind(j)) {
	case '"':
		return string(j, &ignored);
	case '0':
		return number(j, &ignored);
	case 't':
		return word(j, "true");
	case 'f':
		return word(j, "false");
	case 'n':
		return word(j, "null");
	default:
		return wrong(j, SL_ERR_SYNTAX);
	}
}

/* ---- objects and arrays */

static bool
step_in(struct sl_json *j, unsigned char open)
{
	if (sl_json_kind(j) != open) {
		sl_json_skip(j);
		return false;
	}
	if (j->depth == SL_JSON_DEPTH_MAX)
		return wrong(j, SL_ERR_TOO_LONG);
	j->at++;
	j->depth++;
	j->first = true;
	return true;
}

bool
sl_json_object(struct sl_json *j)
{
	return step_in(j, '{');
}

bool
sl_json_array(struct sl_json *j)
{
	return step_in(j, '[');
}

/* To the next value inside; false: the end, and out. */
static bool
next(struct sl_json *j, unsigned char close)
{
	bool first = j->first;

	j->first = false;
	if (j->result != 0)
		return false;
	if (take(j, close)) {
		j->depth--;
		return false;
	}
	if (!first && !take(j, ','))
		return wrong(j, SL_ERR_SYNTAX);
	return true;
}

bool
sl_json_member(struct sl_json *j, struct sl_slice *name)
{
	if (!next(j, '}') || !string(j, name))
		return false;
	return take(j, ':') || wrong(j, SL_ERR_SYNTAX);
}

bool
sl_json_element(struct sl_json *j)
{
	return next(j, ']');
}

struct sl_slice
sl_json_skip(struct sl_json *j)
{
	bool is_object[SL_JSON_DEPTH_MAX + 1] = { false };
	unsigned outside = j->depth;
	const unsigned char *start;
	struct sl_slice ignored;

	skip_space(j);
	start = j->at;
	do {
		unsigned char kind = sl_json_kind(j);

		if (kind == '{' || kind == '[') {
			if (!step_in(j, kind))
				break;
			is_object[j->depth] = kind == '{';
		} else if (!scalar(j)) {
			break;
		}
		while (j->depth > outside && j->result == 0) {
			if (is_object[j->depth] ? sl_json_member(j, &ignored) : sl_json_element(j))
				break;
		}
	} while (j->depth > outside && j->result == 0);
	return sl_slice(start, j->result == 0 ? (size_t)(j->at - start) : 0);
}

void
sl_json_pass(struct sl_json *j)
{
	const unsigned char *at, *end = j->end;
	struct sl_slice ignored;
	size_t depth = 0;
	unsigned char kind = sl_json_kind(j);

	if (kind != '{' && kind != '[') {
		scalar(j);
		return;
	}
	for (at = j->at; at < end; at++) {
		if (*at == '"') {
			j->at = at;
			if (!string(j, &ignored))
				return;
			at = j->at - 1;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if ((*at == '}' || *at == ']') && --depth == 0) {
			j->at = at + 1;
			return;
		}
	}
	wrong(j, SL_ERR_SYNTAX);
}

bool
sl_json_string(struct sl_json *j, struct sl_slice *raw)
{
	if (sl_json_kind(j) == '"')
		return string(j, raw);
	sl_json_skip(j);
	return false;
}

bool
sl_json_number(struct sl_json *j, struct sl_slice *text)
{
	if (sl_json_kind(j) == '0')
		return number(j, text);
	sl_json_skip(j);
	return false;
}
