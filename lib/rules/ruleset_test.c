/* ruleset_test.c - rules are kept, replaced by name, and found among thousands */

#include "check.h"
#include "rules/ruleset.h"

#include <stdio.h>

static void
rules_are_copied(void **state)
{
	struct sl_ruleset set;
	char name[] = "ONE", pattern[] = "a+", argument[] = "x", file[] = "a.cf";
	const char *arguments[] = { argument };
	struct sl_rule_step steps[] = { { .op = SL_RULE_OP_NUMBER, .number = 3 } };
	struct sl_rule rule = { .name = name, .pattern = pattern, .file = file, .line = 7, .prior = 1.5,
		.steps = steps, .steps_len = 1, .arguments = arguments, .arguments_len = 1 };

	sl_ruleset_init(&set);
	assert_int_equal(sl_ruleset_find(&set, "ONE"), SIZE_MAX);
	assert_int_equal(sl_ruleset_put(&set, &rule), 0);
	name[0] = pattern[0] = argument[0] = file[0] = '?';
	steps[0].number = 4;
	assert_int_equal(sl_ruleset_find(&set, "ONE"), 0);
	assert_string_equal(set.rules[0].name, "ONE");
	assert_string_equal(set.rules[0].pattern, "a+");
	assert_string_equal(set.rules[0].sentence, "");
	assert_string_equal(set.rules[0].arguments[0], "x");
	assert_string_equal(set.rules[0].file, "a.cf");
	assert_true(set.rules[0].steps[0].number == 3);
	assert_null(set.rules[0].field);
	assert_int_equal(set.rules[0].line, 7);
	sl_ruleset_fini(&set);
}

static void
a_rule_of_the_same_name_is_replaced_in_its_place(void **state)
{
	struct sl_ruleset set;
	struct sl_rule one = { .name = "ONE", .pattern = "a" }, two = { .name = "TWO", .pattern = "b" };

	sl_ruleset_init(&set);
	assert_int_equal(sl_ruleset_put(&set, &one), 0);
	assert_int_equal(sl_ruleset_put(&set, &two), 1);
	one.pattern = "c";
	assert_int_equal(sl_ruleset_put(&set, &one), 0);
	assert_int_equal(set.len, 2);
	assert_string_equal(set.rules[0].pattern, "c");
	one = set.rules[0];
	one.prior = 2;
	assert_int_equal(sl_ruleset_put(&set, &set.rules[0]), 0);
	assert_string_equal(set.rules[0].pattern, "c");
	sl_ruleset_fini(&set);
}

static void
thousands_are_found(void **state)
{
	struct sl_ruleset set;
	char name[32];

	sl_ruleset_init(&set);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "RULE_%u", i);
		assert_int_equal(sl_ruleset_put(&set, &(struct sl_rule){ .name = name, .line = i }), i);
	}
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "RULE_%u", i);
		assert_int_equal(sl_ruleset_find(&set, name), i);
	}
	assert_int_equal(sl_ruleset_find(&set, "RULE_5000"), SIZE_MAX);
	sl_ruleset_fini(&set);
}

static void
what_is_refused_is_kept_with_its_reason(void **state)
{
	struct sl_ruleset set;

	sl_ruleset_init(&set);
	for (unsigned i = 0; i < 100; i++)
		sl_ruleset_refuse(&set, &(struct sl_rule_unsupported){ "RCVD_IN", "needs the network", "a.cf", i });
	assert_int_equal(set.unsupported_len, 100);
	assert_string_equal(set.unsupported[99].name, "RCVD_IN");
	assert_string_equal(set.unsupported[0].reason, "needs the network");
	assert_int_equal(set.unsupported[99].line, 99);
	sl_ruleset_fini(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_copied),
		cmocka_unit_test(a_rule_of_the_same_name_is_replaced_in_its_place),
		cmocka_unit_test(thousands_are_found),
		cmocka_unit_test(what_is_refused_is_kept_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
