/*
 * sealbody_fuzz.c - sealed bodies that were changed, and bodies whose sealer is hostile
 *
 * The input is a message, and changes to what was sealed of it: what the opener gives is a beginning of the message, and it ends well only
 * if nothing was changed. Then the input is what stands inside the encryption, sealed with the right key by somebody who does not keep to
 * the format: at most as many bytes come out as were announced, and two cuttings agree.
 */

#include "seal/body.h"
#include "sl/buf.h"

#include <sodium.h>

#define OUT_MAX	((size_t)1 << 20)

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

static int
open_all(struct sl_slice sealed, size_t piece, const struct sl_seal_body_info *info, struct sl_buf *out)
{
	struct sl_seal_opener *opener = sl_seal_opener_new(info, collect, out);
	int r = 0;

	sl_buf_reset(out);
	for (size_t at = 0; at < sealed.len && r == 0; at += piece)
		r = sl_seal_opener_feed(opener, sl_slice(sealed.ptr + at, SL_MIN(piece, sealed.len - at)));
	if (r == 0)
		r = sl_seal_opener_finish(opener);
	sl_seal_opener_free(&opener);
	return r;
}

static void
changed(struct sl_slice message, struct sl_slice changes)
{
	static struct sl_seal_body *body;
	struct sl_seal_body_info info;
	struct sl_buf sealed, before, out;
	int r;

	if (body == NULL)
		body = sl_seal_body_new();
	sl_buf_init(&sealed, OUT_MAX);
	sl_buf_init(&before, OUT_MAX);
	sl_buf_init(&out, OUT_MAX);
	sl_seal_body_begin(body, collect, &sealed);
	for (int i = 0; i < 9; i++)	/* some blocks */
		SL_ASSERT(sl_seal_body_feed(body, message) == 0);
	SL_ASSERT(sl_seal_body_finish(body, &info) == 0);
	SL_ASSERT(sl_seal_bucket(sealed.len) == sealed.len && sealed.len <= sl_seal_body_bound(9 * message.len));
	sl_buf_add_slice(&before, sl_buf_slice(&sealed));
	for (size_t i = 0; i + 4 <= changes.len; i += 4) {
		size_t at = (size_t)(changes.ptr[i] << 16 | changes.ptr[i + 1] << 8 | changes.ptr[i + 2]) % (sealed.len + 1);

		if (at == sealed.len || changes.ptr[i + 3] == 0xff)
			sealed.len = SL_MIN(at, sealed.len);
		else
			sealed.data[at] ^= changes.ptr[i + 3];
		if (sealed.len == 0)
			break;
	}
	r = open_all(sl_buf_slice(&sealed), 777, &info, &out);
	SL_ASSERT((r == 0) == sl_slice_eq(sl_buf_slice(&sealed), sl_buf_slice(&before)));
	SL_ASSERT(out.len <= 9 * message.len && (r != 0 || out.len == 9 * message.len));
	for (size_t i = 0; i < out.len; i++)
		SL_ASSERT(out.data[i] == message.ptr[i % message.len]);
	sl_buf_fini(&sealed);
	sl_buf_fini(&before);
	sl_buf_fini(&out);
}

static void
hostile(struct sl_slice inside, uint64_t announced)
{
	crypto_secretstream_xchacha20poly1305_state stream;
	struct sl_seal_body_info info = { .key = { 7 }, .plain_bytes = announced };
	static unsigned char sealed[24 + 4096 + 17], plain[4096 - 24 - 17];
	struct sl_buf out, again;
	int r;

	memset(plain, 0, sizeof(plain));
	memcpy(plain, inside.ptr, SL_MIN(inside.len, sizeof(plain)));
	crypto_secretstream_xchacha20poly1305_init_push(&stream, sealed, info.key);
	crypto_secretstream_xchacha20poly1305_push(&stream, sealed + 24, NULL, plain, sizeof(plain), NULL, 0,
	    crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	sl_buf_init(&out, OUT_MAX);
	sl_buf_init(&again, OUT_MAX);
	r = open_all(sl_slice(sealed, 4096), 4096, &info, &out);
	SL_ASSERT(out.len <= announced && (r != 0 || out.len == announced));
	SL_ASSERT(open_all(sl_slice(sealed, 4096), 1, &info, &again) == r);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), sl_buf_slice(&again)));
	sl_buf_fini(&out);
	sl_buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t n;

	SL_ASSERT(sodium_init() >= 0);
	if (len < 4)
		return 0;
	n = 1 + (size_t)data[0] * (len - 2) / 256;
	changed(sl_slice(data + 1, n), sl_slice(data + 1 + n, len - 1 - n));
	hostile(sl_slice(data + 2, len - 2), (uint64_t)data[0] << 8 | data[1]);
	return 0;
}
