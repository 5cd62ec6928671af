/* traffic.c - sluicectl traffic: take record lines into the day files, sum them up, remove old ones */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "policy/policy.h"
#include "traffic/traffic.h"

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
	const char	*records, *from, *to, *tenant, *by, *file;
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

enum column { MESSAGES, RECIPIENTS, DELIVERED, QUARANTINED, REFUSED, DEFERRED, BYTES, BYTES_QUARANTINED, BYTES_REFUSED, BYTES_KEPT,
	COLUMN_COUNT };
static const struct { const char *name, *title; int width; } columns[COLUMN_COUNT] = {
	[MESSAGES] = { "messages", "messages", 10 }, [RECIPIENTS] = { "recipients", "recipients", 10 },
	[DELIVERED] = { "delivered", "delivered", 10 }, [QUARANTINED] = { "quarantined", "quarantined", 11 },
	[REFUSED] = { "refused", "refused", 10 }, [DEFERRED] = { "deferred", "deferred", 10 }, [BYTES] = { "bytes", "bytes", 14 },
	[BYTES_QUARANTINED] = { "bytes_quarantined", NULL, 0 }, [BYTES_REFUSED] = { "bytes_refused", NULL, 0 },
	[BYTES_KEPT] = { "bytes_kept_away", "kept away", 14 },		/* never reached the customer */
};

struct row {
	char		key[256];
	uint64_t	n[COLUMN_COUNT];
};

struct report {
	struct traffic	*t;
	struct row	*rows;
	size_t		 len, room;
	struct row	 total;
};

static bool
is_outcome(const struct sl_traffic_sum *sum, const char *outcome)
{
	return sl_slice_eq(sum->outcome, sl_slice_str(outcome));
}

static void
row_add(struct row *row, const struct sl_traffic_sum *sum)
{
	row->n[MESSAGES] += sum->messages;
	row->n[RECIPIENTS] += sum->recipients;
	row->n[BYTES] += sum->bytes;
	if (sum->reached)
		row->n[DELIVERED] += sum->messages;
	else
		row->n[BYTES_KEPT] += sum->bytes;
	if (is_outcome(sum, "quarantined")) {
		row->n[QUARANTINED] += sum->messages;
		row->n[BYTES_QUARANTINED] += sum->bytes;
	} else if (is_outcome(sum, "refused") || is_outcome(sum, "hop-refused") || is_outcome(sum, "malformed")) {
		row->n[REFUSED] += sum->messages;
		row->n[BYTES_REFUSED] += sum->bytes;
	} else if (is_outcome(sum, "deferred")) {
		row->n[DEFERRED] += sum->messages;
	}
}

/* What of the policy something was done for; of what was delivered as it came, and of what the next hop said, nothing. */
static const char *
cause_of(const struct sl_traffic_sum *sum)
{
	static const struct { const char *verdict, *cause; } others[] = { { "forged", "authentication" },
		{ "unauthenticated", "authentication" }, { "denied", "denied" }, { "unchecked", "unchecked" } };
	enum sl_cause cause;

	if (is_outcome(sum, "malformed"))
		return "malformed";
	if (sum->action.len == 0 || sl_slice_eq(sum->action, SL_SLICE_LIT("deliver")) || is_outcome(sum, "hop-refused"))
		return "-";
	if (sl_cause_find(sum->verdict, &cause))
		return sl_cause_word(cause);
	for (size_t i = 0; i < SL_COUNT(others); i++)
		if (sl_slice_eq(sum->verdict, sl_slice_str(others[i].verdict)))
			return others[i].cause;
	return "-";
}

static int
on_sum(void *ctx, const struct sl_traffic_sum *sum)
{
	struct report *report = ctx;
	char key[sizeof(report->rows->key)];
	size_t i;

	if (strcmp(report->t->by, "tenant") == 0)
		snprintf(key, sizeof(key), "%.*s", SL_SLICE_ARG(sum->tenant));
	else if (strcmp(report->t->by, "verdict") == 0)
		snprintf(key, sizeof(key), "%.*s", SL_SLICE_ARG(sum->verdict));
	else if (strcmp(report->t->by, "cause") == 0)
		snprintf(key, sizeof(key), "%s", cause_of(sum));
	else
		snprintf(key, sizeof(key), "%s", sum->day);
	if (key[0] == '\0')
		strcpy(key, "-");
	for (i = report->len; i-- > 0 && strcmp(report->rows[i].key, key) != 0;)	/* days come in order: the last is it */
		continue;
	if (i == SIZE_MAX) {
		if (report->len == report->room) {
			report->room = report->room * 2 + 64;
			report->rows = sl_xrealloc(report->rows, report->room * sizeof(*report->rows));
		}
		i = report->len++;
		report->rows[i] = (struct row){ 0 };
		strcpy(report->rows[i].key, key);
	}
	row_add(&report->rows[i], sum);
	row_add(&report->total, sum);
	return 0;
}

static void
print_row(const struct report *report, const struct row *row, const char *comma)
{
	struct sl_buf out;

	sl_buf_init(&out, 4096);
	if (report->t->json) {
		sl_buf_addf(&out, "%s\n{\"%s\":", comma, report->t->by);
		sl_buf_add_json(&out, sl_slice_str(row->key));
	} else {
		sl_buf_addf(&out, report->t->csv ? "%s" : "%-24s", row->key);
	}
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (report->t->json)
			sl_buf_addf(&out, ",\"%s\":%llu", columns[c].name, (unsigned long long)row->n[c]);
		else if (report->t->csv)
			sl_buf_addf(&out, ",%llu", (unsigned long long)row->n[c]);
		else if (columns[c].title != NULL)
			sl_buf_addf(&out, " %*llu", columns[c].width, (unsigned long long)row->n[c]);
	}
	sl_buf_add_str(&out, report->t->json ? "}" : report->t->csv ? "\r\n" : "\n");
	fputs(sl_buf_cstr(&out), stdout);
	sl_buf_fini(&out);
}

static void
print_head(const struct report *report)
{
	if (report->t->json) {
		printf("[");
		return;
	}
	printf(report->t->csv ? "%s" : "%-24s", report->t->by);
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (report->t->csv)
			printf(",%s", columns[c].name);
		else if (columns[c].title != NULL)
			printf(" %*s", columns[c].width, columns[c].title);
	}
	printf(report->t->csv ? "\r\n" : "\n");
}

static void
print_report(struct report *report)
{
	print_head(report);
	for (size_t i = 0; i < report->len; i++)
		print_row(report, &report->rows[i], i > 0 ? "," : "");
	if (report->t->json) {
		printf("]\n");
	} else if (!report->t->csv) {
		strcpy(report->total.key, "in all");
		print_row(report, &report->total, "");
	}
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
	struct report out = { .t = t };
	time_t now = time(NULL), before = now - 30 * 86400;
	char from[16], to[16];
	struct tm tm;
	int r;

	strftime(from, sizeof(from), "%Y-%m-%d", gmtime_r(&before, &tm));
	strftime(to, sizeof(to), "%Y-%m-%d", gmtime_r(&now, &tm));
	r = sl_traffic_sums(t->store, t->from != NULL ? t->from : from, t->to != NULL ? t->to : to,
	    t->tenant != NULL ? sl_slice_str(t->tenant) : sl_slice(NULL, 0), on_sum, &out);
	if (r == 0)
		print_report(&out);
	else
		fprintf(stderr, "sluicectl traffic: %s\n", sl_traffic_error(t->store));
	sl_free(out.rows);
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
		t->by = value;
		return strcmp(value, "day") == 0 || strcmp(value, "tenant") == 0 || strcmp(value, "verdict") == 0 ||
		    strcmp(value, "cause") == 0;
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
	struct traffic t = { .records = TRAFFIC_DIRECTORY, .by = "day" };
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
