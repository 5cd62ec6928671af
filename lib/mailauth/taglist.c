/* taglist.c - see mailauth/taglist.h */

#include "mailauth/taglist.h"

static bool
name_ok(struct sl_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = sl_ascii_lower(name.ptr[i]);
		bool letter = c >= 'a' && c <= 'z';

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
			return false;
	}
	return name.len > 0;
}

static bool
value_ok(struct sl_slice value)
{
	unsigned bad = 0;	/* no way out of the loop, so that it becomes a vector's */

	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.ptr[i];

		bad |= (unsigned)(c > 0x7e) | ((unsigned)(c < 0x20) & (unsigned)(c != '\t') &
		    (unsigned)(c != '\r') & (unsigned)(c != '\n'));
	}
	return bad == 0;
}

static int
tag_parse(struct sl_slice spec, struct sl_taglist *list)
{
	const unsigned char *equals = memchr(spec.ptr, '=', spec.len);
	struct sl_tag tag;

	if (equals == NULL)
		return SL_ERR_SYNTAX;
	tag.name = sl_slice_trim(sl_slice(spec.ptr, (size_t)(equals - spec.ptr)));
	tag.field = sl_slice_from(spec, (size_t)(equals - spec.ptr) + 1);
	tag.value = sl_slice_trim(tag.field);
	if (!name_ok(tag.name) || !value_ok(tag.value))
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < list->count; i++)
		if (sl_slice_eq(list->tags[i].name, tag.name))
			return SL_ERR_SYNTAX;
	if (list->count == SL_TAGLIST_MAX)
		return SL_ERR_FULL;
	list->tags[list->count++] = tag;
	return 0;
}

int
sl_taglist_parse(struct sl_slice in, struct sl_taglist *list_out)
{
	list_out->count = 0;
	while (in.len > 0) {
		const unsigned char *end = memchr(in.ptr, ';', in.len);
		size_t n = end == NULL ? in.len : (size_t)(end - in.ptr);
		int r;

		if (end == NULL && sl_slice_trim(in).len == 0)
			break;
		r = tag_parse(sl_slice(in.ptr, n), list_out);
		if (r < 0)
			return r;
		in = sl_slice_from(in, end == NULL ? n : n + 1);
	}
	return list_out->count > 0 ? 0 : SL_ERR_SYNTAX;
}

const struct sl_tag *
sl_taglist_find(const struct sl_taglist *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (sl_slice_eq(list->tags[i].name, sl_slice_str(name)))
			return &list->tags[i];
	return NULL;
}

struct sl_slice
sl_taglist_get(const struct sl_taglist *list, const char *name)
{
	const struct sl_tag *tag = sl_taglist_find(list, name);

	return tag == NULL ? sl_slice(NULL, 0) : tag->value;
}

bool
sl_taglist_item(struct sl_slice *value, struct sl_slice *item_out)
{
	const unsigned char *colon;
	size_t n;

	if (value->ptr == NULL)
		return false;
	colon = memchr(value->ptr, ':', value->len);
	n = colon == NULL ? value->len : (size_t)(colon - value->ptr);
	*item_out = sl_slice_trim(sl_slice(value->ptr, n));
	*value = colon == NULL ? sl_slice(NULL, 0) : sl_slice_from(*value, n + 1);
	return true;
}

enum {
	B64_NONE = 0,		/* not of base64; 1 to 64: a digit, its value and one */
	B64_SPACE = 65,
	B64_PAD,
};

static const unsigned char base64_values[256] = {
	[' '] = B64_SPACE, ['\t'] = B64_SPACE, ['\r'] = B64_SPACE, ['\n'] = B64_SPACE, ['='] = B64_PAD,
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26, ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44,
	45, 46, 47, 48, 49, 50, 51, 52, ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63,
	['/'] = 64,
};

/* Decode groups of four digits, as long as nothing else comes between them. Returns how many. */
static size_t
base64_groups(const unsigned char *p, size_t groups, unsigned char *out)
{
	size_t n;

	for (n = 0; n < groups; n++, p += 4, out += 3) {
		/* What is no digit has a value of 64 or more once one is taken off. */
		uint32_t a = (uint32_t)base64_values[p[0]] - 1, b = (uint32_t)base64_values[p[1]] - 1,
		    c = (uint32_t)base64_values[p[2]] - 1, d = (uint32_t)base64_values[p[3]] - 1;

		if ((a | b | c | d) > 63)
			break;
		a = a << 18 | b << 12 | c << 6 | d;
		out[0] = (unsigned char)(a >> 16);
		out[1] = (unsigned char)(a >> 8);
		out[2] = (unsigned char)a;
	}
	return n;
}

bool
sl_base64_decode(struct sl_slice text, unsigned char *out, size_t out_size, size_t *len_out)
{
	unsigned digits = 0, pads = 0;
	uint32_t bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (digits % 4 == 0 && pads == 0) {
			size_t groups = base64_groups(text.ptr + i,
			    SL_MIN((text.len - i) / 4, (out_size - n) / 3), out + n);

			n += 3 * groups;
			i += 4 * groups;
			if (i == text.len)
				break;
		}
		unsigned char value = base64_values[text.ptr[i]];

		if (value == B64_SPACE)
			continue;
		if (value == B64_PAD) {
			pads++;
			continue;
		}
		if (value == B64_NONE || pads > 0)
			return false;
		bits = bits << 6 | (value - 1u);
		if (++digits % 4 == 1)
			continue;
		if (n == out_size)
			return false;
		out[n++] = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	*len_out = n;
	return digits % 4 != 1 && (pads == 0 || (digits + pads) % 4 == 0) && pads <= 2;
}

void
sl_base64_encode(struct sl_slice bytes, struct sl_buf *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = SL_MIN(bytes.len - i, (size_t)3);
		uint32_t b = (uint32_t)bytes.ptr[i] << 16 | (left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0) |
		    (left > 2 ? bytes.ptr[i + 2] : 0);

		sl_buf_add_byte(out, (unsigned char)letters[b >> 18]);
		sl_buf_add_byte(out, (unsigned char)letters[b >> 12 & 63]);
		sl_buf_add_byte(out, left > 1 ? (unsigned char)letters[b >> 6 & 63] : '=');
		sl_buf_add_byte(out, left > 2 ? (unsigned char)letters[b & 63] : '=');
	}
}
