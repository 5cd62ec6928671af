/* forward_fuzz.c - what is given is of the mail, in bounds, and its ids stand in it */

#include "digest/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct sl_slice	mail;
	size_t		len;
};

static void
on_message(void *ctx, const struct sl_forwarded *f)
{
	struct seen *seen = ctx;

	seen->len++;
	SL_ASSERT(f->message.len > 0 && f->message.len <= SL_MAX(seen->mail.len, (size_t)SL_FORWARD_BYTES_MAX));
	SL_ASSERT(f->ids_len <= SL_FORWARD_IDS_MAX);
	for (size_t i = 0; i < f->ids_len; i++) {
		SL_ASSERT(f->ids[i].len >= 8 && f->ids[i].len <= SL_FORWARD_ID_BYTES);
		SL_ASSERT(memmem(f->message.ptr, f->message.len, f->ids[i].ptr, f->ids[i].len) != NULL);
		for (size_t k = 0; k < i; k++)
			SL_ASSERT(!sl_slice_eq(f->ids[i], f->ids[k]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { .mail = sl_slice(data, size) };
	enum sl_forward forward;

	SL_ASSERT(sl_forward_read(seen.mail, on_message, &seen) == seen.len && seen.len <= SL_FORWARD_MESSAGES_MAX);
	if (sl_forward_find(seen.mail, &forward))
		SL_ASSERT(sl_slice_ieq(seen.mail, sl_slice_str(sl_forward_word(forward))));
	return 0;
}
