/*
 * fields_fuzz.c - header fields: every cutting agrees; what is given stands in the input, in
 * order, with nothing between but what the syntax says; no field is longer than the limit
 *
 * Input: a byte for the limit, a byte of cutting, the message.
 */

#include "mime/fields.h"

#define LIMIT_NONE	4096

/* A reading of the message, and what it said as text. */
struct reading {
	struct sl_slice	in;
	size_t		at;		/* bytes accounted for */
	size_t		limit;
	bool		over;		/* the header is */
	struct sl_buf	said;
};

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static void
expect(struct reading *r, struct sl_slice s)
{
	SL_ASSERT(r->in.len - r->at >= s.len);
	SL_ASSERT(sl_slice_eq(sl_slice(r->in.ptr + r->at, s.len), s));
	r->at += s.len;
}

/* Pass a line's end, or nothing at the end of the input. */
static void
expect_line_end(struct reading *r)
{
	if (r->at < r->in.len && r->in.ptr[r->at] == '\r')
		r->at++;
	SL_ASSERT(r->at == r->in.len || r->in.ptr[r->at] == '\n');
	r->at += r->at < r->in.len;
}

/* Pass what a cut field left out: the rest of this line and the folds after it. */
static void
pass_rest(struct reading *r, bool folds)
{
	while (r->at < r->in.len) {
		bool lf = r->in.ptr[r->at++] == '\n';

		if (lf && (!folds || r->at == r->in.len || !is_blank(r->in.ptr[r->at])))
			return;
	}
}

static void
on_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct reading *r = ctx;
	size_t start = r->at;

	SL_ASSERT(!r->over);
	if (name.len > 0) {
		expect(r, name);
		while (r->at < r->in.len && is_blank(r->in.ptr[r->at]))
			r->at++;
		expect(r, SL_SLICE_LIT(":"));
	}
	expect(r, value);
	SL_ASSERT(r->at - start <= r->limit);
	SL_ASSERT(!cut || r->at - start == r->limit);
	if (cut)
		pass_rest(r, name.len > 0);
	else
		expect_line_end(r);
	SL_ASSERT(name.len == 0 || r->at == r->in.len || !is_blank(r->in.ptr[r->at]));
	sl_buf_addf(&r->said, "%zu %zu %d;", name.len, value.len, cut);
}

static void
on_header_end(void *ctx, bool proper)
{
	struct reading *r = ctx;

	SL_ASSERT(!r->over);
	r->over = true;
	if (proper) {
		SL_ASSERT(r->at < r->in.len);
		expect_line_end(r);
	}
	sl_buf_addf(&r->said, proper ? "proper %zu" : "improper %zu", r->at);
}

static void
on_body(void *ctx, struct sl_slice bytes)
{
	struct reading *r = ctx;

	SL_ASSERT(r->over && bytes.len > 0);
	expect(r, bytes);
}

static void
read_message(struct sl_slice in, size_t limit, size_t step, struct reading *r)
{
	static const struct sl_fields_sink sink = { on_field, on_header_end, on_body };
	struct sl_fields *fields;

	*r = (struct reading){ .in = in, .limit = limit };
	sl_buf_init(&r->said, 64 * in.len + 64);
	fields = sl_fields_new(limit, &sink, r);
	for (size_t at = 0; at < in.len; at += step)
		sl_fields_feed(fields, in.ptr + at, SL_MIN(step, in.len - at));
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	SL_ASSERT(r->over && r->at == in.len && !r->said.overflow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading whole, cut;
	struct sl_slice in;
	size_t limit;

	if (len < 2)
		return 0;
	in = sl_slice(data + 2, len - 2);
	limit = data[0] == 0 ? LIMIT_NONE : data[0];
	read_message(in, limit, in.len + 1, &whole);
	read_message(in, limit, 1u + data[1], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.said), sl_buf_slice(&cut.said)));
	sl_buf_fini(&whole.said);
	sl_buf_fini(&cut.said);
	return 0;
}
