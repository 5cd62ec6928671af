/* memory_test.c - what was seen before becomes evidence with its facts; what a verdict teaches */

#include "check.h"
#include "classify/behaviour.h"
#include "classify/campaign.h"
#include "classify/combine.h"
#include "classify/reputation.h"

#include <math.h>

#define NOW	INT64_C(1700000000)
#define DAY	86400

static const struct sl_evidence *
evidence(const struct sl_verdict *verdict, const char *name)
{
	for (size_t i = 0; i < verdict->evidence_len; i++)
		if (strcmp(verdict->evidence[i].name, name) == 0)
			return &verdict->evidence[i];
	return NULL;
}

static void
a_sender_s_past_is_told_with_its_facts(void **state)
{
	struct sl_sender_pasts pasts = {
		.network = { true, { .unwanted = 206, .wanted = 6, .log_odds = 3, .phish_log_odds = -1, .malware_log_odds = -2,
		    .first_s = NOW - 5 * DAY }, sl_slice_str("192.0.2.0/24") },
		.signer = { true, { .wanted = 1, .log_odds = -0.4, .first_s = NOW - 60 }, sl_slice_str("example.com") },
		.address = { false, { .unwanted = 100, .log_odds = 4 }, sl_slice_str("192.0.2.1") },
	};
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;
	const struct sl_evidence *e;

	sl_arena_init(&arena, 8192);
	sl_sender_evidence(&pasts, NOW, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 2);
	e = evidence(&verdict, "reputation_network");
	assert_non_null(e);
	assert_string_equal(e->sentence, "the network 192.0.2.0/24 has sent about 212 messages that were judged, 97 % of them "
	    "unwanted, the first 5 days ago");
	assert_true(fabs(e->value - 3) < 1e-9 && e->log_odds[SL_SPAM] > 0.5 && e->log_odds[SL_PHISH] < 0);
	assert_true(fabs(e->log_odds[SL_MALWARE]) < 1e-9);
	e = evidence(&verdict, "reputation_signer");
	assert_non_null(e);
	assert_non_null(strstr(e->sentence, "1 minute ago"));
	assert_true(e->log_odds[SL_SPAM] < 0);
	sl_arena_fini(&arena);
}

/* However bad, or however good: within 1.3 times of what a table says; also with no memory for sentences. */
static void
together_they_are_bounded(void **state)
{
	const struct sl_sender_past bad = { true, { .unwanted = 9000, .log_odds = SL_REPUTATION_HIGH,
	    .phish_log_odds = SL_REPUTATION_HIGH, .malware_log_odds = SL_REPUTATION_HIGH }, sl_slice_str("x") };
	const struct sl_sender_pasts pasts = { bad, bad, bad, bad, bad };
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;
	double spam = 0;

	sl_arena_init(&arena, 0);
	sl_sender_evidence(&pasts, NOW, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 5);
	for (size_t i = 0; i < verdict.evidence_len; i++) {
		spam += verdict.evidence[i].log_odds[SL_SPAM];
		assert_non_null(verdict.evidence[i].sentence);
	}
	assert_true(spam <= 1.3 * SL_REPUTATION_HIGH + 1e-9);
	sl_arena_fini(&arena);
}

static const struct behaviour_row {
	const char		*name;
	struct sl_behaviour	 is;
	const char		*evidence;	/* NULL: none */
} behaviours[] = {
	{ "a mail server", { .sessions = 100, .sessions_without_quit = 3, .helo_names = 1 }, NULL },
	{ "a slip of the tongue", { .bad_commands = 1 }, "bad_commands" },
	{ "one who does not wait", { .pipelined_early = 1 }, "pipelined_early" },
	{ "one who did not before", { .early_talks = 2 }, "early_talk" },
	{ "a wrong address", { .unknown_recipients = 1 }, NULL },
	{ "a dictionary", { .unknown_recipients = 12 }, "many_unknown_recipients" },
	{ "a dictionary of yesterday", { .past_unknown_recipients = 60 }, "many_unknown_recipients" },
	{ "one who never says goodbye", { .sessions = 10, .sessions_without_quit = 9 }, "no_quit" },
	{ "one who did not once", { .sessions = 1, .sessions_without_quit = 1 }, NULL },
	{ "one of many names", { .past_helo_names = 6 }, "helo_changes" },
};

static void
behaviour_is_told(void **state)
{
	for (size_t i = 0; i < SL_COUNT(behaviours); i++) {
		struct sl_verdict verdict = { 0 };
		struct sl_arena arena;

		sl_arena_init(&arena, 8192);
		sl_behaviour_evidence(&behaviours[i].is, &arena, &verdict);
		assert_int_equal(verdict.evidence_len, behaviours[i].evidence != NULL);
		if (behaviours[i].evidence != NULL) {
			assert_string_equal(verdict.evidence[0].name, behaviours[i].evidence);
			assert_true(verdict.evidence[0].log_odds[SL_SPAM] > 0 && verdict.evidence[0].value > 0);
		}
		sl_arena_fini(&arena);
	}
}

/* The worst manners alone do not tag a message by the default policy (0.8). */
static void
manners_alone_do_not_tag(void **state)
{
	const struct sl_behaviour worst = { 9, 19, 50, 9, 50, 50, 50, 500, 30 };
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;

	sl_arena_init(&arena, 8192);
	sl_behaviour_evidence(&worst, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 6);
	sl_combine(NULL, &verdict);
	assert_true(verdict.probability[SL_SPAM] < 0.8);
	sl_arena_fini(&arena);
}

static void
campaigns_are_told(void **state)
{
	struct sl_campaign_view v = { .id = 1, .messages = 31.5, .networks = 12.4, .unwanted = 30, .log_odds = 2,
		.phish_log_odds = 1, .recent = 20, .recent_networks = 16, .first_s = NOW - 3 * 3600, .is_burst = true };
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;

	sl_arena_init(&arena, 8192);
	sl_campaign_evidence(&v, NOW, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 2);
	assert_string_equal(evidence(&verdict, "campaign_known")->sentence, "nearly the same text came about 32 times from about "
	    "12 networks, the first 3 hours ago: 30 times judged unwanted and 0 times wanted, corrected by people 0 and 0 times");
	assert_true(fabs(evidence(&verdict, "campaign_burst")->value - 4) < 1e-9);
	assert_true(evidence(&verdict, "campaign_burst")->log_odds[SL_BULK] > 1);
	v.is_burst = false;
	v.unwanted = 0;
	verdict.evidence_len = 0;
	sl_campaign_evidence(&v, NOW, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 0);	/* it came, and nobody said anything of it */
	sl_arena_fini(&arena);
}

/* Evidence and its log-odds of spam, phish and malware; what it teaches. */
static const struct lesson_row {
	const char	*name, *evidence;
	double		 spam, phish, malware;
	bool		 shadow;
	enum sl_lesson	 lesson;
} lessons[] = {
	{ "a sure model teaches", "ngram", 5, 0, 0, false, SL_LESSON_UNWANTED },
	{ "of wanted mail too", "ngram", -5, -2, 0, false, SL_LESSON_WANTED },
	{ "an unsure one does not", "ngram", 2, 0, 0, false, SL_LESSON_NONE },
	{ "nor the other way", "ngram", -2, 0, 0, false, SL_LESSON_NONE },
	{ "phish", "ngram", 5, 6, 0, false, SL_LESSON_PHISH },
	{ "malware", "clamd", 0, 0, 20, false, SL_LESSON_MALWARE },
	{ "reputation does not teach itself", "reputation_address", 6, 8, 9, false, SL_LESSON_NONE },
	{ "nor does a campaign", "campaign_known", 6, 8, 9, false, SL_LESSON_NONE },
	{ "nor what is not counted", "ngram", 5, 6, 7, true, SL_LESSON_NONE },
	{ "wanted, if it were not for phish", "ngram", -5, 3, 0, false, SL_LESSON_NONE },
};

static void
verdicts_teach_what_is_sure_without_memory(void **state)
{
	for (size_t i = 0; i < SL_COUNT(lessons); i++) {
		struct sl_evidence e = { .name = lessons[i].evidence, .shadow = lessons[i].shadow, .sentence = "x" };
		struct sl_verdict verdict = { 0 };

		e.log_odds[SL_SPAM] = lessons[i].spam;
		e.log_odds[SL_PHISH] = lessons[i].phish;
		e.log_odds[SL_MALWARE] = lessons[i].malware;
		sl_verdict_add(&verdict, &e);
		sl_combine(NULL, &verdict);
		assert_int_equal(sl_lesson(&verdict), lessons[i].lesson);
		/* Memory that says the opposite changes nothing. */
		e = (struct sl_evidence){ .name = "reputation_signer", .sentence = "x", .log_odds = { -9, -9, -9 } };
		sl_verdict_add(&verdict, &e);
		sl_combine(NULL, &verdict);
		assert_int_equal(sl_lesson(&verdict), lessons[i].lesson);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_s_past_is_told_with_its_facts),
		cmocka_unit_test(together_they_are_bounded),
		cmocka_unit_test(behaviour_is_told),
		cmocka_unit_test(manners_alone_do_not_tag),
		cmocka_unit_test(campaigns_are_told),
		cmocka_unit_test(verdicts_teach_what_is_sure_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
