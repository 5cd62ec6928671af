/* quarantine_releases.c - sluicectl quarantine releases: who released what, and what became of it; see quarantine_i.h */

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "courier/queue.h"
#include "quarantine_i.h"
#include "queue_show.h"
#include "report/releases.h"
#include "terminal.h"

#define DAY_US		INT64_C(86400000000)
#define POLL_US		300000u
#define LINE_MAX_BYTES	(4u << 20)

static int64_t
now_us(void)
{
	return sl_clock_system.wall_us(NULL);
}

/* ---- one line ---- */

static void
print_csv(const struct sl_courier_entry *e)
{
	struct sl_buf out;

	sl_buf_init(&out, LINE_MAX_BYTES);
	sl_release_csv(e, NULL, &out);
	fwrite(out.data, 1, out.len, stdout);
	sl_buf_fini(&out);
}

static void
print_json(const struct sl_courier_entry *e)
{
	struct sl_buf out;

	sl_buf_init(&out, LINE_MAX_BYTES);
	queue_json(e, &out);
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
print_row(struct ask *ask, const struct sl_courier_entry *e)
{
	struct sl_courier_rcpt rcpt;
	char asked[32];
	size_t count;

	if (!ask->headed)
		printf("%-19s  %-12s  %-10s  %-10s  %-28s  %s\n", "asked (UTC)", "by", "kept as", "state", "recipient",
		    "next hop's answer");
	ask->headed = true;
	quarantine_time(e->created_us, asked);
	printf("%s  ", asked);
	quarantine_cell(e->release.by, 12);
	quarantine_cell(e->release.category.len > 0 ? e->release.category : e->release.verdict, 10);
	printf("%-10s  ", queue_state_word(e->state));
	if (queue_telling(e, &rcpt, &count)) {
		quarantine_cell(rcpt.mailbox, 28);
		terminal_put(rcpt.reply, 100, false);
		if (count > 1)
			printf(" (of %zu recipients)", count);
	}
	if (e->uncertain > 0)
		printf(" (a reply was lost: it may have arrived %" PRIu32 " times more)", e->uncertain);
	putchar('\n');
}

static void
on_release(void *ctx, const struct sl_courier_entry *e)
{
	struct ask *ask = ctx;

	ask->shown++;
	if (e->ref.len != SL_KEPT_ID_BYTES)
		return;
	if (ask->csv)
		print_csv(e);
	else if (ask->json)
		print_json(e);
	else
		print_row(ask, e);
}

static void
print_csv_head(void)
{
	struct sl_buf out;

	sl_buf_init(&out, 1024);
	sl_release_csv_head(false, &out);
	fputs(sl_buf_cstr(&out), stdout);
	sl_buf_fini(&out);
}

int
quarantine_releases(struct ask *ask, char **ids)
{
	struct sl_courier_ask question = { .verb = SL_COURIER_RELEASES, .tenant = ask->tenant,
		.from_us = now_us() - (int64_t)ask->days * DAY_US };
	struct sl_ipc *ipc;
	uint64_t count;
	int r;

	if (ids[0] != NULL)
		return EXIT_USAGE;
	ipc = queue_connect(ask->control);
	if (ipc == NULL)
		return EXIT_PROBLEM;
	if (ask->csv)
		print_csv_head();
	r = queue_ask(ipc, &question, 0, on_release, ask, &count);
	sl_ipc_free(&ipc);
	if (r != SL_DONE)
		return quarantine_failed(ask, r);
	if (!ask->csv && !ask->json && ask->shown == 0)
		puts("nothing was released");
	return EXIT_OK;
}

/* ---- waiting ---- */

struct wait {
	struct ask	*ask;
	struct sl_slice	 ids;
	unsigned char	*seen;		/* for each: 0 not yet, 1 taken, 2 not */
	bool		 print;
};

static void
on_waited(void *ctx, const struct sl_courier_entry *e)
{
	struct wait *wait = ctx;

	for (size_t i = 0; i < wait->ids.len / SL_KEPT_ID_BYTES; i++) {
		if (e->ref.len != SL_KEPT_ID_BYTES || memcmp(e->ref.ptr, wait->ids.ptr + i * SL_KEPT_ID_BYTES, SL_KEPT_ID_BYTES) != 0)
			continue;
		/* Of several for one message the last holds. */
		wait->seen[i] = e->state == SL_QUEUE_DELIVERED ? 1 : e->state > SL_QUEUE_DELIVERED ? 2 : 0;
		if (wait->print)
			on_release(wait->ask, e);
	}
}

static size_t
still_open(const struct wait *wait)
{
	size_t n = 0;

	for (size_t i = 0; i < wait->ids.len / SL_KEPT_ID_BYTES; i++)
		n += wait->seen[i] == 0;
	return n;
}

static int
look(struct wait *wait, struct sl_ipc *ipc)
{
	struct sl_courier_ask question = { .verb = SL_COURIER_RELEASES, .tenant = wait->ask->tenant,
		.from_us = now_us() - 10 * DAY_US };
	uint64_t count;

	return queue_ask(ipc, &question, 0, on_waited, wait, &count);
}

int
quarantine_wait(struct ask *ask, struct sl_slice ids)
{
	struct wait wait = { .ask = ask, .ids = ids };
	int64_t end = now_us() + (int64_t)ask->wait_s * 1000000;
	struct sl_ipc *ipc = queue_connect(ask->control);
	bool good = true;
	int r = SL_DONE;

	if (ipc == NULL)
		return EXIT_PROBLEM;
	wait.seen = sl_xzalloc(ids.len / SL_KEPT_ID_BYTES);
	while ((r = look(&wait, ipc)) == SL_DONE && still_open(&wait) > 0 && now_us() < end)
		usleep(POLL_US);
	wait.print = true;
	if (r == SL_DONE)
		r = look(&wait, ipc);
	for (size_t i = 0; i < ids.len / SL_KEPT_ID_BYTES; i++)
		good &= wait.seen[i] == 1;
	if (still_open(&wait) > 0)
		fprintf(stderr, "sluicectl quarantine: %zu are not settled yet: sluicectl queue list\n", still_open(&wait));
	sl_free(wait.seen);
	sl_ipc_free(&ipc);
	return r == SL_DONE && good ? EXIT_OK : EXIT_PROBLEM;
}
