/*
 * token.h - the token model: hashed words and orthogonal sparse pairs of words, each with a weight learned
 * one message at a time, calibrated on messages held back
 *
 * The model is one read-only block (a file, mapped), checked whole before it is used: token_format in
 * token_format_i.h. Per message: about 9 KiB of the arena, for a broken one up to three times as much.
 *
 * Evidence "token": its value is log-odds of being unwanted, fitted on held-out messages by a line and never
 * cut: far out it grows as a logarithm, so that what scores higher still ranks higher. The sentence holds
 * words of the message: content, where none may be kept.
 *
 * What is read is what a person sees, and, as words apart, the markup and what is hidden from him. Readings of a
 * broken message, and the blocks of a long one, are judged each for itself; the most suspicious stands.
 *
 * Limits: one head, unwanted or not; phish is told from spam by others. Parts that are not text are not read.
 */
#ifndef SL_TOKEN_H
#define SL_TOKEN_H

#include "classify/classify.h"

struct sl_token_model;

/* Check a model's bytes (kept: must outlive the model). Returns 0, or SL_ERR_TRUNCATED, SL_ERR_SYNTAX (not a
 * model, or damaged), SL_ERR_VERSION. */
SL_MUST_USE int	sl_token_model_open(struct sl_slice bytes, struct sl_token_model **model_out);
void		sl_token_model_close(struct sl_token_model **model);	/* NULL is fine */
const char	*sl_token_model_id(const struct sl_token_model *model);	/* short hash, for the record */

/* What evidence of that value says in log-odds: no more than +-5. It is a model of words: it is as sure of mail of a
 * kind that it has never seen. */
double		sl_token_said(double value);

/* The classifier; its `model` argument is a struct sl_token_model. */
extern const struct sl_classifier sl_token_classifier;

#endif
