/* paragraph_test.c - paragraphs are the same wherever the text is cut */

#include "cuts.h"
#include "rules/paragraph.h"

static void
on_paragraph(void *ctx, struct sl_slice paragraph)
{
	sl_buf_addf(ctx, "[" SL_SLICE_FMT "]", SL_SLICE_ARG(paragraph));
}

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_paragraph paragraph;
	struct sl_slice piece;

	sl_paragraph_init(&paragraph, on_paragraph, result);
	while (cuts_next(cuts, &piece))
		sl_paragraph_feed(&paragraph, piece);
	sl_paragraph_end(&paragraph);
	sl_paragraph_fini(&paragraph);
}

static const struct row {
	const char *name, *in, *out;
} rows[] = {
	{ "nothing", "", "" },
	{ "blanks only", " \r\n\r\n \n", "" },
	{ "one", "a b", "[a b]" },
	{ "lines are one paragraph", "a\r\nb\nc", "[a b c]" },
	{ "an empty line parts", "a\n\nb", "[a][b]" },
	{ "a line of blanks is empty", "a\n \t\r\nb", "[a][b]" },
	{ "blanks are one", "  a \t  b  ", "[a b]" },
	{ "many empty lines", "a\n\n\n\n\nb\n\n", "[a][b]" },
};

static void
text_is_cut_into_paragraphs(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		cuts_check(sl_slice_str(rows[i].in), run, NULL, rows[i].out, strlen(rows[i].out));
}

static void
a_long_one_is_cut_at_a_blank(void **state)
{
	struct sl_buf in, out;

	sl_buf_init(&in, SIZE_MAX / 2);
	sl_buf_init(&out, SIZE_MAX / 2);
	for (size_t i = 0; i < SL_PARAGRAPH_MAX / 10 * 2; i++)
		sl_buf_add_str(&in, "123456789 ");
	sl_buf_add_byte(&out, '[');
	for (size_t i = 0; i < in.len / 10; i++)
		sl_buf_add_str(&out, i + 1 == in.len / 10 ? "123456789]" :
		    i == SL_PARAGRAPH_MAX / 10 - 1 || i == SL_PARAGRAPH_MAX / 10 * 2 - 1 ? "123456789][" : "123456789 ");
	cuts_check(sl_buf_slice(&in), run, NULL, (char *)out.data, out.len);
	sl_buf_fini(&in);
	sl_buf_fini(&out);
}

static void
characters_are_not_cut(void **state)
{
	struct sl_buf in, out;
	size_t whole = (SL_PARAGRAPH_MAX - 1) / 3;

	sl_buf_init(&in, SIZE_MAX / 2);
	sl_buf_init(&out, SIZE_MAX / 2);
	sl_buf_add_byte(&out, '[');
	for (size_t i = 0; i < whole + 10; i++) {
		sl_buf_add_str(&in, "\xe2\x82\xac");
		sl_buf_add_str(&out, i == whole ? "][\xe2\x82\xac" : "\xe2\x82\xac");
	}
	sl_buf_add_byte(&out, ']');
	cuts_check(sl_buf_slice(&in), run, NULL, (char *)out.data, out.len);
	sl_buf_fini(&in);
	sl_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_into_paragraphs),
		cmocka_unit_test(a_long_one_is_cut_at_a_blank),
		cmocka_unit_test(characters_are_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
