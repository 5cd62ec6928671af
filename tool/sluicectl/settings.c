/* settings.c - sluicectl settings: the reference, from the table that reads them */

#include "commands.h"
#include "conf/settings_doc.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "usage: sluicectl settings [--example | --markdown | --man]\n\n"
    "Prints every setting with its values, its default and what it is for.\n\n"
    "  --example    a settings file that works, with all others in it as comments\n"
    "  --markdown   the reference as doc/settings.md\n"
    "  --man        the reference as sluice.yaml(5)\n\n"
    "Exit status: 0 fine, 2 the command line is wrong.\n";

int
settings_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "example", no_argument, NULL, 'e' }, { "markdown", no_argument, NULL, 'm' },
		{ "man", no_argument, NULL, 'n' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	void (*write)(struct sl_buf *) = sl_settings_doc_text;
	struct sl_buf out;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'e':
			write = sl_settings_doc_example;
			break;
		case 'm':
			write = sl_settings_doc_markdown;
			break;
		case 'n':
			write = sl_settings_doc_man;
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	sl_buf_init(&out, 1 << 20);
	write(&out);
	fputs(sl_buf_cstr(&out), stdout);
	sl_buf_fini(&out);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_PROBLEM;
}
