/* ngram_mail.c - see ngram_i.h: the fields that count, parts, what is seen of them */

#include "classify/ngram_i.h"

#include "mime/mailbox.h"
#include "mime/word.h"

#define TEXT_MAX	16384	/* bytes of a field's text */

/* ---- header fields */

static void
text_field(struct ngram_mail *mail, enum ngram_place place, struct sl_slice utf8)
{
	ngram_text_start(&mail->text, place);
	ngram_text_feed(&mail->text, utf8);
	ngram_text_end(&mail->text);
}

/* Lists put their tag, and filters their verdict, in front: [tag]. */
static void
on_subject(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_buf text;
	struct sl_slice s;

	sl_buf_init(&text, TEXT_MAX);
	sl_word_decode(value, &text);
	s = sl_slice_trim(sl_buf_slice(&text));
	for (int tags = 0; tags < 4 && s.len > 0; tags++) {
		const unsigned char *end;

		if (sl_slice_istarts(s, SL_SLICE_LIT("re:"))) {
			ngram_text_mark(&mail->text, NGRAM_SUBJECT, "subject: re", SL_SLICE_LIT(""));
			s = sl_slice_trim(sl_slice_from(s, 3));
		}
		if (s.len == 0 || s.ptr[0] != '[')
			break;
		end = memchr(s.ptr, ']', SL_MIN(s.len, 40u));
		if (end == NULL)
			break;
		s = sl_slice_trim(sl_slice_from(s, (size_t)(end + 1 - s.ptr)));
	}
	text_field(mail, NGRAM_SUBJECT, s);
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
	struct ngram_mail	*mail;
	unsigned		 count;
};

static void
from_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct first_mailbox *first = ctx;
	struct ngram_mail *mail = first->mail;
	struct sl_slice domain = mailbox->domain;

	if (first->count++ > 0)
		return;
	mail->from_domain = domain.len > 0 ? sl_hash_lower(domain) | 1 : 0;
	text_field(mail, NGRAM_FROM, mailbox->name);
	text_field(mail, NGRAM_FROM, domain);
	ngram_text_mark(&mail->text, NGRAM_FROM, "domain ", domain_tail(domain, 2));
	ngram_text_mark(&mail->text, NGRAM_FROM, "domain .", domain_tail(domain, 1));
	if (mailbox->name_is_address)
		ngram_text_mark(&mail->text, NGRAM_FROM, "an address as name", SL_SLICE_LIT(""));
	if (mailbox->name.len == 0)
		ngram_text_mark(&mail->text, NGRAM_FROM, "no name", SL_SLICE_LIT(""));
	if (!mailbox->valid)
		ngram_text_mark(&mail->text, NGRAM_FROM, "no address", SL_SLICE_LIT(""));
}

static void
on_from(struct ngram_mail *mail, struct sl_slice value)
{
	struct first_mailbox first = { mail, 0 };

	sl_mailbox_each(value, from_mailbox, &first);
}

static void
reply_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct ngram_mail *mail = ctx;

	if (mail->reply_domain == 0 && mailbox->domain.len > 0)
		mail->reply_domain = sl_hash_lower(mailbox->domain) | 1;
}

static void
on_reply_to(struct ngram_mail *mail, struct sl_slice value)
{
	sl_mailbox_each(value, reply_mailbox, mail);
}

static void
on_mailer(struct ngram_mail *mail, struct sl_slice value)
{
	text_field(mail, NGRAM_HEADER, value);
}

/* How a date is written, never which: that would tell a corpus's year. */
static void
on_date(struct ngram_mail *mail, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);
	unsigned char shape[NGRAM_WORD_MAX];
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
	ngram_text_mark(&mail->text, NGRAM_HEADER, "date ", sl_slice(shape, len));
}

void
ngram_mail_field(struct ngram_mail *mail, struct sl_slice name, struct sl_slice value)
{
	static const struct {
		struct sl_slice	name;
		void		(*on)(struct ngram_mail *mail, struct sl_slice value);
	} rows[] = {
		{ SL_SLICE_LIT("Subject"), on_subject },
		{ SL_SLICE_LIT("From"), on_from },
		{ SL_SLICE_LIT("Reply-To"), on_reply_to },
		{ SL_SLICE_LIT("X-Mailer"), on_mailer },
		{ SL_SLICE_LIT("Date"), on_date },
	};

	value.len = SL_MIN(value.len, (size_t)NGRAM_FIELD_MAX);
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (sl_slice_ieq(name, rows[i].name))
			rows[i].on(mail, value);
}

/* ---- parts */

bool
ngram_mail_reads(const struct sl_content_part *part)
{
	return part->role == SL_CONTENT_TEXT || part->role == SL_CONTENT_HTML;
}

static enum ngram_place
place_of(const struct ngram_mail *mail)
{
	return mail->header_over ? NGRAM_PART : NGRAM_HEADER;
}

/* What a part says it is, and how its name ends: that says more than its type. */
void
ngram_mail_begin(struct ngram_mail *mail, const struct sl_content_part *part)
{
	const struct sl_mime_part *mime = part->mime;
	enum ngram_place place = place_of(mail);
	const unsigned char *dot = mime->filename.len == 0 ? NULL
	    : memrchr(mime->filename.ptr, '.', mime->filename.len);

	ngram_text_end(&mail->text);
	ngram_text_mark(&mail->text, place, "type ", mime->type);
	if (mime->charset.len > 0)
		ngram_text_mark(&mail->text, place, "charset ", mime->charset);
	if (mime->encoding.len > 0)
		ngram_text_mark(&mail->text, place, "encoding ", sl_slice_trim(mime->encoding));
	if (dot != NULL)
		ngram_text_mark(&mail->text, place, "file ", sl_slice_from(mime->filename,
		    (size_t)(dot - mime->filename.ptr)));
	mail->open = NULL;
}

/* The header is over: what is known of it as a whole. */
static void
header_end(struct ngram_mail *mail)
{
	if (!mail->header_over && mail->from_domain != 0 && mail->reply_domain != 0)
		ngram_text_mark(&mail->text, NGRAM_HEADER, mail->from_domain == mail->reply_domain
		    ? "replies to its own domain" : "replies to another domain", SL_SLICE_LIT(""));
	mail->header_over = true;
}

/* Text of another part than before begins a run of its own. */
static void
open_part(struct ngram_mail *mail, const struct sl_content_part *part)
{
	header_end(mail);
	if (mail->open == part)
		return;
	ngram_text_end(&mail->text);
	ngram_text_start(&mail->text, NGRAM_TEXT);
	mail->open = part;
}

void
ngram_mail_text(struct ngram_mail *mail, const struct sl_content_part *part, struct sl_slice utf8,
    enum sl_view_kind kind)
{
	/* Comments are mostly what one program or another writes for its like. */
	if (kind == SL_VIEW_COMMENT || kind == SL_VIEW_CONDITIONAL)
		return;
	open_part(mail, part);
	if (sl_view_kind_hidden(kind))
		ngram_text_hidden(&mail->text, utf8);
	else
		ngram_text_feed(&mail->text, utf8);
}

void
ngram_mail_tag(struct ngram_mail *mail, const struct sl_content_part *part,
    const struct sl_html_tag *tag)
{
	open_part(mail, part);
	if (tag->part == 0)
		ngram_text_markup(&mail->text, tag->name);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		ngram_text_markup(&mail->text, tag->attrs[i].name);
		ngram_text_markup(&mail->text, tag->attrs[i].value);
	}
}

void
ngram_mail_part_end(struct ngram_mail *mail, const struct sl_content_part *part)
{
	if (mail->open == part)
		mail->open = NULL;
}

void
ngram_mail_init(struct ngram_mail *mail, ngram_sink *sink, void *ctx)
{
	memset(mail, 0, sizeof(*mail));
	ngram_text_init(&mail->text, sink, ctx);
}

void
ngram_mail_end(struct ngram_mail *mail)
{
	header_end(mail);
	ngram_text_end(&mail->text);
	ngram_text_tail(&mail->text);
}

/* ---- as a classifier that gives no evidence */

static void *
listen(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static void
on_field(void *state, struct sl_slice name, struct sl_slice value)
{
	ngram_mail_field(state, name, value);
}

static void
on_begin(void *state, const struct sl_content_part *part)
{
	if (part->mime->reading == 0)
		ngram_mail_begin(state, part);
}

static void
on_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	if (part->mime->reading == ((struct ngram_mail *)state)->reading && ngram_mail_reads(part))
		ngram_mail_text(state, part, utf8, kind);
}

static void
on_tag(void *state, const struct sl_content_part *part, const struct sl_html_tag *tag)
{
	if (part->mime->reading == ((struct ngram_mail *)state)->reading && ngram_mail_reads(part))
		ngram_mail_tag(state, part, tag);
}

static void
on_end(void *state, const struct sl_content_part *part)
{
	ngram_mail_part_end(state, part);
}

static void
on_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	ngram_mail_end(state);
}

const struct sl_classifier ngram_listener = {
	.name = "ngram_listener",
	.new_message = listen,
	.field = on_field,
	.begin = on_begin,
	.text = on_text,
	.tag = on_tag,
	.end = on_end,
	.finish = on_finish,
};
