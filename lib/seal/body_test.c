/* body_test.c - sealed bodies: what goes in comes out, nothing else does, and lengths say little */

#include "check.h"
#include "seal/body.h"
#include "seal/capture.h"
#include "sl/buf.h"

#include <stdlib.h>

#define MAX	((size_t)64 << 20)

static int
collect(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
	return 0;
}

/* Text that compresses about as mail does, or noise. Deterministic. */
static void
fill(unsigned char *p, size_t len, unsigned seed, bool noise)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = noise ? (unsigned char)(x >> 24) : (unsigned char)("etaoin shrdlu\r\nETAOIN"[(x >> 24) % 21]);
	}
}

static void
seal_all(struct sl_slice plain, size_t piece, struct sl_buf *out, struct sl_seal_body_info *info)
{
	struct sl_seal_body *body = sl_seal_body_new();

	sl_seal_body_begin(body, collect, out);
	for (size_t at = 0; at < plain.len; at += piece)
		assert_int_equal(sl_seal_body_feed(body, sl_slice(plain.ptr + at, SL_MIN(piece, plain.len - at))), 0);
	assert_int_equal(sl_seal_body_finish(body, info), 0);
	assert_true(sl_seal_body_memory(body) < 600 << 10);
	sl_seal_body_free(&body);
	assert_null(body);
}

/* The result; what came out is in `out`. */
static int
open_all(struct sl_slice sealed, size_t piece, const struct sl_seal_body_info *info, struct sl_buf *out)
{
	struct sl_seal_opener *opener = sl_seal_opener_new(info, collect, out);
	int r = 0;

	sl_buf_reset(out);
	for (size_t at = 0; at < sealed.len && r == 0; at += piece)
		r = sl_seal_opener_feed(opener, sl_slice(sealed.ptr + at, SL_MIN(piece, sealed.len - at)));
	if (r == 0)
		r = sl_seal_opener_finish(opener);
	assert_true(sl_seal_opener_memory(opener) < 500 << 10);
	sl_seal_opener_free(&opener);
	return r;
}

static void
what_goes_in_comes_out(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 100, 4000, 4055, 4056, 5000, 16366, 16367, 16368, 20480, 32700, 32751,
		65536, 131072, 131073, 300000, 1000000, 5 << 20 };
	static const size_t pieces[] = { 1, 7, 4096, 16384, 100000, MAX };
	struct sl_buf sealed, opened;
	struct sl_seal_body_info info;
	unsigned char *plain = sl_xmalloc(5 << 20);

	sl_buf_init(&sealed, MAX);
	sl_buf_init(&opened, MAX);
	for (size_t i = 0; i < SL_COUNT(lengths) * 2; i++) {
		size_t len = lengths[i / 2];

		fill(plain, len, (unsigned)i, i & 1);
		for (size_t p = len > 300000 ? 2 : 0; p < SL_COUNT(pieces); p++) {
			sl_buf_reset(&sealed);
			seal_all(sl_slice(plain, len), pieces[p], &sealed, &info);
			assert_true(info.plain_bytes == len && info.sealed_bytes == sealed.len);
			assert_true(sl_seal_bucket(sealed.len) == sealed.len && sealed.len % SL_SEAL_BODY_MIN == 0);
			assert_true(sealed.len <= sl_seal_body_bound(len));
			assert_int_equal(open_all(sl_buf_slice(&sealed), pieces[(p + 2) % SL_COUNT(pieces)], &info, &opened), 0);
			assert_true(sl_slice_eq(sl_buf_slice(&opened), sl_slice(plain, len)));
		}
	}
	sl_buf_fini(&sealed);
	sl_buf_fini(&opened);
	sl_free(plain);
}

/* One sealer for message after message, also after one that was dropped in the middle. */
static void
a_sealer_can_be_used_again(void **state)
{
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_seal_body_info a, b;
	struct sl_buf sealed, opened;

	sl_buf_init(&sealed, MAX);
	sl_buf_init(&opened, MAX);
	sl_seal_body_begin(body, collect, &sealed);
	assert_int_equal(sl_seal_body_feed(body, sl_slice_str("of another message")), 0);
	sl_buf_reset(&sealed);
	sl_seal_body_begin(body, collect, &sealed);
	assert_int_equal(sl_seal_body_feed(body, sl_slice_str("one")), 0);
	assert_int_equal(sl_seal_body_finish(body, &a), 0);
	assert_int_equal(open_all(sl_buf_slice(&sealed), 5, &a, &opened), 0);
	assert_string_equal(sl_buf_cstr(&opened), "one");
	sl_buf_reset(&sealed);
	sl_seal_body_begin(body, collect, &sealed);
	assert_int_equal(sl_seal_body_feed(body, sl_slice_str("two")), 0);
	assert_int_equal(sl_seal_body_finish(body, &b), 0);
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
	assert_int_equal(open_all(sl_buf_slice(&sealed), 5, &a, &opened), SL_ERR_DAMAGED);
	assert_int_equal(open_all(sl_buf_slice(&sealed), 5, &b, &opened), 0);
	assert_string_equal(sl_buf_cstr(&opened), "two");
	sl_seal_body_free(&body);
	sl_buf_fini(&sealed);
	sl_buf_fini(&opened);
}

/* A copy of `sealed` with something done to it does not open, and gives no byte that was not sealed. */
static void
refused(struct sl_slice bytes, const struct sl_seal_body_info *info, struct sl_slice plain, const char *what)
{
	struct sl_buf opened;
	int r;

	sl_buf_init(&opened, MAX);
	r = open_all(bytes, 4096, info, &opened);
	if (r != SL_ERR_DAMAGED)
		fail_msg("%s: %d", what, r);
	assert_true(opened.len <= plain.len && (opened.len == 0 || memcmp(opened.data, plain.ptr, opened.len) == 0));
	sl_buf_fini(&opened);
}

static void
damage_is_seen(void **state)
{
	struct sl_seal_body_info info, wrong;
	struct sl_buf sealed, copy;
	unsigned char plain[60000];
	struct sl_slice all = sl_slice(plain, sizeof(plain));
	const size_t block = SL_SEAL_BODY_BLOCK;

	sl_buf_init(&sealed, MAX);
	sl_buf_init(&copy, MAX);
	fill(plain, sizeof(plain), 1, true);
	seal_all(all, 1000, &sealed, &info);
	assert_int_equal(sealed.len, 61440);
	for (size_t i = 0; i < sealed.len; i += i < 64 ? 1 : 211) {	/* a bit */
		sealed.data[i] ^= (unsigned char)(1 << i % 8);
		refused(sl_buf_slice(&sealed), &info, all, "a bit");
		sealed.data[i] ^= (unsigned char)(1 << i % 8);
	}
	for (size_t i = 0; i < sealed.len; i += i < 64 ? 1 : 331)	/* its end */
		refused(sl_slice(sealed.data, i), &info, all, "cut");
	for (size_t n = 0; n < 4; n++)		/* at a block's border */
		refused(sl_slice(sealed.data, 24 + n * block), &info, all, "cut between blocks");
	sl_buf_add(&copy, sealed.data, sealed.len);	/* two blocks change places */
	memcpy(copy.data + 24, sealed.data + 24 + block, block);
	memcpy(copy.data + 24 + block, sealed.data + 24, block);
	refused(sl_buf_slice(&copy), &info, all, "blocks reordered");
	sl_buf_reset(&copy);			/* one is missing */
	sl_buf_add(&copy, sealed.data, 24 + block);
	sl_buf_add(&copy, sealed.data + 24 + 2 * block, sealed.len - 24 - 2 * block);
	refused(sl_buf_slice(&copy), &info, all, "a block left out");
	sl_buf_reset(&copy);			/* it goes on */
	sl_buf_add(&copy, sealed.data, sealed.len);
	for (size_t i = 0; i < 16384; i += 1023) {
		sl_buf_add_byte(&copy, 0);
		refused(sl_buf_slice(&copy), &info, all, "continued");
	}
	wrong = info;				/* more or fewer bytes than the record says */
	wrong.plain_bytes--;
	refused(sl_buf_slice(&sealed), &wrong, all, "more than said");
	wrong.plain_bytes += 2;
	refused(sl_buf_slice(&sealed), &wrong, all, "fewer than said");
	sl_buf_fini(&sealed);
	sl_buf_fini(&copy);
}

/* 64 MiB of zeros in a few KiB: who expects 1,000 bytes gets at most them. */
static void
a_bomb_is_not_unpacked(void **state)
{
	struct sl_seal_body_info info;
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_buf sealed, opened;
	unsigned char *zeros = sl_xzalloc(1 << 20);

	sl_buf_init(&sealed, MAX);
	sl_buf_init(&opened, MAX);
	sl_seal_body_begin(body, collect, &sealed);
	for (int i = 0; i < 64; i++)
		assert_int_equal(sl_seal_body_feed(body, sl_slice(zeros, 1 << 20)), 0);
	assert_int_equal(sl_seal_body_finish(body, &info), 0);
	assert_true(sealed.len <= 16384);
	info.plain_bytes = 1000;
	assert_int_equal(open_all(sl_buf_slice(&sealed), 4096, &info, &opened), SL_ERR_DAMAGED);
	assert_true(opened.len <= 1000);
	sl_seal_body_free(&body);
	sl_buf_fini(&sealed);
	sl_buf_fini(&opened);
	sl_free(zeros);
}

static int
refuse_after(void *ctx, struct sl_slice bytes)
{
	int *left = ctx;

	return (*left)-- > 0 ? 0 : SL_ERR_NO_SPACE;
}

static void
what_the_sink_says_is_passed_on(void **state)
{
	static unsigned char plain[100000];

	fill(plain, sizeof(plain), 3, true);
	for (int n = 0; n < 8; n++) {
		struct sl_seal_body *body = sl_seal_body_new();
		struct sl_seal_body_info info;
		int left = n, r;

		sl_seal_body_begin(body, refuse_after, &left);
		r = sl_seal_body_feed(body, sl_slice(plain, sizeof(plain)));
		if (r == 0)
			r = sl_seal_body_finish(body, &info);
		assert_int_equal(r, SL_ERR_NO_SPACE);
		sl_seal_body_free(&body);
	}
}

static void
buckets_are_few_and_near(void **state)
{
	uint64_t before = 0;
	unsigned count = 0;

	for (uint64_t len = 0; len < 40 << 20; len += 1 + len / 64) {
		uint64_t b = sl_seal_bucket(len);

		assert_true(b >= len && b % SL_SEAL_BODY_MIN == 0 && sl_seal_bucket(b) == b);
		assert_true(b - len < SL_MAX((uint64_t)4097, len / 8 + 1));
		assert_true(b >= before);
		count += b != before;
		before = b;
	}
	print_message("%u buckets up to 40 MiB\n", count);
	assert_true(count <= 100);
}

static void
a_capture_gives_back_what_it_took(void **state)
{
	static const size_t lengths[] = { 0, 1, 32751, 32752, 32753, 100000, 1 << 20 };
	struct sl_buf file, back;
	unsigned char *plain = sl_xmalloc(1 << 20);

	sl_buf_init(&file, MAX);
	sl_buf_init(&back, MAX);
	for (size_t i = 0; i < SL_COUNT(lengths); i++) {
		struct sl_seal_capture *capture = sl_seal_capture_new(collect, &file);
		size_t len = lengths[i];

		sl_buf_reset(&file);
		fill(plain, len, 5, false);
		for (size_t at = 0; at < len; at += 999)
			assert_int_equal(sl_seal_capture_feed(capture, sl_slice(plain + at, SL_MIN((size_t)999, len - at))), 0);
		assert_int_equal(sl_seal_capture_finish(capture), 0);
		assert_int_equal(sl_seal_capture_file_bytes(capture), file.len);
		for (int again = 0; again < 2; again++) {
			sl_buf_reset(&back);
			sl_seal_capture_rewind(capture, collect, &back);
			for (size_t at = 0; at < file.len; at += 1234)
				assert_int_equal(sl_seal_capture_read(capture, sl_slice(file.data + at,
				    SL_MIN((size_t)1234, file.len - at))), 0);
			assert_int_equal(sl_seal_capture_end(capture), 0);
			assert_true(sl_slice_eq(sl_buf_slice(&back), sl_slice(plain, len)));
		}
		for (size_t at = 0; at < file.len; at += 1 + file.len / 50) {
			int r;

			sl_buf_reset(&back);
			file.data[at] ^= 1;
			sl_seal_capture_rewind(capture, collect, &back);
			r = sl_seal_capture_read(capture, sl_buf_slice(&file));
			assert_int_equal(r != 0 ? r : sl_seal_capture_end(capture), SL_ERR_DAMAGED);
			file.data[at] ^= 1;
			sl_seal_capture_rewind(capture, collect, &back);
			r = sl_seal_capture_read(capture, sl_slice(file.data, at));	/* cut */
			assert_int_equal(r != 0 ? r : sl_seal_capture_end(capture), SL_ERR_DAMAGED);
		}
		sl_seal_capture_free(&capture);
	}
	sl_buf_fini(&file);
	sl_buf_fini(&back);
	sl_free(plain);
}

struct one_piece {
	struct sl_buf	*out;
	unsigned	 given;		/* since it was set to 0 */
};

static int
take_one(void *ctx, struct sl_slice bytes)
{
	struct one_piece *piece = ctx;

	assert_true(bytes.len <= SL_SEAL_PIECE);
	piece->given++;
	sl_buf_add_slice(piece->out, bytes);
	return 0;
}

static int
more(struct sl_seal_opener *opener, struct one_piece *piece, int r)
{
	while (r == 0 && sl_seal_opener_pending(opener)) {
		piece->given = 0;
		r = sl_seal_opener_more(opener);
		assert_true(piece->given <= 1);
	}
	return r;
}

static int
open_stepwise(struct sl_slice sealed, const struct sl_seal_body_info *info, struct sl_buf *out)
{
	struct one_piece piece = { out, 0 };
	struct sl_seal_opener *opener = sl_seal_opener_new(info, take_one, &piece);
	int r = 0;

	sl_buf_reset(out);
	sl_seal_opener_stepwise(opener);
	for (size_t at = 0, n; at < sealed.len && r == 0; at += n) {
		n = SL_MIN(at == 0 ? (size_t)SL_SEAL_BODY_HEADER : (size_t)SL_SEAL_BODY_BLOCK, sealed.len - at);
		piece.given = 0;
		r = sl_seal_opener_feed(opener, sl_slice(sealed.ptr + at, n));
		assert_true(piece.given <= 1);
		r = more(opener, &piece, r);
	}
	if (r == 0) {
		piece.given = 0;
		r = sl_seal_opener_finish(opener);
		assert_true(piece.given <= 1);
		if (sl_seal_opener_pending(opener)) {
			r = more(opener, &piece, r);
			r = r != 0 ? r : sl_seal_opener_finish(opener);
		}
	}
	sl_seal_opener_free(&opener);
	return r;
}

/* Zeros, of which megabytes are packed into one block, come piece by piece; and what is damaged is seen as well. */
static void
a_reader_with_little_room_gets_it_piece_by_piece(void **state)
{
	static const size_t lengths[] = { 0, 1, 16384, 16385, 100000, 5 << 20 };
	unsigned char *plain = sl_xzalloc(5 << 20);
	struct sl_seal_body_info info;
	struct sl_buf sealed, opened;

	sl_buf_init(&sealed, MAX);
	sl_buf_init(&opened, MAX);
	for (size_t i = 0; i < SL_COUNT(lengths) * 3; i++) {
		size_t len = lengths[i / 3];

		if (i % 3 > 0)
			fill(plain, len, (unsigned)i, i % 3 == 1);
		else
			memset(plain, 0, len);
		sl_buf_reset(&sealed);
		seal_all(sl_slice(plain, len), 4096, &sealed, &info);
		assert_int_equal(open_stepwise(sl_buf_slice(&sealed), &info, &opened), 0);
		assert_true(sl_slice_eq(sl_buf_slice(&opened), sl_slice(plain, len)));
		info.plain_bytes++;
		assert_int_equal(open_stepwise(sl_buf_slice(&sealed), &info, &opened), SL_ERR_DAMAGED);
		info.plain_bytes -= info.plain_bytes > 1 ? 2 : 1;
		if (len > 0)
			assert_int_equal(open_stepwise(sl_buf_slice(&sealed), &info, &opened), SL_ERR_DAMAGED);
		info.plain_bytes = len;
		assert_int_equal(open_stepwise(sl_slice(sealed.data, sealed.len - 1), &info, &opened), SL_ERR_DAMAGED);
	}
	sl_buf_fini(&sealed);
	sl_buf_fini(&opened);
	sl_free(plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_sealer_can_be_used_again),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(a_bomb_is_not_unpacked),
		cmocka_unit_test(what_the_sink_says_is_passed_on),
		cmocka_unit_test(buckets_are_few_and_near),
		cmocka_unit_test(a_reader_with_little_room_gets_it_piece_by_piece),
		cmocka_unit_test(a_capture_gives_back_what_it_took),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
