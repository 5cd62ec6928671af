/* drift_test.c - mail as in training, and mail that has moved */

#include "check.h"
#include "measure/drift.h"

#include <math.h>

static const char text[] =
    "sluice-rates 1\n# a remark\nmessages 1000000 3000000\nbin 5 0.9 0\nbin 9 0.1 0.2\nbin 14 0 0.8\n"
    "name ngram 1 1\nname beacon 0.1 0.4\nname rare_2 0 0.001\n";

static struct sl_drift_expectation expected;
static struct sl_drift drift;

static int
begin(void **state)
{
	memset(&drift, 0, sizeof(drift));
	return sl_drift_read(SL_SLICE_LIT(text), &expected, NULL);
}

/* n messages, `unwanted` of a hundred unwanted, spread as in training; `beacons` of ten unwanted ones with a beacon,
 * one of ten wanted ones. */
static void
feed(int n, int unwanted, int beacons, double half_life)
{
	size_t ngram = sl_drift_find(&expected, "ngram"), beacon = sl_drift_find(&expected, "beacon");
	const size_t places[] = { ngram, ngram, expected.names_len, beacon };

	for (int i = 0; i < n; i++) {
		bool bad = i % 100 < unwanted;
		int k = i / 100 % 10;	/* of ten alike */
		double odds = bad ? k < 8 ? 4.5 : -0.5 : k < 9 ? -4.5 : -0.5;

		sl_drift_add(&drift, &expected, half_life, odds, places, k < (bad ? beacons : 1) ? 4 : 3);
	}
}

static void
bins_are_of_equal_width(void **state)
{
	assert_int_equal(sl_drift_bin(-INFINITY), 0);
	assert_int_equal(sl_drift_bin(-9.5), 0);
	assert_int_equal(sl_drift_bin(-0.5), 9);
	assert_int_equal(sl_drift_bin(0), 10);
	assert_int_equal(sl_drift_bin(9.99), 19);
	assert_int_equal(sl_drift_bin(1000), 19);
}

static void
few_messages_give_no_figure(void **state)
{
	struct sl_drift_figures f;

	feed(SL_DRIFT_MESSAGES_MIN - 1, 50, 4, 10000);
	sl_drift_measure(&drift, &expected, &f);
	assert_true(isnan(f.answers) && isnan(f.said) && isnan(f.unwanted));
	feed(20, 50, 4, 10000);
	sl_drift_measure(&drift, &expected, &f);
	assert_false(isnan(f.answers));
}

/* Much or little of it unwanted: that is no drift, and is found out. */
static void
the_same_kinds_of_mail_in_another_mixture_do_not_drift(void **state)
{
	for (int unwanted = 5; unwanted <= 95; unwanted += 15) {
		size_t beacon = sl_drift_find(&expected, "beacon");
		struct sl_drift_figures f;
		struct sl_drift_rate rate;

		begin(state);
		feed(100000, unwanted, 4, 1e9);
		sl_drift_measure(&drift, &expected, &f);
		rate = sl_drift_rate(&drift, &expected, beacon, f.unwanted);
		if (fabs(f.unwanted - unwanted / 100.0) > 0.002 || f.answers > 1e-3 || rate.moved > 1e-3 ||
		    fabs(rate.now - rate.training) > 0.002)
			fail_msg("%d %%: %f, %f, %f", unwanted, f.unwanted, f.answers, rate.moved);
	}
}

/* By hand: beacons in half of the unwanted mail, and in place of 0.1 / 2 + 0.4 / 2 = 0.25 so in 0.3. */
static void
evidence_drifts_by_as_much_as_it_should(void **state)
{
	double p = 0.25, q = 0.3;
	struct sl_drift_figures f;
	struct sl_drift_rate rate;

	feed(100000, 50, 5, 1e9);
	sl_drift_measure(&drift, &expected, &f);
	rate = sl_drift_rate(&drift, &expected, sl_drift_find(&expected, "beacon"), f.unwanted);
	assert_true(fabs(rate.now - q) < 0.001 && fabs(rate.training - p) < 0.001);
	assert_true(fabs(rate.moved - ((q - p) * log(q / p) + (p - q) * log((1 - q) / (1 - p)))) < 0.001);
	assert_true(sl_drift_rate(&drift, &expected, sl_drift_find(&expected, "ngram"), f.unwanted).moved < 1e-4);
}

/* Answers where there were none, and answers that say another share of unwanted mail than their spread. */
static void
calibration_drifts(void **state)
{
	struct sl_drift_figures f;

	for (int i = 0; i < 10000; i++)		/* all near to nothing: training had 1 in 7 there */
		sl_drift_add(&drift, &expected, 1e9, -0.5, NULL, 0);
	sl_drift_measure(&drift, &expected, &f);
	assert_true(f.answers > 1);
	begin(state);
	/* nine of ten at -4.5: wanted, and 1 % is said; one at 4.5: what is said there fits */
	for (int i = 0; i < 10000; i++)
		sl_drift_add(&drift, &expected, 1e9, i % 10 == 0 ? 4.5 : -4.5, NULL, 0);
	sl_drift_measure(&drift, &expected, &f);
	assert_true(fabs(f.said - 0.109) < 0.002);
	assert_true(f.unwanted > 0.09 && f.unwanted < 0.11);
	begin(state);
	/* what training saw of unwanted mail only, and is now said with little conviction */
	for (int i = 0; i < 10000; i++)
		sl_drift_add(&drift, &expected, 1e9, i % 2 == 0 ? -0.1 : 4.5, NULL, 0);
	sl_drift_measure(&drift, &expected, &f);
	assert_true(f.unwanted - f.said > 0.1);
}

/* What vanished counts too, and old mail is forgotten. */
static void
figures_are_of_recent_mail(void **state)
{
	size_t beacon = sl_drift_find(&expected, "beacon");

	feed(20000, 50, 10, 1000);
	assert_true(sl_drift_rate(&drift, &expected, beacon, 0.5).moved > 0.2);
	feed(20000, 50, 4, 1000);
	assert_true(sl_drift_rate(&drift, &expected, beacon, 0.5).moved < 0.05);
	assert_true(drift.messages < 1500);
}

static void
what_is_written_is_read_again(void **state)
{
	struct sl_drift_expectation again;
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	sl_drift_write(&expected, &out);
	assert_int_equal(sl_drift_read(sl_buf_slice(&out), &again, NULL), 0);
	assert_memory_equal(&again, &expected, sizeof(again));
	sl_buf_fini(&out);
	assert_int_equal(expected.names_len, 3);
	assert_true(expected.names[sl_drift_find(&expected, "beacon")].rate[SL_DRIFT_UNWANTED] == 0.4);
	assert_int_equal(sl_drift_find(&expected, "unknown"), 3);
}

#define START "sluice-rates 1\nmessages 10 10\nbin 0 1 1\n"

static void
what_is_wrong_is_refused(void **state)
{
	static const struct { const char *text; int r; size_t line; } rows[] = {
		{ START, 0, 3 }, { "", SL_ERR_SYNTAX, 0 }, { "sluice-rates 2\n", SL_ERR_VERSION, 1 }, { "rates\n", SL_ERR_SYNTAX, 1 },
		{ START "bin 20 0 0\n", SL_ERR_SYNTAX, 4 }, { START "bin 1 0\n", SL_ERR_SYNTAX, 4 },
		{ START "bin 1 0 0 0\n", SL_ERR_SYNTAX, 4 }, { START "name a-b 0 0\n", SL_ERR_SYNTAX, 4 },
		{ START "name a 0 1.5\n", SL_ERR_SYNTAX, 4 }, { START "name a nan 0\n", SL_ERR_SYNTAX, 4 },
		{ START "name a 0 0\nname a 1 1\n", SL_ERR_SYNTAX, 5 }, { START "other\n", SL_ERR_SYNTAX, 4 },
		{ START "bin 1 0.5 0\n", SL_ERR_SYNTAX, 4 },	/* more than all */
		{ "sluice-rates 1\nmessages 0 10\nbin 0 1 1\n", SL_ERR_SYNTAX, 3 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_drift_expectation e;
		size_t line = 0;
		int r = sl_drift_read(sl_slice_str(rows[i].text), &e, &line);

		if (r != rows[i].r || line != rows[i].line)
			fail_msg("%s: %d, line %zu", rows[i].text, r, line);
	}
}

/* Counts and names from a process that is not believed. */
static void
lies_are_left_out(void **state)
{
	struct sl_drift_expectation lie = expected;
	struct sl_drift sum = { .messages = 1 }, part = { .messages = NAN, .said = -1, .bins = { INFINITY, 3 } };

	sl_drift_add_up(&sum, &part);
	assert_true(sum.messages == 1 && sum.said == 0 && sum.bins[0] == 0 && sum.bins[1] == 3);
	assert_true(sl_drift_ok(&lie));
	lie.names_len = SL_DRIFT_NAMES_MAX + 1;
	assert_false(sl_drift_ok(&lie));
	lie = expected;
	memset(lie.names[1].name, 'a', sizeof(lie.names[1].name));
	assert_false(sl_drift_ok(&lie));
	lie = expected;
	lie.names[1].rate[0] = NAN;
	assert_false(sl_drift_ok(&lie));
	lie = expected;
	lie.names[1].hash = lie.names[0].hash;
	assert_false(sl_drift_ok(&lie));
	lie = expected;
	lie.bins[0][0] = 0.5;
	assert_false(sl_drift_ok(&lie));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_are_of_equal_width),
		cmocka_unit_test_setup(few_messages_give_no_figure, begin),
		cmocka_unit_test_setup(the_same_kinds_of_mail_in_another_mixture_do_not_drift, begin),
		cmocka_unit_test_setup(evidence_drifts_by_as_much_as_it_should, begin),
		cmocka_unit_test_setup(calibration_drifts, begin),
		cmocka_unit_test_setup(figures_are_of_recent_mail, begin),
		cmocka_unit_test_setup(what_is_written_is_read_again, begin),
		cmocka_unit_test_setup(what_is_wrong_is_refused, begin),
		cmocka_unit_test_setup(lies_are_left_out, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
