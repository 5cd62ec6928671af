/* learn_own.h - sluicectl learn --own: what a tenant teaches of its own mail */
#ifndef SLUICECTL_LEARN_OWN_H
#define SLUICECTL_LEARN_OWN_H

#include <stdbool.h>

bool	learn_own_wanted(int argc, char **argv);	/* is --own among the options? */
int	learn_own_main(int argc, char **argv);

#endif
