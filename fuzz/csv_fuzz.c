/*
 * csv_fuzz.c - tables from hostile bytes: what is read is written, and reads the same again
 */

#include "store/csv.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_csv first, again;
	struct sl_buf out;
	int r;

	sl_buf_init(&out, 4 * len + 1024);
	sl_csv_init(&first, sl_slice(data, len));
	while ((r = sl_csv_next(&first)) == SL_DONE) {
		SL_ASSERT(first.len >= 1 && first.len <= SL_CSV_FIELDS_MAX);
		sl_buf_reset(&out);
		for (size_t i = 0; i < first.len; i++)
			sl_csv_field(&out, first.fields[i], i == 0);
		sl_csv_end(&out);
		sl_csv_init(&again, sl_buf_slice(&out));
		SL_ASSERT(sl_csv_next(&again) == SL_DONE && again.len == first.len);
		for (size_t i = 0; i < first.len; i++)
			SL_ASSERT(sl_slice_eq(first.fields[i], again.fields[i]));
		SL_ASSERT(sl_csv_next(&again) == 0);
		sl_csv_fini(&again);
	}
	SL_ASSERT(r == 0 || r == SL_ERR_SYNTAX || r == SL_ERR_TOO_LONG);
	sl_csv_fini(&first);
	sl_buf_fini(&out);
	return 0;
}
