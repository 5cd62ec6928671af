/*
 * findings.h - what is odd about a message, and what its files are and hold, as evidence
 *
 * Listens to findings (content/content.h) and is told what a helper found inside of files. Evidence
 * is named by what was found, with underscores ("macro_autorun"), so that a record can be read without the mail;
 * sentences are fixed and quote nothing.
 *
 * The weights are priors: estimates that stand in one table (findings.c) until training replaces them.
 * What a contract, an invoice, a newsletter or a software list honestly holds (a macro, a program in an
 * archive, a password, text for small screens) does not reach the default threshold by itself; what nobody honest does
 * (a program named as a picture, an object for the Equation Editor) does.
 */
#ifndef SL_CLASSIFY_FINDINGS_H
#define SL_CLASSIFY_FINDINGS_H

#include "classify/classify.h"

/* `model` NULL: evidence is given when the message ends. Else its state is asked later, by
 * sl_findings_evidence, when a helper has said what it found. */
extern const struct sl_classifier sl_findings_classifier;
extern const char sl_findings_later[];	/* a `model` that is not NULL */

/* `state` is what new_message returned. Something was found, by its name ("macro-autorun"); what the table
 * does not know weighs nothing. */
void	sl_findings_add(void *state, const char *name);
void	sl_findings_evidence(void *state, struct sl_verdict *verdict);

#endif
