/* header.c - header lines (see mime_i.h) */

#include "mime_i.h"
#include "scan_i.h"

/* A field is complete: keep it, judge it, give it. */
static void
field_tell(struct reader *r, struct sl_slice field, bool cut)
{
	const struct sl_mime_sink *sink = r->mime->sink;
	const unsigned char *colon = memchr(field.ptr, ':', field.len);
	struct sl_slice name, value;

	if (r->header.fields > FIELDS_ORDINARY && field.len < FIELD_SHORT)
		return;
	name = sl_slice_trim(colon == NULL ? field : sl_slice(field.ptr, (size_t)(colon - field.ptr)));
	value = colon == NULL ? sl_slice(NULL, 0) : sl_slice_from(field, (size_t)(colon - field.ptr) + 1);
	if (value.len > 0 && value.ptr[0] == ' ')
		value = sl_slice_from(value, 1);
	header_add(&r->header, name, value);
	if (r->header.fields == FIELDS_ORDINARY + 1)
		mime_finding(r->mime, &r->header.found, SL_MIME_FIELDS, r->path, name);
	if (name.len == 0 || memchr(name.ptr, ' ', name.len) != NULL || name.ptr[0] < ' ')
		mime_finding(r->mime, &r->header.found, SL_MIME_FIELD_NAME, r->path, name);
	if (r->after_junk && is_structural(name))
		reader_doubt(r, SL_MIME_HEADER_JUNK);
	if (cut)
		mime_finding(r->mime, &r->header.found, SL_MIME_FIELD_CUT, r->path, name);
	if (sink->field != NULL)
		sink->field(r->mime->ctx, r->path, r->reading, name, value, cut);
}

/* The field that is open is complete. */
void
header_field_done(struct reader *r)
{
	if (r->field.len == 0)
		return;
	field_tell(r, sl_buf_slice(&r->field), r->field_cut || r->field.overflow);
	sl_buf_reset(&r->field);
	r->field_cut = false;
}

/* Does the header end here, for some programs, at a line that is no field; for others it goes on?
 * Both: here ends the header of this reading, a lane reads on. */
static void
header_forks(struct reader *r)
{
	struct header copy;
	struct reader *other;
	char *path = sl_xstrdup(r->path);
	bool message = r->message, digest = r->digest;

	header_field_done(r);
	mime_finding(r->mime, &r->header.found, SL_MIME_HEADER_NO_END, r->path, sl_slice(NULL, 0));
	header_copy(&copy, &r->header);
	entity_open(r);
	if (r->state == READER_BODY && (other = lane_add_reader(r, r->depth - 1, SL_TRANSFER_IDENTITY, false)) != NULL) {
		header_start(other, path, message, digest);
		other->header = copy;		/* taken */
		other->skips_junk = other->after_junk = true;
		return;
	}
	header_fini(&copy);
	sl_free(path);
}

/* Is this a field's first line? Names with white space inside are not well-formed but common. */
static bool
is_field(struct sl_slice line)
{
	size_t i = 0;

	if (line.len > 0 && line.ptr[0] == ':')
		return true;
	while (i < line.len && line.ptr[i] != ':' && (line.ptr[i] <= ' ' || line.ptr[i] >= 0x7f))
		i++;
	return i < line.len && line.ptr[i] != ':' && memchr(line.ptr + i, ':', line.len - i) != NULL;
}

/* "From sender date", the first line of a message in a mailbox file, is not of the message. */
static bool
is_mailbox_line(const struct reader *r, struct sl_slice line)
{
	return r->message && r->header.fields == 0 && r->field.len == 0 &&
	    (sl_slice_istarts(line, SL_SLICE_LIT("From ")) || sl_slice_istarts(line, SL_SLICE_LIT(">From ")));
}

static bool
is_blank(struct sl_slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
			return false;
	return true;
}

/* Other readings of the whole see its header, too. */
static inline void
lanes_see(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	if (r->lanes_count > 0)
		lanes_feed(r, line, eol);
}

/* One whole line of a header, or the first field_max_bytes of it (then `eol` is empty). */
void
header_line(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	bool last = false;
	unsigned depth;

	if (looks_like_boundary(line) && (depth = boundary_match(r, line, &last)) != 0 &&
	    (last || reader_part_allowed(r, r->path))) {
		entity_open(r);			/* a part without a body */
		if (r->state == READER_HEADER)	/* a message, with neither header nor body */
			entity_open(r);
		boundary_enter(r, depth, last, line, eol);
		return;
	}
	if (line.len == 0 || (r->skips_junk && is_blank(line))) {
		lanes_see(r, line, eol);
		entity_open(r);
	} else if ((line.ptr[0] == ' ' || line.ptr[0] == '\t') && (r->field.len > 0 || r->skips_junk)) {
		lanes_see(r, line, eol);
		if (r->field.len > 0) {
			sl_buf_add_str(&r->field, "\r\n");
			sl_buf_add_slice(&r->field, line);
		}
	} else if (is_mailbox_line(r, line)) {
		lanes_see(r, line, eol);
	} else if (is_field(line)) {
		lanes_see(r, line, eol);
		header_field_done(r);
		sl_buf_add_slice(&r->field, line);
		r->field_cut |= eol.len == 0 && line.len >= r->mime->settings.field_max_bytes;
	} else if (r->skips_junk) {
		lanes_see(r, line, eol);
		header_field_done(r);
		r->after_junk = true;
	} else {
		header_forks(r);
		if (r->state == READER_HEADER)		/* a message in the same reader */
			header_line(r, line, eol);
		else
			body_line(r, line, eol);
	}
}

/* Is `line` a field by itself: whole, at the start of what comes, and no fold behind it? Then it need not be held. */
static bool
stands_alone(const struct reader *r, struct sl_slice line, struct sl_slice in, struct sl_slice eol)
{
	unsigned char next;

	if (r->line.len > 0 || eol.len == 0 || line.len + eol.len == in.len || line.len == 0)
		return false;
	next = in.ptr[line.len + eol.len];
	return next != ' ' && next != '\t' && line.ptr[0] != ' ' && line.ptr[0] != '\t' && !looks_like_boundary(line) &&
	    !is_mailbox_line(r, line) && is_field(line);
}

/* In a header that has fields beyond measure: run over those that field_tell keeps to itself. Nothing that is
 * looked for in a header is so short. Returns how many bytes. */
static size_t
short_fields_pass(struct reader *r, struct sl_slice in)
{
	size_t at = 0;

	while (at + FIELD_SHORT < in.len) {
		const unsigned char *p = in.ptr + at;
		size_t len = 0;
		bool colon = false;

		while (len < FIELD_SHORT && p[len] != '\n')
			colon |= p[len++] == ':';
		if (len == FIELD_SHORT || !colon || p[0] <= ' ' || p[0] >= 0x7f || p[0] == '-' || p[len + 1] == ' ' || p[len + 1] == '\t')
			break;
		at += len + 1;
	}
	return at;
}

size_t
header_feed(struct reader *r, struct sl_slice in)
{
	const unsigned char *eol = find_lf(in.ptr, in.ptr + in.len);
	size_t n = eol == NULL ? in.len : (size_t)(eol - in.ptr) + 1, limit = r->mime->settings.field_max_bytes;
	struct sl_slice line = sl_slice(in.ptr, n), end;

	if (r->rest_of_line) {
		end = eol_of(line);
		r->rest_of_line = end.len == 0;
		lanes_see(r, sl_slice(line.ptr, line.len - end.len), end);
		r->bytes += n;
		return n;
	}
	if (r->line.len > 0 || eol == NULL || n > limit) {
		n = SL_MIN(n, limit - r->line.len);
		sl_buf_add(&r->line, in.ptr, n);
		line = sl_buf_slice(&r->line);
		if (line.ptr[line.len - 1] != '\n' && line.len < limit)
			return n;
	}
	end = eol_of(line);
	line.len -= end.len;
	if (stands_alone(r, line, in, end)) {
		lanes_see(r, line, end);
		header_field_done(r);
		field_tell(r, line, false);
		if (r->header.fields > FIELDS_ORDINARY && r->lanes_count == 0)
			n += short_fields_pass(r, sl_slice_from(in, n));
		r->bytes += n;
		return n;
	}
	r->rest_of_line = end.len == 0;
	header_line(r, line, end);
	if (r->rest_of_line && r->state == READER_BODY) {
		r->rest_of_line = false;
		r->mid_line = true;
	}
	r->bytes += line.len + end.len;
	sl_buf_reset(&r->line);
	return n;
}
