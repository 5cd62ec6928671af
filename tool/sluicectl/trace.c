/* trace.c - sluicectl trace: what became of messages, from the traffic records */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "terminal.h"
#include "trace_words.h"
#include "traffic/traffic.h"

static const char usage[] =
    "usage: sluicectl trace [ID] [--from WHO] [--to WHO] [--client IP] [--message-id ID] [--tenant NAME]\n"
    "                       [--since WHEN] [--until WHEN] [--limit N] [--records DIR] [--json]\n\n"
    "What became of messages: every step, and why, newest first; also of what was refused before there was a message: sessions,\n"
    "senders, recipients. All that is given must hold.\n\n"
    "  ID                of a transaction or a session, as in replies and Received\n"
    "  --from WHO        the envelope's sender, or its domain; '<>' for bounces\n"
    "  --to WHO          a recipient, accepted or not, or its domain\n"
    "  --client IP       the sending host\n"
    "  --message-id ID   of the message's header, or the hash that records have of it\n"
    "  --tenant NAME     whose it was\n"
    "  --since, --until  2026-11-26, 2026-11-26T15:04:05Z, or how long ago: 90m, 12h, 7d\n"
    "  --limit N         at most so many (default 20)\n"
    "  --records DIR     where they are (default " TRAFFIC_DIRECTORY ")\n"
    "  --json            the records as they are, one a line\n\n"
    "Exit status: 0 found, 1 nothing found or not to be read, 2 the command line is wrong.\n";

struct trace {
	struct sl_traffic_query	 query;
	const char		*records;
	bool			 json;
	struct colours		 colours;
};

/* "7d": so long before now. */
static bool
parse_ago(const char *text, int64_t *us)
{
	static const struct { char unit; int64_t s; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strlen(text);
	uint64_t n;

	for (size_t i = 0; i < SL_COUNT(units) && len > 1; i++) {
		if (text[len - 1] == units[i].unit && sl_slice_to_u64(sl_slice(text, len - 1), 100000, &n) == 0) {
			*us = sl_clock_system.wall_us(NULL) - (int64_t)n * units[i].s * 1000000;
			return true;
		}
	}
	return false;
}

bool
when_parse(const char *text, bool end_of_day, int64_t *us)
{
	struct tm tm = { 0 };
	const char *rest;

	if (parse_ago(text, us))
		return true;
	if ((rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) != NULL && (*rest == '\0' || strcmp(rest, "Z") == 0)) {
		*us = (int64_t)timegm(&tm) * 1000000;
		return true;
	}
	tm = (struct tm){ 0 };
	if ((rest = strptime(text, "%Y-%m-%d", &tm)) == NULL || *rest != '\0')
		return false;
	*us = (int64_t)timegm(&tm) * 1000000 + (end_of_day ? (int64_t)86400 * 1000000 - 1 : 0);
	return true;
}

static int
on_line(void *ctx, struct sl_slice line)
{
	const struct trace *trace = ctx;
	struct sl_buf out;

	if (trace->json) {
		printf("%.*s\n", SL_SLICE_ARG(line));
		return 0;
	}
	sl_buf_init(&out, 1 << 20);
	if (trace_words(line, &trace->colours, &out))
		printf("%s\n", sl_buf_cstr(&out));
	sl_buf_fini(&out);
	return 0;
}

/* What a reader of the answer has to know of it; to the terminal's other side, so that --json stays pure. */
static void
say_found(const struct sl_traffic_found *found)
{
	if (found->lines == 0)
		fprintf(stderr, "sluicectl trace: nothing found; %u days were searched\n", found->days);
	if (found->more)
		fprintf(stderr, "sluicectl trace: there are more: narrow it down, or raise --limit\n");
	if (found->left_out > 0)
		fprintf(stderr, "sluicectl trace: on these days %llu sessions and transactions without a message have no record: too many "
		    "(limits.early_records)\n", (unsigned long long)found->left_out);
	if (found->lost > 0)
		fprintf(stderr, "sluicectl trace: on these days %llu records were lost\n", (unsigned long long)found->lost);
}

static int
run(struct trace *trace)
{
	struct sl_traffic_options options = { .directory = trace->records, .read_only = true };
	struct sl_traffic_found found = { 0 };
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	trace->colours = colours_for_stdout();
	if (r == 0)
		r = sl_traffic_search(traffic, &trace->query, on_line, trace, &found);
	if (r != 0)
		fprintf(stderr, "sluicectl trace: %s\n", sl_traffic_error(traffic));
	else
		say_found(&found);
	sl_traffic_close(&traffic);
	return r == 0 && found.lines > 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* Returns false when the value is not understood. */
static bool
option_take(struct trace *trace, int option, const char *value)
{
	uint64_t n;

	switch (option) {
	case 'f':
		trace->query.sender = sl_slice_str(value);
		return *value != '\0';
	case 't':
		trace->query.recipient = sl_slice_str(value);
		return *value != '\0';
	case 'c':
		trace->query.client = sl_slice_str(value);
		return *value != '\0';
	case 'm':
		trace->query.message_id = sl_slice_str(value);
		return *value != '\0';
	case 'T':
		trace->query.tenant = sl_slice_str(value);
		return *value != '\0';
	case 's':
		return when_parse(value, false, &trace->query.since_us);
	case 'u':
		return when_parse(value, true, &trace->query.until_us);
	case 'l':
		if (sl_slice_to_u64(sl_slice_str(value), 1000000, &n) != 0 || n == 0)
			return false;
		trace->query.limit = (size_t)n;
		return true;
	case 'r':
		trace->records = value;
		return true;
	default:
		trace->json = true;
		return true;
	}
}

int
trace_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
		{ "client", required_argument, NULL, 'c' }, { "message-id", required_argument, NULL, 'm' },
		{ "tenant", required_argument, NULL, 'T' }, { "since", required_argument, NULL, 's' },
		{ "until", required_argument, NULL, 'u' }, { "limit", required_argument, NULL, 'l' },
		{ "records", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct trace trace = { .records = TRAFFIC_DIRECTORY, .query = { .limit = 20 } };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h' || option == '?') {
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_OK : EXIT_USAGE;
		}
		if (!option_take(&trace, option, optarg)) {
			fprintf(stderr, "sluicectl trace: \"%s\" is not understood\n\n%s", optarg, usage);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		trace.query.id = sl_slice_str(argv[optind++]);
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return run(&trace);
}
