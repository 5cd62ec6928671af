/*
 * compile_bench.c - how long the settings database takes to become a snapshot
 *
 * usage: compile_bench DIRECTORY	of the database that store_bench left there
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "compile/compile.h"

static const unsigned char salt[SL_SNAPSHOT_SALT_BYTES] = "a fixed salt...";

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "compile_bench: %s (%s)\n", what, sl_strerror(r));
	exit(1);
}

/* Of these tenants, or of all; with what the operator says, if `speaks`. Returns a descriptor. */
static int
compile(const char *directory, const char *what, int64_t from, int64_t to, bool speaks)
{
	struct sl_compile_options options = { 0 };
	char *path = sl_xasprintf("%s/settings.db", directory);
	struct sl_store_options how = { .path = path, .read_only = true };
	int r, fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	double since = now();
	clock_t cpu = clock();
	struct sl_snapshot_counts counts;
	struct sl_store *store;
	struct sl_compile *c;
	struct sl_buf wrong;

	must(fd < 0 ? SL_ERR_SYSTEM : 0, directory);
	sl_buf_init(&wrong, 4096);
	r = sl_store_open(&how, &store);
	must(r, sl_store_error(store));
	must(sl_store_view_begin(store), "view");
	options.store = store;
	options.writer = sl_snapshot_writer_new(fd, directory, salt, SL_SLICE_LIT("bench"));
	c = sl_compile_new(&options);
	if (to == 0 && !speaks)
		must(sl_compile_whole(c), sl_compile_error(c));
	if (speaks)
		must(sl_compile_speaker(c, SL_NODE_OPERATOR), sl_compile_error(c));
	for (int64_t i = from; i <= to; i++)
		must(sl_compile_tenant(c, i), sl_compile_error(c));
	printf("%-24s gathered %6.3f s", what, now() - since);
	r = sl_snapshot_writer_finish(options.writer, &counts, &wrong);
	must(r, sl_buf_cstr(&wrong));
	printf("  written %6.3f s (%.2f of CPU)  %llu tenants %llu domains %llu users %llu entries %llu policies, %.1f MiB\n", now() - since,
	    (double)(clock() - cpu) / CLOCKS_PER_SEC, (unsigned long long)counts.tenants, (unsigned long long)counts.domains, (unsigned long long)counts.users,
	    (unsigned long long)counts.entries, (unsigned long long)counts.policies, (double)counts.bytes / 1048576);
	sl_compile_free(&c);
	sl_snapshot_writer_free(&options.writer);
	sl_store_view_end(store);
	sl_store_close(&store);
	sl_buf_fini(&wrong);
	sl_free(path);
	return fd;
}

/* Compiled over the whole, and opened. */
static void
over(const char *directory, const struct sl_snapshot *whole, const char *what, int64_t from, int64_t to, bool speaks)
{
	int fd = compile(directory, what, from, to, speaks);
	double since = now();
	struct sl_snapshot *snapshot;

	must(sl_snapshot_open_over(fd, whole, &snapshot), "the one over it");
	printf("%-24s checked  %6.3f s\n", "", now() - since);
	sl_snapshot_close(&snapshot);
	close(fd);
}

/* What the first use of a policy costs an edge. */
static void
resolve(const struct sl_snapshot *whole, uint64_t policies)
{
	uint32_t n = (uint32_t)SL_MIN(policies, 1000u);
	double since = now();
	struct sl_policy policy;
	struct sl_arena arena;

	for (uint32_t id = 0; id < n; id++) {
		sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
		must(sl_snapshot_policy(whole, id, &arena, &policy), "a policy");
		sl_arena_fini(&arena);
	}
	printf("%-24s resolved %6.2f us each\n", "policies", (now() - since) * 1e6 / n);
}

int
main(int argc, char **argv)
{
	struct sl_snapshot_counts counts;
	struct sl_snapshot *whole;
	struct rusage usage;
	double since;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: compile_bench DIRECTORY\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = compile(argv[1], "everything", 1, 0, false);
	since = now();
	must(sl_snapshot_open(fd, &whole), "the snapshot");
	printf("%-24s checked  %6.3f s\n", "everything", now() - since);
	sl_snapshot_counts(whole, &counts);
	resolve(whole, counts.policies);
	over(argv[1], whole, "what the operator says", 1, 0, true);
	over(argv[1], whole, "one tenant", 1, 1, false);
	over(argv[1], whole, "the largest tenant", (int64_t)counts.tenants, (int64_t)counts.tenants, false);
	over(argv[1], whole, "100 tenants", 1, SL_MIN(100, (int64_t)counts.tenants), false);
	over(argv[1], whole, "1,000 tenants", 1, SL_MIN(1000, (int64_t)counts.tenants), false);
	sl_snapshot_close(&whole);
	close(fd);
	getrusage(RUSAGE_SELF, &usage);
	printf("largest resident size: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
