/* authres.c - see mailauth/authres.h */

#include "mailauth/authres.h"
#include "mailauth/cfws.h"

/* ---- reading ---- */

static bool
is_token_byte(unsigned char c)
{
	return c > 0x20 && c != 0x7f && memchr("()<>@,;:\\\"/[]?=", c, 15) == NULL;
}

/* Bytes of a property's value: a token, or local@domain, an address, a date. */
static bool
is_value_byte(unsigned char c)
{
	return c > 0x20 && c != 0x7f && c != ';' && c != '(' && c != ')' && c != '"';
}

/* Take a run of such bytes, or a quoted string, off the front. False: there is none. */
static bool
word_take(struct sl_slice *in, bool (*wanted)(unsigned char), struct sl_slice *word_out)
{
	size_t n = 0;

	if (in->len > 0 && in->ptr[0] == '"') {
		n = sl_quoted_length(*in);
	} else {
		while (n < in->len && wanted(in->ptr[n]))
			n++;
	}
	*word_out = sl_slice(in->ptr, n);
	*in = sl_slice_from(*in, n);
	return n > 0;
}

static bool
sign_take(struct sl_slice *in, unsigned char sign)
{
	if (!sl_cfws_skip(in) || in->len == 0 || in->ptr[0] != sign)
		return false;
	*in = sl_slice_from(*in, 1);
	return sl_cfws_skip(in);
}

/* Copy a word without its quotes and backslashes. False if it is too long, or holds a NUL. */
static bool
word_copy(struct sl_slice word, char *out, size_t size_bytes)
{
	bool quoted = word.len > 0 && word.ptr[0] == '"';
	size_t n = 0;

	for (size_t i = quoted; i < word.len - quoted; i++) {
		if (quoted && word.ptr[i] == '\\' && i + 1 < word.len - 1)
			i++;
		if (n + 1 >= size_bytes || word.ptr[i] == '\0')
			return false;
		out[n++] = (char)word.ptr[i];
	}
	out[n] = '\0';
	return true;
}

int
sl_authres_begin(struct sl_slice value, struct sl_authres *authres_out)
{
	struct sl_slice id, version;

	*authres_out = (struct sl_authres){ .rest = value };
	if (!sl_cfws_skip(&value) || !word_take(&value, is_token_byte, &id))
		return SL_ERR_SYNTAX;
	if (!word_copy(id, authres_out->id, sizeof(authres_out->id))) {
		authres_out->id[0] = '\0';
		return SL_ERR_SYNTAX;
	}
	if (!sl_cfws_skip(&value))
		return SL_ERR_SYNTAX;
	if (value.len > 0 && value.ptr[0] >= '0' && value.ptr[0] <= '9')
		word_take(&value, is_token_byte, &version);
	if (!sl_cfws_skip(&value) || (value.len > 0 && value.ptr[0] != ';'))
		return SL_ERR_SYNTAX;
	authres_out->rest = value;
	return 0;
}

/* method [ "/" version ] "=" result */
static bool
method_take(struct sl_slice *in, struct sl_authres_result *result)
{
	struct sl_slice version;

	if (!word_take(in, is_token_byte, &result->method))
		return false;
	if (sign_take(in, '/') && !word_take(in, is_token_byte, &version))
		return false;
	return sign_take(in, '=') && word_take(in, is_token_byte, &result->result);
}

/* reason "=" value, or ptype "." property "=" value */
static bool
property_take(struct sl_slice *in, struct sl_authres_result *result)
{
	struct sl_authres_property property;

	if (!word_take(in, is_token_byte, &property.name) || !sign_take(in, '=') ||
	    !word_take(in, is_value_byte, &property.value))
		return false;
	if (sl_slice_ieq(property.name, SL_SLICE_LIT("reason")))
		result->reason = property.value;
	else if (result->property_count < SL_AUTHRES_PROPERTIES_MAX)
		result->properties[result->property_count++] = property;
	return true;
}

int
sl_authres_next(struct sl_authres *authres, struct sl_authres_result *result_out)
{
	struct sl_slice *in = &authres->rest;
	struct sl_slice none;

	*result_out = (struct sl_authres_result){ 0 };
	if (!sl_cfws_skip(in))
		return SL_ERR_SYNTAX;
	if (in->len == 0)
		return SL_DONE;
	if (!sign_take(in, ';'))
		return in->len == 0 ? SL_DONE : SL_ERR_SYNTAX;
	if (in->len == 0)
		return SL_DONE;		/* a final semicolon, which many write */
	none = *in;
	if (sl_slice_ieq(sl_slice_trim(none), SL_SLICE_LIT("none"))) {
		*in = sl_slice_from(*in, in->len);
		return SL_DONE;
	}
	if (!method_take(in, result_out))
		return SL_ERR_SYNTAX;
	for (;;) {
		if (!sl_cfws_skip(in))
			return SL_ERR_SYNTAX;
		if (in->len == 0 || in->ptr[0] == ';')
			return SL_MORE;
		if (!property_take(in, result_out))
			return SL_ERR_SYNTAX;
	}
}

/* The same name for DNS, whatever its spelling? */
static bool
same_name(const char *a, const char *b)
{
	struct sl_slice s = sl_slice_trim(sl_slice_str(a)), t = sl_slice_trim(sl_slice_str(b));
	char x[SL_DNS_NAME_MAX + 1], y[SL_DNS_NAME_MAX + 1];

	if (sl_domain_ascii(s, x) && sl_domain_ascii(t, y))
		return strcmp(x, y) == 0;
	return sl_slice_ieq(s, t);
}

/* Does it begin with a result where a name should be, and hold our name nowhere? Then it speaks for
 * nobody. */
static bool
is_nameless(struct sl_slice value, const char *id)
{
	struct sl_slice ours = sl_slice_str(id), rest = value, method;

	if (!sl_cfws_skip(&rest) || !word_take(&rest, is_token_byte, &method) || method.ptr[0] == '"' ||
	    !sign_take(&rest, '='))
		return false;
	for (size_t i = 0; i + ours.len <= value.len; i++)
		if (sl_slice_ieq(sl_slice(value.ptr + i, ours.len), ours))
			return false;
	return true;
}

bool
sl_authres_is_forged(struct sl_slice name, struct sl_slice value, const char *id)
{
	struct sl_authres authres;

	if (!sl_slice_ieq(sl_slice_trim(name), SL_SLICE_LIT("Authentication-Results")))
		return false;
	if (sl_authres_begin(value, &authres) < 0)
		return !is_nameless(value, id);
	return same_name(authres.id, id);
}

/* ---- writing ---- */

/* Add a value from outside: as it is if it is harmless, else quoted, control bytes as "?". */
static void
add_value(struct sl_buf *out, struct sl_slice value)
{
	bool plain = value.len > 0;

	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.ptr[i];

		if (!is_token_byte(c) && c != '@')
			plain = false;
	}
	if (plain) {
		sl_buf_add_slice(out, value);
		return;
	}
	sl_buf_add_byte(out, '"');
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.ptr[i];

		if (c == '"' || c == '\\')
			sl_buf_add_byte(out, '\\');
		sl_buf_add_byte(out, c < 0x20 || c == 0x7f ? '?' : c);
	}
	sl_buf_add_byte(out, '"');
}

static void
add_result(struct sl_buf *out, const char *method, const char *result, const char *reason)
{
	sl_buf_addf(out, ";\r\n\t%s=%s", method, result);
	if (reason[0] != '\0') {
		sl_buf_add_str(out, " reason=");
		add_value(out, sl_slice_str(reason));
	}
}

static void
add_property(struct sl_buf *out, const char *name, struct sl_slice value)
{
	if (value.len == 0)
		return;
	sl_buf_addf(out, "\r\n\t %s=", name);
	add_value(out, value);
}

/* A host name and nothing else: whoever has an address chooses its name, and DNS takes any byte. */
static bool
is_host_name(const char *name)
{
	return name[0] != '\0' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(name);
}

static void
add_iprev(struct sl_buf *out, const struct sl_authres_input *in)
{
	add_result(out, "iprev", sl_iprev_result_name(sl_iprev_result(in->iprev)), "");
	if (sl_iprev_result(in->iprev) == SL_IPREV_PASS && is_host_name(sl_iprev_name(in->iprev)))
		sl_buf_addf(out, " (%s)", sl_iprev_name(in->iprev));
	add_property(out, "policy.iprev", in->address);
}

static void
add_spf(struct sl_buf *out, const struct sl_authres_input *in)
{
	if (in->spf != NULL && in->mail_from.len > 0) {
		add_result(out, "spf", sl_spf_result_name(sl_spf_result(in->spf)), "");
		add_property(out, "smtp.mailfrom", in->mail_from);
	}
	if (in->spf_helo != NULL) {
		add_result(out, "spf", sl_spf_result_name(sl_spf_result(in->spf_helo)), "");
		add_property(out, "smtp.helo", sl_slice_str(sl_spf_domain(in->spf_helo)));
	}
}

static void
add_dkim(struct sl_buf *out, const struct sl_dkim *dkim)
{
	if (sl_dkim_count(dkim) == 0)
		add_result(out, "dkim", "none", "");
	for (size_t i = 0; i < sl_dkim_count(dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(dkim, i);

		add_result(out, "dkim", sl_dkim_result_name(s->result), s->reason);
		add_property(out, "header.d", sl_slice_str(s->domain));
		add_property(out, "header.s", sl_slice_str(s->selector));
		add_property(out, "header.a", s->algorithm);
		add_property(out, "header.b", sl_slice_str(s->tag_b));
	}
}

static void
add_dmarc(struct sl_buf *out, const struct sl_dmarc *dmarc)
{
	const struct sl_dmarc_verdict *v = sl_dmarc_verdict(dmarc);

	add_result(out, "dmarc", sl_dmarc_result_name(v->result), v->reason);
	add_property(out, "header.from", sl_slice_str(v->from));
	add_property(out, "policy.dmarc", sl_slice_str(sl_dmarc_policy_name(v->policy)));
}

void
sl_authres_add(struct sl_buf *out, const struct sl_authres_input *in)
{
	size_t start;

	add_value(out, sl_slice_str(in->id));
	start = out->len;
	if (in->iprev != NULL)
		add_iprev(out, in);
	add_spf(out, in);
	if (in->dkim != NULL)
		add_dkim(out, in->dkim);
	if (in->dmarc != NULL)
		add_dmarc(out, in->dmarc);
	if (in->arc != NULL)
		add_result(out, "arc", sl_arc_result_name(sl_arc_result(in->arc)), sl_arc_reason(in->arc));
	if (out->len == start)
		sl_buf_add_str(out, "; none");
}
