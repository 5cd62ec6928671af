/*
 * patterns.h - patterns of content groups, run by lib/rules
 *
 * Who compiles rules adds the patterns of all policies to the ruleset: each different pattern once, whoever's it is, as
 * two rules that give no evidence (one over a person's text, one over the subject). An edge finds them again by a digest
 * of the pattern, and tells a run of groups what hit. A pattern that the snapshot of rules does not have never hits.
 *
 * Memory: of an index about 48 bytes for each pattern.
 */
#ifndef SL_POLICY_PATTERNS_H
#define SL_POLICY_PATTERNS_H

#include "policy/groups.h"
#include "rules/scan.h"

/* Add what is not there yet. */
void	sl_patterns_add(const struct sl_content_groups *groups, struct sl_ruleset *set);

struct sl_patterns;

/* Which rules of a snapshot are patterns; `rules` is kept. Never NULL. */
struct sl_patterns	*sl_patterns_new(const struct sl_rules *rules);
void			 sl_patterns_free(struct sl_patterns **patterns);	/* NULL is fine */
/* How many of the groups' patterns the snapshot has: less than all, and some never hit. */
size_t			 sl_patterns_known(const struct sl_patterns *patterns, const struct sl_content_groups *groups);
/* After sl_rules_evaluate: tell what hit. */
void			 sl_patterns_tell(const struct sl_patterns *patterns, const struct sl_rules_run *rules_run,
			    const struct sl_content_groups *groups, struct sl_groups_run *run);

#endif
