/*
 * combine_train.h - learn a combiner (combine.h) from verdicts of labelled messages
 *
 * Logistic regression for each category that has labels: unwanted mail (spam and phish) against ham, and
 * phish against all else. A weight multiplies what the classifier itself says, so it begins at 1, its own
 * estimate, and moves as far as the messages bear it out: a Gaussian prior around 1, in log-odds. Where little
 * was seen the estimate stands. Only categories that a classifier speaks to are learned for it.
 *
 * Both classes weigh the same, and within one a source of many messages weighs less than its number (its power
 * of nine tenths): what holds in one mailbox only should not be the whole truth.
 *
 * Models that were trained on the same messages must be given by what they say when the message is
 * held back; else the combiner would trust them too much. What they say of mail from sources that they have learned
 * from is still more to be trusted than what they say of other mail: so a message can be given a second time,
 * as models judge it that have seen nothing of its source. That counts for a tenth: enough for the other
 * evidence to keep its weight, and for the answer to be less sure. Then the sum's slope and offset are fitted on
 * messages that the combiner itself has not seen (by folds).
 *
 * Memory: about 16 bytes for each evidence of each message. Deterministic.
 */
#ifndef SL_COMBINE_TRAIN_H
#define SL_COMBINE_TRAIN_H

#include "classify/combine.h"
#include "sl/buf.h"

enum sl_label { SL_LABEL_HAM, SL_LABEL_SPAM, SL_LABEL_PHISH, SL_LABEL_COUNT };

#define SL_COMBINE_FOLDS	5

struct sl_combine_trainer;

struct sl_combine_report {
	size_t	messages[SL_LABEL_COUNT];
	size_t	names;			/* kinds of evidence that weights were learned for */
	double	slope[SL_CATEGORY_COUNT];	/* that held-back messages asked for; 1: none was needed */
};

struct sl_combine_trainer	*sl_combine_trainer_new(void);
void	sl_combine_trainer_free(struct sl_combine_trainer **trainer);	/* NULL is fine */
/* The verdict's evidence (said, state) of a message; `source` tells collections apart (any number), `fold` is
 * of [0, SL_COMBINE_FOLDS): messages of a kind share one. */
void	sl_combine_trainer_add(struct sl_combine_trainer *trainer, const struct sl_verdict *verdict,
	    enum sl_label label, uint64_t source, unsigned fold);
/* The same message as a stranger: by models that have not learned from its source. After it was added. */
void	sl_combine_trainer_add_strange(struct sl_combine_trainer *trainer, const struct sl_verdict *verdict,
	    enum sl_label label, uint64_t source, unsigned fold);
/* Append the combiner's text. Returns 0; SL_ERR_NOT_FOUND: there must be ten wanted and ten unwanted
 * messages at least; SL_ERR_FULL: it does not fit. */
SL_MUST_USE int	sl_combine_trainer_finish(struct sl_combine_trainer *trainer, struct sl_buf *text_out,
		    struct sl_combine_report *report_out);

#endif
