/* report_text.c - a report as plain text: headings, tables that line up, bars of characters */

#include "digest/show.h"
#include "report/report_i.h"

#define COLUMNS		76
#define BAR_COLUMNS	14
#define KEY_COLUMNS	24	/* of a reason or a customer */
#define CELL_COLUMNS	12

static void
pad(size_t from, size_t to, struct sl_buf *out)
{
	for (; from < to; from++)
		sl_buf_add_byte(out, ' ');
}

static void
put_left(struct sl_buf *text, size_t columns, struct sl_buf *out)
{
	size_t width = sl_show_width(sl_buf_slice(text));

	sl_buf_add_slice(out, sl_buf_slice(text));
	pad(width, columns, out);
	sl_buf_reset(text);
}

static void
put_right(struct sl_buf *text, size_t columns, struct sl_buf *out)
{
	pad(sl_show_width(sl_buf_slice(text)), columns, out);
	sl_buf_add_slice(out, sl_buf_slice(text));
	sl_buf_reset(text);
}

static void
put_paragraph(struct sl_buf *text, struct sl_buf *out)
{
	sl_show_wrapped(sl_buf_slice(text), 0, 0, COLUMNS, out);
	sl_buf_add_str(out, "\n\n");
	sl_buf_reset(text);
}

static void
put_sentence(const char *sentence, struct sl_buf *out)
{
	sl_show_wrapped(sl_slice_str(sentence), 0, 0, COLUMNS, out);
	sl_buf_add_str(out, "\n\n");
}

static void
put_heading(const struct report_page *page, enum sl_report_word word, struct sl_buf *out)
{
	const char *text = report_word(page, word);

	sl_buf_addf(out, "%s\n", text);
	for (size_t i = sl_show_width(sl_slice_str(text)); i > 0; i--)
		sl_buf_add_byte(out, '-');
	sl_buf_add_byte(out, '\n');
}

/* ---- at a glance ---- */

struct glance {
	struct sl_buf	*out;
	size_t		 columns;	/* of labels; while 0 they are measured */
	size_t		 widest;
};

static void
on_pair(void *ctx, const char *label, struct sl_slice value)
{
	struct glance *g = ctx;
	size_t width = sl_show_width(sl_slice_str(label));

	g->widest = SL_MAX(g->widest, width);
	if (g->columns == 0)
		return;
	sl_buf_add_str(g->out, label);
	pad(width, g->columns, g->out);
	sl_show_wrapped(value, g->columns, g->columns, COLUMNS, g->out);
	sl_buf_add_byte(g->out, '\n');
}

static void
put_glance(const struct report_page *page, struct sl_buf *out)
{
	struct glance g = { .out = out };

	report_glance(page, on_pair, &g);
	if (g.widest == 0)
		return;
	put_heading(page, SL_REPORT_WORD_GLANCE, out);
	g.columns = g.widest + 2;
	report_glance(page, on_pair, &g);
	sl_buf_add_byte(out, '\n');
}

/* ---- tables ---- */

static void
put_bar(const struct sl_traffic_row *row, uint64_t longest, struct sl_buf *out)
{
	uint64_t messages = row->n[SL_TRAFFIC_MESSAGES];
	size_t all = (size_t)((messages * BAR_COLUMNS + longest - 1) / longest);
	size_t dark = messages == 0 ? 0 : (size_t)((double)all * (double)row->n[SL_TRAFFIC_DELIVERED] / (double)messages + 0.5);

	for (size_t i = 0; i < BAR_COLUMNS; i++)
		sl_buf_add_str(out, i < dark ? "\xe2\x96\x88" : i < all ? "\xe2\x96\x91" : " ");
}

static void
put_row(const struct report_page *page, const struct sl_traffic_table *table, const struct sl_traffic_row *row, uint64_t longest,
    struct sl_buf *text, struct sl_buf *out)
{
	bool by_day = table->by == SL_TRAFFIC_BY_DAY, by_cause = table->by == SL_TRAFFIC_BY_CAUSE;

	report_key(page, table, row, table->by == SL_TRAFFIC_BY_USER ? COLUMNS - 1 : KEY_COLUMNS - 1, text);
	if (sl_show_width(sl_buf_slice(text)) >= KEY_COLUMNS) {	/* a line of its own */
		put_left(text, 0, out);
		sl_buf_add_byte(out, '\n');
	}
	put_left(text, by_day ? 11 : KEY_COLUMNS, out);
	if (by_day)
		put_bar(row, longest, out);
	if (!by_cause) {
		report_number(row->n[SL_TRAFFIC_MESSAGES], text);
		put_right(text, CELL_COLUMNS, out);
	}
	report_number(row->n[SL_TRAFFIC_QUARANTINED], text);
	put_right(text, CELL_COLUMNS, out);
	report_number(row->n[SL_TRAFFIC_REFUSED], text);
	put_right(text, CELL_COLUMNS, out);
	if (by_cause && page->report->releases != NULL) {
		report_number(sl_report_releases_of(page->report->releases, row->key), text);
		put_right(text, CELL_COLUMNS, out);
	}
	report_size(row->n[SL_TRAFFIC_BYTES_KEPT], text);
	put_right(text, CELL_COLUMNS, out);
	sl_buf_add_byte(out, '\n');
}

/* Headings of columns; what does not fit is cut. */
static void
put_titles(const struct report_page *page, enum sl_traffic_by by, struct sl_buf *text, struct sl_buf *out)
{
	bool by_day = by == SL_TRAFFIC_BY_DAY, by_cause = by == SL_TRAFFIC_BY_CAUSE;
	enum sl_report_word titles[5];
	size_t len = 0;

	if (!by_cause)
		titles[len++] = SL_REPORT_WORD_MESSAGES;
	titles[len++] = SL_REPORT_WORD_KEPT;
	titles[len++] = SL_REPORT_WORD_REFUSED;
	if (by_cause && page->report->releases != NULL)
		titles[len++] = SL_REPORT_WORD_RELEASED_COLUMN;
	titles[len++] = SL_REPORT_WORD_AWAY_SHORT;
	sl_buf_add_str(text, report_word(page, report_key_title(by)));
	put_left(text, by_day ? 11 + BAR_COLUMNS : KEY_COLUMNS, out);
	for (size_t i = 0; i < len; i++) {
		sl_show_text(sl_slice_str(report_word(page, titles[i])), CELL_COLUMNS - 1, text);
		put_right(text, CELL_COLUMNS, out);
	}
	sl_buf_add_byte(out, '\n');
}

static void
put_table(const struct report_page *page, enum sl_traffic_by by, enum sl_report_word heading, struct sl_buf *text, struct sl_buf *out)
{
	const struct sl_traffic_table *table = report_table(page, by);
	size_t shown = 0, more = 0;

	if (table == NULL)
		return;
	put_heading(page, heading, out);
	put_titles(page, by, text, out);
	for (size_t i = 0; i < table->len; i++) {
		if (!report_is_shown(table, &table->rows[i]))
			continue;
		if (shown++ < SL_REPORT_ROWS_MAX)
			put_row(page, table, &table->rows[i], report_longest(table), text, out);
		else
			more++;
	}
	if (more > 0) {
		report_more(page, more, text);
		sl_buf_addf(out, "... %s\n", sl_buf_cstr(text));
		sl_buf_reset(text);
	}
	sl_buf_add_byte(out, '\n');
	if (report_note(page, by, text))
		put_paragraph(text, out);
}

/* ---- releases ---- */

static void
put_line(const struct report_page *page, enum sl_report_word label, size_t columns, struct sl_buf *value, struct sl_buf *out)
{
	const char *text = report_word(page, label);

	pad(0, 2, out);
	sl_buf_add_str(out, text);
	pad(sl_show_width(sl_slice_str(text)) + 2, columns, out);
	sl_show_wrapped(sl_buf_slice(value), columns, columns, COLUMNS, out);
	sl_buf_add_byte(out, '\n');
	sl_buf_reset(value);
}

static void
put_release(const struct report_page *page, const struct sl_report_release *release, size_t columns, struct sl_buf *text,
    struct sl_buf *out)
{
	report_time(page, release->asked_us / 1000000, out);
	sl_buf_add_str(out, "  ");
	sl_show_text(sl_slice_str(release->by), 56, out);
	sl_buf_add_byte(out, '\n');
	sl_show_address(sl_slice_str(release->sender), 60, text);
	put_line(page, SL_REPORT_WORD_FROM, columns, text, out);
	sl_show_address(sl_slice_str(release->recipient), 60, text);
	put_line(page, SL_REPORT_WORD_TO, columns, text, out);
	report_cause(page, release->kept_as, text);
	put_line(page, SL_REPORT_WORD_KEPT_AS, columns, text, out);
	report_answer(page, release, text);
	put_line(page, SL_REPORT_WORD_ANSWER, columns, text, out);
	if (report_later(page, release, text))
		put_line(page, SL_REPORT_WORD_LATER, columns, text, out);
	sl_buf_add_byte(out, '\n');
}

static void
put_releases(const struct report_page *page, struct sl_buf *text, struct sl_buf *out)
{
	static const enum sl_report_word labels[] = { SL_REPORT_WORD_FROM, SL_REPORT_WORD_TO, SL_REPORT_WORD_KEPT_AS, SL_REPORT_WORD_ANSWER,
		SL_REPORT_WORD_LATER };
	const struct sl_report_releases *releases = page->report->releases;
	const char *empty = report_empty(page, SL_REPORT_RELEASES);
	size_t columns = 0, shown;

	put_heading(page, SL_REPORT_WORD_RELEASES, out);
	if (empty != NULL) {
		put_sentence(empty, out);
		return;
	}
	for (size_t i = 0; i < SL_COUNT(labels); i++)
		columns = SL_MAX(columns, sl_show_width(sl_slice_str(report_word(page, labels[i]))) + 4);
	shown = SL_MIN(releases->len, (size_t)SL_REPORT_ROWS_MAX);
	for (size_t i = 0; i < shown; i++)
		put_release(page, sl_report_release_at(releases, i), columns, text, out);
	if (releases->entries > shown) {
		report_more(page, releases->entries - shown, text);
		sl_buf_addf(out, "... %s\n\n", sl_buf_cstr(text));
		sl_buf_reset(text);
	}
	if (releases->cut)
		put_sentence(report_word(page, SL_REPORT_WORD_CSV_CUT), out);
}

void
report_text(const struct report_page *page, struct sl_buf *out)
{
	const char *empty = report_empty(page, SL_REPORT_TRAFFIC);
	struct sl_buf text;

	sl_buf_init(&text, 65536);
	report_fill(page, SL_REPORT_WORD_NAME, NULL, 0, &text);
	sl_buf_add_str(&text, ": ");
	sl_show_text(page->report->name, 100, &text);
	put_paragraph(&text, out);
	report_period(page, &text);
	put_paragraph(&text, out);
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
	sl_buf_fini(&text);
}
