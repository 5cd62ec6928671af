/* transfer_fuzz.c - two cuttings of the same bytes decode to the same bytes, never to more than
 * the decoding can give */

#include "mime/transfer.h"
#include "sl/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
sink(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
}

static void
decode(struct sl_slice in, enum sl_transfer transfer, enum sl_transfer_habit habit, size_t piece,
    struct sl_buf *out)
{
	struct sl_transfer_decoder d;

	sl_transfer_init(&d, transfer);
	d.habit = habit;
	while (in.len > 0) {
		size_t n = SL_MIN(piece, in.len);

		sl_transfer_feed_all(&d, sl_slice(in.ptr, n), sink, out);
		in = sl_slice_from(in, n);
	}
	sl_transfer_finish(&d, sink, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum sl_transfer transfers[] = { SL_TRANSFER_IDENTITY, SL_TRANSFER_BASE64,
	    SL_TRANSFER_QP, SL_TRANSFER_UU, SL_TRANSFER_YENC, SL_TRANSFER_BINHEX };
	enum sl_transfer transfer;
	enum sl_transfer_habit habit;
	struct sl_buf whole, cut;
	struct sl_slice in;

	if (len < 3)
		return 0;
	transfer = transfers[data[0] % SL_COUNT(transfers)];
	habit = transfer == SL_TRANSFER_QP
	    ? (enum sl_transfer_habit)(SL_TRANSFER_ESCAPE_KEPT + data[1] % 3)
	    : (enum sl_transfer_habit)(SL_TRANSFER_PAD_ENDS + data[1] % 5);
	in = sl_slice(data + 3, len - 3);
	sl_buf_init(&whole, SIZE_MAX / 2);
	sl_buf_init(&cut, SIZE_MAX / 2);
	decode(in, transfer, habit, SIZE_MAX, &whole);
	decode(in, transfer, habit, 1 + data[2], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	if (transfer == SL_TRANSFER_BASE64)
		SL_ASSERT(whole.len <= in.len);
	else if (transfer == SL_TRANSFER_IDENTITY || transfer == SL_TRANSFER_YENC || transfer == SL_TRANSFER_QP)
		SL_ASSERT(whole.len <= in.len);
	else if (transfer == SL_TRANSFER_UU)
		SL_ASSERT(whole.len <= 45 * (in.len + 1));
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	return 0;
}
