/*
 * last_fuzz.c - a state that was lent is refused, or packed again as it was; and records of TLS that are none of the peer's give no text
 *
 * The first byte cuts the rest in two: a state, and what came on its connection. What is read of a part of it is the beginning of what is
 * read of all.
 */

#include "courier/last.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
reads_the_same_when_cut(const struct sl_tls_rest *rest, struct sl_slice in, size_t cut)
{
	struct sl_buf all, part;
	int r, part_r;

	sl_buf_init(&all, 1u << 20);
	sl_buf_init(&part, 1u << 20);
	r = sl_tls_rest_read(rest, in, &all);
	part_r = sl_tls_rest_read(rest, sl_slice(in.ptr, cut), &part);
	SL_ASSERT(part.len <= all.len && (part.len == 0 || memcmp(part.data, all.data, part.len) == 0));
	SL_ASSERT(part_r == SL_MORE || part_r == r);
	sl_buf_fini(&all);
	sl_buf_fini(&part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_last_state state;
	struct sl_slice first, rest;
	struct sl_buf out;

	if (size == 0)
		return 0;
	first = sl_slice(data + 1, SL_MIN((size_t)data[0] * 3, size - 1));
	rest = sl_slice(data + 1 + first.len, size - 1 - first.len);
	if (sl_last_unpack(first, &state) == 0) {
		sl_buf_init(&out, SL_LAST_STATE_MAX);
		sl_last_pack(&state, &out);
		SL_ASSERT(!out.overflow && sl_slice_eq(sl_buf_slice(&out), first));
		sl_buf_fini(&out);
	}
	reads_the_same_when_cut(&state.tls, rest, rest.len / 2);
	return 0;
}
