/* rules.h - what the subcommands of sluicectl rules share */
#ifndef SLUICECTL_RULES_H
#define SLUICECTL_RULES_H

#include "rules/scan.h"
#include "sl/buf.h"

int	rules_compile(int argc, char **argv);
int	rules_test(int argc, char **argv);

/* A snapshot from a file, checked against a public key's file (NULL: none). False: what is wrong was said.
 * `bytes` must outlive the rules. */
bool	rules_load(const char *path, const char *public_path, struct sl_buf *bytes, struct sl_rules **rules_out);
#define RULES_MAX_BYTES	((size_t)1 << 28)
/* Rules of our own, to judge with as an edge does; signed or not. False: what is wrong was said in the name of
 * `command`. */
bool	rules_load_own(const char *command, const char *path, struct sl_buf *bytes, struct sl_rules **rules_out);
/* A key of `len` bytes in hexadecimal. False: what is wrong was said. */
bool	rules_key_read(const char *path, unsigned char *out, size_t len);

#endif
