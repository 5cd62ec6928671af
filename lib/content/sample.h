/*
 * sample.h - which bytes of a long text are read
 *
 * Who judges by a text reads the first part of it whole; beyond, a stretch is read, then some of it passed over; far
 * beyond, more. How much exactly follows from the text itself (unless it is to be `even`), so that no place is
 * known to be safe without trying; and the end is always read, again if it has been. What of a text is read does not
 * depend on where it is cut.
 *
 * Memory: the struct, and `tail_bytes` once something was passed over.
 */
#ifndef SL_CONTENT_SAMPLE_H
#define SL_CONTENT_SAMPLE_H

#include "sl/base.h"

struct sl_sample_rules {
	size_t	whole_bytes;		/* all of it up to here */
	size_t	stretch_bytes;		/* read at once, beyond */
	size_t	skip_bytes;		/* passed over between them, on average */
	size_t	far_bytes;		/* when so much was read ... */
	size_t	skip_far_bytes;		/* ... so much is passed over */
	size_t	tail_bytes;		/* of what was passed over last are read at the end */
	bool	even;			/* the same places in every copy of a text */
};

struct sl_sample {			/* embedded in its owner; private */
	const struct sl_sample_rules	*rules;
	size_t				 read_bytes;
	size_t				 until;		/* of read_bytes: the next stop */
	size_t				 skip;		/* bytes to pass over */
	size_t				 passed_bytes;
	uint64_t			 recent;	/* the last eight bytes that were read */
	bool				 gap;		/* behind the last that was read */
	unsigned char			*tail;		/* a ring; NULL: nothing was passed over */
};

void	sl_sample_init(struct sl_sample *sample, const struct sl_sample_rules *rules);	/* rules: kept */
void	sl_sample_fini(struct sl_sample *sample);
/* The next piece that is read, of text that comes in; *text moves past it and past what lies in front. False: there
 * is none. *gap_out: it does not follow on the piece before. */
bool	sl_sample_next(struct sl_sample *sample, struct sl_slice *text, struct sl_slice *piece_out, bool *gap_out);
/* Is what comes now passed over? */
static inline bool
sl_sample_passes(const struct sl_sample *sample)
{
	return sample->skip > 0;
}
/* The text is over: the end of what was passed over last, in two pieces; both empty if nothing was. */
void	sl_sample_tail(const struct sl_sample *sample, struct sl_slice pieces_out[2]);

#endif
