/* rules_bench.c - how fast a file of units is scanned: usage: rules_bench SNAPSHOT FILE; one paragraph a unit */

#include "rules/paragraph.h"
#include "rules/scan.h"

#include <stdio.h>
#include <time.h>

struct bench {
	struct sl_rules_run	*run;
	size_t			 bytes, units;
};

static void
on_paragraph(void *ctx, struct sl_slice paragraph)
{
	struct bench *bench = ctx;

	sl_rules_unit(bench->run, SL_RULE_TEXT, NULL, paragraph);
	sl_rules_unit(bench->run, SL_RULE_BODY, NULL, paragraph);
	bench->bytes += paragraph.len;
	bench->units++;
}

static void
read_file(const char *path, struct sl_buf *out)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	sl_buf_init(out, SIZE_MAX / 2);
	while (file != NULL && (n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(out, piece, n);
	if (file != NULL)
		fclose(file);
}

int
main(int argc, char **argv)
{
	struct sl_buf snapshot, text;
	struct sl_rules *rules;
	struct bench bench = { 0 };
	struct sl_paragraph paragraph;
	struct sl_arena arena;
	clock_t start;
	double seconds;

	if (argc != 3)
		return 2;
	read_file(argv[1], &snapshot);
	read_file(argv[2], &text);
	if (sl_rules_open(sl_buf_slice(&snapshot), NULL, NULL, &rules) != 0)
		return 1;
	sl_arena_init(&arena, 1 << 20);
	sl_paragraph_init(&paragraph, on_paragraph, &bench);
	start = clock();
	for (int i = 0; i < 5; i++) {
		bench.run = sl_rules_run_new(rules, &arena);
		sl_paragraph_feed(&paragraph, sl_buf_slice(&text));
		sl_paragraph_end(&paragraph);
		sl_rules_evaluate(bench.run, NULL);
		sl_arena_reset(&arena);
	}
	seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	printf("%zu rules, %zu units, %.1f MB: %.1f MB/s\n", sl_rules_count(rules), bench.units,
	    (double)bench.bytes / 1e6, (double)bench.bytes / 1e6 / seconds);
	sl_paragraph_fini(&paragraph);
	sl_arena_fini(&arena);
	sl_rules_close(&rules);
	sl_buf_fini(&snapshot);
	sl_buf_fini(&text);
	return 0;
}
