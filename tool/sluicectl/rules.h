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
/* A key of `len` bytes in hexadecimal. False: what is wrong was said. */
bool	rules_key_read(const char *path, unsigned char *out, size_t len);
/* Are these SpamAssassin's rules, which want its view of a message? */
bool	rules_are_sa(const struct sl_rules *rules);

#endif
