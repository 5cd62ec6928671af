/*
 * clamd_fuzz.c - clamd's reply: clean means one reply only; a settled result does not depend on
 * when one looks; names are printable
 */

#include "classify/clamd.h"

static void
check_name(enum sl_clamd_result result, const char name[129])
{
	size_t len = strnlen(name, 129);

	SL_ASSERT(len <= 128 && (len > 0) == (result == SL_CLAMD_FOUND));
	for (size_t i = 0; i < len; i++)
		SL_ASSERT(name[i] >= ' ' && name[i] < 127);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct sl_slice ok = { (const unsigned char *)"stream: OK", 11 };
	enum sl_clamd_result settled = SL_CLAMD_MORE, now;
	struct sl_slice in = sl_slice(data, len);
	char name[129];

	for (size_t i = 0; i <= len && settled == SL_CLAMD_MORE; i++) {
		settled = sl_clamd_reply(sl_slice(data, i), false, name);
		check_name(settled, name);
		now = sl_clamd_reply(sl_slice(data, i), true, name);
		SL_ASSERT(now == (settled == SL_CLAMD_MORE ? SL_CLAMD_FAILED : settled));
		SL_ASSERT(settled != SL_CLAMD_MORE || i < SL_CLAMD_REPLY_MAX);
	}
	now = sl_clamd_reply(in, false, name);
	check_name(now, name);
	SL_ASSERT((now == SL_CLAMD_CLEAN) == sl_slice_eq(in, ok));
	/* What came too much makes an OK failed and changes nothing else. */
	SL_ASSERT(now == settled || (settled == SL_CLAMD_CLEAN && now == SL_CLAMD_FAILED));
	return 0;
}
