/* fingerprint_bench.c - what fingerprints cost, by shape of the input
 *
 * usage: fingerprint_bench
 *
 * Feeds 16 KiB at a time and prints the median of interleaved rounds, of texts up to the length that is
 * read in full, and of longer ones.
 */

#include "fingerprint/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FEED_BYTES	16320
#define ROUNDS		9
#define ALL_BYTES	(8u << 20)	/* of each shape and round */

static const struct shape {
	const char	*name, *unit;
	size_t		 len;	/* of one text */
	bool		 file;
} shapes[] = {
	{ "prose, 4 KiB", "The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he said so. ", 4096, false },
	{ "prose, 64 KiB", "The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he said so. ", 65536, false },
	{ "prose, 4 MiB", "The quick brown fox jumps over the lazy dog, twice, and then it sleeps; he said so. ", 4u << 20, false },
	{ "links", "See https://example.com/a/b/c?id=4711&u=0123456789abcdef for more. ", 65536, false },
	{ "Cyrillic", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80 ", 65536, false },
	{ "Chinese", "\xe5\xb0\x8a\xe6\x95\xac\xe7\x9a\x84\xe5\xae\xa2\xe6\x88\xb7", 65536, false },
	{ "hostile: a b", "a ", 65536, false }, { "hostile: a1", "a1", 65536, false },
	{ "hostile: a.", "a.", 65536, false }, { "hostile: 0x80", "\x80", 65536, false },
	{ "file, 64 KiB", NULL, 65536, true }, { "file, 4 MiB", NULL, 4u << 20, true },
};

static double
pass(const struct shape *shape, const unsigned char *text, const struct sl_fingerprint_key *key)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (size_t all = 0; all < ALL_BYTES; all += shape->len) {
		struct sl_fingerprint f;
		struct sl_fingerprint_result r;

		if (shape->file)
			sl_fingerprint_init_file(&f, key);
		else
			sl_fingerprint_init_text(&f, key);
		for (size_t at = 0; at < shape->len; at += FEED_BYTES)
			sl_fingerprint_feed(&f, sl_slice(text + at, SL_MIN((size_t)FEED_BYTES, shape->len - at)));
		sl_fingerprint_finish(&f, &r);
		if (r.shingles == UINT32_MAX)	/* keeps the work from being optimised away */
			puts("?");
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / ALL_BYTES;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(void)
{
	static double ns[SL_COUNT(shapes)][ROUNDS];
	unsigned char *texts[SL_COUNT(shapes)];
	struct sl_fingerprint_key key;
	uint64_t x = 1;

	sl_fingerprint_key_init(&key, (const unsigned char *)"0123456789abcdef");
	for (size_t i = 0; i < SL_COUNT(shapes); i++) {
		size_t unit = shapes[i].unit == NULL ? 0 : strlen(shapes[i].unit);

		texts[i] = sl_xmalloc(shapes[i].len);
		for (size_t k = 0; k < shapes[i].len; k++)
			texts[i][k] = unit > 0 ? (unsigned char)shapes[i].unit[k % unit]
			    : (unsigned char)((x = x * 6364136223846793005u + 1) >> 56);
	}
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < SL_COUNT(shapes); i++)
			ns[i][round] = pass(&shapes[i], texts[i], &key);
	for (size_t i = 0; i < SL_COUNT(shapes); i++) {
		qsort(ns[i], ROUNDS, sizeof(ns[i][0]), by_size);
		printf("%-20s %6.2f ns/byte %6.0f MB/s\n", shapes[i].name, ns[i][ROUNDS / 2], 1000 / ns[i][ROUNDS / 2]);
		sl_free(texts[i]);
	}
	return 0;
}
