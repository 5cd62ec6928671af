/* loop_test.c - what is to be done soon is done in the next turn, once, and holds nobody else up */

#include "check.h"

#include "io/loop.h"

static uint64_t now_us;

static uint64_t
monotonic_us(void *ctx)
{
	return now_us;
}

static int64_t
wall_us(void *ctx)
{
	return (int64_t)now_us;
}

static const struct sl_clock still = { monotonic_us, wall_us, NULL };

struct deed {
	struct sl_timer	 timer;
	unsigned	 done;
	struct deed	*also, *instead;	/* is to be done soon; is not to be done */
};

static void
on_timer(void *ctx)
{
	struct deed *deed = ctx;

	deed->done++;
	if (deed->also != NULL)
		sl_timer_soon(&deed->also->timer);
	if (deed->instead != NULL)
		sl_timer_clear(&deed->instead->timer);
}

static void
soon_is_the_next_turn_without_a_tick(void **state)
{
	struct sl_loop *loop = sl_loop_new(&still);
	struct deed a = { .done = 0 }, later = { .done = 0 };

	sl_timer_init(&a.timer, loop, on_timer, &a);
	sl_timer_init(&later.timer, loop, on_timer, &later);
	sl_timer_soon(&a.timer);
	sl_timer_set(&later.timer, 0);
	assert_true(sl_timer_is_set(&a.timer));
	assert_int_equal(a.done, 0);
	sl_loop_turn(loop);
	assert_int_equal(a.done, 1);
	assert_false(sl_timer_is_set(&a.timer));
	sl_loop_turn(loop);
	assert_int_equal(a.done, 1);
	/* Either setting replaces the other. */
	sl_timer_set(&a.timer, 1000);
	sl_timer_soon(&a.timer);
	sl_timer_soon(&a.timer);
	sl_loop_turn(loop);
	assert_int_equal(a.done, 2);
	sl_timer_soon(&a.timer);
	sl_timer_set(&a.timer, 1000);
	sl_loop_turn(loop);
	assert_int_equal(a.done, 2);
	now_us += 2000000;
	sl_loop_turn(loop);
	assert_int_equal(a.done, 3);
	assert_int_equal(later.done, 1);
	sl_loop_free(&loop);
}

static void
what_it_sets_is_for_the_turn_after(void **state)
{
	struct sl_loop *loop = sl_loop_new(&still);
	struct deed self = { .done = 0 }, first = { .done = 0 }, second = { .done = 0 };

	sl_timer_init(&self.timer, loop, on_timer, &self);
	self.also = &self;
	sl_timer_soon(&self.timer);
	for (unsigned i = 1; i <= 5; i++) {
		sl_loop_turn(loop);
		assert_int_equal(self.done, i);		/* once a turn: others get theirs */
	}
	sl_timer_clear(&self.timer);
	/* Of two that would undo each other one is done, whichever comes first. */
	sl_timer_init(&first.timer, loop, on_timer, &first);
	sl_timer_init(&second.timer, loop, on_timer, &second);
	first.instead = &second;
	second.instead = &first;
	sl_timer_soon(&first.timer);
	sl_timer_soon(&second.timer);
	sl_loop_turn(loop);
	assert_int_equal(first.done + second.done, 0 + 1);
	first.instead = second.instead = NULL;
	sl_loop_free(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soon_is_the_next_turn_without_a_tick),
		cmocka_unit_test(what_it_sets_is_for_the_turn_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
