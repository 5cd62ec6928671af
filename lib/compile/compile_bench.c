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

/* Of these tenants, or of all (0). Returns a descriptor. */
static int
compile(const char *directory, int64_t tenants)
{
	struct sl_compile_options options = { .window_bytes = 262144, .message_max_bytes = 50 << 20 };
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
	if (tenants == 0)
		must(sl_compile_whole(c), sl_compile_error(c));
	for (int64_t i = 1; i <= tenants; i++)
		must(sl_compile_tenant(c, i), sl_compile_error(c));
	printf("%-24s gathered %6.2f s", tenants == 0 ? "everything" : tenants == 1 ? "one tenant" : "several tenants", now() - since);
	r = sl_snapshot_writer_finish(options.writer, &counts, &wrong);
	must(r, sl_buf_cstr(&wrong));
	printf("  written %6.2f s (%.2f of CPU)  %llu tenants %llu domains %llu users %llu entries %llu policies, %.1f MiB\n", now() - since,
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

int
main(int argc, char **argv)
{
	struct sl_snapshot *whole, *over;
	struct rusage usage;
	double since;
	int fd, fd_over;

	if (argc != 2) {
		fprintf(stderr, "usage: compile_bench DIRECTORY\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = compile(argv[1], 0);
	since = now();
	must(sl_snapshot_open(fd, &whole), "the snapshot");
	printf("%-24s checked  %6.2f s\n", "everything", now() - since);
	for (int64_t tenants = 1; tenants <= 1000; tenants *= 10) {
		fd_over = compile(argv[1], tenants);
		since = now();
		must(sl_snapshot_open_over(fd_over, whole, &over), "the one over it");
		printf("%-24s checked  %6.2f s\n", "", now() - since);
		sl_snapshot_close(&over);
		close(fd_over);
	}
	sl_snapshot_close(&whole);
	close(fd);
	getrusage(RUSAGE_SELF, &usage);
	printf("largest resident size: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
