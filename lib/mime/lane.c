/* lane.c - what a body becomes: decodings and readings beside each other (see mime_i.h) */

#include "mime_i.h"

struct lane *
lane_add(struct reader *r, unsigned depth, enum sl_transfer transfer)
{
	struct lane *lane;

	if (r->lanes_count == LANES_MAX)
		return NULL;
	lane = sl_xzalloc(sizeof(*lane));
	lane->depth = depth;
	sl_transfer_init(&lane->decoder, transfer);
	r->lanes[r->lanes_count++] = lane;
	return lane;
}

/* A lane of a reading of its own, to an outlet like the node's. NULL at the limit. */
struct lane *
lane_add_reading(struct reader *r, unsigned depth, enum sl_transfer transfer)
{
	struct outlet *original = r->nodes[depth].outlet;
	struct lane *lane;

	if (!reader_reading_allowed(r, original->path) || (lane = lane_add(r, depth, transfer)) == NULL)
		return NULL;
	r->mime->active++;
	r->extra_bytes += READING_COST;
	lane->extra = true;
	lane->outlet = outlet_like(original, ++r->mime->readings, transfer);
	return lane;
}

/* A lane to a reader. NULL at the limit. */
struct reader *
lane_add_reader(struct reader *r, unsigned depth, enum sl_transfer transfer, bool same_reading)
{
	struct sl_mime *m = r->mime;
	struct lane *lane;

	if (!reader_reading_allowed(r, reader_path(r)) || (lane = lane_add(r, depth, transfer)) == NULL)
		return NULL;
	m->active++;
	lane->extra = !same_reading;
	lane->reader = reader_new(m, same_reading ? r->reading : ++m->readings, r);
	r->extra_bytes += READER_COST;
	lane->reader->doubtful = r->doubtful;
	lane->reader->doubt = r->doubt;
	return lane->reader;
}

static void
lane_sink(void *ctx, struct sl_slice bytes)
{
	struct lane *lane = ctx;

	if (lane->outlet != NULL)
		outlet_body(lane->outlet, bytes);
	else
		reader_feed(lane->reader, bytes);
}

/* Follow another habit from here on, with what has been decoded so far. `rest`: what comes now. */
static void
variant_add(struct reader *r, const struct lane *lane, enum sl_transfer_habit habit, struct sl_slice rest)
{
	struct lane *variant = lane_add_reading(r, lane->depth, lane->decoder.transfer);
	const struct outlet *from = lane->outlet;

	if (variant == NULL)
		return;
	variant->decoder = lane->decoder;
	variant->decoder.habit = habit;
	if (from->prefix.len == from->part.size_bytes) {
		outlet_begin(variant->outlet);
		outlet_body(variant->outlet, sl_buf_slice(&from->prefix));
	} else {
		variant->outlet->part.size_bytes = from->part.size_bytes;
		outlet_digest_start(variant->outlet);
		if (variant->outlet->digest != NULL)
			SL_ASSERT(EVP_MD_CTX_copy_ex(variant->outlet->digest, from->digest) == 1);
		outlet_begin(variant->outlet);
	}
	sl_transfer_feed_all(&variant->decoder, rest, lane_sink, variant);
}

static void
lane_odd(struct reader *r, struct lane *lane, enum sl_transfer_odd odd, struct sl_slice rest)
{
	struct outlet *out = lane->outlet;
	bool text = outlet_is_text(out);

	switch (odd) {
	case SL_TRANSFER_ODD_PADDING:
		mime_finding(r->mime, &out->found, text ? SL_MIME_BASE64_ODD : SL_MIME_BASE64_PADS, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_PAD_IGNORED, rest);
		variant_add(r, lane, SL_TRANSFER_PAD_COUNTS, rest);
		variant_add(r, lane, SL_TRANSFER_PAD_ZERO, rest);
		break;
	case SL_TRANSFER_ODD_JUNK:
		mime_finding(r->mime, &out->found, text ? SL_MIME_BASE64_ODD : SL_MIME_BASE64_PADS, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_LINE_ENDS, rest);
		lane->decoder.odd_seen |= 1u << SL_TRANSFER_ODD_LINE;	/* the same variant reads those */
		break;
	case SL_TRANSFER_ODD_LINE:
		mime_finding(r->mime, &out->found, SL_MIME_BASE64_ODD, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_LINE_ENDS, rest);
		break;
	case SL_TRANSFER_ODD_ESCAPE:
		mime_finding(r->mime, &out->found, text ? SL_MIME_QP_ODD : SL_MIME_QP_FILE, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_ESCAPE_DROPPED3, rest);
		variant_add(r, lane, SL_TRANSFER_ESCAPE_DROPPED2, rest);
		break;
	case SL_TRANSFER_FINE:
		SL_UNREACHABLE("nothing odd");
	}
}

static void
lane_feed(struct reader *r, struct lane *lane, struct sl_slice in)
{
	enum sl_transfer_odd odd;
	size_t used;

	if (!lane->forks) {
		sl_transfer_feed_all(&lane->decoder, in, lane_sink, lane);
		return;
	}
	do {
		odd = sl_transfer_feed(&lane->decoder, in, &used, lane_sink, lane);
		in = sl_slice_from(in, used);
		if (odd != SL_TRANSFER_FINE && !lane->outlet->part.skip)
			lane_odd(r, lane, odd, in);
	} while (odd != SL_TRANSFER_FINE && !lane->outlet->part.skip);
}

static struct sl_slice
tail_slice(const struct tail *tail)
{
	return sl_slice(tail->eol, tail->len);
}

static void
tail_set(struct tail *tail, struct sl_slice eol)
{
	SL_ASSERT(eol.len <= sizeof(tail->eol));
	for (size_t i = 0; i < eol.len; i++)
		tail->eol[i] = eol.ptr[i];
	tail->len = (unsigned)eol.len;
}

/* Text of a multipart itself. */
static void
text_feed(struct reader *r, struct sl_slice in, struct sl_slice eol)
{
	struct node *top = r->depth > 0 ? &r->nodes[r->depth - 1] : NULL;

	if (r->state != READER_BODY || top == NULL || top->outlet == NULL ||
	    (top->kind != NODE_MULTIPART && top->kind != NODE_FLAT))
		return;
	if (top->tail.len > 0)
		outlet_give(top->outlet, tail_slice(&top->tail));
	if (in.len > 0)
		outlet_give(top->outlet, in);
	tail_set(&top->tail, eol);
}

/* The lane's body is over. */
static void
lane_close(struct reader *r, struct lane *lane)
{
	struct sl_mime *m = r->mime;

	sl_transfer_finish(&lane->decoder, lane_sink, lane);
	if (lane->reader != NULL) {
		reader_finish(lane->reader);
		r->extra_bytes += lane->reader->extra_bytes;	/* it was of this budget */
		reader_free(&lane->reader);
		m->active--;
	} else if (!lane->shares) {
		outlet_close(&lane->outlet);
		m->active--;
	} else if (!lane->outlet->part.skip && !outlet_is_text(lane->outlet) && sl_transfer_mixed_case(&lane->decoder)) {
		mime_finding(m, &lane->outlet->found, SL_MIME_QP_FILE, lane->outlet->path, sl_slice(NULL, 0));
	}
	sl_free(lane);
}

/* They have cost too much: only the first reading goes on. */
static void
readings_drop(struct reader *r)
{
	unsigned kept = 0;

	mime_readings_limit(r->mime, r->depth > 0 && r->nodes[r->depth - 1].outlet != NULL
	    ? r->nodes[r->depth - 1].outlet->path : r->path);
	for (unsigned i = 0; i < r->lanes_count; i++)
		if (r->lanes[i]->extra)
			lane_close(r, r->lanes[i]);
		else
			r->lanes[kept++] = r->lanes[i];
	r->lanes_count = kept;
}

/* Give bytes to all who read here, and hold back the line end after them. */
void
lanes_feed(struct reader *r, struct sl_slice in, struct sl_slice eol)
{
	unsigned count = r->lanes_count;	/* lanes that are added on the way have had their share */

	text_feed(r, in, eol);
	for (unsigned i = 0; i < count; i++) {
		struct lane *lane = r->lanes[i];

		if (lane->outlet != NULL && lane->outlet->part.skip)
			continue;
		if (lane->tail.len > 0)
			lane_feed(r, lane, tail_slice(&lane->tail));
		lane_feed(r, lane, in);
		r->extra_bytes += lane->extra ? in.len + LINE_COST : 0;
	}
	for (unsigned i = 0; i < r->lanes_count; i++)
		tail_set(&r->lanes[i]->tail, eol);
	if (count > 1 && reader_readings_spent(r))
		readings_drop(r);
}

/* Close the lanes that hang on node `depth` or above; the newest first. */
void
lanes_close(struct reader *r, unsigned depth)
{
	while (r->lanes_count > 0 && r->lanes[r->lanes_count - 1]->depth >= depth)
		lane_close(r, r->lanes[--r->lanes_count]);
}
