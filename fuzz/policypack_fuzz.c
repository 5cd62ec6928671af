/* policypack_fuzz.c - packed policies: what can be unpacked, packs to the same bytes. The version is put in front. */

#include "ipc/ipc.h"
#include "policy/layer.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* Each value from its own part of the input: else hardly any input gets past the first. */
static void
check_values(const unsigned char *data, size_t len, struct sl_arena *arena)
{
	const struct sl_policy_setting *row = &sl_policy_settings[data[0] % sl_policy_settings_len];
	struct sl_policy policy = { 0 };
	struct sl_buf out;

	sl_buf_init(&out, SL_POLICY_PACKED_MAX);
	if (sl_policy_unpack_value(row, sl_slice(data + 1, len - 1), arena, &policy) == 0) {
		sl_policy_pack_value(row, &policy, &out);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), sl_slice(data + 1, len - 1)));
		SL_ASSERT(sl_policy_value_eq(row, sl_policy_value(&policy, row), sl_policy_value(&policy, row)));
		SL_ASSERT(sl_policy_value_narrows(row, sl_policy_value(&policy, row), sl_policy_value(&policy, row)));
	}
	sl_buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_policy policy;
	struct sl_arena arena;
	struct sl_buf packed, again;

	sl_arena_init(&arena, (size_t)1 << 22);
	sl_buf_init(&packed, SL_POLICY_PACKED_MAX);
	sl_buf_init(&again, SL_POLICY_PACKED_MAX);
	sl_pack_u32(&packed, sl_policy_table_version());
	sl_buf_add(&packed, data, len);
	if (sl_policy_unpack(sl_buf_slice(&packed), &arena, &policy) == 0) {
		sl_policy_pack(&policy, &again);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&packed), sl_buf_slice(&again)));
	}
	if (len > 0)
		check_values(data, len, &arena);
	sl_arena_fini(&arena);
	sl_buf_fini(&packed);
	sl_buf_fini(&again);
	return 0;
}
