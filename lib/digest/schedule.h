/*
 * schedule.h - when a digest is due: days of the week, hours of the day, a minute, in a time zone
 *
 * That is enough for all that is asked: daily at a time (all days, one hour), on working days, weekly (one day), hourly between
 * two hours (a run of hours), never (no day, or no hour).
 *
 * A time that the clock skips in spring comes as much later as the clock is put forward (zone.h); one that it shows twice in autumn
 * comes once, the first time. Two times that fall together so are one.
 *
 * After downtime there is one digest, for all that was missed, not one for each time; and those of all users are
 * spread, so that a start does not send a day's digests in a second. Nothing is remembered here: the caller keeps
 * the due time last served of each user, and a crash between can at worst ask for the same one again, which has the same number.
 */
#ifndef SL_DIGEST_SCHEDULE_H
#define SL_DIGEST_SCHEDULE_H

#include "digest/zone.h"

struct sl_schedule {
	uint32_t	days;		/* bit 0: Monday, as in the policy */
	uint32_t	hours;		/* bit 0: midnight */
	uint8_t		minute;
};

/* The first due time after `after_s` (seconds since 1970, UTC); INT64_MAX: never. `zone` NULL: UTC. */
int64_t	sl_schedule_next(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t after_s);
/* The last due time up to `now_s`; INT64_MIN: never. */
int64_t	sl_schedule_last(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t now_s);
/* Is something due that was not served? `served_s` is the due time last served, or when the schedule was made: what was due before
 * is nobody's. True: *due_out is to be served, once, and covers all before it. A clock that went back makes nothing due twice. */
bool	sl_schedule_due(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t served_s, int64_t now_s,
	    int64_t *due_out);
/* When to send what was due: within `spread_s` behind the due time, or behind `up_since_s`, when we began to run, if that is later.
 * `key` (of the mailbox, say) chooses the place, always the same. */
int64_t	sl_schedule_send_at(int64_t due_s, int64_t up_since_s, uint32_t spread_s, uint64_t key);

#endif
