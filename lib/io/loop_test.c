/* loop_test.c - what is to be done soon is done in the next turn, once, and holds nobody else up */

#include "check.h"

#include <unistd.h>

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

struct busy {
	struct sl_loop	*loop;
	struct sl_watch	 watch;
	unsigned	 calls;
	bool		 fired, again;
};

static void
on_busy(void *ctx, unsigned events)
{
	struct busy *busy = ctx;

	if (++busy->calls == 10000) {		/* it is not heard at all */
		sl_watch_want(&busy->watch, 0);
		sl_loop_stop(busy->loop);
	} else if (busy->again) {
		sl_watch_again(&busy->watch, SL_READ);
	}
}

static void
on_fired(void *ctx)
{
	struct busy *busy = ctx;

	busy->fired = true;
	sl_loop_stop(busy->loop);
}

/* One descriptor that has always something to read, or has itself called again each time, keeps nobody from his turn. */
static void
soon_is_soon_however_busy_it_is(void **state)
{
	for (int again = 0; again < 2; again++) {
		struct busy busy = { .loop = sl_loop_new(&still), .again = again };
		struct sl_timer timer;
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		assert_int_equal(write(fds[1], "x", 1), 1);
		sl_watch_init(&busy.watch, busy.loop, fds[0], on_busy, &busy);
		sl_watch_want(&busy.watch, SL_READ);
		sl_timer_init(&timer, busy.loop, on_fired, &busy);
		sl_timer_soon(&timer);
		sl_loop_run(busy.loop);
		assert_true(busy.fired && busy.calls <= 2);
		sl_watch_fini(&busy.watch);
		sl_loop_free(&busy.loop);
		close(fds[0]);
		close(fds[1]);
	}
}

/* Called again it is called once, with what was asked for; not, if that is not wanted any more. */
static void
again_is_once_more(void **state)
{
	struct busy busy = { .loop = sl_loop_new(&still) };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	sl_watch_init(&busy.watch, busy.loop, fds[0], on_busy, &busy);
	sl_watch_want(&busy.watch, SL_READ);
	sl_loop_turn(busy.loop);
	assert_int_equal(busy.calls, 0);
	sl_watch_again(&busy.watch, SL_READ);
	sl_watch_again(&busy.watch, SL_READ);
	for (int i = 0; i < 5; i++)
		sl_loop_turn(busy.loop);
	assert_int_equal(busy.calls, 1);
	sl_watch_again(&busy.watch, SL_READ);
	sl_watch_want(&busy.watch, 0);
	for (int i = 0; i < 5; i++)
		sl_loop_turn(busy.loop);
	assert_int_equal(busy.calls, 1);
	sl_watch_want(&busy.watch, SL_READ);
	assert_int_equal(write(fds[1], "x", 1), 1);
	sl_watch_again(&busy.watch, SL_READ);
	busy.calls = 9999;			/* the next call ends it */
	sl_loop_run(busy.loop);
	assert_int_equal(busy.calls, 10000);
	sl_watch_fini(&busy.watch);
	sl_loop_free(&busy.loop);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soon_is_soon_however_busy_it_is),
		cmocka_unit_test(again_is_once_more),
		cmocka_unit_test(soon_is_the_next_turn_without_a_tick),
		cmocka_unit_test(what_it_sets_is_for_the_turn_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
