/* trace.c - sluicectl trace: what became of messages, from the traffic records */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "console.h"
#include "trace_i.h"
#include "trace_words.h"

static const char usage[] =
    "usage: sluicectl trace [ID] [--from WHO] [--to WHO] [--client IP] [--message-id ID] [--since WHEN] [--until WHEN]\n"
    "                       [--at NODE | --tenant NAME | --domain NAME | --group NAME | --user ADDRESS] [--limit N]\n"
    "                       [--table | --json] [--records DIR | --socket PATH]\n\n"
    "What became of messages: every step, and why, newest first; also of what was refused before there was a message: sessions,\n"
    "senders, recipients. All that is given must hold.\n\n"
    "  ID                of a transaction or a session, as in replies and Received\n"
    "  --from WHO        the envelope's sender, or its domain; '<>' for bounces\n"
    "  --to WHO          a recipient, accepted or not, or its domain\n"
    "  --client IP       the sending host\n"
    "  --message-id ID   of the message's header, or the hash that records have of it\n"
    "  --since, --until  2026-11-26, 2026-11-26T15:04:05Z, or how long ago: 90m, 12h, 7d\n"
    "  --tenant NAME     whose it was\n"
    "  --at NODE         the same of operator, partner:NAME, tenant:NAME, domain:NAME, group:DOMAIN/NAME, user:ADDRESS\n"
    "  --domain, --group, --user   the same of these; as the console knows them\n"
    "  --limit N         at most so many (default 20)\n"
    "  --table           a line each, and no more\n"
    "  --json            the records as they are, one a line\n"
    "  --records DIR     look into these day files (default " TRAFFIC_DIRECTORY "), for who may read them\n"
    "  --socket PATH     ask the console here (default " CONSOLE_SOCKET ")\n\n"
    "Who may not read the files asks the console, which shows what is his: of the tenant, domain, group or mailbox that he has a role for\n"
    "(administrator, quarantine manager, user), without the other recipients. --at, --domain, --group, --user and --socket ask the\n"
    "console in any case; where his roles leave no doubt, none of them is needed.\n\n"
    "Exit status: 0 found, 1 nothing found, not allowed, or not to be read, 2 the command line is wrong.\n";

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

int
trace_record(void *ctx, struct sl_slice line)
{
	struct trace *trace = ctx;
	bool first = trace->shown++ == 0;
	struct sl_buf out;

	if (trace->form == TRACE_JSON) {
		printf("%.*s\n", SL_SLICE_ARG(line));
		return 0;
	}
	if (trace->form == TRACE_TABLE) {
		trace_table_row(line, first);
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
	struct sl_traffic_options options = { .directory = trace->records != NULL ? trace->records : TRAFFIC_DIRECTORY, .read_only = true };
	struct sl_traffic_found found = { 0 };
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	if (r == 0)
		r = sl_traffic_search(traffic, &trace->query, trace_record, trace, &found);
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
	case 'S':
		trace->socket = value;
		return true;
	case 'a':
		trace->at = value;
		return *value != '\0';
	case 'd':
		trace->domain = value;
		return *value != '\0';
	case 'g':
		trace->group = value;
		return *value != '\0';
	case 'U':
		trace->user = value;
		return *value != '\0';
	default:
		trace->form = option == 'b' ? TRACE_TABLE : TRACE_JSON;
		return true;
	}
}

/* What only the console knows is asked there; else who may read the files need not ask. */
static bool
wants_console(const struct trace *trace)
{
	if (trace->socket != NULL || trace->at != NULL || trace->domain != NULL || trace->group != NULL || trace->user != NULL)
		return true;
	if (trace->records != NULL)
		return false;
	return access(TRAFFIC_DIRECTORY, R_OK | X_OK) != 0 && console_socket() != NULL;
}

int
trace_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
		{ "client", required_argument, NULL, 'c' }, { "message-id", required_argument, NULL, 'm' },
		{ "tenant", required_argument, NULL, 'T' }, { "since", required_argument, NULL, 's' },
		{ "until", required_argument, NULL, 'u' }, { "limit", required_argument, NULL, 'l' },
		{ "records", required_argument, NULL, 'r' }, { "socket", required_argument, NULL, 'S' },
		{ "at", required_argument, NULL, 'a' }, { "domain", required_argument, NULL, 'd' },
		{ "group", required_argument, NULL, 'g' }, { "user", required_argument, NULL, 'U' },
		{ "table", no_argument, NULL, 'b' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct trace trace = { .query = { .limit = 20 } };
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
	trace.colours = colours_for_stdout();
	if (!wants_console(&trace))
		return run(&trace);
	if (trace.records != NULL || (trace.query.tenant.len > 0 && trace.at != NULL)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (trace.socket == NULL)
		trace.socket = getenv("SLUICE_CONSOLE") != NULL ? getenv("SLUICE_CONSOLE") : CONSOLE_SOCKET;
	return trace_ask(&trace);
}
