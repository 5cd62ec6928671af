/* address.c - see address.h */

#include "smtp/address.h"
#include "sl/utf8.h"
#include "smtp/char_i.h"

#include <arpa/inet.h>

#define LOCAL_MAX	64	/* octets; RFC 5321, 4.5.3.1.1 */
#define DOMAIN_MAX	255	/* 4.5.3.1.2 */
#define PATH_MAX_BYTES	256	/* with its punctuation; 4.5.3.1.3 */
#define LABEL_MAX	63	/* RFC 1035, 2.3.4 */

#define V	SMTP_VALUE
#define VA	(SMTP_VALUE | SMTP_ATEXT)
#define VAL	(VA | SMTP_LABEL)
#define VALK	(VAL | SMTP_KEYWORD)
const unsigned char sl_smtp_char[256] = {
	['!'] = VA, ['"'] = V, ['#' ... '\''] = VA, ['(' ... ')'] = V, ['*' ... '+'] = VA,
	[','] = V, ['-'] = VALK, ['.'] = V, ['/'] = VA, ['0' ... '9'] = VALK,
	[':' ... '<'] = V, ['='] = SMTP_ATEXT, ['>'] = V, ['?'] = VA, ['@'] = V,
	['A' ... 'Z'] = VALK, ['[' ... ']'] = V, ['^'] = VA, ['_'] = VAL, ['`'] = VA,
	['a' ... 'z'] = VALK, ['{' ... '~'] = VA,
};
#undef V
#undef VA
#undef VAL
#undef VALK

/* What is still to be read. The take_* functions move p past what they name and say whether it
 * stood there; where it did not, p may be anywhere. */
struct cursor {
	const unsigned char	*p;
	const unsigned char	*end;
	bool			 is_utf8;	/* a character above 0x7f was taken */
};

static bool
take_byte(struct cursor *c, unsigned char byte)
{
	if (c->p == c->end || *c->p != byte)
		return false;
	c->p++;
	return true;
}

static bool
take_utf8(struct cursor *c, uint32_t *c_out)
{
	size_t n = sl_utf8_decode(sl_slice(c->p, (size_t)(c->end - c->p)), c_out);

	c->p += n;
	c->is_utf8 = true;
	return n > 1;
}

/* Atom = 1*atext, with RFC 6531's UTF8-non-ascii. */
static bool
take_atom(struct cursor *c)
{
	const unsigned char *start = c->p;
	uint32_t unused;

	for (;;) {
		while (c->p < c->end && sl_smtp_char[*c->p] & SMTP_ATEXT)
			c->p++;
		if (c->p == c->end || *c->p < 0x80)
			return c->p > start;
		if (!take_utf8(c, &unused))
			return false;
	}
}

static bool
is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE. A quoted pair stays ASCII (RFC 6531, 3.3). */
static bool
take_quoted(struct cursor *c)
{
	uint32_t unused;

	c->p++;
	while (c->p < c->end) {
		unsigned char byte = *c->p;

		if (byte >= 0x80) {
			if (!take_utf8(c, &unused))
				return false;
			continue;
		}
		if (!is_printable(byte))
			return false;
		c->p++;
		if (byte == '"')
			return true;
		if (byte == '\\' && (c->p == c->end || !is_printable(*c->p++)))
			return false;
	}
	return false;
}

static bool
take_local(struct cursor *c)
{
	if (c->p < c->end && *c->p == '"')
		return take_quoted(c);
	do {
		if (!take_atom(c))
			return false;
	} while (take_byte(c, '.'));
	return true;
}

/* Characters that no U-label has and that some software reads as a dot, as space or not at all
 * (RFC 5892; UTS 46). The full check of a label belongs to who converts it. */
static bool
never_in_label(uint32_t c)
{
	return c < 0xa1 || c == 0xad || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) ||
	    (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
	    (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0x3002 || c == 0xfeff ||
	    c == 0xff0e || c == 0xff61 || (c >= 0xfff9 && c <= 0xffff);
}

/* sub-domain = Let-dig [Ldh-str], or a U-label. Of a U-label the characters are counted: each
 * takes at least one octet of its A-label. */
static bool
take_label(struct cursor *c)
{
	const unsigned char *start = c->p;
	size_t length = 0;
	uint32_t character;

	for (; c->p < c->end; length++) {
		if (sl_smtp_char[*c->p] & SMTP_LABEL)
			c->p++;
		else if (*c->p < 0x80)
			break;
		else if (!take_utf8(c, &character) || never_in_label(character))
			return false;
	}
	return length > 0 && length <= LABEL_MAX && *start != '-' && c->p[-1] != '-';
}

static bool
take_domain(struct cursor *c)
{
	do {
		if (!take_label(c))
			return false;
	} while (take_byte(c, '.'));
	return true;
}

/* IPv4-address-literal = Snum 3("." Snum); Snum = 1*3DIGIT, 0 to 255. */
static bool
is_ipv4(struct sl_slice s)
{
	unsigned numbers = 0;
	size_t i = 0;

	while (numbers < 4) {
		unsigned value = 0, digits = 0;

		for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9' && digits < 4; i++, digits++)
			value = value * 10 + s.ptr[i] - '0';
		if (digits == 0 || digits > 3 || value > 255)
			return false;
		if (++numbers < 4 && (i == s.len || s.ptr[i++] != '.'))
			return false;
	}
	return i == s.len;
}

/* IPv6-addr. "::" may stand for a single group, as RFC 4291 has it. */
static bool
is_ipv6(struct sl_slice s)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char unused[16];

	if (s.len >= sizeof(text) || memchr(s.ptr, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET6, text, unused) == 1;
}

/* address-literal. A General-address-literal needs a registered tag, and only IPv6 is one. */
static bool
take_literal(struct cursor *c)
{
	static const struct sl_slice tag = { (const unsigned char *)"IPv6:", 5 };
	const unsigned char *close = memchr(c->p, ']', (size_t)(c->end - c->p));
	struct sl_slice inner;

	if (close == NULL)
		return false;
	inner = sl_slice(c->p + 1, (size_t)(close - c->p) - 1);
	c->p = close + 1;
	return sl_slice_istarts(inner, tag) ? is_ipv6(sl_slice_from(inner, tag.len)) :
	    is_ipv4(inner);
}

/* Mailbox = Local-part "@" ( Domain / address-literal ); or the one local part that a path may
 * have alone. Lengths are looked at by the caller. */
static bool
take_mailbox(struct cursor *c, bool postmaster_allowed, struct sl_smtp_address *address)
{
	const unsigned char *start = c->p, *at;

	c->is_utf8 = false;
	if (!take_local(c))
		return false;
	at = c->p;
	*address = (struct sl_smtp_address){ .local = sl_slice(start, (size_t)(at - start)) };
	if (take_byte(c, '@')) {
		address->is_literal = c->p < c->end && *c->p == '[';
		if (!(address->is_literal ? take_literal(c) : take_domain(c)))
			return false;
		address->domain = sl_slice(at + 1, (size_t)(c->p - at) - 1);
	} else if (!postmaster_allowed ||
	    !sl_slice_ieq(address->local, SL_SLICE_LIT("postmaster"))) {
		return false;
	}
	address->mailbox = sl_slice(start, (size_t)(c->p - start));
	address->is_utf8 = c->is_utf8;
	return true;
}

/* A-d-l ":", RFC 5321's way of writing a source route. */
static bool
take_route(struct cursor *c)
{
	do {
		if (!take_byte(c, '@') || !take_domain(c))
			return false;
	} while (take_byte(c, ','));
	return take_byte(c, ':');
}

static int
check_lengths(const struct sl_smtp_address *address, size_t path_bytes)
{
	return address->local.len > LOCAL_MAX || address->domain.len > DOMAIN_MAX ||
	    path_bytes > PATH_MAX_BYTES ? SL_ERR_TOO_LONG : SL_DONE;
}

int
sl_smtp_path_parse(struct sl_slice in, struct sl_smtp_address *address_out, size_t *used_out)
{
	struct sl_smtp_address address;
	struct cursor c;
	bool routed;

	if (in.len == 0 || *in.ptr != '<')
		return SL_ERR_SYNTAX;
	c = (struct cursor){ in.ptr + 1, in.ptr + in.len, false };
	if (take_byte(&c, '>')) {
		*address_out = (struct sl_smtp_address){ .is_null = true };
		*used_out = 2;
		return SL_DONE;
	}
	routed = c.p < c.end && *c.p == '@';
	if ((routed && !take_route(&c)) || !take_mailbox(&c, !routed, &address) ||
	    !take_byte(&c, '>'))
		return SL_ERR_SYNTAX;
	*address_out = address;
	*used_out = (size_t)(c.p - in.ptr);
	return check_lengths(&address, *used_out);
}

int
sl_smtp_mailbox_parse(struct sl_slice in, struct sl_smtp_address *address_out)
{
	struct cursor c;

	if (in.len == 0)
		return SL_ERR_SYNTAX;
	c = (struct cursor){ in.ptr, in.ptr + in.len, false };
	if (!take_mailbox(&c, false, address_out) || c.p != c.end)
		return SL_ERR_SYNTAX;
	return check_lengths(address_out, in.len + 2);	/* what it will be in a path */
}

bool
sl_smtp_domain_ok(struct sl_slice in, bool literal)
{
	struct cursor c;

	if (in.len == 0 || in.len > DOMAIN_MAX)
		return false;
	c = (struct cursor){ in.ptr, in.ptr + in.len, false };
	return (literal && *in.ptr == '[' ? take_literal(&c) : take_domain(&c)) && c.p == c.end;
}
