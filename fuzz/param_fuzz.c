/* param_fuzz.c - header values: text is UTF-8 and bounded, readings are distinct and the first is what
 * is given as the value */

#include "mime/param.h"
#include "mime/word.h"
#include "sl/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_readings(const struct sl_params *params, const char *name)
{
	struct sl_buf out[SL_PARAMS_READINGS_MAX], best;
	size_t n;

	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_init(&out[i], 1 << 20);
	sl_buf_init(&best, 1 << 20);
	n = sl_params_readings(params, 1, name, out);
	SL_ASSERT((n > 0) == sl_params_has(params, name));
	SL_ASSERT(sl_params_get(params, name, &best) == (n > 0));
	for (size_t i = 0; i < n; i++) {
		SL_ASSERT(sl_utf8_valid(sl_buf_slice(&out[i])));
		for (size_t k = 0; k < i; k++)
			SL_ASSERT(!sl_slice_eq(sl_buf_slice(&out[i]), sl_buf_slice(&out[k])));
	}
	if (n > 0)
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out[0]), sl_buf_slice(&best)));
	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_fini(&out[i]);
	sl_buf_fini(&best);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);
	struct sl_params params;
	struct sl_buf text;

	sl_buf_init(&text, SIZE_MAX / 2);
	sl_word_decode(in, &text);
	SL_ASSERT(sl_utf8_valid(sl_buf_slice(&text)));
	SL_ASSERT(memchr(text.len > 0 ? text.data : data, '\0', text.len) == NULL);
	SL_ASSERT(text.len <= 4 * len);
	sl_buf_fini(&text);

	sl_params_init(&params, in);
	SL_ASSERT(params.count <= SL_PARAMS_MAX);
	check_readings(&params, "a");
	check_readings(&params, "name");
	check_readings(&params, "boundary");
	sl_params_fini(&params);
	return 0;
}
