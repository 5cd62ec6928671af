/*
 * judge.h - commands that judge message files one by one and print what came of it
 *
 * They take the same options and differ in what they print.
 */
#ifndef SLUICECTL_JUDGE_H
#define SLUICECTL_JUDGE_H

#include "classify/classify.h"

struct judge_command {
	const char	*name;		/* "explain" */
	const char	*about;		/* in the help: what it does */
	const char	*json;		/* in the help: what a line of --json holds */
	const char	*heading;	/* before the first file, as text; "" */
	void		(*print)(const char *file, const struct sl_verdict *verdict);
	void		(*print_json)(const char *file, const struct sl_verdict *verdict);
};

/* Read the command line, judge, print. Returns the exit status. */
int	judge_command(const struct judge_command *command, int argc, char **argv);

#endif
