/*
 * unstructured_fuzz.c - any text as a header field's value: printable ASCII, every line begins with a blank but the
 * first, none is too long but by a single word; and it reads, decoded and written again, as before
 */

#include "mime/unstructured.h"
#include "mime/word.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
value_check(struct sl_slice value, size_t column, size_t longest)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.ptr[i];

		if (c == '\r') {
			SL_ASSERT(i + 2 < value.len && value.ptr[i + 1] == '\n' && value.ptr[i + 2] == ' ');
			i++;
			column = 0;
			continue;
		}
		SL_ASSERT(c >= 0x20 && c < 0x7f);
		SL_ASSERT(++column <= SL_MAX((size_t)SL_UNSTRUCTURED_LINE, longest));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_buf out, text, again;
	struct sl_slice in = sl_slice(data, size);

	sl_buf_init(&out, 1 << 20);
	sl_buf_init(&text, 1 << 20);
	sl_buf_init(&again, 1 << 20);
	sl_unstructured_add(in, 20, &out);
	value_check(sl_buf_slice(&out), 20, size + 2);
	sl_word_decode(sl_slice_trim(sl_buf_slice(&out)), &text);
	sl_unstructured_add(sl_buf_slice(&text), 20, &again);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&again), sl_buf_slice(&out)));
	sl_buf_fini(&again);
	sl_buf_fini(&text);
	sl_buf_fini(&out);
	return 0;
}
