/*
 * correction_fuzz.c - a correction of any bytes is refused, or packed again as it was
 */

#include "ipc/correction.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice bytes = sl_slice(data, size);
	struct sl_corrected corrected;
	struct sl_correction c;
	struct sl_buf out;

	sl_buf_init(&out, SL_CORRECTION_MAX);
	if (sl_correction_unpack(bytes, &c) == 0) {
		SL_ASSERT(c.tenant.len > 0 && c.verdict < SL_CORRECTION_VERDICTS);
		sl_correction_pack(&c, &out);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), bytes));
	}
	sl_buf_reset(&out);
	if (sl_corrected_unpack(bytes, &corrected) == 0) {
		sl_corrected_pack(&corrected, &out);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), bytes));
	}
	sl_buf_fini(&out);
	return 0;
}
