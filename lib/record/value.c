/* value.c - values of a line; see read_i.h */

#include "read_i.h"

#include <math.h>
#include <stdlib.h>

#define NUMBER_MAX	400	/* characters of one */

void
reader_wrong(struct reader *r, int result)
{
	if (r->result == 0)
		r->result = result;
}

void *
reader_alloc(struct reader *r, size_t size_bytes)
{
	void *p = sl_arena_alloc(r->arena, size_bytes);

	if (p == NULL)
		reader_wrong(r, SL_ERR_FULL);
	return p;
}

/* What a string means: a part of the line if nothing in it is escaped. */
static struct sl_slice
decoded(struct reader *r, struct sl_slice raw)
{
	unsigned char *out;
	size_t len;

	if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL)
		return raw;
	out = reader_alloc(r, raw.len);
	if (out == NULL)
		return sl_slice("", 0);
	if (sl_json_decode(raw, out, &len) != 0) {
		reader_wrong(r, SL_ERR_SYNTAX);
		len = 0;
	}
	return sl_slice(out, len);
}

struct sl_slice
reader_text(struct reader *r, size_t max)
{
	struct sl_slice raw, text = { (const unsigned char *)"", 0 };

	if (!sl_json_string(&r->json, &raw))
		reader_wrong(r, SL_ERR_SYNTAX);
	else
		text = decoded(r, raw);
	if (text.len <= max)
		return text;
	reader_wrong(r, SL_ERR_SYNTAX);
	return sl_slice("", 0);
}

static const char *
keep(struct reader *r, struct sl_slice s)
{
	struct sl_slice copy;

	if (s.len == 0)
		return "";
	copy = sl_arena_copy(r->arena, s);
	if (copy.ptr != NULL)
		return (const char *)copy.ptr;
	reader_wrong(r, SL_ERR_FULL);
	return "";
}

const char *
reader_str(struct reader *r, size_t max)
{
	return keep(r, reader_text(r, max));
}

bool
reader_name_ok(struct sl_slice s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(sl_ascii_lower(s.ptr[i]) >= 'a' && sl_ascii_lower(s.ptr[i]) <= 'z') &&
		    !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_')
			return false;
	return s.len > 0 && s.len <= max;
}

const char *
reader_word(struct reader *r, size_t max)
{
	struct sl_slice text = reader_text(r, SL_RECORD_LINE_MAX);

	if (reader_name_ok(text, max))
		return keep(r, text);
	reader_wrong(r, SL_ERR_SYNTAX);
	return "";
}

static double
number_of(struct reader *r, struct sl_slice text)
{
	char digits[NUMBER_MAX + 1];
	double value = 0;

	if (text.len == 1 && text.ptr[0] >= '0')
		return text.ptr[0] - '0';
	if (text.len <= NUMBER_MAX) {
		memcpy(digits, text.ptr, text.len);
		digits[text.len] = '\0';
		value = strtod(digits, NULL);
	}
	if (text.len > NUMBER_MAX || !isfinite(value)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return 0;
	}
	return value;
}

double
reader_double(struct reader *r)
{
	struct sl_slice text = { (const unsigned char *)"", 0 };

	if (sl_json_kind(&r->json) == '0')
		return sl_json_number(&r->json, &text) ? number_of(r, text) : 0;
	if (sl_json_string(&r->json, &text)) {
		if (reader_is(text, "inf"))
			return INFINITY;
		if (reader_is(text, "-inf"))
			return -INFINITY;
		if (reader_is(text, "nan"))
			return NAN;
	}
	reader_wrong(r, SL_ERR_SYNTAX);
	return 0;
}

uint64_t
reader_count(struct reader *r, uint64_t max)
{
	struct sl_slice text;
	uint64_t value = 0;

	if (!sl_json_number(&r->json, &text) || sl_slice_to_u64(text, max, &value) != 0)
		reader_wrong(r, SL_ERR_SYNTAX);
	return value;
}

bool
reader_flag(struct reader *r)
{
	unsigned char kind = sl_json_kind(&r->json);

	if (kind != 't' && kind != 'f')
		reader_wrong(r, SL_ERR_SYNTAX);
	sl_json_skip(&r->json);
	return kind == 't';
}

enum sl_action
reader_action(struct reader *r)
{
	enum sl_action action = SL_ACTION_DELIVER;

	if (!sl_action_find(reader_text(r, SL_RECORD_LINE_MAX), &action))
		reader_wrong(r, SL_ERR_SYNTAX);
	return action;
}
