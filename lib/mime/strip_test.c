/* strip_test.c - each row whole, byte by byte, and at every split */

#include "check.h"

#include "mime/strip.h"
#include "sl/buf.h"

static const struct sl_slice prefixes[] = {
	{ (const unsigned char *)"X-Sluice-", 9 },
	{ (const unsigned char *)"X-Spam-Gate", 11 },
};

static bool	drop_ours(void *ctx, struct sl_slice name, struct sl_slice value, bool cut);

static const struct sl_strip_rules rules = {
	.prefixes = prefixes, .prefixes_len = SL_COUNT(prefixes),
	.watched = { (const unsigned char *)"Seen-By", 7 }, .drop = drop_ours,
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
	{ "a watched field that speaks for us goes", "A: b\r\nSeen-By: us; ok\r\nC: d\r\n\r\n",
	    "A: b\r\nC: d\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "one that speaks for others stays", "A: b\r\nSeen-By: them; us\r\nC: d\r\n\r\n", NULL, 0, 0,
	    SL_DONE, "" },
	{ "what it says in its folds counts", "Seen-By:\r\n\tus\r\n ; ok\r\nC: d\r\n\r\n",
	    "C: d\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "each is looked at", "Seen-By: them\r\n\tx\r\nseen-bY \t: us\r\nSeen-By: we\r\n\r\n",
	    "Seen-By: them\r\n\tx\r\nSeen-By: we\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "the watched name alone on its line", "Seen-By\r\n : us\r\nA: b\r\n\r\n", "A: b\r\n\r\n", 1, 0,
	    SL_DONE, "" },
	{ "the watched name without any colon", "Seen-By\r\nA: b\r\n\r\n", "A: b\r\n\r\n", 1, 0,
	    SL_DONE, "" },
	{ "a longer name is another", "Seen-By-Us: us\r\nSeen-By us: us\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
	{ "blanks to the bound before the colon", "Seen-By                                              "
	    "                     : us\r\nA: b\r\n\r\n", "A: b\r\n\r\n", 1, 0, SL_DONE, "" },
	{ "a watched field ends the header", "A: b\r\nSeen-By: us\r\n\r\nSeen-By: us\r\n",
	    "A: b\r\n\r\n", 1, 0, SL_DONE, "Seen-By: us\r\n" },
	{ "the message ends inside one of ours", "A: b\r\nSeen-By: us", "A: b\r\n", 1, 0, SL_MORE, "" },
	{ "the message ends inside another's", "A: b\r\nSeen-By: them", NULL, 0, 0, SL_MORE, "" },
	{ "the message ends in the watched name", "Seen-By", "", 1, 0, SL_MORE, "" },
	{ "a bare CR in a watched field", "Seen-By: th\rem\r\nA: b\r\n\r\n", NULL, 0, 0, SL_DONE, "" },
};

/* Ours is what begins with "us"; what is cut, unless it says early that it is another's. */
static bool
drop_ours(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	assert_true(sl_slice_ieq(name, SL_SLICE_LIT("Seen-By")));
	value = sl_slice_trim(value);
	return sl_slice_istarts(value, SL_SLICE_LIT("us")) ||
	    (cut && !sl_slice_istarts(value, SL_SLICE_LIT("them")));
}

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
	sl_strip_init(&strip, &rules, collect, &out);
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
	sl_strip_fini(&strip);
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

/* A field of `len` bytes that begins so, a CRLF, another field and the end; what comes of it. */
static void
long_one(const char *start, size_t len, size_t step, struct sl_buf *in, struct sl_buf *out)
{
	struct sl_strip strip;

	sl_buf_init(in, 10000);
	sl_buf_init(out, 10000);
	sl_buf_add_str(in, start);
	while (in->len < len)
		sl_buf_add_byte(in, in->len % 70 == 0 ? ' ' : 'x');
	sl_buf_add_str(in, "\r\n folded\r\nA: b\r\n\r\n");
	sl_strip_init(&strip, &rules, collect, out);
	for (size_t at = 0, used; at < in->len; at += used) {
		int r = sl_strip_feed(&strip, in->data + at, SL_MIN(step, in->len - at), &used);

		assert_true(r == SL_DONE ? at + used == in->len : used == SL_MIN(step, in->len - at));
		assert_true(strip.field.len <= SL_STRIP_FIELD_MAX);
	}
	sl_strip_fini(&strip);
}

static void
a_watched_field_over_the_bound_is_decided_by_its_front(void **state)
{
	static const size_t lengths[] = { SL_STRIP_FIELD_MAX - 11, SL_STRIP_FIELD_MAX - 10,
	    SL_STRIP_FIELD_MAX - 1, SL_STRIP_FIELD_MAX, SL_STRIP_FIELD_MAX + 1, 5000 };
	struct sl_buf in, out;

	for (size_t i = 0; i < SL_COUNT(lengths); i++)
		for (size_t step = 1; step < 8000; step = step * 3 + 1) {
			/* whole: 11 bytes follow up to the next field */
			bool whole = lengths[i] + 11 <= SL_STRIP_FIELD_MAX;

			long_one("Seen-By: them;", lengths[i], step, &in, &out);
			assert_true(sl_slice_eq(sl_buf_slice(&in), sl_buf_slice(&out)));
			sl_buf_fini(&in);
			sl_buf_fini(&out);
			long_one("Seen-By: us;", lengths[i], step, &in, &out);
			assert_string_equal(sl_buf_cstr(&out), "A: b\r\n\r\n");
			sl_buf_fini(&in);
			sl_buf_fini(&out);
			long_one("Seen-By: (", lengths[i], step, &in, &out);
			assert_int_equal(out.len, whole ? in.len : 8);
			sl_buf_fini(&in);
			sl_buf_fini(&out);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_never_matter),
		cmocka_unit_test(a_watched_field_over_the_bound_is_decided_by_its_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
