/* learn_own.c - sluicectl learn --own: what a tenant teaches of its own mail */

#include "learn_own.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/own.h"
#include "commands.h"
#include "message.h"
#include "source.h"
#include "stack.h"

static const char usage[] =
    "usage: sluicectl learn --own FILE --tenant NAME --ham|--spam|--phish [OPTIONS] PATH...\n"
    "       sluicectl learn --own FILE --tenant NAME --labels TSV --root DIR [OPTIONS]\n"
    "\n"
    "Learn what a tenant says of its own mail: its next verdicts follow, nobody else's change.\n"
    "A PATH is a message, a mailbox (mbox), a directory or a Maildir; - is standard input.\n"
    "  --own FILE          what tenants know; made if it is not there, written whole or not at all\n"
    "  --tenant NAME       whose mail it is\n"
    "  --ham, --spam, --phish   what the messages are\n"
    "  --labels TSV        one message a line: path, tab, ham, spam or phish\n"
    "  --root DIR          where the paths of --labels start\n"
    "  --unlearn           take back what was learned of these messages with the same label\n"
    "  --model MODELS      what judges this mail in the edges (made by `sluicectl train`): it is weighed\n"
    "                      against what the tenant knows. Without it nothing is known globally\n"
    "  --size MIB          of a new file, 1 to 1024 (default 32); for all tenants together\n"
    "  --all-fields        in a new file: learn from all header fields, not from chosen ones\n"
    "  --json              print the result as one JSON line\n"
    "\n"
    "Status: 0 done, 1 a file could not be read or written, or a message was not learned, 2 wrong use.\n";

enum { LABEL_NONE = -1, LABEL_HAM, LABEL_SPAM, LABEL_PHISH };
static const char *const label_words[] = { "ham", "spam", "phish" };

struct learn {
	const char		*own_path, *tenant, *labels, *root;
	int			 label;		/* of the messages that come */
	bool			 unlearn, json, terminal;
	size_t			 size_bytes;
	unsigned		 flags;
	struct stack_files	 files;
	struct stack		*stack;
	struct sl_buf		 own_bytes;
	struct sl_own		*own;
	struct sl_own_learner	*learner;
	size_t			 done, unknown, failed;	/* messages */
};

/* ---- options */

bool
learn_own_wanted(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--own") == 0 || strncmp(argv[i], "--own=", 6) == 0)
			return true;
	return false;
}

static bool
label_set(struct learn *learn, int label)
{
	bool first = learn->label == LABEL_NONE;

	learn->label = label;
	return first;
}

static bool
size_set(struct learn *learn, const char *text)
{
	uint64_t mib;

	if (sl_slice_to_u64(sl_slice_str(text), 1024, &mib) != 0 || mib == 0)
		return false;
	learn->size_bytes = (size_t)mib << 20;
	return true;
}

static bool
option_take(struct learn *learn, int c)
{
	switch (c) {
	case 'o': learn->own_path = optarg; return true;
	case 't': learn->tenant = optarg; return optarg[0] != '\0';
	case 'l': learn->labels = optarg; return true;
	case 'r': learn->root = optarg; return true;
	case 'm': learn->files.model = optarg; return true;
	case 'H': return label_set(learn, LABEL_HAM);
	case 'S': return label_set(learn, LABEL_SPAM);
	case 'P': return label_set(learn, LABEL_PHISH);
	case 's': return size_set(learn, optarg);
	case 'u': learn->unlearn = true; return true;
	case 'a': learn->flags |= SL_OWN_ALL_FIELDS; return true;
	case 'j': learn->json = true; return true;
	default: return false;
	}
}

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct learn *learn, int argc, char **argv)
{
	static const struct option options[] = {
		{ "own", required_argument, NULL, 'o' }, { "tenant", required_argument, NULL, 't' },
		{ "labels", required_argument, NULL, 'l' }, { "root", required_argument, NULL, 'r' },
		{ "model", required_argument, NULL, 'm' },
		{ "ham", no_argument, NULL, 'H' }, { "spam", no_argument, NULL, 'S' },
		{ "phish", no_argument, NULL, 'P' }, { "size", required_argument, NULL, 's' },
		{ "unlearn", no_argument, NULL, 'u' }, { "all-fields", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?')
			return 2;
		if (!option_take(learn, c)) {
			fprintf(stderr, "sluicectl learn: %s\n", c == 's' ? "--size is a number of MiB, 1 to 1024"
			    : c == 't' ? "--tenant is a name" : "one of --ham, --spam and --phish is needed");
			return 2;
		}
	}
	if (learn->tenant == NULL) {
		fputs("sluicectl learn: --own needs --tenant\n", stderr);
	} else if (learn->labels != NULL ? learn->root == NULL || learn->label != LABEL_NONE || optind < argc
	    : learn->root != NULL || learn->label == LABEL_NONE || optind == argc) {
		fputs("sluicectl learn: either one of --ham, --spam, --phish and paths, or --labels and --root, "
		    "are needed\n", stderr);
	} else {
		return 0;
	}
	return 2;
}

/* ---- learning */

static void
on_failed(void *ctx, const char *name, const char *why)
{
	struct learn *learn = ctx;

	fprintf(stderr, "%ssluicectl learn: %s: %s\n", learn->terminal ? "\r\033[K" : "", name, why);
	learn->failed++;
}

/* What is known globally of a message: log-odds of being unwanted. */
static double
global_log_odds(const struct learn *learn, struct sl_slice message)
{
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_arena arena;
	double log_odds;

	sl_arena_init(&arena, STACK_ARENA_MAX_BYTES);
	stack_judge(learn->stack, message, &arena, verdict);
	log_odds = verdict->logit[SL_SPAM];
	sl_arena_fini(&arena);
	sl_free(verdict);
	return log_odds;
}

static bool
on_message(void *ctx, const char *name, struct sl_slice message)
{
	struct learn *learn = ctx;
	struct sl_slice tenant = sl_slice_str(learn->tenant);
	enum sl_own_label label = learn->label == LABEL_HAM ? SL_OWN_HAM : SL_OWN_UNWANTED;
	int r = learn->unlearn ? sl_own_unlearn(learn->learner, tenant, message, label)
	    : sl_own_learn(learn->learner, tenant, message, label, global_log_odds(learn, message));

	if (r == SL_ERR_NOT_FOUND) {
		fprintf(stderr, "%ssluicectl learn: %s: was not learned as %s, or too long ago\n",
		    learn->terminal ? "\r\033[K" : "", name, label_words[learn->label]);
		learn->unknown++;
	} else if (r != 0) {
		on_failed(learn, name, "the file has no room for another tenant");
		return false;
	} else {
		learn->done++;
	}
	if (learn->terminal && (learn->done + learn->unknown) % 10 == 0)
		fprintf(stderr, "\r%zu messages", learn->done + learn->unknown);
	return true;
}

/* A line of the labels, without its end. Returns false when it is not `path TAB label`. */
static bool
labels_line(struct learn *learn, const struct source *source, char *line)
{
	char *tab = strchr(line, '\t'), *full;

	if (*line == '\0')
		return true;
	if (tab == NULL)
		return false;
	*tab = '\0';
	learn->label = LABEL_NONE;
	for (int i = 0; i < (int)SL_COUNT(label_words); i++)
		if (strcmp(tab + 1, label_words[i]) == 0)
			learn->label = i;
	if (learn->label == LABEL_NONE)
		return false;
	full = sl_xasprintf("%s/%s", learn->root, line);
	source_read(source, full);
	sl_free(full);
	return true;
}

/* Returns the status. With a wrong line nothing at all is learned. */
static int
labels_read(struct learn *learn, const struct source *source)
{
	FILE *file = fopen(learn->labels, "r");
	size_t size = 0, count = 0;
	char *line = NULL;
	int status = 0;
	ssize_t len;

	if (file == NULL) {
		fprintf(stderr, "sluicectl learn: %s: %s\n", learn->labels, strerror(errno));
		return EXIT_PROBLEM;
	}
	while (status == 0 && (len = getline(&line, &size, file)) > 0) {
		count++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (labels_line(learn, source, line))
			continue;
		fprintf(stderr, "sluicectl learn: %s:%zu: not a path, a tab and ham, spam or phish\n",
		    learn->labels, count);
		status = EXIT_USAGE;
	}
	free(line);
	fclose(file);
	return status;
}

static int
messages_read(struct learn *learn, char **paths)
{
	struct source source = { on_message, on_failed, learn };
	int status = learn->labels != NULL ? labels_read(learn, &source) : 0;

	for (; learn->labels == NULL && *paths != NULL; paths++)
		if (!source_read(&source, *paths))
			break;
	if (learn->terminal)
		fputs("\r\033[K", stderr);
	return status;
}

/* ---- files */

/* Two learners at once would lose what one of them learned: the second waits. The lock is a file of its own, since
 * the other is replaced. Returns its descriptor, or -1. */
static int
lock_take(const char *own_path)
{
	char *path = sl_xasprintf("%s.lock", own_path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		if (errno != EINTR) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		fprintf(stderr, "sluicectl learn: %s: %s\n", path, strerror(errno));
	sl_free(path);
	return fd;
}

/* Returns the status. */
static int
files_open(struct learn *learn)
{
	bool there = access(learn->own_path, F_OK) == 0 || errno != ENOENT;
	int r = 0;

	if (!learn->unlearn && stack_open("learn", &learn->files, &learn->stack) != 0)
		return EXIT_PROBLEM;
	if (there)
		r = file_read(learn->own_path, &learn->own_bytes);
	if (r == 0 && there)
		r = sl_own_open(sl_buf_slice(&learn->own_bytes), &learn->own);
	if (r != 0) {
		fprintf(stderr, "sluicectl learn: %s: %s\n", learn->own_path,
		    r == SL_ERR_SYNTAX ? "not such a file, or damaged" : file_error(r));
		return EXIT_PROBLEM;
	}
	learn->learner = sl_own_learner_new(learn->own, learn->size_bytes, learn->flags);
	return 0;
}

/* Under another name first: a reader never sees half a file. It keeps the old one's mode. */
static int
own_write(const struct learn *learn, struct sl_slice bytes)
{
	char *draft = sl_xasprintf("%s.new", learn->own_path);
	struct stat st;
	mode_t mode = stat(learn->own_path, &st) == 0 ? st.st_mode & 0777 : 0640;
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode), error;
	bool good = fd >= 0 && fchmod(fd, mode) == 0;

	while (good && bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		good = n >= 0 || errno == EINTR;
		bytes = sl_slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	good = good && fsync(fd) == 0;
	error = errno;
	if (fd >= 0 && close(fd) != 0 && good) {
		good = false;
		error = errno;
	}
	if (good && rename(draft, learn->own_path) != 0) {
		good = false;
		error = errno;
	}
	if (!good) {
		fprintf(stderr, "sluicectl learn: %s: %s\n", learn->own_path, strerror(error));
		unlink(draft);
	}
	sl_free(draft);
	return good ? 0 : EXIT_PROBLEM;
}

/* ---- all of it */

static void
report_print(const struct learn *learn, struct sl_slice bytes)
{
	struct sl_own_stats stats = { 0 };
	struct sl_own *own = NULL;
	size_t tenants = 0;
	struct sl_buf name;

	if (sl_own_open(bytes, &own) == 0) {
		sl_own_stats(own, sl_slice_str(learn->tenant), &stats);
		tenants = sl_own_tenants(own);
	}
	sl_own_close(&own);
	sl_buf_init(&name, 65536);
	sl_buf_add_json(&name, sl_slice_str(learn->tenant));
	if (learn->json)
		printf("{\"tenant\": %s, \"%s\": %zu, \"not_found\": %zu, \"failed\": %zu, \"ham\": %u, "
		    "\"unwanted\": %u, \"weights\": %u, \"share\": %.4f, \"global_loss\": %.4f, "
		    "\"own_loss\": %.4f, \"tenants\": %zu}\n", sl_buf_cstr(&name),
		    learn->unlearn ? "unlearned" : "learned", learn->done, learn->unknown, learn->failed,
		    stats.ham, stats.unwanted, stats.weights, stats.share, stats.global_loss,
		    stats.own_loss, tenants);
	else
		printf("%s %zu messages; %s knows %u ham and %u unwanted ones, and its own knowledge counts "
		    "%.0f %%\n", learn->unlearn ? "unlearned" : "learned", learn->done, learn->tenant, stats.ham,
		    stats.unwanted, 100 * stats.share);
	sl_buf_fini(&name);
}

static int
learn_run(struct learn *learn, char **paths)
{
	struct sl_buf out;
	int status = files_open(learn);

	if (status == 0)
		status = messages_read(learn, paths);
	if (status != 0)
		return status;
	sl_buf_init(&out, SL_OWN_SIZE_MAX);
	if (learn->done > 0) {
		status = sl_own_learner_write(learn->learner, &out) != 0 ? EXIT_PROBLEM
		    : own_write(learn, sl_buf_slice(&out));
	} else {
		sl_buf_add_slice(&out, sl_buf_slice(&learn->own_bytes));
	}
	if (status == 0)
		report_print(learn, sl_buf_slice(&out));
	sl_buf_fini(&out);
	return status != 0 ? status : learn->failed + learn->unknown > 0 ? EXIT_PROBLEM : 0;
}

int
learn_own_main(int argc, char **argv)
{
	struct learn learn = { .label = LABEL_NONE, .size_bytes = SL_OWN_SIZE_DEFAULT,
		.terminal = isatty(STDERR_FILENO) };
	int status = options_read(&learn, argc, argv), lock;

	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return status < 0 ? 0 : status;
	}
	lock = lock_take(learn.own_path);
	if (lock < 0)
		return EXIT_PROBLEM;
	sl_buf_init(&learn.own_bytes, SL_OWN_SIZE_MAX + 1);
	status = learn_run(&learn, argv + optind);
	sl_own_learner_free(&learn.learner);
	sl_own_close(&learn.own);
	stack_close(&learn.stack);
	sl_buf_fini(&learn.own_bytes);
	close(lock);
	return status;
}
