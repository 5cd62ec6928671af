/* compile_test.c - from rules to hits: in one piece, in pieces and by PCRE2 alone the same */

#include "check.h"
#include "rules/compile.h"
#include "rules/scan.h"

#include <stdio.h>

#define ARENA_BYTES	((size_t)1 << 20)

enum way { BLOCK, STREAM, PCRE, WAYS };

static void
told(void *ctx, const struct sl_rule *rule, const char *what)
{
	sl_buf_addf(ctx, "%s: %s\n", rule->name, what);
}

static struct sl_rules *
opened(const struct sl_ruleset *set, enum way way, struct sl_buf *bytes, const struct sl_rules_functions *functions)
{
	struct sl_buf errors;
	struct sl_rules_compile settings = { .stream_all = way == STREAM, .pcre_only = way == PCRE,
		.error = told, .ctx = &errors };
	struct sl_rules_compiled compiled;
	struct sl_rules *rules;

	sl_buf_init(&errors, 1 << 20);
	sl_buf_init(bytes, SIZE_MAX / 2);
	if (sl_rules_compile(set, &settings, bytes, &compiled) != 0)
		fail_msg("%s", sl_buf_cstr(&errors));
	assert_int_equal(sl_rules_open(sl_buf_slice(bytes), NULL, functions, &rules), 0);
	sl_buf_fini(&errors);
	return rules;
}

static void
show(struct sl_rules_run *run, enum sl_rule_where where, struct sl_slice unit, size_t step)
{
	struct sl_rules_stream *stream;

	if (step == 0) {
		sl_rules_unit(run, where, NULL, unit);
		return;
	}
	stream = sl_rules_begin(run, where, NULL);
	for (size_t i = 0; i < unit.len; i += step)
		sl_rules_feed(stream, sl_slice(unit.ptr + i, SL_MIN(step, unit.len - i)));
	sl_rules_end(&stream);
}

static const struct row {
	const char	*name, *pattern;
	unsigned	 flags;
	const char	*unit;
	unsigned	 hits;
	const char	*method;
} rows[] = {
	{ "a word", "viagra", 0, "buy viagra now", 1, "vectorscan" },
	{ "case counts", "viagra", 0, "buy VIAGRA now", 0, "vectorscan" },
	{ "case does not count", "viagra", SL_RULE_CASELESS, "buy VIAGRA now", 1, "vectorscan" },
	{ "caseless is ASCII", "\xc3\xa4", SL_RULE_CASELESS, "\xc3\x84", 0, "vectorscan" },
	{ "the end", "end$", 0, "the end", 1, "vectorscan" },
	{ "the end before a line end", "end$", 0, "the end\n", 1, "vectorscan" },
	{ "not before two", "end$", 0, "the end\n\n", 0, "vectorscan" },
	{ "the very end", "end\\z", 0, "the end\n", 0, "vectorscan" },
	{ "the beginning", "^the", 0, "in the", 0, "vectorscan" },
	{ "lines", "^the$", SL_RULE_MULTILINE, "in\nthe\nend", 1, "vectorscan" },
	{ "a dot is no line end", "a.b", 0, "a\nb", 0, "vectorscan" },
	{ "a dot is all", "a.b", SL_RULE_DOTALL, "a\nb", 1, "vectorscan" },
	{ "VT is white space", "a\\sb", 0, "a\vb", 1, "vectorscan" },
	{ "NEL is none", "a\\sb", 0, "a\x85""b", 0, "vectorscan" },
	{ "the edge of a word", "\\bcat\\b", 0, "a cat.", 1, "vectorscan" },
	{ "letters beyond ASCII are no words", "\\bcat\\b", 0, "\xe9""cat\xe9", 1, "vectorscan" },
	{ "inside a word", "\\bcat\\b", 0, "concatenate", 0, "vectorscan" },
	{ "nothing", "^$", 0, "", 1, "vectorscan" },
	{ "nothing is not something", "^$", 0, "x", 0, "vectorscan" },
	{ "anything matches", "x*", 0, "abc", 1, "vectorscan" },
	{ "blanks are free", "a b # c", SL_RULE_EXTENDED, "ab", 1, "vectorscan" },
	{ "look ahead", "foo(?=bar)", 0, "foobar", 1, "confirmed" },
	{ "look ahead in vain", "foo(?=bar)", 0, "foobaz", 0, "confirmed" },
	{ "not behind", "(?<!no )money", 0, "no money", 0, "confirmed" },
	{ "the same again", "(a|b)x\\1", 0, "axb bxa axa", 1, "confirmed" },
	{ "the same again in vain", "(a|b)x\\1", 0, "axb", 0, "confirmed" },
	{ "possessive", "a++b", 0, "xaaab", 1, "confirmed" },
	{ "possessive in vain", "a++ab", 0, "xaaab", 0, "confirmed" },
	{ "atomic", "(?>ab|a)bc", 0, "abc", 0, "confirmed" },
	{ "counted", "a", SL_RULE_MULTIPLE, "banana", 3, "confirmed" },
	{ "empty matches are counted", "b*", SL_RULE_MULTIPLE, "abb", 3, "confirmed" },
	{ "UTF", "\\x{e4}+", SL_RULE_UTF | SL_RULE_CASELESS, "\xc3\x84", 1, "confirmed" },
	{ "UTF in what is none", "b.r", SL_RULE_UTF, "\xff b\xc3\xa4r \xff", 1, "confirmed" },
	{ "not", "spam", SL_RULE_NEGATED, "ham", 1, "vectorscan" },
	{ "not in vain", "spam", SL_RULE_NEGATED, "spam", 0, "vectorscan" },
};

static void
hits_are_the_same_in_any_way(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 3, 1000 };

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_ruleset set;
		struct sl_rule rule = { .name = "R", .where = SL_RULE_TEXT, .pattern = rows[i].pattern,
			.flags = rows[i].flags };

		sl_ruleset_init(&set);
		sl_ruleset_put(&set, &rule);
		for (int way = 0; way < WAYS; way++) {
			struct sl_buf bytes;
			struct sl_rules *rules = opened(&set, (enum way)way, &bytes, NULL);
			struct sl_rules_info info;

			sl_rules_info(rules, 0, &info);
			if (strcmp(info.method, way == PCRE ? "pcre2" : rows[i].method) != 0)
				fail_msg("%s: %s", rows[i].name, info.method);
			for (size_t k = 0; k < SL_COUNT(steps); k++) {
				struct sl_arena arena;
				struct sl_rules_run *run;

				sl_arena_init(&arena, ARENA_BYTES);
				run = sl_rules_run_new(rules, &arena);
				show(run, SL_RULE_TEXT, sl_slice_str(rows[i].unit), steps[k]);
				sl_rules_evaluate(run, NULL);
				if (sl_rules_hits(run, 0) != rows[i].hits)
					fail_msg("%s: way %d, pieces of %zu: %u hits", rows[i].name, way, steps[k],
					    sl_rules_hits(run, 0));
				sl_arena_fini(&arena);
			}
			sl_rules_close(&rules);
			sl_buf_fini(&bytes);
		}
		sl_ruleset_fini(&set);
	}
}

/* ---- fields, expressions, functions */

static const void *
find(const char *name)
{
	return strcmp(name, "answer") == 0 ? "answer" : NULL;
}

static double
call(void *ctx, const void *function, const char *const *arguments, size_t arguments_len)
{
	assert_string_equal(function, "answer");
	assert_int_equal(arguments_len, 1);
	assert_string_equal(arguments[0], "x");
	return *(const double *)ctx;
}

static const struct sl_rules_functions functions = { find, call };

#define RULE_STEP(at)	{ .op = SL_RULE_OP_RULE, .index = (at) }
#define NUMBER(n)	{ .op = SL_RULE_OP_NUMBER, .number = (n) }
#define OP(name)	{ .op = SL_RULE_OP_##name }

static void
fields_expressions_and_functions(void **state)
{
	static const struct sl_rule_step both[] = { RULE_STEP(0), RULE_STEP(1), OP(AND) };
	static const struct sl_rule_step sum[] = { RULE_STEP(7), RULE_STEP(0), OP(ADD), NUMBER(2), OP(GE) };
	static const struct sl_rule_step nothing[] = { RULE_STEP(0), NUMBER(0), OP(DIV) };
	static const char *const arguments[] = { "x" };
	static const struct sl_rule put[] = {
		{ .name = "SUBJECT", .where = SL_RULE_HEADER, .field = "Subject", .pattern = "free" },
		{ .name = "NO_CC", .where = SL_RULE_HEADER, .field = "Cc", .pattern = "unset", .absent = "unset" },
		{ .name = "HAS_FROM", .where = SL_RULE_HEADER, .field = "From", .flags = SL_RULE_EXISTS },
		{ .name = "HAS_TO", .where = SL_RULE_HEADER, .field = "To", .flags = SL_RULE_EXISTS },
		{ .name = "FUNCTION", .where = SL_RULE_EVAL, .function = "answer", .arguments = arguments,
			.arguments_len = 1 },
		{ .name = "UNKNOWN", .where = SL_RULE_EVAL, .function = "question" },
		{ .name = "SUM", .where = SL_RULE_META, .steps = sum, .steps_len = SL_COUNT(sum) },
		{ .name = "BOTH", .where = SL_RULE_META, .steps = both, .steps_len = SL_COUNT(both),
			.prior = 1.5, .category = SL_PHISH, .sentence = "both" },
		{ .name = "NET", .where = SL_RULE_HEADER, .field = "From", .flags = SL_RULE_NET, .pattern = "." },
		{ .name = "NOTHING", .where = SL_RULE_META, .steps = nothing, .steps_len = SL_COUNT(nothing) },
		{ .name = "NOT_TO", .where = SL_RULE_HEADER, .field = "To", .flags = SL_RULE_NEGATED, .pattern = "x" },
	};
	static const bool expected[] = { true, true, true, false, true, false, true, true, false, false, true };
	struct sl_ruleset set;
	struct sl_rules *rules;
	struct sl_buf bytes;
	struct sl_arena arena;
	struct sl_rules_run *run;
	struct sl_verdict verdict = { 0 };
	double answer = 42;

	sl_ruleset_init(&set);
	for (size_t i = 0; i < SL_COUNT(put); i++)
		sl_ruleset_put(&set, &put[i]);
	rules = opened(&set, BLOCK, &bytes, &functions);
	sl_arena_init(&arena, ARENA_BYTES);
	run = sl_rules_run_new(rules, &arena);
	sl_rules_unit(run, SL_RULE_HEADER, "SUBJECT", SL_SLICE_LIT("all free"));
	sl_rules_unit(run, SL_RULE_HEADER, "from", SL_SLICE_LIT("a@example.com"));
	sl_rules_unit(run, SL_RULE_HEADER, "X-Other", SL_SLICE_LIT("free"));
	sl_rules_evaluate(run, &answer);
	for (size_t i = 0; i < SL_COUNT(put); i++)
		if (sl_rules_hit(run, i) != expected[i])
			fail_msg("%s", put[i].name);
	sl_rules_evidence(run, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 7);
	for (size_t i = 0; i < verdict.evidence_len; i++)
		if (strcmp(verdict.evidence[i].name, "BOTH") == 0) {
			assert_true(verdict.evidence[i].log_odds[SL_PHISH] == 1.5);
			assert_true(verdict.evidence[i].log_odds[SL_SPAM] == 0.75);	/* it is unwanted too */
			assert_string_equal(verdict.evidence[i].sentence, "both");
		}
	sl_arena_fini(&arena);
	sl_rules_close(&rules);
	sl_buf_fini(&bytes);
	sl_ruleset_fini(&set);
}

/* ---- what is refused */

static void
refused(const struct sl_rule *put, size_t len, const char *what)
{
	struct sl_ruleset set;
	struct sl_buf errors, bytes;
	struct sl_rules_compile settings = { .error = told, .ctx = &errors };
	struct sl_rules_compiled compiled;

	sl_ruleset_init(&set);
	sl_buf_init(&errors, 1 << 20);
	sl_buf_init(&bytes, SIZE_MAX / 2);
	for (size_t i = 0; i < len; i++)
		sl_ruleset_put(&set, &put[i]);
	assert_int_equal(sl_rules_compile(&set, &settings, &bytes, &compiled), SL_ERR_SYNTAX);
	if (strstr(sl_buf_cstr(&errors), what) == NULL)
		fail_msg("%s", sl_buf_cstr(&errors));
	sl_buf_fini(&bytes);
	sl_buf_fini(&errors);
	sl_ruleset_fini(&set);
}

static void
what_cannot_be_compiled_is_said(void **state)
{
	static const struct sl_rule_step second[] = { RULE_STEP(1) }, first[] = { RULE_STEP(0) }, half[] = { OP(NOT) };
	const struct sl_rule circle[] = {
		{ .name = "A", .where = SL_RULE_META, .steps = second, .steps_len = 1 },
		{ .name = "B", .where = SL_RULE_META, .steps = first, .steps_len = 1 },
	};
	const struct sl_rule pattern = { .name = "P", .where = SL_RULE_TEXT, .pattern = "a(b" };
	const struct sl_rule none = { .name = "N", .where = SL_RULE_TEXT };
	const struct sl_rule incomplete = { .name = "I", .where = SL_RULE_META, .steps = half, .steps_len = 1 };

	refused(circle, 2, "circle");
	refused(&pattern, 1, "at character 4");
	refused(&none, 1, "write a pattern");
	refused(&incomplete, 1, "not complete");
}

static void
a_snapshot_is_opened_with_its_key_only(void **state)
{
	unsigned char public_key[SL_RULES_PUBLIC_BYTES], secret[SL_RULES_SECRET_BYTES], other[SL_RULES_SECRET_BYTES];
	unsigned char other_public[SL_RULES_PUBLIC_BYTES];
	struct sl_rule rule = { .name = "R", .where = SL_RULE_TEXT, .pattern = "a+" };
	struct sl_rules_compile settings = { .secret = secret };
	struct sl_rules_compiled compiled;
	struct sl_ruleset set;
	struct sl_rules *rules;
	struct sl_buf bytes;

	sl_rules_key(public_key, secret);
	sl_rules_key(other_public, other);
	sl_ruleset_init(&set);
	sl_ruleset_put(&set, &rule);
	sl_buf_init(&bytes, SIZE_MAX / 2);
	assert_int_equal(sl_rules_compile(&set, &settings, &bytes, &compiled), 0);
	assert_int_equal(sl_rules_open(sl_buf_slice(&bytes), public_key, NULL, &rules), 0);
	sl_rules_close(&rules);
	assert_int_equal(sl_rules_open(sl_buf_slice(&bytes), NULL, NULL, &rules), 0);
	sl_rules_close(&rules);
	assert_int_equal(sl_rules_open(sl_buf_slice(&bytes), other_public, NULL, &rules), SL_ERR_REFUSED);
	for (size_t i = 0; i < bytes.len; i++) {	/* each byte counts */
		bytes.data[i] ^= 1;
		assert_int_not_equal(sl_rules_open(sl_buf_slice(&bytes), public_key, NULL, &rules), 0);
		bytes.data[i] ^= 1;
	}
	for (size_t i = 0; i < bytes.len; i++)
		assert_int_not_equal(sl_rules_open(sl_slice(bytes.data, i), NULL, NULL, &rules), 0);
	sl_buf_reset(&bytes);
	settings.secret = NULL;
	assert_int_equal(sl_rules_compile(&set, &settings, &bytes, &compiled), 0);
	assert_int_equal(sl_rules_open(sl_buf_slice(&bytes), public_key, NULL, &rules), SL_ERR_REFUSED);
	sl_buf_fini(&bytes);
	sl_ruleset_fini(&set);
}

static void
a_match_that_takes_too_long_is_given_up(void **state)
{
	struct sl_rule rule = { .name = "R", .where = SL_RULE_TEXT, .pattern = "(a|aa)+(?=b)c" };
	struct sl_ruleset set;
	struct sl_buf bytes, unit;
	struct sl_rules *rules;
	struct sl_arena arena;
	struct sl_rules_run *run;

	sl_ruleset_init(&set);
	sl_ruleset_put(&set, &rule);
	sl_buf_init(&unit, 1 << 20);
	for (int i = 0; i < 5000; i++)
		sl_buf_add_str(&unit, "a");
	sl_buf_add_str(&unit, "c");
	rules = opened(&set, BLOCK, &bytes, NULL);
	sl_arena_init(&arena, ARENA_BYTES);
	run = sl_rules_run_new(rules, &arena);
	for (int i = 0; i < 100; i++)
		sl_rules_unit(run, SL_RULE_TEXT, NULL, sl_buf_slice(&unit));
	sl_rules_evaluate(run, NULL);
	assert_false(sl_rules_hit(run, 0));
	assert_true(sl_rules_limited(run) > 0);
	sl_arena_fini(&arena);
	sl_rules_close(&rules);
	sl_buf_fini(&bytes);
	sl_buf_fini(&unit);
	sl_ruleset_fini(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hits_are_the_same_in_any_way),
		cmocka_unit_test(fields_expressions_and_functions),
		cmocka_unit_test(what_cannot_be_compiled_is_said),
		cmocka_unit_test(a_snapshot_is_opened_with_its_key_only),
		cmocka_unit_test(a_match_that_takes_too_long_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
