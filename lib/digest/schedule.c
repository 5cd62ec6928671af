/* schedule.c - see schedule.h */

#include "digest/schedule.h"

#define DAY_S	86400
#define REACH	9	/* days to look at: a week, and one on either side that a zone's change may move */

/* The due time in [from, to] that is first, or last. INT64_MIN: none. */
static int64_t
find(const struct sl_schedule *s, const struct sl_zone *zone, int64_t from, int64_t to, bool first)
{
	struct sl_zone_offset offset;
	int64_t found = INT64_MIN, around = first ? from : to, day;

	sl_zone_at(zone, around, &offset);
	around += offset.seconds;
	day = (around >= 0 ? around : around - (DAY_S - 1)) / DAY_S;
	for (int64_t i = first ? -1 : -REACH; i <= (first ? REACH : 1); i++) {
		struct sl_civil civil;

		sl_civil_of((day + i) * DAY_S, &civil);
		if ((s->days >> civil.weekday & 1) == 0)
			continue;
		for (unsigned hour = 0; hour < 24; hour++) {
			int64_t at;

			if ((s->hours >> hour & 1) == 0)
				continue;
			at = sl_zone_utc(zone, (day + i) * DAY_S + hour * 3600 + s->minute * 60);
			if (at >= from && at <= to && (found == INT64_MIN || (first ? at < found : at > found)))
				found = at;
		}
	}
	return found;
}

int64_t
sl_schedule_next(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t after_s)
{
	int64_t at = find(schedule, zone, after_s + 1, after_s + (REACH + 1) * DAY_S, true);

	return at == INT64_MIN ? INT64_MAX : at;
}

int64_t
sl_schedule_last(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t now_s)
{
	return find(schedule, zone, now_s - (REACH + 1) * DAY_S, now_s, false);
}

bool
sl_schedule_due(const struct sl_schedule *schedule, const struct sl_zone *zone, int64_t served_s, int64_t now_s,
    int64_t *due_out)
{
	*due_out = sl_schedule_last(schedule, zone, now_s);
	return *due_out != INT64_MIN && *due_out > served_s;
}

int64_t
sl_schedule_send_at(int64_t due_s, int64_t up_since_s, uint32_t spread_s, uint64_t key)
{
	/* The key's bits are mixed: callers may count. */
	return SL_MAX(due_s, up_since_s) + (spread_s == 0 ? 0 : (int64_t)(sl_hash(&key, sizeof(key)) % spread_s));
}
