/* box_test.c - boxes and wrapped keys: who can open what, and that nobody else can */

#include "check.h"
#include "seal/box.h"

#define TEXT	"only the tenant reads this"
#define SEALED	(sizeof(TEXT) + SL_SEAL_BOX_OVERHEAD)

static const struct sl_slice tenant = { (const unsigned char *)"example.com", 11 };

static void
only_the_tenants_pair_opens(void **state)
{
	struct sl_seal_pair a, b;
	unsigned char box[SEALED], again[SEALED], out[sizeof(TEXT)];

	sl_seal_pair_new(&a);
	sl_seal_pair_new(&b);
	assert_int_equal(sl_seal_box(a.public, tenant, sl_slice(TEXT, sizeof(TEXT)), box), 0);
	assert_int_equal(sl_seal_box(a.public, tenant, sl_slice(TEXT, sizeof(TEXT)), again), 0);
	assert_memory_not_equal(box + 9, again + 9, sizeof(box) - 9);
	assert_int_equal(sl_seal_box_open(&a, tenant, sl_slice(box, sizeof(box)), out), 0);
	assert_string_equal((char *)out, TEXT);
	assert_int_equal(sl_seal_box_open(&b, tenant, sl_slice(box, sizeof(box)), out), SL_ERR_LOCKED);
	assert_int_equal(sl_seal_box_open(&a, sl_slice_str("example.org"), sl_slice(box, sizeof(box)), out), SL_ERR_DAMAGED);
	memcpy(b.public, a.public, sizeof(a.public));	/* the right name, the wrong key */
	assert_int_equal(sl_seal_box_open(&b, tenant, sl_slice(box, sizeof(box)), out), SL_ERR_DAMAGED);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0);
}

static void
every_bit_counts(void **state)
{
	struct sl_seal_pair a;
	unsigned char box[SEALED], out[sizeof(TEXT)];

	sl_seal_pair_new(&a);
	assert_int_equal(sl_seal_box(a.public, tenant, sl_slice(TEXT, sizeof(TEXT)), box), 0);
	for (size_t i = 0; i < sizeof(box) * 8; i++) {
		/* X25519 does not look at the top bit of a public key (RFC 7748, 5): but it is authenticated. */
		box[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_not_equal(sl_seal_box_open(&a, tenant, sl_slice(box, sizeof(box)), out), 0);
		box[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	for (size_t len = 0; len < sizeof(box); len++)
		assert_int_not_equal(sl_seal_box_open(&a, tenant, sl_slice(box, len), out), 0);
}

static void
a_key_whose_secret_all_know_is_refused(void **state)
{
	unsigned char zero[SL_SEAL_KEY_BYTES] = { 0 }, one[SL_SEAL_KEY_BYTES] = { 1 }, box[SEALED];
	struct sl_seal_pair a;

	sl_seal_pair_new(&a);
	assert_int_equal(sl_seal_box(zero, tenant, sl_slice(TEXT, sizeof(TEXT)), box), SL_ERR_SYNTAX);
	assert_int_equal(sl_seal_box(one, tenant, sl_slice(TEXT, sizeof(TEXT)), box), SL_ERR_SYNTAX);
	assert_int_equal(sl_seal_box(a.public, sl_slice_str(""), sl_slice(TEXT, sizeof(TEXT)), box), SL_ERR_SYNTAX);
}

static void
wrapped_keys_open_with_their_key_alone(void **state)
{
	struct sl_seal_pair pair, out;
	unsigned char master[32], other[32], wrapped[SL_SEAL_WRAPPED_BYTES], rotated[SL_SEAL_WRAPPED_BYTES];
	struct sl_seal_wrapped head;

	sl_seal_pair_new(&pair);
	sl_random(master, sizeof(master));
	sl_random(other, sizeof(other));
	sl_seal_wrap(&pair, tenant, NULL, master, wrapped);
	assert_int_equal(sl_seal_wrapped_read(wrapped, &head), 0);
	assert_int_equal(head.mode, SL_SEAL_SERVICE);
	assert_memory_equal(head.public, pair.public, 32);
	assert_int_equal(sl_seal_unwrap(wrapped, tenant, master, &out), 0);
	assert_memory_equal(&out, &pair, sizeof(out));
	assert_int_equal(sl_seal_unwrap(wrapped, tenant, other, &out), SL_ERR_LOCKED);
	assert_int_equal(sl_seal_unwrap(wrapped, sl_slice_str("x"), master, &out), SL_ERR_LOCKED);
	assert_int_equal(sl_seal_rewrap(wrapped, tenant, master, NULL, other, rotated), 0);
	assert_int_equal(sl_seal_unwrap(rotated, tenant, master, &out), SL_ERR_LOCKED);
	assert_int_equal(sl_seal_unwrap(rotated, tenant, other, &out), 0);
	assert_memory_equal(&out, &pair, sizeof(out));
	for (size_t i = 0; i < sizeof(wrapped) * 8; i++) {
		wrapped[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_not_equal(sl_seal_unwrap(wrapped, tenant, master, &out), 0);
		wrapped[i / 8] ^= (unsigned char)(1 << i % 8);
	}
}

static void
a_passphrase_opens_what_it_wrapped(void **state)
{
	struct sl_seal_stretch stretch;
	struct sl_seal_wrapped head;
	struct sl_seal_pair pair, out;
	unsigned char key[32], wrong[32], wrapped[SL_SEAL_WRAPPED_BYTES];

	sl_seal_pair_new(&pair);
	sl_seal_stretch_new(&stretch);
	assert_int_equal(stretch.memory_kib, SL_SEAL_MEMORY_KIB);
	stretch.memory_kib = SL_SEAL_MEMORY_KIB_MIN;	/* for the test's time */
	assert_int_equal(sl_seal_passphrase_key(&stretch, sl_slice_str("correct horse"), key), 0);
	sl_seal_wrap(&pair, tenant, &stretch, key, wrapped);
	assert_int_equal(sl_seal_wrapped_read(wrapped, &head), 0);
	assert_int_equal(head.mode, SL_SEAL_PASSPHRASE);
	assert_memory_equal(&head.stretch, &stretch, sizeof(stretch));
	assert_int_equal(sl_seal_passphrase_key(&head.stretch, sl_slice_str("correct horse"), wrong), 0);
	assert_int_equal(sl_seal_unwrap(wrapped, tenant, wrong, &out), 0);
	assert_memory_equal(&out, &pair, sizeof(out));
	assert_int_equal(sl_seal_passphrase_key(&head.stretch, sl_slice_str("correct house"), wrong), 0);
	assert_int_equal(sl_seal_unwrap(wrapped, tenant, wrong, &out), SL_ERR_LOCKED);
	sl_seal_stretch_new(&head.stretch);
	head.stretch.memory_kib = SL_SEAL_MEMORY_KIB_MIN;
	assert_int_equal(sl_seal_passphrase_key(&head.stretch, sl_slice_str("correct horse"), wrong), 0);
	assert_memory_not_equal(wrong, key, sizeof(key));	/* another salt */
}

static void
parameters_out_of_bounds_cost_nothing(void **state)
{
	struct sl_seal_stretch stretch;
	unsigned char key[32];

	sl_seal_stretch_new(&stretch);
	stretch.memory_kib = SL_SEAL_MEMORY_KIB_MAX + 1;
	assert_int_equal(sl_seal_passphrase_key(&stretch, sl_slice_str("x"), key), SL_ERR_SYNTAX);
	stretch.memory_kib = SL_SEAL_MEMORY_KIB_MIN - 1;
	assert_int_equal(sl_seal_passphrase_key(&stretch, sl_slice_str("x"), key), SL_ERR_SYNTAX);
	stretch.memory_kib = SL_SEAL_MEMORY_KIB;
	stretch.passes = SL_SEAL_PASSES_MAX + 1;
	assert_int_equal(sl_seal_passphrase_key(&stretch, sl_slice_str("x"), key), SL_ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_tenants_pair_opens),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(a_key_whose_secret_all_know_is_refused),
		cmocka_unit_test(wrapped_keys_open_with_their_key_alone),
		cmocka_unit_test(a_passphrase_opens_what_it_wrapped),
		cmocka_unit_test(parameters_out_of_bounds_cost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
