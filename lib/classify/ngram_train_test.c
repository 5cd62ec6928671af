/* ngram_train_test.c - what the trainer needs, and that it repeats itself */

#include "check.h"
#include <stdio.h>
#include <stdlib.h>

#include "classify/ngram_train.h"

/* Two vocabularies; one message in `noise` has the other's. */
static void
fill(struct sl_ngram_trainer *trainer, unsigned ham, unsigned spam, unsigned noise)
{
	static const char *const words[2][6] = {
		{ "meeting", "minutes", "kernel", "patch", "review", "thanks" },
		{ "viagra", "lottery", "winner", "casino", "cheap", "pills" },
	};

	srand(11);
	for (unsigned i = 0; i < ham + spam; i++) {
		bool unwanted = i >= ham;
		bool swapped = noise > 0 && (unsigned)rand() % noise == 0;
		struct sl_buf text;

		sl_buf_init(&text, 10000);
		sl_buf_addf(&text, "Subject: about %c%c%c\r\n\r\n", 'a' + rand() % 26, 'a' + rand() % 26,
		    'a' + rand() % 26);
		for (int k = 0; k < 20; k++)
			sl_buf_addf(&text, "%s ", words[unwanted != swapped][rand() % 6]);
		sl_ngram_trainer_add(trainer, sl_buf_slice(&text), unwanted ? SL_NGRAM_SPAM : SL_NGRAM_HAM);
		sl_buf_fini(&text);
	}
}

static int
learn(unsigned ham, unsigned spam, unsigned noise, struct sl_buf *model,
    struct sl_ngram_report *report)
{
	struct sl_ngram_options options = sl_ngram_options_default;
	struct sl_ngram_trainer *trainer;
	int r;

	options.dims = 12;
	trainer = sl_ngram_trainer_new(&options);
	assert_non_null(trainer);
	fill(trainer, ham, spam, noise);
	sl_buf_init(model, 1u << 20);
	r = sl_ngram_trainer_finish(trainer, model, report);
	sl_ngram_trainer_free(&trainer);
	assert_null(trainer);
	return r;
}

static void
options_out_of_range_are_refused(void **state)
{
	static const struct sl_ngram_options rows[] = {
		{ .dims = 11, .folds = 5, .passes = 8 }, { .dims = 21, .folds = 5, .passes = 8 },
		{ .dims = 20, .folds = 1, .passes = 8 }, { .dims = 20, .folds = 21, .passes = 8 },
		{ .dims = 20, .folds = 5, .passes = 0 }, { .dims = 20, .folds = 5, .passes = 101 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		assert_null(sl_ngram_trainer_new(&rows[i]));
}

static void
ten_of_each_are_needed(void **state)
{
	static const struct {
		unsigned	ham, spam;
		int		result;
	} rows[] = { { 0, 0, SL_ERR_NOT_FOUND }, { 50, 0, SL_ERR_NOT_FOUND }, { 0, 50, SL_ERR_NOT_FOUND },
		{ 9, 50, SL_ERR_NOT_FOUND }, { 50, 9, SL_ERR_NOT_FOUND }, { 10, 10, 0 } };

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_ngram_report report;
		struct sl_buf model;

		assert_int_equal(learn(rows[i].ham, rows[i].spam, 0, &model, &report), rows[i].result);
		assert_int_equal(model.len > 0, rows[i].result == 0);
		sl_buf_fini(&model);
	}
}

static void
the_same_messages_give_the_same_bytes(void **state)
{
	struct sl_ngram_report report;
	struct sl_buf one, two, other;

	assert_int_equal(learn(40, 40, 0, &one, &report), 0);
	assert_int_equal(learn(40, 40, 0, &two, &report), 0);
	assert_int_equal(learn(40, 41, 0, &other, &report), 0);
	assert_true(sl_slice_eq(sl_buf_slice(&one), sl_buf_slice(&two)));
	assert_false(sl_slice_eq(sl_buf_slice(&one), sl_buf_slice(&other)));
	sl_buf_fini(&one);
	sl_buf_fini(&two);
	sl_buf_fini(&other);
}

static void
the_report_counts_and_measures(void **state)
{
	struct sl_ngram_report report;
	struct sl_buf model;

	assert_int_equal(learn(100, 60, 0, &model, &report), 0);
	assert_int_equal(report.messages[SL_NGRAM_HAM], 100);
	assert_int_equal(report.messages[SL_NGRAM_SPAM], 60);
	assert_int_equal(report.messages[SL_NGRAM_PHISH], 0);
	assert_true(report.roc_area_missed < 0.001);
	assert_true(report.caught_at[0] > 0.99 && report.caught_at[2] >= report.caught_at[0]);
	sl_buf_fini(&model);
}

/* Where a tenth of the labels contradicts the text nothing may be surer than nine in ten. */
static void
wrong_labels_make_it_less_sure_not_wrong(void **state)
{
	struct sl_ngram_report report;
	struct sl_buf model;

	assert_int_equal(learn(400, 400, 10, &model, &report), 0);
	assert_true(report.roc_area_missed > 0.02 && report.roc_area_missed < 0.25);
	assert_true(report.calibration_error < 0.05);
	sl_buf_fini(&model);
}

/* One value for each message and view, by a model that has not seen its fold: right where the text tells, and not
 * as sure as of what was learned by heart. */
static void
held_out_values_come_in_the_order_of_adding(void **state)
{
	struct sl_ngram_options options = sl_ngram_options_default;
	struct sl_ngram_trainer *trainer;
	struct sl_ngram_report report;
	struct sl_buf model;
	size_t len;

	options.dims = 12;
	trainer = sl_ngram_trainer_new(&options);
	fill(trainer, 120, 80, 0);
	assert_null(sl_ngram_trainer_held_out(trainer, SL_NGRAM_BYTES, &len));
	assert_int_equal(len, 0);
	sl_buf_init(&model, 1u << 20);
	assert_int_equal(sl_ngram_trainer_finish(trainer, &model, &report), 0);
	for (int view = 0; view < SL_NGRAM_VIEWS; view++) {
		const double *values = sl_ngram_trainer_held_out(trainer, (enum sl_ngram_view)view, &len);

		assert_int_equal(len, 200);
		for (size_t i = 0; i < len; i++) {
			assert_int_equal(values[i] > 0, i >= 120);
			assert_true(values[i] > -20 && values[i] < 20);
		}
	}
	sl_ngram_trainer_free(&trainer);
	sl_buf_fini(&model);
}

/* Two collections whose unwanted mail reads alike are told apart by each other's models; one alone has no stranger, nor has
 * one that holds all unwanted mail. */
static void
strangers_are_judged_by_what_others_taught(void **state)
{
	static const struct {
		unsigned	sources;	/* 0: none is named */
		bool		strange;
	} rows[] = { { 0, false }, { 1, false }, { 2, true }, { 200, false } };

	for (size_t r = 0; r < SL_COUNT(rows); r++) {
		struct sl_ngram_options options = sl_ngram_options_default;
		struct sl_ngram_trainer *trainer;
		struct sl_ngram_report report;
		const double *values;
		struct sl_buf model;

		options.dims = 12;
		trainer = sl_ngram_trainer_new(&options);
		for (unsigned i = 0; i < 80; i++) {
			char text[64];

			snprintf(text, sizeof(text), "Subject: %c%c\r\n\r\n%s\r\n", 'a' + i / 8, 'a' + i % 8,
			    i < 40 ? "the meeting is on monday" : "buy cheap pills now");
			sl_ngram_trainer_add(trainer, sl_slice_str(text), i < 40 ? SL_NGRAM_HAM : SL_NGRAM_SPAM);
			if (rows[r].sources > 0)
				sl_ngram_trainer_source(trainer, rows[r].sources == 200 ? i / 40
				    : 7 + i % rows[r].sources);
		}
		sl_buf_init(&model, 1u << 20);
		assert_int_equal(sl_ngram_trainer_finish(trainer, &model, &report), 0);
		values = sl_ngram_trainer_strange(trainer, SL_NGRAM_DECODED);
		if ((values != NULL) != rows[r].strange)
			fail_msg("row %zu", r);
		for (size_t i = 0; values != NULL && i < 80; i++)
			assert_int_equal(values[i] > 0, i >= 40);
		sl_ngram_trainer_free(&trainer);
		sl_buf_fini(&model);
	}
}

static void
a_model_that_does_not_fit_is_an_error(void **state)
{
	struct sl_ngram_options options = sl_ngram_options_default;
	struct sl_ngram_trainer *trainer;
	struct sl_ngram_report report;
	struct sl_buf model;

	options.dims = 12;
	trainer = sl_ngram_trainer_new(&options);
	fill(trainer, 20, 20, 0);
	sl_buf_init(&model, 1000);
	assert_int_equal(sl_ngram_trainer_finish(trainer, &model, &report), SL_ERR_FULL);
	sl_ngram_trainer_free(&trainer);
	sl_buf_fini(&model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(ten_of_each_are_needed),
		cmocka_unit_test(the_same_messages_give_the_same_bytes),
		cmocka_unit_test(the_report_counts_and_measures),
		cmocka_unit_test(wrong_labels_make_it_less_sure_not_wrong),
		cmocka_unit_test(held_out_values_come_in_the_order_of_adding),
		cmocka_unit_test(strangers_are_judged_by_what_others_taught),
		cmocka_unit_test(a_model_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
