/*
 * chain.h - who says what of policies, kept once for all that share it
 *
 * A chain is what several levels say one after the other: of the operator, then of a partner, a tenant, ... . A chain that
 * is another with one layer more is told by both, so that the same layers in the same order are one chain, however many
 * customers have it: only distinct chains are resolved, and a million users who say nothing cost nothing.
 *
 * A layer's text is that of policy_text.h, and may say before all else whose template it builds on:
 *	template: gold
 * What the template says comes before what stands beside it, as if the same level had said it. For a snapshot the name of
 * the template is kept, as its text may change; for people the template's text is a layer of its own.
 *
 * Memory: what distinct layers hold, and 100 bytes for each distinct chain. Pure.
 */
#ifndef SL_CHAIN_H
#define SL_CHAIN_H

#include "policy/text/policy_text.h"
#include "snapshot/snapshot.h"

/* Take the template's name out of a text: *name_out, "" without one, points into it. *rest_out: the same text with a
 * comment in that line's place, so that lines keep their numbers. NULL, or what to write instead; static. */
const char	*sl_chain_template(struct sl_slice text, struct sl_slice *name_out, struct sl_buf *rest_out);

struct sl_chains;
struct sl_chains *sl_chains_new(void);	/* never NULL */
void		 sl_chains_free(struct sl_chains **chains);

#define SL_CHAIN_EMPTY	0u		/* nobody says anything */

/* Nobody says anything, below what this partner (0: none) and the operator say. */
uint32_t	 sl_chains_start(struct sl_chains *chains, uint32_t partner);
/* A chain with one layer more. `text` says nothing of a template: that is `template`, or "". Returns 0 and the chain, the
 * same for the same layers; the chain it was given when nothing is said. SL_ERR_SYNTAX: the text is not understood; a line
 * for each problem is added to `errors`. SL_ERR_FULL: more than SL_POLICY_SOURCES_MAX layers. */
SL_MUST_USE int	 sl_chains_push(struct sl_chains *chains, uint32_t chain, enum sl_policy_by by, struct sl_slice template,
		    struct sl_slice text, uint32_t *chain_out, struct sl_buf *errors);
size_t		 sl_chains_len(const struct sl_chains *chains);		/* chains are numbered from 0 */
/* What a snapshot is told of it: steps and partner. SL_ERR_FULL: more steps than it takes. */
SL_MUST_USE int	 sl_chains_describe(const struct sl_chains *chains, uint32_t chain, struct sl_snapshot_chain *out);
/* A text on its own, as a layer; it lies in `chains`. */
SL_MUST_USE int	 sl_chains_layer(struct sl_chains *chains, struct sl_slice text, const struct sl_policy_layer **layer_out,
		    struct sl_buf *errors);
/* What comes of one without templates. `out` borrows from `chains`, sources until the next push; sources_out, of which there are *len_out, may be NULL. */
void		 sl_chains_resolve(const struct sl_chains *chains, uint32_t chain, struct sl_policy_effective *out,
		    struct sl_policy_source sources_out[SL_POLICY_SOURCES_MAX], size_t *len_out);
const struct sl_policy_presets *sl_chains_presets(const struct sl_chains *chains);

#endif
