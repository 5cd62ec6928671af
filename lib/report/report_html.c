/* report_html.c - a report as HTML: tables, plots of coloured cells, nothing from elsewhere; it prints on paper, or to PDF, as it is */

#include "digest/show.h"
#include "report/report_i.h"

#define BAR_PIXELS	160u
#define DARK		"#1f6f8b"	/* delivered; told apart from the other in grey, too */
#define LIGHT		"#e0b050"	/* kept away */

/* Text that was made by pieces, escaped whole. */
static void
put_escaped(struct sl_buf *text, struct sl_buf *out)
{
	sl_show_html(sl_buf_slice(text), out);
	sl_buf_reset(text);
}

static void
put_word(const struct report_page *page, enum sl_report_word word, struct sl_buf *out)
{
	sl_show_html(sl_slice_str(report_word(page, word)), out);
}

static void
put_sentence(const char *sentence, struct sl_buf *out)
{
	sl_buf_add_str(out, "<p>");
	sl_show_html(sl_slice_str(sentence), out);
	sl_buf_add_str(out, "</p>\n");
}

static void
put_paragraph(struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_add_str(out, "<p>");
	put_escaped(text, out);
	sl_buf_add_str(out, "</p>\n");
}

static void
put_heading(const struct report_page *page, enum sl_report_word word, struct sl_buf *out)
{
	sl_buf_add_str(out, "<h2>");
	put_word(page, word, out);
	sl_buf_add_str(out, "</h2>\n");
}

#define TABLE	"<table border=\"0\" cellspacing=\"0\" cellpadding=\"4\" style=\"border-collapse:collapse\">\n"
#define ROW	"<tr valign=\"top\" style=\"border-bottom:1px solid #99a\">\n"

static void
put_title(const struct report_page *page, enum sl_report_word word, bool is_number, struct sl_buf *out)
{
	sl_buf_addf(out, "<th scope=\"col\" align=\"%s\">", is_number ? "right" : "left");
	put_word(page, word, out);
	sl_buf_add_str(out, "</th>\n");
}

static void
put_cell(struct sl_buf *text, bool is_number, struct sl_buf *out)
{
	sl_buf_add_str(out, is_number ? "<td align=\"right\" nowrap>" : "<td style=\"overflow-wrap:anywhere\"><bdi>");
	put_escaped(text, out);
	sl_buf_add_str(out, is_number ? "</td>\n" : "</bdi></td>\n");
}

/* ---- at a glance ---- */

struct glance {
	const struct report_page *page;
	struct sl_buf		 *out;
	bool			  begun;
};

static void
on_pair(void *ctx, const char *label, struct sl_slice value)
{
	struct glance *g = ctx;

	if (!g->begun) {
		put_heading(g->page, SL_REPORT_WORD_GLANCE, g->out);
		sl_buf_add_str(g->out, TABLE);
	}
	g->begun = true;
	sl_buf_add_str(g->out, ROW "<th scope=\"row\" align=\"left\">");
	sl_show_html(sl_slice_str(label), g->out);
	sl_buf_add_str(g->out, "</th>\n<td>");
	sl_show_html(value, g->out);
	sl_buf_add_str(g->out, "</td>\n</tr>\n");
}

static void
put_glance(const struct report_page *page, struct sl_buf *out)
{
	struct glance g = { .page = page, .out = out };

	report_glance(page, on_pair, &g);
	if (g.begun)
		sl_buf_add_str(out, "</table>\n");
}

/* ---- tables ---- */

static void
put_piece(uint64_t pixels, const char *colour, struct sl_buf *out)
{
	if (pixels > 0)
		sl_buf_addf(out, "<td width=\"%u\" height=\"12\" bgcolor=\"%s\" style=\"padding:0;font-size:1px;print-color-adjust:exact;"
		    "-webkit-print-color-adjust:exact\">&nbsp;</td>", (unsigned)pixels, colour);
}

/* The numbers stand beside it: a reader for the blind need not say it. */
static void
put_bar(const struct sl_traffic_row *row, uint64_t longest, struct sl_buf *out)
{
	uint64_t messages = row->n[SL_TRAFFIC_MESSAGES];
	uint64_t all = (uint64_t)((double)messages * BAR_PIXELS / (double)longest + 0.999);
	uint64_t dark = messages == 0 ? 0 : (uint64_t)((double)all * (double)row->n[SL_TRAFFIC_DELIVERED] / (double)messages + 0.5);

	sl_buf_add_str(out, "<td>");
	if (all > 0) {
		/* Of fixed width: a narrow window must not make long bars as short as others. */
		sl_buf_addf(out, "<table role=\"presentation\" aria-hidden=\"true\" border=\"0\" cellspacing=\"0\" cellpadding=\"0\" width=\"%u\" "
		    "style=\"table-layout:fixed;width:%upx\"><tr>", (unsigned)all, (unsigned)all);
		put_piece(dark, DARK, out);
		put_piece(all - SL_MIN(dark, all), LIGHT, out);
		sl_buf_add_str(out, "</tr></table>");
	}
	sl_buf_add_str(out, "</td>\n");
}

/* What stands in a table by what: the columns, in order. */
static const struct column {
	enum sl_report_word	word;
	enum sl_traffic_column	column;
	bool			size, in_causes;
} columns[] = {
	{ SL_REPORT_WORD_MESSAGES, SL_TRAFFIC_MESSAGES, false, false },
	{ SL_REPORT_WORD_DELIVERED, SL_TRAFFIC_DELIVERED, false, false },
	{ SL_REPORT_WORD_QUARANTINED, SL_TRAFFIC_QUARANTINED, false, true },
	{ SL_REPORT_WORD_REFUSED, SL_TRAFFIC_REFUSED, false, true },
	{ SL_REPORT_WORD_AWAY, SL_TRAFFIC_BYTES_KEPT, true, true },
};

static enum sl_report_word
title_of(const struct report_page *page, const struct column *column)
{
	return column->word == SL_REPORT_WORD_AWAY && page->report->is_summary ? SL_REPORT_WORD_AWAY_SUMMARY : column->word;
}

static void
put_titles(const struct report_page *page, enum sl_traffic_by by, struct sl_buf *out)
{
	bool by_cause = by == SL_TRAFFIC_BY_CAUSE;

	sl_buf_add_str(out, TABLE "<thead>\n" ROW);
	put_title(page, report_key_title(by), false, out);
	if (by == SL_TRAFFIC_BY_DAY)
		sl_buf_add_str(out, "<td></td>\n");
	for (size_t i = 0; i < SL_COUNT(columns); i++)
		if (!by_cause || columns[i].in_causes)
			put_title(page, title_of(page, &columns[i]), true, out);
	if (by_cause && page->report->releases != NULL)
		put_title(page, SL_REPORT_WORD_RELEASED_COLUMN, true, out);
	sl_buf_add_str(out, "</tr>\n</thead>\n<tbody>\n");
}

static void
put_row(const struct report_page *page, const struct sl_traffic_table *table, const struct sl_traffic_row *row, struct sl_buf *text,
    struct sl_buf *out)
{
	bool by_cause = table->by == SL_TRAFFIC_BY_CAUSE;

	report_key(page, table, row, 80, text);
	sl_buf_addf(out, ROW "<th scope=\"row\" align=\"left\"%s>", table->by == SL_TRAFFIC_BY_DAY ? " nowrap" : "");
	put_escaped(text, out);
	sl_buf_add_str(out, "</th>\n");
	if (table->by == SL_TRAFFIC_BY_DAY)
		put_bar(row, report_longest(table), out);
	for (size_t i = 0; i < SL_COUNT(columns); i++) {
		if (by_cause && !columns[i].in_causes)
			continue;
		if (columns[i].size)
			report_size(row->n[columns[i].column], text);
		else
			report_number(row->n[columns[i].column], text);
		put_cell(text, true, out);
	}
	if (by_cause && page->report->releases != NULL) {
		report_number(sl_report_releases_of(page->report->releases, row->key), text);
		put_cell(text, true, out);
	}
	sl_buf_add_str(out, "</tr>\n");
}

static void
put_table(const struct report_page *page, enum sl_traffic_by by, enum sl_report_word heading, struct sl_buf *text, struct sl_buf *out)
{
	const struct sl_traffic_table *table = report_table(page, by);
	size_t shown = 0, more = 0;

	if (table == NULL)
		return;
	put_heading(page, heading, out);
	put_titles(page, by, out);
	for (size_t i = 0; i < table->len; i++) {
		const struct sl_traffic_row *row = &table->rows[i];

		if (!report_is_shown(table, row))
			continue;
		if (shown++ < SL_REPORT_ROWS_MAX)
			put_row(page, table, row, text, out);
		else
			more++;
	}
	sl_buf_add_str(out, "</tbody>\n</table>\n");
	if (more > 0) {
		report_more(page, more, text);
		put_paragraph(text, out);
	}
	if (by == SL_TRAFFIC_BY_DAY)
		put_sentence(report_word(page, SL_REPORT_WORD_LEGEND), out);
	if (report_note(page, by, text))
		put_paragraph(text, out);
}

/* ---- releases ---- */

static void
put_release(const struct report_page *page, const struct sl_report_release *release, struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_add_str(out, ROW);
	report_time(page, release->asked_us / 1000000, text);
	put_cell(text, true, out);
	sl_show_text(sl_slice_str(release->by), 60, text);
	put_cell(text, false, out);
	sl_show_address(sl_slice_str(release->sender), 60, text);
	put_cell(text, false, out);
	sl_show_address(sl_slice_str(release->recipient), 60, text);
	put_cell(text, false, out);
	report_cause(page, release->kept_as, text);
	put_cell(text, false, out);
	report_answer(page, release, text);
	put_cell(text, false, out);
	(void)report_later(page, release, text);
	put_cell(text, false, out);
	sl_buf_add_str(out, "</tr>\n");
}

static void
put_releases(const struct report_page *page, struct sl_buf *text, struct sl_buf *out)
{
	static const enum sl_report_word titles[] = { SL_REPORT_WORD_WHEN, SL_REPORT_WORD_WHO, SL_REPORT_WORD_FROM, SL_REPORT_WORD_TO,
		SL_REPORT_WORD_KEPT_AS, SL_REPORT_WORD_ANSWER, SL_REPORT_WORD_LATER };
	const struct sl_report_releases *releases = page->report->releases;
	const char *empty = report_empty(page, SL_REPORT_RELEASES);
	size_t shown;

	put_heading(page, SL_REPORT_WORD_RELEASES, out);
	if (empty != NULL) {
		put_sentence(empty, out);
		return;
	}
	sl_buf_add_str(out, TABLE "<thead>\n" ROW);
	for (size_t i = 0; i < SL_COUNT(titles); i++)
		put_title(page, titles[i], false, out);
	sl_buf_add_str(out, "</tr>\n</thead>\n<tbody>\n");
	shown = SL_MIN(releases->len, (size_t)SL_REPORT_ROWS_MAX);
	for (size_t i = 0; i < shown; i++)
		put_release(page, sl_report_release_at(releases, i), text, out);
	sl_buf_add_str(out, "</tbody>\n</table>\n");
	if (releases->entries > shown) {
		report_more(page, releases->entries - shown, text);
		put_paragraph(text, out);
	}
	if (releases->cut)
		put_sentence(report_word(page, SL_REPORT_WORD_CSV_CUT), out);
}

static void
put_head(const struct report_page *page, struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_addf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>", page->language->tag);
	put_word(page, SL_REPORT_WORD_NAME, out);
	sl_buf_add_str(out, "</title>\n</head>\n<body style=\"font-family:sans-serif\">\n<h1>");
	put_word(page, SL_REPORT_WORD_NAME, out);
	sl_buf_add_str(out, ": <bdi>");
	sl_show_text(page->report->name, 100, text);
	put_escaped(text, out);
	sl_buf_add_str(out, "</bdi></h1>\n");
	report_period(page, text);
	put_paragraph(text, out);
}

void
report_html(const struct report_page *page, struct sl_buf *out)
{
	const char *empty = report_empty(page, SL_REPORT_TRAFFIC);
	struct sl_buf text;

	sl_buf_init(&text, 65536);
	put_head(page, &text, out);
	put_glance(page, out);
	if ((report_has(page, SL_REPORT_TRAFFIC) || report_has(page, SL_REPORT_QUARANTINE)) && empty != NULL)
		put_sentence(empty, out);
	put_table(page, SL_TRAFFIC_BY_DAY, SL_REPORT_WORD_DAYS, &text, out);
	put_table(page, SL_TRAFFIC_BY_TENANT, SL_REPORT_WORD_TENANTS, &text, out);
	put_table(page, SL_TRAFFIC_BY_DOMAIN, SL_REPORT_WORD_DOMAINS, &text, out);
	put_table(page, SL_TRAFFIC_BY_USER, SL_REPORT_WORD_USERS, &text, out);
	put_table(page, SL_TRAFFIC_BY_CAUSE, SL_REPORT_WORD_CAUSES, &text, out);
	if (report_has(page, SL_REPORT_RELEASES) && !page->report->is_summary)
		put_releases(page, &text, out);
	put_sentence(report_word(page, SL_REPORT_WORD_ATTACHED), out);
	report_footer(page, &text);
	put_paragraph(&text, out);
	sl_buf_add_str(out, "</body>\n</html>\n");
	sl_buf_fini(&text);
}
