/* fields.c - see mime/fields.h */

#include "mime/fields.h"

#define FIELDS_MAGIC	0xf1e1d50eu
#define LINE_END_MAX	2	/* CRLF */

enum fields_state {		/* what the next byte belongs to: */
	FIELDS_START,		/* a new line; nothing is open */
	FIELDS_NAME,		/* a name */
	FIELDS_NAME_SPACE,	/* white space between name and colon */
	FIELDS_VALUE,		/* a value, or its folds */
	FIELDS_VALUE_LINE,	/* a new line: more of the value, or the next field */
	FIELDS_MAILBOX_LINE,	/* a mailbox file's line */
	FIELDS_EMPTY_CR,	/* LF, if the line that holds only a CR so far is empty */
	FIELDS_BODY,
	FIELDS_FINISHED,
};

struct sl_fields {
	unsigned			 magic;
	enum fields_state		 state;
	bool				 fields_seen;	/* a name was read */
	size_t				 max_bytes;
	size_t				 colon;		/* its place in the open field */
	size_t				 open_bytes;	/* of the open field, before this buffer */
	struct sl_buf			 held;		/* of these, the first ones */
	const struct sl_fields_sink	*sink;		/* kept */
	void				*ctx;		/* kept */
};

/* A buffer being fed. */
struct piece {
	struct sl_slice	bytes;
	size_t		pos;	/* bytes looked at */
	size_t		from;	/* where the open field begins, or goes on */
};

struct sl_fields *
sl_fields_new(size_t field_max_bytes, const struct sl_fields_sink *sink, void *ctx)
{
	struct sl_fields *fields = sl_xzalloc(sizeof(*fields));

	SL_ASSERT(field_max_bytes >= 1 && field_max_bytes <= SIZE_MAX - LINE_END_MAX);
	fields->magic = FIELDS_MAGIC;
	fields->max_bytes = field_max_bytes;
	fields->sink = sink;
	fields->ctx = ctx;
	sl_buf_init(&fields->held, field_max_bytes + LINE_END_MAX);
	return fields;
}

void
sl_fields_free(struct sl_fields **fields)
{
	if (*fields != NULL)
		sl_buf_fini(&(*fields)->held);
	SL_OBJ_FREE(fields, FIELDS_MAGIC);
}

/* Bytes of the open field so far. */
static size_t
open_len(const struct sl_fields *f, const struct piece *in)
{
	return f->open_bytes + in->pos - in->from;
}

/* Keep what is open and lies in this buffer; what is too long is only counted. */
static void
hold(struct sl_fields *f, struct piece *in)
{
	size_t room = f->held.max_bytes - f->held.len;

	sl_buf_add(&f->held, in->bytes.ptr + in->from, SL_MIN(in->pos - in->from, room));
	f->open_bytes = open_len(f, in);
	in->from = in->pos;
}

/* The open field's bytes, its line end included, as far as they are known. Then nothing is open;
 * the bytes are valid until the next hold. */
static struct sl_slice
take_open(struct sl_fields *f, struct piece *in, size_t *len_out)
{
	struct sl_slice bytes;

	*len_out = open_len(f, in);
	if (f->open_bytes > 0) {
		hold(f, in);
		bytes = sl_buf_slice(&f->held);
	} else {
		bytes = sl_slice(in->bytes.ptr + in->from, in->pos - in->from);
	}
	sl_buf_reset(&f->held);
	f->open_bytes = 0;
	in->from = in->pos;
	return bytes;
}

/* Without the line end, and no longer than the limit. */
static struct sl_slice
without_line_end(const struct sl_fields *f, struct sl_slice s, size_t len, bool *cut_out)
{
	if (len == s.len && len > 0 && s.ptr[len - 1] == '\n')
		s.len -= len > 1 && s.ptr[len - 2] == '\r' ? 2 : 1;
	*cut_out = s.len > f->max_bytes;
	s.len = SL_MIN(s.len, f->max_bytes);
	return s;
}

static void
give_field(struct sl_fields *f, struct piece *in)
{
	size_t len;
	bool cut, named = f->state != FIELDS_MAILBOX_LINE;
	struct sl_slice line = take_open(f, in, &len), name = sl_slice(line.ptr, 0);

	line = without_line_end(f, line, len, &cut);
	if (named) {
		name = sl_slice_trim(sl_slice(line.ptr, f->colon));
		line = sl_slice_from(line, f->colon + 1);
	}
	if (f->sink->field != NULL)
		f->sink->field(f->ctx, name, line, cut);
}

static void
give_body(struct sl_fields *f, struct sl_slice bytes)
{
	if (bytes.len > 0 && f->sink->body != NULL)
		f->sink->body(f->ctx, bytes);
}

static void
end_header(struct sl_fields *f, bool proper)
{
	f->state = FIELDS_BODY;
	if (f->sink->header_end != NULL)
		f->sink->header_end(f->ctx, proper);
}

/* The line cannot be a field: it is where the body begins. */
static void
not_a_field(struct sl_fields *f, struct piece *in)
{
	end_header(f, false);
	give_body(f, sl_buf_slice(&f->held));	/* whole: a name is shorter than the limit */
	in->pos = in->from;
}

static bool
is_name_byte(unsigned char c)
{
	return c > 32 && c < 127 && c != ':';
}

/* Go to the end of a name, or to the limit. */
static void
pass_name(struct sl_fields *f, struct piece *in)
{
	size_t room = f->max_bytes - open_len(f, in);
	size_t end = in->pos + SL_MIN(room, in->bytes.len - in->pos);

	while (in->pos < end && is_name_byte(in->bytes.ptr[in->pos]))
		in->pos++;
}

/* Is the line that is open, and just had a byte after "From ", one of a mailbox file? */
static bool
is_mailbox_line(struct sl_fields *f, struct piece *in)
{
	struct sl_slice s;

	if (f->fields_seen)
		return false;
	hold(f, in);
	s = sl_buf_slice(&f->held);
	while (s.len > 0 && s.ptr[0] == '>')
		s = sl_slice_from(s, 1);
	return s.len >= 5 && memcmp(s.ptr, "From ", 5) == 0;
}

/* In the first line of a field, before its colon. */
static void
step_name(struct sl_fields *f, struct piece *in)
{
	unsigned char c = in->bytes.ptr[in->pos];
	bool space = c == ' ' || c == '\t', first = open_len(f, in) == 0;

	if (open_len(f, in) >= f->max_bytes) {
		not_a_field(f, in);
	} else if (c == ':' && !first) {
		f->colon = open_len(f, in);
		f->fields_seen = true;
		f->state = FIELDS_VALUE;
		in->pos++;
	} else if (space && !first) {
		f->state = FIELDS_NAME_SPACE;
		in->pos++;
	} else if (f->state == FIELDS_NAME && is_name_byte(c)) {
		pass_name(f, in);
	} else if (f->state == FIELDS_NAME_SPACE && is_mailbox_line(f, in)) {
		f->state = FIELDS_MAILBOX_LINE;
	} else {
		not_a_field(f, in);
	}
}

/* At the first byte of a line, nothing being open. */
static void
step_line(struct sl_fields *f, struct piece *in)
{
	unsigned char c = in->bytes.ptr[in->pos];

	in->from = in->pos;
	if (c == '\n') {
		in->pos++;
		end_header(f, true);
	} else if (c == '\r') {
		in->pos++;
		f->state = FIELDS_EMPTY_CR;
	} else {
		f->state = FIELDS_NAME;
	}
}

static void
step_empty_cr(struct sl_fields *f, struct piece *in)
{
	if (in->bytes.ptr[in->pos] != '\n') {
		not_a_field(f, in);
		return;
	}
	in->pos++;
	end_header(f, true);
}

/* Go to the end of a line of a value, or of a mailbox file's line. */
static void
pass_line(struct sl_fields *f, struct piece *in)
{
	const unsigned char *at = in->bytes.ptr + in->pos;
	const unsigned char *lf = memchr(at, '\n', in->bytes.len - in->pos);

	in->pos += lf != NULL ? (size_t)(lf - at) + 1 : in->bytes.len - in->pos;
	if (lf == NULL)
		return;
	if (f->state == FIELDS_VALUE) {
		f->state = FIELDS_VALUE_LINE;
	} else {
		give_field(f, in);
		f->state = FIELDS_START;
	}
}

static void
step_value_line(struct sl_fields *f, struct piece *in)
{
	unsigned char c = in->bytes.ptr[in->pos];

	if (c == ' ' || c == '\t') {
		f->state = FIELDS_VALUE;
		return;
	}
	give_field(f, in);
	f->state = FIELDS_START;
}

static void
step(struct sl_fields *f, struct piece *in)
{
	switch (f->state) {
	case FIELDS_START:
		step_line(f, in);
		return;
	case FIELDS_NAME:
	case FIELDS_NAME_SPACE:
		step_name(f, in);
		return;
	case FIELDS_VALUE:
	case FIELDS_MAILBOX_LINE:
		pass_line(f, in);
		return;
	case FIELDS_VALUE_LINE:
		step_value_line(f, in);
		return;
	case FIELDS_EMPTY_CR:
		step_empty_cr(f, in);
		return;
	case FIELDS_BODY:
		give_body(f, sl_slice_from(in->bytes, in->pos));
		in->pos = in->from = in->bytes.len;
		return;
	case FIELDS_FINISHED:
		break;
	}
	SL_UNREACHABLE("fed after the end");
}

void
sl_fields_feed(struct sl_fields *f, const unsigned char *data, size_t len)
{
	struct piece in = { .bytes = sl_slice(data, len) };

	SL_CHECK(f, FIELDS_MAGIC);
	SL_ASSERT(f->state != FIELDS_FINISHED);
	while (in.pos < len)
		step(f, &in);
	if (f->state == FIELDS_BODY)
		sl_buf_fini(&f->held);
	else if (len > 0)
		hold(f, &in);
}

void
sl_fields_finish(struct sl_fields *f)
{
	struct piece none = { .bytes = SL_SLICE_LIT("") };

	SL_CHECK(f, FIELDS_MAGIC);
	SL_ASSERT(f->state != FIELDS_FINISHED);
	if (f->state == FIELDS_VALUE || f->state == FIELDS_VALUE_LINE ||
	    f->state == FIELDS_MAILBOX_LINE)
		give_field(f, &none);
	else if (f->state != FIELDS_START && f->state != FIELDS_BODY)
		not_a_field(f, &none);
	if (f->state != FIELDS_BODY)
		end_header(f, false);
	sl_buf_fini(&f->held);
	f->state = FIELDS_FINISHED;
}
