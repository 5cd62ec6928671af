/*
 * token_bench.c - what it costs to tokenize HTML, by shape of the text
 *
 * usage: html_token_bench [FILE...]
 *
 * Feeds 16 KiB buffers, as they come from a socket, and prints for each shape (and each FILE) the
 * median of interleaved rounds. The hostile shapes are what a sender could do to cost the most.
 */

#include "html/token.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define FEED_BYTES	16320
#define TEXT_BYTES	(4u << 20)
#define ROUNDS		9
#define SHAPES_MAX	40

static const struct {
	const char	*name, *unit;	/* the unit is repeated */
} units[] = {
	{ "newsletter", "<tr>\r\n  <td align=\"left\" style=\"padding:0 20px;font-family:Arial,sans-serif;"
	    "font-size:14px;color:#333333\"><a href=\"https://example.com/c/?id=4711&amp;u=abc\" "
	    "target=\"_blank\">Read more</a> of the quick brown fox&nbsp;&mdash; it jumps over the "
	    "lazy dog.</td>\r\n</tr>\r\n" },
	{ "prose", "<p>The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he said "
	    "so himself &amp; nobody asked.</p>\r\n" },
	{ "text only", "The quick brown fox jumps over the lazy dog, twice, and then sleeps. " },
	{ "hostile: <", "<" }, { "hostile: &", "&" }, { "hostile: <b>", "<b>" },
	{ "hostile: <a a>", "<a a>" }, { "hostile: attributes", "<a a b c d e f g h i j k l m n o p q>" },
	{ "hostile: 1 tag", " a=b" }, { "hostile: names", "&CounterClockwiseContourIntegra" },
	{ "hostile: &lt", "&lt" }, { "hostile: &#1;", "&#1;" }, { "hostile: CR", "\r" },
	{ "hostile: NUL", "\0" }, { "hostile: <!-->", "<!-->" }, { "hostile: </a>", "</a>" },
	{ "hostile: <!a>", "<!a>" }, { "hostile: svg", "<svg><a><p>" },
};

static volatile size_t sum;	/* keeps the work from being optimised away */

static void
on_tag(void *ctx, const struct sl_html_tag *tag)
{
	sum += tag->attrs_len;
}

static void
on_end(void *ctx, struct sl_slice name)
{
	sum += name.len;
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	sum += text.len;
}

static void
on_comment(void *ctx, struct sl_slice text, bool end)
{
	sum += text.len;
}

static const struct sl_html_sink sink = { on_tag, on_end, on_text, on_comment, NULL, NULL };

struct shape {
	const char	*name;
	unsigned char	*text;
	size_t		 len;
	double		 ns[ROUNDS];	/* for a byte */
};

static double
pass(const struct shape *shape)
{
	size_t repeats = 1 + TEXT_BYTES / shape->len;
	uint64_t start = sl_clock_system.monotonic_us(NULL);

	for (size_t n = 0; n < repeats; n++) {
		struct sl_html *html = sl_html_new(NULL, &sink, NULL);

		for (size_t at = 0; at < shape->len; at += FEED_BYTES)
			sl_html_feed(html, shape->text + at, SL_MIN(FEED_BYTES, shape->len - at));
		sl_html_finish(html);
		sl_html_free(&html);
	}
	return (double)(sl_clock_system.monotonic_us(NULL) - start) * 1000 /
	    (double)(repeats * shape->len);
}

static void
fill(struct shape *shape, const char *name, const char *unit)
{
	size_t unit_len = unit[0] == '\0' ? 1 : strlen(unit);
	bool one_tag = strcmp(unit, " a=b") == 0;

	*shape = (struct shape){ name, sl_xmalloc(TEXT_BYTES), TEXT_BYTES, { 0 } };
	for (size_t i = 0; i < TEXT_BYTES; i++)
		shape->text[i] = (unsigned char)unit[i % unit_len];
	/* One tag with names that differ. */
	for (size_t i = 0; one_tag && i + 4 <= TEXT_BYTES; i += 4) {
		shape->text[i + 1] = (unsigned char)('a' + i / 4 % 26);
		shape->text[i + 2] = (unsigned char)('a' + i / 104 % 26);
	}
	if (one_tag)
		memcpy(shape->text, "<a b", 4);
}

static void
load(struct shape *shape, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	n = (size_t)ftell(file);
	rewind(file);
	*shape = (struct shape){ path, sl_xmalloc(n + 1), n, { 0 } };
	if (n == 0 || fread(shape->text, 1, n, file) != n) {
		fprintf(stderr, "%s: nothing to read\n", path);
		exit(1);
	}
	fclose(file);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
	static struct shape shapes[SHAPES_MAX];
	size_t count = 0;

	for (; count < SL_COUNT(units); count++)
		fill(&shapes[count], units[count].name, units[count].unit);
	for (int i = 1; i < argc && count < SHAPES_MAX; i++)
		load(&shapes[count++], argv[i]);
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			shapes[i].ns[round] = pass(&shapes[i]);
	for (size_t i = 0; i < count; i++) {
		double *ns = shapes[i].ns;

		qsort(ns, ROUNDS, sizeof(*ns), by_size);
		printf("%-24s %7.2f ns/byte %8.0f MB/s\n", shapes[i].name, ns[ROUNDS / 2],
		    1000 / ns[ROUNDS / 2]);
		sl_free(shapes[i].text);
	}
	return 0;
}
