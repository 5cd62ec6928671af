/* commands.h - the commands of sluicectl that have a file of their own; argv[0] is the command */
#ifndef SLUICECTL_COMMANDS_H
#define SLUICECTL_COMMANDS_H

int	learn_main(int argc, char **argv);
int	score_main(int argc, char **argv);

#endif
