/* bulk_test.c - what is sent to many is known, and no more is said of it than that */

#include "evidence_test_i.h"

#include "classify/bulk.h"

#include <math.h>

static void
print(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct judged j;

	judge_message(&j, &sl_bulk_classifier, NULL, ctx, 0, NULL, cuts);
	judged_print(&j, result);
	judged_fini(&j);
}

static void
signs_of_bulk_are_told_and_nothing_of_spam(void **state)
{
	static const struct {
		const char	*message, *evidence, *fact;	/* evidence NULL: there is none at all */
	} rows[] = {
		{ "From: a@b.example\r\nSubject: hi\r\n\r\nhello\r\n", NULL, NULL },
		{ "List-Id: The list <l.b.example>\r\n\r\nx\r\n", "bulk_list", "<l.b.example>" },
		{ "List-Unsubscribe: <mailto:u@b.example>\r\n\r\nx\r\n", "bulk_unsubscribe", "u@b.example" },
		{ "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nx\r\n", "bulk_one_click", "click" },
		{ "Precedence: bulk\r\n\r\nx\r\n", "bulk_precedence", "bulk" },
		{ "Precedence: special\r\n\r\nx\r\n", NULL, NULL },
		{ "Feedback-ID: 1:2:3:x\r\n\r\nx\r\n", "bulk_feedback_id", "1:2:3:x" },
		{ "X-MC-User: 77\r\n\r\nx\r\n", "bulk_campaign", "77" },
		{ "Auto-Submitted: auto-generated\r\n\r\nx\r\n", "bulk_auto", "auto-generated" },
		{ "Auto-Submitted: no\r\n\r\nx\r\n", NULL, NULL },
		{ "Content-Type: multipart/report; boundary=x\r\n\r\nx\r\n", "bulk_bounce", "not delivered" },
		{ "From: X <noreply@b.example>\r\n\r\nx\r\n", "bulk_no_reply", "noreply@b.example" },
		{ "\r\nTo UNSUBSCRIBE click\r\n", "bulk_leave_word", "unsubscribe" },
		{ "Content-Type: text/plain; charset=utf-8\r\n\r\nvous d\xc3\xa9sabonner ici\r\n", "bulk_leave_word", "d\xc3\xa9sabonner" },
		{ "Content-Type: text/html\r\n\r\n<a href='http://b.example/Unsub?x'>x</a>", "bulk_leave_link", "b.example" },
		{ "In-Reply-To: <1@b.example>\r\n\r\nx\r\n", "bulk_answer", "answers" },
	};
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("com\nexample\n"));

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct cuts cuts = { .in = sl_slice_str(rows[i].message), .piece = 64 };
		const struct sl_evidence *e;
		struct judged j;

		judge_message(&j, &sl_bulk_classifier, NULL, suffix, 0, NULL, &cuts);
		e = rows[i].evidence == NULL ? NULL : judged_find(&j, rows[i].evidence);
		if (rows[i].evidence == NULL ? j.verdict.evidence_len > 0 : e == NULL ||
		    strstr(e->sentence, rows[i].fact) == NULL)
			fail_msg("%s: %s", rows[i].message, e != NULL ? e->sentence : "not so");
		for (size_t k = 0; k < j.verdict.evidence_len; k++)
			for (int c = 0; c < SL_CATEGORY_COUNT; c++)
				assert_true((j.verdict.evidence[k].log_odds[c] != 0) == (c == SL_BULK));
		judged_fini(&j);
	}
	sl_suffix_free(&suffix);
}

/* The word stands at the end of a text longer than what is kept, in another part than the first. */
static void
leave_is_taken_at_the_end_however_it_is_cut(void **state)
{
	struct sl_suffix *suffix = sl_suffix_read(SL_SLICE_LIT("com\nexample\n"));
	struct sl_buf text, expected;
	struct cuts whole;

	sl_buf_init(&text, 65536);
	sl_buf_init(&expected, 65536);
	sl_buf_add_str(&text, "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nfirst\r\n--x\r\n\r\n");
	for (int i = 0; i < 60; i++)
		sl_buf_add_str(&text, "many words that say little of anything\r\n");
	sl_buf_add_str(&text, "to unsubscribe, write to us\r\n--x\r\n\r\nlast\r\n--x--\r\n");
	whole = (struct cuts){ .in = sl_buf_slice(&text), .piece = 65536 };
	print(suffix, &whole, &expected);
	assert_non_null(strstr(sl_buf_cstr(&expected), "bulk_leave_word"));
	cuts_check(sl_buf_slice(&text), print, suffix, sl_buf_cstr(&expected), expected.len);
	sl_buf_fini(&expected);
	sl_buf_fini(&text);
	sl_suffix_free(&suffix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_of_bulk_are_told_and_nothing_of_spam),
		cmocka_unit_test(leave_is_taken_at_the_end_however_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
