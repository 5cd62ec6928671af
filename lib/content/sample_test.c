/* sample_test.c - what of a text is read, at every cut */

#include "check.h"
#include <stdlib.h>

#include "content/sample.h"
#include "sl/buf.h"

#define LONG	((size_t)1 << 20)

static const struct sl_sample_rules rules[] = {
	{ .whole_bytes = 1000, .stretch_bytes = 100, .skip_bytes = 300, .far_bytes = 4000, .skip_far_bytes = 6000,
	    .tail_bytes = 64 },
	{ .whole_bytes = 1000, .stretch_bytes = 100, .skip_bytes = 300, .far_bytes = 4000, .skip_far_bytes = 6000,
	    .even = true },
	{ .whole_bytes = 1, .stretch_bytes = 1, .skip_bytes = 1, .far_bytes = 1, .skip_far_bytes = 1, .tail_bytes = 1 },
};

/* What is read of it, with `|` for a gap and the tail behind `#`. */
static void
read_in_pieces(const struct sl_sample_rules *r, struct sl_slice text, size_t size, struct sl_buf *out)
{
	struct sl_sample sample;
	struct sl_slice tail[2];

	sl_buf_init(out, 4 * LONG);
	sl_sample_init(&sample, r);
	for (size_t i = 0; i < text.len; i += size) {
		struct sl_slice in = sl_slice(text.ptr + i, SL_MIN(size, text.len - i)), piece;
		bool gap;

		while (sl_sample_next(&sample, &in, &piece, &gap)) {
			sl_buf_add_str(out, gap ? "|" : "");
			sl_buf_add_slice(out, piece);
		}
		assert_int_equal(in.len, 0);
	}
	sl_sample_tail(&sample, tail);
	sl_buf_add_str(out, "#");
	sl_buf_add_slice(out, tail[0]);
	sl_buf_add_slice(out, tail[1]);
	sl_sample_fini(&sample);
}

static void
cuts_change_nothing_and_bounds_are_kept(void **state)
{
	static const size_t sizes[] = { 1, 7, 100, 4093, LONG };
	unsigned char *text = sl_xmalloc(LONG);

	srand(7);
	for (size_t i = 0; i < LONG; i++)
		text[i] = (unsigned char)('a' + rand() % 26);
	for (size_t i = 0; i < SL_COUNT(rules); i++) {
		struct sl_buf first, other;

		read_in_pieces(&rules[i], sl_slice(text, LONG), LONG, &first);
		for (size_t k = 0; k < SL_COUNT(sizes); k++) {
			read_in_pieces(&rules[i], sl_slice(text, LONG), sizes[k], &other);
			assert_true(sl_slice_eq(sl_buf_slice(&first), sl_buf_slice(&other)));
			sl_buf_fini(&other);
		}
		assert_memory_equal(first.data, text, rules[i].whole_bytes);
		if (i < 2) {
			assert_int_equal(first.data[rules[i].whole_bytes], '|');
			assert_in_range(first.len, LONG / 100, LONG / 40);
		}
		sl_buf_fini(&first);
	}
	sl_free(text);
}

static void
a_short_text_is_read_whole_and_has_no_tail(void **state)
{
	struct sl_buf out;

	read_in_pieces(&rules[0], SL_SLICE_LIT("short"), 2, &out);
	assert_string_equal(sl_buf_cstr(&out), "short#");
	sl_buf_fini(&out);
}

static void
the_end_is_read(void **state)
{
	unsigned char *text = sl_xmalloc(LONG);

	for (size_t len = 1000; len < 20000; len += 97) {
		struct sl_buf out;

		memset(text, 'a', len);
		for (size_t i = 0; i < 20; i++)
			text[len - 20 + i] = (unsigned char)('A' + i);
		read_in_pieces(&rules[0], sl_slice(text, len), 512, &out);
		for (int c = 'A'; c < 'A' + 20; c++)
			if (strchr(sl_buf_cstr(&out), c) == NULL)
				fail_msg("of %zu bytes %c at the end is not read", len, c);
		sl_buf_fini(&out);
	}
	sl_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_change_nothing_and_bounds_are_kept),
		cmocka_unit_test(a_short_text_is_read_whole_and_has_no_tail),
		cmocka_unit_test(the_end_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
