/* combine_train_test.c - weights that were put into made-up mail are found again */

#include "check.h"
#include <math.h>

#include "classify/combine_train.h"

static uint64_t random_state;

static double
uniform(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(random_state >> 11) / 9007199254740992.0;
}

static void
say(struct sl_verdict *verdict, const char *name, double spam, double phish)
{
	const struct sl_evidence e = { .name = name, .log_odds = { [SL_SPAM] = spam, [SL_PHISH] = phish },
		.sentence = "" };

	sl_verdict_add(verdict, &e);
}

static double
normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

/* The model says `boast` times what it knows (mean +-2, variance 4: the true log-odds are that number itself); a
 * rule hits a fifth of the unwanted and a fiftieth of the wanted mail: log(10). */
static void
invent(struct sl_verdict *verdict, bool bad, double boast, bool absent)
{
	const struct sl_evidence missing = { .name = "model", .state = SL_EVIDENCE_ABSENT, .sentence = "" };

	memset(verdict, 0, sizeof(*verdict));
	if (absent)
		sl_verdict_add(verdict, &missing);
	else
		say(verdict, "model", boast * ((bad ? 2 : -2) + 2 * normal()), 0);
	if (uniform() < (bad ? 0.2 : 0.02))
		say(verdict, "rule", 1.5, 0);
	if (uniform() < 0.001)
		say(verdict, "rare", 3, 0);
}

static struct sl_combiner *
learned(double boast, double absent, struct sl_combine_report *report, struct sl_buf *text)
{
	struct sl_combine_trainer *trainer = sl_combine_trainer_new();
	struct sl_combiner *combiner;
	struct sl_verdict verdict;

	random_state = 1;
	for (int i = 0; i < 6000; i++) {
		bool bad = i % 3 == 0;

		invent(&verdict, bad, boast, uniform() < absent);
		sl_combine_trainer_add(trainer, &verdict, bad ? SL_LABEL_SPAM : SL_LABEL_HAM, 0,
		    (unsigned)i % SL_COMBINE_FOLDS);
	}
	sl_buf_init(text, 65536);
	assert_int_equal(sl_combine_trainer_finish(trainer, text, report), 0);
	if (sl_combiner_open(sl_buf_slice(text), &combiner, NULL) != 0)
		fail_msg("%s", sl_buf_cstr(text));
	sl_combine_trainer_free(&trainer);
	return combiner;
}

static double
added(const struct sl_combiner *combiner, const char *name, double said, enum sl_evidence_state what)
{
	const struct sl_evidence e = { .name = name, .state = what, .log_odds = { [SL_SPAM] = said },
		.sentence = "" };
	struct sl_verdict verdict = { 0 };

	sl_verdict_add(&verdict, &e);
	sl_combine(combiner, &verdict);
	return verdict.evidence[0].log_odds[SL_SPAM];
}

static void
a_boasting_model_is_cut_and_a_modest_rule_raised(void **state)
{
	static const double boasts[] = { 0.5, 1, 3 };

	for (size_t i = 0; i < SL_COUNT(boasts); i++) {
		struct sl_combine_report report;
		struct sl_buf text;
		struct sl_combiner *combiner = learned(boasts[i], 0, &report, &text);
		double model = added(combiner, "model", boasts[i], SL_EVIDENCE_PRESENT);
		double rule = added(combiner, "rule", 1.5, SL_EVIDENCE_PRESENT);

		if (fabs(model - 1) > 0.1 || fabs(rule - log(10)) > 0.4 || fabs(report.slope[SL_SPAM] - 1) > 0.05)
			fail_msg("boast %.1f: model %.3f, rule %.3f, slope %.3f", boasts[i], model, rule,
			    report.slope[SL_SPAM]);
		assert_true(fabs(added(combiner, "rare", 3, SL_EVIDENCE_PRESENT) - 3) < 1e-9);
		assert_true(fabs(added(combiner, "model", 0, SL_EVIDENCE_ABSENT)) < 0.2);
		sl_combiner_close(&combiner);
		sl_buf_fini(&text);
	}
}

static void
the_answer_is_calibrated(void **state)
{
	struct sl_combine_report report;
	struct sl_buf text;
	struct sl_combiner *combiner = learned(3, 0.2, &report, &text);
	double sum[10] = { 0 }, bad[10] = { 0 }, error = 0;

	random_state = 7;
	for (int i = 0; i < 20000; i++) {
		struct sl_verdict verdict;
		size_t bin;

		invent(&verdict, i % 2, 3, uniform() < 0.2);
		sl_combine(combiner, &verdict);
		bin = SL_MIN((size_t)(10 * verdict.probability[SL_SPAM]), (size_t)9);
		sum[bin] += verdict.probability[SL_SPAM];
		bad[bin] += i % 2;
	}
	for (int i = 0; i < 10; i++)
		error += fabs(sum[i] - bad[i]) / 20000;
	if (error > 0.015)
		fail_msg("calibration error %.4f", error);
	sl_combiner_close(&combiner);
	sl_buf_fini(&text);
}

static void
the_same_messages_give_the_same_bytes(void **state)
{
	struct sl_buf one, two;
	struct sl_combiner *a = learned(1, 0.1, NULL, &one), *b = learned(1, 0.1, NULL, &two);

	assert_true(sl_slice_eq(sl_buf_slice(&one), sl_buf_slice(&two)));
	sl_combiner_close(&a);
	sl_combiner_close(&b);
	sl_buf_fini(&one);
	sl_buf_fini(&two);
}

/* A model that is sure of what it knows, and of strangers says what a coin says; a rule that is right of both. */
static struct sl_combiner *
learned_with_strangers(bool strangers, struct sl_buf *text)
{
	struct sl_combine_trainer *trainer = sl_combine_trainer_new();
	struct sl_combiner *combiner;
	struct sl_verdict verdict;

	random_state = 3;
	for (int i = 0; i < 4000; i++) {
		enum sl_label label = i % 2 == 0 ? SL_LABEL_SPAM : SL_LABEL_HAM;
		unsigned fold = (unsigned)(i / 2) % SL_COMBINE_FOLDS;
		bool hit = uniform() < (i % 2 == 0 ? 0.5 : 0.02);

		for (int strange = 0; strange <= strangers; strange++) {
			memset(&verdict, 0, sizeof(verdict));
			say(&verdict, "model", (strange ? 0 : i % 2 == 0 ? 2 : -2) + 2 * normal(), 0);
			if (hit)
				say(&verdict, "rule", 1.5, 0);
			(strange ? sl_combine_trainer_add_strange : sl_combine_trainer_add)(trainer, &verdict,
			    label, (uint64_t)i % 4, fold);
		}
	}
	sl_buf_init(text, 65536);
	assert_int_equal(sl_combine_trainer_finish(trainer, text, NULL), 0);
	assert_int_equal(sl_combiner_open(sl_buf_slice(text), &combiner, NULL), 0);
	sl_combine_trainer_free(&trainer);
	return combiner;
}

static void
a_model_that_strangers_fool_is_trusted_less(void **state)
{
	struct sl_buf one, two;
	struct sl_combiner *naive = learned_with_strangers(false, &one), *wary = learned_with_strangers(true, &two);
	double model = added(naive, "model", 1, SL_EVIDENCE_PRESENT), rule = added(naive, "rule", 1.5, SL_EVIDENCE_PRESENT);

	assert_true(model > 0.9);
	assert_true(added(wary, "model", 1, SL_EVIDENCE_PRESENT) < 0.85 * model);
	assert_true(added(wary, "rule", 1.5, SL_EVIDENCE_PRESENT) > 0.9 * rule);
	assert_non_null(strstr(sl_buf_cstr(&two), "# learned from 2000 ham, 2000 spam, 0 phish"));	/* each once */
	sl_combiner_close(&naive);
	sl_combiner_close(&wary);
	sl_buf_fini(&one);
	sl_buf_fini(&two);
}

static void
too_little_is_refused(void **state)
{
	struct sl_combine_trainer *trainer = sl_combine_trainer_new();
	struct sl_verdict verdict = { 0 };
	struct sl_buf text;

	sl_buf_init(&text, 4096);
	for (int i = 0; i < 9; i++)
		sl_combine_trainer_add(trainer, &verdict, SL_LABEL_HAM, 0, 0);
	for (int i = 0; i < 50; i++)
		sl_combine_trainer_add(trainer, &verdict, SL_LABEL_SPAM, 0, 1);
	assert_int_equal(sl_combine_trainer_finish(trainer, &text, NULL), SL_ERR_NOT_FOUND);
	sl_combine_trainer_free(&trainer);
	sl_buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boasting_model_is_cut_and_a_modest_rule_raised),
		cmocka_unit_test(the_answer_is_calibrated),
		cmocka_unit_test(the_same_messages_give_the_same_bytes),
		cmocka_unit_test(a_model_that_strangers_fool_is_trusted_less),
		cmocka_unit_test(too_little_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
