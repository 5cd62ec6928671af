/* element.c - names of elements and attributes; see html/view_i.h */

#include "html/view_i.h"

static const struct {
	char		name[12];	/* padded with NUL */
	unsigned char	len;
} elements[] = {
#define ELEMENT_ROW(id, name, flags) [E_##id] = { name, sizeof(name) - 1 },
	ELEMENTS(ELEMENT_ROW)
#undef ELEMENT_ROW
};

/* Where those of a first letter begin: the next one is where they end. */
static const unsigned char starts[] = {
	E_A, E_B, E_CENTER, E_DIV, E_EM, E_FONT, E_HTML /* g: none */, E_HTML, E_I, E_KEYGEN /* j */,
	E_KEYGEN, E_LI, E_META, E_NOBR, E_OL, E_P, E_SPAN /* q */, E_SPAN /* r */, E_SPAN, E_TD,
	E_U, E_VIDEO, E_WBR, E_XMP, E_KNOWN /* y */, E_KNOWN /* z */, E_KNOWN,
};

enum element
element_find(struct sl_slice name)
{
	unsigned letter = (unsigned)name.ptr[0] - 'a';
	uint32_t hash = 0;

	if (letter < SL_COUNT(starts) - 1 && name.len <= sizeof(elements[0].name))
		for (unsigned i = starts[letter]; i < starts[letter + 1]; i++) {
			size_t n = 1;

			if (elements[i].len != name.len)
				continue;
			while (n < name.len && (unsigned char)elements[i].name[n] == name.ptr[n])
				n++;
			if (n == name.len)
				return (enum element)i;
		}
	for (size_t i = 0; i < name.len; i++)
		hash = hash * 31 + name.ptr[i];
	return (enum element)(E_OTHER + hash % (E_COUNT - E_OTHER));
}

const uint16_t element_flags_of[E_COUNT] = {
#define ELEMENT_FLAGS(id, name, flags) [E_##id] = flags,
	ELEMENTS(ELEMENT_FLAGS)
#undef ELEMENT_FLAGS
};

static const struct {
	char		name[12];
	unsigned char	len;
} names[] = {
#define ATTR_ROW(id, name) [ATTR_##id] = { name, sizeof(name) - 1 },
	ATTRS(ATTR_ROW)
#undef ATTR_ROW
};

/* Where those of a length begin. */
static const unsigned char lengths[] = {
	ATTR_ID, ATTR_ID, ATTR_ID, ATTR_SRC, ATTR_HREF, ATTR_STYLE, ATTR_HEIGHT, ATTR_BGCOLOR,
	ATTR_CODEBASE, ATTR_BACKGROUND /* 9: none */, ATTR_BACKGROUND, ATTR_PLACEHOLDER, ATTR_COUNT,
};

/* The first letters of those of a length: most attributes of mail are none of them. */
#define LETTER(c)	(1u << ((c) & 31))

static const uint32_t firsts[SL_COUNT(lengths)] = {
	[2] = LETTER('i'),
	[3] = LETTER('s') | LETTER('a') | LETTER('r'),
	[4] = LETTER('h') | LETTER('t') | LETTER('s') | LETTER('d') | LETTER('c') | LETTER('p') |
	    LETTER('l') | LETTER('o'),
	[5] = LETTER('s') | LETTER('c') | LETTER('w') | LETTER('m') | LETTER('v'),
	[6] = LETTER('h') | LETTER('a') | LETTER('m') | LETTER('s') | LETTER('p') | LETTER('l') |
	    LETTER('d') | LETTER('o'),
	[7] = LETTER('b') | LETTER('c') | LETTER('a'),
	[8] = LETTER('c') | LETTER('l'),
	[10] = LETTER('b') | LETTER('h') | LETTER('f') | LETTER('x'),
	[11] = LETTER('p'),
};

/* ATTR_COUNT if it does not matter. */
static enum attr
attr_find(struct sl_slice name)
{
	if (name.len + 1 >= SL_COUNT(lengths) || name.len == 0 ||
	    (firsts[name.len] & LETTER(name.ptr[0])) == 0)
		return ATTR_COUNT;
	for (unsigned i = lengths[name.len]; i < lengths[name.len + 1]; i++) {
		size_t n = 0;

		while (n < name.len && (unsigned char)names[i].name[n] == name.ptr[n])
			n++;
		if (n == name.len)
			return (enum attr)i;
	}
	return ATTR_COUNT;
}

/* "onclick" and its like: all names that begin so are, or may be one day. */
static bool
is_handler(struct sl_slice name)
{
	return name.len >= 5 && name.ptr[0] == 'o' && name.ptr[1] == 'n' &&
	    (unsigned char)(name.ptr[2] - 'a') < 26;
}

void
attrs_begin(struct attrs *attrs)
{
	attrs->given = attrs->cut = 0;
	attrs->handler = sl_slice(NULL, 0);
	sl_buf_reset(&attrs->kept);
}

/* A copy in attrs->kept; cut to what there is room for. The buffer has been given all its memory,
 * so that earlier copies stay where they are. */
static struct sl_slice
keep(struct attrs *attrs, struct sl_slice value)
{
	size_t from = attrs->kept.len;

	sl_buf_add(&attrs->kept, value.ptr, SL_MIN(value.len, attrs->kept.max_bytes - from));
	return sl_slice(attrs->kept.data + from, attrs->kept.len - from);
}

static void
kept_reserve(struct attrs *attrs)
{
	if (attrs->kept.data != NULL)
		return;
	attrs->kept.data = sl_xmalloc(attrs->kept.max_bytes + 1);
	attrs->kept.size_bytes = attrs->kept.max_bytes + 1;
}

void
attrs_take(struct attrs *attrs, const struct sl_html_tag *tag, bool copy)
{
	if (copy)
		kept_reserve(attrs);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		const struct sl_html_attr *attr = &tag->attrs[i];
		enum attr known = attr_find(attr->name);

		if (known == ATTR_COUNT) {
			if (attrs->handler.len == 0 && is_handler(attr->name))
				attrs->handler = copy ? keep(attrs, attr->name) : attr->name;
			continue;
		}
		if (attr_given(attrs, known))	/* the first one stands */
			continue;
		attrs->given |= 1ull << known;
		attrs->values[known] = copy ? keep(attrs, attr->value) : attr->value;
		if (attr->cut || attrs->values[known].len < attr->value.len)
			attrs->cut |= 1ull << known;
	}
}
