/* chain_test.c - chains of what levels say */

#include <stdio.h>

#include "check.h"
#include "compile/chain.h"

#define S(text)	sl_slice_str(text)

static uint32_t
push(struct sl_chains *c, uint32_t chain, enum sl_policy_by by, const char *text)
{
	struct sl_buf errors;
	uint32_t out;

	sl_buf_init(&errors, 4096);
	if (sl_chains_push(c, chain, by, S(""), S(text), &out, &errors) != 0)
		fail_msg("%s: %s", text, sl_buf_cstr(&errors));
	sl_buf_fini(&errors);
	return out;
}

static void
the_same_layers_are_one_chain(void **state)
{
	struct sl_chains *c = sl_chains_new();
	uint32_t top = push(c, SL_CHAIN_EMPTY, SL_BY_OPERATOR, "level: maximum\n"), first = 0;

	assert_int_equal(push(c, top, SL_BY_TENANT, ""), top);
	assert_int_equal(push(c, top, SL_BY_TENANT, "\n"), top);
	for (int i = 0; i < 5000; i++) {
		uint32_t tenant = push(c, top, SL_BY_TENANT, i % 2 == 0 ? "level: standard\n" : "level: perimeter\n");

		if (i == 0)
			first = tenant;
		if (i % 2 == 0)
			assert_int_equal(tenant, first);
	}
	assert_int_equal(sl_chains_len(c), 4);
	assert_int_not_equal(push(c, top, SL_BY_PARTNER, "level: standard\n"), first);	/* another says it */
	for (int i = 0; i < 300; i++) {		/* and many that differ */
		char text[64];
		uint32_t a, b;

		snprintf(text, sizeof(text), "subject_tag: \"[%d]\"\n", i);
		a = push(c, first, SL_BY_DOMAIN, text);
		b = push(c, first, SL_BY_DOMAIN, text);
		assert_int_equal(a, b);
	}
	assert_int_equal(sl_chains_len(c), 305);
	sl_chains_free(&c);
	assert_null(c);
}

static void
a_chain_resolves_as_its_layers_do(void **state)
{
	struct sl_policy_effective *e = sl_xzalloc(sizeof(*e));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	struct sl_chains *c = sl_chains_new();
	uint32_t chain = push(c, SL_CHAIN_EMPTY, SL_BY_OPERATOR, "spam: {tag: 0.5}\nlocks: [malware]\n");
	size_t len;

	sl_chains_resolve(c, SL_CHAIN_EMPTY, e, sources, &len);
	assert_int_equal(len, 0);
	assert_int_equal(e->policy.level, SL_LEVEL_STANDARD);
	chain = push(c, chain, SL_BY_TENANT, "level: perimeter\nmalware: {tag: 0.9}\n");
	chain = push(c, chain, SL_BY_TENANT, "mode: monitor\n");	/* of a template, and its own */
	chain = push(c, chain, SL_BY_USER, "subject_tag: \"[X]\"\nmode: filter\n");
	sl_chains_resolve(c, chain, e, sources, &len);
	assert_int_equal(len, 4);
	assert_int_equal(sources[0].by, SL_BY_OPERATOR);
	assert_int_equal(sources[3].by, SL_BY_USER);
	assert_int_equal(e->policy.level, SL_LEVEL_PERIMETER);
	assert_int_equal(e->policy.mode, SL_MODE_MONITOR);	/* no user's to say */
	assert_true(sl_slice_eq(e->policy.subject_tag, S("[X]")));
	assert_true(e->policy.category[SL_MALWARE].at[SL_ACTION_TAG] > 1);	/* locked */
	assert_int_equal(e->ignored_len, 2);
	sl_chains_free(&c);
	sl_free(e);
}

static void
too_many_and_misunderstood_layers_are_refused(void **state)
{
	struct sl_chains *c = sl_chains_new();
	struct sl_buf errors;
	uint32_t chain = SL_CHAIN_EMPTY, out;
	size_t before;

	sl_buf_init(&errors, 4096);
	for (int i = 0; i < SL_POLICY_SOURCES_MAX; i++)
		chain = push(c, chain, SL_BY_OPERATOR, "mode: monitor\n");
	before = sl_chains_len(c);
	assert_int_equal(sl_chains_push(c, chain, SL_BY_USER, S(""), S("mode: filter\n"), &out, &errors), SL_ERR_FULL);
	assert_int_equal(sl_chains_push(c, SL_CHAIN_EMPTY, SL_BY_USER, S(""), S("mode: flter\n"), &out, &errors), SL_ERR_SYNTAX);
	assert_non_null(strstr(sl_buf_cstr(&errors), "policy:1:7: mode"));
	assert_int_equal(sl_chains_len(c), before);
	sl_buf_fini(&errors);
	sl_chains_free(&c);
}

static const struct { const char *text, *name, *rest; } templates[] = {
	{ "", "", "" },
	{ "level: standard\n", "", "level: standard\n" },
	{ "template: gold\n", "gold", "#emplate: gold\n" },
	{ "level: standard\ntemplate:  \"gold-2\" \nmode: filter", "gold-2", "level: standard\n#emplate:  \"gold-2\" \nmode: filter" },
	{ "template: gold", "gold", "#emplate: gold" },
	{ " template: gold\n", "", " template: gold\n" },	/* within something: whoever reads it will say so */
	{ "templates: gold\n", "", "templates: gold\n" },
	{ "template:\n", NULL, NULL }, { "template: a b\n", NULL, NULL }, { "template: [a]\n", NULL, NULL },
	{ "template: a\ntemplate: b\n", NULL, NULL },
};

static void
a_template_is_named_on_a_line_of_its_own(void **state)
{
	for (size_t i = 0; i < SL_COUNT(templates); i++) {
		struct sl_slice name;
		struct sl_buf rest;
		const char *wrong;

		sl_buf_init(&rest, 1000);
		wrong = sl_chain_template(S(templates[i].text), &name, &rest);
		if ((wrong == NULL) != (templates[i].name != NULL))
			fail_msg("\"%s\": %s", templates[i].text, wrong != NULL ? wrong : "taken");
		if (wrong == NULL) {
			assert_true(sl_slice_eq(name, S(templates[i].name)));
			assert_string_equal(sl_buf_cstr(&rest), templates[i].rest);
		}
		sl_buf_fini(&rest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_layers_are_one_chain),
		cmocka_unit_test(a_chain_resolves_as_its_layers_do),
		cmocka_unit_test(too_many_and_misunderstood_layers_are_refused),
		cmocka_unit_test(a_template_is_named_on_a_line_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
