/*
 * dmarc_fuzz.c - DMARC with a resolver that answers whatever the fuzzer wants
 *
 * The input is cut at NUL bytes: From, two domains with a signature, one by SPF, then records, by the
 * name asked for. Answers come in the order asked, or each time the last one asked first. Properties: it
 * ends; no more questions than the bounds allow; names can be asked for; the order changes nothing;
 * without an identity nothing passes; a pass asks for nothing to be done.
 */

#include "mailauth/dmarc.h"

#define PIECES_MAX	32
#define QUESTIONS_MAX	((SL_DMARC_IDENTITIES_MAX + 1) * SL_DMARC_WALK_MAX + 3)

struct script {
	struct sl_slice	pieces[PIECES_MAX];
	size_t		count;
};

static void
script_cut(struct script *script, struct sl_slice in)
{
	script->count = 0;
	while (script->count < PIECES_MAX) {
		const unsigned char *end = in.len == 0 ? NULL : memchr(in.ptr, '\0', in.len);
		size_t n = end == NULL ? in.len : (size_t)(end - in.ptr);

		script->pieces[script->count++] = sl_slice(in.ptr, n);
		if (end == NULL)
			return;
		in = sl_slice_from(in, n + 1);
	}
}

/* The same name has the same answer, whenever it is asked for. */
static void
answer(struct sl_dmarc *dmarc, const struct script *script, const struct sl_dns_question *question)
{
	uint64_t hash = sl_hash(question->name, strlen(question->name));
	struct sl_dns_record records[2] = { { { 0 } } };
	struct sl_dns_answer found = { SL_DNS_NXDOMAIN, records, 1 };

	if (script->count > 4) {
		records[0].data = script->pieces[4 + hash % (script->count - 4)];
		records[1].data = script->pieces[4 + hash / 7 % (script->count - 4)];
		found.count = 1 + (hash >> 40) % 8 / 7;
		found.status = (hash >> 32) % 16 == 0 ? SL_DNS_TEMPERROR :
		    records[0].data.len == 0 ? SL_DNS_NODATA : SL_DNS_FOUND;
	}
	sl_dmarc_dns.answer(dmarc, question->id, &found);
}

static struct sl_dmarc *
run(const struct script *script, bool backwards)
{
	struct sl_dns_question questions[QUESTIONS_MAX];
	size_t open = 0, asked = 0;
	struct sl_author author;
	struct sl_dmarc *dmarc;

	sl_author_parse(script->pieces[0], &author);
	dmarc = sl_dmarc_new(&author, NULL);
	for (size_t i = 1; i < SL_MIN(script->count, (size_t)4); i++)
		(i < 3 ? sl_dmarc_add_dkim : sl_dmarc_add_spf)(dmarc, script->pieces[i]);
	if (!backwards)
		sl_dmarc_end(dmarc);
	for (;;) {
		struct sl_dns_question next;

		while (sl_dmarc_dns.ask(dmarc, &next)) {
			SL_ASSERT(++asked <= QUESTIONS_MAX && sl_dns_name_ok(sl_slice_str(next.name)));
			questions[open++] = next;
		}
		if (open == 0)
			break;
		next = questions[backwards ? --open : 0];
		if (!backwards)
			memmove(questions, questions + 1, --open * sizeof(questions[0]));
		answer(dmarc, script, &next);
	}
	if (backwards)
		sl_dmarc_end(dmarc);
	return dmarc;
}

/* The end may raise questions of its own. */
static void
finish(struct sl_dmarc *dmarc, const struct script *script)
{
	struct sl_dns_question next;

	while (sl_dmarc_dns.ask(dmarc, &next))
		answer(dmarc, script, &next);
	SL_ASSERT(sl_dmarc_done(dmarc));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct sl_dmarc_verdict *v, *w;
	struct sl_dmarc *one, *two;
	struct script script;

	script_cut(&script, sl_slice(data, len));
	one = run(&script, false);
	two = run(&script, true);
	finish(one, &script);
	finish(two, &script);
	v = sl_dmarc_verdict(one);
	w = sl_dmarc_verdict(two);
	SL_ASSERT(v->result == w->result && v->policy == w->policy && v->disposition == w->disposition);
	SL_ASSERT(strcmp(v->domain, w->domain) == 0 && v->aligned_spf == w->aligned_spf);
	SL_ASSERT(v->result != SL_DMARC_PASS || v->aligned_spf || v->aligned_dkim[0] != '\0');
	SL_ASSERT(v->result == SL_DMARC_FAIL || v->result == SL_DMARC_PERMERROR ||
	    v->disposition == SL_DMARC_POLICY_NONE);
	SL_ASSERT(v->result != SL_DMARC_PASS || script.count > 1);
	sl_dmarc_free(&one);
	sl_dmarc_free(&two);
	return 0;
}
