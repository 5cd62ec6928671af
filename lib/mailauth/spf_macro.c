/* spf_macro.c - macros in SPF records (RFC 7208, 7) */

#include "mailauth/spf_i.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#define VALUE_MAX	512	/* longest value of a letter: a sender, an address in nibbles */
#define TAIL_KEPT	1024	/* of a name being expanded: it is cut to its last 253 in the end */

/* One piece of a macro-string. */
struct piece {
	struct sl_slice	literal;	/* or, when letter is not 0: */
	unsigned char	letter;		/* lower case */
	bool		url_escape;	/* it was upper case */
	bool		reverse;
	unsigned	keep;		/* rightmost parts; 0: all */
	struct sl_slice	delimiters;	/* empty: "." */
};

/* In explanations only (RFC 7208, 7.2). */
static bool
letter_is_for_text(unsigned char c)
{
	return c == 'c' || c == 'r' || c == 't';
}

/* "%{" letter [digits] ["r"] *delimiter "}", s starting behind the brace. Returns the length
 * including the closing brace, 0 if it is none. */
static size_t
macro_parse(struct sl_slice s, struct piece *piece)
{
	size_t i = 1, digits;

	if (s.len < 2 || s.ptr[0] == '\0' || strchr("slodiphcrtv", sl_ascii_lower(s.ptr[0])) == NULL)
		return 0;
	*piece = (struct piece){ .letter = sl_ascii_lower(s.ptr[0]) };
	piece->url_escape = piece->letter != s.ptr[0];
	for (digits = i; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		piece->keep = SL_MIN(piece->keep * 10 + (s.ptr[i] - '0'), 1000u);
	if (i > digits && piece->keep == 0)
		return 0;	/* RFC 7208, 7.1: MUST be nonzero */
	if (i < s.len && sl_ascii_lower(s.ptr[i]) == 'r') {
		piece->reverse = true;
		i++;
	}
	piece->delimiters.ptr = s.ptr + i;
	while (i < s.len && s.ptr[i] != '\0' && strchr(".-+,/_=", s.ptr[i]) != NULL)
		i++;
	piece->delimiters.len = (size_t)(s.ptr + i - piece->delimiters.ptr);
	return i < s.len && s.ptr[i] == '}' ? i + 1 : 0;
}

/* Take the piece at the front of a non-empty s. False if there is none. */
static bool
piece_next(struct sl_slice *s, bool is_text, struct piece *piece)
{
	size_t n = 0;

	*piece = (struct piece){ 0 };
	while (n < s->len && s->ptr[n] > (is_text ? 0x1f : 0x20) && s->ptr[n] < 0x7f && s->ptr[n] != '%')
		n++;
	if (n > 0) {
		piece->literal = sl_slice(s->ptr, n);
	} else if (s->len < 2 || s->ptr[0] != '%') {
		return false;
	} else if (s->ptr[1] == '{') {
		n = macro_parse(sl_slice_from(*s, 2), piece);
		if (n == 0 || (letter_is_for_text(piece->letter) && !is_text))
			return false;
		n += 2;
	} else {
		n = 2;
		if (s->ptr[1] == '%')
			piece->literal = SL_SLICE_LIT("%");
		else if (s->ptr[1] == '_')
			piece->literal = SL_SLICE_LIT(" ");
		else if (s->ptr[1] == '-')
			piece->literal = SL_SLICE_LIT("%20");
		else
			return false;
	}
	*s = sl_slice_from(*s, n);
	return true;
}

bool
spf_macro_string_ok(struct sl_slice spec)
{
	struct piece piece;

	while (spec.len > 0)
		if (!piece_next(&spec, false, &piece))
			return false;
	return true;
}

bool
spf_macro_wants_p(struct sl_slice spec)
{
	struct piece piece;

	while (spec.len > 0 && piece_next(&spec, true, &piece))
		if (piece.letter == 'p')
			return true;
	return false;
}

/* toplabel: letters, digits and inner hyphens, and not digits alone. */
static bool
toplabel_ok(struct sl_slice s)
{
	bool other = false;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = sl_ascii_lower(s.ptr[i]);

		if (c < '0' || c > '9') {
			if (!(c >= 'a' && c <= 'z') && c != '-')
				return false;
			other = true;
		}
	}
	return s.len > 0 && other && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

/* domain-spec = macro-string ( "." toplabel [ "." ] / macro-expand ) */
bool
spf_domain_spec_ok(struct sl_slice spec)
{
	struct sl_slice rest = spec, last = { 0 };
	struct piece piece = { 0 };
	const unsigned char *dot;

	while (rest.len > 0) {
		last = rest;
		if (!piece_next(&rest, false, &piece))
			return false;
	}
	if (last.len == 0 || last.ptr[0] == '%')
		return last.len > 0;
	if (last.ptr[last.len - 1] == '.')
		last.len--;
	dot = memrchr(last.ptr, '.', last.len);
	return dot != NULL && toplabel_ok(sl_slice_from(last, (size_t)(dot + 1 - last.ptr)));
}

/* %{i}: dotted quad, or 32 dotted nibbles. Upper case, as the published tests have it. */
static struct sl_slice
address_dotted(const struct spf_macros *macros, char *out, size_t size_bytes)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	SL_ASSERT(size_bytes >= 64);
	if (!macros->is_ipv6)
		return sl_slice_str(inet_ntop(AF_INET, macros->address, out, (socklen_t)size_bytes));
	for (size_t i = 0; i < 16; i++) {
		out[n++] = hex[macros->address[i] >> 4];
		out[n++] = '.';
		out[n++] = hex[macros->address[i] & 0xf];
		out[n++] = '.';
	}
	return sl_slice(out, n - 1);
}

static struct sl_slice
letter_value(const struct spf_macros *macros, unsigned char letter, char scratch[VALUE_MAX])
{
	switch (letter) {
	case 's':
		snprintf(scratch, VALUE_MAX, SL_SLICE_FMT "@" SL_SLICE_FMT, SL_SLICE_ARG(macros->local),
		    SL_SLICE_ARG(macros->sender_domain));
		return sl_slice_str(scratch);
	case 'l':
		return macros->local;
	case 'o':
		return macros->sender_domain;
	case 'd':
		return macros->domain;
	case 'i':
		return address_dotted(macros, scratch, VALUE_MAX);
	case 'p':
		return macros->validated.len > 0 ? macros->validated : SL_SLICE_LIT("unknown");
	case 'v':
		return macros->is_ipv6 ? SL_SLICE_LIT("ip6") : SL_SLICE_LIT("in-addr");
	case 'h':
		return macros->helo;
	case 'c':
		return sl_slice_str(inet_ntop(macros->is_ipv6 ? AF_INET6 : AF_INET, macros->address,
		    scratch, VALUE_MAX));
	case 'r':
		return macros->receiver.len > 0 ? macros->receiver : SL_SLICE_LIT("unknown");
	case 't':
		snprintf(scratch, VALUE_MAX, "%" PRId64, macros->now_s);
		return sl_slice_str(scratch);
	}
	SL_UNREACHABLE("no such macro letter");
}

static bool
is_delimiter(const struct piece *piece, unsigned char c)
{
	return piece->delimiters.len == 0 ? c == '.' :
	    memchr(piece->delimiters.ptr, c, piece->delimiters.len) != NULL;
}

static void
add_part(struct sl_buf *out, struct sl_slice part, bool url_escape)
{
	for (size_t i = 0; i < part.len; i++) {
		unsigned char c = part.ptr[i], l = sl_ascii_lower(c);

		/* RFC 3986, 2.3: unreserved */
		if (!url_escape || (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_' || c == '~')
			sl_buf_add_byte(out, c);
		else
			sl_buf_addf(out, "%%%02X", c);
	}
}

/* Split the value at the delimiters, perhaps reverse, keep the rightmost, join with dots. */
static void
add_macro(struct sl_buf *out, const struct spf_macros *macros, const struct piece *piece)
{
	struct { uint16_t at, len; } parts[VALUE_MAX + 1], *p;
	char scratch[VALUE_MAX];
	struct sl_slice value = letter_value(macros, piece->letter, scratch);
	size_t n = 0, from = 0, first;

	value.len = SL_MIN(value.len, (size_t)VALUE_MAX);
	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && !is_delimiter(piece, value.ptr[i]))
			continue;
		parts[n].at = (uint16_t)from;
		parts[n++].len = (uint16_t)(i - from);
		from = i + 1;
	}
	first = piece->keep > 0 && piece->keep < n ? n - piece->keep : 0;
	for (size_t i = first; i < n; i++) {
		p = &parts[piece->reverse ? n - 1 - i : i];
		if (i > first)
			sl_buf_add_byte(out, '.');
		add_part(out, sl_slice(value.ptr + p->at, p->len), piece->url_escape);
	}
}

/* Expand the next piece of *spec onto out. False if it is not well-formed. */
static bool
expand_next(const struct spf_macros *macros, struct sl_slice *spec, bool is_text, struct sl_buf *out)
{
	struct piece piece;

	if (!piece_next(spec, is_text, &piece))
		return false;
	if (piece.letter == 0)
		sl_buf_add_slice(out, piece.literal);
	else
		add_macro(out, macros, &piece);
	return true;
}

bool
spf_expand_name(const struct spf_macros *macros, struct sl_slice spec,
    char name_out[SL_DNS_NAME_MAX + 1])
{
	struct sl_slice name;
	struct sl_buf out;
	bool ok;

	sl_buf_init(&out, 2 * SL_SPF_RECORD_MAX + 4 * VALUE_MAX);
	while (spec.len > 0) {
		if (!expand_next(macros, &spec, false, &out))
			SL_UNREACHABLE("expanding what was not checked");
		if (out.len > SL_SPF_RECORD_MAX)
			sl_buf_consume(&out, out.len - TAIL_KEPT);
	}
	SL_ASSERT(!out.overflow);
	name = sl_buf_slice(&out);
	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	while (name.len > SL_DNS_NAME_MAX) {	/* drop labels on the left */
		const unsigned char *dot = memchr(name.ptr, '.', name.len);

		name = dot == NULL ? sl_slice(NULL, 0) : sl_slice_from(name, (size_t)(dot + 1 - name.ptr));
	}
	ok = sl_dns_name_copy(name_out, name);
	sl_buf_fini(&out);
	return ok;
}

bool
spf_expand_text(const struct spf_macros *macros, struct sl_slice text, struct sl_buf *out)
{
	while (text.len > 0)
		if (!expand_next(macros, &text, true, out) || out->overflow)
			return false;
	return true;
}
