/* list_line.c - see list_line.h */

#include "policy/list_line.h"

#include "sl/utf8.h"

/* ---- days: the calendar of Gregory, from 1970 to 9999 */

#define DAY_S		86400
#define TIME_MAX_S	INT64_C(253402300800)	/* the end of 9999 */

static bool
is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
days_of(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970 of a year's first. */
static int64_t
year_begins(unsigned year)
{
	unsigned before = year - 1;

	return (int64_t)before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

static bool
digits(struct sl_slice s, size_t at, size_t len, unsigned least, unsigned most, unsigned *out)
{
	uint64_t n;

	if (at + len > s.len || sl_slice_to_u64(sl_slice(s.ptr + at, len), most, &n) != 0 || n < least)
		return false;
	*out = (unsigned)n;
	return true;
}

/* 2027-01-31: the end of that day; 2027-01-31T12:00:00Z. */
static bool
time_read(struct sl_slice s, int64_t *at_s_out)
{
	unsigned year, month, day, hour, minute, second;
	int64_t days;

	if (s.len < 10 || s.ptr[4] != '-' || s.ptr[7] != '-' || !digits(s, 0, 4, 1970, 9999, &year) ||
	    !digits(s, 5, 2, 1, 12, &month) || !digits(s, 8, 2, 1, days_of(year, month), &day))
		return false;
	days = year_begins(year) + day - 1;
	for (unsigned m = 1; m < month; m++)
		days += days_of(year, m);
	if (s.len == 10) {
		*at_s_out = (days + 1) * DAY_S;
		return true;
	}
	if (s.len != 20 || s.ptr[10] != 'T' || s.ptr[13] != ':' || s.ptr[16] != ':' || s.ptr[19] != 'Z' ||
	    !digits(s, 11, 2, 0, 23, &hour) || !digits(s, 14, 2, 0, 59, &minute) || !digits(s, 17, 2, 0, 59, &second))
		return false;
	*at_s_out = days * DAY_S + hour * 3600 + minute * 60 + second;
	return *at_s_out > 0;		/* 0 is never */
}

static void
time_print(int64_t at_s, struct sl_buf *out)
{
	bool whole = at_s >= TIME_MAX_S || at_s % DAY_S == 0;
	int64_t days = SL_MIN(at_s, TIME_MAX_S) / DAY_S - whole;
	unsigned second = (unsigned)(at_s % DAY_S), year = 1970 + (unsigned)(days / 366), month = 1;

	while (year_begins(year + 1) <= days)
		year++;
	days -= year_begins(year);
	while (days >= days_of(year, month))
		days -= days_of(year, month++);
	sl_buf_addf(out, "%04u-%02u-%02u", year, month, (unsigned)days + 1);
	if (!whole)
		sl_buf_addf(out, "T%02u:%02u:%02uZ", second / 3600, second / 60 % 60, second % 60);
}

/* ---- lines */

static struct sl_slice
next_word(struct sl_slice *line)
{
	size_t n = 0;
	struct sl_slice word;

	*line = sl_slice_trim(*line);
	while (n < line->len && line->ptr[n] != ' ' && line->ptr[n] != '\t')
		n++;
	word = sl_slice(line->ptr, n);
	*line = sl_slice_from(*line, n);
	return word;
}

static bool
note_ok(struct sl_slice note)
{
	for (size_t i = 0; i < note.len; i++)
		if (note.ptr[i] < 0x20 || note.ptr[i] == 0x7f)
			return false;
	return note.len <= SL_LIST_NOTE_MAX && sl_utf8_valid(note);
}

static const char *
read_option(struct sl_slice word, struct sl_slice *rest, struct sl_list_entry *entry)
{
	if (sl_slice_eq(word, SL_SLICE_LIT("unauthenticated")))
		entry->flags |= SL_LIST_UNAUTHENTICATED;
	else if (sl_slice_eq(word, SL_SLICE_LIT("either")))
		entry->flags |= SL_LIST_EITHER;
	else if (!sl_slice_eq(word, SL_SLICE_LIT("until")))
		return "write unauthenticated, either, until and a day, or # and a note, behind the entry";
	else if (entry->expires_s != 0 || !time_read(next_word(rest), &entry->expires_s))
		return "write one day behind until, as in 2027-01-31 or 2027-01-31T12:00:00Z";
	return NULL;
}

const char *
sl_list_line_read(struct sl_slice line, struct sl_list_entry *entry, bool *empty_out)
{
	const unsigned char *hash = line.len == 0 ? NULL : memchr(line.ptr, '#', line.len);
	struct sl_slice rest = hash == NULL ? line : sl_slice(line.ptr, (size_t)(hash - line.ptr)), word;
	const char *wrong;

	memset(entry, 0, sizeof(*entry));
	if (hash != NULL)
		entry->note = sl_slice_trim(sl_slice_from(line, (size_t)(hash + 1 - line.ptr)));
	if (!note_ok(entry->note))
		return "write a note of at most 200 bytes of printable text";
	word = next_word(&rest);
	*empty_out = word.len == 0;
	if (*empty_out)
		return NULL;
	if (sl_slice_eq(word, SL_SLICE_LIT("deny")))
		entry->flags = SL_LIST_DENY;
	else if (sl_slice_eq(word, SL_SLICE_LIT("allow")))
		entry->flags = SL_LIST_ALLOW;
	else
		return "write allow or deny in front";
	wrong = sl_list_key_read(next_word(&rest), &entry->key);
	while (wrong == NULL && (word = next_word(&rest)).len > 0)
		wrong = read_option(word, &rest, entry);
	if (wrong == NULL && (entry->flags & SL_LIST_DENY) != 0 && entry->flags != SL_LIST_DENY)
		wrong = "remove unauthenticated and either: who is denied is so by any of them";
	return wrong;
}

void
sl_list_line_print(const struct sl_list_entry *entry, struct sl_buf *out)
{
	sl_buf_add_str(out, (entry->flags & SL_LIST_DENY) != 0 ? "deny " : "allow ");
	sl_list_key_print(&entry->key, out);
	sl_buf_add_str(out, (entry->flags & SL_LIST_UNAUTHENTICATED) != 0 ? " unauthenticated" : "");
	sl_buf_add_str(out, (entry->flags & SL_LIST_EITHER) != 0 ? " either" : "");
	if (entry->expires_s != 0) {
		sl_buf_add_str(out, " until ");
		time_print(entry->expires_s, out);
	}
	if (entry->note.len > 0) {
		sl_buf_add_str(out, " # ");
		sl_buf_add_slice(out, entry->note);
	}
}
