/* token_mail.c - see token_i.h: the fields that count, parts, what is seen of them */

#include "classify/token_i.h"

#include "mime/mailbox.h"
#include "mime/word.h"
#include "sl/buf.h"

#define TEXT_MAX	16384	/* bytes of a field's text */
#define TAG_MAX		40	/* bytes of a [tag] in front of a subject */

/* ---- header fields */

static void
text_field(struct token_mail *mail, enum token_place place, struct sl_slice utf8)
{
	token_text_start(&mail->text, place);
	token_text_feed(&mail->text, utf8);
	token_text_end(&mail->text);
}

/* Lists put their tag, and filters their verdict, in front: [tag]. */
static void
on_subject(struct token_mail *mail, struct sl_slice value)
{
	struct sl_buf text;
	struct sl_slice s;

	sl_buf_init(&text, TEXT_MAX);
	sl_word_decode(value, &text);
	s = sl_slice_trim(sl_buf_slice(&text));
	for (int tags = 0; tags < 4 && s.len > 0; tags++) {
		const unsigned char *end;

		if (sl_slice_istarts(s, SL_SLICE_LIT("re:"))) {
			token_text_mark(&mail->text, TOKEN_SUBJECT, "re:", SL_SLICE_LIT(""));
			s = sl_slice_trim(sl_slice_from(s, 3));
		}
		if (s.len == 0 || s.ptr[0] != '[')
			break;
		end = memchr(s.ptr, ']', SL_MIN(s.len, (size_t)TAG_MAX));
		if (end == NULL)
			break;
		s = sl_slice_trim(sl_slice_from(s, (size_t)(end + 1 - s.ptr)));
	}
	text_field(mail, TOKEN_SUBJECT, s);
	sl_buf_fini(&text);
}

/* The last `labels` labels of a domain. */
static struct sl_slice
domain_tail(struct sl_slice domain, int labels)
{
	size_t i = domain.len;

	while (i > 0) {
		if (domain.ptr[i - 1] == '.' && --labels == 0)
			break;
		i--;
	}
	return sl_slice_from(domain, i);
}

struct first_mailbox {
	struct token_mail	*mail;
	unsigned		 count;
};

static void
from_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct first_mailbox *first = ctx;
	struct token_mail *mail = first->mail;
	struct sl_slice domain = mailbox->domain;

	if (first->count++ > 0)
		return;
	mail->from_domain = domain.len > 0 ? sl_hash_lower(domain) | 1 : 0;
	text_field(mail, TOKEN_FROM, mailbox->name);
	text_field(mail, TOKEN_FROM, domain);
	token_text_mark(&mail->text, TOKEN_FROM, "domain ", domain_tail(domain, 2));
	token_text_mark(&mail->text, TOKEN_FROM, "domain .", domain_tail(domain, 1));
	if (mailbox->name_is_address)
		token_text_mark(&mail->text, TOKEN_FROM, "an address as name", SL_SLICE_LIT(""));
	if (mailbox->name.len == 0)
		token_text_mark(&mail->text, TOKEN_FROM, "no name", SL_SLICE_LIT(""));
	if (!mailbox->valid)
		token_text_mark(&mail->text, TOKEN_FROM, "no address", SL_SLICE_LIT(""));
}

static void
on_from(struct token_mail *mail, struct sl_slice value)
{
	struct first_mailbox first = { mail, 0 };

	sl_mailbox_each(value, from_mailbox, &first);
}

static void
reply_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct token_mail *mail = ctx;

	if (mail->reply_domain == 0 && mailbox->domain.len > 0)
		mail->reply_domain = sl_hash_lower(mailbox->domain) | 1;
}

static void
on_reply_to(struct token_mail *mail, struct sl_slice value)
{
	sl_mailbox_each(value, reply_mailbox, mail);
}

static void
on_mailer(struct token_mail *mail, struct sl_slice value)
{
	text_field(mail, TOKEN_HEADER, value);
}

/* How a date is written, never which: that would tell a collection's year. */
static void
on_date(struct token_mail *mail, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);
	unsigned char shape[TOKEN_WORD_MAX];
	size_t len = 0;

	for (size_t i = 0; i < s.len && len < 32; i++) {
		unsigned char c = s.ptr[i];

		if (c >= '0' && c <= '9')
			c = '0';
		else if (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z')
			c = 'a';
		else if (c == '+')
			c = '-';
		if (len == 0 || shape[len - 1] != c || c == ' ')
			shape[len++] = c;
	}
	token_text_mark(&mail->text, TOKEN_HEADER, "date ", sl_slice(shape, len));
}

/* Any other field: its words, and that it is there. */
static void
on_other(struct token_mail *mail, struct sl_slice name, struct sl_slice value)
{
	token_text_mark(&mail->text, TOKEN_HEADER, "field ", name);
	token_text_start_field(&mail->text, name);
	token_text_feed(&mail->text, value);
	token_text_end(&mail->text);
}

void
token_mail_field(struct token_mail *mail, struct sl_slice name, struct sl_slice value)
{
	static const struct {
		struct sl_slice	name;
		void		(*on)(struct token_mail *mail, struct sl_slice value);
	} rows[] = {
		{ SL_SLICE_LIT("Subject"), on_subject },
		{ SL_SLICE_LIT("From"), on_from },
		{ SL_SLICE_LIT("Reply-To"), on_reply_to },
		{ SL_SLICE_LIT("X-Mailer"), on_mailer },
		{ SL_SLICE_LIT("Date"), on_date },
	};

	value.len = SL_MIN(value.len, (size_t)TOKEN_FIELD_MAX);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (sl_slice_ieq(name, rows[i].name)) {
			rows[i].on(mail, value);
			return;
		}
	}
	if (mail->all_fields)
		on_other(mail, name, value);
}

/* ---- parts */

bool
token_mail_reads(const struct sl_content_part *part)
{
	return part->role == SL_CONTENT_TEXT || part->role == SL_CONTENT_HTML;
}

/* What a part says it is, and how its name ends: that says more than its type. */
void
token_mail_begin(struct token_mail *mail, const struct sl_content_part *part)
{
	const struct sl_mime_part *mime = part->mime;
	enum token_place place = mail->header_over ? TOKEN_PART : TOKEN_HEADER;
	const unsigned char *dot = mime->filename.len == 0 ? NULL
	    : memrchr(mime->filename.ptr, '.', mime->filename.len);

	token_text_end(&mail->text);
	token_text_mark(&mail->text, place, "type ", mime->type);
	if (mime->charset.len > 0)
		token_text_mark(&mail->text, place, "charset ", mime->charset);
	if (mime->encoding.len > 0)
		token_text_mark(&mail->text, place, "encoding ", sl_slice_trim(mime->encoding));
	if (dot != NULL)
		token_text_mark(&mail->text, place, "file ", sl_slice_from(mime->filename,
		    (size_t)(dot - mime->filename.ptr)));
	mail->open = NULL;
}

/* The header is over: what is known of it as a whole. */
static void
header_end(struct token_mail *mail)
{
	if (!mail->header_over && mail->from_domain != 0 && mail->reply_domain != 0)
		token_text_mark(&mail->text, TOKEN_HEADER, mail->from_domain == mail->reply_domain
		    ? "replies to its own domain" : "replies to another domain", SL_SLICE_LIT(""));
	mail->header_over = true;
}

/* Text of another part than before begins a run of its own. */
static void
open_part(struct token_mail *mail, const struct sl_content_part *part)
{
	header_end(mail);
	if (mail->open == part)
		return;
	token_text_end(&mail->text);
	token_text_start(&mail->text, TOKEN_TEXT);
	mail->open = part;
}

void
token_mail_text(struct token_mail *mail, const struct sl_content_part *part, struct sl_slice utf8,
    enum sl_view_kind kind)
{
	/* Comments are mostly what one program or another writes for its like. */
	if (kind == SL_VIEW_COMMENT || kind == SL_VIEW_CONDITIONAL)
		return;
	open_part(mail, part);
	if (sl_view_kind_hidden(kind))
		token_text_hidden(&mail->text, utf8);
	else
		token_text_feed(&mail->text, utf8);
}

void
token_mail_tag(struct token_mail *mail, const struct sl_content_part *part,
    const struct sl_html_tag *tag)
{
	open_part(mail, part);
	if (tag->part == 0)
		token_text_markup(&mail->text, tag->name);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		token_text_markup(&mail->text, tag->attrs[i].name);
		token_text_markup(&mail->text, tag->attrs[i].value);
	}
}

void
token_mail_part_end(struct token_mail *mail, const struct sl_content_part *part)
{
	if (mail->open == part)
		mail->open = NULL;
}

void
token_mail_init(struct token_mail *mail, bool all_fields, token_sink *sink, void *ctx)
{
	memset(mail, 0, sizeof(*mail));
	mail->all_fields = all_fields;
	token_text_init(&mail->text, sink, ctx);
}

void
token_mail_end(struct token_mail *mail)
{
	header_end(mail);
	token_text_end(&mail->text);
	token_text_tail(&mail->text);
}
