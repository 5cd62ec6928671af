/*
 * evidence_bench.c - what links, structure and bulk say of labelled messages
 *
 * evidence_bench DATA ROOT LABELS [WHICH]: LABELS has lines "path TAB label"; DATA is the folder of brands.txt and
 * its like. For each message a line: label, corpus, and the names of its evidence with their values. WHICH: letters
 * of l, s, b (classifiers), n (none but the content reader), N (the same with links found).
 */

#include "classify/bulk.h"
#include "classify/links.h"
#include "classify/panel.h"
#include "classify/structure.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

static struct sl_slice
slurp(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;
	char *text;
	long size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return sl_slice(NULL, 0);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = sl_xmalloc((size_t)size + 1);
	size = (long)fread(text, 1, (size_t)size, file);
	fclose(file);
	return sl_slice(text, (size_t)size);
}

static struct sl_hostlist *
hosts(const char *folder, const char *name)
{
	size_t skipped;
	struct sl_hostlist *list = sl_hostlist_read(slurp(folder, name), &skipped);

	if (skipped > 0)
		fprintf(stderr, "%s: %zu lines cannot be read\n", name, skipped);
	return list;
}

static void *
ignore_message(const void *model, struct sl_arena *arena)
{
	return sl_arena_alloc(arena, 8);
}

static void
ignore_link(void *state, const struct sl_content_link *link)
{
}

static void
ignore_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
}

static const struct sl_classifier listener = {
	.name = "listener", .new_message = ignore_message, .text = ignore_text,
};
static const struct sl_classifier link_listener = {
	.name = "link_listener", .new_message = ignore_message, .link = ignore_link,
};

static const char *which = "lsb";

static void
judge(const struct sl_links_model *model, struct sl_slice message, struct sl_verdict *verdict, struct sl_arena *arena)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = model->suffix };
	struct sl_panel *panel = sl_panel_new(&settings, arena);

	sl_panel_add(panel, &listener, NULL);
	if (strchr(which, 'N') != NULL)
		sl_panel_add(panel, &link_listener, NULL);
	if (strchr(which, 'l') != NULL)
		sl_panel_add(panel, &sl_links_classifier, model);
	if (strchr(which, 's') != NULL)
		sl_panel_add(panel, &sl_structure_classifier, NULL);
	if (strchr(which, 'b') != NULL)
		sl_panel_add(panel, &sl_bulk_classifier, NULL);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	sl_panel_free(&panel);
}

/* An mbox line is no part of a message. */
static struct sl_slice
without_from_line(struct sl_slice s)
{
	const unsigned char *end = s.len > 5 && memcmp(s.ptr, "From ", 5) == 0 ? memchr(s.ptr, '\n', s.len) : NULL;

	return end == NULL ? s : sl_slice_from(s, (size_t)(end - s.ptr) + 1);
}

int
main(int argc, char **argv)
{
	static struct sl_verdict verdict;
	struct sl_links_model model = { 0 };
	struct sl_lookalike *brands;
	char line[4096];
	size_t at;
	FILE *labels;

	if (argc < 4 || (labels = fopen(argv[3], "r")) == NULL)
		return fprintf(stderr, "usage: evidence_bench DATA ROOT LABELS [WHICH]\n"), 2;
	if (argc > 4)
		which = argv[4];
	model.suffix = sl_suffix_open(NULL);
	model.fold = sl_fold_preload();
	if (sl_lookalike_read(slurp(argv[1], "brands.txt"), model.fold, &brands, &at) != 0)
		return fprintf(stderr, "brands.txt: line %zu\n", at), 1;
	model.brands = brands;
	model.shorteners = hosts(argv[1], "shorteners.txt");
	model.hosting = hosts(argv[1], "hosting.txt");
	model.freemail = hosts(argv[1], "freemail.txt");
	while (fgets(line, sizeof(line), labels) != NULL) {
		char *path = strtok(line, "\t"), *label = strtok(NULL, "\t\r\n");
		struct sl_slice message = slurp(argv[2], path);
		struct sl_arena arena;

		if (label == NULL || message.ptr == NULL)
			continue;
		sl_arena_init(&arena, 1u << 20);
		verdict.evidence_len = 0;
		judge(&model, without_from_line(message), &verdict, &arena);
		printf("%s\t%s", label, path);
		for (size_t i = 0; i < verdict.evidence_len; i++)
			printf("\t%s=%.2f %s", verdict.evidence[i].name, verdict.evidence[i].value,
			    verdict.evidence[i].sentence);
		printf("\n");
		sl_arena_fini(&arena);
		sl_free((void *)(uintptr_t)message.ptr);
	}
	return 0;
}
