/* yaml_test.c - rule files: what they mean, and what is said of those that are wrong */

#include "check.h"
#include "rules/compile.h"
#include "rules/scan.h"
#include "rules/yaml.h"

#define HEAD	"rules:\n- name: one\n  sentence: says one\n  category: spam\n  where: text\n  pattern: one\n" \
    "- name: two\n  sentence: says two\n  category: bulk\n  where: text\n  pattern: two\n  case: true\n  count: 5\n"

static const struct row {
	const char *name, *rule, *text;
	bool hits;
} rows[] = {
	{ "all", "all: [one, two]", "One two", true },
	{ "all but one", "all: [one, two]", "one", false },
	{ "any", "any: [one, two]", "two", true },
	{ "none of any", "any: [one, two]", "TWO", false },
	{ "not", "not: one", "two", true },
	{ "nested", "all: [one, {not: two}]", "one", true },
	{ "nested in vain", "all: [one, {not: two}]", "one two", false },
	{ "not any", "not: {any: [one, two]}", "three", true },
	{ "and", "expression: one && two", "one two", true },
	{ "or binds less", "expression: two || one && two", "two", true },
	{ "brackets", "expression: (two || one) && one", "two", false },
	{ "not binds most", "expression: '!one && two'", "two", true },
	{ "how often", "expression: two >= 3", "two two two", true },
	{ "not so often", "expression: two >= 3", "two two", false },
	{ "a sum", "expression: one + two * 2 == 5", "one two two", true },
	{ "from left to right", "expression: 10 - 4 - 3 == 3", "", true },
	{ "minus", "expression: -one + 2 == 1", "one", true },
	{ "not not", "expression: '!!two == 1'", "two two", true },
};

static void
rules_over_rules(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_ruleset set;
		struct sl_buf text, errors, bytes;
		struct sl_rules_compiled compiled;
		struct sl_rules *rules;
		struct sl_arena arena;
		struct sl_rules_run *run;

		sl_ruleset_init(&set);
		sl_buf_init(&text, SIZE_MAX / 2);
		sl_buf_init(&errors, SIZE_MAX / 2);
		sl_buf_init(&bytes, SIZE_MAX / 2);
		sl_buf_addf(&text, "%s- name: three\n  sentence: s\n  category: phish\n  %s\n", HEAD, rows[i].rule);
		if (sl_rules_yaml(&set, "a.yaml", sl_buf_slice(&text), &errors) != 0)
			fail_msg("%s: %s", rows[i].name, sl_buf_cstr(&errors));
		assert_int_equal(sl_rules_compile(&set, NULL, &bytes, &compiled), 0);
		assert_int_equal(sl_rules_open(sl_buf_slice(&bytes), NULL, NULL, &rules), 0);
		sl_arena_init(&arena, 1 << 20);
		run = sl_rules_run_new(rules, &arena);
		sl_rules_unit(run, SL_RULE_TEXT, NULL, sl_slice_str(rows[i].text));
		sl_rules_evaluate(run, NULL);
		if (sl_rules_hit(run, 2) != rows[i].hits)
			fail_msg("%s", rows[i].name);
		sl_arena_fini(&arena);
		sl_rules_close(&rules);
		sl_buf_fini(&text);
		sl_buf_fini(&errors);
		sl_buf_fini(&bytes);
		sl_ruleset_fini(&set);
	}
}

static const struct wrong {
	const char *text, *said;
} wrongs[] = {
	{ "", "a.yaml:1:1: begin the file with 'rules:'" },
	{ "rules:\n- nam: x\n", "a.yaml:2:3: remove 'nam': no rule has that\n    - nam: x\n      ^\n" },
	{ "rules:\n- name: a b\n", "a.yaml:2:9: write a name of letters" },
	{ HEAD "- name: one\n", "write another name: a.yaml:2 has a rule 'one'" },
	{ "rules:\n- name: x\n  name: y\n", "a.yaml:3:3: remove this 'name': it is already set on line 2" },
	{ "rules:\n- &a\n  name: x\n", "remove the anchor" },
	{ "rules:\n- name: x\n  where: text\n  pattern: 'a(b'\n", "a.yaml:4:12: correct the pattern at character 4: missing closing parenthesis" },
	{ "rules:\n- name: x\n  category: eggs\n", "a.yaml:3:13: write spam, phish, malware, bulk or malformed" },
	{ "rules:\n- name: x\n  where: header\n", "a.yaml:3:10: write text, hidden" },
	{ "rules:\n- name: x\n  where: header Subject:foo\n", "write :raw, :addr or :name" },
	{ "rules:\n- name: x\n  weight: 11\n", "a.yaml:3:11: write the weight as log-odds" },
	{ "rules:\n- name: x\n  where: text\n  exists: true\n", "only header fields are there or not" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  all: [one, none]\n", ":17:14: name a rule that is there: 'none' is not" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  expression: one &&\n", "write a rule's name or a number at the end" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  expression: one two\n", "write an operator" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  expression: (one\n", "close the bracket" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  expression: one)\n", "none is open" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  expression: one ^ two\n", "write names of rules" },
	{ HEAD "- name: x\n  sentence: s\n  category: spam\n  all: [one]\n  any: [two]\n", "keep one of all, any" },
	{ HEAD "- name: x\n  category: spam\n  any: [two]\n", "give the rule a sentence" },
};

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	for (size_t i = 0; i < SL_COUNT(wrongs); i++) {
		struct sl_ruleset set;
		struct sl_buf errors;

		sl_ruleset_init(&set);
		sl_buf_init(&errors, SIZE_MAX / 2);
		assert_int_equal(sl_rules_yaml(&set, "a.yaml", sl_slice_str(wrongs[i].text), &errors), SL_ERR_SYNTAX);
		if (strstr(sl_buf_cstr(&errors), wrongs[i].said) == NULL)
			fail_msg("\"%s\" not in:\n%s", wrongs[i].said, sl_buf_cstr(&errors));
		sl_buf_fini(&errors);
		sl_ruleset_fini(&set);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_over_rules),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
