/* ngram_online_test.c - learning one message at a time, taking it back, and writing it out */

#include "check.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/bytegram.h"
#include "classify/combine.h"
#include "classify/ngram_online.h"
#include "classify/panel.h"

#define DIMS	14

/* A message of one of two vocabularies; every number another. */
static struct sl_buf
made_up(bool unwanted, unsigned number)
{
	static const char *const words[2][6] = {
		{ "meeting", "minutes", "kernel", "patch", "review", "thanks" },
		{ "viagra", "lottery", "winner", "casino", "cheap", "pills" },
	};
	struct sl_buf text;

	sl_buf_init(&text, 10000);
	sl_buf_addf(&text, "Received: from %s.example\r\nSubject: about %u\r\n\r\n", unwanted ? "bad" : "good", number);
	for (unsigned k = 0; k < 20; k++)
		sl_buf_addf(&text, "%s ", words[unwanted][(number * 7 + k * k + k * number) % 6]);
	return text;
}

static double
judged(struct sl_ngram_online *online, bool unwanted, unsigned number)
{
	struct sl_buf text = made_up(unwanted, number);
	double log_odds = sl_ngram_online_judge(online, sl_buf_slice(&text), NULL);

	sl_buf_fini(&text);
	return log_odds;
}

typedef void change(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label);

static void
changed(struct sl_ngram_online *online, change *by, bool unwanted, unsigned number)
{
	struct sl_buf text = made_up(unwanted, number);

	by(online, sl_buf_slice(&text), unwanted ? SL_NGRAM_PHISH : SL_NGRAM_HAM);
	sl_buf_fini(&text);
}

static void
learned(struct sl_ngram_online *online, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		changed(online, sl_ngram_online_learn, i % 2, i);
}

static void
it_learns_from_nothing_and_soon(void **state)
{
	struct sl_ngram_online *online = sl_ngram_online_new(DIMS, false);

	assert_true(judged(online, true, 100) == 0);
	learned(online, 10);
	for (unsigned i = 100; i < 120; i++)
		assert_true(judged(online, true, i) > 0 && judged(online, false, i) < 0);
	sl_ngram_online_free(&online);
	assert_null(online);
	sl_ngram_online_free(&online);
}

static void
sizes_out_of_range_are_refused(void **state)
{
	assert_null(sl_ngram_online_new(11, false));
	assert_null(sl_ngram_online_new(21, false));
}

static void
what_was_learned_last_is_taken_back_whole(void **state)
{
	struct sl_ngram_online *online = sl_ngram_online_new(DIMS, false);
	double before[2], after[2];

	for (unsigned known = 0; known < 30; known += 10) {
		for (unsigned i = 0; i < known; i++)
			changed(online, sl_ngram_online_learn, i % 2, i);
		for (unsigned i = 50; i < 60; i++) {
			bool unwanted = i % 3 == 0;

			for (int u = 0; u < 2; u++)
				before[u] = judged(online, u, 200);
			changed(online, sl_ngram_online_learn, unwanted, i);
			if (known == 0)
				assert_true(fabs(judged(online, unwanted, 200) - before[unwanted]) > 0.1);
			changed(online, sl_ngram_online_unlearn, unwanted, i);
			for (int u = 0; u < 2; u++) {
				after[u] = judged(online, u, 200);
				assert_true(fabs(after[u] - before[u]) < 0.01);
			}
		}
	}
	sl_ngram_online_free(&online);
}

/* Unlearned later, in another order, a wrong correction no longer shows. */
static void
what_was_learned_long_ago_fades(void **state)
{
	struct sl_ngram_online *online = sl_ngram_online_new(DIMS, false);
	struct sl_buf wrong = made_up(true, 77);
	double right, misled;

	learned(online, 40);
	right = sl_ngram_online_judge(online, sl_buf_slice(&wrong), NULL);
	for (int i = 0; i < 6; i++)
		sl_ngram_online_learn(online, sl_buf_slice(&wrong), SL_NGRAM_HAM);
	misled = sl_ngram_online_judge(online, sl_buf_slice(&wrong), NULL);
	assert_true(misled < right - 1);
	changed(online, sl_ngram_online_learn, false, 41);
	for (int i = 0; i < 6; i++)
		sl_ngram_online_unlearn(online, sl_buf_slice(&wrong), SL_NGRAM_HAM);
	assert_true(sl_ngram_online_judge(online, sl_buf_slice(&wrong), NULL) > (right + misled) / 2);
	assert_true(judged(online, false, 100) < 0);
	sl_buf_fini(&wrong);
	sl_ngram_online_free(&online);
}

/* The classifiers' values by a model file. */
static void
values_by(const struct sl_ngram_model *model, struct sl_slice message, double values[2])
{
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	sl_arena_init(&arena, 65536);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &sl_ngram_classifier, model);
	sl_panel_add(panel, &sl_bytegram_classifier, model);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	assert_int_equal(verdict.evidence_len, 2);
	values[SL_NGRAM_DECODED] = verdict.evidence[0].value;
	values[SL_NGRAM_BYTES] = verdict.evidence[1].value;
	sl_arena_fini(&arena);
}

static void
written_out_it_judges_alike_and_can_be_gone_on_from(void **state)
{
	for (int all_headers = 0; all_headers < 2; all_headers++) {
		struct sl_ngram_online *online = sl_ngram_online_new(DIMS, all_headers), *next;
		struct sl_buf bytes, text = made_up(true, 300);
		double own[SL_NGRAM_VIEWS], read[SL_NGRAM_VIEWS], on;
		struct sl_ngram_model *model;

		learned(online, 40);
		sl_ngram_online_judge(online, sl_buf_slice(&text), own);
		sl_buf_init(&bytes, 100);
		assert_int_equal(sl_ngram_online_write(online, &bytes), SL_ERR_FULL);
		sl_buf_fini(&bytes);
		sl_buf_init(&bytes, 1u << 20);
		assert_int_equal(sl_ngram_online_write(online, &bytes), 0);
		assert_int_equal(sl_ngram_model_open(sl_buf_slice(&bytes), &model), 0);
		values_by(model, sl_buf_slice(&text), read);
		next = sl_ngram_online_from(model);
		on = sl_ngram_online_judge(next, sl_buf_slice(&text), NULL);
		for (int v = 0; v < SL_NGRAM_VIEWS; v++)
			assert_true(own[v] > 0.5 && fabs(own[v] - read[v]) < 0.05 + 0.05 * own[v]);
		assert_true(fabs(on - (read[0] + read[1]) / 2) < 0.001);
		for (int i = 0; i < 30; i++)
			sl_ngram_online_learn(next, sl_buf_slice(&text), SL_NGRAM_HAM);
		assert_true(sl_ngram_online_judge(next, sl_buf_slice(&text), NULL) < 0);
		sl_ngram_online_free(&next);
		sl_ngram_online_free(&online);
		sl_ngram_model_close(&model);
		sl_buf_fini(&bytes);
		sl_buf_fini(&text);
	}
}

/* Where all fields count a host that only wanted mail comes through tells; else it does not. */
static void
other_fields_count_when_asked(void **state)
{
	for (int all_headers = 0; all_headers < 2; all_headers++) {
		struct sl_ngram_online *online = sl_ngram_online_new(DIMS, all_headers);
		double good, bad;

		learned(online, 40);
		good = sl_ngram_online_judge(online, SL_SLICE_LIT("Received: from good.example\r\n\r\n"), NULL);
		bad = sl_ngram_online_judge(online, SL_SLICE_LIT("Received: from bad.example\r\n\r\n"), NULL);
		assert_int_equal(bad > good, all_headers);
		sl_ngram_online_free(&online);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_learns_from_nothing_and_soon),
		cmocka_unit_test(sizes_out_of_range_are_refused),
		cmocka_unit_test(what_was_learned_last_is_taken_back_whole),
		cmocka_unit_test(what_was_learned_long_ago_fades),
		cmocka_unit_test(written_out_it_judges_alike_and_can_be_gone_on_from),
		cmocka_unit_test(other_fields_count_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
