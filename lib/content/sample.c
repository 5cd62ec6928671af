/* sample.c - see sample.h */

#include "content/sample.h"

void
sl_sample_init(struct sl_sample *sample, const struct sl_sample_rules *rules)
{
	*sample = (struct sl_sample){ .rules = rules, .until = rules->whole_bytes };
}

void
sl_sample_fini(struct sl_sample *sample)
{
	if (sample->tail != NULL)
		sl_zero(sample->tail, sample->rules->tail_bytes);
	sl_free(sample->tail);
	sample->tail = NULL;
}

/* Pass over what is to be skipped, but keep the last of it. Returns how many bytes. */
static size_t
skip(struct sl_sample *sample, struct sl_slice in)
{
	size_t most = sample->rules->tail_bytes, n = SL_MIN(sample->skip, in.len), kept = SL_MIN(n, most);

	sample->skip -= n;
	sample->gap = true;
	if (most > 0) {
		size_t at = (sample->passed_bytes + n - kept) % most, first = SL_MIN(kept, most - at);

		if (sample->tail == NULL)
			sample->tail = sl_xmalloc(most);
		memcpy(sample->tail + at, in.ptr + n - kept, first);
		memcpy(sample->tail, in.ptr + n - kept + first, kept - first);
	}
	sample->passed_bytes += n;
	return n;
}

/* A stretch has been read: how much to pass over before the next. */
static void
stretch_end(struct sl_sample *sample)
{
	const struct sl_sample_rules *rules = sample->rules;
	size_t mean = sample->read_bytes < rules->far_bytes ? rules->skip_bytes : rules->skip_far_bytes;
	uint64_t mixed = (sample->recent ^ sample->recent >> 29) * UINT64_C(0x9e3779b97f4a7c15);

	sample->skip = rules->even ? mean : mean / 2 + (size_t)(mixed >> 32) % mean;
	sample->until = sample->read_bytes + rules->stretch_bytes;
}

bool
sl_sample_next(struct sl_sample *sample, struct sl_slice *text, struct sl_slice *piece_out, bool *gap_out)
{
	size_t n;

	if (sample->skip > 0)
		*text = sl_slice_from(*text, skip(sample, *text));
	if (text->len == 0)
		return false;
	n = SL_MIN(text->len, sample->until - sample->read_bytes);
	*piece_out = sl_slice(text->ptr, n);
	*gap_out = sample->gap;
	sample->gap = false;
	for (size_t i = n - SL_MIN(n, (size_t)8); i < n; i++)
		sample->recent = sample->recent << 8 | text->ptr[i];
	sample->read_bytes += n;
	if (sample->read_bytes == sample->until)
		stretch_end(sample);
	*text = sl_slice_from(*text, n);
	return true;
}

void
sl_sample_tail(const struct sl_sample *sample, struct sl_slice pieces_out[2])
{
	size_t most = sample->rules->tail_bytes, len = SL_MIN(sample->passed_bytes, most), at, first;

	pieces_out[0] = pieces_out[1] = sl_slice(NULL, 0);
	if (len == 0)
		return;
	at = (sample->passed_bytes - len) % most;
	first = SL_MIN(len, most - at);
	pieces_out[0] = sl_slice(sample->tail + at, first);
	pieces_out[1] = sl_slice(sample->tail, len - first);
}
