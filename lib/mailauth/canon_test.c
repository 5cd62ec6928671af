/* canon_test.c - RFC 6376's examples, the corners, and every way to cut them; header fields */

#include "check.h"
#include <stdlib.h>

#include "mailauth/canon.h"
#include "mailauth/headers.h"

static const struct {
	const char	*about;
	const char	*body;
	const char	*simple;
	const char	*relaxed;
} rows[] = {
	{ "the example of RFC 6376, 3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
	{ "an empty body", "", "\r\n", "" },
	{ "a body of empty lines", "\r\n\r\n\r\n", "\r\n", "" },
	{ "of lines with only white space", " \r\n\t\r\n", " \r\n\t\r\n", "" },
	{ "a last line without CRLF", "a", "a\r\n", "a\r\n" },
	{ "with white space and no CRLF", "a ", "a \r\n", "a\r\n" },
	{ "empty lines between", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "empty lines before", "\r\n\r\nb\r\n", "\r\n\r\nb\r\n", "\r\n\r\nb\r\n" },
	{ "lines of blanks between", "a\r\n \r\n\t \r\nb\r\n", "a\r\n \r\n\t \r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "a leading blank stays one", "\t  a\r\n   b\r\n", "\t  a\r\n   b\r\n", " a\r\n b\r\n" },
	{ "a bare CR is a byte", "a\rb\r\r\n\r", "a\rb\r\r\n\r\r\n", "a\rb\r\r\n\r\r\n" },
	{ "a bare LF is a byte", "a\nb\n\r\n\n\r\n", "a\nb\n\r\n\n\r\n", "a\nb\n\r\n\n\r\n" },
	{ "a blank before a bare CR", "a \rb\r\n", "a \rb\r\n", "a \rb\r\n" },
	{ "blanks within", "one  two\tthree \t four five\r\n", "one  two\tthree \t four five\r\n",
	    "one two three four five\r\n" },
	{ "a long line that is canonical",
	    "The quick brown fox jumps over the lazy dog and then some more of it\r\nand again the next\r\n",
	    "The quick brown fox jumps over the lazy dog and then some more of it\r\nand again the next\r\n",
	    "The quick brown fox jumps over the lazy dog and then some more of it\r\nand again the next\r\n" },
	{ "a blank at the end of a block", "0123456789abcde \r\n0123456789abcde \r\n\r\n",
	    "0123456789abcde \r\n0123456789abcde \r\n", "0123456789abcde\r\n0123456789abcde\r\n" },
};

static void
collect(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

/* Feed `body` cut at a and b, and compare. */
static void
expect(const char *about, enum sl_canon canon, struct sl_slice body, size_t a, size_t b, const char *want)
{
	struct sl_canon_body c;
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	sl_canon_body_init(&c, canon, collect, &out);
	sl_canon_body_feed(&c, body.ptr, a);
	sl_canon_body_feed(&c, body.ptr + a, b - a);
	sl_canon_body_feed(&c, body.ptr + b, body.len - b);
	sl_canon_body_finish(&c);
	if (strcmp(sl_buf_cstr(&out), want) != 0)
		fail_msg("%s, cut at %zu and %zu: [%s]", about, a, b, sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
a_body_is_canonical_however_it_is_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice body = sl_slice_str(rows[i].body);

		for (size_t a = 0; a <= body.len; a++)
			for (size_t b = a; b <= body.len; b++) {
				expect(rows[i].about, SL_CANON_SIMPLE, body, a, b, rows[i].simple);
				expect(rows[i].about, SL_CANON_RELAXED, body, a, b, rows[i].relaxed);
			}
	}
}

/* RFC 6376, 3.4.3 and 3.4.4 word by word, slow and plain: strip, then cut the end. */
static void
model(enum sl_canon canon, struct sl_slice in, struct sl_buf *out)
{
	struct sl_buf lines;
	struct sl_slice s;

	sl_buf_init(&lines, 1u << 20);
	for (size_t i = 0; i < in.len; i++) {
		bool blank = in.ptr[i] == ' ' || in.ptr[i] == '\t';

		if (canon == SL_CANON_RELAXED && blank) {
			while (i + 1 < in.len && (in.ptr[i + 1] == ' ' || in.ptr[i + 1] == '\t'))
				i++;
			if (i + 1 == in.len || (i + 2 < in.len && in.ptr[i + 1] == '\r' && in.ptr[i + 2] == '\n'))
				continue;
			sl_buf_add_byte(&lines, ' ');
		} else {
			sl_buf_add_byte(&lines, in.ptr[i]);
		}
	}
	s = sl_buf_slice(&lines);
	if (s.len > 0 && !(s.len >= 2 && memcmp(s.ptr + s.len - 2, "\r\n", 2) == 0))
		sl_buf_add_str(&lines, "\r\n");
	s = sl_buf_slice(&lines);
	while (s.len >= 4 && memcmp(s.ptr + s.len - 4, "\r\n\r\n", 4) == 0)
		s.len -= 2;
	if (canon == SL_CANON_RELAXED && s.len == 2)
		s.len = 0;
	if (s.len == 0 && canon == SL_CANON_SIMPLE)
		sl_buf_add_str(out, "\r\n");
	sl_buf_add_slice(out, s);
	sl_buf_fini(&lines);
}

static void
random_bodies_agree_with_the_plain_reading(void **state)
{
	static const char letters[] = "\r\n\r\n  \tab\r\nc";
	unsigned char body[200];

	srand(11);
	for (int round = 0; round < 20000; round++) {
		struct sl_slice s = sl_slice(body, (size_t)rand() % sizeof(body));
		enum sl_canon canon = round % 2 ? SL_CANON_RELAXED : SL_CANON_SIMPLE;
		struct sl_buf want;
		size_t spread = round % 3 == 0 ? 60 : sizeof(letters) - 1;

		for (size_t i = 0; i < s.len; i++) {
			size_t k = (size_t)rand() % spread;
			body[i] = k < sizeof(letters) - 1 ? (unsigned char)letters[k] : 'x';
		}
		sl_buf_init(&want, 1u << 20);
		model(canon, s, &want);
		expect("random", canon, s, s.len / 3, s.len / 2, sl_buf_cstr(&want));
		sl_buf_fini(&want);
	}
}

static const struct {
	const char	*field;
	const char	*relaxed;
} fields[] = {
	{ "A: X", "a:X" },				/* RFC 6376, 3.4.5 */
	{ "B : Y\t\r\n\tZ  ", "b:Y Z" },
	{ "Subject:\r\n folded", "subject:folded" },
	{ "X:", "x:" },
	{ "X: \t", "x:" },
	{ "X:a\rb\nc", "x:a\rb\nc" },
};

static void
a_field_is_canonical_too(void **state)
{
	unsigned char out[200];

	for (size_t i = 0; i < SL_COUNT(fields); i++) {
		struct sl_slice in = sl_slice_str(fields[i].field);
		size_t n = sl_canon_field(SL_CANON_RELAXED, in, false, out);

		assert_int_equal(n, strlen(fields[i].relaxed));
		assert_memory_equal(out, fields[i].relaxed, n);
		n = sl_canon_field(SL_CANON_SIMPLE, in, true, out);
		assert_int_equal(n, in.len + 2);
		assert_memory_equal(out, in.ptr, in.len);
	}
}

/* RFC 6376, 3.4.2 step by step: unfold, then one space for each run, none at the ends. */
static size_t
field_model(struct sl_slice in, unsigned char *out)
{
	size_t n = 0, m = 0, colon;

	for (size_t i = 0; i < in.len; i++) {
		if (i + 1 < in.len && in.ptr[i] == '\r' && in.ptr[i + 1] == '\n')
			i++;
		else
			out[n++] = in.ptr[i];
	}
	colon = (size_t)((unsigned char *)memchr(out, ':', n) - out);
	for (size_t i = 0; i < n; i++) {
		bool blank = out[i] == ' ' || out[i] == '\t';

		if (!blank)
			out[m++] = i < colon ? sl_ascii_lower(out[i]) : out[i];
		else if (m > 0 && out[m - 1] != ' ')
			out[m++] = ' ';
		if (i == colon)		/* none before it, and none behind it */
			out[m > 1 && out[m - 2] == ' ' ? --m - 1 : m - 1] = ':';
		if (m > 1 && out[m - 1] == ' ' && i > colon && out[m - 2] == ':' &&
		    memchr(out, ':', m - 2) == NULL)
			m--;
	}
	while (m > 0 && out[m - 1] == ' ')
		m--;
	return m;
}

static void
random_fields_agree_with_the_plain_reading(void **state)
{
	static const char letters[] = "\r\n\r\n  \t: \rab";
	unsigned char field[200], want[200], got[202];

	srand(13);
	for (int round = 0; round < 50000; round++) {
		struct sl_slice s = sl_slice(field, 4 + (size_t)rand() % (sizeof(field) - 4));
		size_t spread = round % 3 == 0 ? 200 : round % 3 == 1 ? 40 : sizeof(letters) - 1, n, m;

		memcpy(field, round % 2 ? "Xy: " : "Xy :", 4);
		for (size_t i = 4; i < s.len; i++) {
			size_t k = (size_t)rand() % spread;
			field[i] = k < sizeof(letters) - 1 ? (unsigned char)letters[k] : 'x';
		}
		n = field_model(s, want);
		m = sl_canon_field(SL_CANON_RELAXED, s, false, got);
		if (n != m || memcmp(want, got, n) != 0)
			fail_msg("[%.*s]: [%.*s], not [%.*s]", (int)s.len, field, (int)m, got, (int)n, want);
	}
}

static void
fields_are_found_from_the_bottom(void **state)
{
	struct sl_headers h;
	size_t at;

	sl_headers_init(&h, 60, 4);
	sl_headers_add(&h, SL_SLICE_LIT("From: one"));
	sl_headers_add(&h, SL_SLICE_LIT("no colon"));
	sl_headers_add(&h, SL_SLICE_LIT(": no name"));
	sl_headers_add(&h, SL_SLICE_LIT("FROM : two"));
	sl_headers_add(&h, SL_SLICE_LIT("To:\r\n three"));
	assert_int_equal(h.count, 3);
	assert_true(sl_headers_find_up(&h, SL_SLICE_LIT("from"), h.count, &at));
	assert_int_equal(at, 1);
	assert_true(sl_slice_eq(sl_headers_name(&h, at), SL_SLICE_LIT("FROM")));
	assert_true(sl_slice_eq(sl_headers_value(&h, at), SL_SLICE_LIT(" two")));
	assert_true(sl_headers_find_up(&h, SL_SLICE_LIT("from"), at, &at));
	assert_int_equal(at, 0);
	assert_false(sl_headers_find_up(&h, SL_SLICE_LIT("from"), at, &at));
	assert_int_equal(sl_headers_count_of(&h, SL_SLICE_LIT("From")), 2);
	assert_false(h.overflow);
	sl_headers_add(&h, SL_SLICE_LIT("X-Long: 0123456789012345678901234567890123456789"));
	assert_true(h.overflow);
	assert_int_equal(h.count, 3);
	sl_headers_reset(&h);
	for (int i = 0; i < 5; i++)
		sl_headers_add(&h, SL_SLICE_LIT("A:b"));
	assert_int_equal(h.count, 4);
	assert_true(h.overflow);
	sl_headers_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_canonical_however_it_is_cut),
		cmocka_unit_test(random_bodies_agree_with_the_plain_reading),
		cmocka_unit_test(a_field_is_canonical_too),
		cmocka_unit_test(random_fields_agree_with_the_plain_reading),
		cmocka_unit_test(fields_are_found_from_the_bottom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
