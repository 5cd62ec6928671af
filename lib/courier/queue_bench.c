/* queue_bench.c - how fast entries come in and go: queue_bench FILE [ENTRIES] */

#include "courier/queue.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH	100
#define RUNS	1000

static void
check(struct sl_queue *queue, int r)
{
	if (r < 0) {
		fprintf(stderr, "queue_bench: %s\n", sl_queue_error(queue));
		exit(1);
	}
}

static double
seconds(uint64_t since_us)
{
	return (double)(sl_clock_system.monotonic_us(NULL) - since_us) / 1e6;
}

int
main(int argc, char **argv)
{
	struct sl_queue_options options = { .path = argc > 1 ? argv[1] : "queue_bench.db" };
	static const struct sl_slice anna = { (const unsigned char *)"anna@example.com", 16 };
	unsigned entries = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) / BATCH * BATCH : 10000;
	struct sl_queue_said said = { 0, 250, SL_SLICE_LIT("250 2.0.0 Ok: queued as 4FXXXXXXXX") };
	const struct sl_queue_entry *e;
	struct sl_queue *queue;
	uint64_t begun;
	unsigned done = 0;

	if (sl_queue_open(&options, 1, &queue) != 0) {
		fprintf(stderr, "queue_bench: %s\n", sl_queue_error(queue));
		return 1;
	}
	begun = sl_clock_system.monotonic_us(NULL);
	for (unsigned i = 0; i < entries; i++) {
		char token[32];
		struct sl_queue_new new = { .purpose = SL_QUEUE_RELEASE, .tenant = SL_SLICE_LIT("example.com"), .recipients = &anna,
			.recipients_len = 1, .ref = (const unsigned char *)"0123456789abcdef", .now_us = 1 };
		int64_t id;
		bool added;

		snprintf(token, sizeof(token), "token %u", i);
		new.token = sl_slice_str(token);
		if (i % BATCH == 0)
			check(queue, sl_queue_begin(queue));
		check(queue, sl_queue_add(queue, &new, &id, &added));
		if (i % BATCH == BATCH - 1)
			check(queue, sl_queue_commit(queue));
	}
	printf("%u added, %u a sync: %.0f/s\n", entries, BATCH, entries / seconds(begun));
	begun = sl_clock_system.monotonic_us(NULL);
	while (done < RUNS && sl_queue_due(queue, 2, &e) == SL_DONE) {
		int64_t id = e->id;

		check(queue, sl_queue_claim(queue, id, 2));
		check(queue, sl_queue_final(queue, id, &said, 1));
		check(queue, sl_queue_answer(queue, id, &said, 1, 2));
		check(queue, sl_queue_settle(queue, id, NULL));
		done++;
	}
	printf("%u attempts, 4 syncs each: %.0f/s\n", done, done / seconds(begun));
	sl_queue_close(&queue);
	return 0;
}
