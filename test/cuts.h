/*
 * cuts.h - run a push parser over one input in every cutting
 *
 * Whole, byte by byte, in pieces of a few sizes, and at every single split: the result must be
 * the same. A result is text that `run` writes into a buffer.
 */
#ifndef SL_TEST_CUTS_H
#define SL_TEST_CUTS_H

#include "check.h"
#include "sl/buf.h"

#define CUTS_SPLITS_MAX	4096	/* of longer inputs, splits are taken at a stride */

struct cuts {
	struct sl_slice	 in;
	size_t		 piece;		/* feed pieces of this size; 0: `split` */
	size_t		 split;		/* one cut here */
	size_t		 at;
};

/* The next piece to feed. Returns false at the end. An input of 0 bytes gives no piece. */
static inline bool
cuts_next(struct cuts *cuts, struct sl_slice *piece_out)
{
	size_t end = cuts->in.len;

	if (cuts->at >= cuts->in.len)
		return false;
	if (cuts->piece > 0)
		end = SL_MIN(end, cuts->at + cuts->piece);
	else if (cuts->at < cuts->split)
		end = SL_MIN(end, cuts->split);
	*piece_out = sl_slice(cuts->in.ptr + cuts->at, end - cuts->at);
	cuts->at = end;
	return true;
}

typedef void cuts_run(void *ctx, struct cuts *cuts, struct sl_buf *result);

static inline void
cuts_check(struct sl_slice in, cuts_run *run, void *ctx, const char *expected, size_t expected_len)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64 };
	size_t stride = 1 + in.len / CUTS_SPLITS_MAX;
	struct sl_buf result;

	sl_buf_init(&result, SIZE_MAX / 2);
	for (size_t i = 0; i < SL_COUNT(pieces) + in.len / stride + 1; i++) {
		struct cuts cuts = { .in = in };

		if (i < SL_COUNT(pieces))
			cuts.piece = pieces[i];
		else
			cuts.split = (i - SL_COUNT(pieces)) * stride;
		sl_buf_reset(&result);
		run(ctx, &cuts, &result);
		if (result.len != expected_len ||
		    (expected_len > 0 && memcmp(result.data, expected, expected_len) != 0))
			fail_msg("pieces of %zu, split at %zu: \"%s\" instead of \"%.*s\"", cuts.piece,
			    cuts.split, sl_buf_cstr(&result), (int)expected_len, expected);
	}
	sl_buf_fini(&result);
}

#endif
