/* reference.c - what follows '&': characters by name and number (HTML standard, 13.2.5.72 on) */

#include "html/entities_table.h"
#include "html/token_i.h"
#include "sl/utf8.h"

#include <endian.h>

#define HTML_NUMBER_MAX	0x110000u	/* one more than a character can be; larger ones count as it */

struct entity {
	char	name[HTML_HELD_MAX];	/* padded with NUL */
	char	text[8];		/* likewise */
};

static const struct entity entities[] = {
#define ENTITY_ROW(name, text) { name, text },
	HTML_ENTITIES(ENTITY_ROW)
#undef ENTITY_ROW
};

static const uint16_t starts['z' - 'A' + 2] = { HTML_ENTITY_STARTS };

/* A reference is text, or part of a value. */
static void
put(struct sl_html *h, struct sl_slice s)
{
	if (h->back == HTML_VALUE)
		html_add(h, s);
	else
		html_join_text(h, s);
}

static void
put_held(struct sl_html *h, size_t from)
{
	put(h, sl_slice(h->held + from, h->held_len - from));
}

/* After '&'. */
size_t
html_ampersand(struct sl_html *h, struct sl_slice in)
{
	h->held_len = 0;
	if (html_is_alpha(in.ptr[0]))	/* no name begins with a digit */
		return html_go_on(h, in, 0, HTML_NAMED, html_named);
	if (in.ptr[0] == '#')
		return html_go_on(h, in, 1, HTML_NUMBER, html_number);
	put(h, SL_SLICE_LIT("&"));
	return html_go(h, h->back, 0);
}

/* The first of [from, to), whose names agree in `at` bytes, with a byte there not below c. */
static size_t
lower_bound(size_t from, size_t to, size_t at, unsigned c)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if ((unsigned char)entities[middle].name[at] < c)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The longest name that begins what is held (a letter first), or NULL. */
static const struct entity *
longest_name(const struct sl_html *h, size_t *len_out)
{
	const struct entity *found = NULL;
	size_t from = starts[h->held[0] - 'A'], to = starts[h->held[0] - 'A' + 1];

	for (size_t at = 1; at < h->held_len; at++) {
		from = lower_bound(from, to, at, h->held[at]);
		to = lower_bound(from, to, at, h->held[at] + 1u);
		if (from == to)
			break;
		if (at + 1 == HTML_HELD_MAX || entities[from].name[at + 1] == '\0') {
			found = &entities[from];
			*len_out = at + 1;
		}
	}
	return found;
}

/* The first bytes of a name, as a number in the order of the table. */
static uint64_t
key_of(const void *name)
{
	uint64_t key;

	memcpy(&key, name, sizeof(key));
	return be64toh(key);
}

/* What is held, if it is a short name with its ';': nearly all references in mail are. Or NULL. */
static const struct entity *
short_name(struct sl_html *h)
{
	size_t from = starts[h->held[0] - 'A'], to = starts[h->held[0] - 'A' + 1];
	uint64_t key;

	if (h->held_len > sizeof(key) || h->held[h->held_len - 1] != ';')
		return NULL;
	memset(h->held + h->held_len, 0, sizeof(key));
	key = key_of(h->held);
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		uint64_t other = key_of(entities[middle].name);

		if (other == key)
			return &entities[middle];
		if (other < key)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* What is held is as much of a name as there is; `next` is the byte after it, NUL at the end. */
static void
resolve(struct sl_html *h, unsigned char next)
{
	size_t len = h->held_len;
	const struct entity *e = short_name(h);

	if (e == NULL)
		e = longest_name(h, &len);

	if (e != NULL && h->back == HTML_VALUE && h->held[len - 1] != ';') {
		/* In a value "&copy=" or "&copyx" is part of a query. */
		if (len < h->held_len)
			next = h->held[len];
		if (next == '=' || html_is_alpha(next) || html_is_digit(next))
			e = NULL;
	}
	if (e == NULL) {
		unsigned char text[1 + HTML_HELD_MAX] = "&";

		memcpy(text + 1, h->held, h->held_len);
		put(h, sl_slice(text, 1u + h->held_len));
	} else {
		put(h, sl_slice(e->text, strnlen(e->text, sizeof(e->text))));
		if (len < h->held_len)
			put_held(h, len);
	}
	h->state = h->back;
}

size_t
html_named(struct sl_html *h, struct sl_slice in)
{
	size_t n = 0;
	unsigned char c = 0;

	while (n < in.len && h->held_len < HTML_HELD_MAX) {
		c = in.ptr[n];
		if (!html_is_alpha(c) && !html_is_digit(c) && c != ';')
			break;
		h->held[h->held_len++] = c;
		n++;
		if (c == ';')
			break;
	}
	/* A name as long as can be ends in ';', so what comes after a full one is no matter. */
	if (c == ';' || h->held_len == HTML_HELD_MAX || n < in.len)
		resolve(h, n < in.len ? in.ptr[n] : 0);
	return n;
}

/* After "&#". */
size_t
html_number(struct sl_html *h, struct sl_slice in)
{
	h->number = 0;
	if (html_is_digit(in.ptr[0]))
		return html_go(h, HTML_DECIMAL, 0);
	if (in.ptr[0] == 'x' || in.ptr[0] == 'X') {
		h->held[h->held_len++] = in.ptr[0];
		return html_go(h, HTML_HEX_START, 1);
	}
	put(h, SL_SLICE_LIT("&#"));
	return html_go(h, h->back, 0);
}

/* 0 to 15, or 16. */
static unsigned
hex_value(unsigned char c)
{
	if (html_is_digit(c))
		return (unsigned)c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)c - 'a' + 10 : 16;
}

/* After "&#x". */
size_t
html_hex_start(struct sl_html *h, struct sl_slice in)
{
	if (hex_value(in.ptr[0]) < 16)
		return html_go(h, HTML_HEX, 0);
	put(h, SL_SLICE_LIT("&#"));
	put_held(h, 0);
	return html_go(h, h->back, 0);
}

/* The number is complete. Old pages meant windows-1252 by 128 to 159. */
static void
put_number(struct sl_html *h)
{
	static const uint16_t windows_1252[32] = {	/* 0: as numbered */
		0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
		0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
		0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
	};
	unsigned char utf8[4];
	uint32_t c = h->number;

	if (c >= 0x80 && c < 0xa0 && windows_1252[c - 0x80] != 0)
		c = windows_1252[c - 0x80];
	if (c == 0 || (c >= 0xd800 && c < 0xe000) || c >= HTML_NUMBER_MAX)
		put(h, HTML_REPLACEMENT);
	else
		put(h, sl_slice(utf8, sl_utf8_encode(c, utf8)));
	h->state = h->back;
}

static size_t
digits(struct sl_html *h, struct sl_slice in, unsigned base)
{
	for (size_t n = 0; n < in.len; n++) {
		unsigned value = hex_value(in.ptr[n]);

		if (value >= base) {
			put_number(h);
			return n + (in.ptr[n] == ';');
		}
		h->number = SL_MIN(h->number * base + value, HTML_NUMBER_MAX);
	}
	return in.len;
}

size_t
html_decimal(struct sl_html *h, struct sl_slice in)
{
	return digits(h, in, 10);
}

size_t
html_hex(struct sl_html *h, struct sl_slice in)
{
	return digits(h, in, 16);
}

/* The input ends here: give what it is, as if something else followed. */
void
html_end_reference(struct sl_html *h)
{
	if (h->state == HTML_NAMED) {
		resolve(h, 0);
	} else if (h->state == HTML_HEX || h->state == HTML_DECIMAL) {
		put_number(h);
	} else {
		put(h, h->state == HTML_AMPERSAND ? SL_SLICE_LIT("&") : SL_SLICE_LIT("&#"));
		if (h->state == HTML_HEX_START)
			put_held(h, 0);
		h->state = h->back;
	}
}
