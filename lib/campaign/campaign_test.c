/* campaign_test.c - near-copies are found, others are not; what is said of them, and by whom */

#include "campaign/campaign.h"
#include "check.h"
#include "reputation/reputation.h"
#include "sl/buf.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW	INT64_C(1700000000)
#define MINUTE	INT64_C(60)
#define DAY	(24 * 60 * MINUTE)
#define BYTES	(4u << 20)

static const struct sl_campaign_settings settings = { .key = "fedcba9876543210", .half_life_min = 7 * 24 * 60 };
static struct sl_fingerprint_key key;
static struct sl_campaigns campaigns;
static void *memory;

static int
setup(void **state)
{
	sl_fingerprint_key_init(&key, (const unsigned char *)"0123456789abcdef");
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	sl_campaigns_init(&campaigns, memory, BYTES, &settings);
	return 0;
}

static int
teardown(void **state)
{
	return munmap(memory, BYTES);
}

/* A text of so many words by its number, some of them replaced. */
static struct sl_fingerprint_result
text_of(unsigned number, unsigned words, unsigned percent_replaced, unsigned copy)
{
	struct sl_fingerprint f;
	struct sl_fingerprint_result result;
	char word[32];

	sl_fingerprint_init_text(&f, &key);
	for (unsigned i = 0; i < words; i++) {
		uint64_t which[4] = { number, i, 0, 0 }, chance[4] = { number, i, copy, 1 };
		uint64_t h;

		if (sl_hash(chance, sizeof(chance)) % 100 < percent_replaced)
			which[2] = copy + 1;
		h = sl_hash(which, sizeof(which));
		for (unsigned k = 0; k < 6; k++, h /= 26)
			word[k] = (char)('a' + h % 26);
		word[6] = ' ';
		sl_fingerprint_feed(&f, sl_slice(word, 7));
	}
	sl_fingerprint_finish(&f, &result);
	return result;
}

static uint64_t
hash_of(unsigned n)
{
	return sl_hash(&n, sizeof(n));
}

static void
note(const struct sl_fingerprint_result *text, enum sl_campaign_verdict verdict, bool is_correction,
    unsigned network, unsigned who, int64_t now_s)
{
	const struct sl_campaign_sighting sighting = { hash_of(network), hash_of(who), verdict, is_correction };

	sl_campaign_note(&campaigns, text, &sighting, now_s, NULL, NULL);
}

/* Of texts with so many words replaced, how many are taken for the same? */
static const struct row {
	const char	*name;
	unsigned	 words, percent;
	double		 least, most;	/* share found */
} rows[] = {
	{ "the same text", 200, 0, 1, 1 },
	{ "a name and a link are others", 200, 2, 0.99, 1 },
	{ "one word in twenty is another", 200, 5, 0.9, 1 },
	{ "one word in four is another", 200, 25, 0, 0.02 },
	{ "long texts too", 5000, 2, 0.99, 1 },
	{ "short ones too", 30, 0, 1, 1 },
	{ "greetings are not looked at", 12, 0, 0, 0 },
};

static void
near_copies_are_found(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		unsigned found = 0;

		for (unsigned n = 0; n < 200; n++) {
			struct sl_fingerprint_result text = text_of(1000 * (unsigned)i + n, row->words, 0, 0);
			struct sl_campaign_view view;

			note(&text, SL_CAMPAIGN_UNSURE, false, n, n, NOW);
			text = text_of(1000 * (unsigned)i + n, row->words, row->percent, 1);
			found += sl_campaign_look(&campaigns, &text, NOW, &view);
		}
		print_message("%s: %u of 200\n", row->name, found);
		assert_true(found >= row->least * 200 && found <= row->most * 200);
	}
}

static void
others_are_not_found(void **state)
{
	struct sl_campaign_view view;

	for (unsigned n = 0; n < 5000; n++) {
		struct sl_fingerprint_result text = text_of(n, 40, 0, 0);

		assert_false(sl_campaign_look(&campaigns, &text, NOW, &view));
		assert_int_equal(view.id, 0);
		note(&text, SL_CAMPAIGN_UNWANTED, true, n, n, NOW);
	}
}

/* Verdicts and corrections by so many, and what is made of them. */
static const struct say {
	const char	*name;
	unsigned	 unwanted, wanted, phish, corrected_unwanted, corrected_wanted, who;
	double		 least, most, phish_least, phish_most;
} says[] = {
	{ "nothing was said", 0, 0, 0, 0, 0, 10, 0, 0, 0, 0 },
	{ "verdicts weigh six", 500, 0, 0, 0, 0, 100, 1.9, 2, 0, 0 },
	{ "one correction weighs a little", 0, 0, 0, 1, 0, 1, 0.6, 0.8, 0, 0 },
	{ "one reporter's corrections weigh six", 0, 0, 0, 100, 0, 1, 1.9, 2, 0, 0 },
	{ "those of many weigh", 0, 0, 0, 100, 0, 50, 4, 4.5, 0, 0 },
	{ "corrections turn verdicts", 500, 0, 0, 0, 60, 20, -2.5, -1.5, -3, -2 },
	{ "and one reporter does not turn others'", 0, 0, 0, 40, 0, 20, 3.5, 4, 0, 0 },
	{ "phish", 0, 0, 5, 0, 0, 5, 1.7, 2, 3, 4 },
};

static void
verdicts_become_log_odds(void **state)
{
	for (size_t i = 0; i < SL_COUNT(says); i++) {
		const struct say *say = &says[i];
		struct sl_fingerprint_result text = text_of((unsigned)i, 100, 0, 0);
		struct sl_campaign_view v;

		note(&text, SL_CAMPAIGN_UNSURE, false, 1, 1, NOW);
		for (unsigned n = 0; n < say->unwanted; n++)
			note(&text, SL_CAMPAIGN_UNWANTED, false, 1, n % say->who, NOW);
		for (unsigned n = 0; n < say->wanted; n++)
			note(&text, SL_CAMPAIGN_WANTED, false, 1, n % say->who, NOW);
		for (unsigned n = 0; n < say->phish; n++)
			note(&text, SL_CAMPAIGN_PHISH, false, 1, n % say->who, NOW);
		for (unsigned n = 0; n < say->corrected_unwanted; n++)
			note(&text, SL_CAMPAIGN_UNWANTED, true, 1, n % say->who, NOW);
		for (unsigned n = 0; n < say->corrected_wanted; n++)
			note(&text, SL_CAMPAIGN_WANTED, true, 1, n % say->who, NOW);
		assert_true(sl_campaign_look(&campaigns, &text, NOW, &v));
		print_message("%s: %.2f, phish %.2f\n", say->name, v.log_odds, v.phish_log_odds);
		assert_true(v.log_odds >= say->least && v.log_odds <= say->most);
		assert_true(v.phish_log_odds >= say->phish_least && v.phish_log_odds <= say->phish_most);
		assert_true(fabs(v.messages - 1 - say->unwanted - say->wanted - say->phish) < 0.01);
	}
}

static void
it_fades(void **state)
{
	struct sl_fingerprint_result text = text_of(1, 100, 0, 0);
	struct sl_campaign_view v;

	for (unsigned n = 0; n < 100; n++)
		note(&text, SL_CAMPAIGN_UNWANTED, false, n, n, NOW);
	assert_true(sl_campaign_look(&campaigns, &text, NOW + 14 * DAY, &v));
	assert_true(fabs(v.messages - 25) < 0.1 && fabs(v.unwanted - 25) < 0.1 && v.recent < 0.01);
	assert_int_equal(v.first_s / 60, NOW / 60);
	assert_int_equal(v.last_s / 60, NOW / 60);
}

/* A newsletter comes from a few networks for all its size; a slow campaign is no burst either. */
static const struct flow {
	const char	*name;
	unsigned	 messages, networks, minutes;	/* between two of them */
	bool		 is_burst;
} flows[] = {
	{ "thirty in thirty minutes from everywhere", 30, 30, 1, true },
	{ "and five hundred", 500, 500, 0, true },
	{ "a newsletter", 500, 3, 0, false },
	{ "a large sender's newsletter", 500, 20, 0, false },
	{ "few", 15, 15, 0, false },
	{ "slowly", 40, 40, 60, false },
};

struct told {
	unsigned	count[3];
};

static void
on_event(void *ctx, const struct sl_campaign_event *event)
{
	struct told *told = ctx;

	assert_true(event->view.id != 0 && event->text != NULL);
	told->count[event->change]++;
}

static void
bursts_are_told(void **state)
{
	for (size_t i = 0; i < SL_COUNT(flows); i++) {
		const struct flow *flow = &flows[i];
		struct sl_fingerprint_result text = text_of((unsigned)i, 100, 0, 0);
		struct sl_campaign_view v;
		struct told told = { 0 };
		int64_t now_s = NOW;

		for (unsigned n = 0; n < flow->messages; n++, now_s += flow->minutes * MINUTE) {
			const struct sl_campaign_sighting sighting = { hash_of(n % flow->networks), hash_of(n),
				SL_CAMPAIGN_UNSURE, false };

			sl_campaign_note(&campaigns, &text, &sighting, now_s, on_event, &told);
		}
		assert_true(sl_campaign_look(&campaigns, &text, now_s, &v));
		print_message("%s: %.1f of late from %.1f networks\n", flow->name, v.recent, v.recent_networks);
		assert_int_equal(v.is_burst, flow->is_burst);
		assert_true(told.count[SL_CAMPAIGN_BURST] > 0 || !flow->is_burst);
		assert_true(told.count[SL_CAMPAIGN_BURST] == 0 || flow->networks > 10);
		assert_int_equal(told.count[SL_CAMPAIGN_GREW] > 0, flow->messages >= 8);
		assert_int_equal(told.count[SL_CAMPAIGN_TURNED], 0);
	}
}

static void
a_turn_is_told(void **state)
{
	struct sl_fingerprint_result text = text_of(1, 100, 0, 0);
	struct told told = { 0 };

	for (unsigned n = 0; n < 12; n++) {
		const struct sl_campaign_sighting sighting = { 1, hash_of(n), SL_CAMPAIGN_UNWANTED, n > 0 };

		sl_campaign_note(&campaigns, &text, &sighting, NOW, on_event, &told);
	}
	assert_int_equal(told.count[SL_CAMPAIGN_TURNED], 1);
	assert_int_equal(told.count[SL_CAMPAIGN_GREW], 0);	/* corrections are no messages */
}

/* Three times as many texts as fit: those that came often, or were corrected, stay. */
static void
what_is_known_best_stays(void **state)
{
	unsigned fit = (unsigned)campaigns.len, known = fit / 8, kept = 0;
	struct sl_campaign_view v;

	for (unsigned n = 0; n < known; n++) {
		struct sl_fingerprint_result text = text_of(n, 30, 0, 0);

		note(&text, SL_CAMPAIGN_UNSURE, false, 1, 1, NOW);
		note(&text, SL_CAMPAIGN_UNWANTED, true, 1, 1, NOW);
	}
	for (unsigned n = known; n < 3 * fit; n++) {
		struct sl_fingerprint_result text = text_of(n, 30, 0, 0);

		note(&text, SL_CAMPAIGN_UNSURE, false, 1, 1, NOW);
	}
	for (unsigned n = 0; n < known; n++) {
		struct sl_fingerprint_result text = text_of(n, 30, 0, 0);

		kept += sl_campaign_look(&campaigns, &text, NOW, &v);
	}
	print_message("%u of %u kept, about %u of %u in use\n", kept, known, (unsigned)sl_campaigns_used(&campaigns), fit);
	assert_true(kept > known * 95 / 100);
	assert_in_range(sl_campaigns_used(&campaigns), fit * 9 / 10, fit + 64);
}

#define PROCESSES	4
#define ROUNDS		20000
#define HOT		8

static void
hammer(unsigned child, const struct sl_fingerprint_result *hot, const struct sl_fingerprint_result *cold)
{
	for (unsigned n = 0; n < ROUNDS; n++) {
		struct sl_campaign_view v;

		note(&hot[n % HOT], SL_CAMPAIGN_UNWANTED, false, child, child, NOW);
		note(&cold[n % 5000], SL_CAMPAIGN_WANTED, false, child, child, NOW);
		if (sl_campaign_look(&campaigns, &hot[n % HOT], NOW, &v) && v.wanted > 0)
			_exit(1);
		if (sl_campaign_look(&campaigns, &cold[n % 5000], NOW, &v) && v.unwanted > 0)
			_exit(2);
	}
	_exit(0);
}

/* In memory that is too small for the cold ones, so that places change hands all the time. */
static void
processes_share_it(void **state)
{
	static struct sl_fingerprint_result hot[HOT], cold[5000];
	pid_t pids[PROCESSES];
	double all = 0;

	sl_campaigns_init(&campaigns, memory, 1u << 20, &settings);
	for (unsigned i = 0; i < HOT; i++)
		hot[i] = text_of(i, 60, 0, 0);
	for (unsigned i = 0; i < 5000; i++)
		cold[i] = text_of(HOT + i, 60, 0, 0);
	for (unsigned i = 0; i < HOT; i++)
		for (unsigned n = 0; n < 20; n++)
			note(&hot[i], SL_CAMPAIGN_UNSURE, false, 1, 1, NOW);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			hammer(i, hot, cold);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	for (unsigned i = 0; i < HOT; i++) {
		struct sl_campaign_view v;

		assert_true(sl_campaign_look(&campaigns, &hot[i], NOW, &v));
		all += v.unwanted;
	}
	print_message("%.0f of %u counted\n", all, PROCESSES * ROUNDS);
	assert_true(all > PROCESSES * ROUNDS * 0.98 && all < PROCESSES * ROUNDS * 1.001);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(near_copies_are_found),
		CASE(others_are_not_found),
		CASE(verdicts_become_log_odds),
		CASE(it_fades),
		CASE(bursts_are_told),
		CASE(a_turn_is_told),
		CASE(what_is_known_best_stays),
		CASE(processes_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
