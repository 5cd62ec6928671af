/*
 * report_fuzz.c - whatever the reader of records, the courier and strangers say, a report is a mail in short ASCII lines, and nothing of theirs is HTML
 *
 * The first byte chooses: a question for numbers, its answer, or texts of a release and of tables, parted by NUL.
 */

#include "report/counts.h"
#include "report/report.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_ask(struct sl_slice bytes)
{
	struct sl_report_ask ask;
	struct sl_buf out;

	if (sl_report_unpack_ask(bytes, &ask) != 0)
		return;
	sl_buf_init(&out, SIZE_MAX / 2);
	sl_report_pack_ask(&ask, &out);
	SL_ASSERT(out.len == bytes.len);
	sl_buf_fini(&out);
}

/* What was read is packed, and read again as the same. */
static void
try_counts(struct sl_slice bytes)
{
	struct sl_report_counts counts, again;
	struct sl_buf out, twice;

	sl_report_counts_init(&counts);
	sl_report_counts_init(&again);
	sl_buf_init(&out, SIZE_MAX / 2);
	sl_buf_init(&twice, SIZE_MAX / 2);
	if (sl_report_unpack_counts(bytes, &counts) == 0) {
		sl_report_pack_counts(&counts, &out);
		SL_ASSERT(sl_report_unpack_counts(sl_buf_slice(&out), &again) == 0);
		sl_report_pack_counts(&again, &twice);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), sl_buf_slice(&twice)));
	}
	sl_report_counts_fini(&counts);
	sl_report_counts_fini(&again);
	sl_buf_fini(&out);
	sl_buf_fini(&twice);
}

static struct sl_slice
next_text(struct sl_slice *rest)
{
	const unsigned char *end = rest->len > 0 ? memchr(rest->ptr, '\0', rest->len) : NULL;
	struct sl_slice text = sl_slice(rest->ptr, end == NULL ? rest->len : (size_t)(end - rest->ptr));

	*rest = sl_slice_from(*rest, SL_MIN(text.len + 1, rest->len));
	return text;
}

static void
is_mail(const struct sl_buf *mail, const struct sl_buf *html)
{
	size_t column = 0;

	for (size_t i = 0; i < mail->len; i++) {
		SL_ASSERT(mail->data[i] < 0x80);
		column = mail->data[i] == '\n' ? 0 : column + 1;
		SL_ASSERT(column <= 77);
		SL_ASSERT(mail->data[i] != '\n' || (i > 0 && mail->data[i - 1] == '\r'));
	}
	/* None of these elements is ours. */
	SL_ASSERT(html->len > 0 && memmem(html->data, html->len, "<script", 7) == NULL);
	SL_ASSERT(memmem(html->data, html->len, "<img", 4) == NULL && memmem(html->data, html->len, "<a", 2) == NULL);
}

static void
try_texts(struct sl_slice rest)
{
	static const unsigned char id[SL_KEPT_ID_BYTES];
	struct sl_courier_entry entry = { .ref = sl_slice(id, sizeof(id)), .created_us = 1 };
	struct sl_traffic_sum sum = { .day = "2026-11-26", .messages = 3, .bytes = 5 };
	struct sl_report_counts counts;
	struct sl_report_releases releases;
	struct sl_report report = { .kinds = 7, .from_day = "2026-11-20", .to_day = "2026-11-26", .until_s = 86400, .now_s = 86400,
		.domain = SL_SLICE_LIT("mx.example"), .from = SL_SLICE_LIT("a@mx.example"), .to = SL_SLICE_LIT("b@one.example") };
	struct sl_buf rcpts, out, html, message_id;

	sl_buf_init(&rcpts, 1u << 20);
	sl_buf_init(&out, SL_REPORT_BYTES_MAX);
	sl_buf_init(&html, SL_REPORT_BYTES_MAX);
	sl_buf_init(&message_id, 1000);
	sl_report_counts_init(&counts);
	sl_report_releases_init(&releases);
	report.language = next_text(&rest);
	report.name = next_text(&rest);
	report.brand = next_text(&rest);
	sum.tenant = next_text(&rest);
	sum.outcome = next_text(&rest);
	sum.action = next_text(&rest);
	sum.verdict = next_text(&rest);
	sl_report_counts_add(&counts, &sum, true);
	sum.name = next_text(&rest);
	sl_traffic_table_add(&counts.domains, &sum);
	sum.name = next_text(&rest);
	sl_traffic_table_add(&counts.users, &sum);
	sl_traffic_table_add(&counts.users, &(struct sl_traffic_sum){ .name = SL_SLICE_LIT(SL_REPORT_OTHERS), .messages = 1 });
	entry.release.by = next_text(&rest);
	entry.release.category = next_text(&rest);
	entry.release.reason = next_text(&rest);
	entry.sender = next_text(&rest);
	while (rest.len > 0) {
		struct sl_slice mailbox = next_text(&rest);

		sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ mailbox, 3, 250, next_text(&rest) });
	}
	entry.rcpts = sl_buf_slice(&rcpts);
	sl_report_releases_add(&releases, &entry, &(struct sl_release_later){ 1, 0, 2 });
	report.days = &counts.days;
	report.causes = &counts.causes;
	report.tenants = &counts.tenants;
	report.domains = &counts.domains;
	report.users = &counts.users;
	report.more_users = 12;
	report.since_day = "2026-11-21";
	report.releases = &releases;
	if (sl_report_compose(&report, &out, &message_id) == 0) {
		sl_report_html(&report, &html);
		is_mail(&out, &html);
	}
	sl_report_counts_fini(&counts);
	sl_report_releases_fini(&releases);
	sl_buf_fini(&rcpts);
	sl_buf_fini(&out);
	sl_buf_fini(&html);
	sl_buf_fini(&message_id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice rest;

	if (size == 0 || size > 100000)
		return 0;
	rest = sl_slice(data + 1, size - 1);
	if (data[0] % 3 == 0)
		try_ask(rest);
	else if (data[0] % 3 == 1)
		try_counts(rest);
	else
		try_texts(rest);
	return 0;
}
