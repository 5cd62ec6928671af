/*
 * ngram_online.h - the n-gram model learned one message at a time
 *
 * For what a customer corrects, and for mail that is classified first and learned after. Both views
 * (ngram.h, bytegram.h) learn alike: a step of logistic regression for each message, with a rate of its own for
 * each weight. It starts from nothing, or from a model; it can be asked at any time, and written
 * out as a model file that the classifiers read.
 *
 * Unlearning takes the step back that was taken. Right after a message was learned it restores what was before but
 * for rounding. How far the steps of the last messages went is remembered (some 4,000, by hash; no content); of
 * older ones, and of those in a model, it is estimated.
 *
 * Memory: 24 bytes for each row in all (2^20 rows: 24 MiB), and 100 KiB, whatever is learned. Pure.
 */
#ifndef SL_NGRAM_ONLINE_H
#define SL_NGRAM_ONLINE_H

#include "classify/ngram.h"
#include "classify/ngram_train.h"

struct sl_ngram_online;

/* From nothing. `dims` as in sl_ngram_options: 12 ... 20. NULL: out of range. */
struct sl_ngram_online	*sl_ngram_online_new(unsigned dims, bool all_headers);
/* From a model: what it knows, and it goes on learning. The model is only read. */
struct sl_ngram_online	*sl_ngram_online_from(const struct sl_ngram_model *model);
void			 sl_ngram_online_free(struct sl_ngram_online **online);

/* A whole message each time, header and body, line ends CRLF. */
void	sl_ngram_online_learn(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label);
/* With the label that it was learned with. */
void	sl_ngram_online_unlearn(struct sl_ngram_online *online, struct sl_slice message, enum sl_ngram_label label);
/* The log-odds of being unwanted by both views together; values_out (or NULL) gets each view's. */
double	sl_ngram_online_judge(struct sl_ngram_online *online, struct sl_slice message,
	    double values_out[SL_NGRAM_VIEWS]);
/* Append it as a model file. Returns 0, or SL_ERR_FULL: it does not fit. */
SL_MUST_USE int	sl_ngram_online_write(const struct sl_ngram_online *online, struct sl_buf *model_out);

#endif
