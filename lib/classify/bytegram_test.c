/* bytegram_test.c - which bytes the view sees, at every cut, and which rows they fall on */

#include "check.h"
#include <stdlib.h>

#include "classify/bytegram_i.h"

static struct bytegram_view
view_of(struct sl_slice message, bool all_headers, size_t cut)
{
	struct bytegram_view view;

	bytegram_view_init(&view, all_headers);
	if (cut == 0) {
		for (size_t i = 0; i < message.len; i++)
			bytegram_view_feed(&view, sl_slice(message.ptr + i, 1));
	} else {
		bytegram_view_feed(&view, sl_slice(message.ptr, SL_MIN(cut, message.len)));
		bytegram_view_feed(&view, sl_slice_from(message, SL_MIN(cut, message.len)));
	}
	return view;
}

static const struct {
	const char	*message;
	const char	*sender;	/* what is seen of it: what the sender wrote ... */
	const char	*all;		/* ... and with every field */
} rows[] = {
	{ "", "", "" },
	{ "\r\nbody\r\n", "\nbody\n", "\nbody\n" },
	{ "Subject: a\r\n b\r\n\r\nc", "Subject: a\n b\n\nc", "Subject: a\n b\n\nc" },
	{ "subject:a\r\nReceived: b\r\n c\r\nX-Mailer: d\r\n\r\n", "subject:a\nX-Mailer: d\n\n",
	    "subject:a\nReceived: b\n c\nX-Mailer: d\n\n" },
	{ "Message-ID: <1@b>\r\nDate: now\r\n\r\nx", "Message-ID:\n\nx", "Message-ID: <1@b>\nDate: now\n\nx" },
	{ "Content-Anything-At-All-So-Long: x\r\nTo: y\r\n\r\n", "Content-Anything-At-All-So-Long: x\n\n",
	    "Content-Anything-At-All-So-Long: x\nTo: y\n\n" },
	{ "X-Mailer-That-Is-None: x\r\nFrom: a\r\n\r\n", "From: a\n\n", "X-Mailer-That-Is-None: x\nFrom: a\n\n" },
	{ "Fro", "", "" },
	{ "From: a", "From: a", "From: a" },
	{ "From\r\nFrom: a\r\n\r\n", "From\nFrom: a\n\n", "From\nFrom: a\n\n" },
	{ "From: a\n\nb\rc\n", "From: a\n\nbc\n", "From: a\n\nbc\n" },
};

static void
it_sees_what_the_sender_wrote_at_every_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice message = sl_slice_str(rows[i].message);

		for (size_t cut = 0; cut <= message.len; cut++) {
			for (int all = 0; all < 2; all++) {
				struct bytegram_view view = view_of(message, all, cut);
				const char *seen = all ? rows[i].all : rows[i].sender;

				if (!sl_slice_eq(sl_slice(view.bytes, view.len), sl_slice_str(seen)))
					fail_msg("row %zu, cut %zu: " SL_SLICE_FMT, i, cut, (int)view.len, view.bytes);
			}
		}
	}
}

static void
it_sees_the_first_bytes_only(void **state)
{
	static char message[20000];
	struct bytegram_view view;

	memset(message, 'x', sizeof(message));
	memcpy(message, "Subject: ", 9);	/* a header that does not end */
	assert_int_equal(view_of(sl_slice(message, sizeof(message)), false, 7000).len, BYTEGRAM_BYTES);
	assert_int_equal(view_of(sl_slice(message, sizeof(message)), true, 7000).len, BYTEGRAM_HEADER_ALL);
	memcpy(message + 8000, "\r\n\r\n", 4);
	view = view_of(sl_slice(message, sizeof(message)), true, 8001);
	assert_int_equal(view.len, BYTEGRAM_BYTES_ALL);
	assert_int_equal(view.bytes[BYTEGRAM_HEADER_ALL - 1], 'x');
	assert_int_equal(view.state, BYTEGRAM_BODY);
}

static void
each_row_comes_once(void **state)
{
	static uint32_t found[BYTEGRAM_BYTES_ALL];
	static uint16_t ends[BYTEGRAM_BYTES_ALL];
	struct bytegram_view view = view_of(SL_SLICE_LIT("\r\nabcdabcdabcd"), false, 1);
	uint32_t len = bytegram_view_rows(&view, 12, found, ends);

	assert_int_equal(len, 5);	/* LF abc, abcd, bcda, cdab, dabc */
	for (uint32_t i = 0; i < len; i++) {
		assert_true(found[i] < 1u << 20);
		assert_int_equal(ends[i], i + 3);
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(found[i], found[k]);
	}
	view = view_of(SL_SLICE_LIT("\r\nab"), false, 1);
	assert_int_equal(bytegram_view_rows(&view, 12, found, NULL), 0);
}

/* Few runs are lost to others: of random bytes, which never repeat, nearly all have a row of their own. */
static void
few_runs_share_a_row(void **state)
{
	static uint32_t found[BYTEGRAM_BYTES_ALL];
	struct bytegram_view view;

	bytegram_view_init(&view, false);
	view.len = BYTEGRAM_BYTES;
	srand(5);
	for (uint32_t i = 0; i < view.len; i++)
		view.bytes[i] = (unsigned char)(rand() >> 4);
	assert_in_range(bytegram_view_rows(&view, 12, found, NULL), BYTEGRAM_BYTES * 95 / 100, BYTEGRAM_BYTES - 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_sees_what_the_sender_wrote_at_every_cut),
		cmocka_unit_test(it_sees_the_first_bytes_only),
		cmocka_unit_test(each_row_comes_once),
		cmocka_unit_test(few_runs_share_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
