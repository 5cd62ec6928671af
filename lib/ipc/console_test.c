/* console_test.c - what parent and console tell each other */

#include "check.h"
#include "ipc/console.h"

static void
what_is_packed_is_unpacked_and_nothing_else(void **state)
{
	const struct sl_console_told told = { SL_SLICE_LIT("/var/lib/x"), SL_SLICE_LIT("/run/x"), true, SL_SLICE_LIT("mx.example"),
		SL_SLICE_LIT("/var/lib/r"), true, SL_SLICE_LIT("/etc/x.yaml") };
	const struct sl_console_status status = { "0123456789abcdef", 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct sl_console_status bad = { "0123", .tenants = 1 };
	struct sl_console_told told_again;
	struct sl_console_status again;
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	sl_console_told_pack(&told, &out);
	assert_int_equal(sl_console_told_unpack(sl_buf_slice(&out), &told_again), 0);
	assert_true(sl_slice_eq(told_again.directory, told.directory) && sl_slice_eq(told_again.socket, told.socket) &&
	    told_again.keeps && sl_slice_eq(told_again.records, told.records) && told_again.two_persons &&
	    sl_slice_eq(told_again.file, told.file));
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(sl_console_told_unpack(sl_slice(out.data, len), &told_again), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_console_status_pack(&status, &out);
	assert_int_equal(sl_console_status_unpack(sl_buf_slice(&out), &again), 0);
	assert_string_equal(again.id, status.id);
	assert_true(again.tenants == 1 && again.domains == 2 && again.users == 3 && again.entries == 4 && again.policies == 5 &&
	    again.changed == 6 && again.change == 7 && again.names_unknown == 8 && again.names_failing == 9);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(sl_console_status_unpack(sl_slice(out.data, len), &again), SL_ERR_SYNTAX);
	sl_buf_add_byte(&out, 0);
	assert_int_equal(sl_console_status_unpack(sl_buf_slice(&out), &again), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	bad.id[1] = '"';
	sl_console_status_pack(&bad, &out);
	assert_int_equal(sl_console_status_unpack(sl_buf_slice(&out), &again), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_unpacked_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
