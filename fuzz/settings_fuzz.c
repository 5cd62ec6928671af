/* settings_fuzz.c - a settings file is refused with a place for every problem, or it is a snapshot
 * that packs, unpacks and packs to the same bytes, and whose tenants say what policies understand */

#include "conf/settings.h"
#include "policy/text/policy_text.h"

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

/* What a section says is a policy's value to who makes policies, and nothing else. */
static void
check_says(const struct sl_tenant *tenant)
{
	struct sl_policy_layer *layer = sl_xzalloc(sizeof(*layer));
	struct sl_arena arena;
	struct sl_buf errors;

	sl_arena_init(&arena, 1 << 20);
	sl_buf_init(&errors, 1 << 16);
	for (int i = 0; i < SL_SAYS_COUNT; i++) {
		const char *value = tenant->says[i];

		if (value != NULL && *value != '\0')
			SL_ASSERT(sl_policy_layer_set(layer, sl_slice_str(sl_tenant_says_path((enum sl_tenant_says)i)),
			    sl_slice_str(value), SL_BY_TENANT, &arena, &errors) == 0);
	}
	sl_buf_fini(&errors);
	sl_arena_fini(&arena);
	sl_free(layer);
}

static void
check_snapshot(const struct sl_settings *settings)
{
	struct sl_settings *copy = NULL;
	struct sl_buf packed, again;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_buf_init(&again, SL_SETTINGS_PACKED_MAX);
	SL_ASSERT((settings->tenants_len > 0 || *settings->console.directory != '\0') && settings->listeners_len > 0);
	for (size_t i = 0; i < settings->tenants_len; i++)
		check_says(&settings->tenants[i]);
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
