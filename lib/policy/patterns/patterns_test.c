/* patterns_test.c - patterns hit what they say, each once, within limits */

#include "check.h"
#include "policy/patterns/patterns.h"

#include <time.h>

static struct sl_arena arena;

static unsigned
hits(const char *pattern, const char *text, struct sl_patterns_run *state)
{
	struct sl_slice item = sl_slice_str(pattern);
	struct sl_content_group group = { .name = SL_SLICE_LIT("g"), .action = SL_ACTION_TAG, .at_least = 1, .patterns = { &item, 1 } };
	const struct sl_content_groups groups = { &group, 1 };
	struct sl_groups *compiled = sl_groups_new(&groups);
	struct sl_groups_run *run;
	struct sl_patterns *patterns = sl_patterns_new(&groups);
	unsigned n;

	sl_arena_init(&arena, 1u << 20);
	run = sl_groups_run_new(compiled, &arena);
	assert_non_null(patterns);
	assert_non_null(run);
	sl_patterns_look(patterns, state, sl_slice_str(text), run);
	sl_patterns_look(patterns, state, sl_slice_str(text), run);	/* counted once */
	n = sl_groups_hits(run, 0);
	sl_patterns_free(&patterns);
	sl_groups_free(&compiled);
	sl_arena_fini(&arena);
	return n;
}

static void
what_matches_counts_once(void **state)
{
	static const struct { const char *pattern, *text; unsigned hits; } rows[] = {
		{ "contract no\\. ?[0-9]{4}", "our Contract No. 1234 and contract no.9999", 1 },
		{ "contract no\\. ?[0-9]{4}", "our contract number", 0 },
		{ "^second", "first\nSecond", 1 },
		{ "first.second", "first\nsecond", 0 },
		{ "stra\xc3\x9f" "e", "HAUPTSTRA\xe1\xba\x9e" "E", 1 },
		{ "a", "\xff\xfe" "a", 1 },		/* broken UTF-8 is passed over */
		{ "(", "(", 0 },			/* does not compile */
		{ "", "x", 1 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_patterns_run run = { 0 };

		if (hits(rows[i].pattern, rows[i].text, &run) != rows[i].hits)
			fail_msg("row %zu: %s", i, rows[i].pattern);
		assert_false(run.cut);
	}
}

static void
a_pattern_that_explodes_ends(void **state)
{
	static char text[40000];
	struct sl_patterns_run run = { 0 };
	clock_t begun = clock();

	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(hits("(a+)+$b", text, &run), 0);
	assert_true((double)(clock() - begun) / CLOCKS_PER_SEC < 5);
}

static void
a_message_has_a_budget(void **state)
{
	static char text[SL_PATTERNS_TEXT + 100];
	struct sl_patterns_run run = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 2] = 'y';
	assert_int_equal(hits("y", text, &run), 0);	/* beyond what is looked at of a text */
	assert_true(run.cut);
	run = (struct sl_patterns_run){ .work = SL_PATTERNS_WORK };
	assert_int_equal(hits("x", "x", &run), 0);
	assert_true(run.cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_matches_counts_once),
		cmocka_unit_test(a_pattern_that_explodes_ends),
		cmocka_unit_test(a_message_has_a_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
