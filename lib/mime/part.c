/* part.c - a header is over: what its entity is, and what reads its body (see mime_i.h) */

#include "mime_i.h"

void
header_start(struct reader *r, char *path, bool message, bool digest)
{
	sl_free(r->path);
	r->path = path;
	r->message = message;
	r->digest = digest;
	r->after_junk = false;
	r->state = READER_HEADER;
	header_fini(&r->header);
	sl_buf_reset(&r->field);
	r->field_cut = false;
}

/* The next part of the node on top begins. */
void
part_start(struct reader *r)
{
	struct node *node = node_top(r);
	const char *base = node->outlet != NULL ? node->outlet->path : r->base;
	char *path;

	r->parts++;
	node->children++;
	if (base[0] == '\0')
		path = sl_xasprintf("%u", node->children);
	else
		path = sl_xasprintf("%s.%u", base, node->children);
	header_start(r, path, false, node->digest);
	r->skips_junk = false;
}

static void
entity_findings(struct reader *r, struct outlet *out, const struct entity *entity)
{
	findings had = r->header.found & ~FOUND(SL_MIME_FIELD_HIDDEN);	/* those were told before */

	out->found = had;
	for (unsigned kind = 0; kind < SL_MIME_FINDING_COUNT; kind++)
		if ((entity->found & ~had & FOUND(kind)) != 0)
			mime_finding(r->mime, &out->found, (enum sl_mime_finding_kind)kind, out->path,
			    kind == SL_MIME_NAME_ODD ? entity->part.filename
			    : kind == SL_MIME_ENCODING_ODD || kind == SL_MIME_ENCODING_UNKNOWN
			    ? entity->part.encoding : entity->part.type);
}

/* Is it a file, or encoded as one? Programs that overlook it, or see it where others do not, matter; text
 * that is there to be seen in each way of reading is only odd. */
static bool
matters(const struct entity *entity)
{
	const struct sl_mime_part *part = &entity->part;

	for (size_t i = 0; i < entity->transfers_count; i++)
		if (entity->transfers[i] != SL_TRANSFER_IDENTITY && entity->transfers[i] != SL_TRANSFER_QP)
			return true;
	return part->names_count > 0 || (!part->is_multipart && !sl_slice_istarts(part->type, SL_SLICE_LIT("text/")) &&
	    !sl_slice_istarts(part->type, SL_SLICE_LIT("message/")));
}

void
reader_doubt(struct reader *r, enum sl_mime_finding_kind kind)
{
	r->doubtful = true;
	r->doubt = kind;
}

/* Tell why not all programs see this entity. */
static void
doubts_tell(struct reader *r, struct outlet *out, const struct entity *entity)
{
	if (!matters(entity))
		return;
	if (r->doubtful)
		mime_finding(r->mime, &out->found, r->doubt, out->path, out->part.type);
	if ((r->flat != 0 && r->nodes[r->flat - 1].undeclared) || node_top(r)->undeclared)
		mime_finding(r->mime, &out->found, SL_MIME_BOUNDARY_MISSING, out->path, out->part.type);
}

/* The path of what a message holds: a multipart has the message's own. */
static char *
content_path(struct reader *r, bool multipart)
{
	if (!r->message || multipart)
		return sl_xstrdup(r->path);
	return r->path[0] == '\0' ? sl_xstrdup("1") : sl_xasprintf("%s.1", r->path);
}

/* A message whose parts are told, not its bytes. */
static bool
is_opened(const struct reader *r, const struct outlet *out)
{
	return out->part.is_message && !r->mime->settings.whole_messages;
}

static enum node_kind
node_kind_for(struct reader *r, struct outlet *out, const struct entity *entity)
{
	bool deep = r->depth >= r->mime->settings.depth_max;

	if (deep && (out->part.is_multipart || is_opened(r, out)))
		mime_finding(r->mime, &out->found, SL_MIME_DEPTH, out->path, sl_slice(NULL, 0));
	if (is_opened(r, out) && !deep && entity->transfers[0] == SL_TRANSFER_IDENTITY)
		return NODE_MESSAGE;
	if (!out->part.is_multipart)
		return NODE_LEAF;
	if ((deep || entity->boundary.len == 0) && r->flat == 0)
		return NODE_FLAT;
	return NODE_MULTIPART;
}

/* The lanes of a part that is no multipart: its encodings, the most plausible first. */
static void
leaf_lanes(struct reader *r, struct outlet *out, const struct entity *entity)
{
	struct lane *lane = lane_add(r, r->depth - 1, entity->transfers[0]);

	SL_ASSERT(lane != NULL);	/* the limit on readings is far below LANES_MAX */
	lane->outlet = out;
	lane->shares = lane->forks = true;
	out->keeps_prefix = lane->decoder.transfer == SL_TRANSFER_BASE64 || lane->decoder.transfer == SL_TRANSFER_QP;
	outlet_scan_text(out);
	for (size_t i = 1; i < entity->transfers_count; i++)
		if (entity->transfers[i] != SL_TRANSFER_IDENTITY &&
		    (lane = lane_add_reading(r, r->depth - 1, entity->transfers[i])) != NULL)
			outlet_begin(lane->outlet);
}

/* A message inside with a transfer encoding: decode it into a reader. */
static void
encoded_message_lane(struct reader *r, struct outlet *out, const struct entity *entity)
{
	struct reader *inner = lane_add_reader(r, r->depth - 1, entity->transfers[0], true);

	mime_finding(r->mime, &out->found, SL_MIME_ENCODED_MESSAGE, out->path, out->part.encoding);
	if (inner == NULL)
		leaf_lanes(r, out, entity);
	else
		header_start(inner, sl_xstrdup(out->path), true, false);
}

/* A multipart with an encoding, or one that may be none: what a program sees that takes it for
 * one file, or that decodes it first. */
static void
multipart_lanes(struct reader *r, struct outlet *out, const struct entity *entity)
{
	unsigned depth = r->depth - 1;
	struct reader *inner;
	struct lane *lane;

	for (size_t i = 0; i < entity->transfers_count; i++) {
		if (entity->transfers[i] == SL_TRANSFER_IDENTITY && !entity->also_leaf)
			continue;
		if (entity->transfers[i] != SL_TRANSFER_IDENTITY)
			mime_finding(r->mime, &out->found, SL_MIME_ENCODED_MULTIPART, out->path, out->part.encoding);
		lane = lane_add_reading(r, depth, entity->transfers[i]);
		if (lane == NULL)
			continue;
		lane->outlet->part.is_multipart = false;
		outlet_begin(lane->outlet);
		if (entity->transfers[i] != SL_TRANSFER_BASE64 || entity->boundary.len == 0)
			continue;
		inner = lane_add_reader(r, depth, entity->transfers[i], false);
		if (inner == NULL)
			continue;
		reader_base(inner, out->path);
		node_push(inner, NODE_FLAT, NULL);
		inner->state = READER_BODY;
	}
}

/* The header is over: open its entity. */
void
entity_open(struct reader *r)
{
	struct entity entity;
	struct outlet *out;
	struct node *node;
	char *path;

	header_field_done(r);
	entity_init(&entity, &r->header, r->digest);
	path = content_path(r, entity.part.is_multipart);
	out = outlet_new(r->mime, path, r->reading);
	entity.part.path = out->path;
	entity.part.reading = r->reading;
	out->part = entity.part;
	out->text = entity.text;	/* taken */
	sl_free(path);
	node = node_push(r, node_kind_for(r, out, &entity), out);
	if (node->kind == NODE_MULTIPART && r->flat == 0 && entity.boundary.len > 0) {
		node->boundary = entity.boundary;
		node->hash = boundary_hash(entity.boundary);
		r->boundary_starts[entity.boundary.ptr[0] / 32] |= 1u << entity.boundary.ptr[0] % 32;
	}
	node->undeclared = out->part.is_multipart && entity.boundary.len == 0;
	node->digest = sl_slice_eq(out->part.type, SL_SLICE_LIT("multipart/digest"));
	r->state = READER_BODY;
	r->mid_line = r->skips_junk = false;
	entity_findings(r, out, &entity);
	doubts_tell(r, out, &entity);
	outlet_begin(out);
	if (node->kind == NODE_MESSAGE)
		header_start(r, sl_xstrdup(out->path), true, false);
	else if (out->part.is_multipart)
		multipart_lanes(r, out, &entity);
	else if (is_opened(r, out) && entity.transfers[0] != SL_TRANSFER_IDENTITY)
		encoded_message_lane(r, out, &entity);
	else
		leaf_lanes(r, out, &entity);
}
