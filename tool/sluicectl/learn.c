/* learn.c - sluicectl learn: make an n-gram model from labelled messages */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "classify/ngram_train.h"
#include "commands.h"
#include "learn_own.h"
#include "message.h"

static const char usage[] =
    "usage: sluicectl learn --labels TSV --root DIR --out MODEL [--dims BITS] [--hold-back FRACTION]\n"
    "                       [--passes N] [--headers all] [--json]\n"
    "\n"
    "Make an n-gram model from labelled messages.\n"
    "  --labels TSV          one message a line: path, tab, ham, spam or phish\n"
    "  --root DIR            where the paths start\n"
    "  --out MODEL           the model; written whole or not at all\n"
    "  --dims BITS           size of the model: 2^BITS rows of three bytes, 12 to 20 (default 20)\n"
    "  --hold-back FRACTION  share of the messages held back in turn to calibrate on, 0.05 to 0.5\n"
    "                        (default 0.2: five times a fifth)\n"
    "  --passes N            over the messages, 1 to 100 (default 6)\n"
    "  --headers all         the byte view reads every header field, those of receiving hosts too: for mail of\n"
    "                        one place (default `sender`: what the sender wrote)\n"
    "  --json                print the report as one JSON line\n"
    "\n"
    "Status: 0 done, 1 a file could not be read or written, 2 wrong use or wrong labels.\n";

struct learn {
	const char		*labels;
	const char		*root;
	const char		*out;
	bool			 json;
	bool			 terminal;
	struct sl_ngram_options	 options;
	struct sl_ngram_trainer	*trainer;
	size_t			 unreadable;
};

static const char *const label_words[] = { "ham", "spam", "phish" };

/* ---- options */

static bool
number(const char *text, double lowest, double highest, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= lowest && *out <= highest;
}

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct learn *learn, int argc, char **argv)
{
	static const struct option options[] = {
		{ "labels", required_argument, NULL, 'l' }, { "root", required_argument, NULL, 'r' },
		{ "out", required_argument, NULL, 'o' }, { "dims", required_argument, NULL, 'd' },
		{ "hold-back", required_argument, NULL, 'b' }, { "passes", required_argument, NULL, 'p' },
		{ "headers", required_argument, NULL, 'e' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	double value;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		bool good = true;

		switch (c) {
		case 'l':
			learn->labels = optarg;
			break;
		case 'r':
			learn->root = optarg;
			break;
		case 'o':
			learn->out = optarg;
			break;
		case 'd':
			if ((good = number(optarg, 12, 20, &value)))
				learn->options.dims = (unsigned)value;
			break;
		case 'b':
			if ((good = number(optarg, 0.05, 0.5, &value)))
				learn->options.folds = (unsigned)(1 / value + 0.5);
			break;
		case 'p':
			if ((good = number(optarg, 1, 100, &value)))
				learn->options.passes = (unsigned)value;
			break;
		case 'e':
			learn->options.all_headers = strcmp(optarg, "all") == 0;
			good = learn->options.all_headers || strcmp(optarg, "sender") == 0;
			break;
		case 'j':
			learn->json = true;
			break;
		case 'h':
			return -1;
		default:
			return 2;
		}
		if (!good) {
			fprintf(stderr, "sluicectl learn: %s is out of range\n", optarg);
			return 2;
		}
	}
	if (learn->labels == NULL || learn->root == NULL || learn->out == NULL || optind != argc) {
		fprintf(stderr, "sluicectl learn: --labels, --root and --out are needed, and nothing else\n");
		return 2;
	}
	return 0;
}

/* ---- reading */

static void
learn_message(struct learn *learn, const char *path, enum sl_ngram_label label)
{
	char *full = sl_xasprintf("%s/%s", learn->root, path);
	struct sl_buf message;
	int r;

	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	r = message_read(full, &message);
	if (r == 0) {
		sl_ngram_trainer_add(learn->trainer, sl_buf_slice(&message), label);
	} else {
		fprintf(stderr, "sluicectl learn: %s: %s\n", full, file_error(r));
		learn->unreadable++;
	}
	sl_buf_fini(&message);
	sl_free(full);
}

/* A line of the labels, without its end. Returns false when it is not `path TAB label`. */
static bool
learn_line(struct learn *learn, char *line)
{
	char *tab = strchr(line, '\t');

	if (*line == '\0')
		return true;
	if (tab == NULL)
		return false;
	*tab = '\0';
	for (int i = 0; i < SL_NGRAM_LABELS; i++) {
		if (strcmp(tab + 1, label_words[i]) == 0) {
			learn_message(learn, line, (enum sl_ngram_label)i);
			return true;
		}
	}
	return false;
}

static int
labels_read(struct learn *learn)
{
	FILE *file = fopen(learn->labels, "r");
	char *line = NULL;
	size_t size = 0, count = 0;
	ssize_t len;
	int status = 0;

	if (file == NULL) {
		fprintf(stderr, "sluicectl learn: %s: %s\n", learn->labels, strerror(errno));
		return 1;
	}
	while (status == 0 && (len = getline(&line, &size, file)) > 0) {
		count++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (!learn_line(learn, line)) {
			fprintf(stderr, "sluicectl learn: %s:%zu: not a path, a tab and ham, spam or phish\n",
			    learn->labels, count);
			status = 2;
		}
		if (learn->terminal && count % 100 == 0)
			fprintf(stderr, "\rreading: %zu messages", count);
	}
	if (learn->terminal)
		fprintf(stderr, "\r\033[K");
	free(line);
	fclose(file);
	return status != 0 ? status : learn->unreadable > 0;
}

/* ---- writing */

/* Under another name first: a reader never sees half a model. */
static int
model_write(const char *path, struct sl_slice bytes)
{
	char *draft = sl_xasprintf("%s.new", path);
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0;

	while (good && bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		good = n >= 0 || errno == EINTR;
		bytes = sl_slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	good = good && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	if (!good || rename(draft, path) != 0) {
		fprintf(stderr, "sluicectl learn: %s: %s\n", path, strerror(errno));
		unlink(draft);
		sl_free(draft);
		return 1;
	}
	sl_free(draft);
	return 0;
}

static void
on_progress(void *ctx, unsigned done, unsigned all)
{
	struct learn *learn = ctx;

	if (learn->terminal)
		fprintf(stderr, "\rlearning: %3u %%%s", 100 * done / all, done == all ? "\r\033[K" : "");
}

static void
report_print(const struct learn *learn, const struct sl_ngram_report *report)
{
	static const char *const forms[] = {
		"learned from %zu ham, %zu spam, %zu phish\n"
		"on messages held back from training:\n"
		"  1 - ROC area       %.3f %%\n"
		"  unwanted caught    %.1f %% at 0.1 %% false positives, %.1f %% at 0.5 %%, %.1f %% at 1 %%\n"
		"  calibration error  %.2f %%\n",
		"{\"ham\": %zu, \"spam\": %zu, \"phish\": %zu, \"roc_area_missed_percent\": %.4f, "
		"\"caught_percent\": {\"0.1\": %.2f, \"0.5\": %.2f, \"1\": %.2f}, "
		"\"calibration_error_percent\": %.3f}\n",
	};

	printf(forms[learn->json], report->messages[0], report->messages[1], report->messages[2],
	    100 * report->roc_area_missed, 100 * report->caught_at[0], 100 * report->caught_at[1],
	    100 * report->caught_at[2], 100 * report->calibration_error);
}

static int
learn_run(struct learn *learn)
{
	struct sl_ngram_report report;
	struct sl_buf model;
	int status = labels_read(learn);

	if (status != 0)
		return status;
	sl_buf_init(&model, (size_t)1 << 24);
	if (sl_ngram_trainer_finish(learn->trainer, &model, &report) != 0) {
		fprintf(stderr, "sluicectl learn: %s: at least 10 ham and 10 spam or phish are needed\n",
		    learn->labels);
		status = 2;
	} else {
		status = model_write(learn->out, sl_buf_slice(&model));
		if (status == 0)
			report_print(learn, &report);
	}
	sl_buf_fini(&model);
	return status;
}

int
learn_main(int argc, char **argv)
{
	struct learn learn = { .options = sl_ngram_options_default, .terminal = isatty(STDERR_FILENO) };
	int status;

	if (learn_own_wanted(argc, argv))
		return learn_own_main(argc, argv);
	status = options_read(&learn, argc, argv);
	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return status < 0 ? 0 : status;
	}
	learn.options.progress = on_progress;
	learn.options.ctx = &learn;
	learn.trainer = sl_ngram_trainer_new(&learn.options);
	status = learn_run(&learn);
	sl_ngram_trainer_free(&learn.trainer);
	return status;
}
