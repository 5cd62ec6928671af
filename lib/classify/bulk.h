/*
 * bulk.h - was this sent to many alike: newsletters, notices, receipts, mailing lists?
 *
 * Fields that such mail has (List-*, Precedence, Feedback-ID, Auto-Submitted ...), and words and links by which
 * one leaves a list, in many languages. It speaks of SL_BULK only and never of spam: list fields are
 * in wanted and unwanted mail, and tell collections apart, not mail. Evidence is bulk_*.
 *
 * Log-odds add up with 2 and more for what no single letter has (List-Unsubscribe, a list's name), about 1 for what is
 * now and then in one.
 *
 * Memory: 2 KiB in the arena. Time: a pass over the text that is seen.
 * Limits: words are looked for in the first 512 and the last 1,024 bytes of each part that are seen.
 */
#ifndef SL_CLASSIFY_BULK_H
#define SL_CLASSIFY_BULK_H

#include "classify/classify.h"

extern const struct sl_classifier sl_bulk_classifier;	/* `model` may be NULL */

#endif
