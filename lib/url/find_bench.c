/*
 * find_bench.c - what it costs to look for links in text, by shape of the text
 *
 * usage: url_find_bench [FILE...]
 *
 * Feeds 16 KiB buffers, as they come from a decoder, and prints for each shape (and each FILE) the
 * median of interleaved rounds. The hostile shapes are what a sender could do to cost the most.
 */

#include "sl/buf.h"
#include "url/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FEED_BYTES	16320
#define TEXT_BYTES	(2u << 20)
#define ROUNDS		7
#define SHAPES_MAX	60

static const struct {
	const char	*name, *unit;	/* the unit is repeated */
} units[] = {
	{ "prose", "The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he said "
	    "so himself - nobody asked.\r\nWell, that is how it goes. Some days are longer. " },
	{ "prose with signs", "Dear Ann: the meeting (see below) is at 12:30, not at 11.30 a.m. as we "
	    "said [1]. Version 2.4.1 is out; e.g. this. All the best.\r\n" },
	{ "Cyrillic prose", "\u0421\u044a\u0435\u0448\u044c \u0436\u0435 \u0435\u0449\u0451 "
	    "\u044d\u0442\u0438\u0445 \u043c\u044f\u0433\u043a\u0438\u0445 \u0431\u0443\u043b\u043e\u043a. " },
	{ "words with dots", "Some.words stand.together as.file names.do in.this sort.of text.\r\n" },
	{ "newsletter", "Read more of it at https://www.example.com/c/?id=4711&u=abcdefgh&utm_source=mail "
	    "or write to info@example.com, if you like that sort of text and want to get more of it.\r\n" },
	{ "links only", "http://example.com/ " },
	{ "hostile: www.", "www." }, { "hostile: (", "(" }, { "hostile: [.]", "[.]" },
	{ "hostile: ://", "://" }, { "hostile: http://", "http://" }, { "hostile: a.b ", "a.b " },
	{ "hostile: a.com", "a.com'" }, { "hostile: a@b.com", "a@b.com " }, { "hostile: ü.ü", "\u00fc.\u00fc " },
	{ "hostile: <http://a", "<http://a\n" }, { "hostile: :/", ":/" }, { "hostile: a.", "a." },
	{ "hostile: http://ü", "http://\u00fc " },
};

static volatile size_t sum;	/* keeps the work from being optimised away */

static void
on_link(void *ctx, const struct sl_found_link *link)
{
	sum += link->host.len;
}

/* Of the processor, not of the wall: others may be using it too. */
static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
run(const struct sl_suffix *suffix, struct sl_slice text)
{
	double start = now_s();
	struct sl_link_finder *f = sl_link_finder_new(suffix, on_link, NULL);

	for (size_t at = 0; at < text.len; at += FEED_BYTES)
		sl_link_finder_feed(f, text.ptr + at, SL_MIN((size_t)FEED_BYTES, text.len - at));
	sl_link_finder_finish(f);
	sl_link_finder_free(&f);
	return now_s() - start;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct sl_slice
file_text(const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char *text = sl_xmalloc(TEXT_BYTES);
	size_t n = file == NULL ? 0 : fread(text, 1, TEXT_BYTES, file);

	if (file != NULL)
		fclose(file);
	return sl_slice(text, n);
}

static struct sl_slice
unit_text(const char *unit)
{
	unsigned char *text = sl_xmalloc(TEXT_BYTES);
	size_t n = strlen(unit);

	for (size_t i = 0; i < TEXT_BYTES; i++)
		text[i] = (unsigned char)unit[i % n];
	return sl_slice(text, TEXT_BYTES);
}

int
main(int argc, char **argv)
{
	static struct sl_slice texts[SHAPES_MAX];
	static const char *names[SHAPES_MAX];
	static double took[SHAPES_MAX][ROUNDS];
	struct sl_suffix *suffix = sl_suffix_open(NULL);
	size_t count = 0;

	if (suffix == NULL)
		return 1;
	for (size_t i = 0; i < SL_COUNT(units); i++, count++) {
		names[count] = units[i].name;
		texts[count] = unit_text(units[i].unit);
	}
	for (int i = 1; i < argc && count < SHAPES_MAX; i++, count++) {
		names[count] = argv[i];
		texts[count] = file_text(argv[i]);
	}
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			took[i][round] = run(suffix, texts[i]);
	for (size_t i = 0; i < count; i++) {
		qsort(took[i], ROUNDS, sizeof(double), by_value);
		printf("%-24s %8.0f MB/s %8.2f ns/byte\n", names[i],
		    (double)texts[i].len / took[i][ROUNDS / 2] / 1e6,
		    took[i][ROUNDS / 2] * 1e9 / (double)SL_MAX(texts[i].len, (size_t)1));
		sl_free((void *)(uintptr_t)texts[i].ptr);
	}
	sl_suffix_free(&suffix);
	return 0;
}
