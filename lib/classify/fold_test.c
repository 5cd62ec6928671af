/* fold_test.c - what falls together, and what does not */

#include "check.h"
#include <stdio.h>

#include "classify/fold.h"

static void
a_thread_and_a_campaign_fall_together(void **state)
{
	static const struct {
		const char	*one, *other;
		bool		 same;
	} rows[] = {
		{ "Subject: Meeting notes\r\n\r\nx", "Subject: RE: meeting Notes\r\n\r\ny", true },
		{ "Subject: Meeting notes\r\n\r\nx", "subject: [list] Re: Meeting notes\r\n\r\ny", true },
		{ "Subject: Meeting notes\r\n\r\nx", "Subject: Meeting notes\n\nx", true },
		{ "Subject: Save 30 % today\r\n\r\nx", "Subject: Save 45% today!\r\n\r\ny", true },
		{ "Subject: a long\r\n subject\r\n\r\nx", "Subject: a long subject\r\n\r\nx", true },
		{ "Subject: one\r\nSubject: two\r\n\r\nx", "Subject: one\r\n\r\nx", true },
		{ "From: a@b\r\nSubject: one\r\n\r\nx", "X: Subject: two\r\nSubject: one\r\n\r\nx", true },
		{ "Subject: one\r\n\r\nx", "Subject: two\r\n\r\nx", false },
		{ "Subject: one\r\n\r\nx", "X: y\r\n Subject: one\r\n\r\nx", false },
		{ "Subject: [a] 1\r\n\r\nbody of one", "Subject: 2\r\n\r\nBody of one", true },
		{ "\r\nbody of one", "\r\nbody of two", false },
		{ "Subject:", "", true },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		bool same = sl_fold_hash(sl_slice_str(rows[i].one)) == sl_fold_hash(sl_slice_str(rows[i].other));

		if (same != rows[i].same)
			fail_msg("row %zu: %s / %s", i, rows[i].one, rows[i].other);
	}
}

static void
all_folds_are_dealt_about_alike(void **state)
{
	unsigned counts[SL_FOLDS] = { 0 };

	for (int i = 0; i < 26 * 26 * 26; i++) {
		char text[64];
		int len = snprintf(text, sizeof(text), "Subject: on %c%c%c\r\n\r\n", 'a' + i % 26, 'a' + i / 26 % 26,
		    'a' + i / 676);

		counts[sl_fold(sl_slice(text, (size_t)len), SL_FOLDS)]++;
	}
	for (int i = 0; i < SL_FOLDS; i++)
		assert_in_range(counts[i], 3200, 3830);
	assert_int_equal(sl_fold(SL_SLICE_LIT("Subject: x\r\n\r\n"), 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_and_a_campaign_fall_together),
		cmocka_unit_test(all_folds_are_dealt_about_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
