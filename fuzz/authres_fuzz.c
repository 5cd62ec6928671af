/*
 * authres_fuzz.c - Authentication-Results: forged ones are found, ours are read as written
 *
 * The first byte chooses. Forged: the input spells our name as RFC 8601 allows (white space, folds,
 * comments, quotes, quoted pairs, capitals, a final dot, a version), then says anything; the field must
 * be found to be forged. Written: the input is a sender; what we write holds no control byte and no line
 * that is no fold, and what is read back is what was written.
 */

#include "mailauth/authres.h"

#define ID	"mx.example.com"

struct in {
	const uint8_t	*data;
	size_t		 len;
};

static unsigned
take(struct in *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->data++;
}

/* A comment, which may hold others, quoted pairs, and what would end anything else. */
static void
add_comment(struct in *in, struct sl_buf *out)
{
	static const char *const inside[] = { "x", "\\)", "\\(", "\"", ";", "=", " ", "\r\n\t", "\\\\", ID, "\xc3\xa9" };
	unsigned depth = 1, n = take(in) % 16;

	sl_buf_add_byte(out, '(');
	while (n-- > 0) {
		unsigned c = take(in);

		if (c >= 0xf0 && depth < 40) {
			sl_buf_add_byte(out, '(');
			depth++;
		} else if (c >= 0xe0 && depth > 1) {
			sl_buf_add_byte(out, ')');
			depth--;
		} else {
			sl_buf_add_str(out, inside[c % SL_COUNT(inside)]);
		}
	}
	while (depth-- > 0)
		sl_buf_add_byte(out, ')');
}

static void
add_cfws(struct in *in, struct sl_buf *out)
{
	static const char *const space[] = { " ", "\t", "\r\n ", "\r\n\t" };

	for (unsigned n = take(in) % 5; n > 0; n--) {
		unsigned c = take(in);

		if (c >= 0x80)
			add_comment(in, out);
		else
			sl_buf_add_str(out, space[c % SL_COUNT(space)]);
	}
}

static void
add_id(struct in *in, struct sl_buf *out)
{
	unsigned form = take(in);
	bool quoted = form % 2;

	if (quoted)
		sl_buf_add_byte(out, '"');
	for (const char *c = ID; *c != '\0'; c++) {
		unsigned how = take(in);

		if (quoted && how % 4 == 1)
			sl_buf_add_byte(out, '\\');
		sl_buf_add_byte(out, how % 2 && *c >= 'a' && *c <= 'z' ? (unsigned char)(*c - 32) : (unsigned char)*c);
	}
	if (form & 2)
		sl_buf_add_byte(out, '.');
	if (quoted)
		sl_buf_add_byte(out, '"');
}

static void
check_forged(struct in *in)
{
	static const char *const names[] = { "Authentication-Results", "AUTHENTICATION-RESULTS",
		"authentication-results ", "Authentication-results\t" };
	struct sl_slice name = sl_slice_str(names[take(in) % SL_COUNT(names)]);
	struct sl_buf value;

	sl_buf_init(&value, 1u << 20);
	add_cfws(in, &value);
	add_id(in, &value);
	add_cfws(in, &value);
	if (take(in) % 3 == 0) {
		sl_buf_add_byte(&value, ' ');
		sl_buf_add_byte(&value, (unsigned char)('0' + take(in) % 10));
		add_cfws(in, &value);
	}
	if (take(in) % 8 != 0) {
		sl_buf_add_byte(&value, ';');
		sl_buf_add(&value, in->data, in->len);
	}
	SL_ASSERT(sl_authres_is_forged(name, sl_buf_slice(&value), ID));
	SL_ASSERT(sl_authres_is_forged(name, sl_buf_slice(&value), "MX.EXAMPLE.COM."));
	SL_ASSERT(!sl_authres_is_forged(SL_SLICE_LIT("Authentication-Result"), sl_buf_slice(&value), ID));
	sl_buf_fini(&value);
}

/* Does a written value, perhaps quoted, stand for `bytes`, control bytes as "?"? */
static bool
stands_for(struct sl_slice written, struct sl_slice bytes)
{
	bool quoted = written.len > 1 && written.ptr[0] == '"';
	size_t n = 0;

	for (size_t i = quoted; i < written.len - quoted; i++, n++) {
		unsigned char c;

		if (quoted && written.ptr[i] == '\\')
			i++;
		if (n == bytes.len)
			return false;
		c = bytes.ptr[n];
		if (written.ptr[i] != (c < 0x20 || c == 0x7f ? '?' : c))
			return false;
	}
	return n == bytes.len;
}

static struct sl_spf *
evaluate(struct sl_slice sender)
{
	const struct sl_spf_input input = { .address = { 192, 0, 2, 1 }, .sender = sender,
		.helo = SL_SLICE_LIT("client.test") };
	const struct sl_dns_answer none = { SL_DNS_NXDOMAIN, NULL, 0 };
	struct sl_spf *spf = sl_spf_new(&input);
	struct sl_dns_question question;

	while (sl_spf_dns.ask(spf, &question))
		sl_spf_dns.answer(spf, question.id, &none);
	return spf;
}

static void
check_written(struct in *in)
{
	struct sl_slice sender = sl_slice(in->data, in->len);
	struct sl_spf *spf = evaluate(sender);
	const struct sl_authres_input input = { .id = ID, .spf = spf, .mail_from = sender };
	struct sl_authres_result result;
	struct sl_authres authres;
	struct sl_buf out;

	sl_buf_init(&out, 1u << 20);
	sl_authres_add(&out, &input);
	SL_ASSERT(sl_authres_is_forged(SL_SLICE_LIT("Authentication-Results"), sl_buf_slice(&out), ID));
	for (size_t i = 0; i < out.len; i++) {
		if (out.data[i] == '\r')
			SL_ASSERT(i + 2 < out.len && out.data[i + 1] == '\n' && out.data[i + 2] == '\t');
		else if (out.data[i] == '\n')
			SL_ASSERT(i > 0 && out.data[i - 1] == '\r');
		else
			SL_ASSERT(out.data[i] == '\t' || (out.data[i] >= 0x20 && out.data[i] != 0x7f));
	}
	SL_ASSERT(sl_authres_begin(sl_buf_slice(&out), &authres) == 0 && strcmp(authres.id, ID) == 0);
	if (sender.len > 0) {
		SL_ASSERT(sl_authres_next(&authres, &result) == SL_MORE && result.property_count == 1);
		SL_ASSERT(sl_slice_eq(result.method, SL_SLICE_LIT("spf")));
		SL_ASSERT(sl_slice_eq(result.result, sl_slice_str(sl_spf_result_name(sl_spf_result(spf)))));
		SL_ASSERT(sl_slice_eq(result.properties[0].name, SL_SLICE_LIT("smtp.mailfrom")));
		SL_ASSERT(stands_for(result.properties[0].value, sender));
	}
	SL_ASSERT(sl_authres_next(&authres, &result) == SL_DONE);
	sl_buf_fini(&out);
	sl_spf_free(&spf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct in in = { data, len };

	if (take(&in) % 2)
		check_forged(&in);
	else
		check_written(&in);
	return 0;
}
