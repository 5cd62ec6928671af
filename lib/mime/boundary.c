/* boundary.c - lines that delimit parts: declared, or seen before in a multipart that declares none (see mime_i.h) */

#include "mime_i.h"

uint32_t
boundary_hash(struct sl_slice s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * 16777619u;
	return h;
}

/* Which open multipart does the line delimit? The innermost. Returns its index + 1, or 0. */
unsigned
boundary_match(struct reader *r, struct sl_slice line, bool *last_out)
{
	struct sl_slice text = trim_end(sl_slice_from(line, 2)), shorter = text;
	uint32_t whole, cut;
	bool may_end = text.len > 2 && text.ptr[text.len - 1] == '-' && text.ptr[text.len - 2] == '-';

	if (text.len == 0 || (r->boundary_starts[text.ptr[0] / 32] & 1u << text.ptr[0] % 32) == 0)
		return 0;
	shorter.len -= may_end ? 2 : 0;
	whole = boundary_hash(text);
	cut = may_end ? boundary_hash(shorter) : whole;
	for (unsigned d = r->depth; d > 0; d--) {
		struct node *node = &r->nodes[d - 1];

		if (node->boundary.len == 0 || node->ended || (node->hash != whole && node->hash != cut))
			continue;
		*last_out = false;
		if (sl_slice_eq(node->boundary, text))
			return d;
		*last_out = true;
		if (may_end && sl_slice_eq(node->boundary, shorter))
			return d;
	}
	return 0;
}

/* A boundary of node `depth - 1`: what is open in it ends. */
void
boundary_enter(struct reader *r, unsigned depth, bool last, struct sl_slice line, struct sl_slice eol)
{
	sl_buf_reset(&r->stray);
	while (r->depth > depth)
		node_pop(r);
	r->nodes[depth - 1].tail.len = 0;
	r->state = READER_HEADER;		/* the line is no text of the multipart */
	lanes_feed(r, line, eol);		/* but other readings of the whole see it */
	r->mid_line = false;
	if (last) {
		r->nodes[depth - 1].ended = true;
		r->state = READER_BODY;
	} else {
		part_start(r);
	}
}

void
marker_add(struct node *flat, struct sl_slice line)
{
	struct marker *marker;

	line = trim_end(line);
	if (line.len > MARKER_MAX || line.len <= 2)
		return;
	for (unsigned i = 0; i < flat->markers_count; i++)
		if (sl_slice_eq(line, sl_slice(flat->markers[i].text, flat->markers[i].len)))
			return;
	flat->markers_count = SL_MIN(flat->markers_count + 1, (unsigned)MARKERS_MAX);
	marker = &flat->markers[flat->marker_next++ % MARKERS_MAX];	/* the oldest is forgotten */
	marker->len = (unsigned)line.len;
	memcpy(marker->text, line.ptr, line.len);
}

/* Is the line one that has delimited parts of the flat node before, or its end? */
bool
marker_match(const struct node *flat, struct sl_slice line, bool *last_out)
{
	line = trim_end(line);
	for (unsigned i = 0; i < flat->markers_count; i++) {
		struct sl_slice marker = sl_slice(flat->markers[i].text, flat->markers[i].len);

		*last_out = line.len == marker.len + 2 && line.ptr[line.len - 1] == '-' &&
		    line.ptr[line.len - 2] == '-' && memcmp(line.ptr, marker.ptr, marker.len) == 0;
		if (*last_out || sl_slice_eq(line, marker))
			return true;
	}
	return false;
}
