/*
 * traffic_bench.c - how fast lines are written, and found again
 *
 * usage: traffic_bench DIRECTORY [LINES [DAYS [SAMPLE]]]	LINES a day on each of DAYS (default 20,000 on 1), like those of
 *							the file SAMPLE, or made up
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "traffic/traffic.h"

#define DAY_US	((int64_t)86400 * 1000000)
#define ASKED	20

static char *tail;		/* of a line, behind what is made up: evidence and what else there is */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(struct sl_traffic *t, int r)
{
	if (r != 0) {
		fprintf(stderr, "traffic_bench: %s (%s)\n", sl_traffic_error(t), sl_strerror(r));
		exit(1);
	}
}

static void
read_tail(const char *sample)
{
	FILE *file = fopen(sample, "r");
	size_t size = 0;
	char *line = NULL, *at;

	if (file == NULL || getline(&line, &size, file) <= 0 || (at = strstr(line, ",\"bytes\":")) == NULL) {
		fprintf(stderr, "traffic_bench: %s: no records\n", sample);
		exit(1);
	}
	at[strcspn(at, "\n")] = '\0';
	tail = sl_xstrdup(at);
	free(line);
	fclose(file);
}

static int64_t
line_time(int day, int i, int lines)
{
	return sl_clock_system.wall_us(NULL) / DAY_US * DAY_US - day * DAY_US + (int64_t)i * (DAY_US / lines);
}

static void
add_line(struct sl_traffic *t, int day, int i, int lines)
{
	time_t s = (time_t)(line_time(day, i, lines) / 1000000);
	static struct sl_buf line;
	char when[40];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	if (line.max_bytes == 0)
		sl_buf_init(&line, 1 << 20);
	sl_buf_reset(&line);
	/* Names like those of a provider: many senders, many recipients, some of both often. */
	sl_buf_addf(&line, "{\"time\":\"%s.000Z\",\"id\":\"%02dT%09d\",\"session\":\"%02dS%09d\",\"outcome\":\"%s\",\"client\":"
	    "\"192.%d.%d.%d\",\"helo\":\"mx%d.example.net\",\"mail_from\":\"sender%d@domain%d.example\",\"rcpt_to\":"
	    "[\"user%d@tenant%d.example\"],\"rcpt_tried\":1,\"tenant\":\"tenant%d.example\",\"message_id\":\"%08x%08x\"", when, day, i,
	    day, i, i % 3 == 0 ? "delivered" : "refused", i % 200, i % 256, i / 256 % 256, i % 5000, i * 7919 % 90001,
	    i * 31 % 20011, i * 104729 % 1000003, i * 17 % 35000, i * 17 % 35000, i, day);
	sl_buf_add_str(&line, tail != NULL ? tail : ",\"bytes\":4451,\"verdict\":\"clean\",\"action\":\"deliver\"}");
	if (sl_traffic_add(t, sl_buf_slice(&line)) == SL_ERR_FULL) {
		must(t, sl_traffic_flush(t));
		must(t, sl_traffic_add(t, sl_buf_slice(&line)));
	}
}

static int
count(void *ctx, struct sl_slice line)
{
	return 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Ask for things that are there, each time with all files to be opened anew, as sluicectl does. */
static void
ask(const char *directory, const char *what, const char *format, int step, int lines, struct sl_traffic_query *query,
    struct sl_slice *field)
{
	double times[ASKED];
	size_t found_lines = 0;

	for (int i = 0; i < ASKED; i++) {
		struct sl_traffic_options options = { .directory = directory, .read_only = true };
		double since = now();
		struct sl_traffic_found found;
		struct sl_traffic *t;
		char value[128];
		int k = (int)((int64_t)(i + 1) * step % lines);

		SL_ASSERT(format != NULL);
		snprintf(value, sizeof(value), format, (int)((int64_t)k * 104729 % 1000003), k * 17 % 35000);
		if (field == &query->sender)
			snprintf(value, sizeof(value), format, (int)((int64_t)k * 7919 % 90001), (int)((int64_t)k * 31 % 20011));
		*field = sl_slice_str(value);
		if (sl_traffic_open(&options, &t) != 0)
			must(t, SL_ERR_SYSTEM);
		must(t, sl_traffic_search(t, query, count, NULL, &found));
		sl_traffic_close(&t);
		found_lines += found.lines;
		times[i] = now() - since;
	}
	qsort(times, ASKED, sizeof(times[0]), by_size);
	printf("%-28s median %7.1f ms  worst %7.1f ms  %.1f lines each\n", what, 1000 * times[ASKED / 2], 1000 * times[ASKED - 1],
	    (double)found_lines / ASKED);
}

static void
search(const char *directory, int lines)
{
	struct sl_traffic_query q = { .limit = 1000 };

	ask(directory, "by recipient", "user%d@tenant%d.example", 7, lines, &q, &q.recipient);
	q = (struct sl_traffic_query){ .limit = 1000 };
	ask(directory, "by sender", "sender%d@domain%d.example", 7, lines, &q, &q.sender);
	q = (struct sl_traffic_query){ .limit = 1000 };
	ask(directory, "by an id that is not there", "%d-%d", 7, lines, &q, &q.id);
}

int
main(int argc, char **argv)
{
	int lines = argc > 2 ? atoi(argv[2]) : 20000, days = argc > 3 ? atoi(argv[3]) : 1;
	struct sl_traffic_options options = { .directory = argc > 1 ? argv[1] : "", .keep_days = 60 };
	struct sl_traffic_counts counts;
	struct sl_traffic *t;
	double since;

	if (argc < 2 || lines < 1 || days < 1) {
		fprintf(stderr, "usage: traffic_bench DIRECTORY [LINES [DAYS [SAMPLE]]]\n");
		return 2;
	}
	if (argc > 4)
		read_tail(argv[4]);
	if (sl_traffic_open(&options, &t) != 0)
		must(t, SL_ERR_SYSTEM);
	since = now();
	for (int day = days - 1; day >= 0; day--)
		for (int i = 0; i < lines; i++)
			add_line(t, day, i, lines);
	must(t, sl_traffic_flush(t));
	sl_traffic_counts(t, &counts);
	printf("written: %llu lines in %.1f s, %.0f lines/s\n", (unsigned long long)counts.written, now() - since,
	    (double)counts.written / (now() - since));
	sl_traffic_close(&t);
	search(options.directory, lines);
	sl_free(tail);
	return 0;
}
