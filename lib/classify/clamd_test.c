/* clamd_test.c - found, clean or failed; never clean by accident */

#include "check.h"
#include "classify/clamd.h"

#include <stdlib.h>

#define S(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }

static const struct row {
	const char		*name;
	struct sl_slice		 in;
	enum sl_clamd_result	 open, closed;
	const char		*found;
} rows[] = {
	{ "clean", S("stream: OK\0"), SL_CLAMD_CLEAN, SL_CLAMD_CLEAN, "" },
	{ "found", S("stream: Eicar-Signature FOUND\0"), SL_CLAMD_FOUND, SL_CLAMD_FOUND,
	    "Eicar-Signature" },
	{ "found, with a hash", S("stream: Eicar(44d8:68) FOUND\0"), SL_CLAMD_FOUND, SL_CLAMD_FOUND,
	    "Eicar(44d8:68)" },
	{ "a name like the word", S("stream: FOUND FOUND\0"), SL_CLAMD_FOUND, SL_CLAMD_FOUND, "FOUND" },
	{ "a name like the good reply", S("stream: stream: OK FOUND\0"), SL_CLAMD_FOUND,
	    SL_CLAMD_FOUND, "stream: OK" },
	{ "a heuristic", S("stream: Heuristics.Encrypted.Zip FOUND\0"), SL_CLAMD_FOUND, SL_CLAMD_FOUND,
	    "Heuristics.Encrypted.Zip" },
	{ "a limit", S("stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0"), SL_CLAMD_FAILED,
	    SL_CLAMD_FAILED, "" },
	{ "a limit, named shortly", S("stream: Heuristics.Limits.Exceeded FOUND\0"), SL_CLAMD_FAILED,
	    SL_CLAMD_FAILED, "" },
	{ "a name that only begins so", S("stream: Heuristics.Limits.Exceededly FOUND\0"),
	    SL_CLAMD_FOUND, SL_CLAMD_FOUND, "Heuristics.Limits.Exceededly" },
	{ "controls in the name", S("stream: A\x01\r\n250 ok\x7f\xff FOUND\0"), SL_CLAMD_FOUND,
	    SL_CLAMD_FOUND, "A???250 ok??" },

	{ "nothing", S(""), SL_CLAMD_MORE, SL_CLAMD_FAILED, "" },
	{ "a reply without its end", S("stream: OK"), SL_CLAMD_MORE, SL_CLAMD_FAILED, "" },
	{ "a name without its end", S("stream: Eicar"), SL_CLAMD_MORE, SL_CLAMD_FAILED, "" },
	{ "a newline for an end", S("stream: OK\n"), SL_CLAMD_MORE, SL_CLAMD_FAILED, "" },
	{ "a newline and an end", S("stream: OK\n\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "only an end", S("\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "an end first", S("\0stream: OK\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "no name", S("stream:  FOUND\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "no name and one space", S("stream: FOUND\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "another subject", S("/tmp/x: OK\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "found in another subject", S("1: stream: X FOUND\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "a session's reply", S("2: stream: OK\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "other case", S("stream: ok\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "OK and more", S("stream: OKAY\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "OK and another reply", S("stream: OK\0stream: X FOUND\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED,
	    "" },
	{ "found and another reply", S("stream: X FOUND\0stream: OK\0"), SL_CLAMD_FOUND,
	    SL_CLAMD_FOUND, "X" },
	{ "an error", S("stream: Can't allocate memory ERROR\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "the size limit", S("INSTREAM size limit exceeded. ERROR\0"), SL_CLAMD_FAILED,
	    SL_CLAMD_FAILED, "" },
	{ "an error that ends in OK", S("stream: not OK\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "reloading", S("stream: RELOADING\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
	{ "an unknown command", S("UNKNOWN COMMAND\0"), SL_CLAMD_FAILED, SL_CLAMD_FAILED, "" },
};

/* Ask with the bytes in memory that ends where they do. */
static enum sl_clamd_result
ask(struct sl_slice in, size_t len, bool closed, char name_out[129])
{
	unsigned char *copy = malloc(len + 1);
	enum sl_clamd_result result;

	memcpy(copy + 1, in.ptr, len);
	memset(name_out, 'u', 129);
	result = sl_clamd_reply(sl_slice(copy + 1, len), closed, name_out);
	free(copy);
	return result;
}

static void
each_reply_has_its_one_meaning(void **state)
{
	char name[129];

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];

		if (ask(row->in, row->in.len, false, name) != row->open ||
		    strcmp(name, row->found) != 0 ||
		    ask(row->in, row->in.len, true, name) != row->closed ||
		    strcmp(name, row->found) != 0)
			fail_msg("%s", row->name);
	}
}

static void
a_reply_that_is_cut_means_nothing_yet(void **state)
{
	char name[129];

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const unsigned char *nul = memchr(rows[i].in.ptr, '\0', rows[i].in.len);
		size_t reply = nul != NULL ? (size_t)(nul - rows[i].in.ptr) : rows[i].in.len;

		for (size_t cut = 0; cut <= reply; cut++) {
			assert_int_equal(ask(rows[i].in, cut, false, name), SL_CLAMD_MORE);
			assert_int_equal(ask(rows[i].in, cut, true, name), SL_CLAMD_FAILED);
		}
	}
}

static void
a_long_name_is_cut_and_a_longer_reply_failed(void **state)
{
	static const char head[] = "stream: ", tail[] = " FOUND";
	static unsigned char in[1 << 20];
	size_t fits = SL_CLAMD_REPLY_MAX - strlen(head) - sizeof(tail);
	char name[129];

	for (size_t len = fits - 1; len <= fits + 1; len++) {
		memset(in, 'V', sizeof(in));
		memcpy(in, head, strlen(head));
		memcpy(in + strlen(head) + len, tail, sizeof(tail));
		assert_int_equal(ask(sl_slice(in, sizeof(in)), strlen(head) + len + sizeof(tail), false,
		    name), len <= fits ? SL_CLAMD_FOUND : SL_CLAMD_FAILED);
		assert_int_equal(strlen(name), len <= fits ? 128 : 0);
	}
	memset(in, 'V', sizeof(in));
	assert_int_equal(ask(sl_slice(in, sizeof(in)), SL_CLAMD_REPLY_MAX - 1, false, name),
	    SL_CLAMD_MORE);
	assert_int_equal(ask(sl_slice(in, sizeof(in)), SL_CLAMD_REPLY_MAX, false, name),
	    SL_CLAMD_FAILED);
	assert_int_equal(ask(sl_slice(in, sizeof(in)), sizeof(in), false, name), SL_CLAMD_FAILED);
}

static void
what_is_sent_is_what_clamd_reads(void **state)
{
	unsigned char head[4];

	assert_true(sl_slice_eq(sl_clamd_start, sl_slice("zINSTREAM\0", 10)));
	assert_true(sl_slice_eq(sl_clamd_end, sl_slice("\0\0\0\0", 4)));
	sl_clamd_length(0x01020304, head);
	assert_memory_equal(head, "\1\2\3\4", 4);
	sl_clamd_length(0xfffefdfc, head);
	assert_memory_equal(head, "\xff\xfe\xfd\xfc", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_has_its_one_meaning),
		cmocka_unit_test(a_reply_that_is_cut_means_nothing_yet),
		cmocka_unit_test(a_long_name_is_cut_and_a_longer_reply_failed),
		cmocka_unit_test(what_is_sent_is_what_clamd_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
