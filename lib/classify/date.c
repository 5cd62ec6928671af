/* date.c - see sl_date_read in classify/structure.h */

#include "classify/structure.h"

struct reader {
	struct sl_slice	rest;
	unsigned	flags;
};

/* White space and comments, which nest no deeper than they are long. */
static void
skip_space(struct reader *r)
{
	unsigned depth = 0;
	size_t i = 0;

	for (; i < r->rest.len; i++) {
		unsigned char c = r->rest.ptr[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	r->rest = sl_slice_from(r->rest, i);
}

static bool
skip_char(struct reader *r, unsigned char c)
{
	if (r->rest.len == 0 || r->rest.ptr[0] != c)
		return false;
	r->rest = sl_slice_from(r->rest, 1);
	return true;
}

/* 1 to `digits` digits; -1: there is none. */
static int
number(struct reader *r, size_t digits, size_t *len_out)
{
	int n = 0;
	size_t i = 0;

	while (i < r->rest.len && i < digits && r->rest.ptr[i] >= '0' && r->rest.ptr[i] <= '9')
		n = n * 10 + (r->rest.ptr[i++] - '0');
	r->rest = sl_slice_from(r->rest, i);
	*len_out = i;
	return i == 0 ? -1 : n;
}

/* Letters at the front: which of these names? -1: none. */
static int
word(struct reader *r, const char *names, size_t count)
{
	size_t len = 0;
	int found = -1;

	while (len < r->rest.len && sl_ascii_lower(r->rest.ptr[len]) >= 'a' && sl_ascii_lower(r->rest.ptr[len]) <= 'z')
		len++;
	for (size_t i = 0; i < count && len >= 3 && found < 0; i++)
		if (sl_slice_ieq(sl_slice(r->rest.ptr, 3), sl_slice(names + 3 * i, 3)))
			found = (int)i;
	if (len > 3)
		r->flags |= SL_DATE_FORM;
	if (found >= 0)
		r->rest = sl_slice_from(r->rest, len);
	return found;
}

/* Days from 1970-01-01 (Gregorian). */
static int64_t
days_of(int year, int month, int day)
{
	int64_t y = year - (month < 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
year_of(struct reader *r)
{
	size_t len;
	int year = number(r, 4, &len);

	if (len == 4)
		return year;
	r->flags |= SL_DATE_FORM;
	if (year < 0 || len == 1)
		return -1;
	return len == 3 || year >= 50 ? year + 1900 : year + 2000;
}

/* Seconds of the day. */
static int
clock_of(struct reader *r)
{
	int part[3] = { 0, 0, 0 };
	size_t len;

	for (int i = 0; i < 3; i++) {
		skip_space(r);
		if (i > 0 && !skip_char(r, ':')) {
			if (i == 2)
				break;		/* seconds may be left out */
			r->flags |= SL_DATE_FORM;
			return 0;
		}
		skip_space(r);
		part[i] = number(r, 2, &len);
		if (len != 2)
			r->flags |= SL_DATE_FORM;
		part[i] = SL_MAX(part[i], 0);
	}
	if (part[0] > 23 || part[1] > 59 || part[2] > 60)
		r->flags |= SL_DATE_RANGE;
	return part[0] * 3600 + part[1] * 60 + part[2];
}

/* Minutes east of Greenwich. */
static int
zone_of(struct reader *r)
{
	static const char names[] = "ESTEDTCSTCDTMSTMDTPSTPDT";
	static const int hours[] = { -5, -4, -6, -5, -7, -6, -8, -7 };
	bool east = skip_char(r, '+');
	size_t len;
	int n;

	if (east || skip_char(r, '-')) {
		n = number(r, 4, &len);
		if (len != 4 || n % 100 > 59 || n / 100 > (east ? 14 : 12))
			r->flags |= SL_DATE_ZONE;
		return len != 4 ? 0 : (east ? 1 : -1) * (n / 100 * 60 + n % 100);
	}
	if (sl_slice_istarts(r->rest, SL_SLICE_LIT("GMT")) || sl_slice_istarts(r->rest, SL_SLICE_LIT("UT")) ||
	    sl_slice_istarts(r->rest, SL_SLICE_LIT("Z")))
		return 0;
	n = word(r, names, SL_COUNT(hours));
	if (n < 0)
		r->flags |= SL_DATE_ZONE;
	return n < 0 ? 0 : hours[n] * 60;
}

unsigned
sl_date_read(struct sl_slice value, int64_t *time_out)
{
	static const int days_in[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct reader r = { .rest = value };
	int weekday, day, month, year, clock;
	int64_t days;
	size_t len;

	*time_out = 0;
	skip_space(&r);
	weekday = word(&r, "MonTueWedThuFriSatSun", 7);
	skip_space(&r);
	if (weekday >= 0 && !skip_char(&r, ','))
		r.flags |= SL_DATE_FORM;
	skip_space(&r);
	day = number(&r, 2, &len);
	skip_space(&r);
	month = word(&r, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
	if (day < 0 && month >= 0) {	/* "Jun 5" */
		r.flags |= SL_DATE_FORM;
		skip_space(&r);
		day = number(&r, 2, &len);
	}
	skip_space(&r);
	year = year_of(&r);
	if (day < 0 || month < 0 || year < 0)
		return SL_DATE_NONE;
	skip_space(&r);
	clock = clock_of(&r);
	if (day == 0 || day > days_in[month])
		r.flags |= SL_DATE_RANGE;
	days = days_of(year, month, SL_MIN(SL_MAX(day, 1), 31));
	if (weekday >= 0 && ((days + 3) % 7 + 7) % 7 != weekday)
		r.flags |= SL_DATE_WEEKDAY;
	skip_space(&r);
	*time_out = days * 86400 + clock - 60 * (int64_t)zone_of(&r);
	return r.flags;
}
