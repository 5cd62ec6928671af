/* policy_fuzz.c - a layer of a policy is refused with a place for every problem, or it prints to what reads as itself; what
 * it comes to packs, unpacks and packs to the same bytes */

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

static void
check_pack(const struct sl_policy_layer *layer, enum sl_policy_by by, struct sl_arena *arena)
{
	static struct sl_policy_presets presets;
	static struct sl_arena kept;
	struct sl_policy_source source = { by, layer };
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy back;
	struct sl_buf packed, again;

	if (kept.cap_bytes == 0) {
		sl_arena_init(&kept, (size_t)1 << 24);
		sl_policy_presets_read(&kept, &presets);
	}
	sl_buf_init(&packed, SL_POLICY_PACKED_MAX);
	sl_buf_init(&again, SL_POLICY_PACKED_MAX);
	sl_policy_resolve(&presets, &source, 1, e);
	SL_ASSERT(e->ignored_len == 0);		/* the reader has refused what may not be said */
	sl_policy_pack(&e->policy, &packed);
	SL_ASSERT(sl_policy_unpack(sl_buf_slice(&packed), arena, &back) == 0);
	sl_policy_pack(&back, &again);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&packed), sl_buf_slice(&again)));
	sl_buf_reset(&again);
	sl_policy_diff(&e->policy, &back, &again);
	SL_ASSERT(again.len == 0);
	sl_buf_fini(&packed);
	sl_buf_fini(&again);
	sl_free(e);
}

static void
check_layer(const struct sl_policy_layer *layer, enum sl_policy_by by, struct sl_arena *arena)
{
	struct sl_policy_layer again;
	struct sl_buf one, two, errors;

	sl_buf_init(&one, 1 << 22);
	sl_buf_init(&two, 1 << 22);
	sl_buf_init(&errors, 1 << 20);
	sl_policy_layer_print(layer, &one);
	SL_ASSERT(sl_policy_layer_read("again", sl_buf_slice(&one), by, arena, &again, &errors) == 0);
	sl_policy_layer_print(&again, &two);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&one), sl_buf_slice(&two)));
	sl_buf_reset(&two);
	sl_policy_layer_diff(layer, &again, &two);
	SL_ASSERT(two.len == 0);
	sl_buf_fini(&one);
	sl_buf_fini(&two);
	sl_buf_fini(&errors);
	check_pack(layer, by, arena);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	enum sl_policy_by by = len > 0 && data[0] == '!' ? SL_BY_USER : SL_BY_TENANT;
	struct sl_slice text = sl_slice(data + (by == SL_BY_USER), len - (by == SL_BY_USER));
	struct sl_policy_layer layer;
	struct sl_arena arena;
	struct sl_buf errors;
	int r;

	sl_arena_init(&arena, (size_t)1 << 24);
	sl_buf_init(&errors, 1 << 20);
	r = sl_policy_layer_read("fuzz", text, by, &arena, &layer, &errors);
	SL_ASSERT(r == 0 || r == SL_ERR_SYNTAX);
	if (r == 0) {
		SL_ASSERT(errors.len == 0);
		check_layer(&layer, by, &arena);
	} else {
		check_errors(&errors);
	}
	sl_arena_fini(&arena);
	sl_buf_fini(&errors);
	return 0;
}
