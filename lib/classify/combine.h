/*
 * combine.h - evidence into calibrated probabilities: a weighted sum that is shown as it is
 *
 * Each classifier says what it would add by itself (log-odds). What it adds is that times the weight
 * which a combiner has learned for its name and category (1 where none was learned), and the sum of all with
 * the prior is the logit of the answer: what is shown adds up exactly. Evidence that is absent or failed
 * adds what was learned for its absence: by default what it says in the mean, halfway between
 * wanted and unwanted mail, so that a witness who is missing neither accuses nor acquits.
 *
 * Without a combiner (NULL) the priors are the shares of mail that arrives at a public MX, rounded: about half is
 * unwanted, one message in ten tries to steal, one in a hundred carries malware. They decide
 * alone where no evidence is present, which is far below any sensible threshold.
 */
#ifndef SL_COMBINE_H
#define SL_COMBINE_H

#include "classify/classify.h"

#define SL_PRIOR_SPAM		0.5
#define SL_PRIOR_PHISH		0.1
#define SL_PRIOR_MALWARE	0.01
#define SL_PRIOR_BULK		0.3
#define SL_PRIOR_MALFORMED	0.001

/*
 * A combiner is a text, so that a person can read what was learned:
 *	sluice-combiner 1
 *	prior CATEGORY LOG-ODDS
 *	weight CATEGORY NAME WEIGHT ABSENT SEEN		ABSENT: log-odds; SEEN: messages it was learned from
 *	# a remark
 * Each line once, in any order after the first. Numbers are decimal, as %.17g writes them.
 */
struct sl_combiner;

#define SL_COMBINER_NAME_MAX	63	/* bytes of evidence's name */
#define SL_COMBINER_WEIGHT_MAX	100.0	/* of either sign; priors and absences +-50 */

/* Read one; the bytes need not be kept. Returns 0, or SL_ERR_SYNTAX or SL_ERR_VERSION with *line_out
 * (may be NULL) the line, from 1. */
SL_MUST_USE int		 sl_combiner_open(struct sl_slice text, struct sl_combiner **combiner_out,
			    size_t *line_out);
void			 sl_combiner_close(struct sl_combiner **combiner);	/* NULL is fine */
const char		*sl_combiner_id(const struct sl_combiner *combiner);	/* short hash, for the record */

/* The prior of a category as log-odds; `combiner` may be NULL. */
double	sl_combine_prior(const struct sl_combiner *combiner, enum sl_category category);

/* Set verdict->prior, ->logit and ->probability, and what each evidence adds (->log_odds), from what the
 * classifiers said (->said). May be called again, also with another combiner: the same verdict gives the same
 * bits. */
void	sl_combine(const struct sl_combiner *combiner, struct sl_verdict *verdict);

#endif
