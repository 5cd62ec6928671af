/* report.c - see report.h: what is said, and the mail around it */

#include "report/report.h"

#include <stdio.h>

#include "digest/command.h"
#include "digest/compose.h"
#include "digest/letter.h"
#include "digest/show.h"
#include "report/counts.h"
#include "report/report_i.h"
#include "smtp/address.h"

#define NBSP	"\xc2\xa0"

/* ---- pieces ---- */

bool
report_has(const struct report_page *page, enum sl_report_kind kind)
{
	return (page->report->kinds >> kind & 1) != 0;
}

const struct sl_traffic_table *
report_table(const struct report_page *page, enum sl_traffic_by by)
{
	const struct sl_report *r = page->report;
	const struct sl_traffic_table *const all[SL_TRAFFIC_BY_COUNT] = { [SL_TRAFFIC_BY_DAY] = r->days, [SL_TRAFFIC_BY_CAUSE] = r->causes,
		[SL_TRAFFIC_BY_TENANT] = r->tenants, [SL_TRAFFIC_BY_DOMAIN] = r->domains, [SL_TRAFFIC_BY_USER] = r->users };
	const struct sl_traffic_table *table = all[by];
	bool wanted = by == SL_TRAFFIC_BY_CAUSE ? report_has(page, SL_REPORT_QUARANTINE) : report_has(page, SL_REPORT_TRAFFIC);

	return wanted && table != NULL && table->total.n[SL_TRAFFIC_MESSAGES] > 0 ? table : NULL;
}

const char *
report_word(const struct report_page *page, enum sl_report_word word)
{
	return sl_report_word(page->language, word);
}

void
report_fill(const struct report_page *page, enum sl_report_word word, const char *const *fill, size_t len, struct sl_buf *out)
{
	struct sl_slice slices[9];

	SL_ASSERT(len <= SL_COUNT(slices));
	for (size_t i = 0; i < len; i++)
		slices[i] = sl_slice_str(fill[i]);
	sl_digest_fill(report_word(page, word), slices, len, out);
}

void
report_number(uint64_t n, struct sl_buf *out)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			sl_buf_add_str(out, NBSP);
		sl_buf_add_byte(out, (unsigned char)digits[i]);
	}
}

void
report_size(uint64_t bytes, struct sl_buf *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double n = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		sl_buf_addf(out, "%u" NBSP "B", (unsigned)bytes);
		return;
	}
	while (n >= 1023.95 && unit + 1 < SL_COUNT(units)) {
		n /= 1024;
		unit++;
	}
	sl_buf_addf(out, n < 9.95 ? "%.1f" NBSP "%s" : "%.0f" NBSP "%s", n, units[unit]);
}

void
report_percent(uint64_t part, uint64_t whole, struct sl_buf *out)
{
	double percent = whole == 0 ? 0 : (double)part / (double)whole * 100;

	/* What is not none, or not all, is not rounded to it. */
	if (part > 0 && percent < 0.1)
		sl_buf_add_str(out, "<0.1" NBSP "%");
	else if (part < whole && percent > 99.9)
		sl_buf_add_str(out, ">99.9" NBSP "%");
	else
		sl_buf_addf(out, percent < 10 && part > 0 ? "%.1f" NBSP "%%" : "%.0f" NBSP "%%", percent);
}

void
report_time(const struct report_page *page, int64_t utc_s, struct sl_buf *out)
{
	struct sl_zone_offset offset;
	struct sl_civil t;

	sl_zone_at(page->report->zone, utc_s, &offset);
	sl_civil_of(utc_s + offset.seconds, &t);
	sl_buf_addf(out, "%04lld-%02u-%02u %02u:%02u", (long long)t.year, t.month, t.day, t.hour, t.minute);
}

void
report_cause(const struct report_page *page, const char *key, struct sl_buf *out)
{
	enum sl_digest_group group = sl_digest_group_find(sl_slice_str(key));

	_Static_assert(SL_DIGEST_WORD_GROUP_OTHER - SL_DIGEST_WORD_GROUP_MALWARE == SL_DIGEST_GROUP_OTHER, "in the same order");
	if (strcmp(key, "unchecked") == 0)
		sl_buf_add_str(out, report_word(page, SL_REPORT_WORD_UNCHECKED));
	else if (strcmp(key, "-") == 0)
		sl_buf_add_str(out, report_word(page, SL_REPORT_WORD_ELSE));
	else if (group == SL_DIGEST_GROUP_OTHER)
		sl_show_text(sl_slice_str(key), 40, out);
	else
		sl_buf_add_str(out, page->language->text[SL_DIGEST_WORD_GROUP_MALWARE + (int)group]);
}

void
report_key(const struct report_page *page, const struct sl_traffic_table *table, const struct sl_traffic_row *row, size_t columns, struct sl_buf *out)
{
	bool by_user = table->by == SL_TRAFFIC_BY_USER;
	char number[24];

	if (table->by == SL_TRAFFIC_BY_CAUSE) {
		report_cause(page, row->key, out);
	} else if ((by_user || table->by == SL_TRAFFIC_BY_DOMAIN) && strcmp(row->key, SL_REPORT_OTHERS) == 0) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)(by_user ? page->report->more_users : page->report->more_domains));
		report_fill(page, SL_REPORT_WORD_OTHERS, (const char *const[]){ number }, 1, out);
	} else if (by_user) {
		sl_show_address(sl_slice_str(row->key), columns, out);
	} else {
		sl_show_text(sl_slice_str(row->key), columns, out);
	}
}

enum sl_report_word
report_key_title(enum sl_traffic_by by)
{
	switch (by) {
	case SL_TRAFFIC_BY_DAY:
		return SL_REPORT_WORD_DAY;
	case SL_TRAFFIC_BY_CAUSE:
	case SL_TRAFFIC_BY_VERDICT:
		return SL_REPORT_WORD_CAUSE;
	case SL_TRAFFIC_BY_DOMAIN:
		return SL_REPORT_WORD_DOMAIN;
	case SL_TRAFFIC_BY_USER:
		return SL_REPORT_WORD_USER;
	case SL_TRAFFIC_BY_TENANT:
	case SL_TRAFFIC_BY_COUNT:
		break;
	}
	return SL_REPORT_WORD_TENANT;
}

/* ---- sentences ---- */

bool
report_note(const struct report_page *page, enum sl_traffic_by by, struct sl_buf *out)
{
	const struct sl_report *r = page->report;
	size_t len = out->len;

	if (by != SL_TRAFFIC_BY_DOMAIN && by != SL_TRAFFIC_BY_USER)
		return false;
	sl_buf_add_str(out, report_word(page, SL_REPORT_WORD_SEVERAL));
	if (by == SL_TRAFFIC_BY_USER && r->since_day != NULL) {
		sl_buf_add_byte(out, ' ');
		report_fill(page, SL_REPORT_WORD_SINCE, &r->since_day, 1, out);
	}
	if (by == SL_TRAFFIC_BY_USER && r->cut)
		sl_buf_addf(out, " %s", report_word(page, SL_REPORT_WORD_APPROXIMATE));
	return out->len > len;
}

bool
report_later(const struct report_page *page, const struct sl_report_release *release, struct sl_buf *out)
{
	const struct { int64_t at_us; enum sl_report_word word; } rows[] = { { release->later.opened_us, SL_REPORT_WORD_OPENED },
		{ release->later.reported_us, SL_REPORT_WORD_REPORTED }, { release->later.allowed_us, SL_REPORT_WORD_ALLOWED } };
	struct sl_buf time;
	size_t len = out->len;

	sl_buf_init(&time, 64);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (rows[i].at_us == 0)
			continue;
		if (out->len > len)
			sl_buf_add_str(out, "; ");
		sl_buf_reset(&time);
		report_time(page, rows[i].at_us / 1000000, &time);
		report_fill(page, rows[i].word, (const char *const[]){ sl_buf_cstr(&time) }, 1, out);
	}
	sl_buf_fini(&time);
	return out->len > len;
}

void
report_period(const struct report_page *page, struct sl_buf *out)
{
	const struct sl_report *r = page->report;
	struct sl_buf since, until, zone;

	sl_buf_init(&since, 64);
	sl_buf_init(&until, 64);
	sl_buf_init(&zone, 256);
	report_time(page, r->since_s, &since);
	report_time(page, r->until_s, &until);
	if (r->zone == NULL || r->zone_name.len == 0)
		sl_buf_add_str(&zone, "UTC");
	else
		sl_show_text(r->zone_name, 64, &zone);
	report_fill(page, SL_REPORT_WORD_PERIOD, (const char *const[]){ sl_buf_cstr(&since), sl_buf_cstr(&until), sl_buf_cstr(&zone),
	    r->from_day, r->to_day }, 5, out);
	sl_buf_fini(&since);
	sl_buf_fini(&until);
	sl_buf_fini(&zone);
}

void
report_footer(const struct report_page *page, struct sl_buf *out)
{
	struct sl_buf name;
	struct sl_slice fill;

	if (page->report->brand.len > 0) {
		sl_show_text(page->report->brand, SL_REPORT_BRAND_MAX, out);
		return;
	}
	sl_buf_init(&name, 1024);
	sl_show_text(page->report->name, 100, &name);
	fill = sl_buf_slice(&name);
	sl_digest_say(page->language, SL_DIGEST_WORD_FOOTER, &fill, 1, out);
	sl_buf_fini(&name);
}

void
report_more(const struct report_page *page, uint64_t more, struct sl_buf *out)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)more);
	report_fill(page, SL_REPORT_WORD_MORE, (const char *const[]){ number }, 1, out);
}

/* "12 of 340 kept: 3.5 %; 1 of them could not be delivered; 2 are under way" */
static void
say_released(const struct report_page *page, struct sl_buf *out)
{
	const struct sl_report_releases *releases = page->report->releases;
	const struct sl_traffic_table *causes = page->report->causes;
	const struct { uint64_t count; enum sl_report_word word; } parts[] = { { releases->failed, SL_REPORT_WORD_NOT_DELIVERED },
		{ releases->open, SL_REPORT_WORD_UNDER_WAY }, { releases->reported, SL_REPORT_WORD_WERE_REPORTED } };
	uint64_t kept = causes == NULL ? 0 : causes->total.n[SL_TRAFFIC_QUARANTINED];
	struct sl_buf n, of, percent;

	sl_buf_init(&n, 64);
	sl_buf_init(&of, 64);
	sl_buf_init(&percent, 64);
	report_number(releases->entries, &n);
	report_number(kept, &of);
	report_percent(releases->entries, kept, &percent);
	/* What was kept before may be released now: then a share says nothing. */
	if (kept >= releases->entries && kept > 0)
		report_fill(page, SL_REPORT_WORD_OF, (const char *const[]){ sl_buf_cstr(&n), sl_buf_cstr(&of), sl_buf_cstr(&percent) }, 3, out);
	else
		sl_buf_add_slice(out, sl_buf_slice(&n));
	for (size_t i = 0; i < SL_COUNT(parts); i++) {
		if (parts[i].count == 0)
			continue;
		sl_buf_reset(&n);
		report_number(parts[i].count, &n);
		sl_buf_add_str(out, "; ");
		report_fill(page, parts[i].word, (const char *const[]){ sl_buf_cstr(&n) }, 1, out);
	}
	sl_buf_fini(&n);
	sl_buf_fini(&of);
	sl_buf_fini(&percent);
}

void
report_glance(const struct report_page *page, report_pair *pair, void *ctx)
{
	static const struct { enum sl_report_word word; enum sl_traffic_column column; bool part, size; } rows[] = {
		{ SL_REPORT_WORD_MESSAGES, SL_TRAFFIC_MESSAGES, false, false },
		{ SL_REPORT_WORD_RECIPIENTS, SL_TRAFFIC_RECIPIENTS, false, false },
		{ SL_REPORT_WORD_DELIVERED, SL_TRAFFIC_DELIVERED, true, false },
		{ SL_REPORT_WORD_QUARANTINED, SL_TRAFFIC_QUARANTINED, true, false },
		{ SL_REPORT_WORD_REFUSED, SL_TRAFFIC_REFUSED, true, false },
		{ SL_REPORT_WORD_DEFERRED, SL_TRAFFIC_DEFERRED, true, false },
		{ SL_REPORT_WORD_BYTES, SL_TRAFFIC_BYTES, false, true },
		{ SL_REPORT_WORD_AWAY, SL_TRAFFIC_BYTES_KEPT, true, true },
	};
	const struct sl_report *r = page->report;
	struct sl_buf value;

	sl_buf_init(&value, 1024);
	for (size_t i = 0; i < SL_COUNT(rows) && r->days != NULL && (report_has(page, SL_REPORT_TRAFFIC) ||
	    report_has(page, SL_REPORT_QUARANTINE)); i++) {
		const uint64_t *n = r->days->total.n;
		enum sl_report_word word = rows[i].word == SL_REPORT_WORD_AWAY && r->is_summary ? SL_REPORT_WORD_AWAY_SUMMARY : rows[i].word;

		sl_buf_reset(&value);
		if (rows[i].size)
			report_size(n[rows[i].column], &value);
		else
			report_number(n[rows[i].column], &value);
		if (rows[i].part && n[SL_TRAFFIC_MESSAGES] > 0) {
			sl_buf_add_str(&value, " (");
			report_percent(n[rows[i].column], n[rows[i].size ? SL_TRAFFIC_BYTES : SL_TRAFFIC_MESSAGES], &value);
			sl_buf_add_byte(&value, ')');
		}
		pair(ctx, report_word(page, word), sl_buf_slice(&value));
	}
	if (r->releases != NULL && (report_has(page, SL_REPORT_RELEASES) || report_has(page, SL_REPORT_QUARANTINE))) {
		sl_buf_reset(&value);
		say_released(page, &value);
		pair(ctx, report_word(page, SL_REPORT_WORD_RELEASED), sl_buf_slice(&value));
	}
	sl_buf_fini(&value);
}

void
report_answer(const struct report_page *page, const struct sl_report_release *release, struct sl_buf *out)
{
	char number[24];

	sl_show_text(sl_slice_str(release->reply[0] != '\0' ? release->reply : release->state), 120, out);
	if (release->recipients > 1) {
		snprintf(number, sizeof(number), "%zu", release->recipients - 1);
		sl_buf_add_str(out, " (");
		report_fill(page, SL_REPORT_WORD_AND_MORE, (const char *const[]){ number }, 1, out);
		sl_buf_add_byte(out, ')');
	}
	if (release->uncertain)
		sl_buf_addf(out, " (%s)", report_word(page, SL_REPORT_WORD_REPLY_LOST));
}

const char *
report_empty(const struct report_page *page, enum sl_report_kind kind)
{
	const struct sl_report *r = page->report;

	if (kind == SL_REPORT_RELEASES)
		return r->releases == NULL ? report_word(page, SL_REPORT_WORD_RELEASES_UNKNOWN)
		    : r->releases->entries == 0 ? report_word(page, SL_REPORT_WORD_NO_RELEASES) : NULL;
	if (r->days == NULL)
		return report_word(page, r->unreadable ? SL_REPORT_WORD_UNREADABLE : SL_REPORT_WORD_NO_TRAFFIC);
	return r->days->total.n[SL_TRAFFIC_MESSAGES] == 0 ? report_word(page, SL_REPORT_WORD_QUIET) : NULL;
}

bool
report_is_shown(const struct sl_traffic_table *table, const struct sl_traffic_row *row)
{
	return table->by != SL_TRAFFIC_BY_CAUSE || row->n[SL_TRAFFIC_MESSAGES] > row->n[SL_TRAFFIC_DELIVERED];
}

uint64_t
report_longest(const struct sl_traffic_table *table)
{
	uint64_t longest = 1;

	for (size_t i = 0; i < SL_MIN(table->len, (size_t)SL_REPORT_ROWS_MAX); i++)
		longest = SL_MAX(longest, table->rows[i].n[SL_TRAFFIC_MESSAGES]);
	return longest;
}

/* ---- the mail ---- */

static void
put_head(const struct report_page *page, const char *id, const char *boundary, struct sl_buf *out)
{
	const struct sl_report *r = page->report;
	struct sl_buf name, subject;

	sl_buf_init(&name, 1024);
	sl_buf_init(&subject, 4096);
	sl_show_text(r->name, 100, &name);
	report_fill(page, SL_REPORT_WORD_SUBJECT, (const char *const[]){ sl_buf_cstr(&name), r->from_day, r->to_day }, 3, &subject);
	sl_letter_date(out, "Date", r->now_s, r->zone);
	sl_letter_address(out, "From", sl_slice_str(report_word(page, SL_REPORT_WORD_NAME)), r->from);
	sl_letter_address(out, "To", sl_slice(NULL, 0), r->to);
	sl_letter_field(out, "Subject", sl_buf_slice(&subject));
	sl_buf_addf(out, "Message-ID:\r\n <%s>\r\nList-Id:\r\n <reports." SL_SLICE_FMT ">\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Precedence: bulk\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Language: %s\r\n"
	    "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n", id, SL_SLICE_ARG(r->domain), page->language->tag, boundary);
	sl_buf_fini(&name);
	sl_buf_fini(&subject);
}

static void
put_part(const char *boundary, const char *type, const char *file, const struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_addf(out, "--%s\r\nContent-Type: text/%s; charset=utf-8\r\n", boundary, type);
	if (file != NULL)
		sl_buf_addf(out, "Content-Disposition: attachment;\r\n filename=\"%s\"\r\n", file);
	sl_buf_add_str(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	sl_letter_quoted(out, sl_buf_slice(text));
	out->overflow |= text->overflow;
}

static void
put_alternatives(const struct report_page *page, const char *outer, const char *inner, struct sl_buf *out)
{
	struct sl_buf text;

	sl_buf_init(&text, SL_REPORT_BYTES_MAX);
	sl_buf_addf(out, "--%s\r\nContent-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", outer, inner);
	report_text(page, &text);
	put_part(inner, "plain", NULL, &text, out);
	sl_buf_reset(&text);
	report_html(page, &text);
	put_part(inner, "html", NULL, &text, out);
	sl_buf_addf(out, "--%s--\r\n", inner);
	sl_buf_fini(&text);
}

/* A table as a file. Its lines end with CRLF; the coding wants LF. */
static void
put_file(const char *boundary, const char *file, struct sl_slice csv, struct sl_buf *out)
{
	struct sl_buf lines;

	sl_buf_init(&lines, SL_REPORT_BYTES_MAX);
	for (size_t i = 0; i < csv.len; i++)
		if (csv.ptr[i] != '\r')
			sl_buf_add_byte(&lines, csv.ptr[i]);
	put_part(boundary, "csv", file, &lines, out);
	sl_buf_fini(&lines);
}

static void
put_files(const struct report_page *page, const char *boundary, struct sl_buf *out)
{
	static const struct { enum sl_traffic_by by; const char *file; } tables[] = { { SL_TRAFFIC_BY_DAY, "traffic.csv" },
		{ SL_TRAFFIC_BY_CAUSE, "reasons.csv" }, { SL_TRAFFIC_BY_TENANT, "customers.csv" },
		{ SL_TRAFFIC_BY_DOMAIN, "domains.csv" }, { SL_TRAFFIC_BY_USER, "users.csv" } };
	struct sl_buf csv;

	sl_buf_init(&csv, SL_REPORT_BYTES_MAX);
	for (size_t i = 0; i < SL_COUNT(tables); i++) {
		const struct sl_traffic_table *table = report_table(page, tables[i].by);

		if (table == NULL)
			continue;
		sl_buf_reset(&csv);
		sl_traffic_table_print(table, SL_TRAFFIC_CSV, &csv);
		put_file(boundary, tables[i].file, sl_buf_slice(&csv), out);
		out->overflow |= csv.overflow;
	}
	sl_buf_fini(&csv);
	if (report_has(page, SL_REPORT_RELEASES) && !page->report->is_summary && page->report->releases != NULL &&
	    page->report->releases->entries > 0)
		put_file(boundary, "releases.csv", sl_buf_slice(&page->report->releases->csv), out);
}

int
sl_report_compose(const struct sl_report *report, struct sl_buf *out, struct sl_buf *message_id_out)
{
	const struct report_page page = { report, sl_digest_language_find(report->language) };
	char hex[33], outer[48], inner[48], mailbox[SL_DIGEST_MAILBOX_MAX + 1];

	if (!sl_digest_mailbox(report->from, mailbox) || !sl_digest_mailbox(report->to, mailbox) ||
	    !sl_smtp_domain_ok(report->domain, false))
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(report->unique); i++)
		snprintf(hex + 2 * i, 3, "%02x", report->unique[i]);
	/* "=_" is in no line of quoted-printable (RFC 2045, 6.7); neither begins with the other. */
	snprintf(outer, sizeof(outer), "=_m%s", hex);
	snprintf(inner, sizeof(inner), "=_a%s", hex);
	sl_buf_reset(message_id_out);
	sl_buf_addf(message_id_out, "report.%s@" SL_SLICE_FMT, hex, SL_SLICE_ARG(report->domain));
	put_head(&page, sl_buf_cstr(message_id_out), outer, out);
	put_alternatives(&page, outer, inner, out);
	put_files(&page, outer, out);
	sl_buf_addf(out, "--%s--\r\n", outer);
	return out->overflow || message_id_out->overflow ? SL_ERR_FULL : 0;
}

void
sl_report_text(const struct sl_report *report, struct sl_buf *out)
{
	const struct report_page page = { report, sl_digest_language_find(report->language) };

	report_text(&page, out);
}

void
sl_report_html(const struct sl_report *report, struct sl_buf *out)
{
	const struct report_page page = { report, sl_digest_language_find(report->language) };

	report_html(&page, out);
}
