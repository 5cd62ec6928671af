/* capture.c - see seal/capture.h */

#include "seal/capture.h"

#include <sodium.h>

#include "seal/le_i.h"

#define CAPTURE_MAGIC	0x5ea1ca97u
#define TAG_BYTES	crypto_aead_xchacha20poly1305_ietf_ABYTES
#define NONCE_BYTES	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PLAIN_BYTES	(SL_SEAL_CAPTURE_BLOCK - TAG_BYTES)

enum capture_state { CAPTURE_WRITING, CAPTURE_WRITTEN, CAPTURE_READING, CAPTURE_FAILED };

struct sl_seal_capture {
	unsigned	 magic;
	enum capture_state state;
	sl_seal_sink	*sink;
	void		*ctx;
	unsigned char	 key[SL_SEAL_KEY_BYTES];
	uint64_t	 number;		/* of the next block */
	uint64_t	 plain_bytes;		/* fed in all */
	uint64_t	 file_bytes;
	uint64_t	 read_bytes;		/* given back since the last rewind */
	size_t		 have;
	unsigned char	 plain[PLAIN_BYTES];
	unsigned char	 block[SL_SEAL_CAPTURE_BLOCK];
};

struct sl_seal_capture *
sl_seal_capture_new(sl_seal_sink *to_file, void *ctx)
{
	struct sl_seal_capture *capture = sl_xzalloc(sizeof(*capture));

	SL_ASSERT(sodium_init() >= 0);
	capture->magic = CAPTURE_MAGIC;
	capture->sink = to_file;
	capture->ctx = ctx;
	sl_random(capture->key, sizeof(capture->key));
	return capture;
}

void
sl_seal_capture_free(struct sl_seal_capture **capture)
{
	if (*capture != NULL) {
		SL_CHECK(*capture, CAPTURE_MAGIC);
		sl_zero(*capture, sizeof(**capture));
		(*capture)->magic = CAPTURE_MAGIC;
	}
	SL_OBJ_FREE(capture, CAPTURE_MAGIC);
}

static void
nonce_of(uint64_t number, unsigned char nonce[NONCE_BYTES])
{
	memset(nonce, 0, NONCE_BYTES);
	le_put(nonce, number, 8);
}

static int
capture_block(struct sl_seal_capture *capture)
{
	unsigned char nonce[NONCE_BYTES];
	size_t len = capture->have + TAG_BYTES;
	int r;

	nonce_of(capture->number++, nonce);
	SL_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(capture->block, NULL, capture->plain, capture->have, NULL, 0,
	    NULL, nonce, capture->key) == 0);
	capture->have = 0;
	capture->file_bytes += len;
	r = capture->sink(capture->ctx, sl_slice(capture->block, len));
	if (r != 0)
		capture->state = CAPTURE_FAILED;
	return r;
}

int
sl_seal_capture_feed(struct sl_seal_capture *capture, struct sl_slice bytes)
{
	int r = 0;

	SL_CHECK(capture, CAPTURE_MAGIC);
	SL_ASSERT(capture->state == CAPTURE_WRITING);
	capture->plain_bytes += bytes.len;
	while (bytes.len > 0 && r == 0) {
		size_t n = SL_MIN(bytes.len, sizeof(capture->plain) - capture->have);

		memcpy(capture->plain + capture->have, bytes.ptr, n);
		capture->have += n;
		bytes = sl_slice_from(bytes, n);
		if (capture->have == sizeof(capture->plain))
			r = capture_block(capture);
	}
	return r;
}

int
sl_seal_capture_finish(struct sl_seal_capture *capture)
{
	int r;

	SL_CHECK(capture, CAPTURE_MAGIC);
	SL_ASSERT(capture->state == CAPTURE_WRITING);
	r = capture->have == 0 ? 0 : capture_block(capture);
	if (r == 0)
		capture->state = CAPTURE_WRITTEN;
	return r;
}

uint64_t
sl_seal_capture_file_bytes(const struct sl_seal_capture *capture)
{
	SL_CHECK(capture, CAPTURE_MAGIC);
	return capture->file_bytes;
}

void
sl_seal_capture_rewind(struct sl_seal_capture *capture, sl_seal_sink *sink, void *ctx)
{
	SL_CHECK(capture, CAPTURE_MAGIC);
	SL_ASSERT(capture->state != CAPTURE_WRITING && capture->state != CAPTURE_FAILED);
	capture->state = CAPTURE_READING;
	capture->sink = sink;
	capture->ctx = ctx;
	capture->number = capture->read_bytes = capture->have = 0;
}

static int
capture_open(struct sl_seal_capture *capture)
{
	unsigned char nonce[NONCE_BYTES];
	size_t len = capture->have - TAG_BYTES;

	nonce_of(capture->number++, nonce);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(capture->plain, NULL, NULL, capture->block, capture->have, NULL, 0,
	    nonce, capture->key) != 0)
		return SL_ERR_DAMAGED;
	capture->have = 0;
	capture->read_bytes += len;
	return capture->sink(capture->ctx, sl_slice(capture->plain, len));
}

int
sl_seal_capture_read(struct sl_seal_capture *capture, struct sl_slice file_bytes)
{
	int r = 0;

	SL_CHECK(capture, CAPTURE_MAGIC);
	SL_ASSERT(capture->state == CAPTURE_READING);
	while (file_bytes.len > 0 && r == 0) {
		size_t n = SL_MIN(file_bytes.len, sizeof(capture->block) - capture->have);

		memcpy(capture->block + capture->have, file_bytes.ptr, n);
		capture->have += n;
		file_bytes = sl_slice_from(file_bytes, n);
		if (capture->have == sizeof(capture->block))
			r = capture_open(capture);
	}
	return r;
}

int
sl_seal_capture_end(struct sl_seal_capture *capture)
{
	int r = 0;

	SL_CHECK(capture, CAPTURE_MAGIC);
	SL_ASSERT(capture->state == CAPTURE_READING);
	if (capture->have > 0)
		r = capture->have < TAG_BYTES ? SL_ERR_DAMAGED : capture_open(capture);
	if (r == 0 && capture->read_bytes != capture->plain_bytes)
		r = SL_ERR_DAMAGED;
	return r;
}
