/*
 * dkim_fuzz.c - DKIM, ARC and the author of a hostile message, with hostile keys
 *
 * The input is cut at NUL bytes: a key record, then the message. It is verified twice, the body
 * whole and cut in small pieces, the answers before and behind it. Properties: the two agree;
 * nothing passes unless the signature was made by a key (there is none here); the bounds hold.
 */

#include "mailauth/arc.h"
#include "mailauth/author.h"
#include "mailauth/dkim.h"
#include "mime/fields.h"

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
message_split(struct message *m, struct sl_slice text)
{
	static const struct sl_fields_sink sink = { .field = take_field, .body = take_body };
	struct sl_fields *fields = sl_fields_new(65536, &sink, m);

	sl_headers_init(&m->headers, 65536, 200);
	sl_buf_init(&m->body, 65536);
	sl_fields_feed(fields, text.ptr, text.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

static void
answer(const struct sl_dns_client *client, void *evaluator, struct sl_slice txt)
{
	const struct sl_dns_record record = { txt, 0 };
	const struct sl_dns_answer found = { SL_DNS_FOUND, &record, 1 };
	struct sl_dns_question question;
	unsigned n = 0;

	while (client->ask(evaluator, &question)) {
		SL_ASSERT(++n <= SL_ARC_SETS_MAX + 1);
		SL_ASSERT(sl_dns_name_ok(sl_slice_str(question.name)));
		client->answer(evaluator, question.id, &found);
	}
}

struct pair {
	struct sl_dkim	*dkim;
	struct sl_arc	*arc;
};

static struct pair
verify(const struct message *m, struct sl_keys *keys, struct sl_slice txt, size_t piece, bool late)
{
	struct pair p = { sl_dkim_new(&m->headers, keys, 1700000000), sl_arc_new(&m->headers, keys, piece % 2) };

	if (!late) {
		answer(&sl_dkim_dns, p.dkim, txt);
		answer(&sl_arc_dns, p.arc, txt);
	}
	for (size_t i = 0; i < m->body.len; i += piece) {
		size_t n = SL_MIN(piece, m->body.len - i);

		sl_dkim_body(p.dkim, m->body.data + i, n);
		sl_arc_body(p.arc, m->body.data + i, n);
	}
	sl_dkim_body_end(p.dkim);
	sl_arc_body_end(p.arc);
	answer(&sl_dkim_dns, p.dkim, txt);
	answer(&sl_arc_dns, p.arc, txt);
	SL_ASSERT(sl_dkim_done(p.dkim) && sl_arc_done(p.arc));
	return p;
}

static void
compare(const struct pair *a, const struct pair *b)
{
	SL_ASSERT(sl_dkim_count(a->dkim) == sl_dkim_count(b->dkim));
	SL_ASSERT(sl_dkim_count(a->dkim) <= SL_DKIM_SIGNATURES_MAX);
	for (size_t i = 0; i < sl_dkim_count(a->dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(a->dkim, i);

		SL_ASSERT(s->result == sl_dkim_get(b->dkim, i)->result && s->result != SL_DKIM_PASS);
		SL_ASSERT(s->reason[0] != '\0');
	}
	SL_ASSERT(sl_arc_result(a->arc) == sl_arc_result(b->arc) && sl_arc_result(a->arc) != SL_ARC_PASS);
	SL_ASSERT(sl_arc_instance(a->arc) <= SL_ARC_SETS_MAX);
}

static void
pair_free(struct pair *p)
{
	sl_dkim_free(&p->dkim);
	sl_arc_free(&p->arc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len == 0 ? NULL : memchr(data, '\0', len);
	struct sl_slice txt = sl_slice(data, end == NULL ? 0 : (size_t)(end - data));
	struct sl_keys *keys = sl_keys_new(3);
	struct sl_author author;
	struct message m;
	struct pair one, two;

	message_split(&m, end == NULL ? sl_slice(data, len) : sl_slice(end + 1, len - txt.len - 1));
	one = verify(&m, keys, txt, 100000, false);
	two = verify(&m, keys, txt, 3, true);
	compare(&one, &two);
	sl_author_find(&m.headers, &author);
	SL_ASSERT((author.status == SL_AUTHOR_ONE) == (author.domain[0] != '\0'));
	SL_ASSERT(author.domain[0] == '\0' || sl_dns_name_ok(sl_slice_str(author.domain)));
	pair_free(&one);
	pair_free(&two);
	sl_headers_fini(&m.headers);
	sl_buf_fini(&m.body);
	sl_keys_free(&keys);
	return 0;
}
