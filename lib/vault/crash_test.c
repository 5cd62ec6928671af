/*
 * crash_test.c - the machine stops at every write and every sync, and what was not synced is lost, kept, torn or mixed
 *
 * After each: the vault opens; every message that was acknowledged is listed and opens to its bytes; what was deleted or has
 * expired is not there; what is there was given to it, whole; and the vault works on.
 */

#include "vault_test_i.h"

#include <stdlib.h>

#include "sl/log.h"

#define MESSAGES	26u
#define LIVE_DAY	(TEST_DAY + 7)
#define SHORT_DAY	(TEST_DAY + 1)
#define MIXES		6u

enum fate { NOT_THERE, MAYBE, THERE, MAYBE_NOT };	/* what may be found of a message */

static struct test_sealed sealed[MESSAGES + 1];
static struct sl_seal_pair pair;
static unsigned char wrapped[SL_SEAL_WRAPPED_BYTES];
static const unsigned char second_master[SL_VAULT_MASTER_BYTES] = "another master key, for rotation";

struct story {				/* what has been promised so far */
	enum fate		fates[MESSAGES + 1];
	unsigned char		ids[MESSAGES + 1][SL_VAULT_ID_BYTES];
	uint32_t		days[MESSAGES + 1], days_maybe[MESSAGES + 1];
	enum sl_vault_state	states[MESSAGES + 1], states_maybe[MESSAGES + 1];
	bool			tenant, rotating, rotated;
	int			result;		/* of what failed */
	struct sl_vault		*vault;
};

static const struct sl_vault_settings settings = { .slots_step = 8, .blocks_step = 16 };

static int
setup(void **state)
{
	static const size_t lengths[] = { 100, 3000, 5000, 20000, 70000 };

	sl_log_init("crash", SL_LOG_FATAL);	/* disks fail by the hundred */
	test_held(&pair, wrapped, test_tenant);
	for (unsigned i = 1; i <= MESSAGES; i++)
		test_seal(&sealed[i], i, i == 5 ? 150000 : lengths[i % SL_COUNT(lengths)], 1, pair.public, test_tenant);
	return 0;
}

static int
teardown(void **state)
{
	for (unsigned i = 1; i <= MESSAGES; i++)
		test_sealed_fini(&sealed[i]);
	return 0;
}

/* Commit messages from..to, flush once. */
static bool
add(struct story *s, unsigned from, unsigned to, uint32_t day)
{
	struct test_done done[MESSAGES + 1];
	int r;

	for (unsigned i = from; i <= to; i++) {
		s->days[i] = s->days_maybe[i] = day;
		s->result = test_commit(s->vault, test_tenant, &sealed[i], day, &done[i]);
		if (s->result != 0)
			return false;
	}
	for (unsigned i = from; i <= to; i++)
		s->fates[i] = MAYBE;
	r = sl_vault_flush(s->vault);
	for (unsigned i = from; i <= to; i++) {
		assert_int_equal(done[i].called, 1);
		memcpy(s->ids[i], done[i].id, SL_VAULT_ID_BYTES);
		if (done[i].result == 0)
			s->fates[i] = THERE;
		else
			s->result = done[i].result;
	}
	return r == 0;
}

static bool
abandon(struct story *s, unsigned i)
{
	struct sl_vault_append *append;

	s->result = sl_vault_append_new(s->vault, test_tenant, 0, &append);
	if (s->result == 0)
		s->result = sl_vault_append_feed(append, sl_slice(sealed[i].body.data, 9000));
	sl_vault_append_free(&append);
	return s->result == 0;
}

static bool
mark(struct story *s, unsigned i, enum sl_vault_state state)
{
	size_t count;

	s->states_maybe[i] = state;
	s->result = sl_vault_mark(s->vault, test_tenant, &s->ids[i], 1, state, &count);
	if (s->result == 0) {
		assert_int_equal(count, 1);
		s->states[i] = state;
	}
	return s->result == 0;
}

static bool
keep(struct story *s, unsigned i, uint32_t day)
{
	size_t count;

	s->days_maybe[i] = day;
	s->result = sl_vault_keep(s->vault, test_tenant, &s->ids[i], 1, day, &count);
	if (s->result == 0)
		s->days[i] = day;
	return s->result == 0;
}

/* Both at once, or neither. */
static bool
release(struct story *s, unsigned i, uint32_t day)
{
	size_t count;

	s->days_maybe[i] = day;
	s->states_maybe[i] = SL_VAULT_RELEASING;
	s->result = sl_vault_release(s->vault, test_tenant, &s->ids[i], 1, day, &count);
	if (s->result == 0) {
		s->days[i] = day;
		s->states[i] = SL_VAULT_RELEASING;
	}
	return s->result == 0;
}

static bool
delete(struct story *s, unsigned from, unsigned to)
{
	size_t count;

	for (unsigned i = from; i <= to; i++)
		s->fates[i] = MAYBE_NOT;
	s->result = sl_vault_delete(s->vault, test_tenant, &s->ids[from], to - from + 1, &count);
	for (unsigned i = from; i <= to && s->result == 0; i++)
		s->fates[i] = NOT_THERE;
	return s->result == 0;
}

static bool
expire(struct story *s, uint32_t today)
{
	size_t count;

	for (unsigned i = 1; i <= MESSAGES; i++)
		if (s->fates[i] == THERE && s->days[i] < today)
			s->fates[i] = MAYBE_NOT;
	s->result = sl_vault_expire(s->vault, today, &count);
	for (unsigned i = 1; i <= MESSAGES && s->result == 0; i++)
		if (s->fates[i] == MAYBE_NOT && s->days[i] < today)
			s->fates[i] = NOT_THERE;
	return s->result == 0;
}

static bool
rotate(struct story *s)
{
	s->rotating = true;
	s->result = sl_vault_rotate(s->vault, second_master);
	s->rotated = s->result == 0;
	return s->rotated;
}

static bool
tenant_make(struct story *s)
{
	s->result = sl_vault_tenant_put(s->vault, test_tenant, wrapped);
	s->tenant = s->result == 0;
	return s->tenant;
}

static bool
reopen(struct story *s, const struct disk_memory *disk)
{
	sl_vault_close(&s->vault);
	s->result = sl_vault_open(&disk->disk, test_master, &settings, &s->vault);
	if (s->result == 0)
		s->result = sl_vault_unlock(s->vault, test_tenant, test_master);
	return s->result == 0;
}

/* All that a vault does, on this disk, until something fails. True: nothing did. */
static bool
tell(struct story *s, const struct disk_memory *disk)
{
	s->result = sl_vault_open(&disk->disk, test_master, &settings, &s->vault);
	return s->result == 0 && tenant_make(s) && add(s, 1, 1, LIVE_DAY) && add(s, 2, 4, LIVE_DAY) &&
	    add(s, 5, 5, LIVE_DAY) && abandon(s, 4) && mark(s, 1, SL_VAULT_RELEASING) &&
	    mark(s, 1, SL_VAULT_RELEASED) && delete(s, 2, 2) && add(s, 6, 8, SHORT_DAY) && keep(s, 6, LIVE_DAY + 3) &&
	    add(s, 9, 16, LIVE_DAY) && delete(s, 9, 11) && reopen(s, disk) && add(s, 17, 18, LIVE_DAY) &&
	    keep(s, 3, SHORT_DAY) && expire(s, SHORT_DAY + 1) && add(s, 19, 20, LIVE_DAY) && mark(s, 4, SL_VAULT_RELEASED) &&
	    release(s, 17, LIVE_DAY + 7) && mark(s, 17, SL_VAULT_RELEASED) &&
	    rotate(s) && add(s, 21, 23, LIVE_DAY) && delete(s, 5, 5) && add(s, 24, 24, LIVE_DAY);
}

/* Look at what is found after a crash. */
static void
check(const struct story *s, struct disk_memory *disk, uint64_t at, int fate, size_t cut)
{
	static struct test_list list;
	struct sl_vault *vault;
	const unsigned char *masters[] = { second_master, test_master };
	int r = SL_ERR_LOCKED, seen[MESSAGES + 1] = { 0 };
	unsigned char id[SL_VAULT_ID_BYTES];

	for (size_t i = s->rotating ? 0 : 1; i < (s->rotated ? 1 : 2) && r == SL_ERR_LOCKED; i++)
		r = sl_vault_open(&disk->disk, masters[i], &settings, &vault);
	if (r != 0)
		fail_msg("stop at %llu, fate %d, cut %zu: it does not open: %s", (unsigned long long)at, fate, cut, sl_strerror(r));
	if (sl_vault_unlock(vault, test_tenant, test_master) != 0) {
		if (s->tenant)
			fail_msg("stop at %llu, fate %d, cut %zu: the tenant is lost", (unsigned long long)at, fate, cut);
		assert_int_equal(sl_vault_tenant_put(vault, test_tenant, wrapped), 0);
		assert_int_equal(sl_vault_unlock(vault, test_tenant, test_master), 0);
	}
	assert_int_equal(test_list(vault, test_tenant, (struct sl_vault_query){ .state = -1 }, &list), SL_DONE);
	for (size_t i = 0; i < list.len; i++) {
		const struct test_listed *e = &list.list[i];
		unsigned n = e->number;

		if (!e->opens || n == 0 || n > MESSAGES || s->fates[n] == NOT_THERE || seen[n]++ ||
		    (e->day != s->days[n] && e->day != s->days_maybe[n]) ||
		    (e->state != s->states[n] && e->state != s->states_maybe[n]) ||
		    (e->state == SL_VAULT_RELEASING && n == 17 && e->day != LIVE_DAY + 7))
			fail_msg("stop at %llu, fate %d, cut %zu: message %u: opens %d, fate %d, seen %d, day %u, state %d",
			    (unsigned long long)at, fate, cut, n, e->opens, s->fates[n], seen[n], e->day, e->state);
	}
	for (unsigned n = 1; n <= MESSAGES; n++)
		if (s->fates[n] == THERE && !seen[n])
			fail_msg("stop at %llu, fate %d, cut %zu: message %u is lost", (unsigned long long)at, fate, cut, n);
	/* It works on, and what is added now does not hurt what was there. */
	for (unsigned n = MESSAGES - 1; n <= MESSAGES; n++)
		assert_int_equal(test_add(vault, test_tenant, &sealed[n], LIVE_DAY, id), 0);
	assert_int_equal(sl_vault_expire(vault, SHORT_DAY, (size_t[1]){ 0 }), 0);
	for (size_t i = 0; i < list.len; i++) {
		unsigned opened = 0;

		if (i >= 3 && (at + i) % 3 != 0 && getenv("VAULT_CRASH_ALL") == NULL)
			continue;	/* the newest, and a third of the others each time */
		r = test_open(vault, test_tenant, list.list[i].id, &opened);
		if (r != 0 || opened != list.list[i].number)
			fail_msg("stop at %llu, fate %d, cut %zu: message %u: %s", (unsigned long long)at, fate, cut,
			    list.list[i].number, sl_strerror(r));
	}
	sl_vault_close(&vault);
}

/* What is found in the ways that are tried at one operation. */
static unsigned long
crash(const struct story *s, const struct disk_memory *disk, uint64_t at, bool all)
{
	static const size_t cuts[] = { 0, 1, 23, 24, 39, 41, 100, 511, 512, 2048, 4095 };
	unsigned long checked = 0;

	for (int fate = DISK_LOST; fate <= DISK_MIXED; fate++) {
		bool torn = fate == DISK_TORN || fate == DISK_LAST_ALONE;
		size_t n = torn ? SL_COUNT(cuts) : fate == DISK_MIXED && all ? MIXES : 1;

		for (size_t i = 0; i < n; i++) {
			struct disk_memory found;
			size_t cut = fate == DISK_MIXED ? at * MIXES + i : cuts[i];

			if (torn && (cut >= disk_memory_last(disk) || (!all && (i + at) % 11 != 0)))
				continue;
			disk_memory_crash(disk, (enum disk_memory_fate)fate, cut, &found);
			check(s, &found, at, fate, cut);
			disk_memory_fini(&found);
			checked++;
		}
	}
	return checked;
}

/* VAULT_CRASH_ALL in the environment: every way at every operation, minutes instead of seconds. */
static void
a_crash_at_every_operation_loses_nothing(void **state)
{
	unsigned long checked = 0;
	bool finished = false;
	uint64_t at;

	for (at = 1; !finished; at++) {
		struct disk_memory disk;
		struct story s = { 0 };

		disk_memory_init(&disk);
		disk.die_at = at;
		finished = tell(&s, &disk);
		if (!finished && !disk.dead)
			fail_msg("the story failed by itself: %s", sl_strerror(s.result));
		sl_vault_close(&s.vault);
		checked += crash(&s, &disk, at, getenv("VAULT_CRASH_ALL") != NULL);
		disk_memory_fini(&disk);
	}
	print_message("%llu operations, %lu crashes\n", (unsigned long long)at - 1, checked);
}

/* The slot of one message, torn at its bytes: it is there, whole, or not at all. */
static void
a_torn_header_is_not_shown(void **state)
{
	struct disk_memory disk, found;
	struct story s = { 0 };
	uint64_t last;

	disk_memory_init(&disk);
	s.result = sl_vault_open(&disk.disk, test_master, &settings, &s.vault);
	assert_true(s.result == 0 && tenant_make(&s) && add(&s, 1, 1, LIVE_DAY));
	assert_true(add(&s, 2, 2, LIVE_DAY));
	last = disk.ops;		/* the sync of the slot */
	sl_vault_close(&s.vault);
	disk_memory_fini(&disk);
	memset(&s, 0, sizeof(s));
	disk_memory_init(&disk);	/* again, and stop in front of the last sync */
	s.result = sl_vault_open(&disk.disk, test_master, &settings, &s.vault);
	assert_true(s.result == 0 && tenant_make(&s) && add(&s, 1, 1, LIVE_DAY));
	disk.die_at = last;
	assert_false(add(&s, 2, 2, LIVE_DAY));
	assert_true(disk.dead);
	assert_int_equal(disk_memory_last(&disk), 4096);
	for (size_t cut = 0; cut < 4096; cut += cut < 128 || cut > 4000 ? 1 : 7) {
		struct sl_vault *vault;
		struct sl_vault_stats stats;

		disk_memory_crash(&disk, DISK_TORN, cut, &found);
		assert_int_equal(sl_vault_open(&found.disk, test_master, &settings, &vault), 0);
		sl_vault_stats(vault, &stats);
		assert_int_equal(stats.messages, 1);
		assert_int_equal(stats.torn, cut > 0);
		sl_vault_close(&vault);
		disk_memory_fini(&found);
	}
	sl_vault_close(&s.vault);
	disk_memory_fini(&disk);
}

/* The test can fail: with a disk whose syncs do nothing, something that was promised is lost. */
static bool
lies(void)
{
	struct disk_memory disk, found;
	struct story s = { 0 };
	struct sl_vault *vault;
	struct sl_vault_stats stats = { 0 };

	disk_memory_init(&disk);
	s.result = sl_vault_open(&disk.disk, test_master, &settings, &s.vault);
	assert_true(s.result == 0 && tenant_make(&s));
	assert_true(add(&s, 1, 1, LIVE_DAY));
	disk_memory_crash(&disk, DISK_LOST, 0, &found);
	for (int i = 0; i < SL_DISK_FILE_COUNT; i++)	/* as if the last sync had not been */
		if (i == SL_DISK_HEADERS)
			memset(found.files[i].now.data, 0, found.files[i].now.len);
	assert_int_equal(sl_vault_open(&found.disk, test_master, &settings, &vault), 0);
	sl_vault_stats(vault, &stats);
	sl_vault_close(&vault);
	sl_vault_close(&s.vault);
	disk_memory_fini(&disk);
	disk_memory_fini(&found);
	return stats.messages == 0;
}

static void
a_lost_header_would_be_noticed(void **state)
{
	assert_true(lies());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_header_is_not_shown),
		cmocka_unit_test(a_lost_header_would_be_noticed),
		cmocka_unit_test(a_crash_at_every_operation_loses_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
