/*
 * token_train.h - make a token model from labelled messages
 *
 * Pure: messages come in as bytes, the model goes out as the bytes of a file. Messages are read once, by the
 * reader that judging uses, and kept as lists of feature numbers (at most 100 KiB a message; no text). Then
 * logistic regression, one message at a time in a shuffled order, from the block that decides.
 *
 * Held out: each fold (classify/fold.h) is judged by a model that has not seen it. The line from margin to
 * log-odds is fitted to these judgements, and they are given to the caller: for a combiner.
 *
 * Unlearning: a message that is dropped before the end leaves no trace; the model is byte for byte the one
 * of the other messages. In a finished model nothing can be unlearned: make it anew.
 * Deterministic: the same messages in the same order give the same bytes.
 */
#ifndef SL_TOKEN_TRAIN_H
#define SL_TOKEN_TRAIN_H

#include "sl/buf.h"

struct sl_token_trainer;

enum sl_token_label { SL_TOKEN_HAM, SL_TOKEN_UNWANTED };

struct sl_token_options {
	unsigned	dims;		/* the model has 2^dims rows of a byte: 12 ... 22 */
	unsigned	folds;		/* 2 ... 20 */
	unsigned	passes;		/* over the messages: 1 ... 100 */
	/* Told now and then; may be NULL. `done` of `all` steps of work. */
	void		(*progress)(void *ctx, unsigned done, unsigned all);
	void		*ctx;
};
extern const struct sl_token_options sl_token_options_default;

/* NULL: an option is out of range. */
struct sl_token_trainer	*sl_token_trainer_new(const struct sl_token_options *options);
void			 sl_token_trainer_free(struct sl_token_trainer **trainer);	/* NULL is fine */
/* A whole message, header and body, line ends CRLF. Returns its number: 0, 1, ... */
size_t			 sl_token_trainer_add(struct sl_token_trainer *trainer, struct sl_slice message,
			    enum sl_token_label label);
/* The message added last is from this collection, any number. Those of no named one are from number 0. */
void			 sl_token_trainer_source(struct sl_token_trainer *trainer, uint64_t source);
void			 sl_token_trainer_drop(struct sl_token_trainer *trainer, size_t number);	/* unlearn */
/* Learn, and append the model to model_out. `held_out` has room for each message that was added, and gets
 * its log-odds by a model that has not seen its fold (0 for dropped ones); NULL: not wanted. Returns 0;
 * SL_ERR_NOT_FOUND: there must be ten wanted and ten unwanted messages at least; SL_ERR_FULL: it does not
 * fit model_out. */
SL_MUST_USE int		 sl_token_trainer_finish(struct sl_token_trainer *trainer,
			    struct sl_buf *model_out, double *held_out);
/* After _finish: the log-odds of each by a model that has learned nothing from its collection (sources.h). NULL before,
 * and where there are not two collections, each with enough mail beside it to learn from. */
const double		*sl_token_trainer_strange(const struct sl_token_trainer *trainer);

#endif
