/* script_test.c - rules of sluice-sink: what they say and when they apply */

#include "script.h"
#include "check.h"

static const struct {
	const char	*name;
	const char	*text;
	bool		 good;
} spellings[] = {
	{ "a delay", "dot=delay:500", true },
	{ "a reply with a comma in its text", "rcpt=reply:550 5.1.1 no, never", true },
	{ "a reply with a code alone", "mail=reply:451", true },
	{ "a body point", "body:65536=reset", true },
	{ "every scope at once", "rcpt=drop,first=2,every=3,match=a,b", true },
	{ "no action", "rcpt", false },
	{ "an unknown point", "bdat=drop", false },
	{ "an unknown action", "rcpt=explode", false },
	{ "a body point without bytes", "body=drop", false },
	{ "bytes at another point", "rcpt:5=drop", false },
	{ "bytes that are no number", "body:x=drop", false },
	{ "a delay without a time", "dot=delay", false },
	{ "reading at no speed", "data=slow:0", false },
	{ "an argument too many", "dot=drop:5", false },
	{ "a code that is none", "dot=reply:99 x", false },
	{ "a code above the last", "dot=reply:600 x", false },
	{ "a scope without a number", "dot=drop,first=x", false },
	{ "a scope without a value", "dot=drop,match=", false },
	{ "nothing", "", false },
};

static void
rules_are_read_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_COUNT(spellings); i++) {
		struct sink_script script = { 0 };
		const char *why = NULL;
		int r = script_add(&script, spellings[i].text, &why);

		if ((r == 0) != spellings[i].good || (why == NULL) != spellings[i].good)
			fail_msg("%s: %s", spellings[i].name, why == NULL ? "accepted" : why);
		script_fini(&script);
	}
}

static void
add(struct sink_script *script, const char *text)
{
	const char *why = NULL;

	if (script_add(script, text, &why) != 0)
		fail_msg("%s: %s", text, why);
}

static void
a_reply_keeps_its_text_and_lines(void **state)
{
	struct sink_script script = { 0 };
	struct sink_outcome o;

	(void)state;
	add(&script, "rcpt=reply:550 5.1.1 no, never\\nreally not,match=x@");
	o = script_at(&script, POINT_RCPT, 0, SL_SLICE_LIT("RCPT TO:<x@y>"));
	assert_non_null(o.decided);
	assert_int_equal(o.decided->number, 550);
	assert_string_equal(o.decided->text, "5.1.1 no, never\nreally not");
	assert_null(script_at(&script, POINT_RCPT, 0, SL_SLICE_LIT("RCPT TO:<y@x>")).decided);
	assert_null(script_at(&script, POINT_RCPT, 0, sl_slice(NULL, 0)).decided);
	assert_null(script_at(&script, POINT_MAIL, 0, SL_SLICE_LIT("x@")).decided);
	script_fini(&script);
}

static void
first_and_every_count_the_times_a_rule_could_apply(void **state)
{
	struct sink_script script = { 0 };
	bool dropped[6], hung[6];

	(void)state;
	add(&script, "dot=drop,first=2");
	add(&script, "dot=hang,every=3");
	for (size_t i = 0; i < SL_COUNT(dropped); i++) {
		struct sink_outcome o = script_at(&script, POINT_DOT, 0, sl_slice(NULL, 0));

		dropped[i] = o.decided != NULL && o.decided->action == ACTION_DROP;
		hung[i] = o.decided != NULL && o.decided->action == ACTION_HANG;
	}
	assert_memory_equal(dropped, ((bool[]){ 1, 1, 0, 0, 0, 0 }), sizeof(dropped));
	assert_memory_equal(hung, ((bool[]){ 0, 0, 1, 0, 0, 1 }), sizeof(hung));
	script_fini(&script);
}

static void
delays_add_up_and_do_not_decide(void **state)
{
	struct sink_script script = { 0 };
	struct sink_outcome o;

	(void)state;
	add(&script, "body:10=delay:5");
	add(&script, "body:10=drop");
	add(&script, "body:10=delay:6");
	add(&script, "body:10=slow:7");
	add(&script, "body:20=hang");
	o = script_at(&script, POINT_BODY, 10, sl_slice(NULL, 0));
	assert_int_equal(o.delay_ms, 11);
	assert_int_equal(o.slow_bytes_per_s, 7);
	assert_int_equal(o.decided->action, ACTION_DROP);
	assert_int_equal(script_next_body(&script, 0), 10);
	assert_int_equal(script_next_body(&script, 10), 20);
	assert_true(script_next_body(&script, 20) == UINT64_MAX);
	script_fini(&script);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_or_refused_with_a_reason),
		cmocka_unit_test(a_reply_keeps_its_text_and_lines),
		cmocka_unit_test(first_and_every_count_the_times_a_rule_could_apply),
		cmocka_unit_test(delays_add_up_and_do_not_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
