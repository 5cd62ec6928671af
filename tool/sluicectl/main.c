/* main.c - sluicectl: find the command and run it */

#include "commands.h"
#include "sl/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct command {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*help;
} commands[] = {
	{ "approval",	console_main,	"what waits for a second person: list, approve, refuse" },
	{ "approvals",	approve_main,	"list what waits for a second person" },
	{ "approve",	approve_main,	"approve what somebody else has asked for" },
	{ "audit",	console_main,	"show and check the trail of who did what" },
	{ "auth",	auth_main,	"evaluate SPF, DKIM, DMARC and ARC of one message" },
	{ "backup",	console_main,	"copy the settings database" },
	{ "check",	check_main,	"read a settings file and say what is wrong with it" },
	{ "correct",	correct_main,	"tell a running Sluice what a message was" },
	{ "digest",	console_main,	"lists of what was kept, sent to users" },
	{ "dkim-key",	dkim_key_main,	"make a DKIM key and the DNS record to publish" },
	{ "dkim-sign",	dkim_sign_main,	"sign a message with DKIM, or seal it with ARC" },
	{ "dmarc",	dmarc_main,	"evaluate DMARC for identities that are authenticated already" },
	{ "domain",	console_main,	"domains of tenants, and aliases" },
	{ "evaluate",	evaluate_main,	"measure judging on labelled mail: tables, reasons, a page" },
	{ "explain",	explain_main,	"show why messages are judged as they are, as a sum" },
	{ "grant",	console_main,	"roles of accounts" },
	{ "group",	console_main,	"groups of users" },
	{ "inspect",	inspect_main,	"show what a message is: header, parts, text, links, files, oddities" },
	{ "key",	key_main,	"who can open what is kept: hold, unlock, lock; rotate the master key" },
	{ "learn",	learn_main,	"train the n-gram model on labelled mail" },
	{ "list",	console_main,	"allow and deny senders" },
	{ "partner",	console_main,	"partners, who have tenants of their own" },
	{ "policy",	policy_main,	"policies: show, set, lock, compare versions, take back, try a change" },
	{ "quarantine",	quarantine_main, "list, show, release and delete messages that are kept" },
	{ "queue",	queue_main,	"what Sluice itself has to send: list, show, hurry, cancel" },
	{ "replay",	replay_main,	"derive verdicts again from records, or try other thresholds" },
	{ "report",	console_main,	"what came, what became of it, and who released what: shown, or mailed" },
	{ "rules",	rules_main,	"compile, list and try rules" },
	{ "score",	score_main,	"judge messages in files, with the reasons" },
	{ "settings",	settings_main,	"print the reference of all settings, or an example file" },
	{ "status",	status_main,	"ask a running Sluice how it is doing" },
	{ "template",	console_main,	"policies that others build on" },
	{ "tenant",	console_main,	"tenants: add, list, show, set, route, export, import, remove" },
	{ "trace",	trace_main,	"what became of messages: every step, and why" },
	{ "traffic",	traffic_main,	"take record lines into day files, sum them up, remove old ones" },
	{ "train",	train_main,	"learn models, and what their evidence weighs, from labelled mail" },
	{ "user",	console_main,	"users of tenants" },
};

static int
help(FILE *out, int status)
{
	fprintf(out, "usage: sluicectl COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < SL_COUNT(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n`sluicectl COMMAND --help` tells more.\n"
	    "Exit status: 0 fine, 1 a problem was found, 2 the command line is wrong.\n");
	return status;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(stdout, EXIT_OK);
	if (strcmp(argv[1], "--version") == 0) {
		printf("sluicectl %s\n", SL_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < SL_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "sluicectl: there is no command '%s'\n\n", argv[1]);
	return help(stderr, EXIT_USAGE);
}
