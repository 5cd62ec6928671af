/* sa_message.c - header and MIME parts, read as SpamAssassin reads them (Message.pm) */

#include "rules/sa_i.h"

/* ---- lines ---- */

/* The line at `at`, its LF included. */
static struct sl_slice
line_at(struct sl_slice text, size_t at)
{
	size_t end = sa_index(text, '\n', at);

	return sa_sub(text, at, end == SIZE_MAX ? text.len : end + 1);
}

static bool
is_blank(struct sl_slice line)
{
	return sa_trim(line).len == 0;
}

/* Visible ASCII without ':', at least one; then blanks, if they may be, and ':'. */
static bool
is_field_line(struct sl_slice line, bool blanks)
{
	size_t i = 0;

	while (i < line.len && line.ptr[i] > ' ' && line.ptr[i] < 0x7f && line.ptr[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (blanks && i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
		i++;
	return i < line.len && line.ptr[i] == ':';
}

static bool
is_fold(struct sl_slice line)
{
	return line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

/* ---- fields ---- */

const struct sa_field *
sa_field_first(const struct sa_node *node, struct sl_slice name)
{
	for (size_t i = 0; i < node->fields.len; i++) {
		const struct sa_field *f = &node->fields.at[i];

		if (f->is_first && sl_slice_ieq(f->name, name))
			return f;
	}
	return NULL;
}

const struct sa_field *
sa_field_last(const struct sa_node *node, struct sl_slice name)
{
	const struct sa_field *f = sa_field_first(node, name);

	while (f != NULL && f->next != SIZE_MAX)
		f = &node->fields.at[f->next];
	return f;
}

/* Folds to a blank each, white space at both ends off. */
static struct sl_slice
unfold(struct sl_sa_view *view, struct sl_slice raw)
{
	unsigned char *out = sa_alloc(view, raw.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.len;) {
		size_t next = i + 1;

		if (raw.ptr[i] == '\n' && next < raw.len && is_fold(sl_slice_from(raw, next))) {
			while (next < raw.len && is_fold(sl_slice_from(raw, next)))
				next++;
			out[n++] = ' ';
		} else {
			out[n++] = raw.ptr[i];
		}
		i = next;
	}
	return sa_trim(sl_slice(out, n));
}

static void
field_add(struct sl_sa_view *view, struct sa_node *node, struct sl_slice name, struct sl_slice raw)
{
	struct sa_fields *fields = &node->fields;
	struct sa_field *f;
	size_t before = SIZE_MAX;

	if (fields->len == SA_FIELDS_MAX)
		return;
	if (fields->len == fields->size) {
		fields->size = fields->size == 0 ? 16 : fields->size * 2;
		fields->at = sl_xrealloc(fields->at, fields->size * sizeof(*fields->at));
	}
	for (size_t i = 0; i < fields->len; i++) {
		if (fields->at[i].is_first && sl_slice_ieq(fields->at[i].name, name)) {
			before = i;
			break;
		}
	}
	f = &fields->at[fields->len];
	*f = (struct sa_field){ .name = name, .raw = raw, .next = SIZE_MAX, .is_first = before == SIZE_MAX };
	f->value = sa_decode_words(view, unfold(view, raw), name);
	while (before != SIZE_MAX && fields->at[before].next != SIZE_MAX)
		before = fields->at[before].next;
	if (before != SIZE_MAX)
		fields->at[before].next = fields->len;
	fields->len++;
}

/* ---- Content-Type ---- */

static bool
type_is_text(const struct sl_sa_view *view, struct sl_slice type)
{
	return sa_test(view->conf, SA_RE_TYPE_TEXT, type);
}

/* "name*0=a; name*1=b" */
static struct sl_slice
name_continued(struct sl_sa_view *view, struct sl_slice value)
{
	struct sl_slice pieces[100] = { 0 };
	struct sa_match m;
	size_t from = 0;

	while (from <= value.len && sa_match(view->conf, SA_RE_FILE_NAME_N, value, from, &m)) {
		uint64_t n;

		if (sl_slice_to_u64(sa_group(&m, 1), SL_COUNT(pieces) - 1, &n) == 0)
			pieces[n] = sa_group(&m, 2);
		from = m.groups[1];
	}
	return sa_cat(view, pieces, SL_COUNT(pieces));
}

static bool
is_type_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("\"(),:;<=>?@[\\]", c) == NULL;
}

void
sa_content_type(struct sl_sa_view *view, struct sl_slice value, struct sa_content_type *out)
{
	struct sa_match m;
	unsigned char *type;
	size_t n = 0;

	*out = (struct sa_content_type){ 0 };
	if (value.len == 0 || sl_slice_eq(value, SL_SLICE_LIT("0"))) {
		out->is_missing = true;
		value = SL_SLICE_LIT("text/plain; charset=us-ascii");
	}
	if (sa_match(view->conf, SA_RE_BOUNDARY, value, 0, &m)) {
		struct sl_slice b = sa_group(&m, 1);

		out->has_boundary = true;	/* a quote can only be the first */
		out->boundary = b.len > 0 && b.ptr[0] == '"' ? sl_slice_from(b, 1) : b;
	}
	out->has_charset = sa_match(view->conf, SA_RE_CHARSET, value, 0, &m);
	if (out->has_charset)
		out->charset = sa_group(&m, 1);
	out->has_name = sa_match(view->conf, SA_RE_FILE_NAME, value, 0, &m);
	if (out->has_name)
		out->name = sa_group(&m, 1);
	if (out->name.len == 0 && sa_test(view->conf, SA_RE_FILE_NAME_0, value)) {
		out->name = name_continued(view, value);
		out->has_name = true;
	}
	value = sa_trim(value);
	if (sa_index(value, ';', 0) != SIZE_MAX)
		value.len = sa_index(value, ';', 0);
	if (sa_match(view->conf, SA_RE_TYPE_ONLY, value, 0, &m))
		value = sa_group(&m, 0);
	value = sa_lower(view, value);
	if (value.len == 0)
		out->is_missing = true;
	if (value.len == 0 || type_is_text(view, value))
		value = SL_SLICE_LIT("text/plain");
	type = sa_alloc(view, value.len + 1);
	for (size_t i = 0; i < value.len; i++) {
		if (is_type_char(value.ptr[i]))
			type[n++] = value.ptr[i];
	}
	out->type = sl_slice(type, n);
}

static void
node_content_type(struct sl_sa_view *view, const struct sa_node *node, struct sa_content_type *out)
{
	const struct sa_field *f = sa_field_last(node, SL_SLICE_LIT("content-type"));

	sa_content_type(view, f == NULL ? sl_slice("", 0) : f->value, out);
}

/* ---- a message's header ---- */

struct job {
	struct sa_node	*node;
	bool		 has_boundary;
	struct sl_slice	 boundary;
	struct sl_slice	 body;
	int		 depth;		/* how many levels may still be opened */
};

struct jobs {
	struct job	*at;
	size_t		 len, size, next;
};

static void
jobs_add(struct jobs *jobs, const struct job *job)
{
	if (jobs->len == jobs->size) {
		jobs->size = jobs->size == 0 ? 16 : jobs->size * 2;
		jobs->at = sl_xrealloc(jobs->at, jobs->size * sizeof(*jobs->at));
	}
	jobs->at[jobs->len++] = *job;
}

struct head {
	struct sl_sa_view	*view;
	struct sa_node		*node;
	struct sl_slice		 text;
	bool			 crlf;
	bool			 has_field;
	size_t			 field_start;	/* in `buf` */
	struct sl_buf		 buf;		/* pristine_headers */
	unsigned		*flags;
};

static struct sl_slice
without_cr(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out;
	size_t n = 0;

	if (s.len == 0 || memchr(s.ptr, '\r', s.len) == NULL)
		return s;
	out = sa_alloc(view, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\r' || i + 1 == s.len || s.ptr[i + 1] != '\n')
			out[n++] = s.ptr[i];
	}
	return sl_slice(out, n);
}

/* The field that was collected: "name: value" with its folds. */
static void
head_field(struct head *h)
{
	struct sl_slice field, name, value;
	size_t colon;

	if (!h->has_field)
		return;
	field = sa_keep(h->view, sl_slice_from(sl_buf_slice(&h->buf), h->field_start));
	colon = sa_index(field, ':', 0);
	if (colon == SIZE_MAX)
		return;
	name = sa_sub(field, 0, colon);
	while (name.len > 0 && (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
		name.len--;
	value = sl_slice_from(field, colon + 1);
	if (h->crlf)
		value = without_cr(h->view, value);
	if (name.len > SA_NAME_MAX || value.len > SA_VALUE_MAX)
		*h->flags |= SA_TRUNCATED_HEADER;
	if (h->node == h->view->root && sl_slice_istarts(name, SL_SLICE_LIT("X-Spam-")))
		return;		/* what another such program had to say is not looked at */
	name.len = SL_MIN(name.len, SA_NAME_MAX);
	value.len = SL_MIN(value.len, SA_VALUE_MAX);
	field_add(h->view, h->node, name, value);
}

static void
head_add(struct head *h, struct sl_slice line)
{
	if (h->crlf && line.len > 0 && line.ptr[line.len - 1] == '\n' &&
	    (line.len < 2 || line.ptr[line.len - 2] != '\r')) {
		sl_buf_add(&h->buf, line.ptr, line.len - 1);
		sl_buf_add_str(&h->buf, "\r\n");
	} else {
		sl_buf_add_slice(&h->buf, line);
	}
}

/* Returns where the body starts. */
static size_t
head_read(struct head *h, size_t at)
{
	unsigned errors = 0;

	while (at < h->text.len) {
		struct sl_slice line = line_at(h->text, at);
		bool is_end = sl_slice_eq(line, h->crlf ? SL_SLICE_LIT("\r\n") : SL_SLICE_LIT("\n")) ||
		    (h->crlf && sl_slice_eq(line, SL_SLICE_LIT("\n")));

		if (is_fold(line)) {
			if (!h->has_field)
				h->field_start = h->buf.len;
			h->has_field = true;
			head_add(h, line);
			at += line.len;
			continue;
		}
		head_field(h);
		h->has_field = false;
		if (is_end) {
			head_add(h, line);
			return at + line.len;
		}
		if (sa_starts(line, SL_SLICE_LIT("--")) || (!is_field_line(line, true) && ++errors > 3)) {
			*h->flags |= SA_MISSING_HEAD_BODY_SEPARATOR;
			return at;
		}
		h->field_start = h->buf.len;
		h->has_field = true;
		head_add(h, line);
		at += line.len;
	}
	head_field(h);
	*h->flags |= SA_MISSING_HEAD_BODY_SEPARATOR;
	return at;
}

/* ---- a message's body ---- */

#define BLANK_LINES_MAX	20

static size_t
put_line(unsigned char *out, struct sl_slice line, bool crlf)
{
	size_t len = line.len;

	if (crlf && sa_ends(line, SL_SLICE_LIT("\r\n"))) {
		memcpy(out, line.ptr, len - 2);
		out[len - 2] = '\n';
		return len - 1;
	}
	memcpy(out, line.ptr, len);
	return len;
}

/* Of a run of blank lines longer than the limit, the first and the last so many stay. What opens a body has its
 * first line counted as the line before. */
static size_t
put_blanks(unsigned char *out, struct sl_slice run, size_t lines, bool opens, bool crlf)
{
	size_t first = opens ? 2 : 1, counted = lines - (opens ? 1 : 0), n = 0, i = 0;
	size_t cut = counted > BLANK_LINES_MAX ? counted - BLANK_LINES_MAX : 0;

	for (size_t at = 0; at < run.len; i++) {
		struct sl_slice line = line_at(run, at);

		if (i < first || i >= first + cut)
			n += put_line(out + n, line, crlf);
		at += line.len;
	}
	return n;
}

/* Longer runs of blank lines are cut short, CRLF becomes LF if the message has it so. */
static struct sl_slice
body_lines(struct sl_sa_view *view, struct sl_slice in, bool crlf)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0, run_start = 0, run = 0;

	for (size_t at = 0; at < in.len;) {
		struct sl_slice line = line_at(in, at);

		at += line.len;
		if (is_blank(line)) {
			run_start = run == 0 ? at - line.len : run_start;
			run++;
			if (at < in.len)
				continue;
			line.len = 0;
		}
		if (run > 0)
			n += put_blanks(out + n, sa_sub(in, run_start, at - line.len), run, run_start == 0, crlf);
		run = 0;
		n += put_line(out + n, line, crlf);
	}
	return sl_slice(out, n);
}

static bool
is_boundary_line(struct sl_slice line, struct sl_slice boundary, bool *is_last)
{
	struct sl_slice rest;

	if (!sa_starts(line, SL_SLICE_LIT("--")) || !sa_starts(sl_slice_from(line, 2), boundary))
		return false;
	rest = sl_slice_from(line, 2 + boundary.len);
	*is_last = sa_starts(rest, SL_SLICE_LIT("--"));
	return is_blank(*is_last ? sl_slice_from(rest, 2) : rest);
}

/* A text that is not a boundary's whole line but starts as one. */
static bool
starts_boundary(struct sl_slice line, struct sl_slice boundary)
{
	return sa_starts(line, SL_SLICE_LIT("--")) && sa_starts(sl_slice_from(line, 2), boundary);
}

static bool
is_mbox_line(struct sl_slice line)
{
	size_t i = 5;

	if (!sa_starts(line, SL_SLICE_LIT("From")) || line.len < 5 || !sa_is_space(line.ptr[4]))
		return false;
	while (i < line.len && sa_is_space(line.ptr[i]))
		i++;
	/* White space, and not ':' after as much of it as may be, or after less of it. */
	return i > 5 || i == line.len || line.ptr[i] != ':';
}

static void
message_read(struct sl_sa_view *view, struct sa_node *node, struct sl_slice text, int depth, unsigned *flags,
    struct jobs *jobs)
{
	struct head h = { .view = view, .node = node, .flags = flags };
	struct sa_content_type type;
	struct sl_slice body, first;
	size_t at = 0;

	if (text.len == 0)
		text = SL_SLICE_LIT("\n");
	first = line_at(text, 0);
	if (is_mbox_line(first)) {
		if (node == view->root)
			view->mbox_line = first;
		at = first.len;
		first = line_at(text, at);
	}
	{
		const unsigned char *end = text.len > at + 1
		    ? memrchr(text.ptr + at, '\n', text.len - at - 1) : NULL;
		struct sl_slice last = end == NULL ? sl_slice_from(text, at)
		    : sl_slice_from(text, (size_t)(end - text.ptr) + 1);

		h.crlf = sa_find(first, SL_SLICE_LIT("\r\n"), 0) != SIZE_MAX ||
		    sa_find(last, SL_SLICE_LIT("\r\n"), 0) != SIZE_MAX;
	}
	h.text = text;
	sl_buf_init(&h.buf, text.len * 2 + 16);
	at = head_read(&h, at);
	body = sl_slice_from(text, at);
	if (node == view->root) {
		view->crlf = h.crlf;
		view->pristine_headers = sa_keep(view, sl_buf_slice(&h.buf));
		view->pristine_body = body;
		view->pristine = SA_CAT(view, view->pristine_headers, body);
	}
	sl_buf_fini(&h.buf);
	body = body_lines(view, body, h.crlf);
	node_content_type(view, node, &type);
	node->type = type.type;
	first = line_at(body, 0);
	if (sa_starts(node->type, SL_SLICE_LIT("multipart/")) && first.len < body.len && !is_blank(first) &&
	    (!type.has_boundary || !starts_boundary(first, type.boundary)))
		body = SA_CAT(view, SL_SLICE_LIT("\n"), body);
	jobs_add(jobs, &(struct job){ node, type.has_boundary, type.boundary, body, depth });
}

/* ---- parts ---- */

static void
node_add(struct sa_node *parent, struct sa_node *child)
{
	if (parent->first == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->has_children = true;
}

struct multi {
	struct sl_sa_view	*view;
	struct sa_node		*parent;
	const struct job	*job;
	struct jobs		*jobs;
	struct sa_node		*part;
	bool			 in_body, has_body, has_field, nested;
	struct sl_slice		 field;
	struct sl_buf		 body;
	size_t			 last_line;	/* where it starts in `body` */
	size_t			 parts;
};

static void
multi_field(struct multi *m)
{
	struct sl_slice name = m->field, value = sl_slice("", 0);
	size_t colon = sa_index(m->field, ':', 0);

	if (!m->has_field)
		return;
	m->has_field = false;
	if (colon != SIZE_MAX) {
		name = sa_sub(m->field, 0, colon);
		value = sl_slice_from(m->field, colon + 1);
		while (value.len > 0 && sa_is_space(value.ptr[0]))
			value = sl_slice_from(value, 1);
	}
	field_add(m->view, m->part, name, value);
}

/* Lines that are too long are cut into several. */
static void
multi_body(struct multi *m, struct sl_slice line)
{
	m->has_body = true;
	while (line.len > SA_LINE_MAX) {
		sl_buf_add(&m->body, line.ptr, SA_LINE_MAX);
		sl_buf_add_byte(&m->body, '\n');
		line = sl_slice_from(line, SA_LINE_MAX);
	}
	m->last_line = m->body.len;
	sl_buf_add_slice(&m->body, line);
}

/* The header of the part ends at this line, which is the body's unless it is blank. Returns true for that. */
static bool
multi_head_end(struct multi *m, struct sl_slice line)
{
	struct sl_slice name = m->field;
	size_t colon = sa_index(m->field, ':', 0);
	bool had = m->has_field;

	multi_field(m);
	if (had && colon != SIZE_MAX) {
		name.len = colon;
		if (m->job->has_boundary && sl_slice_ieq(name, SL_SLICE_LIT("content-type"))) {
			struct sa_content_type type;

			node_content_type(m->view, m->part, &type);
			if (type.has_boundary && sl_slice_eq(type.boundary, m->job->boundary))
				m->nested = true;
		}
	}
	m->in_body = true;
	if (sl_slice_eq(line, SL_SLICE_LIT("\n")) || sl_slice_eq(line, SL_SLICE_LIT("\r\n")) ||
	    sl_slice_eq(line, SL_SLICE_LIT("\r")))
		return true;
	m->view->flags |= SA_MISSING_MIME_HEAD_BODY_SEPARATOR;
	return false;
}

static void
multi_line(struct multi *m, struct sl_slice line)
{
	if (!m->in_body) {
		if (is_field_line(line, true)) {
			multi_field(m);
			m->field = line;
			m->has_field = true;
			return;
		}
		if (is_fold(line) && m->has_field) {	/* the lines stand behind each other */
			m->field.len += line.len;
			return;
		}
		if (multi_head_end(m, line))
			return;
	}
	multi_body(m, line);
}

static void
multi_part_end(struct multi *m)
{
	struct sa_content_type type;
	struct sl_slice boundary;

	node_content_type(m->view, m->part, &type);
	m->part->type = type.type;
	if (type.is_missing && sl_slice_eq(m->parent->type, SL_SLICE_LIT("multipart/digest")))
		m->part->type = SL_SLICE_LIT("message/rfc822");
	boundary = type.has_boundary && type.boundary.len > 0 ? type.boundary : m->job->boundary;
	node_add(m->parent, m->part);
	jobs_add(m->jobs, &(struct job){ m->part, type.has_boundary || m->job->has_boundary, boundary,
	    sa_keep(m->view, sl_buf_slice(&m->body)), m->job->depth - 1 });
	m->part = sa_alloc(m->view, sizeof(*m->part));
	m->in_body = m->has_body = m->has_field = false;
	m->last_line = 0;
	sl_buf_reset(&m->body);
}

/* The line end before a boundary is the boundary's. */
static void
multi_chomp(struct multi *m)
{
	if (m->has_body && m->body.len > m->last_line && m->body.data[m->body.len - 1] == '\n')
		m->body.len--;
}

/* Up to the first boundary. */
static size_t
multi_preamble(struct multi *m, struct sl_slice body)
{
	bool is_last;

	for (size_t at = 0; m->job->has_boundary && at < body.len;) {
		struct sl_slice line = line_at(body, at);

		at += line.len;
		if (is_boundary_line(line, m->job->boundary, &is_last) && !is_last) {
			if (at < body.len && !is_field_line(line_at(body, at), false))
				m->view->flags |= SA_MISSING_MIME_HEADERS;
			return at;
		}
	}
	return 0;
}

static void
multi_epilogue(struct sl_sa_view *view, struct sl_slice rest)
{
	for (size_t i = 0; i < rest.len; i++) {
		if (!sa_is_space(rest.ptr[i]) && rest.ptr[i] != '.') {
			view->flags |= SA_MIME_EPILOGUE;
			return;
		}
	}
}

static void
multi_read(struct multi *m, struct sl_slice body)
{
	size_t at = multi_preamble(m, body);

	while (at < body.len) {
		struct sl_slice line = line_at(body, at);
		bool is_last = false;
		bool is_end = m->job->has_boundary && is_boundary_line(line, m->job->boundary, &is_last);

		at += line.len;
		is_last = is_last && is_end;
		if (is_end && m->nested) {	/* two levels with one boundary */
			is_end = false;
			m->nested = !is_last;
		}
		if (!is_end && at < body.len) {
			multi_line(m, line);
			continue;
		}
		if (is_end)
			multi_chomp(m);
		else
			multi_body(m, line);
		multi_part_end(m);
		if (m->job->has_boundary && is_last)
			break;
		if (m->job->has_boundary && at < body.len && !is_field_line(line_at(body, at), false))
			m->view->flags |= SA_MISSING_MIME_HEADERS;
		if (++m->parts == SA_PARTS_MAX) {
			m->view->flags |= SA_PART_LIMIT;
			return;
		}
	}
	multi_epilogue(m->view, sl_slice_from(body, at));
}

static void
read_multipart(struct sl_sa_view *view, const struct job *job, struct jobs *jobs)
{
	struct multi m = { .view = view, .parent = job->node, .job = job, .jobs = jobs };

	job->node->has_children = true;
	m.part = sa_alloc(view, sizeof(*m.part));
	sl_buf_init(&m.body, job->body.len * 2 + 64);
	multi_read(&m, job->body);
	sl_buf_fini(&m.body);
	sl_free(m.part->fields.at);	/* one that was begun and has no end */
	m.part->fields = (struct sa_fields){ 0 };
}

static void
read_leaf(struct sl_sa_view *view, const struct job *job)
{
	struct sa_node *node = job->node;
	const struct sa_field *disposition = sa_field_last(node, SL_SLICE_LIT("content-disposition"));
	struct sa_content_type type;
	struct sa_match m;

	node_content_type(view, node, &type);
	if (!type.is_missing)
		node->type = !sa_starts(type.type, SL_SLICE_LIT("multipart/")) || job->has_boundary ? type.type
		    : SL_SLICE_LIT("text/plain");
	node->has_charset = type.has_charset;
	node->charset = type.charset;
	if (disposition != NULL && sa_match(view->conf, SA_RE_DISPOSITION_NAME, disposition->value, 0, &m)) {
		node->has_file_name = true;
		node->file_name = sa_group(&m, 1);
	} else if (type.name.len > 0) {
		node->has_file_name = true;
		node->file_name = type.name;
	}
	node->has_boundary = job->has_boundary;
	node->boundary = job->boundary;
	node->has_raw = true;
	node->raw = job->body;
}

/* A message within: its parts are read with those of the outer one. */
static void
read_embedded(struct sl_sa_view *view, const struct job *job, struct jobs *jobs)
{
	struct sl_slice text;
	struct sa_node *inner;
	unsigned flags = 0;	/* the inner header's oddities do not count */

	if (job->depth <= 0 || (!sl_slice_eq(job->node->type, SL_SLICE_LIT("message/rfc822")) &&
	    !sl_slice_eq(job->node->type, SL_SLICE_LIT("message/global"))))
		return;
	text = sa_decode_part(view, job->node);
	if (text.len == 0)
		return;
	inner = sa_alloc(view, sizeof(*inner));
	message_read(view, inner, text, job->depth - 1, &flags, jobs);
	node_add(job->node, inner);
	job->node->has_raw = job->node->is_decoded = false;
}

/* Depth first, without recursion: a stack of what comes next. */
static void
list_parts(struct sl_sa_view *view)
{
	struct sa_node **stack = NULL;
	size_t len = 0, size = 0, parts_size = 0;
	struct sa_node *node = view->root;

	while (node != NULL || len > 0) {
		if (node == NULL) {
			node = stack[--len];
			continue;
		}
		if (view->parts_len == parts_size) {
			parts_size = parts_size == 0 ? 16 : parts_size * 2;
			view->parts = sl_xrealloc(view->parts, parts_size * sizeof(struct sa_node *));
		}
		view->parts[view->parts_len++] = node;
		if (node->first != NULL && node->next != NULL) {
			if (len == size) {
				size = size == 0 ? 32 : size * 2;
				stack = sl_xrealloc(stack, size * sizeof(struct sa_node *));
			}
			stack[len++] = node->next;
		}
		node = node->first != NULL ? node->first : node->next;
	}
	sl_free(stack);
}

/* Of all levels together; SpamAssassin has none. What is beyond stays a leaf. */
#define JOBS_MAX	5000

void
sa_message_parse(struct sl_sa_view *view)
{
	struct jobs jobs = { 0 };

	view->root = sa_alloc(view, sizeof(*view->root));
	message_read(view, view->root, sl_buf_slice(&view->message), SA_DEPTH_MAX, &view->flags, &jobs);
	while (jobs.next < jobs.len) {
		struct job job = jobs.at[jobs.next++];
		bool open = jobs.len < JOBS_MAX;

		if (open && sa_starts(job.node->type, SL_SLICE_LIT("multipart/")) && job.has_boundary && job.depth > 0) {
			read_multipart(view, &job, &jobs);
			continue;
		}
		read_leaf(view, &job);
		if (open)
			read_embedded(view, &job, &jobs);
	}
	sl_free(jobs.at);
	list_parts(view);
}

struct sl_slice
sa_effective_type(const struct sa_node *node)
{
	struct sl_slice n = node->file_name;
	size_t dot;

	if (n.len > 0 && n.ptr[n.len - 1] == '\n')
		n.len--;
	for (dot = n.len; dot > 0 && n.ptr[dot - 1] != '.'; dot--)
		continue;
	n = dot > 0 ? sl_slice_from(n, dot) : sl_slice("", 0);
	if (n.len > 0 && (n.ptr[0] | 0x20) == 's')
		n = sl_slice_from(n, 1);
	if (sl_slice_ieq(n, SL_SLICE_LIT("htm")) || sl_slice_ieq(n, SL_SLICE_LIT("html")))
		return SL_SLICE_LIT("text/html");
	return node->type;
}

struct sl_slice
sa_decode_part(struct sl_sa_view *view, struct sa_node *node)
{
	const struct sa_field *f = sa_field_last(node, SL_SLICE_LIT("content-transfer-encoding"));
	struct sl_slice encoding = f == NULL ? sl_slice("", 0) : f->value;

	if (node->is_decoded)
		return node->decoded;
	if (!node->has_raw)
		return sl_slice("", 0);
	node->is_decoded = true;
	node->decoded = node->raw;
	if (sl_slice_ieq(encoding, SL_SLICE_LIT("quoted-printable"))) {
		node->decoded = without_cr(view, sa_quoted_printable(view, node->raw));
	} else if (sl_slice_ieq(encoding, SL_SLICE_LIT("base64"))) {
		node->decoded = sa_base64(view, node->raw);
		if ((sa_starts(node->type, SL_SLICE_LIT("text")) && (node->type.len == 4 || !sa_is_word(node->type.ptr[4]))) ||
		    (sa_starts(node->type, SL_SLICE_LIT("message")) &&
		    (node->type.len == 7 || !sa_is_word(node->type.ptr[7]))))
			node->decoded = without_cr(view, node->decoded);
	}
	return node->decoded;
}
