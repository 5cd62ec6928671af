/*
 * view_bench.c - what it costs to see HTML (tokenizer and view), by shape of the text
 *
 * usage: html_view_bench [-t] [FILE...]
 *
 * Feeds 16 KiB buffers, as they come from a socket. Each FILE is one document, or several one after
 * the other: each is read as one. Prints for each shape the median of interleaved rounds, and how it
 * compares with the median of the FILEs (or without them, of the made-up mail). The hostile shapes
 * are what a sender could do to cost the most. -t: the tokenizer alone.
 */

#include "html/view.h"
#include "sl/buf.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FEED_BYTES	16320
#define TEXT_BYTES	(1u << 20)
#define ROUNDS		7
#define SHAPES_MAX	200

static const struct made {
	const char	*name, *before, *unit;	/* the unit is repeated */
} made[] = {
	{ "newsletter", "<html><head><style>.x,.y{font-family:Arial;color:#333} a{color:#00f}"
	    "@media(max-width:600px){.m{display:block!important}}</style></head><body>",
	    "<tr>\r\n  <td class=\"x m\" align=\"left\" style=\"padding:0 20px;font-family:Arial,"
	    "sans-serif;font-size:14px;color:#333333\"><a href=\"https://example.com/c/?id=4711&amp;"
	    "u=abc\" target=\"_blank\">Read more</a> of the quick brown fox&nbsp;&mdash; it jumps over "
	    "the lazy dog.</td>\r\n</tr>\r\n" },
	{ "prose", "", "<p>The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he "
	    "said so himself &amp; nobody asked.</p>\r\n" },
	{ "text only", "", "The quick brown fox jumps over the lazy dog, twice, and then sleeps. " },
	{ "text, Cyrillic", "", "\xd0\xa1\xd1\x8a\xd0\xb5\xd1\x88\xd1\x8c \xd0\xb5\xd1\x89\xd1\x91 " },
	{ "text, Chinese", "", "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97\xe7\xac\xa6\xe3\x80\x82" },
#define HOSTILE_FIRST	5
	{ "<", "", "<" }, { "&", "", "&" }, { "<b>", "", "<b>" }, { "<x>", "", "<x>" },
	{ "<p>", "", "<p>" }, { "<a href=b>", "", "<a href=b>" },
	{ "<a a>", "", "<a a>" }, { "attributes", "", "<a a b c d e f g h i j k l m n o p q>" },
	{ "names of entities", "", "&CounterClockwiseContourIntegra" },
	{ "&lt", "", "&lt" }, { "&#1;", "", "&#1;" }, { "CR", "", "\r" }, { "&a", "", "&a" },
	{ "NUL", "", "\0" }, { "<!-->", "", "<!-->" }, { "</a>", "", "</a>" },
	{ "<!a>", "", "<!a>" }, { "svg", "", "<svg><a><p>" }, { "<br>", "", "<br>" },
	{ "words", "", "a " }, { "zero width", "", "a\xe2\x80\x8b" }, { "not UTF-8", "", "\xff" },
	{ "half UTF-8", "", "\xe2\x82" }, { "</p>", "", "</p>" }, { "</x>", "", "</x>" },
	{ "cells", "", "<td>" }, { "rows", "", "<tr><td>" }, { "items", "", "<li>" },
	{ "one comment", "<!--", "-a" }, { "one comment of -", "<!--", "-" },
	{ "conditional", "<!--[if mso]>", "<b>" }, { "conditionals", "", "<!--[if mso]><b><![endif]-->" },
	{ "small conditionals", "", "<!--[if]>-->" },
	{ "attribute", "<a b='", "a" }, { "attribute &", "<a b='", "&" }, { "srcset", "<img srcset='", "a," },
	{ "style attributes", "", "<b style=a:b>" }, { "declarations", "<b style='", "a:b;" },
	{ "escapes", "<b style='", "\\a:" }, { "colours", "", "<b style=color:red>" },
	{ "backgrounds", "", "<b style='background:a a a a a a a a a a a'>" },
	{ "bgcolors", "", "<b bgcolor=a>" },
	{ "style sheet", "<style>", "a{b:c}" }, { "selectors", "<style>", "a,b,c,d,e,f{top:0}" },
	{ "sheet of strings", "<style>", "'" }, { "sheet of comments", "<style>", "/**/" },
	{ "sheet of {", "<style>", "{" }, { "sheet of @media", "<style>", "@media{" },
	{ "script", "<script>", "a<" }, { "title", "<title>", "</" },
	{ "misnested", "", "<font color=red><p></font>" }, { "misnested deep", "", "<b><i><u><p></b></i></u></p>" },
	{ "images", "", "<img>" }, { "input", "", "<input>" }, { "forms", "", "<form>" },
	{ "handlers", "", "<b onxxx>" }, { "names", "", "<a nnnnnnnnn nnnnnnnnnn nnnnnnnnnnn>" },
	{ "plaintext", "<plaintext>", "a" },
};

static const char *const built[] = { "one tag", "nested, </x>", "misnested 100", "rules x elements",
	"classes", "deep rules", "same bucket" };

static volatile size_t sum;	/* keeps the work from being optimised away */

static void
on_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	sum += text.len + (unsigned)kind;
}

static void
on_link(void *ctx, const struct sl_view_link *link)
{
	sum += link->url.len;
}

static const struct sl_view_sink sink = { on_text, on_link, NULL, NULL, NULL };

static void
on_token_text(void *ctx, struct sl_slice text, enum sl_html_content content)
{
	sum += text.len;
}

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
on_comment(void *ctx, struct sl_slice text, bool end)
{
	sum += text.len;
}

static const struct sl_html_sink token_sink = { on_tag, on_end, on_token_text, on_comment, NULL, NULL };
static bool tokens_only;

struct shape {
	const char	*name;
	struct sl_buf	 text;
	size_t		 memory_bytes;
	double		 ns[ROUNDS];	/* for a byte */
};

static void
pass_tokens(struct sl_slice in)
{
	struct sl_html *html = sl_html_new(NULL, &token_sink, NULL);

	for (size_t at = 0; at < in.len; at += FEED_BYTES)
		sl_html_feed(html, in.ptr + at, SL_MIN(FEED_BYTES, in.len - at));
	sl_html_finish(html);
	sl_html_free(&html);
}

static void
pass_view(struct shape *shape, struct sl_slice in)
{
	size_t before = mallinfo2().uordblks;
	struct sl_view *view = sl_view_new(NULL, &sink, NULL);

	for (size_t at = 0; at < in.len; at += FEED_BYTES)
		sl_view_feed(view, in.ptr + at, SL_MIN(FEED_BYTES, in.len - at));
	sl_view_finish(view);
	shape->memory_bytes = mallinfo2().uordblks - before;
	sl_view_free(&view);
}

/* Of this process, so that others do not count. */
static double
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double
pass(struct shape *shape)
{
	struct sl_slice in = sl_buf_slice(&shape->text);
	size_t repeats = 1 + TEXT_BYTES / in.len;
	double start = cpu_ns();

	for (size_t n = 0; n < repeats; n++) {
		if (tokens_only)
			pass_tokens(in);
		else
			pass_view(shape, in);
	}
	return (cpu_ns() - start) / (double)(repeats * in.len);
}

static void
fill(struct shape *shape, const struct made *m)
{
	size_t len = m->unit[0] == '\0' ? 1 : strlen(m->unit);

	shape->name = m->name;
	sl_buf_add_str(&shape->text, m->before);
	while (shape->text.len < TEXT_BYTES)
		sl_buf_add(&shape->text, m->unit, len);
}

/* Shapes that are no repetition. */
static void
build(struct shape *shape, const char *name)
{
	struct sl_buf *b = &shape->text;
	unsigned n = 0;

	shape->name = name;
	if (strcmp(name, "rules x elements") == 0 || strcmp(name, "deep rules") == 0) {
		sl_buf_add_str(b, "<style>");
		for (; n < 380; n++)
			sl_buf_addf(b, name[0] == 'r' ? ".a%u b{top:0}" : ".a .b .c%u b{top:0}", n);
		sl_buf_add_str(b, "</style>");
		for (n = 0; n < 150; n++)
			sl_buf_addf(b, "<u class='%s'>", n % 2 == 0 ? "a b" : "b a c1 c2 c3 c4");
	} else if (strcmp(name, "classes") == 0 || strcmp(name, "same bucket") == 0) {
		sl_buf_add_str(b, "<style>");
		for (; n < 380; n++)
			sl_buf_addf(b, ".%c%c{top:0}", 'a' + n % 26, 'a' + n / 26 % 26);
		sl_buf_add_str(b, "</style>");
	} else if (strcmp(name, "one tag") == 0) {
		sl_buf_add_str(b, "<a");
	}
	for (n = 0; b->len < TEXT_BYTES; n++) {
		if (strcmp(name, "one tag") == 0)
			sl_buf_addf(b, " %c%c%c=b", 'a' + n % 26, 'a' + n / 26 % 26, 'a' + n / 676 % 26);
		else if (name[0] == 'r' || name[0] == 'd')
			sl_buf_add_str(b, "<b></b>");
		else if (name[0] == 'c')
			sl_buf_add_str(b, "<b class='aa ba ca da ea fa ga ha ia ja ka la ma na oa pa qa'></b>");
		else if (name[0] == 's')
			sl_buf_addf(b, "<b class=%c%c></b>", 'a' + n % 26, 'a' + n / 26 % 26);
		else if (name[0] == 'n')
			sl_buf_add_str(b, n < 250 ? "<div>" : n % 2 == 0 ? "</x>" : "</span>");
		else if (n % 300 < 100)
			sl_buf_add_str(b, "<font color=red>");
		else
			sl_buf_add_str(b, n % 300 < 200 ? "<div>" : "</font>");
	}
}

static void
load(struct shape *shape, const char *path)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	shape->name = path;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(&shape->text, piece, n);
	fclose(file);
	if (shape->text.len == 0) {
		fprintf(stderr, "%s: nothing to read\n", path);
		exit(1);
	}
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
	double mail[SHAPES_MAX], mail_median;
	size_t count = 0, files = 0;

	for (size_t i = 0; i < SHAPES_MAX; i++)
		sl_buf_init(&shapes[i].text, SIZE_MAX / 2);
	for (int i = 1; i < argc && count < SHAPES_MAX / 2; i++) {
		if (strcmp(argv[i], "-t") == 0)
			tokens_only = true;
		else
			load(&shapes[count++], argv[i]);
	}
	files = count;
	for (size_t i = 0; i < SL_COUNT(made); i++)
		fill(&shapes[count++], &made[i]);
	for (size_t i = 0; i < SL_COUNT(built); i++)
		build(&shapes[count++], built[i]);
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			shapes[i].ns[round] = pass(&shapes[i]);
	for (size_t i = 0; i < count; i++)
		qsort(shapes[i].ns, ROUNDS, sizeof(double), by_size);
	files = files == 0 ? HOSTILE_FIRST : files;
	for (size_t i = 0; i < files; i++)
		mail[i] = shapes[i].ns[ROUNDS / 2];
	qsort(mail, files, sizeof(double), by_size);
	mail_median = mail[files / 2];
	for (size_t i = 0; i < count; i++)
		printf("%-28s %7.2f ns/byte %6.0f MB/s  x %5.2f %8zu bytes\n", shapes[i].name,
		    shapes[i].ns[ROUNDS / 2], 1000 / shapes[i].ns[ROUNDS / 2],
		    shapes[i].ns[ROUNDS / 2] / mail_median, shapes[i].memory_bytes);
	for (size_t i = 0; i < count; i++)
		sl_buf_fini(&shapes[i].text);
	return 0;
}
