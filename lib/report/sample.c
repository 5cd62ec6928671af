/* sample.c - a report of made-up numbers, to be looked at: report-sample [html|text|mail] [LANGUAGE] */

#include <stdio.h>

#include "report/counts.h"
#include "report/report.h"

static const struct { const char *outcome, *action, *verdict; uint64_t share, bytes; } kinds[] = {
	{ "delivered", "deliver", "ham", 700, 61000 }, { "quarantined", "quarantine", "spam", 160, 9000 },
	{ "refused", "refuse", "spam", 90, 7000 }, { "refused", "refuse", "phish", 21, 12000 }, { "refused", "refuse", "malware", 4, 180000 },
	{ "quarantined", "quarantine", "attachment", 9, 240000 }, { "hop-refused", "deliver", "ham", 14, 5000 },
	{ "refused", "refuse", "forged", 17, 8000 }, { "deferred", "defer", "unchecked", 3, 20000 },
};

static void
add_days(struct sl_report_counts *counts)
{
	static const char *const days[] = { "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26" };
	static const uint64_t loads[] = { 21, 4, 3, 25, 24, 22, 23 };

	for (size_t d = 0; d < SL_COUNT(days); d++)
		for (size_t k = 0; k < SL_COUNT(kinds); k++) {
			uint64_t n = kinds[k].share * loads[d] / 10 * (k == 0 ? 1 : 1 + d % 3) / 2;
			const struct sl_traffic_sum sum = { days[d], SL_SLICE_LIT("one.example"), sl_slice_str(kinds[k].outcome),
				sl_slice_str(kinds[k].action), sl_slice_str(kinds[k].verdict), n, n + n / 5, n * kinds[k].bytes, k == 0 };

			sl_report_counts_add(counts, &sum, true);
		}
}

static void
add_releases(struct sl_report_releases *releases)
{
	static const struct { const char *by, *sender, *to, *kept, *reply; uint32_t state; struct sl_release_later later; } rows[] = {
		{ "anna@one.example", "news@shop.example", "anna@one.example", "spam", "250 2.0.0 queued as 4F2A11", 4,
		  { .allowed_us = (int64_t)1795310000 * 1000000 } },
		{ "mallory", "invoice@supplier.example", "accounts@one.example", "attachment", "250 2.0.0 queued as 4F2A90", 4,
		  { .reported_us = (int64_t)1795400000 * 1000000 } },
		{ "bert@one.example", "list@forum.example", "bert@one.example", "spam", "552 5.2.2 mailbox full", 5 },
	};
	static const unsigned char id[SL_KEPT_ID_BYTES];

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_courier_entry entry = { .ref = sl_slice(id, sizeof(id)), .state = rows[i].state,
			.created_us = (1795300000 + (int64_t)i * 90000) * 1000000, .sender = sl_slice_str(rows[i].sender),
			.release = { .by = sl_slice_str(rows[i].by), .category = sl_slice_str(rows[i].kept) } };
		struct sl_buf rcpts;

		sl_buf_init(&rcpts, 4096);
		sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ sl_slice_str(rows[i].to), rows[i].state == 4 ? 3 : 4, 250,
		    sl_slice_str(rows[i].reply) });
		entry.rcpts = sl_buf_slice(&rcpts);
		sl_report_releases_add(releases, &entry, &rows[i].later);
		sl_buf_fini(&rcpts);
	}
}

int
main(int argc, char **argv)
{
	const char *form = argc > 1 ? argv[1] : "text";
	struct sl_report_counts counts;
	struct sl_report_releases releases;
	struct sl_report report = { .name = SL_SLICE_LIT("one.example"), .kinds = 7, .language = sl_slice_str(argc > 2 ? argv[2] : "en"),
		.since_s = 1795158000, .until_s = 1795762800, .now_s = 1795762800, .from_day = "2026-11-20", .to_day = "2026-11-26",
		.domain = SL_SLICE_LIT("mx.example"), .from = SL_SLICE_LIT("quarantine@mx.example"), .to = SL_SLICE_LIT("it@one.example") };
	struct sl_buf out, message_id;
	int r = 0;

	sl_buf_init(&out, SL_REPORT_BYTES_MAX);
	sl_buf_init(&message_id, 1000);
	sl_report_counts_init(&counts);
	sl_report_releases_init(&releases);
	add_days(&counts);
	add_releases(&releases);
	sl_traffic_table_sort(&counts.causes, SL_TRAFFIC_BYTES_KEPT);
	report.days = &counts.days;
	report.causes = &counts.causes;
	report.releases = &releases;
	if (form[0] == 'h')
		sl_report_html(&report, &out);
	else if (form[0] == 'm')
		r = sl_report_compose(&report, &out, &message_id);
	else
		sl_report_text(&report, &out);
	fwrite(out.data, 1, out.len, stdout);
	sl_report_counts_fini(&counts);
	sl_report_releases_fini(&releases);
	sl_buf_fini(&out);
	sl_buf_fini(&message_id);
	return r == 0 ? 0 : 1;
}
