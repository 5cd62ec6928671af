/* kept_test.c - what is said comes back as it was said, and nothing else is taken */

#include "check.h"
#include "kept/kept.h"

static const unsigned char id[SL_KEPT_ID_BYTES] = { 0x01, 0xab, [15] = 0xff };

typedef int unpacker(struct sl_slice payload);

static int
try_settings(struct sl_slice payload)
{
	struct sl_kept_settings out;

	return sl_kept_unpack_settings(payload, &out);
}

static int
try_key(struct sl_slice payload)
{
	struct sl_kept_key out;

	return sl_kept_unpack_key(payload, &out);
}

static int
try_keep(struct sl_slice payload)
{
	struct sl_kept_keep out;

	return sl_kept_unpack_keep(payload, &out);
}

static int
try_done(struct sl_slice payload)
{
	struct sl_kept_done out;

	return sl_kept_unpack_done(payload, &out);
}

static int
try_query(struct sl_slice payload)
{
	struct sl_kept_query out;

	return sl_kept_unpack_query(payload, &out);
}

static int
try_entry(struct sl_slice payload)
{
	struct sl_kept_entry out;

	return sl_kept_unpack_entry(payload, &out);
}

static int
try_choice(struct sl_slice payload)
{
	struct sl_kept_choice out;

	return sl_kept_unpack_choice(payload, &out);
}

static int
try_end(struct sl_slice payload)
{
	struct sl_kept_end out;

	return sl_kept_unpack_end(payload, &out);
}

static int
try_tenant_key(struct sl_slice payload)
{
	struct sl_kept_tenant_key out;

	return sl_kept_unpack_tenant_key(payload, &out);
}

static int
try_tenant_key_is(struct sl_slice payload)
{
	struct sl_kept_tenant_key_is out;

	return sl_kept_unpack_tenant_key_is(payload, &out);
}

/* Whole it is taken; cut anywhere, or with more behind it, it is not. */
static void
cuts_are_refused(const struct sl_buf *payload, unpacker *unpack)
{
	unsigned char more[4096];

	assert_int_equal(unpack(sl_slice(payload->data, payload->len)), 0);
	for (size_t len = 0; len < payload->len; len++)
		assert_int_equal(unpack(sl_slice(payload->data, len)), SL_ERR_SYNTAX);
	assert_true(payload->len < sizeof(more));
	memcpy(more, payload->data, payload->len);
	more[payload->len] = 0;
	assert_int_equal(unpack(sl_slice(more, payload->len + 1)), SL_ERR_SYNTAX);
}

static void
what_is_packed_is_read(void **state)
{
	const struct sl_slice tenant = SL_SLICE_LIT("example.com");
	struct sl_buf out, list;
	struct sl_kept_settings settings;
	struct sl_slice names, name;

	sl_buf_init(&out, 4000);
	sl_buf_init(&list, 4000);
	sl_kept_tenant_add(&list, tenant);
	sl_kept_tenant_add(&list, SL_SLICE_LIT("b"));
	sl_kept_pack_settings(&(struct sl_kept_settings){ .directory = SL_SLICE_LIT("/v"), .master_key = SL_SLICE_LIT(""),
	    .keep_ms = 7, .messages = 8, .bytes = 9, .tenants = sl_buf_slice(&list) }, &out);
	cuts_are_refused(&out, try_settings);
	assert_int_equal(sl_kept_unpack_settings(sl_buf_slice(&out), &settings), 0);
	assert_true(sl_slice_eq(settings.directory, SL_SLICE_LIT("/v")));
	assert_int_equal(settings.keep_ms, 7);
	names = settings.tenants;
	assert_true(sl_kept_tenant_next(&names, &name) && sl_slice_eq(name, tenant));
	assert_true(sl_kept_tenant_next(&names, &name) && sl_slice_eq(name, SL_SLICE_LIT("b")));
	assert_false(sl_kept_tenant_next(&names, &name));
	sl_buf_reset(&out);
	sl_kept_pack_key(&(struct sl_kept_key){ tenant, sl_slice(NULL, 0) }, &out);
	cuts_are_refused(&out, try_key);
	sl_buf_reset(&out);
	sl_kept_pack_keep(&(struct sl_kept_keep){ 1, tenant, 2, 3, 4, 5, 6, SL_SLICE_LIT("record") }, &out);
	cuts_are_refused(&out, try_keep);
	sl_buf_reset(&out);
	sl_kept_pack_done(&(struct sl_kept_done){ .number = 5, .result = SL_ERR_QUOTA }, &out);
	cuts_are_refused(&out, try_done);
	sl_buf_reset(&out);
	sl_kept_pack_query(&(struct sl_kept_query){ .tenant = tenant, .after = sl_slice(id, sizeof(id)), .limit = 4 }, &out);
	cuts_are_refused(&out, try_query);
	sl_buf_reset(&out);
	sl_kept_pack_entry(&(struct sl_kept_entry){ .id = sl_slice(id, sizeof(id)), .items = SL_SLICE_LIT("") }, &out);
	cuts_are_refused(&out, try_entry);
	sl_buf_reset(&out);
	sl_kept_pack_choice(&(struct sl_kept_choice){ tenant, sl_slice(id, sizeof(id)) }, &out);
	cuts_are_refused(&out, try_choice);
	sl_buf_reset(&out);
	sl_kept_pack_end(&(struct sl_kept_end){ SL_DONE, 6, sl_slice(id, sizeof(id)) }, &out);
	cuts_are_refused(&out, try_end);
	sl_buf_reset(&out);
	sl_kept_pack_tenant_key(&(struct sl_kept_tenant_key){ SL_KEPT_KEY_UNLOCK, tenant, 1, SL_SLICE_LIT("key"), SL_SLICE_LIT("me") }, &out);
	cuts_are_refused(&out, try_tenant_key);
	sl_buf_reset(&out);
	sl_kept_pack_tenant_key_is(&(struct sl_kept_tenant_key_is){ .count = 2, .held = 1, .salt = SL_SLICE_LIT("salt") }, &out);
	cuts_are_refused(&out, try_tenant_key_is);
	sl_buf_fini(&list);
	sl_buf_fini(&out);
}

static void
what_is_no_tenant_or_id_is_refused(void **state)
{
	static unsigned char long_name[SL_KEPT_TENANT_MAX + 1];
	struct sl_buf out;

	sl_buf_init(&out, 4000);
	sl_kept_pack_key(&(struct sl_kept_key){ sl_slice(NULL, 0), sl_slice(NULL, 0) }, &out);
	assert_int_equal(try_key(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_kept_pack_key(&(struct sl_kept_key){ sl_slice(long_name, sizeof(long_name)), sl_slice(NULL, 0) }, &out);
	assert_int_equal(try_key(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_kept_pack_key(&(struct sl_kept_key){ SL_SLICE_LIT("a"), SL_SLICE_LIT("short") }, &out);
	assert_int_equal(try_key(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_kept_pack_choice(&(struct sl_kept_choice){ SL_SLICE_LIT("a"), SL_SLICE_LIT("no id") }, &out);
	assert_int_equal(try_choice(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);		/* some recipients of several messages */
	sl_kept_pack_choice(&(struct sl_kept_choice){ .tenant = SL_SLICE_LIT("a"), .ids = sl_slice(long_name, 2 * SL_KEPT_ID_BYTES),
		.recipients = SL_SLICE_LIT("list") }, &out);
	assert_int_equal(try_choice(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_reset(&out);
	sl_kept_pack_query(&(struct sl_kept_query){ .tenant = SL_SLICE_LIT("a"), .id = SL_SLICE_LIT("no id") }, &out);
	assert_int_equal(try_query(sl_buf_slice(&out)), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
}

static void
ids_are_written_and_read(void **state)
{
	unsigned char back[SL_KEPT_ID_BYTES];
	char text[SL_KEPT_ID_DIGITS + 1];

	sl_kept_id_write(id, text);
	assert_string_equal(text, "01ab00000000000000000000000000ff");
	assert_true(sl_kept_id_read(sl_slice_str(text), back));
	assert_memory_equal(back, id, sizeof(id));
	assert_true(sl_kept_id_read(SL_SLICE_LIT("01AB00000000000000000000000000FF"), back));
	assert_memory_equal(back, id, sizeof(id));
	assert_false(sl_kept_id_read(SL_SLICE_LIT("01ab"), back));
	assert_false(sl_kept_id_read(SL_SLICE_LIT("01ab0000000000000000000000000g00"), back));
}

static void
items_are_walked(void **state)
{
	struct sl_buf items;
	struct sl_slice rest, value;
	unsigned type;

	sl_buf_init(&items, 1000);
	sl_kept_item_add(&items, 3, SL_SLICE_LIT("x"));
	sl_kept_item_add(&items, 4, SL_SLICE_LIT(""));
	rest = sl_buf_slice(&items);
	assert_true(sl_kept_item_next(&rest, &type, &value) && type == 3 && value.len == 1);
	assert_true(sl_kept_item_next(&rest, &type, &value) && type == 4 && value.len == 0);
	assert_false(sl_kept_item_next(&rest, &type, &value));
	rest = sl_slice(items.data, 6);
	assert_false(sl_kept_item_next(&rest, &type, &value));
	sl_buf_fini(&items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(what_is_no_tenant_or_id_is_refused),
		cmocka_unit_test(ids_are_written_and_read),
		cmocka_unit_test(items_are_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
