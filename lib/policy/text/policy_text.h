/*
 * policy_text.h - layers as people write and read them: YAML, and differences in lines
 *
 * A layer is a map of the settings that differ, in the style of sluice.yaml, with `locks` as a list of their
 * names. Printing is canonical: the order of the table, one way to write each value; print(read(print(x))) is
 * print(x), so that texts can be compared and hashed. Reading tells every problem with its line and column.
 *
 * Not for edges: they have packed policies. Bounds are those of YAML in conf, and of setting.h.
 */
#ifndef SL_POLICY_TEXT_H
#define SL_POLICY_TEXT_H

#include "policy/layer.h"
#include "sl/arena.h"

/* Fill in the presets; what they point at lies in `arena`. */
void		sl_policy_presets_read(struct sl_arena *arena, struct sl_policy_presets *presets_out);

/* Read a layer. `file` names it in messages; `by` says whose it is: settings that this one may not say are
 * problems. Values lie in `arena`, which should have room for twice the text. Returns 0, or SL_ERR_SYNTAX with a
 * line for each problem added to `errors`: "file:line:column: what to write". */
SL_MUST_USE int	sl_policy_layer_read(const char *file, struct sl_slice text, enum sl_policy_by by,
		    struct sl_arena *arena, struct sl_policy_layer *layer_out, struct sl_buf *errors);
/* The canonical text; empty for a layer that says nothing. */
void		sl_policy_layer_print(const struct sl_policy_layer *layer, struct sl_buf *out);
/* One setting: "digest.days", "[mon, thu]". SL_ERR_SYNTAX with one line in `errors`, without a place. */
SL_MUST_USE int	sl_policy_layer_set(struct sl_policy_layer *layer, struct sl_slice path, struct sl_slice value,
		    enum sl_policy_by by, struct sl_arena *arena, struct sl_buf *errors);
/* Say nothing of it any more. SL_ERR_NOT_FOUND: no such setting. */
SL_MUST_USE int	sl_policy_layer_unset(struct sl_policy_layer *layer, struct sl_slice path);
/* A value as it would be written on one line, as in `{tag: 0.8, refuse: 0.99}`. */
void		sl_policy_value_print(const struct sl_policy_setting *row, const struct sl_policy *policy,
		    struct sl_buf *out);

/* What has changed, a line each: "spam: {tag: 0.8} -> {tag: 0.9}", "digest.days: [mon] -> (inherited)",
 * "lock spam". Of lists, what came (+) and went (-). Nothing when they say the same. */
void		sl_policy_layer_diff(const struct sl_policy_layer *before, const struct sl_policy_layer *after,
		    struct sl_buf *out);
/* The same of two whole policies: what a level differs by, or an effective policy from its level. */
void		sl_policy_diff(const struct sl_policy *before, const struct sl_policy *after, struct sl_buf *out);
/* `policy show --why`: every setting, its value, and who said so; at the end what was ignored. `names`: of the
 * sources ("tenant example.com"); NULL: their kind. */
void		sl_policy_show(const struct sl_policy_effective *effective, const struct sl_policy_source *sources,
		    const char *const *names, bool why, struct sl_buf *out);

/* The reference, from the table: doc/policy.md. */
void		sl_policy_doc_markdown(struct sl_buf *out);

#endif
