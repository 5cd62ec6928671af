/* groups_test.c - words, and content groups */

#include "cuts.h"
#include "policy/groups.h"
#include "policy/words.h"

#define W(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }

static const struct sl_slice list[] = { W("secret"), W("secret plan"), W("plan b"), W("kill*"), W("Stra\xc3\x9f""e"),
	W("caf\xc3\xa9"), W("\xe6\xbc\xa2\xe5\xad\x97"), W("4711"), W("b"), W("!!!"), W("\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0") };

static const struct { const char *text, *found; } texts[] = {
	{ "", "" }, { "secret", "secret;" }, { "a SECRET!", "secret;" }, { "secrets", "" }, { "top-secret", "secret;" },
	{ "asecret", "" }, { "secret plan", "secret;secret plan;" }, { "Secret,\r\n  Plan", "secret;secret plan;" },
	{ "secret plan b", "secret;secret plan;plan b;b;" }, { "secretplan", "" }, { "se\xe2\x80\x8b""cret", "secret;" },
	{ "skill", "" }, { "kill", "kill*;" }, { "KILLING it", "kill*;" }, { "kil", "" },
	{ "STRA\xe1\xba\x9e""E", "Stra\xc3\x9f""e;" }, { "cafe\xcc\x81", "caf\xc3\xa9;" }, { "CAFE", "caf\xc3\xa9;" },
	{ "\xef\xbd\x93\xef\xbd\x85\xef\xbd\x83\xef\xbd\x92\xef\xbd\x85\xef\xbd\x94", "secret;" },	/* full width */
	{ "\xe4\xb8\x80\xe6\xbc\xa2\xe5\xad\x97\xe4\xb8\x80", "\xe6\xbc\xa2\xe5\xad\x97;" },		/* within others */
	{ "14711", "" }, { "4711.", "4711;" }, { "b b", "b;b;" }, { "!!!", "" },
	{ "\xd0\x9c\xd0\x9e\xd0\xa1\xd0\x9a\xd0\x92\xd0\x90", "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0;" },
	{ "secret\xff""plan", "secret;secret plan;" }, { "secret\xe2\x80", "secret;" }, { "\xc3secret", "secret;" },
};

static void
add_word(void *ctx, uint32_t id)
{
	sl_buf_add_slice(ctx, list[id]);
	sl_buf_add_str(ctx, ";");
}

static void
find(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_words_run run;
	struct sl_slice piece;

	sl_words_run_init(&run, ctx, add_word, result);
	while (cuts_next(cuts, &piece))
		sl_words_feed(&run, piece);
	sl_words_end(&run);
}

static void
words_are_found_however_text_is_cut(void **state)
{
	struct sl_words_phrase phrases[SL_COUNT(list)];
	struct sl_words *words;

	for (uint32_t i = 0; i < SL_COUNT(list); i++)
		phrases[i] = (struct sl_words_phrase){ list[i], i };
	words = sl_words_new(phrases, SL_COUNT(phrases));
	for (size_t i = 0; i < SL_COUNT(texts); i++)
		cuts_check(sl_slice_str(texts[i].text), find, words, texts[i].found, strlen(texts[i].found));
	sl_words_free(&words);
}

static void
texts_are_apart(void **state)
{
	struct sl_words_phrase phrase = { list[1], 1 };
	struct sl_words *words = sl_words_new(&phrase, 1);
	struct sl_words_run run;
	struct sl_buf result;

	sl_buf_init(&result, 4096);
	sl_words_run_init(&run, words, add_word, &result);
	sl_words_feed(&run, SL_SLICE_LIT("secret"));
	sl_words_end(&run);
	sl_words_feed(&run, SL_SLICE_LIT("plan secret plan"));
	sl_words_end(&run);
	assert_string_equal(sl_buf_cstr(&result), "secret plan;");
	sl_buf_fini(&result);
	sl_words_free(&words);
}

static const struct sl_slice one_words[] = { W("alpha"), W("beta") }, one_patterns[] = { W("x+") }, two_words[] = { W("beta") };
static const struct sl_content_group groups[] = {
	{ .name = W("one"), .action = SL_ACTION_QUARANTINE, .at_least = 2, .words = { one_words, 2 }, .patterns = { one_patterns, 1 } },
	{ .name = W("two"), .action = SL_ACTION_TAG, .at_least = 1, .words = { two_words, 1 } },
	{ .name = W("cards"), .action = SL_ACTION_REFUSE, .at_least = 2, .numbers = 1u << SL_NUMBER_PAYMENT_CARD },
	{ .name = W("copies"), .action = SL_ACTION_COPY, .at_least = 1, .numbers = 1u << SL_NUMBER_IBAN },
};

static const struct {
	const char	*text;
	bool		 pattern;
	enum sl_action	 action;	/* DELIVER: nothing is asked for */
	const char	*reason;
	bool		 copy;
} messages[] = {
	{ "nothing of it", false, SL_ACTION_DELIVER, NULL, false },
	{ "alpha alpha alpha", false, SL_ACTION_DELIVER, NULL, false },	/* one word is one hit */
	{ "beta", false, SL_ACTION_TAG, "(two)", false },
	{ "alpha", true, SL_ACTION_QUARANTINE, "(one)", false },
	{ "alpha beta", false, SL_ACTION_QUARANTINE, "(one)", false },
	{ "4111111111111111", false, SL_ACTION_DELIVER, NULL, false },
	{ "4111111111111111, 4242424242424242 beta", false, SL_ACTION_REFUSE, "(cards)", false },
	{ "DE89370400440532013000", false, SL_ACTION_DELIVER, NULL, true },
};

static void
groups_ask_for_what_they_say(void **state)
{
	struct sl_content_groups all = { groups, SL_COUNT(groups) };
	struct sl_groups *compiled = sl_groups_new(&all);

	for (size_t i = 0; i < SL_COUNT(messages); i++) {
		struct sl_arena arena;
		struct sl_groups_run *run;
		struct sl_demand demand = { SL_ACTION_DELIVER, "", "", "" };
		char reason[SL_GROUPS_REASON_MAX];
		bool copy, asked;

		sl_arena_init(&arena, 65536);
		run = sl_groups_run_new(compiled, &arena);
		sl_groups_text(run, sl_slice_str(messages[i].text));
		sl_groups_text_end(run);
		for (int twice = 0; twice < 2 && messages[i].pattern; twice++)
			sl_groups_pattern(run, 0, 0);
		asked = sl_groups_demand(run, reason, &demand, &copy);
		if (asked != (messages[i].reason != NULL) || demand.action != messages[i].action || copy != messages[i].copy ||
		    (asked && strstr(demand.reason, messages[i].reason) == NULL))
			fail_msg("%s: %s %s", messages[i].text, sl_action_word(demand.action), demand.reason);
		sl_arena_fini(&arena);
	}
	sl_groups_free(&compiled);
}

static void
a_full_arena_is_said(void **state)
{
	struct sl_content_groups all = { groups, SL_COUNT(groups) };
	struct sl_groups *compiled = sl_groups_new(&all);
	struct sl_arena arena;

	sl_arena_init(&arena, 16);
	assert_null(sl_groups_run_new(compiled, &arena));
	sl_arena_fini(&arena);
	sl_groups_free(&compiled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_however_text_is_cut),
		cmocka_unit_test(texts_are_apart),
		cmocka_unit_test(groups_ask_for_what_they_say),
		cmocka_unit_test(a_full_arena_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
