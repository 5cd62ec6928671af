/* content_fuzz.c - the understanding of a message does not depend on where it was cut */

#include "content/trace_i.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_buf
understand(struct sl_slice message, size_t first, size_t step)
{
	static struct sl_suffix *suffix;
	struct sl_content_settings settings = { .mime = sl_mime_defaults };
	struct sl_content *content;
	struct sl_buf result;
	struct trace trace;

	if (suffix == NULL)
		suffix = sl_suffix_open(NULL);
	settings.suffix = suffix;
	trace_init(&trace);
	content = sl_content_new(&settings, &trace_sink, &trace);
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(i == 0 ? first : step, message.len - i);
		sl_content_feed(content, message.ptr + i, n);
	}
	sl_content_finish(content);
	sl_content_free(&content);
	sl_buf_init(&result, TRACE_LINES_MAX);
	trace_fini(&trace, true, &result);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice message;
	struct sl_buf whole, cut;
	size_t at;

	if (size < 3)
		return 0;
	at = 1 + (data[0] << 8 | data[1]) % (size - 2);
	message = sl_slice(data + 2, size - 2);
	whole = understand(message, message.len, message.len);
	cut = understand(message, at, message.len);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&cut);
	cut = understand(message, 1, 1);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&cut);
	sl_buf_fini(&whole);
	return 0;
}
