/* reputation_test.c - what is remembered, how it fades, who can change it, and what races can do */

#include "check.h"
#include "reputation/cell.h"
#include "reputation/reputation.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW		INT64_C(1700000000)
#define HOUR		INT64_C(3600)
#define DAY		(24 * HOUR)
#define HALF_LIFE_DAYS	7
#define BYTES		(1u << 20)

static const struct sl_reputation_settings settings = {
	.key = "0123456789abcdef", .half_life_min = HALF_LIFE_DAYS * 24 * 60,
};
static struct sl_reputation table;
static void *memory;

static int
setup(void **state)
{
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	sl_reputation_init(&table, memory, BYTES, &settings);
	return 0;
}

static int
teardown(void **state)
{
	return munmap(memory, BYTES);
}

static uint64_t
key_of(unsigned n)
{
	return sl_reputation_key(&table, SL_REPUTATION_ADDRESS, sl_slice(&n, sizeof(n)));
}

static void
report(uint64_t key, enum sl_reputation_what what, unsigned who, unsigned source, int64_t now_s)
{
	const struct sl_reputation_report r = { what, 1, who == 0 ? 0 : sl_hash(&who, sizeof(who)),
		source == 0 ? 0 : sl_hash(&source, sizeof(source)) };

	sl_reputation_add(&table, key, &r, now_s);
}

static struct sl_reputation_view
look(uint64_t key, int64_t now_s)
{
	struct sl_reputation_view view;

	assert_true(sl_reputation_look(&table, key, now_s, &view));
	return view;
}

/* So many messages, said by so many reporters, from so many sources, and what is made of it. */
static const struct row {
	const char	*name;
	unsigned	 unwanted, wanted, phish, reporters, sources;
	double		 least, most;			/* log-odds of unwanted */
	double		 phish_least, phish_most;
} rows[] = {
	{ "one message says little", 1, 0, 0, 1, 1, 0.2, 0.6, -0.1, 0.1 },
	{ "one wanted one too", 0, 1, 0, 1, 1, -0.6, -0.2, -0.3, 0 },
	{ "many of many reporters say much", 200, 0, 0, 200, 20, 4, 4.5, -0.1, 0.1 },
	{ "it is bounded", 5000, 0, 0, 5000, 500, 4.49, 4.5, -0.1, 0.1 },
	{ "also the good", 0, 5000, 0, 5000, 500, -3, -2.99, -3, -2.99 },
	{ "half and half is nothing", 100, 100, 0, 100, 100, -0.2, 0.2, -3, -2 },
	{ "one reporter says what six messages say", 500, 0, 0, 1, 50, 1.3, 1.5, -0.1, 0.1 },
	{ "one source what twelve say", 500, 0, 0, 100, 1, 1.9, 2, -0.1, 0.1 },
	{ "phish is unwanted and phish", 0, 0, 50, 50, 50, 3, 4, 3.5, 4.5 },
};

static void
counts_become_log_odds(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint64_t key = key_of((unsigned)i);
		struct sl_reputation_view view;

		for (unsigned n = 0; n < row->unwanted; n++)
			report(key, SL_REPUTATION_UNWANTED, 1 + n % row->reporters, 1 + n % row->sources, NOW);
		for (unsigned n = 0; n < row->wanted; n++)
			report(key, SL_REPUTATION_WANTED, 1 + n % row->reporters, 1 + n % row->sources, NOW);
		for (unsigned n = 0; n < row->phish; n++)
			report(key, SL_REPUTATION_PHISH, 1 + n % row->reporters, 1 + n % row->sources, NOW);
		view = look(key, NOW);
		print_message("%s: %.2f, phish %.2f\n", row->name, view.log_odds, view.phish_log_odds);
		assert_true(view.log_odds >= row->least && view.log_odds <= row->most);
		assert_true(view.phish_log_odds >= row->phish_least && view.phish_log_odds <= row->phish_most);
		assert_true(fabs(view.unwanted - row->unwanted - row->phish) < 0.01);
		assert_true(fabs(view.wanted - row->wanted) < 0.01);
		assert_true(view.first_s <= NOW && view.first_s > NOW - 60 && view.first_s == view.last_s);
	}
	assert_false(sl_reputation_look(&table, key_of(4711), NOW, &(struct sl_reputation_view){ 0 }));
}

static void
kinds_and_places_are_different_keys(void **state)
{
	struct sl_slice name = sl_slice_str("example.com");
	uint64_t a = sl_reputation_key(&table, SL_REPUTATION_SIGNER, name);

	assert_true(a != sl_reputation_key(&table, SL_REPUTATION_AUTHOR, name));
	assert_true(a != sl_reputation_key_within(&table, SL_REPUTATION_SIGNER, name, 1));
	assert_true(a == sl_reputation_key_within(&table, SL_REPUTATION_SIGNER, name, 0));
}

static void
counts_halve(void **state)
{
	uint64_t key = key_of(1);

	for (unsigned n = 0; n < 400; n++)
		report(key, SL_REPUTATION_UNWANTED, n + 1, n + 1, NOW);
	for (int halves = 0; halves < 5; halves++) {
		double want = 400 * pow(0.5, halves), have = look(key, NOW + halves * HALF_LIFE_DAYS * DAY).unwanted;

		assert_true(fabs(have - want) < want * 0.01);
	}
	/* An addition later finds the faded count, and the reporters of old are forgotten with it. */
	report(key, SL_REPUTATION_UNWANTED, 1, 1, NOW + 70 * DAY);
	assert_true(fabs(look(key, NOW + 70 * DAY).unwanted - 1.4) < 0.3);
	assert_true(look(key, NOW + 70 * DAY).reporters < 4);
	assert_int_equal(look(key, NOW + 70 * DAY).first_s / 60, NOW / 60);
	assert_int_equal(look(key, NOW + 70 * DAY).last_s / 60, (NOW + 70 * DAY) / 60);
}

/* However often it is added to: one message an hour comes to rest at half-life / ln 2 of them. */
static void
a_steady_trickle_comes_to_rest(void **state)
{
	uint64_t key = key_of(1);
	double want = HALF_LIFE_DAYS * 24 / M_LN2, have;

	for (int hour = 0; hour < 24 * 100; hour++)
		report(key, SL_REPUTATION_UNWANTED, 1, 1, NOW + hour * HOUR);
	have = look(key, NOW + 2400 * HOUR).unwanted;
	print_message("%.1f of %.1f\n", have, want);
	assert_true(fabs(have / want - 1) < 0.06);
}

/* The clock went back, or somebody wrote nonsense: nothing is gained by it. */
static void
time_that_goes_back_does_nothing(void **state)
{
	uint64_t key = key_of(1);

	report(key, SL_REPUTATION_UNWANTED, 1, 1, NOW);
	report(key, SL_REPUTATION_UNWANTED, 1, 1, NOW - HOUR);
	assert_true(fabs(look(key, NOW - HOUR).unwanted - 2) < 0.01);
	assert_true(look(key, NOW - 30 * DAY).unwanted < 0.01);
	report(key, SL_REPUTATION_UNWANTED, 1, 1, NOW - 30 * DAY);
	assert_true(look(key, NOW - 30 * DAY).unwanted > 0.9);
	look(key, -NOW);
	report(key, SL_REPUTATION_UNWANTED, 1, 1, -NOW);
}

/* A domain of 40 tenants' mail from 10 networks, all wanted: then one tenant, or one network, says otherwise
 * a thousand times. And the other way round. */
static void
nobody_turns_a_reputation_alone(void **state)
{
	static const struct {
		enum sl_reputation_what	honest, false_one;
		bool			one_tenant;
	} attacks[] = {
		{ SL_REPUTATION_WANTED, SL_REPUTATION_UNWANTED, true },
		{ SL_REPUTATION_WANTED, SL_REPUTATION_PHISH, false },
		{ SL_REPUTATION_UNWANTED, SL_REPUTATION_WANTED, true },
		{ SL_REPUTATION_UNWANTED, SL_REPUTATION_WANTED, false },
	};

	for (unsigned a = 0; a < SL_COUNT(attacks); a++) {
		uint64_t key = key_of(a);
		double before, after, sign = attacks[a].honest == SL_REPUTATION_WANTED ? -1 : 1;

		for (unsigned n = 0; n < 200; n++)
			report(key, attacks[a].honest, 1 + n % 40, 1 + n % 10, NOW);
		before = look(key, NOW).log_odds;
		for (unsigned n = 0; n < 1000; n++)
			report(key, attacks[a].false_one, attacks[a].one_tenant ? 77 : 1 + n % 40,
			    attacks[a].one_tenant ? 1 + n % 10 : 77, NOW + n);
		after = look(key, NOW + 1000).log_odds;
		print_message("before %.2f, after %.2f\n", before, after);
		assert_true(before * sign > 2.9 && after * sign > 1.5);
	}
}

/* A flood of names seen once, ten for each entry: those of which much is known stay. */
static void
what_is_known_best_stays(void **state)
{
	unsigned entries = BYTES / 64, kept = 0, used;

	for (unsigned i = 0; i < entries / 8; i++)
		for (unsigned n = 0; n < 4; n++)
			report(key_of(i), SL_REPUTATION_UNWANTED, n + 1, n + 1, NOW);
	for (unsigned i = entries; i < 11 * entries; i++)
		report(key_of(i), SL_REPUTATION_UNWANTED, 1, 1, NOW + i / 100);
	for (unsigned i = 0; i < entries / 8; i++)
		kept += sl_reputation_look(&table, key_of(i), NOW, &(struct sl_reputation_view){ 0 });
	used = (unsigned)sl_reputation_used(&table);
	print_message("%u of %u kept, %u of %u in use\n", kept, entries / 8, used, entries);
	assert_true(kept > entries / 8 * 99 / 100);
	assert_in_range(used, entries * 9 / 10, entries);
}

/* ---- several processes at once ---- */

#define PROCESSES	4
#define HOT		16	/* keys that all of them add to */
#define ROUNDS		30000

/* The child: hot keys count unwanted only, cold ones of its own, which fight for places, wanted only. */
static void
hammer(unsigned child)
{
	for (unsigned n = 0; n < ROUNDS; n++) {
		struct sl_reputation_view view;

		report(key_of(n % HOT), SL_REPUTATION_UNWANTED, child + 1, 0, NOW + n / 100);
		report(key_of(1000 + child * 1000000 + n), SL_REPUTATION_WANTED, child + 1, 0, NOW + n / 100);
		if (sl_reputation_look(&table, key_of(1000 + (child + 1) % PROCESSES * 1000000 + n), NOW, &view) &&
		    (view.unwanted > 0 || view.wanted > 1.01))
			_exit(1);	/* counts of another key */
		if (sl_reputation_look(&table, key_of(n % HOT), NOW + n / 100, &view) && view.wanted > 0)
			_exit(2);
	}
	_exit(0);
}

static void
processes_share_it(void **state)
{
	double all = 0;
	pid_t pids[PROCESSES];

	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			hammer(i);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	for (unsigned i = 0; i < HOT; i++)
		all += look(key_of(i), NOW + ROUNDS / 100).unwanted;
	print_message("%.0f of %u counted\n", all, PROCESSES * ROUNDS);
	assert_true(all > PROCESSES * ROUNDS * 0.98 && all < PROCESSES * ROUNDS * 1.001);
}

/* Whatever stands in the memory: numbers in range. */
static void
contents_are_not_trusted(void **state)
{
	uint64_t *words = memory;

	srand(1);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < BYTES / 8; i++)
			words[i] = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		for (unsigned n = 0; n < 200; n++) {
			uint64_t key = key_of(n), *set = &words[((key & UINT32_MAX) * table.sets >> 32) * 64];
			struct sl_reputation_view v;

			set[0] = key;
			for (unsigned i = 1; i < 8; i++)	/* cells that bear the tag */
				set[i] = set[i] >> 17 | key >> 47 << 47;
			v = look(key, NOW);
			assert_true(v.log_odds >= SL_REPUTATION_LOW && v.log_odds <= SL_REPUTATION_HIGH);
			assert_true(v.phish_log_odds >= SL_REPUTATION_LOW && v.phish_log_odds <= SL_REPUTATION_HIGH);
			assert_true(v.unwanted >= 0 && v.unwanted <= SL_CELL_MAX && v.refused <= SL_CELL_MAX);
			assert_true(v.first_s <= v.last_s && v.last_s <= NOW + 2 * DAY);
			report(key, (enum sl_reputation_what)(n % 5), n, n, NOW);
		}
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(counts_become_log_odds),
		CASE(kinds_and_places_are_different_keys),
		CASE(counts_halve),
		CASE(a_steady_trickle_comes_to_rest),
		CASE(time_that_goes_back_does_nothing),
		CASE(nobody_turns_a_reputation_alone),
		CASE(what_is_known_best_stays),
		CASE(processes_share_it),
		CASE(contents_are_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
