/* lookalike_bench.c - time of look-ups against a list: lookalike_bench LIST < HOSTS (host and domain a line) */

#include "lookalike/lookalike.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct sl_slice
slurp(FILE *file)
{
	size_t size = 1u << 24;
	char *text = sl_xmalloc(size);

	return sl_slice(text, fread(text, 1, size, file));
}

int
main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	struct sl_fold *fold = sl_fold_preload();
	struct sl_slice list, hosts, rest;
	struct sl_lookalike *l;
	size_t line, looked = 0, found = 0;
	struct timespec a, b;

	if (file == NULL || fold == NULL)
		return 1;
	list = slurp(file);
	hosts = slurp(stdin);
	if (sl_lookalike_read(list, fold, &l, &line) != 0)
		return fprintf(stderr, "line %zu\n", line), 1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int round = 0; round < 20; round++)
		for (rest = hosts; rest.len > 0; ) {
			const unsigned char *end = memchr(rest.ptr, '\n', rest.len), *space;
			struct sl_slice s = sl_slice(rest.ptr, end != NULL ? (size_t)(end - rest.ptr) : rest.len);
			struct sl_lookalike_match match;

			rest = sl_slice_from(rest, SL_MIN(s.len + 1, rest.len));
			if (s.len == 0 || (space = memchr(s.ptr, ' ', s.len)) == NULL)
				continue;
			looked++;
			if (sl_lookalike_host(l, sl_slice(s.ptr, (size_t)(space - s.ptr)),
			    sl_slice_from(s, (size_t)(space - s.ptr) + 1), &match)) {
				found++;
				if (round == 0)
					printf(SL_SLICE_FMT " %s " SL_SLICE_FMT "\n", (int)(space - s.ptr), s.ptr,
					    sl_lookalike_kind_word(match.kind), SL_SLICE_ARG(match.name));
			}
		}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	fprintf(stderr, "%zu brands, %zu KiB; %zu look-ups, %zu found, %.3f us each\n", sl_lookalike_brands(l),
	    sl_lookalike_memory(l) / 1024, looked, found, ((double)(b.tv_sec - a.tv_sec) * 1e6 +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e3) / (double)SL_MAX(looked, (size_t)1));
	sl_lookalike_free(&l);
	sl_fold_free(&fold);
	return 0;
}
