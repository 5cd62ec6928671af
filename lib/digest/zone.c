/* zone.c - see zone.h */

#include "digest/zone.h"

#include "digest/zone_i.h"

#define ZONE_MAGIC	0x20e20e11u
#define DAY_S		86400
#define HEADER_BYTES	44
#define TYPES_MAX	256
#define OFFSET_MAX_S	93599		/* RFC 9636, 3.2: 26 hours less a second */

struct sl_zone {
	unsigned		 magic;
	size_t			 len;
	int64_t			*times;		/* when each transition is, growing */
	uint8_t			*types;		/* what holds from then on */
	struct sl_zone_offset	 type[TYPES_MAX];
	size_t			 types_len;
	bool			 has_rule;
	struct zone_rule	 rule;		/* behind the last transition */
};

struct header {
	unsigned	version;
	uint32_t	isutc, isstd, leap, times, types, chars;
};

/* ---- calendar ---- */

/* Days of a civil date: years begin in March, so that a leap day is a year's last. */
int64_t
sl_civil_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
sl_civil_of(int64_t local_s, struct sl_civil *out)
{
	int64_t days = (local_s >= 0 ? local_s : local_s - (DAY_S - 1)) / DAY_S;
	unsigned of_day = (unsigned)(local_s - days * DAY_S);
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	out->day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
	out->month = (unsigned)(month < 10 ? month + 3 : month - 9);
	out->year = year + era * 400 + (out->month <= 2);
	out->hour = of_day / 3600;
	out->minute = of_day / 60 % 60;
	out->second = of_day % 60;
	out->weekday = (unsigned)(((days + 3) % 7 + 7) % 7);
}

/* ---- reading ---- */

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int
header_read(struct sl_slice in, struct header *h)
{
	if (in.len < HEADER_BYTES)
		return SL_ERR_TRUNCATED;
	if (memcmp(in.ptr, "TZif", 4) != 0)
		return SL_ERR_SYNTAX;
	h->version = in.ptr[4] == 0 ? 1 : (unsigned)(in.ptr[4] - '0');
	h->isutc = be32(in.ptr + 20);
	h->isstd = be32(in.ptr + 24);
	h->leap = be32(in.ptr + 28);
	h->times = be32(in.ptr + 32);
	h->types = be32(in.ptr + 36);
	h->chars = be32(in.ptr + 40);
	if (h->times > SL_ZONE_TRANSITIONS_MAX || h->leap > SL_ZONE_TRANSITIONS_MAX)
		return SL_ERR_TOO_LONG;
	if (h->types == 0 || h->types > TYPES_MAX || h->chars == 0 || h->chars > 4096 || h->isutc > TYPES_MAX ||
	    h->isstd > TYPES_MAX)
		return SL_ERR_SYNTAX;
	return 0;
}

/* Bytes behind a header whose times have `width` bytes. */
static size_t
body_bytes(const struct header *h, size_t width)
{
	return h->times * (width + 1) + h->types * 6 + h->chars + h->leap * (width + 4) + h->isstd + h->isutc;
}

static int
types_read(struct sl_zone *zone, const struct header *h, const unsigned char *types, const unsigned char *chars)
{
	for (size_t i = 0; i < h->types; i++) {
		const unsigned char *p = types + i * 6;
		struct sl_zone_offset *type = &zone->type[i];
		int32_t seconds = (int32_t)be32(p);
		size_t n = 0;

		if (seconds < -OFFSET_MAX_S || seconds > OFFSET_MAX_S || p[4] > 1 || p[5] >= h->chars)
			return SL_ERR_SYNTAX;
		type->seconds = seconds;
		type->summer = p[4] == 1;
		/* A name is shown: letters, digits and signs. */
		for (size_t at = p[5]; at < h->chars && chars[at] != '\0' && n < SL_ZONE_NAME_MAX - 1; at++)
			type->name[n++] = chars[at] > ' ' && chars[at] < 0x7f ? (char)chars[at] : '?';
	}
	zone->types_len = h->types;
	return 0;
}

static int
body_read(struct sl_zone *zone, const struct header *h, const unsigned char *p, size_t width)
{
	const unsigned char *types = p + h->times * width;

	zone->times = sl_xmalloc(SL_MAX(h->times, 1u) * sizeof(*zone->times));
	zone->types = sl_xmalloc(SL_MAX(h->times, 1u));
	for (size_t i = 0; i < h->times; i++) {
		zone->times[i] = width == 8 ? be64(p + i * 8) : (int32_t)be32(p + i * 4);
		zone->types[i] = types[i];
		if (types[i] >= h->types || (i > 0 && zone->times[i] <= zone->times[i - 1]))
			return SL_ERR_SYNTAX;
	}
	zone->len = h->times;
	return types_read(zone, h, types + h->times, types + h->times + h->types * 6);
}

/* "\nTZ\n"; nothing between: no rule is known. */
static int
footer_read(struct sl_zone *zone, struct sl_slice in)
{
	const unsigned char *end;

	if (in.len < 2 || in.ptr[0] != '\n')
		return in.len < 2 ? SL_ERR_TRUNCATED : SL_ERR_SYNTAX;
	in = sl_slice_from(in, 1);
	end = memchr(in.ptr, '\n', in.len);
	if (end == NULL)
		return SL_ERR_TRUNCATED;
	in.len = (size_t)(end - in.ptr);
	if (in.len == 0)
		return 0;
	if (!zone_rule_read(in, &zone->rule))
		return SL_ERR_SYNTAX;
	zone->has_rule = true;
	return 0;
}

static int
zone_read(struct sl_zone *zone, struct sl_slice in)
{
	struct header h;
	size_t width = 4;
	int r = header_read(in, &h);

	if (r != 0)
		return r;
	if (h.version >= 2) {	/* the same again, in 64 bits */
		if (in.len < HEADER_BYTES + body_bytes(&h, 4))
			return SL_ERR_TRUNCATED;
		in = sl_slice_from(in, HEADER_BYTES + body_bytes(&h, 4));
		width = 8;
		if ((r = header_read(in, &h)) != 0)
			return r;
	}
	if (in.len < HEADER_BYTES + body_bytes(&h, width))
		return SL_ERR_TRUNCATED;
	if ((r = body_read(zone, &h, in.ptr + HEADER_BYTES, width)) != 0)
		return r;
	return width == 4 ? 0 : footer_read(zone, sl_slice_from(in, HEADER_BYTES + body_bytes(&h, width)));
}

int
sl_zone_read(struct sl_slice tzif, struct sl_zone **zone_out)
{
	struct sl_zone *zone;
	int r;

	*zone_out = NULL;
	if (tzif.len > SL_ZONE_BYTES_MAX)
		return SL_ERR_TOO_LONG;
	zone = sl_xzalloc(sizeof(*zone));
	zone->magic = ZONE_MAGIC;
	r = zone_read(zone, tzif);
	if (r != 0)
		sl_zone_free(&zone);
	*zone_out = zone;
	return r;
}

void
sl_zone_free(struct sl_zone **zone)
{
	if (*zone != NULL) {
		sl_free((*zone)->times);
		sl_free((*zone)->types);
	}
	SL_OBJ_FREE(zone, ZONE_MAGIC);
}

/* ---- looking up ---- */

void
sl_zone_at(const struct sl_zone *zone, int64_t utc_s, struct sl_zone_offset *out)
{
	size_t low = 0, high;

	if (zone == NULL) {
		*out = (struct sl_zone_offset){ 0, false, "UTC" };
		return;
	}
	SL_CHECK(zone, ZONE_MAGIC);
	for (high = zone->len; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (zone->times[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == zone->len && zone->has_rule)
		zone_rule_at(&zone->rule, utc_s, out);
	else
		*out = zone->type[low == 0 ? 0 : zone->types[low - 1]];
}

int64_t
sl_zone_utc(const struct sl_zone *zone, int64_t local_s)
{
	struct sl_zone_offset before, after, there;

	/* A day on either side of what UTC would show: no offset is larger, and no zone changes twice in between. */
	sl_zone_at(zone, local_s - DAY_S, &before);
	sl_zone_at(zone, local_s + DAY_S, &after);
	sl_zone_at(zone, local_s - before.seconds, &there);
	if (there.seconds == before.seconds)
		return local_s - before.seconds;
	sl_zone_at(zone, local_s - after.seconds, &there);
	return local_s - (there.seconds == after.seconds ? after.seconds : before.seconds);
}
