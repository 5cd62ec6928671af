/*
 * layer.h - who says what of a policy, and what comes of it
 *
 * A layer is what one level (operator > partner > tenant > domain > group > user) says: the settings that
 * differ, and locks. Resolving goes from the most distant to the nearest: it begins with a level of defence,
 * and each layer replaces what it says. Whoever chooses a level sets all settings that differ between levels
 * anew, but for those locked above him. What is locked above, what the layer may not say, and what would widen a
 * setting that may only be narrowed, is left as it is and reported.
 *
 * Memory: a policy borrows from the layers and the presets that it came from.
 */
#ifndef SL_POLICY_LAYER_H
#define SL_POLICY_LAYER_H

#include "policy/setting.h"
#include "sl/buf.h"

struct sl_policy_layer {
	struct sl_policy	 values;	/* of those that are set; the others are 0 */
	uint64_t		 set;		/* bit 1 << row */
	uint64_t		 locks;		/* bit 1 << row: those below may not change it, said here or not */
};

/* All three levels, as values: made once, from the table (text/policy_text.h), kept by who resolves. */
struct sl_policy_presets {
	struct sl_policy	 level[SL_LEVEL_COUNT];
};

/* A layer in the order of distance. */
struct sl_policy_source {
	enum sl_policy_by		 by;
	const struct sl_policy_layer	*layer;
};
#define SL_POLICY_SOURCES_MAX	16	/* several of one kind (groups) are fine: the later is nearer */

enum sl_policy_ignored_why {
	SL_IGNORED_LOCKED,	/* by somebody above */
	SL_IGNORED_NOT_HIS,	/* this is not said at such a level */
	SL_IGNORED_WIDENS,	/* somebody above has said less */
};
const char	*sl_policy_ignored_word(enum sl_policy_ignored_why why);	/* the end of a sentence; static */

#define SL_POLICY_NOBODY	-1	/* the preset of the default level */

struct sl_policy_effective {
	struct sl_policy policy;
	/* Of each row: the source that its value is of, its index; or SL_POLICY_NOBODY. */
	int		 said[SL_POLICY_SETTINGS_MAX];
	uint64_t	 by_level;	/* bit 1 << row: it comes with the level that this source chose */
	int		 locked[SL_POLICY_SETTINGS_MAX];	/* the source that locked it; or SL_POLICY_NOBODY */
	struct {
		int	row, source, against;	/* against: whose lock or value, or SL_POLICY_NOBODY */
		enum sl_policy_ignored_why why;
	}		 ignored[SL_POLICY_SETTINGS_MAX * 2];
	size_t		 ignored_len;	/* at most that many are kept */
};

/* Resolve. `sources` are sorted by distance, the operator first (SL_POLICY_SOURCES_MAX at most). */
void	sl_policy_resolve(const struct sl_policy_presets *presets, const struct sl_policy_source *sources,
	    size_t len, struct sl_policy_effective *out);

/* An effective policy as bytes, the same for the same policy; and back. Texts and lists of `policy_out` lie in
 * the bytes and in `arena`. Every length and number is checked: SL_ERR_SYNTAX, SL_ERR_TRUNCATED, SL_ERR_VERSION
 * (made by another table), SL_ERR_FULL (the arena). pack(unpack(x)) = x. */
#define SL_POLICY_PACKED_MAX	((size_t)16 << 20)
void		sl_policy_pack(const struct sl_policy *policy, struct sl_buf *out);
SL_MUST_USE int	sl_policy_unpack(struct sl_slice bytes, struct sl_arena *arena, struct sl_policy *policy_out);

/* The same of one setting's value, without a version, for who keeps values apart. A long one is a list that may be
 * large: it is worth being kept once where many policies share it. */
bool		sl_policy_setting_is_long(const struct sl_policy_setting *row);
void		sl_policy_pack_value(const struct sl_policy_setting *row, const struct sl_policy *policy,
		    struct sl_buf *out);
SL_MUST_USE int	sl_policy_unpack_value(const struct sl_policy_setting *row, struct sl_slice bytes,
		    struct sl_arena *arena, struct sl_policy *policy_out);
/* Changes whenever a row is added, removed or means something else. */
uint32_t	sl_policy_table_version(void);

#endif
