/* compose_text.c - a digest as plain text: groups, entries, labels that line up */

#include "digest/compose_i.h"
#include "digest/show.h"

#define COLUMNS		76
#define INDENT		6	/* of an entry's lines behind the first: under its time */

static void
put_line(struct sl_buf *out, unsigned char c, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		sl_buf_add_byte(out, c);
	sl_buf_add_byte(out, '\n');
}

static void
put_paragraph(struct sl_buf *text, struct sl_buf *out)
{
	sl_show_wrapped(sl_buf_slice(text), 0, 0, COLUMNS, out);
	sl_buf_add_byte(out, '\n');
	sl_buf_reset(text);
}

/* Columns of the labels: those of the longest. */
static size_t
label_columns(const struct digest_page *page)
{
	static const enum sl_digest_word labels[] = { SL_DIGEST_WORD_FROM, SL_DIGEST_WORD_TITLE, SL_DIGEST_WORD_WHY,
		SL_DIGEST_WORD_EXPIRES };
	size_t columns = 0;

	for (size_t i = 0; i < SL_COUNT(labels); i++)
		columns = SL_MAX(columns, sl_show_width(sl_slice_str(page->language->text[labels[i]])));
	for (size_t i = 0; i < SL_COUNT(digest_verbs); i++)
		columns = SL_MAX(columns, sl_show_width(sl_slice_str(page->language->text[digest_verbs[i].word])));
	return columns;
}

/* "      Subject   ": where the value begins is the same for all. Returns that column. */
static size_t
put_label(const struct digest_page *page, enum sl_digest_word word, size_t columns, struct sl_buf *out)
{
	const char *text = page->language->text[word];

	sl_buf_addf(out, "%*s%s%*s", INDENT, "", text, (int)(columns + 2 - sl_show_width(sl_slice_str(text))), "");
	return INDENT + columns + 2;
}

static void
put_value(struct sl_buf *value, size_t at, struct sl_buf *out)
{
	sl_show_wrapped(sl_buf_slice(value), at, at, COLUMNS, out);
	sl_buf_add_byte(out, '\n');
	sl_buf_reset(value);
}

static void
put_sender(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *value)
{
	sl_show_text(row->name, DIGEST_NAME_COLUMNS, value);
	if (row->address.len > 0) {
		sl_buf_add_str(value, value->len > 0 ? " <" : "<");
		sl_show_address(row->address, DIGEST_ADDRESS_COLUMNS, value);
		sl_buf_add_byte(value, '>');
	}
	if (value->len == 0)
		digest_say(page, SL_DIGEST_WORD_NO_SENDER, value);
	digest_say_tricks(page, row, value);
}

static void
put_actions(const struct digest_page *page, const struct sl_digest_row *row, size_t labels, struct sl_buf *out)
{
	char local[SL_DIGEST_LOCAL_MAX + 1];

	for (size_t i = 0; i < SL_COUNT(digest_verbs); i++) {
		if ((row->verbs >> digest_verbs[i].verb & 1) == 0)
			continue;
		put_label(page, digest_verbs[i].word, labels, out);
		digest_local(page, row, digest_verbs[i].verb, local);
		sl_buf_addf(out, "%s@" SL_SLICE_FMT "\n", local, SL_SLICE_ARG(page->digest->domain));
	}
}

static void
put_row(const struct digest_page *page, size_t number, size_t labels, struct sl_buf *value, struct sl_buf *out)
{
	const struct sl_digest_row *row = page->rows[number];
	size_t at;

	sl_buf_addf(out, "%*zu  ", INDENT - 2, number + 1);
	digest_say_time(page, row->received_us / 1000000, out);
	digest_say_probability(row->probability, value);
	sl_buf_addf(out, "  %6s", sl_buf_cstr(value));
	sl_buf_reset(value);
	digest_say_size(row->bytes, value);
	sl_buf_addf(out, "  %9s\n", sl_buf_cstr(value));
	sl_buf_reset(value);
	at = put_label(page, SL_DIGEST_WORD_FROM, labels, out);
	put_sender(page, row, value);
	put_value(value, at, out);
	put_label(page, SL_DIGEST_WORD_TITLE, labels, out);
	digest_say_subject(page, row, value);
	put_value(value, at, out);
	if (row->reason.len > 0) {
		put_label(page, SL_DIGEST_WORD_WHY, labels, out);
		sl_show_text(row->reason, DIGEST_REASON_COLUMNS, value);
		put_value(value, at, out);
	}
	put_label(page, SL_DIGEST_WORD_EXPIRES, labels, out);
	digest_say_day(row->expiry_day, out);
	sl_buf_add_byte(out, '\n');
	put_actions(page, row, labels, out);
	sl_buf_add_byte(out, '\n');
}

static void
put_group(const struct digest_page *page, enum sl_digest_group group, size_t first, size_t shown, size_t labels,
    struct sl_buf *value, struct sl_buf *out)
{
	size_t columns;

	digest_say(page, digest_group_word(group), value);
	sl_buf_addf(value, " (%zu)", page->in_group[group]);
	columns = sl_show_width(sl_buf_slice(value));
	put_paragraph(value, out);
	put_line(out, '-', columns);
	for (size_t i = 0; i < shown; i++)
		put_row(page, first + i, labels, value, out);
	if (shown < page->in_group[group]) {
		sl_buf_addf(value, "... ");
		digest_say_more(page, page->in_group[group] - shown, value);
		put_paragraph(value, out);
		sl_buf_add_byte(out, '\n');
	}
}

void
digest_text(const struct digest_page *page, struct sl_buf *out)
{
	size_t labels = label_columns(page), first = 0;
	struct sl_buf value;

	sl_buf_init(&value, 65536);
	digest_say_intro(page, &value);
	sl_buf_add_byte(&value, ' ');
	digest_say_times(page, &value);
	put_paragraph(&value, out);
	sl_buf_add_byte(out, '\n');
	digest_say(page, SL_DIGEST_WORD_HOW, &value);
	sl_buf_add_byte(&value, ' ');
	digest_say(page, page->reply_releases ? SL_DIGEST_WORD_REPLY_ONE : SL_DIGEST_WORD_REPLY_MANY, &value);
	put_paragraph(&value, out);
	sl_buf_add_byte(out, '\n');
	for (unsigned group = 0; group < SL_DIGEST_GROUP_COUNT; group++) {
		size_t in_group = page->in_group[group];
		size_t shown = SL_MIN(in_group, page->shown - SL_MIN(first, page->shown));

		if (in_group > 0)
			put_group(page, (enum sl_digest_group)group, first, shown, labels, &value, out);
		first += in_group;
	}
	if (page->digest->unlisted > 0) {
		sl_buf_add_str(&value, "... ");
		digest_say_more(page, page->digest->unlisted, &value);
		put_paragraph(&value, out);
		sl_buf_add_byte(out, '\n');
	}
	digest_say(page, SL_DIGEST_WORD_REQUEST, &value);
	put_paragraph(&value, out);
	sl_buf_addf(out, "%*s%s@" SL_SLICE_FMT "\n", INDENT, "", page->request, SL_SLICE_ARG(page->digest->domain));
	if (page->digest->customer.len > 0 || page->digest->brand.len > 0) {
		sl_buf_add_byte(out, '\n');
		digest_say_footer(page, &value);
		put_paragraph(&value, out);
	}
	sl_buf_fini(&value);
}
