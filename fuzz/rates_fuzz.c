/*
 * rates_fuzz.c - what training expects, of any bytes: refused with its line, or good; and then it is written and read
 * back as it was, and a message is counted without harm
 */

#include "measure/drift.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sl_drift_expectation expected, again;
	const size_t places[] = { 0, 1, 300 };
	struct sl_drift drift = { 0 };
	struct sl_buf out;
	size_t line;

	if (sl_drift_read(sl_slice(data, size), &expected, &line) != 0)
		return 0;
	SL_ASSERT(sl_drift_ok(&expected) && line > 0);
	sl_buf_init(&out, 1 << 20);
	sl_drift_write(&expected, &out);
	SL_ASSERT(sl_drift_read(sl_buf_slice(&out), &again, NULL) == 0);
	SL_ASSERT(memcmp(&expected, &again, sizeof(again)) == 0);
	sl_buf_fini(&out);
	for (int i = 0; i < SL_DRIFT_MESSAGES_MIN + 1; i++)
		sl_drift_add(&drift, &expected, 1000, i % 30 - 15, places, SL_COUNT(places));
	for (size_t i = 0; i < expected.names_len; i++) {
		struct sl_drift_rate rate = sl_drift_rate(&drift, &expected, i, 0.5);

		SL_ASSERT(rate.now >= 0 && rate.now <= 1 && rate.training >= 0 && rate.training <= 1 && rate.moved >= 0);
		SL_ASSERT(sl_drift_find(&expected, expected.names[i].name) == i);
	}
	return 0;
}
