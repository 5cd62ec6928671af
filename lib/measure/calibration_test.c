/* calibration_test.c - against figures worked out by hand */

#include "check.h"
#include "measure/calibration.h"

#include <math.h>

static double
log_odds(double probability)
{
	return log(probability / (1 - probability));
}

static void
expect(double found, double wanted, const char *what)
{
	if (!(fabs(found - wanted) < 1e-12))
		fail_msg("%s: %.15g, not %.15g", what, found, wanted);
}

static void
figures_are_those_worked_out_by_hand(void **state)
{
	const struct sl_scored scored[] = {
		{ log_odds(0.1), false }, { log_odds(0.4), true }, { log_odds(0.45), false },
		{ log_odds(0.8), true },
	};
	struct sl_calibration c;

	sl_calibration_measure(scored, 4, &c);
	expect(c.brier, (0.01 + 0.36 + 0.2025 + 0.04) / 4, "brier");
	expect(c.log_loss, -(log(0.9) + log(0.4) + log(0.55) + log(0.8)) / 4, "log loss");
	/* bins of width: 0.1 alone; 0.4 and 0.45 together (said 0.85, one came true); 0.8 alone */
	expect(c.error_by_width, (0.1 + 0.15 + 0.2) / 4, "by width");
	/* fewer messages than bins: each is one */
	expect(c.error_by_mass, (0.1 + 0.6 + 0.45 + 0.2) / 4, "by mass");
	assert_int_equal(c.bins_len, 4);
	expect(c.bins[1].said, 0.4, "said");
	expect(c.bins[1].came_true, 1, "came true");
}

static void
equal_scores_share_a_bin(void **state)
{
	struct sl_scored scored[40];
	struct sl_calibration c;

	for (size_t i = 0; i < 40; i++)
		scored[i] = (struct sl_scored){ 0, i < 20 };
	sl_calibration_measure(scored, 40, &c);
	assert_int_equal(c.bins_len, 1);
	expect(c.error_by_mass, 0, "by mass");
	expect(c.error_by_width, 0, "by width");
	expect(c.brier, 0.25, "brier");
	expect(c.log_loss, log(2), "log loss");
}

static void
extremes_stay_finite(void **state)
{
	static const struct sl_scored scored[] = { { 1000, false }, { -1000, true }, { 1000, true } };
	struct sl_calibration c;

	sl_calibration_measure(scored, 3, &c);
	expect(c.log_loss, 2000.0 / 3, "log loss");
	expect(c.brier, 2.0 / 3, "brier");
	sl_calibration_measure(scored, 0, &c);
	assert_true(isnan(c.brier) && isnan(c.error_by_mass) && c.bins_len == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_those_worked_out_by_hand),
		cmocka_unit_test(equal_scores_share_a_bin),
		cmocka_unit_test(extremes_stay_finite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
