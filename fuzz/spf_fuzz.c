/*
 * spf_fuzz.c - SPF with a resolver that answers whatever the fuzzer wants
 *
 * The input is cut at NUL bytes: the sender, the HELO name, then answers given in turn and
 * again from the first. Properties: it ends; no more questions than the limits allow; every
 * name asked for can be asked for; the explanation is printable; two runs agree.
 */

#include "mailauth/spf.h"

#include <stdlib.h>

#define PIECES_MAX	32
/* 11 records, 10 terms with 10 names each and the question before, PTR, an explanation. */
#define QUESTIONS_MAX	(11 + 10 * 11 + 11 + 1)

struct script {
	struct sl_slice	pieces[PIECES_MAX];
	size_t		count;
	unsigned	flavour;
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

static void
answer_piece(struct sl_spf *spf, const struct sl_dns_question *question, struct sl_slice piece, unsigned n)
{
	struct sl_dns_record records[12];
	struct sl_dns_answer answer = { SL_DNS_FOUND, records, 1 };

	if (piece.len > 0 && piece.ptr[0] >= 0xf0 && question->type != SL_DNS_TXT)
		answer.status = (enum sl_dns_status)(piece.ptr[0] % 4);
	if (question->type != SL_DNS_TXT)
		answer.count = 1 + n % SL_COUNT(records);
	for (size_t i = 0; i < SL_COUNT(records); i++)
		records[i] = (struct sl_dns_record){ piece, 0 };
	sl_spf_dns.answer(spf, question->id, &answer);
}

static struct sl_spf *
run(const struct script *script, unsigned *questions_out)
{
	struct sl_spf_input input = {
		.address = { 192, 0, 2, 1, 0x61, 0x62, 0x63, 0x64 },
		.is_ipv6 = script->flavour % 2,
		.sender = script->pieces[0],
		.helo = script->count > 1 ? script->pieces[1] : script->pieces[0],
		.receiver = SL_SLICE_LIT("mx.test"),
		.now_s = 1700000000,
	};
	struct sl_spf *spf = sl_spf_new(&input);
	struct sl_dns_question question;
	unsigned n = 0;

	while (sl_spf_dns.ask(spf, &question)) {
		SL_ASSERT(sl_dns_name_ok(sl_slice_str(question.name)));
		SL_ASSERT(++n <= QUESTIONS_MAX);
		answer_piece(spf, &question, script->pieces[script->count > 2 ?
		    2 + n % (script->count - 2) : 0], n * script->flavour);
	}
	SL_ASSERT(sl_spf_done(spf));
	*questions_out = n;
	return spf;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script script;
	struct sl_spf *one, *two;
	unsigned n1, n2;

	if (len < 1)
		return 0;
	script.flavour = data[0];
	script_cut(&script, sl_slice(data + 1, len - 1));
	one = run(&script, &n1);
	two = run(&script, &n2);
	SL_ASSERT(n1 == n2 && sl_spf_result(one) == sl_spf_result(two));
	SL_ASSERT(strcmp(sl_spf_explanation(one), sl_spf_explanation(two)) == 0);
	for (const char *c = sl_spf_explanation(one); *c != '\0'; c++)
		SL_ASSERT(*c >= 0x20 && *c < 0x7f);
	SL_ASSERT(sl_spf_explanation(one)[0] == '\0' || sl_spf_result(one) == SL_SPF_FAIL);
	sl_spf_free(&one);
	sl_spf_free(&two);
	return 0;
}
