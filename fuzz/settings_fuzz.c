/* settings_fuzz.c - a settings file is refused with a place for every problem, or it is a snapshot
 * that packs, unpacks and packs to the same bytes */

#include "conf/settings.h"

#include <stdlib.h>

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* Every line is "fuzz:LINE:COLUMN: text". */
static void
check_errors(struct sl_buf *errors)
{
	const char *line = sl_buf_cstr(errors);

	SL_ASSERT(*line != '\0');
	while (*line != '\0') {
		char *end;

		SL_ASSERT(strncmp(line, "fuzz:", 5) == 0);
		SL_ASSERT(strtoul(line + 5, &end, 10) > 0 && *end == ':');
		SL_ASSERT(strtoul(end + 1, &end, 10) > 0 && strncmp(end, ": ", 2) == 0);
		line = strchr(end, '\n');
		SL_ASSERT(line != NULL && line - end > 3);
		line++;
	}
}

static void
check_snapshot(const struct sl_settings *settings)
{
	struct sl_settings *copy = NULL;
	struct sl_buf packed, again;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_buf_init(&again, SL_SETTINGS_PACKED_MAX);
	SL_ASSERT(settings->tenants_len > 0 && settings->listeners_len > 0);
	sl_settings_pack(settings, &packed);
	SL_ASSERT(sl_settings_unpack(sl_buf_slice(&packed), &copy) == 0);
	sl_settings_pack(copy, &again);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&packed), sl_buf_slice(&again)));
	sl_settings_unref(&copy);
	sl_buf_fini(&packed);
	sl_buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_settings *settings = NULL;
	struct sl_buf errors;
	int r;

	sl_buf_init(&errors, 1 << 20);
	r = sl_settings_read("fuzz", sl_slice(data, len), &settings, &errors);
	SL_ASSERT(r == 0 || r == SL_ERR_SYNTAX);
	SL_ASSERT((r == 0) == (settings != NULL));
	if (r == 0) {
		SL_ASSERT(errors.len == 0);
		check_snapshot(settings);
	} else {
		check_errors(&errors);
	}
	sl_settings_unref(&settings);
	sl_buf_fini(&errors);
	return 0;
}
