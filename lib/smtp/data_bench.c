/*
 * data_bench.c - what it costs to pass the text of DATA, beside memcpy in the same run
 *
 * usage: smtp_data_bench [MEBIBYTES]	(of each text in each round; 16)
 *
 * Feeds 16 KiB buffers, as they come from a socket, and prints for each shape of text and each
 * kernel the median of interleaved rounds.
 */

#include "smtp/data_i.h"

#include <stdio.h>
#include <stdlib.h>

#define FEED_BYTES	16320
#define TEXT_BYTES	(64 * FEED_BYTES)
#define ROUNDS		15

static volatile unsigned sum;	/* keeps the work from being optimised away */

static void
take(void *ctx, const unsigned char *data, size_t len)
{
	sum += data[0] + data[len - 1];
}

/* Lines of `width` bytes; a dot opens each `dots`th (0: none). */
static void
fill(unsigned char *text, size_t width, size_t dots)
{
	static const char words[] = "The quick brown fox jumps over the lazy dog, twice, and then ";

	for (size_t at = 0, line = 0; at < TEXT_BYTES; line++) {
		for (size_t i = 0; i < width && at < TEXT_BYTES; i++)
			text[at++] = i < 2 && dots != 0 && line % dots == 0 ? '.' :
			    (unsigned char)words[(i * 7 + line * 13) % (sizeof(words) - 1)];
		for (size_t i = 0; i < 2 && at < TEXT_BYTES; i++)
			text[at++] = "\r\n"[i];
	}
}

/* Nanoseconds per byte of one pass; kernel SL_SMTP_DATA_KERNELS is memcpy. */
static double
pass(const unsigned char *text, unsigned kernel, size_t repeats)
{
	static unsigned char copy[FEED_BYTES];
	uint64_t start = sl_clock_system.monotonic_us(NULL);
	struct sl_smtp_data d;
	size_t used;

	for (size_t n = 0; n < repeats; n++) {
		sl_smtp_data_init(&d, false, 2000, take, NULL);
		d.kernel = (unsigned char)kernel;
		for (size_t at = 0; at < TEXT_BYTES; at += FEED_BYTES) {
			if (kernel == SL_SMTP_DATA_KERNELS) {
				memcpy(copy, text + at, FEED_BYTES);
				__asm__ volatile("" : : "r"(copy) : "memory");
			} else if (sl_smtp_data_feed(&d, text + at, FEED_BYTES, &used) != SL_MORE) {
				fprintf(stderr, "the text was refused at %zu\n", at + used);
				exit(1);
			}
		}
	}
	return (double)(sl_clock_system.monotonic_us(NULL) - start) * 1000 /
	    ((double)repeats * TEXT_BYTES);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "portable", "SSE2", "AVX2", "memcpy" };
	static const struct {
		const char	*name;
		size_t		 width, dots;
	} shapes[] = {
		{ "lines of 78", 78, 0 }, { "base64 (76)", 76, 0 }, { "a dot in 50 lines", 78, 50 },
		{ "lines of 1000", 1000, 0 }, { "empty lines", 0, 0 }, { "worst: \"..\" lines", 2, 1 },
	};
	static unsigned char text[TEXT_BYTES];
	size_t repeats = argc > 1 ? strtoul(argv[1], NULL, 10) : 16;
	double ns[SL_SMTP_DATA_KERNELS + 1][ROUNDS];

	printf("%-20s%12s%10s%10s%14s\n", "text", "by", "ns/byte", "GB/s", "x memcpy");
	for (size_t s = 0; s < SL_COUNT(shapes); s++) {
		fill(text, shapes[s].width, shapes[s].dots);
		for (size_t round = 0; round < ROUNDS; round++)
			for (unsigned k = 0; k <= SL_SMTP_DATA_KERNELS; k++)
				if (k == SL_SMTP_DATA_KERNELS || sl_smtp_data_kernel_ok(k))
					ns[k][round] = pass(text, k, SL_MAX(repeats, (size_t)1));
		for (unsigned k = 0; k <= SL_SMTP_DATA_KERNELS; k++)
			if (k == SL_SMTP_DATA_KERNELS || sl_smtp_data_kernel_ok(k))
				qsort(ns[k], ROUNDS, sizeof(double), by_value);
		for (unsigned k = 0; k <= SL_SMTP_DATA_KERNELS; k++) {
			double median = ns[k][ROUNDS / 2];

			if (k == SL_SMTP_DATA_KERNELS || sl_smtp_data_kernel_ok(k))
				printf("%-20s%12s%10.4f%10.1f%14.2f\n", shapes[s].name, names[k], median,
				    1 / median, median / ns[SL_SMTP_DATA_KERNELS][ROUNDS / 2]);
		}
	}
	return 0;
}
