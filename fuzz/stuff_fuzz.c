/*
 * stuff_fuzz.c - adding dots: every cutting agrees, and decoding gives the text back, with one
 * end of data, at the end
 *
 * Input: a byte of cutting, the text (made legal by decoding it in normalise mode).
 */

#include "sl/buf.h"
#include "smtp/data.h"

static void
keep(void *ctx, const unsigned char *data, size_t len)
{
	SL_ASSERT(len > 0);
	sl_buf_add(ctx, data, len);
}

static void
stuff(struct sl_slice in, size_t step, struct sl_buf *out)
{
	struct sl_smtp_stuff s = { 0 };

	sl_buf_init(out, 2 * in.len + 5);
	for (size_t at = 0; at < in.len; at += step)
		sl_smtp_stuff_feed(&s, in.ptr + at, SL_MIN(step, in.len - at), keep, out);
	sl_smtp_stuff_finish(&s, keep, out);
	SL_ASSERT(!out->overflow);
}

static int
decode(struct sl_slice in, bool normalise, struct sl_buf *out, size_t *used_out)
{
	struct sl_smtp_data d;

	sl_buf_init(out, 2 * in.len + 2);
	sl_smtp_data_init(&d, normalise, 0, keep, out);
	return sl_smtp_data_feed(&d, in.ptr, in.len, used_out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_buf text, whole, cut, again;
	size_t used;

	if (len < 1)
		return 0;
	SL_ASSERT(decode(sl_slice(data + 1, len - 1), true, &text, &used) >= 0);
	stuff(sl_buf_slice(&text), text.len + 1, &whole);
	stuff(sl_buf_slice(&text), 1u + data[0], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));

	SL_ASSERT(decode(sl_buf_slice(&whole), false, &again, &used) == SL_DONE);
	SL_ASSERT(used == whole.len);
	if (text.len == 0 || text.data[text.len - 1] == '\n')
		SL_ASSERT(again.len == text.len);
	else
		SL_ASSERT(again.len > text.len && again.len <= text.len + 2);
	SL_ASSERT(sl_slice_eq(sl_slice(again.data, text.len), sl_buf_slice(&text)));
	sl_buf_fini(&text);
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	sl_buf_fini(&again);
	return 0;
}
