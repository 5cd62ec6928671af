/* vault_test.c - what the vault does on a disk that works, that is full, that cannot be written; and who can open what */

#include "vault_test_i.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_i.h"

#define DAY	(TEST_DAY + 7)

static const struct sl_slice other = { (const unsigned char *)"example.org", 11 };
static const struct sl_vault_settings settings = { .slots_step = 16, .blocks_step = 64 };

struct fixture {
	struct disk_memory	disk;
	struct sl_vault		*vault;
	unsigned char		public[SL_SEAL_KEY_BYTES];	/* of test_tenant, held by the service */
	struct test_list	list;
};

static void
reopen(struct fixture *f)
{
	sl_vault_close(&f->vault);
	assert_int_equal(sl_vault_open(&f->disk.disk, test_master, &settings, &f->vault), 0);
}

static int
setup(void **state)
{
	struct fixture *f = sl_xzalloc(sizeof(*f));

	disk_memory_init(&f->disk);
	reopen(f);
	assert_int_equal(sl_vault_tenant_new(f->vault, test_tenant, f->public), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sl_vault_close(&f->vault);
	disk_memory_fini(&f->disk);
	sl_free(f);
	return 0;
}

static int
add(struct fixture *f, unsigned number, size_t len, uint32_t day, unsigned char id_out[SL_VAULT_ID_BYTES])
{
	struct test_sealed sealed;
	int r;

	test_seal(&sealed, number, len, 1 + number % 3, f->public, test_tenant);
	r = test_add(f->vault, test_tenant, &sealed, day, id_out);
	test_sealed_fini(&sealed);
	return r;
}

static size_t
count(struct fixture *f, struct sl_vault_query query)
{
	assert_int_equal(test_list(f->vault, test_tenant, query, &f->list), SL_DONE);
	return f->list.len;
}

#define ANY ((struct sl_vault_query){ .state = -1 })

static void
what_was_added_is_listed_and_opens(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[60][SL_VAULT_ID_BYTES];
	unsigned number;

	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(add(f, i, i == 30 ? 2000000 : i * 997, DAY + i % 2, ids[i]), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(count(f, ANY), 60);
		for (unsigned i = 0; i < 60; i++) {	/* newest first */
			const struct test_listed *e = &f->list.list[59 - i];

			assert_true(e->opens && e->number == i && e->day == DAY + i % 2 && e->state == SL_VAULT_HELD);
			assert_memory_equal(e->id, ids[i], SL_VAULT_ID_BYTES);
			assert_int_equal(test_open(f->vault, test_tenant, ids[i], &number), 0);
			assert_int_equal(number, i);
		}
		reopen(f);
	}
}

/* Add one that is known again by a number. */
static void
add_known(struct fixture *f, unsigned number, uint64_t token, unsigned char id_out[SL_VAULT_ID_BYTES])
{
	struct sl_vault_append *append;
	struct test_sealed sealed;
	struct test_done done = { 0 };

	test_seal(&sealed, number, 100, 1, f->public, test_tenant);
	assert_int_equal(sl_vault_append_new(f->vault, test_tenant, 0, &append), 0);
	sl_vault_append_token(append, token);
	assert_int_equal(sl_vault_append_feed(append, sl_buf_slice(&sealed.body)), 0);
	assert_int_equal(sl_vault_append_commit(&append, sealed.record, sealed.received_us, DAY, test_on_done, &done), 0);
	assert_int_equal(sl_vault_flush(f->vault), 0);
	assert_int_equal(done.result, 0);
	memcpy(id_out, done.id, SL_VAULT_ID_BYTES);
	test_sealed_fini(&sealed);
}

/* By its number, its tenant and the time, also after it was marked and the vault was opened anew; and not when it is gone. */
static void
a_message_is_known_again(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[5][SL_VAULT_ID_BYTES], id[SL_VAULT_ID_BYTES];
	unsigned char public[SL_SEAL_KEY_BYTES];
	int64_t at[5];
	size_t n;

	assert_int_equal(sl_vault_tenant_new(f->vault, other, public), 0);
	for (unsigned i = 0; i < 5; i++)
		add_known(f, i, i == 4 ? 0 : 100 + i % 2, ids[i]);
	assert_int_equal(count(f, ANY), 5);
	for (unsigned i = 0; i < 5; i++)
		at[i] = f->list.list[4 - i].received_us;
	assert_int_equal(sl_vault_mark(f->vault, test_tenant, &ids[3], 1, SL_VAULT_RELEASED, &n), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 100, at[0], id), 0);
		assert_memory_equal(id, ids[2], sizeof(id));		/* the newer one of two */
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 100, at[2], id), 0);
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 100, at[2] + 1, id), SL_ERR_NOT_FOUND);
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 101, at[0], id), 0);
		assert_memory_equal(id, ids[3], sizeof(id));
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 102, at[0], id), SL_ERR_NOT_FOUND);
		assert_int_equal(sl_vault_again(f->vault, test_tenant, 0, at[0], id), SL_ERR_NOT_FOUND);
		assert_int_equal(sl_vault_again(f->vault, other, 100, at[0], id), SL_ERR_NOT_FOUND);
		assert_int_equal(sl_vault_again(f->vault, SL_SLICE_LIT("example.net"), 100, at[0], id), SL_ERR_NOT_FOUND);
		reopen(f);
	}
	assert_int_equal(sl_vault_delete(f->vault, test_tenant, &ids[2], 1, &n), 0);
	assert_int_equal(sl_vault_again(f->vault, test_tenant, 100, at[0], id), 0);
	assert_memory_equal(id, ids[0], sizeof(id));
}

static void
lists_are_narrowed(void **state)
{
	struct fixture *f = *state;
	unsigned char id[SL_VAULT_ID_BYTES], ids[10][SL_VAULT_ID_BYTES];
	struct test_sealed many;
	struct sl_seal_item spam = { SL_SEAL_CATEGORY, sl_slice_str("SPAM") };
	struct sl_seal_item who[] = { { SL_SEAL_RECIPIENT, sl_slice_str("u777@example.com") }, spam };
	size_t n;

	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(add(f, i, 100, DAY, ids[i]), 0);
	test_seal(&many, 501, 3000, 1000, f->public, test_tenant);	/* its recipients lie behind the body */
	assert_int_equal(test_add(f->vault, test_tenant, &many, DAY, id), 0);
	test_sealed_fini(&many);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = -1, .match = &spam, .match_len = 1 }), 6);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = -1, .match = who, .match_len = 2 }), 1);
	assert_int_equal(f->list.list[0].number, 501);
	who[0].value = sl_slice_str("u1501@example.com");
	assert_int_equal(count(f, (struct sl_vault_query){ .state = -1, .match = who, .match_len = 2 }), 0);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = -1, .from_us = TEST_TIME + 3, .to_us = TEST_TIME + 7 }), 4);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = -1, .limit = 2 }), 11);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = SL_VAULT_RELEASED }), 0);
	assert_int_equal(sl_vault_mark(f->vault, test_tenant, ids, 3, SL_VAULT_RELEASED, &n), 0);
	assert_int_equal(n, 3);
	reopen(f);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = SL_VAULT_RELEASED }), 3);
	assert_int_equal(count(f, (struct sl_vault_query){ .state = SL_VAULT_HELD }), 8);
}

static void
tenants_see_their_own(void **state)
{
	struct fixture *f = *state;
	unsigned char a[1][SL_VAULT_ID_BYTES], public[SL_SEAL_KEY_BYTES];
	struct sl_vault_query any = ANY;
	unsigned number;
	size_t n;

	assert_int_equal(sl_vault_tenant_new(f->vault, other, public), 0);
	assert_int_equal(add(f, 1, 5000, DAY, a[0]), 0);
	assert_int_equal(test_list(f->vault, other, any, &f->list), SL_DONE);
	assert_int_equal(f->list.len, 0);
	assert_int_equal(test_open(f->vault, other, a[0], &number), SL_ERR_NOT_FOUND);
	assert_int_equal(sl_vault_delete(f->vault, other, a, 1, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sl_vault_mark(f->vault, other, a, 1, SL_VAULT_RELEASED, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(test_list(f->vault, sl_slice_str("nobody.example"), any, &f->list), SL_ERR_NOT_FOUND);
	assert_int_equal(test_open(f->vault, test_tenant, a[0], &number), 0);
}

static void
a_tenant_who_holds_the_key_has_to_unlock(void **state)
{
	struct fixture *f = *state;
	struct sl_seal_pair pair;
	unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], wrong[32] = { 1 }, id[1][SL_VAULT_ID_BYTES], changed[SL_SEAL_WRAPPED_BYTES];
	struct sl_seal_stretch stretch;
	struct test_sealed sealed;
	struct sl_vault_query any = ANY;
	unsigned number;
	size_t n;

	test_held(&pair, wrapped, other);
	assert_int_equal(sl_vault_tenant_put(f->vault, other, wrapped), 0);
	test_seal(&sealed, 7, 5000, 1, pair.public, other);
	assert_int_equal(test_add(f->vault, other, &sealed, DAY, id[0]), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(test_list(f->vault, other, any, &f->list), SL_ERR_LOCKED);
		assert_int_equal(test_open(f->vault, other, id[0], &number), SL_ERR_LOCKED);
		assert_int_equal(sl_vault_unlock(f->vault, other, wrong), SL_ERR_LOCKED);
		assert_int_equal(sl_vault_mark(f->vault, other, id, 1, SL_VAULT_RELEASING, &n), 0);
		assert_int_equal(n, 1);		/* without the key, the service can keep order */
		assert_int_equal(sl_vault_unlock(f->vault, other, test_master), 0);
		assert_int_equal(test_open(f->vault, other, id[0], &number), 0);
		assert_int_equal(test_list(f->vault, other, any, &f->list), SL_DONE);
		assert_int_equal(f->list.len, 1);
		sl_vault_lock(f->vault, other);
		assert_int_equal(test_open(f->vault, other, id[0], &number), SL_ERR_LOCKED);
		reopen(f);
	}
	sl_seal_stretch_new(&stretch);		/* another passphrase: the old one opens nothing more */
	assert_int_equal(sl_seal_rewrap(wrapped, other, test_master, &stretch, wrong, changed), 0);
	assert_int_equal(sl_vault_tenant_put(f->vault, other, changed), 0);
	reopen(f);
	assert_int_equal(sl_vault_unlock(f->vault, other, test_master), SL_ERR_LOCKED);
	assert_int_equal(sl_vault_unlock(f->vault, other, wrong), 0);
	assert_int_equal(test_open(f->vault, other, id[0], &number), 0);
	test_sealed_fini(&sealed);
}

static void
an_earlier_pair_still_opens_what_is_sealed_to_it(void **state)
{
	struct fixture *f = *state;
	unsigned char first[SL_VAULT_ID_BYTES], second[SL_VAULT_ID_BYTES];
	struct sl_seal_wrapped wrapped;
	unsigned number;

	assert_int_equal(add(f, 1, 5000, DAY, first), 0);
	assert_int_equal(sl_vault_tenant_new(f->vault, test_tenant, f->public), 0);
	assert_int_equal(add(f, 2, 5000, DAY, second), 0);
	reopen(f);
	assert_int_equal(sl_vault_tenant_get(f->vault, test_tenant, &wrapped), 0);
	assert_memory_equal(wrapped.public, f->public, sizeof(f->public));
	assert_int_equal(test_open(f->vault, test_tenant, first, &number), 0);
	assert_int_equal(test_open(f->vault, test_tenant, second, &number), 0);
}

static void
deleted_is_gone_and_its_room_is_used_again(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[40][SL_VAULT_ID_BYTES];
	struct sl_vault_stats first, last;
	unsigned number;
	size_t n;

	for (int round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(add(f, i, 9000, DAY, ids[i]), 0);
		assert_int_equal(sl_vault_delete(f->vault, test_tenant, ids, 40, &n), 0);
		assert_int_equal(n, 40);
		sl_vault_stats(f->vault, round == 0 ? &first : &last);
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(test_open(f->vault, test_tenant, ids[i], &number), SL_ERR_NOT_FOUND);
	}
	assert_int_equal(last.blocks, first.blocks);
	assert_int_equal(last.slots, first.slots);
	assert_int_equal(last.blocks_free, last.blocks);
	assert_int_equal(last.messages, 0);
	assert_int_equal(last.bytes, 0);
	reopen(f);
	assert_int_equal(count(f, ANY), 0);
}

static void
quotas_hold(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[4][SL_VAULT_ID_BYTES];
	struct sl_vault_usage usage;
	size_t n;

	assert_int_equal(sl_vault_tenant_limits(f->vault, test_tenant, 3, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(add(f, i, 100, DAY, ids[i]), 0);
	assert_int_equal(add(f, 3, 100, DAY, ids[3]), SL_ERR_QUOTA);
	assert_int_equal(sl_vault_delete(f->vault, test_tenant, ids, 1, &n), 0);
	assert_int_equal(add(f, 3, 100, DAY, ids[3]), 0);
	assert_int_equal(sl_vault_tenant_limits(f->vault, test_tenant, 0, 40960), 0);
	assert_int_equal(add(f, 4, 20000, DAY, ids[0]), 0);	/* 12,288 and 20,480 */
	assert_int_equal(add(f, 5, 10000, DAY, ids[0]), SL_ERR_QUOTA);
	assert_int_equal(sl_vault_tenant_usage(f->vault, test_tenant, &usage), 0);
	assert_int_equal(usage.messages, 4);
	assert_int_equal(usage.bytes, 32768);
	assert_int_equal(add(f, 6, 100, DAY, ids[0]), 0);
}

static void
a_full_disk_refuses_and_keeps_what_it_has(void **state)
{
	struct fixture *f = *state;
	unsigned char id[SL_VAULT_ID_BYTES], kept[200][SL_VAULT_ID_BYTES];
	unsigned n = 0, number, refused = 0;
	size_t deleted;

	f->disk.space_bytes = 2 << 20;
	for (unsigned i = 0; i < 200; i++) {
		int r = add(f, i, 30000, DAY, id);

		assert_true(r == 0 || r == SL_ERR_NO_SPACE);
		if (r == 0)
			memcpy(kept[n++], id, sizeof(id));
		else
			refused++;
	}
	assert_true(n > 20 && refused > 20);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(count(f, ANY), n);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(test_open(f->vault, test_tenant, kept[i], &number), 0);
		reopen(f);
	}
	assert_int_equal(sl_vault_mark(f->vault, test_tenant, kept, n, SL_VAULT_RELEASED, &deleted), 0);
	assert_int_equal(sl_vault_delete(f->vault, test_tenant, kept, 1, &deleted), 0);
	assert_int_equal(add(f, 300, 30000, DAY, id), 0);	/* in the room that has become free */
	print_message("%u fit, %u were refused\n", n, refused);
}

/* A crash while the file grew for the first time can leave any length. */
static void
a_file_of_a_few_slots_grows(void **state)
{
	for (unsigned slots = 0; slots < 8; slots++) {
		struct fixture *f = *state;
		unsigned char id[SL_VAULT_ID_BYTES];

		sl_vault_close(&f->vault);
		sl_buf_reset(&f->disk.files[SL_DISK_HEADERS].now);
		for (unsigned i = 0; i < slots * 4096 + 100; i++)
			sl_buf_add_byte(&f->disk.files[SL_DISK_HEADERS].now, 0);
		assert_int_equal(sl_vault_open(&f->disk.disk, test_master, &settings, &f->vault), 0);
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(add(f, i, 100, DAY, id), 0);
		assert_int_equal(count(f, ANY), 20);
	}
}

static void
a_read_only_disk_can_be_read(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[1][SL_VAULT_ID_BYTES], id[SL_VAULT_ID_BYTES];
	unsigned number;
	size_t n;

	assert_int_equal(add(f, 1, 9000, DAY, ids[0]), 0);
	f->disk.read_only = true;
	reopen(f);
	assert_int_equal(count(f, ANY), 1);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), 0);
	assert_int_equal(add(f, 2, 9000, DAY, id), SL_ERR_SYSTEM);
	assert_int_equal(sl_vault_delete(f->vault, test_tenant, ids, 1, &n), SL_ERR_SYSTEM);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), 0);
	f->disk.read_only = false;
	reopen(f);
	assert_int_equal(add(f, 2, 9000, DAY, id), 0);
	assert_int_equal(count(f, ANY), 2);
}

static void
after_a_sync_that_failed_nothing_is_taken(void **state)
{
	struct fixture *f = *state;
	unsigned char id[SL_VAULT_ID_BYTES];

	assert_int_equal(add(f, 1, 9000, DAY, id), 0);
	f->disk.sync_result = SL_ERR_SYSTEM;
	assert_int_equal(add(f, 2, 9000, DAY, id), SL_ERR_SYSTEM);
	f->disk.sync_result = 0;
	assert_int_equal(add(f, 3, 9000, DAY, id), SL_ERR_SYSTEM);	/* the kernel may have dropped what it could not write */
	assert_int_equal(count(f, ANY), 1);
	reopen(f);
	assert_int_equal(add(f, 3, 9000, DAY, id), 0);
}

static void
sizes_that_no_sealed_message_has_are_refused(void **state)
{
	static const size_t lengths[] = { 0, 1, 4095, 4097, 69632, 6000 };
	struct fixture *f = *state;
	static unsigned char bytes[100000];
	unsigned char record[SL_SEAL_RECORD_BYTES] = { 0 };

	for (size_t i = 0; i < SL_COUNT(lengths); i++) {
		struct sl_vault_append *append;
		struct test_done done = { 0 };

		assert_int_equal(sl_vault_append_new(f->vault, test_tenant, 0, &append), 0);
		assert_int_equal(sl_vault_append_feed(append, sl_slice(bytes, lengths[i])), 0);
		assert_int_equal(sl_vault_append_commit(&append, record, 0, DAY, test_on_done, &done), SL_ERR_SYNTAX);
		assert_null(append);
		assert_int_equal(done.called, 0);
	}
	assert_false(sl_vault_waits(f->vault));
}

/* A record of rubbish, or of another's message, is listed as what does not open, and its body neither. */
static void
what_an_edge_gone_mad_adds_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct test_sealed a, b;
	struct test_done done;
	unsigned char id[SL_VAULT_ID_BYTES];
	unsigned number;

	test_seal(&a, 1, 5000, 1, f->public, test_tenant);
	test_seal(&b, 2, 50000, 1, f->public, test_tenant);
	memcpy(a.record, b.record, sizeof(a.record));
	assert_int_equal(test_commit(f->vault, test_tenant, &a, DAY, &done), 0);
	assert_int_equal(sl_vault_flush(f->vault), 0);
	assert_int_equal(test_open(f->vault, test_tenant, done.id, &number), SL_ERR_DAMAGED);
	memset(b.record, 0x55, sizeof(b.record));
	assert_int_equal(test_add(f->vault, test_tenant, &b, DAY, id), 0);
	assert_int_equal(test_open(f->vault, test_tenant, id, &number), SL_ERR_DAMAGED);
	assert_int_equal(count(f, ANY), 2);
	assert_true(!f->list.list[0].opens && !f->list.list[1].opens);
	test_sealed_fini(&a);
	test_sealed_fini(&b);
}

static void
damaged_bytes_are_not_given_out_as_good(void **state)
{
	struct fixture *f = *state;
	unsigned char id[SL_VAULT_ID_BYTES];
	struct sl_buf *bodies = &f->disk.files[SL_DISK_BODIES].now, *headers = &f->disk.files[SL_DISK_HEADERS].now;
	unsigned number, bad = 0;

	assert_int_equal(add(f, 1, 30000, DAY, id), 0);
	for (size_t i = 0; i < 32768; i += 1031) {
		bodies->data[i] ^= 4;
		bad += test_open(f->vault, test_tenant, id, &number) == SL_ERR_DAMAGED;
		bodies->data[i] ^= 4;
	}
	assert_int_equal(bad, 32);
	for (size_t i = 0; i < headers->len; i += 509) {
		int r;

		headers->data[i] ^= 4;
		r = test_open(f->vault, test_tenant, id, &number);
		assert_true(r == 0 || r == SL_ERR_DAMAGED);
		headers->data[i] ^= 4;
	}
	assert_int_equal(test_open(f->vault, test_tenant, id, &number), 0);
}

/* Fifty commits, one flush: one sync of the bodies and one of the headers. */
static void
those_that_wait_share_a_sync(void **state)
{
	struct fixture *f = *state;
	static struct test_done done[50];
	struct test_sealed sealed;
	unsigned char id[SL_VAULT_ID_BYTES], ids[10][SL_VAULT_ID_BYTES];
	size_t n;
	uint64_t before;

	for (unsigned i = 0; i < 30; i++)	/* so that there is room */
		assert_int_equal(add(f, i, 100, DAY, id), 0);
	assert_int_equal(headers_room(f->vault, 50), 0);
	for (unsigned i = 0; i < 10; i++) {	/* and blocks */
		assert_int_equal(add(f, i, 100000, DAY, id), 0);
		memcpy(ids[i], id, sizeof(id));
	}
	assert_int_equal(sl_vault_delete(f->vault, test_tenant, ids, 10, &n), 0);
	test_seal(&sealed, 1, 5000, 1, f->public, test_tenant);
	before = f->disk.syncs;
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(test_commit(f->vault, test_tenant, &sealed, DAY, &done[i]), 0);
	assert_int_equal(f->disk.syncs, before);
	assert_int_equal(done[49].called, 0);
	assert_int_equal(sl_vault_flush(f->vault), 0);
	for (unsigned i = 0; i < 50; i++)
		assert_true(done[i].called == 1 && done[i].result == 0);
	assert_int_equal(f->disk.syncs - before, 2);
	assert_int_equal(count(f, ANY), 80);
	test_sealed_fini(&sealed);
}

/* --- keys --- */

static void
another_master_key_opens_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned char second[SL_VAULT_MASTER_BYTES] = { 2 }, id[SL_VAULT_ID_BYTES];
	struct sl_vault *vault;
	unsigned number;

	assert_int_equal(add(f, 1, 9000, DAY, id), 0);
	sl_vault_close(&f->vault);
	assert_int_equal(sl_vault_open(&f->disk.disk, second, &settings, &vault), SL_ERR_LOCKED);
	assert_null(vault);
	reopen(f);
	assert_int_equal(sl_vault_rotate(f->vault, second), 0);
	assert_int_equal(add(f, 2, 9000, DAY, id), 0);
	sl_vault_close(&f->vault);
	assert_int_equal(sl_vault_open(&f->disk.disk, test_master, &settings, &vault), SL_ERR_LOCKED);
	assert_int_equal(sl_vault_open(&f->disk.disk, second, &settings, &f->vault), 0);
	assert_int_equal(count(f, ANY), 2);
	assert_int_equal(test_open(f->vault, test_tenant, id, &number), 0);
	assert_int_equal(sl_vault_rotate(f->vault, test_master), 0);	/* and back, in the other place */
	reopen(f);
	assert_int_equal(count(f, ANY), 2);
}

/* Try every key that a vault has left on every slot of `image`. Returns how many open, with `opened` of a given day. */
static unsigned
slots_that_open(struct fixture *f, const struct sl_buf *image)
{
	unsigned n = 0;
	struct header h;

	for (struct day_key *key = id_table_next(&f->vault->day_keys, NULL); key != NULL;
	    key = id_table_next(&f->vault->day_keys, key))
		for (uint32_t slot = 0; slot < image->len / HEADER_BYTES; slot++)
			n += !header_free(image->data + (size_t)slot * HEADER_BYTES) &&
			    header_read(image->data + (size_t)slot * HEADER_BYTES, slot, key->key, &h) == 0;
	return n;
}

/* Whoever copied all the stores before, and gets every key there is afterwards, the tenant's and the master among them. */
static void
after_expiry_no_key_that_is_left_opens_anything(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[20][SL_VAULT_ID_BYTES];
	struct disk_memory before;
	struct sl_buf *keys = &f->disk.files[SL_DISK_KEYS].now;
	size_t n;

	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(add(f, i, 3000, i < 12 ? DAY : DAY + 1, ids[i]), 0);
	assert_int_equal(sl_vault_keep(f->vault, test_tenant, ids, 2, DAY + 1, &n), 0);
	assert_int_equal(n, 2);
	disk_memory_copy(&f->disk, &before);
	assert_int_equal(slots_that_open(f, &before.files[SL_DISK_HEADERS].now), 20);
	assert_int_equal(sl_vault_expire(f->vault, DAY, &n), 0);	/* not yet: the day has to be over */
	assert_int_equal(n, 0);
	assert_int_equal(sl_vault_expire(f->vault, DAY + 1, &n), 0);
	assert_int_equal(n, 10);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(slots_that_open(f, &before.files[SL_DISK_HEADERS].now), 10);
		assert_int_equal(count(f, ANY), 10);
		for (size_t i = 0; i < f->list.len; i++)
			assert_true(f->list.list[i].number < 2 || f->list.list[i].number >= 12);
		reopen(f);
	}
	assert_int_equal(sl_vault_expire(f->vault, DAY + 2, &n), 0);
	assert_int_equal(n, 10);
	for (size_t i = 8192; i < keys->len; i++)	/* no trace of a key in its file */
		assert_int_equal(keys->data[i], 0);
	assert_int_equal(f->vault->day_keys.count, 0);
	/* Slots of a copied disk in the vault as it is now: nothing is shown. */
	sl_vault_close(&f->vault);
	sl_buf_reset(&f->disk.files[SL_DISK_HEADERS].now);
	sl_buf_add_slice(&f->disk.files[SL_DISK_HEADERS].now, sl_buf_slice(&before.files[SL_DISK_HEADERS].now));
	assert_int_equal(sl_vault_open(&f->disk.disk, test_master, &settings, &f->vault), 0);
	assert_int_equal(count(f, ANY), 0);
	disk_memory_fini(&before);
}

static void
a_day_that_is_over_takes_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned char id[1][SL_VAULT_ID_BYTES];
	size_t n;

	assert_int_equal(add(f, 1, 100, DAY, id[0]), 0);
	assert_int_equal(sl_vault_expire(f->vault, DAY, &n), 0);
	assert_int_equal(add(f, 2, 100, DAY - 1, id[0]), SL_ERR_REFUSED);
	assert_int_equal(sl_vault_keep(f->vault, test_tenant, id, 1, DAY - 1, &n), SL_ERR_REFUSED);
	assert_int_equal(add(f, 2, 100, DAY, id[0]), 0);
}

/* With all that a tenant-held vault has by itself on its disks, and the master key, no byte of a message can be read: the record
 * is in a box. Here: neither subject nor recipient nor the body's key lie in what the day's key opens. */
static void
the_service_alone_reads_nothing_of_a_tenant_who_holds_the_key(void **state)
{
	struct fixture *f = *state;
	struct sl_seal_pair pair, service = { { 0 }, { 0 } };
	unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], id[SL_VAULT_ID_BYTES], slot[HEADER_BYTES], plain[SL_SEAL_RECORD_PLAIN];
	struct sl_seal_view view;
	struct test_sealed sealed;
	struct header h;
	struct message *m;

	test_held(&pair, wrapped, other);
	assert_int_equal(sl_vault_tenant_put(f->vault, other, wrapped), 0);
	test_seal(&sealed, 7, 5000, 1, pair.public, other);
	assert_int_equal(test_add(f->vault, other, &sealed, DAY, id), 0);
	m = id_table_find(&f->vault->messages, id);
	assert_int_equal(slots_read(&f->vault->headers, m->slot, 1, slot), 0);
	assert_int_equal(header_read(slot, m->slot, m->key->key, &h), 0);
	assert_null(memmem(&h, sizeof(h), "message 7", 9));
	assert_null(memmem(&h, sizeof(h), "u7@example", 10));
	memcpy(service.public, pair.public, 32);
	memcpy(service.secret, f->vault->head.service_key, 32);
	assert_int_not_equal(sl_seal_record_open(&service, other, sl_slice(h.record, sizeof(h.record)), plain, &view), 0);
	assert_int_equal(sl_seal_record_open(&pair, other, sl_slice(h.record, sizeof(h.record)), plain, &view), 0);
	assert_non_null(memmem(plain, sizeof(plain), "message 7", 9));
	assert_null(memmem(f->disk.files[SL_DISK_TENANTS].now.data, f->disk.files[SL_DISK_TENANTS].now.len, "example.org", 11));
	test_sealed_fini(&sealed);
}

/* --- the real disk --- */

static void
files_of_the_system_do_as_well(void **state)
{
	char base[] = "/tmp/sl-vault-test-XXXXXX", dirs[3][64], command[128];
	struct sl_disk_files *files, *second;
	struct fixture *f = *state;
	unsigned char id[SL_VAULT_ID_BYTES];
	struct test_sealed sealed;
	struct stat st;
	unsigned number;
	size_t n;

	assert_non_null(mkdtemp(base));
	for (int i = 0; i < 3; i++) {
		snprintf(dirs[i], sizeof(dirs[i]), "%s/%d", base, i);
		assert_int_equal(mkdir(dirs[i], 0700), 0);
	}
	assert_int_equal(sl_disk_files_open(dirs[0], dirs[1], "/tmp/no such directory", &files), SL_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sl_disk_files_open(dirs[0], dirs[1], dirs[2], &files), 0);
		assert_int_equal(sl_disk_files_open(dirs[0], dirs[1], dirs[2], &second), SL_ERR_BUSY);
		sl_vault_close(&f->vault);
		assert_int_equal(sl_vault_open(sl_disk_files_disk(files), test_master, &settings, &f->vault), 0);
		if (again == 0) {
			assert_int_equal(sl_vault_tenant_new(f->vault, test_tenant, f->public), 0);
			test_seal(&sealed, 3, 100000, 1, f->public, test_tenant);
			assert_int_equal(test_add(f->vault, test_tenant, &sealed, DAY, id), 0);
			test_sealed_fini(&sealed);
		}
		assert_int_equal(test_open(f->vault, test_tenant, id, &number), 0);
		if (again == 1)
			assert_int_equal(sl_vault_expire(f->vault, DAY + 1, &n), 0);
		sl_vault_close(&f->vault);
		sl_disk_files_close(&files);
	}
	snprintf(command, sizeof(command), "%s/headers", dirs[0]);
	assert_int_equal(stat(command, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(command, sizeof(command), "rm -r %s", base);
	assert_int_equal(system(command), 0);
}

/* One that is locked says so, also beside one that opens. */
static void
of_several_pairs_each_opens_its_own(void **state)
{
	struct fixture *f = *state;
	unsigned char wrapped[SL_SEAL_WRAPPED_BYTES], ids[2][SL_VAULT_ID_BYTES];
	struct sl_seal_wrapped is;
	struct test_sealed sealed;
	struct sl_seal_pair pair;
	unsigned number;
	size_t count;
	bool open;

	assert_int_equal(add(f, 1, 5000, DAY, ids[0]), 0);
	test_held(&pair, wrapped, test_tenant);
	assert_int_equal(sl_vault_tenant_put(f->vault, test_tenant, wrapped), 0);
	test_seal(&sealed, 2, 5000, 1, pair.public, test_tenant);
	assert_int_equal(test_add(f->vault, test_tenant, &sealed, DAY, ids[1]), 0);
	reopen(f);
	assert_int_equal(sl_vault_tenant_pair(f->vault, test_tenant, 0, &is, &open, &count), 0);
	assert_true(count == 2 && !open && is.mode == SL_SEAL_PASSPHRASE);
	assert_int_equal(sl_vault_tenant_pair(f->vault, test_tenant, 1, &is, &open, &count), 0);
	assert_true(open && is.mode == SL_SEAL_SERVICE);
	assert_int_equal(sl_vault_tenant_pair(f->vault, test_tenant, 2, &is, &open, &count), SL_ERR_NOT_FOUND);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), 0);
	assert_int_equal(test_open(f->vault, test_tenant, ids[1], &number), SL_ERR_LOCKED);
	assert_int_equal(sl_vault_unlock(f->vault, test_tenant, test_master), 0);
	assert_int_equal(test_open(f->vault, test_tenant, ids[1], &number), 0);
	assert_true(sl_vault_master_is(f->vault, test_master));
	test_sealed_fini(&sealed);
}

struct visited {
	size_t		len;
	unsigned char	id[SL_VAULT_ID_BYTES];
};

static void
visit(void *ctx, struct sl_slice tenant, const unsigned char id[SL_VAULT_ID_BYTES])
{
	struct visited *visited = ctx;

	assert_true(sl_slice_eq(tenant, test_tenant));
	visited->len++;
	memcpy(visited->id, id, sizeof(visited->id));
}

/* Of those asked for, one's day is near and one's is far: the first is put off, the second stays; the third goes with its day. */
static void
what_is_being_released_outlives_its_day(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[3][SL_VAULT_ID_BYTES];
	struct visited visited = { 0 };
	enum sl_vault_state is;
	unsigned number;
	size_t n;

	assert_int_equal(add(f, 1, 5000, DAY, ids[0]), 0);
	assert_int_equal(add(f, 2, 5000, DAY + 30, ids[1]), 0);
	assert_int_equal(add(f, 3, 5000, DAY, ids[2]), 0);
	assert_int_equal(sl_vault_release(f->vault, test_tenant, ids, 2, DAY + 5, &n), 0);
	assert_int_equal(n, 2);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sl_vault_state(f->vault, test_tenant, ids[0], &is), 0);
		assert_int_equal(is, SL_VAULT_RELEASING);
		assert_int_equal(sl_vault_state(f->vault, test_tenant, ids[2], &is), 0);
		assert_int_equal(is, SL_VAULT_HELD);
		assert_int_equal(sl_vault_state(f->vault, other, ids[0], &is), SL_ERR_NOT_FOUND);
		visited.len = 0;
		sl_vault_each(f->vault, SL_VAULT_RELEASING, visit, &visited);
		assert_int_equal(visited.len, 2);
		reopen(f);
	}
	assert_int_equal(sl_vault_expire(f->vault, DAY + 1, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), 0);
	assert_int_equal(sl_vault_expire(f->vault, DAY + 6, &n), 0);	/* and not for ever */
	assert_int_equal(n, 1);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), SL_ERR_NOT_FOUND);
	assert_int_equal(test_open(f->vault, test_tenant, ids[1], &number), 0);
	visited.len = 0;
	sl_vault_each(f->vault, SL_VAULT_RELEASING, visit, &visited);
	assert_int_equal(visited.len, 1);
	assert_memory_equal(visited.id, ids[1], sizeof(visited.id));
}

/* It is held for the others, through a crash, and not taken away in the middle; who has it whole keeps that. */
static void
what_is_released_to_some_is_held_for_the_others(void **state)
{
	struct fixture *f = *state;
	unsigned char ids[2][SL_VAULT_ID_BYTES];
	enum sl_vault_state is;
	unsigned number;
	size_t n;

	assert_int_equal(add(f, 1, 5000, DAY, ids[0]), 0);
	assert_int_equal(add(f, 2, 5000, DAY, ids[1]), 0);
	assert_int_equal(sl_vault_release_part(f->vault, other, ids[0], DAY + 5, &n), SL_ERR_NOT_FOUND);
	assert_int_equal(n, 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(sl_vault_release_part(f->vault, test_tenant, ids[0], DAY + 5, &n), 0);
		assert_int_equal(n, 1);
		reopen(f);
		assert_int_equal(sl_vault_state(f->vault, test_tenant, ids[0], &is), 0);
		assert_int_equal(is, SL_VAULT_PARTLY);
	}
	assert_int_equal(sl_vault_mark(f->vault, test_tenant, &ids[1], 1, SL_VAULT_RELEASED, &n), 0);
	assert_int_equal(sl_vault_release_part(f->vault, test_tenant, ids[1], DAY + 5, &n), 0);
	assert_int_equal(sl_vault_state(f->vault, test_tenant, ids[1], &is), 0);
	assert_int_equal(is, SL_VAULT_RELEASED);
	assert_int_equal(sl_vault_expire(f->vault, DAY + 1, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(test_open(f->vault, test_tenant, ids[0], &number), 0);
	assert_int_equal(sl_vault_release(f->vault, test_tenant, ids, 1, DAY + 5, &n), 0);	/* and then to all */
	assert_int_equal(sl_vault_state(f->vault, test_tenant, ids[0], &is), 0);
	assert_int_equal(is, SL_VAULT_RELEASING);
	assert_int_equal(sl_vault_expire(f->vault, DAY + 6, &n), 0);
	assert_int_equal(n, 1);
}

struct pieces {
	struct sl_buf	bytes;
	size_t		in_step, steps;
};

static int
take_piece(void *ctx, struct sl_slice bytes)
{
	struct pieces *pieces = ctx;

	pieces->in_step += bytes.len;
	sl_buf_add_slice(&pieces->bytes, bytes);
	return 0;
}

/* A step gives no more than a piece; and it is all of the message, with what lies behind it. */
static void
a_message_can_be_read_with_pressure(void **state)
{
	static const size_t sizes[] = { 0, 1, SL_SEAL_PIECE, 100000, 3000000 };
	struct fixture *f = *state;

	for (size_t i = 0; i < SL_COUNT(sizes); i++)
		for (unsigned many = 0; many < 2; many++) {
			unsigned char id[SL_VAULT_ID_BYTES];
			struct pieces pieces = { 0 };
			struct sl_vault_reader *reader;
			struct test_sealed sealed;
			int r = SL_MORE;

			test_seal(&sealed, (unsigned)(i * 2 + many), sizes[i], many ? 900 : 1, f->public, test_tenant);
			assert_int_equal(test_add(f->vault, test_tenant, &sealed, DAY, id), 0);
			sl_buf_init(&pieces.bytes, 8u << 20);
			assert_int_equal(sl_vault_reader_new(f->vault, test_tenant, id, take_piece, &pieces, &reader), 0);
			sl_vault_reader_stepwise(reader);
			while (r == SL_MORE) {
				pieces.in_step = 0;
				r = sl_vault_reader_step(reader);
				assert_true(pieces.in_step <= SL_SEAL_PIECE);
			}
			assert_int_equal(r, SL_DONE);
			assert_int_equal(pieces.bytes.len, sl_vault_reader_view(reader)->message_bytes);
			assert_int_equal(sl_vault_reader_rest(reader).len, sl_vault_reader_view(reader)->rest_bytes);
			sl_vault_reader_free(&reader);
			test_sealed_fini(&sealed);
			sl_buf_fini(&pieces.bytes);
		}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_listed_and_opens),
		TEST(a_message_is_known_again), TEST(lists_are_narrowed),
		TEST(tenants_see_their_own),
		TEST(a_tenant_who_holds_the_key_has_to_unlock),
		TEST(an_earlier_pair_still_opens_what_is_sealed_to_it),
		TEST(deleted_is_gone_and_its_room_is_used_again),
		TEST(quotas_hold),
		TEST(a_full_disk_refuses_and_keeps_what_it_has),
		TEST(a_file_of_a_few_slots_grows),
		TEST(a_read_only_disk_can_be_read),
		TEST(after_a_sync_that_failed_nothing_is_taken),
		TEST(sizes_that_no_sealed_message_has_are_refused),
		TEST(what_an_edge_gone_mad_adds_does_not_open),
		TEST(damaged_bytes_are_not_given_out_as_good),
		TEST(those_that_wait_share_a_sync),
		TEST(another_master_key_opens_nothing),
		TEST(after_expiry_no_key_that_is_left_opens_anything),
		TEST(a_day_that_is_over_takes_nothing),
		TEST(the_service_alone_reads_nothing_of_a_tenant_who_holds_the_key),
		TEST(files_of_the_system_do_as_well),
		TEST(of_several_pairs_each_opens_its_own),
		TEST(what_is_being_released_outlives_its_day),
		TEST(what_is_released_to_some_is_held_for_the_others),
		TEST(a_message_can_be_read_with_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
