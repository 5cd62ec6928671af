/* fields_test.c - header fields and body, at every cut */

#include "check.h"
#include "mime/fields.h"

#include <stdlib.h>

#define NO_LIMIT	1000

/* What the parser said, as text: "name=value|", "name=val~|" (cut), then "#" (proper) or "!", then
 * the body, "$" before finish returned. */
static void
saw_field(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	sl_buf_add_slice(ctx, name);
	sl_buf_add_byte(ctx, '=');
	sl_buf_add_slice(ctx, value);
	sl_buf_add_str(ctx, cut ? "~|" : "|");
}

static void
saw_header_end(void *ctx, bool proper)
{
	sl_buf_add_byte(ctx, proper ? '#' : '!');
}

static void
saw_body(void *ctx, struct sl_slice bytes)
{
	assert_true(bytes.len > 0);
	sl_buf_add_slice(ctx, bytes);
}

static const struct sl_fields_sink sink = { saw_field, saw_header_end, saw_body };

/* Feed a copy that ends where the piece does. */
static void
feed_copy(struct sl_fields *fields, struct sl_slice in, size_t from, size_t to)
{
	unsigned char *copy = malloc(to - from + 1);

	memcpy(copy + 1, in.ptr + from, to - from);
	sl_fields_feed(fields, copy + 1, to - from);
	free(copy);
}

static void
parse(struct sl_slice in, size_t max_bytes, size_t cut1, size_t cut2, struct sl_buf *out)
{
	struct sl_fields *fields = sl_fields_new(max_bytes, &sink, out);

	sl_buf_reset(out);
	feed_copy(fields, in, 0, cut1);
	feed_copy(fields, in, cut1, cut2);
	feed_copy(fields, in, cut2, in.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	assert_null(fields);
}

static void
parse_bytewise(struct sl_slice in, size_t max_bytes, struct sl_buf *out)
{
	struct sl_fields *fields = sl_fields_new(max_bytes, &sink, out);

	sl_buf_reset(out);
	for (size_t i = 0; i < in.len; i++)
		feed_copy(fields, in, i, i + 1);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

static const struct row {
	const char	*name;
	size_t		 max_bytes;
	const char	*in, *out;
} rows[] = {
	{ "fields, empty line, body", NO_LIMIT, "A: 1\r\nB:2\r\n\r\nbody\r\n", "A= 1|B=2|#body\r\n" },
	{ "a folded field keeps its folds", NO_LIMIT, "A: 1\r\n\t2\r\n 3\r\nB:\r\n\r\n",
	    "A= 1\r\n\t2\r\n 3|B=|#" },
	{ "a blank line with a space is a fold", NO_LIMIT, "A: 1\r\n \r\nB: 2\r\n\r\n",
	    "A= 1\r\n |B= 2|#" },
	{ "white space before the colon", NO_LIMIT, "Subject \t: x\r\n\r\n", "Subject= x|#" },
	{ "a colon in the value", NO_LIMIT, "A: b: c\r\n\r\n", "A= b: c|#" },
	{ "an empty header", NO_LIMIT, "\r\nbody", "#body" },
	{ "an empty message", NO_LIMIT, "", "!" },
	{ "no empty line", NO_LIMIT, "A: 1\r\n", "A= 1|!" },
	{ "no line end", NO_LIMIT, "A: 1", "A= 1|!" },
	{ "ends within a name", NO_LIMIT, "A: 1\r\nSubj", "A= 1|!Subj" },
	{ "ends after a name and a space", NO_LIMIT, "A: 1\r\nSubj ", "A= 1|!Subj " },
	{ "ends within the empty line", NO_LIMIT, "A: 1\r\n\r", "A= 1|!\r" },
	{ "ends within a line end", NO_LIMIT, "A: 1\r", "A= 1\r|!" },
	{ "ends after a fold", NO_LIMIT, "A: 1\r\n ", "A= 1\r\n |!" },
	{ "a line without a colon is body", NO_LIMIT, "A: 1\r\nHello\r\nB: 2\r\n\r\nx",
	    "A= 1|!Hello\r\nB: 2\r\n\r\nx" },
	{ "a name with a space inside is none", NO_LIMIT, "A: 1\r\nB c: 2\r\n\r\nx",
	    "A= 1|!B c: 2\r\n\r\nx" },
	{ "an 8-bit name is none", NO_LIMIT, "A: 1\r\nB\xc3\xa9: 2\r\n", "A= 1|!B\xc3\xa9: 2\r\n" },
	{ "a control byte in a name", NO_LIMIT, "A\x01: 1\r\n", "!A\x01: 1\r\n" },
	{ "an empty name", NO_LIMIT, "A: 1\r\n: 2\r\n\r\n", "A= 1|!: 2\r\n\r\n" },
	{ "white space first", NO_LIMIT, " A: 1\r\n\r\nx", "! A: 1\r\n\r\nx" },
	{ "white space and a colon first", NO_LIMIT, " : 1\r\n\r\nx", "! : 1\r\n\r\nx" },
	{ "a CR inside an empty line", NO_LIMIT, "A: 1\r\n\r\r\nB: 2\r\n", "A= 1|!\r\r\nB: 2\r\n" },
	{ "8-bit values stay", NO_LIMIT, "A: \xff\xc3\xa9\r\n\r\n", "A= \xff\xc3\xa9|#" },
	{ "LF ends lines too", NO_LIMIT, "A: 1\n 2\nB: 3\n\nx\n", "A= 1\n 2|B= 3|#x\n" },

	{ "a mailbox file's line", NO_LIMIT, "From a@b Thu Jan  1 00:00\r\nA: 1\r\n\r\nx",
	    "=From a@b Thu Jan  1 00:00|A= 1|#x" },
	{ "such a line quoted", NO_LIMIT, ">>From a\r\nA: 1\r\n\r\nx", "=>>From a|A= 1|#x" },
	{ "two of them", NO_LIMIT, "From a: b\r\nFrom b\r\nA: 1\r\n", "=From a: b|=From b|A= 1|!" },
	{ "it is not folded", NO_LIMIT, "From a\r\n b\r\nA: 1\r\n", "=From a|! b\r\nA: 1\r\n" },
	{ "it may be all there is", NO_LIMIT, "From a", "=From a|!" },
	{ "it stands before the first field", NO_LIMIT, "A: 1\r\nFrom a\r\n", "A= 1|!From a\r\n" },
	{ "it needs its space", NO_LIMIT, "From\ta\r\n", "!From\ta\r\n" },
	{ "From with a space and a colon is a field", NO_LIMIT, "From : a\r\n\r\n", "From= a|#" },
	{ "so it is quoted", NO_LIMIT, ">From : a\r\n\r\n", ">From= a|#" },

	{ "a field at the limit", 8, "A: 45678\r\nB: 1\r\n\r\n", "A= 45678|B= 1|#" },
	{ "a field past the limit", 8, "A: 456789\r\nB: 1\r\n\r\n", "A= 45678~|B= 1|#" },
	{ "a field far past the limit", 8, "A: 4567890123\r\n more\r\nB: 1\r\n\r\n",
	    "A= 45678~|B= 1|#" },
	{ "a fold at the limit", 8, "A: 4\r\n 8\r\n\r\n", "A= 4\r\n 8|#" },
	{ "a fold past the limit", 8, "A: 4\r\n 89\r\n\r\n", "A= 4\r\n 8~|#" },
	{ "cut and then no more", 8, "A: 4567890", "A= 45678~|!" },
	{ "a name at the limit", 4, "Abc: 1\r\n\r\n", "Abc=~|#" },
	{ "a name past the limit", 4, "Abcd: 1\r\n\r\nx", "!Abcd: 1\r\n\r\nx" },
	{ "white space past the limit", 4, "A   : 1\r\n\r\nx", "!A   : 1\r\n\r\nx" },
	{ "a mailbox file's line past the limit", 8, "From abcdefghij\r\nA: 1\r\n\r\n",
	    "=From abc~|A= 1|#" },
	{ "a limit of one byte", 1, "A: 1\r\n\r\n", "!A: 1\r\n\r\n" },
};

static void
each_row_is_the_same_at_every_cut(void **state)
{
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice in = sl_slice_str(rows[i].in);

		for (size_t a = 0; a <= in.len; a++)
			for (size_t b = a; b <= in.len; b++) {
				parse(in, rows[i].max_bytes, a, b, &out);
				if (!sl_slice_eq(sl_buf_slice(&out), sl_slice_str(rows[i].out)))
					fail_msg("%s (cut at %zu, %zu): %s", rows[i].name, a, b,
					    sl_buf_cstr(&out));
			}
		parse_bytewise(in, rows[i].max_bytes, &out);
		assert_string_equal(sl_buf_cstr(&out), rows[i].out);
	}
	sl_buf_fini(&out);
}

/* Text of what matters, by the tests' own numbers. */
static size_t
random_message(uint64_t *seed, unsigned char *out, size_t len)
{
	static const char *const parts[] = { "\r\n", "\r\n", "\r\n\r\n", "A:", "Bc :", " ", "\t", ":",
	    "\r", "\n", "From ", ">", "x", "\xff", "\r\n ", "Subject: hello" };
	size_t at = 0, limit;

	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	limit = *seed >> 33 & 1 ? 15 : 16;
	while (at < len) {
		const char *part;
		size_t n;

		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		part = parts[(*seed >> 33) % limit];
		n = SL_MIN(strlen(part), len - at);
		memcpy(out + at, part, n);
		at += n;
	}
	return at;
}

static void
cuts_change_nothing_in_random_messages(void **state)
{
	struct sl_buf whole, out;
	unsigned char in[80];
	uint64_t seed = 1;

	sl_buf_init(&whole, 4096);
	sl_buf_init(&out, 4096);
	for (size_t round = 0; round < 4000; round++) {
		size_t len = random_message(&seed, in, round % sizeof(in));
		size_t max_bytes = round % 3 == 0 ? 1 + round % 30 : NO_LIMIT;

		parse(sl_slice(in, len), max_bytes, 0, len, &whole);
		for (size_t cut = 0; cut <= len; cut++) {
			parse(sl_slice(in, len), max_bytes, cut, len, &out);
			assert_true(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&out)));
		}
		parse_bytewise(sl_slice(in, len), max_bytes, &out);
		assert_true(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&out)));
	}
	sl_buf_fini(&whole);
	sl_buf_fini(&out);
}

/* Count the fields that lie in the buffer `ctx` points at. */
struct inside {
	const unsigned char	*lo, *hi;
	size_t			 fields;
};

static void
saw_inside(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct inside *in = ctx;

	in->fields += name.ptr >= in->lo && value.ptr + value.len <= in->hi;
}

static void
a_field_whole_in_its_buffer_is_not_copied(void **state)
{
	static const unsigned char text[] = "A: 1\r\n folded\r\nB: 2\r\nC: 3\r\n\r\nbody";
	static const struct sl_fields_sink inside_sink = { .field = saw_inside };
	struct inside in = { text, text + sizeof(text), 0 };
	struct sl_fields *fields = sl_fields_new(NO_LIMIT, &inside_sink, &in);

	sl_fields_feed(fields, text, sizeof(text) - 1);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	assert_int_equal(in.fields, 3);
}

static void
a_field_without_end_takes_no_more_memory_than_the_limit(void **state)
{
	struct sl_buf out;
	struct sl_fields *fields;
	unsigned char filler[1000];

	sl_buf_init(&out, 4096);
	fields = sl_fields_new(100, &sink, &out);
	memset(filler, 'x', sizeof(filler));
	sl_fields_feed(fields, (const unsigned char *)"A:", 2);
	for (size_t i = 0; i < 10000; i++)
		sl_fields_feed(fields, filler, sizeof(filler));
	sl_fields_finish(fields);
	sl_fields_free(&fields);
	assert_int_equal(out.len, strlen("A=") + 98 + strlen("~|!"));
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_the_same_at_every_cut),
		cmocka_unit_test(cuts_change_nothing_in_random_messages),
		cmocka_unit_test(a_field_whole_in_its_buffer_is_not_copied),
		cmocka_unit_test(a_field_without_end_takes_no_more_memory_than_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
