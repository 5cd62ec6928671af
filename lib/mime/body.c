/* body.c - body lines: which may be boundaries, and the runs between them (see mime_i.h) */

#include "mime_i.h"
#include "scan_i.h"

static bool
content_starts(struct sl_slice line)
{
	while (line.len > 0 && (line.ptr[0] <= ' ' || line.ptr[0] == ':'))
		line = sl_slice_from(line, 1);
	return sl_slice_istarts(line, SL_SLICE_LIT("content-"));
}

/* Does a lane read the undeclared parts that there are? */
static bool
has_stray_lane(const struct reader *r)
{
	for (unsigned d = 0; d < r->depth; d++)
		if (r->nodes[d].stray)
			return true;
	return false;
}

/* Undeclared parts in the node on top: let a lane read them. Its header starts with what is fed next. */
static void
stray_lane(struct reader *r, struct sl_slice marker)
{
	struct node *top = node_top(r);
	struct outlet *out = top->outlet;
	struct reader *flat;
	bool quoted = top->kind == NODE_LEAF && out->part.transfer == SL_TRANSFER_IDENTITY;	/* a bounce, say */

	if (has_stray_lane(r))
		return;
	if (out != NULL)
		mime_finding(r->mime, &out->found, SL_MIME_BOUNDARY_STRAY, out->path, trim_end(marker));
	flat = lane_add_reader(r, r->depth - 1, SL_TRANSFER_IDENTITY, false);
	if (flat == NULL)
		return;
	top->stray = true;
	reader_base(flat, out != NULL ? out->path : r->base);
	if (!quoted)
		reader_doubt(flat, SL_MIME_BOUNDARY_ODD);
	marker_add(node_push(flat, NODE_FLAT, NULL), marker);
	part_start(flat);
}

/* A part of the flat node begins with the header line `line`. */
static void
flat_part(struct reader *r, struct sl_slice marker, struct sl_slice line, struct sl_slice eol)
{
	while (r->depth > r->flat)
		node_pop(r);
	marker_add(node_top(r), marker);
	part_start(r);
	header_line(r, line, eol);
}

/* The line before looked like a boundary and nothing declares it. Is it one? Returns whether `line` is
 * used up. */
bool
body_stray_settle(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	struct sl_slice stray = sl_buf_slice(&r->stray), stray_eol;
	bool begins = content_starts(line) && reader_part_allowed(r, reader_path(r));

	/* What r->stray holds stays as it is until the next candidate. */
	sl_buf_reset(&r->stray);
	stray_eol = eol_of(stray);
	stray.len -= stray_eol.len;
	if (r->flat != 0 && begins) {
		flat_part(r, stray, line, eol);
		return true;
	}
	if (r->flat != 0)
		lanes_feed(r, stray, stray_eol);
	else if (begins)			/* it has been given as body */
		stray_lane(r, stray);
	return false;
}

/* "--boundary CR Content-Type: ..." in one line. */
static void
stray_within(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	const unsigned char *cr = memchr(line.ptr, '\r', line.len);
	struct sl_slice rest;
	unsigned before = r->lanes_count;

	if (cr == NULL || r->flat != 0)
		return;
	rest = sl_slice_from(line, (size_t)(cr - line.ptr) + 1);
	if (!content_starts(rest))
		return;
	stray_lane(r, sl_slice(line.ptr, (size_t)(cr - line.ptr)));
	if (r->lanes_count > before) {
		struct reader *flat = r->lanes[before]->reader;

		reader_feed(flat, rest);
		reader_feed(flat, eol);
	}
}

/* A whole line that could be a boundary, or follows one that looked like it. */
void
body_line(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	struct sl_slice bare = line;
	bool last = false;
	unsigned depth;

	if (r->stray.len > 0 && body_stray_settle(r, line, eol))
		return;
	while (bare.len > 0 && bare.ptr[0] == '\r')
		bare = sl_slice_from(bare, 1);
	if (!looks_like_boundary(bare)) {
		lanes_feed(r, line, eol);
		return;
	}
	if (bare.len == line.len && (depth = boundary_match(r, line, &last)) != 0 &&
	    (last || reader_part_allowed(r, reader_path(r)))) {
		boundary_enter(r, depth, last, line, eol);
		return;
	}
	if (r->flat != 0 && marker_match(&r->nodes[r->flat - 1], bare, &last) &&
	    (last || reader_part_allowed(r, reader_path(r)))) {
		boundary_enter(r, r->flat, last, line, eol);
		r->nodes[r->flat - 1].ended = false;	/* parts may come again */
		return;
	}
	sl_buf_add_slice(&r->stray, bare);
	sl_buf_add_slice(&r->stray, eol);
	if (r->flat != 0)
		return;				/* held until the next line tells */
	stray_within(r, line, eol);
	lanes_feed(r, line, eol);
}

/* Could the line at p be a boundary? CRLF and "-x" could not. */
static bool
stops_run(const unsigned char *p, const unsigned char *end)
{
	if (*p == '-')
		return p + 1 == end || p[1] == '-';
	return *p == '\r' && (p + 1 == end || p[1] != '\n');
}

/* Collect a line. Returns how much of `in` was taken. */
static size_t
hold_line(struct reader *r, struct sl_slice in)
{
	const unsigned char *eol = find_lf(in.ptr, in.ptr + SL_MIN(in.len, (size_t)SL_MIME_LINE_MAX));
	size_t n = eol == NULL ? in.len : (size_t)(eol - in.ptr) + 1, room = SL_MIME_LINE_MAX - r->line.len;
	size_t line_len;
	struct sl_slice line, end;

	n = SL_MIN(n, room);
	line = sl_slice(in.ptr, n);
	if (r->line.len > 0 || eol == NULL) {
		sl_buf_add(&r->line, in.ptr, n);
		line = sl_buf_slice(&r->line);
	}
	if (line.ptr[line.len - 1] != '\n' && line.len < SL_MIME_LINE_MAX) {
		/* "-x" cannot become a boundary: let it go */
		if (line.ptr[0] == '-' && line.len > 1 && line.ptr[1] != '-' && r->stray.len == 0 &&
		    r->lanes_count <= 1) {
			lanes_feed(r, line, sl_slice(NULL, 0));
			r->bytes += line.len;
			sl_buf_reset(&r->line);
			r->mid_line = true;
		}
		return n;
	}
	line_len = line.len;
	end = eol_of(line);
	line.len -= end.len;
	if (r->mid_line) {
		lanes_feed(r, line, end);
		r->mid_line = end.len == 0;
	} else if (end.len == 0) {	/* too long to be a boundary */
		if (r->stray.len > 0 && body_stray_settle(r, line, end))
			line.len = 0;
		if (r->state == READER_BODY && line.len > 0)
			lanes_feed(r, line, end);
		r->rest_of_line = r->state == READER_HEADER;
		r->mid_line = !r->rest_of_line;
	} else {
		body_line(r, line, end);
	}
	r->bytes += line_len;
	sl_buf_reset(&r->line);
	return n;
}

/* Does what comes, a line's start, not say "Content-", and is that plain from what is there? */
static bool
content_ruled_out(const unsigned char *p, const unsigned char *end)
{
	while (p < end && (*p <= ' ' || *p == ':') && *p != '\n')
		p++;
	return p < end && sl_ascii_lower(*p) != 'c';
}

/* A line at *p, in a run that starts at `start`, that looks like a boundary: is it none, and is that known
 * without holding it? Then *p moves to its end. What is asked is what body_line and body_stray_settle ask. */
static bool
run_goes_on(struct reader *r, const unsigned char *start, const unsigned char **p, const unsigned char *end)
{
	const unsigned char *eol;
	struct sl_slice line;
	bool last = false, told = r->mime->parts_found;	/* the first part that is refused is told where it stands */

	if (**p != '-')
		return false;
	eol = find_lf(*p, *p + SL_MIN((size_t)(end - *p), (size_t)SL_MIME_LINE_MAX - 1));
	if (eol == NULL)
		return false;
	line = sl_slice(*p, (size_t)(eol - *p));
	line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
	if (line.len < 2 || memchr(line.ptr, '\r', line.len) != NULL)
		return false;
	if (boundary_match(r, line, &last) != 0 && (last || !told || reader_parts_left(r, (size_t)(*p - start))))
		return false;
	if (r->flat != 0 && marker_match(&r->nodes[r->flat - 1], line, &last) &&
	    (last || !told || reader_parts_left(r, (size_t)(*p - start))))
		return false;
	if (!content_ruled_out(eol + 1, end) && !has_stray_lane(r) && (!told || reader_parts_left(r, (size_t)(eol + 1 - start))))
		return false;
	*p = eol;
	return true;
}

/* Must what comes be seen whole, as far as LINE_MAX goes? Lines that may be a boundary;
 * and where several lanes read, all: what they find must not be told in an order that depends on cuts.
 * If not, *from_out is where the run goes on. */
static bool
must_hold(struct reader *r, struct sl_slice in, const unsigned char **from_out)
{
	const unsigned char *end = in.ptr + in.len;

	*from_out = in.ptr;
	if (r->line.len > 0 || r->lanes_count > 1)
		return true;
	if (r->mid_line)
		return false;
	if (r->stray.len > 0) {
		if (r->flat != 0 || (!content_ruled_out(in.ptr, end) && (!r->mime->parts_found || reader_parts_left(r, 0))))
			return true;
		sl_buf_reset(&r->stray);	/* it was none, and has been given as body */
	}
	return stops_run(in.ptr, end) && !run_goes_on(r, in.ptr, from_out, end);
}

/* Bytes up to the next line that must be held; there is none before `p`. Returns how many. */
static size_t
plain_run(struct reader *r, struct sl_slice in, const unsigned char *p)
{
	const unsigned char *end = in.ptr + in.len, *eol;
	struct sl_slice run, line_end;

	while ((eol = find_line(p, end, '-', '\r', '\r')) != NULL) {
		p = eol + 1;
		if (p == end || (stops_run(p, end) && !run_goes_on(r, in.ptr, &p, end)))
			break;
	}
	if (eol == NULL)
		p = end;
	run = sl_slice(in.ptr, (size_t)(p - in.ptr));
	line_end = eol_of(run);
	r->mid_line = line_end.len == 0;
	if (line_end.len == 0 && run.ptr[run.len - 1] == '\r') {	/* half a line end? */
		r->held_cr = true;
		run.len--;
	} else {
		run.len -= line_end.len;
	}
	lanes_feed(r, run, line_end);
	r->bytes += (size_t)(p - in.ptr);
	return (size_t)(p - in.ptr);
}

size_t
body_feed(struct reader *r, struct sl_slice in)
{
	const unsigned char *from;

	if (r->held_cr) {
		r->held_cr = false;
		if (in.ptr[0] == '\n') {
			r->mid_line = false;
			lanes_feed(r, sl_slice(NULL, 0), SL_SLICE_LIT("\r\n"));
			return 1;
		}
		lanes_feed(r, SL_SLICE_LIT("\r"), sl_slice(NULL, 0));
	}
	if (must_hold(r, in, &from))
		return hold_line(r, in);
	return plain_run(r, in, from);
}
