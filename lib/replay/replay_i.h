/*
 * replay_i.h - inside lib/replay: policies that were unpacked, and what they ask of a record
 */
#ifndef SL_REPLAY_I_H
#define SL_REPLAY_I_H

#include "policy/groups.h"
#include "replay/replay.h"

/* ---- picture.c */

struct kept {
	uint32_t		 id;
	struct sl_policy	 policy;
	/* The policy's attachment rules that facts answer alone (files.h, sl_files_rule_sees); the others are asked one by one. */
	struct sl_policy	 seen;
	bool			 has_names;	/* there are others */
};

struct picture {
	const struct sl_snapshot *snapshot;
	struct sl_arena		 arena;
	struct kept		**slots;	/* open addressing, twice as many as are kept */
	size_t			 len;
};
void		 picture_init(struct picture *picture, const struct sl_snapshot *snapshot);
void		 picture_fini(struct picture *picture);
/* In the arena; valid until the next call. NULL: it cannot be had. */
const struct kept *picture_policy(struct picture *picture, uint32_t id);

/* ---- demands.c */

/* What a policy asks of a recorded message. Holds its own addresses. */
struct asked {
	struct sl_demand	 demands[SL_DEMANDS_MAX];
	size_t			 len;
	struct sl_files		 files;
	char			 content_reason[SL_GROUPS_REASON_MAX];
	unsigned		 doubts;
	enum sl_action		 at_worst;	/* what those doubts could ask for */
	const char		*worst_word;
};
/* By the policy of the class's time, or by another that `now` helps to understand: what both have alike was looked for.
 * `then` == `now`: by what holds. Sentences lie in `arena`. */
void	asked_of(const struct sl_record *record, const struct sl_record_class *class, const struct kept *now,
	    const struct kept *then, struct sl_arena *arena, struct asked *out);

#endif
