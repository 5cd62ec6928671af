/* transfer_fuzz.c - two cuttings of the same bytes decode to the same bytes, never to more than
 * the decoding can give; what is encoded is decoded again; base64 is the same with and without vectors */

#include "mime/transfer.h"
#include "mime/transfer_i.h"
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

static void
quanta_agree(struct sl_slice in)
{
	size_t room = in.len + 2 * BASE64_ROOM, a = 0, b = 0, n;
	unsigned char *fast = sl_xzalloc(room), *plain = sl_xzalloc(room);

	while ((n = base64_quanta(in.ptr + a, in.len - a, fast + a / 4 * 3, room - a / 4 * 3)) > 0)
		a += n;
	while ((n = base64_quanta_plain(in.ptr + b, in.len - b, plain + b / 4 * 3, room - b / 4 * 3)) > 0)
		b += n;
	SL_ASSERT(a == b && memcmp(fast, plain, a / 4 * 3) == 0);
	sl_free(fast);
	sl_free(plain);
}

static void
base64_encode(struct sl_slice in, size_t line_max, struct sl_buf *out)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t line = 0;

	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		unsigned bits = (unsigned)in.ptr[i] << 16 | (left > 1 ? (unsigned)in.ptr[i + 1] << 8 : 0) | (left > 2 ? in.ptr[i + 2] : 0u);

		for (unsigned k = 0; k < 4; k++)
			sl_buf_add_byte(out, k > left ? '=' : (unsigned char)symbols[bits >> (18 - 6 * k) & 63]);
		if ((line += 4) >= line_max) {
			sl_buf_add_str(out, "\r\n");
			line = 0;
		}
	}
}

static void
qp_encode(struct sl_slice in, size_t line_max, struct sl_buf *out)
{
	size_t line = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] > ' ' && in.ptr[i] < 0x7f && in.ptr[i] != '=')
			sl_buf_add_byte(out, in.ptr[i]);
		else
			sl_buf_addf(out, "=%02X", in.ptr[i]);
		if ((line += 3) >= line_max) {
			sl_buf_add_str(out, "=\r\n");
			line = 0;
		}
	}
}

static void
uu_encode(struct sl_slice in, struct sl_buf *out)
{
	for (size_t i = 0; i < in.len; i += 45) {
		size_t len = SL_MIN(in.len - i, (size_t)45);

		sl_buf_add_byte(out, (unsigned char)(' ' + len));
		for (size_t k = 0; k < len; k += 3) {
			unsigned bits = (unsigned)in.ptr[i + k] << 16 | (k + 1 < len ? (unsigned)in.ptr[i + k + 1] << 8 : 0) |
			    (k + 2 < len ? in.ptr[i + k + 2] : 0u);

			for (int shift = 18; shift >= 0; shift -= 6)
				sl_buf_add_byte(out, (unsigned char)(' ' + (bits >> shift & 63)));
		}
		sl_buf_add_str(out, "\r\n");
	}
}

static void
yenc_encode(struct sl_slice in, size_t line_max, struct sl_buf *out)
{
	size_t line = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)(in.ptr[i] + 42);

		if (c == 0 || c == '\n' || c == '\r' || c == '=') {
			sl_buf_add_byte(out, '=');
			c = (unsigned char)(c + 64);
		}
		sl_buf_add_byte(out, c);
		if ((line += 1) >= line_max) {
			sl_buf_add_str(out, "\r\n");
			line = 0;
		}
	}
}

/* Encoded and decoded, with the habit that is asked for: no habit changes what is well-formed. */
static void
round_trip(struct sl_slice in, enum sl_transfer transfer, enum sl_transfer_habit habit, size_t piece)
{
	struct sl_buf encoded, decoded;

	sl_buf_init(&encoded, SIZE_MAX / 2);
	sl_buf_init(&decoded, SIZE_MAX / 2);
	if (transfer == SL_TRANSFER_BASE64)
		base64_encode(in, piece, &encoded);
	else if (transfer == SL_TRANSFER_QP)
		qp_encode(in, piece, &encoded);
	else if (transfer == SL_TRANSFER_UU)
		uu_encode(in, &encoded);
	else if (transfer == SL_TRANSFER_YENC)
		yenc_encode(in, piece, &encoded);
	if (encoded.len > 0) {
		decode(sl_buf_slice(&encoded), transfer, habit, piece, &decoded);
		SL_ASSERT(sl_slice_eq(in, sl_buf_slice(&decoded)));
	}
	sl_buf_fini(&encoded);
	sl_buf_fini(&decoded);
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
	if (transfer == SL_TRANSFER_BASE64)
		quanta_agree(in);
	if (habit != SL_TRANSFER_PAD_ZERO)	/* it reads pads as data */
		round_trip(in, transfer, habit, 1 + data[2]);
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	return 0;
}
