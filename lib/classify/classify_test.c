/* classify_test.c - evidence that does not fit, and the sum that the combiner makes of it */

#include "check.h"
#include <math.h>

#include "classify/classify.h"
#include "classify/combine.h"

static struct sl_evidence
evidence(double spam, double phish)
{
	return (struct sl_evidence){ .name = "test", .state = SL_EVIDENCE_PRESENT,
		.log_odds = { [SL_SPAM] = spam, [SL_PHISH] = phish }, .sentence = "a test" };
}

static void
add(struct sl_verdict *verdict, struct sl_evidence e)
{
	sl_verdict_add(verdict, &e);
}

static void
categories_have_the_words_of_the_settings(void **state)
{
	assert_string_equal(sl_category_word(SL_SPAM), "spam");
	assert_string_equal(sl_category_word(SL_PHISH), "phish");
	assert_string_equal(sl_category_word(SL_MALWARE), "malware");
}

static void
the_weakest_evidence_gives_way_when_there_is_no_room(void **state)
{
	struct sl_verdict verdict = { 0 };

	for (int i = 0; i < SL_EVIDENCE_MAX; i++)
		add(&verdict, evidence(i == 5 ? 0.1 : 1, i == 5 ? -0.2 : 0));
	add(&verdict, evidence(0.15, 0));
	assert_true(verdict.evidence[5].log_odds[SL_PHISH] == -0.2);	/* 0.2 is the stronger */
	add(&verdict, evidence(0, -3));
	assert_true(verdict.evidence[5].log_odds[SL_PHISH] == -3);
	assert_int_equal(verdict.evidence_len, SL_EVIDENCE_MAX);
}

static void
a_failure_never_gives_way(void **state)
{
	struct sl_verdict verdict = { 0 };
	struct sl_evidence failed = evidence(0, 0);

	failed.state = SL_EVIDENCE_FAILED;
	add(&verdict, failed);
	for (int i = 0; i < 2 * SL_EVIDENCE_MAX; i++)
		add(&verdict, evidence(i + 1, 0));
	assert_int_equal(verdict.evidence[0].state, SL_EVIDENCE_FAILED);
}

static void
prior_and_contributions_add_up_to_the_answer(void **state)
{
	static const struct {
		const char	*name;
		double		 spam[3];
	} rows[] = {
		{ "nothing is said", { 0, 0, 0 } },
		{ "all agree", { 2, 3, 0.5 } },
		{ "they disagree", { -4, 7.25, 0 } },
		{ "all but certain", { 20, 8, 0 } },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_verdict verdict = { 0 };
		double sum;

		for (size_t k = 0; k < 3; k++)
			add(&verdict, evidence(rows[i].spam[k], -rows[i].spam[k]));
		sl_combine(NULL, &verdict);
		sum = verdict.prior[SL_SPAM] + rows[i].spam[0] + rows[i].spam[1] + rows[i].spam[2];
		if (fabs(verdict.probability[SL_SPAM] - 1 / (1 + exp(-sum))) > 1e-12)
			fail_msg("%s: %.15f", rows[i].name, verdict.probability[SL_SPAM]);
		assert_true(verdict.probability[SL_MALWARE] == SL_PRIOR_MALWARE ||
		    fabs(verdict.probability[SL_MALWARE] - SL_PRIOR_MALWARE) < 1e-12);
	}
}

static void
absent_and_failed_evidence_leaves_the_prior(void **state)
{
	struct sl_verdict verdict = { 0 };
	struct sl_evidence e = evidence(0, 0);

	e.state = SL_EVIDENCE_ABSENT;
	add(&verdict, e);
	e.state = SL_EVIDENCE_FAILED;
	add(&verdict, e);
	sl_combine(NULL, &verdict);
	assert_true(fabs(verdict.probability[SL_SPAM] - SL_PRIOR_SPAM) < 1e-12);
	assert_true(fabs(verdict.probability[SL_PHISH] - SL_PRIOR_PHISH) < 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(categories_have_the_words_of_the_settings),
		cmocka_unit_test(the_weakest_evidence_gives_way_when_there_is_no_room),
		cmocka_unit_test(a_failure_never_gives_way),
		cmocka_unit_test(prior_and_contributions_add_up_to_the_answer),
		cmocka_unit_test(absent_and_failed_evidence_leaves_the_prior),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
