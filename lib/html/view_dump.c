/*
 * view_dump.c - print what a view gives of HTML, for eyes and for comparisons
 *
 * usage: html_view_dump [--seen | --hidden | --lines] FILE...
 *
 * By default all events as view_spoken_i.h writes them; --seen: the visible text and alternatives of
 * images only; --hidden: hidden text only, each run on a line with its kind; --lines: for each file a
 * line "visible N hidden N links N".
 */

#include "html/view_spoken_i.h"

#include <stdio.h>
#include <stdlib.h>

enum mode { ALL, SEEN, HIDDEN, LINES };

struct dump {
	struct view_spoken	spoken;
	enum mode		mode;
};

static void
on_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	struct dump *d = ctx;
	bool hidden = sl_view_kind_hidden(kind);

	if (d->mode == ALL) {
		view_spoken_text(&d->spoken, text, kind);
	} else if (d->mode == SEEN && (kind == SL_VIEW_VISIBLE || kind == SL_VIEW_ALT)) {
		fwrite(text.ptr, 1, text.len, stdout);
	} else if (d->mode == HIDDEN && hidden && kind != SL_VIEW_SCRIPT &&
	    kind != SL_VIEW_COMMENT && kind != SL_VIEW_CONDITIONAL) {
		printf("[%s] " SL_SLICE_FMT "\n", sl_view_kind_name(kind), SL_SLICE_ARG(text));
	}
}

static void
on_link(void *ctx, const struct sl_view_link *link)
{
	if (((struct dump *)ctx)->mode == ALL)
		view_spoken_link(&((struct dump *)ctx)->spoken, link);
}

static void
on_image(void *ctx, const struct sl_view_image *image)
{
	if (((struct dump *)ctx)->mode == ALL)
		view_spoken_image(&((struct dump *)ctx)->spoken, image);
}

static void
on_form(void *ctx, const struct sl_view_form *form)
{
	if (((struct dump *)ctx)->mode == ALL)
		view_spoken_form(&((struct dump *)ctx)->spoken, form);
}

static void
on_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	if (((struct dump *)ctx)->mode == ALL)
		view_spoken_finding(&((struct dump *)ctx)->spoken, finding, detail);
}

static const struct sl_view_sink sink = { on_text, on_link, on_image, on_form, on_finding };

static void
print_line(const char *path, const struct sl_view *view)
{
	const struct sl_view_totals *t = sl_view_totals(view);

	printf("%s:", path);
	for (unsigned i = 0; i < SL_VIEW_KIND_COUNT; i++)
		if (t->text_bytes[i] > 0)
			printf(" %s %llu", sl_view_kind_name((enum sl_view_kind)i),
			    (unsigned long long)t->text_bytes[i]);
	printf(" style %llu links %u images %u invisible %u in-words %u\n",
	    (unsigned long long)t->style_bytes, t->links, t->images, t->invisible, t->in_words);
}

static void
dump(const char *path, enum mode mode)
{
	struct dump d = { .mode = mode, .spoken = { .findings = true, .images = true } };
	unsigned char piece[16384];
	FILE *file = fopen(path, "rb");
	struct sl_view *view;
	size_t n;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	sl_buf_init(&d.spoken.out, SIZE_MAX / 2);
	view = sl_view_new(NULL, &sink, &d);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_view_feed(view, piece, n);
	fclose(file);
	sl_view_finish(view);
	if (mode == LINES)
		print_line(path, view);
	else
		printf("%s\n", sl_buf_cstr(&d.spoken.out));
	sl_view_free(&view);
	sl_buf_fini(&d.spoken.out);
}

int
main(int argc, char **argv)
{
	static const char *const modes[] = { [SEEN] = "--seen", [HIDDEN] = "--hidden",
		[LINES] = "--lines" };
	enum mode mode = ALL;

	for (int i = 1; i < argc; i++) {
		bool is_mode = false;

		for (unsigned m = SEEN; m <= LINES; m++)
			if (strcmp(argv[i], modes[m]) == 0) {
				mode = (enum mode)m;
				is_mode = true;
			}
		if (!is_mode)
			dump(argv[i], mode);
	}
	return 0;
}
