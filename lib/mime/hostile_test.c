/* hostile_test.c - messages made to cost: memory, findings, and time that grows as they do */

#include "check.h"
#include "mime/hostile.h"
#include "mime/mime.h"

#include <malloc.h>
#include <time.h>

#define SIZE_BYTES	(1u << 20)
#define MEMORY_KIB	1024
/* A limit far above what is measured (see mime_bench), which quadratic time passes at once: four times the bytes may
 * take eight times the time, and a byte a microsecond in a build with sanitizers. */
#define GROWTH_MAX	8
#define NS_PER_BYTE_MAX	3000

extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t
allocated(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
	    ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct seen {
	const char	*wanted;
	bool		 found;
	size_t		 open;
};

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	((struct seen *)ctx)->open++;
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	((struct seen *)ctx)->open--;
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	struct seen *seen = ctx;

	seen->found |= seen->wanted != NULL && strcmp(sl_mime_finding_name(kind), seen->wanted) == 0;
}

/* Nanoseconds for `size` bytes. */
static double
run(const struct hostile *row, size_t size, size_t *memory_out, struct seen *seen)
{
	static const struct sl_mime_sink sink = { NULL, on_begin, NULL, on_end, on_finding };
	struct sl_buf in;
	struct sl_mime *m;
	size_t before;
	double start;

	sl_buf_init(&in, size + 4096);
	sl_buf_add_str(&in, row->head);
	for (unsigned number = 0; in.len < size; number++)
		hostile_piece(row, number, &in);
	*seen = (struct seen){ .wanted = row->finding };
	*memory_out = 0;
	before = allocated();
	start = now_ns();
	m = sl_mime_new(&sl_mime_defaults, &sink, seen);
	for (size_t at = 0; at < in.len; at += 4096) {
		sl_mime_feed(m, in.data + at, SL_MIN(in.len - at, (size_t)4096));
		*memory_out = SL_MAX(*memory_out, allocated() - before);
	}
	sl_mime_finish(m);
	sl_mime_free(&m);
	start = now_ns() - start;
	sl_buf_fini(&in);
	return start;
}

static void
hostile_messages_cost_what_their_length_says(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < SL_COUNT(hostile_rows); i++) {
		const struct hostile *row = &hostile_rows[i];
		size_t memory, small_memory;
		struct seen seen;
		double small = run(row, SIZE_BYTES / 4, &small_memory, &seen), ns = run(row, SIZE_BYTES, &memory, &seen);

		bool fine = memory / 1024 <= MEMORY_KIB && (row->finding == NULL || seen.found) && seen.open == 0 &&
		    (ns <= GROWTH_MAX * small || ns < 50e6) && ns / SIZE_BYTES <= NS_PER_BYTE_MAX;

		if (!fine)
			print_message("%s: %zu KiB, %s %s, %.1f ms for a quarter, %.1f ms for all\n", row->name, memory / 1024,
			    seen.found ? "has" : "has no", row->finding != NULL ? row->finding : "finding", small / 1e6, ns / 1e6);
		wrong += !fine;
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hostile_messages_cost_what_their_length_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
