/* spf_record.c - the terms of an SPF record (RFC 7208, 4.6.1, 5, 6) */

#include "mailauth/spf_i.h"

#include <arpa/inet.h>

/* What may stand behind a mechanism's name. */
enum spf_shape {
	SHAPE_NONE,		/* nothing: all */
	SHAPE_SPEC,		/* ":" domain-spec */
	SHAPE_MAYBE_SPEC,	/* [ ":" domain-spec ] */
	SHAPE_SPEC_CIDR,	/* [ ":" domain-spec ] [ dual-cidr-length ] */
	SHAPE_NETWORK,		/* ":" network [ cidr-length ] */
	SHAPE_MODIFIER,		/* "=" domain-spec */
};

static const struct {
	const char	*name;
	enum spf_kind	 kind;
	enum spf_shape	 shape;
} kinds[] = {
	{ "all", SPF_ALL, SHAPE_NONE },
	{ "include", SPF_INCLUDE, SHAPE_SPEC },
	{ "a", SPF_A, SHAPE_SPEC_CIDR },
	{ "mx", SPF_MX, SHAPE_SPEC_CIDR },
	{ "ptr", SPF_PTR, SHAPE_MAYBE_SPEC },
	{ "ip4", SPF_IP4, SHAPE_NETWORK },
	{ "ip6", SPF_IP6, SHAPE_NETWORK },
	{ "exists", SPF_EXISTS, SHAPE_SPEC },
	{ "redirect", SPF_REDIRECT, SHAPE_MODIFIER },
	{ "exp", SPF_EXP, SHAPE_MODIFIER },
};

bool
spf_record_is(struct sl_slice txt, struct sl_slice *terms_out)
{
	const struct sl_slice version = SL_SLICE_LIT("v=spf1");

	if (!sl_slice_istarts(txt, version) || (txt.len > version.len && txt.ptr[version.len] != ' '))
		return false;
	*terms_out = sl_slice_from(txt, version.len);
	return true;
}

/* A length of bits: digits without a leading zero, at most `max`. */
static bool
prefix_parse(struct sl_slice s, unsigned max, unsigned *bits_out)
{
	uint64_t bits;

	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0') || sl_slice_to_u64(s, max, &bits) != 0)
		return false;
	*bits_out = (unsigned)bits;
	return true;
}

static size_t
digits_before(struct sl_slice s, size_t end)
{
	while (end > 0 && s.ptr[end - 1] >= '0' && s.ptr[end - 1] <= '9')
		end--;
	return end;
}

/*
 * Split a dual-cidr-length off the end of s. A domain-spec may hold "/", so only what looks
 * like one, slashes and digits up to the end, is taken; if it is none after all, false.
 */
static bool
dual_cidr_split(struct sl_slice *s, struct spf_term *term)
{
	size_t end = s->len, at = digits_before(*s, end);

	if (at >= 2 && at < end && s->ptr[at - 1] == '/' && s->ptr[at - 2] == '/') {
		if (!prefix_parse(sl_slice_from(*s, at), 128, &term->prefix6))
			return false;
		end = at - 2;
		at = digits_before(*s, end);
	}
	if (at >= 1 && at < end && s->ptr[at - 1] == '/') {
		if (!prefix_parse(sl_slice(s->ptr + at, end - at), 32, &term->prefix4))
			return false;
		end = at - 1;
	}
	s->len = end;
	return true;
}

/* ":" network [ "/" bits ], of ip4 or ip6. */
static bool
network_parse(struct sl_slice s, struct spf_term *term)
{
	bool six = term->kind == SPF_IP6;
	const unsigned char *slash = memchr(s.ptr, '/', s.len);
	struct sl_slice network = s;
	char text[INET6_ADDRSTRLEN];

	if (slash != NULL) {
		network.len = (size_t)(slash - s.ptr);
		if (!prefix_parse(sl_slice_from(s, network.len + 1), six ? 128 : 32,
		    six ? &term->prefix6 : &term->prefix4))
			return false;
	}
	if (network.len >= sizeof(text) || memchr(network.ptr, '\0', network.len) != NULL)
		return false;
	memcpy(text, network.ptr, network.len);
	text[network.len] = '\0';
	return inet_pton(six ? AF_INET6 : AF_INET, text, term->address) == 1;
}

/* What follows the name, by the mechanism's shape. */
static bool
arguments_parse(enum spf_shape shape, struct sl_slice rest, struct spf_term *term)
{
	bool colon;

	if (shape == SHAPE_SPEC_CIDR && !dual_cidr_split(&rest, term))
		return false;
	colon = rest.len > 0 && rest.ptr[0] == (shape == SHAPE_MODIFIER ? '=' : ':');
	if (colon)
		term->spec = sl_slice_from(rest, 1);
	else if (rest.len > 0)
		return false;
	switch (shape) {
	case SHAPE_NONE:
		return !colon;
	case SHAPE_SPEC:
	case SHAPE_MODIFIER:
		return colon && spf_domain_spec_ok(term->spec);
	case SHAPE_MAYBE_SPEC:
	case SHAPE_SPEC_CIDR:
		return !colon || spf_domain_spec_ok(term->spec);
	case SHAPE_NETWORK:
		return colon && network_parse(term->spec, term);
	}
	SL_UNREACHABLE("no such shape");
}

static bool
is_alpha(unsigned char c)
{
	return sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z';
}

/* The length of a name at the front: ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ). */
static size_t
name_length(struct sl_slice s)
{
	size_t n = 0;

	if (s.len == 0 || !is_alpha(s.ptr[0]))
		return 0;
	while (n < s.len && (is_alpha(s.ptr[n]) || (s.ptr[n] >= '0' && s.ptr[n] <= '9') ||
	    s.ptr[n] == '-' || s.ptr[n] == '_' || s.ptr[n] == '.'))
		n++;
	return n;
}

static enum sl_spf_result
qualifier_result(unsigned char c)
{
	switch (c) {
	case '-':
		return SL_SPF_FAIL;
	case '~':
		return SL_SPF_SOFTFAIL;
	case '?':
		return SL_SPF_NEUTRAL;
	default:
		return SL_SPF_PASS;
	}
}

static bool
term_parse(struct spf_term *term)
{
	struct sl_slice s = term->text, name;
	bool is_modifier, qualified = s.len > 0 && s.ptr[0] != '\0' && strchr("+-~?", s.ptr[0]) != NULL;

	if (qualified) {
		term->result = qualifier_result(s.ptr[0]);
		s = sl_slice_from(s, 1);
	}
	name = sl_slice(s.ptr, name_length(s));
	/* "a=b" is a modifier, whatever mechanism bears its name (RFC 7208, 12). */
	is_modifier = name.len < s.len && s.ptr[name.len] == '=';
	for (size_t i = 0; i < SL_COUNT(kinds); i++) {
		if (!sl_slice_ieq(name, sl_slice_str(kinds[i].name)) ||
		    (is_modifier && kinds[i].shape != SHAPE_MODIFIER))
			continue;
		if (kinds[i].shape == SHAPE_MODIFIER && qualified)
			return false;
		term->kind = kinds[i].kind;
		return arguments_parse(kinds[i].shape, sl_slice_from(s, name.len), term);
	}
	/* unknown-modifier = name "=" macro-string */
	term->kind = SPF_OTHER;
	return !qualified && name.len > 0 && is_modifier &&
	    spf_macro_string_ok(sl_slice_from(s, name.len + 1));
}

int
spf_term_next(struct sl_slice *terms, struct spf_term *term_out)
{
	size_t n = 0;

	while (terms->len > 0 && terms->ptr[0] == ' ')
		*terms = sl_slice_from(*terms, 1);
	if (terms->len == 0)
		return SL_DONE;
	while (n < terms->len && terms->ptr[n] != ' ')
		n++;
	*term_out = (struct spf_term){ .result = SL_SPF_PASS, .text = sl_slice(terms->ptr, n),
		.prefix4 = 32, .prefix6 = 128 };
	*terms = sl_slice_from(*terms, n);
	return term_parse(term_out) ? SL_MORE : SL_ERR_SYNTAX;
}
