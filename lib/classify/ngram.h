/*
 * ngram.h - the linear n-gram model: hashed features of header text and body, logistic
 * regression trained online, calibrated on messages held back from training
 *
 * The model is one read-only block (a file, mapped; 2.3 MiB): see ngram_i.h. It serves two classifiers that listen
 * together, this one and the byte view (bytegram.h); each adds half of what both say. It is given by a path in the settings, checked whole (magic, version, lengths, checksum) before
 * it is used. Per message: about 11 KiB of state, whatever the message's size.
 *
 * The evidence is named "ngram"; its value is the log-odds of being unwanted, phish included, up to +-20. By
 * itself SL_SPAM gets the log-odds of being unwanted, phish included; SL_PHISH those of being unwanted
 * and phish, never above. The sentence holds words of the message: content, where none may be kept.
 *
 * What is read is what a person sees (content/content.h), and, as words apart, the markup and what is
 * hidden from him. Other readings of a broken message (up to 2) are judged each for itself, and the
 * most suspicious stands for the message.
 *
 * Limits: harmless text around an unwanted one, within the same 3 KiB, thins it out. Parts that
 * are not text are not read. An opened model is read-only; any number of messages may be at work.
 */
#ifndef SL_NGRAM_H
#define SL_NGRAM_H

#include "classify/classify.h"

struct sl_ngram_model;

/* Check a model's bytes (kept: must outlive the model). Returns 0, or SL_ERR_TRUNCATED,
 * SL_ERR_SYNTAX (not a model, or damaged), SL_ERR_VERSION. */
SL_MUST_USE int	sl_ngram_model_open(struct sl_slice bytes, struct sl_ngram_model **model_out);
void		sl_ngram_model_close(struct sl_ngram_model **model);
const char	*sl_ngram_model_id(const struct sl_ngram_model *model);	/* short hash, for the record */

/* What evidence says in log-odds, where the model alone judges: of unwanted mail, the share of a view's `value`; of phish,
 * the decoded view's, given the value of its head for phish. For training a combiner on held-out values. */
double	sl_ngram_said(const struct sl_ngram_model *model, double value);
double	sl_ngram_said_phish(const struct sl_ngram_model *model, double value, double phish);

/* The classifier; its `model` argument is a struct sl_ngram_model. */
extern const struct sl_classifier sl_ngram_classifier;

#endif
