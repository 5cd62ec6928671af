/*
 * commands.h - the commands of sluicectl
 *
 * One file each. A command gets its own name as argv[0], and returns the program's exit status.
 * A new command is a declaration here and a row in main.c.
 */
#ifndef SLUICECTL_COMMANDS_H
#define SLUICECTL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTION_HELP	200	/* what getopt_long gives for --help */

enum {
	EXIT_OK = 0,
	EXIT_PROBLEM = 1,	/* what was asked cannot be done, or the answer is no */
	EXIT_USAGE = 2,		/* the command line is not understood */
};

int	auth_main(int argc, char **argv);
int	check_main(int argc, char **argv);
int	correct_main(int argc, char **argv);
int	console_main(int argc, char **argv);	/* tenant, domain, user, list, grant, ... */
int	approve_main(int argc, char **argv);	/* approvals, approve */
int	dkim_key_main(int argc, char **argv);
int	dkim_sign_main(int argc, char **argv);
int	dmarc_main(int argc, char **argv);
int	evaluate_main(int argc, char **argv);
int	explain_main(int argc, char **argv);
int	inspect_main(int argc, char **argv);
int	key_main(int argc, char **argv);
int	learn_main(int argc, char **argv);
int	policy_main(int argc, char **argv);	/* simulate.c: its own verb, and the console's others */
int	quarantine_main(int argc, char **argv);
int	queue_main(int argc, char **argv);
int	replay_main(int argc, char **argv);
int	rules_main(int argc, char **argv);
int	score_main(int argc, char **argv);
int	settings_main(int argc, char **argv);
int	trace_main(int argc, char **argv);
int	traffic_main(int argc, char **argv);
int	train_main(int argc, char **argv);
int	status_main(int argc, char **argv);

#define CONSOLE_SOCKET		"/run/sluice/console"
#define TRAFFIC_DIRECTORY	"/var/lib/sluice/traffic"	/* where record lines are kept, day by day */

/* trace.c: "2026-11-26", "2026-11-26T15:04:05Z", or "7d" before now, as microseconds. False: it is none of them. */
bool	when_parse(const char *text, bool end_of_day, int64_t *us);

#endif
