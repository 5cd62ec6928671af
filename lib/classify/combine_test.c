/* combine_test.c - a combiner's text, and the sum it makes */

#include "check.h"
#include <math.h>
#include <stdio.h>

#include "classify/combine.h"

#define HEAD	"sluice-combiner 1\n"

static void
texts_are_read_or_refused_at_the_line(void **state)
{
	static const struct {
		const char	*text;
		int		 result;
		size_t		 line;
	} rows[] = {
		{ HEAD, 0, 1 },
		{ HEAD "# a remark\n\nprior spam -0.5\nweight spam ngram 0.75 0.1 1000\n", 0, 5 },
		{ HEAD "prior spam 1e0", 0, 2 },
		{ "", SL_ERR_SYNTAX, 0 },
		{ "sluice-combiner 2\n", SL_ERR_VERSION, 1 },
		{ "something else\n", SL_ERR_SYNTAX, 1 },
		{ HEAD "prior spam nan\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior spam 0x10\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior spam 51\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior spam\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior spam 1 2\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior ham 1\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "prior spam 1\nprior spam 1\n", SL_ERR_SYNTAX, 3 },
		{ HEAD "weight spam a-b 1 0 1\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "weight spam a 1 0\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "weight spam a 101 0 9\n", SL_ERR_SYNTAX, 2 },
		{ HEAD "weight spam a 1 0 9\nweight phish a 1 0 9\nweight spam a 1 0 9\n", SL_ERR_SYNTAX, 4 },
		{ HEAD "waits spam a 1 0 9\n", SL_ERR_SYNTAX, 2 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_combiner *combiner;
		size_t line = 99;
		int r = sl_combiner_open(sl_slice_str(rows[i].text), &combiner, &line);

		if (r != rows[i].result || line != rows[i].line || (r == 0) != (combiner != NULL))
			fail_msg("%s: %d in line %zu", rows[i].text, r, line);
		sl_combiner_close(&combiner);
	}
}

static void
weights_multiply_what_was_said_and_absence_has_its_own(void **state)
{
	static const char text[] = HEAD "prior spam -1\nweight spam words 0.5 0.25 10\nweight phish words 2 0 10\n";
	struct sl_verdict verdict = { 0 };
	struct sl_combiner *combiner;
	struct sl_evidence e = { .name = "words", .log_odds = { [SL_SPAM] = 4, [SL_PHISH] = 1 },
		.sentence = "words" };

	assert_int_equal(sl_combiner_open(SL_SLICE_LIT(text), &combiner, NULL), 0);
	sl_verdict_add(&verdict, &e);
	e.name = "unheard_of";		/* its own estimate stands */
	sl_verdict_add(&verdict, &e);
	e.shadow = true;
	sl_verdict_add(&verdict, &e);
	e = (struct sl_evidence){ .name = "words", .state = SL_EVIDENCE_FAILED, .sentence = "late" };
	sl_verdict_add(&verdict, &e);
	for (int again = 0; again < 2; again++) {
		sl_combine(combiner, &verdict);
		assert_true(fabs(verdict.logit[SL_SPAM] - (-1 + 2 + 4 + 0 + 0.25)) < 1e-12);
		assert_true(fabs(verdict.logit[SL_PHISH] - (sl_combine_prior(NULL, SL_PHISH) + 2 + 1)) < 1e-12);
		assert_true(fabs(verdict.probability[SL_SPAM] - 1 / (1 + exp(-5.25))) < 1e-12);
	}
	sl_combine(NULL, &verdict);
	assert_true(fabs(verdict.logit[SL_SPAM] - 8) < 1e-12);
	sl_combiner_close(&combiner);
}

static void
many_names_are_kept_apart(void **state)
{
	struct sl_combiner *combiner;
	char text[40000];
	size_t len = (size_t)snprintf(text, sizeof(text), HEAD);

	for (int i = 0; i < 700; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "weight spam rule_%d %d.5 0 9\n", i, i % 90);
	assert_int_equal(sl_combiner_open(sl_slice(text, len), &combiner, NULL), 0);
	for (int i = 0; i < 700; i++) {
		struct sl_verdict verdict = { 0 };
		struct sl_evidence e = { .log_odds = { [SL_SPAM] = 1 }, .sentence = "" };
		char name[20];

		snprintf(name, sizeof(name), "rule_%d", i);
		e.name = name;
		sl_verdict_add(&verdict, &e);
		sl_combine(combiner, &verdict);
		assert_true(fabs(verdict.evidence[0].log_odds[SL_SPAM] - (i % 90 + 0.5)) < 1e-12);
	}
	sl_combiner_close(&combiner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_or_refused_at_the_line),
		cmocka_unit_test(weights_multiply_what_was_said_and_absence_has_its_own),
		cmocka_unit_test(many_names_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
