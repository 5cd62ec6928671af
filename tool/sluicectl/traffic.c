/* traffic.c - sluicectl traffic: take record lines into the day files, sum them up, remove old ones */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "traffic/table.h"

#define FLUSH_LINES	2000
#define FOLLOW_US	500000

static const char usage[] =
    "usage: sluicectl traffic record [--records DIR] [--follow] [FILE]\n"
    "       sluicectl traffic report [--records DIR] [--from DAY] [--to DAY] [--tenant NAME] [--by day|tenant|verdict|cause]\n"
    "                                [--csv] [--json]\n"
    "       sluicectl traffic expire [--records DIR] [--keep DAYS] [--json]\n\n"
    "record  takes the edges' record lines (of FILE or standard input) into a file for each day, where `sluicectl trace`\n"
    "        finds them. What is there already is not taken twice, so it can begin again with the same file.\n"
    "        --follow waits for more, as long as it runs.\n"
    "report  sums: messages and bytes, what was delivered, quarantined, refused, and never reached the customer; of the\n"
    "        last 30 days unless --from and --to say otherwise (2026-11-26). --by cause: what of the policy it was for.\n"
    "        As a table, or --csv, or --json.\n"
    "expire  removes files older than --keep days (default 30); their sums stay.\n\n"
    "  --records DIR   where they are (default " TRAFFIC_DIRECTORY ")\n\n"
    "Exit status: 0 fine, 1 not to be read or written, 2 the command line is wrong.\n";

struct traffic {
	const char	*records, *from, *to, *tenant, *file;
	enum sl_traffic_by by;
	bool		 json, csv, follow;
	unsigned	 keep;
	struct sl_traffic *store;
};

/* ---- record ---- */

static int
flush(struct traffic *t)
{
	int r = sl_traffic_flush(t->store);

	if (r != 0)
		fprintf(stderr, "sluicectl traffic: %s\n", sl_traffic_error(t->store));
	return r;
}

/* Lines until the end of the file; one that has no end yet waits for it. */
static int
record_lines(struct traffic *t, FILE *file)
{
	char *line = NULL;
	size_t size = 0, lines = 0;
	ssize_t len;
	long at;
	int r = 0;

	while (r == 0 && (at = ftell(file), len = getline(&line, &size, file)) > 0) {
		if (line[len - 1] != '\n' && t->follow && at >= 0) {
			r = fseek(file, at, SEEK_SET) == 0 ? 0 : SL_ERR_SYSTEM;
			break;
		}
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		if (sl_traffic_add(t->store, sl_slice(line, (size_t)len)) == SL_ERR_FULL || ++lines % FLUSH_LINES == 0)
			r = flush(t);
	}
	free(line);
	return r == 0 ? flush(t) : r;
}

static int
record(struct traffic *t)
{
	FILE *file = t->file == NULL || strcmp(t->file, "-") == 0 ? stdin : fopen(t->file, "r");
	struct sl_traffic_counts counts;
	int r;

	if (file == NULL) {
		fprintf(stderr, "sluicectl traffic: %s: %s\n", t->file, strerror(errno));
		return EXIT_PROBLEM;
	}
	r = record_lines(t, file);
	while (r == 0 && t->follow) {
		usleep(FOLLOW_US);
		clearerr(file);
		r = record_lines(t, file);
	}
	if (file != stdin)
		fclose(file);
	sl_traffic_counts(t->store, &counts);
	printf(t->json ? "{\"written\":%llu,\"repeated\":%llu,\"malformed\":%llu,\"dropped\":%llu}\n"
	    : "%llu written, %llu there already, %llu not understood, %llu dropped\n", (unsigned long long)counts.written,
	    (unsigned long long)counts.repeated, (unsigned long long)counts.malformed, (unsigned long long)counts.dropped);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- report ---- */

static int
on_sum(void *ctx, const struct sl_traffic_sum *sum)
{
	sl_traffic_table_add(ctx, sum);
	return 0;
}

static void
print_report(const struct traffic *t, const struct sl_traffic_table *table)
{
	struct sl_buf out;

	sl_buf_init(&out, SIZE_MAX / 2);
	sl_traffic_table_print(table, t->json ? SL_TRAFFIC_JSON : t->csv ? SL_TRAFFIC_CSV : SL_TRAFFIC_TEXT, &out);
	fwrite(out.data, 1, out.len, stdout);
	sl_buf_fini(&out);
}

static bool
is_day(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d", &tm);

	return rest != NULL && *rest == '\0' && strlen(text) == 10;
}

static int
report(struct traffic *t)
{
	struct sl_traffic_table table;
	time_t now = time(NULL), before = now - 30 * 86400;
	char from[16], to[16];
	struct tm tm;
	int r;

	sl_traffic_table_init(&table, t->by);
	strftime(from, sizeof(from), "%Y-%m-%d", gmtime_r(&before, &tm));
	strftime(to, sizeof(to), "%Y-%m-%d", gmtime_r(&now, &tm));
	r = sl_traffic_sums(t->store, t->from != NULL ? t->from : from, t->to != NULL ? t->to : to,
	    t->tenant != NULL ? sl_slice_str(t->tenant) : sl_slice(NULL, 0), on_sum, &table);
	if (r == 0)
		print_report(t, &table);
	else
		fprintf(stderr, "sluicectl traffic: %s\n", sl_traffic_error(t->store));
	sl_traffic_table_fini(&table);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- expire ---- */

static int
expire(struct traffic *t)
{
	size_t removed;
	int r = sl_traffic_expire(t->store, &removed);

	if (r != 0)
		fprintf(stderr, "sluicectl traffic: %s\n", sl_traffic_error(t->store));
	else
		printf(t->json ? "{\"days_removed\":%zu}\n" : "%zu days removed\n", removed);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- the command line ---- */

static const struct verb {
	const char	*name;
	int		(*run)(struct traffic *t);
	bool		 writes;
} verbs[] = {
	{ "record", record, true }, { "report", report, false }, { "expire", expire, true },
};

static int
run(struct traffic *t, const struct verb *verb)
{
	struct sl_traffic_options options = { .directory = t->records, .keep_days = t->keep, .read_only = !verb->writes };
	int status = EXIT_PROBLEM;

	if (sl_traffic_open(&options, &t->store) == 0)
		status = verb->run(t);
	else
		fprintf(stderr, "sluicectl traffic: %s\n", sl_traffic_error(t->store));
	sl_traffic_close(&t->store);
	return status;
}

/* Returns false when the value is not understood. */
static bool
option_take(struct traffic *t, int option, const char *value)
{
	uint64_t n;

	switch (option) {
	case 'r':
		t->records = value;
		return true;
	case 'f':
		t->from = value;
		return is_day(value);
	case 't':
		t->to = value;
		return is_day(value);
	case 'T':
		t->tenant = value;
		return true;
	case 'b':
		return sl_traffic_by_find(sl_slice_str(value), &t->by);
	case 'k':
		if (sl_slice_to_u64(sl_slice_str(value), 3650, &n) != 0 || n == 0)
			return false;
		t->keep = (unsigned)n;
		return true;
	case 'F':
		t->follow = true;
		return true;
	case 'c':
		t->csv = true;
		return true;
	default:
		t->json = true;
		return true;
	}
}

int
traffic_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "records", required_argument, NULL, 'r' }, { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { "tenant", required_argument, NULL, 'T' },
		{ "by", required_argument, NULL, 'b' }, { "keep", required_argument, NULL, 'k' },
		{ "follow", no_argument, NULL, 'F' }, { "csv", no_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct traffic t = { .records = TRAFFIC_DIRECTORY, .by = SL_TRAFFIC_BY_DAY };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h' || option == '?') {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_OK : EXIT_USAGE;
		}
		if (!option_take(&t, option, optarg)) {
			fprintf(stderr, "sluicectl traffic: \"%s\" is not understood\n\n%s", optarg, usage);
			return EXIT_USAGE;
		}
	}
	for (size_t i = 0; i < SL_COUNT(verbs) && optind < argc; i++) {
		if (strcmp(argv[optind], verbs[i].name) != 0)
			continue;
		t.file = optind + 1 < argc && verbs[i].run == record ? argv[optind + 1] : NULL;
		if (optind + 1 + (t.file != NULL) < argc)
			break;
		return run(&t, &verbs[i]);
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
