/* show.c - see show.h */

#include "digest/show.h"

#include "domain/idna.h"
#include "sl/utf8.h"

struct range {
	uint32_t	from, to;
};

static const struct range unseen[] = {	/* direction, zero width, fillers, tags */
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180e }, { 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};
static const struct range blank[] = {	/* white space, and what ends lines */
	{ 0x00, 0x20 }, { 0x7f, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f },
	{ 0x205f, 0x205f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
};
static const struct range marks[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
};
static const struct range wide[] = {	/* two columns */
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};
static const struct range latin_like[] = {	/* Greek, Cyrillic, Armenian, Cherokee, Lisu, mathematical letters */
	{ 0x0370, 0x03ff }, { 0x0400, 0x052f }, { 0x0531, 0x058a }, { 0x13a0, 0x13fd }, { 0x1c80, 0x1c8f },
	{ 0x2de0, 0x2dff }, { 0xa4d0, 0xa4ff }, { 0xa640, 0xa69f }, { 0xab70, 0xabbf }, { 0x1d400, 0x1d7ff },
};

static bool
in_ranges(uint32_t c, const struct range *ranges, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}
#define IN(c, ranges)	in_ranges((c), (ranges), SL_COUNT(ranges))

/* The next character of *text, which moves on; U+FFFD for a byte that is none. */
static uint32_t
next_character(struct sl_slice *text)
{
	uint32_t c;
	size_t n = sl_utf8_decode(*text, &c);

	*text = sl_slice_from(*text, n == 0 ? 1 : n);
	return n == 0 ? 0xfffd : c;
}

static size_t
width_of(uint32_t c)
{
	return IN(c, marks) ? 0 : IN(c, wide) ? 2 : 1;
}

/* Text made fit to be shown, a character at a time. */
struct shower {
	struct sl_slice	rest;
	unsigned	marks;		/* on the letter at hand */
	bool		begun;		/* something was given: a space may follow */
	bool		space;		/* one is due, if anything follows it */
	bool		held;		/* `c` is to be given, behind the space */
	uint32_t	c;
};

static bool
shower_next(struct shower *s, uint32_t *c_out)
{
	while (!s->held && s->rest.len > 0) {
		uint32_t c = next_character(&s->rest);

		if (IN(c, unseen))
			continue;
		if (IN(c, blank)) {
			s->space = s->begun;
			continue;
		}
		s->marks = IN(c, marks) ? s->marks + 1 : 0;
		s->held = s->marks <= SL_SHOW_MARKS;
		s->c = c;
	}
	if (!s->held)
		return false;
	s->begun = true;
	if (s->space) {
		s->space = false;
		*c_out = ' ';
		return true;
	}
	s->held = false;
	*c_out = s->c;
	return true;
}

static size_t
columns_of(struct sl_slice text, size_t enough)
{
	struct shower s = { .rest = text };
	size_t columns = 0;
	uint32_t c;

	while (columns <= enough && shower_next(&s, &c))
		columns += width_of(c);
	return columns;
}

/* ---- what is dangerous in a word ---- */

static bool	is_letter(uint32_t c);

/* Would a mail program make a link of it? */
static bool
is_link(struct sl_slice word)
{
	const unsigned char *dot = memchr(word.ptr, '.', word.len);

	return sl_slice_istarts(word, SL_SLICE_LIT("www.")) || memmem(word.ptr, word.len, "://", 3) != NULL ||
	    (dot != NULL && memchr(dot, '/', (size_t)(word.ptr + word.len - dot)) != NULL);
}

/* Add a word: a link's dots, and letters that pass for Latin ones among these, in brackets. Columns as added. */
static size_t
put_word(struct sl_slice word, struct sl_buf *out)
{
	bool link = is_link(word), mixed = sl_show_is_mixed(word);
	size_t before = out->len;

	if (!link && !mixed) {
		sl_buf_add_slice(out, word);
		return sl_show_width(word);
	}
	while (word.len > 0) {
		struct sl_slice from = word;
		uint32_t c = next_character(&word);
		bool bracket = (link && c == '.') || (mixed && IN(c, latin_like));

		if (bracket)
			sl_buf_add_byte(out, '[');
		sl_buf_add(out, from.ptr, from.len - word.len);
		if (bracket)
			sl_buf_add_byte(out, ']');
	}
	return sl_show_width(sl_slice(out->data + before, out->len - before));
}

size_t
sl_show_text(struct sl_slice text, size_t columns, struct sl_buf *out)
{
	bool cut = columns > 0 && columns_of(text, columns) > columns;
	struct shower s = { .rest = text };
	size_t used = 0, room = cut ? columns - 1 : SIZE_MAX, added = 0;
	struct sl_buf word;
	unsigned char utf8[4];
	uint32_t c;

	sl_buf_init(&word, out->max_bytes);
	while (shower_next(&s, &c) && used + width_of(c) <= room) {
		used += width_of(c);
		if (c == ' ') {
			added += put_word(sl_buf_slice(&word), out) + 1;
			sl_buf_add_byte(out, ' ');
			sl_buf_reset(&word);
		} else {
			sl_buf_add(&word, utf8, sl_utf8_encode(c, utf8));
		}
	}
	if (word.len > 0)
		added += put_word(sl_buf_slice(&word), out);
	if (cut)
		sl_buf_add_str(out, "…");
	sl_buf_fini(&word);
	return added + (cut ? 1 : 0);
}

size_t
sl_show_width(struct sl_slice text)
{
	size_t columns = 0;

	while (text.len > 0)
		columns += width_of(next_character(&text));
	return columns;
}

/* What stands behind the last '@'; empty: none. */
static struct sl_slice
domain_of(struct sl_slice address)
{
	size_t at = address.len;

	while (at > 0 && address.ptr[at - 1] != '@')
		at--;
	return at == 0 ? sl_slice(NULL, 0) : sl_slice_from(address, at);
}

void
sl_show_address(struct sl_slice address, size_t columns, struct sl_buf *out)
{
	struct sl_slice domain = domain_of(address);
	char ascii[SL_DNS_NAME_MAX + 1];
	bool plain = true;

	for (size_t i = 0; i < domain.len; i++)
		plain &= domain.ptr[i] < 0x80;
	if (!plain && sl_domain_ascii(domain, ascii)) {
		struct sl_buf whole;

		sl_buf_init(&whole, address.len + sizeof(ascii));
		sl_buf_add(&whole, address.ptr, address.len - domain.len);
		sl_buf_add_str(&whole, ascii);
		sl_show_text(sl_buf_slice(&whole), columns, out);
		sl_buf_fini(&whole);
		return;
	}
	sl_show_text(address, columns, out);
}

/* ---- tricks ---- */

static bool
is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
sl_show_is_mixed(struct sl_slice text)
{
	bool latin = false, alike = false;

	while (text.len > 0) {
		uint32_t c = next_character(&text);

		if (IN(c, blank) || (c < 0x80 && !is_letter(c) && c != '-' && !(c >= '0' && c <= '9'))) {
			latin = alike = false;
			continue;
		}
		latin |= is_letter(c);
		alike |= IN(c, latin_like);
		if (latin && alike)
			return true;
	}
	return false;
}

/* Is there a word in it that reads as a domain, "a.bc", and is not `domain` or something below or above it? */
static bool
names_other_domain(struct sl_slice name, struct sl_slice domain)
{
	for (size_t i = 0; i < name.len;) {
		size_t from = i, dot = 0;
		struct sl_slice word;

		while (i < name.len && (is_letter(name.ptr[i]) || name.ptr[i] == '.' || name.ptr[i] == '-' ||
		    (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] >= 0x80)) {
			if (name.ptr[i] == '.')
				dot = i;
			i++;
		}
		word = sl_slice(name.ptr + from, i - from);
		if (i == from) {
			i++;
			continue;
		}
		/* Its last label is of letters, two of them at least, and all has no blank: "J. R. Ewing" is a name. */
		if (dot == 0 || dot <= from + 1 || i - dot < 3 || !is_letter(name.ptr[dot + 1]))
			continue;
		if (word.len <= domain.len && sl_slice_ieq(word, sl_slice_from(domain, domain.len - word.len)))
			continue;
		if (word.len > domain.len && domain.len > 0 &&
		    sl_slice_ieq(domain, sl_slice_from(word, word.len - domain.len)))
			continue;
		return true;
	}
	return false;
}

unsigned
sl_show_tricks(struct sl_slice name, struct sl_slice address)
{
	unsigned tricks = 0;

	if (!sl_slice_ieq(sl_slice_trim(name), address) && ((name.len > 0 && memchr(name.ptr, '@', name.len) != NULL) ||
	    names_other_domain(name, domain_of(address))))
		tricks |= SL_SHOW_NAME_ADDRESS;
	if (sl_show_is_mixed(name) || sl_show_is_mixed(address))
		tricks |= SL_SHOW_MIXED;
	return tricks;
}

/* ---- forms ---- */

void
sl_show_html(struct sl_slice text, struct sl_buf *out)
{
	for (size_t i = 0; i < text.len; i++)
		switch (text.ptr[i]) {
		case '&': sl_buf_add_str(out, "&amp;"); break;
		case '<': sl_buf_add_str(out, "&lt;"); break;
		case '>': sl_buf_add_str(out, "&gt;"); break;
		case '"': sl_buf_add_str(out, "&quot;"); break;
		case '\'': sl_buf_add_str(out, "&#39;"); break;
		default: sl_buf_add_byte(out, text.ptr[i]);
		}
}

void
sl_show_percent(struct sl_slice text, struct sl_buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.ptr[i];

		if (is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
			sl_buf_add_byte(out, c);
		else
			sl_buf_addf(out, "%%%02X", c);
	}
}

void
sl_show_wrapped(struct sl_slice text, size_t at, size_t indent, size_t columns, struct sl_buf *out)
{
	bool first = true;

	while (text.len > 0) {
		const unsigned char *space = memchr(text.ptr, ' ', text.len);
		struct sl_slice word = sl_slice(text.ptr, space == NULL ? text.len : (size_t)(space - text.ptr));
		size_t width = sl_show_width(word);

		if (!first && at + 1 + width > columns) {
			sl_buf_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			sl_buf_add_byte(out, ' ');
			at++;
		}
		sl_buf_add_slice(out, word);
		at += width;
		first = false;
		text = sl_slice_from(text, space == NULL ? text.len : word.len + 1);
	}
}
