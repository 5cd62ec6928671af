/* mime_fuzz.c - two cuttings of a message give the same parts, bodies and findings; every part that
 * begins ends; what is decoded is bounded by what came in */

#include "mime/mime.h"
#include "sl/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct trace {
	struct sl_buf	out;
	size_t		open;
	uint64_t	first_reading_bytes;
};

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct sl_buf *body = sl_xzalloc(sizeof(*body));

	sl_buf_init(body, SIZE_MAX / 2);
	part->user = body;
	((struct trace *)ctx)->open++;
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	SL_ASSERT(bytes.len > 0);
	sl_buf_add_slice(part->user, bytes);
	if (part->reading == 0)
		((struct trace *)ctx)->first_reading_bytes += bytes.len;
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct trace *trace = ctx;
	struct sl_buf *body = part->user;

	sl_buf_addf(&trace->out, "%s+%u %u %zu:", part->path, part->reading, part->transfer, body->len);
	sl_buf_add_slice(&trace->out, part->type);
	for (size_t i = 0; i < part->names_count; i++)
		sl_buf_add_slice(&trace->out, part->names[i]);
	sl_buf_add_slice(&trace->out, sl_buf_slice(body));
	sl_buf_fini(body);
	sl_free(body);
	trace->open--;
}

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct trace *trace = ctx;

	sl_buf_addf(&trace->out, "%s+%u %d ", path, reading, cut);
	sl_buf_add_slice(&trace->out, name);
	sl_buf_add_slice(&trace->out, value);
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	struct trace *trace = ctx;

	sl_buf_addf(&trace->out, "!%s %s", sl_mime_finding_name(kind), path);
	sl_buf_add_slice(&trace->out, detail);
}

static void
read_message(struct sl_slice in, size_t piece, struct trace *trace)
{
	static const struct sl_mime_sink sink = { on_field, on_begin, on_body, on_end, on_finding };
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_mime *m;

	settings.depth_max = 6;
	settings.hash = false;
	sl_buf_init(&trace->out, SIZE_MAX / 2);
	m = sl_mime_new(&settings, &sink, trace);
	while (in.len > 0) {
		size_t n = SL_MIN(piece, in.len);

		sl_mime_feed(m, in.ptr, n);
		in = sl_slice_from(in, n);
	}
	sl_mime_finish(m);
	sl_mime_free(&m);
	SL_ASSERT(trace->open == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct trace whole = { .open = 0 }, cut = { .open = 0 };
	struct sl_slice in;

	if (len < 1)
		return 0;
	in = sl_slice(data + 1, len - 1);
	read_message(in, SIZE_MAX, &whole);
	read_message(in, 1 + data[0], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.out), sl_buf_slice(&cut.out)));
	SL_ASSERT(whole.first_reading_bytes <= 16 * in.len + 64);	/* uuencode gives back lost spaces */
	sl_buf_fini(&whole.out);
	sl_buf_fini(&cut.out);
	return 0;
}
