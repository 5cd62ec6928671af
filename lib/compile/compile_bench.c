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

struct wanted {
	const char	*what;
	int64_t		 from, to;	/* tenants; 1, 0: all, or none if the operator speaks */
	bool		 speaks;	/* what the operator says */
	size_t		 users;		/* so many of the one tenant, not all; 0: all */
	bool		 gone;		/* and these are no more */
};

/* The largest tenant's last users. */
static void
partly(struct sl_compile *c, const struct wanted *w)
{
	struct sl_compile_part *parts = sl_xzalloc(w->users * sizeof(*parts));
	struct sl_compile_gone *gone = sl_xzalloc(w->users * sizeof(*gone));

	for (size_t i = 0; i < w->users; i++) {
		char *address = sl_xasprintf("gone%zu@large.example", i);

		parts[i] = (struct sl_compile_part){ w->to, SL_COMPILE_USER, (int64_t)(1000000 - i) };
		gone[i] = (struct sl_compile_gone){ w->to, sl_slice_str(address) };
	}
	must(sl_compile_tenant_partly(c, w->to, parts, w->users, gone, w->gone ? w->users : 0), sl_compile_error(c));
	for (size_t i = 0; i < w->users; i++)
		sl_free((void *)(uintptr_t)gone[i].address.ptr);
	sl_free(parts);
	sl_free(gone);
}

/* Returns a descriptor. */
static int
compile(const char *directory, const struct wanted *w)
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
	if (w->to == 0 && !w->speaks)
		must(sl_compile_whole(c), sl_compile_error(c));
	if (w->speaks)
		must(sl_compile_speaker(c, SL_NODE_OPERATOR), sl_compile_error(c));
	if (w->users > 0)
		partly(c, w);
	for (int64_t i = w->from; i <= w->to && w->users == 0; i++)
		must(sl_compile_tenant(c, i), sl_compile_error(c));
	printf("%-28s gathered %6.3f s", w->what, now() - since);
	r = sl_snapshot_writer_finish(options.writer, &counts, &wrong);
	must(r, sl_buf_cstr(&wrong));
	printf("  written %6.3f s (%.3f of CPU)  %llu tenants %llu domains %llu users %llu entries %llu policies, %.1f MiB\n", now() - since,
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
over(const char *directory, const struct sl_snapshot *whole, const struct wanted *w)
{
	int fd = compile(directory, w);
	double since = now();
	struct sl_snapshot *snapshot;

	must(sl_snapshot_open_over(fd, whole, &snapshot), "the one over it");
	printf("%-28s checked  %6.3f s\n", "", now() - since);
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
	printf("%-28s resolved %6.2f us each\n", "policies", (now() - since) * 1e6 / n);
}

int
main(int argc, char **argv)
{
	struct sl_snapshot_counts counts;
	struct wanted changes[9];
	struct sl_snapshot *whole;
	struct rusage usage;
	int64_t last;
	double since;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: compile_bench DIRECTORY\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = compile(argv[1], &(struct wanted){ "everything", 1, 0, false, 0, false });
	since = now();
	must(sl_snapshot_open(fd, &whole), "the snapshot");
	printf("%-28s checked  %6.3f s\n", "everything", now() - since);
	sl_snapshot_counts(whole, &counts);
	resolve(whole, counts.policies);
	last = (int64_t)counts.tenants;
	changes[0] = (struct wanted){ "what the operator says", 1, 0, true, 0, false };
	changes[1] = (struct wanted){ "one tenant", 1, 1, false, 0, false };
	changes[2] = (struct wanted){ "the largest tenant", last, last, false, 0, false };
	changes[3] = (struct wanted){ "one of its users", last, last, false, 1, false };
	changes[4] = (struct wanted){ "1,000 of its users", last, last, false, 1000, false };
	changes[5] = (struct wanted){ "20,000 of its users", last, last, false, 20000, false };
	changes[6] = (struct wanted){ "and 20,000 that are gone", last, last, false, 20000, true };
	changes[7] = (struct wanted){ "100 tenants", 1, SL_MIN(100, last), false, 0, false };
	changes[8] = (struct wanted){ "1,000 tenants", 1, SL_MIN(1000, last), false, 0, false };
	for (size_t i = 0; i < SL_COUNT(changes); i++)
		over(argv[1], whole, &changes[i]);
	sl_snapshot_close(&whole);
	close(fd);
	getrusage(RUSAGE_SELF, &usage);
	printf("largest resident size: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
