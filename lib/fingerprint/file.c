/* file.c - the shingles of a file: pieces that end where the content says so */

#include "fingerprint/fingerprint_i.h"

#define PIECE_MIN	32
#define PIECE_MAX	1024
#define PIECE_MASK	(UINT64_C(63) << 40)	/* a piece ends once in 64 bytes behind its least length */

static void
piece_end(struct sl_fingerprint *f)
{
	uint64_t tail = 0;

	memcpy(&tail, f->block, f->piece_len % 8);
	fingerprint_shingle(f, fingerprint_mix(f->piece ^ tail, f->key->mix[1]) + f->piece_len);
	f->piece = f->gear = 0;
	f->piece_len = 0;
}

/* Eight bytes more of the piece. */
static inline uint64_t
piece_mix(const struct sl_fingerprint_key *key, uint64_t piece, const unsigned char *bytes)
{
	uint64_t eight;

	memcpy(&eight, bytes, 8);
	return fingerprint_mix(rotate(piece, 23) + eight + key->mix[0], key->mix[2] ^ eight);
}

/* Take bytes up to the piece's end. Returns how many, and whether it ended. */
static size_t
piece_take(struct sl_fingerprint *f, struct sl_slice in, bool *end_out)
{
	const struct sl_fingerprint_key *key = f->key;
	size_t most = SL_MIN(in.len, (size_t)(PIECE_MAX - f->piece_len)), n = 0;
	uint64_t gear = f->gear, piece = f->piece;
	unsigned len = f->piece_len;
	unsigned char block[8];

	memcpy(block, f->block, sizeof(block));
	*end_out = false;
	while (n < most && !*end_out) {
		unsigned char c = in.ptr[n++];

		block[len++ % 8] = c;
		if (len % 8 == 0)
			piece = piece_mix(key, piece, block);
		gear = (gear << 1) + key->gear[c];
		*end_out = len >= PIECE_MIN && (gear & PIECE_MASK) == 0;
	}
	*end_out = *end_out || len == PIECE_MAX;
	memcpy(f->block, block, sizeof(block));
	f->gear = gear;
	f->piece = piece;
	f->piece_len = len;
	return n;
}

void
file_feed(struct sl_fingerprint *f, struct sl_slice bytes)
{
	while (bytes.len > 0) {
		bool end;
		size_t n = piece_take(f, bytes, &end);

		f->at += n;
		bytes = sl_slice_from(bytes, n);
		if (end)
			piece_end(f);
	}
}

void
file_finish(struct sl_fingerprint *f)
{
	if (f->piece_len > 0)
		piece_end(f);
}
