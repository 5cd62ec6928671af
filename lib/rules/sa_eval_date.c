/* sa_eval_date.c - eval functions about dates, see sa_eval.h */

#include "rules/sa_eval_i.h"

#include <stdlib.h>

/* ---- one date ---- */

static const struct {
	const char	*name;
	int		 minutes;
} zones[] = {
	{ "UT", 0 }, { "UTC", 0 }, { "GMT", 0 }, { "WET", 0 },
	{ "NDT", -150 }, { "AST", -240 }, { "ADT", -180 }, { "NST", -210 }, { "EST", -300 }, { "EDT", -240 },
	{ "CST", -360 }, { "CDT", -300 }, { "MST", -420 }, { "MDT", -360 }, { "PST", -480 }, { "PDT", -420 },
	{ "HST", -600 }, { "AKST", -540 }, { "AKDT", -480 }, { "HADT", -540 }, { "HAST", -600 },
	{ "BST", 60 }, { "IST", 120 }, { "CET", 60 }, { "CEST", 120 }, { "MET", 60 }, { "MEST", 120 }, { "MEZ", 60 },
	{ "MSK", 180 }, { "MSD", 240 }, { "MESZ", 120 }, { "WEST", 60 }, { "EET", 120 }, { "EEST", 180 },
	{ "EETDST", 180 }, { "MET-DST", 120 }, { "MEST-DST", 180 }, { "CET-DST", 120 },
	{ "KST", 540 }, { "JST", 540 }, { "HKT", 480 }, { "SGT", 480 }, { "AEST", 600 }, { "AEDT", 660 },
	{ "ACST", 570 }, { "ACDT", 630 }, { "AWST", 480 }, { "NZST", 720 }, { "NZDT", 780 },
};

struct date {
	long	year, month, day, hour, minute, second;
	long	offset_min;		/* east of Greenwich */
};

static long
number(struct sl_slice s)
{
	long value = 0;

	for (size_t i = 0; i < s.len && sa_is_digit(s.ptr[i]) && value < 100000; i++)
		value = value * 10 + (s.ptr[i] - '0');
	return value;
}

static long
month_number(struct sl_slice s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (long i = 0; i < 12; i++) {
		if (sl_slice_ieq(s, sl_slice(names + 3 * i, 3)))
			return i + 1;
	}
	return 0;
}

/* Days since 1970 of a day in the Gregorian calendar. */
static int64_t
days_from(long year, long month, long day)
{
	long y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
	long doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_clamp(struct date *d)
{
	static const long days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	long most = d->month >= 1 && d->month <= 12 ? days[d->month - 1] : 31;

	if (d->month == 2 && d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0))
		most = 29;
	d->second = SL_MIN(d->second, 59L);
	d->minute = SL_MIN(d->minute, 59L);
	d->hour = SL_MIN(d->hour, 23L);
	if (d->day > most) {
		d->day = 1;
		d->month++;
		if (d->month > 12) {
			d->month = 1;
			d->year++;
		}
	}
	d->year = SL_MAX(SL_MIN(d->year, 2037L), 1970L);
}

/* Take what a pattern finds out of the text, a blank in its place. */
static bool
take(struct sl_sa_view *view, struct sl_slice *text, enum sa_re re, struct sa_match *m)
{
	if (!sa_match(view->conf, re, *text, 0, m))
		return false;
	*text = SA_CAT(view, sa_sub(*text, 0, m->groups[0]), SL_SLICE_LIT(" "), sl_slice_from(*text, m->groups[1]));
	return true;
}

static long
zone_minutes(struct sl_sa_view *view, struct sl_slice *text)
{
	struct sa_match m;
	struct sl_slice z;
	long minutes;

	if (take(view, text, SA_RE_DATE_ZONE, &m)) {
		z = sa_group(&m, 1);
		minutes = number(sa_sub(z, 1, 3)) * 60 + number(sa_sub(z, 3, 5));
		return z.ptr[0] == '-' ? -minutes : minutes;
	}
	if (take(view, text, SA_RE_DATE_ZONE_NAME, &m)) {
		for (size_t i = 0; i < SL_COUNT(zones); i++) {
			if (sl_slice_eq(sa_group(&m, 1), sl_slice_str(zones[i].name)))
				return zones[i].minutes;
		}
	}
	return 0;
}

/* ", " and all white space to single blanks, one at each end. */
static struct sl_slice
date_text(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 3);
	size_t n = 0;

	out[n++] = ' ';
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (c != ',' && !sa_is_space(c))
			out[n++] = c;
		else if (out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (out[n - 1] != ' ')
		out[n++] = ' ';
	return sl_slice(out, n);
}

bool
sa_parse_date(struct sl_sa_view *view, struct sl_slice in, int64_t *time_out)
{
	struct sl_slice text = date_text(view, in), year;
	struct date d = { 0 };
	struct sa_match m;
	int64_t time;

	if (take(view, &text, SA_RE_DATE_DMY, &m) || (!sa_test(view->conf, SA_RE_DATE_MDY, text) &&
	    take(view, &text, SA_RE_DATE_DMY_SHORT, &m))) {
		d.day = number(sa_group(&m, 1));
		d.month = month_number(sa_group(&m, 2));
	} else if (take(view, &text, SA_RE_DATE_MDY, &m)) {
		d.day = number(sa_group(&m, 2));
		d.month = month_number(sa_group(&m, 1));
	} else {
		return false;
	}
	year = sa_group(&m, 3);
	d.year = number(year);
	if (year.len == 2 && d.year < 50)
		d.year += 2000;
	else if (year.len != 4)
		d.year += 1900;
	if (take(view, &text, SA_RE_DATE_CLOCK, &m)) {
		d.hour = number(sa_group(&m, 1));
		d.minute = number(sa_group(&m, 2));
		d.second = number(sa_group(&m, 3));
	}
	d.offset_min = zone_minutes(view, &text);
	date_clamp(&d);
	if (d.day < 1)
		return false;
	time = days_from(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
	time -= d.offset_min * 60;
	*time_out = d.offset_min > 0 && time < 0 ? 0 : time;
	return true;
}

/* ---- the message's ---- */

static bool
header_time(struct sl_sa_view *view, int64_t *time_out)
{
	static const char *const names[] = { "Resent-Date", "Date" };

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		const struct sa_list *values = sa_get(view, names[i]);

		for (size_t k = 0; k < values->len; k++) {
			if (sa_parse_date(view, sa_trim_end(values->at[k]), time_out))
				return true;
		}
	}
	return false;
}

static bool
is_local(struct sl_sa_view *view, struct sl_slice line)
{
	return sa_test(view->conf, SA_RE_RECEIVED_LOCAL, line);
}

#define TIMES_MAX	200

/* When each host had it, but for the handing over within the last one. */
static size_t
received_times(struct sl_sa_view *view, int64_t times[TIMES_MAX])
{
	const struct sa_list *lines = sa_get(view, "Received");
	size_t from = 0, n = 0;

	if (lines->len > 0 && is_local(view, lines->at[0]) && lines->len > 1 &&
	    sa_test(view->conf, SA_RE_RECEIVED_FETCHMAIL, lines->at[1]))
		from = 2;
	else if (lines->len > 0 && !is_local(view, lines->at[0]) &&
	    sa_test(view->conf, SA_RE_RECEIVED_FETCHMAIL, lines->at[0]))
		from = 1;
	for (size_t i = from; i < lines->len && n < TIMES_MAX; i++) {
		struct sa_match m;

		if (sa_match(view->conf, SA_RE_RECEIVED_TIME, lines->at[i], 0, &m) &&
		    sa_parse_date(view, sa_group(&m, 1), &times[n]))
			n++;
	}
	return n;
}

struct kept_dates {
	int64_t	diff;
};

/* How far Date is from when the message went through the nearest host. */
static int64_t
date_diff(struct sl_sa_view *view)
{
	struct kept_dates *kept = view->eval[SA_KEPT_DATES];
	int64_t times[TIMES_MAX], date;
	size_t n;

	if (kept != NULL)
		return kept->diff;
	kept = sa_alloc(view, sizeof(*kept));
	view->eval[SA_KEPT_DATES] = kept;
	if (!header_time(view, &date))
		return 0;
	n = received_times(view, times);
	if (n > 1 && times[n - 1] == date)	/* the last may have been made with the date */
		n--;
	for (size_t i = 0; i < n; i++) {
		int64_t diff = date - times[i];

		if (i == 0 || llabs(diff) < llabs(kept->diff))
			kept->diff = diff;
	}
	return kept->diff;
}

SA_EVAL(check_for_shifted_date)
{
	double diff = (double)date_diff(view);

	return (sa_argument_open(arguments, arguments_len, 0) ||
	    diff >= 3600 * sa_argument_number(arguments, arguments_len, 0)) &&
	    (sa_argument_open(arguments, arguments_len, 1) ||
	    diff < 3600 * sa_argument_number(arguments, arguments_len, 1));
}

/* ---- Message-IDs of Outlook hold the time in units of 429.5 s ---- */

static bool
is_near(int64_t time, uint32_t token)
{
	int64_t expected = (int64_t)((double)time * 0.0023283064365387 + 27111902.8329849);

	return llabs((int64_t)token - expected) < 250;
}

SA_EVAL(check_outlook_message_id)
{
	struct sl_slice received = sa_get_joined(view, "Received");
	struct sa_match m;
	int64_t time;
	uint32_t token;

	if (!sa_match(view->conf, SA_RE_OUTLOOK_ID, sa_get_joined(view, "MESSAGEID"), 0, &m))
		return false;
	{
		char hex[9] = "";

		memcpy(hex, sa_group(&m, 1).ptr, 8);
		token = (uint32_t)strtoul(hex, NULL, 16);
	}
	if (!sa_parse_date(view, sa_get_joined(view, "Date"), &time))
		time = 0;
	if (is_near(time, token))
		return false;
	if (!sa_parse_date(view, received, &time))
		time = 0;
	return !is_near(time, token);
}
