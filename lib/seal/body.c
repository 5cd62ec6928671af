/* body.c - the sealer: see seal/body.h */

#include "seal/body.h"

#include <sodium.h>

#include "zstd_i.h"

#define BODY_MAGIC	0x5ea1b0d7u
#define TAG_BYTES	crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES	crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define PLAIN_BYTES	(SL_SEAL_BODY_BLOCK - TAG_BYTES)	/* in a block */

enum body_state { BODY_IDLE, BODY_OPEN, BODY_FAILED };

struct sl_seal_body {
	unsigned	 magic;
	enum body_state	 state;
	sl_seal_sink	*sink;
	void		*ctx;
	ZSTD_CCtx	*zstd;
	crypto_secretstream_xchacha20poly1305_state stream;
	unsigned char	 key[SL_SEAL_KEY_BYTES];
	uint64_t	 plain_bytes;			/* fed */
	uint64_t	 sealed_bytes;			/* given to the sink */
	size_t		 have;				/* of `plain`, compressed and not yet sealed */
	unsigned char	 plain[PLAIN_BYTES];
	unsigned char	 block[SL_SEAL_BODY_BLOCK];
};

uint64_t
sl_seal_bucket(uint64_t len)
{
	uint64_t step = SL_SEAL_BODY_MIN;

	while (step * 16 < len && step < (uint64_t)1 << 56)
		step *= 2;	/* `len` lies in (8, 16] of such steps, or in the first sixteen */
	return len == 0 ? SL_SEAL_BODY_MIN : (len + step - 1) / step * step;
}

uint64_t
sl_seal_body_bound(uint64_t len)
{
	uint64_t packed = len + len / 128 + 1024;	/* stored blocks of zstd: 3 bytes in 64 KiB, and its head */

	return sl_seal_bucket(HEADER_BYTES + packed + (packed / PLAIN_BYTES + 1) * TAG_BYTES);
}

struct sl_seal_body *
sl_seal_body_new(void)
{
	struct sl_seal_body *body = sl_xzalloc(sizeof(*body));
	size_t r;

	SL_ASSERT(sodium_init() >= 0);
	body->magic = BODY_MAGIC;
	body->zstd = ZSTD_createCCtx_advanced(seal_zstd_memory);
	SL_ASSERT(body->zstd != NULL);
	r = ZSTD_CCtx_setParameter(body->zstd, ZSTD_c_compressionLevel, SEAL_LEVEL);
	SL_ASSERT(!ZSTD_isError(r));
	r = ZSTD_CCtx_setParameter(body->zstd, ZSTD_c_windowLog, SEAL_WINDOW_LOG);
	SL_ASSERT(!ZSTD_isError(r));
	return body;
}

static void
body_wipe(struct sl_seal_body *body)
{
	sl_zero(&body->stream, sizeof(body->stream));
	sl_zero(body->key, sizeof(body->key));
	sl_zero(body->plain, sizeof(body->plain));
	body->have = 0;
	(void)ZSTD_CCtx_reset(body->zstd, ZSTD_reset_session_only);
}

void
sl_seal_body_free(struct sl_seal_body **body)
{
	if (*body != NULL) {
		SL_CHECK(*body, BODY_MAGIC);
		body_wipe(*body);
		ZSTD_freeCCtx((*body)->zstd);
	}
	SL_OBJ_FREE(body, BODY_MAGIC);
}

void
sl_seal_body_begin(struct sl_seal_body *body, sl_seal_sink *sink, void *ctx)
{
	SL_CHECK(body, BODY_MAGIC);
	body_wipe(body);
	body->sink = sink;
	body->ctx = ctx;
	body->plain_bytes = body->sealed_bytes = 0;
	sl_random(body->key, sizeof(body->key));
	SL_ASSERT(crypto_secretstream_xchacha20poly1305_init_push(&body->stream, body->block, body->key) == 0);
	body->state = BODY_OPEN;
}

static int
body_give(struct sl_seal_body *body, size_t len)
{
	body->sealed_bytes += len;
	return body->sink(body->ctx, sl_slice(body->block, len));
}

/* The stream's header, which lies in `block` until the first block is sealed. */
static int
body_give_header(struct sl_seal_body *body)
{
	return body->sealed_bytes == 0 ? body_give(body, HEADER_BYTES) : 0;
}

/* Seal `len` bytes of `plain` as one block. */
static int
body_block(struct sl_seal_body *body, size_t len, unsigned char tag)
{
	int r = body_give_header(body);

	if (r != 0)
		return r;
	SL_ASSERT(crypto_secretstream_xchacha20poly1305_push(&body->stream, body->block, NULL, body->plain, len, NULL, 0,
	    tag) == 0);
	body->have = 0;
	return body_give(body, len + TAG_BYTES);
}

/* Compress, and seal blocks as they become full. */
static int
body_compress(struct sl_seal_body *body, struct sl_slice bytes, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = { bytes.ptr, bytes.len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { body->plain, sizeof(body->plain), body->have };
		int r;

		left = ZSTD_compressStream2(body->zstd, &out, &in, how);
		SL_ASSERT(!ZSTD_isError(left));
		body->have = out.pos;
		if (body->have == sizeof(body->plain)) {
			r = body_block(body, body->have, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
			if (r != 0)
				return r;
		}
	} while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

int
sl_seal_body_feed(struct sl_seal_body *body, struct sl_slice bytes)
{
	int r;

	SL_CHECK(body, BODY_MAGIC);
	SL_ASSERT(body->state == BODY_OPEN);
	if (bytes.len > SL_SEAL_BODY_MAX - body->plain_bytes)
		r = SL_ERR_TOO_LONG;
	else
		r = body_compress(body, bytes, ZSTD_e_continue);
	if (r != 0) {
		body->state = BODY_FAILED;
		return r;
	}
	body->plain_bytes += bytes.len;
	return 0;
}

/* Zeros up to the bucket, and the last block. */
static int
body_pad(struct sl_seal_body *body)
{
	uint64_t at = SL_MAX(body->sealed_bytes, (uint64_t)HEADER_BYTES);
	uint64_t left = sl_seal_bucket(at + body->have + TAG_BYTES) - at;

	for (; left > SL_SEAL_BODY_BLOCK; left -= SL_SEAL_BODY_BLOCK) {
		int r;

		memset(body->plain + body->have, 0, sizeof(body->plain) - body->have);
		r = body_block(body, sizeof(body->plain), crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
		if (r != 0)
			return r;
	}
	left -= TAG_BYTES;	/* a bucket ends 4,072 bytes behind a whole block, or more */
	SL_ASSERT(left >= body->have && left < sizeof(body->plain));
	memset(body->plain + body->have, 0, left - body->have);
	return body_block(body, left, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

int
sl_seal_body_finish(struct sl_seal_body *body, struct sl_seal_body_info *info_out)
{
	int r;

	SL_CHECK(body, BODY_MAGIC);
	SL_ASSERT(body->state == BODY_OPEN);
	r = body_compress(body, sl_slice(NULL, 0), ZSTD_e_end);
	if (r == 0)
		r = body_pad(body);
	if (r == 0) {
		memcpy(info_out->key, body->key, sizeof(info_out->key));
		info_out->plain_bytes = body->plain_bytes;
		info_out->sealed_bytes = body->sealed_bytes;
	}
	body_wipe(body);
	body->state = r == 0 ? BODY_IDLE : BODY_FAILED;
	return r;
}

size_t
sl_seal_body_memory(const struct sl_seal_body *body)
{
	SL_CHECK(body, BODY_MAGIC);
	return sizeof(*body) + ZSTD_sizeof_CCtx(body->zstd);
}
