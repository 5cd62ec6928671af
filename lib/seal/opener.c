/* opener.c - the way back from a sealed body: see seal/body.h */

#include "seal/body.h"

#include <sodium.h>

#include "zstd_i.h"

#define OPENER_MAGIC	0x5ea109e7u
#define TAG_BYTES	crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES	crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define OUT_BYTES	SL_SEAL_PIECE
_Static_assert(SL_SEAL_BODY_HEADER == HEADER_BYTES, "as body.h says");

struct sl_seal_opener {
	unsigned	 magic;
	int		 result;		/* an error stays */
	sl_seal_sink	*sink;
	void		*ctx;
	ZSTD_DCtx	*zstd;
	crypto_secretstream_xchacha20poly1305_state stream;
	unsigned char	 key[SL_SEAL_KEY_BYTES];
	uint64_t	 left_bytes;		/* of the message, still to come */
	uint64_t	 sealed_bytes;		/* read */
	bool		 begun;			/* the header has been read */
	bool		 frame_ended;		/* all that follows are zeros */
	bool		 stepwise;		/* give one piece a call */
	bool		 pending;		/* of `plain`, more can be given */
	bool		 finishing;		/* the last block has been opened */
	size_t		 plain_len, plain_at;
	size_t		 have;			/* of `block` */
	unsigned char	 block[SL_SEAL_BODY_BLOCK];
	unsigned char	 plain[SL_SEAL_BODY_BLOCK];
	unsigned char	 out[OUT_BYTES];
};

struct sl_seal_opener *
sl_seal_opener_new(const struct sl_seal_body_info *info, sl_seal_sink *sink, void *ctx)
{
	struct sl_seal_opener *opener = sl_xzalloc(sizeof(*opener));
	size_t r;

	SL_ASSERT(sodium_init() >= 0);
	opener->magic = OPENER_MAGIC;
	opener->sink = sink;
	opener->ctx = ctx;
	opener->left_bytes = info->plain_bytes;
	memcpy(opener->key, info->key, sizeof(opener->key));
	opener->zstd = ZSTD_createDCtx_advanced(seal_zstd_memory);
	SL_ASSERT(opener->zstd != NULL);
	r = ZSTD_DCtx_setParameter(opener->zstd, ZSTD_d_windowLogMax, SEAL_WINDOW_LOG);
	SL_ASSERT(!ZSTD_isError(r));
	return opener;
}

void
sl_seal_opener_free(struct sl_seal_opener **opener)
{
	if (*opener != NULL) {
		SL_CHECK(*opener, OPENER_MAGIC);
		ZSTD_freeDCtx((*opener)->zstd);
		(*opener)->magic = 0;
		sl_zero(*opener, sizeof(**opener));
		(*opener)->magic = OPENER_MAGIC;
	}
	SL_OBJ_FREE(opener, OPENER_MAGIC);
}

static bool
all_zeros(const unsigned char *p, size_t len)
{
	unsigned char seen = 0;

	for (size_t i = 0; i < len; i++)
		seen |= p[i];
	return seen == 0;
}

/* Pass on the next piece of what `plain` unpacks to. */
static int
opener_piece(struct sl_seal_opener *opener)
{
	ZSTD_inBuffer in = { opener->plain, opener->plain_len, opener->plain_at };
	ZSTD_outBuffer out = { opener->out, sizeof(opener->out), 0 };
	size_t left = ZSTD_decompressStream(opener->zstd, &out, &in);

	if (ZSTD_isError(left) || out.pos > opener->left_bytes)
		return SL_ERR_DAMAGED;
	opener->plain_at = in.pos;
	opener->frame_ended = left == 0;
	opener->left_bytes -= out.pos;
	opener->pending = !opener->frame_ended && (in.pos < in.size || out.pos == out.size);
	return out.pos == 0 ? 0 : opener->sink(opener->ctx, sl_slice(opener->out, out.pos));
}

/* Pass on what `plain` unpacks to: all of it, or one piece. What follows the frame are zeros. */
static int
opener_unpack(struct sl_seal_opener *opener)
{
	int r = 0;

	while (opener->pending && r == 0) {
		r = opener_piece(opener);
		if (opener->stepwise)
			break;
	}
	if (r != 0 || opener->pending)
		return r;
	return all_zeros(opener->plain + opener->plain_at, opener->plain_len - opener->plain_at) ? 0 : SL_ERR_DAMAGED;
}

/* `block` holds a whole block. */
static int
opener_block(struct sl_seal_opener *opener, unsigned char wanted)
{
	unsigned char tag;
	unsigned long long len;

	if (opener->have <= TAG_BYTES || crypto_secretstream_xchacha20poly1305_pull(&opener->stream, opener->plain, &len,
	    &tag, opener->block, opener->have, NULL, 0) != 0 || tag != wanted)
		return SL_ERR_DAMAGED;
	opener->sealed_bytes += opener->have;
	opener->have = 0;
	opener->plain_len = len;
	opener->plain_at = 0;
	opener->pending = !opener->frame_ended;
	return opener_unpack(opener);
}

static int
opener_begin(struct sl_seal_opener *opener)
{
	int r = crypto_secretstream_xchacha20poly1305_init_pull(&opener->stream, opener->block, opener->key);

	sl_zero(opener->key, sizeof(opener->key));
	opener->begun = true;
	opener->have = 0;
	opener->sealed_bytes = HEADER_BYTES;
	return r == 0 ? 0 : SL_ERR_DAMAGED;
}

int
sl_seal_opener_feed(struct sl_seal_opener *opener, struct sl_slice bytes)
{
	SL_CHECK(opener, OPENER_MAGIC);
	while (bytes.len > 0 && opener->result == 0) {
		SL_ASSERT(!opener->pending);
		size_t want = opener->begun ? SL_SEAL_BODY_BLOCK : HEADER_BYTES;
		size_t n = SL_MIN(bytes.len, want - opener->have);

		memcpy(opener->block + opener->have, bytes.ptr, n);
		opener->have += n;
		bytes = sl_slice_from(bytes, n);
		if (opener->have < want)
			break;
		if (!opener->begun)
			opener->result = opener_begin(opener);
		else	/* a last block is shorter: no bucket ends with a whole one */
			opener->result = opener_block(opener, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
	}
	return opener->result;
}

int
sl_seal_opener_finish(struct sl_seal_opener *opener)
{
	SL_CHECK(opener, OPENER_MAGIC);
	if (opener->result != 0)
		return opener->result;
	SL_ASSERT(!opener->pending);
	if (!opener->begun)
		opener->result = SL_ERR_DAMAGED;
	else if (!opener->finishing)
		opener->result = opener_block(opener, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	opener->finishing = true;
	if (opener->pending)
		return opener->result;
	if (opener->result == 0 && (!opener->frame_ended || opener->left_bytes != 0 ||
	    sl_seal_bucket(opener->sealed_bytes) != opener->sealed_bytes))
		opener->result = SL_ERR_DAMAGED;
	return opener->result;
}

void
sl_seal_opener_stepwise(struct sl_seal_opener *opener)
{
	SL_CHECK(opener, OPENER_MAGIC);
	opener->stepwise = true;
}

bool
sl_seal_opener_pending(const struct sl_seal_opener *opener)
{
	SL_CHECK(opener, OPENER_MAGIC);
	return opener->pending;
}

int
sl_seal_opener_more(struct sl_seal_opener *opener)
{
	SL_CHECK(opener, OPENER_MAGIC);
	if (opener->result == 0)
		opener->result = opener_unpack(opener);
	return opener->result;
}

size_t
sl_seal_opener_memory(const struct sl_seal_opener *opener)
{
	SL_CHECK(opener, OPENER_MAGIC);
	return sizeof(*opener) + ZSTD_sizeof_DCtx(opener->zstd);
}
