/* train.c - sluicectl train: models, and a combiner that weighs them, from labelled messages */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "classify/bundle.h"
#include "classify/bytegram.h"
#include "classify/combine_train.h"
#include "classify/findings.h"
#include "classify/fold.h"
#include "classify/ngram.h"
#include "classify/ngram_train.h"
#include "classify/stack.h"
#include "classify/token.h"
#include "classify/token_train.h"
#include "commands.h"
#include "conf/settings.h"
#include "message.h"
#include "rules.h"
#include "train_rates.h"

#define FILE_MAX_BYTES		((size_t)1 << 26)
#define BUNDLE_MAX_BYTES	((size_t)1 << 27)
#define ARENA_MAX_BYTES		((size_t)1 << 20)

static const char usage[] =
    "usage: sluicectl train --labels TSV --root DIR --out MODELS [--lists DIR] [--rules SNAPSHOT]\n"
    "       [--passes N] [--json]\n"
    "\n"
    "Learn the models and the combiner that weighs their evidence, from labelled messages.\n"
    "  --labels TSV   one message a line: path, tab, ham, spam or phish. The first folder of a path tells\n"
    "                 collections apart: one of many messages counts less than its number\n"
    "  --root DIR     where the paths start\n"
    "  --out MODELS   one file of all; written whole or not at all\n"
    "  --lists DIR    brands.txt, shorteners.txt, hosting.txt, freemail.txt to go with it (default: those\n"
    "                 that came with Sluice)\n"
    "  --rules SNAPSHOT   the rules that will judge beside it: their weights are learned too\n"
    "  --passes N     over the messages, 1 to 100 (default: each model's own)\n"
    "  --json         print the report as one JSON line\n"
    "\n"
    "Status: 0 done, 1 a file could not be read or written, 2 wrong use or wrong labels.\n";

/* A message's evidence of everything that is not learned here; models are held out and come later. */
struct example {
	struct sl_evidence	*evidence;
	size_t			 len;
	enum sl_label		 label;
	uint64_t		 source;
	unsigned		 fold;
	uint64_t		 bytes;		/* of the message */
};

struct train {
	const char			*labels, *root, *out, *lists, *rules_path;
	unsigned			 passes;
	bool				 json, terminal;
	struct sl_ngram_trainer		*ngram;
	struct sl_token_trainer		*token;
	struct sl_stack			*around;	/* lists only: what listens beside the models */
	struct sl_buf			 lists_bytes;
	struct sl_rules			*rules;		/* NULL: none; examples have its names */
	struct sl_buf			 rules_bytes;
	struct sl_bundle_section	 sections[SL_STACK_SECTION_COUNT];
	struct sl_buf			 bytes[SL_STACK_SECTION_COUNT];
	struct example			*examples;
	size_t				 len, size, unreadable;
	struct sl_fold			*fold;
	struct sl_suffix		*suffix;
};

static const char *const label_words[] = { "ham", "spam", "phish" };

/* ---- options */

/* Returns 0, or 2 after saying what is wrong, or -1 when the help was asked for. */
static int
options_read(struct train *train, int argc, char **argv)
{
	static const struct option options[] = {
		{ "labels", required_argument, NULL, 'l' }, { "root", required_argument, NULL, 'r' },
		{ "out", required_argument, NULL, 'o' }, { "lists", required_argument, NULL, 'i' },
		{ "rules", required_argument, NULL, 'u' },
		{ "passes", required_argument, NULL, 'p' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	char *end;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			train->labels = optarg;
			break;
		case 'r':
			train->root = optarg;
			break;
		case 'o':
			train->out = optarg;
			break;
		case 'i':
			train->lists = optarg;
			break;
		case 'u':
			train->rules_path = optarg;
			break;
		case 'p':
			train->passes = (unsigned)strtoul(optarg, &end, 10);
			if (*end == '\0' && train->passes >= 1 && train->passes <= 100)
				break;
			fprintf(stderr, "sluicectl train: --passes takes 1 to 100, not %s\n", optarg);
			return 2;
		case 'j':
			train->json = true;
			break;
		case 'h':
			return -1;
		default:
			return 2;
		}
	}
	if (train->labels == NULL || train->root == NULL || train->out == NULL || optind != argc) {
		fprintf(stderr, "sluicectl train: --labels, --root and --out are needed, and nothing else\n");
		return 2;
	}
	return 0;
}

/* ---- the lists that go with it */

static char *
list_path(const struct train *train, enum sl_stack_section list)
{
	char *name = sl_xasprintf("%s.txt", sl_stack_section_name(list));
	char *path = train->lists != NULL ? sl_xasprintf("%s/%s", train->lists, name)
	    : sl_settings_data_file(name);

	sl_free(name);
	return path;
}

static int
lists_read(struct train *train)
{
	static const enum sl_stack_section lists[] = { SL_STACK_BRANDS, SL_STACK_SHORTENERS, SL_STACK_HOSTING,
		SL_STACK_FREEMAIL };
	struct sl_stack_around around = { .suffix = train->suffix, .fold = train->fold };
	size_t len = 0;
	int status = 0;

	for (size_t i = 0; status == 0 && i < SL_COUNT(lists); i++) {
		struct sl_bundle_section *section = &train->sections[lists[i]];
		char *path = list_path(train, lists[i]);
		int r = file_read(path, &train->bytes[lists[i]]);

		if (r != 0) {
			fprintf(stderr, "sluicectl train: %s: %s\n", path, file_error(r));
			status = 1;
		}
		snprintf(section->name, sizeof(section->name), "%s", sl_stack_section_name(lists[i]));
		section->bytes = sl_buf_slice(&train->bytes[lists[i]]);
		sl_free(path);
	}
	if (status == 0) {
		struct sl_bundle_section only[SL_COUNT(lists)];
		struct sl_buf why;

		for (size_t i = 0; i < SL_COUNT(lists); i++)
			if (train->sections[lists[i]].bytes.len > 0)
				only[len++] = train->sections[lists[i]];
		sl_buf_init(&why, 1024);
		if (len == 0 || sl_bundle_write(only, len, &train->lists_bytes) != 0 ||
		    sl_stack_open(sl_buf_slice(&train->lists_bytes), &around, &train->around, &why) != 0) {
			fprintf(stderr, "sluicectl train: %sa list that cannot be read\n", sl_buf_cstr(&why));
			status = 1;
		}
		sl_buf_fini(&why);
	}
	return status;
}

/* ---- reading */

/* Names of findings and links are static, those of rules the snapshot's; sentences are not kept. */
static void
example_keep(struct train *train, const struct sl_verdict *verdict, struct example example)
{
	example.len = verdict->evidence_len;
	example.evidence = sl_xmemdup(verdict->evidence, verdict->evidence_len * sizeof(*verdict->evidence));
	for (size_t i = 0; i < example.len; i++)
		example.evidence[i].sentence = "";
	if (train->len == train->size) {
		train->size = train->size == 0 ? 1024 : 2 * train->size;
		train->examples = sl_xrealloc(train->examples, train->size * sizeof(*train->examples));
	}
	train->examples[train->len++] = example;
}

static void
beside(struct train *train, struct sl_slice message, struct example example)
{
	const struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = train->suffix };
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;
	struct sl_panel *panel;

	sl_arena_init(&arena, ARENA_MAX_BYTES);
	panel = sl_panel_new(&settings, &arena);
	sl_stack_listen(train->around, panel);
	if (train->rules != NULL)
		sl_panel_add(panel, &sl_rules_classifier, train->rules);
	sl_panel_add(panel, &sl_findings_classifier, NULL);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	example_keep(train, &verdict, example);
	sl_arena_fini(&arena);
}

static void
train_message(struct train *train, const char *path, enum sl_label label)
{
	const char *slash = strchr(path, '/');
	char *full = sl_xasprintf("%s/%s", train->root, path);
	struct sl_buf message;
	int r;

	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	r = message_read(full, &message);
	if (r == 0) {
		struct sl_slice bytes = sl_buf_slice(&message);
		struct example example = { .label = label, .fold = sl_training_fold(bytes, SL_COMBINE_FOLDS),
			.bytes = bytes.len, .source = sl_hash(path, slash == NULL ? 0 : (size_t)(slash - path)) };

		sl_ngram_trainer_add(train->ngram, bytes, (enum sl_ngram_label)label);
		sl_token_trainer_add(train->token, bytes, label == SL_LABEL_HAM ? SL_TOKEN_HAM
		    : SL_TOKEN_UNWANTED);
		sl_ngram_trainer_source(train->ngram, example.source);
		sl_token_trainer_source(train->token, example.source);
		beside(train, bytes, example);
	} else {
		fprintf(stderr, "sluicectl train: %s: %s\n", full, file_error(r));
		train->unreadable++;
	}
	sl_buf_fini(&message);
	sl_free(full);
}

/* A line of the labels, without its end. Returns false when it is not `path TAB label`. */
static bool
train_line(struct train *train, char *line)
{
	char *tab = strchr(line, '\t');

	if (*line == '\0')
		return true;
	if (tab == NULL)
		return false;
	*tab = '\0';
	for (int i = 0; i < SL_LABEL_COUNT; i++) {
		if (strcmp(tab + 1, label_words[i]) == 0) {
			train_message(train, line, (enum sl_label)i);
			return true;
		}
	}
	return false;
}

static int
labels_read(struct train *train)
{
	FILE *file = fopen(train->labels, "r");
	char *line = NULL;
	size_t size = 0, count = 0;
	ssize_t len;
	int status = 0;

	if (file == NULL) {
		fprintf(stderr, "sluicectl train: %s: %s\n", train->labels, strerror(errno));
		return 1;
	}
	while (status == 0 && (len = getline(&line, &size, file)) > 0) {
		count++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (!train_line(train, line)) {
			fprintf(stderr, "sluicectl train: %s:%zu: not a path, a tab and ham, spam or phish\n",
			    train->labels, count);
			status = 2;
		}
		if (train->terminal && count % 100 == 0)
			fprintf(stderr, "\rreading: %zu messages", count);
	}
	if (train->terminal)
		fprintf(stderr, "\r\033[K");
	free(line);
	fclose(file);
	return status != 0 ? status : train->unreadable > 0;
}

/* ---- learning */

static void
say(struct sl_verdict *verdict, const char *name, double value, double spam, double phish)
{
	const struct sl_evidence evidence = { .name = name, .value = value,
		.log_odds = { [SL_SPAM] = spam, [SL_PHISH] = phish }, .sentence = "" };

	sl_verdict_add(verdict, &evidence);
}

/* What models said of every message that had not seen its fold, or had seen nothing of its source. */
struct values {
	const double	*decoded, *phish, *bytes, *token;
};

/* What a verdict would have been by such models. */
static void
verdict_make(const struct train *train, const struct sl_ngram_model *ngram, size_t i, struct values values,
    struct sl_verdict *verdict)
{
	const struct example *example = &train->examples[i];
	double value;

	memset(verdict, 0, sizeof(*verdict));
	for (size_t k = 0; k < example->len; k++)
		sl_verdict_add(verdict, &example->evidence[k]);
	value = values.decoded[i];
	say(verdict, "ngram", value, sl_ngram_said(ngram, value), sl_ngram_said_phish(ngram, value,
	    values.phish[i]));
	value = sl_bytegram_damped(values.bytes[i], example->bytes);
	say(verdict, "bytegram", value, sl_ngram_said(ngram, value), sl_ngram_said(ngram, value));
	say(verdict, "token", values.token[i], sl_token_said(values.token[i]), 0);
}

/* What is to be expected of evidence and answers, of messages that the models have not seen. */
static void
rates_take(struct train *train, const struct sl_ngram_model *ngram, struct values held_out, struct sl_verdict *verdict)
{
	struct rates *rates = rates_new();
	struct sl_combiner *combiner;
	int r = sl_combiner_open(sl_buf_slice(&train->bytes[SL_STACK_COMBINER]), &combiner, NULL);

	SL_ASSERT(r == 0);	/* it was made just now */
	for (size_t i = 0; i < train->len; i++) {
		verdict_make(train, ngram, i, held_out, verdict);
		sl_combine(combiner, verdict);
		rates_add(rates, verdict, train->examples[i].label != SL_LABEL_HAM);
	}
	rates_write(rates, &train->bytes[SL_STACK_RATES]);
	sl_combiner_close(&combiner);
	rates_free(&rates);
}

static int
combiner_train(struct train *train, const double *token, struct sl_combine_report *report)
{
	struct sl_combine_trainer *trainer = sl_combine_trainer_new();
	struct sl_verdict *verdict = sl_xmalloc(sizeof(*verdict));
	struct sl_ngram_model *ngram;
	size_t len;
	const struct values held_out = {
		.decoded = sl_ngram_trainer_held_out(train->ngram, SL_NGRAM_DECODED, &len),
		.bytes = sl_ngram_trainer_held_out(train->ngram, SL_NGRAM_BYTES, &len),
		.phish = sl_ngram_trainer_held_out_phish(train->ngram), .token = token };
	const struct values strange = {
		.decoded = sl_ngram_trainer_strange(train->ngram, SL_NGRAM_DECODED),
		.bytes = sl_ngram_trainer_strange(train->ngram, SL_NGRAM_BYTES),
		.phish = sl_ngram_trainer_strange_phish(train->ngram),
		.token = sl_token_trainer_strange(train->token) };
	int r = sl_ngram_model_open(sl_buf_slice(&train->bytes[SL_STACK_NGRAM]), &ngram);

	SL_ASSERT(r == 0);	/* it was made just now */
	for (size_t i = 0; i < train->len; i++) {
		const struct example *example = &train->examples[i];

		verdict_make(train, ngram, i, held_out, verdict);
		sl_combine_trainer_add(trainer, verdict, example->label, example->source, example->fold);
		if (strange.decoded == NULL || strange.token == NULL)
			continue;	/* one collection: nothing is known of others */
		verdict_make(train, ngram, i, strange, verdict);
		sl_combine_trainer_add_strange(trainer, verdict, example->label, example->source, example->fold);
	}
	r = sl_combine_trainer_finish(trainer, &train->bytes[SL_STACK_COMBINER], report);
	if (r == 0)
		rates_take(train, ngram, held_out, verdict);
	sl_combine_trainer_free(&trainer);
	sl_ngram_model_close(&ngram);
	sl_free(verdict);
	return r;
}

static void
on_progress(void *ctx, unsigned done, unsigned all)
{
	struct train *train = ctx;

	if (train->terminal)
		fprintf(stderr, "\rlearning: %3u %%%s", 100 * done / all, done == all ? "\r\033[K" : "");
}

static int
models_train(struct train *train, struct sl_combine_report *report)
{
	double *token = sl_xzalloc((train->len + 1) * sizeof(*token));
	struct sl_ngram_report ngram_report;
	int r;

	r = sl_ngram_trainer_finish(train->ngram, &train->bytes[SL_STACK_NGRAM], &ngram_report);
	if (r == 0)
		r = sl_token_trainer_finish(train->token, &train->bytes[SL_STACK_TOKEN], token);
	if (r == 0)
		r = combiner_train(train, token, report);
	sl_free(token);
	if (r != 0)
		fprintf(stderr, "sluicectl train: %s\n", r == SL_ERR_NOT_FOUND
		    ? "there must be ten wanted and ten unwanted messages at least" : sl_strerror(r));
	return r == 0 ? 0 : 2;
}

/* ---- writing */

static int
bundle_make(struct train *train, struct sl_buf *out)
{
	struct sl_bundle_section filled[SL_STACK_SECTION_COUNT];
	size_t len = 0;

	for (int s = 0; s < SL_STACK_SECTION_COUNT; s++) {
		struct sl_bundle_section *section = &train->sections[s];

		snprintf(section->name, sizeof(section->name), "%s",
		    sl_stack_section_name((enum sl_stack_section)s));
		section->bytes = sl_buf_slice(&train->bytes[s]);
		if (section->bytes.len > 0)
			filled[len++] = *section;
	}
	return sl_bundle_write(filled, len, out);
}

static void
report_print(const struct train *train, const struct sl_combine_report *report, size_t bytes)
{
	printf(train->json ? "{\"ham\": %zu, \"spam\": %zu, \"phish\": %zu, \"kinds_of_evidence\": %zu, "
	    "\"slope\": %.4f, \"bytes\": %zu}\n"
	    : "learned from %zu ham, %zu spam, %zu phish\n"
	    "kinds of evidence weighed: %zu; slope on held-back messages %.3f\n"
	    "written: %zu bytes; measure it with `sluicectl evaluate`\n",
	    report->messages[SL_LABEL_HAM], report->messages[SL_LABEL_SPAM], report->messages[SL_LABEL_PHISH],
	    report->names, report->slope[SL_SPAM], bytes);
}

static int
train_run(struct train *train)
{
	struct sl_combine_report report = { .names = 0 };
	struct sl_buf bundle;
	int status = lists_read(train);

	if (status == 0 && train->rules_path != NULL &&
	    !rules_load_own("train", train->rules_path, &train->rules_bytes, &train->rules))
		status = 1;
	if (status == 0)
		status = labels_read(train);
	if (status == 0)
		status = models_train(train, &report);
	if (status != 0)
		return status;
	sl_buf_init(&bundle, BUNDLE_MAX_BYTES);
	if (bundle_make(train, &bundle) != 0) {
		fprintf(stderr, "sluicectl train: the models are too large\n");
		status = 1;
	} else {
		status = file_write("sluicectl train", train->out, sl_buf_slice(&bundle));
	}
	if (status == 0)
		report_print(train, &report, bundle.len);
	sl_buf_fini(&bundle);
	return status;
}

static void
train_begin(struct train *train)
{
	struct sl_ngram_options ngram = sl_ngram_options_default;
	struct sl_token_options token = sl_token_options_default;

	if (train->passes > 0)
		ngram.passes = token.passes = train->passes;
	ngram.progress = token.progress = on_progress;
	ngram.ctx = token.ctx = train;
	train->ngram = sl_ngram_trainer_new(&ngram);
	train->token = sl_token_trainer_new(&token);
	train->fold = sl_fold_preload();
	train->suffix = sl_suffix_open(NULL);
	for (int s = 0; s < SL_STACK_SECTION_COUNT; s++)
		sl_buf_init(&train->bytes[s], FILE_MAX_BYTES);
	sl_buf_init(&train->lists_bytes, FILE_MAX_BYTES);
	sl_buf_init(&train->rules_bytes, RULES_MAX_BYTES);
}

static void
train_end(struct train *train)
{
	for (size_t i = 0; i < train->len; i++)
		sl_free(train->examples[i].evidence);
	sl_free(train->examples);
	sl_ngram_trainer_free(&train->ngram);
	sl_token_trainer_free(&train->token);
	sl_stack_close(&train->around);
	sl_rules_close(&train->rules);
	sl_buf_fini(&train->rules_bytes);
	sl_buf_fini(&train->lists_bytes);
	for (int s = 0; s < SL_STACK_SECTION_COUNT; s++)
		sl_buf_fini(&train->bytes[s]);
	sl_fold_free(&train->fold);
	sl_suffix_free(&train->suffix);
}

int
train_main(int argc, char **argv)
{
	struct train train = { .terminal = isatty(2) };
	int status = options_read(&train, argc, argv);

	if (status != 0) {
		fputs(usage, status < 0 ? stdout : stderr);
		return SL_MAX(status, 0);
	}
	train_begin(&train);
	status = train_run(&train);
	train_end(&train);
	return status;
}
