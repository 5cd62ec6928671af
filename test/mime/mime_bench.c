/* mime_bench.c - what parsing costs: hostile messages against ordinary ones
 *
 * usage: mime_bench [--mib N] [--only PART-OF-NAME] FILE...
 *
 * FILEs are ordinary mail: the median of their nanoseconds per byte is what hostile messages are held to.
 */

#include "hostile.h"
#include "mime/mime.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS		5
#define HOSTILE_ROUNDS	3
#define CHUNK_BYTES	16384

struct seen {
	uint64_t	bytes;
	unsigned	findings[SL_MIME_FINDING_COUNT];
	unsigned	parts;
	unsigned	readings;
};

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct seen *seen = ctx;

	seen->parts++;
	seen->readings = SL_MAX(seen->readings, part->reading);
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	((struct seen *)ctx)->bytes += bytes.len;
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	((struct seen *)ctx)->findings[kind]++;
}

static const struct sl_mime_sink sink = { NULL, on_begin, on_body, NULL, on_finding };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct sl_mime *
parser_new(struct seen *seen)
{
	struct sl_mime_settings settings = sl_mime_defaults;

	settings.hash = false;
	*seen = (struct seen){ 0 };
	return sl_mime_new(&settings, &sink, seen);
}

/* Nanoseconds a byte; the most memory that was in use. */
static double
hostile_once(const struct hostile *row, size_t size, size_t *memory_out, struct seen *seen)
{
	struct sl_mime *m;
	struct sl_buf in;
	double spent = 0, start;
	size_t fed = 0, before;
	unsigned number = 0;

	sl_buf_init(&in, 4 * CHUNK_BYTES);
	sl_buf_add_str(&in, row->head);
	before = mallinfo2().uordblks;
	m = parser_new(seen);
	*memory_out = 0;
	while (fed < size) {
		while (in.len < CHUNK_BYTES)
			hostile_piece(row, number++, &in);
		start = now_ns();
		sl_mime_feed(m, in.data, in.len);
		spent += now_ns() - start;
		*memory_out = SL_MAX(*memory_out, mallinfo2().uordblks - before);
		fed += in.len;
		sl_buf_reset(&in);
	}
	start = now_ns();
	sl_mime_finish(m);
	sl_mime_free(&m);
	spent += now_ns() - start;
	sl_buf_fini(&in);
	return spent / (double)fed;
}

/* The best of some rounds. */
static double
hostile_run(const struct hostile *row, size_t size, size_t *memory_out, struct seen *seen)
{
	double best = 1e18;

	for (int i = 0; i < HOSTILE_ROUNDS; i++)
		best = SL_MIN(best, hostile_once(row, size, memory_out, seen));
	return best;
}

static double
file_run(struct sl_slice in)
{
	double best = 1e18;

	for (int i = 0; i < ROUNDS; i++) {
		struct seen seen;
		double start = now_ns();
		struct sl_mime *m = parser_new(&seen);

		for (size_t at = 0; at < in.len; at += CHUNK_BYTES)
			sl_mime_feed(m, in.ptr + at, SL_MIN(in.len - at, (size_t)CHUNK_BYTES));
		sl_mime_finish(m);
		sl_mime_free(&m);
		best = SL_MIN(best, now_ns() - start);
	}
	return best;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static bool
read_file(const char *name, struct sl_buf *out)
{
	FILE *f = fopen(name, "rb");
	char piece[65536];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		sl_buf_add(out, piece, n);
	fclose(f);
	return true;
}

static double
ordinary(char **files, size_t count)
{
	double *rates = sl_xmalloc((count + 1) * sizeof(*rates)), total = 0, median;
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		struct sl_buf in;
		double ns;

		sl_buf_init(&in, SIZE_MAX / 2);
		if (!read_file(files[i], &in) || in.len == 0) {
			fprintf(stderr, "mime_bench: cannot read %s\n", files[i]);
			exit(1);
		}
		ns = file_run(sl_buf_slice(&in));
		rates[i] = ns / (double)in.len;
		total += ns;
		bytes += in.len;
		sl_buf_fini(&in);
	}
	qsort(rates, count, sizeof(*rates), compare);
	median = count > 0 ? rates[count / 2] : 1;
	if (count > 0)
		printf("ordinary: %zu messages, mean %zu bytes, %.0f ns a message, %.2f ns/B; median %.2f, highest %.2f ns/B\n",
		    count, bytes / count, total / (double)count, total / (double)bytes, median, rates[count - 1]);
	sl_free(rates);
	return median;
}

int
main(int argc, char **argv)
{
	size_t mib = 8;
	const char *only = "";
	double median;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "--mib") == 0)
			mib = strtoul(argv[i + 1], NULL, 10);
		else
			only = argv[i + 1];
	}
	median = ordinary(argv + i, (size_t)(argc - i));
	for (size_t row = 0; row < SL_COUNT(hostile_rows); row++) {
		const struct hostile *h = &hostile_rows[row];
		struct seen seen;
		size_t memory, small_memory;
		double small, ns;

		if (strstr(h->name, only) == NULL)
			continue;
		small = hostile_run(h, (mib << 20) / 4, &small_memory, &seen);
		ns = hostile_run(h, mib << 20, &memory, &seen);
		printf("%6.2f ns/B  x%5.1f  linear %4.2f  %4zu KiB  %5u parts  %s:", ns, ns / median, ns / small, memory / 1024,
		    seen.parts, h->name);
		for (unsigned k = 0; k < SL_MIME_FINDING_COUNT; k++)
			if (seen.findings[k] > 0)
				printf(" %s", sl_mime_finding_name((enum sl_mime_finding_kind)k));
		printf("\n");
		fflush(stdout);
	}
	return 0;
}
