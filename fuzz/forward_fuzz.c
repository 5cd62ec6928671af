/* forward_fuzz.c - what is given is of the mail, in bounds, and its ids stand in it; cuts change nothing */

#include "digest/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_message(const struct sl_forwarded *f)
{
	SL_ASSERT(f->message.len > 0 && f->message.len <= SL_FORWARD_MESSAGE_MAX);
	SL_ASSERT(f->ids_len <= SL_FORWARD_IDS_MAX);
	for (size_t i = 0; i < f->ids_len; i++) {
		SL_ASSERT(f->ids[i].len >= 8 && f->ids[i].len <= SL_FORWARD_ID_BYTES);
		SL_ASSERT(memmem(f->message.ptr, f->message.len, f->ids[i].ptr, f->ids[i].len) != NULL);
		for (size_t k = 0; k < i; k++)
			SL_ASSERT(!sl_slice_eq(f->ids[i], f->ids[k]));
	}
}

static void
check_same(const struct sl_forwarded *a, const struct sl_forwarded *b)
{
	SL_ASSERT(sl_slice_eq(a->message, b->message) && a->ids_len == b->ids_len);
	for (size_t i = 0; i < a->ids_len; i++)
		SL_ASSERT(sl_slice_eq(a->ids[i], b->ids[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_forwards *whole = sl_forwards_new(), *cut = sl_forwards_new();
	size_t step = size > 0 ? 1 + data[0] % 64 : 1;
	enum sl_forward forward;

	sl_forwards_feed(whole, sl_slice(data, size));
	sl_forwards_finish(whole);
	for (size_t at = 0; at < size; at += step)
		sl_forwards_feed(cut, sl_slice(data + at, SL_MIN(step, size - at)));
	sl_forwards_finish(cut);
	SL_ASSERT(sl_forwards_count(whole) <= SL_FORWARD_MESSAGES_MAX && sl_forwards_count(whole) == sl_forwards_count(cut));
	for (size_t i = 0; i < sl_forwards_count(whole); i++) {
		struct sl_forwarded a = sl_forwards_at(whole, i), b = sl_forwards_at(cut, i);

		check_message(&a);
		check_same(&a, &b);
	}
	sl_forwards_free(&whole);
	sl_forwards_free(&cut);
	if (sl_forward_find(sl_slice(data, size), &forward))
		SL_ASSERT(sl_slice_ieq(sl_slice(data, size), sl_slice_str(sl_forward_word(forward))));
	return 0;
}
