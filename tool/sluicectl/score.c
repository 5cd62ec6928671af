/* score.c - sluicectl score: judge message files by a model and say why */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/bytegram.h"
#include "classify/combine.h"
#include "classify/ngram.h"
#include "classify/panel.h"
#include "commands.h"
#include "message.h"

static const char usage[] =
    "usage: sluicectl score --model MODEL [--json] FILE...\n"
    "\n"
    "Judge messages by an n-gram model, without delivering anything.\n"
    "  --model MODEL   a model made by `sluicectl learn`\n"
    "  --json          one JSON line for each file: file, probability (that it is unwanted),\n"
    "                  categories (a probability for each) and evidence\n"
    "  FILE            a message, `-` is standard input\n"
    "\n"
    "Status: 0 all judged, 1 the model or a file could not be read, 2 wrong use.\n";

#define TRANSACTION_MAX_BYTES	65536

static void
judge(const struct sl_ngram_model *model, struct sl_slice message, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	struct sl_panel *panel = sl_panel_new(NULL, arena);

	sl_panel_add(panel, &sl_ngram_classifier, model);
	sl_panel_add(panel, &sl_bytegram_classifier, model);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	sl_combine(NULL, verdict);
	sl_panel_free(&panel);
}

/* ---- output */

static void
print_json(const char *file, const struct sl_verdict *verdict)
{
	struct sl_buf out;

	sl_buf_init(&out, (size_t)1 << 20);
	sl_buf_add_str(&out, "{\"file\": ");
	sl_buf_add_json(&out, sl_slice_str(file));
	sl_buf_addf(&out, ", \"probability\": %.9f, \"categories\": {", verdict->probability[SL_SPAM]);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_buf_addf(&out, "%s\"%s\": %.9f", c > 0 ? ", " : "",
		    sl_category_word((enum sl_category)c), verdict->probability[c]);
	sl_buf_add_str(&out, "}, \"evidence\": [");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *evidence = &verdict->evidence[i];

		sl_buf_addf(&out, "%s{\"name\": \"%s\", \"value\": %.9f, \"log_odds\": %.9f, "
		    "\"by_category\": {", i > 0 ? ", " : "", evidence->name, evidence->value,
		    evidence->log_odds[SL_SPAM]);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++)
			sl_buf_addf(&out, "%s\"%s\": %.9f", c > 0 ? ", " : "",
			    sl_category_word((enum sl_category)c), evidence->log_odds[c]);
		sl_buf_add_str(&out, "}, \"sentence\": ");
		sl_buf_add_json(&out, sl_slice_str(evidence->sentence));
		sl_buf_add_str(&out, "}");
	}
	sl_buf_add_str(&out, "]}");
	puts(sl_buf_cstr(&out));
	sl_buf_fini(&out);
}

static void
print_row(const char *file, const struct sl_verdict *verdict)
{
	printf("%8.2f %% %8.2f %%  %-32s  ", 100 * verdict->probability[SL_SPAM],
	    100 * verdict->probability[SL_PHISH], file);
	for (size_t i = 0; i < verdict->evidence_len; i++)
		printf("%s%s %+.2f: %s", i > 0 ? "; " : "", verdict->evidence[i].name,
		    verdict->evidence[i].log_odds[SL_SPAM], verdict->evidence[i].sentence);
	putchar('\n');
}

/* Returns the status: 0, or 1 after saying why not. */
static int
score_file(const struct sl_ngram_model *model, const char *file, bool json)
{
	struct sl_verdict verdict = { 0 };
	struct sl_arena arena;
	struct sl_buf message;
	int r;

	sl_arena_init(&arena, TRANSACTION_MAX_BYTES);
	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	r = message_read(file, &message);
	if (r == 0) {
		judge(model, sl_buf_slice(&message), &arena, &verdict);
		(json ? print_json : print_row)(file, &verdict);
	} else {
		fprintf(stderr, "sluicectl score: %s: %s\n", file, file_error(r));
	}
	sl_buf_fini(&message);
	sl_arena_fini(&arena);
	return r != 0;
}

static int
score_files(const char *model_path, bool json, char **files)
{
	struct sl_ngram_model *model = NULL;
	struct sl_buf bytes;
	int status = 0, r;

	sl_buf_init(&bytes, (size_t)1 << 24);
	r = file_read(model_path, &bytes);
	if (r == 0)
		r = sl_ngram_model_open(sl_buf_slice(&bytes), &model);
	if (r != 0) {
		fprintf(stderr, "sluicectl score: model %s: %s\n", model_path,
		    r == SL_ERR_SYNTAX ? "not a model, or damaged" : file_error(r));
		sl_buf_fini(&bytes);
		return 1;
	}
	if (!json)
		printf("%10s %10s  %-32s  why\n", "unwanted", "phish", "file");
	for (; *files != NULL; files++)
		status |= score_file(model, *files, json);
	sl_ngram_model_close(&model);
	sl_buf_fini(&bytes);
	return status;
}

int
score_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "model", required_argument, NULL, 'm' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	const char *model = NULL;
	bool json = false, good = true;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'm') {
			model = optarg;
		} else if (c == 'j') {
			json = true;
		} else if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		} else {
			good = false;
		}
	}
	if (!good || model == NULL || optind == argc) {
		if (good)
			fputs("sluicectl score: --model and at least one file are needed\n", stderr);
		fputs(usage, stderr);
		return 2;
	}
	return score_files(model, json, argv + optind);
}
