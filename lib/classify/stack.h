/*
 * stack.h - everything that judges by what was learned, opened together
 *
 * One file (bundle.h) holds the models, the combiner that was trained with them, and the lists of names that
 * links are held against; a single n-gram model is taken too, and then weighs as it says itself. The edge, `sluicectl
 * score` and its like, and training's own checks all open it here, so that they judge alike.
 *
 * An opened stack is read-only; any number of messages may be at work. The models are not copied.
 */
#ifndef SL_STACK_H
#define SL_STACK_H

#include "classify/combine.h"
#include "classify/links.h"
#include "classify/panel.h"
#include "measure/drift.h"
#include "sl/buf.h"

/* Sections of the bundle; each may be missing. */
#define SL_STACK_SECTIONS(X)						\
	X(NGRAM, "ngram", "the n-gram model, both views")		\
	X(TOKEN, "token", "the token model")				\
	X(COMBINER, "combiner", "what each piece of evidence weighs")	\
	X(BRANDS, "brands", "names that are protected from imitation")	\
	X(SHORTENERS, "shorteners", "hosts that shorten addresses")	\
	X(HOSTING, "hosting", "hosts of anybody's pages")		\
	X(FREEMAIL, "freemail", "domains of anybody's mailboxes")		\
	X(RATES, "rates", "how often training saw what: measure/drift.h")

enum sl_stack_section {
#define SL_STACK_SECTION_ENUM(name, word, meaning) SL_STACK_##name,
	SL_STACK_SECTIONS(SL_STACK_SECTION_ENUM)
#undef SL_STACK_SECTION_ENUM
	SL_STACK_SECTION_COUNT,
};
const char	*sl_stack_section_name(enum sl_stack_section section);	/* static */

struct sl_stack;

/* What comes from elsewhere; kept; members may be NULL. */
struct sl_stack_around {
	const struct sl_suffix		*suffix;
	const struct sl_fold		*fold;		/* lookalike/fold.h */
	const struct sl_hostlist	*listed;	/* hosts and addresses known to be bad */
};

/* Open the models' file; the bytes are kept and must outlive the stack. `around` may be NULL. Returns 0, or
 * SL_ERR_TRUNCATED, SL_ERR_SYNTAX (not models, or damaged), SL_ERR_VERSION, after adding to `why` (may be NULL)
 * which section. */
SL_MUST_USE int		 sl_stack_open(struct sl_slice bytes, const struct sl_stack_around *around,
			    struct sl_stack **stack_out, struct sl_buf *why);
void			 sl_stack_close(struct sl_stack **stack);	/* NULL is fine */
const char		*sl_stack_id(const struct sl_stack *stack);	/* of the file: short hash, for the record */
/* NULL: there is none (classifiers weigh as they say themselves). */
const struct sl_combiner *sl_stack_combiner(const struct sl_stack *stack);
/* NULL: the file does not say. */
const struct sl_drift_expectation *sl_stack_rates(const struct sl_stack *stack);
/* Let the models listen, and what needs no model: links, structure, bulk. Returns the state of links, for
 * sl_links_domains. */
void			*sl_stack_listen(const struct sl_stack *stack, struct sl_panel *panel);

#endif
