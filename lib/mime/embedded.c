/* embedded.c - see mime/embedded.h */

#include "mime/embedded.h"
#include "scan_i.h"

#define FILES_FREE	100
#define BYTES_PER_FILE	512

void
sl_embedded_init(struct sl_embedded *e, const struct sl_embedded_sink *sink, void *ctx)
{
	e->sink = sink;
	e->ctx = ctx;
	e->open = e->mid_line = false;
	e->head_len = 0;
	e->bytes = e->files = 0;
}

static void
body_out(void *ctx, struct sl_slice bytes)
{
	struct sl_embedded *e = ctx;

	e->sink->body(e->ctx, bytes);
}

static void
file_end(struct sl_embedded *e)
{
	if (!e->open)
		return;
	sl_transfer_finish(&e->decoder, body_out, e);
	e->open = false;
	e->sink->end(e->ctx);
}

static void
file_begin(struct sl_embedded *e, enum sl_transfer transfer, struct sl_slice name)
{
	file_end(e);
	if (e->files >= FILES_FREE + e->bytes / BYTES_PER_FILE) {
		e->sink->limit(e->ctx);
		return;
	}
	e->files++;
	sl_transfer_init(&e->decoder, transfer);
	e->open = true;
	e->sink->begin(e->ctx, transfer, sl_slice_trim(name));
}

/* "begin 644 NAME": the name, or {NULL, 0}. */
static struct sl_slice
uu_begin(struct sl_slice line)
{
	size_t i = 6;

	if (!sl_slice_istarts(line, SL_SLICE_LIT("begin ")))
		return sl_slice(NULL, 0);
	while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '7')
		i++;
	if (i < 9 || i > 10 || i >= line.len || line.ptr[i] != ' ')
		return sl_slice(NULL, 0);
	return sl_slice_from(line, i + 1);
}

static struct sl_slice
yenc_begin(struct sl_slice line)
{
	const unsigned char *name;

	if (!sl_slice_istarts(line, SL_SLICE_LIT("=ybegin ")))
		return sl_slice(NULL, 0);
	name = memmem(line.ptr, line.len, " name=", 6);
	return name == NULL ? SL_SLICE_LIT("") : sl_slice_from(line, (size_t)(name - line.ptr) + 6);
}

static bool
is_end(const struct sl_embedded *e, struct sl_slice line)
{
	if (e->decoder.transfer == SL_TRANSFER_YENC)
		return sl_slice_istarts(line, SL_SLICE_LIT("=yend"));
	return sl_slice_eq(sl_slice_trim(line), SL_SLICE_LIT("end"));
}

/* The head of a line is known: a control line, or data. */
static void
head_decide(struct sl_embedded *e)
{
	struct sl_slice line = sl_slice(e->head, e->head_len), name;

	e->head_len = 0;
	if ((name = uu_begin(line)).ptr != NULL)
		file_begin(e, SL_TRANSFER_UU, name);
	else if ((name = yenc_begin(line)).ptr != NULL)
		file_begin(e, SL_TRANSFER_YENC, name);
	else if (e->open && is_end(e, line))
		file_end(e);
	else if (e->open)
		sl_transfer_feed_all(&e->decoder, line, body_out, e);
}

static void
head_end(struct sl_embedded *e)
{
	size_t len = e->head_len;

	head_decide(e);
	e->bytes += len;
}

/* Could the line that starts with `c` be a control line? */
static bool
head_plausible(const struct sl_embedded *e, unsigned char c)
{
	return c == 'b' || c == 'B' || c == '=' || (e->open && c == 'e');
}

/* The start of a line: take what belongs to its head. Returns how much. */
static size_t
head_take(struct sl_embedded *e, struct sl_slice text)
{
	size_t n = 0;

	if (e->head_len == 0 && !head_plausible(e, text.ptr[0])) {
		e->mid_line = true;
		return 0;
	}
	while (n < text.len && e->head_len < SL_EMBEDDED_HEAD_MAX) {
		e->head[e->head_len++] = text.ptr[n];
		if (text.ptr[n++] == '\n') {
			head_end(e);
			return n;
		}
	}
	if (e->head_len == SL_EMBEDDED_HEAD_MAX) {
		head_end(e);
		e->mid_line = true;
	}
	return n;
}

void
sl_embedded_feed(struct sl_embedded *e, struct sl_slice text)
{
	while (text.len > 0) {
		const unsigned char *eol;
		size_t n;

		if (!e->mid_line) {
			text = sl_slice_from(text, head_take(e, text));
			continue;
		}
		if (e->open)
			eol = find_lf(text.ptr, text.ptr + text.len);
		else			/* run over the lines that cannot be control lines */
			eol = find_line(text.ptr, text.ptr + text.len, 'b', 'B', '=');
		n = eol == NULL ? text.len : (size_t)(eol - text.ptr) + 1;
		if (e->open)
			sl_transfer_feed_all(&e->decoder, sl_slice(text.ptr, n), body_out, e);
		e->mid_line = eol == NULL;
		e->bytes += n;
		text = sl_slice_from(text, n);
	}
}

void
sl_embedded_finish(struct sl_embedded *e)
{
	if (e->head_len > 0)
		head_decide(e);
	file_end(e);
}
