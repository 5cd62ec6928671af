/*
 * data_fuzz.c - DATA text: every kernel and every cutting agree; the sink's bytes follow from
 * the wire's; only CRLF.CRLF ends the text
 *
 * Input: a byte of settings, two bytes of cutting, the text.
 */

#include "sl/buf.h"
#include "smtp/data_i.h"

struct outcome {
	struct sl_buf	out;
	size_t		used;
	size_t		unsettled;
	int		result;
};

static void
keep(void *ctx, const unsigned char *data, size_t len)
{
	SL_ASSERT(len > 0);
	sl_buf_add(ctx, data, len);
}

/* Decode in pieces of `step` bytes, the first one `first` bytes longer. */
static void
decode(struct sl_slice in, bool normalise, size_t line_max, unsigned kernel, size_t first,
    size_t step, struct outcome *o)
{
	struct sl_smtp_data d;
	size_t len = SL_MIN(in.len, first + step), used = 0;

	sl_buf_init(&o->out, 2 * in.len + 2);
	sl_smtp_data_init(&d, normalise, line_max, keep, &o->out);
	d.kernel = (unsigned char)kernel;
	o->used = 0;
	o->result = SL_MORE;
	while (o->used < in.len && o->result == SL_MORE) {
		o->result = sl_smtp_data_feed(&d, in.ptr + o->used, len, &used);
		SL_ASSERT(used <= len && (used == len || o->result != SL_MORE));
		o->used += used;
		len = SL_MIN(step, in.len - o->used);
	}
	o->unsettled = sl_smtp_data_unsettled(&d);
	SL_ASSERT(!o->out.overflow);
}

static bool
ends_text(struct sl_slice in)
{
	return (in.len == 3 && memcmp(in.ptr, ".\r\n", 3) == 0) ||
	    (in.len >= 5 && memcmp(in.ptr + in.len - 5, "\r\n.\r\n", 5) == 0);
}

/* No bare CR but perhaps at the end, no bare LF, no NUL. */
static void
check_legal(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		SL_ASSERT(s.ptr[i] != '\0');
		SL_ASSERT(s.ptr[i] != '\n' || (i > 0 && s.ptr[i - 1] == '\r'));
		SL_ASSERT(i == 0 || s.ptr[i - 1] != '\r' || s.ptr[i] == '\n');
	}
}

/* The real end, found by skipping from wherever reading stopped. */
static void
check_skip(struct sl_slice in, const struct outcome *o, size_t line_max)
{
	struct sl_smtp_data d;
	size_t used, more = 0;
	int r;

	sl_smtp_data_init(&d, false, line_max, NULL, NULL);
	r = sl_smtp_data_feed(&d, in.ptr, in.len, &used);
	SL_ASSERT(r == o->result && used == o->used);
	if (r == SL_DONE)
		return;
	r = sl_smtp_data_skip(&d, in.ptr + used, in.len - used, &more);
	for (size_t i = 1; i < used + more; i++)
		SL_ASSERT(!ends_text(sl_slice(in.ptr, i)));
	SL_ASSERT((r == SL_DONE) == ends_text(sl_slice(in.ptr, used + more)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const size_t maxima[] = { 0, 1, 64, 80 };
	struct outcome whole, other;
	struct sl_slice in;
	bool normalise;
	size_t line_max;

	if (len < 3)
		return 0;
	normalise = data[0] & 1;
	line_max = maxima[data[0] >> 1 & 3];
	in = sl_slice(data + 3, len - 3);
	decode(in, normalise, line_max, SL_SMTP_DATA_PORTABLE, in.len, 1, &whole);
	check_legal(sl_buf_slice(&whole.out));
	SL_ASSERT(whole.result != SL_DONE || ends_text(sl_slice(in.ptr, whole.used)));
	SL_ASSERT(normalise || whole.out.len + whole.unsettled <= whole.used + 1);
	for (unsigned k = 0; k < SL_SMTP_DATA_KERNELS; k++) {
		if (!sl_smtp_data_kernel_ok((enum sl_smtp_data_kernel)k))
			continue;
		decode(in, normalise, line_max, k, data[1], 1u + data[2], &other);
		SL_ASSERT(other.result == whole.result && other.used == whole.used);
		SL_ASSERT(other.unsettled == whole.unsettled);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&other.out), sl_buf_slice(&whole.out)));
		sl_buf_fini(&other.out);
	}
	if (!normalise && in.len < 2000)
		check_skip(in, &whole, line_max);
	sl_buf_fini(&whole.out);
	return 0;
}
