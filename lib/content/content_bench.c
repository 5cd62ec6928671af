/*
 * content_bench.c - what it costs to understand a message, small ones above all
 *
 * usage: content_bench [--rounds N] [--row N] FILE...
 *
 * For each row, in rounds one after the other, the time for all FILEs: the best round is told, in
 * nanoseconds a message and MB/s. Rows: the message is parsed and nobody listens; text and tags are
 * listened to, as the n-gram classifier does; everything is, with hashes, as `sluicectl inspect` does.
 */

#include "content/content.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHUNK_BYTES	16384

static volatile uint64_t sum;	/* keeps the work from being optimised away */

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value,
    bool cut)
{
	sum += value.len;
}

static void
on_part(void *ctx, struct sl_content_part *part)
{
	sum += part->role;
}

static void
on_text(void *ctx, struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	sum += utf8.len;
}

static void
on_tag(void *ctx, struct sl_content_part *part, const struct sl_html_tag *tag)
{
	sum += tag->attrs_len;
}

static void
on_link(void *ctx, const struct sl_content_link *link)
{
	sum += link->href.len;
}

static void
on_image(void *ctx, struct sl_content_part *part, const struct sl_view_image *image)
{
	sum += image->src.len;
}

static void
on_form(void *ctx, struct sl_content_part *part, const struct sl_view_form *form)
{
	sum += form->action.len;
}

static void
on_entry(void *ctx, struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	sum++;
}

static void
on_finding(void *ctx, const struct sl_content_finding *finding)
{
	sum += finding->detail.len;
}

static const struct row {
	const char		*name;
	struct sl_content_sink	 sink;
	bool			 all;
} rows[] = {
	{ "parse only", { .end = NULL }, false },	/* by mime alone */
	{ "text and tags", { .field = on_field, .begin = on_part, .text = on_text, .tag = on_tag,
	    .end = on_part }, false },
	{ "everything", { .field = on_field, .begin = on_part, .text = on_text, .tag = on_tag,
	    .link = on_link, .image = on_image, .form = on_form, .entry = on_entry, .end = on_part,
	    .finding = on_finding }, true },
};

static struct sl_suffix *suffix;

static void
parse(struct sl_slice in)
{
	static const struct sl_mime_sink nobody;
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_mime *mime;

	settings.hash = false;
	mime = sl_mime_new(&settings, &nobody, NULL);
	for (size_t at = 0; at < in.len; at += CHUNK_BYTES)
		sl_mime_feed(mime, in.ptr + at, SL_MIN(in.len - at, (size_t)CHUNK_BYTES));
	sl_mime_finish(mime);
	sl_mime_free(&mime);
}

static void
understand(const struct row *row, struct sl_slice in)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults };
	struct sl_content *content;

	if (row == &rows[0]) {
		parse(in);
		return;
	}
	settings.mime.hash = row->all;
	settings.suffix = row->all ? suffix : NULL;
	content = sl_content_new(&settings, &row->sink, NULL);
	for (size_t at = 0; at < in.len; at += CHUNK_BYTES)
		sl_content_feed(content, in.ptr + at, SL_MIN(in.len - at, (size_t)CHUNK_BYTES));
	sl_content_finish(content);
	sl_content_free(&content);
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool
load(const char *path, struct sl_buf *out)
{
	FILE *f = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		sl_buf_add(out, piece, n);
	fclose(f);
	return true;
}

int
main(int argc, char **argv)
{
	double best[SL_COUNT(rows)];
	size_t bytes = 0, count, rounds = 9, only = SL_COUNT(rows);
	struct sl_buf *mail;
	int first = 1;

	for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
		if (strcmp(argv[first], "--rounds") == 0)
			rounds = strtoul(argv[first + 1], NULL, 10);
		else
			only = strtoul(argv[first + 1], NULL, 10);
	}
	count = (size_t)(argc - first);
	if (count == 0) {
		fprintf(stderr, "usage: content_bench [--rounds N] [--row N] FILE...\n");
		return 2;
	}
	mail = sl_xzalloc(count * sizeof(*mail));
	for (size_t i = 0; i < count; i++) {
		sl_buf_init(&mail[i], SIZE_MAX / 2);
		if (!load(argv[first + (int)i], &mail[i])) {
			perror(argv[first + (int)i]);
			return 1;
		}
		bytes += mail[i].len;
	}
	suffix = sl_suffix_open(NULL);
	for (size_t r = 0; r < SL_COUNT(rows); r++)
		best[r] = 1e18;
	for (size_t round = 0; round < rounds; round++)
		for (size_t r = 0; r < SL_COUNT(rows); r++) {
			double start = cpu_ns();

			for (size_t i = 0; i < count && (only == SL_COUNT(rows) || only == r); i++)
				understand(&rows[r], sl_buf_slice(&mail[i]));
			best[r] = SL_MIN(best[r], cpu_ns() - start);
		}
	for (size_t r = 0; r < SL_COUNT(rows); r++)
		if (only == SL_COUNT(rows) || only == r)
			printf("%-14s %9.0f ns a message %8.0f MB/s\n", rows[r].name,
			    best[r] / (double)count, (double)bytes * 1e3 / best[r]);
	for (size_t i = 0; i < count; i++)
		sl_buf_fini(&mail[i]);
	sl_free(mail);
	sl_suffix_free(&suffix);
	return 0;
}
