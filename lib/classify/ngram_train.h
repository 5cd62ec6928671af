/*
 * ngram_train.h - make an n-gram model from labelled messages
 *
 * Pure: messages come in as bytes, the model goes out as the bytes of a file. Messages are
 * read once, by the same reader that scoring uses, and kept as lists of feature numbers (about
 * 4 bytes for each byte of text, at most 100 KiB a message; no text). Then logistic regression,
 * one message at a time in a shuffled order, with a rate of its own for each weight (AdaGrad).
 *
 * Calibration: messages are dealt into folds by their normalised subject, so that copies of
 * one campaign or thread fall together. Each fold is judged by a model that has not seen it,
 * and the line from margin to log-odds is fitted to those judgements. The final model learns
 * from all messages.
 *
 * Deterministic: the same messages in the same order give the same bytes.
 */
#ifndef SL_NGRAM_TRAIN_H
#define SL_NGRAM_TRAIN_H

#include "sl/buf.h"

struct sl_ngram_trainer;

enum sl_ngram_label { SL_NGRAM_HAM, SL_NGRAM_SPAM, SL_NGRAM_PHISH, SL_NGRAM_LABELS };

struct sl_ngram_options {
	unsigned	dims;		/* the model has 2^dims rows of 2 bytes, and those of the byte view: 12 ... 20 */
	unsigned	folds;		/* for calibration: 2 ... 20 */
	unsigned	passes;		/* over the messages: 1 ... 100 */
	bool		all_headers;	/* the byte view reads every header field, not only what the sender wrote */
	/* Told now and then; may be NULL. `done` of `all` steps of work. */
	void		(*progress)(void *ctx, unsigned done, unsigned all);
	void		*ctx;
};
extern const struct sl_ngram_options sl_ngram_options_default;

/* A message is seen in two ways: see ngram.h and bytegram.h. */
enum sl_ngram_view { SL_NGRAM_DECODED, SL_NGRAM_BYTES, SL_NGRAM_VIEWS };

/* How the held-back judgements came out. */
struct sl_ngram_report {
	size_t	messages[SL_NGRAM_LABELS];
	double	roc_area_missed;	/* 1 - area under the ROC curve, unwanted against ham */
	double	caught_at[3];		/* share caught at 0.1 %, 0.5 %, 1 % false positives */
	double	calibration_error;	/* expected, over ten bins of probability */
};

/* NULL: an option is out of range. */
struct sl_ngram_trainer	*sl_ngram_trainer_new(const struct sl_ngram_options *options);
void			 sl_ngram_trainer_free(struct sl_ngram_trainer **trainer);
/* A whole message, header and body, line ends CRLF. */
void			 sl_ngram_trainer_add(struct sl_ngram_trainer *trainer, struct sl_slice message,
			    enum sl_ngram_label label);
/* The message added last is from this collection, any number. Those of no named one are from number 0. */
void			 sl_ngram_trainer_source(struct sl_ngram_trainer *trainer, uint64_t source);
/* Learn, and append the model to model_out. Returns 0; SL_ERR_NOT_FOUND: there must be ten
 * wanted and ten unwanted messages at least; SL_ERR_FULL: it does not fit model_out. */
SL_MUST_USE int		 sl_ngram_trainer_finish(struct sl_ngram_trainer *trainer,
			    struct sl_buf *model_out, struct sl_ngram_report *report_out);
/* After _finish: for every message, in the order of adding, the value that a view's evidence would have had by a
 * model that has not learned from its fold (fold.h). Belongs to the trainer. NULL and 0 before. */
const double		*sl_ngram_trainer_held_out(const struct sl_ngram_trainer *trainer,
				    enum sl_ngram_view view, size_t *len_out);
/* The same of the head for phish, for sl_ngram_said_phish. NULL before. */
const double		*sl_ngram_trainer_held_out_phish(const struct sl_ngram_trainer *trainer);
/* The same two by a model that has learned nothing from the message's collection (sources.h). NULL before, and where there
 * are not two collections, each with enough mail beside it to learn from. Doubles the work, or more. */
const double		*sl_ngram_trainer_strange(const struct sl_ngram_trainer *trainer, enum sl_ngram_view view);
const double		*sl_ngram_trainer_strange_phish(const struct sl_ngram_trainer *trainer);

#endif
