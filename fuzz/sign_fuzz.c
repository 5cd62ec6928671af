/*
 * sign_fuzz.c - what Sluice signs, it believes; what is changed afterwards, it does not
 *
 * The input is a message, its first byte the canonical forms. Property: signed with Ed25519 it passes,
 * the body cut otherwise than when it was signed; with a byte added behind, before the end of the last
 * line, it fails.
 */

#include "mailauth/dkim.h"
#include "mailauth/dkim_sign.h"
#include "mime/fields.h"

#include <stdlib.h>

#define NOW	1700000000

struct message {
	struct sl_headers	headers;
	struct sl_buf		body;
};

static void
take_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct message *m = ctx;

	if (name.len > 0)
		sl_headers_add(&m->headers, sl_slice(name.ptr, (size_t)(value.ptr + value.len - name.ptr)));
}

static void
take_body(void *ctx, struct sl_slice bytes)
{
	struct message *m = ctx;

	sl_buf_add_slice(&m->body, bytes);
}

static void
split(struct message *m, struct sl_slice text)
{
	static const struct sl_fields_sink sink = { .field = take_field, .body = take_body };
	struct sl_fields *fields = sl_fields_new(65536, &sink, m);

	sl_headers_init(&m->headers, 65536, 200);
	sl_buf_init(&m->body, 65536);
	sl_headers_add(&m->headers, SL_SLICE_LIT("From: Ann <ann@example.com>"));
	sl_fields_feed(fields, text.ptr, text.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

static enum sl_dkim_result
verify(const struct message *m, struct sl_keys *keys, struct sl_slice record, struct sl_slice more)
{
	const struct sl_dns_record records[1] = { { record, 0 } };
	const struct sl_dns_answer found = { SL_DNS_FOUND, records, 1 };
	struct sl_dkim *dkim = sl_dkim_new(&m->headers, keys, NOW);
	struct sl_dns_question question;
	enum sl_dkim_result result;

	while (sl_dkim_dns.ask(dkim, &question))
		sl_dkim_dns.answer(dkim, question.id, &found);
	for (size_t i = 0; i < m->body.len; i += 7)
		sl_dkim_body(dkim, m->body.data + i, SL_MIN((size_t)7, m->body.len - i));
	if (more.len > 0)
		sl_dkim_body(dkim, more.ptr, more.len);
	sl_dkim_body_end(dkim);
	SL_ASSERT(sl_dkim_count(dkim) > 0);
	result = sl_dkim_get(dkim, sl_dkim_count(dkim) - 1)->result;	/* ours was added last */
	sl_dkim_free(&dkim);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct sl_signkey *key;
	struct sl_dkim_sign_settings settings = { .domain = "example.com", .selector = "s", .now_s = NOW };
	struct sl_dkim_signer *signer;
	struct sl_buf record, field;
	struct sl_keys *keys;
	struct message m;
	size_t froms;
	int r;

	if (len < 1)
		return 0;
	if (key == NULL)
		key = sl_signkey_generate(SL_KEY_ED25519, 0);
	settings.key = key;
	settings.header_canon = data[0] & 1 ? SL_CANON_RELAXED : SL_CANON_SIMPLE;
	settings.body_canon = data[0] & 2 ? SL_CANON_RELAXED : SL_CANON_SIMPLE;
	split(&m, sl_slice(data + 1, len - 1));
	sl_buf_init(&record, 1024);
	sl_buf_init(&field, 65536);
	sl_signkey_add_record(key, &record);
	signer = sl_dkim_signer_new(&m.headers, &settings);
	sl_dkim_signer_body(signer, m.body.data, m.body.len);
	r = sl_dkim_signer_finish(signer, &field);
	SL_ASSERT(r == 0);
	froms = sl_headers_count_of(&m.headers, SL_SLICE_LIT("From"));
	if (sl_headers_count_of(&m.headers, SL_SLICE_LIT("DKIM-Signature")) < SL_DKIM_SIGNATURES_MAX &&
	    !m.headers.overflow && field.len < SL_DKIM_FIELD_MAX) {
		sl_headers_add(&m.headers, sl_slice(field.data, field.len - 2));
		keys = sl_keys_new(1);
		SL_ASSERT(m.headers.overflow || verify(&m, keys, sl_buf_slice(&record), sl_slice(NULL, 0)) ==
		    (froms > 1 ? SL_DKIM_POLICY : SL_DKIM_PASS));
		SL_ASSERT(verify(&m, keys, sl_buf_slice(&record), SL_SLICE_LIT("x")) != SL_DKIM_PASS);
		sl_keys_free(&keys);
	}
	sl_dkim_signer_free(&signer);
	sl_headers_fini(&m.headers);
	sl_buf_fini(&m.body);
	sl_buf_fini(&record);
	sl_buf_fini(&field);
	return 0;
}
