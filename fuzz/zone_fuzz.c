/* zone_fuzz.c - any bytes: refused, or a zone whose clock shows at a time what that time is found by */

#include "digest/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sl_schedule daily = { 0x7f, 1 << 7, 0 };
	struct sl_zone *zone;
	int64_t now = INT64_C(1790000000);
	int r = sl_zone_read(sl_slice(data, size), &zone);

	SL_ASSERT((r == 0) == (zone != NULL));
	if (r != 0)
		return 0;
	for (int i = 0; i < 50; i++, now += 2911 * 97) {
		struct sl_zone_offset at, again;
		int64_t utc, next;

		sl_zone_at(zone, now, &at);
		SL_ASSERT(at.seconds > -100000 && at.seconds < 100000 && strlen(at.name) < SL_ZONE_NAME_MAX);
		/* It is found again, or another time that is shown alike, or was never shown. */
		utc = sl_zone_utc(zone, now + at.seconds);
		sl_zone_at(zone, utc, &again);
		SL_ASSERT(utc - now < 200000 && now - utc < 200000);
		next = sl_schedule_next(&daily, zone, now);
		SL_ASSERT(next > now && (next == INT64_MAX || next <= now + 10 * 86400));
	}
	sl_zone_free(&zone);
	return 0;
}
