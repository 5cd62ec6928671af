/* judge.c - see judge.h */

#include "judge.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "conf/settings.h"
#include "message.h"
#include "stack.h"

static void
usage(const struct judge_command *command, FILE *out)
{
	fprintf(out, "usage: sluicectl %s [--model MODEL] [--rules SNAPSHOT] [--own FILE --tenant NAME] [--json] FILE...\n"
	    "\n"
	    "%s"
	    "  --model MODEL   models made by `sluicectl train`, or an n-gram model made by `sluicectl learn`;\n"
	    "                  without it, the model and the rules that come with Sluice\n"
	    "  --rules SNAPSHOT   judge by rules too, made by `sluicectl rules compile`\n"
	    "  --own FILE      what tenants know of their own mail, made by `sluicectl learn --own`\n"
	    "  --tenant NAME   whose mail it is\n"
	    "  --json          one JSON line for each file: %s\n"
	    "  FILE            a message, `-` is standard input\n"
	    "\n"
	    "Status: 0 all judged, 1 the model or a file could not be read, 2 wrong use.\n",
	    command->name, command->about, command->json);
}

/* Returns the status: 0, or 1 after saying why not. */
static int
judge_file(const struct judge_command *command, const struct stack *stack, const char *file, bool json)
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
		(json ? command->print_json : command->print)(file, verdict);
	} else {
		fprintf(stderr, "sluicectl %s: %s: %s\n", command->name, file, file_error(r));
	}
	sl_buf_fini(&message);
	sl_arena_fini(&arena);
	sl_free(verdict);
	return r != 0;
}

static int
judge_files(const struct judge_command *command, const struct stack_files *files, bool json, char **messages)
{
	struct stack *stack;
	int status = stack_open(command->name, files, &stack);

	if (status != EXIT_OK)
		return status;
	if (!json)
		fputs(command->heading, stdout);
	for (; *messages != NULL; messages++)
		status |= judge_file(command, stack, *messages, json);
	stack_close(&stack);
	return status;
}

/* What an edge judges by unless its settings say otherwise. */
static int
judge_by_default(const struct judge_command *command, struct stack_files *files, bool json, char **messages)
{
	char *model = sl_settings_data_file("default.model"), *rules = sl_settings_data_file("default.rules");
	int status;

	files->model = model;
	if (files->rules == NULL && access(rules, F_OK) == 0)
		files->rules = rules;
	status = judge_files(command, files, json, messages);
	sl_free(model);
	sl_free(rules);
	return status;
}

int
judge_command(const struct judge_command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{ "model", required_argument, NULL, 'm' }, { "own", required_argument, NULL, 'o' },
		{ "tenant", required_argument, NULL, 't' }, { "rules", required_argument, NULL, 'u' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 },
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
		} else if (c == 'u') {
			files.rules = optarg;
		} else if (c == 'j') {
			json = true;
		} else if (c == 'h') {
			usage(command, stdout);
			return EXIT_OK;
		} else {
			good = false;
		}
	}
	good = good && stack_files_sound(command->name, &files);
	if (good && optind == argc)
		fprintf(stderr, "sluicectl %s: at least one file is needed\n", command->name);
	if (!good || optind == argc) {
		usage(command, stderr);
		return EXIT_USAGE;
	}
	return files.model != NULL ? judge_files(command, &files, json, argv + optind)
	    : judge_by_default(command, &files, json, argv + optind);
}
