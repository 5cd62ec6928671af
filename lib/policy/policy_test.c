/* policy_test.c - verdicts and what is done with them */

#include "check.h"
#include "policy/policy.h"

#define NEVER	SL_THRESHOLD_NEVER

/* bulk: never anything */
static const struct sl_policy_category policy[SL_CATEGORY_COUNT] = {
	/*                  tag, copy, quarantine, defer, refuse */
	[SL_SPAM] = { { 0, 0.8, NEVER, NEVER, NEVER, 0.99 } },
	[SL_PHISH] = { { 0, 0.8, 0.7, 0.9, NEVER, 0.99 } },
	[SL_MALWARE] = { { 0, NEVER, NEVER, NEVER, NEVER, 0.5 } },
	[SL_BULK] = { { 0, NEVER, NEVER, NEVER, NEVER, NEVER } },
	[SL_MALFORMED] = { { 0, NEVER, NEVER, NEVER, 0.9, NEVER } },
};

static const struct row {
	const char	*name;
	double		 probability[SL_CATEGORY_COUNT];
	unsigned	 judged;	/* bits: categories something was said of */
	bool		 shadow, engine_failed;
	const char	*word;
	enum sl_action	 action;
} rows[] = {
	{ "nothing said", { 0.999, 0.999, 0.999, 1, 1 }, 0, false, false, "unjudged", SL_ACTION_DELIVER },
	{ "said in shadow only", { 0.999 }, 1, true, false, "unjudged", SL_ACTION_DELIVER },
	{ "below all", { 0.79 }, 1, false, false, "clean", SL_ACTION_DELIVER },
	{ "at a threshold", { 0.8 }, 1, false, false, "spam", SL_ACTION_TAG },
	{ "at the next", { 0.99 }, 1, false, false, "spam", SL_ACTION_REFUSE },
	{ "the graver reason", { 0.99, 0.99 }, 3, false, false, "phish", SL_ACTION_REFUSE },
	{ "the graver action", { 0.99, 0.95 }, 3, false, false, "spam", SL_ACTION_REFUSE },
	{ "kept aside", { 0, 0.9 }, 2, false, false, "phish", SL_ACTION_QUARANTINE },
	{ "a copy is no action", { 0, 0.75 }, 2, false, false, "clean", SL_ACTION_DELIVER },
	{ "said of another category", { 0.999, 0.1 }, 2, false, false, "clean", SL_ACTION_DELIVER },
	{ "never means never", { 0, 0, 0, 1 }, 8, false, false, "clean", SL_ACTION_DELIVER },
	{ "malformed defers", { 0.85, 0, 0, 0, 0.95 }, 17, false, false, "malformed", SL_ACTION_DEFER },
	{ "a failed engine defers", { 0.85 }, 1, false, true, "unchecked", SL_ACTION_DEFER },
	{ "a failed engine does not save", { 0.99 }, 1, false, true, "spam", SL_ACTION_REFUSE },
	{ "a failed engine, nothing said", { 0 }, 0, false, true, "unchecked", SL_ACTION_DEFER },
};

static void
rulings(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_verdict verdict = { .evidence_len = 1 };
		struct sl_ruling ruling;

		verdict.evidence[0] = (struct sl_evidence){ .name = "x", .sentence = "", .shadow = rows[i].shadow };
		for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
			verdict.probability[c] = rows[i].probability[c];
			verdict.evidence[0].log_odds[c] = rows[i].judged >> c & 1 ? -0.1 : 0;
		}
		sl_rule(policy, &verdict, rows[i].engine_failed, &ruling);
		if (strcmp(ruling.word, rows[i].word) != 0 || ruling.action != rows[i].action)
			fail_msg("%s: %s, %s", rows[i].name, ruling.word, sl_action_word(ruling.action));
		assert_int_equal(ruling.engine_failed, strcmp(ruling.word, "unchecked") == 0);
		assert_int_equal(ruling.copy, (rows[i].judged & 2) != 0 && rows[i].probability[SL_PHISH] >= 0.7);
	}
}

static void
no_verdict_is_no_ruling(void **state)
{
	struct sl_ruling ruling;

	sl_rule(policy, NULL, true, &ruling);
	assert_string_equal(ruling.word, "unjudged");
	assert_int_equal(ruling.action, SL_ACTION_DELIVER);
}

static void
the_graver_demand_prevails(void **state)
{
	static const struct sl_demand tag = { SL_ACTION_TAG, "forged", "5.7.1", "a" };
	static const struct sl_demand refuse = { SL_ACTION_REFUSE, "forged", "5.7.26", "b" };
	static const struct sl_demand again = { SL_ACTION_REFUSE, "unauthenticated", "5.7.23", "c" };
	struct sl_ruling ruling = { .word = "spam", .action = SL_ACTION_TAG };

	sl_rule_demand(&ruling, &tag);
	assert_string_equal(ruling.word, "spam");		/* the same action: the first gives the reason */
	sl_rule_demand(&ruling, &refuse);
	assert_string_equal(ruling.reason, "b");
	sl_rule_demand(&ruling, &again);
	assert_string_equal(ruling.reason, "b");
	ruling = (struct sl_ruling){ .word = "spam", .action = SL_ACTION_REFUSE, .category = SL_SPAM };
	sl_rule_demand(&ruling, &again);
	assert_string_equal(ruling.word, "unauthenticated");	/* tells the sender more */
	ruling = (struct sl_ruling){ .word = "malware", .action = SL_ACTION_REFUSE, .category = SL_MALWARE };
	sl_rule_demand(&ruling, &again);
	assert_string_equal(ruling.word, "malware");
}

static void
actions_have_words(void **state)
{
	enum sl_action found = SL_ACTION_DELIVER;

	for (int a = 0; a < SL_ACTION_COUNT; a++) {
		assert_true(sl_action_find(sl_slice_str(sl_action_word((enum sl_action)a)), &found));
		assert_int_equal(found, a);
	}
	assert_false(sl_action_find(SL_SLICE_LIT("tags"), &found));
}

static void
causes_are_categories_and_more(void **state)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		enum sl_cause cause = sl_cause_of((enum sl_category)c);

		assert_int_equal(sl_cause_category(cause), c);
		assert_string_equal(sl_cause_word(cause), sl_category_word((enum sl_category)c));
	}
	assert_int_equal(sl_cause_category(SL_CAUSE_ATTACHMENT), SL_CATEGORY_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rulings),
		cmocka_unit_test(no_verdict_is_no_ruling),
		cmocka_unit_test(the_graver_demand_prevails),
		cmocka_unit_test(actions_have_words),
		cmocka_unit_test(causes_are_categories_and_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
