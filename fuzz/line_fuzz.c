/* line_fuzz.c - a line is the same wherever its bytes were cut, and holds no line end (line.h) */

#include "smtp/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice line, again;
	size_t max_bytes, used = 0, seen = 0;
	int r, early = SL_MORE;

	if (size < 1)
		return 0;
	max_bytes = data[0];
	data++;
	size--;
	r = sl_smtp_line(sl_slice(data, size), max_bytes, &line, &used);
	for (size_t cut = 0; cut < size && early == SL_MORE; cut++)
		early = sl_smtp_line(sl_slice(data, cut), max_bytes, &again, &seen);
	SL_ASSERT(early == SL_MORE || early == r);
	if (r == SL_DONE) {
		SL_ASSERT(used <= max_bytes && line.ptr == data && line.len == used - 2);
		SL_ASSERT(memcmp(data + line.len, "\r\n", 2) == 0);
		for (size_t i = 0; i < line.len; i++)
			SL_ASSERT(line.ptr[i] != '\r' && line.ptr[i] != '\n' && line.ptr[i] != '\0');
		SL_ASSERT(early == SL_MORE || seen == used);
	} else if (r == SL_MORE) {
		SL_ASSERT(size <= max_bytes && memchr(data, '\n', size) == NULL);
	} else {
		SL_ASSERT(used > 0 && used <= size && (used == size || data[used - 1] == '\n'));
		SL_ASSERT(memchr(data, '\n', used - 1) == NULL);
	}
	return 0;
}
