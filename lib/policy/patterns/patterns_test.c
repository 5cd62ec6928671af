/* patterns_test.c - patterns of content groups go through the rules' compiler and hit */

#include "check.h"
#include "policy/patterns/patterns.h"
#include "rules/compile.h"

#define W(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }

static const struct sl_slice first[] = { W("project\\s+x"), W("(?<=no\\.)\\d{4}\\b") }, second[] = { W("project\\s+x") };
static const struct sl_content_group groups[] = {
	{ .name = W("a"), .action = SL_ACTION_TAG, .at_least = 1, .patterns = { first, 2 } },
	{ .name = W("b"), .action = SL_ACTION_REFUSE, .at_least = 2, .patterns = { second, 1 } },
};
static const struct sl_content_groups all = { groups, 2 };

static const struct { const char *subject, *text; unsigned a, b; } rows[] = {
	{ "hello", "nothing", 0, 0 }, { "hello", "the PROJECT  X is", 1, 1 }, { "project x", "nothing", 1, 1 },
	{ "project x", "project x", 1, 1 }, { "re: no.1234", "project x", 2, 1 }, { "no.12345", "no.", 0, 0 },
};

static void
patterns_hit_in_text_and_subject(void **state)
{
	struct sl_ruleset set;
	struct sl_buf bytes;
	struct sl_rules_compiled compiled;
	struct sl_rules *rules;
	struct sl_patterns *patterns;
	struct sl_groups *g = sl_groups_new(&all);

	sl_ruleset_init(&set);
	sl_buf_init(&bytes, 64 << 20);
	sl_patterns_add(&all, &set);
	assert_int_equal(set.len, 4);		/* what two groups share is there once */
	assert_int_equal(sl_rules_compile(&set, NULL, &bytes, &compiled), 0);
	assert_int_equal(sl_rules_open_own(sl_buf_slice(&bytes), NULL, &rules), 0);
	patterns = sl_patterns_new(rules);
	assert_int_equal(sl_patterns_known(patterns, &all), 3);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_arena arena;
		struct sl_rules_run *run;
		struct sl_groups_run *found;

		sl_arena_init(&arena, 1 << 20);
		run = sl_rules_run_new(rules, &arena);
		found = sl_groups_run_new(g, &arena);
		sl_rules_unit(run, SL_RULE_HEADER, "Subject", sl_slice_str(rows[i].subject));
		sl_rules_unit(run, SL_RULE_TEXT, NULL, sl_slice_str(rows[i].text));
		sl_rules_evaluate(run, NULL);
		sl_patterns_tell(patterns, run, &all, found);
		if (sl_groups_hits(found, 0) != rows[i].a || sl_groups_hits(found, 1) != rows[i].b)
			fail_msg("%s, %s: %u %u", rows[i].subject, rows[i].text, sl_groups_hits(found, 0), sl_groups_hits(found, 1));
		sl_arena_fini(&arena);
	}
	sl_patterns_free(&patterns);
	sl_rules_close(&rules);
	sl_ruleset_fini(&set);
	sl_buf_fini(&bytes);
	sl_groups_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_hit_in_text_and_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
