/* engine_fuzz.c - engines' replies: more bytes never take back what was said, and numbers are sound */

#include <math.h>

#include "classify/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int e = 0; e < SL_ENGINE_COUNT; e++) {
		const struct sl_engine_codec *codec = sl_engine_codec((enum sl_engine)e);
		struct sl_engine_said said, part;
		struct sl_slice in = sl_slice(data, SL_MIN(size, codec->reply_max));
		enum sl_engine_result result = codec->reply(in, true, &said);

		SL_ASSERT(result != SL_ENGINE_MORE);	/* no more will come */
		if (result == SL_ENGINE_SAID) {
			SL_ASSERT(isfinite(said.value) && fabs(said.value) <= 10);
			for (int c = 0; c < SL_CATEGORY_COUNT; c++)
				SL_ASSERT(isfinite(said.log_odds[c]) && fabs(said.log_odds[c]) <= 16);
			for (const char *p = said.text; *p != '\0'; p++)
				SL_ASSERT(*p >= ' ' && *p < 127);
		}
		for (size_t len = 0; len < in.len && len < 400; len++)
			if (codec->reply(sl_slice(data, len), false, &part) == SL_ENGINE_SAID && e != SL_ENGINE_CLAMD)
				SL_ASSERT(result == SL_ENGINE_SAID);
	}
	return 0;
}
