/* score.c - sluicectl score: judge message files by a model and say why */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "message.h"
#include "stack.h"

static const char usage[] =
    "usage: sluicectl score --model MODEL [--own FILE --tenant NAME] [--json] FILE...\n"
    "\n"
    "Judge messages as an edge would, without delivering anything.\n"
    "  --model MODEL   models made by `sluicectl train`, or an n-gram model made by `sluicectl learn`\n"
    "  --own FILE      what tenants know of their own mail, made by `sluicectl learn --own`\n"
    "  --tenant NAME   whose mail it is\n"
    "  --json          one JSON line for each file: file, probability (that it is unwanted),\n"
    "                  categories (a probability for each) and evidence\n"
    "  FILE            a message, `-` is standard input\n"
    "\n"
    "Status: 0 all judged, 1 the model or a file could not be read, 2 wrong use.\n";

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
score_file(const struct stack *stack, const char *file, bool json)
{
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_arena arena;
	struct sl_buf message;
	int r;

	sl_arena_init(&arena, STACK_ARENA_MAX_BYTES);
	sl_buf_init(&message, MESSAGE_MAX_BYTES);
	r = message_read(file, &message);
	if (r == 0) {
		stack_judge(stack, sl_buf_slice(&message), &arena, verdict);
		(json ? print_json : print_row)(file, verdict);
	} else {
		fprintf(stderr, "sluicectl score: %s: %s\n", file, file_error(r));
	}
	sl_buf_fini(&message);
	sl_arena_fini(&arena);
	sl_free(verdict);
	return r != 0;
}

static int
score_files(const struct stack_files *files, bool json, char **messages)
{
	struct stack *stack;
	int status = stack_open("score", files, &stack);

	if (status != EXIT_OK)
		return status;
	if (!json)
		printf("%10s %10s  %-32s  why\n", "unwanted", "phish", "file");
	for (; *messages != NULL; messages++)
		status |= score_file(stack, *messages, json);
	stack_close(&stack);
	return status;
}

int
score_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "model", required_argument, NULL, 'm' }, { "own", required_argument, NULL, 'o' },
		{ "tenant", required_argument, NULL, 't' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct stack_files files = { 0 };
	bool json = false, good = true;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'm') {
			files.model = optarg;
		} else if (c == 'o') {
			files.own = optarg;
		} else if (c == 't') {
			files.tenant = optarg;
		} else if (c == 'j') {
			json = true;
		} else if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		} else {
			good = false;
		}
	}
	good = good && stack_files_sound("score", &files);
	if (!good || files.model == NULL || optind == argc) {
		if (good)
			fputs("sluicectl score: --model and at least one file are needed\n", stderr);
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return score_files(&files, json, argv + optind);
}
