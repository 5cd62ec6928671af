/* zone_rule.c - TZ strings (POSIX, XBD 8.3; hours up to 167 as RFC 8536, 3.3.1 has them) */

#include "digest/zone_i.h"

#define DAY_S	86400

struct cursor {
	struct sl_slice	text;
	size_t		at;
};

static bool
take(struct cursor *c, unsigned char byte)
{
	if (c->at >= c->text.len || c->text.ptr[c->at] != byte)
		return false;
	c->at++;
	return true;
}

static bool
number(struct cursor *c, unsigned max, unsigned *value_out)
{
	size_t from = c->at;
	unsigned value = 0;

	while (c->at < c->text.len && c->text.ptr[c->at] >= '0' && c->text.ptr[c->at] <= '9' && c->at - from < 3)
		value = value * 10 + (unsigned)(c->text.ptr[c->at++] - '0');
	*value_out = value;
	return c->at > from && value <= max;
}

/* "CET" or "<+03>": 3 characters at least. */
static bool
name(struct cursor *c, char out[SL_ZONE_NAME_MAX])
{
	bool quoted = take(c, '<');
	size_t n = 0;

	for (; c->at < c->text.len; c->at++) {
		unsigned char b = c->text.ptr[c->at], lower = sl_ascii_lower(b);
		bool letter = lower >= 'a' && lower <= 'z';

		if (!letter && !(quoted && ((b >= '0' && b <= '9') || b == '+' || b == '-')))
			break;
		if (n < SL_ZONE_NAME_MAX - 1)
			out[n++] = (char)b;
	}
	out[n] = '\0';
	return n >= 3 && (!quoted || take(c, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool
clock_time(struct cursor *c, unsigned hours_max, int32_t *seconds_out)
{
	bool minus = take(c, '-');
	unsigned h, m = 0, s = 0;

	if (!minus)
		(void)take(c, '+');
	if (!number(c, hours_max, &h) || (take(c, ':') && (!number(c, 59, &m) ||
	    (take(c, ':') && !number(c, 59, &s)))))
		return false;
	*seconds_out = (int32_t)(h * 3600 + m * 60 + s) * (minus ? -1 : 1);
	return true;
}

static bool
change(struct cursor *c, struct zone_change *out)
{
	if (!take(c, ','))
		return false;
	if (take(c, 'M')) {
		out->form = ZONE_DAY_MONTH;
		if (!number(c, 12, &out->month) || out->month == 0 || !take(c, '.') || !number(c, 5, &out->week) ||
		    out->week == 0 || !take(c, '.') || !number(c, 6, &out->day))
			return false;
	} else if (take(c, 'J')) {
		out->form = ZONE_DAY_JULIAN;
		if (!number(c, 365, &out->day) || out->day == 0)
			return false;
	} else {
		out->form = ZONE_DAY_ZERO;
		if (!number(c, 365, &out->day))
			return false;
	}
	out->time_s = 7200;
	return !take(c, '/') || clock_time(c, 167, &out->time_s);
}

bool
zone_rule_read(struct sl_slice text, struct zone_rule *rule)
{
	struct cursor c = { text, 0 };
	int32_t west;

	memset(rule, 0, sizeof(*rule));
	if (!name(&c, rule->winter.name) || !clock_time(&c, 24, &west))
		return false;
	rule->winter.seconds = -west;
	if (c.at == text.len)
		return true;
	rule->has_summer = true;
	rule->summer.summer = true;
	rule->summer.seconds = rule->winter.seconds + 3600;
	if (!name(&c, rule->summer.name))
		return false;
	if (c.at < text.len && text.ptr[c.at] != ',') {
		if (!clock_time(&c, 24, &west))
			return false;
		rule->summer.seconds = -west;
	}
	return change(&c, &rule->begins) && change(&c, &rule->ends) && c.at == text.len;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* When it happens in a year, on a clock that runs with `offset_s`. */
static int64_t
change_utc(const struct zone_change *c, int64_t year, int32_t offset_s)
{
	static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day = 0;

	switch (c->form) {
	case ZONE_DAY_JULIAN:
		day = sl_civil_days(year, 1, 1) + c->day - 1 + (is_leap(year) && c->day >= 60 ? 1 : 0);
		break;
	case ZONE_DAY_ZERO:
		day = sl_civil_days(year, 1, 1) + c->day;
		break;
	case ZONE_DAY_MONTH: {
		unsigned length = lengths[c->month - 1] + (c->month == 2 && is_leap(year) ? 1u : 0u);
		int64_t first = sl_civil_days(year, c->month, 1);
		int64_t weekday = ((first + 4) % 7 + 7) % 7;	/* 0: Sunday; 1970-01-01 was a Thursday */
		unsigned in_month = (unsigned)((c->day - weekday + 7) % 7) + (c->week - 1) * 7;

		while (in_month >= length)	/* week 5 is the last */
			in_month -= 7;
		day = first + in_month;
		break;
	}
	}
	return day * DAY_S + c->time_s - offset_s;
}

void
zone_rule_at(const struct zone_rule *rule, int64_t utc_s, struct sl_zone_offset *out)
{
	int64_t newest = INT64_MIN;
	struct sl_civil now;

	*out = rule->winter;
	if (!rule->has_summer)
		return;
	/* The last change before decides: those of the year before and after may fall into this one. */
	sl_civil_of(utc_s + rule->winter.seconds, &now);
	for (int64_t year = now.year - 1; year <= now.year + 1; year++) {
		int64_t begins = change_utc(&rule->begins, year, rule->winter.seconds);
		int64_t ends = change_utc(&rule->ends, year, rule->summer.seconds);

		if (ends <= utc_s && ends >= newest) {
			newest = ends;
			*out = rule->winter;
		}
		/* Summer all the year is written as one that begins when it ends. */
		if (begins <= utc_s && begins >= newest) {
			newest = begins;
			*out = rule->summer;
		}
	}
}
