/* seen.c - the fields that count, parts, what is seen of them and what is not; see seen.h */

#include "classify/seen_i.h"

#include "mime/mailbox.h"
#include "mime/word.h"

#define SEEN_MAGIC	0x5d5ee401u
#define TEXT_MAX	16384	/* bytes of a field's text */
#define TAG_MAX		40	/* bytes of a [tag] in front of a subject */
#define TAGS_MAX	4
#define DATE_MAX	32	/* characters of a date's shape */

static const struct sl_slice nothing = { NULL, 0 };

const char *
sl_seen_place_words(enum sl_seen_place place)
{
	static const char *const words[] = {
#define PLACE_WORDS(name, words) words,
		SL_SEEN_PLACES(PLACE_WORDS)
#undef PLACE_WORDS
	};

	SL_ASSERT(place < SL_SEEN_PLACE_COUNT);
	return words[place];
}

size_t
sl_seen_label(enum sl_seen_mark mark, struct sl_slice value, unsigned char out[SL_SEEN_LABEL_MAX])
{
	static const char *const labels[] = {
#define MARK_LABEL(name, label) label,
		SL_SEEN_MARKS(MARK_LABEL)
#undef MARK_LABEL
	};
	size_t len;

	SL_ASSERT(mark < SL_SEEN_MARK_COUNT);
	len = strlen(labels[mark]);
	memcpy(out, labels[mark], len);
	for (size_t i = 0; i < value.len && len < SL_SEEN_LABEL_MAX; i++)
		out[len++] = sl_ascii_lower(value.ptr[i]);
	return len;
}

static struct seen_reading *
reading_new(void)
{
	struct seen_reading *r = sl_xzalloc(sizeof(*r));

	r->between = true;
	sl_sample_init(&r->sample, &seen_sample_rules);
	return r;
}

struct sl_seen *
sl_seen_new(void)
{
	struct sl_seen *seen = sl_xzalloc(sizeof(*seen));

	seen->magic = SEEN_MAGIC;
	seen->readings[0] = reading_new();
	return seen;
}

void
sl_seen_free(struct sl_seen **seen)
{
	if (*seen == NULL)
		return;
	SL_CHECK(*seen, SEEN_MAGIC);
	for (unsigned i = 0; i < SL_SEEN_READINGS; i++) {
		if ((*seen)->readings[i] != NULL)
			sl_sample_fini(&(*seen)->readings[i]->sample);
		sl_free((*seen)->readings[i]);
	}
	SL_OBJ_FREE(seen, SEEN_MAGIC);
}

void
sl_seen_listen(struct sl_seen *seen, const struct sl_seen_events *events, void *state)
{
	SL_CHECK(seen, SEEN_MAGIC);
	SL_ASSERT(seen->len < SL_SEEN_LISTENERS);
	seen->listeners[seen->len++] = (struct seen_listener){ events, state };
}

/* ---- header fields */

static void
mark(struct sl_seen *seen, enum sl_seen_place place, enum sl_seen_mark mark, struct sl_slice value)
{
	SEEN_TELL(seen, mark, 0, place, mark, value);
}

static void
text_field(struct sl_seen *seen, enum sl_seen_place place, struct sl_slice utf8)
{
	seen_start(seen, 0, place);
	seen_words(seen, 0, utf8);
	seen_end(seen, 0);
}

/* Lists put their tag, and filters their verdict, in front: [tag]. */
static void
on_subject(struct sl_seen *seen, struct sl_slice value)
{
	struct sl_buf text;
	struct sl_slice s;

	sl_buf_init(&text, TEXT_MAX);
	sl_word_decode(value, &text);
	s = sl_slice_trim(sl_buf_slice(&text));
	for (int tags = 0; tags < TAGS_MAX && s.len > 0; tags++) {
		const unsigned char *end;

		if (sl_slice_istarts(s, SL_SLICE_LIT("re:"))) {
			mark(seen, SL_SEEN_SUBJECT, SL_SEEN_MARK_RE, nothing);
			s = sl_slice_trim(sl_slice_from(s, 3));
		}
		if (s.len == 0 || s.ptr[0] != '[')
			break;
		end = memchr(s.ptr, ']', SL_MIN(s.len, (size_t)TAG_MAX));
		if (end == NULL)
			break;
		s = sl_slice_trim(sl_slice_from(s, (size_t)(end + 1 - s.ptr)));
	}
	text_field(seen, SL_SEEN_SUBJECT, s);
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
	struct sl_seen	*seen;
	unsigned	 count;
};

static void
from_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct first_mailbox *first = ctx;
	struct sl_seen *seen = first->seen;
	struct sl_slice domain = mailbox->domain;

	if (first->count++ > 0)
		return;
	seen->from_domain = domain.len > 0 ? sl_hash_lower(domain) | 1 : 0;
	text_field(seen, SL_SEEN_FROM, mailbox->name);
	text_field(seen, SL_SEEN_FROM, domain);
	mark(seen, SL_SEEN_FROM, SL_SEEN_MARK_DOMAIN, domain_tail(domain, 2));
	mark(seen, SL_SEEN_FROM, SL_SEEN_MARK_TOP_DOMAIN, domain_tail(domain, 1));
	if (mailbox->name_is_address)
		mark(seen, SL_SEEN_FROM, SL_SEEN_MARK_ADDRESS_AS_NAME, nothing);
	if (mailbox->name.len == 0)
		mark(seen, SL_SEEN_FROM, SL_SEEN_MARK_NO_NAME, nothing);
	if (!mailbox->valid)
		mark(seen, SL_SEEN_FROM, SL_SEEN_MARK_NO_ADDRESS, nothing);
}

static void
on_from(struct sl_seen *seen, struct sl_slice value)
{
	struct first_mailbox first = { seen, 0 };

	sl_mailbox_each(value, from_mailbox, &first);
}

static void
reply_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct sl_seen *seen = ctx;

	if (seen->reply_domain == 0 && mailbox->domain.len > 0)
		seen->reply_domain = sl_hash_lower(mailbox->domain) | 1;
}

static void
on_reply_to(struct sl_seen *seen, struct sl_slice value)
{
	sl_mailbox_each(value, reply_mailbox, seen);
}

static void
on_mailer(struct sl_seen *seen, struct sl_slice value)
{
	text_field(seen, SL_SEEN_HEADER, value);
}

/* How a date is written, never which: that would tell a collection's year. */
static void
on_date(struct sl_seen *seen, struct sl_slice value)
{
	struct sl_slice s = sl_slice_trim(value);
	unsigned char shape[DATE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < s.len && len < DATE_MAX; i++) {
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
	mark(seen, SL_SEEN_HEADER, SL_SEEN_MARK_DATE, sl_slice(shape, len));
}

void
sl_seen_field(struct sl_seen *seen, struct sl_slice name, struct sl_slice value)
{
	static const struct {
		struct sl_slice	name;
		void		(*on)(struct sl_seen *seen, struct sl_slice value);
	} rows[] = {
		{ SL_SLICE_LIT("Subject"), on_subject },
		{ SL_SLICE_LIT("From"), on_from },
		{ SL_SLICE_LIT("Reply-To"), on_reply_to },
		{ SL_SLICE_LIT("X-Mailer"), on_mailer },
		{ SL_SLICE_LIT("Date"), on_date },
	};

	SL_CHECK(seen, SEEN_MAGIC);
	value.len = SL_MIN(value.len, (size_t)SL_SEEN_FIELD_MAX);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (sl_slice_ieq(name, rows[i].name)) {
			rows[i].on(seen, value);
			return;
		}
	}
	for (struct seen_listener *l = seen->listeners; l < seen->listeners + seen->len; l++)
		if (l->events->other_field != NULL)
			l->events->other_field(l->state, name, value);
}

/* ---- parts */

/* What a part says it is, and how its name ends: that says more than its type. */
void
sl_seen_begin(struct sl_seen *seen, const struct sl_content_part *part)
{
	const struct sl_mime_part *mime = part->mime;
	const unsigned char *dot = mime->filename.len == 0 ? NULL
	    : memrchr(mime->filename.ptr, '.', mime->filename.len);
	enum sl_seen_place place;

	SL_CHECK(seen, SEEN_MAGIC);
	place = seen->header_over ? SL_SEEN_PART : SL_SEEN_HEADER;
	if (mime->reading != 0)
		return;
	seen_end(seen, 0);
	mark(seen, place, SL_SEEN_MARK_TYPE, mime->type);
	if (mime->charset.len > 0)
		mark(seen, place, SL_SEEN_MARK_CHARSET, mime->charset);
	if (mime->encoding.len > 0)
		mark(seen, place, SL_SEEN_MARK_ENCODING, sl_slice_trim(mime->encoding));
	if (dot != NULL)
		mark(seen, place, SL_SEEN_MARK_FILE, sl_slice_from(mime->filename,
		    (size_t)(dot - mime->filename.ptr)));
	seen->readings[0]->open = NULL;
}

/* The header is over: what is known of it as a whole. */
static void
header_end(struct sl_seen *seen)
{
	if (seen->header_over)
		return;
	if (seen->from_domain != 0 && seen->reply_domain != 0)
		mark(seen, SL_SEEN_HEADER, seen->from_domain == seen->reply_domain ? SL_SEEN_MARK_REPLY_SAME
		    : SL_SEEN_MARK_REPLY_OTHER, nothing);
	seen->header_over = true;
	for (struct seen_listener *l = seen->listeners; l < seen->listeners + seen->len; l++)
		l->events->header_over(l->state);
}

/* The reading whose text this is; NULL: it is not read. Text of another part than before begins a run of its own. */
static struct seen_reading *
part_open(struct sl_seen *seen, const struct sl_content_part *part)
{
	unsigned reading = part->mime->reading;
	struct seen_reading *r;

	SL_CHECK(seen, SEEN_MAGIC);
	if (reading >= SL_SEEN_READINGS || (part->role != SL_CONTENT_TEXT && part->role != SL_CONTENT_HTML))
		return NULL;
	if (reading == 0)
		header_end(seen);
	if (seen->readings[reading] == NULL)
		seen->readings[reading] = reading_new();
	r = seen->readings[reading];
	if (r->open != part) {
		seen_end(seen, reading);
		seen_start(seen, reading, SL_SEEN_TEXT);
		r->open = part;
	}
	return r;
}

void
sl_seen_text(struct sl_seen *seen, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct seen_reading *r;

	/* Comments are mostly what one program or another writes for its like. */
	if (kind == SL_VIEW_COMMENT || kind == SL_VIEW_CONDITIONAL || (r = part_open(seen, part)) == NULL)
		return;
	if (!sl_view_kind_hidden(kind)) {
		seen_feed(seen, part->mime->reading, utf8);
		return;
	}
	utf8.len = SL_MIN(utf8.len, SL_SEEN_HIDDEN_BYTES - r->hidden_bytes);
	r->hidden_bytes += utf8.len;
	if (utf8.len > 0)
		SEEN_TELL(seen, hidden, part->mime->reading, utf8);
}

static void
markup(struct sl_seen *seen, unsigned reading, struct sl_slice bytes)
{
	if (bytes.len > 0)
		SEEN_TELL(seen, markup, reading, bytes);
}

void
sl_seen_tag(struct sl_seen *seen, const struct sl_content_part *part, const struct sl_html_tag *tag)
{
	unsigned reading = part->mime->reading;
	struct seen_reading *r = part_open(seen, part);

	if (r == NULL || sl_sample_passes(&r->sample))	/* it stands in what is passed over */
		return;
	if (tag->part == 0)
		markup(seen, reading, tag->name);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		markup(seen, reading, tag->attrs[i].name);
		markup(seen, reading, tag->attrs[i].value);
	}
}

void
sl_seen_part_end(struct sl_seen *seen, const struct sl_content_part *part)
{
	SL_CHECK(seen, SEEN_MAGIC);
	/* Another part may come to lie where this one lay. */
	for (unsigned i = 0; i < SL_SEEN_READINGS; i++)
		if (seen->readings[i] != NULL && seen->readings[i]->open == part)
			seen->readings[i]->open = NULL;
}

void
sl_seen_finish(struct sl_seen *seen)
{
	SL_CHECK(seen, SEEN_MAGIC);
	header_end(seen);
	for (unsigned i = 0; i < SL_SEEN_READINGS; i++) {
		if (seen->readings[i] == NULL)
			continue;
		seen_end(seen, i);
		seen_tail(seen, i);
	}
}
