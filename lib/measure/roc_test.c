/* roc_test.c - against tables worked out by hand */

#include "check.h"
#include "measure/roc.h"

#include <math.h>

#define MESSAGES_MAX	16

/* Letters from the highest score down: s unwanted, h wanted; those in brackets have one score. */
static size_t
parse(const char *text, struct sl_scored out[MESSAGES_MAX])
{
	double score = 0;
	bool together = false;
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(' || *text == ')') {
			together = *text == '(';
			score -= 1;
			continue;
		}
		if (!together)
			score -= 1;
		out[n++] = (struct sl_scored){ score, *text == 's' };
	}
	return n;
}

static const struct row {
	const char	*messages;
	double		 missed;
	double		 caught_at_0, caught_at_half;
} rows[] = {
	{ "sshh", 0, 1, 1 },
	{ "hhss", 1, 0, 0 },
	{ "shsh", 0.25, 0.5, 1 },	/* of four pairs one is wrong */
	{ "hssh", 0.5, 0, 1 },
	{ "(sh)", 0.5, 0, 0 },
	{ "(sshh)", 0.5, 0, 0 },
	{ "s(sh)h", 0.125, 0.5, 1 },	/* half a pair of four */
	{ "s(ssh)hh", 1.0 / 9, 1.0 / 3, 1 },	/* half of two pairs, of nine */
	{ "sshsshhh", 2.0 / 16, 0.5, 1 },
};

static void
areas_and_catches_are_exact(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_scored scored[MESSAGES_MAX];
		size_t n = parse(rows[i].messages, scored);
		struct sl_roc *roc = sl_roc_new(scored, n);

		if (fabs(sl_roc_missed(roc) - rows[i].missed) > 1e-15 ||
		    fabs(sl_roc_caught(roc, 0) - rows[i].caught_at_0) > 1e-15 ||
		    fabs(sl_roc_caught(roc, 0.5) - rows[i].caught_at_half) > 1e-15)
			fail_msg("%s: %g, %g, %g", rows[i].messages, sl_roc_missed(roc),
			    sl_roc_caught(roc, 0), sl_roc_caught(roc, 0.5));
		sl_roc_free(&roc);
	}
}

static void
no_pair_is_no_figure(void **state)
{
	static const struct sl_scored one[] = { { 1, true }, { 2, true } };
	struct sl_roc *roc = sl_roc_new(one, 2);

	assert_true(isnan(sl_roc_missed(roc)));
	assert_true(isnan(sl_roc_bootstrap(roc, 0.1, 100, 1).missed.low));
	assert_int_equal(sl_roc_at_rate(roc, 0).unwanted, 2);
	sl_roc_free(&roc);
	roc = sl_roc_new(NULL, 0);
	assert_true(isnan(sl_roc_missed(roc)) && isnan(sl_roc_caught(roc, 0.5)));
	assert_int_equal(sl_roc_at_score(roc, 0).unwanted, 0);
	sl_roc_free(&roc);
	sl_roc_free(&roc);
}

/* A thousand wanted messages allow one at 0.1 %, 999 allow none. */
static void
a_rate_is_a_count_that_is_not_passed(void **state)
{
	static struct sl_scored scored[1002];
	struct sl_roc *roc;

	scored[0] = (struct sl_scored){ 5, false };
	scored[1] = (struct sl_scored){ 4, true };
	for (size_t i = 2; i < SL_COUNT(scored); i++)
		scored[i] = (struct sl_scored){ -(double)i, i == 1001 };
	roc = sl_roc_new(scored, 1001);
	assert_int_equal(sl_roc_wanted(roc), 1000);
	assert_true(sl_roc_caught(roc, 0.001) == 1);
	assert_true(sl_roc_at_rate(roc, 0.001).score == 4);
	sl_roc_free(&roc);
	roc = sl_roc_new(scored, 1000);
	assert_true(sl_roc_caught(roc, 0.001) == 0);
	assert_true(isinf(sl_roc_at_rate(roc, 0.001).score));
	sl_roc_free(&roc);
}

static void
a_threshold_counts_what_reaches_it(void **state)
{
	static const struct { double threshold; size_t wanted, unwanted; } thresholds[] = {
		{ INFINITY, 0, 0 }, { 0, 0, 0 }, { -1, 0, 1 }, { -1.5, 0, 1 }, { -2, 1, 2 }, { -2.5, 1, 2 },
		{ -4, 2, 2 }, { -5, 2, 3 }, { -1e9, 2, 3 }, { -INFINITY, 2, 3 },
	};
	struct sl_scored scored[MESSAGES_MAX];		/* -1, -2, -2, -4, -5 */
	struct sl_roc *roc = sl_roc_new(scored, parse("s(sh)hs", scored));

	for (size_t i = 0; i < SL_COUNT(thresholds); i++) {
		struct sl_roc_point at = sl_roc_at_score(roc, thresholds[i].threshold);

		assert_int_equal(at.wanted, thresholds[i].wanted);
		assert_int_equal(at.unwanted, thresholds[i].unwanted);
	}
	sl_roc_free(&roc);
}

static void
order_does_not_matter_and_a_seed_repeats(void **state)
{
	static struct sl_scored forth[200], back[200];
	struct sl_roc *a, *b;
	struct sl_roc_intervals x, y, z;

	for (size_t i = 0; i < 200; i++)
		forth[i] = (struct sl_scored){ (double)(i * 37 % 101) + (i % 2 ? 30 : 0), i % 2 };
	for (size_t i = 0; i < 200; i++)
		back[i] = forth[199 - i];
	a = sl_roc_new(forth, 200);
	b = sl_roc_new(back, 200);
	assert_true(sl_roc_missed(a) == sl_roc_missed(b));
	x = sl_roc_bootstrap(a, 0.05, 500, 7);
	y = sl_roc_bootstrap(b, 0.05, 500, 7);
	z = sl_roc_bootstrap(b, 0.05, 500, 8);
	assert_memory_equal(&x, &y, sizeof(x));
	assert_true(memcmp(&x, &z, sizeof(x)) != 0);
	assert_true(x.missed.low < sl_roc_missed(a) && sl_roc_missed(a) < x.missed.high);
	assert_true(x.caught.low <= sl_roc_caught(a, 0.05) && sl_roc_caught(a, 0.05) <= x.caught.high);
	/* Hanley and McNeil's standard error at this area and these counts is about 0.03 */
	assert_true(x.missed.high - x.missed.low > 0.06 && x.missed.high - x.missed.low < 0.18);
	sl_roc_free(&a);
	sl_roc_free(&b);
}

/* Wilson's interval, from tables: 0 of 10, 5 of 10, 81 of 263. */
static void
an_interval_of_a_share(void **state)
{
	struct sl_interval none = sl_interval_of_share(0, 10), half = sl_interval_of_share(5, 10);
	struct sl_interval known = sl_interval_of_share(81, 263);

	assert_true(none.low == 0 && fabs(none.high - 0.2775) < 1e-4);
	assert_true(fabs(half.low - 0.2366) < 1e-4 && fabs(half.high - 0.7634) < 1e-4);
	assert_true(fabs(known.low - 0.2553) < 1e-4 && fabs(known.high - 0.3662) < 1e-4);
	assert_true(sl_interval_of_share(0, 0).high == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_and_catches_are_exact),
		cmocka_unit_test(no_pair_is_no_figure),
		cmocka_unit_test(a_rate_is_a_count_that_is_not_passed),
		cmocka_unit_test(a_threshold_counts_what_reaches_it),
		cmocka_unit_test(order_does_not_matter_and_a_seed_repeats),
		cmocka_unit_test(an_interval_of_a_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
