/*
 * yaml.h - read rule files of our own: doc/rules.md is their manual
 *
 * Every problem is told with its place, the line and a mark under it, and what to write instead. A file
 * with a problem adds nothing that should be compiled.
 *
 * Never in an edge. Bounds: those of YAML in lib/conf; an expression has at most SL_RULES_STEPS_MAX steps.
 */
#ifndef SL_RULES_YAML_H
#define SL_RULES_YAML_H

#include "rules/ruleset.h"
#include "sl/buf.h"

#define SL_RULES_STEPS_MAX	1000

/* Put the rules of one file into `set`. Rules of files that were read before can be used, not replaced.
 * Returns 0, or SL_ERR_SYNTAX: `errors` says why, in lines for people. */
SL_MUST_USE int	sl_rules_yaml(struct sl_ruleset *set, const char *file, struct sl_slice text,
		    struct sl_buf *errors);

#endif
