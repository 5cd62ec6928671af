/* loop.c - see loop.h */

#include "io/loop.h"
#include "io/wheel.h"

#define LOOP_MAGIC	0x5d1009aau

struct sl_loop {
	unsigned		 magic;
	struct event_base	*base;
	const struct sl_clock	*clock;		/* kept */
	struct sl_wheel		 wheel;
	struct event		 tick_event;	/* wakes the loop for the wheel */
	uint64_t		 tick_at;	/* the tick it is set for; UINT64_MAX: not set */
	struct sl_timer		*soon;		/* to fire in the next turn */
	bool			 stopped;
	void			(*after_turn)(void *ctx);
	void			*after_turn_ctx;
};

static uint64_t
current_tick(const struct sl_loop *loop)
{
	return sl_loop_now_us(loop) / (SL_TIMER_GRAIN_MS * 1000u);
}

static void
on_tick(evutil_socket_t fd, short events, void *ctx)
{
	struct sl_loop *loop = ctx;

	loop->tick_at = UINT64_MAX;	/* the turn advances the wheel */
}

struct sl_loop *
sl_loop_new(const struct sl_clock *clock)
{
	struct event_config *config = event_config_new();
	struct sl_loop *loop = sl_xzalloc(sizeof(*loop));

	SL_ASSERT(config != NULL);
	loop->magic = LOOP_MAGIC;
	loop->clock = clock;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(config);
	SL_ASSERT(loop->base != NULL);
	event_config_free(config);
	loop->tick_at = UINT64_MAX;
	event_assign(&loop->tick_event, loop->base, -1, 0, on_tick, loop);
	sl_wheel_init(&loop->wheel, current_tick(loop));
	return loop;
}

void
sl_loop_free(struct sl_loop **loop)
{
	if (*loop == NULL)
		return;
	SL_CHECK(*loop, LOOP_MAGIC);
	event_del(&(*loop)->tick_event);
	event_base_free((*loop)->base);
	SL_OBJ_FREE(loop, LOOP_MAGIC);
}

uint64_t
sl_loop_now_us(const struct sl_loop *loop)
{
	return loop->clock->monotonic_us(loop->clock->ctx);
}

const struct sl_clock *
sl_loop_clock(const struct sl_loop *loop)
{
	return loop->clock;
}

/* Set libevent's one timer for the wheel's next tick, if that changed. */
static void
arm_tick(struct sl_loop *loop)
{
	uint64_t next = sl_wheel_next(&loop->wheel), now_us, due_us;
	struct timeval wait;

	if (next == loop->tick_at)
		return;
	loop->tick_at = next;
	if (next == UINT64_MAX) {
		event_del(&loop->tick_event);
		return;
	}
	now_us = sl_loop_now_us(loop);
	due_us = next * SL_TIMER_GRAIN_MS * 1000u;
	due_us = due_us > now_us ? due_us - now_us : 0;
	wait = (struct timeval){ (time_t)(due_us / 1000000u), (suseconds_t)(due_us % 1000000u) };
	event_add(&loop->tick_event, &wait);
}

/* Those that were set before; what they set is for the next turn. */
static void
fire_soon(struct sl_loop *loop)
{
	struct sl_timer *due = loop->soon;

	loop->soon = NULL;
	if (due != NULL)
		due->link = &due;
	while (due != NULL) {
		struct sl_timer *timer = due;

		sl_wheel_clear(timer);		/* `due` is the next one now */
		timer->fn(timer->ctx);
	}
}

static void
turn(struct sl_loop *loop, int flags)
{
	arm_tick(loop);
	event_base_loop(loop->base, flags | (loop->soon != NULL ? EVLOOP_NONBLOCK : 0));	/* without EVLOOP_ONCE, while anything is active */
	sl_wheel_advance(&loop->wheel, current_tick(loop));
	fire_soon(loop);
	if (loop->after_turn != NULL)
		loop->after_turn(loop->after_turn_ctx);
}

void
sl_loop_run(struct sl_loop *loop)
{
	SL_CHECK(loop, LOOP_MAGIC);
	loop->stopped = false;
	while (!loop->stopped)
		turn(loop, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
}

void
sl_loop_stop(struct sl_loop *loop)
{
	loop->stopped = true;
}

void
sl_loop_turn(struct sl_loop *loop)
{
	SL_CHECK(loop, LOOP_MAGIC);
	turn(loop, EVLOOP_NONBLOCK);
}

void
sl_loop_after_turn(struct sl_loop *loop, void (*fn)(void *ctx), void *ctx)
{
	loop->after_turn = fn;
	loop->after_turn_ctx = ctx;
}

/* By the descriptor, or by sl_watch_again: libevent forgets an event whose time has come. */
static void
on_event(struct sl_watch *watch, struct event *event, short events, unsigned which)
{
	if ((events & EV_TIMEOUT) != 0 && (watch->wanted & which) != 0)
		SL_ASSERT(event_add(event, NULL) == 0);
	watch->fn(watch->ctx, which);
}

static void
on_readable(evutil_socket_t fd, short events, void *ctx)
{
	struct sl_watch *watch = ctx;

	on_event(watch, &watch->read_event, events, SL_READ);
}

static void
on_writable(evutil_socket_t fd, short events, void *ctx)
{
	struct sl_watch *watch = ctx;

	on_event(watch, &watch->write_event, events, SL_WRITE);
}

void
sl_watch_init(struct sl_watch *watch, struct sl_loop *loop, int fd, sl_watch_fn *fn, void *ctx)
{
	watch->fn = fn;
	watch->ctx = ctx;
	watch->wanted = 0;
	event_assign(&watch->read_event, loop->base, fd, EV_READ | EV_PERSIST, on_readable, watch);
	event_assign(&watch->write_event, loop->base, fd, EV_WRITE | EV_PERSIST, on_writable, watch);
}

static void
want_one(struct event *event, bool before, bool now)
{
	if (before == now)
		return;
	if (now)
		SL_ASSERT(event_add(event, NULL) == 0);
	else
		event_del(event);
}

void
sl_watch_want(struct sl_watch *watch, unsigned events)
{
	want_one(&watch->read_event, watch->wanted & SL_READ, events & SL_READ);
	want_one(&watch->write_event, watch->wanted & SL_WRITE, events & SL_WRITE);
	watch->wanted = events;
}

/* By a time that has come: event_active would call it within the same turn, and whoever asks for that each time would be alone there. */
static void
again(struct event *event, bool wanted)
{
	static const struct timeval now = { 0, 0 };

	if (wanted)
		SL_ASSERT(event_add(event, &now) == 0);
	else
		event_active(event, EV_TIMEOUT, 0);
}

void
sl_watch_again(struct sl_watch *watch, unsigned events)
{
	if (events & SL_READ)
		again(&watch->read_event, watch->wanted & SL_READ);
	if (events & SL_WRITE)
		again(&watch->write_event, watch->wanted & SL_WRITE);
}

void
sl_watch_fini(struct sl_watch *watch)
{
	if (watch->fn == NULL)
		return;
	event_del(&watch->read_event);		/* also takes back that it is to be called again */
	event_del(&watch->write_event);
	*watch = (struct sl_watch){ 0 };
}

void
sl_timer_init(struct sl_timer *timer, struct sl_loop *loop, sl_timer_fn *fn, void *ctx)
{
	*timer = (struct sl_timer){ .loop = loop, .fn = fn, .ctx = ctx };
}

void
sl_timer_set(struct sl_timer *timer, uint64_t delay_ms)
{
	uint64_t due_us = sl_loop_now_us(timer->loop) + delay_ms * 1000u;
	uint64_t grain_us = SL_TIMER_GRAIN_MS * 1000u;

	sl_wheel_set(&timer->loop->wheel, timer, (due_us + grain_us - 1) / grain_us);
}

void
sl_timer_soon(struct sl_timer *timer)
{
	struct sl_loop *loop = timer->loop;

	sl_timer_clear(timer);
	timer->next = loop->soon;
	timer->link = &loop->soon;
	if (timer->next != NULL)
		timer->next->link = &timer->next;
	loop->soon = timer;
}

void
sl_timer_clear(struct sl_timer *timer)
{
	if (timer->link != NULL)
		sl_wheel_clear(timer);
}

bool
sl_timer_is_set(const struct sl_timer *timer)
{
	return timer->link != NULL;
}

static void
on_signal(evutil_socket_t number, short events, void *ctx)
{
	struct sl_signal *signal = ctx;

	signal->fn(signal->ctx, (int)number);
}

void
sl_signal_init(struct sl_signal *signal, struct sl_loop *loop, int number,
    void (*fn)(void *ctx, int number), void *ctx)
{
	signal->fn = fn;
	signal->ctx = ctx;
	event_assign(&signal->event, loop->base, number, EV_SIGNAL | EV_PERSIST, on_signal, signal);
	SL_ASSERT(event_add(&signal->event, NULL) == 0);
}

void
sl_signal_fini(struct sl_signal *signal)
{
	event_del(&signal->event);
}
