/* evaluate.c - sluicectl evaluate: how good is judging, on labelled mail? See evaluate.h */

#include "evaluate.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"

static const char usage[] =
    "usage: sluicectl evaluate --labels TSV --root DIR --model MODEL [--rules SNAPSHOT] [--html PAGE]\n"
    "       [--json] [OPTION...]\n"
    "       sluicectl evaluate --online --labels TSV --root DIR [--all-fields] [OPTION...]\n"
    "\n"
    "Judge labelled messages as an edge would and measure how well it went: per corpus (the first\n"
    "folder of a path) and in all, each classifier alone and left out, the worst errors with their reasons.\n"
    "  --labels TSV           one message a line: path, tab, ham, spam or phish\n"
    "  --root DIR             where the paths start\n"
    "  --model MODEL          models made by `sluicectl train`, or an n-gram model\n"
    "  --rules SNAPSHOT       judge by rules too, made by `sluicectl rules compile`\n"
    "  --own FILE             what tenants know of their own mail, made by `sluicectl learn --own`\n"
    "  --tenant NAME          whose mail it is\n"
    "  --online               judge by no model: judge each message by those before it in the order of their\n"
    "                         Date fields, then learn it\n"
    "  --all-fields           with --online: learn from all header fields, not from chosen ones\n"
    "  --html PAGE            write the report as one page that needs nothing else\n"
    "  --json                 print the report as JSON\n"
    "  --calibrate-fp RATE    choose the threshold for this share of false positives (default 0.001)\n"
    "  --threshold-from TSV   choose it on these messages instead\n"
    "  --threshold-without C  choose it without the corpus C; may be given several times\n"
    "  --threshold P          use this probability, choose none\n"
    "  --worst N              errors of each kind that are shown (default 10)\n"
    "  --jobs N               processes that judge at once, 1 to 64 (default: one for each processor)\n"
    "\n"
    "Status: 0 all judged, 1 a file could not be read or written, 2 wrong use or wrong labels.\n";

enum { OPTION_FROM = 256, OPTION_WITHOUT, OPTION_THRESHOLD, OPTION_RATE, OPTION_ONLINE, OPTION_ALL };

static bool
number(const char *text, double lowest, double highest, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= lowest && *out <= highest;
}

/* One option. Returns false when its value is out of range. */
static bool
option_take(struct evaluate *evaluate, int c)
{
	double value;

	switch (c) {
	case 'l':
		evaluate->labels = optarg;
		return true;
	case 'r':
		evaluate->root = optarg;
		return true;
	case 'm':
		evaluate->files.model = optarg;
		return true;
	case 'O':
		evaluate->files.own = optarg;
		return true;
	case 't':
		evaluate->files.tenant = optarg;
		return true;
	case 'u':
		evaluate->files.rules = optarg;
		return true;
	case 'o':
		evaluate->page = optarg;
		return true;
	case 'j':
		evaluate->json = true;
		return true;
	case OPTION_ONLINE:
		evaluate->online = true;
		return true;
	case OPTION_ALL:
		evaluate->all_fields = true;
		return true;
	case OPTION_FROM:
		evaluate->threshold_labels = optarg;
		return true;
	case OPTION_WITHOUT:
		if (evaluate->without_len == SL_COUNT(evaluate->without))
			return false;
		evaluate->without[evaluate->without_len++] = optarg;
		return true;
	case OPTION_THRESHOLD:
		return number(optarg, 1e-9, 1 - 1e-9, &evaluate->threshold);
	case OPTION_RATE:
		return number(optarg, 0, 1, &evaluate->rate);
	case 'w':
		if (!number(optarg, 0, 1000, &value))
			return false;
		evaluate->worst = (unsigned)value;
		return true;
	case 'p':
		if (!number(optarg, 1, 64, &value))
			return false;
		evaluate->jobs = (unsigned)value;
		return true;
	default:
		SL_UNREACHABLE("an option that getopt_long does not know");
	}
}

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct evaluate *evaluate, int argc, char **argv)
{
	static const struct option options[] = {
		{ "labels", required_argument, NULL, 'l' }, { "root", required_argument, NULL, 'r' },
		{ "model", required_argument, NULL, 'm' }, { "rules", required_argument, NULL, 'u' },
		{ "html", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' }, { "worst", required_argument, NULL, 'w' },
		{ "jobs", required_argument, NULL, 'p' }, { "own", required_argument, NULL, 'O' },
		{ "tenant", required_argument, NULL, 't' }, { "online", no_argument, NULL, OPTION_ONLINE },
		{ "all-fields", no_argument, NULL, OPTION_ALL },
		{ "calibrate-fp", required_argument, NULL, OPTION_RATE },
		{ "threshold-from", required_argument, NULL, OPTION_FROM },
		{ "threshold-without", required_argument, NULL, OPTION_WITHOUT },
		{ "threshold", required_argument, NULL, OPTION_THRESHOLD },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?')
			return EXIT_USAGE;
		if (!option_take(evaluate, c)) {
			fprintf(stderr, "sluicectl evaluate: %s is out of range\n", optarg);
			return EXIT_USAGE;
		}
	}
	if (evaluate->labels == NULL || evaluate->root == NULL ||
	    (evaluate->files.model == NULL && !evaluate->online) || optind != argc) {
		fputs("sluicectl evaluate: --labels, --root and --model or --online are needed, and only options\n",
		    stderr);
		return EXIT_USAGE;
	}
	if (evaluate->online ? evaluate->files.model != NULL || evaluate->files.own != NULL ||
	    evaluate->threshold_labels != NULL : evaluate->all_fields) {
		fputs("sluicectl evaluate: --online goes without --model, --own and --threshold-from, --all-fields with "
		    "--online\n", stderr);
		return EXIT_USAGE;
	}
	return stack_files_sound("evaluate", &evaluate->files) ? 0 : EXIT_USAGE;
}

/* ---- output */

/* Under another name first: a reader never sees half a page. */
static int
page_write(const char *path, struct sl_slice bytes)
{
	char *draft = sl_xasprintf("%s.new", path);
	FILE *file = fopen(draft, "w");
	bool good = file != NULL && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;

	if (file != NULL && fclose(file) != 0)
		good = false;
	if (!good || rename(draft, path) != 0) {
		fprintf(stderr, "sluicectl evaluate: %s: %s\n", path, strerror(errno));
		unlink(draft);
		sl_free(draft);
		return EXIT_PROBLEM;
	}
	sl_free(draft);
	return EXIT_OK;
}

static int
report_write(const struct evaluate *evaluate, const struct report *report)
{
	struct sl_buf out;
	int status = EXIT_OK;

	sl_buf_init(&out, (size_t)1 << 28);
	if (evaluate->json) {
		evaluate_json(evaluate, report, &out);
		fwrite(out.data, 1, out.len, stdout);
	} else {
		evaluate_print(evaluate, report);
	}
	if (evaluate->page != NULL) {
		sl_buf_reset(&out);
		evaluate_page(evaluate, report, &out);
		status = page_write(evaluate->page, sl_buf_slice(&out));
	}
	sl_buf_fini(&out);
	return status;
}

static void
say_unreadable(const struct evaluate *evaluate)
{
	size_t said = 0;

	for (size_t i = 0; i < evaluate->messages_len && said < 10; i++) {
		if (evaluate->messages[i].trouble == NULL)
			continue;
		fprintf(stderr, "sluicectl evaluate: %s/%s: %s\n", evaluate->root, evaluate->messages[i].path,
		    evaluate->messages[i].trouble);
		said++;
	}
}

static int
evaluate_run(struct evaluate *evaluate)
{
	struct report report;
	int status = evaluate_list(evaluate, evaluate->labels, false);

	if (status == EXIT_OK && evaluate->threshold_labels != NULL)
		status = evaluate_list(evaluate, evaluate->threshold_labels, true);
	if (status == EXIT_OK && evaluate->messages_len == 0) {
		fprintf(stderr, "sluicectl evaluate: %s names no message\n", evaluate->labels);
		status = EXIT_USAGE;
	}
	if (status == EXIT_OK && !evaluate->online)
		status = stack_open("evaluate", &evaluate->files, &evaluate->stack);
	if (status != EXIT_OK)
		return status;
	status = evaluate->online ? evaluate_online(evaluate) : evaluate_judge(evaluate);
	evaluate_measure(evaluate, &report);
	if (report.judged > 0)		/* else there is nothing but what say_unreadable says */
		status |= report_write(evaluate, &report);
	if (report.unreadable > 0) {
		say_unreadable(evaluate);
		status = EXIT_PROBLEM;
	}
	report_free(&report);
	return status;
}

static void
evaluate_fini(struct evaluate *evaluate)
{
	for (size_t i = 0; i < evaluate->messages_len; i++) {
		struct judged *m = &evaluate->messages[i];

		for (size_t r = 0; r < m->reasons_len; r++) {
			sl_free(m->reasons[r].name);
			sl_free(m->reasons[r].sentence);
		}
		sl_free(m->reasons);
		sl_free(m->corpus);
		sl_free(m->path);
	}
	sl_free(evaluate->messages);
	stack_close(&evaluate->stack);
}

int
evaluate_main(int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct evaluate evaluate = { .rate = 0.001, .worst = 10, .terminal = isatty(STDERR_FILENO),
		.jobs = processors > 0 ? (unsigned)SL_MIN(processors, 64L) : 1 };
	int status = options_read(&evaluate, argc, argv);

	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return status < 0 ? EXIT_OK : status;
	}
	status = evaluate_run(&evaluate);
	evaluate_fini(&evaluate);
	return status;
}
