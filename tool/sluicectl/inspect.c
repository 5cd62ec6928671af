/* inspect.c - sluicectl inspect: show what a message is */

#include "inspect.h"

#include "commands.h"
#include "message.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: sluicectl inspect [--json] [--chunk N] [--suffixes FILE] [--no-helper] FILE|-\n"
    "\n"
    "Show what Sluice understands of one message: header, parts, the text a person sees and the\n"
    "text he does not, links, files, and what is odd about it. Nothing is delivered or opened.\n"
    "  --json           one JSON document\n"
    "  --chunk N        read it in pieces of N bytes, as it may arrive (the outcome is the same)\n"
    "  --suffixes FILE  a list of public suffixes in place of the system's\n"
    "  --no-helper      do not look into archives, documents and images\n"
    "  FILE             a message; `-` is standard input\n"
    "\n"
    "Status: 0 shown, 1 the file could not be read, 2 wrong use.\n";

static int
inspect_file(const char *file, size_t chunk, const char *suffixes, bool look, bool json)
{
	struct sl_suffix *suffix = sl_suffix_open(suffixes);
	struct sl_helper *helper = look ? sl_helper_start(NULL) : NULL;
	struct inspect inspect;
	struct sl_buf bytes;
	int r;

	if (suffix == NULL && suffixes != NULL) {
		fprintf(stderr, "sluicectl inspect: %s is no list of public suffixes\n", suffixes);
		sl_helper_stop(&helper);
		return EXIT_PROBLEM;
	}
	sl_buf_init(&bytes, MESSAGE_MAX_BYTES);
	r = file_read(file, &bytes);
	if (r == 0) {
		inspect_message(&inspect, message_in(sl_buf_slice(&bytes)), chunk, suffix,
		    helper);
		(json ? inspect_print_json : inspect_print)(&inspect);
		inspect_free(&inspect);
	} else {
		fprintf(stderr, "sluicectl inspect: %s: %s\n", file, file_error(r));
	}
	sl_buf_fini(&bytes);
	sl_suffix_free(&suffix);
	sl_helper_stop(&helper);
	return r == 0 ? EXIT_OK : EXIT_PROBLEM;
}

int
inspect_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "chunk", required_argument, NULL, 'c' },
		{ "suffixes", required_argument, NULL, 's' }, { "no-helper", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	const char *suffixes = NULL;
	uint64_t chunk = 65536;
	bool json = false, look = true;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'c':
			if (sl_slice_to_u64(sl_slice_str(optarg), 1u << 30, &chunk) == 0 && chunk > 0)
				break;
			fprintf(stderr, "sluicectl inspect: --chunk takes a number of bytes, 1 or more, not "
			    "'%s'\n", optarg);
			return EXIT_USAGE;
		case 'n':
			look = false;
			break;
		case 's':
			suffixes = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc - 1) {
		fputs("sluicectl inspect: one file is needed (`-` is standard input)\n", stderr);
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return inspect_file(argv[optind], (size_t)chunk, suffixes, look, json);
}
