/* main.c - the console: owns the settings database, answers who may ask */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "console.h"
#include "sl/log.h"

#define DATABASE	"/var/lib/sluice/settings.db"
#define SOCKET		"/run/sluice/console"

static const char usage[] =
    "usage: sluice-console [--database FILE] [--socket PATH]\n"
    "  --database FILE  the settings database (default " DATABASE "); made if it is not there\n"
    "  --socket PATH    where sluicectl asks (default " SOCKET ")\n"
    "Runs in the foreground. On a new database whoever starts it is its first operator.\n";

static int
console_run(const char *database, const char *path)
{
	struct sl_store_options options = { .path = database };
	struct sl_store *store;
	int status = 1;

	if (sl_store_open(&options, &store) == 0)
		status = server_run(store, path);
	else
		sl_log(SL_LOG_FATAL, "%s", sl_store_error(store));
	sl_store_close(&store);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'd' }, { "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const struct rlimit no_core = { 0, 0 };
	const char *database = DATABASE, *path = SOCKET;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			database = optarg;
			break;
		case 's':
			path = optarg;
			break;
		case 'V':
			puts("sluice-console " SL_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	sl_log_init("console", SL_LOG_NOTICE);
	prctl(PR_SET_DUMPABLE, 0);	/* wrapped keys pass through here */
	setrlimit(RLIMIT_CORE, &no_core);
	(void)umask(0077);
	return console_run(database, path);
}
