/* line_test.c - see line.h */

#include "check.h"
#include "smtp/line.h"

#include <stdio.h>

#define MAX	16	/* bytes of a line, CRLF counted */

static void
a_line_ends_in_crlf_only(void **state)
{
	static const struct {
		const char	*input;
		size_t		 len;
		int		 result;
		size_t		 used;
	} rows[] = {
		{ "", 0, SL_MORE, 0 },
		{ "NOOP", 4, SL_MORE, 0 },
		{ "NOOP\r", 5, SL_MORE, 0 },
		{ "NOOP\r\n", 6, SL_DONE, 6 },
		{ "\r\n", 2, SL_DONE, 2 },
		{ "NOOP\r\nQUIT\r\n", 12, SL_DONE, 6 },
		{ "NOOP\n", 5, SL_ERR_BARE_LF, 5 },
		{ "\nNOOP\r\n", 7, SL_ERR_BARE_LF, 1 },
		{ "NO\rOP\r\nQUIT", 11, SL_ERR_BARE_CR, 7 },
		{ "NO\rOP", 5, SL_ERR_BARE_CR, 5 },
		{ "NOOP\r\r\n", 7, SL_ERR_BARE_CR, 7 },
		{ "NOOP\r\rX", 7, SL_ERR_BARE_CR, 7 },
		{ "NO\0OP\r\n", 7, SL_ERR_NUL, 7 },
		{ "NO\0", 3, SL_ERR_NUL, 3 },
		{ "N\0O\rP\n", 6, SL_ERR_NUL, 6 },
		{ "N\rO\0P\n", 6, SL_ERR_BARE_CR, 6 },
		{ "N\0\n", 3, SL_ERR_NUL, 3 },
		{ "12345678901234\r\n", 16, SL_DONE, 16 },
		{ "123456789012345\r", 16, SL_MORE, 0 },
		{ "123456789012345\r\n", 17, SL_ERR_TOO_LONG, 17 },
		{ "1234567890123456", 16, SL_MORE, 0 },
		{ "12345678901234567", 17, SL_ERR_TOO_LONG, 17 },
		{ "1234567890123456789\r\nNOOP", 25, SL_ERR_TOO_LONG, 21 },
		{ "123456789012345\n", 16, SL_ERR_BARE_LF, 16 },
		{ "1234567890123456\n", 17, SL_ERR_TOO_LONG, 17 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice line = { NULL, 0 };
		size_t used = 0;

		assert_int_equal(sl_smtp_line(sl_slice(rows[i].input, rows[i].len), MAX, &line,
		    &used), rows[i].result);
		assert_int_equal(used, rows[i].used);
		if (rows[i].result == SL_DONE)
			assert_memory_equal(rows[i].input, line.ptr, used - 2);
	}
}

/* What a session would see of `len` bytes that arrive in pieces: `step` bytes at a time, or all
 * up to `step` and then the rest. */
static void
read_all(const char *input, size_t len, size_t step, bool once, char *seen, size_t size)
{
	size_t arrived = 0, done = 0, used;
	bool skipping = false;
	struct sl_slice line;

	seen[0] = '\0';
	while (arrived < len) {
		arrived = once && arrived > 0 ? len : SL_MIN(len, arrived + step);
		while (done < arrived) {
			struct sl_slice in = sl_slice(input + done, arrived - done);
			const char *lf = memchr(in.ptr, '\n', in.len);
			size_t at = strlen(seen);
			int r;

			if (skipping) {		/* the rest of a line that was refused */
				done = lf == NULL ? arrived : (size_t)(lf - input) + 1;
				skipping = lf == NULL;
				continue;
			}
			r = sl_smtp_line(in, MAX, &line, &used);
			if (r == SL_MORE)
				break;
			snprintf(seen + at, size - at, "%d:" SL_SLICE_FMT "\n", r,
			    r == SL_DONE ? (int)line.len : 0, (const char *)in.ptr);
			done += used;
			skipping = input[done - 1] != '\n';
		}
	}
}

static void
cuts_change_nothing(void **state)
{
	static const char input[] = "EHLO x\r\n\r\nbare\nNO\rOP\r\nN\0P\r\nlonger than sixteen\r\n"
	    "NOOP\r\r\nx\r\n1234567890123456\r\nQ\r1234567890123456\r\n123456789012345\r\n"
	    "123456789012345\rx\nQUIT\r\n";
	char whole[1000], cut[1000];
	size_t len = sizeof(input) - 1;

	read_all(input, len, len, true, whole, sizeof(whole));
	assert_string_equal(whole, "1:EHLO x\n1:\n-2:\n-1:\n-3:\n-4:\n-1:\n1:x\n-4:\n-1:\n-4:\n-4:\n"
	    "1:QUIT\n");
	for (size_t i = 1; i < len; i++) {
		read_all(input, len, i, false, cut, sizeof(cut));
		assert_string_equal(cut, whole);
		read_all(input, len, i, true, cut, sizeof(cut));
		assert_string_equal(cut, whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_in_crlf_only),
		cmocka_unit_test(cuts_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
