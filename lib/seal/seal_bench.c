/* seal_bench.c - messages a second through the sealer and the opener, one core. usage: seal-bench [FILE] */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "seal/record.h"

static unsigned char sink_buffer[64 << 20];
static size_t sink_len;

static int
keep(void *ctx, struct sl_slice bytes)
{
	SL_ASSERT(bytes.len <= sizeof(sink_buffer) - sink_len);
	memcpy(sink_buffer + sink_len, bytes.ptr, bytes.len);
	sink_len += bytes.len;
	return 0;
}

static int
count(void *ctx, struct sl_slice bytes)
{
	*(uint64_t *)ctx += bytes.len;
	return 0;
}

/* Of this process's CPU: others may be using the machine. */
static uint64_t
now(void)
{
	struct timespec ts;

	SL_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Half a second of each: seal a message and its record; open both. */
static void
measure(struct sl_slice message, const struct sl_seal_pair *pair)
{
	struct sl_seal_body *body = sl_seal_body_new();
	struct sl_slice tenant = sl_slice_str("example.com");
	struct sl_seal_body_info info;
	unsigned char sealed[SL_SEAL_RECORD_BYTES], plain[SL_SEAL_RECORD_PLAIN];
	uint64_t start = now(), sealing_us, opening_us, n = 0, m = 0, bytes = 0;
	size_t memory;

	do {
		struct sl_seal_record record;

		sink_len = 0;
		sl_seal_record_init(&record);
		sl_seal_body_begin(body, keep, NULL);
		SL_ASSERT(sl_seal_record_add(&record, SL_SEAL_SENDER, sl_slice_str("someone@example.org")) == 0);
		SL_ASSERT(sl_seal_body_feed(body, message) == 0);
		SL_ASSERT(sl_seal_body_finish(body, &info) == 0);
		SL_ASSERT(sl_seal_record_seal(&record, &info, 0, pair->public, tenant, sealed) == 0);
		sl_seal_record_fini(&record);
		n++;
		sealing_us = now() - start;
	} while (sealing_us < 500000);
	memory = sl_seal_body_memory(body);
	start = now();
	do {
		struct sl_seal_view view;
		struct sl_seal_opener *opener;

		SL_ASSERT(sl_seal_record_open(pair, tenant, sl_slice(sealed, sizeof(sealed)), plain, &view) == 0);
		opener = sl_seal_opener_new(&view.body, count, &bytes);
		SL_ASSERT(sl_seal_opener_feed(opener, sl_slice(sink_buffer, sink_len)) == 0);
		SL_ASSERT(sl_seal_opener_finish(opener) == 0);
		sl_seal_opener_free(&opener);
		m++;
		opening_us = now() - start;
	} while (opening_us < 500000);
	SL_ASSERT(bytes == m * message.len);
	printf("%8zu bytes: sealed %8zu; seal %8.0f/s %7.1f us %5.0f MB/s; open %8.0f/s %7.1f us; sealer %zu KiB\n",
	    message.len, sink_len, (double)n * 1e6 / (double)sealing_us, (double)sealing_us / (double)n,
	    (double)n * (double)message.len / (double)sealing_us, (double)m * 1e6 / (double)opening_us,
	    (double)opening_us / (double)m, memory >> 10);
	sl_seal_body_free(&body);
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 2000, 20 << 10, 256 << 10, 5 << 20, 25 << 20 };
	unsigned char *text = sl_xmalloc(25 << 20);
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	size_t have = file == NULL ? 0 : fread(text, 1, 25 << 20, file);
	struct sl_seal_pair pair;
	uint32_t x = 1;

	if (file != NULL)
		fclose(file);
	if (have == 0)		/* words in no order: compresses 2 : 1 */
		for (size_t i = 0; i < (size_t)25 << 20; i++) {
			x = x * 1664525u + 1013904223u;
			text[i] = (unsigned char)("etaoin shrdlu\r\nETAOIN"[(x >> 24) % 21]);
		}
	for (size_t i = have; have > 0 && i < (size_t)25 << 20; i++)
		text[i] = text[i - have];
	sl_seal_pair_new(&pair);
	for (size_t i = 0; i < SL_COUNT(sizes); i++)
		measure(sl_slice(text, sizes[i]), &pair);
	sl_free(text);
	return 0;
}
