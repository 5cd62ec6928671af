/* compose.c - see compose.h: the order of rows, the head, what both ways to show have in common */

#include "digest/compose.h"

#include <stdio.h>

#include "digest/compose_i.h"
#include "digest/letter.h"
#include "digest/show.h"
#include "smtp/address.h"

static const struct {
	const char		*word;
	enum sl_digest_word	 text;
} groups[] = {
#define GROUP_ROW(id, word) { word, SL_DIGEST_WORD_GROUP_##id },
	SL_DIGEST_GROUPS(GROUP_ROW)
#undef GROUP_ROW
};

const struct digest_verb digest_verbs[5] = {
	{ SL_DIGEST_RELEASE, SL_DIGEST_WORD_DO_RELEASE },
	{ SL_DIGEST_DELETE, SL_DIGEST_WORD_DO_DELETE },
	{ SL_DIGEST_ALLOW, SL_DIGEST_WORD_DO_ALLOW },
	{ SL_DIGEST_DENY, SL_DIGEST_WORD_DO_DENY },
	{ SL_DIGEST_REPORT, SL_DIGEST_WORD_DO_REPORT },
};

enum sl_digest_group
sl_digest_group_find(struct sl_slice word)
{
	for (size_t i = 0; i < SL_COUNT(groups); i++)
		if (sl_slice_ieq(word, sl_slice_str(groups[i].word)))
			return (enum sl_digest_group)i;
	return SL_DIGEST_GROUP_OTHER;
}

enum sl_digest_word
digest_group_word(enum sl_digest_group group)
{
	return groups[group].text;
}

/* ---- pieces ---- */

void
digest_local(const struct digest_page *page, const struct sl_digest_row *row, enum sl_digest_verb verb,
    char out[SL_DIGEST_LOCAL_MAX + 1])
{
	const struct sl_digest *digest = page->digest;
	struct sl_digest_action action = { .verb = verb, .tenant = digest->tenant };

	if (row != NULL) {
		action.expiry_day = SL_MIN(row->expiry_day, (uint32_t)UINT16_MAX);
		memcpy(action.message, row->message, sizeof(action.message));
	} else {
		int64_t day = digest->now_s / 86400 + digest->request_days;

		action.expiry_day = day < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : (uint32_t)day;
	}
	sl_digest_token_write(digest->keys, &action, sl_slice_str(page->to), out);
}

void
digest_say(const struct digest_page *page, enum sl_digest_word word, struct sl_buf *out)
{
	sl_digest_say(page->language, word, NULL, 0, out);
}

void
digest_say_time(const struct digest_page *page, int64_t utc_s, struct sl_buf *out)
{
	struct sl_zone_offset offset;
	struct sl_civil t;

	sl_zone_at(page->digest->zone, utc_s, &offset);
	sl_civil_of(utc_s + offset.seconds, &t);
	sl_buf_addf(out, "%04lld-%02u-%02u %02u:%02u", (long long)t.year, t.month, t.day, t.hour, t.minute);
}

void
digest_say_day(uint32_t day, struct sl_buf *out)
{
	struct sl_civil t;

	sl_civil_of((int64_t)day * 86400, &t);
	sl_buf_addf(out, "%04lld-%02u-%02u", (long long)t.year, t.month, t.day);
}

/* A text with what is between its places made by functions of their own. */
static void
say_with(const struct digest_page *page, enum sl_digest_word word, struct sl_buf *parts, size_t len, struct sl_buf *out)
{
	struct sl_slice fill[3] = { { NULL, 0 } };

	for (size_t i = 0; i < len; i++)
		fill[i] = sl_buf_slice(&parts[i]);
	sl_digest_say(page->language, word, fill, len, out);
	for (size_t i = 0; i < len; i++)
		sl_buf_fini(&parts[i]);
}

void
digest_say_intro(const struct digest_page *page, struct sl_buf *out)
{
	struct sl_buf parts[3];

	for (size_t i = 0; i < 3; i++)
		sl_buf_init(&parts[i], 4096);
	sl_show_address(page->digest->to, 0, &parts[0]);
	digest_say_time(page, page->digest->since_s, &parts[1]);
	digest_say_time(page, page->digest->until_s, &parts[2]);
	say_with(page, SL_DIGEST_WORD_INTRO, parts, 3, out);
}

void
digest_say_times(const struct digest_page *page, struct sl_buf *out)
{
	struct sl_zone_offset offset;
	struct sl_buf parts[2];
	int minutes;

	sl_zone_at(page->digest->zone, page->digest->until_s, &offset);
	minutes = (offset.seconds < 0 ? -offset.seconds : offset.seconds) / 60;
	sl_buf_init(&parts[0], 4096);
	sl_buf_init(&parts[1], 64);
	if (page->digest->zone == NULL || page->digest->zone_name.len == 0)
		sl_buf_add_str(&parts[0], offset.name);
	else
		sl_show_text(page->digest->zone_name, 64, &parts[0]);
	sl_buf_addf(&parts[1], "UTC%c%02d:%02d", offset.seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
	say_with(page, SL_DIGEST_WORD_TIMES, parts, 2, out);
}

void
digest_say_more(const struct digest_page *page, uint64_t more, struct sl_buf *out)
{
	struct sl_buf number;

	sl_buf_init(&number, 32);
	sl_buf_addf(&number, "%llu", (unsigned long long)more);
	say_with(page, SL_DIGEST_WORD_MORE, &number, 1, out);
}

void
digest_say_footer(const struct digest_page *page, struct sl_buf *out)
{
	struct sl_buf name;

	if (page->digest->brand.len > 0) {
		sl_show_text(page->digest->brand, SL_DIGEST_BRAND_COLUMNS, out);
		return;
	}
	sl_buf_init(&name, 4096);
	sl_show_text(page->digest->customer, 100, &name);
	say_with(page, SL_DIGEST_WORD_FOOTER, &name, 1, out);
}

void
digest_say_size(uint64_t bytes, struct sl_buf *out)
{
	if (bytes < 1024)
		sl_buf_addf(out, "%u B", (unsigned)bytes);
	else if (bytes < 1024 * 1024)
		sl_buf_addf(out, "%u KiB", (unsigned)((bytes + 512) / 1024));
	else
		sl_buf_addf(out, "%.1f MiB", (double)bytes / (1024 * 1024));
}

void
digest_say_probability(double probability, struct sl_buf *out)
{
	/* What is not certain is not shown as 100 %. */
	if (probability < 0)
		sl_buf_add_str(out, "-");
	else if (probability > 0.99 && probability < 1)
		sl_buf_add_str(out, ">99 %");
	else
		sl_buf_addf(out, "%.0f %%", SL_MIN(probability, 1.0) * 100);
}

void
digest_say_subject(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *out)
{
	size_t before = out->len;

	sl_show_text(row->subject, DIGEST_SUBJECT_COLUMNS, out);
	if (out->len == before)
		digest_say(page, SL_DIGEST_WORD_NO_SUBJECT, out);
}

void
digest_say_tricks(const struct digest_page *page, const struct sl_digest_row *row, struct sl_buf *out)
{
	unsigned tricks = sl_show_tricks(row->name, row->address);

	if (sl_show_is_mixed(row->subject))
		tricks |= SL_SHOW_MIXED;
	for (unsigned bit = SL_SHOW_NAME_ADDRESS; bit <= SL_SHOW_MIXED; bit <<= 1)
		if ((tricks & bit) != 0) {
			sl_buf_add_str(out, " (");
			digest_say(page, bit == SL_SHOW_MIXED ? SL_DIGEST_WORD_NOTE_MIXED : SL_DIGEST_WORD_NOTE_NAME, out);
			sl_buf_add_byte(out, ')');
		}
}

/* ---- the page ---- */

/* Rows by group, in their order; of what is too much the last groups lose. */
static void
page_sort(struct digest_page *page)
{
	const struct sl_digest *d = page->digest;
	size_t n = 0;

	page->rows = sl_xmalloc(SL_MAX(d->rows_len, (size_t)1) * sizeof(*page->rows));
	for (unsigned group = 0; group < SL_DIGEST_GROUP_COUNT; group++)
		for (size_t i = 0; i < d->rows_len; i++)
			if (SL_MIN(d->rows[i].group, SL_DIGEST_GROUP_OTHER) == group) {
				page->rows[n++] = &d->rows[i];
				page->in_group[group]++;
			}
	page->shown = SL_MIN(n, d->rows_max == 0 ? (size_t)SL_DIGEST_ROWS_MAX : d->rows_max);
	page->total = n + d->unlisted;
}

static void
page_reply(struct digest_page *page)
{
	digest_local(page, NULL, SL_DIGEST_REQUEST, page->request);
	page->reply_releases = page->total == 1 && page->shown == 1 &&
	    (page->rows[0]->verbs & SL_DIGEST_VERB_BIT(RELEASE)) != 0;
	if (page->reply_releases)
		digest_local(page, page->rows[0], SL_DIGEST_RELEASE, page->reply);
	else
		memcpy(page->reply, page->request, sizeof(page->reply));
}

/* "name: ..." of a text with a number in it. */
static void
put_subject(const struct digest_page *page, struct sl_buf *out)
{
	struct sl_buf number, text;

	sl_buf_init(&number, 32);
	sl_buf_init(&text, 512);
	sl_buf_addf(&number, "%llu", (unsigned long long)page->total);
	say_with(page, SL_DIGEST_WORD_SUBJECT, &number, 1, &text);
	sl_letter_field(out, "Subject", sl_buf_slice(&text));
	sl_buf_fini(&text);
}

static void
put_head(const struct digest_page *page, const char *id, const char *boundary, struct sl_buf *out)
{
	const struct sl_digest *d = page->digest;
	struct sl_buf reply;

	sl_buf_init(&reply, SL_DIGEST_MAILBOX_MAX);
	sl_buf_addf(&reply, "%s@" SL_SLICE_FMT, page->reply, SL_SLICE_ARG(d->domain));
	sl_letter_date(out, "Date", d->now_s, d->zone);
	sl_letter_address(out, "From", sl_slice_str(page->language->text[SL_DIGEST_WORD_NAME]), d->from);
	sl_letter_address(out, "To", sl_slice(NULL, 0), d->to);
	sl_letter_address(out, "Reply-To", sl_slice(NULL, 0), sl_buf_slice(&reply));
	put_subject(page, out);
	sl_buf_addf(out, "Message-ID:\r\n <%s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Precedence: bulk\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Language: %s\r\n"
	    "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", id, page->language->tag, boundary);
	sl_buf_fini(&reply);
}

static void
put_part(const struct digest_page *page, const char *boundary, const char *subtype,
    void (*write)(const struct digest_page *page, struct sl_buf *out), struct sl_buf *out)
{
	struct sl_buf text;

	sl_buf_init(&text, SL_DIGEST_BYTES_MAX);
	write(page, &text);
	sl_buf_addf(out, "--%s\r\nContent-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", boundary, subtype);
	sl_letter_quoted(out, sl_buf_slice(&text));
	out->overflow |= text.overflow;
	sl_buf_fini(&text);
}

int
sl_digest_compose(const struct sl_digest *digest, struct sl_buf *out, struct sl_buf *message_id_out)
{
	struct digest_page page = { .digest = digest, .language = sl_digest_language_find(digest->language) };
	char hex[33], boundary[48], from[SL_DIGEST_MAILBOX_MAX + 1];

	if (!sl_digest_mailbox(digest->from, from) || !sl_digest_mailbox(digest->to, page.to) || !sl_smtp_domain_ok(digest->domain, false))
		return SL_ERR_SYNTAX;
	page_sort(&page);
	page_reply(&page);
	for (size_t i = 0; i < sizeof(digest->unique); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest->unique[i]);
	/* No quoted-printable line can look like it: "=_" is not of that coding (RFC 2045, 6.7). */
	snprintf(boundary, sizeof(boundary), "=_%s", hex);
	sl_buf_reset(message_id_out);
	sl_buf_addf(message_id_out, "digest.%s@" SL_SLICE_FMT, hex, SL_SLICE_ARG(digest->domain));
	put_head(&page, sl_buf_cstr(message_id_out), boundary, out);
	put_part(&page, boundary, "plain", digest_text, out);
	put_part(&page, boundary, "html", digest_html, out);
	sl_buf_addf(out, "--%s--\r\n", boundary);
	sl_free(page.rows);
	return out->overflow || message_id_out->overflow ? SL_ERR_FULL : 0;
}
