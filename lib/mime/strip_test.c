/* strip_test.c - each row whole, byte by byte, and at every split */

#include "check.h"

#include "mime/strip.h"
#include "sl/buf.h"

static const struct sl_slice prefixes[] = {
	{ (const unsigned char *)"X-Sluice-", 9 },
	{ (const unsigned char *)"X-Spam-Gate", 11 },
};

static const struct {
	const char	*name;
	const char	*in;
	const char	*out;		/* NULL: the same */
	unsigned	 dropped;
	unsigned	 received;
	int		 result;
	const char	*body;		/* what was not used */
} rows[] = {
	{ "nothing to drop", "A: b\r\nC: d\r\n\r\nbody", "A: b\r\nC: d\r\n\r\n", 0, 0, SL_DONE, "body" },
	{ "one in the middle", "A: b\r\nX-Sluice-Verdict: clean\r\nC: d\r\n\r\n",
	    "A: b\r\nC: d\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "its folds go too", "X-Sluice-V: a\r\n b\r\n\tc\r\nC: d\r\n\r\n", "C: d\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "case and space are no way around", "x-sLUICE-verdict \t: clean\r\nA: b\r\n\r\n",
	    "A: b\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "the name alone on its line", "X-Sluice-Verdict\r\n : clean\r\nA: b\r\n\r\n",
	    "A: b\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "a name that only contains it stays", "AX-Sluice-Verdict: clean\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
	{ "a shorter name stays", "X-Sluic: clean\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
	{ "the last field before the end", "A: b\r\nX-Spam-Gate: 1\r\n\r\n", "A: b\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "in the body it is text", "A: b\r\n\r\nX-Sluice-Verdict: clean\r\n", "A: b\r\n\r\n", 0, 0,
	    SL_DONE, "X-Sluice-Verdict: clean\r\n" },
	{ "no header at all", "\r\nbody", "\r\n", 0, 0, SL_DONE, "body" },
	{ "no body at all", "A: b\r\n", NULL, 0, 0, SL_MORE, "" },
	{ "ends inside a name", "A: b\r\nX-Slu", NULL, 0, 0, SL_MORE, "" },
	{ "ends inside a dropped one", "A: b\r\nX-Sluice-Verdict: cle", "A: b\r\n", 1, 0, SL_MORE, "" },
	{ "opens with a fold", " x\r\nA: b\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
	{ "a long line without a colon", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "\r\nB: c\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
	{ "trace lines are counted", "Received: a\r\n b\r\nreceived : c\r\nReceived-SPF: d\r\n\r\n", NULL, 0, 2,
	    SL_DONE, "" },
	{ "empty", "", NULL, 0, 0, SL_MORE, "" },
};

static void
collect(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

/* Feed `in` cut before the bytes `cut` (once) or everywhere (every). */
static void
run(size_t row, size_t cut, bool every)
{
	struct sl_slice in = sl_slice_str(rows[row].in);
	struct sl_strip strip;
	struct sl_buf out;
	size_t at = 0;
	int r = SL_MORE;

	sl_buf_init(&out, 10000);
	sl_strip_init(&strip, prefixes, SL_COUNT(prefixes), collect, &out);
	while (at < in.len && r == SL_MORE) {
		size_t end = every ? at + 1 : at < cut ? cut : in.len, used;

		r = sl_strip_feed(&strip, in.ptr + at, end - at, &used);
		assert_true(r == SL_DONE || used == end - at);
		at += used;
	}
	if (r == SL_MORE)
		sl_strip_finish(&strip);
	assert_int_equal(r, rows[row].result);
	assert_string_equal(sl_buf_cstr(&out), rows[row].out == NULL ? rows[row].in : rows[row].out);
	assert_string_equal((const char *)in.ptr + at, rows[row].body);
	assert_int_equal(strip.dropped, rows[row].dropped);
	assert_int_equal(strip.received, rows[row].received);
	sl_buf_fini(&out);
}

static void
cuts_never_matter(void **state)
{
	for (size_t row = 0; row < SL_COUNT(rows); row++) {
		print_message("           %s\n", rows[row].name);
		run(row, 0, false);
		run(row, 0, true);
		for (size_t cut = 1; cut < strlen(rows[row].in); cut++)
			run(row, cut, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cuts_never_matter) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
