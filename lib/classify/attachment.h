/*
 * attachment.h - what files in a message are and hold, as evidence
 *
 * Listens to findings (content/content.h) about names, types and archives, and is told what a helper
 * found inside. Evidence is named by the finding, with underscores ("macro_autorun"), so that a
 * record can be read without the mail; sentences are fixed and quote nothing.
 *
 * The weights are priors: estimates that stand in one table (attachment.c) until training replaces
 * them. What a contract, an invoice or a software list honestly holds (a macro, a program in an
 * archive, a password) does not reach the default threshold by itself; what nobody honest does (a
 * program named as a picture, an object for the Equation Editor) does.
 */
#ifndef SL_CLASSIFY_ATTACHMENT_H
#define SL_CLASSIFY_ATTACHMENT_H

#include "classify/classify.h"

/* `model` NULL: evidence is given when the message ends. Else its state is asked later, by
 * sl_attachment_evidence, when a helper has said what it found. */
extern const struct sl_classifier sl_attachment_classifier;
extern const char sl_attachment_later[];	/* a `model` that is not NULL */

/* `state` is what new_message returned. Something was found, by its name ("macro-autorun"); what the table
 * does not know weighs nothing. */
void	sl_attachment_found(void *state, const char *name);
void	sl_attachment_evidence(void *state, struct sl_verdict *verdict);

#endif
