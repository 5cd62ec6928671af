/*
 * loop.h - one thread's event loop: descriptors, coarse timers, tasks, signals
 *
 * Stands on libevent's core (its bufferevents, evdns and evhttp are not used). Timers live
 * in a wheel of our own with a grain of SL_TIMER_GRAIN_MS: setting one again at each read
 * costs a few loads and stores. Time comes from the clock that was handed in, so a test can
 * move it: sl_loop_turn after moving it runs what is due.
 *
 * A handler may free its own object and any other; an object is taken out of the loop by its
 * _fini before it is freed.
 */
#ifndef SL_IO_LOOP_H
#define SL_IO_LOOP_H

#include "sl/base.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#define SL_TIMER_GRAIN_MS	8

struct sl_loop;

struct sl_loop	*sl_loop_new(const struct sl_clock *clock);	/* clock is kept */
void		 sl_loop_free(struct sl_loop **loop);		/* all watches and timers gone before */
void		 sl_loop_run(struct sl_loop *loop);		/* until sl_loop_stop */
void		 sl_loop_stop(struct sl_loop *loop);
void		 sl_loop_turn(struct sl_loop *loop);		/* what is due now, without waiting */
uint64_t	 sl_loop_now_us(const struct sl_loop *loop);	/* monotonic, read afresh */
const struct sl_clock *sl_loop_clock(const struct sl_loop *loop);

/* Called once at the end of each turn that ran any handler: flush what was gathered. */
void		 sl_loop_after_turn(struct sl_loop *loop, void (*fn)(void *ctx), void *ctx);

/* Waiting for a descriptor, level-triggered. Embedded. */
enum { SL_READ = EV_READ, SL_WRITE = EV_WRITE };
typedef void sl_watch_fn(void *ctx, unsigned events);	/* SL_READ and/or SL_WRITE */
struct sl_watch {
	struct event	 read_event;
	struct event	 write_event;
	unsigned	 wanted;
	sl_watch_fn	*fn;
	void		*ctx;
};
void	sl_watch_init(struct sl_watch *watch, struct sl_loop *loop, int fd, sl_watch_fn *fn, void *ctx);
void	sl_watch_want(struct sl_watch *watch, unsigned events);	/* replaces; 0: nothing */
void	sl_watch_again(struct sl_watch *watch, unsigned events);	/* call fn soon, though no byte came */
void	sl_watch_fini(struct sl_watch *watch);		/* fine on a zero-filled one */

/* A timer. Embedded; zero-filled and initialised is "not set". */
typedef void sl_timer_fn(void *ctx);
struct sl_timer {
	struct sl_timer	 *next;
	struct sl_timer	**link;		/* NULL: not set */
	uint64_t	  due_tick;
	struct sl_loop	 *loop;
	sl_timer_fn	 *fn;
	void		 *ctx;
};
void	sl_timer_init(struct sl_timer *timer, struct sl_loop *loop, sl_timer_fn *fn, void *ctx);
/* Fire once, `delay_ms` from now, up to one grain late, never early. Replaces an earlier setting. */
void	sl_timer_set(struct sl_timer *timer, uint64_t delay_ms);
/* Fire once, in the next turn, which comes at once: to go on later, or to answer not from inside a call. Replaces an earlier setting. */
void	sl_timer_soon(struct sl_timer *timer);
void	sl_timer_clear(struct sl_timer *timer);	/* fine when not set */
bool	sl_timer_is_set(const struct sl_timer *timer);

/* Signals, for the parent. Embedded. */
struct sl_signal {
	struct event	 event;
	void		(*fn)(void *ctx, int number);
	void		*ctx;
};
void	sl_signal_init(struct sl_signal *signal, struct sl_loop *loop, int number,
	    void (*fn)(void *ctx, int number), void *ctx);
void	sl_signal_fini(struct sl_signal *signal);

#endif
