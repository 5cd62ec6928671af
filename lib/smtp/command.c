/* command.c - see command.h */

#include "smtp/command.h"
#include "sl/utf8.h"
#include "smtp/char_i.h"

#define HELO_MAX	255	/* octets; RFC 5321, 4.5.3.1.2 */
#define SIZE_DIGITS	20	/* size-value = 1*20DIGIT; RFC 1870, 3 */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Verbs are told apart by their first four letters, read as one number. */
static uint32_t
verb_key(const void *word)
{
	uint32_t key;

	memcpy(&key, word, sizeof(key));
	return key | 0x20202020u;	/* small letters; no other byte becomes one */
}

static enum sl_smtp_verb
verb_find(struct sl_slice word)
{
#define VERB_ROW(name) { #name, sizeof(#name) - 1 },
	static const struct {
		const char	name[12];
		size_t		len;
	} rows[] = { SL_SMTP_VERBS(VERB_ROW) };
#undef VERB_ROW
	uint32_t key;

	if (word.len < sizeof(key))
		return SL_SMTP_UNKNOWN;
	key = verb_key(word.ptr);
	for (unsigned i = 0; i < SL_COUNT(rows); i++)
		if (key == verb_key(rows[i].name))
			return sl_slice_ieq(word, sl_slice(rows[i].name, rows[i].len)) ?
			    (enum sl_smtp_verb)i : SL_SMTP_UNKNOWN;
	return SL_SMTP_UNKNOWN;
}

void
sl_smtp_command_parse(struct sl_slice line, struct sl_smtp_command *command_out)
{
	size_t i = 0;

	while (i < line.len && !is_blank(line.ptr[i]))
		i++;
	command_out->word = sl_slice(line.ptr, i);
	command_out->argument = sl_slice_trim(sl_slice_from(line, i));
	command_out->verb = verb_find(command_out->word);
}

const char *
sl_smtp_verb_name(enum sl_smtp_verb verb)
{
	switch (verb) {
#define VERB_CASE(name) case SL_SMTP_##name: return #name;
	SL_SMTP_VERBS(VERB_CASE)
#undef VERB_CASE
	case SL_SMTP_UNKNOWN:
		break;
	}
	return "?";
}

/* What MAIL and RCPT say differently. */
struct path_words {
	struct sl_slice	keyword;	/* with its colon */
	const char	*enhanced;	/* of a bad address: X.1.7 sender's, X.1.3 recipient's */
	const char	*no_keyword;
	const char	*no_brackets;
	const char	*bad;
	const char	*too_long;
};

static int
refuse(struct sl_smtp_status *reply_out, int code, const char *enhanced, const char *text)
{
	*reply_out = (struct sl_smtp_status){ code, enhanced, text };
	return SL_ERR_SYNTAX;
}

/* Read KEYWORD:<path> at the front of *in, and cut it off. */
static int
path_take(struct sl_slice *in, const struct path_words *words, struct sl_smtp_address *path_out,
    struct sl_smtp_status *reply_out)
{
	size_t i = words->keyword.len, used;
	int r;

	if (!sl_slice_istarts(*in, words->keyword))
		return refuse(reply_out, 501, "5.5.4", words->no_keyword);
	while (i < in->len && is_blank(in->ptr[i]))
		i++;
	if (i == in->len || in->ptr[i] != '<')
		return refuse(reply_out, 501, words->enhanced, words->no_brackets);
	r = sl_smtp_path_parse(sl_slice_from(*in, i), path_out, &used);
	if (r == SL_ERR_TOO_LONG)
		return refuse(reply_out, 501, words->enhanced, words->too_long);
	if (r != SL_DONE)
		return refuse(reply_out, 501, words->enhanced, words->bad);
	*in = sl_slice_from(*in, i + used);
	if (in->len > 0 && !is_blank(in->ptr[0]))
		return refuse(reply_out, 501, words->enhanced, words->bad);
	return 0;
}

/* esmtp-value = 1*(%d33-60 / %d62-126), with RFC 6531's UTF8-non-ascii. Its length; 0: none. */
static size_t
value_length(struct sl_slice s)
{
	size_t i = 0, n;
	uint32_t unused;

	while (i < s.len) {
		if (sl_smtp_char[s.ptr[i]] & SMTP_VALUE)
			n = 1;
		else if (s.ptr[i] < 0x80 || (n = sl_utf8_decode(sl_slice_from(s, i), &unused)) == 0)
			break;
		i += n;
	}
	return i;
}

/* Read the parameter at the front of *in, and cut it off: keyword [ "=" value ]. */
static bool
param_take(struct sl_slice *in, struct sl_smtp_param *param)
{
	size_t i = 0, n;

	while (i < in->len && sl_smtp_char[in->ptr[i]] & SMTP_KEYWORD)
		i++;
	if (i == 0 || in->ptr[0] == '-')
		return false;
	*param = (struct sl_smtp_param){ .name = sl_slice(in->ptr, i) };
	if (i < in->len && in->ptr[i] == '=') {
		n = value_length(sl_slice_from(*in, ++i));
		if (n == 0)
			return false;
		param->value = sl_slice(in->ptr + i, n);
		i += n;
	}
	*in = sl_slice_from(*in, i);
	return in->len == 0 || is_blank(in->ptr[0]);
}

static bool
param_is_repeated(const struct sl_smtp_param *params, size_t len, struct sl_slice name)
{
	for (size_t i = 0; i < len; i++)
		if (sl_slice_ieq(params[i].name, name))
			return true;
	return false;
}

static int
params_parse(struct sl_slice in, struct sl_smtp_param *params, size_t *len_out,
    struct sl_smtp_status *reply_out)
{
	struct sl_smtp_param param;
	size_t len = 0;

	for (;;) {
		while (in.len > 0 && is_blank(in.ptr[0]))
			in = sl_slice_from(in, 1);
		if (in.len == 0)
			break;
		if (!param_take(&in, &param))
			return refuse(reply_out, 501, "5.5.4", "A parameter is not well-formed");
		if (param_is_repeated(params, len, param.name))
			return refuse(reply_out, 501, "5.5.4", "A parameter is given twice");
		if (len == SL_SMTP_PARAMS_MAX)
			return refuse(reply_out, 501, "5.5.4", "Too many parameters");
		params[len++] = param;
	}
	*len_out = len;
	return 0;
}

static bool
is_digits(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

static int
mail_size(struct sl_smtp_mail *mail, struct sl_slice value, struct sl_smtp_status *reply_out)
{
	if (!is_digits(value) || value.len > SIZE_DIGITS)
		return refuse(reply_out, 501, "5.5.4", "SIZE must be a number of octets");
	if (sl_slice_to_u64(value, UINT64_MAX, &mail->size_bytes) != 0)	/* still a lawful number */
		return refuse(reply_out, 552, "5.3.4", "The message is larger than any we take");
	mail->has_size = true;
	return 0;
}

static int
mail_body(struct sl_smtp_mail *mail, struct sl_slice value, struct sl_smtp_status *reply_out)
{
	if (sl_slice_ieq(value, SL_SLICE_LIT("8BITMIME")))
		mail->body = SL_SMTP_BODY_8BITMIME;
	else if (sl_slice_ieq(value, SL_SLICE_LIT("7BIT")))
		mail->body = SL_SMTP_BODY_7BIT;
	else if (sl_slice_ieq(value, SL_SLICE_LIT("BINARYMIME")))
		mail->body = SL_SMTP_BODY_BINARYMIME;
	else
		return refuse(reply_out, 501, "5.5.4", "BODY must be 7BIT, 8BITMIME or BINARYMIME");
	mail->has_body = true;
	return 0;
}

static int
mail_smtputf8(struct sl_smtp_mail *mail, struct sl_slice value, struct sl_smtp_status *reply_out)
{
	if (value.ptr != NULL)
		return refuse(reply_out, 501, "5.5.4", "SMTPUTF8 takes no value");
	mail->smtputf8 = true;
	return 0;
}

static bool
is_upper_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* xtext = *( xchar / hexchar ), hexchar = "+" two upper-case hex digits (RFC 3461, 4). An
 * esmtp-value has no '=' already. */
static bool
is_xtext(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 0x80)
			return false;
		if (s.ptr[i] != '+')
			continue;
		if (s.len - i < 3 || !is_upper_hex(s.ptr[i + 1]) || !is_upper_hex(s.ptr[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

/* AUTH=<> or AUTH=xtext (RFC 4954, 5). Who it names is of no interest to a server that has not
 * authenticated the client: it is to be treated as <> then. */
static int
mail_auth(struct sl_smtp_mail *mail, struct sl_slice value, struct sl_smtp_status *reply_out)
{
	if (value.ptr == NULL || !is_xtext(value))
		return refuse(reply_out, 501, "5.5.4", "AUTH must be <> or a mailbox as xtext");
	return 0;
}

static int
mail_param(struct sl_smtp_mail *mail, const struct sl_smtp_param *param,
    struct sl_smtp_status *reply_out)
{
	static const struct {
		struct sl_slice	name;
		int		(*check)(struct sl_smtp_mail *mail, struct sl_slice value,
				    struct sl_smtp_status *reply_out);
	} rows[] = {
		{ { (const unsigned char *)"SIZE", 4 }, mail_size },
		{ { (const unsigned char *)"BODY", 4 }, mail_body },
		{ { (const unsigned char *)"SMTPUTF8", 8 }, mail_smtputf8 },
		{ { (const unsigned char *)"AUTH", 4 }, mail_auth },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_slice_ieq(param->name, rows[i].name))
			return rows[i].check(mail, param->value, reply_out);
	return 0;
}

int
sl_smtp_mail_parse(struct sl_slice argument, struct sl_smtp_mail *mail_out,
    struct sl_smtp_status *reply_out)
{
	static const struct path_words words = {
		{ (const unsigned char *)"FROM:", 5 }, "5.1.7",
		"Syntax: MAIL FROM:<address>",
		"The sender's address must stand in angle brackets",
		"The sender's address is not well-formed",
		"The sender's address is too long",
	};
	int r;

	mail_out->has_size = mail_out->has_body = mail_out->smtputf8 = false;
	mail_out->size_bytes = 0;
	mail_out->body = SL_SMTP_BODY_7BIT;
	mail_out->params_len = 0;
	r = path_take(&argument, &words, &mail_out->from, reply_out);
	if (r == 0 && !mail_out->from.is_null && mail_out->from.domain.len == 0)
		r = refuse(reply_out, 501, words.enhanced, words.bad);	/* <postmaster> */
	if (r == 0)
		r = params_parse(argument, mail_out->params, &mail_out->params_len, reply_out);
	for (size_t i = 0; r == 0 && i < mail_out->params_len; i++)
		r = mail_param(mail_out, &mail_out->params[i], reply_out);
	if (r == 0 && mail_out->from.is_utf8 && !mail_out->smtputf8)	/* RFC 6531, 3.5 */
		r = refuse(reply_out, 553, "5.6.7", "The sender's address needs SMTPUTF8");
	return r;
}

int
sl_smtp_rcpt_parse(struct sl_slice argument, struct sl_smtp_rcpt *rcpt_out,
    struct sl_smtp_status *reply_out)
{
	static const struct path_words words = {
		{ (const unsigned char *)"TO:", 3 }, "5.1.3",
		"Syntax: RCPT TO:<address>",
		"The recipient's address must stand in angle brackets",
		"The recipient's address is not well-formed",
		"The recipient's address is too long",
	};
	int r;

	rcpt_out->params_len = 0;
	r = path_take(&argument, &words, &rcpt_out->to, reply_out);
	if (r == 0 && rcpt_out->to.is_null)
		r = refuse(reply_out, 501, words.enhanced, "Nobody can be reached at <>");
	if (r == 0)
		r = params_parse(argument, rcpt_out->params, &rcpt_out->params_len, reply_out);
	return r;
}

bool
sl_smtp_helo_ok(struct sl_slice argument)
{
	for (size_t i = 0; i < argument.len; i++)
		if (argument.ptr[i] <= ' ' || argument.ptr[i] == 0x7f)
			return false;
	return argument.len > 0 && argument.len <= HELO_MAX;
}

int
sl_smtp_bdat_parse(struct sl_slice argument, uint64_t *size_bytes_out, bool *last_out)
{
	struct sl_slice rest;
	uint64_t size_bytes;
	size_t i = 0;

	while (i < argument.len && !is_blank(argument.ptr[i]))
		i++;
	rest = sl_slice_trim(sl_slice_from(argument, i));
	if (rest.len > 0 && !sl_slice_ieq(rest, SL_SLICE_LIT("LAST")))
		return SL_ERR_SYNTAX;
	if (sl_slice_to_u64(sl_slice(argument.ptr, i), UINT64_MAX, &size_bytes) != 0)
		return SL_ERR_SYNTAX;
	*size_bytes_out = size_bytes;
	*last_out = rest.len > 0;
	return 0;
}
