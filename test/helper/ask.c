/* ask.c - have a helper look into files, and print what it says: for test/helper/run
 *
 * usage: helper-ask PROGRAM BYTES ITEMS DEPTH CPU_MS [FILE [NAME]]...   (0: the default)
 *
 * One budget for all files. A line each, fields between tabs. */

#include "deep/client.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

static void
print(void *ctx, const struct sl_deep_item *item)
{
	switch (item->kind) {
	case SL_DEEP_ENTRY:
		printf("entry\t" SL_SLICE_FMT "\t" SL_SLICE_FMT "\t%ju\t%x\t", SL_SLICE_ARG(item->path),
		    SL_SLICE_ARG(item->entry.type), (uintmax_t)item->entry.size_bytes, item->entry.flags);
		for (size_t i = 0; i < SL_DEEP_SHA256_BYTES; i++)
			printf("%02x", item->entry.sha256[i]);
		putchar('\n');
		break;
	case SL_DEEP_FINDING:
		printf("finding\t" SL_SLICE_FMT "\t%s\t" SL_SLICE_FMT "\n", SL_SLICE_ARG(item->path),
		    sl_deep_finding_name(item->finding.id), SL_SLICE_ARG(item->finding.detail));
		break;
	case SL_DEEP_LINK:
		printf("link\t" SL_SLICE_FMT "\t%s\t" SL_SLICE_FMT "\n", SL_SLICE_ARG(item->path),
		    sl_deep_source_name(item->link.from), SL_SLICE_ARG(item->link.url));
		break;
	case SL_DEEP_KIND_COUNT:
		break;
	}
}

static bool
file_read(const char *path, struct sl_buf *out)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (file == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(out, piece, n);
	fclose(file);
	return true;
}

int
main(int argc, char **argv)
{
	struct sl_deep_job job = { .budget = sl_deep_budget_default };
	struct sl_helper *helper;

	if (argc < 6)
		return 2;
	helper = sl_helper_start(argv[1][0] == '\0' ? NULL : argv[1]);
	if (atol(argv[2]) > 0)
		job.budget.bytes_out = strtoull(argv[2], NULL, 10);
	if (atol(argv[3]) > 0)
		job.budget.items = (uint32_t)strtoul(argv[3], NULL, 10);
	if (atol(argv[4]) > 0)
		job.budget.depth = (uint32_t)strtoul(argv[4], NULL, 10);
	if (atol(argv[5]) > 0)
		job.budget.cpu_ms = (uint32_t)strtoul(argv[5], NULL, 10);
	for (int i = 6; i < argc; i += 2) {
		struct sl_buf bytes;
		int r;

		sl_buf_init(&bytes, SIZE_MAX / 2);
		if (!file_read(argv[i], &bytes))
			return 2;
		job.name = sl_slice_str(i + 1 < argc ? argv[i + 1] : "");
		r = sl_helper_inspect(helper, sl_buf_slice(&bytes), &job, print, NULL);
		printf("done\t%s\t%ju\t%u\t%u\n", r == SL_DONE ? "complete" : r == SL_ERR_FULL ? "limit" :
		    r == SL_ERR_CLOSED ? "died" : r == SL_ERR_TIMEOUT ? "timeout" : "missing",
		    (uintmax_t)job.budget.bytes_out, job.budget.items, job.budget.cpu_ms);
		fflush(stdout);
		sl_buf_fini(&bytes);
	}
	sl_helper_stop(&helper);
	return 0;
}
