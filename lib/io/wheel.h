/*
 * wheel.h - the timer wheel under loop.h: three levels of 256 slots
 *
 * Setting and clearing are O(1); a timer moves down a level at most twice before it fires.
 * Ticks are SL_TIMER_GRAIN_MS long, so the levels reach 2 s, 8.7 min and 37 h; what lies
 * further waits in the last slot and is set again. Fires a timer at its tick or later, never
 * before, each in the order of ticks.
 */
#ifndef SL_IO_WHEEL_H
#define SL_IO_WHEEL_H

#include "io/loop.h"

#define SL_WHEEL_LEVELS	3
#define SL_WHEEL_SLOTS	256

struct sl_wheel {
	uint64_t	 now_tick;	/* all ticks up to this one have fired */
	uint64_t	 used[SL_WHEEL_LEVELS][SL_WHEEL_SLOTS / 64];	/* bit: the slot may hold timers */
	struct sl_timer	*slots[SL_WHEEL_LEVELS][SL_WHEEL_SLOTS];
};

void		sl_wheel_init(struct sl_wheel *wheel, uint64_t now_tick);
void		sl_wheel_set(struct sl_wheel *wheel, struct sl_timer *timer, uint64_t due_tick);
void		sl_wheel_clear(struct sl_timer *timer);
/* Fire everything due at or before `tick`. Handlers may set and clear any timer. */
void		sl_wheel_advance(struct sl_wheel *wheel, uint64_t tick);
/* When to look next: the tick of the next timer, or of a move between levels before it;
 * UINT64_MAX: no timer is set. */
uint64_t	sl_wheel_next(struct sl_wheel *wheel);

#endif
