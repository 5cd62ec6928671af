/* data_test.c - the line rule, dots and the end of data */

#include "check.h"
#include "smtp/data.h"
#include "smtp/data_i.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_BYTES	8192

/* What a decoder did, seen from outside. */
struct seen {
	unsigned char	 out[2 * MAX_BYTES];
	size_t		 len;
	size_t		 calls;
	size_t		 used;
	int		 result;
	const unsigned char *lo, *hi;	/* where the sink's bytes have to lie; lo NULL: anywhere */
};

static void
seen_add(void *ctx, const unsigned char *data, size_t len)
{
	struct seen *s = ctx;

	assert_true(len > 0);
	assert_true(s->len + len <= sizeof(s->out));
	assert_true(s->lo == NULL || (data >= s->lo && data + len <= s->hi));
	memcpy(s->out + s->len, data, len);
	s->len += len;
	s->calls++;
}

static void
seen_check_same(const struct seen *a, const struct seen *b)
{
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->out, b->out, a->len);
}

struct way {
	bool			 normalise;
	size_t			 line_max_bytes;
	enum sl_smtp_data_kernel kernel;
};

/* Feed one more piece, from memory that ends where the piece does. */
static void
feed_piece(struct sl_smtp_data *d, struct seen *s, const unsigned char *in, size_t len,
    size_t align)
{
	unsigned char *room = malloc(align + len + 1), *piece = room + 1 + align;
	size_t used = 0;

	if (s->result != SL_MORE || len == 0) {
		free(room);
		return;
	}
	memcpy(piece, in, len);
	s->lo = d->normalise ? NULL : piece;
	s->hi = piece + len;
	s->result = sl_smtp_data_feed(d, piece, len, &used);
	assert_true(used <= len);
	assert_true(s->result != SL_MORE || used == len);
	s->used += used;
	free(room);
}

/* Decode `in` cut at two places. */
static void
decode_cut(struct way way, struct sl_slice in, size_t cut1, size_t cut2, size_t align,
    struct seen *s)
{
	struct sl_smtp_data d;

	s->len = s->calls = s->used = 0;
	s->result = SL_MORE;
	sl_smtp_data_init(&d, way.normalise, way.line_max_bytes, seen_add, s);
	d.kernel = (unsigned char)way.kernel;
	feed_piece(&d, s, in.ptr, cut1, align);
	feed_piece(&d, s, in.ptr + cut1, cut2 - cut1, align);
	feed_piece(&d, s, in.ptr + cut2, in.len - cut2, align);
}

static void
decode_bytewise(struct way way, struct sl_slice in, struct seen *s)
{
	struct sl_smtp_data d;

	s->len = s->calls = s->used = 0;
	s->result = SL_MORE;
	sl_smtp_data_init(&d, way.normalise, way.line_max_bytes, seen_add, s);
	d.kernel = (unsigned char)way.kernel;
	for (size_t i = 0; i < in.len; i++)
		feed_piece(&d, s, in.ptr + i, 1, 0);
}

/*
 * The reference: the rules of data.h by looking back over the whole input, byte by byte.
 */

static bool
ref_line_start(struct sl_slice in, size_t i)
{
	return i == 0 || (i >= 2 && in.ptr[i - 2] == '\r' && in.ptr[i - 1] == '\n');
}

static bool
ref_stuffed_dot(struct sl_slice in, size_t i)
{
	return in.ptr[i] == '.' && ref_line_start(in, i);
}

/* The result at byte i; adds to what is given. *content: bytes in the line so far. */
static int
ref_byte(struct way way, struct sl_slice in, size_t i, struct seen *s, size_t *content)
{
	unsigned char c = in.ptr[i];
	bool after_cr = i >= 1 && in.ptr[i - 1] == '\r';
	bool cr_held = after_cr && i >= 2 && ref_stuffed_dot(in, i - 2);

	if (after_cr) {
		if (c == '\n' && cr_held)
			return SL_DONE;
		if (c != '\n' && !way.normalise)
			return SL_ERR_BARE_CR;
		if (cr_held)
			seen_add(s, (const unsigned char *)"\r", 1);
		seen_add(s, (const unsigned char *)"\n", 1);
		*content = 0;
		if (c == '\n')
			return SL_MORE;
	}
	if ((c == '\n' || c == '\0') && !way.normalise)
		return c == '\n' ? SL_ERR_BARE_LF : SL_ERR_NUL;
	if (c == '\n') {
		seen_add(s, (const unsigned char *)"\r\n", 2);
		*content = 0;
	} else if (c == '\r') {
		if (i == 0 || !ref_stuffed_dot(in, i - 1))
			seen_add(s, &c, 1);
	} else if (c != '\0' && !ref_stuffed_dot(in, i)) {
		if (way.line_max_bytes != 0 && *content == way.line_max_bytes)
			return SL_ERR_TOO_LONG;
		seen_add(s, &c, 1);
		++*content;
	}
	return SL_MORE;
}

static void
ref_decode(struct way way, struct sl_slice in, struct seen *s)
{
	size_t content = 0, i;

	s->len = s->calls = 0;
	s->result = SL_MORE;
	s->lo = NULL;
	for (i = 0; i < in.len && s->result == SL_MORE; i++)
		s->result = ref_byte(way, in, i, s, &content);
	s->used = s->result < 0 ? i - 1 : i;
}

/*
 * Rows.
 */

struct row {
	const char	*name;
	bool		 normalise;
	size_t		 line_max_bytes;
	struct sl_slice	 in;
	int		 result;
	size_t		 used;
	struct sl_slice	 out;
};

#define S(text)	{ (const unsigned char *)(text), sizeof(text) - 1 }
#define ALL(text) sizeof(text) - 1

static const struct row rows[] = {
	{ "a text opening with the end is empty", false, 0, S(".\r\n"), SL_DONE, 3, S("") },
	{ "an empty line is not an empty text", false, 0, S("\r\n.\r\nQUIT"), SL_DONE, 5, S("\r\n") },
	{ "the last line's CRLF is the message's", false, 0, S("a\r\n.\r\n"), SL_DONE, 6, S("a\r\n") },
	{ "what follows the end is left", false, 0, S("a\r\n.\r\n.\r\n"), SL_DONE, 6, S("a\r\n") },
	{ "a dot before other bytes goes", false, 0, S(".x\r\n.\r\n"), SL_DONE, 7, S("x\r\n") },
	{ "of two dots one stays", false, 0, S("..\r\n.\r\n"), SL_DONE, 7, S(".\r\n") },
	{ "a dot inside a line stays", false, 0, S("a.\r\n.\r\n"), SL_DONE, 7, S("a.\r\n") },
	{ "an open dot is held", false, 0, S("a\r\n."), SL_MORE, 4, S("a\r\n") },
	{ "an open dot and CR are held", false, 0, S("a\r\n.\r"), SL_MORE, 5, S("a\r\n") },
	{ "an open CR is given", false, 0, S("a\r"), SL_MORE, 2, S("a\r") },
	{ "CR alone", false, 0, S("a\rb\r\n"), SL_ERR_BARE_CR, 2, S("a\r") },
	{ "CR CR LF", false, 0, S("a\r\r\n"), SL_ERR_BARE_CR, 2, S("a\r") },
	{ "CR NUL", false, 0, S("a\r\0"), SL_ERR_BARE_CR, 2, S("a\r") },
	{ "CR after the dot", false, 0, S(".\rx"), SL_ERR_BARE_CR, 2, S("") },
	{ "LF alone", false, 0, S("a\nb\r\n"), SL_ERR_BARE_LF, 1, S("a") },
	{ "LF first", false, 0, S("\n"), SL_ERR_BARE_LF, 0, S("") },
	{ "LF after the dot", false, 0, S("\r\n.\n"), SL_ERR_BARE_LF, 3, S("\r\n") },
	{ "LF after CRLF", false, 0, S("\r\n\n"), SL_ERR_BARE_LF, 2, S("\r\n") },
	{ "NUL", false, 0, S("ab\0"), SL_ERR_NUL, 2, S("ab") },
	{ "NUL after the dot", false, 0, S(".\0\r\n"), SL_ERR_NUL, 1, S("") },
	{ "a line at the limit", false, 4, S("abcd\r\n.\r\n"), SL_DONE, 9, S("abcd\r\n") },
	{ "a line past the limit", false, 4, S("abcde\r\n"), SL_ERR_TOO_LONG, 4, S("abcd") },
	{ "a stuffed dot is not counted", false, 4, S(".abcd\r\n"), SL_MORE, 7, S("abcd\r\n") },
	{ "a dot that stays is", false, 4, S("..abcd\r\n"), SL_ERR_TOO_LONG, 5, S(".abc") },

	{ "CR becomes CRLF", true, 0, S("a\rb\r\n.\r\n"), SL_DONE, 8, S("a\r\nb\r\n") },
	{ "LF becomes CRLF", true, 0, S("a\nb\r\n.\r\n"), SL_DONE, 8, S("a\r\nb\r\n") },
	{ "CR CR LF is two", true, 0, S("a\r\r\nb"), SL_MORE, 5, S("a\r\n\r\nb") },
	{ "LF LF is two", true, 0, S("a\n\nb"), SL_MORE, 4, S("a\r\n\r\nb") },
	{ "LF CR is two", true, 0, S("a\n\rb"), SL_MORE, 4, S("a\r\n\r\nb") },
	{ "LF CR LF is two", true, 0, S("a\n\r\nb"), SL_MORE, 5, S("a\r\n\r\nb") },
	{ "NUL goes", true, 0, S("a\0b\0"), SL_MORE, 4, S("ab") },
	{ "NUL parts CR and LF", true, 0, S("a\r\0\nb"), SL_MORE, 5, S("a\r\n\r\nb") },
	{ "a dot after LF is content", true, 0, S("a\n..b\r\n"), SL_MORE, 7, S("a\r\n..b\r\n") },
	{ "a dot after CR is content", true, 0, S("a\r.\r\nb"), SL_MORE, 6, S("a\r\n.\r\nb") },
	{ "a dot after CRLF and NUL is content", true, 0, S("a\r\n\0.\r\n"), SL_MORE, 7,
	    S("a\r\n.\r\n") },
	{ "LF.CRLF is no end", true, 0, S("a\n.\r\n.\r\n"), SL_DONE, 8, S("a\r\n.\r\n") },
	{ "CRLF.LF is an empty line", true, 0, S("a\r\n.\nb"), SL_MORE, 6, S("a\r\n\r\nb") },
	{ "CRLF.CR is an empty line", true, 0, S("a\r\n.\rb"), SL_MORE, 6, S("a\r\n\r\nb") },
	{ "CRLF.CR CRLF is two", true, 0, S(".\r\r\nb"), SL_MORE, 5, S("\r\n\r\nb") },
	{ "CRLF.NUL CRLF is an empty line", true, 0, S(".\0\r\nb"), SL_MORE, 5, S("\r\nb") },
	{ "CR CRLF.CRLF ends", true, 0, S("a\r\r\n.\r\nQ"), SL_DONE, 7, S("a\r\n\r\n") },
	{ "a bare LF ends the count", true, 4, S("abcd\nabcd\rabcd\r\n"), SL_MORE, 16,
	    S("abcd\r\nabcd\r\nabcd\r\n") },
	{ "NULs are not counted", true, 4, S("\0ab\0\0cd\0e"), SL_ERR_TOO_LONG, 8, S("abcd") },
};

static void
each_rule_holds_at_every_cut(void **state)
{
	static struct seen s;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct way way = { row->normalise, row->line_max_bytes, SL_SMTP_DATA_PORTABLE };

		for (size_t a = 0; a <= row->in.len; a++)
			for (size_t b = a; b <= row->in.len; b++) {
				decode_cut(way, row->in, a, b, 0, &s);
				if (s.result != row->result || s.used != row->used ||
				    !sl_slice_eq(sl_slice(s.out, s.len), row->out))
					fail_msg("%s (cut at %zu, %zu): %d after %zu, %zu given",
					    row->name, a, b, s.result, s.used, s.len);
			}
	}
}

/* The tests' own numbers: the same in every run. */
static uint64_t
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* Text in which what matters is dense, or (shape > 0) rare. */
static size_t
random_text(uint64_t *seed, unsigned char *out, size_t len)
{
	static const char *const dense[] = { "\r\n", "\r\n.", "\r\n.\r", "\r", "\n", ".", "\0", "a",
	    "\r\n..", "\r\n.\r\n" };
	unsigned kinds = next_random(seed) % 4 == 0 ? 10 : 9;
	unsigned rarity = 1u << next_random(seed) % 8;
	bool legal = next_random(seed) % 2 == 0;
	size_t at = 0;

	while (at < len) {
		size_t kind = next_random(seed) % kinds;
		size_t n = kind == 6 ? 1 : strlen(dense[kind]);

		if (next_random(seed) % rarity != 0 || (legal && kind >= 2 && kind <= 6)) {
			out[at++] = (unsigned char)('A' + next_random(seed) % 26);
			continue;
		}
		n = SL_MIN(n, len - at);
		memcpy(out + at, dense[kind], n);
		at += n;
	}
	return at;
}

static void
every_kernel_agrees_with_the_reference(void **state)
{
	static const size_t maxima[] = { 0, 3, 63, 64, 65, 70, 127, 300 };
	static struct seen expected, s;
	static unsigned char in[MAX_BYTES];
	uint64_t seed = 1;
	size_t ends[3] = { 0 };

	for (size_t round = 0; round < 60000; round++) {
		size_t len = random_text(&seed, in, next_random(&seed) % (round % 16 == 0 ? 700 : 200));
		size_t cut1 = next_random(&seed) % (len + 1);
		size_t cut2 = cut1 + next_random(&seed) % (len - cut1 + 1);
		struct way way = { round % 2, maxima[next_random(&seed) % SL_COUNT(maxima)], 0 };

		ref_decode(way, sl_slice(in, len), &expected);
		ends[expected.result < 0 ? 0 : expected.result + 1]++;
		for (unsigned k = 0; k < SL_SMTP_DATA_KERNELS; k++) {
			way.kernel = (enum sl_smtp_data_kernel)k;
			if (!sl_smtp_data_kernel_ok(way.kernel))
				continue;
			decode_cut(way, sl_slice(in, len), 0, len, round % 64, &s);
			seen_check_same(&expected, &s);
			decode_cut(way, sl_slice(in, len), cut1, cut2, round % 64, &s);
			seen_check_same(&expected, &s);
		}
	}
	for (size_t i = 0; i < SL_COUNT(ends); i++)
		assert_true(ends[i] > 1000);	/* errors, more, done: all were met */
}

static void
every_single_cut_of_longer_texts_agrees(void **state)
{
	static struct seen expected, s;
	static unsigned char in[MAX_BYTES];
	uint64_t seed = 2;

	for (size_t round = 0; round < 120; round++) {
		size_t len = random_text(&seed, in, 300);
		struct way way = { round % 2, round % 3 == 0 ? 70 : 0, 0 };

		ref_decode(way, sl_slice(in, len), &expected);
		for (unsigned k = 0; k < SL_SMTP_DATA_KERNELS; k++) {
			way.kernel = (enum sl_smtp_data_kernel)k;
			if (!sl_smtp_data_kernel_ok(way.kernel))
				continue;
			for (size_t cut = 0; cut <= len; cut++) {
				decode_cut(way, sl_slice(in, len), cut, len, cut % 64, &s);
				seen_check_same(&expected, &s);
			}
			decode_bytewise(way, sl_slice(in, len), &s);
			seen_check_same(&expected, &s);
		}
	}
}

/* Each byte that matters, put at each place of a long legal text, at each alignment. */
static void
no_place_in_a_block_is_overlooked(void **state)
{
	static const char *const planted[] = { "\r", "\n", "\0", ".", "\r\n", "\r\n.", "\r\n.\r\n",
	    "\n.", "\r\n\r", "\r\n\n" };
	static struct seen expected, s;
	unsigned char in[260];

	for (size_t p = 0; p < SL_COUNT(planted); p++) {
		size_t n = SL_MAX(strlen(planted[p]), (size_t)1);

		for (size_t at = 0; at + n <= sizeof(in); at++) {
			memset(in, 'x', sizeof(in));
			memcpy(in + at, planted[p], n);
			for (unsigned k = 0; k < 2 * SL_SMTP_DATA_KERNELS; k++) {
				struct way way = { k % 2, 200, (enum sl_smtp_data_kernel)(k / 2) };

				if (!sl_smtp_data_kernel_ok(way.kernel))
					continue;
				ref_decode(way, sl_slice(in, sizeof(in)), &expected);
				decode_cut(way, sl_slice(in, sizeof(in)), 0, sizeof(in), at % 64, &s);
				seen_check_same(&expected, &s);
			}
		}
	}
}

static void
legal_text_reaches_the_sink_in_one_call_per_feed(void **state)
{
	static struct seen s;
	static unsigned char in[4000];
	struct way way = { false, 998, SL_SMTP_DATA_PORTABLE };

	for (size_t i = 0; i + 80 <= sizeof(in); i += 80) {
		memset(in + i, '.', 78);
		in[i] = 'a';
		memcpy(in + i + 78, "\r\n", 2);
	}
	decode_cut(way, sl_slice(in, sizeof(in)), 2000, 3000, 0, &s);
	assert_int_equal(s.result, SL_MORE);
	assert_int_equal(s.calls, 3);
	assert_int_equal(s.len, sizeof(in));
}

static void
bytes_that_may_be_the_end_are_counted_as_unsettled(void **state)
{
	static const struct {
		const char	*in;
		size_t		 unsettled;
	} cases[] = {
		{ "", 0 }, { "a", 0 }, { "a\r", 1 }, { "a\r\n", 0 }, { ".", 1 }, { ".\r", 2 },
		{ "a\r\n.", 1 }, { "a\r\n.\r", 2 }, { "a\r\n..", 0 }, { "a\r\n.b", 0 },
		{ "a\r\n..\r", 1 }, { "a\r\n.\r\n", 0 },
	};

	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		struct sl_smtp_data d;
		size_t used;

		sl_smtp_data_init(&d, false, 0, NULL, NULL);
		assert_true(sl_smtp_data_feed(&d, (const unsigned char *)cases[i].in,
		    strlen(cases[i].in), &used) >= 0);
		assert_int_equal(sl_smtp_data_unsettled(&d), cases[i].unsettled);
	}
}

/* Where CRLF.CRLF (or .CRLF at the front) ends in `in`; 0: nowhere. */
static size_t
plain_end(struct sl_slice in)
{
	for (size_t i = 0; i + 3 <= in.len; i++)
		if (ref_line_start(in, i) && memcmp(in.ptr + i, ".\r\n", 3) == 0)
			return i + 3;
	return 0;
}

static void
skipping_finds_only_the_real_end(void **state)
{
	static unsigned char in[MAX_BYTES];
	uint64_t seed = 3;
	size_t found = 0, after_error = 0;

	for (size_t round = 0; round < 30000; round++) {
		size_t len = random_text(&seed, in, next_random(&seed) % 120);
		size_t cut = next_random(&seed) % (len + 1), used = 0, more = 0, end;
		struct sl_smtp_data d;
		int r;

		end = plain_end(sl_slice(in, len));
		sl_smtp_data_init(&d, false, 20, NULL, NULL);
		r = sl_smtp_data_feed(&d, in, cut, &used);
		if (r == SL_DONE) {
			assert_int_equal(used, end);
			continue;
		}
		if (r < 0 && used < cut) {	/* one piece more, to cut the skip too */
			r = sl_smtp_data_skip(&d, in + used, cut - used, &more);
			used += more;
			after_error++;
		}
		if (r != SL_DONE) {
			r = sl_smtp_data_skip(&d, in + used, len - used, &more);
			used += more;
		}
		assert_int_equal(r, end != 0 ? SL_DONE : SL_MORE);
		assert_int_equal(used, end != 0 ? end : len);
		found += end != 0;
	}
	assert_true(found > 500);
	assert_true(after_error > 500);
}

/* Encode cut at one place. */
static void
stuff(struct sl_slice in, size_t cut, struct seen *s)
{
	struct sl_smtp_stuff stuffing = { 0 };

	s->len = s->calls = 0;
	s->lo = NULL;
	sl_smtp_stuff_feed(&stuffing, in.ptr, cut, seen_add, s);
	sl_smtp_stuff_feed(&stuffing, in.ptr + cut, in.len - cut, seen_add, s);
	sl_smtp_stuff_finish(&stuffing, seen_add, s);
}

static void
stuffing_adds_what_decoding_takes_away(void **state)
{
	static const struct {
		struct sl_slice	in, wire;
	} cases[] = {
		{ S(""), S(".\r\n") },
		{ S("a\r\n"), S("a\r\n.\r\n") },
		{ S("a"), S("a\r\n.\r\n") },
		{ S("a\r"), S("a\r\n.\r\n") },
		{ S("."), S("..\r\n.\r\n") },
		{ S(".\r\n"), S("..\r\n.\r\n") },
		{ S("a.\r\n.b\r\n..c\r\n"), S("a.\r\n..b\r\n...c\r\n.\r\n") },
		{ S("\r\n.\r\n"), S("\r\n..\r\n.\r\n") },
	};
	static struct seen s;

	for (size_t i = 0; i < SL_COUNT(cases); i++)
		for (size_t cut = 0; cut <= cases[i].in.len; cut++) {
			stuff(cases[i].in, cut, &s);
			assert_true(sl_slice_eq(sl_slice(s.out, s.len), cases[i].wire));
		}
}

static void
what_was_stuffed_decodes_to_itself(void **state)
{
	static struct seen clean, wire, again;
	static unsigned char in[MAX_BYTES];
	struct way way = { true, 0, SL_SMTP_DATA_PORTABLE };
	uint64_t seed = 4;

	for (size_t round = 0; round < 5000; round++) {
		size_t len = random_text(&seed, in, next_random(&seed) % 200);

		way.normalise = true;
		decode_cut(way, sl_slice(in, len), 0, len, 0, &clean);
		stuff(sl_slice(clean.out, clean.len), next_random(&seed) % (clean.len + 1), &wire);
		way.normalise = false;
		decode_cut(way, sl_slice(wire.out, wire.len), 0, wire.len, 0, &again);
		assert_int_equal(again.result, SL_DONE);
		assert_int_equal(again.used, wire.len);
		assert_in_range(again.len, clean.len, clean.len + 2);
		assert_memory_equal(again.out, clean.out, clean.len);
	}
}

/*
 * The published smuggling sequences.
 */

static size_t
unhex(const char *hex, unsigned char *out, size_t max)
{
	size_t n = 0;
	unsigned byte;

	while (n < max && sscanf(hex + 2 * n, "%2x", &byte) == 1 && hex[2 * n] != '"')
		out[n++] = (unsigned char)byte;
	return n;
}

/* A message, the sequence, a second transaction, the real end. */
static size_t
smuggle(const unsigned char *sequence, size_t n, unsigned char *out, size_t *sequence_at_out)
{
	static const char head[] = "Subject: one\r\n\r\nfirst";
	static const char tail[] = "MAIL FROM:<smuggled@sender.example>\r\nRCPT TO:<a@b.example>\r\n"
	    "DATA\r\nSubject: two\r\n\r\nsecond\r\n.\r\n";

	memcpy(out, head, sizeof(head) - 1);
	memcpy(out + sizeof(head) - 1, sequence, n);
	memcpy(out + sizeof(head) - 1 + n, tail, sizeof(tail) - 1);
	*sequence_at_out = sizeof(head) - 1;
	return sizeof(head) - 1 + n + sizeof(tail) - 1;
}

static void
smuggle_check(const char *id, struct sl_slice in, size_t legal_end)
{
	static struct seen s, wire, again;
	struct way way = { false, 0, SL_SMTP_DATA_PORTABLE };

	for (unsigned k = 0; k < 2 * SL_SMTP_DATA_KERNELS; k++) {
		way.normalise = k % 2;
		way.kernel = (enum sl_smtp_data_kernel)(k / 2);
		if (!sl_smtp_data_kernel_ok(way.kernel))
			continue;
		for (size_t cut = 0; cut <= in.len; cut++) {
			decode_cut(way, in, cut, in.len, 0, &s);
			if (!(s.result == SL_DONE && s.used == legal_end) &&
			    (way.normalise || legal_end != in.len || s.result >= 0))
				fail_msg("%s, cut at %zu: %d after %zu", id, cut, s.result, s.used);
		}
		stuff(sl_slice(s.out, s.len), 0, &wire);
		decode_cut((struct way){ false, 0, way.kernel }, sl_slice(wire.out, wire.len), 0,
		    wire.len, 0, &again);
		assert_true(s.result < 0 || (again.result == SL_DONE && again.used == wire.len));
	}
}

static size_t
smuggle_file(const char *name, bool legal)
{
	const char *shared = getenv("SLUICE_SHARED");
	char path[4096], line[4096];
	unsigned char sequence[64], in[1024];
	size_t rows_seen = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/conformance/smtp-smuggling/%s",
	    shared != NULL ? shared : "../shared", name);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *hex = strstr(line, "\"bytes_hex\": \"");
		size_t n, at, len;

		assert_non_null(hex);
		n = unhex(hex + strlen("\"bytes_hex\": \""), sequence, sizeof(sequence));
		len = smuggle(sequence, n, in, &at);
		smuggle_check(line, sl_slice(in, len), legal ? at + n : len);
		rows_seen++;
	}
	fclose(f);
	return rows_seen;
}

static void
only_the_valid_sequence_ends_the_text(void **state)
{
	size_t hostile = smuggle_file("eod-sequences.jsonl", false);

	if (hostile == 0) {
		print_message("smuggling sequences: not here (SLUICE_SHARED), skipped\n");
		skip();
	}
	assert_true(hostile >= 16);
	assert_int_equal(smuggle_file("valid-eod.jsonl", true), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_holds_at_every_cut),
		cmocka_unit_test(every_kernel_agrees_with_the_reference),
		cmocka_unit_test(every_single_cut_of_longer_texts_agrees),
		cmocka_unit_test(no_place_in_a_block_is_overlooked),
		cmocka_unit_test(legal_text_reaches_the_sink_in_one_call_per_feed),
		cmocka_unit_test(bytes_that_may_be_the_end_are_counted_as_unsettled),
		cmocka_unit_test(skipping_finds_only_the_real_end),
		cmocka_unit_test(stuffing_adds_what_decoding_takes_away),
		cmocka_unit_test(what_was_stuffed_decodes_to_itself),
		cmocka_unit_test(only_the_valid_sequence_ends_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
