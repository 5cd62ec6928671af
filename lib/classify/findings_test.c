/* findings_test.c - what is found in messages and files weighs as it should */

#include "check.h"

#include "classify/findings.h"
#include "classify/combine.h"
#include "classify/panel.h"

static struct sl_verdict
judge(const char *const *names, size_t count)
{
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;
	void *state;

	sl_arena_init(&arena, 4096);
	state = sl_findings_classifier.new_message(sl_findings_later, &arena);
	assert_non_null(state);
	for (size_t i = 0; i < count && names[i] != NULL; i++)
		sl_findings_add(state, names[i]);
	sl_findings_classifier.finish(state, &arena, &verdict);
	assert_int_equal(verdict.evidence_len, 0);	/* later */
	sl_findings_evidence(state, &verdict);
	sl_combine(NULL, &verdict);
	sl_arena_fini(&arena);
	return verdict;
}

static void
honest_oddities_do_not_reach_the_threshold_and_deceit_does(void **state)
{
	static const struct {
		const char	*names[4];
		size_t		 evidence;
		bool		 is_malware;	/* by the default policy: 0.5 */
	} rows[] = {
		{ { "nothing-known" }, 0, false },
		{ { "macro" }, 1, false },
		{ { "macro", "macros" }, 1, false },		/* one fact, seen twice */
		{ { "program" }, 1, false },
		{ { "program-inside", "executable" }, 1, false },
		{ { "archive-encrypted" }, 1, false },
		{ { "pdf-javascript" }, 1, false },
		{ { "deep-budget" }, 1, false },
		{ { "name-hides-program" }, 1, true },
		{ { "ole-equation" }, 1, true },
		{ { "lnk-command" }, 1, true },
		{ { "macro", "macro-autorun", "macro-suspicious" }, 3, true },
		{ { "program-inside", "archive-encrypted" }, 2, false },
		{ { "program-inside", "archive-encrypted", "double-extension" }, 3, true },
		{ { "text-hidden", "beacon", "html-script" }, 3, false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_verdict verdict = judge(rows[i].names, SL_COUNT(rows[i].names));

		if (verdict.evidence_len != rows[i].evidence ||
		    (verdict.probability[SL_MALWARE] >= 0.5) != rows[i].is_malware)
			fail_msg("%s: %zu pieces of evidence, %f", rows[i].names[0], verdict.evidence_len,
			    verdict.probability[SL_MALWARE]);
	}
}

static void
all_of_it_together_is_bounded(void **state)
{
	static const char *const names[] = { "name-hides-program", "double-extension", "bidi-override",
		"ole-executable", "ole-equation", "pdf-launch" };
	struct sl_verdict verdict = judge(names, SL_COUNT(names));
	double sum = 0;

	for (size_t i = 0; i < verdict.evidence_len; i++)
		sum += verdict.evidence[i].log_odds[SL_MALWARE];
	assert_true(sum <= 9.0 + 1e-9);
}

static void
what_the_message_shows_is_heard(void **state)
{
	static const char text[] = "Content-Type: application/octet-stream; name=\"invoice.pdf.exe\"\r\n\r\nMZ\r\n";
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	sl_arena_init(&arena, 4096);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &sl_findings_classifier, NULL);
	sl_panel_feed(panel, SL_SLICE_LIT(text));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	sl_combine(NULL, &verdict);
	assert_true(verdict.probability[SL_MALWARE] > 0.5);
	sl_arena_fini(&arena);
}

/* Whatever makes programs disagree is evidence, by whatever name. */
static void
ambiguity_is_heard(void **state)
{
	static const char text[] = "Content-Type: multipart/mixed; boundary=a\r\nContent-Type: text/plain\r\n\r\n--a\r\n"
	    "Content-Transfer-Encoding: base64\r\nContent-Type: application/zip; name=a.zip\r\n\r\nUEsDBA==\r\n--a--\r\n";
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;
	bool heard = false;

	sl_arena_init(&arena, 4096);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &sl_findings_classifier, NULL);
	sl_panel_feed(panel, SL_SLICE_LIT(text));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	for (size_t i = 0; i < verdict.evidence_len; i++)
		heard |= strcmp(verdict.evidence[i].name, "ambiguous") == 0;
	assert_true(heard);
	sl_arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_oddities_do_not_reach_the_threshold_and_deceit_does),
		cmocka_unit_test(all_of_it_together_is_bounded),
		cmocka_unit_test(what_the_message_shows_is_heard),
		cmocka_unit_test(ambiguity_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
