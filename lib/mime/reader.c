/* reader.c - one entity's bytes, line by line, and the stack of what is open in it (see mime_i.h) */

#include "mime_i.h"

static uint64_t
extra_allowed(const struct reader *r)
{
	return r->extra_free + r->bytes * r->extra_halves / 2;
}

/* Have readings beside the first cost too much for this reader? */
bool
reader_readings_spent(const struct reader *r)
{
	return r->extra_bytes > extra_allowed(r);
}

/* May one more lane run beside the first reading? Says so if not. */
bool
reader_reading_allowed(struct reader *r, const char *path)
{
	if (r->mime->active < r->mime->settings.readings_max && !reader_readings_spent(r))
		return true;
	mime_readings_limit(r->mime, path);
	return false;
}

/* May one more part begin? Their number is bounded by the bytes they come in. */
bool
reader_part_allowed(struct reader *r, const char *path)
{
	struct sl_mime *m = r->mime;

	if (reader_parts_left(r, 0))
		return true;
	if (!m->parts_found)
		mime_finding(m, NULL, SL_MIME_PARTS, path, sl_slice(NULL, 0));
	m->parts_found = true;
	return false;
}

struct node *
node_push(struct reader *r, enum node_kind kind, struct outlet *outlet)
{
	struct node *node = &r->nodes[r->depth++];

	SL_ASSERT(r->depth <= r->mime->settings.depth_max + DEPTH_SLACK);
	*node = (struct node){ .kind = kind, .outlet = outlet };
	if (kind == NODE_FLAT) {
		node->markers = sl_xmalloc(MARKERS_MAX * sizeof(*node->markers));
		r->flat = r->depth;
	}
	return node;
}

void
node_pop(struct reader *r)
{
	struct node *node = node_top(r);
	struct outlet *out = node->outlet;

	lanes_close(r, r->depth - 1);
	if ((node->kind == NODE_MULTIPART || node->undeclared) && out != NULL) {
		if (node->children == 0 && (node->boundary.len > 0 || node->undeclared))
			mime_finding(r->mime, &out->found, SL_MIME_BOUNDARY_UNUSED, out->path, node->boundary);
		else if (node->undeclared)
			mime_finding(r->mime, &out->found, SL_MIME_BOUNDARY_STRAY, out->path, sl_slice(NULL, 0));
		else if (!node->ended && node->boundary.len > 0)
			mime_finding(r->mime, &out->found, SL_MIME_BOUNDARY_NO_END, out->path, node->boundary);
	}
	if (out != NULL)
		outlet_close(&node->outlet);
	sl_free(node->markers);
	r->depth--;
	if (r->flat > r->depth)
		r->flat = 0;
}

/* The text at the front of the outermost open node, for findings. */
const char *
reader_path(struct reader *r)
{
	struct node *top = node_top(r);

	if (r->state == READER_HEADER || top == NULL || top->outlet == NULL)
		return r->path;
	return top->outlet->path;
}

struct reader *
reader_new(struct sl_mime *m, unsigned reading, const struct reader *outer)
{
	struct reader *r = sl_xzalloc(sizeof(*r));

	r->mime = m;
	r->reading = reading;
	r->extra_free = EXTRA_FREE_BYTES;
	r->extra_halves = EXTRA_HALVES;
	if (outer != NULL) {
		r->extra_free = (extra_allowed(outer) - SL_MIN(outer->extra_bytes, extra_allowed(outer))) / 2;
		r->extra_halves = EXTRA_HALVES_INNER;
	}
	r->nodes = sl_xmalloc((m->settings.depth_max + DEPTH_SLACK) * sizeof(*r->nodes));
	r->path = sl_xstrdup("");
	r->base = sl_xstrdup("");
	header_init(&r->header);
	sl_buf_init(&r->line, SL_MAX(m->settings.field_max_bytes, (size_t)SL_MIME_LINE_MAX) + 2);
	sl_buf_init(&r->stray, SL_MIME_LINE_MAX + 2);
	sl_buf_init(&r->field, m->settings.field_max_bytes);
	return r;
}

void
reader_base(struct reader *r, const char *base)
{
	sl_free(r->base);
	r->base = sl_xstrdup(base);
}

void
reader_free(struct reader **reader)
{
	struct reader *r = *reader;

	*reader = NULL;
	SL_ASSERT(r->depth == 0 && r->lanes_count == 0);
	header_fini(&r->header);
	sl_buf_fini(&r->line);
	sl_buf_fini(&r->stray);
	sl_buf_fini(&r->field);
	sl_free(r->path);
	sl_free(r->base);
	sl_free(r->nodes);
	sl_free(r);
}

void
reader_feed(struct reader *r, struct sl_slice in)
{
	while (in.len > 0) {
		size_t n = r->state == READER_HEADER ? header_feed(r, in) : body_feed(r, in);

		in = sl_slice_from(in, n);
	}
}

/* No more bytes: what is held is given, what is open is closed. */
void
reader_finish(struct reader *r)
{
	struct sl_slice line = sl_buf_slice(&r->line), eol = sl_slice(NULL, 0);

	if (r->held_cr)
		lanes_feed(r, SL_SLICE_LIT("\r"), sl_slice(NULL, 0));
	r->held_cr = false;
	if (line.len > 0 && r->state == READER_HEADER)
		header_line(r, line, sl_slice(NULL, 0));
	else if (line.len > 0 && r->mid_line)
		lanes_feed(r, line, eol);
	else if (line.len > 0)
		body_line(r, line, eol);
	if (r->state == READER_HEADER) {
		if (r->header.fields > 0 || r->field.len > 0 || r->depth == 0)
			entity_open(r);
		if (r->state == READER_HEADER)
			entity_open(r);
	}
	if (r->stray.len > 0)
		body_stray_settle(r, sl_slice(NULL, 0), sl_slice(NULL, 0));
	/* the last line end belongs to nobody's boundary */
	lanes_feed(r, sl_slice(NULL, 0), sl_slice(NULL, 0));
	while (r->depth > 0)
		node_pop(r);
	sl_buf_reset(&r->line);
}
