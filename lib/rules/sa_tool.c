/* sa_tool.c - lists, sets and text, see sa_i.h */

#include "rules/sa_i.h"

void
sa_list_add(struct sa_list *list, struct sl_slice s)
{
	if (list->len == list->size) {
		list->size = list->size == 0 ? 8 : list->size * 2;
		list->at = sl_xrealloc(list->at, list->size * sizeof(*list->at));
	}
	list->at[list->len++] = s;
}

void
sa_list_fini(struct sa_list *list)
{
	sl_free(list->at);
	*list = (struct sa_list){ 0 };
}

/* The row of a key, or the free one where it belongs. The keys are an outsider's, and few. */
static size_t
set_slot(const struct sa_set *set, struct sl_slice key)
{
	static const unsigned char mix[16] = "sluice sa sets.";
	size_t mask = set->size - 1;
	size_t i = (size_t)sl_siphash(mix, key.ptr, key.len) & mask;

	while (set->rows[i].key.ptr != NULL && !sl_slice_eq(set->rows[i].key, key))
		i = (i + 1) & mask;
	return i;
}

static void
set_grow(struct sa_set *set)
{
	struct sa_set bigger = { .size = set->size == 0 ? 16 : set->size * 2, .len = set->len };

	bigger.rows = sl_xzalloc(bigger.size * sizeof(*bigger.rows));
	for (size_t i = 0; i < set->size; i++) {
		if (set->rows[i].key.ptr != NULL)
			bigger.rows[set_slot(&bigger, set->rows[i].key)] = set->rows[i];
	}
	sl_free(set->rows);
	*set = bigger;
}

bool
sa_set_add(struct sa_set *set, struct sl_slice key, size_t value)
{
	size_t i;

	if (key.ptr == NULL)
		key.ptr = (const unsigned char *)"";
	if (set->len * 2 >= set->size)
		set_grow(set);
	i = set_slot(set, key);
	if (set->rows[i].key.ptr != NULL)
		return false;
	set->rows[i] = (struct sa_set_row){ key, value };
	set->len++;
	return true;
}

bool
sa_set_has(const struct sa_set *set, struct sl_slice key, size_t *value_out)
{
	size_t i;

	if (set->size == 0)
		return false;
	i = set_slot(set, key);
	if (set->rows[i].key.ptr == NULL)
		return false;
	if (value_out != NULL)
		*value_out = set->rows[i].value;
	return true;
}

void
sa_set_fini(struct sa_set *set)
{
	sl_free(set->rows);
	*set = (struct sa_set){ 0 };
}

struct sl_slice
sa_trim_end(struct sl_slice s)
{
	while (s.len > 0 && sa_is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct sl_slice
sa_trim(struct sl_slice s)
{
	while (s.len > 0 && sa_is_space(s.ptr[0]))
		s = sl_slice_from(s, 1);
	return sa_trim_end(s);
}

size_t
sa_find(struct sl_slice s, struct sl_slice what, size_t from)
{
	const unsigned char *at = from <= s.len ? memmem(s.ptr + from, s.len - from, what.ptr, what.len)
	    : NULL;

	return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}

size_t
sa_ifind(struct sl_slice s, struct sl_slice what, size_t from)
{
	for (size_t i = from; i + what.len <= s.len; i++) {
		if (sl_slice_ieq(sa_sub(s, i, i + what.len), what))
			return i;
	}
	return SIZE_MAX;
}

bool
sa_ends(struct sl_slice s, struct sl_slice end)
{
	return s.len >= end.len && memcmp(s.ptr + s.len - end.len, end.ptr, end.len) == 0;
}

bool
sa_starts(struct sl_slice s, struct sl_slice start)
{
	return s.len >= start.len && memcmp(s.ptr, start.ptr, start.len) == 0;
}

uint32_t
sa_char_at(struct sl_slice s, size_t i, size_t *len_out)
{
	unsigned char c = s.ptr[i];
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t value = len == 1 ? c : c & (0x7fu >> len);

	if (len > s.len - i) {		/* cut: the byte itself */
		*len_out = 1;
		return c;
	}
	for (size_t k = 1; k < len; k++)
		value = value << 6 | (s.ptr[i + k] & 0x3fu);
	*len_out = len;
	return value;
}

size_t
sa_utf8_put(uint32_t c, unsigned char out[4])
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

void
sa_add_char(struct sl_buf *out, uint32_t c)
{
	unsigned char bytes[4];

	sl_buf_add(out, bytes, sa_utf8_put(c, bytes));
}

size_t
sa_count_chars(struct sl_slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.ptr[i] & 0xc0) != 0x80;
	return n;
}

static bool
is_space_char(uint32_t c)
{
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

size_t
sa_space_at(struct sl_slice s, size_t i, bool unicode)
{
	size_t len;

	if (s.ptr[i] < 0x80)
		return sa_is_space(s.ptr[i]);
	if (!unicode || (s.ptr[i] != 0xc2 && (s.ptr[i] < 0xe1 || s.ptr[i] > 0xe3)))
		return 0;
	return is_space_char(sa_char_at(s, i, &len)) ? len : 0;
}

bool
sa_is_ascii(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

/* Strict: shortest form, no surrogates, at most U+10FFFF. */
bool
sa_is_utf8(struct sl_slice s)
{
	for (size_t i = 0; i < s.len;) {
		unsigned char c = s.ptr[i];
		size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		unsigned char second;

		if (len > 1) {
			if (c < 0xc2 || c > 0xf4 || len > s.len - i)
				return false;
			for (size_t k = 1; k < len; k++) {
				if ((s.ptr[i + k] & 0xc0) != 0x80)
					return false;
			}
			second = s.ptr[i + 1];
			if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
			    (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
				return false;
		}
		i += len;
	}
	return true;
}
