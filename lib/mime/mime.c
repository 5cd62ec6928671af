/* mime.c - see mime/mime.h
 *
 * A *reader* reads one entity's bytes line by line and holds a stack of the parts that are open. What a
 * part's body becomes is decided by *lanes* that hang on its place in the stack: a lane decodes the body
 * and gives it to an *outlet* (body events of one part) or to another reader (an encoded message,
 * or the same bytes read in another way). Ambiguities add lanes; nothing is ever read again.
 */

#include "mime/mime.h"
#include "mime/embedded.h"
#include "entity_i.h"
#include "scan_i.h"

#include <openssl/evp.h>
#include <stdio.h>

#define MIME_MAGIC	0x5d313e0du
#define DEPTH_SLACK	2	/* nodes above depth_max: a flat one, and what is in it */
#define MARKERS_MAX	8	/* boundaries that a flat node remembers */
#define MARKER_MAX	120
#define LANES_MAX	64	/* of one reader */

/* What keeps the time for a byte even on hostile input. */
#define PARTS_FREE		500
#define BYTES_PER_PART		512
#define EXTRA_FREE_BYTES	(256u * 1024)
#define EXTRA_PER_BYTE		2
#define LINE_COST		8	/* what a line costs, in bytes */

const struct sl_mime_settings sl_mime_defaults = {
	.field_max_bytes = 65536,
	.depth_max = 64,
	.readings_max = 12,
	.hash = true,
};

const char *
sl_mime_finding_name(enum sl_mime_finding_kind kind)
{
	static const char *const names[] = {
#define FINDING_NAME(id, name, weight, text) name,
		SL_MIME_FINDINGS(FINDING_NAME)
#undef FINDING_NAME
	};

	return names[kind];
}

const char *
sl_mime_finding_text(enum sl_mime_finding_kind kind)
{
	static const char *const texts[] = {
#define FINDING_TEXT(id, name, weight, text) text,
		SL_MIME_FINDINGS(FINDING_TEXT)
#undef FINDING_TEXT
	};

	return texts[kind];
}

enum sl_mime_weight
sl_mime_finding_weight(enum sl_mime_finding_kind kind)
{
	static const enum sl_mime_weight weights[] = {
#define FINDING_WEIGHT(id, name, weight, text) SL_MIME_##weight,
		SL_MIME_FINDINGS(FINDING_WEIGHT)
#undef FINDING_WEIGHT
	};

	return weights[kind];
}

/* Where body events of one part go. */
struct outlet {
	struct sl_mime		*mime;
	struct sl_mime_part	 part;
	struct sl_arena		 text;		/* of the part's strings, unless another outlet lends them */
	char			*path;
	EVP_MD_CTX		*digest;	/* NULL: no hash is wanted */
	struct sl_buf		 prefix;	/* the first decoded bytes, for readings that start late */
	bool			 keeps_prefix;
	struct sl_embedded	*embedded;	/* looks for files in text; NULL: not text */
	struct outlet		*file;		/* the one that is open */
	unsigned		 files;
	findings		 found;
};

/* A line end that is held back: it belongs to the boundary that may follow. */
struct tail {
	unsigned char	eol[2];
	unsigned	len;
};

struct lane {
	unsigned			 depth;		/* the node it hangs on */
	struct sl_transfer_decoder	 decoder;
	bool				 forks;		/* oddities add lanes */
	struct outlet			*outlet;	/* either this, owned unless `shares` */
	bool				 shares;	/* the node's own outlet */
	bool				 extra;		/* a reading beside the first */
	struct reader			*reader;	/* or this, owned */
	struct tail			 tail;
};

enum node_kind {
	NODE_LEAF,
	NODE_MULTIPART,
	NODE_MESSAGE,		/* its body is read in the same reader */
	NODE_FLAT,		/* a multipart whose boundary is any line that looks like one */
};

struct marker {
	unsigned	len;
	char		text[MARKER_MAX];
};

struct node {
	enum node_kind	 kind;
	struct outlet	*outlet;
	struct sl_slice	 boundary;	/* NODE_MULTIPART; in the outlet's text */
	uint32_t	 hash;		/* of it */
	unsigned	 children;
	bool		 digest;	/* multipart/digest */
	bool		 ended;		/* by its last boundary */
	bool		 stray;		/* a lane reads undeclared parts in it */
	struct marker	*markers;	/* NODE_FLAT */
	unsigned	 markers_count;
	unsigned	 marker_next;
	struct tail	 tail;		/* of the text before and after its parts */
};

enum reader_state { READER_HEADER, READER_BODY };

struct reader {
	struct sl_mime		*mime;
	unsigned		 reading;
	enum reader_state	 state;
	struct node		*nodes;
	unsigned		 depth;		/* nodes in use */
	unsigned		 flat;		/* index + 1 of the flat node; 0: none */
	struct lane		*lanes[LANES_MAX];
	unsigned		 lanes_count;
	uint64_t		 bytes;		/* read so far, but for the line in hand */
	uint64_t		 extra_bytes;	/* given to lanes of further readings */
	uint64_t		 parts;
	struct sl_buf		 line;		/* a line that is not complete, or the start of it */
	bool			 mid_line;	/* body: the rest of this line cannot be a boundary */
	bool			 rest_of_line;	/* header: a line longer than the limit goes on */
	bool			 held_cr;	/* body: a CR that may be half a line end */
	struct sl_buf		 stray;		/* the line before, if it looked like a boundary; with its end */
	/* of the header that is read */
	char			*path;		/* of its entity */
	char			*base;		/* of the parts in a flat node that has no path */
	bool			 message;	/* a message's header, not a part's */
	bool			 digest;
	bool			 skips_junk;	/* this reading goes on past lines that are no fields */
	bool			 after_junk;
	struct header		 header;
	struct sl_buf		 field;		/* the field that is open, with its name */
	bool			 field_cut;
};

struct sl_mime {
	unsigned			 magic;
	struct sl_mime_settings		 settings;
	const struct sl_mime_sink	*sink;
	void				*ctx;
	struct reader			*root;
	unsigned			 readings;	/* numbers given */
	unsigned			 active;	/* lanes beyond the first reading, and readers */
	bool				 readings_found;
	bool				 parts_found;
	enum { ENDS_UNKNOWN, ENDS_LF, ENDS_CR } ends;
	bool				 last_cr;
};

static void reader_feed(struct reader *r, struct sl_slice in);
static void reader_finish(struct reader *r);
static void reader_free(struct reader **reader);
static void header_line(struct reader *r, struct sl_slice line, struct sl_slice eol);
static void outlet_close(struct outlet **outlet);

/*
 * Findings.
 */
static void
finding(struct sl_mime *m, findings *found, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	if (found != NULL && (*found & FOUND(kind)) != 0)
		return;
	if (found != NULL)
		*found |= FOUND(kind);
	if (m->sink->finding != NULL)
		m->sink->finding(m->ctx, kind, path, sl_slice(detail.ptr, SL_MIN(detail.len, (size_t)200)));
}

static void
readings_limit(struct sl_mime *m, const char *path)
{
	if (!m->readings_found)
		finding(m, NULL, SL_MIME_READINGS, path, sl_slice(NULL, 0));
	m->readings_found = true;
}

/* Have readings beside the first cost too much for this reader? */
static bool
readings_spent(const struct reader *r)
{
	return r->extra_bytes > EXTRA_FREE_BYTES + EXTRA_PER_BYTE * r->bytes;
}

/* May one more lane run beside the first reading? Says so if not. */
static bool
reading_allowed(struct reader *r, const char *path)
{
	if (r->mime->active < r->mime->settings.readings_max && !readings_spent(r))
		return true;
	readings_limit(r->mime, path);
	return false;
}

/* May one more part begin? Their number is bounded by the bytes they come in. */
static bool
part_allowed(struct reader *r, const char *path)
{
	struct sl_mime *m = r->mime;

	if (r->parts < PARTS_FREE + r->bytes / BYTES_PER_PART)
		return true;
	if (!m->parts_found)
		finding(m, NULL, SL_MIME_PARTS, path, sl_slice(NULL, 0));
	m->parts_found = true;
	return false;
}

/*
 * Outlets.
 */
static struct outlet *
outlet_new(struct sl_mime *m, const char *path, unsigned reading)
{
	struct outlet *out = sl_xzalloc(sizeof(*out));

	out->mime = m;
	out->path = sl_xstrdup(path);
	out->part.path = out->path;
	out->part.reading = reading;
	out->part.type = SL_SLICE_LIT("application/octet-stream");
	sl_buf_init(&out->prefix, SL_MIME_PREFIX_MAX);
	return out;
}

/* Another reading of the same part. Its strings are lent: the original outlives it. */
static struct outlet *
outlet_like(const struct outlet *original, unsigned reading, enum sl_transfer transfer)
{
	struct outlet *out = outlet_new(original->mime, original->path, reading);

	out->part = original->part;
	out->part.path = out->path;
	out->part.reading = reading;
	out->part.transfer = transfer;
	out->part.size_bytes = 0;
	out->part.user = NULL;
	return out;
}

static void
digest_start(struct outlet *out)
{
	if (!out->mime->settings.hash || out->part.is_multipart || out->part.is_message)
		return;
	out->digest = EVP_MD_CTX_new();
	SL_ASSERT(out->digest != NULL && EVP_DigestInit_ex(out->digest, EVP_sha256(), NULL) == 1);
}

static void
outlet_begin(struct outlet *out)
{
	const struct sl_mime_sink *sink = out->mime->sink;

	if (out->digest == NULL)
		digest_start(out);
	if (sink->begin != NULL)
		sink->begin(out->mime->ctx, &out->part);
}

static void
outlet_give(struct outlet *out, struct sl_slice bytes)
{
	const struct sl_mime_sink *sink = out->mime->sink;

	out->part.size_bytes += bytes.len;
	if (out->digest != NULL)
		SL_ASSERT(EVP_DigestUpdate(out->digest, bytes.ptr, bytes.len) == 1);
	if (sink->body != NULL)
		sink->body(out->mime->ctx, &out->part, bytes);
}

/* A transfer decoder's sink. */
static void
outlet_body(void *ctx, struct sl_slice bytes)
{
	struct outlet *out = ctx;

	if (bytes.len == 0)		/* nothing to replay */
		return;
	if (out->keeps_prefix && out->prefix.len == out->part.size_bytes)
		sl_buf_add(&out->prefix, bytes.ptr, SL_MIN(bytes.len, SL_MIME_PREFIX_MAX - out->prefix.len));
	outlet_give(out, bytes);
	if (out->embedded != NULL)
		sl_embedded_feed(out->embedded, bytes);
}

static void
file_begin(void *ctx, enum sl_transfer transfer, struct sl_slice name)
{
	struct outlet *out = ctx;
	struct sl_mime *m = out->mime;
	char *path = sl_xasprintf("%s.%u", out->path, ++out->files);

	finding(m, &out->found, SL_MIME_EMBEDDED, out->path, name);
	out->file = outlet_new(m, path, out->part.reading + 1);
	sl_arena_init(&out->file->text, 4 * SL_EMBEDDED_HEAD_MAX);
	out->file->part.transfer = transfer;
	out->file->part.encoding = sl_slice_str(sl_transfer_name(transfer));
	out->file->part.filename = out->file->part.names[0] = sl_arena_copy(&out->file->text, name);
	out->file->part.names_count = name.len > 0;
	outlet_begin(out->file);
	sl_free(path);
}

static void
file_body(void *ctx, struct sl_slice bytes)
{
	struct outlet *out = ctx;

	outlet_give(out->file, bytes);
}

static void
file_end(void *ctx)
{
	struct outlet *out = ctx;

	outlet_close(&out->file);
}

static const struct sl_embedded_sink file_sink = { file_begin, file_body, file_end };

/* In text, also look for files. */
static void
outlet_scan_text(struct outlet *out)
{
	if (!sl_slice_istarts(out->part.type, SL_SLICE_LIT("text/")))
		return;
	out->embedded = sl_xmalloc(sizeof(*out->embedded));
	sl_embedded_init(out->embedded, &file_sink, out);
}

/* The end event, and free. */
static void
outlet_close(struct outlet **outlet)
{
	struct outlet *out = *outlet;

	*outlet = NULL;
	if (out->embedded != NULL)
		sl_embedded_finish(out->embedded);
	if (out->digest != NULL)
		SL_ASSERT(EVP_DigestFinal_ex(out->digest, out->part.sha256, NULL) == 1);
	if (out->mime->sink->end != NULL)
		out->mime->sink->end(out->mime->ctx, &out->part);
	EVP_MD_CTX_free(out->digest);
	sl_free(out->embedded);
	sl_buf_fini(&out->prefix);
	sl_arena_fini(&out->text);
	sl_free(out->path);
	sl_free(out);
}

/*
 * Lanes.
 */
static struct lane *
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
static struct lane *
lane_add_reading(struct reader *r, unsigned depth, enum sl_transfer transfer)
{
	struct outlet *original = r->nodes[depth].outlet;
	struct lane *lane;

	if (!reading_allowed(r, original->path) || (lane = lane_add(r, depth, transfer)) == NULL)
		return NULL;
	r->mime->active++;
	lane->extra = true;
	lane->outlet = outlet_like(original, ++r->mime->readings, transfer);
	return lane;
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
		digest_start(variant->outlet);
		if (variant->outlet->digest != NULL)
			SL_ASSERT(EVP_MD_CTX_copy_ex(variant->outlet->digest, from->digest) == 1);
		outlet_begin(variant->outlet);
	}
	sl_transfer_feed_all(&variant->decoder, rest, lane_sink, variant);
}

static bool
is_text(const struct outlet *out)
{
	return sl_slice_istarts(out->part.type, SL_SLICE_LIT("text/"));
}

static void
lane_odd(struct reader *r, struct lane *lane, enum sl_transfer_odd odd, struct sl_slice rest)
{
	struct outlet *out = lane->outlet;
	bool text = is_text(out);

	switch (odd) {
	case SL_TRANSFER_ODD_PADDING:
		finding(r->mime, &out->found, text ? SL_MIME_BASE64_ODD : SL_MIME_BASE64_PADS, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_PAD_IGNORED, rest);
		variant_add(r, lane, SL_TRANSFER_PAD_COUNTS, rest);
		variant_add(r, lane, SL_TRANSFER_PAD_ZERO, rest);
		break;
	case SL_TRANSFER_ODD_JUNK:
		finding(r->mime, &out->found, text ? SL_MIME_BASE64_ODD : SL_MIME_BASE64_PADS, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_LINE_ENDS, rest);
		lane->decoder.odd_seen |= 1u << SL_TRANSFER_ODD_LINE;	/* the same variant reads those */
		break;
	case SL_TRANSFER_ODD_LINE:
		finding(r->mime, &out->found, SL_MIME_BASE64_ODD, out->path, sl_slice(NULL, 0));
		variant_add(r, lane, SL_TRANSFER_LINE_ENDS, rest);
		break;
	case SL_TRANSFER_ODD_ESCAPE:
		finding(r->mime, &out->found, text ? SL_MIME_QP_ODD : SL_MIME_QP_FILE, out->path, sl_slice(NULL, 0));
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
		if (odd != SL_TRANSFER_FINE)
			lane_odd(r, lane, odd, in);
	} while (odd != SL_TRANSFER_FINE);
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

static void lane_close(struct reader *r, struct lane *lane);

/* They have cost too much: only the first reading goes on. */
static void
readings_drop(struct reader *r)
{
	unsigned kept = 0;

	readings_limit(r->mime, r->depth > 0 && r->nodes[r->depth - 1].outlet != NULL
	    ? r->nodes[r->depth - 1].outlet->path : r->path);
	for (unsigned i = 0; i < r->lanes_count; i++)
		if (r->lanes[i]->extra)
			lane_close(r, r->lanes[i]);
		else
			r->lanes[kept++] = r->lanes[i];
	r->lanes_count = kept;
}

/* Give bytes to all who read here, and hold back the line end after them. */
static void
lanes_feed(struct reader *r, struct sl_slice in, struct sl_slice eol)
{
	unsigned count = r->lanes_count;	/* lanes that are added on the way have had their share */

	text_feed(r, in, eol);
	for (unsigned i = 0; i < count; i++) {
		struct lane *lane = r->lanes[i];

		if (lane->tail.len > 0)
			lane_feed(r, lane, tail_slice(&lane->tail));
		lane_feed(r, lane, in);
		r->extra_bytes += lane->extra ? in.len + LINE_COST : 0;
	}
	for (unsigned i = 0; i < r->lanes_count; i++)
		tail_set(&r->lanes[i]->tail, eol);
	if (count > 1 && readings_spent(r))
		readings_drop(r);
}

/* The lane's body is over. */
static void
lane_close(struct reader *r, struct lane *lane)
{
	struct sl_mime *m = r->mime;

	sl_transfer_finish(&lane->decoder, lane_sink, lane);
	if (lane->reader != NULL) {
		reader_finish(lane->reader);
		reader_free(&lane->reader);
		m->active--;
	} else if (!lane->shares) {
		outlet_close(&lane->outlet);
		m->active--;
	} else if (!is_text(lane->outlet) && sl_transfer_mixed_case(&lane->decoder)) {
		finding(m, &lane->outlet->found, SL_MIME_QP_FILE, lane->outlet->path, sl_slice(NULL, 0));
	}
	sl_free(lane);
}

/* Close the lanes that hang on node `depth` or above; the newest first. */
static void
lanes_close(struct reader *r, unsigned depth)
{
	while (r->lanes_count > 0 && r->lanes[r->lanes_count - 1]->depth >= depth)
		lane_close(r, r->lanes[--r->lanes_count]);
}

/*
 * Nodes.
 */
static uint32_t
line_hash(struct sl_slice s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * 16777619u;
	return h;
}

static struct node *
node_top(struct reader *r)
{
	return r->depth > 0 ? &r->nodes[r->depth - 1] : NULL;
}

static struct node *
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

static void
node_pop(struct reader *r)
{
	struct node *node = node_top(r);
	struct outlet *out = node->outlet;

	lanes_close(r, r->depth - 1);
	if (node->kind == NODE_MULTIPART && out != NULL) {
		if (node->children == 0 && node->boundary.len > 0)
			finding(r->mime, &out->found, SL_MIME_BOUNDARY_UNUSED, out->path, node->boundary);
		else if (!node->ended && node->boundary.len > 0)
			finding(r->mime, &out->found, SL_MIME_BOUNDARY_NO_END, out->path, node->boundary);
	}
	if (out != NULL)
		outlet_close(&node->outlet);
	sl_free(node->markers);
	r->depth--;
	if (r->flat > r->depth)
		r->flat = 0;
}

/* The text at the front of the outermost open node, for findings. */
static const char *
reader_path(struct reader *r)
{
	struct node *top = node_top(r);

	if (r->state == READER_HEADER || top == NULL || top->outlet == NULL)
		return r->path;
	return top->outlet->path;
}

/*
 * Headers.
 */
static void
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
static void
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

static struct reader *
reader_new(struct sl_mime *m, unsigned reading)
{
	struct reader *r = sl_xzalloc(sizeof(*r));

	r->mime = m;
	r->reading = reading;
	r->nodes = sl_xmalloc((m->settings.depth_max + DEPTH_SLACK) * sizeof(*r->nodes));
	r->path = sl_xstrdup("");
	r->base = sl_xstrdup("");
	header_init(&r->header);
	sl_buf_init(&r->line, SL_MAX(m->settings.field_max_bytes, (size_t)SL_MIME_LINE_MAX) + 2);
	sl_buf_init(&r->stray, SL_MIME_LINE_MAX + 2);
	sl_buf_init(&r->field, m->settings.field_max_bytes);
	return r;
}

static void
reader_base(struct reader *r, const char *base)
{
	sl_free(r->base);
	r->base = sl_xstrdup(base);
}

static void
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

/* A lane to a reader. NULL at the limit. */
static struct reader *
lane_add_reader(struct reader *r, unsigned depth, enum sl_transfer transfer, bool same_reading)
{
	struct sl_mime *m = r->mime;
	struct lane *lane;

	if (!reading_allowed(r, reader_path(r)) || (lane = lane_add(r, depth, transfer)) == NULL)
		return NULL;
	m->active++;
	lane->extra = !same_reading;
	lane->reader = reader_new(m, same_reading ? r->reading : ++m->readings);
	return lane->reader;
}

/* The field that is open is complete. */
static void
field_done(struct reader *r)
{
	const struct sl_mime_sink *sink = r->mime->sink;
	struct sl_slice field = sl_buf_slice(&r->field), name, value;
	const unsigned char *colon;

	if (field.len == 0)
		return;
	colon = memchr(field.ptr, ':', field.len);
	name = sl_slice_trim(colon == NULL ? field : sl_slice(field.ptr, (size_t)(colon - field.ptr)));
	value = colon == NULL ? sl_slice(NULL, 0) : sl_slice_from(field, (size_t)(colon - field.ptr) + 1);
	if (value.len > 0 && value.ptr[0] == ' ')
		value = sl_slice_from(value, 1);
	header_add(&r->header, name, value);
	if (name.len == 0 || memchr(name.ptr, ' ', name.len) != NULL || name.ptr[0] < ' ')
		finding(r->mime, &r->header.found, SL_MIME_FIELD_NAME, r->path, name);
	if (r->after_junk && is_structural(name))
		finding(r->mime, &r->header.found, SL_MIME_HEADER_JUNK, r->path, name);
	if (r->field_cut || r->field.overflow)
		finding(r->mime, &r->header.found, SL_MIME_FIELD_CUT, r->path, name);
	if (sink->field != NULL)
		sink->field(r->mime->ctx, r->path, r->reading, name, value, r->field_cut || r->field.overflow);
	sl_buf_reset(&r->field);
	r->field_cut = false;
}

static void
entity_findings(struct reader *r, struct outlet *out, const struct entity *entity)
{
	findings had = r->header.found & ~FOUND(SL_MIME_FIELD_HIDDEN);	/* those were told before */

	out->found = had;
	for (unsigned kind = 0; kind < SL_MIME_FINDING_COUNT; kind++)
		if ((entity->found & ~had & FOUND(kind)) != 0)
			finding(r->mime, &out->found, (enum sl_mime_finding_kind)kind, out->path,
			    kind == SL_MIME_NAME_ODD ? entity->part.filename
			    : kind == SL_MIME_ENCODING_ODD || kind == SL_MIME_ENCODING_UNKNOWN
			    ? entity->part.encoding : entity->part.type);
}

/* The path of what a message holds: a multipart has the message's own. */
static char *
content_path(struct reader *r, bool multipart)
{
	if (!r->message || multipart)
		return sl_xstrdup(r->path);
	return r->path[0] == '\0' ? sl_xstrdup("1") : sl_xasprintf("%s.1", r->path);
}

static enum node_kind
node_kind_for(struct reader *r, struct outlet *out, const struct entity *entity)
{
	bool deep = r->depth >= r->mime->settings.depth_max;

	if (deep && (out->part.is_multipart || out->part.is_message))
		finding(r->mime, &out->found, SL_MIME_DEPTH, out->path, sl_slice(NULL, 0));
	if (out->part.is_message && !deep && entity->transfers[0] == SL_TRANSFER_IDENTITY)
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

	finding(r->mime, &out->found, SL_MIME_ENCODED_MESSAGE, out->path, out->part.encoding);
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
			finding(r->mime, &out->found, SL_MIME_ENCODED_MULTIPART, out->path, out->part.encoding);
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
static void
entity_open(struct reader *r)
{
	struct entity entity;
	struct outlet *out;
	struct node *node;
	char *path;

	field_done(r);
	entity_init(&entity, &r->header, r->digest);
	path = content_path(r, entity.part.is_multipart);
	out = outlet_new(r->mime, path, r->reading);
	entity.part.path = out->path;
	entity.part.reading = r->reading;
	out->part = entity.part;
	out->text = entity.text;	/* taken */
	sl_free(path);
	node = node_push(r, node_kind_for(r, out, &entity), out);
	if (node->kind == NODE_MULTIPART && r->flat == 0) {
		node->boundary = entity.boundary;
		node->hash = line_hash(entity.boundary);
	}
	node->digest = sl_slice_eq(out->part.type, SL_SLICE_LIT("multipart/digest"));
	r->state = READER_BODY;
	r->mid_line = r->skips_junk = false;
	entity_findings(r, out, &entity);
	outlet_begin(out);
	if (node->kind == NODE_MESSAGE)
		header_start(r, sl_xstrdup(out->path), true, false);
	else if (out->part.is_multipart)
		multipart_lanes(r, out, &entity);
	else if (out->part.is_message && entity.transfers[0] != SL_TRANSFER_IDENTITY)
		encoded_message_lane(r, out, &entity);
	else
		leaf_lanes(r, out, &entity);
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

	field_done(r);
	finding(r->mime, &r->header.found, SL_MIME_HEADER_NO_END, r->path, sl_slice(NULL, 0));
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
	const unsigned char *colon = memchr(line.ptr, ':', line.len);

	if (colon == NULL)
		return false;
	for (const unsigned char *p = line.ptr; p < colon; p++)
		if (*p > ' ' && *p < 0x7f)
			return true;
	return colon == line.ptr;
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

/*
 * Boundaries.
 */
static struct sl_slice
trim_end(struct sl_slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] <= ' ')
		s.len--;
	return s;
}

static bool
looks_like_boundary(struct sl_slice line)
{
	return line.len >= 2 && line.ptr[0] == '-' && line.ptr[1] == '-';
}

/* Which open multipart does the line delimit? The innermost. Returns its index + 1, or 0. */
static unsigned
boundary_match(struct reader *r, struct sl_slice line, bool *last_out)
{
	struct sl_slice text = trim_end(sl_slice_from(line, 2)), shorter = text;
	uint32_t whole, cut;
	bool may_end = text.len > 2 && text.ptr[text.len - 1] == '-' && text.ptr[text.len - 2] == '-';

	shorter.len -= may_end ? 2 : 0;
	whole = line_hash(text);
	cut = may_end ? line_hash(shorter) : whole;
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
static void
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

static void
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
static bool
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

/*
 * Bodies.
 */
static struct sl_slice
eol_of(struct sl_slice line)
{
	size_t n = line.len > 0 && line.ptr[line.len - 1] == '\n' ? 1 : 0;

	n += n == 1 && line.len > 1 && line.ptr[line.len - 2] == '\r';
	return sl_slice_from(line, line.len - n);
}

static bool
content_starts(struct sl_slice line)
{
	while (line.len > 0 && (line.ptr[0] <= ' ' || line.ptr[0] == ':'))
		line = sl_slice_from(line, 1);
	return sl_slice_istarts(line, SL_SLICE_LIT("content-"));
}

/* Undeclared parts in the node on top: let a lane read them. Its header starts with what is fed next. */
static void
stray_lane(struct reader *r, struct sl_slice marker)
{
	struct node *top = node_top(r);
	struct outlet *out = top->outlet;
	struct reader *flat;
	bool quoted = top->kind == NODE_LEAF && out->part.transfer == SL_TRANSFER_IDENTITY;	/* a bounce, say */

	for (unsigned d = 0; d < r->depth; d++)
		if (r->nodes[d].stray)
			return;
	if (out != NULL)
		finding(r->mime, &out->found, quoted ? SL_MIME_BOUNDARY_STRAY : SL_MIME_BOUNDARY_ODD, out->path, trim_end(marker));
	flat = lane_add_reader(r, r->depth - 1, SL_TRANSFER_IDENTITY, false);
	if (flat == NULL)
		return;
	top->stray = true;
	reader_base(flat, out != NULL ? out->path : r->base);
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
static bool
stray_settle(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	struct sl_slice stray = sl_buf_slice(&r->stray), stray_eol;
	bool begins = content_starts(line) && part_allowed(r, reader_path(r));

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
static void
candidate_line(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	struct sl_slice bare = line;
	bool last = false;
	unsigned depth;

	if (r->stray.len > 0 && stray_settle(r, line, eol))
		return;
	while (bare.len > 0 && bare.ptr[0] == '\r')
		bare = sl_slice_from(bare, 1);
	if (!looks_like_boundary(bare)) {
		lanes_feed(r, line, eol);
		return;
	}
	if (bare.len == line.len && (depth = boundary_match(r, line, &last)) != 0 &&
	    (last || part_allowed(r, reader_path(r)))) {
		boundary_enter(r, depth, last, line, eol);
		return;
	}
	if (r->flat != 0 && marker_match(&r->nodes[r->flat - 1], bare, &last) &&
	    (last || part_allowed(r, reader_path(r)))) {
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

/* Must what comes be seen whole, as far as LINE_MAX goes? Lines that may be a boundary;
 * and where several lanes read, all: what they find must not be told in an order that depends on cuts. */
static bool
must_hold(const struct reader *r, struct sl_slice in)
{
	return r->line.len > 0 || r->lanes_count > 1 ||
	    (!r->mid_line && (r->stray.len > 0 || stops_run(in.ptr, in.ptr + in.len)));
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
		if (r->stray.len > 0 && stray_settle(r, line, end))
			line.len = 0;
		if (r->state == READER_BODY && line.len > 0)
			lanes_feed(r, line, end);
		r->rest_of_line = r->state == READER_HEADER;
		r->mid_line = !r->rest_of_line;
	} else {
		candidate_line(r, line, end);
	}
	r->bytes += line_len;
	sl_buf_reset(&r->line);
	return n;
}

/* Bytes up to the next line that must be held. Returns how many. */
static size_t
plain_run(struct reader *r, struct sl_slice in)
{
	const unsigned char *p = in.ptr, *end = in.ptr + in.len, *eol;
	struct sl_slice run, line_end;

	while ((eol = find_lf(p, end)) != NULL) {
		p = eol + 1;
		if (p == end || stops_run(p, end))
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

static size_t
body_feed(struct reader *r, struct sl_slice in)
{
	if (r->held_cr) {
		r->held_cr = false;
		if (in.ptr[0] == '\n') {
			r->mid_line = false;
			lanes_feed(r, sl_slice(NULL, 0), SL_SLICE_LIT("\r\n"));
			return 1;
		}
		lanes_feed(r, SL_SLICE_LIT("\r"), sl_slice(NULL, 0));
	}
	if (must_hold(r, in))
		return hold_line(r, in);
	return plain_run(r, in);
}

/* One whole line of a header, or the first field_max_bytes of it (then `eol` is empty). */
static void
header_line(struct reader *r, struct sl_slice line, struct sl_slice eol)
{
	bool last = false;
	unsigned depth;

	if (looks_like_boundary(line) && (depth = boundary_match(r, line, &last)) != 0 &&
	    (last || part_allowed(r, r->path))) {
		entity_open(r);			/* a part without a body */
		if (r->state == READER_HEADER)	/* a message, with neither header nor body */
			entity_open(r);
		boundary_enter(r, depth, last, line, eol);
		return;
	}
	if (line.len == 0 || (r->skips_junk && is_blank(line))) {
		lanes_feed(r, line, eol);
		entity_open(r);
	} else if ((line.ptr[0] == ' ' || line.ptr[0] == '\t') && (r->field.len > 0 || r->skips_junk)) {
		lanes_feed(r, line, eol);
		if (r->field.len > 0) {
			sl_buf_add_str(&r->field, "\r\n");
			sl_buf_add_slice(&r->field, line);
		}
	} else if (is_mailbox_line(r, line)) {
		lanes_feed(r, line, eol);
	} else if (is_field(line)) {
		lanes_feed(r, line, eol);
		field_done(r);
		sl_buf_add_slice(&r->field, line);
		r->field_cut |= eol.len == 0 && line.len >= r->mime->settings.field_max_bytes;
	} else if (r->skips_junk) {
		lanes_feed(r, line, eol);
		field_done(r);
		r->after_junk = true;
	} else {
		header_forks(r);
		if (r->state == READER_HEADER)		/* a message in the same reader */
			header_line(r, line, eol);
		else
			candidate_line(r, line, eol);
	}
}

static size_t
header_feed(struct reader *r, struct sl_slice in)
{
	const unsigned char *eol = find_lf(in.ptr, in.ptr + in.len);
	size_t n = eol == NULL ? in.len : (size_t)(eol - in.ptr) + 1, limit = r->mime->settings.field_max_bytes;
	struct sl_slice line = sl_slice(in.ptr, n), end;

	if (r->rest_of_line) {
		end = eol_of(line);
		r->rest_of_line = end.len == 0;
		lanes_feed(r, sl_slice(line.ptr, line.len - end.len), end);
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

static void
reader_feed(struct reader *r, struct sl_slice in)
{
	while (in.len > 0) {
		size_t n = r->state == READER_HEADER ? header_feed(r, in) : body_feed(r, in);

		in = sl_slice_from(in, n);
	}
}

/* No more bytes: what is held is given, what is open is closed. */
static void
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
		candidate_line(r, line, eol);
	if (r->state == READER_HEADER) {
		if (r->header.fields > 0 || r->field.len > 0 || r->depth == 0)
			entity_open(r);
		if (r->state == READER_HEADER)
			entity_open(r);
	}
	if (r->stray.len > 0)
		stray_settle(r, sl_slice(NULL, 0), sl_slice(NULL, 0));
	/* the last line end belongs to nobody's boundary */
	lanes_feed(r, sl_slice(NULL, 0), sl_slice(NULL, 0));
	while (r->depth > 0)
		node_pop(r);
	sl_buf_reset(&r->line);
}

/*
 * The message.
 */
struct sl_mime *
sl_mime_new(const struct sl_mime_settings *settings, const struct sl_mime_sink *sink, void *ctx)
{
	struct sl_mime *m = sl_xzalloc(sizeof(*m));

	SL_ASSERT(settings->depth_max > 0 && settings->field_max_bytes >= SL_MIME_LINE_MAX);
	SL_ASSERT(settings->readings_max < LANES_MAX / 2);
	m->magic = MIME_MAGIC;
	m->settings = *settings;
	m->sink = sink;
	m->ctx = ctx;
	m->root = reader_new(m, 0);
	header_start(m->root, sl_xstrdup(""), true, false);
	return m;
}

void
sl_mime_free(struct sl_mime **mime)
{
	static const struct sl_mime_sink silent = { NULL };

	if (*mime == NULL)
		return;
	SL_CHECK(*mime, MIME_MAGIC);
	if ((*mime)->root != NULL) {		/* not finished: close what is open, and tell nobody */
		(*mime)->sink = &silent;
		sl_mime_finish(*mime);
	}
	SL_OBJ_FREE(mime, MIME_MAGIC);
}

/* Bare CRs are this message's line ends. CRLF stays one. */
static void
feed_cr(struct sl_mime *m, struct sl_slice in)
{
	unsigned char piece[1024];
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (!(c == '\n' && m->last_cr))
			piece[n++] = c == '\r' ? '\n' : c;
		m->last_cr = c == '\r';
		if (n == sizeof(piece)) {
			reader_feed(m->root, sl_slice(piece, n));
			n = 0;
		}
	}
	reader_feed(m->root, sl_slice(piece, n));
}

/* How does the first line end? */
static void
ends_settle(struct sl_mime *m, struct sl_slice in)
{
	for (size_t i = 0; i < in.len && m->ends == ENDS_UNKNOWN; i++) {
		if (in.ptr[i] == '\n') {
			m->ends = ENDS_LF;
		} else if (m->last_cr) {
			m->ends = ENDS_CR;
			finding(m, NULL, SL_MIME_BARE_CR, "", sl_slice(NULL, 0));
		}
		m->last_cr = in.ptr[i] == '\r';
	}
}

void
sl_mime_feed(struct sl_mime *m, const unsigned char *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);

	SL_CHECK(m, MIME_MAGIC);
	SL_ASSERT(m->root != NULL);
	if (m->ends == ENDS_UNKNOWN) {
		bool held = m->last_cr;		/* a CR at the end of what came before was held */

		ends_settle(m, in);
		if (m->ends == ENDS_CR) {
			m->last_cr = false;
			if (held)
				feed_cr(m, SL_SLICE_LIT("\r"));
		} else {
			if (held)
				reader_feed(m->root, SL_SLICE_LIT("\r"));
			if (m->ends == ENDS_UNKNOWN && m->last_cr)
				in.len--;
		}
	}
	if (m->ends == ENDS_CR)
		feed_cr(m, in);
	else
		reader_feed(m->root, in);
}

void
sl_mime_finish(struct sl_mime *m)
{
	SL_CHECK(m, MIME_MAGIC);
	SL_ASSERT(m->root != NULL);
	if (m->ends == ENDS_UNKNOWN && m->last_cr)
		feed_cr(m, SL_SLICE_LIT("\r"));
	reader_finish(m->root);
	reader_free(&m->root);
}
