/* wheel_test.c - timers against a plain list of when each is due */

#include "check.h"

#include <stdlib.h>

#include "io/wheel.h"

#define TIMERS	400

static struct sl_wheel wheel;
static struct sl_timer timers[TIMERS];
static uint64_t due[TIMERS];		/* UINT64_MAX: not set */
static size_t fired;

static void
on_timer(void *ctx)
{
	size_t i = (size_t)(uintptr_t)ctx;

	assert_int_equal(wheel.now_tick, due[i]);	/* at its tick: neither early nor late */
	due[i] = UINT64_MAX;
	fired++;
}

static void
nothing_is_overdue(void)
{
	uint64_t next = sl_wheel_next(&wheel), least = UINT64_MAX;

	for (size_t i = 0; i < TIMERS; i++) {
		assert_true(due[i] > wheel.now_tick);
		least = SL_MIN(least, due[i]);
	}
	assert_true(next <= least);
}

static void
timers_fire_at_their_tick_over_all_levels(void **state)
{
	static const uint64_t reach[] = { 2, 300, 70000, 20000000, 40000000 };

	srand(11);
	for (uint64_t start = 0; start < 3; start++) {
		sl_wheel_init(&wheel, start == 0 ? 0 : (uint64_t)rand() * 977);
		for (size_t i = 0; i < TIMERS; i++) {
			timers[i] = (struct sl_timer){ .fn = on_timer, .ctx = (void *)(uintptr_t)i };
			due[i] = UINT64_MAX;
		}
		for (int step = 0; step < 30000; step++) {
			size_t i = (size_t)rand() % TIMERS;
			uint64_t far = reach[rand() % SL_COUNT(reach)];

			if (rand() % 8 == 0 && timers[i].link != NULL) {
				sl_wheel_clear(&timers[i]);
				due[i] = UINT64_MAX;
			} else {
				due[i] = wheel.now_tick + 1 + (uint64_t)rand() % far;
				sl_wheel_set(&wheel, &timers[i], due[i]);
			}
			if (step % 3 == 0)
				sl_wheel_advance(&wheel, wheel.now_tick + (uint64_t)rand() % reach[rand() % 4]);
			if (step % 64 == 0)
				nothing_is_overdue();
		}
	}
	assert_true(fired > 10000);
}

static struct sl_timer again;
static int again_count;

static void
on_again(void *ctx)
{
	if (++again_count < 5)
		sl_wheel_set(&wheel, &again, wheel.now_tick + 1);
}

static void
a_handler_may_set_its_timer_again(void **state)
{
	sl_wheel_init(&wheel, 1000);
	again = (struct sl_timer){ .fn = on_again };
	sl_wheel_set(&wheel, &again, 5);	/* in the past: the next tick */
	sl_wheel_advance(&wheel, 1001);
	assert_int_equal(again_count, 1);
	sl_wheel_advance(&wheel, 2000);
	assert_int_equal(again_count, 5);
	assert_true(sl_wheel_next(&wheel) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_at_their_tick_over_all_levels),
		cmocka_unit_test(a_handler_may_set_its_timer_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
