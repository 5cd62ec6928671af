/* forward.c - see forward.h */

#include "digest/forward.h"

#include <stdio.h>

#include "digest/zone.h"
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

struct message {
	size_t	from, len;	/* its bytes */
	char	ids[SL_FORWARD_IDS_MAX][SL_FORWARD_ID_BYTES];
	size_t	id_lens[SL_FORWARD_IDS_MAX];
	int64_t	times_s[SL_FORWARD_IDS_MAX];
	size_t	ids_len;
};

struct sl_forwards {
	struct sl_mime		*mime;		/* reads the mail; NULL: it is complete */
	struct sl_mime_part	*open;		/* the message that is being read; NULL: none is */
	struct sl_mime		*header;	/* reads its header section */
	size_t			 header_len;	/* so far */
	bool			 header_over;
	struct sl_buf		 bytes;		/* of all messages, one behind the other */
	struct message		 messages[SL_FORWARD_MESSAGES_MAX];
	size_t			 len;		/* of those; without the one that is being read */
};

static bool
is_id_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The same id may stand in both of our fields, and the time in one of them. */
static void
add_id(struct message *m, struct sl_slice text, int64_t time_s)
{
	size_t len = 0, i = 0;

	while (len < text.len && is_id_byte(text.ptr[len]))
		len++;
	if (len < 8 || len > SL_FORWARD_ID_BYTES)
		return;
	while (i < m->ids_len && (m->id_lens[i] != len || memcmp(m->ids[i], text.ptr, len) != 0))
		i++;
	if (i == SL_FORWARD_IDS_MAX)
		return;
	if (i == m->ids_len) {
		memcpy(m->ids[i], text.ptr, len);
		m->id_lens[i] = len;
		m->ids_len++;
	}
	if (m->times_s[i] == 0)
		m->times_s[i] = time_s;
}

/* What stands behind `mark`; empty: it has none. */
static struct sl_slice
behind(struct sl_slice text, const char *mark)
{
	const unsigned char *at = text.len > 0 ? memmem(text.ptr, text.len, mark, strlen(mark)) : NULL;

	return at == NULL ? sl_slice("", 0) : sl_slice_from(text, (size_t)(at - text.ptr) + strlen(mark));
}

/* The end of a trace field as edges write it, "; Fri, 27 Nov 2026 00:00:00 +0000". 0: it is none. */
static int64_t
time_behind(struct sl_slice value)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const unsigned char *at = value.len > 0 ? memrchr(value.ptr, ';', value.len) : NULL;
	unsigned day, year, hour, minute, second;
	char text[64], month[4];
	const char *found;
	size_t len;

	if (at == NULL || (len = (size_t)(value.ptr + value.len - at) - 1) >= sizeof(text))
		return 0;
	memcpy(text, at + 1, len);
	text[len] = '\0';
	if (sscanf(text, " %*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u +0000", &day, month, &year, &hour, &minute, &second) != 6)
		return 0;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (found == NULL || (found - months) % 3 != 0 || day < 1 || day > 31 || year < 1970 || hour > 23 || minute > 59 || second > 60)
		return 0;
	return (sl_civil_days((int64_t)year, (unsigned)(found - months) / 3 + 1, day) * 24 + hour) * 3600 + minute * 60 + second;
}

/* "X-Sluice-Verdict: ham; id=ID" and "Received: from a ([192.0.2.1])\r\n\tby b (Sluice) with ESMTPS id ID", as edges write them. Programs
 * fold anew: white space is any. */
static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct sl_forwards *f = ctx;
	struct message *m = &f->messages[f->len];

	if (*path != '\0' || reading != 0)
		return;
	if (sl_slice_ieq(name, SL_SLICE_LIT("x-sluice-verdict"))) {
		add_id(m, behind(value, "id="), 0);
	} else if (sl_slice_ieq(name, SL_SLICE_LIT("received"))) {
		struct sl_slice rest = behind(behind(value, "(Sluice)"), "id");

		while (rest.len > 0 && rest.ptr[0] <= ' ')
			rest = sl_slice_from(rest, 1);
		add_id(m, rest, time_behind(value));
	}
}

static void
on_header_over(void *ctx, struct sl_mime_part *part)
{
	((struct sl_forwards *)ctx)->header_over = true;
	part->skip = true;
}

static void
header_begin(struct sl_forwards *f)
{
	static const struct sl_mime_sink sink = { .field = on_field, .begin = on_header_over };
	struct sl_mime_settings settings = sl_mime_defaults;

	settings.readings_max = 0;
	settings.hash = false;
	f->header = sl_mime_new(&settings, &sink, f);
	f->header_len = 0;
	f->header_over = false;
}

static void
header_feed(struct sl_forwards *f, struct sl_slice bytes)
{
	bytes.len = SL_MIN(bytes.len, (size_t)HEADER_MAX - f->header_len);
	f->header_len += bytes.len;
	while (bytes.len > 0 && !f->header_over) {	/* what follows it is not read */
		size_t step = SL_MIN(bytes.len, (size_t)HEADER_STEP);

		sl_mime_feed(f->header, bytes.ptr, step);
		bytes = sl_slice_from(bytes, step);
	}
}

static void
header_end(struct sl_forwards *f)
{
	if (!f->header_over)
		sl_mime_finish(f->header);	/* a field that the end cuts */
	sl_mime_free(&f->header);
}

/* ---- messages that are attached ---- */

static bool
is_message(const struct sl_mime_part *part)
{
	static const struct sl_slice end = { (const unsigned char *)".eml", 4 };

	for (size_t i = 0; i < part->names_count; i++)
		if (part->names[i].len > end.len && sl_slice_ieq(sl_slice_from(part->names[i], part->names[i].len - end.len), end))
			return !part->is_multipart;
	return part->is_message;
}

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct sl_forwards *f = ctx;

	part->skip = part->reading != 0 || f->open != NULL || f->len == SL_FORWARD_MESSAGES_MAX || !is_message(part);
	if (part->skip)
		return;
	f->open = part;
	f->messages[f->len] = (struct message){ .from = f->bytes.len };
	header_begin(f);
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	struct sl_forwards *f = ctx;
	struct message *m = &f->messages[f->len];

	if (part != f->open)
		return;
	bytes.len = SL_MIN(bytes.len, SL_MIN((size_t)SL_FORWARD_MESSAGE_MAX - m->len, (size_t)SL_FORWARD_BYTES_MAX - f->bytes.len));
	sl_buf_add_slice(&f->bytes, bytes);
	m->len += bytes.len;
	header_feed(f, bytes);
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct sl_forwards *f = ctx;

	if (part != f->open)
		return;
	f->open = NULL;
	header_end(f);
	f->len += f->messages[f->len].len > 0;
}

/* ---- the mail ---- */

struct sl_forwards *
sl_forwards_new(void)
{
	static const struct sl_mime_sink sink = { .begin = on_begin, .body = on_body, .end = on_end };
	struct sl_forwards *f = sl_xzalloc(sizeof(*f));
	struct sl_mime_settings settings = sl_mime_defaults;

	settings.readings_max = 0;
	settings.hash = false;
	settings.whole_messages = true;
	sl_buf_init(&f->bytes, SL_FORWARD_BYTES_MAX);
	f->mime = sl_mime_new(&settings, &sink, f);
	return f;
}

void
sl_forwards_free(struct sl_forwards **forwards)
{
	struct sl_forwards *f = *forwards;

	*forwards = NULL;
	if (f == NULL)
		return;
	sl_mime_free(&f->mime);
	sl_mime_free(&f->header);
	sl_buf_fini(&f->bytes);
	sl_free(f);
}

void
sl_forwards_feed(struct sl_forwards *f, struct sl_slice bytes)
{
	SL_ASSERT(f->mime != NULL);
	sl_mime_feed(f->mime, bytes.ptr, bytes.len);
}

void
sl_forwards_finish(struct sl_forwards *f)
{
	SL_ASSERT(f->mime != NULL);
	sl_mime_finish(f->mime);
	sl_mime_free(&f->mime);
}

size_t
sl_forwards_count(const struct sl_forwards *f)
{
	SL_ASSERT(f->mime == NULL);
	return f->len;
}

struct sl_forwarded
sl_forwards_at(const struct sl_forwards *f, size_t which)
{
	const struct message *m = &f->messages[which];
	struct sl_forwarded forwarded = { .ids_len = m->ids_len };

	SL_ASSERT(which < f->len);
	forwarded.message = sl_slice(f->bytes.data + m->from, m->len);
	for (size_t i = 0; i < m->ids_len; i++) {
		forwarded.ids[i] = sl_slice(m->ids[i], m->id_lens[i]);
		forwarded.times_s[i] = m->times_s[i];
	}
	return forwarded;
}
