/* main.c - sluicectl: the commands, by name */

#include "sluicectl.h"

#include "sl/base.h"

#include <stdio.h>

static const struct {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*about;
} commands[] = {
	{ "auth", auth_main, "evaluate SPF, DKIM, DMARC and ARC of one message" },
	{ "dmarc", dmarc_main, "evaluate DMARC for identities already proven" },
	{ "dkim-key", dkim_key_main, "make a signing key and the DNS record to publish" },
	{ "dkim-sign", dkim_sign_main, "sign a message in a file (DKIM, ARC)" },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < SL_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "usage: sluicectl COMMAND ...\n");
	for (size_t i = 0; i < SL_COUNT(commands); i++)
		fprintf(stderr, "  %-10s %s\n", commands[i].name, commands[i].about);
	return 2;
}
