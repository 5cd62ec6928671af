/* drift_test.c - mail as in training, and mail that has moved */

#include "check.h"
#include "measure/drift.h"

#include <math.h>

static struct sl_drift_expectation
expectation(void)
{
	struct sl_drift_expectation e = { .names_len = 2 };
	uint64_t a = sl_hash("ngram", 5), b = sl_hash("beacon", 6);

	e.bins[sl_drift_bin(-4)] = 0.5;
	e.bins[sl_drift_bin(4)] = 0.5;
	e.names[a > b] = (struct sl_drift_name){ a, 1 };
	e.names[a < b] = (struct sl_drift_name){ b, 0.25 };
	return e;
}

/* n messages, one in `spam` unwanted, one in `beacons` with a beacon (0: none). */
static void
feed(struct sl_drift *drift, int n, int spam, int beacons)
{
	static const char *const names[] = { "ngram", "ngram", "unknown_to_training", "beacon" };

	for (int i = 0; i < n; i++)
		sl_drift_add(drift, i % spam == 0 ? 4 : -4, names, beacons > 0 && i % beacons == 0 ? 4 : 3);
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
	struct sl_drift_expectation e = expectation();
	struct sl_drift_figures f;
	struct sl_drift drift;

	sl_drift_init(&drift, &e, 10000);
	feed(&drift, SL_DRIFT_MESSAGES_MIN - 1, 2, 4);
	sl_drift_measure(&drift, &f);
	assert_true(isnan(f.answers) && isnan(f.evidence));
	feed(&drift, 20, 2, 4);
	sl_drift_measure(&drift, &f);
	assert_false(isnan(f.answers));
}

static void
the_same_mail_does_not_drift(void **state)
{
	struct sl_drift_expectation e = expectation();
	struct sl_drift_figures f;
	struct sl_drift drift;

	sl_drift_init(&drift, &e, 10000);
	feed(&drift, 5000, 2, 4);
	sl_drift_measure(&drift, &f);
	assert_true(f.answers < 1e-3 && f.evidence < 1e-3);
}

/* By hand: spam from 1/2 to 1/4 is 1/4 log 2 + 1/4 log 1.5 = 0.2747; beacons from 1/4 to 1/2 the same. */
static void
other_mail_drifts_by_as_much_as_it_should(void **state)
{
	struct sl_drift_expectation e = expectation();
	struct sl_drift_figures f;
	struct sl_drift drift;

	sl_drift_init(&drift, &e, 1e9);
	feed(&drift, 100000, 4, 2);
	sl_drift_measure(&drift, &f);
	assert_true(fabs(f.answers - (0.25 * log(2) + 0.25 * log(1.5))) < 0.002);
	assert_true(fabs(f.evidence - (0.25 * log(2) + 0.25 * log(1.5))) < 0.002);
	assert_true(e.names[f.evidence_name].hash == sl_hash("beacon", 6));
}

/* What vanished counts too, and old mail is forgotten. */
static void
figures_are_of_recent_mail(void **state)
{
	struct sl_drift_expectation e = expectation();
	struct sl_drift_figures f;
	struct sl_drift drift;

	sl_drift_init(&drift, &e, 1000);
	feed(&drift, 20000, 2, 0);
	sl_drift_measure(&drift, &f);
	assert_true(f.evidence > 1 && f.answers < 0.01);
	feed(&drift, 20000, 2, 4);
	sl_drift_measure(&drift, &f);
	assert_true(f.evidence < 0.01);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_are_of_equal_width),
		cmocka_unit_test(few_messages_give_no_figure),
		cmocka_unit_test(the_same_mail_does_not_drift),
		cmocka_unit_test(other_mail_drifts_by_as_much_as_it_should),
		cmocka_unit_test(figures_are_of_recent_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
