/* main.c - the command line of sluiced */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge_main.h"
#include "parent.h"
#include "sl/log.h"

#define DEFAULT_SETTINGS	"/etc/sluice/sluice.yaml"

static void
usage(FILE *out)
{
	fputs("usage: sluiced [-c FILE] [-t] [-d]\n"
	    "  -c FILE  the settings (default " DEFAULT_SETTINGS ")\n"
	    "  -t       check the settings, say what is wrong, and end\n"
	    "  -d       log every state change of every session\n"
	    "  -V       print the version\n"
	    "Runs in the foreground. SIGHUP reads the settings again, SIGTERM lets sessions finish.\n", out);
}

int
main(int argc, char **argv)
{
	const char *settings = DEFAULT_SETTINGS;
	bool check_only = false;
	int option;

	/* Started by the parent: sluiced --edge SLOT DESCRIPTOR [-d] */
	if (argc >= 4 && strcmp(argv[1], "--edge") == 0) {
		if (argc > 4)
			sl_log_init("edge", SL_LOG_DEBUG);
		return edge_main((unsigned)strtoul(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
	}
	while ((option = getopt(argc, argv, "c:tdVh")) != -1) {
		switch (option) {
		case 'c':
			settings = optarg;
			break;
		case 't':
			check_only = true;
			break;
		case 'd':
			sl_log_init("sluiced", SL_LOG_DEBUG);
			break;
		case 'V':
			puts("sluiced " SL_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sluiced: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		return 2;
	}
	sl_log_init("sluiced", sl_log_enabled(SL_LOG_DEBUG) ? SL_LOG_DEBUG : SL_LOG_NOTICE);
	return check_only ? checker_main(settings) : parent_run(settings);
}
