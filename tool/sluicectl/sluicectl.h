/*
 * sluicectl.h - the commands of sluicectl, one per file
 *
 * Each is given its own words (argv[0] is the command's name) and returns the exit status:
 * 0 done, 1 it could not be done (said on standard error), 2 wrong words.
 */
#ifndef SLUICECTL_H
#define SLUICECTL_H

int	auth_main(int argc, char **argv);
int	dmarc_main(int argc, char **argv);
int	dkim_key_main(int argc, char **argv);
int	dkim_sign_main(int argc, char **argv);

#endif
