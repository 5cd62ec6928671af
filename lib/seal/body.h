/*
 * body.h - a message's bytes, compressed, padded and sealed under a key of its own
 *
 * Two push converters. The sealer takes the bytes as they are and gives the sealed stream; at the end it
 * says the key, which goes into the header record (seal/record.h) and is wiped here. The opener does the
 * reverse, in constant memory, and passes on nothing that was not sealed: each block is authenticated before
 * it is decompressed, and a stream that was cut, continued, reordered or changed ends in an error. What was passed
 * on ahead of the error is a true beginning and no more: a reader may only finish its work after 0.
 *
 * Format, version 1: a header of 24 bytes, then blocks of 16,384 bytes and a last one that is shorter, of libsodium's
 * secretstream (XChaCha20-Poly1305; a tag of 17 bytes each; FINAL on the last alone). Inside: one
 * zstd frame, then zeros. The whole is as long as a bucket, so that its length tells little:
 *
 *	buckets: multiples of 4 KiB up to 64 KiB; from there eight to each doubling (steps of at most 12.5 %)
 *
 * The opener is told how many bytes it has to find; more (a bomb) or fewer is damage. The window of the compressor
 * is 64 KiB and the opener refuses a larger one.
 *
 * Memory: a sealer about 0.6 MiB, an opener about 0.5 MiB, whatever the message (sl_seal_body_memory); both
 * are wiped when they are freed. Where the input is cut changes nothing in what the opener gives; the sealer's output
 * differs each time, as its key does.
 */
#ifndef SL_SEAL_BODY_H
#define SL_SEAL_BODY_H

#include "seal/box.h"

#define SL_SEAL_BODY_MIN	4096u			/* the smallest bucket; all are multiples of it */
#define SL_SEAL_BODY_BLOCK	16384u
#define SL_SEAL_BODY_MAX	((uint64_t)1 << 32)	/* bytes of a message; more is SL_ERR_TOO_LONG */

/* The length of the smallest bucket that holds `len` bytes of sealed stream. */
uint64_t	sl_seal_bucket(uint64_t len);
/* At most so long a sealed stream comes of `len` bytes, whatever they are. */
uint64_t	sl_seal_body_bound(uint64_t len);

/* Takes bytes, borrowed for the call. Returns 0, or an SL_ERR_* that ends the work and is passed on. */
typedef int sl_seal_sink(void *ctx, struct sl_slice bytes);

/* What opens a body; to be wiped by who holds it. */
struct sl_seal_body_info {
	unsigned char	key[SL_SEAL_KEY_BYTES];
	uint64_t	plain_bytes;
	uint64_t	sealed_bytes;
};

struct sl_seal_body;
struct sl_seal_body	*sl_seal_body_new(void);	/* never NULL; can be used for one message after another */
void			 sl_seal_body_free(struct sl_seal_body **body);
/* Begin a message (one that was not finished is dropped). `sink` and `ctx` are kept until the end. */
void			 sl_seal_body_begin(struct sl_seal_body *body, sl_seal_sink *sink, void *ctx);
/* Returns 0, SL_ERR_TOO_LONG, or what the sink returned, after which only _begin and _free may be called. */
SL_MUST_USE int		 sl_seal_body_feed(struct sl_seal_body *body, struct sl_slice bytes);
SL_MUST_USE int		 sl_seal_body_finish(struct sl_seal_body *body, struct sl_seal_body_info *info_out);
size_t			 sl_seal_body_memory(const struct sl_seal_body *body);	/* bytes */

struct sl_seal_opener;
/* `info` is copied; `sealed_bytes` of it is not looked at. */
struct sl_seal_opener	*sl_seal_opener_new(const struct sl_seal_body_info *info, sl_seal_sink *sink, void *ctx);
void			 sl_seal_opener_free(struct sl_seal_opener **opener);
/* Returns 0, SL_ERR_DAMAGED, or what the sink returned; an error stays. */
SL_MUST_USE int		 sl_seal_opener_feed(struct sl_seal_opener *opener, struct sl_slice bytes);
/* No more input. 0: all of it was given, and it was all. */
SL_MUST_USE int		 sl_seal_opener_finish(struct sl_seal_opener *opener);
/* Back-pressure: from now on a call gives the sink one piece of at most SL_SEAL_PIECE bytes, however much is packed into a
 * block. While something is pending only _more may be called. Feed the first SL_SEAL_BODY_HEADER bytes, then blocks one by one; after the
 * last one finish, _more while something is pending, and finish again. */
#define SL_SEAL_PIECE		16384u
#define SL_SEAL_BODY_HEADER	24u
void			 sl_seal_opener_stepwise(struct sl_seal_opener *opener);
bool			 sl_seal_opener_pending(const struct sl_seal_opener *opener);
SL_MUST_USE int		 sl_seal_opener_more(struct sl_seal_opener *opener);
size_t			 sl_seal_opener_memory(const struct sl_seal_opener *opener);

#endif
