/*
 * main.c - the console: owns the settings database, answers who may ask, compiles what edges look up
 *
 * usage: sluice-console [--database FILE] [--socket PATH] [--records DIRECTORY]	by itself
 *	  sluice-console DESCRIPTOR USER				by the parent, which says the rest
 */

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "digests.h"
#include "ipc/console.h"
#include "job.h"
#include "server.h"
#include "sl/log.h"

#define DATABASE	"/var/lib/sluice/settings.db"
#define SOCKET		"/run/sluice/console"
#define SETTINGS_MS	30000

static const char usage[] =
    "usage: sluice-console [--database FILE] [--socket PATH] [--records DIRECTORY]\n"
    "  --database FILE  the settings database (default " DATABASE "); made if it is not there\n"
    "  --socket PATH    where sluicectl asks (default " SOCKET ")\n"
    "  --records DIR    day files that policies are tried out on (default: none)\n"
    "Runs in the foreground. On a new database whoever starts it is its first operator.\n"
    "sluiced starts it by itself where the settings have `console: {directory: ...}`.\n";

static int
run_alone(const char *database, const char *path, const char *records)
{
	char *copy = sl_xstrdup(database), *directory = sl_xstrdup(dirname(copy));
	const struct place place = { .directory = directory, .database = database, .socket = path, .keeps = true,
		.records = records };
	int status = server_run(&place);

	sl_free(directory);
	sl_free(copy);
	return status;
}

struct told {
	char	*directory, *socket, *hostname, *records, *file;
	bool	 keeps, two_persons, good;
};

static void
on_settings(void *ctx, struct sl_ipc_message *message)
{
	struct told *told = ctx;
	struct sl_console_told settings;

	if (message->type != SL_IPC_CONSOLE_SETTINGS || sl_console_told_unpack(message->payload, &settings) != 0)
		return;
	*told = (struct told){ sl_xmemdup(settings.directory.ptr, settings.directory.len),
		sl_xmemdup(settings.socket.ptr, settings.socket.len),
		sl_xmemdup(settings.hostname.ptr, settings.hostname.len),
		sl_xmemdup(settings.records.ptr, settings.records.len), sl_xmemdup(settings.file.ptr, settings.file.len),
		settings.keeps, settings.two_persons, true };
}

/* Of the environment, for tests of what takes hours and days. */
static uint64_t
number_of(const char *name, uint64_t without)
{
	const char *text = getenv(name);
	uint64_t number;

	return text != NULL && sl_slice_to_u64(sl_slice_str(text), UINT32_MAX, &number) == 0 ? number : without;
}

static int
run_by_parent(int fd, const char *user)
{
	struct sl_ipc *parent = sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_SETTINGS) | SL_IPC_BIT(USERS_SEEN) | SL_IPC_BIT(VAULT) |
	    SL_IPC_BIT(COURIER) | SL_IPC_BIT(COMMAND) | SL_IPC_BIT(CORRECTED) | SL_IPC_BIT(SETTINGS) | SL_IPC_BIT(STOP));
	struct told told = { 0 };
	int status = 1;

	(void)prctl(PR_SET_NAME, "sluice-console");
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* it ends when its parent says so */
	if (sl_ipc_wait(parent, SETTINGS_MS, on_settings, &told) == SL_DONE && told.good) {
		char *database = sl_xasprintf("%s/" DATABASE_FILE, told.directory);
		const struct place place = { .directory = told.directory, .database = database, .socket = told.socket,
			.user = user, .parent = parent, .keeps = told.keeps, .hostname = told.hostname,
			.records = told.records, .settings_path = told.file, .two_persons = told.two_persons,
			.ahead_s = (int64_t)number_of("SLUICE_TEST_AHEAD_S", 0),
			.spread_s = (unsigned)number_of("SLUICE_TEST_SPREAD_S", DIGESTS_SPREAD_S) };

		status = server_run(&place);
		sl_free(database);
	}
	sl_free(told.directory);
	sl_free(told.socket);
	sl_free(told.hostname);
	sl_free(told.records);
	sl_free(told.file);
	sl_ipc_free(&parent);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'd' }, { "socket", required_argument, NULL, 's' }, { "records", required_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'V' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const struct rlimit no_core = { 0, 0 };
	const char *database = DATABASE, *path = SOCKET, *records = "";
	int option;

	sl_log_init("console", SL_LOG_NOTICE);
	prctl(PR_SET_DUMPABLE, 0);	/* wrapped keys pass through here */
	setrlimit(RLIMIT_CORE, &no_core);
	(void)umask(0077);
	if (argc == 3 && strtol(argv[1], NULL, 10) >= 3)
		return run_by_parent((int)strtol(argv[1], NULL, 10), argv[2]);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			database = optarg;
			break;
		case 's':
			path = optarg;
			break;
		case 'r':
			records = optarg;
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
	return run_alone(database, path, records);
}
