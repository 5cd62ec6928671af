/* wheel.c - see wheel.h */

#include "io/wheel.h"

#define SLOT_BITS	8
#define SLOT_MASK	(SL_WHEEL_SLOTS - 1u)

static unsigned
level_shift(unsigned level)
{
	return level * SLOT_BITS;
}

static void
slot_unmark(struct sl_wheel *wheel, unsigned level, unsigned slot)
{
	wheel->used[level][slot / 64] &= ~(1ULL << (slot % 64));
}

void
sl_wheel_init(struct sl_wheel *wheel, uint64_t now_tick)
{
	*wheel = (struct sl_wheel){ .now_tick = now_tick };
}

/* Link into the slot where the timer will be looked at next, at `earliest` at the soonest. */
static void
place(struct sl_wheel *wheel, struct sl_timer *timer, uint64_t earliest)
{
	uint64_t due = SL_MAX(timer->due_tick, earliest), away = due - wheel->now_tick;
	unsigned level = 0, slot;

	while (level < SL_WHEEL_LEVELS - 1 && away >> level_shift(level + 1) != 0)
		level++;
	if (away >> level_shift(SL_WHEEL_LEVELS) != 0)	/* beyond the horizon: its last slot */
		due = wheel->now_tick + (1ULL << level_shift(SL_WHEEL_LEVELS)) - 1;
	slot = (unsigned)(due >> level_shift(level)) & SLOT_MASK;
	timer->next = wheel->slots[level][slot];
	timer->link = &wheel->slots[level][slot];
	if (timer->next != NULL)
		timer->next->link = &timer->next;
	wheel->slots[level][slot] = timer;
	wheel->used[level][slot / 64] |= 1ULL << (slot % 64);
}

void
sl_wheel_clear(struct sl_timer *timer)
{
	SL_ASSERT(timer->link != NULL);
	*timer->link = timer->next;
	if (timer->next != NULL)
		timer->next->link = timer->link;
	timer->next = NULL;
	timer->link = NULL;
}

void
sl_wheel_set(struct sl_wheel *wheel, struct sl_timer *timer, uint64_t due_tick)
{
	if (timer->link != NULL)
		sl_wheel_clear(timer);
	timer->due_tick = due_tick;
	place(wheel, timer, wheel->now_tick + 1);
}

/* Take the whole list out of a slot, so that handlers may change the slot meanwhile. */
static struct sl_timer *
take_slot(struct sl_wheel *wheel, unsigned level, unsigned slot, struct sl_timer **head)
{
	*head = wheel->slots[level][slot];
	wheel->slots[level][slot] = NULL;
	slot_unmark(wheel, level, slot);
	if (*head != NULL)
		(*head)->link = head;
	return *head;
}

/* The slot of `level` that begins at this tick: its timers move down, those due now into the
 * slot that is about to fire. */
static void
cascade(struct sl_wheel *wheel, unsigned level)
{
	unsigned slot = (unsigned)(wheel->now_tick >> level_shift(level)) & SLOT_MASK;
	struct sl_timer *head, *timer;

	take_slot(wheel, level, slot, &head);
	while ((timer = head) != NULL) {
		sl_wheel_clear(timer);
		place(wheel, timer, wheel->now_tick);
	}
}

static void
fire_tick(struct sl_wheel *wheel)
{
	unsigned slot = (unsigned)wheel->now_tick & SLOT_MASK;
	struct sl_timer *head, *timer;

	take_slot(wheel, 0, slot, &head);
	while ((timer = head) != NULL) {
		sl_wheel_clear(timer);
		if (timer->due_tick > wheel->now_tick)
			place(wheel, timer, wheel->now_tick + 1);
		else
			timer->fn(timer->ctx);
	}
}

void
sl_wheel_advance(struct sl_wheel *wheel, uint64_t tick)
{
	while (wheel->now_tick < tick) {
		uint64_t next = sl_wheel_next(wheel);

		if (next > tick) {		/* nothing to do until then */
			wheel->now_tick = tick;
			return;
		}
		wheel->now_tick = next;
		for (unsigned level = SL_WHEEL_LEVELS - 1; level > 0; level--)
			if ((next & ((1ULL << level_shift(level)) - 1)) == 0)
				cascade(wheel, level);
		fire_tick(wheel);
	}
}

/* How far the next marked slot of `level` is from slot `from` (0 to 255, going round); 256: none. */
static unsigned
slots_ahead(const struct sl_wheel *wheel, unsigned level, unsigned from)
{
	const uint64_t *used = wheel->used[level];
	unsigned words = SL_COUNT(wheel->used[level]);

	for (unsigned i = 0; i <= words; i++) {
		unsigned word = (from / 64 + i) % words;
		uint64_t bits = used[word];

		if (i == 0)		/* only what lies at or after `from` */
			bits &= ~0ULL << (from % 64);
		else if (i == words)	/* only what lies before it */
			bits &= ~(~0ULL << (from % 64));
		if (bits != 0)
			return (word * 64 + (unsigned)__builtin_ctzll(bits) - from) & SLOT_MASK;
	}
	return SL_WHEEL_SLOTS;
}

uint64_t
sl_wheel_next(struct sl_wheel *wheel)
{
	uint64_t next = UINT64_MAX;

	for (unsigned level = 0; level < SL_WHEEL_LEVELS; level++) {
		uint64_t first = (wheel->now_tick >> level_shift(level)) + 1;
		unsigned ahead = slots_ahead(wheel, level, (unsigned)first & SLOT_MASK);

		if (ahead < SL_WHEEL_SLOTS)
			next = SL_MIN(next, (first + ahead) << level_shift(level));
	}
	return next;
}
