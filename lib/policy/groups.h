/*
 * groups.h - content groups of a policy, run over what a person reads of a message
 *
 * Groups are compiled once for each policy that is in use. A run is shown texts (the subject, each part's visible
 * text) in pieces; words (words.h) and numbers (numbers.h) are looked for as they stream. Patterns are run over whole
 * texts by patterns/patterns.h, which tells the run what hit.
 *
 * Hits: each word, each pattern once, however often; each number that is found, up to SL_GROUPS_HITS_MAX.
 *
 * Memory: of compiled groups that of words.h; of a run a bit for each word and pattern, and about 300 bytes for each
 * group. Time: linear.
 */
#ifndef SL_POLICY_GROUPS_H
#define SL_POLICY_GROUPS_H

#include "policy/setting.h"
#include "sl/arena.h"

#define SL_GROUPS_HITS_MAX	1000

struct sl_groups;
struct sl_groups_run;

/* `groups` is kept, with all it points at. NULL: too many words. */
struct sl_groups	*sl_groups_new(const struct sl_content_groups *groups);
void			 sl_groups_free(struct sl_groups **groups);	/* NULL is fine */
const struct sl_content_groups *sl_groups_all(const struct sl_groups *groups);

/* Lives in the arena, no free. NULL: it is full. */
struct sl_groups_run	*sl_groups_run_new(const struct sl_groups *groups, struct sl_arena *arena);
void			 sl_groups_text(struct sl_groups_run *run, struct sl_slice utf8);
void			 sl_groups_text_end(struct sl_groups_run *run);	/* the next text is another */
/* A pattern has hit: by its place in the group. */
void			 sl_groups_pattern(struct sl_groups_run *run, size_t group, size_t pattern);
unsigned		 sl_groups_hits(const struct sl_groups_run *run, size_t group);

/* What is asked for: the strongest action of the groups that have hits enough, and whether a copy is. The text of the
 * reason lies in `reason`. False: none has. */
#define SL_GROUPS_REASON_MAX	160
/* By the hits of each group. */
bool			 sl_groups_demand_of(const struct sl_content_groups *groups, const unsigned *hits,
			    char reason[SL_GROUPS_REASON_MAX], struct sl_demand *demand_out, bool *copy_out);
bool			 sl_groups_demand(const struct sl_groups_run *run, char reason[SL_GROUPS_REASON_MAX],
			    struct sl_demand *demand_out, bool *copy_out);

#endif
