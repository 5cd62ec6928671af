/* forward.c - see forward.h */

#include "digest/forward.h"

#include "mime/mime.h"

#define HEADER_MAX	(256u << 10)	/* of an attached message, that is looked through */
#define HEADER_STEP	4096u

static const char *const words[] = {
#define WORD_ROW(id, word) word,
	SL_FORWARDS(WORD_ROW)
#undef WORD_ROW
};

const char *
sl_forward_word(enum sl_forward forward)
{
	SL_ASSERT(forward < SL_FORWARD_COUNT);
	return words[forward];
}

bool
sl_forward_find(struct sl_slice local, enum sl_forward *out)
{
	for (int f = 0; f < SL_FORWARD_COUNT; f++) {
		if (sl_slice_ieq(local, sl_slice_str(words[f]))) {
			*out = (enum sl_forward)f;
			return true;
		}
	}
	return false;
}

/* ---- our fields in a message ---- */

struct ids {
	char	text[SL_FORWARD_IDS_MAX][SL_FORWARD_ID_BYTES];
	size_t	lens[SL_FORWARD_IDS_MAX];
	size_t	len;
	bool	header_over;
};

static bool
is_id_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
add_id(struct ids *ids, struct sl_slice text)
{
	size_t len = 0;

	while (len < text.len && is_id_byte(text.ptr[len]))
		len++;
	if (len < 8 || len > SL_FORWARD_ID_BYTES || ids->len == SL_FORWARD_IDS_MAX)
		return;
	for (size_t i = 0; i < ids->len; i++)
		if (ids->lens[i] == len && memcmp(ids->text[i], text.ptr, len) == 0)
			return;
	memcpy(ids->text[ids->len], text.ptr, len);
	ids->lens[ids->len++] = len;
}

/* What stands behind `mark`; empty: it has none. */
static struct sl_slice
behind(struct sl_slice text, const char *mark)
{
	const unsigned char *at = text.len > 0 ? memmem(text.ptr, text.len, mark, strlen(mark)) : NULL;

	return at == NULL ? sl_slice("", 0) : sl_slice_from(text, (size_t)(at - text.ptr) + strlen(mark));
}

/* "X-Sluice-Verdict: ham; id=ID" and "Received: from a ([192.0.2.1])\r\n\tby b (Sluice) with ESMTPS id ID", as edges write them. Programs
 * fold anew: white space is any. */
static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct ids *ids = ctx;

	if (*path != '\0' || reading != 0)
		return;
	if (sl_slice_ieq(name, SL_SLICE_LIT("x-sluice-verdict"))) {
		add_id(ids, behind(value, "id="));
	} else if (sl_slice_ieq(name, SL_SLICE_LIT("received"))) {
		struct sl_slice rest = behind(behind(value, "(Sluice)"), "id");

		while (rest.len > 0 && rest.ptr[0] <= ' ')
			rest = sl_slice_from(rest, 1);
		add_id(ids, rest);
	}
}

static void
on_header_over(void *ctx, struct sl_mime_part *part)
{
	((struct ids *)ctx)->header_over = true;
	part->skip = true;
}

static void
find_ids(struct sl_slice message, struct ids *ids)
{
	static const struct sl_mime_sink sink = { .field = on_field, .begin = on_header_over };
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_mime *mime;

	*ids = (struct ids){ .len = 0 };
	settings.readings_max = 0;
	mime = sl_mime_new(&settings, &sink, ids);
	for (size_t at = 0; at < SL_MIN(message.len, (size_t)HEADER_MAX) && !ids->header_over; at += HEADER_STEP)
		sl_mime_feed(mime, message.ptr + at, SL_MIN(message.len - at, (size_t)HEADER_STEP));
	if (!ids->header_over)
		sl_mime_finish(mime);		/* a field that the end cuts */
	sl_mime_free(&mime);
}

/* ---- messages that are attached ---- */

struct reading {
	struct sl_slice		 mail;
	size_t			 line, next;	/* where the line that is being read begins, and the one behind it */
	struct sl_mime_part	*open;		/* an attached message: its bytes are looked at as they stand */
	size_t			 from;
	struct sl_mime_part	*file;		/* a file that is one: they are collected */
	struct sl_buf		 decoded;
	sl_forward_each		*each;
	void			*ctx;
	size_t			 given;
};

static void
give(struct reading *r, struct sl_slice message)
{
	struct sl_forwarded forwarded = { .message = message };
	struct ids ids;

	if (r->given == SL_FORWARD_MESSAGES_MAX || message.len == 0)
		return;
	r->given++;
	find_ids(message, &ids);
	for (size_t i = 0; i < ids.len; i++)
		forwarded.ids[i] = sl_slice(ids.text[i], ids.lens[i]);
	forwarded.ids_len = ids.len;
	r->each(r->ctx, &forwarded);
}

/* What is beyond the room is not needed. */
static void
collect(void *ctx, struct sl_slice bytes)
{
	struct reading *r = ctx;

	sl_buf_add(&r->decoded, bytes.ptr, SL_MIN(bytes.len, (size_t)SL_FORWARD_BYTES_MAX - r->decoded.len));
}

static bool
is_file(const struct sl_mime_part *part)
{
	static const struct sl_slice end = { (const unsigned char *)".eml", 4 };

	for (size_t i = 0; i < part->names_count; i++)
		if (part->names[i].len > end.len && sl_slice_ieq(sl_slice_from(part->names[i], part->names[i].len - end.len), end))
			return !part->is_multipart;
	return sl_slice_eq(part->type, SL_SLICE_LIT("message/rfc822")) || sl_slice_eq(part->type, SL_SLICE_LIT("message/global"));
}

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct reading *r = ctx;

	if (part->reading != 0 || r->open != NULL || r->file != NULL) {
		part->skip = true;
	} else if (part->is_message && *part->path != '\0') {
		r->open = part;
		r->from = r->next;
	} else if (is_file(part)) {
		r->file = part;
		sl_buf_reset(&r->decoded);
	} else {
		part->skip = true;
	}
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	struct reading *r = ctx;

	if (part == r->file)
		collect(r, bytes);
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct reading *r = ctx;
	struct sl_slice message;

	if (part == r->file) {
		r->file = NULL;
		give(r, sl_buf_slice(&r->decoded));
	}
	if (part != r->open)
		return;
	r->open = NULL;
	message = sl_slice(r->mail.ptr + r->from, SL_MAX(r->line, r->from) - r->from);
	if (part->transfer != SL_TRANSFER_IDENTITY) {
		struct sl_transfer_decoder decoder;

		sl_buf_reset(&r->decoded);
		sl_transfer_init(&decoder, part->transfer);
		sl_transfer_feed_all(&decoder, message, collect, r);
		sl_transfer_finish(&decoder, collect, r);
		message = sl_buf_slice(&r->decoded);
	}
	give(r, message);
}

size_t
sl_forward_read(struct sl_slice mail, sl_forward_each *each, void *ctx)
{
	static const struct sl_mime_sink sink = { .begin = on_begin, .body = on_body, .end = on_end };
	struct sl_mime_settings settings = sl_mime_defaults;
	struct reading r = { .mail = mail, .each = each, .ctx = ctx };
	struct sl_mime *mime;

	settings.readings_max = 0;
	sl_buf_init(&r.decoded, SL_FORWARD_BYTES_MAX);
	mime = sl_mime_new(&settings, &sink, &r);
	for (; r.line < mail.len; r.line = r.next) {	/* so that what is told of falls on lines */
		const unsigned char *end = memchr(mail.ptr + r.line, '\n', mail.len - r.line);

		r.next = end != NULL ? (size_t)(end - mail.ptr) + 1 : mail.len;
		sl_mime_feed(mime, mail.ptr + r.line, r.next - r.line);
	}
	sl_mime_finish(mime);
	sl_mime_free(&mime);
	sl_buf_fini(&r.decoded);
	return r.given;
}
