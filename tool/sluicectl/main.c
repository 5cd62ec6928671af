/* main.c - only learn and score, for building this directory alone */
#include <stdio.h>
#include <string.h>
#include "commands.h"

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "learn") == 0)
		return learn_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "score") == 0)
		return score_main(argc - 1, argv + 1);
	fprintf(stderr, "usage: sluicectl learn|score ...\n");
	return 2;
}
