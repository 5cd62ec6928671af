/* correction_test.c - what is packed comes out again, and nonsense does not */

#include "check.h"
#include "ipc/correction.h"

static const struct sl_correction whole = {
	.verdict = SL_CORRECTION_PHISH, .tenant = SL_SLICE_LIT("example.com"), .reporter = SL_SLICE_LIT("ann"),
	.client = SL_SLICE_LIT("192.0.2.7"), .helo = SL_SLICE_LIT("mail.example"), .envelope = SL_SLICE_LIT("a.example"),
	.author = SL_SLICE_LIT("b.example"), .proven = { SL_SLICE_LIT("c.example"), SL_SLICE_LIT("d.example") }, .proven_len = 2,
	.message = SL_SLICE_LIT("Subject: x\r\n\r\n\0\xff"),
};

static void
what_is_packed_comes_out_again(void **state)
{
	struct sl_corrected corrected = { true, 3, 1, SL_CORRECTED_KNOWN_TEXT, SL_SLICE_LIT("why") }, done;
	struct sl_correction out;
	struct sl_buf buf;

	sl_buf_init(&buf, SL_CORRECTION_MAX);
	sl_correction_pack(&whole, &buf);
	for (size_t cut = 0; cut < buf.len; cut++)
		assert_int_equal(sl_correction_unpack(sl_slice(buf.data, cut), &out), SL_ERR_SYNTAX);
	assert_int_equal(sl_correction_unpack(sl_buf_slice(&buf), &out), 0);
	assert_int_equal(out.verdict, SL_CORRECTION_PHISH);
	assert_true(sl_slice_eq(out.tenant, whole.tenant) && sl_slice_eq(out.reporter, whole.reporter) &&
	    sl_slice_eq(out.client, whole.client) && sl_slice_eq(out.helo, whole.helo) &&
	    sl_slice_eq(out.envelope, whole.envelope) && sl_slice_eq(out.author, whole.author) && out.proven_len == 2 &&
	    sl_slice_eq(out.proven[1], whole.proven[1]) && sl_slice_eq(out.message, whole.message));
	sl_buf_add_byte(&buf, 'x');
	assert_int_equal(sl_correction_unpack(sl_buf_slice(&buf), &out), SL_ERR_SYNTAX);
	sl_buf_reset(&buf);
	sl_corrected_pack(&corrected, &buf);
	assert_int_equal(sl_corrected_unpack(sl_buf_slice(&buf), &done), 0);
	assert_true(done.done && done.senders == 3 && done.enough == 1 && done.text == SL_CORRECTED_KNOWN_TEXT &&
	    sl_slice_eq(done.why, corrected.why));
	assert_int_equal(sl_corrected_unpack(sl_slice(buf.data, buf.len - 1), &done), SL_ERR_SYNTAX);
	sl_buf_fini(&buf);
}

static void
nonsense_is_refused(void **state)
{
	static char long_text[SL_CORRECTION_TEXT_MAX + 1];
	struct sl_correction c, out;

	memset(long_text, 'a', sizeof(long_text));
	for (int i = 0; i < 5; i++) {
		struct sl_buf buf;

		c = whole;
		if (i == 0)
			c.tenant = sl_slice(NULL, 0);
		else if (i == 1)
			c.author = SL_SLICE_LIT("a\nb");
		else if (i == 2)
			c.helo = SL_SLICE_LIT("\xff");
		else if (i == 3)
			c.client = sl_slice(long_text, sizeof(long_text));
		else
			c.verdict = SL_CORRECTION_VERDICTS;
		sl_buf_init(&buf, SL_CORRECTION_MAX);
		sl_correction_pack(&c, &buf);
		assert_int_equal(sl_correction_unpack(sl_buf_slice(&buf), &out), SL_ERR_SYNTAX);
		sl_buf_fini(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_out_again),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
