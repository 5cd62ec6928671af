/* simulate.c - sluicectl policy simulate: how recorded messages would have fared under a changed policy */

#include "simulate.h"

#include <getopt.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "replay/lists.h"

static const char usage[] =
    "usage: sluicectl policy simulate NODE PATH=VALUE... [OPTIONS]\n"
    "       sluicectl policy simulate NODE --file FILE [OPTIONS]\n"
    "       sluicectl policy simulate NODE [PATH=VALUE...] --allow ENTRY | --deny ENTRY | --unlist ENTRY... [OPTIONS]\n"
    "       sluicectl policy simulate --snapshot FILE[,OVER] --changed FILE[,OVER] [OPTIONS]\n\n"
    "Replay what was recorded of the last days' mail as if NODE had these settings, and list which messages would have\n"
    "fared differently. Nothing is changed. NODE, PATH=VALUE and FILE as of `sluicectl policy set`. The last form compares\n"
    "two compiled snapshots, each with another over it if need be.\n"
    "The console replays what it has (console.records of the settings), and tells administrators of their own mail alone.\n\n"
    "  --allow ENTRY, --deny ENTRY   as if NODE had this entry in its list, as of `sluicectl list add`; several times if need be.\n"
    "                    Words behind it as in \"a@example.com unauthenticated\" or \"news.example either\"\n"
    "  --unlist ENTRY    as if it had not\n"
    "  --days N          so many days back (default 7)\n"
    "  --traffic DIR     replay these day files here; for operators, as are --records and snapshots\n"
    "  --records FILE    or these lines of an edge; may come several times, `-` is standard input\n"
    "  --limit N         list at most so many (default 50; 0: all); sums are of all\n"
    "  --doubted         list those too of which records cannot tell for sure\n"
    "  --json, --csv     instead of a table\n"
    "  --socket PATH     the console's\n\n"
    "Status: 0 all was replayed, 1 something could not be read, or no answer, 2 the command line is wrong.\n";

enum { OPTION_DAYS = 256, OPTION_TRAFFIC, OPTION_RECORDS, OPTION_LIMIT, OPTION_DOUBTED, OPTION_JSON, OPTION_CSV,
	OPTION_SOCKET, OPTION_SNAPSHOT, OPTION_CHANGED, OPTION_FILE, OPTION_ALLOW, OPTION_DENY, OPTION_UNLIST };

#define DAYS_DEFAULT	7
#define LIMIT_DEFAULT	50
#define FILES_MAX	64
#define PROGRESS	5000			/* records between two signs of life */
#define DAY_US		((int64_t)86400 * 1000000)

struct simulate {
	const char		*socket_path, *traffic, *snapshot, *changed;
	struct change		 change;
	const char		*files[FILES_MAX];
	size_t			 files_len;
	uint64_t		 days;
	struct report		 report;
	struct pictures		 pictures;
	struct sl_replay_lists	 lists;
	struct sl_replay_run	 run;
	bool			 progress, doubted;
};

/* ---- records of our own ---- */

static void
on_told(void *ctx, const struct sl_replay_told *told)
{
	struct simulate *s = ctx;

	report_row(&s->report, told);
}

static void
on_line(void *ctx, struct sl_slice line)
{
	struct simulate *s = ctx;

	sl_replay_run_line(&s->run, line);
	if (s->progress && s->run.lines % PROGRESS == 0)
		fprintf(stderr, "\r%llu records ", (unsigned long long)s->run.lines);
}

static int
replay_all(struct simulate *s)
{
	struct records records = { 0 };
	bool good = true;

	sl_replay_run_init(&s->run);
	s->run.replay = sl_replay_new(s->pictures.current, s->pictures.changed);
	if (s->pictures.lists != NULL && sl_replay_lists_read(sl_slice_str(s->pictures.lists), &s->lists) == NULL)
		sl_replay_try_lists(s->run.replay, &s->lists);
	s->run.each = on_told;
	s->run.ctx = s;
	s->run.doubted = s->doubted;
	s->report.tally = &s->run.tally;
	if (s->report.form == FORM_TABLE && s->pictures.difference != NULL)
		printf("%s\n", s->pictures.difference);
	report_begin(&s->report);
	for (size_t i = 0; i < s->files_len; i++)
		good = records_of_file(s->files[i], on_line, s) && good;
	if (s->files_len == 0)
		good = records_of_traffic(s->traffic, sl_clock_system.wall_us(NULL) - (int64_t)s->days * DAY_US,
		    s->pictures.tenant, on_line, s, &records);
	if (s->progress && s->run.lines >= PROGRESS)
		fprintf(stderr, "\r%*s\r", 30, "");
	s->run.tally.lost = records.lost;
	report_end(&s->report);
	good = good && s->run.tally.unreadable == 0;
	sl_replay_free(&s->run.replay);
	sl_replay_run_fini(&s->run);
	return good ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- records of the console ---- */

static void
on_answer(void *ctx, const json_t *answer)
{
	struct simulate *s = ctx;
	const char *difference = json_string_value(json_object_get(answer, "text"));
	const json_t *row;
	size_t i;

	tally_of_json(answer, &s->run.tally);
	s->report.tally = &s->run.tally;
	if (s->report.form == FORM_TABLE && difference != NULL && *difference != '\0')
		printf("%s\n", difference);
	report_begin(&s->report);
	json_array_foreach(json_object_get(answer, "listed"), i, row)
		report_row_json(&s->report, row);
	s->report.more |= json_is_true(json_object_get(answer, "more"));
	report_end(&s->report);
}

static int
replay_there(struct simulate *s)
{
	const struct replayed replayed = { .days = s->days, .limit = s->report.limit, .doubted = s->doubted,
		.progress = s->progress, .heard = on_answer, .ctx = s };

	return replay_ask(s->socket_path, &s->change, &replayed) && s->run.tally.unreadable == 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* ---- */

static bool
take_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	return sl_slice_to_u64(sl_slice_str(text), most, out) == 0 && *out >= least;
}

/* An entry of a list, into the question. False: it is not UTF-8. */
static bool
take_entry(struct simulate *s, const char *kind, const char *value)
{
	json_t *text = json_string(value), *list;

	if (s->change.entries == NULL)
		s->change.entries = json_object();
	list = json_object_get(s->change.entries, kind);
	if (list == NULL)
		json_object_set_new(s->change.entries, kind, list = json_array());
	return text != NULL && json_array_append_new(list, text) == 0;
}

/* Returns false when it is not understood. */
static bool
take_option(struct simulate *s, int option, const char *value)
{
	switch (option) {
	case OPTION_DAYS:
		return take_number(value, 1, 36500, &s->days);
	case OPTION_LIMIT:
		return take_number(value, 0, UINT32_MAX, &s->report.limit);
	case OPTION_TRAFFIC:
		s->traffic = value;
		return true;
	case OPTION_RECORDS:
		if (s->files_len == FILES_MAX)
			return false;
		s->files[s->files_len++] = value;
		return true;
	case OPTION_DOUBTED:
		s->doubted = true;
		return true;
	case OPTION_JSON:
	case OPTION_CSV:
		s->report.form = option == OPTION_JSON ? FORM_JSON : FORM_CSV;
		return true;
	case OPTION_SOCKET:
		s->socket_path = value;
		return true;
	case OPTION_FILE:
		s->change.file = value;
		return true;
	case OPTION_ALLOW:
		return take_entry(s, "allow", value);
	case OPTION_DENY:
		return take_entry(s, "deny", value);
	case OPTION_UNLIST:
		return take_entry(s, "unlist", value);
	case OPTION_SNAPSHOT:
		s->snapshot = value;
		return true;
	default:
		s->changed = value;
		return true;
	}
}

/* Returns EXIT_OK, EXIT_USAGE after saying what is wrong, or -1: help was asked for. */
static int
take_options(struct simulate *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "days", required_argument, NULL, OPTION_DAYS }, { "traffic", required_argument, NULL, OPTION_TRAFFIC },
		{ "records", required_argument, NULL, OPTION_RECORDS }, { "limit", required_argument, NULL, OPTION_LIMIT },
		{ "doubted", no_argument, NULL, OPTION_DOUBTED }, { "json", no_argument, NULL, OPTION_JSON },
		{ "csv", no_argument, NULL, OPTION_CSV }, { "socket", required_argument, NULL, OPTION_SOCKET },
		{ "allow", required_argument, NULL, OPTION_ALLOW }, { "deny", required_argument, NULL, OPTION_DENY },
		{ "unlist", required_argument, NULL, OPTION_UNLIST },
		{ "snapshot", required_argument, NULL, OPTION_SNAPSHOT },
		{ "changed", required_argument, NULL, OPTION_CHANGED }, { "file", required_argument, NULL, OPTION_FILE }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?')
			return EXIT_USAGE;
		if (!take_option(s, c, optarg)) {
			fprintf(stderr, "sluicectl policy simulate: \"%s\" is not understood\n", optarg);
			return EXIT_USAGE;
		}
	}
	s->change.node = optind < argc ? argv[optind] : NULL;
	s->change.settings = argv + SL_MIN(optind + 1, argc);
	s->change.settings_len = optind < argc ? (size_t)(argc - optind - 1) : 0;
	if ((s->snapshot != NULL) != (s->changed != NULL) || (s->snapshot != NULL) == (s->change.node != NULL) ||
	    (s->change.settings_len > 0 || s->change.file != NULL || s->change.entries != NULL) != (s->change.node != NULL)) {
		fprintf(stderr, "sluicectl policy simulate: a node and what is changed there, or two snapshots, are needed\n");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int
simulate_main(int argc, char **argv)
{
	const char *socket_path = getenv("SLUICE_CONSOLE");
	struct simulate *s = sl_xzalloc(sizeof(*s));
	int status;
	bool there;

	s->socket_path = socket_path != NULL ? socket_path : CONSOLE_SOCKET;
	s->days = DAYS_DEFAULT;
	s->report.limit = LIMIT_DEFAULT;
	status = take_options(s, argc, argv);
	if (status != EXIT_OK) {
		fputs(usage, status < 0 ? stdout : stderr);
		json_decref(s->change.entries);
		sl_free(s);
		return status < 0 ? EXIT_OK : status;
	}
	s->progress = isatty(STDERR_FILENO) == 1;
	if (s->snapshot == NULL && s->traffic == NULL && s->files_len == 0) {
		status = replay_there(s);
		json_decref(s->change.entries);
		sl_free(s);
		return status;
	}
	if (s->traffic == NULL)
		s->traffic = TRAFFIC_DIRECTORY;
	there = s->snapshot != NULL ? pictures_from_files(s->snapshot, s->changed, &s->pictures) :
	    pictures_ask(s->socket_path, &s->change, &s->pictures);
	status = there ? replay_all(s) : EXIT_PROBLEM;
	pictures_fini(&s->pictures);
	json_decref(s->change.entries);
	sl_free(s);
	return status;
}

int
policy_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "simulate") == 0)
		return simulate_main(argc - 1, argv + 1);
	return console_main(argc, argv);
}
