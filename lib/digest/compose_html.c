/* compose_html.c - a digest as HTML: headings and tables, no styles, nothing from elsewhere */

#include "digest/compose_i.h"
#include "digest/show.h"

#define WORD_BYTES	24	/* a longer word may be broken, so that it does not make the table too wide */

/* Text that is made by pieces, escaped whole. */
static void
put_escaped(struct sl_buf *text, struct sl_buf *out)
{
	struct sl_slice rest = sl_buf_slice(text);

	while (rest.len > 0) {
		size_t n = 0, word = 0;

		/* Up to where a word has become too long, but whole characters. */
		while (n < rest.len && (word < WORD_BYTES || (rest.ptr[n] & 0xc0) == 0x80)) {
			word = rest.ptr[n] == ' ' ? 0 : word + 1;
			n++;
		}
		sl_show_html(sl_slice(rest.ptr, n), out);
		rest = sl_slice_from(rest, n);
		if (rest.len > 0)
			sl_buf_add_str(out, "<wbr>");
	}
	sl_buf_reset(text);
}

static void
put_word(const struct digest_page *page, enum sl_digest_word word, struct sl_buf *out)
{
	sl_show_html(sl_slice_str(page->language->text[word]), out);
}

/* A link that begins a mail: to an action address, with a subject that says what it does and to what. */
static void
put_link(const struct digest_page *page, const char *local, enum sl_digest_word word, const struct sl_digest_row *row,
    struct sl_buf *text, struct sl_buf *out)
{
	struct sl_buf subject;

	sl_buf_init(&subject, 1024);
	sl_buf_addf(out, "<a href=\"mailto:%s@" SL_SLICE_FMT "?subject=", local, SL_SLICE_ARG(page->digest->domain));
	digest_say(page, word, &subject);
	if (row != NULL) {
		sl_buf_add_str(&subject, ": ");
		sl_show_text(row->subject, 50, &subject);
	}
	sl_show_percent(sl_buf_slice(&subject), out);
	sl_buf_add_str(out, "&amp;body=");
	digest_say(page, SL_DIGEST_WORD_SEND_AS_IS, text);
	sl_show_percent(sl_buf_slice(text), out);
	sl_buf_reset(text);
	sl_buf_add_str(out, "\">");
	put_word(page, word, out);
	sl_buf_add_str(out, "</a>");
	sl_buf_fini(&subject);
}

/* <bdi>: what is written from right to left does not turn over what is beside it. */
static void
put_sender(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *text, struct sl_buf *out)
{
	sl_show_text(row->name, DIGEST_NAME_COLUMNS, text);
	if (text->len > 0) {
		sl_buf_add_str(out, "<bdi>");
		put_escaped(text, out);
		sl_buf_add_str(out, "</bdi> ");
	}
	if (row->address.len > 0) {
		sl_buf_add_str(out, "<bdi>&lt;");
		sl_show_address(row->address, DIGEST_ADDRESS_COLUMNS, text);
		put_escaped(text, out);
		sl_buf_add_str(out, "&gt;</bdi>");
	}
	if (row->address.len == 0 && row->name.len == 0)
		put_word(page, SL_DIGEST_WORD_NO_SENDER, out);
	digest_say_tricks(page, row, text);
	if (text->len > 0) {
		sl_buf_add_str(out, "<strong>");
		put_escaped(text, out);
		sl_buf_add_str(out, "</strong>");
	}
}

static void
put_actions(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *text, struct sl_buf *out)
{
	char local[SL_DIGEST_LOCAL_MAX + 1];
	bool first = true;

	for (size_t i = 0; i < SL_COUNT(digest_verbs); i++) {
		if ((row->verbs >> digest_verbs[i].verb & 1) == 0)
			continue;
		if (!first)
			sl_buf_add_str(out, "<br>\n");
		first = false;
		digest_local(page, row, digest_verbs[i].verb, local);
		put_link(page, local, digest_verbs[i].word, row, text, out);
	}
}

static void
put_row(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_add_str(out, "<tr valign=\"top\">\n<td nowrap>");
	digest_say_time(page, row->received_us / 1000000, out);
	sl_buf_add_str(out, "</td>\n<td>");
	put_sender(page, row, text, out);
	sl_buf_add_str(out, "</td>\n<th scope=\"row\" align=\"left\"><bdi>");
	digest_say_subject(page, row, text);
	put_escaped(text, out);
	sl_buf_add_str(out, "</bdi></th>\n<td>");
	sl_show_text(row->reason, DIGEST_REASON_COLUMNS, text);
	put_escaped(text, out);
	sl_buf_add_str(out, "</td>\n<td align=\"right\" nowrap>");
	digest_say_probability(row->probability, text);
	put_escaped(text, out);
	sl_buf_add_str(out, "</td>\n<td align=\"right\" nowrap>");
	digest_say_size(row->bytes, out);
	sl_buf_add_str(out, "</td>\n<td nowrap>");
	digest_say_day(row->expiry_day, out);
	sl_buf_add_str(out, "</td>\n<td nowrap>");
	put_actions(page, row, text, out);
	sl_buf_add_str(out, "</td>\n</tr>\n");
}

static void
put_group(const struct digest_page *page, enum sl_digest_group group, size_t first, size_t shown, struct sl_buf *text,
    struct sl_buf *out)
{
	static const enum sl_digest_word columns[] = { SL_DIGEST_WORD_RECEIVED, SL_DIGEST_WORD_FROM, SL_DIGEST_WORD_TITLE,
		SL_DIGEST_WORD_WHY, SL_DIGEST_WORD_PROBABILITY, SL_DIGEST_WORD_SIZE, SL_DIGEST_WORD_EXPIRES,
		SL_DIGEST_WORD_ACTIONS };

	sl_buf_add_str(out, "<h2>");
	put_word(page, digest_group_word(group), out);
	sl_buf_addf(out, " (%zu)</h2>\n", page->in_group[group]);
	if (shown > 0) {
		sl_buf_add_str(out, "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\">\n<thead>\n<tr align=\"left\">\n");
		for (size_t i = 0; i < SL_COUNT(columns); i++) {
			sl_buf_add_str(out, "<th scope=\"col\">");
			put_word(page, columns[i], out);
			sl_buf_add_str(out, "</th>\n");
		}
		sl_buf_add_str(out, "</tr>\n</thead>\n<tbody>\n");
		for (size_t i = 0; i < shown; i++)
			put_row(page, page->rows[first + i], text, out);
		sl_buf_add_str(out, "</tbody>\n</table>\n");
	}
	if (shown < page->in_group[group]) {
		sl_buf_add_str(out, "<p>");
		digest_say_more(page, page->in_group[group] - shown, text);
		put_escaped(text, out);
		sl_buf_add_str(out, "</p>\n");
	}
}

static void
put_head(const struct digest_page *page, struct sl_buf *text, struct sl_buf *out)
{
	sl_buf_addf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>", page->language->tag);
	put_word(page, SL_DIGEST_WORD_NAME, out);
	sl_buf_add_str(out, "</title>\n</head>\n<body>\n<h1>");
	put_word(page, SL_DIGEST_WORD_NAME, out);
	sl_buf_add_str(out, "</h1>\n<p>");
	digest_say_intro(page, text);
	sl_buf_add_byte(text, ' ');
	digest_say_times(page, text);
	put_escaped(text, out);
	sl_buf_add_str(out, "</p>\n<p>");
	put_word(page, SL_DIGEST_WORD_HOW, out);
	sl_buf_add_byte(out, ' ');
	put_word(page, page->reply_releases ? SL_DIGEST_WORD_REPLY_ONE : SL_DIGEST_WORD_REPLY_MANY, out);
	sl_buf_add_str(out, "</p>\n");
}

void
digest_html(const struct digest_page *page, struct sl_buf *out)
{
	struct sl_buf text;
	size_t first = 0;

	sl_buf_init(&text, 65536);
	put_head(page, &text, out);
	for (unsigned group = 0; group < SL_DIGEST_GROUP_COUNT; group++) {
		size_t in_group = page->in_group[group];
		size_t shown = SL_MIN(in_group, page->shown - SL_MIN(first, page->shown));

		if (in_group > 0)
			put_group(page, (enum sl_digest_group)group, first, shown, &text, out);
		first += in_group;
	}
	if (page->digest->unlisted > 0) {
		sl_buf_add_str(out, "<p>");
		digest_say_more(page, page->digest->unlisted, &text);
		put_escaped(&text, out);
		sl_buf_add_str(out, "</p>\n");
	}
	sl_buf_add_str(out, "<p>");
	put_link(page, page->request, SL_DIGEST_WORD_DO_REQUEST, NULL, &text, out);
	sl_buf_add_str(out, "</p>\n");
	if (page->digest->customer.len > 0 || page->digest->brand.len > 0) {
		sl_buf_add_str(out, "<p>");
		digest_say_footer(page, &text);
		put_escaped(&text, out);
		sl_buf_add_str(out, "</p>\n");
	}
	sl_buf_add_str(out, "</body>\n</html>\n");
	sl_buf_fini(&text);
}
