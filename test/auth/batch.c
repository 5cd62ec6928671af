/*
 * batch.c - many questions about authentication in one process, for the comparisons of test/auth/run
 *
 * Reads a JSON object a line, answers with one. Bytes are code points below 256, as in a zone.
 *	{"op": "spf", "zone": {...}, "ip": A, "helo": H, "sender": S}	-> {"result", "explanation", "reason"}
 *	{"op": "dkim", "zone": {...}, "message": M}	-> {"dkim": [[result, reason], ...], "arc": [result, reason]}
 *	{"op": "sign", "key": PEM, "domain": D, "selector": S, "canon": "relaxed/simple", "names": N,
 *	 "message": M}					-> {"field": F}
 *	{"op": "dmarc", "zone": {...}, "from": A, "dkim": [D, ...], "spf": [D, ...], "list": bool}
 *							-> {"result", "disposition"}
 *	{"op": "results", "value": V}			-> {"id": I, "results": [[method, result], ...]}
 */

#include "mailauth/arc.h"
#include "mailauth/authres.h"
#include "mailauth/dkim_sign.h"
#include "domain/suffix.h"
#include "mailauth/zone.h"
#include "mime/fields.h"
#include "sl/utf8.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW	1700000000
#define LINE_MAX_BYTES	(32u << 20)

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "batch: %s\n", what);
	exit(1);
}

/* A member's bytes. */
static void
get_bytes(json_t *in, const char *name, struct sl_buf *out)
{
	json_t *string = json_object_get(in, name);
	struct sl_slice s;

	sl_buf_init(out, LINE_MAX_BYTES);
	if (!json_is_string(string))
		die(name);
	s = sl_slice(json_string_value(string), json_string_length(string));
	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(s, &c);

		if (n == 0 || c > 0xff)
			die("a code point above 255");
		sl_buf_add_byte(out, (unsigned char)c);
		s = sl_slice_from(s, n);
	}
}

static json_t *
bytes_json(struct sl_slice s)
{
	struct sl_buf text;
	json_t *string;

	sl_buf_init(&text, LINE_MAX_BYTES);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 0x80)
			sl_buf_add_byte(&text, (unsigned char)(0xc0 | s.ptr[i] >> 6));
		sl_buf_add_byte(&text, s.ptr[i] >= 0x80 ? (unsigned char)(0x80 | (s.ptr[i] & 0x3f)) : s.ptr[i]);
	}
	string = json_stringn(sl_buf_cstr(&text), text.len);
	sl_buf_fini(&text);
	return string;
}

static struct sl_dnszone *
get_zone(json_t *in)
{
	char *text = json_dumps(json_object_get(in, "zone"), 0), *error = NULL;
	struct sl_dnszone *zone = text == NULL ? NULL : sl_dnszone_parse(sl_slice_str(text), &error);

	if (zone == NULL)
		die(error != NULL ? error : "no zone");
	free(text);
	return zone;
}

static json_t *
do_spf(json_t *in)
{
	const char *ip = json_string_value(json_object_get(in, "ip"));
	struct sl_spf_input input = { .is_ipv6 = strchr(ip, ':') != NULL, .receiver = SL_SLICE_LIT("mx.test"),
		.now_s = NOW };
	struct sl_dnszone *zone = get_zone(in);
	struct sl_buf helo, sender;
	struct sl_spf *spf;
	json_t *out;

	if (inet_pton(input.is_ipv6 ? AF_INET6 : AF_INET, ip, input.address) != 1)
		die(ip);
	get_bytes(in, "helo", &helo);
	get_bytes(in, "sender", &sender);
	input.helo = sl_buf_slice(&helo);
	input.sender = sl_buf_slice(&sender);
	spf = sl_spf_new(&input);
	sl_dnszone_answer_all(zone, &sl_spf_dns, spf);
	out = json_pack("{s:s, s:s, s:o}", "result", sl_spf_result_name(sl_spf_result(spf)), "explanation",
	    sl_spf_explanation(spf), "reason", bytes_json(sl_slice_str(sl_spf_reason(spf))));
	sl_spf_free(&spf);
	sl_dnszone_free(&zone);
	sl_buf_fini(&helo);
	sl_buf_fini(&sender);
	return out;
}

struct split {
	struct sl_headers	headers;
	struct sl_buf		body;
};

static void
take_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct split *split = ctx;

	if (name.len > 0)
		sl_headers_add(&split->headers, sl_slice(name.ptr, (size_t)(value.ptr + value.len - name.ptr)));
}

static void
take_body(void *ctx, struct sl_slice bytes)
{
	struct split *split = ctx;

	sl_buf_add_slice(&split->body, bytes);
}

static void
split_message(json_t *in, struct split *split)
{
	static const struct sl_fields_sink sink = { .field = take_field, .body = take_body };
	struct sl_fields *fields = sl_fields_new(SL_HEADERS_BYTES_MAX, &sink, split);
	struct sl_buf message;

	get_bytes(in, "message", &message);
	sl_headers_init(&split->headers, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_buf_init(&split->body, LINE_MAX_BYTES);
	sl_fields_feed(fields, message.data, message.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	sl_buf_fini(&message);
}

static void
split_fini(struct split *split)
{
	sl_headers_fini(&split->headers);
	sl_buf_fini(&split->body);
}

static json_t *
do_dkim(json_t *in)
{
	struct sl_keys *keys = sl_keys_new(64);
	struct sl_dnszone *zone = get_zone(in);
	json_t *list = json_array();
	struct sl_dkim *dkim;
	struct sl_arc *arc;
	struct split m;
	json_t *out;

	split_message(in, &m);
	dkim = sl_dkim_new(&m.headers, keys, NOW);
	arc = sl_arc_new(&m.headers, keys, false);
	sl_dkim_body(dkim, m.body.data, m.body.len);
	sl_arc_body(arc, m.body.data, m.body.len);
	sl_dkim_body_end(dkim);
	sl_arc_body_end(arc);
	sl_dnszone_answer_all(zone, &sl_dkim_dns, dkim);
	sl_dnszone_answer_all(zone, &sl_arc_dns, arc);
	for (size_t i = 0; i < sl_dkim_count(dkim); i++)
		json_array_append_new(list, json_pack("[s, s]", sl_dkim_result_name(sl_dkim_get(dkim, i)->result),
		    sl_dkim_get(dkim, i)->reason));
	out = json_pack("{s:o, s:[s, s]}", "dkim", list, "arc", sl_arc_result_name(sl_arc_result(arc)),
	    sl_arc_reason(arc));
	sl_dkim_free(&dkim);
	sl_arc_free(&arc);
	sl_keys_free(&keys);
	sl_dnszone_free(&zone);
	split_fini(&m);
	return out;
}

static json_t *
do_sign(json_t *in)
{
	const char *canon = json_string_value(json_object_get(in, "canon"));
	const char *pem = json_string_value(json_object_get(in, "key"));
	struct sl_signkey *key = sl_signkey_parse(sl_slice_str(pem));
	struct sl_dkim_sign_settings settings = {
		.domain = json_string_value(json_object_get(in, "domain")),
		.selector = json_string_value(json_object_get(in, "selector")),
		.key = key,
		.header_canon = strncmp(canon, "simple", 6) == 0 ? SL_CANON_SIMPLE : SL_CANON_RELAXED,
		.body_canon = strstr(canon, "/simple") != NULL ? SL_CANON_SIMPLE : SL_CANON_RELAXED,
		.names = json_string_value(json_object_get(in, "names")),
	};
	struct sl_dkim_signer *signer;
	struct sl_buf field;
	struct split m;
	json_t *out;

	if (key == NULL)
		die("the key cannot sign");
	split_message(in, &m);
	sl_buf_init(&field, 65536);
	signer = sl_dkim_signer_new(&m.headers, &settings);
	sl_dkim_signer_body(signer, m.body.data, m.body.len);
	if (sl_dkim_signer_finish(signer, &field) < 0)
		die("signing failed");
	out = json_pack("{s:o}", "field", bytes_json(sl_buf_slice(&field)));
	sl_dkim_signer_free(&signer);
	sl_signkey_free(&key);
	sl_buf_fini(&field);
	split_fini(&m);
	return out;
}

static json_t *
do_dmarc(json_t *in)
{
	struct sl_suffix *suffix = json_is_true(json_object_get(in, "list")) ? sl_suffix_open(NULL) : NULL;
	const struct sl_dmarc_settings settings = { suffix != NULL ? sl_suffix_organisation : NULL, suffix };
	struct sl_dnszone *zone = get_zone(in);
	const struct sl_dmarc_verdict *verdict;
	struct sl_author author;
	struct sl_dmarc *dmarc;
	struct sl_buf from;
	json_t *domain, *out;
	size_t i;

	get_bytes(in, "from", &from);
	sl_author_parse(sl_buf_slice(&from), &author);
	dmarc = sl_dmarc_new(&author, &settings);
	json_array_foreach(json_object_get(in, "dkim"), i, domain)
		sl_dmarc_add_dkim(dmarc, sl_slice_str(json_string_value(domain)));
	json_array_foreach(json_object_get(in, "spf"), i, domain)
		sl_dmarc_add_spf(dmarc, sl_slice_str(json_string_value(domain)));
	sl_dmarc_end(dmarc);
	sl_dnszone_answer_all(zone, &sl_dmarc_dns, dmarc);
	verdict = sl_dmarc_verdict(dmarc);
	out = json_pack("{s:s, s:s, s:s}", "result", sl_dmarc_result_name(verdict->result), "disposition",
	    sl_dmarc_policy_name(verdict->disposition), "reason", verdict->reason);
	sl_dmarc_free(&dmarc);
	sl_dnszone_free(&zone);
	sl_suffix_free(&suffix);
	sl_buf_fini(&from);
	return out;
}

static json_t *
do_results(json_t *in)
{
	struct sl_authres authres;
	struct sl_authres_result result;
	json_t *list = json_array(), *out;
	struct sl_buf value;
	int r;

	get_bytes(in, "value", &value);
	r = sl_authres_begin(sl_buf_slice(&value), &authres);
	while (r >= 0 && (r = sl_authres_next(&authres, &result)) == SL_MORE)
		json_array_append_new(list, json_pack("[o, o]", bytes_json(result.method), bytes_json(result.result)));
	if (r < 0) {
		json_decref(list);
		list = json_null();
	}
	out = json_pack("{s:o, s:o}", "id", bytes_json(sl_slice_str(authres.id)), "results", list);
	sl_buf_fini(&value);
	return out;
}

static const struct {
	const char	*op;
	json_t		*(*answer)(json_t *in);
} ops[] = {
	{ "spf", do_spf },
	{ "dkim", do_dkim },
	{ "sign", do_sign },
	{ "dmarc", do_dmarc },
	{ "results", do_results },
};

int
main(void)
{
	char *line = NULL, *text;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		json_t *in = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, NULL), *out = NULL;
		const char *op = json_string_value(json_object_get(in, "op"));

		for (size_t i = 0; op != NULL && i < SL_COUNT(ops); i++)
			if (strcmp(ops[i].op, op) == 0)
				out = ops[i].answer(in);
		if (out == NULL)
			die("a line that is no question");
		text = json_dumps(out, JSON_COMPACT);
		puts(text);
		fflush(stdout);	/* the next question comes after the answer */
		free(text);
		json_decref(in);
		json_decref(out);
	}
	free(line);
	return 0;
}
