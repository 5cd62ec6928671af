/*
 * patterns.h - patterns of content groups, by PCRE2
 *
 * Compiled once for each policy that is in use; run over each text of a message that a person reads (the subject, a part), up
 * to SL_PATTERNS_TEXT of it. Each match has limits on steps, depth and heap: one that reaches them is none. All
 * matches of a message together have a budget (SL_PATTERNS_WORK): what comes when it is used up is not looked for, and the run
 * says so. No machine code is made: an edge has no page that can be written and run.
 *
 * Case does not matter; `.` ends at a line's end, `^` and `$` stand at lines' ends too.
 *
 * Memory: what PCRE2 makes of the patterns, some KiB for each; of a run a few words. Time: bounded by budget and limits.
 */
#ifndef SL_POLICY_PATTERNS_H
#define SL_POLICY_PATTERNS_H

#include "policy/groups.h"

#define SL_PATTERNS_TEXT	65536u			/* bytes of a text */
#define SL_PATTERNS_WORK	(UINT64_C(8) << 20)	/* bytes times patterns, of a message */

struct sl_patterns;

/* `groups` is kept. NULL: they have no patterns. One that does not compile (the console refuses those) never hits. */
struct sl_patterns	*sl_patterns_new(const struct sl_content_groups *groups);
void			 sl_patterns_free(struct sl_patterns **patterns);	/* NULL is fine */

struct sl_patterns_run {
	uint64_t	work;		/* of the budget, used */
	bool		cut;		/* something was not looked for */
};
/* Look for all of them in a text, and tell `run` what hit. */
void	sl_patterns_look(const struct sl_patterns *patterns, struct sl_patterns_run *state, struct sl_slice utf8,
	    struct sl_groups_run *run);

#endif
